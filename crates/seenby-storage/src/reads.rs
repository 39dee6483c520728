//! What sessions and queries read.

use seenby_core::commit::{AppRecord, UserRecord};
use seenby_core::{
    Answer, AppKey, Conversation, ConversationNumber, GroupName, GroupNumber, KeyId, KeyRecord, LogEntry, Membership,
    Message, MessageKey, MessageUid, Ordinal, Sequence, Timestamp, UserId,
};

use crate::{Lookup, StorageError};

/// Everything that one moment of a store can be asked: see [`Storage::snapshot`](crate::Storage::snapshot).
pub trait Reads: Lookup {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOrder {
    Before,
    After,
}
