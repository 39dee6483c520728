//! A store in memory, for tests.
//!
//! It keeps what the other stores keep, in sorted maps, so that every read is a line or two and plainly right: the model that
//! the others are compared with. A commit beside a snapshot changes a copy of the maps. A test can make a commit fail, to see
//! what its callers do then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roaring::RoaringBitmap;
use seenby_core::commit::{AppRecord, UserRecord};
use seenby_core::group::Direction;
use seenby_core::{
    Answer, AppKey, Block, Change, ClientRef, Conversation, ConversationName, ConversationNumber, Facts, Group,
    GroupName, GroupNumber, KeyId, KeyRecord, LogEntry, Membership, MembershipChange, Message, MessageKey, MessageUid,
    Needs, Ordinal, Position, ReceiptRequest, Sequence, Slot, Timestamp, UserId,
};

use crate::lookup::gather;
use crate::store_id::new_store_id;
use crate::{Appended, Lookup, Reads, Storage, StorageError, TimeOrder};

pub struct Memory {
    id: String,
    commits: Mutex<()>,
    state: Mutex<Arc<State>>,
}

struct Snapshot(Arc<State>);

#[derive(Default, Clone)]
struct State {
    writes: Writes,
    position: Position,
    apps: BTreeMap<AppKey, AppRecord>,
    keys: BTreeMap<KeyId, KeyRecord>,
    users: BTreeMap<(AppKey, UserId), UserRecord>,
    group_numbers: BTreeMap<GroupName, GroupNumber>,
    groups: BTreeMap<GroupNumber, Group>,
    slots: BTreeMap<(GroupNumber, UserId), Slot>,
    slot_users: BTreeMap<(GroupNumber, Slot), UserId>,
    memberships: BTreeMap<(AppKey, UserId, GroupNumber), Membership>,
    membership_changes: BTreeMap<(GroupNumber, u64), MembershipChange>,
    conversation_numbers: BTreeMap<ConversationName, ConversationNumber>,
    closed_conversations: BTreeMap<ConversationName, ConversationNumber>,
    conversations: BTreeMap<ConversationNumber, (GroupNumber, ConversationName)>,
    log: BTreeMap<(ConversationNumber, Sequence), LogEntry>,
    messages: BTreeMap<MessageKey, Message>,
    sent: BTreeMap<(ConversationNumber, Slot, ClientRef), MessageUid>,
    requests: BTreeMap<MessageKey, Request>,
    swept_at: Option<Timestamp>,
    /// In order of time, over all conversations.
    requests_of: BTreeMap<(AppKey, UserId), BTreeSet<(MessageUid, ConversationNumber)>>,
}

#[derive(Default, Clone, PartialEq)]
enum Writes {
    #[default]
    Taken,
    /// The next commit fails: nothing is written, or all of it.
    AboutToFail {
        written: bool,
    },
    /// The next commit fails before it writes anything; those after it do not.
    AboutToMiss,
    Refused,
}

#[derive(Clone)]
struct Request {
    sender: UserId,
    requested_at: Timestamp,
    audience: RoaringBitmap,
    readers: Vec<Answer>,
}

impl Memory {
    pub fn new() -> Self {
        Self::named(new_store_id())
    }

    /// For runs that must be the same each time.
    pub fn named(id: impl Into<String>) -> Self {
        Self { id: id.into(), commits: Mutex::default(), state: Mutex::default() }
    }

    /// The next commit fails and writes nothing, and the store takes no writes from then on.
    pub fn fail_next_commit(&self) {
        self.set_writes(Writes::AboutToFail { written: false });
    }

    /// The next commit fails though everything is written, as when a disk takes the data and then reports an error.
    pub fn fail_next_commit_after_writing(&self) {
        self.set_writes(Writes::AboutToFail { written: true });
    }

    /// The next commit fails before it writes anything, as when the files that it would read cannot be opened just now.
    pub fn miss_next_commit(&self) {
        self.set_writes(Writes::AboutToMiss);
    }

    /// As after a restart: what was written is there, and writes are taken again.
    pub fn reopen(&self) {
        self.set_writes(Writes::Taken);
    }

    /// Commits wait, and reads go on, until what this returns is dropped.
    pub fn hold_commits(&self) -> MutexGuard<'_, ()> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Snapshot {
        Snapshot(self.state().clone())
    }

    fn set_writes(&self, writes: Writes) {
        Arc::make_mut(&mut self.state()).writes = writes;
    }

    fn state(&self) -> MutexGuard<'_, Arc<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn append(&mut self, changes: &[Change]) -> Position {
        changes.iter().for_each(|change| self.apply(change));
        self.position.0 += 1;
        self.position
    }

    fn apply(&mut self, change: &Change) {
        match change.clone() {
            Change::AppSaved(app) => {
                self.apps.insert(app.key.clone(), app);
            }
            Change::UserSaved(app, user) => {
                self.users.insert((app, user.id.clone()), user);
            }
            Change::KeySaved(key) => {
                self.keys.insert(key.id.clone(), key);
            }
            Change::KeyDropped(id) => {
                self.keys.remove(&id);
            }
            Change::GroupSaved(group) => {
                self.group_numbers.insert(group.name.clone(), group.number);
                self.groups.insert(group.number, group);
            }
            Change::MembershipChanged(app, change) => self.change_membership(app, change),
            Change::ConversationCreated { number, group, name } => {
                self.conversation_numbers.insert(name.clone(), number);
                self.conversations.insert(number, (group, name));
            }
            Change::ConversationClosed { number, name, .. } => {
                self.conversation_numbers.remove(&name);
                self.closed_conversations.insert(name, number);
            }
            Change::ConversationReopened { number, name, .. } => {
                self.closed_conversations.remove(&name);
                self.conversation_numbers.insert(name, number);
            }
            Change::Logged(conversation, entry) => {
                self.log.insert((conversation, entry.sequence), entry);
            }
            Change::MessageSaved(message) => {
                let sent = (message.key.conversation, message.sender_slot, message.client_ref.clone());
                self.sent.insert(sent, message.key.uid);
                self.messages.insert(message.key, message);
            }
            Change::RequestCreated(ReceiptRequest { key, sender, requested_at, audience, .. }) => {
                self.requests.insert(key, Request { sender, requested_at, audience, readers: Vec::new() });
            }
            Change::RequestListed(app, sender, key) => {
                self.requests_of.entry((app, sender)).or_default().insert((key.uid, key.conversation));
            }
            Change::RequestUnlisted(app, sender, key) => {
                self.requests_of.entry((app, sender)).or_default().remove(&(key.uid, key.conversation));
            }
            Change::MessageDropped(message) => {
                self.sent.remove(&(message.key.conversation, message.sender_slot, message.client_ref));
                self.messages.remove(&message.key);
            }
            Change::RequestDropped(key) => {
                self.requests.remove(&key);
            }
            Change::BlockAdded(block) => self.add_block(&block),
            Change::Swept(at) => self.swept_at = Some(at),
        }
    }

    fn change_membership(&mut self, app: AppKey, change: MembershipChange) {
        let MembershipChange { group, slot, .. } = change;
        let membership = (app, change.user.clone(), group);
        match change.direction {
            Direction::Joined => {
                let joined = Membership { group, slot, joined_at: change.at, version: change.version };
                self.memberships.insert(membership, joined);
                self.slots.insert((group, change.user.clone()), slot);
                self.slot_users.insert((group, slot), change.user.clone());
            }
            Direction::Left => {
                self.memberships.remove(&membership);
            }
        }
        self.membership_changes.insert((group, change.version), change);
    }

    fn add_block(&mut self, block: &Block) {
        let request = self.requests.get_mut(&block.key).expect("answers come to a request that is there");
        assert_eq!(block.first_ordinal as usize, request.readers.len(), "blocks number the readers without gaps");
        request.readers.extend(&block.answers);
    }

    fn log_of(&self, conversation: ConversationNumber) -> impl DoubleEndedIterator<Item = &LogEntry> {
        let range = (conversation, Sequence(0))..=(conversation, Sequence(u64::MAX));
        self.log.range(range).map(|(_, entry)| entry)
    }

    fn messages_of(&self, conversation: ConversationNumber) -> impl DoubleEndedIterator<Item = &Message> {
        let key = |uid| MessageKey { conversation, uid };
        self.messages.range(key(MessageUid::MIN)..=key(MessageUid::MAX)).map(|(_, message)| message)
    }

    fn conversation(&self, number: ConversationNumber) -> Option<Conversation> {
        let (group, name) = self.conversations.get(&number)?;
        let mut conversation = Conversation::new(number, *group, name.clone());
        if let Some(entry) = self.log_of(number).next_back() {
            conversation.head = entry.sequence;
            conversation.last_at = entry.at;
        }
        conversation.last_uid = self.messages_of(number).next_back().map(|message| message.key.uid);
        Some(conversation)
    }
}

impl Storage for Memory {
    fn snapshot(&self) -> Box<dyn Reads + '_> {
        Box::new(self.now())
    }

    fn learn(&self, needs: &Needs) -> Result<Facts, StorageError> {
        let now = self.now();
        gather(&now, needs, now.0.position)
    }

    fn append(&self, expects: Option<Position>, changes: &[Change]) -> Result<Appended, StorageError> {
        let _held = self.hold_commits();
        let mut state = self.state();
        let state = Arc::make_mut(&mut state);
        if expects.is_some_and(|expected| expected != state.position) {
            return Ok(Appended::Moved);
        }
        if changes.is_empty() && state.writes != Writes::Refused {
            return Ok(Appended::At(state.position));
        }
        match state.writes {
            Writes::Taken => Ok(Appended::At(state.append(changes))),
            Writes::AboutToFail { written } => {
                if written {
                    state.append(changes);
                }
                state.writes = Writes::Refused;
                Err(StorageError::Backend("a test asked for this failure".into()))
            }
            Writes::AboutToMiss => {
                state.writes = Writes::Taken;
                Err(StorageError::Backend("a test asked for this failure".into()))
            }
            Writes::Refused => Err(StorageError::Refusing),
        }
    }

    fn takes_writes(&self) -> bool {
        self.state().writes != Writes::Refused
    }

    fn store_id(&self) -> &str {
        &self.id
    }
}

impl Lookup for Snapshot {
    fn highest_number(&self) -> Result<u64, StorageError> {
        let Self(state) = self;
        let group = state.groups.keys().next_back().map_or(0, |number| number.0);
        let conversation = state.conversations.keys().next_back().map_or(0, |number| number.0);
        Ok(group.max(conversation))
    }

    fn app(&self, app: &AppKey) -> Result<Option<AppRecord>, StorageError> {
        Ok(self.0.apps.get(app).cloned())
    }

    fn user(&self, app: &AppKey, user: &UserId) -> Result<Option<UserRecord>, StorageError> {
        Ok(self.0.users.get(&(app.clone(), user.clone())).cloned())
    }

    fn group_number(&self, name: &GroupName) -> Result<Option<GroupNumber>, StorageError> {
        Ok(self.0.group_numbers.get(name).copied())
    }

    fn group(&self, number: GroupNumber) -> Result<Option<Group>, StorageError> {
        Ok(self.0.groups.get(&number).cloned())
    }

    fn slot(&self, group: GroupNumber, user: &UserId) -> Result<Option<Slot>, StorageError> {
        Ok(self.0.slots.get(&(group, user.clone())).copied())
    }

    fn slot_user(&self, group: GroupNumber, slot: Slot) -> Result<Option<UserId>, StorageError> {
        Ok(self.0.slot_users.get(&(group, slot)).cloned())
    }

    fn membership_changes(&self, group: GroupNumber, version: u64) -> Result<Vec<MembershipChange>, StorageError> {
        let Self(state) = self;
        let from = version.saturating_add(1);
        Ok(state
            .membership_changes
            .range((group, from)..=(group, u64::MAX))
            .map(|(_, change)| change.clone())
            .collect())
    }

    fn conversation_number(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, StorageError> {
        Ok(self.0.conversation_numbers.get(name).copied())
    }

    fn closed_conversation(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, StorageError> {
        Ok(self.0.closed_conversations.get(name).copied())
    }

    fn conversation(&self, number: ConversationNumber) -> Result<Option<Conversation>, StorageError> {
        Ok(self.0.conversation(number))
    }

    fn message(&self, key: MessageKey) -> Result<Option<Message>, StorageError> {
        Ok(self.0.messages.get(&key).cloned())
    }

    fn sent(
        &self,
        conversation: ConversationNumber,
        sender: Slot,
        client_ref: &ClientRef,
    ) -> Result<Option<MessageUid>, StorageError> {
        Ok(self.0.sent.get(&(conversation, sender, client_ref.clone())).copied())
    }

    fn request(&self, key: MessageKey) -> Result<Option<ReceiptRequest>, StorageError> {
        Ok(self.0.requests.get(&key).map(|kept| {
            ReceiptRequest::new(key, kept.sender.clone(), kept.requested_at, kept.audience.clone())
                .with_readers(kept.readers.iter().map(|answer| answer.slot))
        }))
    }
}

impl Reads for Snapshot {
    fn apps(&self) -> Result<Vec<AppRecord>, StorageError> {
        Ok(self.0.apps.values().cloned().collect())
    }

    fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>, StorageError> {
        Ok(self.0.keys.get(id).cloned())
    }

    fn keys(&self) -> Result<Vec<KeyRecord>, StorageError> {
        Ok(self.0.keys.values().cloned().collect())
    }

    fn users(&self, app: &AppKey, after: Option<&UserId>, limit: usize) -> Result<Vec<UserRecord>, StorageError> {
        let Self(state) = self;
        let users = state.users.iter().filter(|((of, id), _)| of == app && after.is_none_or(|after| id > after));
        Ok(users.map(|(_, user)| user.clone()).take(limit).collect())
    }

    fn groups(&self, app: &AppKey, after: Option<&GroupName>, limit: usize) -> Result<Vec<GroupNumber>, StorageError> {
        let Self(state) = self;
        let groups = state.group_numbers.iter().filter(|(name, _)| {
            name.app == *app && after.is_none_or(|after| (name.kind, &name.id) > (after.kind, &after.id))
        });
        Ok(groups.map(|(_, number)| *number).take(limit).collect())
    }

    fn conversations(&self, group: GroupNumber) -> Result<Vec<Conversation>, StorageError> {
        let Self(state) = self;
        let named = state.conversation_numbers.values().filter_map(|number| state.conversation(*number));
        Ok(named.filter(|conversation| conversation.group == group).collect())
    }

    fn memberships(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StorageError> {
        let key = |group| (app.clone(), user.clone(), GroupNumber(group));
        Ok(self.0.memberships.range(key(0)..=key(u64::MAX)).map(|(_, membership)| membership.clone()).collect())
    }

    fn membership(&self, app: &AppKey, user: &UserId, group: GroupNumber) -> Result<Option<Membership>, StorageError> {
        Ok(self.0.memberships.get(&(app.clone(), user.clone(), group)).cloned())
    }

    fn log(
        &self,
        conversation: ConversationNumber,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StorageError> {
        let Self(state) = self;
        Ok(state.log_of(conversation).filter(|entry| entry.sequence > after).take(limit).cloned().collect())
    }

    fn log_position(&self, conversation: ConversationNumber, member: &Membership) -> Result<Sequence, StorageError> {
        let Self(state) = self;
        let before = state.log_of(conversation).take_while(|entry| entry.is_before(member)).last();
        Ok(before.map_or(Sequence(0), |entry| entry.sequence))
    }

    fn messages(
        &self,
        conversation: ConversationNumber,
        from: MessageUid,
        order: TimeOrder,
        limit: usize,
    ) -> Result<Vec<Message>, StorageError> {
        let Self(state) = self;
        let messages = state.messages_of(conversation);
        Ok(match order {
            TimeOrder::Before => messages.rev().filter(|message| message.key.uid < from).take(limit).cloned().collect(),
            TimeOrder::After => messages.filter(|message| message.key.uid > from).take(limit).cloned().collect(),
        })
    }

    fn messages_before(
        &self,
        at: Timestamp,
        after: Option<MessageKey>,
        limit: usize,
    ) -> Result<Vec<MessageKey>, StorageError> {
        let (Self(state), end) = (self, MessageUid::first_at(at));
        let old = state.messages.keys().filter(|key| key.uid < end && after.is_none_or(|after| **key > after));
        Ok(old.take(limit).copied().collect())
    }

    fn swept_at(&self) -> Result<Option<Timestamp>, StorageError> {
        Ok(self.0.swept_at)
    }

    fn newest_entry_at(&self) -> Result<Option<Timestamp>, StorageError> {
        Ok(self.0.log.values().map(|entry| entry.at).max())
    }

    fn requests_of(
        &self,
        app: &AppKey,
        sender: &UserId,
        before: Option<MessageKey>,
        limit: usize,
    ) -> Result<Vec<MessageKey>, StorageError> {
        let Self(state) = self;
        let all = state.requests_of.get(&(app.clone(), sender.clone())).into_iter().flatten().rev();
        let earlier = all.filter(|(uid, conversation)| {
            before.is_none_or(|before| (*uid, *conversation) < (before.uid, before.conversation))
        });
        Ok(earlier
            .take(limit)
            .map(|(uid, conversation)| MessageKey { conversation: *conversation, uid: *uid })
            .collect())
    }

    fn readers(&self, key: MessageKey, from: Ordinal, limit: usize) -> Result<Vec<Answer>, StorageError> {
        let Self(state) = self;
        let readers = state.requests.get(&key).map_or(&[][..], |request| &request.readers);
        Ok(readers.iter().skip(from as usize).take(limit).copied().collect())
    }

    fn reader_count(&self, key: MessageKey) -> Result<Ordinal, StorageError> {
        Ok(self.0.requests.get(&key).map_or(0, |request| request.readers.len() as Ordinal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app_saved(key: &str) -> Change {
        let secret = seenby_core::commit::Secret::new("s");
        Change::AppSaved(AppRecord { key: AppKey::new(key).unwrap(), secret, created_at: Timestamp(1) })
    }

    #[test]
    fn a_held_commit_waits_while_reads_go_on() {
        let store = Memory::new();
        std::thread::scope(|threads| {
            let held = store.hold_commits();
            let commit = threads.spawn(|| store.commit(&[app_saved("late")]));
            assert_eq!(store.snapshot().apps().unwrap().len(), 0);
            assert!(!commit.is_finished());
            drop(held);
            commit.join().unwrap().unwrap();
        });
        assert_eq!(store.snapshot().apps().unwrap().len(), 1);
    }

    #[test]
    fn a_failure_asked_for_writes_nothing_and_ends_all_writing() {
        let store = Memory::new();
        store.commit(&[app_saved("kept")]).unwrap();
        store.fail_next_commit();
        assert!(store.takes_writes(), "the failure is still to come");
        assert!(matches!(store.commit(&[app_saved("lost")]), Err(StorageError::Backend(_))));
        assert!(matches!(store.commit(&[app_saved("late")]), Err(StorageError::Refusing)));
        assert!(!store.takes_writes());
        assert_eq!(store.snapshot().apps().unwrap().len(), 1, "reads go on");
    }
}
