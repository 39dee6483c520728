//! What people do in the load: send what is due, and answer in their own time whenever they are asked.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use seenby_protocol::Code;
use seenby_protocol::frames::{
    Content, Conversation, LogEntries, ReceiptDelta, Reply, SendMessage, TextContent, client_frame, content, log_entry,
    server_frame,
};
use tokio::time::{Instant, sleep_until, timeout};

use super::member::{Member, answer, group};
use super::report::Latencies;

/// Between being asked and answering.
const READING_MAX: Duration = Duration::from_secs(2);
/// For replies to what was said last, on a machine that has other things to do.
const REPLIES_MAX: Duration = Duration::from_secs(30);

/// When each answer was given: by message and reader.
pub type Given = Arc<Mutex<HashMap<(String, String), Instant>>>;

/// What one person did, or all of them.
#[derive(Default)]
pub struct Lived {
    /// Until a message was stored.
    pub sends: Latencies,
    /// Until an answer was acknowledged.
    pub answers: Latencies,
    /// From an answer until the sender saw it.
    pub news: Latencies,
}

impl Lived {
    pub fn extend(&mut self, other: Self) {
        self.sends.extend(other.sends);
        self.answers.extend(other.answers);
        self.news.extend(other.news);
    }
}

/// One person's part.
pub struct Life {
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
    pub fn new(user: String, member: Member, sends: VecDeque<(Instant, Conversation)>, given: Given) -> Self {
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

    pub async fn live(mut self, end: Instant) -> anyhow::Result<Lived> {
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
        let heard = timeout(REPLIES_MAX, self.hear_the_last()).await;
        let (user, sent, answered) = (&self.user, &self.sent, &self.answered);
        heard.with_context(|| format!("{user} was still without a reply: {sent:?}, {answered:?}"))??;
        Ok(self.lived)
    }

    async fn hear_the_last(&mut self) -> anyhow::Result<()> {
        while !(self.sent.is_empty() && self.answered.is_empty()) {
            let frame = self.member.read().await?;
            self.hear(frame)?;
        }
        Ok(())
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let Some((due, conversation)) = self.sends.pop_front() else { return Ok(()) };
        let text = TextContent { text: "The lift is out of order until noon.".into() };
        let call = client_frame::Call::SendMessage(SendMessage {
            conversation: Some(conversation),
            client_ref: format!("{:x}", self.random.random::<u128>()),
            content: Some(Content { kind: Some(content::Kind::Text(text)), ..Default::default() }),
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
        // It may have gone with age before it was answered.
        let is_gone = Code(reply.code) == Code::RECEIPT_MESSAGE_NOT_FOUND;
        ensure!(reply.code == 0 || is_gone, "refused with {}: {}", reply.code, reply.detail);
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
                && !request.answered
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
