//! Looking up one thing.

use seenby_core::commit::{AppRecord, UserRecord};
use seenby_core::{
    AppKey, ClientRef, Conversation, ConversationName, ConversationNumber, Group, GroupName, GroupNumber,
    MembershipChange, Message, MessageKey, MessageUid, Ordinal, ReceiptRequest, Slot, UserId,
};

use super::keys::{self, KeyRange};
use super::readers::Known;
use super::records;
use super::snapshot::Snapshot;
use super::view::View;
use crate::{Lookup, StorageError};

impl Lookup for Snapshot<'_> {
    fn highest_number(&self) -> Result<u64, StorageError> {
        let Self { view, .. } = self;
        let group = view.last(KeyRange::of(keys::groups()), records::numbered)?;
        let conversation = view.last(KeyRange::of(keys::conversations()), records::numbered)?;
        Ok(group.max(conversation).unwrap_or(0))
    }

    fn app(&self, app: &AppKey) -> Result<Option<AppRecord>, StorageError> {
        self.view.get(&keys::app(app), records::app)
    }

    fn user(&self, app: &AppKey, user: &UserId) -> Result<Option<UserRecord>, StorageError> {
        self.view.get(&keys::user(app, user), records::user)
    }

    fn group_number(&self, name: &GroupName) -> Result<Option<GroupNumber>, StorageError> {
        self.view.get(&keys::group_name(name), records::group_number)
    }

    fn group(&self, number: GroupNumber) -> Result<Option<Group>, StorageError> {
        self.view.get(&keys::group(number), records::group)
    }

    fn slot(&self, group: GroupNumber, user: &UserId) -> Result<Option<Slot>, StorageError> {
        self.view.get(&keys::slot(group, user), records::slot)
    }

    fn slot_user(&self, group: GroupNumber, slot: Slot) -> Result<Option<UserId>, StorageError> {
        if let Some(user) = self.store.slot_users().get(&(group, slot)) {
            return Ok(Some(user.clone()));
        }
        let user = self.view.get(&keys::slot_user(group, slot), records::user_id)?;
        if let Some(user) = &user {
            self.store.slot_users().put((group, slot), user.clone());
        }
        Ok(user)
    }

    fn membership_changes(&self, group: GroupNumber, version: u64) -> Result<Vec<MembershipChange>, StorageError> {
        let changes = KeyRange::of(keys::membership_log_of(group)).behind(keys::membership_change(group, version));
        self.view.rows(changes, records::membership_change).collect()
    }

    fn conversation_number(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, StorageError> {
        let Self { view, .. } = self;
        let Some(group) = view.get(&keys::group_name(&name.group), records::group_number)? else {
            return Ok(None);
        };
        view.get(&keys::channel(group, name.channel.as_ref()), records::conversation_number)
    }

    fn closed_conversation(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, StorageError> {
        let Self { view, .. } = self;
        let Some(group) = view.get(&keys::group_name(&name.group), records::group_number)? else {
            return Ok(None);
        };
        view.get(&keys::closed_channel(group, name.channel.as_ref()), records::conversation_number)
    }

    fn conversation(&self, number: ConversationNumber) -> Result<Option<Conversation>, StorageError> {
        self.view.conversation(number)
    }

    fn message(&self, key: MessageKey) -> Result<Option<Message>, StorageError> {
        self.view.get(&keys::message(key), records::message)
    }

    fn sent(
        &self,
        conversation: ConversationNumber,
        sender: Slot,
        client_ref: &ClientRef,
    ) -> Result<Option<MessageUid>, StorageError> {
        self.view.get(&keys::sent(conversation, sender, client_ref), records::uid)
    }

    fn request(&self, key: MessageKey) -> Result<Option<ReceiptRequest>, StorageError> {
        let Self { store, drops, view } = self;
        let Some(mut request) = view.get(&keys::request(key), records::request)? else {
            store.cached_readers().forget(key);
            return Ok(None);
        };
        let mut blocks = KeyRange::of(keys::blocks_of(key));
        let known = store.cached_readers().get(key, *drops).cloned();
        if let Some(known) = known
            && view.last(blocks.clone(), records::block_ordinal)? >= Some(known.last_block)
        {
            request.readers = known.readers;
            blocks = blocks.behind(keys::block(key, known.last_block));
        }
        let mut last_block = None;
        for block in view.rows(blocks, records::block) {
            let (first_ordinal, answers) = block?;
            let (before, added) = (request.reader_count(), answers.len() as Ordinal);
            request = request.with_readers(answers.into_iter().map(|answer| answer.slot));
            // A reader lost or counted twice would give the next answers ordinals that others have.
            if first_ordinal != before || request.reader_count() != before + added {
                return Err(StorageError::Damaged(format!("blocks of {key:?}: gap or overlap at {first_ordinal}")));
            }
            last_block = Some(first_ordinal);
        }
        if let Some(last_block) = last_block {
            store.cached_readers().put(key, Known { readers: request.readers.clone(), last_block }, *drops);
        }
        Ok(Some(request))
    }
}

impl View {
    /// The head is where the log ends: there is no row to rewrite for every message.
    pub(super) fn conversation(&self, number: ConversationNumber) -> Result<Option<Conversation>, StorageError> {
        let Some(mut conversation) = self.get(&keys::conversation(number), records::conversation)? else {
            return Ok(None);
        };
        if let Some(entry) = self.last(KeyRange::of(keys::log_of(number)), records::log_entry)? {
            conversation.head = entry.sequence;
            conversation.last_at = entry.at;
        }
        conversation.last_uid = self.last(KeyRange::of(keys::messages_of(number)), records::uid_of)?;
        Ok(Some(conversation))
    }
}
