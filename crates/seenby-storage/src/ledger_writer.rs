//! Learn, apply, append: the one way in which calls become rows.

use std::sync::Arc;

use seenby_core::{Call, Commit, Denied, Ledger, Limits, Moved, Notice, Outcome, Stop, Timestamp};

use crate::{Appended, Storage, StorageError};

/// A ledger over a store.
pub struct LedgerWriter<S: ?Sized> {
    store: Arc<S>,
    ledger: Ledger,
}

/// Why a call had no effect.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("what the call needs could not be read")]
    Storage(#[from] StorageError),
}

/// What a batch gives, and what it changes.
pub struct Written {
    /// One for each call, in order.
    pub outcomes: Vec<Result<Outcome, Failure>>,
    pub commit: Commit,
}

/// Calls whose needs are learned in one step. Each may name a hundred messages. Few in tests, which then meet batches that
/// take several steps.
const CALLS_PER_STEP_MAX: usize = if cfg!(debug_assertions) { 3 } else { 256 };

/// In a row, by as many writers on the same store. Each time one of them got further.
const MOVED_MAX: usize = 1_000;

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Denied(denied) => denied.into(),
            // The call itself is not named: it may have the text of a message.
            Stop::Unknown => StorageError::Incomplete.into(),
        }
    }
}

impl<S: Storage + ?Sized> LedgerWriter<S> {
    /// `node`: see [`UidSource::new`](seenby_core::UidSource::new).
    pub fn new(store: Arc<S>, limits: Limits, node: u32) -> Self {
        Self { store, ledger: Ledger::new(limits, node) }
    }

    /// Applies the calls and makes what they changed durable. When another writer has come in between, nothing was written,
    /// and everything is learned and applied again.
    pub fn write(&mut self, calls: &[Call], now: Timestamp) -> Result<Written, StorageError> {
        for _ in 0..MOVED_MAX {
            let Ok(decided) = self.decide(calls, now) else { continue };
            if let Ok(written) = self.append_decided(decided)? {
                return Ok(written);
            }
        }
        Err(StorageError::Contended)
    }

    /// The first half of [`write`](Self::write), for whoever puts something in between: what the calls give if the store
    /// stays where it is.
    pub fn decide(&mut self, calls: &[Call], now: Timestamp) -> Result<Written, Moved> {
        let outcomes = self.apply_all(calls, now)?;
        Ok(Written { outcomes, commit: self.ledger.take_commit() })
    }

    /// The second half: makes durable what was decided last. When another writer has come in between, nothing was written:
    /// decide again.
    pub fn append_decided(&mut self, decided: Written) -> Result<Result<Written, Moved>, StorageError> {
        Ok(self.append(&decided.commit)?.map(|()| decided))
    }

    fn apply_all(&mut self, calls: &[Call], now: Timestamp) -> Result<Vec<Result<Outcome, Failure>>, Moved> {
        let mut outcomes = Vec::with_capacity(calls.len());
        let mut alone_until = 0;
        for (place, call) in calls.iter().enumerate() {
            outcomes.push(match self.ledger.apply(call, now) {
                Err(Stop::Unknown) => match self.learn_for(calls, place, &mut alone_until)? {
                    Ok(()) => self.ledger.apply(call, now).map_err(Failure::from),
                    Err(error) => Err(error.into()),
                },
                outcome => outcome.map_err(Failure::from),
            });
        }
        Ok(outcomes)
    }

    /// What the call at this place needs, and in the same step what those behind it need: they lack something too, most likely.
    ///
    /// A row that cannot be read spoils the calls that need it, and no others: after it, up to `alone_until`, each call has a
    /// step of its own.
    fn learn_for(
        &mut self,
        calls: &[Call],
        place: usize,
        alone_until: &mut usize,
    ) -> Result<Result<(), StorageError>, Moved> {
        if place >= *alone_until {
            let end = calls.len().min(place + CALLS_PER_STEP_MAX);
            if self.learn(&calls[place..end])?.is_ok() {
                return Ok(Ok(()));
            }
            *alone_until = end;
        }
        self.learn(&calls[place..=place])
    }

    fn learn(&mut self, calls: &[Call]) -> Result<Result<(), StorageError>, Moved> {
        let needs = self.ledger.needs(calls);
        match self.store.learn(&needs) {
            Ok(facts) => self.ledger.learn(facts).inspect_err(|Moved| self.ledger.forget()).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    /// What was not written is forgotten.
    fn append(&mut self, commit: &Commit) -> Result<Result<(), Moved>, StorageError> {
        match self.store.append(commit.expects, &commit.changes) {
            Ok(Appended::At(position)) => {
                self.ledger.written(position);
                Ok(Ok(()))
            }
            Ok(Appended::Moved) => {
                self.ledger.forget();
                Ok(Err(Moved))
            }
            Err(error) => {
                self.ledger.forget();
                Err(error)
            }
        }
    }
}

/// A batch by steps, for a writer that is alone.
impl<S: Storage + ?Sized> LedgerWriter<S> {
    /// Applies one call of a batch; [`commit`](Self::commit) ends the batch.
    pub fn apply(&mut self, call: &Call, now: Timestamp) -> Result<Outcome, Failure> {
        let alone = self.apply_all(std::slice::from_ref(call), now);
        let mut outcomes = alone.map_err(|Moved| StorageError::Contended)?;
        outcomes.pop().expect("one for each call")
    }

    /// Gives the news of the batch.
    pub fn commit(&mut self) -> Result<Vec<Notice>, StorageError> {
        let commit = self.ledger.take_commit();
        match self.append(&commit)? {
            Ok(()) => Ok(commit.notices),
            Err(Moved) => Err(StorageError::Contended),
        }
    }
}

#[cfg(test)]
mod tests {
    use seenby_core::{
        AppKey, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, Sequence, Timestamp, UserId,
    };

    use super::*;
    use crate::Memory;

    const NOW: Timestamp = Timestamp(1_000);

    #[test]
    fn a_batch_that_was_not_written_is_forgotten() {
        let store = Arc::new(Memory::new());
        let mut writer = LedgerWriter::new(store.clone(), Limits::default(), 1);
        let app = AppKey::new("app").unwrap();
        let group = GroupName { app, kind: GroupKind::Group, id: GroupId::new("ward").unwrap() };
        let alice = UserId::new("alice").unwrap();
        let founds = [
            Call::CreateGroup { group: group.clone(), title: String::new() },
            Call::Join { group: group.clone(), users: vec![alice.clone()] },
        ];
        writer.write(&founds, NOW).unwrap();
        let draft = Draft { client_ref: ClientRef::new("1").unwrap(), content: vec![], need_receipt: false };
        let says = [Call::Send { conversation: ConversationName::new(group, None), user: alice, draft }];
        store.miss_next_commit();
        assert!(writer.write(&says, NOW).is_err());
        let outcome = writer.write(&says, NOW).unwrap().outcomes.pop().unwrap().unwrap();
        assert!(matches!(outcome, Outcome::Sent(sent) if sent.sequence == Sequence(1)), "{outcome:?}");
    }
}
