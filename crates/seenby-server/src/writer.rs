//! The one writer: takes the calls that change something, applies them in batches, makes each batch durable with one
//! commit, and only then tells anybody.
//!
//! While one batch is being synced the next one gathers in the queue, so throughput grows with load and latency stays
//! near one sync. The writer is a thread of its own because a commit blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use seenby_core::{Failure, Ledger, Timestamp};
use seenby_storage::{Storage, StorageError};
use tokio::sync::{mpsc, oneshot};

use crate::call::{Call, CallError, CallResult, Outcome};
use crate::clock;
use crate::delivery::{Delivery, Mailbox};
use crate::metrics::Metrics;

/// Calls that may wait for the writer: about one second of work at full speed. Beyond, their sockets are not read.
const QUEUE_CALLS_MAX: usize = 8_192;
/// Calls in one batch. An answer may carry 100 messages, so a batch holds at most some 400,000 answers.
const BATCH_CALLS_MAX: usize = 4_096;

type StoreLedger = Ledger<Arc<dyn Storage>>;

/// Where the result goes. Dropped without one, as when the writer panics, it says that the outcome is unknown: every call
/// has exactly one result.
pub(crate) struct ReplyTo(Option<Address>);

enum Address {
    Session { mailbox: Arc<Mailbox>, call_id: u64 },
    Waiter(oneshot::Sender<CallResult>),
}

impl ReplyTo {
    pub(crate) fn session(mailbox: Arc<Mailbox>, call_id: u64) -> Self {
        Self(Some(Address::Session { mailbox, call_id }))
    }

    fn waiter(waiter: oneshot::Sender<CallResult>) -> Self {
        Self(Some(Address::Waiter(waiter)))
    }

    fn mailbox(&self) -> Option<&Arc<Mailbox>> {
        match &self.0 {
            Some(Address::Session { mailbox, .. }) => Some(mailbox),
            _ => None,
        }
    }

    fn send(mut self, result: CallResult) {
        self.deliver(result);
    }

    fn deliver(&mut self, result: CallResult) {
        match self.0.take() {
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

/// Hands calls to the writer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Queued>,
    stopping: Arc<AtomicBool>,
}

/// A call with the place for its result. `None`: the writer is to stop here.
type Queued = Option<(Call, ReplyTo)>;

impl Writer {
    pub(crate) fn start(
        ledger: StoreLedger,
        storage: Arc<dyn Storage>,
        delivery: Arc<Delivery>,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, calls) = mpsc::channel(QUEUE_CALLS_MAX);
        let desk = Desk { ledger, storage, delivery, metrics };
        let thread = std::thread::Builder::new().name("seenby-writer".into()).spawn(move || desk.run(calls))?;
        Ok((Self { queue, stopping: Arc::default() }, thread))
    }

    /// Waits while the queue is full: that is the back-pressure.
    pub(crate) async fn submit(&self, call: Call, reply_to: ReplyTo) {
        if let Err(mpsc::error::SendError(Some((_, reply_to)))) = self.queue.send(Some((call, reply_to))).await {
            // Nobody told it to end, so it panicked.
            let ended = if self.stopping.load(Ordering::Acquire) { CallError::Closed } else { CallError::Store };
            reply_to.send(Err(ended));
        }
    }

    pub(crate) async fn call(&self, call: Call) -> CallResult {
        let (waiter, result) = oneshot::channel();
        self.submit(call, ReplyTo::waiter(waiter)).await;
        result.await.unwrap_or(Err(CallError::Closed))
    }

    /// `false` once the writer has ended, in order or by a panic.
    pub(crate) fn is_alive(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Lets the writer finish what is in its queue and end.
    pub(crate) async fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        // An error says that it has ended already.
        let _ = self.queue.send(None).await;
    }
}

struct Desk {
    ledger: StoreLedger,
    storage: Arc<dyn Storage>,
    delivery: Arc<Delivery>,
    metrics: Arc<Metrics>,
}

impl Desk {
    fn run(mut self, mut queue: mpsc::Receiver<Queued>) {
        let (mut queued, mut batch) = (Vec::new(), Vec::new());
        loop {
            let taken = queue.blocking_recv_many(&mut queued, BATCH_CALLS_MAX);
            batch.extend(queued.drain(..).map_while(|queued| queued));
            let stop = batch.len() < taken || taken == 0;
            self.write(&mut batch);
            if stop {
                return;
            }
        }
    }

    fn write(&mut self, batch: &mut Vec<(Call, ReplyTo)>) {
        if !self.storage.takes_writes() {
            return batch.drain(..).for_each(|(_, reply_to)| reply_to.send(Err(CallError::Store)));
        }
        let now = clock::now();
        let mut results = Vec::with_capacity(batch.len());
        for (call, reply_to) in batch.drain(..) {
            results.push((reply_to, apply(&mut self.ledger, call, now)));
        }
        let commit = self.ledger.take_commit();
        match self.storage.commit(&commit.changes) {
            Ok(()) => {
                self.metrics.committed(&commit, results.len());
                results.into_iter().for_each(|(reply_to, result)| self.reply(reply_to, result));
                self.delivery.publish(commit.notices);
            }
            // The ledger is now ahead of the store. The store takes no more writes, so the ledger is not asked again.
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a commit failed; no more writes are taken");
                self.metrics.commit_failed();
                results.into_iter().for_each(|(reply_to, _)| reply_to.send(Err(CallError::Store)));
            }
        }
    }

    /// An answer is told to the responder's other devices as well.
    fn reply(&self, reply_to: ReplyTo, result: CallResult) {
        if let Ok(Outcome::Answered(answered)) = &result
            && let Some(mailbox) = reply_to.mailbox()
            && !answered.counted.is_empty()
        {
            self.delivery.tell_other_devices(mailbox, answered.conversation, &answered.counted);
        }
        reply_to.send(result);
    }
}

fn apply(ledger: &mut StoreLedger, call: Call, now: Timestamp) -> CallResult {
    let done = |result: Result<(), Failure<StorageError>>| result.map(|()| Outcome::Done);
    let outcome = match call {
        Call::Send { conversation, user, draft } => ledger.send(&conversation, &user, draft, now).map(Outcome::Sent),
        Call::Recall { conversation, user, uid } => done(ledger.recall(&conversation, &user, uid, now)),
        Call::Ask { conversation, user, uid } => done(ledger.ask(&conversation, &user, uid, now)),
        Call::Answer { conversation, user, uids } => {
            ledger.answer(&conversation, &user, &uids, now).map(Outcome::Answered)
        }
        Call::Publish { conversations, user, publication } => {
            ledger.publish(&conversations, &user, &publication, now).map(Outcome::Published)
        }
        Call::RecallForSender { conversation, user, uid } => {
            done(ledger.recall_for_sender(&conversation, &user, uid, now))
        }
        Call::AskForSender { conversation, uid } => done(ledger.ask_for_sender(&conversation, uid, now)),
        Call::Expire(keys) => done(ledger.expire(&keys)),
        Call::CreateApp(app) => done(ledger.create_app(app)),
        Call::ReplaceSecret { app, secret } => done(ledger.replace_secret(&app, secret)),
        Call::SaveKey(key) => done(ledger.save_key(key)),
        Call::DropKey(id) => {
            ledger.drop_key(id);
            Ok(Outcome::Done)
        }
        Call::SaveUser { app, user, change } => done(ledger.save_user(&app, &user, change, now)),
        Call::CreateGroup { group, title } => done(ledger.create_group(&group, &title, now).map(drop)),
        Call::CreateChannel { group, channel } => done(ledger.create_channel(&group, channel)),
        Call::DeleteChannel { group, channel } => done(ledger.delete_channel(&group, channel)),
        Call::Join { group, users } => done(ledger.join(&group, &users, now)),
        Call::Leave { group, users } => done(ledger.leave(&group, &users, now)),
        Call::Dismiss { group } => done(ledger.dismiss(&group, now)),
    };
    outcome.map_err(|failure| match failure {
        Failure::Denied(denied) => CallError::Denied(denied),
        Failure::Source(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the store could not be read");
            CallError::Store
        }
    })
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
