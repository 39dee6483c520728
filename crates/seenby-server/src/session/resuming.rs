//! Resuming: the client says what it has, and what is missing is found.

use std::collections::{BTreeMap, HashMap};

use seenby_core::view::Part;
use seenby_core::{AppKey, ConversationName, ConversationNumber, MessageKey, MessageUid, Sequence};
use seenby_protocol::{Code, frames};
use seenby_storage::{Storage, StorageError};

use super::following::Following;
use crate::delivery::ReceiptNews;
use crate::from_wire;
use crate::refusal::Refusal;

/// Positions and receipts that a client may name when it resumes; it is told so when it signs in.
pub(super) const ITEMS_MAX: usize = 10_000;

/// What a client says it has.
#[derive(Default)]
pub(super) struct Known {
    pub(super) positions: HashMap<ConversationName, Sequence>,
    /// How many readers of each message.
    receipts: BTreeMap<(ConversationName, MessageUid), u32>,
}

/// What happened to messages while the client was away.
#[derive(Default)]
pub(super) struct Missed {
    /// Own messages with new readers.
    pub(super) read: Vec<(MessageKey, ReceiptNews)>,
    /// Messages that this user has answered from elsewhere.
    pub(super) answered: BTreeMap<ConversationNumber, Vec<MessageUid>>,
}

impl Known {
    pub(super) fn add(&mut self, app: &AppKey, wire: frames::Resume) -> Result<(), Refusal> {
        let items = self.positions.len() + self.receipts.len() + wire.positions.len() + wire.receipts.len();
        if items > ITEMS_MAX {
            let detail = format!("more than {ITEMS_MAX} positions and receipts");
            return Err(Refusal::new(Code::INVALID_PARAMETER, detail));
        }
        for position in wire.positions {
            let (name, sequence) = from_wire::position(app, position)?;
            self.positions.insert(name, sequence);
        }
        for receipt in wire.receipts {
            let name = from_wire::conversation(app, receipt.conversation)?;
            self.receipts.insert((name, from_wire::message_uid(&receipt.message_uid)?), receipt.readers);
        }
        Ok(())
    }

    /// Some of them more than once.
    pub(super) fn conversations(&self) -> impl Iterator<Item = ConversationName> {
        self.positions.keys().chain(self.receipts.keys().map(|(name, _)| name)).cloned()
    }

    pub(super) fn compare_receipts(
        &self,
        storage: &dyn Storage,
        following: &Following,
    ) -> Result<Missed, StorageError> {
        let mut missed = Missed::default();
        for ((name, uid), known) in &self.receipts {
            let Some(conversation) = storage.conversation_number(name)? else { continue };
            let Some(followed) = following.get(conversation) else { continue };
            let key = MessageKey { conversation, uid: *uid };
            if storage.reader_count(key)? <= *known {
                continue;
            }
            let (Some(request), Some(group)) = (storage.request(key)?, storage.group(followed.group)?) else {
                continue;
            };
            match following.viewer(followed).part_in(&request) {
                Some(Part::Sender) => {
                    missed.read.push((key, ReceiptNews { from: *known, counts: request.counts(&group.present) }));
                }
                Some(Part::Receiver { answered: true }) => {
                    missed.answered.entry(conversation).or_default().push(*uid);
                }
                _ => {}
            }
        }
        Ok(missed)
    }
}
