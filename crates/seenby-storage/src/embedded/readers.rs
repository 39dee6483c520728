//! Who has read the messages that were asked about lately: a cache, so that a read decodes only the blocks that are new
//! since the one before it. A member can ask at will, and 100,000 readers in 1,000 blocks take milliseconds.
//!
//! *Known* readers are those of the blocks from the first up to some block. While a request lives, its blocks are only
//! added to, so a view that has that block has all before it, just as they were. The life of a request ends when it is
//! dropped. A snapshot therefore has the count of drops from before its view was taken: when a message was dropped since, what
//! is known and what the view has may be of two lives, and the read goes by the view alone.

use std::collections::{HashSet, VecDeque};
use std::num::NonZeroUsize;

use lru::LruCache;
use roaring::RoaringBitmap;
use seenby_core::{MessageKey, Ordinal};

pub(super) struct ReaderCache {
    known: LruCache<MessageKey, Known>,
    bytes: usize,
    /// Those of the commit under way: a view may be from before it or from after it.
    dropping: HashSet<MessageKey>,
    /// The last drops, newest at the end.
    dropped: VecDeque<MessageKey>,
    drops: Drops,
}

#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) readers: RoaringBitmap,
    /// The first ordinal of the last block that these readers are from.
    pub(super) last_block: Ordinal,
}

/// How many requests this opening of the store has dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drops(u64);

/// Beyond the messages that the members of a busy server look at in a minute; 6 MB when few have read them.
const KNOWN_MAX: NonZeroUsize = NonZeroUsize::new(20_000).expect("not zero");

/// A message that 100,000 have read takes 16 KiB at most: room for 2,000 of those.
const KNOWN_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Key, places in the list and in the table, and the head of the bitmap.
const KNOWN_BYTES_EACH: usize = 300;

/// More than a few commits drop while one question is answered. A read that was overtaken by more goes by its view alone.
const DROPPED_MAX: usize = 4_096;

impl ReaderCache {
    pub(super) fn new() -> Self {
        Self {
            known: LruCache::new(KNOWN_MAX),
            bytes: 0,
            dropping: HashSet::new(),
            dropped: VecDeque::new(),
            drops: Drops(0),
        }
    }

    /// To be asked before the view is taken.
    pub(super) fn drops(&self) -> Drops {
        self.drops
    }

    /// May know more than an older view has.
    pub(super) fn get(&mut self, key: MessageKey, since: Drops) -> Option<&Known> {
        if self.dropped_since(key, since) {
            return None;
        }
        self.known.get(&key)
    }

    /// Keeps what knows more.
    pub(super) fn put(&mut self, key: MessageKey, known: Known, since: Drops) {
        // An empty block would share its place with the one that follows it.
        let ends_in_readers = known.readers.len() > u64::from(known.last_block);
        let knows_more = self.known.peek(&key).is_none_or(|before| known.last_block > before.last_block);
        if !ends_in_readers || !knows_more || self.dropped_since(key, since) {
            return;
        }
        self.bytes += known.bytes();
        if let Some((_, gone)) = self.known.push(key, known) {
            self.bytes -= gone.bytes();
        }
        while self.bytes > KNOWN_BYTES_MAX
            && let Some((_, gone)) = self.known.pop_lru()
        {
            self.bytes -= gone.bytes();
        }
    }

    pub(super) fn forget(&mut self, key: MessageKey) {
        if let Some(gone) = self.known.pop(&key) {
            self.bytes -= gone.bytes();
        }
    }

    /// Before a commit that drops these: until it has ended, nothing is known of them.
    pub(super) fn begin_drops(&mut self, keys: &[MessageKey]) {
        keys.iter().for_each(|key| self.forget(*key));
        self.dropping.extend(keys);
    }

    pub(super) fn end_drops(&mut self, keys: &[MessageKey]) {
        for key in keys {
            self.dropping.remove(key);
        }
        self.drops.0 += keys.len() as u64;
        self.dropped.extend(keys);
        self.dropped.drain(..self.dropped.len().saturating_sub(DROPPED_MAX));
    }

    #[cfg(test)]
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.bytes = 0;
    }

    fn dropped_since(&self, key: MessageKey, since: Drops) -> bool {
        let newer = (self.drops.0 - since.0) as usize;
        let mut dropped = self.dropped.iter().rev().take(newer);
        self.dropping.contains(&key) || newer > DROPPED_MAX || dropped.any(|dropped| *dropped == key)
    }
}

impl Known {
    fn bytes(&self) -> usize {
        KNOWN_BYTES_EACH + self.readers.serialized_size()
    }
}

#[cfg(test)]
mod tests {
    use seenby_core::{ConversationNumber, MessageUid};

    use super::*;

    fn key(number: u64) -> MessageKey {
        MessageKey { conversation: ConversationNumber(number), uid: MessageUid::MIN }
    }

    /// As if they had read one by one.
    fn read_by(count: u32) -> Known {
        Known { readers: (0..count).collect(), last_block: count - 1 }
    }

    fn known(cache: &mut ReaderCache, number: u64, since: Drops) -> Option<u64> {
        cache.get(key(number), since).map(|known| known.readers.len())
    }

    #[test]
    fn the_longest_unused_go_when_there_are_too_many() {
        let mut cache = ReaderCache::new();
        let (since, max) = (cache.drops(), KNOWN_MAX.get() as u64);
        (0..max).for_each(|number| cache.put(key(number), read_by(1), since));
        assert_eq!(known(&mut cache, 0, since), Some(1));
        cache.put(key(max), read_by(1), since);
        assert_eq!((known(&mut cache, 0, since), known(&mut cache, 1, since)), (Some(1), None));
        assert_eq!(cache.bytes, cache.known.iter().map(|(_, known)| known.bytes()).sum::<usize>());
    }

    #[test]
    fn the_longest_unused_go_when_they_are_too_long() {
        let mut cache = ReaderCache::new();
        let (since, long) = (cache.drops(), Known { readers: (0..200_000).step_by(2).collect(), last_block: 99_999 });
        let max = (KNOWN_BYTES_MAX / long.bytes()) as u64;
        (0..=max).for_each(|number| cache.put(key(number), long.clone(), since));
        assert_eq!((known(&mut cache, 0, since), known(&mut cache, 1, since)), (None, Some(100_000)));
        assert!(cache.bytes <= KNOWN_BYTES_MAX);
        (0..=max).for_each(|number| cache.forget(key(number)));
        assert_eq!(cache.bytes, 0);
    }

    #[test]
    fn a_late_put_does_not_take_the_place_of_one_that_knows_more() {
        let mut cache = ReaderCache::new();
        let since = cache.drops();
        for (count, kept) in [(2, 2), (1, 2), (3, 3), (2, 3)] {
            cache.put(key(1), read_by(count), since);
            assert_eq!(known(&mut cache, 1, since), Some(kept));
        }
        assert_eq!(cache.bytes, read_by(3).bytes());
    }

    #[test]
    fn an_empty_block_at_the_end_is_not_kept() {
        let mut cache = ReaderCache::new();
        let since = cache.drops();
        cache.put(key(1), Known { last_block: 2, ..read_by(2) }, since);
        assert_eq!(known(&mut cache, 1, since), None);
    }

    #[test]
    fn a_read_that_a_drop_overtakes_neither_takes_nor_leaves_anything() {
        let mut cache = ReaderCache::new();
        cache.put(key(1), read_by(1), cache.drops());
        cache.put(key(2), read_by(1), cache.drops());
        let before = cache.drops();
        cache.begin_drops(&[key(1)]);
        let during = cache.drops();
        cache.put(key(1), read_by(1), during);
        assert_eq!(known(&mut cache, 1, during), None);
        cache.end_drops(&[key(1)]);
        for since in [before, during] {
            cache.put(key(1), read_by(1), since);
            assert!(!cache.known.contains(&key(1)));
            assert_eq!(known(&mut cache, 2, since), Some(1), "other messages are not concerned");
        }
        let after = cache.drops();
        cache.put(key(1), read_by(2), after);
        assert_eq!(known(&mut cache, 1, after), Some(2), "the next life");
        assert_eq!((known(&mut cache, 1, before), known(&mut cache, 1, during)), (None, None));
    }

    #[test]
    fn a_read_that_very_many_drops_overtake_goes_by_its_view() {
        let mut cache = ReaderCache::new();
        let before = cache.drops();
        cache.put(key(0), read_by(1), before);
        for number in 1..=DROPPED_MAX as u64 {
            cache.begin_drops(&[key(number)]);
            cache.end_drops(&[key(number)]);
        }
        assert_eq!(known(&mut cache, 0, before), Some(1));
        cache.begin_drops(&[key(1)]);
        cache.end_drops(&[key(1)]);
        assert_eq!(known(&mut cache, 0, before), None);
        let after = cache.drops();
        assert_eq!(known(&mut cache, 0, after), Some(1));
        assert_eq!(cache.dropped.len(), DROPPED_MAX);
    }
}
