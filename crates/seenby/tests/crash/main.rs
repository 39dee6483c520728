//! The program ends again and again, mostly by force, while people use it. What they saw is written down, and compared
//! with what the program has afterwards, by a checker that knows nothing of it.
//!
//! `make crash ROUNDS=300` runs it for long.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod checker;
mod history;
#[path = "../program/seenby.rs"]
#[expect(dead_code, reason = "what other tests do with the program")]
mod seenby;
mod ward;

use std::path::Path;
use std::time::Duration;

use history::History;
use rand::Rng as _;
use ward::{End, Ward};

/// Enough to be sure that it works, in a few seconds.
const ROUNDS: usize = 8;
const LIFE_MS_MAX: u64 = 700;
const LISTS_PER_ROUND: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_however_often_the_server_ends() {
    let rounds = std::env::var("SEENBY_CRASH_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let history = History::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("history.jsonl"));
    let mut ward = Ward::opens(history.clone()).await;
    for round in 1..=rounds {
        let life = rand::rng().random_range(50..=LIFE_MS_MAX);
        tokio::time::sleep(Duration::from_millis(life)).await;
        ward.restarts(match round {
            round if round % 5 == 0 => End::Asked,
            round if round % 7 == 0 => End::Paused,
            _ => End::Killed,
        });
        ward.looks_at_newest(LISTS_PER_ROUND).await;
    }
    ward.closes().await;
    let summary = checker::check(&history.lines()).unwrap_or_else(|why| panic!("{why}"));
    assert!(summary.acknowledged >= summary.messages * ward::NURSES && summary.messages > 0, "{summary}");
    println!("{summary}");
}
