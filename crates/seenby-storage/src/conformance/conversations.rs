//! Conversations and their logs.

use std::sync::Arc;

use seenby_core::{
    Change, Conversation, ConversationName, ConversationNumber, GroupNumber, LogEntry, LogEvent, Sequence, Timestamp,
};

use super::{channel, entry, group, logged, message, opened, plain, uid, ultra};
use crate::Storage;

pub fn a_plain_group_has_one_conversation<S: Storage>(store: &Arc<S>) {
    let name = ConversationName::new(plain("a", "g"), None);
    store.commit(&[Change::GroupSaved(group(1, name.group.clone())), opened(2, 1, &name)]).unwrap();
    let conversation = Conversation::new(ConversationNumber(2), GroupNumber(1), name.clone());
    assert_eq!(store.conversation_number(&name).unwrap(), Some(ConversationNumber(2)));
    assert_eq!(store.conversation(ConversationNumber(2)).unwrap(), Some(conversation.clone()));
    assert_eq!(store.conversations(GroupNumber(1)).unwrap(), [conversation]);
}

pub fn each_channel_is_a_conversation<S: Storage>(store: &Arc<S>) {
    let (ward, other) = (ultra("a", "ward"), ultra("a", "ward2"));
    let channels = [channel(&ward, "a"), channel(&ward, "ab"), ConversationName::new(ward.clone(), None)];
    store.commit(&[Change::GroupSaved(group(1, ward.clone())), Change::GroupSaved(group(256, other.clone()))]).unwrap();
    for (number, name) in (10..).zip(&channels) {
        store
            .commit(&[
                opened(number, 1, name),
                opened(number + 300, 256, &ConversationName { group: other.clone(), ..name.clone() }),
            ])
            .unwrap();
    }
    for (number, name) in (10..).zip(&channels) {
        assert_eq!(store.conversation_number(name).unwrap(), Some(ConversationNumber(number)));
        assert_eq!(store.conversation(ConversationNumber(number)).unwrap().map(|found| found.name), Some(name.clone()));
    }
    assert_eq!(store.conversation_number(&channel(&ward, "b")).unwrap(), None);
    let mut numbers: Vec<u64> =
        store.conversations(GroupNumber(1)).unwrap().iter().map(|found| found.number.0).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [10, 11, 12], "of this group only");
}

pub fn a_closed_conversation_is_found_as_such_until_it_is_reopened<S: Storage>(store: &Arc<S>) {
    let ward = ultra("a", "ward");
    let (news, other) = (channel(&ward, "news"), channel(&ward, "news2"));
    let (number, of) = (ConversationNumber(2), GroupNumber(1));
    store.commit(&[Change::GroupSaved(group(1, ward)), opened(2, 1, &news), opened(3, 1, &other)]).unwrap();
    store.commit(&[logged(2, 1, 50)]).unwrap();
    let before = store.conversation(number).unwrap();
    store.commit(&[Change::ConversationClosed { number, group: of, name: news.clone() }]).unwrap();
    assert_eq!(store.conversation_number(&news).unwrap(), None);
    assert_eq!(store.closed_conversation(&news).unwrap(), Some(number));
    assert_eq!(store.closed_conversation(&other).unwrap(), None);
    assert_eq!(store.conversations(of).unwrap().len(), 1);
    assert_eq!(store.conversation(number).unwrap(), before, "its log is there");
    store.commit(&[Change::ConversationReopened { number, group: of, name: news.clone() }]).unwrap();
    assert_eq!(store.conversation_number(&news).unwrap(), Some(number));
    assert_eq!(store.closed_conversation(&news).unwrap(), None);
    assert_eq!(store.conversations(of).unwrap().len(), 2);
}

pub fn a_conversation_ends_where_its_log_ends<S: Storage>(store: &Arc<S>) {
    let name = ConversationName::new(plain("a", "g"), None);
    store.commit(&[Change::GroupSaved(group(1, name.group.clone())), opened(2, 1, &name)]).unwrap();
    for number in 1..=300 {
        store.commit(&[logged(2, number, 1_000 + number), Change::MessageSaved(message(2, number))]).unwrap();
    }
    let asked = LogEntry { sequence: Sequence(301), at: Timestamp(9_999), event: LogEvent::ReceiptRequested(uid(7)) };
    store.commit(&[Change::Logged(ConversationNumber(2), asked), logged(3, 999, 99_999)]).unwrap();

    let conversation = store.conversation(ConversationNumber(2)).unwrap().unwrap();
    assert_eq!((conversation.head, conversation.last_at), (Sequence(301), Timestamp(9_999)));
    assert_eq!(conversation.last_uid, Some(uid(300)));
    assert_eq!(store.conversations(GroupNumber(1)).unwrap(), [conversation]);
}

pub fn the_log_is_read_in_order_from_behind_an_entry<S: Storage>(store: &Arc<S>) {
    let event_of = |sequence| match sequence % 3 {
        0 => LogEvent::Sent(uid(sequence)),
        1 => LogEvent::ReceiptRequested(uid(sequence)),
        _ => LogEvent::Recalled(uid(sequence)),
    };
    let entries: Vec<LogEntry> =
        (1..=300).map(|sequence| LogEntry { event: event_of(sequence), ..entry(sequence, sequence / 2) }).collect();
    let changes: Vec<Change> =
        entries.iter().map(|entry| Change::Logged(ConversationNumber(1), entry.clone())).collect();
    store.commit(&changes).unwrap();

    let log = |after, limit| store.log(ConversationNumber(1), Sequence(after), limit).unwrap();
    assert_eq!(log(0, 1_000), entries);
    assert_eq!(log(0, 2), entries[..2]);
    assert_eq!(log(254, 3), entries[254..257], "where the last byte of the number runs over");
    assert_eq!(log(299, 10), entries[299..]);
    assert_eq!(log(300, 10), []);
    assert_eq!(log(u64::MAX, 10), []);
    assert_eq!(log(0, 0), []);
}

pub fn the_log_position_of_a_time_is_the_last_entry_before_it<S: Storage>(store: &Arc<S>) {
    let times = [10, 20, 20, 20, 30, 40, 40];
    for (sequence, at) in (1..).zip(times) {
        store.commit(&[logged(1, sequence, at), logged(2, sequence, 5)]).unwrap();
    }
    for at in 0..50 {
        let expected = times.iter().filter(|time| **time < at).count() as u64;
        assert_eq!(store.log_position(ConversationNumber(1), Timestamp(at)).unwrap(), Sequence(expected), "{at}");
    }
}

pub fn conversations_do_not_share_logs<S: Storage>(store: &Arc<S>) {
    store.commit(&[logged(1, 1, 10), logged(256, 1, 20), logged(1, 256, 30), logged(u64::MAX, 1, 40)]).unwrap();
    let log = |number| store.log(ConversationNumber(number), Sequence(0), 10).unwrap();
    assert_eq!(log(1), [entry(1, 10), entry(256, 30)]);
    assert_eq!(log(256), [entry(1, 20)]);
    assert_eq!(log(u64::MAX), [entry(1, 40)], "the last number there can be");
    assert_eq!(log(0), []);
}
