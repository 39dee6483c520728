//! Applies calls one after another and gathers what a batch of them changed.
//!
//! The order of use: any number of calls, then [`Ledger::take_commit`], then the store writes the changes, then the next
//! calls. Between `take_commit` and a durable write nothing may be told to anybody. When the write fails, the ledger holds
//! state that the store does not have: throw it away.

mod administration;
mod back_end;
mod lookup;
mod messages;
mod receipts;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use lru::LruCache;

use crate::{
    Change, ClientRef, Commit, Conversation, ConversationName, ConversationNumber, Group, GroupKind, GroupName,
    GroupNumber, Message, MessageKey, MessageUid, Notice, ReceiptRequest, Sequence, Slot, Source, Timestamp, UidSource,
    UserId,
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
