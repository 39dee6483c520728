//! Answers: kept, sent, resent, and settled exactly once.

use std::time::Duration;

use crate::pair::{Pair, group, requested};
use seenby_client::{Code, ConnectionStatus, Conversation, Event, ResponseError};
use seenby_protocol::frames::{self, Reply, client_frame::Call, server_frame};

const OK: Code = Code::SUCCESS;

#[test]
fn an_answer_is_settled_by_the_server() {
    let mut bob = Pair::signed_in("bob");
    let call = bob.answers(&["m1", "m2"]);
    assert_eq!(bob.answered(call), None);
    bob.accept_answers(&[OK, OK]);
    let response = bob.answered(call).unwrap().unwrap();
    assert_eq!(response.conversation, group());
    assert_eq!(response.results.iter().map(|result| &*result.message_uid).collect::<Vec<_>>(), ["m1", "m2"]);
}

#[test]
fn the_code_is_the_first_bad_one_and_each_message_has_its_own() {
    let mut bob = Pair::signed_in("bob");
    let call = bob.answers(&["m1", "m2", "m3"]);
    bob.accept_answers(&[OK, Code::RECEIPT_NOT_REQUESTED, Code::NOT_IN_AUDIENCE]);
    let Some(Err(ResponseError::Refused(response))) = bob.answered(call) else { panic!("not refused") };
    assert_eq!(response.code(), Code::RECEIPT_NOT_REQUESTED);
    let codes: Vec<_> = response.results.iter().map(|result| result.code).collect();
    assert_eq!(codes, [OK, Code::RECEIPT_NOT_REQUESTED, Code::NOT_IN_AUDIENCE]);
}

#[test]
fn a_refusal_of_the_whole_frame_is_the_code_of_each_message() {
    let mut bob = Pair::signed_in("bob");
    let call = bob.answers(&["m1", "m2"]);
    bob.refuse(Code::NOT_IN_GROUP);
    let Some(Err(ResponseError::Refused(response))) = bob.answered(call) else { panic!("not refused") };
    assert!(response.results.iter().all(|result| result.code == Code::NOT_IN_GROUP));
}

#[test]
fn a_long_answer_is_split_and_still_has_one_result() {
    let mut bob = Pair::new();
    bob.server.answers_per_frame_max = 2;
    bob.sign_in("bob");
    let call = bob.answers(&["m1", "m2", "m3"]);
    assert_eq!(bob.calls.len(), 2);
    bob.accept_answers(&[OK, OK]);
    assert_eq!(bob.answered(call), None);
    assert_eq!(bob.answered_uids(), ["m3"]);
    bob.accept_answers(&[OK]);
    assert_eq!(bob.answered(call).unwrap().unwrap().results.len(), 3);
}

#[test]
fn answers_given_offline_are_sent_after_reconnecting_in_one_frame() {
    let mut bob = Pair::signed_in("bob");
    bob.server.is_up = false;
    bob.drop_connection();
    let first = bob.answers(&["m1"]);
    let second = bob.answers(&["m2"]);
    let elsewhere = bob.answers_in(Conversation::ultra_group("u", None), &["m3"]);
    assert_eq!(bob.memory("bob").answers.len(), 3, "kept before they are sent");

    bob.server.is_up = true;
    bob.wait_for_connection();
    assert_eq!(bob.calls.len(), 2);
    assert_eq!(bob.answered_uids(), ["m1", "m2"]);
    bob.accept_answers(&[OK, OK]);
    bob.accept_answers(&[OK]);
    for call in [first, second, elsewhere] {
        assert!(bob.answered(call).unwrap().is_ok());
    }
    assert!(bob.memory("bob").answers.is_empty());
}

#[test]
fn an_answer_is_resent_until_it_is_replied_to_and_told_once() {
    let mut bob = Pair::signed_in("bob");
    let call = bob.answers(&["m1"]);
    for _ in 0..3 {
        bob.drop_connection();
        bob.wait_for_connection();
        assert_eq!(bob.answered_uids(), ["m1"]);
    }
    let reply_to = bob.calls[0].0;
    bob.accept_answers(&[OK]);
    assert!(bob.answered(call).is_some());
    // The same reply once more is to no call.
    bob.reply(Reply { call_id: reply_to, ..Default::default() });
    assert_eq!(bob.answered(call), None);
}

#[test]
fn an_answer_whose_reply_does_not_come_is_sent_again() {
    let mut bob = Pair::signed_in("bob");
    let call = bob.answers(&["m1"]);
    bob.calls.clear();
    bob.wait(Duration::from_secs(60));
    assert_eq!(bob.answered_uids(), ["m1"]);
    bob.accept_answers(&[OK]);
    assert!(bob.answered(call).unwrap().is_ok());
}

#[test]
fn a_server_that_cannot_now_is_asked_again_later() {
    for code in [Code::REQUEST_OVER_FREQUENCY, Code::STORE_UNAVAILABLE, Code::SHUTTING_DOWN, Code::TOO_BUSY] {
        let mut bob = Pair::signed_in("bob");
        let call = bob.answers(&["m1"]);
        bob.refuse_until(code, 3_000);
        bob.wait(Duration::from_millis(2_999));
        assert!(bob.calls.is_empty(), "{code}: too early");
        assert_eq!(bob.answered(call), None, "{code} is not final");
        bob.wait(Duration::from_millis(600));
        assert_eq!(bob.answered_uids(), ["m1"]);
        bob.accept_answers(&[OK]);
        assert!(bob.answered(call).unwrap().is_ok());
    }
}

#[test]
fn a_server_cannot_ask_for_more_than_five_minutes() {
    let mut bob = Pair::signed_in("bob");
    bob.answers(&["m1"]);
    bob.refuse_until(Code::TOO_BUSY, u32::MAX);
    bob.wait(Duration::from_secs(299));
    assert!(bob.calls.is_empty());
    bob.wait(Duration::from_secs(1));
    assert_eq!(bob.answered_uids(), ["m1"]);
}

#[test]
fn waits_for_a_busy_server_grow_until_it_has_settled_something() {
    let mut bob = Pair::signed_in("bob");
    bob.answers(&["m1"]);
    let waits_twice_as_long = |bob: &mut Pair, ceilings: &[u64]| {
        for ceiling in ceilings {
            bob.refuse(Code::TOO_BUSY);
            let wait = bob.session.poll_timeout().unwrap() - bob.now;
            assert!(wait < Duration::from_millis(*ceiling), "{wait:?}");
            bob.wait(wait);
        }
    };
    waits_twice_as_long(&mut bob, &[500, 1_000, 2_000, 4_000]);
    bob.accept_answers(&[OK]);
    bob.answers(&["m2"]);
    waits_twice_as_long(&mut bob, &[500]);
    assert_eq!(bob.answered_uids(), ["m2"]);
}

#[test]
fn a_request_stays_for_a_user_who_may_come_back_into_the_group() {
    let mut bob = Pair::signed_in("bob");
    for (code, remembered) in [(Code::NOT_IN_GROUP, 1), (Code::NOT_IN_ULTRA_GROUP, 1), (Code::NOT_IN_AUDIENCE, 0)] {
        bob.log(1, vec![requested("alice", "m1")]);
        bob.answers(&["m1"]);
        bob.refuse(code);
        assert_eq!(bob.memory("bob").unanswered.len(), remembered, "{code}");
    }
}

#[test]
fn only_the_messages_that_could_not_be_settled_are_sent_again() {
    let mut bob = Pair::signed_in("bob");
    let call = bob.answers(&["m1", "m2", "m3"]);
    bob.accept_answers(&[OK, Code::STORE_UNAVAILABLE, Code::NOT_IN_AUDIENCE]);
    bob.wait(Duration::from_secs(1));
    assert_eq!(bob.answered_uids(), ["m2"]);
    bob.accept_answers(&[OK]);
    assert_eq!(bob.answered(call).unwrap().unwrap_err().code(), Code::NOT_IN_AUDIENCE);
}

#[test]
fn while_frames_await_their_reply_later_answers_gather() {
    let mut bob = Pair::signed_in("bob");
    for uid in ["m1", "m2", "m3", "m4", "m5", "m6"] {
        bob.answers(&[uid]);
    }
    assert_eq!(bob.calls.len(), 4);
    bob.accept_answers(&[OK]);
    assert_eq!(bob.calls.len(), 4);
    assert_eq!(bob.calls.pop_back().map(|(_, call)| uids_of(&call)), Some(vec!["m5".to_owned(), "m6".to_owned()]));
}

#[test]
fn a_busy_conversation_does_not_starve_the_others() {
    let mut bob = Pair::new();
    bob.server.answers_per_frame_max = 1;
    bob.sign_in("bob");
    bob.answers(&["m1", "m2", "m3", "m4", "m5", "m6", "m7"]);
    bob.answers_in(Conversation::ultra_group("u", None), &["u1", "u2"]);
    let mut sent = Vec::new();
    while !bob.calls.is_empty() {
        sent.extend(bob.answered_uids());
        bob.accept_answers(&[OK]);
    }
    assert_eq!(sent, ["m1", "m2", "m3", "m4", "m5", "u1", "m6", "u2", "m7"]);
}

#[test]
fn a_conversation_whose_answers_must_be_sent_again_has_the_first_turn() {
    let mut bob = Pair::signed_in("bob");
    bob.answers(&["m1"]);
    bob.answers_in(Conversation::ultra_group("u", None), &["u1"]);
    bob.refuse_until(Code::TOO_BUSY, 3_000);
    bob.refuse_until(Code::TOO_BUSY, 3_000);
    bob.wait(Duration::from_secs(5));
    assert_eq!(bob.answered_uids(), ["u1"]);
}

#[test]
fn after_a_restart_kept_answers_are_sent_and_told_as_an_event() {
    let mut bob = Pair::signed_in("bob");
    bob.server.is_up = false;
    bob.drop_connection();
    bob.answers(&["m1", "m2"]);
    bob.restart();
    bob.server.is_up = true;
    bob.sign_in("bob");
    assert_eq!(bob.answered_uids(), ["m1", "m2"]);
    bob.accept_answers(&[OK, Code::RECEIPT_NOT_REQUESTED]);
    let events = bob.takes_events();
    let [Event::GroupReadReceiptResponseSent { code, response }] = &*events else { panic!("{events:?}") };
    assert_eq!((*code, response.results.len()), (Code::RECEIPT_NOT_REQUESTED, 2));
    assert!(bob.outcomes.is_empty());
    assert!(bob.memory("bob").answers.is_empty());
}

#[test]
fn signing_out_keeps_answers_for_the_next_time() {
    let mut bob = Pair::signed_in("bob");
    let sent = bob.answers(&["m1"]);
    bob.disconnect();
    let offline = bob.answers(&["m2"]);
    bob.sign_in("bob");
    assert_eq!(bob.answered_uids(), ["m1", "m2"]);
    bob.accept_answers(&[OK, OK]);
    assert!(bob.answered(sent).is_some() && bob.answered(offline).is_some());
}

#[test]
fn one_users_answers_are_never_sent_for_another() {
    let mut device = Pair::signed_in("bob");
    let of_bob = device.answers(&["m1"]);
    device.disconnect();
    device.sign_in("eve");
    assert!(device.calls.is_empty(), "eve answers for nothing");
    let of_eve = device.answers(&["m9"]);
    device.accept_answers(&[OK]);
    assert!(device.answered(of_eve).unwrap().is_ok());
    assert!(device.memory("eve").answers.is_empty());
    device.disconnect();

    device.sign_in("bob");
    assert_eq!(device.answered_uids(), ["m1"]);
    device.accept_answers(&[OK]);
    assert!(device.answered(of_bob).unwrap().is_ok(), "and who waited is told after all");
}

#[test]
fn an_answer_given_while_another_user_signs_in_is_that_user_s() {
    let mut device = Pair::signed_in("bob");
    device.disconnect();
    device.server.is_up = false;
    device.connect("eve");
    device.answers(&["m1"]);
    device.server.is_up = true;
    device.wait_for_connection();
    assert_eq!(device.answered_uids(), ["m1"]);
    assert_eq!((device.memory("bob").answers.len(), device.memory("eve").answers.len()), (0, 1));
}

#[test]
fn a_token_that_turns_out_to_be_another_user_s_sends_nothing_of_the_first() {
    let mut device = Pair::signed_in("bob");
    device.server.is_up = false;
    device.drop_connection();
    device.answers(&["m1"]);
    device.server.sign_in_as = Some("eve".into());
    device.server.is_up = true;
    device.wait_for_connection();
    assert!(device.calls.is_empty());
    assert_eq!((device.memory("bob").answers.len(), device.memory("eve").answers.len()), (1, 0));
}

#[test]
fn an_answer_refused_here_and_accepted_elsewhere_is_told() {
    let mut bob = Pair::signed_in("bob");
    bob.answers(&["m1"]);
    bob.refuse(Code::NOT_IN_GROUP);
    bob.push(server_frame::Kind::ReceiptsAnswered(frames::ReceiptsAnswered {
        conversation: crate::pair::wire(),
        message_uids: vec!["m1".into()],
    }));
    assert_eq!(bob.takes_events().len(), 1);
}

#[test]
fn a_request_that_comes_while_the_message_is_answered_is_told_if_the_answer_was_too_early() {
    let mut bob = Pair::signed_in("bob");
    bob.answers(&["m1", "m2"]);
    bob.log(2, vec![requested("alice", "m1"), requested("alice", "m2")]);
    bob.accept_answers(&[Code::RECEIPT_NOT_REQUESTED, OK]);
    let told = bob.takes_events();
    assert!(
        matches!(&*told, [Event::GroupMessageReadReceiptRequestReceived { message_uid, .. }] if message_uid == "m1"),
        "{told:?}"
    );
    assert_eq!(bob.memory("bob").unanswered.len(), 1);
}

#[test]
fn an_answer_accepted_elsewhere_while_it_is_refused_here_is_told() {
    let mut bob = Pair::signed_in("bob");
    bob.log(1, vec![requested("alice", "m1")]);
    bob.takes_events();
    bob.answers(&["m1"]);
    let message_uids = vec!["m1".to_owned()];
    bob.push(server_frame::Kind::ReceiptsAnswered(frames::ReceiptsAnswered {
        conversation: crate::pair::wire(),
        message_uids: message_uids.clone(),
    }));
    bob.refuse(Code::NOT_IN_GROUP);
    assert_eq!(bob.takes_events(), [Event::ReceiptsAnswered { conversation: group(), message_uids }]);
    assert!(bob.memory("bob").unanswered.is_empty());
}

#[test]
fn a_new_connection_says_what_is_asked_about_messages_that_are_still_being_answered() {
    let mut bob = Pair::signed_in("bob");
    bob.answers(&["m1"]);
    bob.log(1, vec![requested("alice", "m1")]);
    bob.drop_connection();
    bob.wait_for_connection();
    let known: Vec<_> = bob.resumes.last().unwrap().receipts.iter().map(|known| &*known.message_uid).collect();
    assert_eq!(known, ["m1"]);
}

#[test]
fn what_one_user_did_says_nothing_of_another() {
    let mut device = Pair::signed_in("bob");
    device.answers(&["m1"]);
    device.accept_answers(&[OK]);
    device.disconnect();
    device.sign_in("eve");
    device.log(1, vec![requested("alice", "m1")]);
    assert_eq!(device.takes_events().len(), 1, "eve has not answered");
}

#[test]
fn a_fresh_token_of_the_same_user_sends_what_was_kept() {
    let mut bob = Pair::signed_in("bob");
    let call = bob.answers(&["m1"]);
    bob.disconnect();
    bob.connect("bob#2");
    assert_eq!(bob.answered_uids(), ["m1"]);
    bob.accept_answers(&[OK]);
    assert!(bob.answered(call).is_some());
    assert!(bob.takes_events().iter().all(|event| matches!(event, Event::ConnectionStatusChanged { .. })));
}

#[test]
fn an_answer_given_before_the_first_sign_in_is_kept_at_once() {
    let mut bob = Pair::new();
    bob.server.is_up = false;
    bob.connect("bob");
    let call = bob.answers(&["m1"]);
    assert!(bob.kept.contains(&call));
    assert_eq!(bob.memory("bob").answers.len(), 1);
    bob.restart();
    bob.server.is_up = true;
    bob.sign_in("bob#2");
    assert_eq!(bob.answered_uids(), ["m1"]);
    bob.accept_answers(&[OK]);
    assert!(bob.memory("bob").answers.is_empty());
}

#[test]
fn an_answer_given_before_the_first_sign_in_comes_behind_those_of_the_last_run() {
    let mut bob = Pair::signed_in("bob");
    bob.disconnect();
    bob.answers(&["m1"]);
    bob.restart();
    bob.server.is_up = false;
    bob.connect("bob");
    let call = bob.answers(&["m2"]);
    assert_eq!(bob.memory("bob").answers.len(), 2);
    bob.server.is_up = true;
    bob.wait_for_connection();
    assert_eq!(bob.answered_uids(), ["m1", "m2"]);
    bob.accept_answers(&[OK, OK]);
    assert!(bob.answered(call).unwrap().is_ok());
}

#[test]
fn an_answer_under_a_token_that_is_refused_waits_for_its_user() {
    let mut device = Pair::new();
    device.server.is_up = false;
    device.connect("bob");
    device.answers(&["m1"]);
    device.server.is_up = true;
    device.server.sign_in_refusal = Some(Reply { code: Code::TOKEN_INCORRECT.0, ..Default::default() });
    device.wait(Duration::from_secs(20));
    assert_eq!(device.session.status(), ConnectionStatus::TokenIncorrect);
    device.server.sign_in_refusal = None;
    device.sign_in("eve");
    assert!(device.calls.is_empty());
    device.disconnect();
    device.sign_in("bob#2");
    assert_eq!(device.answered_uids(), ["m1"]);
}

#[test]
fn an_answer_is_not_sent_for_another_than_the_token_names() {
    let mut device = Pair::new();
    device.server.sign_in_as = Some("eve".into());
    device.server.is_up = false;
    device.connect("bob");
    device.answers(&["m1"]);
    device.server.is_up = true;
    device.wait_for_connection();
    assert!(device.calls.is_empty());
    assert_eq!((device.memory("bob").answers.len(), device.memory("eve").answers.len()), (1, 0));
}

#[test]
fn an_answer_is_refused_while_the_token_does_not_say_whose_it_is() {
    let mut bob = Pair::new();
    bob.server.is_up = false;
    bob.connect_with("bob".into(), None);
    let call = bob.answers(&["m1"]);
    assert_eq!(bob.answered(call), Some(Err(ResponseError::NotConnected)));
    bob.server.is_up = true;
    bob.wait_for_connection();
    let call = bob.answers(&["m1"]);
    assert!(bob.kept.contains(&call));
    assert_eq!(bob.memory("bob").answers.len(), 1);
}

#[test]
fn an_answer_of_nobody_is_refused() {
    let mut nobody = Pair::new();
    let call = nobody.answers(&["m1"]);
    assert_eq!(nobody.answered(call), Some(Err(ResponseError::NotConnected)));
    assert!(nobody.kept.is_empty());
}

#[test]
fn an_answer_that_the_store_refuses_is_kept_by_the_server_alone() {
    let mut bob = Pair::signed_in("bob");
    bob.store_refuses_to_write = true;
    let call = bob.answers(&["m1"]);
    assert!(!bob.kept.contains(&call));
    bob.drop_connection();
    bob.wait_for_connection();
    assert_eq!(bob.answered_uids(), ["m1"]);
    bob.accept_answers(&[OK]);
    assert!(bob.kept.contains(&call));
    assert!(bob.answered(call).unwrap().is_ok());
}

#[test]
fn an_answer_that_the_store_has_refused_is_handed_to_it_again_with_the_next() {
    let mut bob = Pair::signed_in("bob");
    bob.disconnect();
    bob.store_refuses_to_write = true;
    let refused = bob.answers(&["m1"]);
    bob.store_refuses_to_write = false;
    let taken = bob.answers(&["m2"]);
    assert_eq!(bob.kept.iter().copied().collect::<Vec<_>>(), [refused, taken]);
    assert_eq!(bob.memory("bob").answers.len(), 2);
}

#[test]
fn an_answer_that_the_store_has_refused_is_handed_to_it_again_before_the_next_attempt_to_connect() {
    let mut bob = Pair::signed_in("bob");
    bob.server.is_up = false;
    bob.drop_connection();
    bob.store_refuses_to_write = true;
    let call = bob.answers(&["m1"]);
    bob.wait(Duration::from_secs(20));
    assert!(!bob.kept.contains(&call));
    bob.store_refuses_to_write = false;
    bob.wait(Duration::from_secs(20));
    assert!(bob.kept.contains(&call));
    assert_eq!(bob.memory("bob").answers.len(), 1);
}

#[test]
fn an_answer_that_the_store_has_refused_is_not_lost_when_another_user_signs_in() {
    let mut device = Pair::signed_in("bob");
    device.disconnect();
    let kept = device.answers(&["m1"]);
    device.store_refuses_to_write = true;
    let refused = device.answers(&["m2"]);
    device.sign_in("eve");
    assert!(device.calls.is_empty());
    device.store_refuses_to_write = false;
    device.disconnect();
    device.sign_in("bob");
    assert_eq!(device.answered_uids(), ["m1", "m2"]);
    assert_eq!(device.memory("bob").answers.len(), 2);
    assert_eq!(device.kept.iter().copied().collect::<Vec<_>>(), [kept, refused]);
    device.accept_answers(&[OK, OK]);
    assert!(device.answered(kept).is_some() && device.answered(refused).is_some());
}

#[test]
fn an_answer_that_the_store_has_refused_to_forget_is_forgotten_later() {
    let mut bob = Pair::signed_in("bob");
    bob.answers(&["m1"]);
    bob.store_refuses_to_write = true;
    bob.accept_answers(&[OK]);
    assert_eq!(bob.memory("bob").answers.len(), 1);
    bob.store_refuses_to_write = false;
    bob.drop_connection();
    bob.wait_for_connection();
    assert!(bob.memory("bob").answers.is_empty());
}

#[test]
fn answers_that_cannot_be_read_are_neither_lost_nor_overwritten() {
    let mut bob = Pair::signed_in("bob");
    bob.disconnect();
    bob.answers(&["m1"]);
    bob.restart();
    bob.store_refuses_to_read = true;
    bob.sign_in("bob");
    let sent = bob.answers(&["m2"]);
    bob.accept_answers(&[OK]);
    assert!(bob.kept.contains(&sent) && bob.answered(sent).unwrap().is_ok());
    bob.server.is_up = false;
    bob.drop_connection();
    let held = bob.answers(&["m3"]);
    assert!(!bob.kept.contains(&held));
    assert_eq!(bob.memory("bob").answers[&0].message_uids, ["m1"]);

    bob.store_refuses_to_read = false;
    bob.server.is_up = true;
    bob.wait_for_connection();
    assert!(bob.kept.contains(&held));
    assert_eq!(bob.memory("bob").answers.len(), 2);
    assert_eq!(bob.answered_uids(), ["m1", "m3"]);
}

#[test]
fn an_answer_of_a_user_whose_memory_cannot_be_read_any_more_is_sent_nevertheless() {
    let mut device = Pair::signed_in("bob");
    device.disconnect();
    device.store_refuses_to_write = true;
    let call = device.answers(&["m1"]);
    device.sign_in("eve");
    device.store_refuses_to_read = true;
    device.disconnect();
    device.sign_in("bob");
    assert_eq!(device.answered_uids(), ["m1"]);
    device.accept_answers(&[OK]);
    assert!(device.answered(call).unwrap().is_ok());
}

#[test]
fn an_answer_for_nothing_is_refused() {
    let mut bob = Pair::signed_in("bob");
    let call = bob.answers(&[]);
    assert_eq!(bob.answered(call).unwrap().unwrap_err().code(), Code::PARAM_ERROR);
}

#[test]
fn a_full_outbox_refuses_and_drops_nothing() {
    let mut bob = Pair::unrecorded("100,000 uids");
    bob.sign_in("bob");
    bob.disconnect();
    let many: Vec<String> = (0..100_000).map(|number| format!("m{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let kept = bob.answers(&many);
    let refused = bob.answers(&["one more"]);
    assert_eq!(bob.answered(refused), Some(Err(ResponseError::OutboxFull)));
    assert_eq!(bob.answered(kept), None);
    assert_eq!(bob.memory("bob").answers[&0].message_uids.len(), 100_000);
}

#[test]
fn an_answered_request_is_not_reported_any_more() {
    let mut bob = Pair::signed_in("bob");
    bob.log(2, vec![requested("alice", "m1"), requested("alice", "m2")]);
    bob.answers(&["m1"]);
    bob.accept_answers(&[OK]);
    bob.drop_connection();
    bob.wait_for_connection();
    let known: Vec<_> = bob.resumes.last().unwrap().receipts.iter().map(|known| &*known.message_uid).collect();
    assert_eq!(known, ["m2"]);
}

#[test]
fn an_answer_from_another_device_is_told_and_an_own_one_is_not() {
    let mut bob = Pair::signed_in("bob");
    bob.log(3, vec![requested("alice", "m1"), requested("alice", "m2"), requested("alice", "m3")]);
    bob.takes_events();
    bob.answers(&["m1"]);
    let elsewhere = |uids: &[&str]| {
        let message_uids = uids.iter().map(|uid| (*uid).to_owned()).collect();
        server_frame::Kind::ReceiptsAnswered(frames::ReceiptsAnswered {
            conversation: crate::pair::wire(),
            message_uids,
        })
    };
    bob.push(elsewhere(&["m1", "m2"]));
    bob.accept_answers(&[OK]);
    bob.push(elsewhere(&["m1"]));
    bob.push(elsewhere(&["m2"]));
    let told = Event::ReceiptsAnswered { conversation: group(), message_uids: vec!["m2".into()] };
    assert_eq!(bob.takes_events(), [told]);
    assert_eq!(bob.memory("bob").unanswered.len(), 1);
}

fn uids_of(call: &Call) -> Vec<String> {
    match call {
        Call::AnswerReceipts(answer) => answer.message_uids.clone(),
        other => panic!("not an answer: {other:?}"),
    }
}
