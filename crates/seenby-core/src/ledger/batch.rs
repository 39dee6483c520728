//! One batch: what was learned for it alone, and above that what its calls have written, which the store does not have yet. The
//! last word on each thing counts.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use crate::commit::{AppRecord, UserRecord};
use crate::{
    AppKey, Change, ClientRef, Commit, ConversationName, ConversationNumber, GroupName, GroupNumber, MembershipChange,
    Message, MessageKey, MessageUid, Slot, UserId,
};

/// By what a rule asks for, so that a look-up costs the same however much the batch has written.
#[derive(Default)]
pub(super) struct Batch {
    /// `None` here and below: known not to be there.
    apps: HashMap<AppKey, Option<AppRecord>>,
    users: HashMap<(AppKey, UserId), Option<UserRecord>>,
    messages: HashMap<MessageKey, Option<Message>>,
    sent: HashMap<(ConversationNumber, UserId, ClientRef), Option<MessageUid>>,
    absent: HashSet<Entry>,
    pub(super) closed: BTreeMap<ConversationName, ConversationNumber>,

    /// Groups all of whose members are in `slot_users`.
    members_known: HashSet<GroupNumber>,
    slot_users: HashMap<(GroupNumber, Slot), UserId>,
    /// Those of the store behind a version, and those of this batch. Oldest first.
    stored_changes: HashMap<GroupNumber, (u64, Vec<MembershipChange>)>,
    membership_changes: HashMap<GroupNumber, Vec<MembershipChange>>,

    new_groups: HashSet<GroupNumber>,
    new_conversations: HashSet<ConversationNumber>,
    pub(super) changed_groups: BTreeSet<GroupNumber>,
    pub(super) logged: BTreeSet<ConversationNumber>,
    pub(super) answered: BTreeSet<MessageKey>,
    pub(super) commit: Commit,
}

/// Something that may be known not to be there.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Entry {
    Group(GroupName),
    Slot((GroupNumber, UserId)),
    Conversation(ConversationName),
    Request(MessageKey),
}

/// What was learned.
impl Batch {
    pub(super) fn learn(
        &mut self,
        apps: Vec<(AppKey, Option<AppRecord>)>,
        users: Vec<((AppKey, UserId), Option<UserRecord>)>,
        messages: Vec<(MessageKey, Option<Message>)>,
        sent: Vec<((ConversationNumber, UserId, ClientRef), Option<MessageUid>)>,
    ) {
        lay_under(&mut self.apps, apps);
        lay_under(&mut self.users, users);
        lay_under(&mut self.messages, messages);
        lay_under(&mut self.sent, sent);
    }

    pub(super) fn learn_members(&mut self, group: GroupNumber, members: Vec<(Slot, UserId)>) {
        self.members_known.insert(group);
        self.slot_users.extend(members.into_iter().map(|(slot, user)| ((group, slot), user)));
    }

    /// The longest list that was learned has all the others.
    pub(super) fn learn_changes(&mut self, group: GroupNumber, after: u64, changes: Vec<MembershipChange>) {
        match self.stored_changes.get(&group) {
            Some((known_after, _)) if *known_after <= after => {}
            _ => drop(self.stored_changes.insert(group, (after, changes))),
        }
    }

    pub(super) fn absent(&mut self, entry: Entry) {
        self.absent.insert(entry);
    }

    /// What was made since is found before anybody asks this.
    pub(super) fn is_absent(&self, entry: &Entry) -> bool {
        self.absent.contains(entry)
    }
}

/// What the batch has written already stays as it is.
fn lay_under<K: Hash + Eq, V>(known: &mut HashMap<K, V>, learned: Vec<(K, V)>) {
    for (key, value) in learned {
        known.entry(key).or_insert(value);
    }
}

/// What is known. `None`: nothing is. `Some(None)`: that there is none.
impl Batch {
    pub(super) fn app(&self, key: &AppKey) -> Option<&Option<AppRecord>> {
        self.apps.get(key)
    }

    pub(super) fn user(&self, app: &AppKey, id: &UserId) -> Option<&Option<UserRecord>> {
        self.users.get(&(app.clone(), id.clone()))
    }

    pub(super) fn message(&self, key: MessageKey) -> Option<Option<&Message>> {
        match self.messages.get(&key) {
            Some(message) => Some(message.as_ref()),
            None => self.new_conversations.contains(&key.conversation).then_some(None),
        }
    }

    pub(super) fn sent(
        &self,
        conversation: ConversationNumber,
        user: &UserId,
        client_ref: &ClientRef,
    ) -> Option<Option<MessageUid>> {
        match self.sent.get(&(conversation, user.clone(), client_ref.clone())) {
            Some(uid) => Some(*uid),
            None => self.new_conversations.contains(&conversation).then_some(None),
        }
    }

    pub(super) fn slot_user(&self, group: GroupNumber, slot: Slot) -> Option<&UserId> {
        self.slot_users.get(&(group, slot))
    }

    pub(super) fn knows_members(&self, group: GroupNumber) -> bool {
        self.members_known.contains(&group) || self.is_new(group)
    }

    /// All changes behind a version, oldest first.
    pub(super) fn changes_after(&self, group: GroupNumber, version: u64) -> Option<Vec<MembershipChange>> {
        let own = self.membership_changes.get(&group).map_or(&[][..], Vec::as_slice);
        let is_behind = |change: &&MembershipChange| change.version > version;
        let own_are_all = own.first().is_some_and(|change| change.version <= version + 1);
        let stored = match self.stored_changes.get(&group) {
            _ if own_are_all => &[][..],
            Some((after, changes)) if *after <= version => changes,
            _ => return None,
        };
        Some(stored.iter().chain(own).filter(is_behind).cloned().collect())
    }

    pub(super) fn is_new(&self, group: GroupNumber) -> bool {
        self.new_groups.contains(&group)
    }

    pub(super) fn is_new_conversation(&self, conversation: ConversationNumber) -> bool {
        self.new_conversations.contains(&conversation)
    }
}

/// What calls write.
impl Batch {
    pub(super) fn save_app(&mut self, app: AppRecord) {
        self.apps.insert(app.key.clone(), Some(app.clone()));
        self.commit.changes.push(Change::AppSaved(app));
    }

    pub(super) fn save_user(&mut self, app: &AppKey, user: UserRecord) {
        self.users.insert((app.clone(), user.id.clone()), Some(user.clone()));
        self.commit.changes.push(Change::UserSaved(app.clone(), user));
    }

    pub(super) fn create_group(&mut self, group: GroupNumber) {
        self.new_groups.insert(group);
        self.changed_groups.insert(group);
    }

    pub(super) fn create_conversation(
        &mut self,
        number: ConversationNumber,
        group: GroupNumber,
        name: ConversationName,
    ) {
        self.new_conversations.insert(number);
        self.commit.changes.push(Change::ConversationCreated { number, group, name });
    }

    pub(super) fn change_membership(&mut self, app: &AppKey, change: MembershipChange) {
        self.changed_groups.insert(change.group);
        self.slot_users.insert((change.group, change.slot), change.user.clone());
        self.membership_changes.entry(change.group).or_default().push(change.clone());
        self.commit.changes.push(Change::MembershipChanged(app.clone(), change));
    }

    pub(super) fn save_message(&mut self, message: Message) {
        self.messages.insert(message.key, Some(message.clone()));
        self.commit.changes.push(Change::MessageSaved(message));
    }

    /// A new one, under its reference.
    pub(super) fn send_message(&mut self, message: Message) {
        let sent = (message.key.conversation, message.sender.clone(), message.client_ref.clone());
        self.sent.insert(sent, Some(message.key.uid));
        self.save_message(message);
    }

    pub(super) fn drop_message(&mut self, message: Message) {
        self.messages.insert(message.key, None);
        self.commit.changes.push(Change::MessageDropped(message));
    }
}
