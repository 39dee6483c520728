//! Resuming: the client says what it has, and what is missing is found.

use std::collections::BTreeMap;

use seenby_core::{AppKey, ConversationName, ConversationNumber, MessageKey, MessageUid, Sequence};
use seenby_protocol::{Code, frames};

use crate::delivery::ReceiptNews;
use crate::from_wire;
use crate::refusal::Refusal;

/// Positions and receipts that a client may name when it resumes; it is told so when it signs in.
pub(super) const ITEMS_MAX: usize = 10_000;

/// What a client says it has.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) positions: BTreeMap<ConversationName, Sequence>,
    /// How many readers of each message.
    pub(crate) receipts: BTreeMap<(ConversationName, MessageUid), u32>,
}

/// What happened to messages while the client was away.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    /// How many readers the client has of each message, and how many there are.
    pub(crate) read: Vec<(MessageKey, ReceiptNews)>,
    /// Messages that this user has answered from elsewhere.
    pub(crate) answered: BTreeMap<ConversationNumber, Vec<MessageUid>>,
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
    pub(crate) fn conversations(&self) -> impl Iterator<Item = ConversationName> {
        self.positions.keys().chain(self.receipts.keys().map(|(name, _)| name)).cloned()
    }
}
