//! Tokens that end, and those that take their place.

use std::time::Duration;

use crate::pair::{Pair, sent};
use seenby_client::{Code, ConnectError, ConnectionStatus as Status};
use seenby_protocol::frames::{Goodbye, client_frame::Call, server_frame};

/// Alice has signed in; her connection is gone, and her token has expired.
fn expired_while_away(mut alice: Pair) -> Pair {
    alice.sign_in("alice");
    alice.expire("alice");
    alice.server.is_up = false;
    alice.drop_connection();
    alice
}

#[test]
fn another_token_takes_over_while_there_is_no_connection_yet() {
    let mut alice = Pair::new();
    alice.server.is_up = false;
    let first = alice.connect("alice");
    alice.wait(Duration::from_secs(60));
    alice.server.is_up = true;
    let second = alice.connect("alice#2");
    assert_eq!(alice.connected(first), Some(Err(ConnectError::Disconnected)));
    assert_eq!(alice.connected(second), Some(Ok("alice".into())), "at once");
}

#[test]
fn another_token_takes_over_from_an_attempt_under_way() {
    let mut alice = Pair::new();
    alice.server.is_silent = true;
    let first = alice.connect("alice");
    alice.server.is_silent = false;
    let second = alice.connect("alice#2");
    assert_eq!(alice.connected(first), Some(Err(ConnectError::Disconnected)));
    assert_eq!(alice.connected(second), Some(Ok("alice".into())));
    assert_eq!(alice.attempts.len(), 2);
}

#[test]
fn another_token_is_used_after_a_lost_connection_and_calls_go_on() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.sends("1", false);
    alice.server.is_up = false;
    alice.drop_connection();
    alice.expire("alice");
    alice.server.is_up = true;
    let again = alice.connect("alice#2");
    assert_eq!(alice.connected(again), Some(Ok("alice".into())));
    alice.accept_with(sent("m1"));
    assert_eq!(alice.replied(call), Some(Code::SUCCESS));
}

#[test]
fn calls_under_way_are_not_sent_in_the_name_of_the_user_who_takes_over() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.sends("1", false);
    alice.server.is_up = false;
    alice.drop_connection();
    alice.server.is_up = true;
    let bob = alice.connect("bob");
    assert_eq!(alice.connected(bob), Some(Ok("bob".into())));
    assert_eq!(alice.replied(call), Some(Code::RESULT_UNKNOWN));
    assert!(alice.calls.is_empty());
}

#[test]
fn calls_under_way_are_not_sent_if_the_same_token_is_another_user_s_now() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.sends("1", false);
    alice.server.sign_in_as = Some("mallory".into());
    alice.drop_connection();
    alice.wait_for_connection();
    assert_eq!(alice.replied(call), Some(Code::RESULT_UNKNOWN));
    assert!(!alice.calls.iter().any(|(_, call)| matches!(call, Call::SendMessage(_))));
}

#[test]
fn the_same_token_once_more_does_not_disturb_the_attempts() {
    let mut alice = Pair::new();
    alice.server.is_up = false;
    let first = alice.connect("alice");
    let second = alice.connect("alice");
    assert_eq!(alice.connected(second), Some(Err(ConnectError::AlreadyConnected { user_id: Some("alice".into()) })));
    alice.server.is_up = true;
    alice.wait_for_connection();
    assert_eq!(alice.connected(first), Some(Ok("alice".into())));
}

#[test]
fn another_token_does_not_disturb_a_connection() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.connect("alice#2");
    assert_eq!(alice.connected(call), Some(Err(ConnectError::AlreadyConnected { user_id: Some("alice".into()) })));
    assert!(alice.is_open && alice.attempts.is_empty());
}

#[test]
fn a_token_that_has_expired_is_replaced_and_nobody_notices() {
    let mut alice = expired_while_away(Pair::renewing());
    alice.server.is_up = true;
    alice.wait_for_attempt();
    assert_eq!((alice.asked_for_tokens, alice.session.status()), (1, Status::Suspended));
    alice.wait(Duration::from_secs(600));
    assert_eq!(alice.asked_for_tokens, 1, "the answer may take its time");
    alice.gets_token(Some("alice#2"));
    assert_eq!(alice.session.status(), Status::Connected);
    assert!(alice.outcomes.is_empty());
}

#[test]
fn the_first_token_may_be_replaced_too() {
    let mut alice = Pair::renewing();
    alice.expire("alice");
    let call = alice.connect("alice");
    alice.gets_token(Some("alice#2"));
    assert_eq!(alice.connected(call), Some(Ok("alice".into())));
    assert_eq!(alice.statuses(), [Status::Connecting, Status::Suspended, Status::Connecting, Status::Connected]);
}

#[test]
fn a_goodbye_because_of_the_token_asks_for_a_newer_one() {
    let mut alice = Pair::renewing();
    alice.sign_in("alice");
    let goodbye = Goodbye { code: Code::TOKEN_EXPIRED.0, detail: String::new(), reconnect: false };
    alice.push(server_frame::Kind::Goodbye(goodbye));
    assert!(!alice.is_open);
    alice.gets_token(Some("alice#2"));
    assert_eq!(alice.session.status(), Status::Connected);
}

#[test]
fn a_newer_token_that_is_refused_as_well_ends_the_sign_in() {
    let mut alice = Pair::renewing();
    alice.expire("alice");
    alice.expire("alice#2");
    let call = alice.connect("alice");
    alice.gets_token(Some("alice#2"));
    assert_eq!(alice.connected(call).unwrap().unwrap_err().code(), Code::TOKEN_EXPIRED);
    assert_eq!((alice.asked_for_tokens, alice.session.status()), (1, Status::TokenIncorrect));
}

#[test]
fn a_token_that_was_replaced_once_may_be_replaced_again() {
    let mut alice = expired_while_away(Pair::renewing());
    alice.server.is_up = true;
    alice.wait_for_attempt();
    alice.gets_token(Some("alice#2"));
    alice.expire("alice#2");
    alice.drop_connection();
    alice.wait_for_attempt();
    assert_eq!(alice.asked_for_tokens, 2);
}

#[test]
fn without_a_newer_token_the_sign_in_ends_with_the_servers_code() {
    let mut alice = Pair::renewing();
    alice.expire("alice");
    let call = alice.connect("alice");
    alice.gets_token(None);
    assert_eq!(alice.connected(call).unwrap().unwrap_err().code(), Code::TOKEN_EXPIRED);
    assert_eq!(alice.session.status(), Status::TokenIncorrect);
    assert_eq!(alice.session.poll_timeout(), None);
}

#[test]
fn a_source_of_tokens_that_fails_is_asked_again_after_a_pause() {
    let mut alice = expired_while_away(Pair::renewing());
    alice.server.is_up = true;
    for times in 1..4 {
        alice.wait_for_attempt();
        assert_eq!(alice.asked_for_tokens, times);
        alice.gets_no_token();
        assert_eq!(alice.session.status(), Status::Suspended);
    }
    alice.wait_for_attempt();
    alice.gets_token(Some("alice#2"));
    assert_eq!(alice.session.status(), Status::Connected);
}

#[test]
fn a_newer_token_that_is_late_is_passed_over() {
    let mut alice = Pair::renewing();
    alice.expire("alice");
    let call = alice.connect("alice");
    alice.disconnect();
    assert_eq!(alice.connected(call), Some(Err(ConnectError::Disconnected)));
    alice.gets_token(Some("alice#2"));
    alice.gets_no_token();
    assert_eq!((alice.attempts.len(), alice.session.status()), (1, Status::SignedOut));
}

#[test]
fn connect_gives_up_in_time_while_a_token_is_awaited() {
    let mut alice = Pair::renewing();
    alice.expire("alice");
    let call = alice.connect_within("alice", Duration::from_secs(30));
    alice.wait(Duration::from_secs(30));
    assert_eq!(alice.connected(call), Some(Err(ConnectError::TimedOut)));
}

#[test]
fn a_user_who_is_blocked_needs_no_newer_token() {
    let mut alice = Pair::renewing();
    alice.server.sign_in_refusal =
        Some(seenby_protocol::frames::Reply { code: Code::USER_BLOCKED.0, ..Default::default() });
    let call = alice.connect("alice");
    assert_eq!(alice.connected(call).unwrap().unwrap_err().code(), Code::USER_BLOCKED);
    assert_eq!(alice.asked_for_tokens, 0);
}
