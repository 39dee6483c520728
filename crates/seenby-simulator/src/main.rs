//! `make simulate`: runs seeds, and ends with a line that says how much was seen.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use seenby_simulator::{Summary, Violation, run};

/// Server, network, phones and disk in virtual time, against a model of what is right.
#[derive(Parser)]
struct Arguments {
    /// Run this seed alone
    #[arg(long)]
    seed: Option<u64>,
    /// Run so many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// Run for so many minutes instead
    #[arg(long)]
    minutes: Option<f64>,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// End with the first promise that is broken
    #[arg(long)]
    until_first: bool,
    /// Runs at the same time
    #[arg(long, default_value_t = 1)]
    jobs: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let begin = Instant::now();
    let (first, end) = match arguments.seed {
        Some(seed) => (seed, seed + 1),
        None if arguments.minutes.is_some() => (arguments.from, u64::MAX),
        None => (arguments.from, arguments.from + arguments.seeds),
    };
    let until = arguments.minutes.map(|minutes| begin + Duration::from_secs_f64(60.0 * minutes));
    let next = AtomicU64::new(first);
    let results = Mutex::new((Summary::default(), 0_u64, Vec::new()));
    thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| work(&next, end, until, arguments.until_first, &results));
        }
    });
    let (summary, seeds, violations) = results.into_inner().expect("nobody panicked");
    violations.iter().for_each(|violation| println!("{violation}\n"));
    tell(&summary, seeds, violations.len());
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Results = (Summary, u64, Vec<Box<Violation>>);

fn work(next: &AtomicU64, end: u64, until: Option<Instant>, until_first: bool, results: &Mutex<Results>) {
    let has_found = || until_first && !results.lock().expect("nobody panicked").2.is_empty();
    while until.is_none_or(|until| Instant::now() < until) && !has_found() {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        let result = run(seed);
        let (summary, seeds, violations) = &mut *results.lock().expect("nobody panicked");
        *seeds += 1;
        match result {
            Ok(one) => summary.add(&one),
            Err(violation) => violations.push(violation),
        }
    }
}

fn tell(summary: &Summary, seeds: u64, violations: usize) {
    let Summary {
        virtual_ms,
        calls,
        acknowledged,
        commits,
        failed_commits,
        overtaken,
        server_crashes,
        phone_crashes,
        cuts,
        checks,
        ..
    } = summary;
    let hours = *virtual_ms as f64 / 3_600_000.0;
    println!(
        "{seeds} seeds, {hours:.1} simulated hours, {calls} calls, {acknowledged} acknowledged answers, {commits} commits \
         ({failed_commits} failed, {overtaken} overtaken), {server_crashes} crashes of the server and {phone_crashes} of phones, {cuts} connections \
         cut, {checks} checks: {violations} violations"
    );
}
