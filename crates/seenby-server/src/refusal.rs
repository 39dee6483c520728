//! Why the server does not do what a peer asked: the code that the peer sees, and a text for whoever debugs.

use seenby_core::{Denied, GroupKind};
use seenby_protocol::Code;
use seenby_storage::StorageError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    pub detail: String,
    /// For rate limits: when the same call may be tried again.
    pub retry_after_ms: u32,
}

impl Refusal {
    pub(crate) fn new(code: Code, detail: impl ToString) -> Self {
        Self { code, detail: detail.to_string(), retry_after_ms: 0 }
    }

    /// A task of the server panicked; its log says more.
    pub(crate) fn internal() -> Self {
        Self::new(Code::INTERNAL_ERROR, "the server failed to do this")
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::new(code(denied), denied)
    }
}

/// The peer learns that the store failed; what exactly, only the log says.
impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
        Self::new(Code::STORE_UNAVAILABLE, "the store failed")
    }
}

pub(crate) fn code(denied: Denied) -> Code {
    match denied {
        Denied::NotMember(GroupKind::Group) => Code::NOT_IN_GROUP,
        Denied::NotMember(GroupKind::UltraGroup) => Code::NOT_IN_ULTRA_GROUP,
        Denied::UnknownChannel => Code::ULTRA_GROUP_CHANNEL_NOT_EXIST,
        Denied::InvalidUid => Code::MESSAGE_UID_INVALID,
        Denied::MessageNotFound => Code::RECEIPT_MESSAGE_NOT_FOUND,
        Denied::NotSender => Code::RECEIPT_NOT_SENDER,
        Denied::RecallNotSender => Code::RECALL_BY_WRONG_USER,
        Denied::NotRequested => Code::RECEIPT_NOT_REQUESTED,
        Denied::NotInAudience => Code::NOT_IN_AUDIENCE,
        // Administration only; sessions meet NotMember instead.
        Denied::AppExists => Code::APP_EXISTS,
        Denied::UnknownApp => Code::APP_KEY_REJECTED,
        Denied::UnknownGroup => Code::GROUP_NOT_FOUND,
        Denied::GroupFull => Code::GROUP_FULL,
        Denied::DefaultChannel => Code::DEFAULT_CHANNEL_STAYS,
        Denied::NoChannels => Code::INVALID_PARAMETER,
    }
}
