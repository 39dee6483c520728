//! Which messages are old enough to be deleted, by a clock that may be wrong.
//!
//! What is deleted does not come back, so one reading of the clock is not enough: it is compared with the reading at the last
//! sweep, which the store keeps. A clock that has run on by days since then is wrong, or the server was stopped for long.
//! Nobody can tell which but the operator.

use crate::Timestamp;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

#[derive(Debug, Clone, Copy)]
pub struct Retention {
    pub message_days_max: u32,
    pub clock_ahead_days_max: u32,
    /// Between two sweeps.
    pub interval_ms: u64,
}

/// Nothing may be deleted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock is {days} days ahead of the last sweep")]
pub struct ClockAhead {
    pub days: u64,
}

impl Retention {
    /// Messages from before this moment are too old.
    pub fn oldest_kept(&self, now: Timestamp, swept_at: Timestamp) -> Result<Timestamp, ClockAhead> {
        let passed_ms = now.0.saturating_sub(swept_at.0);
        if passed_ms > days_ms(self.clock_ahead_days_max).saturating_add(self.interval_ms) {
            return Err(ClockAhead { days: passed_ms / DAY_MS });
        }
        Ok(Timestamp(now.0.saturating_sub(days_ms(self.message_days_max))))
    }
}

fn days_ms(days: u32) -> u64 {
    u64::from(days) * DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const HOUR_MS: u64 = 60 * 60 * 1_000;
    const RETENTION: Retention = Retention { message_days_max: 180, clock_ahead_days_max: 7, interval_ms: HOUR_MS };

    fn later(days: u64) -> Timestamp {
        Timestamp(NOW.0 + days * 24 * HOUR_MS)
    }

    #[test]
    fn a_message_is_kept_for_as_many_days_as_it_may_be_to_the_millisecond() {
        for (days, expected) in [(180, NOW.0 - 15_552_000_000), (1, NOW.0 - 86_400_000), (u32::MAX, 0)] {
            let retention = Retention { message_days_max: days, ..RETENTION };
            assert_eq!(retention.oldest_kept(NOW, NOW), Ok(Timestamp(expected)), "{days}");
        }
    }

    #[test]
    fn nothing_goes_while_the_clock_is_days_ahead_of_the_last_sweep() {
        for days in [8, 30, 200, 36_500] {
            assert_eq!(RETENTION.oldest_kept(later(days), NOW), Err(ClockAhead { days }));
        }
        assert!(RETENTION.oldest_kept(later(7), NOW).is_ok());
        let patient = Retention { clock_ahead_days_max: 30, ..RETENTION };
        assert!(patient.oldest_kept(later(30), NOW).is_ok());
    }

    #[test]
    fn an_interval_longer_than_that_is_not_taken_for_a_wrong_clock() {
        let rare = Retention { interval_ms: 30 * 24 * HOUR_MS, ..RETENTION };
        assert!(rare.oldest_kept(later(30), NOW).is_ok());
    }

    #[test]
    fn a_clock_behind_the_last_sweep_deletes_less() {
        assert_eq!(RETENTION.oldest_kept(NOW, later(200)), Ok(Timestamp(NOW.0 - 15_552_000_000)));
    }
}
