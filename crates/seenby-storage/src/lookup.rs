//! Looking up one thing, and from that all that a batch has to know.

use std::collections::BTreeSet;

use seenby_core::commit::{AppRecord, UserRecord};
use seenby_core::ledger::facts::{Found, Purpose};
use seenby_core::{
    AppKey, ClientRef, Conversation, ConversationName, ConversationNumber, Facts, Group, GroupName, GroupNumber,
    MembershipChange, Message, MessageKey, MessageUid, Needs, Position, ReceiptRequest, Slot, UserId,
};

use crate::StorageError;

/// What is asked about one thing. Everything is a lookup by key, except the one bounded scan that says so.
pub trait Lookup {
    /// The highest number given to a group or a conversation so far.
    fn highest_number(&self) -> Result<u64, StorageError>;

    fn app(&self, app: &AppKey) -> Result<Option<AppRecord>, StorageError>;
    fn user(&self, app: &AppKey, user: &UserId) -> Result<Option<UserRecord>, StorageError>;

    fn group_number(&self, name: &GroupName) -> Result<Option<GroupNumber>, StorageError>;
    fn group(&self, number: GroupNumber) -> Result<Option<Group>, StorageError>;
    fn slot(&self, group: GroupNumber, user: &UserId) -> Result<Option<Slot>, StorageError>;
    /// Who has, or had, this slot. That never changes, so a snapshot may know it before its time.
    fn slot_user(&self, group: GroupNumber, slot: Slot) -> Result<Option<UserId>, StorageError>;
    /// Changes with a version greater than `version`, oldest first. A scan, as long as the list of changes.
    fn membership_changes(&self, group: GroupNumber, version: u64) -> Result<Vec<MembershipChange>, StorageError>;

    fn conversation_number(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, StorageError>;
    /// The conversation of a channel that was deleted.
    fn closed_conversation(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, StorageError>;
    fn conversation(&self, number: ConversationNumber) -> Result<Option<Conversation>, StorageError>;

    fn message(&self, key: MessageKey) -> Result<Option<Message>, StorageError>;
    fn sent(
        &self,
        conversation: ConversationNumber,
        sender: Slot,
        client_ref: &ClientRef,
    ) -> Result<Option<MessageUid>, StorageError>;

    fn request(&self, key: MessageKey) -> Result<Option<ReceiptRequest>, StorageError>;
}

/// What a store knows of what is needed. `lookup`: the store as it was at this position.
pub(crate) fn gather(lookup: &impl Lookup, needs: &Needs, position: Position) -> Result<Facts, StorageError> {
    let facts = Facts { position, highest_number: lookup.highest_number()?, ..Facts::default() };
    let mut gathering = Gathering { lookup, facts };
    gathering.people(needs)?;
    gathering.groups(needs)?;
    gathering.conversations(needs)?;
    for (name, messages) in &needs.messages {
        let Some(conversation) = gathering.number(name)? else { continue };
        for (uid, purpose) in messages {
            gathering.message(MessageKey { conversation, uid: *uid }, *purpose)?;
        }
    }
    needs.sent.iter().try_for_each(|(name, sent)| gathering.sent(name, sent))?;
    needs.old_messages.iter().try_for_each(|key| gathering.old_message(*key))?;
    Ok(gathering.facts)
}

struct Gathering<'a, L> {
    lookup: &'a L,
    facts: Facts,
}

type Done = Result<(), StorageError>;

impl<L: Lookup> Gathering<'_, L> {
    fn people(&mut self, needs: &Needs) -> Done {
        for app in &needs.apps {
            self.facts.apps.push((app.clone(), self.lookup.app(app)?));
        }
        for (app, user) in &needs.users {
            self.facts.users.push(((app.clone(), user.clone()), self.lookup.user(app, user)?));
        }
        Ok(())
    }

    fn groups(&mut self, needs: &Needs) -> Done {
        for name in &needs.groups {
            let group = self.lookup.group_number(name)?.map(|number| self.lookup.group(number)).transpose()?.flatten();
            self.facts.groups.push((name.clone(), group));
        }
        for (name, users) in &needs.slots {
            let Some(group) = self.lookup.group_number(name)? else { continue };
            for user in users {
                self.facts.slots.push(((group, user.clone()), self.lookup.slot(group, user)?));
            }
        }
        for name in &needs.members {
            self.members(name)?;
        }
        Ok(())
    }

    fn members(&mut self, name: &GroupName) -> Done {
        let Some(number) = self.lookup.group_number(name)? else { return Ok(()) };
        let present = self.lookup.group(number)?.map(|group| group.present).unwrap_or_default();
        let mut members = Vec::new();
        for slot in present.into_iter().map(Slot) {
            let user = self.lookup.slot_user(number, slot)?;
            let missing = || StorageError::Damaged(format!("{number:?} has nobody in {slot:?}"));
            members.push((slot, user.ok_or_else(missing)?));
        }
        self.facts.members.push((number, members));
        Ok(())
    }

    fn conversations(&mut self, needs: &Needs) -> Done {
        for name in &needs.conversations {
            let open = self.lookup.conversation_number(name)?;
            let closed = if open.is_none() { self.lookup.closed_conversation(name)? } else { None };
            let found = open.or(closed).map(|number| self.conversation(number, open.is_none())).transpose()?;
            self.facts.conversations.push((name.clone(), found));
        }
        Ok(())
    }

    fn conversation(&self, number: ConversationNumber, is_closed: bool) -> Result<Found, StorageError> {
        let conversation = self.lookup.conversation(number)?;
        let conversation = conversation.ok_or_else(|| StorageError::Damaged(format!("{number:?} is not there")))?;
        Ok(Found { conversation, is_closed })
    }

    /// A channel that is closed now may be opened by the calls of the batch.
    fn number(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, StorageError> {
        match self.lookup.conversation_number(name)? {
            Some(number) => Ok(Some(number)),
            None => self.lookup.closed_conversation(name),
        }
    }

    fn message(&mut self, key: MessageKey, purpose: Purpose) -> Done {
        let request = self.lookup.request(key)?;
        let has_request = request.is_some();
        self.facts.requests.push((key, request));
        if has_request && purpose == Purpose::Answer {
            return Ok(());
        }
        let message = self.bare_message(key)?;
        if let Some(message) = message.as_ref().filter(|_| purpose == Purpose::Ask && !has_request) {
            let changes = self.lookup.membership_changes(message.group, message.group_version)?;
            self.facts.changes.push((message.group, message.group_version, changes));
        }
        self.facts.messages.push((key, message));
        Ok(())
    }

    /// Thousands may be learned for one batch.
    fn bare_message(&self, key: MessageKey) -> Result<Option<Message>, StorageError> {
        Ok(self.lookup.message(key)?.map(|message| Message { content: Vec::new(), ..message }))
    }

    fn sent(&mut self, name: &ConversationName, sent: &BTreeSet<(UserId, ClientRef)>) -> Done {
        let Some(conversation) = self.number(name)? else { return Ok(()) };
        let group = self.lookup.group_number(&name.group)?;
        for (user, client_ref) in sent {
            let slot = group.map(|group| self.lookup.slot(group, user)).transpose()?.flatten();
            let uid = slot.map(|slot| self.lookup.sent(conversation, slot, client_ref)).transpose()?.flatten();
            if let Some(uid) = uid {
                let key = MessageKey { conversation, uid };
                self.facts.messages.push((key, self.bare_message(key)?));
            }
            self.facts.sent.push(((conversation, user.clone(), client_ref.clone()), uid));
        }
        Ok(())
    }

    fn old_message(&mut self, key: MessageKey) -> Done {
        let message = self.bare_message(key)?;
        if message.is_some() {
            let found = self.conversation(key.conversation, false)?;
            let name = found.conversation.name.clone();
            let is_closed = self.lookup.conversation_number(&name)?.is_none();
            self.facts.conversations.push((name, Some(Found { is_closed, ..found })));
        }
        self.facts.messages.push((key, message));
        Ok(())
    }
}
