//! What a back end does in somebody's name.

use seenby_core::{Denied, Timestamp};

use crate::world::World;

#[test]
fn a_back_end_publishes_for_somebody_who_was_never_in_the_group() {
    let mut world = World::with_members(["bob", "carol"]);
    let message = world.publishes("hospital", &[]).unwrap()[0];
    assert_eq!(world.unread(message), ["bob", "carol"]);
    assert_eq!((world.member_count(), world.is_member("hospital")), (2, false));
    world.reads("bob", message).unwrap();
    assert_eq!(world.counts(message), (1, 1, 0));
    assert!(world.reads("hospital", message).is_err(), "it is not a member");
}

#[test]
fn one_who_published_before_joining_is_asked_like_anybody_who_joined_then() {
    let mut world = World::with_members(["bob"]);
    let first = world.publishes("hospital", &[]).unwrap()[0];
    world.joins("hospital");
    let second = world.sends_and_asks("bob", "hello");
    assert_eq!(world.unread(first), ["bob"]);
    assert_eq!(world.unread(second), ["hospital"]);
    world.restarts();
    world.reads("hospital", second).unwrap();
    assert_eq!(world.readers(second), ["hospital"]);
}

#[test]
fn the_audience_of_an_earlier_message_is_the_same_after_a_visit() {
    let mut world = World::with_members(["alice", "bob"]);
    let earlier = world.sends("alice", "hello");
    world.in_one_batch(|world| {
        world.publishes("hospital", &[]).unwrap();
        world.asks("alice", earlier).unwrap();
    });
    assert_eq!(world.unread(earlier), ["bob"]);
}

#[test]
fn a_message_to_several_channels_reaches_all_or_none() {
    let mut world = World::with_channels(["bob"], ["ward", "kitchen"]);
    assert_eq!(world.publishes("hospital", &["ward", "cellar"]), Err(Denied::UnknownChannel));
    assert!(world.in_channel("ward").log().is_empty());
    let sent = world.publishes("hospital", &["ward", "kitchen"]).unwrap();
    assert_eq!(world.in_channel("ward").unread(sent[0]), ["bob"]);
    assert_eq!(world.in_channel("kitchen").unread(sent[1]), ["bob"]);
}

#[test]
fn nothing_is_published_to_a_group_that_is_dismissed() {
    let mut world = World::with_members(["bob"]);
    world.dismisses();
    assert_eq!(world.publishes("bob", &[]), Err(Denied::UnknownGroup));
}

#[test]
fn a_back_end_asks_and_recalls_for_a_sender_who_has_left() {
    let mut world = World::with_members(["alice", "bob"]);
    let message = world.sends("alice", "hello");
    world.leaves("alice");
    assert!(world.asks("alice", message).is_err());
    world.back_end_asks(message).unwrap();
    world.back_end_asks(message).unwrap();
    assert_eq!(world.unread(message), ["bob"]);
    assert_eq!(world.back_end_recalls("bob", message), Err(Denied::RecallNotSender));
    assert_eq!(world.back_end_recalls("alice", message), Ok(()));
    assert_eq!(world.request(message), None);
    assert_eq!(world.back_end_asks(message), Err(Denied::MessageNotFound));
    assert_eq!(world.back_end_asks(World::uid_of_nothing()), Err(Denied::MessageNotFound));
}

#[test]
fn requests_stand_in_the_list_of_their_sender_until_they_go() {
    let mut world = World::with_channels(["alice", "bob"], ["ward", "kitchen"]);
    let ward = world.in_channel("ward").sends_and_asks("alice", "one");
    world.pass_ms(10);
    let kitchen = world.in_channel("kitchen").sends("alice", "two");
    world.asks("alice", kitchen).unwrap();
    world.asks("alice", kitchen).unwrap();
    world.pass_ms(10);
    let theirs = world.sends_and_asks("bob", "three");
    assert_eq!(world.requests_of("alice"), [kitchen, ward], "newest first, from every conversation");
    assert_eq!(world.requests_of("bob"), [theirs]);
    world.recalls("alice", kitchen).unwrap();
    world.expires(theirs);
    assert_eq!(world.requests_of("alice"), [ward]);
    assert!(world.requests_of("bob").is_empty());
}

#[test]
fn a_deleted_channel_is_gone_and_goes_on_when_it_is_made_again() {
    let mut world = World::with_channels(["alice", "bob"], ["ward"]);
    let message = world.in_channel("ward").sends_and_asks("alice", "hello");
    let entries = world.log().len();
    world.deletes_channel("ward").unwrap();
    world.deletes_channel("ward").unwrap();
    assert_eq!(world.reads("bob", message), Err(Denied::UnknownChannel));
    world.restarts();
    assert_eq!(world.publishes("alice", &["ward"]), Err(Denied::UnknownChannel));
    world.opens_channel("ward").unwrap();
    world.reads("bob", message).unwrap();
    world.sends("alice", "again");
    assert_eq!(world.log().len(), entries + 1, "the numbers that clients remember still hold");
}

#[test]
fn a_channel_can_be_deleted_and_made_again_in_one_batch() {
    let mut world = World::with_channels(["alice", "bob"], ["ward"]);
    let message = world.in_channel("ward").sends_and_asks("alice", "hello");
    world.in_one_batch(|world| {
        world.deletes_channel("ward").unwrap();
        assert_eq!(world.reads("bob", message), Err(Denied::UnknownChannel));
        world.opens_channel("ward").unwrap();
        world.deletes_channel("ward").unwrap();
        world.opens_channel("ward").unwrap();
    });
    world.reads("bob", message).unwrap();
}

#[test]
fn the_default_channel_and_plain_groups_have_nothing_to_delete() {
    let mut world = World::with_channels(["alice"], []);
    assert_eq!(world.deletes_channel("RCDefault"), Err(Denied::DefaultChannel));
    let mut world = World::with_members(["alice"]);
    assert_eq!(world.deletes_channel("ward"), Err(Denied::NoChannels));
}

#[test]
fn tokens_that_were_void_stay_void() {
    let mut world = World::with_members(["alice"]);
    world.voids_tokens("alice", Timestamp(2_000));
    world.voids_tokens("alice", Timestamp(1_000));
    world.saves_user("alice", Some("Alice"), None);
    assert_eq!(world.tokens_from("alice"), Some(Timestamp(2_000)));
}

#[test]
fn a_secret_is_replaced_for_an_app_that_there_is() {
    let mut world = World::with_members(["alice"]);
    assert_eq!(world.replaces_secret("school", "new"), Err(Denied::UnknownApp));
    world.in_one_batch(|world| {
        world.creates_app("school", "first").unwrap();
        world.replaces_secret("school", "second").unwrap();
    });
    assert_eq!(world.secret("school").as_deref(), Some("second"));
}

#[test]
fn a_key_is_there_from_its_making_until_it_is_dropped() {
    let mut world = World::with_members(["alice"]);
    world.creates_app("hospital", "secret").unwrap();
    assert_eq!(world.saves_key("one", "school"), Err(Denied::UnknownApp));
    world.saves_key("one", "hospital").unwrap();
    world.saves_key("two", "hospital").unwrap();
    world.drops_key("one");
    assert_eq!(world.keys(), ["two"]);
}
