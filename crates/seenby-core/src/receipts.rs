//! The ledger of one message: three sets and one list.
//!
//! * `audience`: the slots asked, fixed when the request is accepted;
//! * `readers`: the slots that have answered;
//! * `present`: the slots now in the group, kept by the group and handed in;
//! * the blocks: the answers in the order accepted; an answer's position is its ordinal.
//!
//! Every question is set algebra over these. Applying an answer is idempotent and does not depend on the order, so
//! resent and duplicated answers cannot count twice.

use roaring::RoaringBitmap;

use crate::{MessageKey, Ordinal, Slot, Timestamp, UserId};

/// A receipt request and who has answered it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiptRequest {
    pub key: MessageKey,
    pub sender: UserId,
    pub requested_at: Timestamp,
    pub audience: RoaringBitmap,
    pub readers: RoaringBitmap,
    /// Answers applied since the last [`take_block`](Self::take_block).
    fresh: Vec<Answer>,
}

/// One member's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub slot: Slot,
    pub at: Timestamp,
}

/// What one commit added to one message, in the order of acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub key: MessageKey,
    pub first_ordinal: Ordinal,
    pub answers: Vec<Answer>,
}

/// What happened to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    Counted,
    /// This member had answered before. Nothing is written, nobody is told.
    AlreadyCounted,
    NotInAudience,
}

/// `total = read + unread`; those who left without reading stand apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub read: u32,
    pub unread: u32,
    pub left: u32,
}

impl Counts {
    pub fn total(self) -> u32 {
        self.read + self.unread
    }
}

impl ReceiptRequest {
    pub fn new(key: MessageKey, sender: UserId, requested_at: Timestamp, audience: RoaringBitmap) -> Self {
        Self { key, sender, requested_at, audience, readers: RoaringBitmap::new(), fresh: Vec::new() }
    }

    /// Rebuilds a request from what a store kept of it.
    pub fn with_readers(mut self, readers: impl IntoIterator<Item = Slot>) -> Self {
        self.readers.extend(readers.into_iter().map(|slot| slot.0));
        self
    }

    pub fn apply(&mut self, answer: Answer) -> Applied {
        if !self.audience.contains(answer.slot.0) {
            return Applied::NotInAudience;
        }
        if !self.readers.insert(answer.slot.0) {
            return Applied::AlreadyCounted;
        }
        self.fresh.push(answer);
        Applied::Counted
    }

    /// The answers since the last call, for the store. `None` when there are none.
    pub fn take_block(&mut self) -> Option<Block> {
        if self.fresh.is_empty() {
            return None;
        }
        let answers = std::mem::take(&mut self.fresh);
        Some(Block { key: self.key, first_ordinal: self.reader_count() - answers.len() as Ordinal, answers })
    }

    pub fn was_asked(&self, slot: Slot) -> bool {
        self.audience.contains(slot.0)
    }

    pub fn has_answered(&self, slot: Slot) -> bool {
        self.readers.contains(slot.0)
    }

    /// Also the ordinal of the next reader.
    pub fn reader_count(&self) -> Ordinal {
        self.readers.len() as Ordinal
    }

    pub fn counts(&self, present: &RoaringBitmap) -> Counts {
        let read = self.readers.len();
        let unread = self.audience.intersection_len(present) - self.readers.intersection_len(present);
        Counts { read: read as u32, unread: unread as u32, left: (self.audience.len() - read - unread) as u32 }
    }

    /// Who was asked, is in the group and has not answered, by slot, from `from` on.
    pub fn unread<'a>(&'a self, present: &'a RoaringBitmap, from: Slot) -> impl Iterator<Item = Slot> + 'a {
        self.silent(from).filter(|slot| present.contains(slot.0))
    }

    /// Who was asked, has left the group and has not answered, by slot, from `from` on.
    pub fn left<'a>(&'a self, present: &'a RoaringBitmap, from: Slot) -> impl Iterator<Item = Slot> + 'a {
        self.silent(from).filter(|slot| !present.contains(slot.0))
    }

    fn silent(&self, from: Slot) -> impl Iterator<Item = Slot> + '_ {
        self.audience.range(from.0..).map(Slot).filter(|slot| !self.has_answered(*slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConversationNumber, MessageUid};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn request(audience: impl IntoIterator<Item = u32>) -> ReceiptRequest {
        let key = MessageKey { conversation: ConversationNumber(1), uid: MessageUid::MIN };
        ReceiptRequest::new(key, UserId::new("alice").unwrap(), Timestamp(0), audience.into_iter().collect())
    }

    fn answer(slot: u32) -> Answer {
        Answer { slot: Slot(slot), at: Timestamp(u64::from(slot)) }
    }

    #[test]
    fn an_answer_counts_once_and_only_from_the_audience() {
        let mut request = request(0..3);
        assert_eq!(request.apply(answer(1)), Applied::Counted);
        assert_eq!(request.apply(answer(1)), Applied::AlreadyCounted);
        assert_eq!(request.apply(answer(7)), Applied::NotInAudience);
        let block = request.take_block().unwrap();
        assert_eq!((block.first_ordinal, block.answers), (0, vec![answer(1)]));
        assert_eq!(request.take_block(), None);
        assert_eq!([1, 2, 7].map(|slot| request.was_asked(Slot(slot))), [true, true, false]);
        assert_eq!(request.counts(&RoaringBitmap::from([0, 1])).total(), 2, "without who has left unread");
    }

    #[test]
    fn blocks_number_the_readers_without_gaps() {
        let mut request = request(0..10);
        request.apply(answer(3));
        request.apply(answer(4));
        assert_eq!(request.take_block().unwrap().first_ordinal, 0);
        request.apply(answer(3));
        request.apply(answer(9));
        assert_eq!(request.take_block().unwrap().first_ordinal, 2);
    }

    proptest! {
        /// The three lists are the audience, sorted apart, whatever the order and however often answers come.
        #[test]
        fn read_unread_and_left_part_the_audience(
            audience in proptest::collection::btree_set(0u32..60, 0..40),
            present in proptest::collection::btree_set(0u32..60, 0..40),
            answers in proptest::collection::vec(0u32..60, 0..80),
        ) {
            let mut request = request(audience.iter().copied());
            for slot in &answers {
                request.apply(answer(*slot));
            }
            let read: BTreeSet<u32> = answers.iter().copied().filter(|slot| audience.contains(slot)).collect();
            let present_bits: RoaringBitmap = present.iter().copied().collect();
            let unread: Vec<u32> = request.unread(&present_bits, Slot(0)).map(|slot| slot.0).collect();
            let left: Vec<u32> = request.left(&present_bits, Slot(0)).map(|slot| slot.0).collect();

            let silent = || audience.difference(&read).copied();
            prop_assert_eq!(&unread, &silent().filter(|slot| present.contains(slot)).collect::<Vec<_>>());
            prop_assert_eq!(&left, &silent().filter(|slot| !present.contains(slot)).collect::<Vec<_>>());
            prop_assert_eq!(
                request.counts(&present_bits),
                Counts { read: read.len() as u32, unread: unread.len() as u32, left: left.len() as u32 }
            );
            prop_assert_eq!(request.take_block().map_or(0, |block| block.answers.len()), read.len());
        }
    }
}
