//! A server that says anything: no panic, no endless loop, and every command still has exactly one result.

use std::time::Duration;

use crate::pair::{Pair, group, readers, recalled, requested, said, wire};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use seenby_client::session::Outcome;
use seenby_protocol::frames::{self, Reply, ServerFrame, reply, server_frame};

/// TypeScript refuses 64-bit numbers above 2^53-1, and what it replays may add up seven of these.
const REPLAYED_MAX: u64 = 1 << 50;

#[derive(Debug, Clone)]
enum Step {
    Server(Box<ServerFrame>),
    Close,
    Wait(u64),
    Asks(u8),
    Sends(u8),
    Answers(u8),
    SignsOut,
    /// The store refuses to read, to write, or both, or works again.
    Store(bool, bool),
    SignsIn(u8),
    LooksAgain,
    Reads(bool),
}

/// No 64-bit number is above `largest`.
fn step(largest: u64) -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => frame(largest).prop_map(|frame| Step::Server(Box::new(frame))),
        1 => Just(Step::Close),
        2 => (0..40_000_u64).prop_map(Step::Wait),
        2 => any::<u8>().prop_map(Step::Asks),
        2 => any::<u8>().prop_map(Step::Sends),
        3 => any::<u8>().prop_map(Step::Answers),
        1 => Just(Step::SignsOut),
        1 => any::<(bool, bool)>().prop_map(|(reads, writes)| Step::Store(reads, writes)),
        1 => (0..3_u8).prop_map(Step::SignsIn),
        1 => Just(Step::LooksAgain),
        1 => any::<bool>().prop_map(Step::Reads),
    ]
}

fn frame(largest: u64) -> impl Strategy<Value = ServerFrame> {
    let kind = prop_oneof![
        6 => reply(largest).prop_map(server_frame::Kind::Reply),
        3 => log(largest).prop_map(server_frame::Kind::LogEntries),
        3 => delta(largest).prop_map(server_frame::Kind::ReceiptDelta),
        1 => (prop::option::of(Just(())), prop::collection::vec(uid(), 0..4)).prop_map(|(named, message_uids)| {
            let conversation = named.and_then(|()| wire());
            server_frame::Kind::ReceiptsAnswered(frames::ReceiptsAnswered { conversation, message_uids })
        }),
        1 => (code(), any::<bool>()).prop_map(|(code, reconnect)| {
            server_frame::Kind::Goodbye(frames::Goodbye { code, detail: String::new(), reconnect })
        }),
    ];
    prop::option::weighted(0.97, kind).prop_map(|kind| ServerFrame { kind })
}

fn uid() -> impl Strategy<Value = String> {
    prop_oneof![8 => (0..6_u8).prop_map(|number| format!("m{number}")), 1 => Just(String::new()), 1 => Just("x".repeat(99))]
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![6 => 0..9_u32, 1 => any::<u32>(), 1 => Just(u32::MAX)]
}

fn code() -> impl Strategy<Value = u32> {
    prop_oneof![
        4 => Just(0),
        2 => prop::sample::select(vec![20_604, 20_607, 90_002, 90_007, 90_011, 26_321, 26_322, 22_406, 31_004, 31_010]),
        1 => any::<u32>(),
    ]
}

fn some_readers(largest: u64) -> impl Strategy<Value = frames::Readers> {
    let largest = i64::try_from(largest).unwrap_or(i64::MAX);
    (number(), 0..6_u32, prop::collection::vec(-largest..=largest, 0..7), any::<bool>()).prop_map(
        |(first, count, times, odd)| {
            let mut readers = readers(0, count);
            readers.first_ordinal = first;
            if odd {
                readers.times_ms = times;
            }
            readers
        },
    )
}

fn delta(largest: u64) -> impl Strategy<Value = frames::ReceiptDelta> {
    (uid(), prop::option::of(some_readers(largest)), any::<bool>()).prop_map(|(message_uid, readers, named)| {
        let conversation = wire().filter(|_| named);
        frames::ReceiptDelta { conversation, message_uid, readers, counts: None }
    })
}

fn log(largest: u64) -> impl Strategy<Value = frames::LogEntries> {
    let event = prop_oneof![
        (user(), uid()).prop_map(|(user, uid)| said(&user, &uid, "device-1")),
        (user(), uid()).prop_map(|(user, uid)| requested(&user, &uid)),
        (user(), uid()).prop_map(|(user, uid)| recalled(&user, &uid)),
    ];
    let entry = (any::<u8>(), prop::option::of(event)).prop_map(move |(sequence, event)| frames::LogEntry {
        sequence: sequence.into(),
        at_ms: largest,
        event,
    });
    let through = prop_oneof![(0..99_u64).boxed(), Just(largest).boxed()];
    (prop::collection::vec(entry, 0..5), through, 0..=largest, -1..7_i32).prop_map(|(entries, through, left, kind)| {
        let conversation = frames::Conversation { r#type: kind, ..wire().unwrap() };
        frames::LogEntries { conversation: Some(conversation), entries, through, left, offline: true }
    })
}

fn user() -> impl Strategy<Value = String> {
    (0..3_u8).prop_map(|number| format!("u{number}"))
}

fn reply(largest: u64) -> impl Strategy<Value = Reply> {
    let result = prop_oneof![
        some_readers(largest).prop_map(reply::Result::Readers),
        prop::collection::vec(code(), 0..5)
            .prop_map(|codes| reply::Result::ReceiptsAccepted(frames::ReceiptsAccepted { codes })),
        (user(), any::<u32>(), number()).prop_map(|(user_id, ping_interval_ms, page_size_max)| {
            let signed_in = frames::SignedIn { user_id, ping_interval_ms, page_size_max, ..Default::default() };
            reply::Result::SignedIn(signed_in)
        }),
        uid().prop_map(|message_uid| {
            reply::Result::MessageSent(frames::MessageSent { message_uid, ..Default::default() })
        }),
    ];
    (0..40_u64, code(), any::<u32>(), prop::option::of(result)).prop_map(|(call_id, code, retry_after_ms, result)| {
        Reply { call_id, code, detail: String::new(), retry_after_ms, result }
    })
}

/// Gives how many commands there were.
fn play(pair: &mut Pair, steps: Vec<Step>) -> usize {
    let mut commands = 1;
    pair.connect("u0");
    for step in steps {
        match step {
            Step::Server(frame) if pair.is_open => pair.hand_in(*frame),
            Step::Close if pair.is_open => pair.drop_connection(),
            Step::Server(_) | Step::Close => {}
            Step::Wait(ms) => pair.wait(Duration::from_millis(ms)),
            Step::LooksAgain => pair.looks_again(),
            Step::SignsOut => pair.disconnect(),
            Step::Store(reads, writes) => {
                (pair.store_refuses_to_read, pair.store_refuses_to_write) = (!reads, !writes);
            }
            Step::Reads(reading) => {
                pair.reading = reading;
                pair.settle();
            }
            Step::Asks(number) => {
                pair.asks(&format!("m{}", number % 6));
                commands += 1;
            }
            Step::Sends(number) => {
                pair.sends(&number.to_string(), number % 2 == 0);
                commands += 1;
            }
            Step::Answers(number) => {
                pair.answers_in(group(), &["m0", "m1", "m2"][..usize::from(number % 4)]);
                commands += 1;
            }
            Step::SignsIn(number) => {
                pair.connect(&format!("u{number}"));
                commands += 1;
            }
        }
    }
    commands
}

/// Everything ends: each user comes once more, and the server is an honest one that accepts what is left.
fn finish(pair: &mut Pair) {
    (pair.store_refuses_to_read, pair.store_refuses_to_write) = (false, false);
    for user in ["u0", "u1", "u2"] {
        pair.disconnect();
        pair.connect(user);
        for _ in 0..50 {
            while !pair.calls.is_empty() {
                pair.accept();
            }
            pair.wait(Duration::from_secs(10));
        }
    }
    pair.disconnect();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_command_has_one_result_whatever_the_server_says(steps in prop::collection::vec(step(u64::MAX), 1..80)) {
        let mut pair = Pair::unrecorded("any number of cases");
        let commands = play(&mut pair, steps);
        finish(&mut pair);
        let mut told: Vec<_> = pair.outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Connected(call, _) | Outcome::Replied(call, _) | Outcome::Answered(call, _) => Some(*call),
            Outcome::Kept(_) => None,
        }).collect();
        // The connects of `finish` have results of their own.
        prop_assert_eq!(told.len(), commands + 3);
        told.sort();
        told.dedup();
        prop_assert_eq!(told.len(), commands + 3);
        for user in ["u0", "u1", "u2"] {
            prop_assert!(pair.memory(user).answers.is_empty());
        }
    }
}

/// The same thirty each time, so that other SDKs replay what a hostile server says.
#[test]
fn thirty_scripts_of_a_hostile_server() {
    let mut random = TestRunner::deterministic();
    for _ in 0..30 {
        let script = prop::collection::vec(step(REPLAYED_MAX), 20..=40).new_tree(&mut random).unwrap().current();
        play(&mut Pair::new(), script);
    }
}
