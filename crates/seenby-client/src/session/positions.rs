//! How far this client has the log of each conversation.

use std::collections::BTreeMap;

use crate::Conversation;

/// A position beyond this many conversations is not remembered: after a reconnect the server tells those entries again.
const CONVERSATIONS_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Positions {
    by_conversation: BTreeMap<Conversation, Position>,
    advances: u64,
}

#[derive(Debug)]
struct Position {
    through: u64,
    advanced: u64,
}

impl Positions {
    pub(super) fn restored(positions: BTreeMap<Conversation, u64>) -> Self {
        let position = |(conversation, through)| (conversation, Position { through, advanced: 0 });
        Self { by_conversation: positions.into_iter().map(position).collect(), advances: 0 }
    }

    /// Everything up to and including this entry is there; 0 is nothing.
    pub(super) fn through(&self, conversation: &Conversation) -> u64 {
        self.by_conversation.get(conversation).map_or(0, |position| position.through)
    }

    /// Whether this is news.
    pub(super) fn advance(&mut self, conversation: &Conversation, through: u64) -> bool {
        if through <= self.through(conversation) {
            return false;
        }
        if self.by_conversation.len() >= CONVERSATIONS_MAX && !self.by_conversation.contains_key(conversation) {
            return false;
        }
        self.advances += 1;
        self.by_conversation.insert(conversation.clone(), Position { through, advanced: self.advances });
        true
    }

    /// Those that have advanced last, if there are more than so many.
    pub(super) fn newest(&self, positions_max: usize) -> impl Iterator<Item = (&Conversation, u64)> {
        let mut positions: Vec<_> = self.by_conversation.iter().collect();
        if positions.len() > positions_max {
            positions.sort_by_key(|(_, position)| std::cmp::Reverse(position.advanced));
            positions.truncate(positions_max);
        }
        positions.into_iter().map(|(conversation, position)| (conversation, position.through))
    }
}
