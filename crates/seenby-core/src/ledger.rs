//! Applies calls one after another and gathers what a batch of them changed.
//!
//! The rules read nothing. They look among what was learned ([`facts`]), all of it before they write anything: a call that
//! cannot be finished, because something is not known or a rule denies it, has no effect.
//!
//! The order of use: [`Ledger::apply`] each call; where that says [`Stop::Unknown`], ask for its [`Ledger::needs`],
//! [`Ledger::learn`] what the store says and apply it again; then [`Ledger::take_commit`]; then the store writes the changes if
//! it is still where the ledger believes it to be, and [`Ledger::written`] says so. Before that nothing may be told to
//! anybody. When nothing was written, the ledger holds state that the store does not have: [`Ledger::forget`].

mod administration;
mod back_end;
mod batch;
pub mod facts;
mod lookup;
mod messages;
mod receipts;

use std::hash::Hash;

use lru::LruCache;

use self::batch::{Batch, Entry};
pub use self::facts::{Facts, Moved, Needs, Position};
use crate::{
    Call, Change, Commit, Conversation, ConversationName, ConversationNumber, Denied, Group, GroupName, GroupNumber,
    MessageKey, Notice, Outcome, ReceiptRequest, Slot, Timestamp, UidSource, UserId,
};

/// A call that had no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("something that the call needs is not known")]
    Unknown,
}

type Result<T> = std::result::Result<T, Stop>;

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub group_members_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { group_members_max: 100_000 }
    }
}

/// Entries that stay in memory between batches. A group's slots and a message's bitmaps are what costs: about 100 bytes
/// a slot, and 25 KB for a request to 100,000 people.
const CACHED_GROUPS_MAX: usize = 10_000;
const CACHED_SLOTS_MAX: usize = 400_000;
const CACHED_REQUESTS_MAX: usize = 10_000;

pub struct Ledger {
    limits: Limits,
    uids: UidSource,
    next_number: u64,
    /// Of the store, when what is known was learned. `None`: nothing is known.
    position: Option<Position>,

    // Trimmed between batches only, because a batch's own changes live here alone.
    group_numbers: LruCache<GroupName, GroupNumber>,
    groups: LruCache<GroupNumber, Group>,
    slots: LruCache<(GroupNumber, UserId), Slot>,
    conversation_numbers: LruCache<ConversationName, ConversationNumber>,
    conversations: LruCache<ConversationNumber, Conversation>,
    requests: LruCache<MessageKey, ReceiptRequest>,

    batch: Batch,
}

impl Ledger {
    /// `node`: see [`UidSource::new`].
    pub fn new(limits: Limits, node: u32) -> Self {
        Self {
            limits,
            uids: UidSource::new(node),
            next_number: 0,
            position: None,
            group_numbers: LruCache::unbounded(),
            groups: LruCache::unbounded(),
            slots: LruCache::unbounded(),
            conversation_numbers: LruCache::unbounded(),
            conversations: LruCache::unbounded(),
            requests: LruCache::unbounded(),
            batch: Batch::default(),
        }
    }

    /// The changes of the last commit are in the store, which is at this position now.
    pub fn written(&mut self, position: Position) {
        self.position = Some(position);
    }

    /// Drops the batch and all that is known.
    pub fn forget(&mut self) {
        let Self { limits, uids, .. } = self;
        // Ids that were given out and thrown away are not given to anything else.
        *self = Self { uids: uids.clone(), ..Self::new(*limits, 0) };
    }

    /// Applies one call; one that is stopped has no effect.
    pub fn apply(&mut self, call: &Call, now: Timestamp) -> Result<Outcome> {
        match call {
            Call::Send { conversation, user, draft } => {
                return self.send(conversation, user, draft, now).map(Outcome::Sent);
            }
            Call::Answer { conversation, user, from, uids } => {
                return self.answer(conversation, user, *from, uids, now).map(Outcome::Answered);
            }
            Call::Publish { conversations, user, publication } => {
                return self.publish(conversations, user, publication, now).map(Outcome::Published);
            }
            Call::Recall { conversation, user, uid } => {
                let (conversation, _) = self.enter(conversation, user)?;
                self.recall(MessageKey { conversation, uid: *uid }, user, now)?;
            }
            Call::Ask { conversation, user, uid } => {
                let (conversation, _) = self.enter(conversation, user)?;
                self.ask(MessageKey { conversation, uid: *uid }, Some(user), now)?;
            }
            Call::RecallForSender { conversation, user, uid } => {
                let conversation = self.enter_for_back_end(conversation)?;
                self.recall(MessageKey { conversation, uid: *uid }, user, now)?;
            }
            Call::AskForSender { conversation, uid } => {
                let conversation = self.enter_for_back_end(conversation)?;
                self.ask(MessageKey { conversation, uid: *uid }, None, now)?;
            }
            Call::Expire(keys) => self.expire(keys)?,
            Call::Swept(at) => self.swept(*at),
            Call::CreateApp(app) => self.create_app(app)?,
            Call::ReplaceSecret { app, secret } => self.replace_secret(app, secret)?,
            Call::SaveKey(key) => self.save_key(key)?,
            Call::DropKey(key) => self.drop_key(key),
            Call::SaveUser { app, user, change } => self.save_user(app, user, change, now)?,
            Call::CreateGroup { group, title } => drop(self.create_group(group, title, now)?),
            Call::CreateChannel { group, channel } => self.create_channel(group, channel)?,
            Call::DeleteChannel { group, channel } => self.delete_channel(group, channel)?,
            Call::Join { group, users } => self.join(group, users, now)?,
            Call::Leave { group, users } => self.leave(group, users, now)?,
            Call::Dismiss { group } => self.dismiss(group, now)?,
        }
        Ok(Outcome::Done)
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
        commit.expects = self.position;
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
