//! One moment of a store, while it goes on.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use seenby_core::ledger::facts::Purpose;
use seenby_core::{Change, ConversationName, ConversationNumber, GroupNumber, MessageUid, Needs, Sequence};

use super::{app, block, group, in_app, joined, key, left, logged, message, opened, plain, request, uid, user};
use crate::{Reads, Storage, TimeOrder};

fn name() -> ConversationName {
    ConversationName::new(plain("a", "ward"), None)
}

/// A ward with one message, about which is asked; one has read.
fn founded() -> Vec<Change> {
    vec![
        Change::GroupSaved(group(1, name().group)),
        in_app("a", joined(1, 1, "alice", 0)),
        opened(2, 1, &name()),
        logged(2, 1, 1_000),
        Change::MessageSaved(message(2, 1)),
        Change::RequestCreated(request(key(2, 1), 1..999)),
        block(key(2, 1), 0, &[(1, 1)]),
    ]
}

/// What several look-ups find, as text.
fn looks(snapshot: &dyn Reads) -> String {
    let (conversation, group) = (ConversationNumber(2), GroupNumber(1));
    let found = (
        (snapshot.group(group), snapshot.memberships(&app("a"), &user("alice")), snapshot.slot(group, &user("bob"))),
        (snapshot.membership_changes(group, 0), snapshot.conversation(conversation), snapshot.highest_number()),
        (snapshot.log(conversation, Sequence(0), 9), snapshot.message(key(2, 1))),
        snapshot.messages(conversation, MessageUid::MAX, TimeOrder::Before, 9),
        (snapshot.request(key(2, 1)), snapshot.readers(key(2, 1), 0, 9), snapshot.reader_count(key(2, 1))),
    );
    format!("{found:?}")
}

pub fn what_is_committed_later_is_not_in_a_snapshot<S: Storage>(store: &Arc<S>) {
    store.commit(&founded()).unwrap();
    let later = [
        vec![block(key(2, 1), 1, &[(2, 2), (3, 2)])],
        vec![logged(2, 2, 2_000), Change::MessageSaved(message(2, 2))],
        vec![in_app("a", left(1, 2, "alice", 0)), in_app("a", joined(1, 3, "bob", 1))],
        vec![Change::RequestDropped(key(2, 1))],
        vec![Change::RequestCreated(request(key(2, 1), 1..999)), block(key(2, 1), 0, &[(7, 7)])],
        vec![opened(3, 1, &ConversationName::new(plain("a", "office"), None)), Change::MessageDropped(message(2, 1))],
    ];
    let mut moments = Vec::new();
    for changes in later {
        let snapshot = store.snapshot();
        moments.push((looks(&*snapshot), snapshot));
        store.commit(&changes).unwrap();
        assert_ne!(looks(&*store.snapshot()), moments.last().unwrap().0, "one taken now sees {changes:?}");
        for (found, snapshot) in &moments {
            assert_eq!(looks(&**snapshot), *found, "one taken before does not see {changes:?}");
        }
    }
}

pub fn a_commit_does_not_wait_for_a_snapshot<S: Storage>(store: &Arc<S>) {
    let snapshot = store.snapshot();
    let (done, committed) = mpsc::channel();
    let other = store.clone();
    thread::spawn(move || done.send(other.commit(&founded())));
    committed.recv_timeout(Duration::from_secs(60)).expect("the commit waits").unwrap();
    assert_eq!(snapshot.highest_number().unwrap(), 0);
}

/// Each commit has one more reader. A position that does not fit what was found would let a batch be written that was decided
/// by old facts.
pub fn what_is_learned_is_of_the_position_that_it_names<S: Storage>(store: &Arc<S>) {
    const COMMITS: u32 = 200;
    store.commit(&founded()).unwrap();
    let needs = Needs { messages: [(name(), [(uid(1), Purpose::Answer)].into())].into(), ..Needs::default() };
    let learn = || {
        let facts = store.learn(&needs).unwrap();
        (facts.position.0, u64::from(facts.requests[0].1.as_ref().unwrap().reader_count()))
    };
    let first = learn();
    thread::scope(|scope| {
        scope.spawn(|| {
            (1..COMMITS).for_each(|number| store.commit(&[block(key(2, 1), number, &[(number + 1, 1)])]).unwrap());
        });
        let mut readers = 0;
        while readers < u64::from(COMMITS) {
            let position;
            (position, readers) = learn();
            assert_eq!(position - first.0, readers - first.1);
        }
    });
}
