//! The simulated members. One of them is online all the time and learns of every request; then most of the others answer,
//! each by signing in through the SDK and a socket, as a phone does that wakes up, reads and sleeps again.
//!
//! Deliberately absent: an engine for each member that stays online. 5,000 sockets are more than most shells allow.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rand::Rng as _;
use rand::seq::SliceRandom as _;
use seenby_client::{Conversation, Engine, EngineOptions, Event, EventStream};
use seenby_core::commit::AppRecord;
use seenby_server::Administration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::people::{GROUPS, People};
use super::{APP, LINK_LIFETIME};
use crate::refused;

/// Members who are online to answer at the same time. Enough for the first moments of 5,000, and few for a shell.
const SOCKETS_MAX: usize = 48;
/// Messages that are being read at the same time; who asks more often waits.
const MESSAGES_MAX: usize = 50;
/// Of a hundred members, those who read in the end.
const READERS_IN_HUNDRED: usize = 90;

pub struct Crowd {
    cast: Arc<Cast>,
    people: Arc<People>,
    /// Messages whose readers are settled.
    past: HashSet<String>,
    reading: Duration,
    watcher: Engine,
    events: EventStream,
}

/// What it takes to sign in as anybody.
struct Cast {
    server: String,
    administration: Administration,
    app: AppRecord,
    sockets: Arc<Semaphore>,
}

impl Crowd {
    /// `reading`: how long it takes until those who read have read.
    pub async fn gathers(
        server: String,
        administration: Administration,
        app: AppRecord,
        people: Arc<People>,
        past: HashSet<String>,
        reading: Duration,
    ) -> anyhow::Result<Self> {
        let sockets = Arc::new(Semaphore::new(SOCKETS_MAX));
        let cast = Arc::new(Cast { server, administration, app, sockets });
        let first = people.crowd.first().context("nobody is in the crowd")?;
        let watcher = cast.engine()?;
        let events = watcher.events();
        watcher.connect(cast.token(&first.id).await?).await.context("the crowd cannot sign in")?;
        Ok(Self { cast, people, past, reading, watcher, events })
    }

    /// Answers whatever is asked, for ever.
    pub async fn plays(mut self) -> anyhow::Result<()> {
        let mut being_read = JoinSet::new();
        while let Some(event) = self.events.next().await {
            let Event::GroupMessageReadReceiptRequestReceived { conversation, message_uid, .. } = event else {
                continue;
            };
            if self.past.contains(&message_uid) {
                continue;
            }
            while being_read.try_join_next().is_some() {}
            if being_read.len() >= MESSAGES_MAX {
                being_read.join_next().await;
            }
            let plan = self.plan(conversation.target_id());
            being_read.spawn(self.cast.clone().read(conversation, message_uid, plan));
        }
        self.watcher.destroy().await;
        anyhow::bail!("the crowd's engine ended")
    }

    /// Who reads, and when, soonest first.
    fn plan(&self, group: &str) -> Vec<(Duration, String)> {
        let Some(group) = GROUPS.iter().find(|known| known.id == group) else { return Vec::new() };
        let mut readers: Vec<&str> = self.people.crowd_of(group).iter().map(|person| &*person.id).collect();
        let mut random = rand::rng();
        readers.shuffle(&mut random);
        readers.truncate(readers.len() * READERS_IN_HUNDRED / 100);
        let count = readers.len() as f64;
        let mut after = |place: usize| {
            let share = (place as f64 + random.random::<f64>()) / count;
            self.reading.mul_f64(reading_curve(share))
        };
        readers.into_iter().enumerate().map(|(place, reader)| (after(place), reader.to_owned())).collect()
    }
}

impl Cast {
    async fn read(self: Arc<Self>, conversation: Conversation, message_uid: String, plan: Vec<(Duration, String)>) {
        let begin = Instant::now();
        let mut reading = JoinSet::new();
        for (after, member) in plan {
            sleep_until(begin + after).await;
            let Ok(place) = self.sockets.clone().acquire_owned().await else { return };
            reading.spawn(self.clone().answer(member, conversation.clone(), message_uid.clone(), place));
            while reading.try_join_next().is_some() {}
        }
        while reading.join_next().await.is_some() {}
    }

    async fn answer(
        self: Arc<Self>,
        member: String,
        conversation: Conversation,
        message_uid: String,
        place: OwnedSemaphorePermit,
    ) {
        let answered = async {
            let engine = self.engine()?;
            engine.connect(self.token(&member).await?).await?;
            // It may have been recalled meanwhile.
            let _ = engine.send_read_receipt_response(&conversation, &[message_uid]).await;
            engine.destroy().await;
            anyhow::Ok(())
        };
        if let Err(error) = answered.await {
            tracing::debug!("{member} did not answer: {error:#}");
        }
        drop(place);
    }

    fn engine(&self) -> anyhow::Result<Engine> {
        Ok(Engine::create(APP, EngineOptions { server: self.server.clone(), ..EngineOptions::default() })?)
    }

    async fn token(&self, member: &str) -> anyhow::Result<String> {
        self.administration.token(&self.app, member, LINK_LIFETIME).await.map_err(refused)
    }
}

/// When this share of the readers has read, from 0 to 1: half of them within the first sixth of the time.
pub fn reading_curve(share: f64) -> f64 {
    const STEEPNESS: f64 = 4.0;
    -(1.0 - share * (1.0 - (-STEEPNESS).exp())).ln() / STEEPNESS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_fast_at_first_and_has_a_tail() {
        let times = [0.0, 0.25, 0.5, 0.75, 1.0].map(reading_curve);
        assert!(times.is_sorted() && times[0].abs() < 1e-9 && (times[4] - 1.0).abs() < 1e-9, "{times:?}");
        assert!(times[2] < 1.0 / 6.0 + 0.01 && times[3] < 0.35, "{times:?}");
    }
}
