//! Rounds: somebody asks a group, everybody answers as soon as the message has come, and when the asker's own connection has
//! seen all of them it asks the next one. Nothing is prepared before the clock starts, so delivery counts as well.

use seenby_protocol::frames::log_entry::Event;
use seenby_protocol::frames::{
    Content, Conversation, LogEntries, SendMessage, TextContent, client_frame, content, server_frame,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::crowd::{Crowd, sees};
use super::member::{Member, group};
use super::report::{Latencies, Measurement};
use super::server::Server;
use super::storm::usage;

#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// Members who answer, each on a socket of its own.
    pub members: usize,
    pub rounds: usize,
}

impl Round {
    pub async fn run(&self, server: &Server) -> anyhow::Result<Measurement> {
        let group_id = server.new_name();
        let mut people: Vec<String> = (0..self.members).map(|number| format!("{group_id}-{number:05}")).collect();
        people.push(format!("{group_id}-asker"));
        server.make_group(&group_id, &people).await?;
        let mut members = Crowd::signs_in(server.accounts(&people).await?).await?.into_members();
        let Some(mut asker) = members.pop() else { anyhow::bail!("nobody asks") };
        let mut answering = JoinSet::new();
        for member in members {
            answering.spawn(answer_all(member, group(&group_id), self.rounds));
        }

        let (before, begin) = (usage(server.process())?, Instant::now());
        let mut latencies = Latencies::default();
        for number in 0..self.rounds {
            let begin = Instant::now();
            asker.call(ask(&group_id, number)).await?;
            sees(&mut asker, self.members as u64).await?;
            latencies.record(begin.elapsed());
        }
        let (end, after) = (Instant::now(), usage(server.process())?);
        while let Some(answered) = answering.join_next().await {
            answered??;
        }

        let answers = (self.members * self.rounds) as f64;
        let mut measurement = Measurement::new("round", [("members", self.members as u64)]);
        measurement.set("answers_per_second", answers / (end - begin).as_secs_f64());
        if let (Some(before), Some(after)) = (before, after) {
            let cpu = after.cpu.saturating_sub(before.cpu);
            measurement.set("server_cpu_us_per_answer", cpu.as_secs_f64() * 1e6 / answers);
        }
        latencies.tell(&mut measurement, ["round_p50_ms", "round_p99_ms", "round_max_ms"])?;
        Ok(measurement)
    }
}

fn ask(group_id: &str, number: usize) -> client_frame::Call {
    let text = TextContent { text: format!("announcement {number}") };
    client_frame::Call::SendMessage(SendMessage {
        conversation: Some(group(group_id)),
        client_ref: number.to_string(),
        content: Some(Content { kind: Some(content::Kind::Text(text)), ..Content::default() }),
        need_receipt: true,
    })
}

/// A message comes only after all have answered the one before it, so none is passed over while a reply is waited for.
async fn answer_all(mut member: Member, conversation: Conversation, count: usize) -> anyhow::Result<()> {
    let mut answered = 0;
    while answered < count {
        let server_frame::Kind::LogEntries(page) = member.read().await? else { continue };
        let uids = requests(&page);
        if !uids.is_empty() {
            answered += uids.len();
            member.answer(&conversation, &uids).await?;
        }
    }
    Ok(())
}

fn requests(page: &LogEntries) -> Vec<String> {
    let asked = page.entries.iter().filter_map(|entry| match &entry.event {
        Some(Event::ReceiptRequested(asked)) => Some(asked.message_uid.clone()),
        _ => None,
    });
    asked.collect()
}
