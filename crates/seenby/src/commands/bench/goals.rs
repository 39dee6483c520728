//! What we want to reach, and whether it was.

use serde::Serialize;

use super::report::Report;

/// One line of the table of goals.
#[derive(Debug, Serialize)]
pub struct Verdict {
    what: &'static str,
    goal: String,
    reached: f64,
    met: bool,
}

enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// As far as they were measured.
pub fn verdicts(report: &Report) -> Vec<Verdict> {
    let figure = |workload, parameters: &[(&'static str, u64)], name| report.median(workload, parameters, name);
    let soak = |name| figure("soak", &[], name);
    let ratio = |above: Option<f64>, below: Option<f64>| Some(above? / below?);
    let beside_floor = |members: u64, name| {
        ratio(figure("storm", &[("members", members)], name), figure("storm floor", &[("members", members)], name))
    };
    let wanted = [
        ("storm of 500, part of the floor's rate", Goal::AtLeast(0.6), beside_floor(500, "answers_per_second")),
        ("storm of 2,000, part of the floor's rate", Goal::AtLeast(0.6), beside_floor(2_000, "answers_per_second")),
        ("storm of 10,000, part of the floor's rate", Goal::AtLeast(0.6), beside_floor(10_000, "answers_per_second")),
        (
            "storm of 500, answers/s",
            Goal::AtLeast(60_000.0),
            figure("storm", &[("members", 500)], "answers_per_second"),
        ),
        (
            "storm of 2,000, answers/s",
            Goal::AtLeast(60_000.0),
            figure("storm", &[("members", 2_000)], "answers_per_second"),
        ),
        (
            "storm of 10,000, answers/s",
            Goal::AtLeast(60_000.0),
            figure("storm", &[("members", 10_000)], "answers_per_second"),
        ),
        (
            "storm of 500, server CPU, times the floor's",
            Goal::AtMost(1.5),
            beside_floor(500, "server_cpu_us_per_answer"),
        ),
        (
            "storm of 2,000, server CPU, times the floor's",
            Goal::AtMost(1.5),
            beside_floor(2_000, "server_cpu_us_per_answer"),
        ),
        (
            "storm of 10,000, server CPU, times the floor's",
            Goal::AtMost(1.5),
            beside_floor(10_000, "server_cpu_us_per_answer"),
        ),
        (
            "storm of 100,000 answers, frames to the sender",
            Goal::AtMost(200.0),
            figure("storm", &[("members", 10_000)], "sender_frames"),
        ),
        (
            "storm, bytes to the sender for an answer",
            Goal::AtMost(20.0),
            figure("storm", &[("members", 10_000)], "sender_bytes_per_answer"),
        ),
        (
            "storm, bytes to all other members",
            Goal::AtMost(0.0),
            figure("storm", &[("members", 10_000)], "members_pushed_bytes"),
        ),
        (
            "catch-up, 50 answers a call, answers/s",
            Goal::AtLeast(500_000.0),
            figure("catch-up", &[("messages_per_call", 50)], "answers_per_second"),
        ),
        (
            "half of the peak rate, p99, times the disk's",
            Goal::AtMost(4.0),
            ratio(figure("half", &[], "latency_p99_ms"), figure("disk", &[], "latency_p99_ms")),
        ),
        (
            "one answer on a quiet server, p99, times the disk's",
            Goal::AtMost(2.0),
            ratio(figure("quiet", &[], "latency_p99_ms"), figure("disk", &[], "latency_p99_ms")),
        ),
        (
            "server CPU an answer, group of 100,000 against 1,000",
            Goal::AtMost(1.3),
            ratio(
                figure("growth", &[("group_size", 100_000)], "server_cpu_us_per_answer"),
                figure("growth", &[("group_size", 1_000)], "server_cpu_us_per_answer"),
            ),
        ),
        (
            "group of 100,000, page of history, p99 ms",
            Goal::AtMost(20.0),
            figure("growth", &[("group_size", 100_000)], "history_p99_ms"),
        ),
        (
            "ledger, one hot message, batches of 512, answers/s",
            Goal::AtLeast(800_000.0),
            figure("ledger", &[("messages", 1), ("batch", 512)], "answers_per_second"),
        ),
        (
            "ledger, 1,000 messages, batches of 512, answers/s",
            Goal::AtLeast(250_000.0),
            figure("ledger", &[("messages", 1_000), ("batch", 512)], "answers_per_second"),
        ),
        (
            "disk bytes an answer, one hot message",
            Goal::AtMost(8.0),
            figure("ledger", &[("messages", 1), ("batch", 512)], "disk_bytes_per_answer"),
        ),
        (
            "disk bytes an answer, one at a time, 1,000 messages",
            Goal::AtMost(24.0),
            figure("ledger", &[("messages", 1_000), ("batch", 1)], "disk_bytes_per_answer"),
        ),
        ("idle connection, KiB", Goal::AtMost(8.0), figure("idle", &[], "memory_kib_each")),
        ("all back after a restart, seconds", Goal::AtMost(30.0), figure("idle", &[], "all_back_seconds")),
        ("soak, peak of memory, later half against earlier", Goal::AtMost(1.1), soak("memory_growth")),
        ("soak, peak of disk, later half against earlier", Goal::AtMost(1.1), soak("disk_growth")),
        ("soak, peak of open files, later half against earlier", Goal::AtMost(1.1), soak("files_growth")),
        ("soak, peak of tasks, later half against earlier", Goal::AtMost(1.1), soak("tasks_growth")),
    ];
    let verdicts = wanted.into_iter().filter_map(|(what, goal, reached)| Some(goal.verdict(what, reached?)));
    verdicts.collect()
}

impl Goal {
    fn verdict(self, what: &'static str, reached: f64) -> Verdict {
        let (goal, met) = match self {
            Self::AtLeast(least) => (format!("at least {least}"), reached >= least),
            Self::AtMost(most) => (format!("at most {most}"), reached <= most),
        };
        Verdict { what, goal, reached, met }
    }
}

impl Verdict {
    pub fn line(&self) -> String {
        let met = if self.met { "met" } else { "not met" };
        format!("  {:<54} {:<18} {:>12.2}  {met}", self.what, self.goal, self.reached)
    }
}
