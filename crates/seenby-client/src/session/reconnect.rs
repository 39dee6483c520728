//! How long to wait before trying again: exponential backoff with full jitter, from a seed.

use std::time::Duration;

/// Waits between 0 and a ceiling that doubles from `min` to `max`. Full jitter spreads the clients of a server that went
/// down over the whole time, so they do not come back all at once. A wait is a whole number of milliseconds.
#[derive(Debug)]
pub(super) struct Backoff {
    min_ms: u64,
    max_ms: u64,
    attempts: u32,
    random: Random,
}

impl Backoff {
    pub(super) fn new(min: Duration, max: Duration, seed: u32) -> Self {
        Self { min_ms: whole_ms(min), max_ms: whole_ms(max), attempts: 0, random: Random(seed) }
    }

    pub(super) fn next(&mut self) -> Duration {
        let ceiling_ms = self.min_ms.saturating_mul(1 << self.attempts.min(16)).min(self.max_ms);
        self.attempts = self.attempts.saturating_add(1);
        Duration::from_millis((ceiling_ms as f64 * self.random.next()) as u64)
    }

    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Mulberry32: enough for jitter, and the same in a language whose numbers are exact to 53 bits only.
#[derive(Debug)]
struct Random(u32);

impl Random {
    /// At least 0 and below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x6d2b_79f5);
        let mut bits = (self.0 ^ (self.0 >> 15)).wrapping_mul(self.0 | 1);
        bits ^= bits.wrapping_add((bits ^ (bits >> 7)).wrapping_mul(bits | 61));
        f64::from(bits ^ (bits >> 14)) / 4_294_967_296.0
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

    /// What other SDKs have to compute too.
    #[test]
    fn the_waits_of_a_seed_are_known() {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(20), 42);
        let waits: Vec<_> = (0..8).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [300, 448, 1_704, 2_678, 1_398, 8_425, 5_464, 12_494]);
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
