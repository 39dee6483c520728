//! What the ledger reads when it meets something for the first time. Stores implement it.

use crate::commit::{AppRecord, UserRecord};
use crate::{
    AppKey, ClientRef, Conversation, ConversationName, ConversationNumber, Group, GroupName, GroupNumber,
    MembershipChange, Message, MessageKey, MessageUid, ReceiptRequest, Slot, UserId,
};

/// Reads of the latest committed state. Everything is a lookup by key, except the one bounded scan that says so.
pub trait Source {
    /// A read that failed for reasons outside the rules: a broken disk, a lost connection.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The highest number given to a group or a conversation so far.
    fn highest_number(&self) -> Result<u64, Self::Error>;

    fn app(&self, app: &AppKey) -> Result<Option<AppRecord>, Self::Error>;
    fn user(&self, app: &AppKey, user: &UserId) -> Result<Option<UserRecord>, Self::Error>;

    fn group_number(&self, name: &GroupName) -> Result<Option<GroupNumber>, Self::Error>;
    fn group(&self, number: GroupNumber) -> Result<Option<Group>, Self::Error>;
    fn slot(&self, group: GroupNumber, user: &UserId) -> Result<Option<Slot>, Self::Error>;
    /// Who has, or had, this slot.
    fn slot_user(&self, group: GroupNumber, slot: Slot) -> Result<Option<UserId>, Self::Error>;
    /// Changes with a version greater than `version`, oldest first. A scan, as long as the list of changes.
    fn membership_changes(&self, group: GroupNumber, version: u64) -> Result<Vec<MembershipChange>, Self::Error>;

    fn conversation_number(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, Self::Error>;
    /// The conversation of a channel that was deleted.
    fn closed_conversation(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, Self::Error>;
    fn conversation(&self, number: ConversationNumber) -> Result<Option<Conversation>, Self::Error>;

    fn message(&self, key: MessageKey) -> Result<Option<Message>, Self::Error>;
    fn sent(
        &self,
        conversation: ConversationNumber,
        sender: Slot,
        client_ref: &ClientRef,
    ) -> Result<Option<MessageUid>, Self::Error>;

    fn request(&self, key: MessageKey) -> Result<Option<ReceiptRequest>, Self::Error>;
}
