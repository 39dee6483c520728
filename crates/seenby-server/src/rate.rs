//! How often one user may call, over all of its devices.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};
use seenby_protocol::Code;

use crate::refusal::Refusal;
use crate::settings::Limits;

pub(crate) struct RateLimits {
    sends: Rate,
    requests: Rate,
    answers: Rate,
    queries: Rate,
    sign_ins: Rate,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum CallKind {
    SignIn,
    Send,
    Request,
    Answer,
    Query,
}

impl RateLimits {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            sends: Rate::new(limits.sends_per_second, Code::SEND_FREQUENCY_TOO_FAST),
            requests: Rate::new(limits.receipt_requests_per_second, Code::REQUEST_OVER_FREQUENCY),
            answers: Rate::new(limits.receipt_answers_per_second, Code::REQUEST_OVER_FREQUENCY),
            queries: Rate::new(limits.queries_per_second, Code::REQUEST_OVER_FREQUENCY),
            sign_ins: Rate::new(limits.sign_ins_per_second, Code::CONNECT_OVER_FREQUENCY),
        }
    }

    pub(crate) fn check(&self, kind: CallKind) -> Result<(), Refusal> {
        match kind {
            CallKind::SignIn => self.sign_ins.check(),
            CallKind::Send => self.sends.check(),
            CallKind::Request => self.requests.check(),
            CallKind::Answer => self.answers.check(),
            CallKind::Query => self.queries.check(),
        }
    }
}

/// A bucket that holds one second's worth of calls.
pub(crate) struct Rate {
    limiter: DefaultDirectRateLimiter,
    code: Code,
}

impl Rate {
    pub(crate) fn new(per_second: u32, code: Code) -> Self {
        let quota = Quota::per_second(NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN));
        Self { limiter: DefaultDirectRateLimiter::direct(quota), code }
    }

    fn check(&self) -> Result<(), Refusal> {
        self.check_many(NonZeroU32::MIN)
    }

    /// More than the bucket holds can never be let through.
    pub(crate) fn check_many(&self, count: NonZeroU32) -> Result<(), Refusal> {
        let checked = self.limiter.check_n(count);
        let checked = checked.map_err(|_| Refusal::new(self.code, format!("{count} at once are more than fit")))?;
        checked.map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now()).max(Duration::from_millis(1));
            let retry_after_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
            let detail = format!("wait {retry_after_ms} ms");
            Refusal { code: self.code, detail, retry_after_ms }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_beyond_a_seconds_worth_are_refused_with_the_time_to_wait() {
        let limits = RateLimits::new(&Limits { sends_per_second: 3, ..Limits::default() });
        for _ in 0..3 {
            limits.check(CallKind::Send).unwrap();
        }
        let refusal = limits.check(CallKind::Send).unwrap_err();
        assert_eq!(refusal.code, Code::SEND_FREQUENCY_TOO_FAST);
        assert!((1..=1_000).contains(&refusal.retry_after_ms), "{}", refusal.retry_after_ms);
        limits.check(CallKind::Query).expect("other kinds of call have their own bucket");
    }
}
