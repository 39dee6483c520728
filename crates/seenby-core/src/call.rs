//! Calls that change something, and their outcomes. [`Ledger::apply`](crate::Ledger::apply) applies a call.

use crate::commit::{AppRecord, Secret, UserChange};
use crate::{
    AppKey, ChannelId, ConversationName, DeviceNumber, Draft, GroupKind, GroupName, KeyId, KeyRecord, MessageKey,
    MessageUid, Publication, Sequence, Timestamp, UserId,
};

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
        /// Of the user's devices, the one that need not be told.
        from: Option<DeviceNumber>,
        /// `None`: what was named is no message id. It spoils only itself.
        uids: Vec<Option<MessageUid>>,
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
    pub fn content_bytes(&self) -> usize {
        match self {
            Self::Send { draft, .. } => draft.content.len(),
            Self::Publish { publication, .. } => publication.draft.content.len(),
            _ => 0,
        }
    }
}

/// What a call has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Sent(Sent),
    /// One for each conversation, in the order of the call.
    Published(Vec<Sent>),
    /// One for each message, in the order of the call.
    Answered(Vec<Result<(), Denied>>),
}

/// What the sender learns of a stored message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub uid: MessageUid,
    pub sequence: Sequence,
    pub sent_at: Timestamp,
}

/// Why a call was refused, by what the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("the app exists")]
    AppExists,
    #[error("there is no such app")]
    UnknownApp,
    #[error("there is no such group")]
    UnknownGroup,
    #[error("there is no such channel")]
    UnknownChannel,
    #[error("a plain group has no channels")]
    NoChannels,
    #[error("the default channel cannot be deleted")]
    DefaultChannel,
    #[error("not a member of this group")]
    NotMember(GroupKind),
    #[error("the group is full")]
    GroupFull,
    #[error("is not a message id")]
    InvalidUid,
    #[error("there is no such message, or it was recalled")]
    MessageNotFound,
    #[error("only the sender of a message may do this")]
    NotSender,
    #[error("only the sender of a message may recall it")]
    RecallNotSender,
    #[error("nobody asked for a receipt of this message")]
    NotRequested,
    #[error("not among those who were asked")]
    NotInAudience,
}
