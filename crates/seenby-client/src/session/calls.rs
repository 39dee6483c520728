//! Calls that await their reply.
//!
//! Every frame of this client is a call. Those of the application survive a lost connection and are sent again on the
//! next one, with the same number, until their deadline; the session's own are made anew from its state.

use std::collections::BTreeMap;
use std::time::Duration;

use seenby_protocol::frames::client_frame::Call;

use super::outbox::Batch;

/// More calls of the application than this are refused as too busy: nobody waits for that many replies on purpose.
pub(super) const CALLS_IN_FLIGHT_MAX: usize = 1_000;

#[derive(Debug)]
pub(super) enum Purpose {
    Application(Box<Call>),
    Answers(Batch),
    /// The readers of this own message are being fetched.
    Readers(String),
    Resume,
    Ping,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    /// All wait equally long, so the first one is the first to expire.
    pending: BTreeMap<u64, Pending>,
    answer_frames: usize,
    fetches: usize,
}

#[derive(Debug)]
struct Pending {
    purpose: Purpose,
    deadline: Duration,
}

impl Calls {
    pub(super) fn insert(&mut self, number: u64, purpose: Purpose, deadline: Duration) {
        self.count(&purpose, |count| count + 1);
        self.pending.insert(number, Pending { purpose, deadline });
    }

    pub(super) fn take(&mut self, number: u64) -> Option<Purpose> {
        let purpose = self.pending.remove(&number)?.purpose;
        self.count(&purpose, |count| count - 1);
        Some(purpose)
    }

    /// The next call whose time is over.
    pub(super) fn take_expired(&mut self, now: Duration) -> Option<(u64, Purpose)> {
        let (number, pending) = self.pending.first_key_value()?;
        if pending.deadline > now {
            return None;
        }
        let number = *number;
        self.take(number).map(|purpose| (number, purpose))
    }

    pub(super) fn take_all(&mut self) -> impl Iterator<Item = (u64, Purpose)> + use<> {
        let taken = std::mem::take(self);
        taken.pending.into_iter().map(|(number, pending)| (number, pending.purpose))
    }

    /// The session's own, which end with the connection.
    pub(super) fn take_own(&mut self) -> Vec<Purpose> {
        let own = self.pending.iter().filter(|(_, pending)| !matches!(pending.purpose, Purpose::Application(_)));
        let numbers: Vec<u64> = own.map(|(number, _)| *number).collect();
        numbers.into_iter().filter_map(|number| self.take(number)).collect()
    }

    pub(super) fn of_application(&self) -> impl Iterator<Item = (u64, &Call)> {
        self.pending.iter().filter_map(|(number, pending)| match &pending.purpose {
            Purpose::Application(call) => Some((*number, &**call)),
            _ => None,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn answer_frames(&self) -> usize {
        self.answer_frames
    }

    pub(super) fn fetches(&self) -> usize {
        self.fetches
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.pending.first_key_value().map(|(_, pending)| pending.deadline)
    }

    fn count(&mut self, purpose: &Purpose, change: impl Fn(usize) -> usize) {
        match purpose {
            Purpose::Answers(_) => self.answer_frames = change(self.answer_frames),
            Purpose::Readers(_) => self.fetches = change(self.fetches),
            Purpose::Application(_) | Purpose::Resume | Purpose::Ping => {}
        }
    }
}
