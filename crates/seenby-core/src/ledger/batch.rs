//! What the calls of the batch under way have written: later calls of the batch see it, the store does not have it yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::commit::{AppRecord, UserRecord};
use crate::{
    AppKey, Change, ClientRef, Commit, ConversationName, ConversationNumber, GroupNumber, MembershipChange, Message,
    MessageKey, MessageUid, Slot, UserId,
};

/// By what a rule asks for, so that a look-up costs the same however much the batch has written.
#[derive(Default)]
pub(super) struct Batch {
    apps: HashMap<AppKey, AppRecord>,
    users: HashMap<(AppKey, UserId), UserRecord>,
    /// Oldest first.
    membership_changes: HashMap<GroupNumber, Vec<MembershipChange>>,
    slot_users: HashMap<(GroupNumber, Slot), UserId>,
    /// `None`: deleted.
    messages: BTreeMap<MessageKey, Option<Message>>,
    pub(super) sent: BTreeMap<(ConversationNumber, Slot, ClientRef), MessageUid>,
    pub(super) closed: BTreeMap<ConversationName, ConversationNumber>,
    pub(super) changed_groups: BTreeSet<GroupNumber>,
    pub(super) logged: BTreeSet<ConversationNumber>,
    pub(super) answered: BTreeSet<MessageKey>,
    pub(super) commit: Commit,
}

impl Batch {
    pub(super) fn save_app(&mut self, app: AppRecord) {
        self.apps.insert(app.key.clone(), app.clone());
        self.commit.changes.push(Change::AppSaved(app));
    }

    pub(super) fn app(&self, key: &AppKey) -> Option<&AppRecord> {
        self.apps.get(key)
    }

    pub(super) fn save_user(&mut self, app: &AppKey, user: UserRecord) {
        self.users.insert((app.clone(), user.id.clone()), user.clone());
        self.commit.changes.push(Change::UserSaved(app.clone(), user));
    }

    pub(super) fn user(&self, app: &AppKey, id: &UserId) -> Option<&UserRecord> {
        self.users.get(&(app.clone(), id.clone()))
    }

    pub(super) fn change_membership(&mut self, app: &AppKey, change: MembershipChange) {
        self.changed_groups.insert(change.group);
        self.slot_users.insert((change.group, change.slot), change.user.clone());
        self.membership_changes.entry(change.group).or_default().push(change.clone());
        self.commit.changes.push(Change::MembershipChanged(app.clone(), change));
    }

    pub(super) fn slot_user(&self, group: GroupNumber, slot: Slot) -> Option<&UserId> {
        self.slot_users.get(&(group, slot))
    }

    pub(super) fn membership_changes(&self, group: GroupNumber) -> &[MembershipChange] {
        self.membership_changes.get(&group).map_or(&[], Vec::as_slice)
    }

    pub(super) fn save_message(&mut self, message: Message) {
        self.messages.insert(message.key, Some(message.clone()));
        self.commit.changes.push(Change::MessageSaved(message));
    }

    pub(super) fn drop_message(&mut self, message: Message) {
        self.messages.insert(message.key, None);
        self.commit.changes.push(Change::MessageDropped(message));
    }

    /// `None`: this batch has not touched it. `Some(None)`: this batch has deleted it.
    pub(super) fn message(&self, key: MessageKey) -> Option<Option<&Message>> {
        self.messages.get(&key).map(Option::as_ref)
    }
}
