//! How long to wait before trying again: exponential backoff with full jitter, from a seed.

use std::time::Duration;

/// Waits between 0 and a ceiling that doubles from `min` to `max`. Full jitter spreads the clients of a server that went
/// down over the whole time, so they do not come back all at once.
#[derive(Debug)]
pub(super) struct Backoff {
    min: Duration,
    max: Duration,
    attempts: u32,
    random: Random,
}

impl Backoff {
    pub(super) fn new(min: Duration, max: Duration, seed: u64) -> Self {
        Self { min, max, attempts: 0, random: Random(seed) }
    }

    pub(super) fn next(&mut self) -> Duration {
        let ceiling = self.min.saturating_mul(1 << self.attempts.min(16)).min(self.max);
        self.attempts += 1;
        ceiling.mul_f64(self.random.next())
    }

    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// SplitMix64: enough for jitter, and the same in every language.
#[derive(Debug)]
struct Random(u64);

impl Random {
    /// At least 0 and below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A kind of frame that the server asked not to send for a while.
#[derive(Debug)]
pub(super) struct Pause {
    until: Option<Duration>,
    backoff: Backoff,
}

impl Pause {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self { until: None, backoff }
    }

    pub(super) fn begin(&mut self, now: Duration, at_least: Duration) {
        self.until = Some(now + self.backoff.next().max(at_least));
    }

    /// Things work again.
    pub(super) fn end(&mut self) {
        self.until = None;
        self.backoff.reset();
    }

    /// Whether it is over. One that is has no `until` any more, or a timeout in the past would come for ever.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        self.until = self.until.filter(|until| *until > now);
        self.until.is_none()
    }

    pub(super) fn until(&self) -> Option<Duration> {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_below_a_ceiling_that_doubles() {
        let (min, max) = (Duration::from_millis(500), Duration::from_secs(20));
        let mut longest = [Duration::ZERO; 10];
        for seed in 0..500 {
            let mut backoff = Backoff::new(min, max, seed);
            longest.iter_mut().for_each(|longest| *longest = backoff.next().max(*longest));
        }
        for (attempt, longest) in longest.into_iter().enumerate() {
            let ceiling = (min * (1 << attempt)).min(max);
            assert!(longest < ceiling && longest > ceiling.mul_f64(0.9), "attempt {attempt}: {longest:?}");
        }
    }

    #[test]
    fn the_same_seed_waits_the_same() {
        let waits = |seed| {
            let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(9), seed);
            [backoff.next(), backoff.next(), backoff.next()]
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }
}
