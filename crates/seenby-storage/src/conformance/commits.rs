//! A commit as a whole.

use std::sync::Arc;
use std::thread;

use seenby_core::{Change, ConversationName, ConversationNumber, GroupNumber, Message, Sequence, Timestamp};

use super::{app, block, group, in_app, joined, key, left, logged, message, opened, plain, request, user};
use crate::Storage;

pub fn the_last_sweep_is_read_back_and_replaced<S: Storage>(store: &Arc<S>) {
    assert_eq!(store.snapshot().swept_at().unwrap(), None);
    for at in [7, 9, 8] {
        store.commit(&[Change::Swept(Timestamp(at))]).unwrap();
        assert_eq!(store.snapshot().swept_at().unwrap(), Some(Timestamp(at)));
    }
}

pub fn an_empty_commit_is_fine<S: Storage>(store: &Arc<S>) {
    store.commit(&[]).unwrap();
    assert!(store.takes_writes());
}

pub fn the_last_change_of_a_batch_wins<S: Storage>(store: &Arc<S>) {
    let recalled = Message { recalled_at: Some(Timestamp(9)), content: Vec::new(), ..message(1, 1) };
    store
        .commit(&[
            Change::MessageSaved(message(1, 1)),
            in_app("a", joined(1, 1, "in", 0)),
            in_app("a", joined(1, 2, "out", 1)),
            in_app("a", left(1, 3, "out", 1)),
            in_app("a", left(1, 4, "in", 0)),
            in_app("a", joined(1, 5, "in", 0)),
            Change::MessageSaved(recalled.clone()),
        ])
        .unwrap();
    assert_eq!(store.snapshot().message(key(1, 1)).unwrap(), Some(recalled));
    let membership = store.snapshot().membership(&app("a"), &user("in"), GroupNumber(1)).unwrap().unwrap();
    assert_eq!(membership.joined_at, Timestamp(1_005));
    assert_eq!(store.snapshot().memberships(&app("a"), &user("out")).unwrap(), []);
    assert_eq!(store.snapshot().membership_changes(GroupNumber(1), 0).unwrap().len(), 5, "the log has every step");
}

pub fn a_request_made_and_dropped_in_one_batch_was_never_there<S: Storage>(store: &Arc<S>) {
    let (fresh, old) = (key(1, 1), key(1, 2));
    store.commit(&[Change::RequestCreated(request(old, 0..9)), block(old, 0, &[(1, 1)])]).unwrap();
    store
        .commit(&[
            Change::RequestCreated(request(fresh, 0..9)),
            block(fresh, 0, &[(4, 4)]),
            Change::RequestDropped(fresh),
            block(old, 1, &[(2, 2)]),
            Change::RequestDropped(old),
        ])
        .unwrap();
    for key in [fresh, old] {
        assert_eq!(store.snapshot().request(key).unwrap(), None);
        assert_eq!(store.snapshot().readers(key, 0, 10).unwrap(), []);
        assert_eq!(store.snapshot().reader_count(key).unwrap(), 0);
    }
}

/// The log, the messages and the readers grow together, and so does what a reader on another thread sees of them.
pub fn readers_beside_a_commit_see_it_whole_or_not_at_all<S: Storage>(store: &Arc<S>) {
    const COMMITS: u64 = 200;
    let name = ConversationName::new(plain("a", "g"), None);
    let asked = Change::RequestCreated(request(key(2, 1), 0..COMMITS as u32));
    store.commit(&[Change::GroupSaved(group(1, name.group.clone())), opened(2, 1, &name), asked]).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=COMMITS {
                let answer = block(key(2, 1), number as u32 - 1, &[(number as u32 - 1, number)]);
                store.commit(&[logged(2, number, number), Change::MessageSaved(message(2, number)), answer]).unwrap();
            }
        });
        let mut head = Sequence(0);
        while head < Sequence(COMMITS) {
            let snapshot = store.snapshot();
            let readers = snapshot.reader_count(key(2, 1)).unwrap();
            let conversation = snapshot.conversation(ConversationNumber(2)).unwrap().unwrap();
            assert!(conversation.head >= head, "what was seen stays seen");
            head = conversation.head;
            assert_eq!(conversation.last_uid, (head > Sequence(0)).then(|| super::uid(head.0)));
            assert_eq!(u64::from(readers), head.0, "however many looks one takes");
            assert_eq!(snapshot.request(key(2, 1)).unwrap().unwrap().reader_count(), readers);
        }
    });
}
