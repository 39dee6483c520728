//! `seenby bench`: what a server can do, and what it costs, on this machine.
//!
//! The server is a process of its own ([`server`]), so that its accounting tells its cost apart from the load's. What it does
//! is compared with a process that only acknowledges ([`floor`]) and with the disk itself ([`disk`]), in turns, because
//! machines are noisy and ratios are not.

mod crowd;
mod disk;
mod floor;
mod goals;
mod idle;
mod ledger;
mod life;
mod member;
mod mixed;
mod process;
mod quiet;
mod report;
mod round;
mod server;
mod soak;
mod storm;
mod town;

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use self::crowd::Pace;
use self::floor::Floor;
use self::mixed::Mixed;
use self::report::{Machine, Measurement, Report};
use self::round::Round;
use self::server::Server;
use self::storm::Storm;
use crate::cli::{BenchOptions, BenchWorkload};
use crate::output::line;

/// For 50,000 connections with both ends on this machine, and what else is open.
const FILES: u64 = 200_000;
/// What a server keeps for others than its connections.
const OTHER_FILES: usize = 1_100;
/// Syncs of the disk, and answers on a quiet server: enough for a 99th percentile.
const SYNCS: usize = 1_000;
/// Pages of history that the sender reads in groups of several sizes.
const PAGES: usize = 200;
/// Answers of all rounds of one size, as far as that gives a number of rounds that says something.
const ROUNDS_ANSWERS: usize = 25_000;

pub async fn run(options: BenchOptions) -> anyhow::Result<()> {
    if let BenchWorkload::Acknowledge = options.workload {
        return floor::acknowledge().await;
    }
    let files = process::raise_file_limit(FILES);
    let mut bench = Bench::new(options, usize::try_from(files)?);
    bench.run().await?;
    bench.report()
}

struct Bench {
    options: BenchOptions,
    /// That a process may have open.
    files: usize,
    progress: ProgressBar,
    measurements: Vec<Measurement>,
    run: u64,
}

impl Bench {
    fn new(options: BenchOptions, files: usize) -> Self {
        let progress = ProgressBar::no_length();
        let style = "{spinner} {elapsed_precise} [{bar:24}] {msg}";
        progress.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { options, files, progress, measurements: Vec::new(), run: 0 }
    }

    async fn run(&mut self) -> anyhow::Result<()> {
        let workload = self.options.workload;
        if workload == BenchWorkload::Soak {
            return self.soak().await;
        }
        let is = |which: BenchWorkload| workload == which || workload == BenchWorkload::All;
        self.progress.set_length(self.options.runs);
        for run in 1..=self.options.runs {
            self.run = run;
            if is(BenchWorkload::Disk) {
                self.disk()?;
            }
            if is(BenchWorkload::Ledger) {
                self.ledger().await?;
            }
            if is(BenchWorkload::Quiet) {
                self.quiet().await?;
            }
            if is(BenchWorkload::Round) {
                self.round().await?;
            }
            if is(BenchWorkload::Storm) {
                self.storm().await?;
            }
            if is(BenchWorkload::Half) {
                self.half().await?;
            }
            if is(BenchWorkload::CatchUp) {
                self.catch_up().await?;
            }
            if is(BenchWorkload::Growth) {
                self.growth().await?;
            }
            if is(BenchWorkload::Mixed) {
                self.mixed().await?;
            }
            if is(BenchWorkload::Idle) {
                self.idle().await?;
            }
            self.progress.inc(1);
        }
        self.progress.finish_and_clear();
        Ok(())
    }

    fn report(self) -> anyhow::Result<()> {
        let report =
            Report { version: env!("CARGO_PKG_VERSION"), machine: Machine::this(), measurements: self.measurements };
        let goals = goals::verdicts(&report);
        if self.options.json {
            return Ok(line!("{}", serde_json::to_string_pretty(&json!({ "report": report, "goals": goals }))?)?);
        }
        line!("{}", report.table())?;
        if !goals.is_empty() {
            line!("goals")?;
        }
        Ok(goals.iter().try_for_each(|goal| line!("{}", goal.line()))?)
    }

    fn note(&self, what: impl Into<String>) {
        self.progress.set_message(what.into());
        self.progress.tick();
    }

    fn keep(&mut self, measurement: Measurement) {
        self.measurements.push(Measurement { run: self.run, ..measurement });
    }

    /// Where temporary stores lie.
    fn folder(&self) -> PathBuf {
        self.options.store_in.clone().unwrap_or_else(std::env::temp_dir)
    }
}

/// Workloads, as far as the command line asks for them. Each has a server of its own, so that none pays for another.
impl Bench {
    async fn server(&self) -> anyhow::Result<Server> {
        Server::start(&self.options).await
    }

    fn disk(&mut self) -> anyhow::Result<()> {
        self.note("disk");
        self.keep(disk::run(&self.folder(), SYNCS)?);
        Ok(())
    }

    async fn ledger(&mut self) -> anyhow::Result<()> {
        for (members, messages) in [(100_000, 1), (1_000, 1_000)] {
            for batch in [1, 64, 512, 4_096] {
                self.note(format!("ledger, {messages} messages, batches of {batch}"));
                // Small batches take long.
                let answers = (batch * 2_000).min(members as usize * messages).max(5_000);
                let load = ledger::Load { members, messages, answers, batch };
                let folder = self.folder();
                self.keep(tokio::task::spawn_blocking(move || load.run(&folder)).await??);
            }
        }
        Ok(())
    }

    /// The server and the floor in turns.
    async fn storm(&mut self) -> anyhow::Result<()> {
        for members in self.options.members.clone() {
            let messages = (self.options.answers / members).max(1);
            let pace = Pace { messages_per_call: 1, calls_per_second: None };
            self.beside_the_floor(
                "storm",
                "storm floor",
                Storm { members, group_size: members, messages, pace, pages: 0 },
            )
            .await?;
        }
        Ok(())
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        for members in [2, 50, 500, 5_000] {
            self.note(format!("round, {members} members"));
            let round = Round { members, rounds: (ROUNDS_ANSWERS / members).clamp(5, 200) };
            self.keep(round.run(&self.server().await?).await?);
        }
        Ok(())
    }

    async fn catch_up(&mut self) -> anyhow::Result<()> {
        for messages_per_call in [1, 10, 50, 100] {
            let pace = Pace { messages_per_call, calls_per_second: None };
            let messages = (messages_per_call * 20).min(1_000);
            let storm = Storm { members: 500, group_size: 500, messages, pace, pages: 0 };
            self.beside_the_floor("catch-up", "catch-up floor", storm).await?;
        }
        Ok(())
    }

    async fn beside_the_floor(
        &mut self,
        workload: &'static str,
        floor_workload: &'static str,
        storm: Storm,
    ) -> anyhow::Result<()> {
        self.note(format!("{workload}, {} members, {} messages", storm.members, storm.messages));
        self.keep(storm.run_on_floor(&Floor::start().await?, floor_workload).await?);
        self.keep(storm.run(&self.server().await?, workload).await?);
        Ok(())
    }

    /// The same storm in a small group and in one a hundred times as large.
    async fn growth(&mut self) -> anyhow::Result<()> {
        for group_size in [1_000, 100_000] {
            self.note(format!("growth, {group_size} members"));
            let pace = Pace { messages_per_call: 1, calls_per_second: None };
            let storm = Storm { members: 1_000, group_size, messages: 50, pace, pages: PAGES };
            self.keep(storm.run(&self.server().await?, "growth").await?);
        }
        Ok(())
    }

    /// Half of what a storm reaches, at a fixed rate, beside the disk.
    async fn half(&mut self) -> anyhow::Result<()> {
        self.note("half of the peak rate");
        let pace = Pace { messages_per_call: 1, calls_per_second: None };
        let peak = Storm { members: 2_000, group_size: 2_000, messages: 25, pace, pages: 0 };
        let peak = peak.run(&self.server().await?, "peak").await?.figures["answers_per_second"];
        // Rounded, so that runs have the same name.
        let rate = (peak / 2.0 / 5_000.0).round().max(1.0) as u64 * 5_000;
        let pace = Pace { messages_per_call: 1, calls_per_second: Some(rate) };
        let storm = Storm { members: 2_000, group_size: 2_000, messages: 50, pace, pages: 0 };
        self.beside_the_floor("half", "half floor", storm).await?;
        self.disk()
    }

    async fn quiet(&mut self) -> anyhow::Result<()> {
        self.note("quiet");
        self.keep(quiet::run(&self.server().await?, SYNCS).await?);
        self.disk()
    }

    async fn mixed(&mut self) -> anyhow::Result<()> {
        self.note("mixed");
        let mixed = Mixed { groups: 1_000, messages_per_second: 20, seconds: 10 };
        self.keep(mixed.run(&self.server().await?, self.run).await?);
        Ok(())
    }

    /// Once: it takes as long as it is given.
    async fn soak(&mut self) -> anyhow::Result<()> {
        let server = self.server().await?;
        let measurement = soak::run(&server, self.options.minutes, |seen| self.note(seen)).await?;
        self.keep(measurement);
        self.progress.finish_and_clear();
        Ok(())
    }

    async fn idle(&mut self) -> anyhow::Result<()> {
        for connections in self.options.connections.clone() {
            let connections = connections.min(self.files.saturating_sub(OTHER_FILES));
            self.note(format!("idle, {connections} connections"));
            self.keep(idle::run(&mut self.server().await?, connections).await?);
        }
        Ok(())
    }
}
