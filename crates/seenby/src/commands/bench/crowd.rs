//! Members who are signed in and answer, all at the same time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use seenby_protocol::frames::{Conversation, server_frame};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::member::{Account, Member};
use super::report::Latencies;

/// Sign-ins under way at the same time, fewer than a listener's queue of connections.
const SIGN_INS_AT_ONCE: usize = 200;

pub struct Crowd {
    members: Vec<Member>,
}

/// How a crowd answers.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Messages that one call answers.
    pub messages_per_call: usize,
    /// Calls a second of all members together; as fast as it goes without.
    pub calls_per_second: Option<u64>,
}

/// What a crowd saw.
pub struct Answered {
    pub began: Instant,
    pub latencies: Latencies,
    /// What members were sent beside replies.
    pub pushed_bytes: u64,
}

impl Crowd {
    pub async fn signs_in(accounts: Vec<Account>) -> anyhow::Result<Self> {
        let at_once = Arc::new(Semaphore::new(SIGN_INS_AT_ONCE));
        let mut signing_in = Vec::with_capacity(accounts.len());
        for account in accounts {
            let place = at_once.clone().acquire_owned().await?;
            signing_in.push(tokio::spawn(async move {
                let member = Member::sign_in(&account).await;
                drop(place);
                member
            }));
        }
        let mut members = Vec::with_capacity(signing_in.len());
        for member in signing_in {
            members.push(member.await??);
        }
        Ok(Self { members })
    }

    /// In the order of their accounts.
    pub fn into_members(self) -> Vec<Member> {
        self.members
    }

    /// Everybody has been told of so many requests.
    pub async fn reads_requests(&mut self, count: usize) -> anyhow::Result<()> {
        for member in &mut self.members {
            member.reads_requests(count).await.context("a member was not asked")?;
        }
        Ok(())
    }

    /// Everybody answers for all messages, in order, one call after another.
    pub async fn answers(
        self,
        conversation: &Conversation,
        uids: &Arc<Vec<String>>,
        pace: Pace,
    ) -> anyhow::Result<Answered> {
        let count = self.members.len();
        // Tasks are made before the clock starts.
        let start = Instant::now() + Duration::from_millis(20) + Duration::from_micros(5) * count as u32;
        let mut answering = JoinSet::new();
        for (place, member) in self.members.into_iter().enumerate() {
            let (conversation, uids) = (conversation.clone(), uids.clone());
            let due = move |call: usize| {
                let earlier = (call * count + place) as f64;
                pace.calls_per_second.map(|rate| start + Duration::from_secs_f64(earlier / rate as f64))
            };
            answering.spawn(async move {
                sleep_until(start).await;
                answer_all(member, &conversation, &uids, pace.messages_per_call, due).await
            });
        }
        let mut all = Answered { began: start, latencies: Latencies::default(), pushed_bytes: 0 };
        while let Some(answered) = answering.join_next().await {
            let (member, latencies) = answered??;
            all.latencies.extend(latencies);
            all.pushed_bytes += member.pushed_bytes;
        }
        Ok(all)
    }
}

async fn answer_all(
    mut member: Member,
    conversation: &Conversation,
    uids: &[String],
    messages_per_call: usize,
    due: impl Fn(usize) -> Option<Instant>,
) -> anyhow::Result<(Member, Latencies)> {
    let mut latencies = Latencies::default();
    for (call, uids) in uids.chunks(messages_per_call).enumerate() {
        // A call that comes late because the one before was slow counts from when it should have been made.
        let begin = match due(call) {
            Some(due) => {
                sleep_until(due).await;
                due
            }
            None => Instant::now(),
        };
        member.answer(conversation, uids).await?;
        latencies.record(begin.elapsed());
    }
    Ok((member, latencies))
}

/// What the sender was sent.
#[derive(Default)]
pub struct Seen {
    pub readers: u64,
    pub frames: u64,
    pub bytes: u64,
}

/// Watches until so many readers of all messages together are in.
pub async fn sees(sender: &mut Member, readers: u64) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    (sender.pushed_bytes, sender.pushed_frames) = (0, 0);
    while seen.readers < readers {
        if let server_frame::Kind::ReceiptDelta(delta) = sender.read().await? {
            seen.readers += delta.readers.map_or(0, |readers| readers.user_ids.len() as u64);
        }
    }
    (seen.bytes, seen.frames) = (sender.pushed_bytes, sender.pushed_frames);
    Ok(seen)
}
