//! A day's traffic: groups of all sizes, messages that ask, members who answer in their own time. Everybody does what is due
//! when it is due, whatever the server does with it, and every latency counts from then.

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::time::Instant;

use super::life::Lived;
use super::report::Measurement;
use super::server::Server;
use super::town::Town;

const PEOPLE: usize = 2_000;

#[derive(Debug, Clone, Copy)]
pub struct Mixed {
    pub groups: usize,
    /// Over all groups; each message asks everybody in its group.
    pub messages_per_second: u64,
    pub seconds: u64,
}

impl Mixed {
    pub async fn run(&self, server: &Server, run: u64) -> anyhow::Result<Measurement> {
        let mut random = SmallRng::seed_from_u64(run);
        let town = Town::gather(server, PEOPLE, self.groups, &mut random).await?;
        let crowd = town.signs_in(server).await?;
        let (begin, before) = (Instant::now(), server.process().map(|process| process.usage()).transpose()?);
        let lived = town.lives(crowd, self.messages_per_second, self.seconds, &mut random).await?;
        let after = server.process().map(|process| process.usage()).transpose()?;
        let mut measurement = self.measurement(&lived)?;
        if let (Some(before), Some(after)) = (before, after) {
            let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
            measurement.set("server_cpu_percent", 100.0 * cpu / begin.elapsed().as_secs_f64());
        }
        Ok(measurement)
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
