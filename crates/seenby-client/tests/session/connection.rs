//! Signing in, staying connected, and calls over connections that come and go.

use std::time::Duration;

use crate::pair::{PING_INTERVAL, Pair, said, sent};
use seenby_client::{Code, ConnectError, ConnectionStatus as Status, Event};
use seenby_protocol::frames::{Goodbye, Reply, RequestReceipt, Resume, client_frame::Call, server_frame};

const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// From the first sign to the last: a reply that does not come, and a probe that is not answered.
const FOUND_DEAD_AFTER: Duration = Duration::from_secs(10);

fn goodbye(code: Code, reconnect: bool) -> server_frame::Kind {
    server_frame::Kind::Goodbye(Goodbye { code: code.0, detail: String::new(), reconnect })
}

fn refusal(code: Code) -> Option<Reply> {
    Some(Reply { code: code.0, ..Default::default() })
}

#[test]
fn signing_in_tells_who_it_is_and_says_what_the_client_has() {
    let mut alice = Pair::new();
    let call = alice.connect("alice");
    assert_eq!(alice.connected(call), Some(Ok("alice".into())));
    assert_eq!(alice.session.user_id(), Some("alice"));
    assert_eq!(alice.session.server_time().unwrap().server_time_ms, 1_000_000);
    assert_eq!(alice.statuses(), [Status::Connecting, Status::Connected]);
    assert!(alice.resumes.len() == 1 && alice.resumes[0].last);
}

#[test]
fn a_second_connect_is_refused() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.connect("alice");
    assert_eq!(alice.connected(call), Some(Err(ConnectError::AlreadyConnected { user_id: Some("alice".into()) })));
}

#[test]
fn a_sign_in_that_cannot_succeed_is_not_tried_again() {
    for (code, status) in [
        (Code::APP_KEY_REJECTED, Status::Refused(Code::APP_KEY_REJECTED)),
        (Code::TOKEN_INCORRECT, Status::TokenIncorrect),
        (Code::TOKEN_EXPIRED, Status::TokenIncorrect),
        (Code::USER_BLOCKED, Status::UserBlocked),
        (Code::KICKED_BY_OTHER_DEVICE, Status::KickedByOtherDevice),
    ] {
        let mut alice = Pair::new();
        alice.server.sign_in_refusal = refusal(code);
        let call = alice.connect("alice");
        assert_eq!(alice.connected(call).unwrap().unwrap_err().code(), code);
        assert_eq!(alice.statuses(), [Status::Connecting, status]);
        alice.wait(Duration::from_secs(3_600));
        assert_eq!(alice.attempts.len(), 1, "{code}");
        assert!(!alice.is_open);
    }
}

#[test]
fn a_busy_server_is_tried_again_but_not_before_it_wants() {
    let mut alice = Pair::new();
    let busy = Reply { code: Code::CONNECT_OVER_FREQUENCY.0, retry_after_ms: 5_000, ..Default::default() };
    alice.server.sign_in_refusal = Some(busy);
    let call = alice.connect("alice");
    alice.server.sign_in_refusal = None;
    alice.wait(Duration::from_millis(4_999));
    assert_eq!(alice.attempts.len(), 1);
    alice.wait(Duration::from_secs(1));
    assert!(alice.connected(call).unwrap().is_ok());
}

#[test]
fn a_sign_in_whose_memory_cannot_be_read_is_that_of_a_new_device() {
    let mut alice = Pair::signed_in("alice");
    alice.log(3, vec![said("bob", "m1", "")]);
    alice.restart();
    alice.store_refuses_to_read = true;
    alice.sign_in("alice");
    alice.drop_connection();
    alice.wait_for_connection();
    let resume = alice.resumes.last().unwrap();
    assert_eq!((resume.positions.len(), resume.last), (0, true));
    alice.log(3, vec![said("bob", "m1", "")]);
    assert_eq!(alice.memory("alice").positions.len(), 1, "and what cannot be read is left as it is");
}

#[test]
fn connect_gives_up_when_its_time_is_over() {
    let mut alice = Pair::new();
    alice.server.is_up = false;
    let call = alice.connect_within("alice", Duration::from_secs(30));
    alice.wait(Duration::from_secs(29));
    assert_eq!(alice.connected(call), None);
    alice.wait(Duration::from_secs(1));
    assert_eq!(alice.connected(call), Some(Err(ConnectError::TimedOut)));
    assert_eq!(alice.session.status(), Status::TimedOut);
    let attempts = alice.attempts.len();
    alice.wait(Duration::from_secs(3_600));
    assert_eq!(alice.attempts.len(), attempts);
}

#[test]
fn a_connection_that_was_there_once_is_tried_for_ever() {
    let mut alice = Pair::new();
    alice.connect_within("alice", Duration::from_secs(30));
    alice.server.is_up = false;
    alice.drop_connection();
    alice.wait(Duration::from_secs(600));
    alice.server.is_up = true;
    alice.wait_for_connection();
    assert_eq!(alice.session.status(), Status::Connected);
}

#[test]
fn a_server_that_does_not_answer_the_sign_in_is_left() {
    let mut alice = Pair::new();
    alice.server.is_silent = true;
    let call = alice.connect("alice");
    alice.wait(Duration::from_secs(10));
    assert!(!alice.is_open);
    alice.server.is_silent = false;
    alice.wait_for_connection();
    assert!(alice.connected(call).unwrap().is_ok());
}

#[test]
fn waits_between_attempts_grow_up_to_the_ceiling() {
    let mut alice = Pair::new();
    alice.server.is_up = false;
    alice.connect("alice");
    alice.wait(Duration::from_secs(600));
    let waits: Vec<_> = alice.attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (attempt, wait) in waits.iter().enumerate() {
        let ceiling = Duration::from_millis(500 << attempt.min(10)).min(Duration::from_secs(20));
        assert!(*wait < ceiling, "attempt {attempt} waited {wait:?}");
    }
    assert!(waits.len() > 30 && waits.len() < 200, "{}", waits.len());
}

#[test]
fn a_connection_that_ends_at_once_counts_as_a_failed_attempt() {
    let mut alice = Pair::signed_in("alice");
    for _ in 0..40 {
        alice.drop_connection();
        alice.wait_for_attempt();
    }
    let waits: Duration = alice.attempts.windows(2).map(|pair| pair[1] - pair[0]).sum();
    assert!(waits > Duration::from_secs(100), "only {waits:?} for 40 attempts");
}

#[test]
fn a_lost_connection_comes_back_by_itself() {
    let mut alice = Pair::signed_in("alice");
    alice.drop_connection();
    alice.wait_for_connection();
    assert_eq!(alice.statuses(), [Status::Suspended, Status::Connecting, Status::Connected]);
    assert!(alice.outcomes.is_empty(), "connect has one result");
}

#[test]
fn a_goodbye_says_whether_to_come_back() {
    let mut alice = Pair::signed_in("alice");
    alice.push(goodbye(Code::SHUTTING_DOWN, true));
    assert!(!alice.is_open);
    alice.wait_for_connection();
    alice.events.clear();
    alice.push(goodbye(Code::KICKED_BY_OTHER_DEVICE, false));
    assert_eq!(alice.statuses(), [Status::KickedByOtherDevice]);
    alice.attempts.clear();
    alice.wait(Duration::from_secs(3_600));
    assert!(alice.attempts.is_empty() && !alice.is_open);
    assert_eq!(alice.session.user_id(), None);
}

#[test]
fn an_idle_connection_is_kept_alive() {
    let mut alice = Pair::signed_in("alice");
    alice.wait(PING_INTERVAL * 50);
    assert!(alice.is_open && alice.attempts.is_empty());
    assert_eq!(alice.session.server_time().unwrap().server_time_ms, 2_000_000);
}

#[test]
fn an_interval_that_makes_no_sense_is_brought_into_range() {
    for (interval_ms, ping_after) in [(0, Duration::from_millis(500)), (u32::MAX, Duration::from_secs(300))] {
        let mut alice = Pair::new();
        alice.server.ping_interval_ms = interval_ms;
        alice.sign_in("alice");
        assert_eq!(alice.session.poll_timeout(), Some(alice.now + ping_after));
    }
}

#[test]
fn a_server_that_fell_silent_is_left_soon_after_a_ping() {
    let mut alice = Pair::signed_in("alice");
    alice.server.is_silent = true;
    alice.wait(PING_INTERVAL / 2 + FOUND_DEAD_AFTER - Duration::from_millis(1));
    assert!(alice.is_open);
    alice.wait(Duration::from_millis(1));
    assert!(!alice.is_open);
    assert_eq!(alice.session.status(), Status::Suspended);
}

#[test]
fn a_call_on_a_dead_line_is_sent_again_on_a_new_one_long_before_its_time_is_over() {
    let mut alice = Pair::signed_in("alice");
    alice.server.is_silent = true;
    let call = alice.sends("1", false);
    alice.wait(FOUND_DEAD_AFTER);
    assert!(!alice.is_open && FOUND_DEAD_AFTER < CALL_TIMEOUT / 2);
    alice.server.is_silent = false;
    alice.wait(Duration::from_secs(1));
    let sent_again = alice.calls.front().map(|(number, call)| (*number, call.clone()));
    assert!(
        matches!(sent_again, Some((number, Call::SendMessage(send))) if number == call.0 && send.client_ref == "device-1")
    );
    alice.accept_with(sent("m1"));
    assert_eq!(alice.replied(call), Some(Code::SUCCESS));
}

#[test]
fn a_server_that_is_slow_with_one_call_and_answers_pings_is_not_left() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.sends("1", false);
    alice.wait(CALL_TIMEOUT - Duration::from_millis(1));
    assert!(alice.is_open && alice.attempts.is_empty());
    alice.accept_with(sent("m1"));
    assert_eq!(alice.replied(call), Some(Code::SUCCESS));
}

#[test]
fn a_server_that_answers_nothing_and_says_other_things_is_not_left() {
    let mut alice = Pair::signed_in("alice");
    alice.server.is_silent = true;
    alice.asks("m1");
    for sequence in 1..10 {
        alice.wait(Duration::from_secs(9));
        alice.log(sequence, vec![]);
    }
    assert!(alice.is_open && alice.attempts.is_empty());
}

#[test]
fn a_dead_line_is_left_soon_after_a_look_however_many_looks_follow() {
    let mut alice = Pair::signed_in("alice");
    alice.server.is_silent = true;
    alice.looks_again();
    for _ in 0..4 {
        alice.wait(Duration::from_secs(1));
        alice.looks_again();
    }
    assert!(alice.is_open);
    alice.wait(Duration::from_secs(1));
    assert!(!alice.is_open);
}

#[test]
fn a_look_does_no_harm_to_a_line_that_is_alive() {
    let mut alice = Pair::signed_in("alice");
    for _ in 0..10 {
        alice.looks_again();
        alice.wait(Duration::from_secs(3));
    }
    assert!(alice.is_open && alice.attempts.is_empty());
    assert_eq!(alice.statuses(), []);
}

#[test]
fn a_look_ends_the_pause_before_the_next_attempt_and_makes_those_after_it_short() {
    let mut alice = Pair::signed_in("alice");
    alice.server.is_up = false;
    alice.drop_connection();
    alice.wait(Duration::from_secs(120));
    alice.looks_again();
    assert_eq!(alice.attempts.last(), Some(&alice.now), "the network says that it is back, and is not quite");
    alice.server.is_up = true;
    alice.wait(Duration::from_millis(500));
    assert_eq!(alice.session.status(), Status::Connected);
}

#[test]
fn a_look_does_not_come_before_the_server_wants() {
    let mut alice = Pair::new();
    let busy = Reply { code: Code::CONNECT_OVER_FREQUENCY.0, retry_after_ms: 5_000, ..Default::default() };
    alice.server.sign_in_refusal = Some(busy);
    alice.connect("alice");
    alice.server.sign_in_refusal = None;
    alice.wait(Duration::from_secs(1));
    alice.looks_again();
    alice.wait(Duration::from_millis(3_999));
    assert_eq!(alice.attempts.len(), 1);
    alice.wait(Duration::from_millis(1));
    assert_eq!(alice.session.status(), Status::Connected);
}

#[test]
fn an_attempt_under_way_has_less_time_after_a_look() {
    let mut alice = Pair::new();
    alice.server.is_silent = true;
    alice.connect("alice");
    alice.wait(Duration::from_secs(1));
    alice.looks_again();
    alice.wait(Duration::from_secs(5));
    assert!(!alice.is_open);
}

#[test]
fn a_look_without_a_sign_in_does_nothing() {
    let mut alice = Pair::new();
    alice.looks_again();
    assert_eq!((alice.attempts.len(), alice.session.poll_timeout()), (0, None));
}

#[test]
fn signing_out_stops_everything() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.asks("m1");
    alice.disconnect();
    assert_eq!(alice.replied(call), Some(Code::RESULT_UNKNOWN));
    assert_eq!(alice.statuses(), [Status::SignedOut]);
    assert_eq!(alice.session.poll_timeout(), None);
    assert!(!alice.is_open);
}

#[test]
fn signing_out_ends_a_connect_under_way() {
    let mut alice = Pair::new();
    alice.server.is_up = false;
    let call = alice.connect("alice");
    alice.disconnect();
    assert_eq!(alice.connected(call), Some(Err(ConnectError::Disconnected)));
}

#[test]
fn a_call_without_a_connection_is_refused_at_once() {
    let mut alice = Pair::new();
    let call = alice.asks("m1");
    assert_eq!(alice.replied(call), Some(Code::NOT_CONNECTED));
    alice.sign_in("alice");
    alice.drop_connection();
    let call = alice.asks("m1");
    assert_eq!(alice.replied(call), Some(Code::NOT_CONNECTED));
}

#[test]
fn a_call_under_way_is_sent_again_on_the_next_connection() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.sends("1", false);
    let before = alice.calls[0].clone();
    alice.drop_connection();
    alice.wait(Duration::from_secs(1));
    assert_eq!(alice.calls, [before], "the same call with the same reference");
    alice.accept_with(sent("m1"));
    assert_eq!(alice.replied(call), Some(Code::SUCCESS));
    assert!(alice.outcomes.is_empty());
}

#[test]
fn a_frame_that_was_not_sent_in_time_does_not_go_out_on_the_next_connection_unasked() {
    let mut alice = Pair::signed_in("alice");
    let ask = RequestReceipt { conversation: crate::pair::wire(), message_uid: "m1".into() };
    alice.session.call(alice.now, Call::RequestReceipt(ask));
    alice.drop_connection();
    alice.wait(Duration::from_secs(1));
    assert_eq!(alice.calls.len(), 1, "once, after signing in");
}

#[test]
fn a_call_without_reply_ends_when_its_time_is_over() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.asks("m1");
    alice.wait(CALL_TIMEOUT - Duration::from_millis(1));
    assert_eq!(alice.replied(call), None);
    alice.wait(Duration::from_millis(1));
    assert_eq!(alice.replied(call), Some(Code::REPLY_TIMEOUT));
    // The reply comes late: to no call.
    alice.accept();
    assert!(alice.outcomes.is_empty());
}

#[test]
fn a_call_whose_connection_does_not_come_back_has_an_unknown_result() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.asks("m1");
    alice.server.is_up = false;
    alice.drop_connection();
    alice.wait(CALL_TIMEOUT);
    assert_eq!(alice.replied(call), Some(Code::RESULT_UNKNOWN));
    alice.server.is_up = true;
    alice.wait_for_connection();
    assert!(alice.calls.is_empty(), "nothing is sent behind the caller's back");
}

#[test]
fn too_many_calls_under_way_are_refused() {
    let mut alice = Pair::unrecorded("1,000 calls");
    alice.sign_in("alice");
    for number in 0..1_000 {
        alice.asks(&format!("m{number}"));
    }
    let call = alice.asks("one more");
    assert_eq!(alice.replied(call), Some(Code::TOO_BUSY));
}

#[test]
fn a_resume_that_is_refused_ends_the_connection() {
    let mut alice = Pair::new();
    alice.connect("alice");
    alice.events.clear();
    // The harness accepts a Resume; this one is refused by hand, before its reply.
    let resume = alice.resume_by_hand();
    alice.reply(Reply { call_id: resume, code: Code::STORE_UNAVAILABLE.0, ..Default::default() });
    assert!(!alice.is_open);
    alice.wait_for_connection();
    assert_eq!(alice.statuses().last(), Some(&Status::Connected));
}

#[test]
fn a_client_whose_resume_is_refused_for_good_says_nothing_the_next_time() {
    let mut alice = Pair::signed_in("alice");
    alice.log(7, vec![]);
    let resume = alice.resume_by_hand();
    alice.reply(Reply { call_id: resume, code: Code::INVALID_PARAMETER.0, ..Default::default() });
    alice.wait_for_connection();
    assert_eq!(alice.resumes, [Resume { last: true, ..Default::default() }]);
    alice.drop_connection();
    alice.wait_for_connection();
    assert_eq!(alice.resumes[1].positions.len(), 1, "and then again what it has");
}

#[test]
fn statuses_do_not_pile_up_while_nobody_reads() {
    let mut alice = Pair::unrecorded("24 hours of attempts");
    alice.sign_in("alice");
    alice.server.is_up = false;
    alice.reading = false;
    alice.drop_connection();
    alice.wait(Duration::from_secs(24 * 3_600));
    assert!(alice.attempts.len() > 4_000);
    alice.reading = true;
    alice.settle();
    let events = alice.takes_events();
    assert_eq!(events.len(), 4_096);
    let newest = Event::ConnectionStatusChanged { status: alice.session.status() };
    assert_eq!(events.last(), Some(&newest));
}

impl Pair {
    /// Until the next attempt and not longer.
    pub fn wait_for_attempt(&mut self) {
        let attempts = self.attempts.len();
        while self.attempts.len() == attempts {
            let next = self.session.poll_timeout().expect("there is always a next attempt");
            self.wait(next.saturating_sub(self.now));
        }
    }

    /// A new connection on which the reply to Resume is left to the test: the number of that call.
    fn resume_by_hand(&mut self) -> u64 {
        self.server.leaves_resumes = true;
        self.drop_connection();
        self.wait_for_connection();
        self.server.leaves_resumes = false;
        let (number, call) = self.calls.pop_front().expect("no call waits");
        assert!(matches!(call, Call::Resume(_)));
        number
    }
}
