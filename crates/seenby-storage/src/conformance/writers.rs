//! Several writers on one store: each believes to know it, and the store knows better.

use std::collections::BTreeSet;
use std::sync::Arc;

use seenby_core::{
    Call, ClientRef, ConversationName, Denied, Draft, GroupName, Limits, MessageKey, MessageUid, Outcome, Sent,
    Timestamp,
};

use super::{plain, user};
use crate::{Appended, Failure, LedgerWriter, Storage};

const NURSES: usize = 40;

fn ward() -> ConversationName {
    ConversationName::new(plain("a", "ward"), None)
}

fn writer<S: Storage>(store: &Arc<S>, node: u32) -> LedgerWriter<S> {
    LedgerWriter::new(store.clone(), Limits::default(), node)
}

fn writes<S: Storage>(writer: &mut LedgerWriter<S>, call: Call) -> Result<Outcome, Failure> {
    writer.write(&[call], Timestamp(1_000)).unwrap().outcomes.pop().unwrap()
}

fn founds<S: Storage>(writer: &mut LedgerWriter<S>, group: &GroupName, members: &[&str]) {
    writes(writer, Call::CreateGroup { group: group.clone(), title: String::new() }).unwrap();
    let users = members.iter().map(|id| user(id)).collect();
    writes(writer, Call::Join { group: group.clone(), users }).unwrap();
}

fn says<S: Storage>(writer: &mut LedgerWriter<S>, sender: &str, client_ref: &str) -> Result<Sent, Failure> {
    let draft = Draft { client_ref: ClientRef::new(client_ref).unwrap(), content: vec![1], need_receipt: true };
    match writes(writer, Call::Send { conversation: ward(), user: user(sender), draft })? {
        Outcome::Sent(sent) => Ok(sent),
        other => panic!("{other:?}"),
    }
}

fn answer(reader: &str, uid: MessageUid) -> Call {
    Call::Answer { conversation: ward(), user: user(reader), from: None, uids: vec![Some(uid)] }
}

fn key<S: Storage>(store: &Arc<S>, uid: MessageUid) -> MessageKey {
    MessageKey { conversation: store.snapshot().conversation_number(&ward()).unwrap().unwrap(), uid }
}

pub fn a_writer_that_was_overtaken_writes_nothing<S: Storage>(store: &Arc<S>) {
    let mut here = writer(store, 1);
    founds(&mut here, &ward().group, &["alice", "bob"]);
    let sent = says(&mut here, "alice", "r1").unwrap();
    let before = store.learn(&Default::default()).unwrap().position;
    writes(&mut here, answer("bob", sent.uid)).unwrap();
    let changes = [seenby_core::Change::RequestDropped(key(store, sent.uid))];
    assert_eq!(store.append(Some(before), &changes).unwrap(), Appended::Moved);
    assert_eq!(
        store.append(Some(before), &[]).unwrap(),
        Appended::Moved,
        "what was refused was decided by old facts too"
    );
    assert_eq!(store.snapshot().reader_count(key(store, sent.uid)).unwrap(), 1);
}

pub fn no_answer_of_two_writers_is_lost_or_doubled<S: Storage>(store: &Arc<S>) {
    let nurses: Vec<String> = (0..NURSES).map(|number| format!("nurse-{number}")).collect();
    let (mut here, mut there) = (writer(store, 1), writer(store, 2));
    let members: Vec<&str> = nurses.iter().map(String::as_str).chain(["alice"]).collect();
    founds(&mut here, &ward().group, &members);
    let uids = [says(&mut here, "alice", "r1").unwrap().uid, says(&mut there, "alice", "r2").unwrap().uid];
    for (place, nurse) in nurses.iter().enumerate() {
        // Now and then both hear it.
        for (number, writer) in [&mut here, &mut there].into_iter().enumerate() {
            if place % 3 == 0 || place % 2 == number {
                writes(writer, answer(nurse, uids[place % 2])).unwrap();
                writes(writer, answer(nurse, uids[1 - place % 2])).unwrap();
            }
        }
    }
    for uid in uids {
        let readers = store.snapshot().readers(key(store, uid), 0, 1_000).unwrap();
        let slots: BTreeSet<_> = readers.iter().map(|answer| answer.slot).collect();
        assert_eq!((readers.len(), slots.len()), (NURSES, NURSES));
        let request = store.snapshot().request(key(store, uid)).unwrap().unwrap();
        assert_eq!(request.reader_count() as usize, NURSES, "blocks number the readers without gaps");
    }
    assert_eq!(
        says(&mut there, "alice", "r1").unwrap().uid,
        uids[0],
        "a resent message is the same, wherever it is sent"
    );
}

pub fn whoever_left_through_another_writer_is_out_at_once<S: Storage>(store: &Arc<S>) {
    let (mut here, mut there) = (writer(store, 1), writer(store, 2));
    founds(&mut here, &ward().group, &["alice", "bob"]);
    let sent = says(&mut here, "alice", "r1").unwrap();
    says(&mut there, "bob", "b1").unwrap();
    writes(&mut here, Call::Leave { group: ward().group, users: vec![user("bob")] }).unwrap();
    let refused = writes(&mut there, answer("bob", sent.uid));
    assert!(matches!(refused, Err(Failure::Denied(Denied::NotMember(_)))), "{refused:?}");
    writes(&mut here, Call::Join { group: ward().group, users: vec![user("bob")] }).unwrap();
    writes(&mut there, answer("bob", sent.uid)).unwrap();
}

pub fn two_writers_give_no_number_twice<S: Storage>(store: &Arc<S>) {
    let (mut here, mut there) = (writer(store, 1), writer(store, 2));
    let mut numbers = BTreeSet::new();
    for round in 0..5 {
        for (name, writer) in [("here", &mut here), ("there", &mut there)] {
            let group = plain("a", &format!("{name}-{round}"));
            founds(writer, &group, &[name]);
            let number = store.snapshot().group_number(&group).unwrap().unwrap();
            numbers.insert(number.0);
            numbers.extend(
                store.snapshot().conversations(number).unwrap().iter().map(|conversation| conversation.number.0),
            );
        }
    }
    assert_eq!(numbers.len(), 20);
}
