//! Applies calls one after another and gathers what a batch of them changed.
//!
//! A rule looks up all that it needs before it writes anything: a call that cannot be finished, because a look-up fails or a
//! rule denies it, has no effect.
//!
//! The order of use: any number of calls, then [`Ledger::take_commit`], then the store writes the changes, then the next
//! calls. Between `take_commit` and a durable write nothing may be told to anybody. When the write fails, the ledger holds
//! state that the store does not have: [`Ledger::forget`] it, or throw the ledger away.

mod administration;
mod back_end;
mod batch;
mod lookup;
mod messages;
mod receipts;

use std::hash::Hash;

use lru::LruCache;

use self::batch::Batch;
use crate::{
    Change, Commit, Conversation, ConversationName, ConversationNumber, Group, GroupKind, GroupName, GroupNumber,
    MessageKey, MessageUid, Notice, ReceiptRequest, Sequence, Slot, Source, Timestamp, UidSource, UserId,
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

    batch: Batch,
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
            batch: Batch::default(),
        })
    }

    /// Drops the batch, and all that is known besides: a batch that was not written is part of it.
    pub fn forget(&mut self) {
        self.group_numbers.clear();
        self.groups.clear();
        self.slots.clear();
        self.conversation_numbers.clear();
        self.conversations.clear();
        self.requests.clear();
        self.batch = Batch::default();
    }

    /// Ends the batch: everything that the calls since the last one changed.
    pub fn take_commit(&mut self) -> Commit {
        let Batch { changed_groups, answered, mut commit, .. } = std::mem::take(&mut self.batch);
        for number in changed_groups {
            let group = self.groups.get_mut(&number).expect("a changed group stays cached until its batch ends");
            group.present.optimize();
            commit.changes.push(Change::GroupSaved(group.clone()));
        }
        for key in answered {
            self.close_block(key, &mut commit);
        }
        trim(&mut self.group_numbers, CACHED_GROUPS_MAX);
        trim(&mut self.groups, CACHED_GROUPS_MAX);
        trim(&mut self.slots, CACHED_SLOTS_MAX);
        trim(&mut self.conversation_numbers, CACHED_GROUPS_MAX);
        trim(&mut self.conversations, CACHED_GROUPS_MAX);
        trim(&mut self.requests, CACHED_REQUESTS_MAX);
        commit
    }

    fn close_block(&mut self, key: MessageKey, commit: &mut Commit) {
        let Some(request) = self.requests.get_mut(&key) else { return };
        let Some(block) = request.take_block() else { return };
        let conversation = self.conversations.peek(&key.conversation).expect("cached since the answer was applied");
        let group = self.groups.peek(&conversation.group).expect("cached since the answer was applied");
        commit.notices.push(Notice::Read {
            app: group.name.app.clone(),
            sender: request.sender.clone(),
            key,
            first_ordinal: block.first_ordinal,
            counts: request.counts(&group.present),
        });
        commit.changes.push(Change::BlockAdded(block));
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
