//! The changes of a commit as rows.
//!
//! Rows are gathered first and the last word on each wins: the engine gives all rows of a batch the same age, so it must
//! not be asked which of two rows with one key is the newer.

use std::collections::BTreeMap;

use fjall::{Database, PersistMode};
use prost::Message as _;
use seenby_core::group::Direction;
use seenby_core::{
    AppKey, Change, ConversationName, ConversationNumber, Group, GroupNumber, MembershipChange, Message, MessageKey,
    Ordinal,
};

use super::block;
use super::keys::{self, Key, KeyRange};
use super::meta;
use super::records::{
    self, AppRow, ConversationRow, GroupRow, KeyRow, LogRow, MembershipChangeRow, MembershipRow, MessageRow,
    RequestRow, UserRow,
};
use super::view::{Keyspaces, View, failed};
use crate::StorageError;

pub(super) struct Batch<'a> {
    view: &'a View,
    /// `None`: the row goes.
    rows: BTreeMap<Key, Option<Vec<u8>>>,
}

impl<'a> Batch<'a> {
    /// `view`: the state before this batch.
    pub(super) fn new(view: &'a View) -> Self {
        Self { view, rows: BTreeMap::new() }
    }

    pub(super) fn stage(&mut self, change: &Change) -> Result<(), StorageError> {
        match change {
            Change::AppSaved(app) => self.put(keys::app(&app.key), AppRow::from(app).encode_to_vec()),
            Change::UserSaved(app, user) => self.put(keys::user(app, &user.id), UserRow::from(user).encode_to_vec()),
            Change::KeySaved(key) => self.put(keys::api_key(&key.id), KeyRow::from(key).encode_to_vec()),
            Change::KeyDropped(id) => self.remove(keys::api_key(id)),
            Change::GroupSaved(group) => self.save_group(group),
            Change::MembershipChanged(app, change) => self.change_membership(app, change),
            Change::ConversationCreated { number, group, name } => self.create_conversation(*number, *group, name),
            Change::ConversationClosed { number, group, name } => {
                self.remove(keys::channel(*group, name.channel.as_ref()));
                self.put(keys::closed_channel(*group, name.channel.as_ref()), number.0.to_be_bytes());
            }
            Change::ConversationReopened { number, group, name } => {
                self.remove(keys::closed_channel(*group, name.channel.as_ref()));
                self.put(keys::channel(*group, name.channel.as_ref()), number.0.to_be_bytes());
            }
            Change::Logged(conversation, entry) => {
                self.put(keys::log_entry(*conversation, entry.sequence), LogRow::from(entry).encode_to_vec());
            }
            Change::MessageSaved(message) => self.save_message(message),
            Change::RequestCreated(request) => {
                self.put(keys::request(request.key), RequestRow::from(request).encode_to_vec());
            }
            Change::RequestListed(app, sender, key) => self.put(keys::request_of(app, sender, *key), []),
            Change::RequestUnlisted(app, sender, key) => self.remove(keys::request_of(app, sender, *key)),
            Change::MessageDropped(message) => self.drop_message(message),
            Change::RequestDropped(key) => self.drop_request(*key)?,
            Change::BlockAdded(block) => {
                self.put(keys::block(block.key, block.first_ordinal), block::encode(&block.answers));
            }
            Change::Swept(at) => self.put(keys::meta(meta::SWEPT_AT_ROW), at.0.to_be_bytes()),
        }
        Ok(())
    }

    pub(super) fn put(&mut self, key: Key, value: impl Into<Vec<u8>>) {
        self.rows.insert(key, Some(value.into()));
    }

    /// Returns after the rows are on disk. The engine writes and syncs its journal before it shows a row to any reader
    /// (`WriteBatch::commit` in fjall 3.1), so reads see durable rows only, and a crash leaves a batch whole or not at all.
    pub(super) fn commit(self, database: &Database, keyspaces: &Keyspaces) -> Result<(), StorageError> {
        let mut batch = database.batch().durability(Some(PersistMode::SyncData));
        for (key, value) in self.rows {
            let keyspace = keyspaces.get(key.space());
            match value {
                Some(value) => batch.insert(keyspace, key.into_bytes(), value),
                None => batch.remove(keyspace, key.into_bytes()),
            }
        }
        batch.commit().map_err(failed)
    }

    fn save_group(&mut self, group: &Group) {
        self.put(keys::group_name(&group.name), group.number.0.to_be_bytes());
        self.put(keys::group(group.number), GroupRow::from(group).encode_to_vec());
    }

    fn change_membership(&mut self, app: &AppKey, change: &MembershipChange) {
        let MembershipChange { group, slot, ref user, .. } = *change;
        let membership = keys::membership(app, user, group);
        match change.direction {
            Direction::Joined => {
                self.put(membership, MembershipRow::from(change).encode_to_vec());
                self.put(keys::slot(group, user), slot.0.to_be_bytes());
                self.put(keys::slot_user(group, slot), user.as_str());
            }
            Direction::Left => self.remove(membership),
        }
        self.put(keys::membership_change(group, change.version), MembershipChangeRow::from(change).encode_to_vec());
    }

    fn create_conversation(&mut self, number: ConversationNumber, group: GroupNumber, name: &ConversationName) {
        self.put(keys::channel(group, name.channel.as_ref()), number.0.to_be_bytes());
        self.put(keys::conversation(number), ConversationRow::new(group, name).encode_to_vec());
    }

    fn save_message(&mut self, message: &Message) {
        let sent = keys::sent(message.key.conversation, message.sender_slot, &message.client_ref);
        self.put(sent, *message.key.uid.as_bytes());
        self.put(keys::message(message.key), MessageRow::from(message).encode_to_vec());
    }

    fn drop_message(&mut self, message: &Message) {
        self.remove(keys::sent(message.key.conversation, message.sender_slot, &message.client_ref));
        self.remove(keys::message(message.key));
    }

    /// The request goes with its blocks, those of this batch too.
    fn drop_request(&mut self, key: MessageKey) -> Result<(), StorageError> {
        self.remove(keys::request(key));
        let staged = self.rows.range(keys::block(key, Ordinal::MIN)..=keys::block(key, Ordinal::MAX));
        for block in staged.map(|(block, _)| block.clone()).collect::<Vec<_>>() {
            self.rows.remove(&block);
        }
        for first_ordinal in self.view.rows(KeyRange::of(keys::blocks_of(key)), records::block_ordinal) {
            self.remove(keys::block(key, first_ordinal?));
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.rows.insert(key, None);
    }
}
