//! What the engine tells the application unasked.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use seenby_protocol::Code;
use tokio::sync::mpsc;

use crate::driver::Command;
use crate::{Conversation, Message, Reader, Readers, ReceiptCounts, ReceiptResponse};

/// One event. Each is told once, to the newest [`EventStream`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The connection came, went, or was refused.
    #[doc(alias = "onConnectionStatusChanged")]
    ConnectionStatusChanged {
        /// What it is now.
        status: ConnectionStatus,
    },
    /// Somebody said something; or this user did, on another device.
    #[doc(alias = "onMessageReceived")]
    MessageReceived {
        /// What.
        message: Message,
        /// How many more entries of this conversation are waiting.
        left: u64,
        /// It was said before this connection was made.
        offline: bool,
    },
    /// A message was taken back, not by this device.
    #[doc(alias = "onRemoteMessageRecalled")]
    MessageRecalled {
        /// Where it was said.
        conversation: Conversation,
        /// Which message.
        message_uid: String,
        /// Who said it and took it back.
        sender_user_id: String,
    },
    /// The sender of a message wants to know whether this user has read it: answer with
    /// [`send_group_read_receipt_response`](crate::Engine::send_group_read_receipt_response) once it was on screen.
    #[doc(alias = "onGroupMessageReadReceiptRequestReceived")]
    GroupMessageReadReceiptRequestReceived {
        /// Where it was said.
        conversation: Conversation,
        /// Which message.
        message_uid: String,
        /// Who asks.
        sender_user_id: String,
    },
    /// Somebody has read a message of this user that has a receipt request.
    #[doc(alias = "onGroupMessageReadReceiptResponseReceived")]
    #[doc(alias = "onMessageReadReceiptV5Received")]
    GroupMessageReadReceiptResponseReceived {
        /// Where it was said.
        conversation: Conversation,
        /// Which message.
        message_uid: String,
        /// Everybody who has answered so far, in the order of reading.
        respond_user_ids: Readers,
        /// Those among them who are new since the event before.
        new_readers: Vec<Reader>,
        /// How far the message has been read.
        counts: ReceiptCounts,
    },
    /// The result of a receipt request whose future was dropped.
    #[doc(alias = "onGroupReadReceiptRequestSent")]
    GroupReadReceiptRequestSent {
        /// [`Code::SUCCESS`], or why not.
        code: Code,
        /// The message of the call.
        message: Message,
    },
    /// The final result of an answer whose future was dropped, or that was kept from an earlier run.
    #[doc(alias = "onGroupReadReceiptResponseSent")]
    GroupReadReceiptResponseSent {
        /// The code of the first message that was refused, or [`Code::SUCCESS`].
        code: Code,
        /// The results, message by message.
        response: ReceiptResponse,
    },
    /// Another device of this user asked for a receipt of this user's message.
    ReceiptRequestedElsewhere {
        /// Where it was said.
        conversation: Conversation,
        /// Which message.
        message_uid: String,
    },
    /// Another device of this user has answered for these messages.
    ReceiptsAnswered {
        /// Where they were said.
        conversation: Conversation,
        /// Which messages.
        message_uids: Vec<String>,
    },
}

/// How the connection is. [`number`](Self::number) gives the source page's `RCIMIWConnectionStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// Nobody has tried to connect yet.
    Unconnected,
    /// A connection is being made.
    Connecting,
    /// Signed in.
    Connected,
    /// The connection was lost, or could not be made; the engine tries again by itself.
    Suspended,
    /// No connection within the time that `connect` had; the engine has stopped trying.
    TimedOut,
    /// The application signed out.
    SignedOut,
    /// Another device pushed this one out; the engine has stopped trying.
    KickedByOtherDevice,
    /// The token is wrong or has expired; the engine has stopped trying.
    TokenIncorrect,
    /// The user is blocked; the engine has stopped trying.
    UserBlocked,
    /// The server refused the connection for another reason; the engine has stopped trying.
    Refused(Code),
}

impl ConnectionStatus {
    /// The number in `RCIMIWConnectionStatus`.
    pub fn number(self) -> u32 {
        match self {
            Self::Connected => 1,
            Self::Connecting => 2,
            Self::Unconnected => 3,
            Self::KickedByOtherDevice => 4,
            Self::TokenIncorrect => 5,
            Self::UserBlocked => 6,
            Self::SignedOut => 7,
            Self::Suspended => 8,
            Self::TimedOut => 9,
            Self::Refused(_) => 10,
        }
    }

    pub(crate) fn of_refusal(code: Code) -> Self {
        match code {
            Code::KICKED_BY_OTHER_DEVICE => Self::KickedByOtherDevice,
            Code::TOKEN_INCORRECT | Code::TOKEN_EXPIRED => Self::TokenIncorrect,
            Code::USER_BLOCKED => Self::UserBlocked,
            code => Self::Refused(code),
        }
    }
}

/// The events of an engine, in order. It ends when the engine is destroyed, or when another stream takes its place.
///
/// Nothing is lost and nothing grows without bound if nobody reads: the engine keeps some thousands of events, then leaves
/// newer messages at the server, and fetches them when the stream has been read. Calls go on working meanwhile.
/// A stream that is dropped gives back what it had been handed and nobody has read.
#[derive(Debug)]
pub struct EventStream {
    events: mpsc::Receiver<Event>,
    /// Weak: a stream alone does not keep the engine alive.
    commands: mpsc::WeakUnboundedSender<Command>,
}

impl EventStream {
    pub(crate) fn new(events: mpsc::Receiver<Event>, commands: &mpsc::UnboundedSender<Command>) -> Self {
        Self { events, commands: commands.downgrade() }
    }

    /// Waits for the next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The next event if there is one now.
    pub fn try_next(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.events.close();
        let unread: Vec<Event> = std::iter::from_fn(|| self.events.try_recv().ok()).collect();
        if let Some(commands) = self.commands.upgrade().filter(|_| !unread.is_empty()) {
            let _ = commands.send(Command::Unread(unread));
        }
    }
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_recv(cx)
    }
}
