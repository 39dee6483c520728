//! Frames into the core's types. Everything that a peer sent is checked here and nowhere else.

use prost::Message as _;
use seenby_core::view::ReceiptList;
use seenby_core::{
    AppKey, Call, ChannelId, ClientRef, ConversationName, DeviceNumber, Draft, GroupId, GroupKind, GroupName,
    MessageUid, Sequence, Timestamp, UserId,
};
use seenby_protocol::frames::client_frame;
use seenby_protocol::{Code, frames};
use seenby_storage::TimeOrder;

use crate::content;
use crate::cursors;
use crate::queries::{ConversationsQuery, HISTORY_READERS_MAX, HistoryQuery, Query, UsersQuery};
use crate::rate::CallKind;
use crate::refusal::Refusal;
use crate::settings::Limits;

/// What a signed-in client asks, checked.
pub(crate) enum Request {
    Ping,
    Resume(frames::Resume),
    Write(CallKind, Call),
    Query(ConversationName, Query),
    /// A message of any conversation that the user is in.
    Find(MessageUid),
    /// The conversations that the user is in.
    List(ConversationsQuery),
}

impl Request {
    /// Whose rate it counts against; a ping is what a quiet client is asked for.
    pub(crate) fn kind(&self) -> Option<CallKind> {
        match self {
            Self::Ping => None,
            Self::Write(kind, _) => Some(*kind),
            Self::Resume(_) | Self::Query(..) | Self::Find(_) | Self::List(_) => Some(CallKind::Query),
        }
    }
}

/// Reads the calls of one user.
pub(crate) struct Reader<'a> {
    pub(crate) app: &'a AppKey,
    pub(crate) user: &'a UserId,
    pub(crate) device: DeviceNumber,
    pub(crate) limits: &'a Limits,
}

impl Reader<'_> {
    pub(crate) fn request(&self, frame: frames::ClientFrame) -> Result<Request, Refusal> {
        use client_frame::Call as Wire;
        let Self { limits, .. } = *self;
        if frame.call_id == 0 {
            return Err(Refusal::new(Code::MALFORMED_FRAME, "call_id is 0"));
        }
        let call = frame.call.ok_or_else(|| Refusal::new(Code::UNKNOWN_CALL, "this server does not know the call"))?;
        Ok(match call {
            Wire::SignIn(_) => return Err(Refusal::new(Code::CONNECTION_EXISTS, "signed in already")),
            Wire::Ping(_) => Request::Ping,
            Wire::Resume(wire) => Request::Resume(wire),

            Wire::SendMessage(mut wire) => {
                let conversation = self.conversation(wire.conversation.take())?;
                Request::Write(
                    CallKind::Send,
                    Call::Send { conversation, user: self.user(), draft: draft(wire, limits)? },
                )
            }
            Wire::RecallMessage(wire) => {
                let (conversation, uid) = self.message(wire.conversation, &wire.message_uid)?;
                Request::Write(CallKind::Send, Call::Recall { conversation, user: self.user(), uid })
            }
            Wire::RequestReceipt(wire) => {
                let (conversation, uid) = self.message(wire.conversation, &wire.message_uid)?;
                Request::Write(CallKind::Request, Call::Ask { conversation, user: self.user(), uid })
            }
            Wire::AnswerReceipts(wire) => {
                let conversation = self.conversation(wire.conversation)?;
                let uids = answered_uids(&wire.message_uids, limits)?;
                Request::Write(
                    CallKind::Answer,
                    Call::Answer { conversation, user: self.user(), from: Some(self.device), uids },
                )
            }

            Wire::GetHistory(wire) => {
                let query = Query::History(history_query(&wire, limits)?);
                Request::Query(self.conversation(wire.conversation)?, query)
            }
            Wire::GetMessage(wire) if wire.conversation.is_none() => Request::Find(message_uid(&wire.message_uid)?),
            Wire::GetMessage(wire) => {
                let (conversation, uid) = self.message(wire.conversation, &wire.message_uid)?;
                Request::Query(conversation, Query::Message(uid))
            }
            Wire::ListConversations(wire) => {
                let count = page_size(wire.count, limits)?;
                Request::List(ConversationsQuery { after: cursors::conversations(&wire.page_token)?, count })
            }
            Wire::GetUsers(wire) => {
                let query = Query::Names(user_ids(&wire.user_ids, limits)?);
                Request::Query(self.conversation(wire.conversation)?, query)
            }
            Wire::GetReceiptCounts(wire) => {
                let uids = message_uids(&wire.message_uids, limits)?;
                Request::Query(self.conversation(wire.conversation)?, Query::Counts(uids))
            }
            Wire::ListReceiptUsers(wire) => {
                let query = users_query(&wire, limits)?;
                let (conversation, uid) = self.message(wire.conversation, &wire.message_uid)?;
                Request::Query(conversation, Query::Users(uid, query))
            }
            Wire::FindReceiptUsers(wire) => {
                let (conversation, uid) = self.message(wire.conversation, &wire.message_uid)?;
                Request::Query(conversation, Query::FindUsers(uid, user_ids(&wire.user_ids, limits)?))
            }
            Wire::GetReaders(wire) => {
                let (conversation, uid) = self.message(wire.conversation, &wire.message_uid)?;
                let count = wire.count.min(HISTORY_READERS_MAX) as usize;
                Request::Query(conversation, Query::Readers(uid, wire.from_ordinal, count))
            }
        })
    }

    fn user(&self) -> UserId {
        self.user.clone()
    }

    fn conversation(&self, wire: Option<frames::Conversation>) -> Result<ConversationName, Refusal> {
        conversation(self.app, wire)
    }

    fn message(
        &self,
        conversation: Option<frames::Conversation>,
        uid: &str,
    ) -> Result<(ConversationName, MessageUid), Refusal> {
        Ok((self.conversation(conversation)?, message_uid(uid)?))
    }
}

pub(crate) fn conversation(app: &AppKey, wire: Option<frames::Conversation>) -> Result<ConversationName, Refusal> {
    let wire = wire.ok_or_else(|| Refusal::new(Code::INVALID_PARAMETER, "the conversation is missing"))?;
    let kind = match wire.r#type() {
        frames::ConversationType::Group => GroupKind::Group,
        frames::ConversationType::UltraGroup => GroupKind::UltraGroup,
        other => return Err(Refusal::new(Code::CONVERSATION_TYPE_INVALID, other.as_str_name())),
    };
    let id = GroupId::new(&wire.target_id).map_err(|error| Refusal::new(Code::TARGET_ID_INVALID, error))?;
    let channel = match kind {
        GroupKind::UltraGroup if !wire.channel_id.is_empty() => Some(channel_id(&wire.channel_id)?),
        _ => None,
    };
    Ok(ConversationName::new(GroupName { app: app.clone(), kind, id }, channel))
}

pub(crate) fn channel_id(text: &str) -> Result<ChannelId, Refusal> {
    ChannelId::new(text).map_err(|error| Refusal::new(Code::CHANNEL_ID_INVALID, error))
}

pub(crate) fn user_id(text: &str) -> Result<UserId, Refusal> {
    UserId::new(text).map_err(|error| Refusal::new(Code::USER_ID_INVALID, error))
}

pub(crate) fn message_uid(text: &str) -> Result<MessageUid, Refusal> {
    MessageUid::parse(text).map_err(|error| Refusal::new(Code::MESSAGE_UID_INVALID, error))
}

fn draft(wire: frames::SendMessage, limits: &Limits) -> Result<Draft, Refusal> {
    let client_ref = ClientRef::new(&wire.client_ref)
        .map_err(|error| Refusal::new(Code::INVALID_PARAMETER, format!("client_ref {error}")))?;
    let content = wire.content.unwrap_or_default();
    content::check(&content, limits.content_bytes_max)?;
    Ok(Draft { client_ref, content: content.encode_to_vec(), need_receipt: wire.need_receipt })
}

/// A malformed id spoils only itself.
fn answered_uids(texts: &[String], limits: &Limits) -> Result<Vec<Option<MessageUid>>, Refusal> {
    if texts.is_empty() {
        return Err(Refusal::new(Code::MESSAGE_LIST_INVALID, "the list is empty"));
    }
    check_list_length(texts.len(), limits.answers_per_frame_max)?;
    Ok(texts.iter().map(|text| MessageUid::parse(text).ok()).collect())
}

fn check_list_length(found: usize, max: usize) -> Result<(), Refusal> {
    match found > max {
        true => Err(Refusal::new(Code::RECEIPT_LIST_TOO_LONG, format!("{found} items, at most {max}"))),
        false => Ok(()),
    }
}

fn history_query(wire: &frames::GetHistory, limits: &Limits) -> Result<HistoryQuery, Refusal> {
    let order = match wire.order() {
        frames::TimeOrder::Before => TimeOrder::Before,
        frames::TimeOrder::After => TimeOrder::After,
    };
    let from = match (wire.from_message_uid.as_str(), order, wire.sent_at_ms) {
        ("", TimeOrder::Before, 0) => MessageUid::MAX,
        // The moment itself is excluded on either side.
        ("", TimeOrder::Before, at) => MessageUid::first_at(Timestamp(at)),
        ("", TimeOrder::After, at) => MessageUid::first_at(Timestamp(at.saturating_add(1))),
        (uid, _, _) => message_uid(uid)?,
    };
    Ok(HistoryQuery { from, order, count: page_size(wire.count, limits)? })
}

fn users_query(wire: &frames::ListReceiptUsers, limits: &Limits) -> Result<UsersQuery, Refusal> {
    let unsupported = |what| Refusal::new(Code::RECEIPT_QUERY_UNSUPPORTED, what);
    let status = frames::ReceiptStatus::try_from(wire.status).map_err(|_| unsupported("unknown status"))?;
    let order = frames::ReceiptOrder::try_from(wire.order).map_err(|_| unsupported("unknown order"))?;
    let list = match (status, order) {
        (frames::ReceiptStatus::Read, frames::ReceiptOrder::Ascending) => ReceiptList::OldestReaders,
        (frames::ReceiptStatus::Read, frames::ReceiptOrder::Descending) => ReceiptList::NewestReaders,
        (frames::ReceiptStatus::Unread, _) => ReceiptList::Unread,
        (frames::ReceiptStatus::Left, _) => ReceiptList::Left,
    };
    let count = page_size(wire.count, limits)?;
    Ok(UsersQuery { from: cursors::receipts(list, &wire.page_token)?, count })
}

fn user_ids(texts: &[String], limits: &Limits) -> Result<Vec<UserId>, Refusal> {
    check_list_length(texts.len(), limits.page_size_max)?;
    texts.iter().map(|text| user_id(text)).collect()
}

fn message_uids(texts: &[String], limits: &Limits) -> Result<Vec<MessageUid>, Refusal> {
    check_list_length(texts.len(), limits.page_size_max)?;
    texts.iter().map(|text| message_uid(text)).collect()
}

fn page_size(count: u32, limits: &Limits) -> Result<usize, Refusal> {
    match count as usize {
        0 => Err(Refusal::new(Code::INVALID_PARAMETER, "count is 0")),
        count => check_list_length(count, limits.page_size_max).map(|()| count),
    }
}

pub(crate) fn position(app: &AppKey, wire: frames::Position) -> Result<(ConversationName, Sequence), Refusal> {
    Ok((conversation(app, wire.conversation)?, Sequence(wire.through)))
}
