//! Applies calls one after another and gathers what a batch of them changed.
//!
//! The order of use: any number of calls, then [`Ledger::take_commit`], then the store writes the changes, then the next
//! calls. Between `take_commit` and a durable write nothing may be told to anybody. When the write fails, the ledger holds
//! state that the store does not have: throw it away.

mod back_end;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use lru::LruCache;
use roaring::RoaringBitmap;

use crate::commit::{AppRecord, Secret, UserChange, UserRecord};
use crate::group::Direction;
use crate::receipts::Applied;
use crate::{
    Answer, AppKey, Change, ChannelId, ClientRef, Commit, Conversation, ConversationName, ConversationNumber, Draft,
    Group, GroupKind, GroupName, GroupNumber, KeyId, KeyRecord, LogEvent, MembershipChange, Message, MessageKey,
    MessageUid, Notice, Publication, ReceiptRequest, Sequence, Slot, Source, Timestamp, UidSource, UserId,
};

/// Why a call was refused, by what the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("the app exists")]
    AppExists,
    #[error("there is no such app")]
    UnknownApp,
    #[error("there is no such group")]
    UnknownGroup,
    #[error("there is no such channel")]
    UnknownChannel,
    #[error("a plain group has no channels")]
    NoChannels,
    #[error("the default channel cannot be deleted")]
    DefaultChannel,
    #[error("not a member of this group")]
    NotMember(GroupKind),
    #[error("the group is full")]
    GroupFull,
    #[error("there is no such message, or it was recalled")]
    MessageNotFound,
    #[error("only the sender of a message may do this")]
    NotSender,
    #[error("only the sender of a message may recall it")]
    RecallNotSender,
    #[error("nobody asked for a receipt of this message")]
    NotRequested,
    #[error("not among those who were asked")]
    NotInAudience,
}

/// A call that had no effect: refused by a rule, or the source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Failure<E: std::error::Error> {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the store could not be read")]
    Source(#[source] E),
}

type Result<T, S> = std::result::Result<T, Failure<<S as Source>::Error>>;

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub group_members_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { group_members_max: 100_000 }
    }
}

/// What the sender learns of a stored message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub uid: MessageUid,
    pub sequence: Sequence,
    pub sent_at: Timestamp,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// One for each message, in the order of the call.
    pub outcomes: Vec<std::result::Result<(), Denied>>,
    pub conversation: ConversationNumber,
    /// The messages of which this was the member's first answer: its other devices do not know of them yet.
    pub counted: Vec<MessageUid>,
}

/// Entries that stay in memory between batches. A group's slots and a message's bitmaps are what costs: about 100 bytes
/// a slot, and 25 KB for a request to 100,000 people.
const CACHED_GROUPS_MAX: usize = 10_000;
const CACHED_SLOTS_MAX: usize = 400_000;
const CACHED_REQUESTS_MAX: usize = 10_000;

pub struct Ledger<S: Source> {
    source: S,
    limits: Limits,
    uids: UidSource,
    next_number: u64,

    // Read through from the source; trimmed between batches only, because a batch's own changes live here alone.
    group_numbers: LruCache<GroupName, GroupNumber>,
    groups: LruCache<GroupNumber, Group>,
    slots: LruCache<(GroupNumber, UserId), Slot>,
    conversation_numbers: LruCache<ConversationName, ConversationNumber>,
    conversations: LruCache<ConversationNumber, Conversation>,
    requests: LruCache<MessageKey, ReceiptRequest>,

    // Of the batch under way.
    messages: BTreeMap<MessageKey, Message>,
    sent: BTreeMap<(ConversationNumber, Slot, ClientRef), MessageUid>,
    changed_groups: BTreeSet<GroupNumber>,
    logged: BTreeSet<ConversationNumber>,
    answered: BTreeSet<MessageKey>,
    expired: BTreeSet<MessageKey>,
    closed: BTreeMap<ConversationName, ConversationNumber>,
    commit: Commit,
}

impl<S: Source> Ledger<S> {
    /// `node`: see [`UidSource::new`].
    pub fn new(source: S, limits: Limits, node: u32) -> std::result::Result<Self, S::Error> {
        Ok(Self {
            next_number: source.highest_number()? + 1,
            source,
            limits,
            uids: UidSource::new(node),
            group_numbers: LruCache::unbounded(),
            groups: LruCache::unbounded(),
            slots: LruCache::unbounded(),
            conversation_numbers: LruCache::unbounded(),
            conversations: LruCache::unbounded(),
            requests: LruCache::unbounded(),
            messages: BTreeMap::new(),
            sent: BTreeMap::new(),
            changed_groups: BTreeSet::new(),
            logged: BTreeSet::new(),
            answered: BTreeSet::new(),
            expired: BTreeSet::new(),
            closed: BTreeMap::new(),
            commit: Commit::default(),
        })
    }

    /// Ends the batch: everything that the calls since the last one changed.
    pub fn take_commit(&mut self) -> Commit {
        for number in std::mem::take(&mut self.changed_groups) {
            let group = self.groups.get_mut(&number).expect("a changed group stays cached until its batch ends");
            group.present.optimize();
            self.commit.changes.push(Change::GroupSaved(group.clone()));
        }
        for key in std::mem::take(&mut self.answered) {
            self.close_block(key);
        }
        self.logged.clear();
        self.messages.clear();
        self.sent.clear();
        self.expired.clear();
        self.closed.clear();
        trim(&mut self.group_numbers, CACHED_GROUPS_MAX);
        trim(&mut self.groups, CACHED_GROUPS_MAX);
        trim(&mut self.slots, CACHED_SLOTS_MAX);
        trim(&mut self.conversation_numbers, CACHED_GROUPS_MAX);
        trim(&mut self.conversations, CACHED_GROUPS_MAX);
        trim(&mut self.requests, CACHED_REQUESTS_MAX);
        std::mem::take(&mut self.commit)
    }

    fn close_block(&mut self, key: MessageKey) {
        let Some(request) = self.requests.get_mut(&key) else { return };
        let Some(block) = request.take_block() else { return };
        let conversation = self.conversations.peek(&key.conversation).expect("cached since the answer was applied");
        let group = self.groups.peek(&conversation.group).expect("cached since the answer was applied");
        self.commit.notices.push(Notice::Read {
            app: group.name.app.clone(),
            sender: request.sender.clone(),
            key,
            first_ordinal: block.first_ordinal,
            counts: request.counts(&group.present),
        });
        self.commit.changes.push(Change::BlockAdded(block));
    }
}

/// Receipts.
impl<S: Source> Ledger<S> {
    /// The sender of a message asks who has read it. Asking twice changes nothing.
    pub fn ask(&mut self, name: &ConversationName, user: &UserId, uid: MessageUid, now: Timestamp) -> Result<(), S> {
        let (conversation, _) = self.enter(name, user)?;
        let message = self.find_message(MessageKey { conversation, uid })?.ok_or(Denied::MessageNotFound)?;
        match message.sender == *user {
            true => self.ask_about(&message, now),
            false => Err(Denied::NotSender.into()),
        }
    }

    fn ask_about(&mut self, message: &Message, now: Timestamp) -> Result<(), S> {
        if message.recalled_at.is_some() {
            return Err(Denied::MessageNotFound.into());
        }
        match self.find_request(message.key)? {
            Some(_) => Ok(()),
            None => self.open_request(message, now),
        }
    }

    /// Opens a request to those who were in the group when the message was sent and still are, less the sender.
    fn open_request(&mut self, message: &Message, now: Timestamp) -> Result<(), S> {
        let audience = self.audience(message)?;
        let at = self.log(message.key.conversation, LogEvent::ReceiptRequested(message.key.uid), now);
        let request = ReceiptRequest::new(message.key, message.sender.clone(), at, audience);
        let app = self.app_of(message.key.conversation)?;
        self.commit.changes.push(Change::RequestCreated(request.clone()));
        self.commit.changes.push(Change::RequestListed(app, message.sender.clone(), message.key));
        self.requests.put(message.key, request);
        Ok(())
    }

    fn audience(&mut self, message: &Message) -> Result<RoaringBitmap, S> {
        let since = self.changes_since(message.group, message.group_version)?;
        let group = self.groups.get(&message.group).expect("entered");
        let mut audience = group.present_before(&since);
        audience &= &group.present;
        audience.remove(message.sender_slot.0);
        audience.optimize();
        Ok(audience)
    }

    /// Stored changes, and those of this batch that the source does not have yet.
    fn changes_since(&self, group: GroupNumber, version: u64) -> Result<Vec<MembershipChange>, S> {
        if self.groups.peek(&group).is_some_and(|group| group.version == version) {
            return Ok(Vec::new());
        }
        let mut changes = self.source.membership_changes(group, version).map_err(Failure::Source)?;
        changes.extend(self.commit.changes.iter().filter_map(|change| match change {
            Change::MembershipChanged(_, change) if change.group == group && change.version > version => {
                Some(change.clone())
            }
            _ => None,
        }));
        Ok(changes)
    }

    /// A member answers for messages of one conversation: one outcome for each, in order. The first answer of a member
    /// counts; later ones are fine and change nothing.
    pub fn answer(
        &mut self,
        name: &ConversationName,
        user: &UserId,
        uids: &[MessageUid],
        now: Timestamp,
    ) -> Result<Answered, S> {
        let (conversation, slot) = self.enter(name, user)?;
        let mut outcomes = Vec::with_capacity(uids.len());
        let mut counted = Vec::new();
        for &uid in uids {
            let key = MessageKey { conversation, uid };
            outcomes.push(match self.answer_one(key, Answer { slot, at: now }) {
                Ok(Applied::Counted) => {
                    counted.push(uid);
                    Ok(())
                }
                Ok(Applied::AlreadyCounted) => Ok(()),
                Ok(Applied::NotInAudience) => Err(Denied::NotInAudience),
                Err(Failure::Denied(denied)) => Err(denied),
                Err(failure) => return Err(failure),
            });
        }
        Ok(Answered { outcomes, conversation, counted })
    }

    fn answer_one(&mut self, key: MessageKey, answer: Answer) -> Result<Applied, S> {
        let Some(request) = self.find_request(key)? else {
            return Err(self.why_no_request(key)?.into());
        };
        let applied = request.apply(answer);
        if applied == Applied::Counted {
            self.answered.insert(key);
        }
        Ok(applied)
    }

    fn why_no_request(&mut self, key: MessageKey) -> Result<Denied, S> {
        Ok(match self.find_message(key)? {
            Some(message) if message.recalled_at.is_none() => Denied::NotRequested,
            _ => Denied::MessageNotFound,
        })
    }
}

/// Messages.
impl<S: Source> Ledger<S> {
    /// Stores a message. The same reference from the same sender is the same message.
    pub fn send(&mut self, name: &ConversationName, user: &UserId, draft: Draft, now: Timestamp) -> Result<Sent, S> {
        let (conversation, slot) = self.enter(name, user)?;
        self.store_message(conversation, user, slot, Publication { draft, hidden_from_sender: false }, now)
    }

    fn store_message(
        &mut self,
        conversation: ConversationNumber,
        user: &UserId,
        slot: Slot,
        publication: Publication,
        now: Timestamp,
    ) -> Result<Sent, S> {
        let Publication { draft, hidden_from_sender } = publication;
        if let Some(sent) = self.find_sent(conversation, slot, &draft.client_ref)? {
            return Ok(sent);
        }
        let entered = self.conversations.get(&conversation).expect("entered");
        let group = entered.group;
        let after_newest = entered.last_uid.map_or(Timestamp(0), |newest| newest.time().next());
        let uid = self.uids.next(now, after_newest.max(self.changed_at(group)));
        let at = self.log(conversation, LogEvent::Sent(uid), uid.time());
        let entered = self.conversations.get_mut(&conversation).expect("entered");
        entered.last_uid = Some(uid);
        let message = Message {
            key: MessageKey { conversation, uid },
            group,
            sequence: entered.head,
            sender: user.clone(),
            sender_slot: slot,
            sent_at: at,
            client_ref: draft.client_ref.clone(),
            group_version: self.groups.get(&group).expect("entered").version,
            content: draft.content,
            recalled_at: None,
            hidden_from_sender,
        };
        self.sent.insert((conversation, slot, draft.client_ref), uid);
        self.save_message(message.clone());
        if draft.need_receipt {
            self.open_request(&message, now)?;
        }
        Ok(Sent { uid, sequence: message.sequence, sent_at: at })
    }

    fn find_sent(
        &mut self,
        conversation: ConversationNumber,
        slot: Slot,
        client_ref: &ClientRef,
    ) -> Result<Option<Sent>, S> {
        let uid = match self.sent.get(&(conversation, slot, client_ref.clone())) {
            Some(uid) => Some(*uid),
            None => self.source.sent(conversation, slot, client_ref).map_err(Failure::Source)?,
        };
        let Some(uid) = uid else { return Ok(None) };
        let message = self.find_message(MessageKey { conversation, uid })?;
        Ok(message.map(|message| Sent { uid, sequence: message.sequence, sent_at: message.sent_at }))
    }

    /// The sender takes a message back; its content and its receipts go. Recalling twice changes nothing.
    pub fn recall(&mut self, name: &ConversationName, user: &UserId, uid: MessageUid, now: Timestamp) -> Result<(), S> {
        let (conversation, _) = self.enter(name, user)?;
        let message = self.find_message(MessageKey { conversation, uid })?.ok_or(Denied::MessageNotFound)?;
        self.recall_of(message, user, now)
    }

    fn recall_of(&mut self, mut message: Message, user: &UserId, now: Timestamp) -> Result<(), S> {
        let MessageKey { conversation, uid } = message.key;
        if message.sender != *user {
            return Err(Denied::RecallNotSender.into());
        }
        if message.recalled_at.is_some() {
            return Ok(());
        }
        if self.find_request(message.key)?.is_some() {
            self.drop_request(&message)?;
        }
        message.recalled_at = Some(self.log(conversation, LogEvent::Recalled(uid), now));
        message.content.clear();
        self.save_message(message);
        Ok(())
    }

    /// Old messages go for good, and their receipts with them.
    pub fn expire(&mut self, keys: &[MessageKey]) -> Result<(), S> {
        for &key in keys {
            let Some(message) = self.find_message(key)? else { continue };
            self.drop_request(&message)?;
            self.expired.insert(key);
            self.commit.changes.push(Change::MessageDropped(message));
        }
        Ok(())
    }

    fn drop_request(&mut self, message: &Message) -> Result<(), S> {
        let app = self.app_of(message.key.conversation)?;
        self.requests.pop(&message.key);
        self.answered.remove(&message.key);
        self.commit.changes.push(Change::RequestDropped(message.key));
        self.commit.changes.push(Change::RequestUnlisted(app, message.sender.clone(), message.key));
        Ok(())
    }

    fn save_message(&mut self, message: Message) {
        self.messages.insert(message.key, message.clone());
        self.commit.changes.push(Change::MessageSaved(message));
    }

    fn changed_at(&self, group: GroupNumber) -> Timestamp {
        self.groups.peek(&group).expect("entered").changed_at
    }

    /// Appends to a conversation's log and returns the entry's time.
    fn log(&mut self, number: ConversationNumber, event: LogEvent, now: Timestamp) -> Timestamp {
        let group = self.conversations.get(&number).expect("entered").group;
        let earliest = self.changed_at(group);
        let conversation = self.conversations.get_mut(&number).expect("entered");
        let entry = conversation.append(event, now.max(earliest));
        let at = entry.at;
        self.commit.changes.push(Change::Logged(number, entry));
        if self.logged.insert(number) {
            self.commit.notices.push(Notice::Logged { group, conversation: number });
        }
        at
    }
}

/// Administration: what a back end or an operator does.
impl<S: Source> Ledger<S> {
    /// Makes an app; one that is there keeps its secret.
    pub fn create_app(&mut self, app: AppRecord) -> Result<(), S> {
        if self.find_app(&app.key)?.is_some() {
            return Err(Denied::AppExists.into());
        }
        self.commit.changes.push(Change::AppSaved(app));
        Ok(())
    }

    /// Gives an app a new secret. What was signed with the old one is worth nothing from then on.
    pub fn replace_secret(&mut self, app: &AppKey, secret: Secret) -> Result<(), S> {
        let app = self.find_app(app)?.ok_or(Denied::UnknownApp)?;
        self.commit.notices.push(Notice::SecretReplaced { app: app.key.clone() });
        self.commit.changes.push(Change::AppSaved(AppRecord { secret, ..app }));
        Ok(())
    }

    pub fn save_key(&mut self, key: KeyRecord) -> Result<(), S> {
        self.find_app(&key.app)?.ok_or(Denied::UnknownApp)?;
        self.commit.changes.push(Change::KeySaved(key));
        Ok(())
    }

    /// From now on nothing can be done with this key.
    pub fn drop_key(&mut self, key: KeyId) {
        self.commit.changes.push(Change::KeyDropped(key));
    }

    /// Registers a user, or changes one.
    pub fn save_user(&mut self, app: &AppKey, id: &UserId, change: UserChange, now: Timestamp) -> Result<(), S> {
        let mut user = self.find_user(app, id)?.unwrap_or_else(|| UserRecord::new(id.clone(), now));
        change.apply(&mut user);
        self.commit.notices.push(Notice::UserChanged { app: app.clone(), user: id.clone() });
        self.commit.changes.push(Change::UserSaved(app.clone(), user));
        Ok(())
    }

    /// Makes a group, or renames the one that is there. A dismissed one comes back to life, without members.
    pub fn create_group(&mut self, name: &GroupName, title: &str, now: Timestamp) -> Result<GroupNumber, S> {
        if let Some(number) = self.find_group_number(name)? {
            let group = self.load_group(number)?;
            title.clone_into(&mut group.title);
            group.dismissed = false;
            self.changed_groups.insert(number);
            return Ok(number);
        }
        let number = GroupNumber(self.take_number());
        self.groups.put(number, Group::new(number, name.clone(), title.to_owned(), now));
        self.group_numbers.put(name.clone(), number);
        self.changed_groups.insert(number);
        self.open_conversation(number, ConversationName::new(name.clone(), None));
        Ok(number)
    }

    /// Adds a channel to an ultra group; one that is there stays as it is.
    pub fn create_channel(&mut self, name: &GroupName, channel: ChannelId) -> Result<(), S> {
        let group = self.live_group(name)?;
        if name.kind == GroupKind::Group {
            return Err(Denied::NoChannels.into());
        }
        let name = ConversationName::new(name.clone(), Some(channel));
        if self.find_conversation_number(&name)?.is_some() {
            return Ok(());
        }
        match self.find_closed_conversation(&name)? {
            Some(number) => self.reopen_conversation(number, group, name),
            None => self.open_conversation(group, name),
        }
        self.commit.notices.push(Notice::ChannelCreated { group });
        Ok(())
    }

    /// Deletes a channel of an ultra group; one that is not there is passed over. Its log is kept as long as its messages
    /// are, and goes on if the channel is made again: clients remember how far they have it.
    pub fn delete_channel(&mut self, name: &GroupName, channel: ChannelId) -> Result<(), S> {
        let group = self.live_group(name)?;
        if name.kind == GroupKind::Group {
            return Err(Denied::NoChannels.into());
        }
        if channel == ChannelId::default_channel() {
            return Err(Denied::DefaultChannel.into());
        }
        let name = ConversationName::new(name.clone(), Some(channel));
        if let Some(number) = self.find_conversation_number(&name)? {
            self.conversation_numbers.pop(&name);
            self.closed.insert(name.clone(), number);
            self.commit.changes.push(Change::ConversationClosed { number, group, name });
        }
        Ok(())
    }

    fn reopen_conversation(&mut self, number: ConversationNumber, group: GroupNumber, name: ConversationName) {
        self.closed.remove(&name);
        self.conversation_numbers.put(name.clone(), number);
        self.commit.notices.push(Notice::ChannelReopened { group, conversation: number });
        self.commit.changes.push(Change::ConversationReopened { number, group, name });
    }

    fn open_conversation(&mut self, group: GroupNumber, name: ConversationName) {
        let number = ConversationNumber(self.take_number());
        self.commit.changes.push(Change::ConversationCreated { number, group, name: name.clone() });
        self.conversation_numbers.put(name.clone(), number);
        self.conversations.put(number, Conversation::new(number, group, name));
    }

    fn take_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Takes users in; those who are in already stay. When the group would grow too large, nobody is taken in.
    pub fn join(&mut self, name: &GroupName, users: &[UserId], now: Timestamp) -> Result<(), S> {
        let number = self.live_group(name)?;
        let mut newcomers = BTreeMap::new();
        for user in users {
            let slot = self.find_slot(number, user)?;
            let group = self.load_group(number)?;
            if !slot.is_some_and(|slot| group.is_present(slot)) {
                newcomers.insert(user, slot);
            }
        }
        let members_max = self.limits.group_members_max;
        let group = self.load_group(number)?;
        if group.member_count() + newcomers.len() as u64 > members_max {
            return Err(Denied::GroupFull.into());
        }
        for (user, slot) in newcomers {
            let group = self.load_group(number)?;
            let change = group.join(user, slot, now).expect("newcomers are not present");
            self.membership_changed(&name.app, change);
        }
        Ok(())
    }

    /// Lets users go; those who are not in are passed over.
    pub fn leave(&mut self, name: &GroupName, users: &[UserId], now: Timestamp) -> Result<(), S> {
        let number = self.live_group(name)?;
        for user in users {
            let Some(slot) = self.find_slot(number, user)? else { continue };
            if let Some(change) = self.load_group(number)?.leave(user, slot, now) {
                self.membership_changed(&name.app, change);
            }
        }
        Ok(())
    }

    /// Everybody leaves and nobody can come in.
    pub fn dismiss(&mut self, name: &GroupName, now: Timestamp) -> Result<(), S> {
        let number = self.live_group(name)?;
        let present = self.load_group(number)?.present.clone();
        for slot in present {
            let user = self.find_slot_user(number, Slot(slot))?;
            let change = self.load_group(number)?.leave(&user, Slot(slot), now).expect("present");
            self.membership_changed(&name.app, change);
        }
        self.load_group(number)?.dismissed = true;
        self.changed_groups.insert(number);
        Ok(())
    }

    fn membership_changed(&mut self, app: &AppKey, change: MembershipChange) {
        self.changed_groups.insert(change.group);
        if change.direction == Direction::Joined {
            self.slots.put((change.group, change.user.clone()), change.slot);
        }
        let (user, group) = (change.user.clone(), change.group);
        let direction = change.direction;
        self.commit.notices.push(Notice::MembershipChanged { app: app.clone(), user, group, direction });
        self.commit.changes.push(Change::MembershipChanged(app.clone(), change));
    }
}

/// Looking things up, in the cache and then in the source.
impl<S: Source> Ledger<S> {
    /// A user comes with a call about a conversation: which one it is, and the user's slot there. Somebody who is not a
    /// member learns nothing else, not even whether the group exists.
    fn enter(&mut self, name: &ConversationName, user: &UserId) -> Result<(ConversationNumber, Slot), S> {
        let not_member = Denied::NotMember(name.group.kind);
        let group = self.find_group_number(&name.group)?.ok_or(not_member)?;
        let slot = self.find_slot(group, user)?.ok_or(not_member)?;
        if !self.load_group(group)?.is_present(slot) {
            return Err(not_member.into());
        }
        let conversation = self.find_conversation_number(name)?.ok_or(Denied::UnknownChannel)?;
        self.load_conversation(conversation)?;
        Ok((conversation, slot))
    }

    fn app_of(&mut self, conversation: ConversationNumber) -> Result<AppKey, S> {
        self.load_conversation(conversation)?;
        Ok(self.conversations.peek(&conversation).expect("just loaded").name.group.app.clone())
    }

    fn live_group(&mut self, name: &GroupName) -> Result<GroupNumber, S> {
        let number = self.find_group_number(name)?.ok_or(Denied::UnknownGroup)?;
        match self.load_group(number)?.dismissed {
            true => Err(Denied::UnknownGroup.into()),
            false => Ok(number),
        }
    }

    fn find_app(&self, key: &AppKey) -> Result<Option<AppRecord>, S> {
        let saved_in_this_batch = self.commit.changes.iter().rev().find_map(|change| match change {
            Change::AppSaved(app) if app.key == *key => Some(app.clone()),
            _ => None,
        });
        match saved_in_this_batch {
            Some(app) => Ok(Some(app)),
            None => self.source.app(key).map_err(Failure::Source),
        }
    }

    fn find_user(&self, app: &AppKey, id: &UserId) -> Result<Option<UserRecord>, S> {
        let saved_in_this_batch = self.commit.changes.iter().rev().find_map(|change| match change {
            Change::UserSaved(of, user) if of == app && user.id == *id => Some(user.clone()),
            _ => None,
        });
        match saved_in_this_batch {
            Some(user) => Ok(Some(user)),
            None => self.source.user(app, id).map_err(Failure::Source),
        }
    }

    fn find_group_number(&mut self, name: &GroupName) -> Result<Option<GroupNumber>, S> {
        read_through(&mut self.group_numbers, name, || self.source.group_number(name))
    }

    fn load_group(&mut self, number: GroupNumber) -> Result<&mut Group, S> {
        if !self.groups.contains(&number) {
            let group = self.source.group(number).map_err(Failure::Source)?.ok_or(Denied::UnknownGroup)?;
            self.groups.put(number, group);
        }
        Ok(self.groups.get_mut(&number).expect("just cached"))
    }

    fn find_slot(&mut self, group: GroupNumber, user: &UserId) -> Result<Option<Slot>, S> {
        read_through(&mut self.slots, &(group, user.clone()), || self.source.slot(group, user))
    }

    fn find_slot_user(&self, group: GroupNumber, slot: Slot) -> Result<UserId, S> {
        if let Some(user) = self.source.slot_user(group, slot).map_err(Failure::Source)? {
            return Ok(user);
        }
        let joined_in_this_batch = self.commit.changes.iter().find_map(|change| match change {
            Change::MembershipChanged(_, change) if change.group == group && change.slot == slot => {
                Some(change.user.clone())
            }
            _ => None,
        });
        Ok(joined_in_this_batch.expect("a slot that was given has a user"))
    }

    fn find_conversation_number(&mut self, name: &ConversationName) -> Result<Option<ConversationNumber>, S> {
        // Closed in this batch: the source still has it.
        if self.closed.contains_key(name) {
            return Ok(None);
        }
        read_through(&mut self.conversation_numbers, name, || self.source.conversation_number(name))
    }

    fn find_closed_conversation(&self, name: &ConversationName) -> Result<Option<ConversationNumber>, S> {
        match self.closed.get(name) {
            Some(number) => Ok(Some(*number)),
            None => self.source.closed_conversation(name).map_err(Failure::Source),
        }
    }

    fn load_conversation(&mut self, number: ConversationNumber) -> Result<(), S> {
        if !self.conversations.contains(&number) {
            let found = self.source.conversation(number).map_err(Failure::Source)?.ok_or(Denied::UnknownChannel)?;
            self.conversations.put(number, found);
        }
        Ok(())
    }

    fn find_message(&self, key: MessageKey) -> Result<Option<Message>, S> {
        match self.messages.get(&key) {
            _ if self.expired.contains(&key) => Ok(None),
            Some(message) => Ok(Some(message.clone())),
            None => self.source.message(key).map_err(Failure::Source),
        }
    }

    fn find_request(&mut self, key: MessageKey) -> Result<Option<&mut ReceiptRequest>, S> {
        if !self.requests.contains(&key)
            && !self.dropped(key)
            && let Some(request) = self.source.request(key).map_err(Failure::Source)?
        {
            self.requests.put(key, request);
        }
        Ok(self.requests.get_mut(&key))
    }

    /// Recalled or expired in this batch: the source still has the request.
    fn dropped(&self, key: MessageKey) -> bool {
        self.expired.contains(&key) || self.messages.get(&key).is_some_and(|message| message.recalled_at.is_some())
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

fn trim<K: Hash + Eq, V>(cache: &mut LruCache<K, V>, max: usize) {
    while cache.len() > max {
        cache.pop_lru();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_keeps_what_was_used_last() {
        let mut cache = LruCache::unbounded();
        for number in 0..5 {
            cache.put(number, ());
        }
        trim(&mut cache, 2);
        assert_eq!(cache.iter().map(|(number, ())| *number).collect::<Vec<_>>(), [4, 3]);
    }
}
