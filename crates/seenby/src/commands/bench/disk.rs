//! The disk itself: what one append with a sync costs. No store that keeps its word can be faster, one call at a time.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use super::report::{Latencies, Measurement};

/// About what one answer takes in a journal.
const RECORD: [u8; 256] = [0x5e; 256];

/// Appends and syncs, again and again, in a file of its own in `folder`.
pub fn run(folder: &Path, syncs: usize) -> anyhow::Result<Measurement> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut latencies = Latencies::default();
    for _ in 0..syncs {
        let begin = Instant::now();
        append(&mut file)?;
        latencies.record(begin.elapsed());
    }
    let mut measurement = Measurement::new("disk", [("syncs", syncs as u64)]);
    latencies.tell(&mut measurement, ["latency_p50_ms", "latency_p99_ms", "latency_max_ms"])?;
    Ok(measurement)
}

fn append(file: &mut File) -> std::io::Result<()> {
    file.write_all(&RECORD)?;
    file.sync_data()
}
