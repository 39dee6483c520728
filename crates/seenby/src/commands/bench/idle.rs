//! Connections that do nothing, and what happens when all of them have to come back at once.

use std::time::Duration;

use anyhow::Context as _;
use rand::Rng as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::crowd::Crowd;
use super::member::{Account, Member};
use super::report::Measurement;
use super::server::Server;

/// Devices that one user may have online.
const DEVICES_PER_USER: usize = 8;
const REST: Duration = Duration::from_secs(5);
/// Longest first pause of somebody whose connection broke, as in the SDKs: all at once would be a flood.
const PAUSE_MAX: Duration = Duration::from_millis(500);
const RETURN_MAX: Duration = Duration::from_secs(120);

pub async fn run(server: &mut Server, connections: usize) -> anyhow::Result<Measurement> {
    let people: Vec<String> =
        (0..connections.div_ceil(DEVICES_PER_USER)).map(|number| format!("{number:05}")).collect();
    let users = server.accounts(&people).await?;
    let account = |place: usize| {
        let device = format!("device-{}", place % DEVICES_PER_USER);
        Account { device, place, ..users[place / DEVICES_PER_USER].clone() }
    };
    let accounts: Vec<Account> = (0..connections).map(account).collect();
    let mut measurement = Measurement::new("idle", [("connections", connections as u64)]);

    let process = server.process().context("memory is that of a server of the bench's own")?;
    let before = process.usage()?;
    let begin = Instant::now();
    let crowd = Crowd::signs_in(accounts.clone()).await?;
    measurement.set("sign_ins_per_second", connections as f64 / begin.elapsed().as_secs_f64());
    let gathered = process.usage()?;
    sleep(REST).await;
    let rested = process.usage()?;
    let grown = rested.memory_bytes.saturating_sub(before.memory_bytes);
    measurement.set("memory_kib_each", grown as f64 / 1_024.0 / connections as f64);
    let cpu = rested.cpu.saturating_sub(gathered.cpu);
    measurement.set("cpu_percent_at_rest", 100.0 * cpu.as_secs_f64() / REST.as_secs_f64());

    let begin = Instant::now();
    server.restart().await?;
    drop(crowd);
    measurement.set("restart_seconds", begin.elapsed().as_secs_f64());
    let all_return = async {
        let mut returning = JoinSet::new();
        accounts.into_iter().for_each(|account| drop(returning.spawn(returns(account))));
        returning.join_all().await
    };
    // Kept until everybody is there.
    let members = timeout(RETURN_MAX, all_return).await.context("somebody did not come back")?;
    measurement.set("all_back_seconds", begin.elapsed().as_secs_f64());
    drop(members);
    Ok(measurement)
}

/// Tries until it is in, with the pauses of the SDKs.
async fn returns(account: Account) -> Member {
    let mut pause_max = PAUSE_MAX;
    loop {
        let pause = rand::rng().random_range(Duration::ZERO..pause_max);
        sleep(pause).await;
        match Member::sign_in(&account).await {
            Ok(member) => return member,
            Err(_) => pause_max = (pause_max * 2).min(Duration::from_secs(20)),
        }
    }
}
