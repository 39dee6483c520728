//! Messages, and the source of their ids.

use crate::{ClientRef, GroupNumber, MessageKey, MessageUid, Sequence, Slot, Timestamp, UserId};

/// A stored message. The content is opaque here: the rules never look inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub key: MessageKey,
    pub group: GroupNumber,
    pub sequence: Sequence,
    pub sender: UserId,
    pub sender_slot: Slot,
    pub sent_at: Timestamp,
    pub client_ref: ClientRef,
    /// The group's version when the message was sent: who was in then can be asked.
    pub group_version: u64,
    pub content: Vec<u8>,
    pub recalled_at: Option<Timestamp>,
    /// Published by a back end in the sender's name, and not to be sent to the sender's own devices. History has it.
    pub hidden_from_sender: bool,
}

/// A message as its sender hands it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub client_ref: ClientRef,
    pub content: Vec<u8>,
    /// Ask for a receipt in the same step.
    pub need_receipt: bool,
}

/// A message as a back end hands it in, in a user's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    pub draft: Draft,
    pub hidden_from_sender: bool,
}

/// Makes message ids: ordered within a conversation, unique over nodes that were given different node numbers.
#[derive(Debug, Clone)]
pub struct UidSource {
    node: u32,
    clock: Lane,
    ahead: Lane,
}

/// A row of moments, each given once. There are two, told apart by their counters: one goes with the clock, the other is for
/// conversations that are ahead of it. Otherwise two conversations that are ahead could get the same id, or all the others
/// would have to follow them.
#[derive(Debug, Clone)]
struct Lane {
    first: u16,
    time: Timestamp,
    counter: u16,
}

/// Ids of one millisecond in one lane; the next one borrows from the following millisecond.
const COUNTERS: u16 = 0x800;

impl UidSource {
    /// `node`: 24 bits, drawn at random at each start.
    pub fn new(node: u32) -> Self {
        Self { node, clock: Lane::new(0), ahead: Lane::new(COUNTERS) }
    }

    /// An id that was never given before, not before `earliest`, which is after the newest of its conversation: so the
    /// times of a conversation's messages are distinct, and paging by time loses nothing. This holds as well when the
    /// clock was set back, or when another node wrote last.
    pub fn next(&mut self, now: Timestamp, earliest: Timestamp) -> MessageUid {
        self.clock.advance(now);
        let lane = match self.clock.time < earliest {
            true => {
                self.ahead.advance(earliest);
                &self.ahead
            }
            false => &self.clock,
        };
        MessageUid::from_parts(lane.time, lane.counter, self.node)
    }
}

impl Lane {
    fn new(first: u16) -> Self {
        Self { first, time: Timestamp(0), counter: first }
    }

    fn advance(&mut self, to: Timestamp) {
        (self.time, self.counter) = match to > self.time {
            true => (to, self.first),
            false if self.counter == self.first + COUNTERS - 1 => (Timestamp(self.time.0 + 1), self.first),
            false => (self.time, self.counter + 1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two in a millisecond, in each of two conversations.
    #[test]
    fn no_two_conversations_get_the_same_id() {
        let mut source = UidSource::new(1);
        let now = Timestamp(1_800_000_000_000);
        let (mut earliest, mut all) = ([Timestamp(0); 2], std::collections::BTreeSet::new());
        for conversation in [0, 1, 0, 1, 1, 0] {
            let uid = source.next(now, earliest[conversation]);
            earliest[conversation] = uid.time().next();
            assert!(all.insert(uid), "{uid} was given twice");
        }
    }

    #[test]
    fn ids_grow_even_when_the_clock_stands_still_or_runs_backwards() {
        let mut source = UidSource::new(1);
        let mut last = source.next(Timestamp(1_000), Timestamp(0));
        for now in std::iter::repeat_n(1_000, 10_000).chain([5, 2_000, 1]) {
            let uid = source.next(Timestamp(now), Timestamp(0));
            assert!(uid > last);
            last = uid;
        }
    }

    #[test]
    fn ids_of_one_millisecond_have_its_time() {
        let mut source = UidSource::new(1);
        let now = Timestamp(1_800_000_000_000);
        for _ in 0..COUNTERS {
            assert_eq!(source.next(now, Timestamp(0)).time(), now);
        }
        assert_eq!(source.next(now, Timestamp(0)).time(), now.next());
    }

    #[test]
    fn an_id_follows_the_newest_of_its_conversation_though_another_node_had_a_faster_clock() {
        let theirs = UidSource::new(9).next(Timestamp(9_000), Timestamp(0));
        let mut ours = UidSource::new(2);
        let uid = ours.next(Timestamp(1_000), theirs.time().next());
        assert!(uid.time() > theirs.time());
        assert!(ours.next(Timestamp(1_001), Timestamp(0)) < uid, "other conversations keep their own time");
    }
}
