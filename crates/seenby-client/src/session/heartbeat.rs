//! Keeps a connection known to be alive, in both directions.

use std::time::Duration;

/// What a server may ask for; anything else is brought into this range.
const INTERVAL_MIN: Duration = Duration::from_secs(1);
const INTERVAL_MAX: Duration = Duration::from_secs(600);

/// The server expects to hear something every interval. A ping goes out after half of it, so that one delayed frame does
/// no harm; the connection is lost when nothing has come for two.
#[derive(Debug)]
pub(super) struct Heartbeat {
    interval: Duration,
    sent_at: Duration,
    received_at: Duration,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Ping,
    Lost,
}

impl Heartbeat {
    pub(super) fn new(now: Duration, interval_ms: u32) -> Self {
        let interval = Duration::from_millis(interval_ms.into()).clamp(INTERVAL_MIN, INTERVAL_MAX);
        Self { interval, sent_at: now, received_at: now }
    }

    pub(super) fn sent(&mut self, now: Duration) {
        self.sent_at = now;
    }

    pub(super) fn received(&mut self, now: Duration) {
        self.received_at = now;
    }

    pub(super) fn due(&self, now: Duration) -> Option<Beat> {
        match now {
            now if now >= self.lost_at() => Some(Beat::Lost),
            now if now >= self.ping_at() => Some(Beat::Ping),
            _ => None,
        }
    }

    pub(super) fn next(&self) -> Duration {
        self.lost_at().min(self.ping_at())
    }

    fn ping_at(&self) -> Duration {
        self.sent_at + self.interval / 2
    }

    fn lost_at(&self) -> Duration {
        self.received_at + self.interval * 2
    }
}
