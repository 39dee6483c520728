//! A storm of answers: everybody answers every message. With one message a call it is what happens after an announcement;
//! with more, what happens when people who were away come online.

use std::sync::Arc;

use seenby_protocol::frames::{Conversation, GetHistory, client_frame};
use tokio::time::Instant;

use super::crowd::{Answered, Crowd, Pace, Seen, sees};
use super::floor::Floor;
use super::member::{Account, Member, group};
use super::process::{Process, Usage};
use super::report::{Latencies, Measurement};
use super::server::Server;

#[derive(Debug, Clone, Copy)]
pub struct Storm {
    /// Members who answer, each on a socket of its own.
    pub members: usize,
    /// Members of the group, those who answer among them.
    pub group_size: usize,
    pub messages: usize,
    pub pace: Pace,
    /// Pages of history, with their receipts, that the sender reads afterwards.
    pub pages: usize,
}

/// Messages on a page of history.
const PAGE_MESSAGES: u32 = 20;

impl Storm {
    fn answers(&self) -> u64 {
        (self.members * self.messages) as u64
    }

    /// Against a server; until the sender's own connection has seen every answer.
    pub async fn run(&self, server: &Server, workload: &'static str) -> anyhow::Result<Measurement> {
        // A group and people of its own: on one server the runs must not meet.
        let group_id = server.new_name();
        let sender = format!("{group_id}-sender");
        let people: Vec<String> = (0..self.group_size).map(|number| format!("{group_id}-{number:05}")).collect();
        server.make_group(&group_id, &people).await?;
        server.make_group(&group_id, std::slice::from_ref(&sender)).await?;
        let accounts = server.accounts(&people[..self.members]).await?;
        let mut watcher = Member::sign_in(&server.accounts(std::slice::from_ref(&sender)).await?.remove(0)).await?;
        let mut crowd = Crowd::signs_in(accounts).await?;
        let uids = Arc::new(server.ask(&group_id, &sender, self.messages).await?);
        crowd.reads_requests(self.messages).await?;
        watcher.reads_requests(self.messages).await?;

        let before = usage(server.process())?;
        let conversation = group(&group_id);
        let answers = self.answers();
        let watching = async {
            let seen = sees(&mut watcher, answers).await?;
            anyhow::Ok((seen, Instant::now()))
        };
        let answering = crowd.answers(&conversation, &uids, self.pace);
        let ((seen, end), answered) = tokio::try_join!(watching, answering)?;
        let after = usage(server.process())?;
        let mut measurement = self.measurement(workload, end, (before, after), answered)?;
        tell_seen(&mut measurement, &seen);
        if self.pages > 0 {
            let latencies = look_back(&mut watcher, &conversation, self.pages).await?;
            latencies.tell(&mut measurement, ["history_p50_ms", "history_p99_ms", "history_max_ms"])?;
        }
        Ok(measurement)
    }

    /// Against the floor, with the same sockets and frames; until every answer is acknowledged.
    pub async fn run_on_floor(&self, floor: &Floor, workload: &'static str) -> anyhow::Result<Measurement> {
        let account = |place| Account {
            server: floor.address.clone(),
            app: "bench".into(),
            token: String::new(),
            device: "bench".into(),
            place,
        };
        let crowd = Crowd::signs_in((0..self.members).map(account).collect()).await?;
        let uids = Arc::new((0..self.messages).map(|number| format!("CIQ1-{number:04}-AAAA-AAAA")).collect::<Vec<_>>());
        let before = usage(floor.process())?;
        let answered = crowd.answers(&group("floor"), &uids, self.pace).await?;
        let end = Instant::now();
        let after = usage(floor.process())?;
        self.measurement(workload, end, (before, after), answered)
    }

    fn measurement(
        &self,
        workload: &'static str,
        end: Instant,
        (before, after): (Option<Usage>, Option<Usage>),
        answered: Answered,
    ) -> anyhow::Result<Measurement> {
        let mut parameters = vec![("members", self.members as u64), ("messages", self.messages as u64)];
        if self.pages > 0 {
            parameters.push(("group_size", self.group_size as u64));
        }
        if self.pace.messages_per_call > 1 {
            parameters.push(("messages_per_call", self.pace.messages_per_call as u64));
        }
        if let Some(rate) = self.pace.calls_per_second {
            parameters.push(("calls_per_second", rate));
        }
        let mut measurement = Measurement::new(workload, parameters);
        let answers = self.answers() as f64;
        measurement.set("answers_per_second", answers / (end - answered.began).as_secs_f64());
        if let (Some(before), Some(after)) = (before, after) {
            let cpu = after.cpu.saturating_sub(before.cpu);
            measurement.set("server_cpu_us_per_answer", cpu.as_secs_f64() * 1e6 / answers);
        }
        measurement.set("members_pushed_bytes", answered.pushed_bytes as f64);
        answered.latencies.tell(&mut measurement, ["latency_p50_ms", "latency_p99_ms", "latency_max_ms"])?;
        Ok(measurement)
    }
}

async fn look_back(sender: &mut Member, conversation: &Conversation, pages: usize) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    for _ in 0..pages {
        let begin = Instant::now();
        let newest =
            GetHistory { conversation: Some(conversation.clone()), count: PAGE_MESSAGES, ..GetHistory::default() };
        sender.call(client_frame::Call::GetHistory(newest)).await?;
        latencies.record(begin.elapsed());
    }
    Ok(latencies)
}

fn tell_seen(measurement: &mut Measurement, seen: &Seen) {
    measurement.set("sender_frames", seen.frames as f64);
    measurement.set("sender_bytes_per_answer", seen.bytes as f64 / seen.readers as f64);
}

pub fn usage(process: Option<Process>) -> anyhow::Result<Option<Usage>> {
    process.map(Process::usage).transpose()
}
