//! New readers of the user's own messages, gathered until they are sent.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use seenby_core::MessageKey;
use seenby_protocol::frames;
use seenby_storage::{Storage, StorageError};

use super::following::Following;
use crate::delivery::ReceiptNews;
use crate::queries::{HISTORY_READERS_MAX, reader_list};
use crate::to_wire;

/// Readers in one flush, over all messages: some 100 KB of frames.
const FLUSH_READERS_MAX: u32 = 5_000;

pub(super) struct Deltas {
    news: BTreeMap<MessageKey, ReceiptNews>,
    /// Nothing goes out before this: readers that come close together travel together. `None`: nothing has gone out yet.
    flush_at: Option<Instant>,
    gather: Duration,
}

impl Deltas {
    /// After each flush, news gathers this long.
    pub(super) fn new(gather: Duration) -> Self {
        Self { news: BTreeMap::new(), flush_at: None, gather }
    }

    pub(super) fn add(&mut self, key: MessageKey, news: ReceiptNews) {
        self.news.entry(key).and_modify(|known| *known = known.merge(news)).or_insert(news);
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.news.is_empty() && self.flush_at.is_none_or(|flush_at| now >= flush_at)
    }

    /// When the next flush is due, though nothing arrives.
    pub(super) fn next_flush(&self) -> Option<Instant> {
        self.flush_at.filter(|_| !self.news.is_empty())
    }

    /// Deltas, up to a bound. What is left comes with the next call, at once.
    pub(super) fn flush(
        &mut self,
        storage: &dyn Storage,
        following: &Following,
        now: Instant,
    ) -> Result<Vec<frames::ReceiptDelta>, StorageError> {
        if !self.is_due(now) {
            return Ok(Vec::new());
        }
        let mut deltas = Vec::new();
        let mut readers = 0;
        while readers < FLUSH_READERS_MAX
            && let Some((key, news)) = self.news.pop_first()
        {
            // A sender who is not in finds it out when it comes back.
            let Some(followed) = following.get(key.conversation) else { continue };
            let count = news.counts.read.saturating_sub(news.from).min(HISTORY_READERS_MAX);
            let list = reader_list(storage, followed.group, key, news.from, count as usize)?;
            let sent = list.readers.len() as u32;
            if sent == 0 {
                continue;
            }
            readers += sent;
            deltas.push(frames::ReceiptDelta {
                conversation: Some(to_wire::conversation(&followed.name)),
                message_uid: key.uid.to_string(),
                readers: Some(to_wire::readers(list)),
                counts: Some(to_wire::counts(news.counts)),
            });
            if news.from + sent < news.counts.read {
                self.add(key, ReceiptNews { from: news.from + sent, ..news });
            }
        }
        if self.news.is_empty() {
            self.flush_at = Some(now + self.gather);
        }
        Ok(deltas)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use seenby_core::{Counts, MessageUid, Ordinal};

    use super::*;
    use crate::ward::{Ward, user};

    fn news(from: Ordinal, read: Ordinal) -> ReceiptNews {
        ReceiptNews { from, counts: Counts { read, unread: 0, left: 0 } }
    }

    /// Of what one session of alice is told: the ordinals of each delta.
    struct Told {
        ward: Ward,
        following: Following,
        deltas: Deltas,
        uid: MessageUid,
    }

    impl Told {
        fn about_readers(count: usize) -> Self {
            let (mut ward, crowd) = Ward::with_crowd(count);
            let uid = ward.asks("alice");
            ward.read(&crowd, uid);
            let mut following = Following::new(ward.name.group.app.clone(), user("alice"));
            following.look_at_group(&*ward.store, ward.group(), &HashMap::new()).unwrap();
            Self { ward, following, deltas: Deltas::new(Duration::from_millis(50)), uid }
        }

        fn hears(&mut self, news: ReceiptNews) {
            self.deltas.add(self.ward.key(self.uid), news);
        }

        fn flush(&mut self, now: Instant) -> Vec<(Ordinal, Ordinal)> {
            let deltas = self.deltas.flush(&*self.ward.store, &self.following, now).unwrap();
            let readers = deltas.into_iter().map(|delta| delta.readers.unwrap());
            let range =
                |list: frames::Readers| (list.first_ordinal, list.first_ordinal + list.user_ids.len() as Ordinal);
            readers.map(range).collect()
        }
    }

    #[test]
    fn new_readers_beyond_a_thousand_follow_in_further_deltas_until_all_are_told() {
        for count in [999, 1_000, 1_001, 2_500, 6_001] {
            let mut told = Told::about_readers(count as usize);
            told.hears(news(0, count));
            let (now, mut next) = (Instant::now(), 0);
            while told.deltas.is_due(now) {
                for (first, end) in told.flush(now) {
                    assert_eq!(first, next, "of {count}");
                    next = end;
                }
            }
            assert_eq!(next, count);
        }
    }

    #[test]
    fn news_that_gathers_is_told_from_its_first_reader_on() {
        let mut told = Told::about_readers(9);
        let now = Instant::now();
        told.hears(news(0, 2));
        assert_eq!(told.flush(now), [(0, 2)]);
        told.hears(news(2, 4));
        told.hears(news(4, 7));
        assert_eq!(told.flush(now), [], "it gathers");
        told.hears(news(7, 9));
        assert_eq!(told.flush(now + Duration::from_millis(50)), [(2, 9)]);
    }
}
