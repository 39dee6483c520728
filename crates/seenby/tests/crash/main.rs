//! The program ends again and again, mostly by force or with its disk, while people use it. What they saw is written down, and compared
//! with what the program has afterwards, by a checker that knows nothing of it.
//!
//! `make crash ROUNDS=300` runs it for long.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod checker;
mod disk;
mod history;
#[path = "../program/seenby.rs"]
#[expect(dead_code, reason = "what other tests do with the program")]
mod seenby;
mod ward;

use std::path::Path;
use std::time::Duration;

use disk::Fault;
use history::History;
use rand::Rng as _;
use ward::{End, Ward};

/// Enough to be sure that it works, in a few seconds.
const ROUNDS: usize = 10;
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
        ward.restarts(end_of(round)).await;
        ward.looks_at_newest(LISTS_PER_ROUND).await;
    }
    ward.closes().await;
    let summary = checker::check(&history.lines()).unwrap_or_else(|why| panic!("{why}"));
    assert!(summary.acknowledged >= summary.messages * ward::NURSES && summary.messages > 0, "{summary}");
    println!("{summary}");
}

/// Every other life ends by force; the others in turns in order, in the middle of a pause, or with the disk.
fn end_of(round: usize) -> End {
    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    let after = rand::rng().random_range(0..20);
    match round % 10 {
        2 => End::Asked,
        4 => End::Paused,
        6 => End::DiskFails(Fault { call: "sync", error: EIO, after }),
        8 => End::DiskFails(Fault { call: "write", error: ENOSPC, after }),
        0 => End::DiskFails(Fault { call: "write", error: EIO, after }),
        _ => End::Killed,
    }
}
