//! Everything that production runs, but for sockets, threads, clocks and disks, in one thread and in virtual time: the
//! ledger, the server's desk, delivery and sessions, the SDK's sessions, and the codec between them.
//!
//! One seed is one run. It draws how large things are and how often they break; then people send, ask, answer, recall, come
//! and go on several devices, while connections are lost, half-open or slow, commits fail, the server and the phones crash,
//! and clocks jump. Three of four runs have two to four servers over one store, whose clocks differ by minutes: they
//! overtake each other between deciding and appending, and hear of each other late, twice, in another order or not at all.
//! From time to time everything is left alone until it is quiet, and then the truth is compared:
//!
//! * what got code 0 is in the store; nobody is counted twice; ordinals have no gaps and never change (`check`);
//! * what the store holds is what a model (`model`) holds that knows the contract and nothing of bitmaps, blocks or batches;
//! * every sender's phones show the readers that the store has, with their times;
//! * no frame ever went to somebody who may not have it, looked at when it left the server (`watch`).

mod calm;
mod check;
mod choice;
mod faults;
mod link;
mod model;
mod network;
mod people;
mod phone;
mod place;
mod server;
mod verdict;
mod watch;
mod world;

use std::fmt;

pub use world::run;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    pub virtual_ms: u64,
    pub calls: u64,
    /// Answers that got code 0, each message counted.
    pub acknowledged: u64,
    pub commits: u64,
    pub failed_commits: u64,
    /// Batches that were decided again, because another node was faster.
    pub overtaken: u64,
    pub server_crashes: u64,
    pub phone_crashes: u64,
    pub cuts: u64,
    pub checks: u64,
    /// Of everything that happened, in order: two runs of one seed must have the same.
    pub trace_hash: u64,
}

impl Summary {
    pub fn add(&mut self, other: &Self) {
        self.virtual_ms += other.virtual_ms;
        self.calls += other.calls;
        self.acknowledged += other.acknowledged;
        self.commits += other.commits;
        self.failed_commits += other.failed_commits;
        self.overtaken += other.overtaken;
        self.server_crashes += other.server_crashes;
        self.phone_crashes += other.phone_crashes;
        self.cuts += other.cuts;
        self.checks += other.checks;
    }
}

/// A promise was broken.
#[derive(Debug)]
pub struct Violation {
    pub seed: u64,
    /// Virtual time at which it was noticed.
    pub at_ms: u64,
    pub what: String,
    /// The last things that happened.
    pub trace: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, after {} virtual ms: {}", self.seed, self.at_ms, self.what)?;
        for line in &self.trace {
            writeln!(f, "  {line}")?;
        }
        write!(f, "to see it again: make simulate SEED={}", self.seed)
    }
}
