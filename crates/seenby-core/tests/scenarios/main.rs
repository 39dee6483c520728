//! The rules of receipts, told as scenarios with virtual time on an in-memory store.

#![expect(clippy::unwrap_used, reason = "a scenario that cannot be set up has failed")]

mod back_end;
mod needs;
mod one_batch;
mod world;

use seenby_core::{Denied, GroupKind};
use world::World;

const NOT_MEMBER: Denied = Denied::NotMember(GroupKind::Group);

#[test]
fn the_sender_sees_who_has_read_and_who_has_not() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends("alice", "the lift is broken");
    world.asks("alice", message).unwrap();
    assert_eq!(world.counts(message), (0, 2, 0));
    world.reads("bob", message).unwrap();
    assert_eq!(world.readers(message), ["bob"]);
    assert_eq!(world.unread(message), ["carol"]);
    world.reads("carol", message).unwrap();
    assert_eq!(world.counts(message), (2, 0, 0));
}

#[test]
fn a_resent_answer_is_counted_once_and_told_to_nobody() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends("alice", "hello");
    world.asks("alice", message).unwrap();
    world.reads("bob", message).unwrap();
    let told = world.notices();
    let first_time = world.reading_time("bob", message);
    for _ in 0..3 {
        world.pass_ms(1_000);
        world.reads("bob", message).unwrap();
    }
    assert_eq!(world.readers(message), ["bob"]);
    assert_eq!(world.reading_time("bob", message), first_time);
    assert_eq!(world.notices(), told);
}

#[test]
fn two_answers_of_one_member_in_one_batch_count_once() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends("alice", "hello");
    world.asks("alice", message).unwrap();
    world.in_one_batch(|world| {
        world.reads("bob", message).unwrap();
        world.reads("bob", message).unwrap();
    });
    assert_eq!(world.readers(message), ["bob"]);
}

#[test]
fn asking_twice_changes_nothing_and_tells_nobody() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends("alice", "hello");
    world.asks("alice", message).unwrap();
    world.reads("bob", message).unwrap();
    let (told, log) = (world.notices(), world.log());
    world.asks("alice", message).unwrap();
    assert_eq!((world.notices(), world.log()), (told, log));
    assert_eq!(world.readers(message), ["bob"]);
}

#[test]
fn only_the_sender_asks() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends("alice", "hello");
    assert_eq!(world.asks("bob", message), Err(Denied::NotSender));
    assert_eq!(world.asks("mallory", message), Err(NOT_MEMBER));
    world.leaves("alice");
    assert_eq!(world.asks("alice", message), Err(NOT_MEMBER));
}

#[test]
fn asking_while_sending_is_the_same_as_asking_afterwards() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends_and_asks("alice", "hello");
    world.reads("bob", message).unwrap();
    assert_eq!(world.counts(message), (1, 0, 0));
}

#[test]
fn the_sender_does_not_answer_itself() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends_and_asks("alice", "hello");
    assert_eq!(world.reads("alice", message), Err(Denied::NotInAudience));
}

#[test]
fn whoever_joins_after_the_message_is_not_asked() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends("alice", "hello");
    world.joins("dave");
    world.asks("alice", message).unwrap();
    assert_eq!(world.counts(message), (0, 1, 0));
    assert_eq!(world.reads("dave", message), Err(Denied::NotInAudience));
}

#[test]
fn changes_of_membership_count_within_their_own_batch() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends("alice", "hello");
    world.in_one_batch(|world| {
        world.joins("dave");
        world.leaves("carol");
        world.asks("alice", message).unwrap();
    });
    assert_eq!(world.unread(message), ["bob"]);
}

#[test]
fn whoever_left_before_the_request_is_not_asked() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends("alice", "hello");
    world.leaves("carol");
    world.asks("alice", message).unwrap();
    assert_eq!(world.counts(message), (0, 1, 0));
}

#[test]
fn whoever_left_and_came_back_before_the_request_is_asked() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends("alice", "hello");
    world.leaves("bob");
    world.joins("bob");
    world.asks("alice", message).unwrap();
    assert_eq!(world.unread(message), ["bob"]);
}

#[test]
fn a_member_who_leaves_is_listed_as_left_and_counts_again_when_it_returns() {
    let mut world = World::with_members(["alice", "bob", "carol", "dave"]);
    let message = world.sends_and_asks("alice", "hello");
    world.reads("bob", message).unwrap();
    assert_eq!(world.counts(message), (1, 2, 0));

    world.leaves("carol");
    assert_eq!(world.counts(message), (1, 1, 1));
    assert_eq!(world.left(message), ["carol"]);
    assert_eq!(world.reads("carol", message), Err(NOT_MEMBER));

    world.reads("dave", message).unwrap();
    assert_eq!(world.counts(message), (2, 0, 1), "everybody who is there has read");

    world.joins("carol");
    assert_eq!(world.counts(message), (2, 1, 0));
    world.reads("carol", message).unwrap();
    assert_eq!(world.counts(message), (3, 0, 0));
}

#[test]
fn a_reader_who_leaves_stays_a_reader() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends_and_asks("alice", "hello");
    world.reads("bob", message).unwrap();
    world.leaves("bob");
    assert_eq!(world.counts(message), (1, 1, 0));
}

#[test]
fn a_message_nobody_asked_about_does_not_spoil_the_others() {
    let mut world = World::with_members(["alice", "bob"]);
    let (asked, silent) = (world.sends_and_asks("alice", "one"), world.sends("alice", "two"));
    let unknown = World::uid_of_nothing();
    let outcomes = world.reads_all("bob", &[silent, asked, unknown]).unwrap();
    assert_eq!(outcomes, [Err(Denied::NotRequested), Ok(()), Err(Denied::MessageNotFound)]);
    assert_eq!(world.readers(asked), ["bob"]);
}

#[test]
fn what_is_no_message_id_has_its_outcome_in_its_place() {
    let mut world = World::with_members(["alice", "bob"]);
    let (one, two) = (world.sends_and_asks("alice", "one"), world.sends_and_asks("alice", "two"));
    let outcomes = world.reads_all("bob", &[Some(one), None, Some(two), None]).unwrap();
    assert_eq!(outcomes, [Ok(()), Err(Denied::InvalidUid), Ok(()), Err(Denied::InvalidUid)]);
    assert_eq!((world.readers(one), world.readers(two)), (vec!["bob".into()], vec!["bob".into()]));
}

#[test]
fn a_recalled_message_has_no_receipts() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends_and_asks("alice", "hello");
    world.reads("bob", message).unwrap();
    assert_eq!(world.recalls("bob", message), Err(Denied::RecallNotSender));
    world.recalls("alice", message).unwrap();
    world.recalls("alice", message).unwrap();
    assert_eq!(world.reads("carol", message), Err(Denied::MessageNotFound));
    assert_eq!(world.asks("alice", message), Err(Denied::MessageNotFound));
    assert!(world.request(message).is_none());
}

#[test]
fn a_recall_holds_within_its_own_batch() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends_and_asks("alice", "hello");
    world.in_one_batch(|world| {
        world.reads("bob", message).unwrap();
        world.recalls("alice", message).unwrap();
        assert_eq!(world.reads("bob", message), Err(Denied::MessageNotFound));
    });
    assert!(world.request(message).is_none());
}

#[test]
fn a_message_sent_twice_under_one_reference_is_one_message() {
    let mut world = World::with_members(["alice", "bob"]);
    let first = world.sends_as("alice", "ref-1", "hello");
    assert_eq!(world.sends_as("alice", "ref-1", "hello again"), first);
    assert_ne!(world.sends_as("bob", "ref-1", "hello"), first, "references are the sender's own");
    world.in_one_batch(|world| {
        let second = world.sends_as("alice", "ref-2", "x");
        assert_eq!(world.sends_as("alice", "ref-2", "x"), second);
    });
    assert_eq!(world.log().len(), 3);
}

#[test]
fn an_old_message_goes_with_its_receipts() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let old = world.sends_and_asks("alice", "old");
    world.reads("bob", old).unwrap();
    let young = world.sends_and_asks("alice", "young");
    world.in_one_batch(|world| {
        world.reads("carol", old).unwrap();
        world.expires(old);
        assert_eq!(world.reads("carol", old), Err(Denied::MessageNotFound));
    });
    assert!(world.request(old).is_none());
    assert_eq!(world.reads("carol", old), Err(Denied::MessageNotFound));
    assert_eq!(world.asks("alice", old), Err(Denied::MessageNotFound));
    world.reads("bob", young).unwrap();
    assert_eq!(world.readers(young), ["bob"]);
    world.restarts();
    assert!(world.sends("alice", "next") > young, "the log goes on");
}

#[test]
fn what_a_recalled_message_said_is_no_longer_stored() {
    let mut world = World::with_members(["alice", "bob"]);
    let (asked, silent) = (world.sends_and_asks("alice", "a secret"), world.sends("alice", "another"));
    for message in [asked, silent] {
        assert!(!world.content(message).is_empty());
        world.recalls("alice", message).unwrap();
        assert_eq!(world.content(message), b"");
    }
}

#[test]
fn a_clock_that_runs_backwards_changes_no_order() {
    let mut world = World::with_members(["alice", "bob"]);
    let first = world.sends_and_asks("alice", "one");
    world.set_clock_back_ms(1_000_000);
    let second = world.sends("alice", "two");
    assert!(second > first);
    world.asks("alice", second).unwrap();
    assert!(world.log().is_sorted_by(|a, b| a.sequence < b.sequence && a.at <= b.at));
}

/// It stands behind what the log had, and before what came later: a message, a request, a recall.
#[test]
fn whoever_joins_stands_at_the_end_of_the_log_whatever_the_clock_does() {
    const HOUR_MS: u64 = 3_600_000;
    let moves: [fn(&mut World); 3] =
        [|world| world.pass_ms(HOUR_MS), |world| world.set_clock_back_ms(HOUR_MS), |world| world.restarts()];
    for (first, second) in (0..9).map(|both| (moves[both / 3], moves[both % 3])) {
        let mut world = World::with_members(["alice", "bob"]);
        world.pass_ms(2 * HOUR_MS);
        let before = world.sends_and_asks("alice", "before");
        first(&mut world);
        world.joins("carol");
        second(&mut world);
        let after = world.sends("alice", "after");
        world.asks("alice", after).unwrap();
        world.recalls("alice", before).unwrap();
        assert_eq!(world.logged_since_joining("carol"), [3, 4, 5]);
        assert_eq!(world.unread(after), ["bob", "carol"]);
        world.leaves("carol");
        first(&mut world);
        world.joins("carol");
        second(&mut world);
        world.sends("alice", "last");
        assert_eq!(world.logged_since_joining("carol"), [6]);
    }
}

/// All in one batch, and in a channel each.
#[test]
fn whoever_joins_stands_at_the_end_of_every_channel() {
    let mut world = World::with_channels(["alice"], ["ward", "kitchen"]);
    world.in_one_batch(|world| {
        world.in_channel("ward").sends("alice", "one");
        world.in_channel("kitchen").sends("alice", "one");
        world.joins("carol");
        world.in_channel("ward").sends("alice", "two");
    });
    assert_eq!(world.in_channel("ward").logged_since_joining("carol"), [2]);
    assert_eq!(world.in_channel("kitchen").logged_since_joining("carol"), [0; 0]);
}

#[test]
fn a_group_takes_in_no_more_than_its_limit() {
    let mut world = World::with_limit(3, ["alice", "bob"]);
    assert_eq!(world.try_joins(&["carol", "dave"]), Err(Denied::GroupFull));
    assert_eq!(world.member_count(), 2, "nobody of a call that is too large comes in");
    world.try_joins(&["carol", "carol", "bob"]).unwrap();
    assert_eq!(world.member_count(), 3);
}

#[test]
fn a_dismissed_group_is_closed() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends_and_asks("alice", "hello");
    world.dismisses();
    assert_eq!(world.reads("bob", message), Err(NOT_MEMBER));
    assert_eq!(world.try_joins(&["bob"]), Err(Denied::UnknownGroup));
    assert_eq!(world.member_count(), 0);
}

#[test]
fn a_new_ledger_on_the_same_store_goes_on_where_the_old_one_ended() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends_and_asks("alice", "hello");
    world.reads("bob", message).unwrap();
    world.restarts();
    world.reads("bob", message).unwrap();
    world.reads("carol", message).unwrap();
    assert_eq!(world.readers(message), ["bob", "carol"]);
    let next = world.sends("alice", "again");
    assert!(next > message);
}

#[test]
fn channels_of_an_ultra_group_do_not_mix() {
    let mut world = World::with_channels(["alice", "bob"], ["ward", "kitchen"]);
    let ward = world.in_channel("ward").sends_and_asks("alice", "round at nine");
    let outcome = world.in_channel("kitchen").reads("bob", ward);
    assert_eq!(outcome, Err(Denied::MessageNotFound));
    world.in_channel("ward").reads("bob", ward).unwrap();
    assert_eq!(world.in_channel("ward").readers(ward), ["bob"]);
    assert_eq!(world.in_channel("cellar").reads("bob", ward), Err(Denied::UnknownChannel));
    assert_eq!(world.in_channel("ward").reads("eve", ward), Err(Denied::NotMember(GroupKind::UltraGroup)));
}

#[test]
fn a_change_of_name_leaves_a_blocked_user_blocked() {
    let mut world = World::with_members(["alice"]);
    world.in_one_batch(|world| {
        world.saves_user("alice", None, Some(true));
        world.saves_user("alice", Some("Alice"), None);
    });
    assert_eq!(world.user("alice"), Some(("Alice".to_owned(), true)));
    world.saves_user("alice", None, Some(false));
    assert_eq!(world.user("alice"), Some(("Alice".to_owned(), false)));
}

#[test]
fn an_app_is_made_once() {
    let mut world = World::with_members(["alice"]);
    world.in_one_batch(|world| {
        assert_eq!(world.creates_app("school", "first"), Ok(()));
        assert_eq!(world.creates_app("school", "second"), Err(Denied::AppExists));
    });
    assert_eq!(world.creates_app("school", "third"), Err(Denied::AppExists));
    assert_eq!(world.secret("school").as_deref(), Some("first"));
}

#[test]
fn channels_belong_to_ultra_groups_that_are_alive() {
    let mut world = World::with_members(["alice"]);
    assert_eq!(world.opens_channel("ward"), Err(Denied::NoChannels));
    let mut world = World::with_channels(["alice"], ["ward"]);
    world.dismisses();
    assert_eq!(world.opens_channel("kitchen"), Err(Denied::UnknownGroup));
}

#[test]
fn apps_with_equal_ids_do_not_see_each_other() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends_and_asks("alice", "hello");
    world.switches_to_app("other", ["alice", "bob"]);
    assert_eq!(world.reads("bob", message), Err(Denied::MessageNotFound));
    assert_eq!(world.asks("alice", message), Err(Denied::MessageNotFound));
}

#[test]
fn a_group_made_after_a_restart_is_another_one() {
    let mut world = World::with_members(["alice", "bob"]);
    world.restarts();
    world.switches_to_app("other", ["zoe"]);
    assert_eq!((world.member_count(), world.is_member("alice")), (1, false));
    world.returns_to_app("app");
    assert_eq!((world.member_count(), world.is_member("alice")), (2, true));
}
