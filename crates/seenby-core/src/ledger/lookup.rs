//! Looking things up, in the cache and then in the source.

use std::hash::Hash;

use lru::LruCache;

use super::{Failure, Ledger, Result};
use crate::commit::{AppRecord, UserRecord};
use crate::view;
use crate::{
    AppKey, ConversationName, ConversationNumber, Denied, Group, GroupName, GroupNumber, Message, MessageKey,
    ReceiptRequest, Slot, Source, UserId,
};

impl<S: Source + ?Sized> Ledger<S> {
    /// A user comes with a call about a conversation, which is loaded then.
    pub(super) fn enter(&mut self, name: &ConversationName, user: &UserId) -> Result<(ConversationNumber, Slot), S> {
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

    pub(super) fn live_group(&mut self, name: &GroupName) -> Result<GroupNumber, S> {
        let number = self.find_group_number(name)?.ok_or(Denied::UnknownGroup)?;
        Ok(view::live(Some(self.load_group(number)?)).map(|_| number)?)
    }

    pub(super) fn find_app(&self, key: &AppKey) -> Result<Option<AppRecord>, S> {
        match self.batch.app(key) {
            Some(app) => Ok(Some(app.clone())),
            None => self.source.app(key).map_err(Failure::Source),
        }
    }

    pub(super) fn find_user(&self, app: &AppKey, id: &UserId) -> Result<Option<UserRecord>, S> {
        match self.batch.user(app, id) {
            Some(user) => Ok(Some(user.clone())),
            None => self.source.user(app, id).map_err(Failure::Source),
        }
    }

    pub(super) fn find_group_number(&mut self, name: &GroupName) -> Result<Option<GroupNumber>, S> {
        read_through(&mut self.group_numbers, name, || self.source.group_number(name))
    }

    pub(super) fn load_group(&mut self, number: GroupNumber) -> Result<&mut Group, S> {
        if !self.groups.contains(&number) {
            let group = self.source.group(number).map_err(Failure::Source)?.ok_or(Denied::UnknownGroup)?;
            self.groups.put(number, group);
        }
        Ok(self.loaded_group(number))
    }

    /// One that was loaded before.
    pub(super) fn loaded_group(&mut self, number: GroupNumber) -> &mut Group {
        self.groups.get_mut(&number).expect("loaded")
    }

    pub(super) fn find_slot(&mut self, group: GroupNumber, user: &UserId) -> Result<Option<Slot>, S> {
        read_through(&mut self.slots, &(group, user.clone()), || self.source.slot(group, user))
    }

    pub(super) fn find_slot_user(&self, group: GroupNumber, slot: Slot) -> Result<UserId, S> {
        match self.batch.slot_user(group, slot) {
            Some(user) => Ok(user.clone()),
            None => {
                let stored = self.source.slot_user(group, slot).map_err(Failure::Source)?;
                Ok(stored.expect("a slot that was given has a user"))
            }
        }
    }

    pub(super) fn find_conversation_number(
        &mut self,
        name: &ConversationName,
    ) -> Result<Option<ConversationNumber>, S> {
        // Closed in this batch: the source still has it.
        if self.batch.closed.contains_key(name) {
            return Ok(None);
        }
        read_through(&mut self.conversation_numbers, name, || self.source.conversation_number(name))
    }

    pub(super) fn find_closed_conversation(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, S> {
        match self.batch.closed.get(name) {
            Some(number) => Ok(Some(*number)),
            None => self.source.closed_conversation(name).map_err(Failure::Source),
        }
    }

    pub(super) fn load_conversation(&mut self, number: ConversationNumber) -> Result<(), S> {
        if !self.conversations.contains(&number) {
            let found = self.source.conversation(number).map_err(Failure::Source)?.ok_or(Denied::UnknownChannel)?;
            self.conversations.put(number, found);
        }
        Ok(())
    }

    pub(super) fn find_message(&self, key: MessageKey) -> Result<Option<Message>, S> {
        match self.batch.message(key) {
            Some(message) => Ok(message.cloned()),
            None => self.source.message(key).map_err(Failure::Source),
        }
    }

    /// Whether there is a request about this message. If so, it is loaded.
    pub(super) fn load_request(&mut self, key: MessageKey) -> Result<bool, S> {
        if self.requests.contains(&key) {
            return Ok(true);
        }
        if self.is_dropped(key) {
            return Ok(false);
        }
        let Some(request) = self.source.request(key).map_err(Failure::Source)? else { return Ok(false) };
        self.requests.put(key, request);
        Ok(true)
    }

    /// One that was loaded before.
    pub(super) fn loaded_request(&mut self, key: MessageKey) -> &mut ReceiptRequest {
        self.requests.get_mut(&key).expect("loaded")
    }

    /// Recalled or deleted in this batch: the source still has the request.
    fn is_dropped(&self, key: MessageKey) -> bool {
        self.batch.message(key).is_some_and(|message| message.is_none_or(|message| message.recalled_at.is_some()))
    }
}

fn read_through<K, V, E>(
    cache: &mut LruCache<K, V>,
    key: &K,
    read: impl FnOnce() -> std::result::Result<Option<V>, E>,
) -> std::result::Result<Option<V>, Failure<E>>
where
    K: Hash + Eq + Clone,
    V: Copy,
    E: std::error::Error,
{
    if let Some(value) = cache.get(key) {
        return Ok(Some(*value));
    }
    let value = read().map_err(Failure::Source)?;
    if let Some(value) = value {
        cache.put(key.clone(), value);
    }
    Ok(value)
}
