//! The whole layout on disk: every keyspace, its keys and what its rows hold.
//!
//! | keyspace | key | row |
//! |---|---|---|
//! | `meta` | name | `format`: u32 · `store_id`: text · `opened`: u64, how often · `swept_at`: u64, time of the last sweep · `requests_listed`: u64, see [`listing`](super::listing) |
//! | `apps` | app | `AppRow` |
//! | `users` | app 0 user | `UserRow` |
//! | `group_names` | app 0 kind:u8 group id | group:u64 |
//! | `groups` | group:u64 | `GroupRow`, with the slots now present |
//! | `slots` | group:u64 user | slot:u32; never changes |
//! | `slot_users` | group:u64 slot:u32 | user; never changes |
//! | `memberships` | app 0 user 0 group:u64 | `MembershipRow`; there while the user is in the group |
//! | `membership_log` | group:u64 version:u64 | `MembershipChangeRow` |
//! | `channels` | group:u64 channel, or nothing for a plain group | conversation:u64 |
//! | `conversations` | conversation:u64 | `ConversationRow`; its head is the last row of its log |
//! | `log` | conversation:u64 sequence:u64 | `LogRow` |
//! | `messages` | conversation:u64 uid:10 | `MessageRow` |
//! | `sent` | conversation:u64 slot:u32 client reference | uid:10 |
//! | `requests` | conversation:u64 uid:10 | `RequestRow`, with the audience |
//! | `blocks` | conversation:u64 uid:10 first ordinal:u32 | a block: see [`block`](super::block) |
//! | `requests_of` | app 0 sender 0 uid:10 conversation:u64 | nothing |
//! | `closed_channels` | group:u64 channel | conversation:u64; there while the channel is deleted |
//! | `keys` | key id | `KeyRow` |
//!
//! Numbers are big-endian, so rows lie in their order. `0` is a zero byte: ids have no control characters, so it ends a
//! text that something follows, and `a` stays apart from `ab`. The structs are in [`records`](super::records).

use std::ops::Bound;

use seenby_core::{
    AppKey, ChannelId, ClientRef, ConversationNumber, GroupName, GroupNumber, KeyId, MessageKey, MessageUid, Ordinal,
    Sequence, Slot, UserId,
};

use super::records::{Damage, group_kind_number};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    Meta,
    Apps,
    Users,
    GroupNames,
    Groups,
    Slots,
    SlotUsers,
    Memberships,
    MembershipLog,
    Channels,
    Conversations,
    Log,
    Messages,
    Sent,
    Requests,
    Blocks,
    RequestsOf,
    ClosedChannels,
    Keys,
}

impl Space {
    /// In the order of declaration: a space's position is `space as usize`.
    pub(super) const ALL: [Self; 19] = [
        Self::Meta,
        Self::Apps,
        Self::Users,
        Self::GroupNames,
        Self::Groups,
        Self::Slots,
        Self::SlotUsers,
        Self::Memberships,
        Self::MembershipLog,
        Self::Channels,
        Self::Conversations,
        Self::Log,
        Self::Messages,
        Self::Sent,
        Self::Requests,
        Self::Blocks,
        Self::RequestsOf,
        Self::ClosedChannels,
        Self::Keys,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Apps => "apps",
            Self::Users => "users",
            Self::GroupNames => "group_names",
            Self::Groups => "groups",
            Self::Slots => "slots",
            Self::SlotUsers => "slot_users",
            Self::Memberships => "memberships",
            Self::MembershipLog => "membership_log",
            Self::Channels => "channels",
            Self::Conversations => "conversations",
            Self::Log => "log",
            Self::Messages => "messages",
            Self::Sent => "sent",
            Self::Requests => "requests",
            Self::Blocks => "blocks",
            Self::RequestsOf => "requests_of",
            Self::ClosedChannels => "closed_channels",
            Self::Keys => "keys",
        }
    }
}

pub(super) fn meta(name: &str) -> Key {
    Key::new(Space::Meta).text(name)
}

pub(super) fn apps() -> Key {
    Key::new(Space::Apps)
}

pub(super) fn app(app: &AppKey) -> Key {
    apps().text(app.as_str())
}

pub(super) fn users_of(app: &AppKey) -> Key {
    Key::new(Space::Users).ended(app.as_str())
}

pub(super) fn user(app: &AppKey, user: &UserId) -> Key {
    users_of(app).text(user.as_str())
}

pub(super) fn group_names_of(app: &AppKey) -> Key {
    Key::new(Space::GroupNames).ended(app.as_str())
}

pub(super) fn group_name(GroupName { app, kind, id }: &GroupName) -> Key {
    group_names_of(app).bytes(&[group_kind_number(*kind)]).text(id.as_str())
}

pub(super) fn groups() -> Key {
    Key::new(Space::Groups)
}

pub(super) fn group(number: GroupNumber) -> Key {
    groups().number(number.0)
}

pub(super) fn slot(group: GroupNumber, user: &UserId) -> Key {
    Key::new(Space::Slots).number(group.0).text(user.as_str())
}

pub(super) fn slot_user(group: GroupNumber, slot: Slot) -> Key {
    Key::new(Space::SlotUsers).number(group.0).short(slot.0)
}

pub(super) fn memberships_of(app: &AppKey, user: &UserId) -> Key {
    Key::new(Space::Memberships).ended(app.as_str()).ended(user.as_str())
}

pub(super) fn membership(app: &AppKey, user: &UserId, group: GroupNumber) -> Key {
    memberships_of(app, user).number(group.0)
}

pub(super) fn membership_log_of(group: GroupNumber) -> Key {
    Key::new(Space::MembershipLog).number(group.0)
}

pub(super) fn membership_change(group: GroupNumber, version: u64) -> Key {
    membership_log_of(group).number(version)
}

pub(super) fn channels_of(group: GroupNumber) -> Key {
    Key::new(Space::Channels).number(group.0)
}

pub(super) fn channel(group: GroupNumber, channel: Option<&ChannelId>) -> Key {
    channels_of(group).text(channel.map_or("", ChannelId::as_str))
}

pub(super) fn conversations() -> Key {
    Key::new(Space::Conversations)
}

pub(super) fn conversation(number: ConversationNumber) -> Key {
    conversations().number(number.0)
}

pub(super) fn log_of(conversation: ConversationNumber) -> Key {
    Key::new(Space::Log).number(conversation.0)
}

pub(super) fn log_entry(conversation: ConversationNumber, sequence: Sequence) -> Key {
    log_of(conversation).number(sequence.0)
}

pub(super) fn messages_of(conversation: ConversationNumber) -> Key {
    Key::new(Space::Messages).number(conversation.0)
}

pub(super) fn message(key: MessageKey) -> Key {
    messages_of(key.conversation).bytes(key.uid.as_bytes())
}

pub(super) fn sent(conversation: ConversationNumber, sender: Slot, client_ref: &ClientRef) -> Key {
    Key::new(Space::Sent).number(conversation.0).short(sender.0).text(client_ref.as_str())
}

pub(super) fn closed_channel(group: GroupNumber, channel: Option<&ChannelId>) -> Key {
    Key::new(Space::ClosedChannels).number(group.0).text(channel.map_or("", ChannelId::as_str))
}

pub(super) fn api_keys() -> Key {
    Key::new(Space::Keys)
}

pub(super) fn api_key(id: &KeyId) -> Key {
    api_keys().text(id.as_str())
}

pub(super) fn all_requests_of() -> Key {
    Key::new(Space::RequestsOf)
}

pub(super) fn requests_of(app: &AppKey, sender: &UserId) -> Key {
    all_requests_of().ended(app.as_str()).ended(sender.as_str())
}

pub(super) fn request_of(app: &AppKey, sender: &UserId, key: MessageKey) -> Key {
    requests_of(app, sender).bytes(key.uid.as_bytes()).number(key.conversation.0)
}

pub(super) fn requests() -> Key {
    Key::new(Space::Requests)
}

pub(super) fn request(key: MessageKey) -> Key {
    requests().number(key.conversation.0).bytes(key.uid.as_bytes())
}

pub(super) fn blocks_of(key: MessageKey) -> Key {
    Key::new(Space::Blocks).number(key.conversation.0).bytes(key.uid.as_bytes())
}

pub(super) fn block(key: MessageKey, first_ordinal: Ordinal) -> Key {
    blocks_of(key).short(first_ordinal)
}

/// The place of a row, or, when cut short, of all rows that begin with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    space: Space,
    bytes: Vec<u8>,
}

impl Key {
    fn new(space: Space) -> Self {
        Self { space, bytes: Vec::new() }
    }

    pub(super) fn space(&self) -> Space {
        self.space
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A text at the end of a key.
    fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// A text that something follows.
    fn ended(self, text: &str) -> Self {
        self.text(text).bytes(&[TEXT_END])
    }

    fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn short(self, number: u32) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }
}

const TEXT_END: u8 = 0;

/// Rows of one keyspace that lie together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyRange {
    pub(super) space: Space,
    pub(super) lower: Bound<Vec<u8>>,
    pub(super) upper: Bound<Vec<u8>>,
}

impl KeyRange {
    /// All rows whose keys begin with `prefix`.
    pub(super) fn of(prefix: Key) -> Self {
        let upper = first_behind(&prefix.bytes).map_or(Bound::Unbounded, Bound::Excluded);
        Self { space: prefix.space, lower: Bound::Included(prefix.bytes), upper }
    }

    pub(super) fn from(self, key: Key) -> Self {
        Self { lower: Bound::Included(key.bytes), ..self }
    }

    pub(super) fn behind(self, key: Key) -> Self {
        Self { lower: Bound::Excluded(key.bytes), ..self }
    }

    pub(super) fn before(self, key: Key) -> Self {
        Self { upper: Bound::Excluded(key.bytes), ..self }
    }

    pub(super) fn up_to(self, key: Key) -> Self {
        Self { upper: Bound::Included(key.bytes), ..self }
    }
}

/// The smallest key behind all that begin with `prefix`; `None` when there is no end.
fn first_behind(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// Takes a key apart from the front.
pub(super) struct KeyReader<'a>(pub(super) &'a [u8]);

impl<'a> KeyReader<'a> {
    pub(super) fn number(&mut self) -> Result<u64, Damage> {
        self.take().map(u64::from_be_bytes)
    }

    pub(super) fn short(&mut self) -> Result<u32, Damage> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn message_key(&mut self) -> Result<MessageKey, Damage> {
        let conversation = ConversationNumber(self.number()?);
        Ok(MessageKey { conversation, uid: MessageUid::from_bytes(self.take()?) })
    }

    /// As in `requests_of`, where the time comes first.
    pub(super) fn message_key_by_time(&mut self) -> Result<MessageKey, Damage> {
        let uid = MessageUid::from_bytes(self.take()?);
        Ok(MessageKey { conversation: ConversationNumber(self.number()?), uid })
    }

    /// A text that something follows.
    pub(super) fn ended(&mut self) -> Result<&'a str, Damage> {
        let end = self.0.iter().position(|byte| *byte == TEXT_END).ok_or(Damage::new("the key ends early"))?;
        let text = std::str::from_utf8(&self.0[..end])?;
        self.0 = &self.0[end + 1..];
        Ok(text)
    }

    /// All that is left.
    pub(super) fn text(self) -> Result<&'a str, Damage> {
        Ok(std::str::from_utf8(self.0)?)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Damage::new("the key ends early"))?;
        self.0 = rest;
        Ok(*taken)
    }
}
