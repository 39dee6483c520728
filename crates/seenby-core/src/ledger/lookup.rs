//! Looking things up among what is known. What is not known is not looked for: the call has no effect, and is applied again
//! when it has been learned.

use super::{Denied, Entry, Ledger, Result, Stop};
use crate::commit::{AppRecord, UserRecord};
use crate::view;
use crate::{
    AppKey, ConversationName, ConversationNumber, Group, GroupName, GroupNumber, Message, MessageKey, ReceiptRequest,
    Slot, UserId,
};

impl Ledger {
    /// A user comes with a call about a conversation, which is loaded then.
    pub(super) fn enter(&mut self, name: &ConversationName, user: &UserId) -> Result<(ConversationNumber, Slot)> {
        let number = self.find_group_number(&name.group)?;
        let slot = number.map(|number| self.find_slot(number, user)).transpose()?.flatten();
        let conversation = self.find_conversation_number(name)?;
        let group = number.map(|number| self.load_group(number)).transpose()?;
        let entered = view::enter(name, group.as_deref(), slot, conversation)?;
        self.load_conversation(entered.0)?;
        Ok(entered)
    }

    /// Of a conversation that was loaded before.
    pub(super) fn group_of(&self, conversation: ConversationNumber) -> GroupNumber {
        self.conversations.peek(&conversation).expect("loaded").group
    }

    /// Of a conversation that was loaded before.
    pub(super) fn app_of(&self, conversation: ConversationNumber) -> AppKey {
        self.conversations.peek(&conversation).expect("loaded").name.group.app.clone()
    }

    pub(super) fn live_group(&mut self, name: &GroupName) -> Result<GroupNumber> {
        let number = self.find_group_number(name)?.ok_or(Denied::UnknownGroup)?;
        Ok(view::live(Some(self.load_group(number)?)).map(|_| number)?)
    }

    pub(super) fn find_app(&self, key: &AppKey) -> Result<Option<AppRecord>> {
        self.batch.app(key).cloned().ok_or(Stop::Unknown)
    }

    pub(super) fn find_user(&self, app: &AppKey, id: &UserId) -> Result<Option<UserRecord>> {
        self.batch.user(app, id).cloned().ok_or(Stop::Unknown)
    }

    pub(super) fn find_group_number(&mut self, name: &GroupName) -> Result<Option<GroupNumber>> {
        match self.group_numbers.get(name) {
            Some(number) => Ok(Some(*number)),
            None => self.absent(Entry::Group(name.clone())),
        }
    }

    /// Nothing, if that is what is known.
    fn absent<T>(&self, entry: Entry) -> Result<Option<T>> {
        match self.batch.is_absent(&entry) {
            true => Ok(None),
            false => Err(Stop::Unknown),
        }
    }

    pub(super) fn load_group(&mut self, number: GroupNumber) -> Result<&mut Group> {
        self.groups.get_mut(&number).ok_or(Stop::Unknown)
    }

    /// One that was loaded before.
    pub(super) fn loaded_group(&mut self, number: GroupNumber) -> &mut Group {
        self.groups.get_mut(&number).expect("loaded")
    }

    pub(super) fn find_slot(&mut self, group: GroupNumber, user: &UserId) -> Result<Option<Slot>> {
        let member = (group, user.clone());
        match self.slots.get(&member) {
            Some(slot) => Ok(Some(*slot)),
            None if self.batch.is_new(group) => Ok(None),
            None => self.absent(Entry::Slot(member)),
        }
    }

    pub(super) fn find_slot_user(&self, group: GroupNumber, slot: Slot) -> Result<UserId> {
        self.batch.slot_user(group, slot).cloned().ok_or(Stop::Unknown)
    }

    pub(super) fn find_conversation_number(&mut self, name: &ConversationName) -> Result<Option<ConversationNumber>> {
        if self.batch.closed.contains_key(name) {
            return Ok(None);
        }
        match self.conversation_numbers.get(name) {
            Some(number) => Ok(Some(*number)),
            None => self.absent(Entry::Conversation(name.clone())),
        }
    }

    /// Of one that is not open.
    pub(super) fn find_closed_conversation(&self, name: &ConversationName) -> Option<ConversationNumber> {
        self.batch.closed.get(name).copied()
    }

    pub(super) fn load_conversation(&mut self, number: ConversationNumber) -> Result<()> {
        self.conversations.get(&number).map(drop).ok_or(Stop::Unknown)
    }

    pub(super) fn find_message(&self, key: MessageKey) -> Result<Option<Message>> {
        self.batch.message(key).map(|message| message.cloned()).ok_or(Stop::Unknown)
    }

    /// Whether there is a request about this message. If so, it is loaded.
    pub(super) fn load_request(&mut self, key: MessageKey) -> Result<bool> {
        if self.requests.contains(&key) {
            return Ok(true);
        }
        match self.has_none(key) || self.batch.is_new_conversation(key.conversation) {
            true => Ok(false),
            false => self.absent::<ReceiptRequest>(Entry::Request(key)).map(|_| false),
        }
    }

    /// There can be no request about a message that is not there or was recalled.
    pub(super) fn has_none(&self, key: MessageKey) -> bool {
        self.batch.message(key).is_some_and(|message| message.is_none_or(|message| message.recalled_at.is_some()))
    }

    /// One that was loaded before.
    pub(super) fn loaded_request(&mut self, key: MessageKey) -> &mut ReceiptRequest {
        self.requests.get_mut(&key).expect("loaded")
    }
}
