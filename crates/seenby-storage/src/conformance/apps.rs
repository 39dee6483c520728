//! Apps and users.

use std::sync::Arc;

use seenby_core::commit::{AppRecord, Secret, UserRecord};
use seenby_core::{
    Change, ConversationName, ConversationNumber, GroupNumber, Membership, MessageUid, Sequence, Slot, Timestamp,
};

use super::{app, key, message, plain, user};
use crate::{Storage, TimeOrder};

pub fn a_new_store_is_empty<S: Storage>(store: &Arc<S>) {
    let (conversation, group) = (ConversationNumber(1), GroupNumber(1));
    assert!(store.takes_writes());
    assert!(!store.store_id().is_empty());
    let snapshot = store.snapshot();
    assert_eq!(snapshot.highest_number().unwrap(), 0);
    assert_eq!(snapshot.apps().unwrap(), []);
    assert_eq!(snapshot.app(&app("a")).unwrap(), None);
    assert_eq!(snapshot.keys().unwrap(), []);
    assert_eq!(snapshot.users(&app("a"), None, 10).unwrap(), []);
    assert_eq!(snapshot.user(&app("a"), &user("u")).unwrap(), None);
    assert_eq!(snapshot.groups(&app("a"), None, 10).unwrap(), []);
    assert_eq!(snapshot.group_number(&plain("a", "g")).unwrap(), None);
    assert_eq!(snapshot.group(group).unwrap(), None);
    assert_eq!(snapshot.slot(group, &user("u")).unwrap(), None);
    assert_eq!(snapshot.slot_user(group, Slot(0)).unwrap(), None);
    assert_eq!(snapshot.membership_changes(group, 0).unwrap(), []);
    assert_eq!(snapshot.memberships(&app("a"), &user("u")).unwrap(), []);
    assert_eq!(snapshot.membership(&app("a"), &user("u"), group).unwrap(), None);
    assert_eq!(snapshot.conversations(group).unwrap(), []);
    let member = Membership { group, slot: Slot(0), joined_at: Timestamp(u64::MAX), version: u64::MAX };
    assert_eq!(snapshot.conversation_number(&ConversationName::new(plain("a", "g"), None)).unwrap(), None);
    assert_eq!(snapshot.closed_conversation(&ConversationName::new(plain("a", "g"), None)).unwrap(), None);
    assert_eq!(snapshot.conversation(conversation).unwrap(), None);
    assert_eq!(snapshot.log(conversation, Sequence(0), 10).unwrap(), []);
    assert_eq!(snapshot.log_position(conversation, &member).unwrap(), Sequence(0));
    assert_eq!(snapshot.message(key(1, 1)).unwrap(), None);
    assert_eq!(snapshot.messages(conversation, MessageUid::MIN, TimeOrder::After, 10).unwrap(), []);
    assert_eq!(snapshot.sent(conversation, Slot(0), &message(1, 1).client_ref).unwrap(), None);
    assert_eq!(snapshot.request(key(1, 1)).unwrap(), None);
    assert_eq!(snapshot.requests_of(&app("a"), &user("u"), None, 10).unwrap(), []);
    assert_eq!(snapshot.readers(key(1, 1), 0, 10).unwrap(), []);
    assert_eq!(snapshot.reader_count(key(1, 1)).unwrap(), 0);
}

pub fn two_new_stores_have_different_names<S: Storage>(store: &Arc<S>) {
    assert_ne!(store.store_id(), crate::Memory::new().store_id());
    assert_eq!(store.store_id(), store.store_id());
}

pub fn an_app_is_read_back_and_replaced<S: Storage>(store: &Arc<S>) {
    let first = saved_app(store, "b", "first");
    let other = saved_app(store, "a", "密码");
    assert_eq!(store.snapshot().app(&app("b")).unwrap(), Some(first));
    let second = saved_app(store, "b", "second");
    assert_eq!(store.snapshot().app(&app("b")).unwrap(), Some(second.clone()));
    assert_eq!(store.snapshot().apps().unwrap(), [other, second], "in order of their keys");
}

fn saved_app<S: Storage>(store: &Arc<S>, key: &str, secret: &str) -> AppRecord {
    let record = AppRecord { key: app(key), secret: Secret::new(secret), created_at: Timestamp(7) };
    store.commit(&[Change::AppSaved(record.clone())]).unwrap();
    record
}

pub fn a_user_is_read_back_and_replaced<S: Storage>(store: &Arc<S>) {
    let record = saved_user(store, "a", "小明");
    assert_eq!(store.snapshot().user(&app("a"), &user("小明")).unwrap(), Some(record.clone()));
    let blocked = UserRecord { blocked: true, blocked_until: Timestamp(11), name: String::new(), ..record };
    store.commit(&[Change::UserSaved(app("a"), blocked.clone())]).unwrap();
    assert_eq!(store.snapshot().user(&app("a"), &user("小明")).unwrap(), Some(blocked));
}

pub fn users_come_in_order_page_by_page<S: Storage>(store: &Arc<S>) {
    let ids = ["zoe", "a", "ab", "é", "小明", "a b", "\u{10ffff}", "A", "__proto__"];
    let mut saved = ids.map(|id| saved_user(store, "app", id));
    saved.sort_by(|a, b| a.id.cmp(&b.id));
    let mut read: Vec<UserRecord> = Vec::new();
    loop {
        let page = store.snapshot().users(&app("app"), read.last().map(|user| &user.id), 2).unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        read.extend(page);
    }
    assert_eq!(read, saved);
    assert_eq!(store.snapshot().users(&app("app"), None, 100).unwrap(), saved);
    let behind_nobody = store.snapshot().users(&app("app"), Some(&user("aa")), 1).unwrap();
    assert_eq!(behind_nobody[0].id, user("ab"), "the place to go on from need not be a user");
}

pub fn apps_do_not_see_each_others_users<S: Storage>(store: &Arc<S>) {
    // As bare bytes, "a" + "bc" and "ab" + "c" are the same.
    let in_a = saved_user(store, "a", "bc");
    let in_ab = saved_user(store, "ab", "c");
    assert_eq!(store.snapshot().users(&app("a"), None, 10).unwrap(), [in_a]);
    assert_eq!(store.snapshot().users(&app("ab"), None, 10).unwrap(), [in_ab]);
    assert_eq!(store.snapshot().user(&app("ab"), &user("bc")).unwrap(), None);
    assert_eq!(
        store.snapshot().users(&app("a"), Some(&user("zz")), 10).unwrap(),
        [],
        "does not run on into the next app"
    );
}

fn saved_user<S: Storage>(store: &Arc<S>, in_app: &str, id: &str) -> UserRecord {
    let record = UserRecord {
        name: format!("Name of {id}"),
        portrait: format!("https://pictures.example/{id}"),
        tokens_from: Timestamp(8),
        ..UserRecord::new(user(id), Timestamp(9))
    };
    store.commit(&[Change::UserSaved(app(in_app), record.clone())]).unwrap();
    record
}
