//! Calls that change something, and their results.

use seenby_core::commit::{AppRecord, Secret, UserChange};
use seenby_core::ledger::{Answered, Sent};
use seenby_core::{
    AppKey, ChannelId, ConversationName, Denied, Draft, GroupName, KeyId, KeyRecord, MessageKey, MessageUid,
    Publication, Timestamp, UserId,
};
use seenby_protocol::Code;

use crate::refusal::Refusal;

/// A call that changes something.
#[derive(Debug, Clone)]
pub enum Call {
    Send {
        conversation: ConversationName,
        user: UserId,
        draft: Draft,
    },
    Recall {
        conversation: ConversationName,
        user: UserId,
        uid: MessageUid,
    },
    Ask {
        conversation: ConversationName,
        user: UserId,
        uid: MessageUid,
    },
    Answer {
        conversation: ConversationName,
        user: UserId,
        uids: Vec<MessageUid>,
    },

    /// To all of the conversations, or to none. The user need not be a member; nor for the next two.
    Publish {
        conversations: Vec<ConversationName>,
        user: UserId,
        publication: Publication,
    },
    RecallForSender {
        conversation: ConversationName,
        user: UserId,
        uid: MessageUid,
    },
    AskForSender {
        conversation: ConversationName,
        uid: MessageUid,
    },

    /// Old messages go for good.
    Expire(Vec<MessageKey>),
    /// Everything that was too old at this reading of the clock has gone.
    Swept(Timestamp),

    CreateApp(AppRecord),
    ReplaceSecret {
        app: AppKey,
        secret: Secret,
    },
    SaveKey(KeyRecord),
    DropKey(KeyId),
    SaveUser {
        app: AppKey,
        user: UserId,
        change: UserChange,
    },
    CreateGroup {
        group: GroupName,
        title: String,
    },
    CreateChannel {
        group: GroupName,
        channel: ChannelId,
    },
    DeleteChannel {
        group: GroupName,
        channel: ChannelId,
    },
    Join {
        group: GroupName,
        users: Vec<UserId>,
    },
    Leave {
        group: GroupName,
        users: Vec<UserId>,
    },
    Dismiss {
        group: GroupName,
    },
}

impl Call {
    /// Of the message that it brings: nearly all of what it takes up in memory.
    pub(crate) fn content_bytes(&self) -> usize {
        match self {
            Self::Send { draft, .. } => draft.content.len(),
            Self::Publish { publication, .. } => publication.draft.content.len(),
            _ => 0,
        }
    }
}

#[derive(Debug)]
pub enum Outcome {
    Done,
    Sent(Sent),
    /// One for each conversation, in the order of the call.
    Published(Vec<Sent>),
    Answered(Answered),
}

pub type CallResult = Result<Outcome, CallError>;

/// Why a call had no effect, or an unknown one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    Denied(Denied),
    /// Whether it was written is unknown; every call may be repeated.
    Store,
    /// The server stops.
    Closed,
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Denied(denied) => denied.into(),
            CallError::Store => Refusal::new(Code::STORE_UNAVAILABLE, "the store failed"),
            CallError::Closed => Refusal::new(Code::SHUTTING_DOWN, "the server stops"),
        }
    }
}
