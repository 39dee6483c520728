//! What one call does is known to the next one of the same batch, though the store does not have it yet; and no more than that.

use seenby_core::Denied;

use crate::world::World;

#[test]
fn whoever_has_just_come_in_may_speak() {
    let mut world = World::with_members(["alice"]);
    world.in_one_batch(|world| {
        world.joins("bob");
        let message = world.sends_and_asks("bob", "hello");
        world.reads("alice", message).unwrap();
    });
}

#[test]
fn whoever_came_in_before_the_message_is_asked_and_whoever_came_later_is_not() {
    let mut world = World::with_members(["alice", "bob"]);
    let mut message = None;
    world.in_one_batch(|world| {
        world.joins("carol");
        message = Some(world.sends("alice", "hello"));
        world.joins("dave");
        world.asks("alice", message.unwrap()).unwrap();
    });
    assert_eq!(world.unread(message.unwrap()), ["bob", "carol"]);
}

/// Carol was in when the message was sent, and is again. Dave was not.
#[test]
fn whoever_leaves_and_returns_in_the_batch_of_the_request_is_asked() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends("alice", "hello");
    world.in_one_batch(|world| {
        world.leaves("carol");
        world.joins("dave");
        world.joins("carol");
        world.leaves("dave");
        world.leaves("carol");
        world.joins("dave");
        world.joins("carol");
        world.asks("alice", message).unwrap();
    });
    assert_eq!(world.unread(message), ["bob", "carol"]);
}

#[test]
fn what_happens_in_another_group_changes_nothing_here() {
    let mut world = World::with_members(["alice", "bob", "carol"]);
    let message = world.sends("alice", "hello");
    world.in_one_batch(|world| {
        world.leaves("carol");
        world.switches_to_app("other", ["zoe", "yan", "xu", "wim"]);
        world.leaves("yan");
        world.returns_to_app("app");
        world.asks("alice", message).unwrap();
    });
    assert_eq!(world.unread(message), ["bob"]);
}

#[test]
fn those_who_have_just_come_in_leave_with_everybody_when_the_group_is_dismissed() {
    let mut world = World::with_members(["alice"]);
    world.in_one_batch(|world| {
        world.try_joins(&["bob", "carol", "dave"]).unwrap();
        world.dismisses();
    });
    assert!(["alice", "bob", "carol", "dave"].iter().all(|name| !world.is_member(name)));
}

#[test]
fn an_app_is_known_by_its_key() {
    let mut world = World::with_members(["alice"]);
    world.in_one_batch(|world| {
        world.creates_app("one", "first").unwrap();
        assert_eq!(world.replaces_secret("two", "second"), Err(Denied::UnknownApp));
        world.creates_app("two", "third").unwrap();
    });
    assert_eq!((world.secret("one").as_deref(), world.secret("two").as_deref()), (Some("first"), Some("third")));
}

#[test]
fn a_user_is_known_by_app_and_id() {
    let mut world = World::with_members(["alice"]);
    world.in_one_batch(|world| {
        world.saves_user("alice", Some("Alice"), Some(true));
        world.saves_user("bob", Some("Bob"), None);
        world.switches_to_app("other", ["zoe"]);
        world.saves_user("alice", None, None);
        world.returns_to_app("app");
        world.saves_user("alice", None, None);
    });
    assert_eq!(world.user("alice"), Some(("Alice".into(), true)));
    assert_eq!(world.user("bob"), Some(("Bob".into(), false)));
    world.returns_to_app("other");
    assert_eq!(world.user("alice"), Some((String::new(), false)));
}

#[test]
fn a_group_of_one_takes_in_no_more_than_its_limit() {
    let mut world = World::with_limit(4, ["alice"]);
    assert_eq!(world.try_joins(&["bob", "carol", "dave", "erin"]), Err(Denied::GroupFull));
    world.try_joins(&["bob", "carol", "dave"]).unwrap();
}

#[test]
fn a_group_that_was_made_in_the_batch_is_as_good_as_any() {
    let mut world = World::with_members(["alice"]);
    let mut messages = Vec::new();
    world.in_one_batch(|world| {
        world.switches_to_app("other", ["zoe", "yan"]);
        messages = (0..3).map(|_| world.sends("zoe", "hello")).collect();
        assert_eq!(world.reads("yan", messages[0]), Err(Denied::NotRequested));
        world.asks("zoe", messages[0]).unwrap();
        world.reads("yan", messages[0]).unwrap();
        world.back_end_asks(messages[1]).unwrap();
        world.recalls("zoe", messages[2]).unwrap();
        assert_eq!(world.asks("zoe", messages[2]), Err(Denied::MessageNotFound));
    });
    assert_eq!([0, 1].map(|place| world.counts(messages[place])), [(1, 0, 0), (0, 1, 0)]);
}
