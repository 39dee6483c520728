//! Answers that the server has not settled yet.
//!
//! An answer names messages of one conversation and has one outcome, when the last of them has its final code. For the
//! wire the waiting messages of a conversation are gathered into batches, whichever answer they came with, so a user who
//! answered a hundred messages one by one while offline sends one frame.

use std::collections::{BTreeMap, VecDeque};

use seenby_protocol::Code;

use super::CallId;
use crate::store::{Answer, Change};
use crate::{Conversation, ReceiptResponse, ReceiptResult};

/// Messages that may wait at once. A call that would pass it is refused, unless nothing waits: a single answer may be of
/// any length.
pub(super) const MESSAGES_WAITING_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    kept: BTreeMap<u64, Kept>,
    waiting: BTreeMap<Conversation, VecDeque<Item>>,
    /// The conversations of `waiting`, each once. They take turns, so that a busy one cannot starve the others.
    turns: VecDeque<Conversation>,
    /// How often each message that is not settled is named.
    unsettled: BTreeMap<String, usize>,
    unsettled_messages: usize,
    next_number: u64,
    /// Settled answers that the device store may still have: it has refused to forget them.
    to_forget: Vec<u64>,
}

#[derive(Debug)]
struct Kept {
    answer: Answer,
    codes: Vec<Option<Code>>,
    open: usize,
    /// `None` after a restart.
    call: Option<CallId>,
    /// The device store has it.
    is_kept: bool,
}

/// Answers of a user who is not there now.
#[derive(Debug, Default)]
pub(super) struct Parked {
    /// Who waits for those that the device store has, or is about to have, by their number.
    calls: BTreeMap<u64, CallId>,
    /// Those that it does not have.
    unkept: Vec<(Answer, CallId)>,
}

impl Parked {
    pub(super) fn call(&self, number: u64) -> Option<CallId> {
        self.calls.get(&number).copied()
    }

    /// The device store has not taken these after all.
    pub(super) fn take_back(&mut self, changes: Vec<Change>) {
        for change in changes {
            if let Change::AnswerKept(number, answer) = change
                && let Some(call) = self.calls.remove(&number)
            {
                self.unkept.push((answer, call));
            }
        }
    }
}

/// One message of one answer.
#[derive(Debug, Clone, Copy)]
struct Item {
    number: u64,
    index: usize,
}

/// What goes into one frame.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) conversation: Conversation,
    items: Vec<Item>,
}

/// An answer whose every message has its final code.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) number: u64,
    pub(super) call: Option<CallId>,
    pub(super) is_kept: bool,
    pub(super) response: ReceiptResponse,
}

impl Outbox {
    /// Goes on with what the device store has, and what was parked. Answers that are here already are of the same user
    /// and get new numbers.
    pub(super) fn restore(&mut self, answers: BTreeMap<u64, Answer>, mut parked: Parked) {
        let newer = std::mem::take(self).kept.into_values();
        for (number, answer) in answers {
            self.insert(number, answer, parked.calls.remove(&number), true);
        }
        self.take_unkept(&mut parked);
        for kept in newer {
            self.insert(self.next_number, kept.answer, kept.call, false);
        }
    }

    pub(super) fn take_unkept(&mut self, parked: &mut Parked) {
        for (answer, call) in std::mem::take(&mut parked.unkept) {
            self.insert(self.next_number, answer, Some(call), false);
        }
    }

    /// Empties the outbox. With `is_saved` the device store has all of it, or is about to.
    pub(super) fn park(&mut self, parked: &mut Parked, is_saved: bool) {
        for (number, kept) in std::mem::take(self).kept {
            match kept.call {
                Some(call) if is_saved => drop(parked.calls.insert(number, call)),
                Some(call) => parked.unkept.push((kept.answer, call)),
                None => {}
            }
        }
    }

    pub(super) fn has_room_for(&self, messages: usize) -> bool {
        self.unsettled_messages == 0 || self.unsettled_messages + messages <= MESSAGES_WAITING_MAX
    }

    pub(super) fn keep(&mut self, answer: Answer, call: CallId) -> u64 {
        let number = self.next_number;
        self.insert(number, answer, Some(call), false);
        number
    }

    fn insert(&mut self, number: u64, answer: Answer, call: Option<CallId>, is_kept: bool) {
        let waiting = self.waiting.entry(answer.conversation.clone()).or_insert_with_key(|newcomer| {
            self.turns.push_back(newcomer.clone());
            VecDeque::new()
        });
        for (index, uid) in answer.message_uids.iter().enumerate() {
            waiting.push_back(Item { number, index });
            *self.unsettled.entry(uid.clone()).or_default() += 1;
        }
        let open = answer.message_uids.len();
        self.unsettled_messages += open;
        self.next_number = self.next_number.max(number.saturating_add(1));
        self.kept.insert(number, Kept { codes: vec![None; open], answer, open, call, is_kept });
    }

    pub(super) fn next_batch(&mut self, messages_max: usize) -> Option<Batch> {
        let conversation = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&conversation)?;
        let items = waiting.drain(..messages_max.min(waiting.len())).collect();
        match waiting.is_empty() {
            true => drop(self.waiting.remove(&conversation)),
            false => self.turns.push_back(conversation.clone()),
        }
        Some(Batch { conversation, items })
    }

    pub(super) fn uids(&self, batch: &Batch) -> Vec<String> {
        batch.items.iter().filter_map(|item| self.uid(*item)).map(str::to_owned).collect()
    }

    fn uid(&self, item: Item) -> Option<&str> {
        self.kept.get(&item.number)?.answer.message_uids.get(item.index).map(String::as_str)
    }

    /// The batch has to be sent again, before what came later.
    pub(super) fn put_back(&mut self, batch: Batch) {
        let waiting = self.waiting.entry(batch.conversation).or_insert_with_key(|returning| {
            self.turns.push_front(returning.clone());
            VecDeque::new()
        });
        batch.items.into_iter().rev().for_each(|item| waiting.push_front(item));
    }

    /// Settles a batch: `code` of each place in it is `None` if that message has to be sent again.
    pub(super) fn settle(&mut self, batch: Batch, code: impl Fn(usize) -> Option<Code>) -> Vec<Settled> {
        let mut settled = Vec::new();
        let mut again = Vec::new();
        for (place, item) in batch.items.into_iter().enumerate() {
            match code(place) {
                Some(code) => settled.extend(self.settle_one(item, code)),
                None => again.push(item),
            }
        }
        if !again.is_empty() {
            self.put_back(Batch { conversation: batch.conversation, items: again });
        }
        settled
    }

    fn settle_one(&mut self, item: Item, code: Code) -> Option<Settled> {
        let kept = self.kept.get_mut(&item.number)?;
        let uid = kept.answer.message_uids.get(item.index)?;
        if kept.codes[item.index].replace(code).is_some() {
            return None;
        }
        kept.open -= 1;
        self.unsettled_messages -= 1;
        if let Some(count) = self.unsettled.get_mut(uid) {
            *count -= 1;
            if *count == 0 {
                self.unsettled.remove(uid);
            }
        }
        (kept.open == 0).then(|| self.kept.remove(&item.number)).flatten().map(|kept| kept.settled(item.number))
    }

    /// Whether this device is still answering for the message.
    pub(super) fn holds(&self, uid: &str) -> bool {
        self.unsettled.contains_key(uid)
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The device store has not taken these changes, or only some.
    pub(super) fn take_back(&mut self, changes: &[Change]) {
        self.to_forget.extend(changes.iter().filter_map(|change| match change {
            Change::AnswerDone(number) => Some(*number),
            _ => None,
        }));
    }

    /// What the device store does not know.
    pub(super) fn take_unsaved(&mut self) -> Vec<Change> {
        let unkept = self.kept.iter().filter(|(_, kept)| !kept.is_kept);
        let unkept = unkept.map(|(number, kept)| Change::AnswerKept(*number, kept.answer.clone()));
        self.to_forget.drain(..).map(Change::AnswerDone).chain(unkept).collect()
    }

    /// The device store has this answer: who is to be told.
    pub(super) fn note_kept(&mut self, number: u64) -> Option<CallId> {
        let kept = self.kept.get_mut(&number).filter(|kept| !kept.is_kept)?;
        kept.is_kept = true;
        kept.call
    }
}

impl Kept {
    fn settled(self, number: u64) -> Settled {
        let results = self.answer.message_uids.into_iter().zip(self.codes.into_iter().flatten());
        let results = results.map(|(message_uid, code)| ReceiptResult { message_uid, code }).collect();
        Settled {
            number,
            call: self.call,
            is_kept: self.is_kept,
            response: ReceiptResponse { conversation: self.answer.conversation, results },
        }
    }
}
