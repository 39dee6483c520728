//! What the server counts, for Prometheus. Every server has a registry of its own, so several fit in one process.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use seenby_core::{Change, Commit};
use seenby_protocol::Code;
use tokio::runtime::Handle;

pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) connections: Gauge,
    pub(crate) sessions: Gauge,
    tasks: Gauge,
    pub(crate) retention_held: Counter,
    sign_ins: Family<CodeLabel, Counter>,
    refusals: Family<CodeLabel, Counter>,
    commits: Counter,
    commit_failures: Counter,
    batch_calls: Histogram,
    messages: Counter,
    requests: Counter,
    answers: Counter,
}

/// The codes of the table are few, so this label cannot explode.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabel {
    code: u32,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("seenby");
        Self {
            connections: register(&mut registry, "connections", "Open client connections"),
            sessions: register(&mut registry, "sessions", "Connections that have signed in"),
            tasks: register(&mut registry, "tasks", "Tasks of the runtime that are alive"),
            retention_held: register(
                &mut registry,
                "retention_held",
                "Looks for old messages that deleted none, because the clock was days ahead of the last look",
            ),
            sign_ins: register(&mut registry, "sign_ins", "Sign-ins by status code"),
            refusals: register(&mut registry, "refusals", "Calls answered with a status code other than 0"),
            commits: register(&mut registry, "commits", "Durable commits"),
            commit_failures: register(&mut registry, "commit_failures", "Commits that failed"),
            messages: register(&mut registry, "messages", "Messages stored"),
            requests: register(&mut registry, "receipt_requests", "Receipt requests stored"),
            answers: register(&mut registry, "receipt_answers", "Answers counted"),
            batch_calls: {
                let calls = Histogram::new(exponential_buckets(1.0, 4.0, 7));
                registry.register("commit_calls", "Calls in one commit", calls.clone());
                calls
            },
            registry,
        }
    }

    pub(crate) fn committed(&self, commit: &Commit, calls: usize) {
        if commit.changes.is_empty() {
            return;
        }
        self.commits.inc();
        self.batch_calls.observe(calls as f64);
        for change in &commit.changes {
            match change {
                Change::MessageSaved(message) if message.recalled_at.is_none() => drop(self.messages.inc()),
                Change::RequestCreated(_) => drop(self.requests.inc()),
                Change::BlockAdded(block) => drop(self.answers.inc_by(block.answers.len() as u64)),
                _ => {}
            }
        }
    }

    pub(crate) fn commit_failed(&self) {
        self.commit_failures.inc();
    }

    pub(crate) fn signed_in(&self, code: Code) {
        self.sign_ins.get_or_create(&CodeLabel { code: code.0 }).inc();
    }

    pub(crate) fn refused(&self, code: Code) {
        self.refusals.get_or_create(&CodeLabel { code: code.0 }).inc();
    }

    /// The OpenMetrics text, as of now.
    pub(crate) fn render(&self) -> String {
        let tasks = Handle::current().metrics().num_alive_tasks();
        self.tasks.set(i64::try_from(tasks).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes everything");
        text
    }
}

fn register<M>(registry: &mut Registry, name: &str, help: &str) -> M
where
    M: prometheus_client::registry::Metric + Clone + Default,
{
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}
