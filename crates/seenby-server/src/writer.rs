//! The one writer: takes the calls that change something, applies them in batches, makes each batch durable with one
//! commit, and only then tells anybody.
//!
//! While one batch is being synced the next one gathers in the queue, so throughput grows with load and latency stays
//! near one sync. The writer is a thread of its own because a commit blocks.

use std::sync::Arc;
use std::thread::JoinHandle;

use seenby_core::commit::{AppRecord, UserRecord};
use seenby_core::ledger::Sent;
use seenby_core::{
    AppKey, ChannelId, ConversationName, Denied, Draft, Failure, GroupName, Ledger, MessageKey, MessageUid, Timestamp,
    UserId,
};
use seenby_protocol::Code;
use seenby_storage::{Storage, StorageError};
use tokio::sync::{mpsc, oneshot};

use crate::clock;
use crate::delivery::{Delivery, Mailbox};
use crate::metrics::Metrics;
use crate::refusal::Refusal;

/// Calls that may wait for the writer: about one second of work at full speed. Beyond, their sockets are not read.
const QUEUE_CALLS_MAX: usize = 8_192;
/// Calls in one batch. An answer may carry 100 messages, so a batch holds at most some 400,000 answers.
const BATCH_CALLS_MAX: usize = 4_096;

type StoreLedger = Ledger<Arc<dyn Storage>>;

/// A call that changes something.
#[derive(Debug)]
pub(crate) enum Call {
    Send {
        conversation: ConversationName,
        user: UserId,
        draft: Draft,
    },
    Recall {
        conversation: ConversationName,
        user: UserId,
        uid: MessageUid,
    },
    Ask {
        conversation: ConversationName,
        user: UserId,
        uid: MessageUid,
    },
    Answer {
        conversation: ConversationName,
        user: UserId,
        uids: Vec<MessageUid>,
    },

    /// Old messages go for good.
    Expire(Vec<MessageKey>),

    SaveApp(AppRecord),
    SaveUser(AppKey, UserRecord),
    CreateGroup {
        group: GroupName,
        title: String,
    },
    CreateChannel {
        group: GroupName,
        channel: ChannelId,
    },
    Join {
        group: GroupName,
        users: Vec<UserId>,
    },
    Leave {
        group: GroupName,
        users: Vec<UserId>,
    },
    Dismiss {
        group: GroupName,
    },
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    Sent(Sent),
    /// One for each message, in order.
    Answered(Vec<Result<(), Denied>>),
}

pub(crate) type CallResult = Result<Outcome, CallError>;

/// Why a call had no effect, or an unknown one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    Denied(Denied),
    /// Whether it was written is unknown; every call may be repeated.
    Store,
    /// The server stops.
    Closed,
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Denied(denied) => denied.into(),
            CallError::Store => Refusal::new(Code::STORE_UNAVAILABLE, "the store failed"),
            CallError::Closed => Refusal::new(Code::SHUTTING_DOWN, "the server stops"),
        }
    }
}

/// Where the result goes.
pub(crate) enum ReplyTo {
    Session { mailbox: Arc<Mailbox>, call_id: u64 },
    Waiter(oneshot::Sender<CallResult>),
}

impl ReplyTo {
    fn send(self, result: CallResult) {
        match self {
            Self::Session { mailbox, call_id } => mailbox.reply(call_id, result),
            // Whoever asked may be gone; the call stands all the same.
            Self::Waiter(waiter) => drop(waiter.send(result)),
        }
    }
}

/// Hands calls to the writer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Queued>,
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
        Ok((Self { queue }, thread))
    }

    /// Waits while the queue is full: that is the back-pressure.
    pub(crate) async fn submit(&self, call: Call, reply_to: ReplyTo) {
        if let Err(mpsc::error::SendError(Some((_, reply_to)))) = self.queue.send(Some((call, reply_to))).await {
            reply_to.send(Err(CallError::Closed));
        }
    }

    pub(crate) async fn call(&self, call: Call) -> CallResult {
        let (waiter, result) = oneshot::channel();
        self.submit(call, ReplyTo::Waiter(waiter)).await;
        result.await.unwrap_or(Err(CallError::Closed))
    }

    /// Lets the writer finish what is in its queue and end.
    pub(crate) async fn stop(&self) {
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
                self.delivery.publish(commit.notices);
                results.into_iter().for_each(|(reply_to, result)| reply_to.send(result));
            }
            // The ledger is now ahead of the store. The store takes no more writes, so the ledger is not asked again.
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a commit failed; no more writes are taken");
                self.metrics.commit_failed();
                results.into_iter().for_each(|(reply_to, _)| reply_to.send(Err(CallError::Store)));
            }
        }
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
        Call::Expire(keys) => done(ledger.expire(&keys)),
        Call::SaveApp(app) => {
            ledger.save_app(app);
            Ok(Outcome::Done)
        }
        Call::SaveUser(app, user) => {
            ledger.save_user(&app, user);
            Ok(Outcome::Done)
        }
        Call::CreateGroup { group, title } => done(ledger.create_group(&group, &title, now).map(drop)),
        Call::CreateChannel { group, channel } => done(ledger.create_channel(&group, channel)),
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
