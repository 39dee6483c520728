//! New readers of the user's own messages, gathered until they are sent.
//!
//! The session sends the first reader of a message and the last one at once. The more readers a flush had, the longer the
//! next ones gather: a quiet group costs no delay, and a storm of answers to one message takes few large deltas. Answers to
//! many messages at the same time take more: each message has a first and a last reader.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use seenby_core::{Counts, MessageKey, Ordinal};
use seenby_protocol::frames;

use super::following::Following;
use crate::delivery::ReceiptNews;
use crate::queries::{HISTORY_READERS_MAX, ReaderList};
use crate::reads::ReadersFrom;
use crate::to_wire;

/// Readers in one flush, over all messages: some 100 KB of frames.
const FLUSH_READERS_MAX: u32 = 5_000;

/// After so many readers in one flush, the next ones gather as long as they may: at that rate each delta has many.
const BUSY_READERS: u32 = 100;

/// Of more messages than people follow at a time, some 50 KB.
const TOLD_MAX: usize = 1_000;

pub(super) struct Deltas {
    news: BTreeMap<MessageKey, ReceiptNews>,
    /// So many readers of each the client has been told, for those that it was told of lately. Nodes tell of their commits
    /// in any order, and perhaps twice; a delta goes on where the one before it ended.
    told: BTreeMap<MessageKey, Ordinal>,
    /// The keys of `told`, in the order in which they came.
    told_first: VecDeque<MessageKey>,
    /// Readers of these are being looked up.
    asked: Vec<(MessageKey, Counts)>,
    /// What gathers goes out at this moment. `None`: nothing has gone out yet.
    flush_at: Option<Instant>,
    /// There is a first reader of a message, or a last one.
    is_urgent: bool,
    /// Readers of messages that others may still read, in the flush that is going out.
    going_on: u32,
    gather_max: Duration,
}

impl Deltas {
    /// News gathers for so long at most.
    pub(super) fn new(gather_max: Duration) -> Self {
        Self {
            news: BTreeMap::new(),
            told: BTreeMap::new(),
            told_first: VecDeque::new(),
            asked: Vec::new(),
            flush_at: None,
            is_urgent: false,
            going_on: 0,
            gather_max,
        }
    }

    pub(super) fn add(&mut self, key: MessageKey, news: ReceiptNews) {
        self.is_urgent |= news.from == 0 || news.counts.unread == 0;
        self.news.entry(key).and_modify(|known| *known = known.merge(news)).or_insert(news);
    }

    /// The client has the readers of a message up to `news.from`, or more if it was told of more already.
    pub(super) fn begin(&mut self, key: MessageKey, news: ReceiptNews) {
        if !self.told.contains_key(&key) {
            self.note_told(key, news.from);
        }
        if news.from < news.counts.read {
            self.add(key, news);
        }
    }

    /// Of too many, those are forgotten that came first.
    fn note_told(&mut self, key: MessageKey, readers: Ordinal) {
        if self.told.insert(key, readers).is_none() {
            self.told_first.push_back(key);
        }
        if self.told_first.len() > TOLD_MAX
            && let Some(first) = self.told_first.pop_front()
        {
            self.told.remove(&first);
        }
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.news.is_empty() && (self.is_urgent || self.flush_at.is_none_or(|flush_at| now >= flush_at))
    }

    /// When the next flush is due, though nothing arrives.
    pub(super) fn next_flush(&self) -> Option<Instant> {
        self.flush_at.filter(|_| !self.news.is_empty())
    }

    /// What is due, up to a bound; what is left is asked for next, at once.
    pub(super) fn ask(&mut self, following: &Following, now: Instant) -> Vec<ReadersFrom> {
        let (mut questions, mut readers) = (Vec::new(), 0);
        if !self.is_due(now) {
            return questions;
        }
        while readers < FLUSH_READERS_MAX
            && let Some((key, news)) = self.news.pop_first()
        {
            // A sender who is not in finds it out when it comes back.
            let Some(followed) = following.get(key.conversation) else { continue };
            let from = self.told.get(&key).copied().unwrap_or(news.from);
            let count = news.counts.read.saturating_sub(from).min(HISTORY_READERS_MAX);
            if count == 0 {
                continue;
            }
            let end = from + count;
            self.note_told(key, end);
            if end < news.counts.read {
                self.add(key, ReceiptNews { from: end, ..news });
            }
            readers += count;
            // Behind the last reader of a message there is nothing to gather.
            self.going_on += if news.counts.unread > 0 { count } else { 0 };
            questions.push(ReadersFrom { group: followed.group, key, from, count: count as usize });
            self.asked.push((key, news.counts));
        }
        self.is_urgent = !self.news.is_empty();
        if !self.is_urgent {
            let busy = std::mem::take(&mut self.going_on).min(BUSY_READERS);
            self.flush_at = Some(now + self.gather_max * busy / BUSY_READERS);
        }
        questions
    }

    /// One list of readers for each question.
    pub(super) fn take(
        &mut self,
        readers: Vec<ReaderList>,
        following: &Following,
    ) -> impl Iterator<Item = frames::ReceiptDelta> {
        let asked = std::mem::take(&mut self.asked).into_iter().zip(readers);
        asked.filter(|(_, list)| !list.readers.is_empty()).filter_map(|((key, counts), list)| {
            let followed = following.get(key.conversation)?;
            Some(frames::ReceiptDelta {
                conversation: Some(to_wire::conversation(&followed.name)),
                message_uid: key.uid.to_string(),
                readers: Some(to_wire::readers(list)),
                counts: Some(to_wire::counts(counts)),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use seenby_core::{MessageUid, UserId};
    use seenby_protocol::frames::server_frame;

    use super::*;
    use crate::ward::{Online, Ward};

    /// The ordinals of each delta in what is pushed.
    fn ordinals(online: &mut Online, after: Duration) -> Vec<(Ordinal, Ordinal)> {
        let range = |kind| match kind {
            server_frame::Kind::ReceiptDelta(frames::ReceiptDelta { readers: Some(list), .. }) => {
                Some((list.first_ordinal, list.first_ordinal + list.user_ids.len() as Ordinal))
            }
            _ => None,
        };
        online.hears_after(after).into_iter().filter_map(range).collect()
    }

    /// Alice has asked so many others, and is online.
    fn asked(count: usize) -> (Ward, Vec<UserId>, MessageUid, Online) {
        let (mut ward, crowd) = Ward::with_crowd(count);
        let uid = ward.asks("alice");
        let mut alice = ward.comes("alice");
        alice.hears();
        (ward, crowd, uid, alice)
    }

    #[test]
    fn new_readers_beyond_a_thousand_follow_in_further_deltas_until_all_are_told() {
        for count in [999, 1_000, 1_001, 2_500, 6_001] {
            let (mut ward, crowd, uid, mut alice) = asked(count as usize);
            ward.read(&crowd, uid);
            let mut next = 0;
            for (first, end) in ordinals(&mut alice, Duration::ZERO) {
                assert_eq!(first, next, "of {count}");
                assert!(end - first <= 1_000);
                next = end;
            }
            assert_eq!(next, count);
        }
    }

    #[test]
    fn what_two_nodes_tell_in_the_wrong_order_and_twice_is_told_once_from_the_first_reader_on() {
        let (mut ward, crowd, uid, mut alice) = asked(9);
        let [first, second, third] = [2, 5, 9].map(|count| ward.read_quietly(&crowd[..count], uid));
        ward.tells(&second);
        assert_eq!(ordinals(&mut alice, Duration::ZERO), [(0, 5)]);
        ward.tells(&third);
        ward.tells(&first);
        ward.tells(&second);
        assert_eq!(ordinals(&mut alice, Duration::from_millis(50)), [(5, 9)]);
    }

    #[test]
    fn news_that_gathers_is_told_from_its_first_reader_on() {
        let (mut ward, crowd, uid, mut alice) = asked(9);
        ward.read(&crowd[..2], uid);
        assert_eq!(ordinals(&mut alice, Duration::ZERO), [(0, 2)]);
        ward.read(&crowd[2..4], uid);
        ward.read(&crowd[4..7], uid);
        assert_eq!(ordinals(&mut alice, Duration::ZERO), [], "it gathers");
        assert_eq!(ordinals(&mut alice, Duration::from_millis(1)), [(2, 7)]);
    }

    #[test]
    fn the_more_readers_were_told_the_longer_the_next_ones_gather() {
        let (mut ward, crowd, uid, mut alice) = asked(500);
        let (mut now, mut from) = (Duration::ZERO, 0);
        for (count, gathers_ms) in [(1, 0), (10, 5), (100, 50), (300, 50)] {
            ward.read(&crowd[from..from + count], uid);
            let told = [(from as Ordinal, (from + count) as Ordinal)];
            assert_eq!(ordinals(&mut alice, now), told, "{count} at {now:?}");
            from += count;
            ward.read(&crowd[from..from + 1], uid);
            if gathers_ms > 0 {
                let almost = now + Duration::from_millis(gathers_ms) - Duration::from_nanos(1);
                assert_eq!(ordinals(&mut alice, almost), [], "{count}");
            }
            now += Duration::from_millis(gathers_ms.max(1));
            assert_eq!(ordinals(&mut alice, now), [(from as Ordinal, from as Ordinal + 1)]);
            from += 1;
            now += Duration::from_millis(1);
        }
    }

    #[test]
    fn the_first_reader_of_another_message_and_the_last_of_one_are_told_at_once() {
        let (mut ward, crowd) = Ward::with_crowd(300);
        let [stormy, quiet] = [ward.asks("alice"), ward.asks("alice")];
        let mut alice = ward.comes("alice");
        alice.hears();
        ward.read(&crowd[..200], stormy);
        assert_eq!(ordinals(&mut alice, Duration::ZERO), [(0, 200)]);
        ward.read(&crowd[200..250], stormy);
        assert_eq!(ordinals(&mut alice, Duration::ZERO), [], "it gathers");
        ward.read(&crowd[..1], quiet);
        assert_eq!(ordinals(&mut alice, Duration::ZERO), [(200, 250), (0, 1)]);
        ward.read(&crowd[250..299], stormy);
        assert_eq!(ordinals(&mut alice, Duration::ZERO), []);
        ward.read(&crowd[299..], stormy);
        assert_eq!(ordinals(&mut alice, Duration::ZERO), [(250, 300)]);
    }
}
