//! What the rows hold. Each decoder gets a row's key and value and gives the core's type, or says what is damaged.
//!
//! The structs are protobuf, so a later version can add fields and still read old rows. A tag that was used is never used
//! for something else. What the key says is not said again in the row, and index rows are bare numbers or texts.

use std::error::Error;
use std::fmt;

use prost::Message as _;
use roaring::RoaringBitmap;
use seenby_core::commit::{AppRecord, Secret, UserRecord};
use seenby_core::group::Direction;
use seenby_core::{
    Answer, AppKey, ChannelId, ClientRef, Conversation, ConversationName, ConversationNumber, Group, GroupId,
    GroupKind, GroupName, GroupNumber, KeyId, KeyRecord, LogEntry, LogEvent, Membership, MembershipChange, Message,
    MessageKey, MessageUid, Ordinal, ReceiptRequest, Scope, Sequence, Slot, Timestamp, UserId,
};

use super::block;
use super::keys::KeyReader;

/// Why a row cannot be read.
#[derive(Debug)]
pub struct Damage(pub(super) String);

impl Damage {
    pub(super) fn new(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl<E: Error> From<E> for Damage {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

type Result<T> = std::result::Result<T, Damage>;

/// Its `Debug` is not derived: that would show the secret.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(super) struct AppRow {
    #[prost(string, tag = "1")]
    secret: String,
    #[prost(uint64, tag = "2")]
    created_at: u64,
}

impl fmt::Debug for AppRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppRow").field("created_at", &self.created_at).finish_non_exhaustive()
    }
}

impl From<&AppRecord> for AppRow {
    fn from(app: &AppRecord) -> Self {
        Self { secret: app.secret.expose().to_owned(), created_at: app.created_at.0 }
    }
}

pub(super) fn app(key: &[u8], value: &[u8]) -> Result<AppRecord> {
    let row = AppRow::decode(value)?;
    Ok(AppRecord {
        key: AppKey::new(KeyReader(key).text()?)?,
        secret: Secret::new(row.secret),
        created_at: Timestamp(row.created_at),
    })
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct UserRow {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint64, tag = "2")]
    created_at: u64,
    #[prost(bool, tag = "3")]
    blocked: bool,
    #[prost(string, tag = "4")]
    portrait: String,
    #[prost(uint64, tag = "5")]
    tokens_from: u64,
    /// A version that does not know it takes the block for one without an end.
    #[prost(uint64, tag = "6")]
    blocked_until: u64,
}

impl From<&UserRecord> for UserRow {
    fn from(user: &UserRecord) -> Self {
        Self {
            name: user.name.clone(),
            created_at: user.created_at.0,
            blocked: user.blocked,
            portrait: user.portrait.clone(),
            tokens_from: user.tokens_from.0,
            blocked_until: user.blocked_until.0,
        }
    }
}

pub(super) fn user(key: &[u8], value: &[u8]) -> Result<UserRecord> {
    let mut key = KeyReader(key);
    key.ended()?;
    let row = UserRow::decode(value)?;
    Ok(UserRecord {
        id: UserId::new(key.text()?)?,
        name: row.name,
        portrait: row.portrait,
        created_at: Timestamp(row.created_at),
        blocked: row.blocked,
        tokens_from: Timestamp(row.tokens_from),
        blocked_until: Timestamp(row.blocked_until),
    })
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct KeyRow {
    #[prost(string, tag = "1")]
    app: String,
    #[prost(string, tag = "2")]
    label: String,
    /// By name. One that a later version made and this one does not know is passed over.
    #[prost(string, repeated, tag = "3")]
    scopes: Vec<String>,
    #[prost(bytes = "vec", tag = "4")]
    secret_hash: Vec<u8>,
    #[prost(uint64, tag = "5")]
    created_at: u64,
}

impl From<&KeyRecord> for KeyRow {
    fn from(key: &KeyRecord) -> Self {
        Self {
            app: key.app.as_str().to_owned(),
            label: key.label.clone(),
            scopes: key.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            secret_hash: key.secret_hash.to_vec(),
            created_at: key.created_at.0,
        }
    }
}

pub(super) fn api_key(key: &[u8], value: &[u8]) -> Result<KeyRecord> {
    let row = KeyRow::decode(value)?;
    Ok(KeyRecord {
        id: KeyId::new(KeyReader(key).text()?)?,
        app: AppKey::new(&row.app)?,
        label: row.label,
        scopes: row.scopes.iter().filter_map(|name| Scope::named(name)).collect(),
        secret_hash: row.secret_hash.as_slice().try_into()?,
        created_at: Timestamp(row.created_at),
    })
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct GroupRow {
    #[prost(message, required, tag = "1")]
    name: GroupNameRow,
    #[prost(string, tag = "2")]
    title: String,
    #[prost(uint64, tag = "3")]
    created_at: u64,
    #[prost(bool, tag = "4")]
    dismissed: bool,
    #[prost(uint64, tag = "5")]
    version: u64,
    #[prost(bytes = "vec", tag = "6")]
    present: Vec<u8>,
    #[prost(uint32, tag = "7")]
    slot_count: u32,
    // Tag 8 was the time of the latest change of membership.
}

impl From<&Group> for GroupRow {
    fn from(group: &Group) -> Self {
        Self {
            name: GroupNameRow::from(&group.name),
            title: group.title.clone(),
            created_at: group.created_at.0,
            dismissed: group.dismissed,
            version: group.version,
            present: bitmap_bytes(&group.present),
            slot_count: group.slot_count,
        }
    }
}

pub(super) fn group(key: &[u8], value: &[u8]) -> Result<Group> {
    let row = GroupRow::decode(value)?;
    Ok(Group {
        number: GroupNumber(numbered(key, value)?),
        name: row.name.try_into()?,
        title: row.title,
        created_at: Timestamp(row.created_at),
        dismissed: row.dismissed,
        version: row.version,
        present: bitmap(&row.present)?,
        slot_count: row.slot_count,
    })
}

#[derive(Clone, PartialEq, prost::Message)]
struct GroupNameRow {
    #[prost(string, tag = "1")]
    app: String,
    #[prost(uint32, tag = "2")]
    kind: u32,
    #[prost(string, tag = "3")]
    id: String,
}

impl From<&GroupName> for GroupNameRow {
    fn from(name: &GroupName) -> Self {
        let kind = group_kind_number(name.kind).into();
        Self { app: name.app.as_str().to_owned(), kind, id: name.id.as_str().to_owned() }
    }
}

impl TryFrom<GroupNameRow> for GroupName {
    type Error = Damage;

    fn try_from(row: GroupNameRow) -> Result<Self> {
        let kind = match row.kind {
            PLAIN_GROUP => GroupKind::Group,
            ULTRA_GROUP => GroupKind::UltraGroup,
            _ => return Err(Damage::new("unknown kind of group")),
        };
        Ok(Self { app: AppKey::new(&row.app)?, kind, id: GroupId::new(&row.id)? })
    }
}

const PLAIN_GROUP: u32 = 1;
const ULTRA_GROUP: u32 = 2;

pub(super) fn group_kind_number(kind: GroupKind) -> u8 {
    match kind {
        GroupKind::Group => PLAIN_GROUP as u8,
        GroupKind::UltraGroup => ULTRA_GROUP as u8,
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MembershipRow {
    #[prost(uint32, tag = "1")]
    slot: u32,
    #[prost(uint64, tag = "2")]
    joined_at: u64,
    #[prost(uint64, tag = "3")]
    version: u64,
}

impl From<&MembershipChange> for MembershipRow {
    fn from(joined: &MembershipChange) -> Self {
        Self { slot: joined.slot.0, joined_at: joined.at.0, version: joined.version }
    }
}

pub(super) fn membership(key: &[u8], value: &[u8]) -> Result<Membership> {
    let mut key = KeyReader(key);
    key.ended()?;
    key.ended()?;
    let row = MembershipRow::decode(value)?;
    Ok(Membership {
        group: GroupNumber(key.number()?),
        slot: Slot(row.slot),
        joined_at: Timestamp(row.joined_at),
        version: row.version,
    })
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MembershipChangeRow {
    #[prost(string, tag = "1")]
    user: String,
    #[prost(uint32, tag = "2")]
    slot: u32,
    #[prost(uint32, tag = "3")]
    direction: u32,
    #[prost(uint64, tag = "4")]
    at: u64,
}

const JOINED: u32 = 1;
const LEFT: u32 = 2;

impl From<&MembershipChange> for MembershipChangeRow {
    fn from(change: &MembershipChange) -> Self {
        let direction = match change.direction {
            Direction::Joined => JOINED,
            Direction::Left => LEFT,
        };
        Self { user: change.user.as_str().to_owned(), slot: change.slot.0, direction, at: change.at.0 }
    }
}

pub(super) fn membership_change(key: &[u8], value: &[u8]) -> Result<MembershipChange> {
    let mut key = KeyReader(key);
    let row = MembershipChangeRow::decode(value)?;
    let direction = match row.direction {
        JOINED => Direction::Joined,
        LEFT => Direction::Left,
        _ => return Err(Damage::new("neither joined nor left")),
    };
    Ok(MembershipChange {
        group: GroupNumber(key.number()?),
        version: key.number()?,
        user: UserId::new(&row.user)?,
        slot: Slot(row.slot),
        direction,
        at: Timestamp(row.at),
    })
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ConversationRow {
    #[prost(uint64, tag = "1")]
    group: u64,
    #[prost(message, required, tag = "2")]
    name: GroupNameRow,
    #[prost(string, optional, tag = "3")]
    channel: Option<String>,
}

impl ConversationRow {
    pub(super) fn new(group: GroupNumber, name: &ConversationName) -> Self {
        let channel = name.channel.as_ref().map(|channel| channel.as_str().to_owned());
        Self { group: group.0, name: GroupNameRow::from(&name.group), channel }
    }
}

/// The conversation without its head, which lies in other keyspaces.
pub(super) fn conversation(key: &[u8], value: &[u8]) -> Result<Conversation> {
    let row = ConversationRow::decode(value)?;
    let channel = row.channel.map(|channel| ChannelId::new(&channel)).transpose()?;
    let name = ConversationName { group: row.name.try_into()?, channel };
    Ok(Conversation::new(ConversationNumber(numbered(key, value)?), GroupNumber(row.group), name))
}

/// The number of a row of `groups` or `conversations`, whatever the row holds.
pub(super) fn numbered(key: &[u8], _: &[u8]) -> Result<u64> {
    KeyReader(key).number()
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct LogRow {
    #[prost(uint32, tag = "1")]
    kind: u32,
    #[prost(bytes = "vec", tag = "2")]
    uid: Vec<u8>,
    #[prost(uint64, tag = "3")]
    at: u64,
    #[prost(uint64, tag = "4")]
    group_version: u64,
}

const SENT: u32 = 1;
const RECEIPT_REQUESTED: u32 = 2;
const RECALLED: u32 = 3;

impl From<&LogEntry> for LogRow {
    fn from(entry: &LogEntry) -> Self {
        let kind = match entry.event {
            LogEvent::Sent(_) => SENT,
            LogEvent::ReceiptRequested(_) => RECEIPT_REQUESTED,
            LogEvent::Recalled(_) => RECALLED,
        };
        Self { kind, uid: entry.event.uid().as_bytes().to_vec(), at: entry.at.0, group_version: entry.group_version }
    }
}

pub(super) fn log_entry(key: &[u8], value: &[u8]) -> Result<LogEntry> {
    let mut key = KeyReader(key);
    key.number()?;
    let row = LogRow::decode(value)?;
    let uid = uid(&[], &row.uid)?;
    let event = match row.kind {
        SENT => LogEvent::Sent(uid),
        RECEIPT_REQUESTED => LogEvent::ReceiptRequested(uid),
        RECALLED => LogEvent::Recalled(uid),
        _ => return Err(Damage::new("unknown kind of log entry")),
    };
    Ok(LogEntry { sequence: Sequence(key.number()?), at: Timestamp(row.at), event, group_version: row.group_version })
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MessageRow {
    #[prost(uint64, tag = "1")]
    group: u64,
    #[prost(uint64, tag = "2")]
    sequence: u64,
    #[prost(string, tag = "3")]
    sender: String,
    #[prost(uint32, tag = "4")]
    sender_slot: u32,
    #[prost(uint64, tag = "5")]
    sent_at: u64,
    #[prost(string, tag = "6")]
    client_ref: String,
    #[prost(uint64, tag = "7")]
    group_version: u64,
    #[prost(bytes = "vec", tag = "8")]
    content: Vec<u8>,
    #[prost(uint64, optional, tag = "9")]
    recalled_at: Option<u64>,
    #[prost(bool, tag = "10")]
    hidden_from_sender: bool,
}

impl From<&Message> for MessageRow {
    fn from(message: &Message) -> Self {
        Self {
            group: message.group.0,
            sequence: message.sequence.0,
            sender: message.sender.as_str().to_owned(),
            sender_slot: message.sender_slot.0,
            sent_at: message.sent_at.0,
            client_ref: message.client_ref.as_str().to_owned(),
            group_version: message.group_version,
            content: message.content.clone(),
            recalled_at: message.recalled_at.map(|at| at.0),
            hidden_from_sender: message.hidden_from_sender,
        }
    }
}

pub(super) fn message(key: &[u8], value: &[u8]) -> Result<Message> {
    let row = MessageRow::decode(value)?;
    Ok(Message {
        key: KeyReader(key).message_key()?,
        group: GroupNumber(row.group),
        sequence: Sequence(row.sequence),
        sender: UserId::new(&row.sender)?,
        sender_slot: Slot(row.sender_slot),
        sent_at: Timestamp(row.sent_at),
        client_ref: ClientRef::new(&row.client_ref)?,
        group_version: row.group_version,
        content: row.content,
        recalled_at: row.recalled_at.map(Timestamp),
        hidden_from_sender: row.hidden_from_sender,
    })
}

/// The id of a row of `messages`, whatever the row holds.
pub(super) fn uid_of(key: &[u8], _: &[u8]) -> Result<MessageUid> {
    KeyReader(key).message_key().map(|key| key.uid)
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RequestRow {
    #[prost(string, tag = "1")]
    sender: String,
    #[prost(uint64, tag = "2")]
    requested_at: u64,
    #[prost(bytes = "vec", tag = "3")]
    audience: Vec<u8>,
}

impl From<&ReceiptRequest> for RequestRow {
    fn from(request: &ReceiptRequest) -> Self {
        Self {
            sender: request.sender.as_str().to_owned(),
            requested_at: request.requested_at.0,
            audience: bitmap_bytes(&request.audience),
        }
    }
}

/// The request without its readers, which lie in the blocks.
pub(super) fn request(key: &[u8], value: &[u8]) -> Result<ReceiptRequest> {
    let row = RequestRow::decode(value)?;
    let key = KeyReader(key).message_key()?;
    Ok(ReceiptRequest::new(key, UserId::new(&row.sender)?, Timestamp(row.requested_at), bitmap(&row.audience)?))
}

/// From a key of `requests_of`; the row is empty.
pub(super) fn request_of(key: &[u8], _: &[u8]) -> Result<MessageKey> {
    let mut key = KeyReader(key);
    key.ended()?;
    key.ended()?;
    key.message_key_by_time()
}

/// The same with the names in front: app, sender, message.
pub(super) fn listed_request(key: &[u8], _: &[u8]) -> Result<(AppKey, UserId, MessageKey)> {
    let mut key = KeyReader(key);
    let (app, sender) = (AppKey::new(key.ended()?)?, UserId::new(key.ended()?)?);
    Ok((app, sender, key.message_key_by_time()?))
}

pub(super) fn block(key: &[u8], value: &[u8]) -> Result<(Ordinal, Vec<Answer>)> {
    let (first_ordinal, answers) = (block_ordinal(key, value)?, block::decode(value)?);
    first_ordinal.checked_add(answers.len() as Ordinal).ok_or(Damage::new("more readers than ordinals"))?;
    Ok((first_ordinal, answers))
}

/// The first ordinal of a row of `blocks`, whatever the row holds.
pub(super) fn block_ordinal(key: &[u8], _: &[u8]) -> Result<Ordinal> {
    let mut key = KeyReader(key);
    key.message_key()?;
    key.short()
}

/// Runs are what members who came one after another make, so a full group is a few bytes.
fn bitmap_bytes(bitmap: &RoaringBitmap) -> Vec<u8> {
    let mut bitmap = bitmap.clone();
    bitmap.optimize();
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    bitmap.serialize_into(&mut bytes).expect("a Vec takes all bytes");
    bytes
}

fn bitmap(bytes: &[u8]) -> Result<RoaringBitmap> {
    Ok(RoaringBitmap::deserialize_from(bytes)?)
}

pub(super) fn group_number(_: &[u8], value: &[u8]) -> Result<GroupNumber> {
    number(&[], value).map(GroupNumber)
}

/// From a key of `conversations`, without the row.
pub(super) fn conversation_of_key(key: &[u8], _: &[u8]) -> Result<ConversationNumber> {
    KeyReader(key).number().map(ConversationNumber)
}

/// From a key of `messages`, without the row.
pub(super) fn message_key(key: &[u8], _: &[u8]) -> Result<MessageKey> {
    KeyReader(key).message_key()
}

pub(super) fn conversation_number(_: &[u8], value: &[u8]) -> Result<ConversationNumber> {
    number(&[], value).map(ConversationNumber)
}

pub(super) fn slot(_: &[u8], value: &[u8]) -> Result<Slot> {
    short(&[], value).map(Slot)
}

pub(super) fn number(_: &[u8], value: &[u8]) -> Result<u64> {
    Ok(u64::from_be_bytes(value.try_into()?))
}

pub(super) fn short(_: &[u8], value: &[u8]) -> Result<u32> {
    Ok(u32::from_be_bytes(value.try_into()?))
}

pub(super) fn uid(_: &[u8], value: &[u8]) -> Result<MessageUid> {
    Ok(MessageUid::from_bytes(value.try_into()?))
}

pub(super) fn text(_: &[u8], value: &[u8]) -> Result<String> {
    Ok(std::str::from_utf8(value)?.to_owned())
}

pub(super) fn user_id(_: &[u8], value: &[u8]) -> Result<UserId> {
    Ok(UserId::new(std::str::from_utf8(value)?)?)
}
