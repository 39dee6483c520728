//! A quiet server: one member answers, one message after another.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::member::{Member, group};
use super::report::{Latencies, Measurement};
use super::server::Server;

/// Between two answers, so that each finds the server at rest.
const PAUSE: Duration = Duration::from_millis(2);

pub async fn run(server: &Server, answers: usize) -> anyhow::Result<Measurement> {
    let group_id = server.new_name();
    let people = ["sender", "member"].map(|who| format!("{group_id}-{who}"));
    server.make_group(&group_id, &people).await?;
    let mut member = Member::sign_in(&server.accounts(&people[1..]).await?.remove(0)).await?;
    let uids = server.ask(&group_id, &people[0], answers).await?;
    member.reads_requests(answers).await?;
    let mut latencies = Latencies::default();
    for uid in &uids {
        sleep(PAUSE).await;
        let begin = Instant::now();
        member.answer(&group(&group_id), std::slice::from_ref(uid)).await?;
        latencies.record(begin.elapsed());
    }
    let mut measurement = Measurement::new("quiet", [("answers", answers as u64)]);
    latencies.tell(&mut measurement, ["latency_p50_ms", "latency_p99_ms", "latency_max_ms"])?;
    Ok(measurement)
}
