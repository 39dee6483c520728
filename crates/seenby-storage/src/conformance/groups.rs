//! Groups, slots and memberships.

use std::sync::Arc;

use roaring::RoaringBitmap;
use seenby_core::{Change, ConversationName, Group, GroupName, GroupNumber, Membership, Slot, Timestamp};

use super::{app, channel, group, in_app, joined, left, opened, plain, ultra, user};
use crate::Storage;

pub fn a_group_is_read_back_and_replaced<S: Storage>(store: &Arc<S>) {
    let first = saved(store, group(7, plain("a", "病房-3")));
    assert_eq!(store.snapshot().group(GroupNumber(7)).unwrap(), Some(first.clone()));
    assert_eq!(store.snapshot().group_number(&first.name).unwrap(), Some(GroupNumber(7)));

    let present: RoaringBitmap = (0..70_000).filter(|slot| slot % 3 != 0 || *slot > 50_000).collect();
    let title = "renamed ☕".to_owned();
    let second = saved(store, Group { title, dismissed: true, version: 9, present, slot_count: 70_001, ..first });
    assert_eq!(store.snapshot().group(GroupNumber(7)).unwrap(), Some(second));
}

pub fn a_name_belongs_to_an_app_and_a_kind<S: Storage>(store: &Arc<S>) {
    let names = [plain("a", "bc"), ultra("a", "bc"), plain("ab", "c"), plain("a", "b")];
    for (number, name) in (1..).zip(&names) {
        saved(store, group(number, name.clone()));
    }
    for (number, name) in (1..).zip(&names) {
        assert_eq!(store.snapshot().group_number(name).unwrap(), Some(GroupNumber(number)), "{name:?}");
    }
    assert_eq!(store.snapshot().group_number(&ultra("ab", "c")).unwrap(), None);
}

pub fn groups_come_in_order_of_kind_and_id_page_by_page<S: Storage>(store: &Arc<S>) {
    let mut names = [ultra("a", "0"), plain("a", "z"), plain("a", "ab"), plain("a", "a"), ultra("a", "z")];
    let strangers = [plain("ab", "a"), plain("A", "a"), ultra("ab", "zz")];
    for (number, name) in (1..).zip(names.iter().chain(&strangers)) {
        saved(store, Group { dismissed: number % 2 == 0, ..group(number, name.clone()) });
    }
    names.sort();
    let expected: Vec<GroupNumber> =
        names.iter().map(|name| store.snapshot().group_number(name).unwrap().unwrap()).collect();

    let mut read: Vec<GroupNumber> = Vec::new();
    let mut after: Option<GroupName> = None;
    while let [number] = store.snapshot().groups(&app("a"), after.as_ref(), 1).unwrap()[..] {
        read.push(number);
        after = store.snapshot().group(number).unwrap().map(|group| group.name);
    }
    assert_eq!(read, expected);
    assert_eq!(store.snapshot().groups(&app("a"), None, 100).unwrap(), expected);
}

pub fn the_highest_number_is_that_of_a_group_or_a_conversation<S: Storage>(store: &Arc<S>) {
    saved(store, group(3, ultra("a", "g")));
    assert_eq!(store.snapshot().highest_number().unwrap(), 3);
    store.commit(&[opened(4, 3, &ConversationName::new(ultra("a", "g"), None))]).unwrap();
    assert_eq!(store.snapshot().highest_number().unwrap(), 4);
    store.commit(&[opened(300, 3, &channel(&ultra("a", "g"), "news"))]).unwrap();
    assert_eq!(store.snapshot().highest_number().unwrap(), 300, "not the highest by its last byte");
    saved(store, group(301, plain("b", "h")));
    assert_eq!(store.snapshot().highest_number().unwrap(), 301);
}

fn saved<S: Storage>(store: &Arc<S>, group: Group) -> Group {
    store.commit(&[Change::GroupSaved(group.clone())]).unwrap();
    group
}

pub fn a_membership_lasts_from_joining_to_leaving<S: Storage>(store: &Arc<S>) {
    let bob = user("bob");
    store.commit(&[in_app("a", joined(5, 1, "alice", 0)), in_app("a", joined(5, 2, "bob", 1))]).unwrap();
    let membership = Membership { group: GroupNumber(5), slot: Slot(1), joined_at: Timestamp(1_002), version: 2 };
    assert_eq!(store.snapshot().membership(&app("a"), &bob, GroupNumber(5)).unwrap(), Some(membership.clone()));
    assert_eq!(store.snapshot().memberships(&app("a"), &bob).unwrap(), [membership]);

    store.commit(&[in_app("a", left(5, 3, "bob", 1))]).unwrap();
    assert_eq!(store.snapshot().membership(&app("a"), &bob, GroupNumber(5)).unwrap(), None);
    assert_eq!(store.snapshot().memberships(&app("a"), &bob).unwrap(), []);
    assert_eq!(store.snapshot().memberships(&app("a"), &user("alice")).unwrap().len(), 1);
}

pub fn a_member_who_returns_has_the_same_slot_and_a_new_place<S: Storage>(store: &Arc<S>) {
    store.commit(&[in_app("a", joined(5, 1, "bob", 0))]).unwrap();
    store.commit(&[in_app("a", left(5, 2, "bob", 0))]).unwrap();
    assert_eq!(store.snapshot().slot(GroupNumber(5), &user("bob")).unwrap(), Some(Slot(0)), "kept while away");
    assert_eq!(store.snapshot().slot_user(GroupNumber(5), Slot(0)).unwrap(), Some(user("bob")));

    store.commit(&[in_app("a", joined(5, 3, "bob", 0))]).unwrap();
    assert_eq!(store.snapshot().slot(GroupNumber(5), &user("bob")).unwrap(), Some(Slot(0)));
    let membership = store.snapshot().membership(&app("a"), &user("bob"), GroupNumber(5)).unwrap().unwrap();
    assert_eq!((membership.slot, membership.joined_at, membership.version), (Slot(0), Timestamp(1_003), 3));
}

pub fn a_user_sees_the_own_memberships_only<S: Storage>(store: &Arc<S>) {
    let steps = [("a", "b", 1), ("a", "b", 256), ("a", "b", 2), ("a", "bc", 3), ("ab", "c", 4), ("ab", "b", 5)];
    for (of, who, number) in steps {
        store.commit(&[in_app(of, joined(number, 1, who, 0))]).unwrap();
    }
    let groups_of = |of: &str, who: &str| -> Vec<u64> {
        let memberships = store.snapshot().memberships(&app(of), &user(who)).unwrap();
        memberships.iter().map(|membership| membership.group.0).collect()
    };
    assert_eq!(groups_of("a", "b"), [1, 2, 256]);
    assert_eq!(groups_of("a", "bc"), [3]);
    assert_eq!(groups_of("ab", "c"), [4]);
    assert_eq!(groups_of("ab", "b"), [5]);
    assert_eq!(store.snapshot().membership(&app("a"), &user("b"), GroupNumber(3)).unwrap(), None);
}

pub fn changes_of_membership_follow_a_version<S: Storage>(store: &Arc<S>) {
    let changes = [joined(1, 1, "alice", 0), joined(1, 2, "小明", 1), left(1, 3, "alice", 0), joined(1, 4, "alice", 0)];
    store.commit(&changes.clone().map(|change| in_app("a", change))).unwrap();
    store.commit(&[in_app("a", joined(2, 1, "mallory", 0)), in_app("a", joined(0, 9, "mallory", 0))]).unwrap();
    for version in 0..=5 {
        let expected = &changes[changes.len().min(version)..];
        assert_eq!(store.snapshot().membership_changes(GroupNumber(1), version as u64).unwrap(), expected);
    }
    assert_eq!(store.snapshot().membership_changes(GroupNumber(1), u64::MAX).unwrap(), []);
}

pub fn groups_do_not_share_slots<S: Storage>(store: &Arc<S>) {
    for (number, who, slot) in [(1, "ann", 0), (256, "ben", 0), (1, "cem", 256), (1, "ann2", 1)] {
        store.commit(&[in_app("a", joined(number, u64::from(slot) + 1, who, slot))]).unwrap();
    }
    assert_eq!(store.snapshot().slot_user(GroupNumber(1), Slot(0)).unwrap(), Some(user("ann")));
    assert_eq!(store.snapshot().slot_user(GroupNumber(256), Slot(0)).unwrap(), Some(user("ben")));
    assert_eq!(store.snapshot().slot_user(GroupNumber(1), Slot(256)).unwrap(), Some(user("cem")));
    assert_eq!(store.snapshot().slot_user(GroupNumber(256), Slot(1)).unwrap(), None);
    assert_eq!(store.snapshot().slot(GroupNumber(1), &user("ann2")).unwrap(), Some(Slot(1)));
    assert_eq!(store.snapshot().slot(GroupNumber(1), &user("an")).unwrap(), None);
    assert_eq!(store.snapshot().slot(GroupNumber(256), &user("ann")).unwrap(), None);
}
