//! Keeps a connection known to be alive, in both directions.

use std::time::Duration;

/// What a server may ask for; anything else is brought into this range.
const INTERVAL_MIN: Duration = Duration::from_secs(1);
const INTERVAL_MAX: Duration = Duration::from_secs(600);
/// A reply that takes longer makes the line suspect.
const SUSPECT_AFTER: Duration = Duration::from_secs(5);
/// A line on which nothing comes for so long after a probe is dead. Together they are a third of the time of a call, so
/// that the call still has a future on the next line.
pub(super) const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// The server expects to hear something every interval. A ping is sent after half of it, so that one delayed frame does
/// no harm. Any frame of the server shows that the line is alive; only when a reply is awaited and nothing at all comes, a
/// probe decides. So a server that is slow with one call and says other things is not left.
#[derive(Debug)]
pub(super) struct Heartbeat {
    interval: Duration,
    sent_at: Duration,
    /// Since when a reply is awaited and nothing has come.
    silent_since: Option<Duration>,
    probed_until: Option<Duration>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Ping,
    Probe,
    Lost,
}

impl Heartbeat {
    pub(super) fn new(now: Duration, interval_ms: u32) -> Self {
        let interval = Duration::from_millis(interval_ms.into()).clamp(INTERVAL_MIN, INTERVAL_MAX);
        Self { interval, sent_at: now, silent_since: None, probed_until: None }
    }

    pub(super) fn sent(&mut self, now: Duration) {
        self.sent_at = now;
        self.silent_since.get_or_insert(now);
    }

    /// `awaits`: whether a reply is still to come.
    pub(super) fn received(&mut self, now: Duration, awaits: bool) {
        self.silent_since = awaits.then_some(now);
        self.probed_until = None;
    }

    /// Whether a ping must be sent for it: not while one is on its way.
    pub(super) fn probe(&mut self, now: Duration) -> bool {
        let begins = self.probed_until.is_none();
        self.probed_until.get_or_insert(now + PROBE_TIMEOUT);
        begins
    }

    pub(super) fn due(&self, now: Duration) -> Option<Beat> {
        let (at, beat) = self.next_beat();
        (at <= now).then_some(beat)
    }

    pub(super) fn next(&self) -> Duration {
        self.next_beat().0
    }

    fn next_beat(&self) -> (Duration, Beat) {
        let ping_at = self.sent_at + self.interval / 2;
        match (self.probed_until, self.silent_since) {
            (Some(until), _) => (until, Beat::Lost),
            (None, Some(since)) if since + SUSPECT_AFTER <= ping_at => (since + SUSPECT_AFTER, Beat::Probe),
            _ => (ping_at, Beat::Ping),
        }
    }
}
