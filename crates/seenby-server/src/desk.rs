//! Where calls that change something are applied: a batch at a time, each batch durable by one commit before anybody is
//! told. No queue, no thread and no clock: see [`writer`](crate::writer).

use std::sync::Arc;

use seenby_core::{Failure, Ledger, Timestamp, ledger};
use seenby_storage::{Storage, StorageError};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::call::{Call, CallError, CallResult, Outcome};
use crate::delivery::Mailbox;
use crate::node::Node;

type StoreLedger = Ledger<Arc<dyn Storage>>;

pub struct Desk {
    node: Arc<Node>,
    ledger: StoreLedger,
}

impl Desk {
    /// `number`: keeps message ids apart from those of other nodes and other lives; 24 bits.
    pub fn new(node: Arc<Node>, number: u32) -> Result<Self, StorageError> {
        let limits = ledger::Limits { group_members_max: node.settings.limits.group_members_max };
        let ledger = Ledger::new(node.storage.clone(), limits, number)?;
        Ok(Self { node, ledger })
    }

    /// Applies the calls of a batch, makes what they changed durable, and only then gives everybody the result. The batch
    /// is empty afterwards.
    pub fn write(&mut self, batch: &mut Vec<(Call, ReplyTo)>, now: Timestamp) {
        if !self.node.storage.takes_writes() {
            return batch.drain(..).for_each(|(_, reply_to)| reply_to.send(Err(CallError::Store)));
        }
        let mut results = Vec::with_capacity(batch.len());
        for (call, reply_to) in batch.drain(..) {
            results.push((reply_to, apply(&mut self.ledger, call, now)));
        }
        let commit = self.ledger.take_commit();
        match self.node.storage.commit(&commit.changes) {
            Ok(()) => {
                self.node.metrics.committed(&commit, results.len());
                results.into_iter().for_each(|(reply_to, result)| self.reply(reply_to, result));
                self.node.delivery.publish(commit.notices);
            }
            Err(error) => {
                let more = if self.node.storage.takes_writes() {
                    "the next may do better"
                } else {
                    "no more writes are taken"
                };
                tracing::error!(error = &error as &dyn std::error::Error, "a commit failed; {more}");
                // It is ahead of the store now.
                self.ledger.forget();
                self.node.metrics.commit_failed();
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
            self.node.delivery.tell_other_devices(mailbox, answered.conversation, &answered.counted);
        }
        reply_to.send(result);
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

    fn mailbox(&self) -> Option<&Arc<Mailbox>> {
        match &self.address {
            Some(Address::Session { mailbox, .. }) => Some(mailbox),
            _ => None,
        }
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
        Call::Swept(at) => {
            ledger.swept(at);
            Ok(Outcome::Done)
        }
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
