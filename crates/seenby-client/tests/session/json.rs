//! What a session takes and gives, as JSON. `vectors/README.md` has the format.

use std::time::Duration;

use seenby_client::session::{Action, Outcome, SessionOptions};
use seenby_client::store::{Answer, Asked, Change, Memory, Unanswered};
use seenby_client::{ConnectError, Conversation, Event, Reader, ReceiptCounts, ReceiptResponse, ResponseError};
use seenby_protocol::encode;
use seenby_protocol::frames::{ClientFrame, Reply, ServerFrame};
use serde_json::{Value, json};

pub fn options(options: &SessionOptions) -> Value {
    json!({
        "appKey": options.app_key,
        "deviceId": options.device_id,
        "clientRefPrefix": options.client_ref_prefix,
        "sdk": options.sdk,
        "backoffMinMs": milliseconds(options.backoff_min),
        "backoffMaxMs": milliseconds(options.backoff_max),
        "callTimeoutMs": milliseconds(options.call_timeout),
        "attemptTimeoutMs": milliseconds(options.attempt_timeout),
        "renewsTokens": options.renews_tokens,
        "seed": options.seed,
    })
}

/// A whole number if it is one.
pub fn milliseconds(time: Duration) -> Value {
    let whole = u64::try_from(time.as_millis()).expect("virtual time is short");
    match time.subsec_nanos() % 1_000_000 {
        0 => whole.into(),
        rest => (whole as f64 + f64::from(rest) / 1e6).into(),
    }
}

pub fn client_frame(frame: &ClientFrame) -> Value {
    seenby_vectors::json("ClientFrame", &encode(frame))
}

pub fn server_frame(frame: &ServerFrame) -> Value {
    seenby_vectors::json("ServerFrame", &encode(frame))
}

fn reply(reply: &Reply) -> Value {
    seenby_vectors::json("Reply", &encode(reply))
}

pub fn conversation(conversation: &Conversation) -> Value {
    json!({
        "type": conversation.conversation_type() as u32,
        "targetId": conversation.target_id(),
        "channelId": conversation.channel_id().unwrap_or_default(),
    })
}

// ---------------------------------------------------------------------------------------------- what is remembered

pub fn memory(memory: &Memory) -> Value {
    let position = |(place, through)| json!({ "conversation": conversation(place), "through": through });
    let kept = |(number, kept)| json!({ "number": number, "answer": answer(kept) });
    json!({
        "storeId": memory.store_id,
        "positions": memory.positions.iter().map(position).collect::<Vec<_>>(),
        "asked": memory.asked.iter().map(asked).collect::<Vec<_>>(),
        "unanswered": memory.unanswered.iter().map(unanswered).collect::<Vec<_>>(),
        "answers": memory.answers.iter().map(kept).collect::<Vec<_>>(),
    })
}

fn asked(asked: &Asked) -> Value {
    json!({
        "conversation": conversation(&asked.conversation),
        "messageUid": asked.message_uid,
        "readers": asked.readers,
    })
}

fn unanswered(request: &Unanswered) -> Value {
    json!({ "conversation": conversation(&request.conversation), "messageUid": request.message_uid })
}

fn answer(answer: &Answer) -> Value {
    json!({ "conversation": conversation(&answer.conversation), "messageUids": answer.message_uids })
}

pub fn changes(changes: &[Change]) -> Vec<Value> {
    changes.iter().map(change).collect()
}

fn change(change: &Change) -> Value {
    match change {
        Change::StoreChanged(store_id) => json!({ "kind": "storeChanged", "storeId": store_id }),
        Change::Position(place, through) => {
            json!({ "kind": "position", "conversation": conversation(place), "through": through })
        }
        Change::Asked(message) => json!({ "kind": "asked", "asked": asked(message) }),
        Change::AskedForgotten(uid) => json!({ "kind": "askedForgotten", "messageUid": uid }),
        Change::Unanswered(request) => json!({ "kind": "unanswered", "request": unanswered(request) }),
        Change::UnansweredForgotten(uid) => json!({ "kind": "unansweredForgotten", "messageUid": uid }),
        Change::AnswerKept(number, kept) => json!({ "kind": "answerKept", "number": number, "answer": answer(kept) }),
        Change::AnswerDone(number) => json!({ "kind": "answerDone", "number": number }),
    }
}

// ---------------------------------------------------------------------------------------------- what comes out

pub fn action(action: &Action) -> Value {
    match action {
        Action::Connect => json!({ "kind": "connect" }),
        Action::Close => json!({ "kind": "close" }),
        Action::RenewToken => json!({ "kind": "renewToken" }),
        Action::Load { user_id } => json!({ "kind": "load", "userId": user_id }),
        Action::Save { user_id, changes } => {
            json!({ "kind": "save", "userId": user_id, "changes": self::changes(changes) })
        }
    }
}

pub fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Kept(call) => json!({ "kind": "kept", "call": call.0 }),
        Outcome::Connected(call, Ok(user_id)) => {
            json!({ "kind": "connected", "call": call.0, "code": 0, "userId": user_id })
        }
        Outcome::Connected(call, Err(error @ ConnectError::AlreadyConnected { user_id: Some(user_id) })) => {
            json!({ "kind": "connected", "call": call.0, "code": error.code().0, "userId": user_id })
        }
        Outcome::Connected(call, Err(error)) => json!({ "kind": "connected", "call": call.0, "code": error.code().0 }),
        Outcome::Replied(call, result) => json!({ "kind": "replied", "call": call.0, "reply": reply(result) }),
        Outcome::Answered(call, Ok(result) | Err(ResponseError::Refused(result))) => {
            json!({ "kind": "answered", "call": call.0, "code": result.code().0, "response": response(result) })
        }
        Outcome::Answered(call, Err(error)) => json!({ "kind": "answered", "call": call.0, "code": error.code().0 }),
    }
}

fn response(response: &ReceiptResponse) -> Value {
    let results = response.results.iter();
    let results = results.map(|result| json!({ "messageUid": result.message_uid, "code": result.code.0 }));
    json!({ "conversation": conversation(&response.conversation), "results": results.collect::<Vec<_>>() })
}

pub fn event(event: &Event) -> Value {
    match event {
        Event::ConnectionStatusChanged { status } => {
            json!({ "kind": "connectionStatusChanged", "status": status.number() })
        }
        Event::MessageReceived { message, left, offline } => json!({
            "kind": "messageReceived",
            "conversation": conversation(&message.conversation),
            "messageUid": message.message_uid,
            "senderUserId": message.sender_user_id,
            "left": left,
            "offline": offline,
        }),
        Event::MessageRecalled { conversation, message_uid, sender_user_id } => {
            about_message("messageRecalled", conversation, message_uid, Some(sender_user_id))
        }
        Event::GroupMessageReadReceiptRequestReceived { conversation, message_uid, sender_user_id } => {
            let kind = "groupMessageReadReceiptRequestReceived";
            about_message(kind, conversation, message_uid, Some(sender_user_id))
        }
        Event::ReceiptRequestedElsewhere { conversation, message_uid } => {
            about_message("receiptRequestedElsewhere", conversation, message_uid, None)
        }
        Event::GroupMessageReadReceiptResponseReceived {
            conversation: place,
            message_uid,
            respond_user_ids,
            new_readers,
            counts: receipt_counts,
        } => json!({
            "kind": "groupMessageReadReceiptResponseReceived",
            "conversation": conversation(place),
            "messageUid": message_uid,
            "respondUserIds": readers(respond_user_ids.as_slice()),
            "newReaders": readers(new_readers),
            "counts": counts(receipt_counts),
        }),
        Event::GroupReadReceiptResponseSent { code, response: result } => {
            json!({ "kind": "groupReadReceiptResponseSent", "code": code.0, "response": response(result) })
        }
        Event::ReceiptsAnswered { conversation: place, message_uids } => {
            json!({ "kind": "receiptsAnswered", "conversation": conversation(place), "messageUids": message_uids })
        }
        Event::GroupReadReceiptRequestSent { .. } => unreachable!("the engine makes it, not the session"),
    }
}

fn about_message(kind: &str, place: &Conversation, uid: &str, sender_user_id: Option<&String>) -> Value {
    let mut event = json!({ "kind": kind, "conversation": conversation(place), "messageUid": uid });
    if let Some(sender_user_id) = sender_user_id {
        event["senderUserId"] = json!(sender_user_id);
    }
    event
}

fn readers(readers: &[Reader]) -> Vec<Value> {
    readers.iter().map(|reader| json!([&*reader.user_id, reader.read_at_ms])).collect()
}

fn counts(counts: &ReceiptCounts) -> Value {
    json!({ "read": counts.read, "unread": counts.unread, "left": counts.left, "total": counts.total })
}
