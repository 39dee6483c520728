//! A town that lives for an hour or longer: everybody comes in anew every minute, some groups end and others are made. What
//! the server holds must not grow.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::time::{Instant, interval};

use super::life::Lived;
use super::report::{Figures, Measurement};
use super::server::Server;
use super::town::Town;

const PEOPLE: usize = 1_000;
const GROUPS: usize = 100;
/// So that every group is another one after twenty minutes.
const GROUPS_REPLACED: usize = 5;
/// Thousands of answers a second: caches are full, and journals have been full and let go, long before the end.
const MESSAGES_PER_SECOND: u64 = 40;
/// Between coming in and signing off.
const VISIT_SECONDS: u64 = 50;
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// The part of a run in which caches and journals fill up.
const WARM_UP: f64 = 0.25;
/// A shorter run shows how they fill up, and cannot tell whether it ends.
const MINUTES_TO_JUDGE: u64 = 30;

/// What must not grow, and the name of how much it does: the peak of the later half of what follows the warm-up, times
/// that of the earlier. Journals grow and go, so a single look or a slope would say where in that a run has ended.
const WATCHED: [(&str, &str); 4] = [
    ("memory_mib", "memory_growth"),
    ("files", "files_growth"),
    ("tasks", "tasks_growth"),
    ("disk_mib", "disk_growth"),
];

pub async fn run(server: &Server, minutes: u64, mut note: impl FnMut(String)) -> anyhow::Result<Measurement> {
    let begin = Instant::now();
    let lives = live(server, begin + Duration::from_secs(60 * minutes));
    tokio::pin!(lives);
    let (mut series, mut clock) = (Vec::new(), interval(SAMPLE_EVERY));
    let lived = loop {
        tokio::select! {
            lived = &mut lives => break lived?,
            _ = clock.tick() => {
                let sample = sample(server, begin).await?;
                note(format!("{:.0} MiB, {:.0} files, {:.0} tasks", sample["memory_mib"], sample["files"], sample["tasks"]));
                series.push(sample);
            }
        }
    };
    let mut measurement = Measurement::new("soak", [("minutes", minutes)]);
    measurement.set("answers", lived.answers.len() as f64);
    lived.answers.tell(&mut measurement, ["answer_p50_ms", "answer_p99_ms", "answer_max_ms"])?;
    if minutes >= MINUTES_TO_JUDGE {
        let warm = &series[(series.len() as f64 * WARM_UP) as usize..];
        let (earlier, later) = warm.split_at(warm.len() / 2);
        for (figure, growth) in WATCHED {
            measurement.set(growth, peak(later, figure) / peak(earlier, figure));
        }
    }
    measurement.series = series;
    Ok(measurement)
}

async fn live(server: &Server, end: Instant) -> anyhow::Result<Lived> {
    let mut random = SmallRng::seed_from_u64(1);
    let mut town = Town::gather(server, PEOPLE, GROUPS, &mut random).await?;
    let mut all = Lived::default();
    while Instant::now() < end {
        for _ in 0..GROUPS_REPLACED {
            town.replace_group(server, &mut random).await?;
        }
        let crowd = town.signs_in(server).await?;
        all.extend(town.lives(crowd, MESSAGES_PER_SECOND, VISIT_SECONDS, &mut random).await?);
    }
    Ok(all)
}

async fn sample(server: &Server, begin: Instant) -> anyhow::Result<Figures> {
    let (process, folder) =
        server.process().zip(server.folder()).context("only a server of the bench's own is watched")?;
    let usage = process.usage()?;
    Ok(Figures::from([
        ("seconds", begin.elapsed().as_secs_f64()),
        ("memory_mib", mib(usage.memory_bytes)),
        ("files", usage.files as f64),
        ("threads", usage.threads as f64),
        ("tasks", server.metric("seenby_tasks").await?),
        ("connections", server.metric("seenby_connections").await?),
        ("disk_mib", mib(bytes_on_disk(folder)?)),
    ]))
}

/// What its files take, holes left out.
fn bytes_on_disk(folder: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    const BLOCK: u64 = 512;
    let mut bytes = 0;
    for entry in walkdir::WalkDir::new(folder) {
        // Files of the store end at any time.
        if let Ok(metadata) = entry.and_then(|entry| entry.metadata()) {
            bytes += metadata.blocks() * BLOCK;
        }
    }
    Ok(bytes)
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn peak(samples: &[Figures], figure: &str) -> f64 {
    samples.iter().map(|sample| sample[figure]).fold(f64::NEG_INFINITY, f64::max)
}
