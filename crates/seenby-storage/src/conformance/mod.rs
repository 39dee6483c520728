//! The suite that every store passes: one function for each behaviour, on a fresh store.
//!
//! [`storage_conformance!`](crate::storage_conformance) turns it into tests:
//!
//! ```
//! # use seenby_storage::Memory;
//! seenby_storage::storage_conformance!(memory, (Memory::new(), ()));
//! ```
//!
//! The expression makes a store and whatever has to live as long as the store, such as its directory.
//! A behaviour is a promise of the traits; what only one store does is tested beside that store.

#![expect(clippy::unwrap_used, reason = "these are tests: a failed step is a failed test")]

pub mod apps;
pub mod commits;
pub mod conversations;
pub mod groups;
pub mod keys;
pub mod ledger;
pub mod messages;
pub mod receipts;
pub mod snapshots;
pub mod writers;

use seenby_core::group::Direction;
use seenby_core::{
    Answer, AppKey, Block, Change, ChannelId, ClientRef, ConversationName, ConversationNumber, Group, GroupId,
    GroupKind, GroupName, GroupNumber, LogEntry, LogEvent, MembershipChange, Message, MessageKey, MessageUid, Ordinal,
    ReceiptRequest, Sequence, Slot, Timestamp, UserId,
};

/// Makes a module of tests: `storage_conformance!(name, (store, guard))`.
#[macro_export]
macro_rules! storage_conformance {
    ($suite:ident, $make:expr) => {
        mod $suite {
            use super::*;

            $crate::storage_conformance!(@tests $make;
                apps: a_new_store_is_empty;
                apps: two_new_stores_have_different_names;
                apps: an_app_is_read_back_and_replaced;
                apps: a_user_is_read_back_and_replaced;
                apps: users_come_in_order_page_by_page;
                apps: apps_do_not_see_each_others_users;
                keys: a_key_is_read_back_and_replaced;
                keys: keys_come_in_order_and_go_when_dropped;
                groups: a_group_is_read_back_and_replaced;
                groups: a_name_belongs_to_an_app_and_a_kind;
                groups: groups_come_in_order_of_kind_and_id_page_by_page;
                groups: the_highest_number_is_that_of_a_group_or_a_conversation;
                groups: a_membership_lasts_from_joining_to_leaving;
                groups: a_member_who_returns_has_the_same_slot_and_a_new_place;
                groups: a_user_sees_the_own_memberships_only;
                groups: changes_of_membership_follow_a_version;
                groups: groups_do_not_share_slots;
                conversations: a_plain_group_has_one_conversation;
                conversations: each_channel_is_a_conversation;
                conversations: a_closed_conversation_is_found_as_such_until_it_is_reopened;
                conversations: a_conversation_ends_where_its_log_ends;
                conversations: the_log_is_read_in_order_from_behind_an_entry;
                conversations: the_log_position_of_a_member_is_the_last_entry_before_it_joined;
                conversations: logs_and_memberships_without_versions_go_by_time;
                conversations: conversations_do_not_share_logs;
                conversations: the_newest_entry_is_that_of_all_logs;
                messages: a_message_is_read_back_and_replaced;
                messages: messages_before_and_after_come_nearest_first;
                messages: a_client_reference_finds_its_message;
                messages: conversations_do_not_share_messages;
                messages: messages_before_a_moment_are_found_in_every_conversation;
                messages: a_dropped_message_leaves_only_its_log_entry;
                receipts: a_request_is_read_back_with_its_readers;
                receipts: a_large_scattered_audience_is_read_back;
                receipts: readers_are_read_from_any_ordinal_on;
                receipts: requests_of_a_sender_come_newest_first_page_by_page;
                receipts: times_of_answers_may_run_backwards;
                receipts: a_dropped_request_leaves_nothing;
                receipts: neighbouring_messages_do_not_share_readers;
                commits: an_empty_commit_is_fine;
                commits: the_last_sweep_is_read_back_and_replaced;
                commits: the_last_change_of_a_batch_wins;
                commits: a_request_made_and_dropped_in_one_batch_was_never_there;
                commits: readers_beside_a_commit_see_it_whole_or_not_at_all;
                snapshots: what_is_committed_later_is_not_in_a_snapshot;
                snapshots: a_commit_does_not_wait_for_a_snapshot;
                snapshots: what_is_learned_is_of_the_position_that_it_names;
                ledger: a_new_ledger_goes_on_where_the_last_one_stopped;
                ledger: one_who_left_and_came_back_answers_from_the_same_slot;
                ledger: a_recall_takes_the_receipts_along;
                ledger: channels_of_an_ultra_group_have_their_own_receipts;
                ledger: the_audience_is_found_through_stored_changes_of_membership;
                ledger: what_a_batch_has_taken_away_is_not_learned_again;
                writers: a_writer_that_was_overtaken_writes_nothing;
                writers: no_answer_of_two_writers_is_lost_or_doubled;
                writers: whoever_left_through_another_writer_is_out_at_once;
                writers: two_writers_give_no_number_twice;
            );
        }
    };
    (@tests $make:expr; $($topic:ident: $behaviour:ident;)*) => {
        $(
            #[test]
            fn $behaviour() {
                let (store, _guard) = $make;
                $crate::conformance::$topic::$behaviour(&::std::sync::Arc::new(store));
            }
        )*
    };
}

fn app(key: &str) -> AppKey {
    AppKey::new(key).unwrap()
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn plain(app_key: &str, id: &str) -> GroupName {
    GroupName { app: app(app_key), kind: GroupKind::Group, id: GroupId::new(id).unwrap() }
}

fn ultra(app_key: &str, id: &str) -> GroupName {
    GroupName { kind: GroupKind::UltraGroup, ..plain(app_key, id) }
}

fn channel(group: &GroupName, id: &str) -> ConversationName {
    ConversationName::new(group.clone(), Some(ChannelId::new(id).unwrap()))
}

fn group(number: u64, name: GroupName) -> Group {
    Group::new(GroupNumber(number), name, "a group".to_owned(), Timestamp(1))
}

fn step(group: u64, version: u64, who: &str, slot: u32, direction: Direction) -> MembershipChange {
    let (group, user, slot) = (GroupNumber(group), user(who), Slot(slot));
    MembershipChange { group, version, user, slot, direction, at: Timestamp(1_000 + version) }
}

fn joined(group: u64, version: u64, who: &str, slot: u32) -> MembershipChange {
    step(group, version, who, slot, Direction::Joined)
}

fn left(group: u64, version: u64, who: &str, slot: u32) -> MembershipChange {
    step(group, version, who, slot, Direction::Left)
}

fn in_app(app_key: &str, change: MembershipChange) -> Change {
    Change::MembershipChanged(app(app_key), change)
}

fn opened(number: u64, group: u64, name: &ConversationName) -> Change {
    Change::ConversationCreated { number: ConversationNumber(number), group: GroupNumber(group), name: name.clone() }
}

/// The ids of consecutive numbers differ in their last bytes, so that sloppy prefixes are found out.
fn uid(number: u64) -> MessageUid {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    MessageUid::from_bytes(bytes)
}

fn key(conversation: u64, number: u64) -> MessageKey {
    MessageKey { conversation: ConversationNumber(conversation), uid: uid(number) }
}

fn message(conversation: u64, number: u64) -> Message {
    Message {
        key: key(conversation, number),
        group: GroupNumber(1),
        sequence: Sequence(number),
        sender: user("alice"),
        sender_slot: Slot(0),
        sent_at: Timestamp(1_000 + number),
        client_ref: ClientRef::new(&format!("ref-{number}")).unwrap(),
        group_version: 3,
        content: vec![0, 0xff, number as u8],
        recalled_at: None,
        hidden_from_sender: number.is_multiple_of(2),
    }
}

fn logged(conversation: u64, sequence: u64, at: u64) -> Change {
    Change::Logged(ConversationNumber(conversation), entry(sequence, at))
}

fn entry(sequence: u64, at: u64) -> LogEntry {
    LogEntry { sequence: Sequence(sequence), at: Timestamp(at), event: LogEvent::Sent(uid(sequence)), group_version: 1 }
}

fn request(key: MessageKey, audience: impl IntoIterator<Item = u32>) -> ReceiptRequest {
    ReceiptRequest::new(key, user("alice"), Timestamp(5_000), audience.into_iter().collect())
}

fn answers(slots_and_times: &[(u32, u64)]) -> Vec<Answer> {
    slots_and_times.iter().map(|&(slot, at)| Answer { slot: Slot(slot), at: Timestamp(at) }).collect()
}

fn block(key: MessageKey, first_ordinal: Ordinal, slots_and_times: &[(u32, u64)]) -> Change {
    Change::BlockAdded(Block { key, first_ordinal, answers: answers(slots_and_times) })
}

#[cfg(test)]
mod tests {
    /// A behaviour that is not in the macro's list would never run.
    #[test]
    fn every_behaviour_is_in_the_list() {
        let list = include_str!("mod.rs");
        let topics = [
            ("apps", include_str!("apps.rs")),
            ("keys", include_str!("keys.rs")),
            ("groups", include_str!("groups.rs")),
            ("conversations", include_str!("conversations.rs")),
            ("messages", include_str!("messages.rs")),
            ("receipts", include_str!("receipts.rs")),
            ("commits", include_str!("commits.rs")),
            ("snapshots", include_str!("snapshots.rs")),
            ("ledger", include_str!("ledger.rs")),
            ("writers", include_str!("writers.rs")),
        ];
        for (topic, source) in topics {
            for function in source.split("\npub fn ").skip(1) {
                let behaviour = function.split(['<', '(']).next().unwrap();
                assert!(list.contains(&format!(" {topic}: {behaviour};")), "{topic}: {behaviour}");
            }
        }
    }
}
