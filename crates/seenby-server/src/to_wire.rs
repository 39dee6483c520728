//! The core's types into frames.

use prost::Message as _;
use seenby_core::view::ReceiptStatus;
use seenby_core::{ConversationName, Counts, Denied, GroupKind, LogEntry, MessageUid, Timestamp, UserId};
use seenby_protocol::frames::{self, log_entry, reply, server_frame};
use seenby_protocol::{Code, codec};

use crate::cursors;
use crate::queries::{
    ConversationsPage, HistoryPage, QueryResult, ReaderList, ReceiptUser, ReceiptView, UsersPage, ViewedConversation,
    ViewedMessage,
};
use crate::refusal::{self, Refusal};

pub(crate) fn frame(kind: server_frame::Kind) -> Vec<u8> {
    codec::encode(&frames::ServerFrame { kind: Some(kind) })
}

pub fn reply(call_id: u64, result: Result<reply::Result, Refusal>) -> Vec<u8> {
    frame(server_frame::Kind::Reply(match result {
        Ok(result) => frames::Reply { call_id, result: Some(result), ..Default::default() },
        Err(refusal) => refused(call_id, refusal),
    }))
}

fn refused(call_id: u64, refusal: Refusal) -> frames::Reply {
    frames::Reply {
        call_id,
        code: refusal.code.0,
        detail: refusal.detail,
        retry_after_ms: refusal.retry_after_ms,
        result: None,
    }
}

/// A success that has nothing more to say.
pub(crate) fn done(call_id: u64) -> Vec<u8> {
    frame(server_frame::Kind::Reply(frames::Reply { call_id, ..Default::default() }))
}

/// The call's code is that of its first bad message.
pub(crate) fn answered(call_id: u64, outcomes: &[Result<(), Denied>]) -> Vec<u8> {
    let codes = outcomes.iter().map(|outcome| outcome.map_or_else(|denied| refusal::code(denied).0, |()| 0)).collect();
    let first_bad = outcomes.iter().find_map(|outcome| outcome.err());
    let mut reply =
        first_bad.map_or_else(|| frames::Reply { call_id, ..Default::default() }, |bad| refused(call_id, bad.into()));
    reply.result = Some(reply::Result::ReceiptsAccepted(frames::ReceiptsAccepted { codes }));
    frame(server_frame::Kind::Reply(reply))
}

pub fn goodbye(code: Code, reconnect: bool) -> Vec<u8> {
    let detail = code.meaning().unwrap_or_default().to_owned();
    frame(server_frame::Kind::Goodbye(frames::Goodbye { code: code.0, detail, reconnect }))
}

pub(crate) fn conversation(name: &ConversationName) -> frames::Conversation {
    frames::Conversation {
        r#type: match name.group.kind {
            GroupKind::Group => frames::ConversationType::Group,
            GroupKind::UltraGroup => frames::ConversationType::UltraGroup,
        }
        .into(),
        target_id: name.group.id.to_string(),
        channel_id: name.channel.as_ref().map_or_else(String::new, ToString::to_string),
    }
}

pub(crate) fn log_entry(entry: &LogEntry, event: log_entry::Event) -> frames::LogEntry {
    frames::LogEntry { sequence: entry.sequence.0, at_ms: entry.at.0, event: Some(event) }
}

pub(crate) fn message(viewed: ViewedMessage) -> frames::Message {
    let ViewedMessage { message, receipt } = viewed;
    let recalled = message.recalled_at.is_some();
    frames::Message {
        uid: message.key.uid.to_string(),
        sender_id: message.sender.to_string(),
        sequence: message.sequence.0,
        sent_at_ms: message.sent_at.0,
        // Decoded when it was accepted, so it can be decoded again.
        content: frames::Content::decode(message.content.as_slice()).ok().filter(|_| !recalled),
        client_ref: message.client_ref.to_string(),
        recalled,
        receipt: receipt.map(receipt_info),
        conversation: None,
    }
}

fn receipt_info(view: ReceiptView) -> frames::ReceiptInfo {
    match view {
        ReceiptView::Sender { readers, counts } => frames::ReceiptInfo {
            requested: true,
            answered: false,
            readers: Some(self::readers(readers)),
            counts: Some(self::counts(counts)),
        },
        ReceiptView::Receiver { answered } => frames::ReceiptInfo { requested: true, answered, ..Default::default() },
    }
}

pub(crate) fn query_result(result: QueryResult) -> reply::Result {
    match result {
        QueryResult::History(page) => reply::Result::History(history(page)),
        QueryResult::Message(viewed) => reply::Result::Message(message(viewed)),
        QueryResult::Found(name, viewed) => {
            let conversation = Some(conversation(&name));
            reply::Result::Message(frames::Message { conversation, ..message(viewed) })
        }
        QueryResult::Counts(items) => {
            let items = items.into_iter().map(|(uid, counts)| message_counts(uid, counts)).collect();
            reply::Result::ReceiptCounts(frames::ReceiptCountsList { items })
        }
        QueryResult::Users(page) => reply::Result::ReceiptUsers(users(page)),
        QueryResult::Readers(list) => reply::Result::Readers(readers(list)),
        QueryResult::Conversations(page) => reply::Result::Conversations(conversations(page)),
        QueryResult::Names(names) => {
            let named = |(user, name): (UserId, String)| frames::UserInfo {
                user_id: user.to_string(),
                name,
                ..Default::default()
            };
            reply::Result::Users(frames::Users { items: names.into_iter().map(named).collect() })
        }
    }
}

fn history(page: HistoryPage) -> frames::History {
    frames::History { messages: page.messages.into_iter().map(message).collect(), more: page.more }
}

fn conversations(page: ConversationsPage) -> frames::Conversations {
    let info = |viewed: ViewedConversation| frames::ConversationInfo {
        conversation: Some(conversation(&viewed.name)),
        title: viewed.title,
        members: u32::try_from(viewed.member_count).unwrap_or(u32::MAX),
        last_message: viewed.last_message.map(message),
    };
    frames::Conversations {
        items: page.conversations.into_iter().map(info).collect(),
        page_token: page.next.map_or_else(String::new, cursors::conversations_token),
    }
}

pub(crate) fn counts(counts: Counts) -> frames::ReceiptCounts {
    frames::ReceiptCounts { read: counts.read, unread: counts.unread, left: counts.left, total: counts.total() }
}

fn message_counts(uid: MessageUid, counts: Result<Counts, Refusal>) -> frames::MessageReceiptCounts {
    let (code, counts) = match counts {
        Ok(counts) => (Code::SUCCESS, Some(self::counts(counts))),
        Err(refusal) => (refusal.code, None),
    };
    frames::MessageReceiptCounts { message_uid: uid.to_string(), code: code.0, counts }
}

pub(crate) fn readers(list: ReaderList) -> frames::Readers {
    let mut before = 0;
    let mut wire = frames::Readers { first_ordinal: list.first_ordinal, ..Default::default() };
    for (user, at) in list.readers {
        wire.user_ids.push(user.to_string());
        wire.times_ms.push(at.0 as i64 - before);
        before = at.0 as i64;
    }
    wire
}

fn users(page: UsersPage) -> frames::ReceiptUsers {
    frames::ReceiptUsers {
        users: page.users.into_iter().map(user).collect(),
        page_token: page.next.map_or_else(String::new, cursors::receipts_token),
        total: page.total,
    }
}

fn user(user: ReceiptUser) -> frames::ReceiptUser {
    let status = match user.status {
        ReceiptStatus::Read => frames::ReceiptStatus::Read,
        ReceiptStatus::Unread => frames::ReceiptStatus::Unread,
        ReceiptStatus::Left => frames::ReceiptStatus::Left,
    };
    frames::ReceiptUser {
        user_id: user.user.to_string(),
        read_at_ms: user.read_at.map_or(0, |at| at.0),
        status: status.into(),
    }
}

pub(crate) fn signed_in(user: &UserId, now: Timestamp) -> frames::SignedIn {
    frames::SignedIn {
        user_id: user.to_string(),
        server_time_ms: now.0,
        protocol_minor: seenby_protocol::PROTOCOL_MINOR,
        ..Default::default()
    }
}
