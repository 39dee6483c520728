//! What a batch of calls leaves behind: changes that the store writes at once, and notices for those who are online.

use std::fmt;

use smallvec::SmallVec;

use crate::group::Direction;
use crate::ledger::Position;
use crate::{
    AppKey, Block, ConversationName, ConversationNumber, Counts, DeviceNumber, Group, GroupNumber, KeyId, KeyRecord,
    LogEntry, MembershipChange, Message, MessageKey, MessageUid, Ordinal, ReceiptRequest, Timestamp, UserId,
};

/// The outcome of a batch. The notices may be told only after the changes are durable.
#[derive(Debug, Default)]
pub struct Commit {
    /// Where the store must be: the calls were decided by what it had there. `None`: by nothing.
    pub expects: Option<Position>,
    pub changes: Vec<Change>,
    pub notices: Vec<Notice>,
}

/// One fact to write. A batch is written whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    AppSaved(AppRecord),
    UserSaved(AppKey, UserRecord),
    KeySaved(KeyRecord),
    KeyDropped(KeyId),
    GroupSaved(Group),
    MembershipChanged(AppKey, MembershipChange),
    ConversationCreated {
        number: ConversationNumber,
        group: GroupNumber,
        name: ConversationName,
    },
    /// Its channel was deleted: nobody finds it by its name until it is reopened.
    ConversationClosed {
        number: ConversationNumber,
        group: GroupNumber,
        name: ConversationName,
    },
    ConversationReopened {
        number: ConversationNumber,
        group: GroupNumber,
        name: ConversationName,
    },
    Logged(ConversationNumber, LogEntry),
    MessageSaved(Message),
    RequestCreated(ReceiptRequest),
    /// It stands in the list of this sender's requests.
    RequestListed(AppKey, UserId, MessageKey),
    RequestUnlisted(AppKey, UserId, MessageKey),
    /// The message goes, and its reference with it. Its log entry stays and counts as one that nobody may see.
    MessageDropped(Message),
    /// The request and its blocks go: the message was recalled, or goes itself.
    RequestDropped(MessageKey),
    BlockAdded(Block),
    /// Old messages were looked for at this reading of the clock.
    Swept(Timestamp),
}

/// News for delivery. It says where there is something new, not what: whoever misses it finds out by sequence and ordinal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The log of a conversation has grown.
    Logged { group: GroupNumber, conversation: ConversationNumber },
    /// New readers, from `first_ordinal` up to `counts.read`: for the sender's devices.
    Read { app: AppKey, sender: UserId, key: MessageKey, first_ordinal: Ordinal, counts: Counts },
    /// This user has answered for these: for its devices, but not the one that the answer came from.
    Answered {
        app: AppKey,
        user: UserId,
        from: Option<DeviceNumber>,
        conversation: ConversationNumber,
        /// Nearly always one.
        uids: SmallVec<[MessageUid; 1]>,
    },
    /// This user came in or went out.
    MembershipChanged { app: AppKey, user: UserId, group: GroupNumber, direction: Direction },
    /// A channel was added.
    ChannelCreated { group: GroupNumber },
    /// A channel that was deleted is there again.
    ChannelReopened { group: GroupNumber, conversation: ConversationNumber },
    /// Blocked, perhaps, or its tokens are void.
    UserChanged { app: AppKey, user: UserId },
    /// Tokens made with the secret before are void.
    SecretReplaced { app: AppKey },
}

/// An application and its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRecord {
    pub key: AppKey,
    pub secret: Secret,
    pub created_at: Timestamp,
}

/// A text that must not be shown: `Debug` and `Display` mask it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    pub id: UserId,
    pub name: String,
    /// Address of a picture.
    pub portrait: String,
    pub created_at: Timestamp,
    /// A blocked user is signed out and cannot sign in.
    pub blocked: bool,
    /// When the block ends by itself; 0 when it does not.
    pub blocked_until: Timestamp,
    /// Tokens issued before this moment are void.
    pub tokens_from: Timestamp,
}

impl UserRecord {
    pub fn new(id: UserId, now: Timestamp) -> Self {
        Self {
            id,
            name: String::new(),
            portrait: String::new(),
            created_at: now,
            blocked: false,
            blocked_until: Timestamp::default(),
            tokens_from: Timestamp::default(),
        }
    }

    pub fn is_blocked(&self, now: Timestamp) -> bool {
        self.blocked && (self.blocked_until == Timestamp::default() || now < self.blocked_until)
    }
}

/// What is to change about a user; what is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub portrait: Option<String>,
    pub blocked: Option<bool>,
    /// Only with `blocked`: without it, a block has no end.
    pub blocked_until: Option<Timestamp>,
    pub tokens_from: Option<Timestamp>,
}

impl UserChange {
    pub(crate) fn apply(self, user: &mut UserRecord) {
        let UserChange { name, portrait, blocked, blocked_until, tokens_from } = self;
        user.name = name.unwrap_or(std::mem::take(&mut user.name));
        user.portrait = portrait.unwrap_or(std::mem::take(&mut user.portrait));
        if let Some(blocked) = blocked {
            user.blocked = blocked;
            user.blocked_until = blocked_until.unwrap_or_default();
        }
        // A moment that is passed cannot be taken back: a token that was void stays void.
        user.tokens_from = tokens_from.unwrap_or_default().max(user.tokens_from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_wherever_it_is_printed() {
        let secret = Secret::new("s3cret");
        let app = AppRecord { key: AppKey::new("clinic").unwrap(), secret, created_at: Timestamp(1) };
        assert_eq!(app.secret.to_string(), "…");
        for printed in [format!("{app:?}"), format!("{:?}", Change::AppSaved(app))] {
            assert!(printed.contains("Secret(…)") && !printed.contains("s3cret"), "{printed}");
        }
    }
}
