//! The trait that every store implements.

use std::error::Error;

use seenby_core::commit::{AppRecord, UserRecord};
use seenby_core::{
    Answer, AppKey, Change, Conversation, ConversationNumber, Facts, GroupName, GroupNumber, KeyId, KeyRecord,
    LogEntry, Membership, Message, MessageKey, MessageUid, Needs, Ordinal, Position, Sequence, Timestamp, UserId,
};

use crate::Lookup;

/// One store: what calls need, what sessions and queries read, and the one way to write.
///
/// Reads see only what is durable. They may run at any time, from any thread, beside a commit. Any number of writers may
/// share a store: see [`append`](Self::append).
pub trait Storage: Lookup + Send + Sync + 'static {
    /// What the store knows of what is needed, all of it at one moment.
    fn learn(&self, needs: &Needs) -> Result<Facts, StorageError>;

    /// Writes a batch whole or not at all, and returns after it is durable. Where the store is no longer at the position that
    /// is expected, nothing is written.
    ///
    /// After an error, ask [`takes_writes`](Self::takes_writes). If it still does, nothing was written, and the next commit
    /// may do better. Otherwise the outcome of this batch is unknown, and every later commit fails with
    /// [`StorageError::Refusing`] until the store is opened anew: what was said to be written may be gone.
    fn append(&self, expects: Option<Position>, changes: &[Change]) -> Result<Appended, StorageError>;

    /// Writes a batch that was decided by nothing.
    fn commit(&self, changes: &[Change]) -> Result<(), StorageError> {
        self.append(None, changes).map(drop)
    }

    /// `false` after a commit that failed while it was written.
    fn takes_writes(&self) -> bool;

    /// `false` when its files are no longer where they were opened: nobody could open again what is written to them.
    fn is_in_place(&self) -> bool {
        true
    }

    /// Names this store and its history; a new store has a new name.
    fn store_id(&self) -> &str;

    fn apps(&self) -> Result<Vec<AppRecord>, StorageError>;
    fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>, StorageError>;
    /// The keys of all apps, in order of their ids.
    fn keys(&self) -> Result<Vec<KeyRecord>, StorageError>;
    /// Users of an app in order of their ids, from behind `after` on.
    fn users(&self, app: &AppKey, after: Option<&UserId>, limit: usize) -> Result<Vec<UserRecord>, StorageError>;

    /// Groups of an app in order of kind and id, from behind `after` on; dismissed ones too.
    fn groups(&self, app: &AppKey, after: Option<&GroupName>, limit: usize) -> Result<Vec<GroupNumber>, StorageError>;
    /// The conversations of a group: one, or one for each channel.
    fn conversations(&self, group: GroupNumber) -> Result<Vec<Conversation>, StorageError>;
    /// The groups that a user is in now.
    fn memberships(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StorageError>;
    fn membership(&self, app: &AppKey, user: &UserId, group: GroupNumber) -> Result<Option<Membership>, StorageError>;

    /// Entries behind `after`, in order.
    fn log(
        &self,
        conversation: ConversationNumber,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StorageError>;
    /// The last entry from before this member joined; 0 when there is none. A search will do: see [`LogEntry::is_before`].
    fn log_position(&self, conversation: ConversationNumber, member: &Membership) -> Result<Sequence, StorageError>;
    /// Messages before or after `from` (exclusive), nearest first.
    fn messages(
        &self,
        conversation: ConversationNumber,
        from: MessageUid,
        order: TimeOrder,
        limit: usize,
    ) -> Result<Vec<Message>, StorageError>;

    /// Messages sent before a moment, from behind `after` on, in order of conversation and id: the oldest of each first.
    fn messages_before(
        &self,
        at: Timestamp,
        after: Option<MessageKey>,
        limit: usize,
    ) -> Result<Vec<MessageKey>, StorageError>;

    /// The reading of the clock when old messages were last looked for. `None`: never.
    fn swept_at(&self) -> Result<Option<Timestamp>, StorageError>;
    /// Time of the newest entry of all logs. A look at the end of each.
    fn newest_entry_at(&self) -> Result<Option<Timestamp>, StorageError>;

    /// The messages about which this user has asked, newest first, from before `before` on.
    fn requests_of(
        &self,
        app: &AppKey,
        sender: &UserId,
        before: Option<MessageKey>,
        limit: usize,
    ) -> Result<Vec<MessageKey>, StorageError>;
    /// The readers of one message from an ordinal on, in order.
    fn readers(&self, key: MessageKey, from: Ordinal, limit: usize) -> Result<Vec<Answer>, StorageError>;
    /// How many have read, without reading who. 0 as well when there is no request.
    fn reader_count(&self, key: MessageKey) -> Result<Ordinal, StorageError>;
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is durable, and the store is here now.
    At(Position),
    /// Somebody else has written, so nothing was.
    Moved,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOrder {
    Before,
    After,
}

/// A failed read or write, by what its caller does next.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The disk or the database failed.
    #[error("the store failed")]
    Backend(#[source] Box<dyn Error + Send + Sync>),
    /// Something stored cannot be read back: do not go on with this store.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// An earlier commit failed.
    #[error("the store takes no writes since an earlier one failed; open it anew")]
    Refusing,
    /// A rule looked at something that its call does not name, or the store did not say all that it was asked for.
    #[error("a call needs more than was learned for it")]
    Incomplete,
    /// Other writers were faster, each time.
    #[error("other writers leave this one no chance")]
    Contended,
    #[error("there is no store in {0}")]
    Missing(String),
    /// Its files were deleted, moved or replaced while it was open.
    #[error("the store that was opened in {0} is no longer there")]
    Gone(String),
    /// Another process has this store open.
    #[error("the store at {0} is in use by another process")]
    InUse(String),
    /// Written by a newer Seenby.
    #[error("the store has format {found}; this version reads up to {known}")]
    NewerFormat { found: u32, known: u32 },
}
