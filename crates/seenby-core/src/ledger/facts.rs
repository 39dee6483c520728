//! What a batch has to know before its calls are applied: by name what it needs, and by number what the store says to that.
//!
//! The rules look into what was learned and nowhere else. What is known stands for one position of one store: as soon as
//! somebody else has written to it, all of it is forgotten and learned again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Ledger};
use crate::commit::{AppRecord, UserRecord};
use crate::{
    AppKey, Call, ClientRef, Conversation, ConversationName, ConversationNumber, Draft, Group, GroupName, GroupNumber,
    MembershipChange, Message, MessageKey, MessageUid, ReceiptRequest, Slot, UserId,
};

/// How far a store has come: it counts its commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

/// Somebody else has written to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved;

/// What calls look at, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub apps: BTreeSet<AppKey>,
    pub users: BTreeSet<(AppKey, UserId)>,
    pub groups: BTreeSet<GroupName>,
    pub slots: BTreeMap<GroupName, BTreeSet<UserId>>,
    /// Everybody who is in: the user of each slot.
    pub members: BTreeSet<GroupName>,
    /// Open or closed.
    pub conversations: BTreeSet<ConversationName>,
    pub messages: BTreeMap<ConversationName, BTreeSet<(MessageUid, Purpose)>>,
    /// Whether a user has sent something under a reference.
    pub sent: BTreeMap<ConversationName, BTreeSet<(UserId, ClientRef)>>,
    pub old_messages: BTreeSet<MessageKey>,
}

/// What is to be known of a message depends on what happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The request; without one, the message.
    Answer,
    /// The message and its request.
    Recall,
    /// The message and its request; without one, how the group has changed since.
    Ask,
}

/// What a store knows of [`Needs`], at one moment. What was needed and is not here is not there.
#[derive(Debug, Default)]
pub struct Facts {
    pub position: Position,
    /// Given to a group or a conversation so far.
    pub highest_number: u64,
    pub apps: Vec<(AppKey, Option<AppRecord>)>,
    pub users: Vec<((AppKey, UserId), Option<UserRecord>)>,
    pub groups: Vec<(GroupName, Option<Group>)>,
    pub slots: Vec<((GroupNumber, UserId), Option<Slot>)>,
    /// The users of all slots that are present.
    pub members: Vec<(GroupNumber, Vec<(Slot, UserId)>)>,
    pub conversations: Vec<(ConversationName, Option<Found>)>,
    /// Without their content, at which no rule looks.
    pub messages: Vec<(MessageKey, Option<Message>)>,
    pub requests: Vec<(MessageKey, Option<ReceiptRequest>)>,
    /// Changes with a greater version than this, oldest first.
    pub changes: Vec<(GroupNumber, u64, Vec<MembershipChange>)>,
    pub sent: Vec<((ConversationNumber, UserId, ClientRef), Option<MessageUid>)>,
}

/// A conversation by its name.
#[derive(Debug)]
pub struct Found {
    pub conversation: Conversation,
    /// Its channel was deleted.
    pub is_closed: bool,
}

impl Ledger {
    /// What these calls look at and the ledger does not know.
    pub fn needs<'a>(&self, calls: impl IntoIterator<Item = &'a Call>) -> Needs {
        let mut needs = Needs::default();
        calls.into_iter().for_each(|call| self.add_needs(call, &mut needs));
        needs
    }

    fn add_needs(&self, call: &Call, needs: &mut Needs) {
        match call {
            Call::Send { conversation, user, draft } => {
                self.need_member(conversation, user, needs);
                self.need_sent(conversation, user, draft, needs);
            }
            Call::Recall { conversation, user, uid } => {
                self.need_member(conversation, user, needs);
                self.need_message(conversation, *uid, Purpose::Recall, needs);
            }
            Call::Ask { conversation, user, uid } => {
                self.need_member(conversation, user, needs);
                self.need_message(conversation, *uid, Purpose::Ask, needs);
            }
            Call::Answer { conversation, user, uids, .. } => {
                self.need_member(conversation, user, needs);
                for uid in uids.iter().flatten() {
                    self.need_message(conversation, *uid, Purpose::Answer, needs);
                }
            }
            Call::Publish { conversations, user, publication } => {
                for conversation in conversations {
                    self.need_member(conversation, user, needs);
                    self.need_sent(conversation, user, &publication.draft, needs);
                }
            }
            Call::RecallForSender { conversation, uid, .. } => {
                self.need_conversation(conversation, needs);
                self.need_message(conversation, *uid, Purpose::Recall, needs);
            }
            Call::AskForSender { conversation, uid } => {
                self.need_conversation(conversation, needs);
                self.need_message(conversation, *uid, Purpose::Ask, needs);
            }
            Call::Expire(keys) => needs.old_messages.extend(keys),
            Call::Swept(_) | Call::DropKey(_) => {}
            Call::CreateApp(app) => self.need_app(&app.key, needs),
            Call::ReplaceSecret { app, .. } => self.need_app(app, needs),
            Call::SaveKey(key) => self.need_app(&key.app, needs),
            Call::SaveUser { app, user, .. } => {
                if self.batch.user(app, user).is_none() {
                    needs.users.insert((app.clone(), user.clone()));
                }
            }
            Call::CreateGroup { group, .. } => drop(self.need_group(group, needs)),
            Call::CreateChannel { group, channel } | Call::DeleteChannel { group, channel } => {
                self.need_conversation(&ConversationName::new(group.clone(), Some(channel.clone())), needs);
            }
            Call::Join { group, users } | Call::Leave { group, users } => {
                users.iter().for_each(|user| self.need_slot(group, user, needs));
            }
            Call::Dismiss { group } => {
                if self.need_group(group, needs).is_none_or(|number| !self.batch.knows_members(number)) {
                    needs.members.insert(group.clone());
                }
            }
        }
    }

    fn need_app(&self, app: &AppKey, needs: &mut Needs) {
        if self.batch.app(app).is_none() {
            needs.apps.insert(app.clone());
        }
    }

    /// Gives its number, if that is known.
    fn need_group(&self, name: &GroupName, needs: &mut Needs) -> Option<GroupNumber> {
        let number = self.group_numbers.peek(name).copied().filter(|number| self.groups.contains(number));
        if number.is_none() && !self.batch.is_absent(&Entry::Group(name.clone())) {
            needs.groups.insert(name.clone());
        }
        number
    }

    fn need_slot(&self, group: &GroupName, user: &UserId, needs: &mut Needs) {
        let number = self.need_group(group, needs);
        if number.is_none_or(|number| !self.knows_slot(number, user)) {
            add(&mut needs.slots, group, user.clone());
        }
    }

    fn knows_slot(&self, group: GroupNumber, user: &UserId) -> bool {
        let member = (group, user.clone());
        self.slots.contains(&member) || self.batch.is_new(group) || self.batch.is_absent(&Entry::Slot(member))
    }

    fn need_conversation(&self, name: &ConversationName, needs: &mut Needs) {
        self.need_group(&name.group, needs);
        let number = self.conversation_numbers.peek(name).copied().filter(|number| self.conversations.contains(number));
        let is_known = number.is_some() || self.batch.is_absent(&Entry::Conversation(name.clone()));
        if !is_known && !self.batch.closed.contains_key(name) {
            needs.conversations.insert(name.clone());
        }
    }

    fn need_member(&self, name: &ConversationName, user: &UserId, needs: &mut Needs) {
        self.need_conversation(name, needs);
        self.need_slot(&name.group, user, needs);
    }

    fn need_message(&self, name: &ConversationName, uid: MessageUid, purpose: Purpose, needs: &mut Needs) {
        let key = self.conversation_numbers.peek(name).map(|&conversation| MessageKey { conversation, uid });
        if key.is_none_or(|key| !self.knows_message(key, purpose)) {
            add(&mut needs.messages, name, (uid, purpose));
        }
    }

    fn knows_message(&self, key: MessageKey, purpose: Purpose) -> bool {
        self.batch.is_new_conversation(key.conversation)
            || match purpose {
                Purpose::Answer => self.requests.contains(&key),
                // What they need besides is kept for no longer than the batch.
                Purpose::Recall | Purpose::Ask => false,
            }
    }

    fn need_sent(&self, name: &ConversationName, user: &UserId, draft: &Draft, needs: &mut Needs) {
        add(&mut needs.sent, name, (user.clone(), draft.client_ref.clone()));
    }

    /// Takes in what the store says. What this batch has written stands above it.
    pub fn learn(&mut self, facts: Facts) -> Result<(), Moved> {
        if self.position.is_some_and(|position| position != facts.position) {
            return Err(Moved);
        }
        self.position = Some(facts.position);
        self.next_number = self.next_number.max(facts.highest_number + 1);
        for (name, group) in facts.groups {
            self.learn_group(name, group);
        }
        for (member, slot) in facts.slots {
            match slot {
                Some(slot) => drop(self.slots.put(member, slot)),
                None => self.batch.absent(Entry::Slot(member)),
            }
        }
        for (name, found) in facts.conversations {
            self.learn_conversation(name, found);
        }
        for (key, request) in facts.requests {
            match request {
                None => self.batch.absent(Entry::Request(key)),
                // What this batch has recalled or let expire, the store still has.
                Some(_) if self.requests.contains(&key) || self.has_none(key) => {}
                Some(request) => drop(self.requests.put(key, request)),
            }
        }
        self.batch.learn(facts.apps, facts.users, facts.messages, facts.sent);
        facts.members.into_iter().for_each(|(group, members)| self.batch.learn_members(group, members));
        facts.changes.into_iter().for_each(|(group, after, changes)| self.batch.learn_changes(group, after, changes));
        Ok(())
    }

    fn learn_group(&mut self, name: GroupName, group: Option<Group>) {
        let Some(group) = group else { return self.batch.absent(Entry::Group(name)) };
        self.group_numbers.put(name, group.number);
        if !self.groups.contains(&group.number) {
            self.groups.put(group.number, group);
        }
    }

    fn learn_conversation(&mut self, name: ConversationName, found: Option<Found>) {
        let Some(Found { conversation, is_closed }) = found else {
            return self.batch.absent(Entry::Conversation(name));
        };
        let number = conversation.number;
        if !self.conversations.contains(&number) {
            self.conversations.put(number, conversation);
        }
        let is_known = self.conversation_numbers.contains(&name) || self.batch.closed.contains_key(&name);
        match is_closed {
            // Closed or opened by this batch.
            _ if is_known => {}
            true => drop(self.batch.closed.insert(name, number)),
            false => drop(self.conversation_numbers.put(name, number)),
        }
    }
}

/// A name is copied once, however many needs stand under it: a batch may have thousands.
fn add<K: Ord + Clone, V: Ord>(needs: &mut BTreeMap<K, BTreeSet<V>>, name: &K, need: V) {
    match needs.get_mut(name) {
        Some(under) => drop(under.insert(need)),
        None => drop(needs.insert(name.clone(), BTreeSet::from([need]))),
    }
}
