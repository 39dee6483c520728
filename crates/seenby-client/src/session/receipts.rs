//! Own messages with a receipt request, and who has read them.
//!
//! Readers are numbered in the order of acceptance, so a delta that begins beyond what is there shows a gap, and one that
//! begins before it is trimmed. A gap is filled by fetching; until then nothing is told, and then everything at once.
//!
//! * have: the readers that are in memory, from ordinal 0 on without a gap;
//! * told: how many the application has been told of. This alone outlives the process;
//! * wanted: how many there are, as far as this client has heard.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use seenby_protocol::frames;

use crate::receipt::readers_from_wire;
use crate::store::{Asked, Change};
use crate::{Conversation, Event, ID_CHARACTERS_MAX, Readers, ReceiptCounts};

/// The newest of them are followed and reported. One with news that waits is kept a while longer, up to
/// [`WAITING_MAX`].
pub(super) const FOLLOWED_MAX: usize = 1_000;
const WAITING_MAX: usize = 4 * FOLLOWED_MAX;

/// Readers in memory over all messages. Beyond it the lists of the oldest are let go; they are fetched again if there is
/// news.
const READERS_HELD_MAX: usize = 1_000_000;
/// A message cannot have more readers than this, whatever the server says.
const READERS_OF_MESSAGE_MAX: u32 = 1_000_000;
/// Longer ones are of no honest server.
const USER_ID_BYTES_MAX: usize = 4 * ID_CHARACTERS_MAX;

#[derive(Debug, Default)]
pub(super) struct Receipts {
    followed: BTreeMap<String, Followed>,
    /// Oldest first.
    order: VecDeque<String>,
    to_fetch: BTreeSet<String>,
    readers_held: usize,
}

#[derive(Debug)]
struct Followed {
    conversation: Conversation,
    readers: Readers,
    told: u32,
    wanted: u32,
    counts: ReceiptCounts,
    /// A page is on its way, from this ordinal on.
    fetching: Option<u32>,
    /// An event waits to be taken.
    queued: bool,
}

impl Followed {
    fn new(conversation: Conversation, told: u32) -> Self {
        Self {
            conversation,
            readers: Readers::default(),
            told,
            wanted: told,
            counts: ReceiptCounts::default(),
            fetching: None,
            queued: false,
        }
    }

    fn have(&self) -> u32 {
        u32::try_from(self.readers.len()).unwrap_or(u32::MAX)
    }

    /// There is news that is not in memory.
    fn has_gap(&self) -> bool {
        self.wanted > self.told && self.wanted > self.have()
    }

    fn has_news(&self) -> bool {
        self.have() > self.told && !self.has_gap()
    }

    fn is_quiet(&self) -> bool {
        !self.queued && self.fetching.is_none() && !self.has_gap() && !self.has_news()
    }

    /// Appends what is new and says how many that is. Readers behind a gap are wanted, not taken.
    fn append(&mut self, wire: frames::Readers) -> usize {
        let first = wire.first_ordinal;
        let readers = readers_from_wire(wire);
        let count = u32::try_from(readers.len()).unwrap_or(u32::MAX);
        let end = first.saturating_add(count).min(READERS_OF_MESSAGE_MAX);
        self.wanted = self.wanted.max(end);
        if first > self.have() {
            return 0;
        }
        let known = (self.have() - first) as usize;
        let fresh = end.saturating_sub(self.have()) as usize;
        self.readers.extend(readers.into_iter().skip(known).take(fresh));
        fresh
    }
}

impl Receipts {
    pub(super) fn restored(asked: Vec<Asked>) -> Self {
        let mut receipts = Self::default();
        for asked in asked {
            receipts.follow(&asked.conversation, &asked.message_uid, asked.readers, &mut Vec::new());
        }
        receipts
    }

    /// From now on this message is followed. Whether that is news.
    pub(super) fn ask(&mut self, conversation: &Conversation, uid: &str, changes: &mut Vec<Change>) -> bool {
        self.follow(conversation, uid, 0, changes)
    }

    fn follow(&mut self, conversation: &Conversation, uid: &str, told: u32, changes: &mut Vec<Change>) -> bool {
        if self.followed.contains_key(uid) {
            return false;
        }
        self.followed.insert(uid.to_owned(), Followed::new(conversation.clone(), told));
        self.order.push_back(uid.to_owned());
        changes.push(Change::Asked(Asked {
            conversation: conversation.clone(),
            message_uid: uid.to_owned(),
            readers: told,
        }));
        self.make_room(changes);
        true
    }

    fn make_room(&mut self, changes: &mut Vec<Change>) {
        if self.order.len() <= FOLLOWED_MAX {
            return;
        }
        let quiet = |uid: &&String| self.followed.get(*uid).is_none_or(Followed::is_quiet);
        let newest = self.order.len() - 1;
        let mut leaving = self.order.iter().take(newest).find(quiet).cloned();
        if leaving.is_none() && self.order.len() > WAITING_MAX {
            leaving = self.order.front().cloned();
        }
        if let Some(uid) = leaving {
            self.forget(&uid, changes);
        }
    }

    pub(super) fn forget(&mut self, uid: &str, changes: &mut Vec<Change>) {
        let Some(followed) = self.followed.remove(uid) else { return };
        self.readers_held -= followed.readers.len();
        self.to_fetch.remove(uid);
        self.order.retain(|followed| followed != uid);
        changes.push(Change::AskedForgotten(uid.to_owned()));
    }

    /// Readers that the server has pushed. Whether an event must be queued now.
    pub(super) fn handle_delta(&mut self, delta: frames::ReceiptDelta, changes: &mut Vec<Change>) -> bool {
        let Some(conversation) = Conversation::from_wire(delta.conversation) else { return false };
        let readers = delta.readers.unwrap_or_default();
        if !is_honest(&readers) {
            return false;
        }
        self.follow(&conversation, &delta.message_uid, 0, changes);
        let Some(followed) = self.followed.get_mut(&delta.message_uid) else { return false };
        if let Some(counts) = &delta.counts {
            followed.counts = ReceiptCounts::from_wire(counts);
            // A long list comes in several deltas, each with the counts after the last: it is told when it is whole.
            followed.wanted = followed.wanted.max(counts.read.min(READERS_OF_MESSAGE_MAX));
        }
        self.readers_held += followed.append(readers);
        self.settle(&delta.message_uid)
    }

    /// A page that was asked for. Whether an event must be queued now.
    pub(super) fn handle_page(&mut self, uid: &str, page: frames::Readers) -> bool {
        let Some(followed) = self.followed.get_mut(uid) else { return false };
        let asked_from = followed.fetching.take();
        if asked_from != Some(page.first_ordinal) || page.user_ids.is_empty() || !is_honest(&page) {
            // The server does not have what it spoke of. To ask again would go on for ever.
            followed.wanted = followed.have();
        } else {
            self.readers_held += followed.append(page);
        }
        self.settle(uid)
    }

    /// The page did not come. If it may come later it is asked for again.
    pub(super) fn handle_no_page(&mut self, uid: &str) {
        if let Some(followed) = self.followed.get_mut(uid) {
            followed.fetching = None;
            self.settle(uid);
        }
    }

    /// Nobody here may see the page.
    pub(super) fn leave_gap(&mut self, uid: &str) {
        if let Some(followed) = self.followed.get_mut(uid) {
            followed.fetching = None;
        }
    }

    fn settle(&mut self, uid: &str) -> bool {
        let Some(followed) = self.followed.get_mut(uid) else { return false };
        if followed.has_gap() {
            if followed.fetching.is_none() {
                self.to_fetch.insert(uid.to_owned());
            }
            return false;
        }
        self.to_fetch.remove(uid);
        followed.has_news() && !std::mem::replace(&mut followed.queued, true)
    }

    /// The next gap to fill: where, which message, from which ordinal on.
    pub(super) fn next_fetch(&mut self) -> Option<(Conversation, String, u32)> {
        let uid = self.to_fetch.pop_first()?;
        let followed = self.followed.get_mut(&uid)?;
        followed.fetching = Some(followed.have());
        Some((followed.conversation.clone(), uid, followed.have()))
    }

    pub(super) fn has_fetches(&self) -> bool {
        !self.to_fetch.is_empty()
    }

    /// The event of a message that was queued.
    pub(super) fn take_event(&mut self, uid: &str, changes: &mut Vec<Change>) -> Option<Event> {
        let followed = self.followed.get_mut(uid)?;
        followed.queued = false;
        // A gap that showed up since: the event comes when it is filled.
        if !followed.has_news() {
            return None;
        }
        let new_readers = followed.readers.as_slice()[followed.told as usize..].to_vec();
        followed.told = followed.have();
        let conversation = followed.conversation.clone();
        changes.push(Change::Asked(Asked {
            conversation: conversation.clone(),
            message_uid: uid.to_owned(),
            readers: followed.told,
        }));
        let event = Event::GroupMessageReadReceiptResponseReceived {
            conversation,
            message_uid: uid.to_owned(),
            respond_user_ids: followed.readers.clone(),
            new_readers,
            counts: followed.counts,
        };
        self.let_go();
        Some(event)
    }

    /// Keeps the memory bounded. The application has been told of what is let go.
    fn let_go(&mut self) {
        let mut oldest = self.order.iter();
        while self.readers_held > READERS_HELD_MAX
            && let Some(uid) = oldest.next()
        {
            if let Some(followed) = self.followed.get_mut(uid)
                && followed.is_quiet()
            {
                self.readers_held -= followed.readers.len();
                followed.readers = Readers::default();
            }
        }
    }

    /// What to report to the server, oldest first: where, which message, how many readers are known.
    pub(super) fn known(&self) -> impl Iterator<Item = (&Conversation, &str, u32)> {
        let skipped = self.order.len().saturating_sub(FOLLOWED_MAX);
        self.order.iter().skip(skipped).filter_map(|uid| {
            let followed = self.followed.get(uid)?;
            Some((&followed.conversation, uid.as_str(), followed.told.max(followed.have())))
        })
    }
}

fn is_honest(readers: &frames::Readers) -> bool {
    readers.user_ids.iter().all(|user_id| user_id.len() <= USER_ID_BYTES_MAX)
}
