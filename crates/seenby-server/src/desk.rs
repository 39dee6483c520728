//! Where calls that change something are applied: a batch at a time, each batch durable by one commit before anybody is
//! told. No queue, no thread and no clock: see [`writer`](crate::writer).

use std::sync::Arc;

use seenby_core::{Call, Limits, Moved, Notice, Timestamp};
use seenby_storage::{LedgerWriter, Storage, StorageError, Written};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::call::{CallError, CallResult};
use crate::delivery::Mailbox;
use crate::node::Node;

pub struct Desk {
    node: Arc<Node>,
    writer: LedgerWriter<dyn Storage>,
}

impl Desk {
    pub fn new(node: Arc<Node>) -> Self {
        let limits = Limits { group_members_max: node.settings.limits.group_members_max };
        let writer = node.store.writer(limits, node.number);
        Self { node, writer }
    }

    /// Applies the calls of a batch, makes what they changed durable, and only then gives everybody the result. The batch
    /// is empty afterwards. What others must be told comes back.
    pub fn write(&mut self, batch: &mut Vec<(Call, ReplyTo)>, now: Timestamp) -> Vec<Notice> {
        let (calls, replies): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let written = match self.node.store.takes_writes() {
            true => self.writer.write(&calls, now).inspect_err(|error| self.report(error)).ok(),
            false => None,
        };
        self.answer(replies, written)
    }

    /// The first half of [`write`](Self::write), for a simulator that puts something in between. `None`: another node was
    /// faster.
    pub fn decide(&mut self, calls: &[Call], now: Timestamp) -> Option<Written> {
        self.writer.decide(calls, now).ok()
    }

    /// The second half. `None`: another node was faster, nothing was written, and nobody has been told anything.
    pub fn append(&mut self, replies: &mut Vec<ReplyTo>, decided: Written) -> Option<Vec<Notice>> {
        let written = match self.writer.append_decided(decided) {
            Ok(Ok(written)) => Some(written),
            Ok(Err(Moved)) => return None,
            Err(error) => {
                self.report(&error);
                None
            }
        };
        Some(self.answer(std::mem::take(replies), written))
    }

    fn answer(&self, replies: Vec<ReplyTo>, written: Option<Written>) -> Vec<Notice> {
        let Some(Written { outcomes, commit }) = written else {
            replies.into_iter().for_each(|reply_to| reply_to.send(Err(CallError::Store)));
            return Vec::new();
        };
        self.node.metrics.committed(&commit, outcomes.len());
        for (reply_to, outcome) in replies.into_iter().zip(outcomes) {
            reply_to.send(outcome.map_err(CallError::from));
        }
        commit.notices
    }

    fn report(&self, error: &StorageError) {
        let may_do_better = self.node.store.takes_writes();
        let more = if may_do_better { "the next may do better" } else { "no more writes are taken" };
        tracing::error!(error = error as &dyn std::error::Error, "a commit failed; {more}");
        self.node.metrics.commit_failed();
    }
}

/// Where the result goes. Dropped without one, as when the writer panics, it says that the outcome is unknown: every call
/// has exactly one result.
pub struct ReplyTo {
    address: Option<Address>,
    /// What the call takes up until it has its result.
    room: Option<OwnedSemaphorePermit>,
}

enum Address {
    Session { mailbox: Arc<Mailbox>, call_id: u64 },
    Waiter(oneshot::Sender<CallResult>),
}

impl ReplyTo {
    pub(crate) fn session(mailbox: Arc<Mailbox>, call_id: u64) -> Self {
        Self { address: Some(Address::Session { mailbox, call_id }), room: None }
    }

    pub fn waiter(waiter: oneshot::Sender<CallResult>) -> Self {
        Self { address: Some(Address::Waiter(waiter)), room: None }
    }

    /// Instead of what it held before.
    pub(crate) fn holding(mut self, room: impl Into<Option<OwnedSemaphorePermit>>) -> Self {
        self.room = room.into();
        self
    }

    pub(crate) fn send(mut self, result: CallResult) {
        self.deliver(result);
    }

    fn deliver(&mut self, result: CallResult) {
        match self.address.take() {
            Some(Address::Session { mailbox, call_id }) => mailbox.reply(call_id, result),
            // Whoever asked may be gone; the call stands all the same.
            Some(Address::Waiter(waiter)) => drop(waiter.send(result)),
            None => {}
        }
    }
}

impl Drop for ReplyTo {
    fn drop(&mut self) {
        self.deliver(Err(CallError::Store));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_is_dropped_has_a_result_all_the_same() {
        let (waiter, result) = oneshot::channel();
        drop(ReplyTo::waiter(waiter));
        assert!(matches!(result.await, Ok(Err(CallError::Store))));
    }
}
