//! Receipt requests, and who has read.

use std::sync::Arc;

use seenby_core::{Answer, Change, MessageKey, MessageUid, Ordinal};

use super::{answers, app, block, key, request, user};
use crate::Storage;

pub fn a_request_is_read_back_with_its_readers<S: Storage>(store: &Arc<S>) {
    let asked = request(key(1, 1), [1, 2, 3, 70_000]);
    store.commit(&[Change::RequestCreated(asked.clone())]).unwrap();
    assert_eq!(store.snapshot().request(key(1, 1)).unwrap(), Some(asked.clone()));
    assert_eq!(store.snapshot().reader_count(key(1, 1)).unwrap(), 0);

    store.commit(&[block(key(1, 1), 0, &[(3, 10), (70_000, 10)])]).unwrap();
    store.commit(&[block(key(1, 1), 2, &[(1, 11)])]).unwrap();
    let readers = answers(&[(3, 10), (70_000, 10), (1, 11)]);
    let expected = asked.with_readers(readers.iter().map(|answer| answer.slot));
    assert_eq!(store.snapshot().request(key(1, 1)).unwrap(), Some(expected));
    assert_eq!(store.snapshot().readers(key(1, 1), 0, 10).unwrap(), readers, "in the order of acceptance");
    assert_eq!(store.snapshot().reader_count(key(1, 1)).unwrap(), 3);
}

pub fn a_large_scattered_audience_is_read_back<S: Storage>(store: &Arc<S>) {
    let asked = request(key(1, 1), (0..100_000).filter(|slot| slot % 7 != 0 || slot % 2 == 0).chain([u32::MAX]));
    store.commit(&[Change::RequestCreated(asked.clone())]).unwrap();
    assert_eq!(store.snapshot().request(key(1, 1)).unwrap(), Some(asked));
}

pub fn readers_are_read_from_any_ordinal_on<S: Storage>(store: &Arc<S>) {
    let key = key(1, 1);
    store.commit(&[Change::RequestCreated(request(key, 0..600))]).unwrap();
    let all = committed_in_blocks(store, key, &[1, 2, 1, 250, 3, 40, 1, 1, 100]);
    for from in 0..all.len() {
        for limit in [0, 1, 2, 5, 300] {
            let expected = &all[from..all.len().min(from + limit)];
            assert_eq!(
                store.snapshot().readers(key, from as Ordinal, limit).unwrap(),
                expected,
                "{limit} from {from} on"
            );
        }
        assert_eq!(store.snapshot().readers(key, from as Ordinal, usize::MAX).unwrap(), all[from..]);
    }
    let count = all.len() as Ordinal;
    assert_eq!(store.snapshot().readers(key, count, 10).unwrap(), []);
    assert_eq!(store.snapshot().readers(key, Ordinal::MAX, 10).unwrap(), []);
}

/// One commit for each block. The slots jump back and forth.
fn committed_in_blocks<S: Storage>(store: &Arc<S>, key: MessageKey, lengths: &[u32]) -> Vec<Answer> {
    let mut all = Vec::new();
    for length in lengths {
        let first = all.len() as Ordinal;
        let new: Vec<(u32, u64)> =
            (first..first + length).map(|n| (n * 7 % 600, 1_000_000 + u64::from(n / 10))).collect();
        store.commit(&[block(key, first, &new)]).unwrap();
        all.extend(answers(&new));
        assert_eq!(store.snapshot().reader_count(key).unwrap(), first + length);
    }
    all
}

pub fn requests_of_a_sender_come_newest_first_page_by_page<S: Storage>(store: &Arc<S>) {
    // In this order by time, over conversations; the last two at the same moment.
    let keys = [key(9, 1), key(1, 2), key(300, 3), key(1, 4), key(7, 5), key(8, 5)];
    let listed = |of: &str, sender: &str, key| Change::RequestListed(app(of), user(sender), key);
    store.commit(&keys.map(|key| listed("a", "bc", key))).unwrap();
    // As bare bytes, "a" + "bc" and "ab" + "c" are the same.
    store.commit(&[listed("ab", "c", key(1, 99)), listed("a", "bcd", key(1, 98))]).unwrap();
    let mut read: Vec<MessageKey> = Vec::new();
    loop {
        let page = store.snapshot().requests_of(&app("a"), &user("bc"), read.last().copied(), 2).unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        read.extend(page);
    }
    assert_eq!(read, keys.into_iter().rev().collect::<Vec<_>>());
    store.commit(&[Change::RequestUnlisted(app("a"), user("bc"), keys[5])]).unwrap();
    assert_eq!(store.snapshot().requests_of(&app("a"), &user("bc"), None, 2).unwrap(), [keys[4], keys[3]]);
}

pub fn times_of_answers_may_run_backwards<S: Storage>(store: &Arc<S>) {
    let given = [(5, 1_732_000_000_000), (6, 3), (7, 1_732_000_000_000), (8, 0), (9, u64::MAX)];
    store.commit(&[Change::RequestCreated(request(key(1, 1), 0..10)), block(key(1, 1), 0, &given)]).unwrap();
    assert_eq!(store.snapshot().readers(key(1, 1), 0, 10).unwrap(), answers(&given));
}

pub fn a_dropped_request_leaves_nothing<S: Storage>(store: &Arc<S>) {
    let (dropped, kept) = (key(1, 1), key(1, 2));
    for key in [dropped, kept] {
        store.commit(&[Change::RequestCreated(request(key, 0..9)), block(key, 0, &[(1, 1), (2, 2)])]).unwrap();
        store.commit(&[block(key, 2, &[(3, 3)])]).unwrap();
    }
    store.commit(&[Change::RequestDropped(dropped)]).unwrap();
    assert_eq!(store.snapshot().request(dropped).unwrap(), None);
    assert_eq!(store.snapshot().readers(dropped, 0, 10).unwrap(), []);
    assert_eq!(store.snapshot().readers(dropped, 2, 10).unwrap(), []);
    assert_eq!(store.snapshot().reader_count(dropped).unwrap(), 0);
    assert_eq!(store.snapshot().reader_count(kept).unwrap(), 3);
    assert_eq!(store.snapshot().request(kept).unwrap().unwrap().reader_count(), 3);
}

pub fn neighbouring_messages_do_not_share_readers<S: Storage>(store: &Arc<S>) {
    let last = MessageKey { uid: MessageUid::MAX, ..key(1, 0) };
    let keys = [key(1, 1), key(1, 2), key(1, 256), last, key(2, 1), key(256, 1)];
    for (slot, key) in (1..).zip(keys) {
        let changes = [Change::RequestCreated(request(key, 0..9)), block(key, 0, &[(slot, u64::from(slot))])];
        store.commit(&changes).unwrap();
    }
    for (slot, key) in (1..).zip(keys) {
        assert_eq!(store.snapshot().readers(key, 0, 10).unwrap(), answers(&[(slot, u64::from(slot))]));
        assert_eq!(store.snapshot().readers(key, 5, 10).unwrap(), []);
        assert_eq!(
            store.snapshot().request(key).unwrap(),
            Some(request(key, 0..9).with_readers([seenby_core::Slot(slot)]))
        );
    }
    assert_eq!(store.snapshot().readers(key(1, 3), 0, 10).unwrap(), []);
    assert_eq!(store.snapshot().reader_count(key(1, 3)).unwrap(), 0);
}
