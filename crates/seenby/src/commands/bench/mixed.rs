//! A day's traffic: groups of all sizes, messages that ask, members who answer in their own time. Everybody does what is due
//! when it is due, whatever the server does with it, and every latency counts from then.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use rand::rngs::SmallRng;
use rand::seq::index;
use rand::{Rng as _, SeedableRng as _};
use seenby_protocol::frames::{
    Content, Conversation, LogEntries, ReceiptDelta, Reply, SendMessage, TextContent, client_frame, content, log_entry,
    server_frame,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::crowd::Crowd;
use super::member::{Member, answer, group};
use super::report::{Latencies, Measurement};
use super::server::Server;

const PEOPLE: usize = 2_000;
const GROUP_SIZES: RangeInclusive<usize> = 5..=500;
/// Between being asked and answering.
const READING_MAX: Duration = Duration::from_secs(2);
/// For what is under way when the last message has been sent.
const AFTERWARDS: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
pub struct Mixed {
    pub groups: usize,
    /// Over all groups; each message asks everybody in its group.
    pub messages_per_second: u64,
    pub seconds: u64,
}

/// When each answer was given: by message and reader.
type Given = Arc<Mutex<HashMap<(String, String), Instant>>>;

impl Mixed {
    pub async fn run(&self, server: &Server, run: u64) -> anyhow::Result<Measurement> {
        let mut random = SmallRng::seed_from_u64(run);
        let name = server.new_name();
        let people: Vec<String> = (0..PEOPLE).map(|number| format!("{name}-{number:04}")).collect();
        let groups = self.gather(server, &people, &mut random, &name).await?;
        let crowd = Crowd::signs_in(server.accounts(&people).await?).await?;

        let before = server.process().map(|process| process.usage()).transpose()?;
        let start = Instant::now() + Duration::from_millis(200);
        let end = start + Duration::from_secs(self.seconds) + AFTERWARDS;
        let mut plans = self.plans(&groups, start, &mut random);
        let given = Given::default();
        let mut living = JoinSet::new();
        for (person, member) in crowd.into_members().into_iter().enumerate() {
            let sends = std::mem::take(&mut plans[person]);
            living.spawn(Life::new(people[person].clone(), member, sends, given.clone()).live(end));
        }
        let mut all = Lived::default();
        while let Some(lived) = living.join_next().await {
            all.extend(lived??);
        }
        let after = server.process().map(|process| process.usage()).transpose()?;
        let mut measurement = self.measurement(&all)?;
        if let (Some(before), Some(after)) = (before, after) {
            let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
            measurement.set("server_cpu_percent", 100.0 * cpu / (end - start).as_secs_f64());
        }
        Ok(measurement)
    }

    /// Groups with their members, by their place among the people.
    async fn gather(
        &self,
        server: &Server,
        people: &[String],
        random: &mut SmallRng,
        name: &str,
    ) -> anyhow::Result<Vec<(Conversation, Vec<usize>)>> {
        let (smallest, largest) = ((*GROUP_SIZES.start() as f64).ln(), (*GROUP_SIZES.end() as f64).ln());
        let mut groups = Vec::with_capacity(self.groups);
        for number in 0..self.groups {
            // As many groups between 5 and 50 as between 50 and 500.
            let size = random.random_range(smallest..=largest).exp().round() as usize;
            let members = index::sample(random, people.len(), size).into_vec();
            let id = format!("{name}-{number}");
            let names: Vec<String> = members.iter().map(|person| people[*person].clone()).collect();
            server.make_group(&id, &names).await?;
            groups.push((group(&id), members));
        }
        Ok(groups)
    }

    /// For each person, when to send to which group.
    fn plans(
        &self,
        groups: &[(Conversation, Vec<usize>)],
        start: Instant,
        random: &mut SmallRng,
    ) -> Vec<VecDeque<(Instant, Conversation)>> {
        let mut plans = vec![VecDeque::new(); PEOPLE];
        for number in 0..self.messages_per_second * self.seconds {
            let due = start + Duration::from_secs_f64(number as f64 / self.messages_per_second as f64);
            let (conversation, members) = &groups[random.random_range(0..groups.len())];
            let sender = members[random.random_range(0..members.len())];
            plans[sender].push_back((due, conversation.clone()));
        }
        plans
    }

    fn measurement(&self, all: &Lived) -> anyhow::Result<Measurement> {
        let mut measurement = Measurement::new(
            "mixed",
            [
                ("groups", self.groups as u64),
                ("messages_per_second", self.messages_per_second),
                ("seconds", self.seconds),
            ],
        );
        measurement.set("answers_per_second", all.answers.len() as f64 / self.seconds as f64);
        all.sends.tell(&mut measurement, ["send_p50_ms", "send_p99_ms", "send_max_ms"])?;
        all.answers.tell(&mut measurement, ["answer_p50_ms", "answer_p99_ms", "answer_max_ms"])?;
        all.news.tell(&mut measurement, ["sender_learns_p50_ms", "sender_learns_p99_ms", "sender_learns_max_ms"])?;
        Ok(measurement)
    }
}

/// What one person did, or all of them.
#[derive(Default)]
struct Lived {
    /// Until a message was stored.
    sends: Latencies,
    /// Until an answer was acknowledged.
    answers: Latencies,
    /// From an answer until the sender saw it.
    news: Latencies,
}

impl Lived {
    fn extend(&mut self, other: Self) {
        self.sends.extend(other.sends);
        self.answers.extend(other.answers);
        self.news.extend(other.news);
    }
}

/// One person's part.
struct Life {
    user: String,
    member: Member,
    sends: VecDeque<(Instant, Conversation)>,
    /// Messages to answer, soonest first.
    reading: BinaryHeap<Reverse<(Instant, String, String)>>,
    given: Given,
    /// Calls without a reply, by number: when they were due.
    sent: HashMap<u64, Instant>,
    answered: HashMap<u64, Instant>,
    random: SmallRng,
    lived: Lived,
}

impl Life {
    fn new(user: String, member: Member, sends: VecDeque<(Instant, Conversation)>, given: Given) -> Self {
        Self {
            user,
            member,
            sends,
            reading: BinaryHeap::new(),
            given,
            sent: HashMap::new(),
            answered: HashMap::new(),
            random: SmallRng::from_os_rng(),
            lived: Lived::default(),
        }
    }

    async fn live(mut self, end: Instant) -> anyhow::Result<Lived> {
        loop {
            let send = self.sends.front().map_or(end, |(due, _)| *due);
            let read = self.reading.peek().map_or(end, |Reverse((due, ..))| *due);
            tokio::select! {
                biased;
                () = sleep_until(send), if send < end => self.send().await?,
                () = sleep_until(read), if read < end => self.answer().await?,
                () = sleep_until(end) => break,
                frame = self.member.read() => self.hear(frame?)?,
            }
        }
        ensure!(self.sent.is_empty() && self.answered.is_empty(), "calls were still without a reply at the end");
        Ok(self.lived)
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let Some((due, conversation)) = self.sends.pop_front() else { return Ok(()) };
        let text = TextContent { text: "The lift is out of order until noon.".into() };
        let call = client_frame::Call::SendMessage(SendMessage {
            conversation: Some(conversation),
            client_ref: format!("{:x}", self.random.random::<u128>()),
            content: Some(Content { kind: Some(content::Kind::Text(text)), extra: String::new() }),
            need_receipt: true,
        });
        let call_id = self.member.send(call).await?;
        self.sent.insert(call_id, due);
        Ok(())
    }

    async fn answer(&mut self) -> anyhow::Result<()> {
        let Some(Reverse((due, group_id, uid))) = self.reading.pop() else { return Ok(()) };
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert((uid.clone(), self.user.clone()), due);
        let call_id = self.member.send(answer(&group(&group_id), &[uid])).await?;
        self.answered.insert(call_id, due);
        Ok(())
    }

    fn hear(&mut self, frame: server_frame::Kind) -> anyhow::Result<()> {
        match frame {
            server_frame::Kind::Reply(reply) => self.hear_reply(&reply)?,
            server_frame::Kind::LogEntries(page) => self.hear_log(page),
            server_frame::Kind::ReceiptDelta(delta) => self.hear_news(delta),
            _ => {}
        }
        Ok(())
    }

    fn hear_reply(&mut self, reply: &Reply) -> anyhow::Result<()> {
        ensure!(reply.code == 0, "refused with {}: {}", reply.code, reply.detail);
        if let Some(due) = self.sent.remove(&reply.call_id) {
            self.lived.sends.record(due.elapsed());
        }
        if let Some(due) = self.answered.remove(&reply.call_id) {
            self.lived.answers.record(due.elapsed());
        }
        Ok(())
    }

    /// Asked: it reads in its own time.
    fn hear_log(&mut self, page: LogEntries) {
        let group_id = page.conversation.unwrap_or_default().target_id;
        for entry in page.entries {
            if let Some(log_entry::Event::ReceiptRequested(request)) = entry.event
                && request.sender_id != self.user
            {
                let due = Instant::now() + self.random.random_range(Duration::ZERO..READING_MAX);
                self.reading.push(Reverse((due, group_id.clone(), request.message_uid)));
            }
        }
    }

    fn hear_news(&mut self, delta: ReceiptDelta) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        for reader in delta.readers.unwrap_or_default().user_ids {
            if let Some(due) = given.remove(&(delta.message_uid.clone(), reader)) {
                self.lived.news.record(due.elapsed());
            }
        }
    }
}
