//! Messages, and finding them by time and by the sender's reference.

use std::sync::Arc;

use seenby_core::{Change, ClientRef, ConversationNumber, Message, MessageKey, MessageUid, Sequence, Slot, Timestamp};

use super::{channel, entry, group, key, logged, message, opened, uid, ultra};
use crate::{Storage, TimeOrder};

pub fn a_message_is_read_back_and_replaced<S: Storage>(store: &Arc<S>) {
    let content = (0..=255u8).cycle().take(128 * 1024).collect();
    let sent = Message { content, sender_slot: Slot(99_999), ..message(1, 1) };
    store.commit(&[Change::MessageSaved(sent.clone())]).unwrap();
    assert_eq!(store.snapshot().message(sent.key).unwrap(), Some(sent.clone()));

    let recalled = Message { content: Vec::new(), recalled_at: Some(Timestamp(0)), ..sent };
    store.commit(&[Change::MessageSaved(recalled.clone())]).unwrap();
    assert_eq!(store.snapshot().message(recalled.key).unwrap(), Some(recalled));
}

pub fn messages_before_and_after_come_nearest_first<S: Storage>(store: &Arc<S>) {
    let numbers: Vec<u64> = (1..=300).map(|number| number * 2).collect();
    let changes: Vec<Change> = numbers.iter().map(|number| Change::MessageSaved(message(1, *number))).collect();
    store.commit(&changes).unwrap();
    let read = |from: MessageUid, order, limit| -> Vec<u64> {
        let messages = store.snapshot().messages(ConversationNumber(1), from, order, limit).unwrap();
        messages.iter().map(|message| message.sequence.0).collect()
    };
    assert_eq!(read(MessageUid::MIN, TimeOrder::After, 1_000), numbers);
    assert_eq!(read(MessageUid::MAX, TimeOrder::Before, 3), [600, 598, 596]);
    assert_eq!(read(uid(256), TimeOrder::After, 3), [258, 260, 262], "the message itself is not among them");
    assert_eq!(read(uid(256), TimeOrder::Before, 3), [254, 252, 250]);
    assert_eq!(read(uid(255), TimeOrder::After, 1), [256], "the place need not be a message");
    assert_eq!(read(uid(255), TimeOrder::Before, 1), [254]);
    assert_eq!(read(uid(4), TimeOrder::Before, 10), [2]);
    assert_eq!(read(MessageUid::MIN, TimeOrder::Before, 10), []);
    assert_eq!(read(MessageUid::MAX, TimeOrder::After, 10), []);
}

pub fn a_client_reference_finds_its_message<S: Storage>(store: &Arc<S>) {
    let reference = |text| ClientRef::new(text).unwrap();
    let sent = |conversation, number, slot, text| {
        let message = message(conversation, number);
        Change::MessageSaved(Message { sender_slot: Slot(slot), client_ref: reference(text), ..message })
    };
    let changes = [sent(1, 1, 0, "r"), sent(1, 2, 0, "rr"), sent(1, 3, 256, "r"), sent(256, 4, 0, "r")];
    store.commit(&changes).unwrap();
    let found = |conversation, slot, text| {
        store.snapshot().sent(ConversationNumber(conversation), Slot(slot), &reference(text)).unwrap()
    };
    assert_eq!(found(1, 0, "r"), Some(uid(1)));
    assert_eq!(found(1, 0, "rr"), Some(uid(2)));
    assert_eq!(found(1, 256, "r"), Some(uid(3)));
    assert_eq!(found(256, 0, "r"), Some(uid(4)));
    assert_eq!(found(1, 1, "r"), None);
    assert_eq!(found(1, 0, "rrr"), None);
}

pub fn conversations_do_not_share_messages<S: Storage>(store: &Arc<S>) {
    for conversation in [1, 2, 256, u64::MAX] {
        store.commit(&[Change::MessageSaved(message(conversation, 1))]).unwrap();
    }
    for conversation in [1, 2, 256, u64::MAX] {
        for (from, order) in [(MessageUid::MIN, TimeOrder::After), (MessageUid::MAX, TimeOrder::Before)] {
            let read = store.snapshot().messages(ConversationNumber(conversation), from, order, 10).unwrap();
            assert_eq!(read, [message(conversation, 1)]);
        }
    }
    assert_eq!(store.snapshot().message(key(3, 1)).unwrap(), None);
}

pub fn messages_before_a_moment_are_found_in_every_conversation<S: Storage>(store: &Arc<S>) {
    let group = group(1, ultra("app", "g"));
    let mut changes = vec![Change::GroupSaved(group.clone())];
    let at = |conversation, ms| MessageKey { uid: MessageUid::first_at(Timestamp(ms)), ..key(conversation, 0) };
    for conversation in [2, 3] {
        changes.push(opened(conversation, 1, &channel(&group.name, &format!("c{conversation}"))));
        for ms in [1_000, 2_000, 3_000] {
            changes.push(Change::MessageSaved(Message { key: at(conversation, ms), ..message(conversation, ms) }));
        }
    }
    store.commit(&changes).unwrap();
    let before = |ms, after, limit| store.snapshot().messages_before(Timestamp(ms), after, limit).unwrap();
    assert_eq!(before(1_000, None, 10), []);
    let old = [at(2, 1_000), at(2, 2_000), at(3, 1_000), at(3, 2_000)];
    assert_eq!(before(3_000, None, 10), old);
    assert_eq!(before(3_000, None, 3), old[..3]);
    for (index, key) in old.into_iter().enumerate() {
        assert_eq!(before(3_000, Some(key), 10), old[index + 1..]);
        assert_eq!(before(3_000, Some(key), 1), old[index + 1..].iter().take(1).copied().collect::<Vec<_>>());
    }
    assert_eq!(before(3_000, Some(at(1, 9_000)), 10), old, "the place need not be a message");
    assert_eq!(before(3_000, Some(at(2, 1_500)), 10), old[1..]);
    for late in [at(2, 3_000), at(2, 9_000)] {
        assert_eq!(before(3_000, Some(late), 10), old[2..], "nor need it be an old one");
    }
    assert_eq!(before(3_000, Some(at(4, 0)), 10), []);
    assert_eq!(before(3_000, None, 0), []);
}

pub fn a_dropped_message_leaves_only_its_log_entry<S: Storage>(store: &Arc<S>) {
    let (old, kept) = (message(1, 1), message(1, 2));
    store.commit(&[Change::MessageSaved(old.clone()), logged(1, 1, 10), Change::MessageSaved(kept.clone())]).unwrap();
    store.commit(&[Change::MessageDropped(old.clone())]).unwrap();
    assert_eq!(store.snapshot().message(old.key).unwrap(), None);
    assert_eq!(store.snapshot().sent(old.key.conversation, old.sender_slot, &old.client_ref).unwrap(), None);
    assert_eq!(store.snapshot().message(kept.key).unwrap(), Some(kept));
    assert_eq!(store.snapshot().log(old.key.conversation, Sequence(0), 10).unwrap(), [entry(1, 10)]);
}
