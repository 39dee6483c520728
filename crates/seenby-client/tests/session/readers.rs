//! Who has read an own message: no reader is lost, none is told twice, and nothing is told for nothing.

use std::time::Duration;

use crate::pair::{Pair, names, readers, readers_event, recalled, sent};
use proptest::prelude::*;
use seenby_client::{Code, Event};
use seenby_protocol::frames::{self, Reply, client_frame::Call, reply, server_frame};

fn alice_has_asked(uid: &str) -> Pair {
    let mut alice = Pair::signed_in("alice");
    alice.has_asked(uid);
    alice
}

#[test]
fn each_event_has_everybody_so_far_and_those_who_are_new() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 0, 2);
    let events = alice.takes_events();
    assert_eq!(readers_event(&events), ("m1", names(0, 2), names(0, 2)));
    let Event::GroupMessageReadReceiptResponseReceived { respond_user_ids, counts, .. } = &events[0] else { panic!() };
    assert_eq!((respond_user_ids.get("r1"), counts.read, counts.unread), (Some(1_001), 2, 10));
    alice.delta("m1", 2, 3);
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 3), names(2, 3)));
}

#[test]
fn what_is_known_is_trimmed_and_what_is_not_new_is_not_told() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 0, 3);
    alice.takes_events();
    alice.delta("m1", 1, 3);
    alice.delta("m1", 3, 3);
    assert_eq!(alice.takes_events(), []);
    alice.delta("m1", 1, 5);
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 5), names(3, 5)));
}

#[test]
fn a_gap_is_filled_before_anything_is_told() {
    let mut alice = Pair::new();
    alice.server.page_size_max = 2;
    alice.sign_in("alice");
    alice.has_asked("m1");
    alice.delta("m1", 0, 1);
    alice.takes_events();
    alice.delta("m1", 4, 5);
    assert_eq!((alice.fetched_from(), alice.takes_events()), (1, vec![]));
    alice.accept_with(reply::Result::Readers(readers(1, 3)));
    assert_eq!((alice.fetched_from(), alice.takes_events()), (3, vec![]));
    alice.accept_with(reply::Result::Readers(readers(3, 5)));
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 5), names(1, 5)));
    assert!(alice.calls.is_empty());
}

#[test]
fn a_delta_that_fills_the_gap_itself_is_told_at_once() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 2, 3);
    alice.delta("m1", 0, 3);
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 3), names(0, 3)));
    alice.accept_with(reply::Result::Readers(readers(0, 3)));
    assert_eq!(alice.takes_events(), []);
}

#[test]
fn a_page_that_is_late_does_not_hide_a_newer_gap() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 2, 3);
    alice.delta("m1", 0, 3);
    alice.delta("m1", 5, 6);
    alice.takes_events();
    alice.accept_with(reply::Result::Readers(readers(0, 3)));
    assert_eq!(alice.fetched_from(), 3);
    alice.accept_with(reply::Result::Readers(readers(3, 6)));
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 6), names(3, 6)));
}

#[test]
fn after_a_restart_news_brings_the_whole_list() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 0, 3);
    alice.restart();
    let call = alice.connect("alice");
    assert!(alice.connected(call).is_some());
    assert_eq!(alice.resumes[0].receipts[0].readers, 3);
    alice.takes_events();

    alice.delta("m1", 2, 3);
    assert_eq!((alice.calls.len(), alice.takes_events()), (0, vec![]), "nothing is new");
    alice.delta("m1", 3, 4);
    assert_eq!(alice.fetched_from(), 0);
    alice.accept_with(reply::Result::Readers(readers(0, 4)));
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 4), names(3, 4)));
}

#[test]
fn a_sender_who_was_away_gets_one_event_for_each_changed_message() {
    let mut alice = alice_has_asked("m1");
    alice.has_asked("m2");
    alice.delta("m1", 0, 1);
    alice.drop_connection();
    alice.wait_for_connection();
    let known: Vec<_> = alice.resumes.last().unwrap().receipts.iter().map(|known| known.readers).collect();
    assert_eq!(known, [1, 0]);
    alice.takes_events();
    alice.delta("m1", 1, 4);
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 4), names(1, 4)));
}

#[test]
fn readers_that_came_and_wait_to_be_taken_are_not_asked_for_again() {
    let mut alice = alice_has_asked("m1");
    alice.reading = false;
    alice.delta("m1", 0, 3);
    alice.drop_connection();
    alice.wait_for_connection();
    assert_eq!(alice.resumes[0].receipts[0].readers, 3);
}

#[test]
fn a_list_that_comes_in_pieces_is_told_when_it_is_whole() {
    let mut alice = alice_has_asked("m1");
    let piece = |first, end| {
        server_frame::Kind::ReceiptDelta(frames::ReceiptDelta {
            conversation: crate::pair::wire(),
            message_uid: "m1".into(),
            readers: Some(readers(first, end)),
            counts: Some(frames::ReceiptCounts { read: 5, unread: 0, left: 0, total: 5 }),
        })
    };
    alice.push(piece(0, 3));
    assert_eq!(alice.takes_events(), []);
    alice.push(piece(3, 5));
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 5), names(0, 5)));
}

#[test]
fn deltas_that_come_while_nobody_reads_make_one_event() {
    let mut alice = alice_has_asked("m1");
    alice.reading = false;
    for ordinal in 0..50 {
        alice.delta("m1", ordinal, ordinal + 1);
    }
    assert_eq!(alice.memory("alice").asked[0].readers, 0, "told is what was taken");
    alice.reading = true;
    alice.settle();
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 50), names(0, 50)));
    assert_eq!(alice.memory("alice").asked[0].readers, 50);
}

#[test]
fn a_message_sent_with_a_request_is_followed() {
    let mut alice = Pair::signed_in("alice");
    alice.sends("1", true);
    alice.accept_with(sent("m1"));
    assert_eq!(alice.memory("alice").asked[0].message_uid, "m1");
    alice.sends("2", false);
    alice.accept_with(sent("m2"));
    assert_eq!(alice.memory("alice").asked.len(), 1);
}

#[test]
fn a_refused_request_is_not_followed() {
    let mut alice = Pair::signed_in("alice");
    let call = alice.asks("m1");
    alice.refuse(Code::RECEIPT_NOT_SENDER);
    assert_eq!(alice.replied(call), Some(Code::RECEIPT_NOT_SENDER));
    assert!(alice.memory("alice").asked.is_empty());
}

#[test]
fn a_recalled_message_is_not_followed_any_more() {
    let mut alice = alice_has_asked("m1");
    alice.log(1, vec![recalled("alice", "m1")]);
    assert!(alice.memory("alice").asked.is_empty());
}

#[test]
fn the_newest_thousand_are_reported_in_frames_of_five_hundred() {
    let mut alice = Pair::unrecorded("1,005 requests");
    alice.sign_in("alice");
    for number in 0..1_005 {
        alice.has_asked(&format!("m{number}"));
    }
    alice.drop_connection();
    alice.wait_for_connection();
    let sizes: Vec<_> = alice.resumes.iter().map(|resume| (resume.receipts.len(), resume.last)).collect();
    assert_eq!(sizes, [(500, false), (500, true)]);
    assert_eq!(alice.resumes[0].receipts[0].message_uid, "m5");
    assert_eq!(alice.memory("alice").asked.len(), 1_000);
}

#[test]
fn another_store_makes_what_is_known_worthless() {
    let mut alice = alice_has_asked("m1");
    alice.log(7, vec![]);
    alice.server.store_id = "store-2".into();
    alice.drop_connection();
    alice.wait_for_connection();
    let resume = alice.resumes.last().unwrap();
    assert!(resume.positions.is_empty() && resume.receipts.is_empty() && resume.last);
    let memory = alice.memory("alice");
    assert!(memory.store_id == "store-2" && memory.asked.is_empty() && memory.positions.is_empty());
}

#[test]
fn news_of_one_user_is_not_remembered_for_another() {
    let mut device = alice_has_asked("m1");
    device.reading = false;
    device.delta("m1", 0, 2);
    device.log(4, vec![]);
    device.disconnect();
    device.connect("eve");
    device.reading = true;
    device.settle();
    let events = device.takes_events();
    let told = events.iter().filter(|event| matches!(event, Event::GroupMessageReadReceiptResponseReceived { .. }));
    assert_eq!(told.count(), 1, "it was true and is told");
    assert_eq!(device.memory("alice").asked[0].readers, 2);
    assert_eq!(device.memory("alice").positions.len(), 1);
    let of_eve = device.memory("eve");
    assert!(of_eve.asked.is_empty() && of_eve.positions.is_empty(), "{of_eve:?}");
}

#[test]
fn a_fetch_that_cannot_be_served_now_is_made_again_later() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 1, 2);
    alice.refuse_until(Code::REQUEST_OVER_FREQUENCY, 2_000);
    alice.wait(Duration::from_millis(1_900));
    assert!(alice.calls.is_empty());
    alice.wait(Duration::from_millis(700));
    assert_eq!(alice.fetched_from(), 0);
}

#[test]
fn waits_between_fetches_grow_until_one_is_served() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 1, 2);
    for ceiling in [500, 1_000, 2_000, 4_000] {
        alice.refuse(Code::TOO_BUSY);
        let wait = alice.session.poll_timeout().unwrap() - alice.now;
        assert!(wait < Duration::from_millis(ceiling), "{wait:?}");
        alice.wait(wait);
    }
    alice.accept_with(reply::Result::Readers(readers(0, 2)));
    alice.delta("m1", 3, 4);
    alice.refuse(Code::TOO_BUSY);
    assert!(alice.session.poll_timeout().unwrap() - alice.now < Duration::from_millis(500));
}

#[test]
fn no_more_than_four_fetches_are_on_their_way() {
    let mut alice = Pair::signed_in("alice");
    for uid in ["m1", "m2", "m3", "m4", "m5", "m6"] {
        alice.has_asked(uid);
    }
    for uid in ["m6", "m5", "m4", "m3", "m2", "m1"] {
        alice.delta(uid, 1, 2);
    }
    assert_eq!(alice.calls.len(), 4);
    alice.accept_with(reply::Result::Readers(readers(0, 2)));
    let Some((_, Call::GetReaders(fetch))) = alice.calls.back() else { panic!("{:?}", alice.calls) };
    assert_eq!((alice.calls.len(), &*fetch.message_uid), (4, "m1"), "the first by name");
}

#[test]
fn names_that_are_too_long_are_of_no_honest_server() {
    let mut alice = alice_has_asked("m1");
    let delta = |target_id: &str, user_id: &str| {
        let conversation = frames::Conversation { r#type: 2, target_id: target_id.into(), ..Default::default() };
        let readers = frames::Readers { first_ordinal: 0, user_ids: vec![user_id.into()], times_ms: vec![1] };
        server_frame::Kind::ReceiptDelta(frames::ReceiptDelta {
            conversation: Some(conversation),
            message_uid: "m1".into(),
            readers: Some(readers),
            counts: None,
        })
    };
    // Bytes, and not characters.
    let (longest, too_long) = ("ü".repeat(128), "ü".repeat(128) + "x");
    alice.push(delta(&too_long, "bob"));
    alice.push(delta("g", &too_long));
    assert_eq!(alice.takes_events(), []);
    alice.push(delta(&longest, &longest));
    assert_eq!(readers_event(&alice.takes_events()).1, [longest]);
}

#[test]
fn a_fetch_that_was_interrupted_is_made_again() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 1, 2);
    alice.drop_connection();
    alice.wait_for_connection();
    assert_eq!(alice.fetched_from(), 0);
}

#[test]
fn a_message_is_not_forgotten_because_its_sender_may_not_look_at_it_now() {
    for code in [Code::NOT_IN_GROUP, Code::NOT_IN_ULTRA_GROUP, Code::ULTRA_GROUP_CHANNEL_NOT_EXIST] {
        let mut alice = alice_has_asked("m1");
        alice.delta("m1", 1, 2);
        alice.refuse(code);
        assert!(alice.calls.is_empty(), "nor asked about again and again");
        alice.drop_connection();
        alice.wait_for_connection();
        let known = &alice.resumes.last().unwrap().receipts;
        assert_eq!((known.len(), &*known[0].message_uid, known[0].readers), (1, "m1", 0));
    }
}

#[test]
fn readers_that_do_not_exist_are_not_fetched_for_ever() {
    let mut alice = alice_has_asked("m1");
    for page in [readers(0, 0), readers(7, 9)] {
        alice.delta("m1", 4_000_000_000, 4_000_000_001);
        alice.accept_with(reply::Result::Readers(page));
        assert!(alice.calls.is_empty());
    }
    alice.delta("m1", 0, 1);
    assert_eq!(readers_event(&alice.takes_events()), ("m1", names(0, 1), names(0, 1)));
}

#[test]
fn a_message_that_is_gone_is_let_go() {
    let mut alice = alice_has_asked("m1");
    alice.delta("m1", 1, 2);
    alice.refuse(Code::RECEIPT_MESSAGE_NOT_FOUND);
    assert!(alice.calls.is_empty() && alice.memory("alice").asked.is_empty());
}

/// What may happen to the readers of one message on their way.
#[derive(Debug, Clone)]
enum Fate {
    MoreRead(u32),
    /// A slice of what there is arrives, wherever it begins.
    Arrives(u32, u32),
    Fetch,
    Lost,
    Restart,
    Pause,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        (1..5_u32).prop_map(Fate::MoreRead),
        (0..40_u32, 0..10_u32).prop_map(|(first, count)| Fate::Arrives(first, count)),
        Just(Fate::Fetch),
        Just(Fate::Lost),
        Just(Fate::Restart),
        Just(Fate::Pause),
    ]
}

fn serve_fetches(alice: &mut Pair, there_are: u32) {
    while let Some((call_id, call)) = alice.calls.pop_front() {
        let Call::GetReaders(fetch) = call else { panic!("not a fetch: {call:?}") };
        let end = there_are.min(fetch.from_ordinal + fetch.count);
        let result = Some(reply::Result::Readers(readers(fetch.from_ordinal.min(end), end)));
        alice.reply(Reply { call_id, result, ..Default::default() });
    }
}

/// Every event has the list from the beginning, goes on where the event before ended, and is not for nothing.
fn check_events(alice: &mut Pair, told: &mut u32) {
    for event in alice.takes_events() {
        if matches!(event, Event::ConnectionStatusChanged { .. }) {
            continue;
        }
        let (_, all, new) = readers_event(std::slice::from_ref(&event));
        let have = all.len() as u32;
        assert_eq!((all, new), (names(0, have), names(*told, have)));
        assert!(have > *told, "an event for nothing");
        *told = have;
    }
}

proptest! {
    #[test]
    fn whatever_happens_on_the_way_the_list_is_complete_in_the_end(fates in prop::collection::vec(fate(), 1..60)) {
        let mut alice = Pair::unrecorded("any number of cases");
        alice.server.page_size_max = 3;
        alice.sign_in("alice");
        alice.has_asked("m1");
        let (mut there_are, mut told) = (0, 0);
        for fate in fates {
            match fate {
                Fate::MoreRead(count) => there_are += count,
                Fate::Arrives(first, count) => {
                    let first = first.min(there_are);
                    alice.delta("m1", first, there_are.min(first + count));
                }
                Fate::Fetch => serve_fetches(&mut alice, there_are),
                Fate::Lost => {
                    alice.drop_connection();
                    alice.wait_for_connection();
                }
                Fate::Restart => {
                    check_events(&mut alice, &mut told);
                    alice.restart();
                    alice.sign_in("alice");
                }
                Fate::Pause => alice.reading = !alice.reading,
            }
            check_events(&mut alice, &mut told);
        }
        alice.reading = true;
        alice.settle();
        // What a server does on a new connection: it sends what is missing.
        alice.drop_connection();
        alice.wait_for_connection();
        let known = alice.resumes.last().unwrap().receipts[0].readers;
        alice.delta("m1", known, there_are);
        serve_fetches(&mut alice, there_are);
        check_events(&mut alice, &mut told);
        prop_assert_eq!(told, there_are);
    }
}
