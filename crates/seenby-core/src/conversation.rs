//! Conversations and their logs.
//!
//! A conversation is a plain group or one channel of an ultra group. Its log has an entry for every message, receipt
//! request and recall; clients say how far they have it and get the rest.

use crate::{
    ChannelId, ConversationNumber, GroupKind, GroupName, GroupNumber, Membership, MessageUid, Sequence, Timestamp,
};

/// How callers name a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationName {
    pub group: GroupName,
    /// `None` for a plain group, always `Some` for an ultra group.
    pub channel: Option<ChannelId>,
}

impl ConversationName {
    /// A plain group has no channels, so one that is named is not looked at; an ultra group has a default one.
    pub fn new(group: GroupName, channel: Option<ChannelId>) -> Self {
        let channel = match group.kind {
            GroupKind::Group => None,
            GroupKind::UltraGroup => Some(channel.unwrap_or_else(ChannelId::default_channel)),
        };
        Self { group, channel }
    }
}

/// A conversation and the end of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub number: ConversationNumber,
    pub group: GroupNumber,
    pub name: ConversationName,
    pub head: Sequence,
    /// Time of the newest entry.
    pub last_at: Timestamp,
    pub last_uid: Option<MessageUid>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub sequence: Sequence,
    pub at: Timestamp,
    pub event: LogEvent,
    /// The group's version when it was logged. 0: a store did not keep it yet.
    pub group_version: u64,
}

impl LogEntry {
    /// Whether it was there before this member joined. Along a log this turns from yes to no once.
    pub fn is_before(&self, member: &Membership) -> bool {
        match (self.group_version, member.version) {
            // Both of a store that kept no versions: the clock is all there is.
            (0, 0) => self.at < member.joined_at,
            (logged, joined) => logged < joined,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEvent {
    Sent(MessageUid),
    ReceiptRequested(MessageUid),
    Recalled(MessageUid),
}

impl LogEvent {
    pub fn uid(self) -> MessageUid {
        match self {
            Self::Sent(uid) | Self::ReceiptRequested(uid) | Self::Recalled(uid) => uid,
        }
    }
}

impl Conversation {
    pub fn new(number: ConversationNumber, group: GroupNumber, name: ConversationName) -> Self {
        Self { number, group, name, head: Sequence(0), last_at: Timestamp(0), last_uid: None }
    }

    /// Appends an entry. Times never run backwards within a log, whatever the clock does.
    pub(crate) fn append(&mut self, event: LogEvent, group_version: u64, now: Timestamp) -> LogEntry {
        self.head = self.head.next();
        self.last_at = self.last_at.max(now);
        LogEntry { sequence: self.head, at: self.last_at, event, group_version }
    }
}
