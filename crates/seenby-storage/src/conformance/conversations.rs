//! Conversations and their logs.

use std::sync::Arc;

use seenby_core::{
    Change, Conversation, ConversationName, ConversationNumber, GroupNumber, LogEntry, LogEvent, Membership, Sequence,
    Slot, Timestamp,
};

use super::{channel, entry, group, logged, message, opened, plain, uid, ultra};
use crate::Storage;

pub fn a_plain_group_has_one_conversation<S: Storage>(store: &Arc<S>) {
    let name = ConversationName::new(plain("a", "g"), None);
    store.commit(&[Change::GroupSaved(group(1, name.group.clone())), opened(2, 1, &name)]).unwrap();
    let conversation = Conversation::new(ConversationNumber(2), GroupNumber(1), name.clone());
    assert_eq!(store.snapshot().conversation_number(&name).unwrap(), Some(ConversationNumber(2)));
    assert_eq!(store.snapshot().conversation(ConversationNumber(2)).unwrap(), Some(conversation.clone()));
    assert_eq!(store.snapshot().conversations(GroupNumber(1)).unwrap(), [conversation]);
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
        assert_eq!(store.snapshot().conversation_number(name).unwrap(), Some(ConversationNumber(number)));
        assert_eq!(
            store.snapshot().conversation(ConversationNumber(number)).unwrap().map(|found| found.name),
            Some(name.clone())
        );
    }
    assert_eq!(store.snapshot().conversation_number(&channel(&ward, "b")).unwrap(), None);
    let mut numbers: Vec<u64> =
        store.snapshot().conversations(GroupNumber(1)).unwrap().iter().map(|found| found.number.0).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [10, 11, 12], "of this group only");
}

pub fn a_closed_conversation_is_found_as_such_until_it_is_reopened<S: Storage>(store: &Arc<S>) {
    let ward = ultra("a", "ward");
    let (news, other) = (channel(&ward, "news"), channel(&ward, "news2"));
    let (number, of) = (ConversationNumber(2), GroupNumber(1));
    store.commit(&[Change::GroupSaved(group(1, ward)), opened(2, 1, &news), opened(3, 1, &other)]).unwrap();
    store.commit(&[logged(2, 1, 50)]).unwrap();
    let before = store.snapshot().conversation(number).unwrap();
    store.commit(&[Change::ConversationClosed { number, group: of, name: news.clone() }]).unwrap();
    assert_eq!(store.snapshot().conversation_number(&news).unwrap(), None);
    assert_eq!(store.snapshot().closed_conversation(&news).unwrap(), Some(number));
    assert_eq!(store.snapshot().closed_conversation(&other).unwrap(), None);
    assert_eq!(store.snapshot().conversations(of).unwrap().len(), 1);
    assert_eq!(store.snapshot().conversation(number).unwrap(), before, "its log is there");
    store.commit(&[Change::ConversationReopened { number, group: of, name: news.clone() }]).unwrap();
    assert_eq!(store.snapshot().conversation_number(&news).unwrap(), Some(number));
    assert_eq!(store.snapshot().closed_conversation(&news).unwrap(), None);
    assert_eq!(store.snapshot().conversations(of).unwrap().len(), 2);
}

pub fn a_conversation_ends_where_its_log_ends<S: Storage>(store: &Arc<S>) {
    let name = ConversationName::new(plain("a", "g"), None);
    store.commit(&[Change::GroupSaved(group(1, name.group.clone())), opened(2, 1, &name)]).unwrap();
    for number in 1..=300 {
        store.commit(&[logged(2, number, 1_000 + number), Change::MessageSaved(message(2, number))]).unwrap();
    }
    let asked = LogEntry { event: LogEvent::ReceiptRequested(uid(7)), ..entry(301, 9_999) };
    store.commit(&[Change::Logged(ConversationNumber(2), asked), logged(3, 999, 99_999)]).unwrap();

    let conversation = store.snapshot().conversation(ConversationNumber(2)).unwrap().unwrap();
    assert_eq!((conversation.head, conversation.last_at), (Sequence(301), Timestamp(9_999)));
    assert_eq!(conversation.last_uid, Some(uid(300)));
    assert_eq!(store.snapshot().conversations(GroupNumber(1)).unwrap(), [conversation]);
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

    let log = |after, limit| store.snapshot().log(ConversationNumber(1), Sequence(after), limit).unwrap();
    assert_eq!(log(0, 1_000), entries);
    assert_eq!(log(0, 2), entries[..2]);
    assert_eq!(log(254, 3), entries[254..257], "where the last byte of the number runs over");
    assert_eq!(log(299, 10), entries[299..]);
    assert_eq!(log(300, 10), []);
    assert_eq!(log(u64::MAX, 10), []);
    assert_eq!(log(0, 0), []);
}

/// Times are of a clock that is wrong, and decide nothing.
pub fn the_log_position_of_a_member_is_the_last_entry_before_it_joined<S: Storage>(store: &Arc<S>) {
    let versions = [1, 2, 2, 2, 3, 4, 4];
    for (sequence, group_version) in (1..).zip(versions) {
        let logged = LogEntry { group_version, ..entry(sequence, 9_000) };
        store.commit(&[Change::Logged(ConversationNumber(1), logged), super::logged(2, sequence, 5)]).unwrap();
    }
    for version in 1..6 {
        let expected = versions.iter().filter(|logged| **logged < version).count() as u64;
        for joined_at in [0, 9_000, 99_999] {
            assert_eq!(position(store, version, joined_at), expected, "version {version} at {joined_at}");
        }
    }
}

/// A store that was written before there were versions: all of its entries come before everybody who joins now, and those
/// who were in before see all that is logged now.
pub fn logs_and_memberships_without_versions_go_by_time<S: Storage>(store: &Arc<S>) {
    let (times, versions) = ([10, 20, 20, 30, 40, 40], [0, 0, 0, 0, 7, 8]);
    for ((sequence, at), group_version) in (1..).zip(times).zip(versions) {
        let logged = LogEntry { group_version, ..entry(sequence, at) };
        store.commit(&[Change::Logged(ConversationNumber(1), logged)]).unwrap();
    }
    for (joined_at, expected) in [(0, 0), (10, 0), (11, 1), (20, 1), (25, 3), (50, 4)] {
        assert_eq!(position(store, 0, joined_at), expected, "at {joined_at}");
    }
    for (version, expected) in [(6, 4), (7, 4), (8, 5), (9, 6)] {
        assert_eq!(position(store, version, 15), expected, "version {version}");
    }
}

fn position<S: Storage>(store: &Arc<S>, version: u64, joined_at: u64) -> u64 {
    let member = Membership { group: GroupNumber(1), slot: Slot(0), joined_at: Timestamp(joined_at), version };
    store.snapshot().log_position(ConversationNumber(1), &member).unwrap().0
}

pub fn the_newest_entry_is_that_of_all_logs<S: Storage>(store: &Arc<S>) {
    assert_eq!(store.snapshot().newest_entry_at().unwrap(), None);
    let ward = ultra("a", "ward");
    store.commit(&[Change::GroupSaved(group(1, ward.clone())), opened(2, 1, &channel(&ward, "a"))]).unwrap();
    assert_eq!(store.snapshot().newest_entry_at().unwrap(), None);
    let others = [opened(3, 1, &channel(&ward, "b")), opened(4, 1, &channel(&ward, "c"))];
    store.commit(&others).unwrap();
    store.commit(&[logged(2, 1, 50), logged(3, 1, 10), logged(3, 2, 70)]).unwrap();
    assert_eq!(store.snapshot().newest_entry_at().unwrap(), Some(Timestamp(70)));
}

pub fn conversations_do_not_share_logs<S: Storage>(store: &Arc<S>) {
    store.commit(&[logged(1, 1, 10), logged(256, 1, 20), logged(1, 256, 30), logged(u64::MAX, 1, 40)]).unwrap();
    let log = |number| store.snapshot().log(ConversationNumber(number), Sequence(0), 10).unwrap();
    assert_eq!(log(1), [entry(1, 10), entry(256, 30)]);
    assert_eq!(log(256), [entry(1, 20)]);
    assert_eq!(log(u64::MAX), [entry(1, 40)], "the last number there can be");
    assert_eq!(log(0), []);
}
