//! Lists, page by page. A place is where a page begins, and is still good when people come and go in between.

use std::ops::Range;

use roaring::RoaringBitmap;

use crate::view::ReceiptStatus;
use crate::{ConversationNumber, GroupNumber, Ordinal, ReceiptRequest, Slot};

/// A list of those who were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptList {
    OldestReaders,
    NewestReaders,
    Unread,
    Left,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptPlace {
    pub list: ReceiptList,
    /// The ordinal of a reader, from the newest on the one behind it; the slot of somebody who has not read.
    pub number: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptPage {
    pub rows: Rows,
    /// `None` on the last page.
    pub next: Option<ReceiptPlace>,
    /// In the whole list.
    pub total: u32,
}

/// Who is on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// Of the newest readers, to be read from the end.
    Readers(Range<Ordinal>),
    Silent(ReceiptStatus, Vec<Slot>),
}

impl ReceiptList {
    pub fn first(self) -> ReceiptPlace {
        self.at(if self == Self::NewestReaders { Ordinal::MAX } else { 0 })
    }

    pub fn at(self, number: u32) -> ReceiptPlace {
        ReceiptPlace { list: self, number }
    }
}

impl ReceiptRequest {
    /// `present`: who is in the group now.
    pub fn page(&self, present: &RoaringBitmap, from: ReceiptPlace, count: usize) -> ReceiptPage {
        let ReceiptPlace { list, number } = from;
        let (counts, slot) = (self.counts(present), Slot(number));
        let (rows, next, total) = match list {
            ReceiptList::OldestReaders => {
                let end = number.saturating_add(count as u32).min(counts.read);
                (Rows::Readers(number.min(end)..end), (end < counts.read).then_some(end), counts.read)
            }
            ReceiptList::NewestReaders => {
                let end = number.min(counts.read);
                let begin = end.saturating_sub(count as u32);
                (Rows::Readers(begin..end), (begin > 0).then_some(begin), counts.read)
            }
            ReceiptList::Unread => {
                let (slots, next) = first_slots(self.unread(present, slot), count);
                (Rows::Silent(ReceiptStatus::Unread, slots), next, counts.unread)
            }
            ReceiptList::Left => {
                let (slots, next) = first_slots(self.left(present, slot), count);
                (Rows::Silent(ReceiptStatus::Left, slots), next, counts.left)
            }
        };
        ReceiptPage { rows, next: next.map(|number| list.at(number)), total }
    }

    /// `None`: was not asked.
    pub fn status_of(&self, slot: Slot, present: &RoaringBitmap) -> Option<ReceiptStatus> {
        self.was_asked(slot).then(|| match (self.has_answered(slot), present.contains(slot.0)) {
            (true, _) => ReceiptStatus::Read,
            (false, true) => ReceiptStatus::Unread,
            (false, false) => ReceiptStatus::Left,
        })
    }
}

/// So many, and the next one.
fn first_slots(slots: impl Iterator<Item = Slot>, count: usize) -> (Vec<Slot>, Option<u32>) {
    let mut slots: Vec<Slot> = slots.take(count + 1).collect();
    let next = (slots.len() > count).then(|| slots.pop()).flatten();
    (slots, next.map(|slot| slot.0))
}

/// A conversation's place in the list of those that a user is in. Its numbers never change, so a page goes on behind the
/// last one, whatever came or went in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConversationPlace {
    pub group: GroupNumber,
    pub conversation: ConversationNumber,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, MessageKey, MessageUid, Timestamp, UserId};

    const CROWD: u32 = 3_000;

    /// The whole crowd was asked, and these have answered, in this order.
    fn read_by(readers: impl IntoIterator<Item = u32>) -> ReceiptRequest {
        let key = MessageKey { conversation: ConversationNumber(1), uid: MessageUid::MIN };
        let mut request = ReceiptRequest::new(key, UserId::new("alice").unwrap(), Timestamp(0), (0..CROWD).collect());
        for slot in readers {
            request.apply(Answer { slot: Slot(slot), at: Timestamp(0) });
        }
        request
    }

    /// Page after page: slots of those who are silent, ordinals of readers.
    fn walk(request: &ReceiptRequest, present: &RoaringBitmap, list: ReceiptList, count: usize) -> Vec<u32> {
        let (mut found, mut next, mut total) = (Vec::new(), Some(list.first()), 0);
        while let Some(place) = next {
            let page = request.page(present, place, count);
            match page.rows {
                Rows::Readers(ordinals) if list == ReceiptList::NewestReaders => found.extend(ordinals.rev()),
                Rows::Readers(ordinals) => found.extend(ordinals),
                Rows::Silent(_, slots) => found.extend(slots.into_iter().map(|slot| slot.0)),
            }
            (next, total) = (page.next, page.total);
        }
        assert_eq!(found.len(), total as usize);
        found
    }

    /// In pages of one as well, so that a page ends at every slot: bitmaps change their form at some.
    #[test]
    fn every_list_of_a_crowd_is_whole_wherever_its_pages_end() {
        let (half, present) = (CROWD / 2, (0..CROWD / 2).collect());
        let (silent, read) = (read_by([]), read_by(0..CROWD));
        for count in [1, 7, 1_500, 3_000, 5_000] {
            assert!(walk(&silent, &present, ReceiptList::Unread, count).into_iter().eq(0..half), "{count}");
            assert!(walk(&silent, &present, ReceiptList::Left, count).into_iter().eq(half..CROWD), "{count}");
            assert!(walk(&read, &present, ReceiptList::OldestReaders, count).into_iter().eq(0..CROWD), "{count}");
            assert!(walk(&read, &present, ReceiptList::NewestReaders, count).into_iter().eq((0..CROWD).rev()));
            for list in [ReceiptList::Unread, ReceiptList::Left] {
                assert!(walk(&read, &present, list, count).is_empty());
            }
            for list in [ReceiptList::OldestReaders, ReceiptList::NewestReaders] {
                assert!(walk(&silent, &present, list, count).is_empty());
            }
        }
    }

    #[test]
    fn a_place_is_good_while_people_read_and_leave() {
        let (request, everybody) = (read_by([5, 3]), (0..CROWD).collect());
        let page = |request: &ReceiptRequest, present: &RoaringBitmap, place| request.page(present, place, 2);
        let next = page(&request, &everybody, ReceiptList::Unread.first()).next.unwrap();
        assert_eq!(next, ReceiptList::Unread.at(2));
        let (later, fewer) = (read_by([5, 3, 2, 9]), (4..CROWD).collect());
        assert_eq!(page(&later, &fewer, next).rows, Rows::Silent(ReceiptStatus::Unread, vec![Slot(4), Slot(6)]));
        let newest = page(&later, &fewer, ReceiptList::NewestReaders.first());
        assert_eq!((newest.rows, newest.next), (Rows::Readers(2..4), Some(ReceiptList::NewestReaders.at(2))));
        for beyond in [ReceiptList::OldestReaders.at(9), ReceiptList::Left.at(CROWD), ReceiptList::NewestReaders.at(0)]
        {
            assert!(walk_is_over(&page(&later, &fewer, beyond)), "{beyond:?}");
        }
    }

    fn walk_is_over(page: &ReceiptPage) -> bool {
        let is_empty = match &page.rows {
            Rows::Readers(ordinals) => ordinals.is_empty(),
            Rows::Silent(_, slots) => slots.is_empty(),
        };
        is_empty && page.next.is_none()
    }

    #[test]
    fn everybody_who_was_asked_stands_in_one_list() {
        let (request, present) = (read_by([1, 2]), [1, 3].into_iter().collect());
        let status = |slot| request.status_of(Slot(slot), &present);
        assert_eq!([status(1), status(2)], [Some(ReceiptStatus::Read); 2], "whether in or gone");
        assert_eq!([status(3), status(4)], [Some(ReceiptStatus::Unread), Some(ReceiptStatus::Left)]);
        assert_eq!(status(CROWD), None, "was not asked");
    }
}
