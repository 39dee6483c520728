//! Frames and their bytes, for every SDK: what is written and read alike, what is passed over, and what is refused.
//! `vectors/README.md` has the format.

#![expect(clippy::unwrap_used, reason = "an example that cannot be made should say so at once")]

use seenby_protocol::frames::client_frame::Call;
use seenby_protocol::frames::server_frame::Kind;
use seenby_protocol::frames::{self, ClientFrame, ServerFrame, log_entry, reply};
use seenby_protocol::{decode, encode};
use seenby_vectors::{compare, json, members};
use serde_json::{Value, json};

/// The largest number that every language has exactly.
const EXACT_MAX: u64 = (1 << 53) - 1;
const UID: &str = "38G8-S0LO-G009-VD0L";

#[test]
fn frames_have_these_bytes() {
    let frames: Vec<_> = calls().into_iter().map(client).chain(pushes().into_iter().map(server)).collect();
    compare("vectors/wire/frames.json", &list(&frames));
}

#[test]
fn every_call_every_result_and_every_push_has_an_example() {
    let frames: Vec<_> = calls().into_iter().map(client).chain(pushes().into_iter().map(server)).collect();
    for (message, oneof, place) in [
        ("ClientFrame", "call", "/json"),
        ("ServerFrame", "kind", "/json"),
        ("Reply", "result", "/json/reply"),
        ("LogEntry", "event", "/json/logEntries/entries/0"),
    ] {
        for member in members(message, oneof) {
            let path = format!("{place}/{member}");
            assert!(frames.iter().any(|frame| frame.pointer(&path).is_some()), "no example has {path}");
        }
    }
}

#[test]
fn what_a_newer_peer_sends_is_passed_over() {
    let frames = tolerated().map(|(name, message, bytes)| {
        let known = read(message, &bytes).expect("it is tolerated");
        json!({ "name": name, "message": message, "bytes": hex(&bytes), "json": json(message, &known) })
    });
    compare("vectors/wire/tolerated.json", &list(&frames));
}

#[test]
fn what_is_no_frame_is_refused() {
    let frames = refused().map(|(name, message, bytes)| {
        assert_eq!(read(message, &bytes), None, "{name}");
        json!({ "name": name, "message": message, "bytes": hex(&bytes) })
    });
    compare("vectors/wire/refused.json", &list(&frames));
}

/// What this version knows of the bytes, as bytes; `None` if they are refused.
fn read(message: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    match message {
        "ClientFrame" => decode::<ClientFrame>(bytes, bytes.len()).ok().map(|frame| encode(&frame)),
        _ => decode::<ServerFrame>(bytes, bytes.len()).ok().map(|frame| encode(&frame)),
    }
}

fn client((name, call): (&str, Call)) -> Value {
    let frame = ClientFrame { call_id: 7, call: Some(call) };
    let bytes = encode(&frame);
    assert_eq!(decode::<ClientFrame>(&bytes, bytes.len()).unwrap(), frame, "{name}");
    json!({ "name": name, "message": "ClientFrame", "json": json("ClientFrame", &bytes), "bytes": hex(&bytes) })
}

fn server((name, kind): (&str, Kind)) -> Value {
    let frame = ServerFrame { kind: Some(kind) };
    let bytes = encode(&frame);
    assert_eq!(decode::<ServerFrame>(&bytes, bytes.len()).unwrap(), frame, "{name}");
    json!({ "name": name, "message": "ServerFrame", "json": json("ServerFrame", &bytes), "bytes": hex(&bytes) })
}

fn list(items: &[Value]) -> String {
    let items: Vec<_> = items.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", items.join(",\n"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

// ---------------------------------------------------------------------------------------------- examples

fn group() -> Option<frames::Conversation> {
    conversation(frames::ConversationType::Group, "team", "")
}

fn channel() -> Option<frames::Conversation> {
    conversation(frames::ConversationType::UltraGroup, "城市", "新闻")
}

fn conversation(of: frames::ConversationType, target_id: &str, channel_id: &str) -> Option<frames::Conversation> {
    Some(frames::Conversation { r#type: of.into(), target_id: target_id.into(), channel_id: channel_id.into() })
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn text(text: &str) -> Option<frames::Content> {
    let kind = Some(frames::content::Kind::Text(frames::TextContent { text: text.into() }));
    Some(frames::Content { kind, ..Default::default() })
}

fn custom() -> Option<frames::Content> {
    let custom = frames::CustomContent {
        identifier: "app:vote".into(),
        policy: 3,
        fields: r#"{"choices":["yes","no"], "ward": 12345678901234567890123}"#.into(),
    };
    let mentioned = frames::MentionedInfo {
        r#type: frames::MentionedType::Part.into(),
        user_ids: strings(&["bob", "__proto__"]),
        content: "look".into(),
    };
    let entry = |key: &str| frames::ExpansionEntry { key: key.into(), value: "7".into() };
    Some(frames::Content {
        kind: Some(frames::content::Kind::Custom(custom)),
        extra: "more".into(),
        user_info: Some(frames::UserInfo {
            user_id: "alice".into(),
            name: "Alice".into(),
            portrait: "https://example.org/a.png".into(),
            alias: "Al".into(),
            extra: "nurse".into(),
        }),
        mentioned_info: Some(mentioned),
        expansion: Some(frames::Expansion { entries: vec![entry("__proto__"), entry("10"), entry("bed")] }),
    })
}

/// Ids that a careless map or a careless decoder would stumble over.
fn readers() -> frames::Readers {
    frames::Readers {
        first_ordinal: 3,
        user_ids: strings(&["__proto__", "constructor", "Ünï", "用户", "👩‍👩‍👧", "a\u{0}b"]),
        times_ms: vec![1_760_000_000_000, 5, -3, 0, -1_760_000_000_002, EXACT_MAX as i64],
    }
}

fn counts(number: u32) -> Option<frames::ReceiptCounts> {
    Some(frames::ReceiptCounts { read: number, unread: number, left: number, total: number })
}

fn message() -> frames::Message {
    frames::Message {
        uid: UID.into(),
        sender_id: "alice".into(),
        sequence: EXACT_MAX,
        sent_at_ms: 1_760_000_000_000,
        content: text("Feuerübung um drei 🔥"),
        client_ref: "device-1".into(),
        recalled: false,
        receipt: Some(frames::ReceiptInfo {
            requested: true,
            answered: false,
            readers: Some(readers()),
            counts: counts(1),
        }),
        conversation: None,
    }
}

fn recalled_message() -> frames::Message {
    frames::Message { uid: UID.into(), sender_id: "alice".into(), recalled: true, ..Default::default() }
}

fn conversation_info(
    conversation: Option<frames::Conversation>,
    title: &str,
    last_message: Option<frames::Message>,
) -> frames::ConversationInfo {
    frames::ConversationInfo { conversation, title: title.into(), members: u32::MAX, last_message }
}

fn named(user_id: &str, name: &str) -> frames::UserInfo {
    frames::UserInfo { user_id: user_id.into(), name: name.into(), ..Default::default() }
}

fn calls() -> Vec<(&'static str, Call)> {
    let mut calls = session_calls();
    calls.extend(message_calls());
    calls.extend(receipt_calls());
    calls
}

fn session_calls() -> Vec<(&'static str, Call)> {
    let position = |conversation, through| frames::Position { conversation, through };
    let known = |uid: &str, readers| frames::KnownReceipt { conversation: group(), message_uid: uid.into(), readers };
    vec![
        (
            "sign in",
            Call::SignIn(frames::SignIn {
                app_key: "app".into(),
                token: "header.payload.signature".into(),
                device_id: "device".into(),
                sdk: "test/1.0".into(),
                protocol_minor: u32::MAX,
            }),
        ),
        ("sign in with nothing", Call::SignIn(frames::SignIn::default())),
        (
            "resume",
            Call::Resume(frames::Resume {
                positions: vec![position(group(), EXACT_MAX), position(channel(), 0), position(None, 1)],
                receipts: vec![known(UID, u32::MAX), known("m2", 0)],
                last: true,
            }),
        ),
        ("resume with nothing", Call::Resume(frames::Resume::default())),
        ("ping", Call::Ping(frames::Ping {})),
    ]
}

fn message_calls() -> Vec<(&'static str, Call)> {
    let send = |content, need_receipt| {
        Call::SendMessage(frames::SendMessage { conversation: group(), client_ref: "r1".into(), content, need_receipt })
    };
    let history = |sent_at_ms, order: frames::TimeOrder, from: &str| {
        Call::GetHistory(frames::GetHistory {
            conversation: channel(),
            sent_at_ms,
            order: order.into(),
            count: 100,
            from_message_uid: from.into(),
        })
    };
    vec![
        ("send a text", send(text("hello"), true)),
        ("send an empty text", send(text(""), false)),
        ("send a custom message", send(custom(), false)),
        ("send nothing", send(None, false)),
        ("recall", Call::RecallMessage(frames::RecallMessage { conversation: group(), message_uid: UID.into() })),
        ("history before now", history(0, frames::TimeOrder::Before, "")),
        ("history after a message", history(EXACT_MAX, frames::TimeOrder::After, UID)),
        ("one message", Call::GetMessage(frames::GetMessage { conversation: group(), message_uid: UID.into() })),
        (
            "one message of any conversation",
            Call::GetMessage(frames::GetMessage { conversation: None, message_uid: UID.into() }),
        ),
        ("conversations", Call::ListConversations(frames::ListConversations { page_token: String::new(), count: 100 })),
        (
            "more conversations",
            Call::ListConversations(frames::ListConversations { page_token: "c7-8".into(), count: 1 }),
        ),
        (
            "names",
            Call::GetUsers(frames::GetUsers { conversation: group(), user_ids: strings(&["__proto__", "用户"]) }),
        ),
        ("names of nobody", Call::GetUsers(frames::GetUsers { conversation: channel(), user_ids: Vec::new() })),
    ]
}

fn receipt_calls() -> Vec<(&'static str, Call)> {
    let answer = |uids: &[&str]| {
        Call::AnswerReceipts(frames::AnswerReceipts { conversation: channel(), message_uids: strings(uids) })
    };
    let users = |status: frames::ReceiptStatus, order: frames::ReceiptOrder, page_token: &str| {
        Call::ListReceiptUsers(frames::ListReceiptUsers {
            conversation: group(),
            message_uid: UID.into(),
            status: status.into(),
            order: order.into(),
            page_token: page_token.into(),
            count: 100,
        })
    };
    vec![
        ("request", Call::RequestReceipt(frames::RequestReceipt { conversation: group(), message_uid: UID.into() })),
        ("answer", answer(&["m1", "m2", ""])),
        ("answer for nothing", answer(&[])),
        (
            "counts",
            Call::GetReceiptCounts(frames::GetReceiptCounts {
                conversation: group(),
                message_uids: strings(&[UID, "m2"]),
            }),
        ),
        ("who has read", users(frames::ReceiptStatus::Read, frames::ReceiptOrder::Descending, "")),
        ("who has not read", users(frames::ReceiptStatus::Unread, frames::ReceiptOrder::Ascending, "u7")),
        ("who has left", users(frames::ReceiptStatus::Left, frames::ReceiptOrder::Ascending, "")),
        (
            "find users",
            Call::FindReceiptUsers(frames::FindReceiptUsers {
                conversation: group(),
                message_uid: UID.into(),
                user_ids: strings(&["__proto__", "用户"]),
            }),
        ),
        (
            "readers from an ordinal on",
            Call::GetReaders(frames::GetReaders {
                conversation: group(),
                message_uid: UID.into(),
                from_ordinal: u32::MAX,
                count: 1_000,
            }),
        ),
    ]
}

fn pushes() -> Vec<(&'static str, Kind)> {
    let mut pushes: Vec<_> = replies().into_iter().map(|(name, reply)| (name, Kind::Reply(reply))).collect();
    pushes.extend(logs());
    pushes.extend(receipt_pushes());
    pushes
}

fn replies() -> Vec<(&'static str, frames::Reply)> {
    let results = session_results().into_iter().chain(message_results()).chain(receipt_results());
    let of = |(name, result)| (name, frames::Reply { call_id: 7, result: Some(result), ..Default::default() });
    let mut replies: Vec<_> = results.map(of).collect();
    replies.push(("reply with nothing", frames::Reply::default()));
    replies.push((
        "reply to a call that came too fast",
        frames::Reply {
            call_id: EXACT_MAX,
            code: 20_607,
            detail: "zu schnell".into(),
            retry_after_ms: u32::MAX,
            result: None,
        },
    ));
    replies
}

fn session_results() -> Vec<(&'static str, reply::Result)> {
    vec![
        (
            "signed in",
            reply::Result::SignedIn(frames::SignedIn {
                user_id: "用户".into(),
                server_time_ms: 1_760_000_000_000,
                protocol_minor: 1,
                store_id: "store".into(),
                ping_interval_ms: 30_000,
                answers_per_frame_max: 100,
                page_size_max: 1_000,
                resume_items_max: 10_000,
            }),
        ),
        ("pong", reply::Result::Pong(frames::Pong { server_time_ms: EXACT_MAX })),
        ("pong with nothing", reply::Result::Pong(frames::Pong::default())),
    ]
}

fn message_results() -> Vec<(&'static str, reply::Result)> {
    let sent = frames::MessageSent { message_uid: UID.into(), sequence: EXACT_MAX, sent_at_ms: 1_760_000_000_000 };
    let history = |messages, more| reply::Result::History(frames::History { messages, more });
    let receiver = frames::ReceiptInfo { requested: true, answered: true, ..Default::default() };
    vec![
        ("message sent", reply::Result::MessageSent(sent)),
        ("history", history(vec![message(), recalled_message()], true)),
        ("an empty history", history(Vec::new(), false)),
        ("message", reply::Result::Message(message())),
        (
            "message of others",
            reply::Result::Message(frames::Message { content: custom(), receipt: Some(receiver), ..message() }),
        ),
        ("message that was found", reply::Result::Message(frames::Message { conversation: channel(), ..message() })),
        ("message that was recalled", reply::Result::Message(recalled_message())),
        (
            "conversations with and without a message",
            reply::Result::Conversations(frames::Conversations {
                items: vec![
                    conversation_info(group(), "Ward 3", Some(message())),
                    conversation_info(channel(), "", None),
                ],
                page_token: "c7-8".into(),
            }),
        ),
        ("no conversations", reply::Result::Conversations(frames::Conversations::default())),
        (
            "names of people",
            reply::Result::Users(frames::Users {
                items: vec![named("__proto__", "Bảo 👩‍👩‍👧"), named("用户", "")]
            }),
        ),
        ("no names", reply::Result::Users(frames::Users::default())),
    ]
}

fn receipt_results() -> Vec<(&'static str, reply::Result)> {
    let accepted = |codes: &[u32]| reply::Result::ReceiptsAccepted(frames::ReceiptsAccepted { codes: codes.to_vec() });
    let counted = |uid: &str, code, counts| frames::MessageReceiptCounts { message_uid: uid.into(), code, counts };
    let user = |user_id: &str, read_at_ms, status: frames::ReceiptStatus| frames::ReceiptUser {
        user_id: user_id.into(),
        read_at_ms,
        status: status.into(),
    };
    vec![
        ("answers accepted", accepted(&[0, 26_321, u32::MAX])),
        ("no answers accepted", accepted(&[])),
        (
            "counts of messages",
            reply::Result::ReceiptCounts(frames::ReceiptCountsList {
                items: vec![
                    counted(UID, 0, counts(u32::MAX)),
                    counted("m2", 26_322, None),
                    counted("m3", 0, counts(0)),
                ],
            }),
        ),
        (
            "users",
            reply::Result::ReceiptUsers(frames::ReceiptUsers {
                users: vec![
                    user("__proto__", EXACT_MAX, frames::ReceiptStatus::Read),
                    user("用户", 0, frames::ReceiptStatus::Unread),
                    user("eve", 0, frames::ReceiptStatus::Left),
                ],
                page_token: "o100".into(),
                total: u32::MAX,
            }),
        ),
        ("no users", reply::Result::ReceiptUsers(frames::ReceiptUsers::default())),
        ("readers", reply::Result::Readers(readers())),
        ("no readers", reply::Result::Readers(frames::Readers::default())),
    ]
}

fn logs() -> Vec<(&'static str, Kind)> {
    let page = |event| {
        let entries = vec![frames::LogEntry { sequence: EXACT_MAX, at_ms: 1_760_000_000_000, event: Some(event) }];
        Kind::LogEntries(frames::LogEntries {
            conversation: group(),
            entries,
            through: EXACT_MAX,
            left: 3,
            offline: true,
        })
    };
    let request = |answered| {
        log_entry::Event::ReceiptRequested(frames::ReceiptRequested {
            message_uid: UID.into(),
            sender_id: "alice".into(),
            answered,
        })
    };
    let recall = frames::MessageRecalled { message_uid: UID.into(), sender_id: "alice".into() };
    vec![
        ("log with a message", page(log_entry::Event::Message(message()))),
        ("log with a request", page(request(false))),
        ("log with a request that is answered", page(request(true))),
        ("log with a recall", page(log_entry::Event::MessageRecalled(recall))),
        (
            "log with nothing new",
            Kind::LogEntries(frames::LogEntries { conversation: channel(), through: 9, ..Default::default() }),
        ),
    ]
}

fn receipt_pushes() -> Vec<(&'static str, Kind)> {
    let delta = |readers, counts| {
        Kind::ReceiptDelta(frames::ReceiptDelta { conversation: channel(), message_uid: UID.into(), readers, counts })
    };
    let goodbye =
        |code, detail: &str, reconnect| Kind::Goodbye(frames::Goodbye { code, detail: detail.into(), reconnect });
    vec![
        ("delta", delta(Some(readers()), counts(7))),
        ("delta of nobody", delta(Some(frames::Readers::default()), counts(0))),
        ("delta without readers", delta(None, None)),
        (
            "answered elsewhere",
            Kind::ReceiptsAnswered(frames::ReceiptsAnswered {
                conversation: group(),
                message_uids: strings(&[UID, "m2"]),
            }),
        ),
        ("goodbye for now", goodbye(90_007, "the server stops", true)),
        ("goodbye for good", goodbye(31_010, "", false)),
    ]
}

// ---------------------------------------------------------------------------------------------- bytes by hand

type Example = (&'static str, &'static str, Vec<u8>);

/// Field 1 of a ClientFrame is `call_id`, 4 is `ping`, 20 is `request_receipt`. Of a ServerFrame, 1 is `reply`, 2 is
/// `log_entries`, 3 is `receipt_delta`.
fn tolerated() -> [Example; 16] {
    let ping = |more: &[u8]| [&[0x08, 7, 0x22, 0], more].concat();
    [
        ("unknown varint", "ClientFrame", ping(&[0xc0, 0x38, 0xff, 0xff, 0x03])),
        ("unknown 64-bit number", "ClientFrame", ping(&[0xc1, 0x38, 1, 2, 3, 4, 5, 6, 7, 8])),
        ("unknown bytes", "ClientFrame", ping(&[0xc2, 0x38, 2, 0xff, 0xfe])),
        ("unknown 32-bit number", "ClientFrame", ping(&[0xc5, 0x38, 1, 2, 3, 4])),
        ("unknown field of a nested message", "ClientFrame", vec![0x08, 7, 0x22, 3, 0x9a, 0x06, 0]),
        ("unknown call", "ClientFrame", vec![0x08, 7, 0xf2, 0x06, 2, 0x08, 1]),
        ("unknown push", "ServerFrame", vec![0xf2, 0x06, 2, 0x08, 1]),
        ("unknown result", "ServerFrame", vec![0x0a, 7, 0x08, 7, 0xf2, 0x06, 2, 0x08, 1]),
        ("unknown entry of a log", "ServerFrame", vec![0x12, 9, 0x12, 5, 0x08, 4, 0xa2, 0x06, 0, 0x18, 4]),
        ("unknown type of conversation", "ClientFrame", vec![0x08, 7, 0xa2, 0x01, 4, 0x0a, 2, 0x08, 99]),
        ("negative type of conversation", "ClientFrame", {
            let minus_one = [0xff; 9].into_iter().chain([0x01]);
            [0x08, 7, 0xa2, 0x01, 13, 0x0a, 11, 0x08].into_iter().chain(minus_one).collect()
        }),
        ("numbers one by one", "ServerFrame", vec![0x1a, 8, 0x1a, 6, 0x18, 4, 0x18, 5, 0x18, 6]),
        ("fields in another order", "ClientFrame", vec![0x22, 0, 0x08, 7]),
        ("a field twice: the last counts", "ClientFrame", vec![0x08, 6, 0x22, 0, 0x08, 7]),
        ("a default that is written", "ServerFrame", vec![0x0a, 4, 0x08, 0, 0x10, 0]),
        ("a varint with zeros behind it", "ClientFrame", vec![0x08, 0x87, 0x80, 0x00, 0x22, 0]),
    ]
}

fn refused() -> [Example; 13] {
    [
        ("cut in a tag", "ClientFrame", vec![0x08, 7, 0xa2]),
        ("cut in a varint", "ClientFrame", vec![0x08, 0x87]),
        ("cut behind a tag", "ClientFrame", vec![0x08]),
        ("cut in a message", "ClientFrame", vec![0x08, 7, 0x22, 4, 0x0a]),
        ("cut in a string", "ServerFrame", vec![0x0a, 4, 0x1a, 5, b'a', b'b']),
        ("cut in an unknown field", "ClientFrame", vec![0x08, 7, 0xc1, 0x38, 1, 2, 3]),
        ("a number where a message should be", "ClientFrame", vec![0x08, 7, 0x20, 1]),
        ("bytes where a number should be", "ClientFrame", vec![0x0a, 1, 7]),
        ("a number where a string should be", "ServerFrame", vec![0x0a, 2, 0x18, 1]),
        ("a kind of field that does not exist", "ClientFrame", vec![0x08, 7, 0xc7, 0x38]),
        ("field number 0", "ClientFrame", vec![0x00, 7]),
        ("a string that is not UTF-8", "ServerFrame", vec![0x0a, 4, 0x1a, 2, 0xc0, 0x80]),
        ("a varint of eleven bytes", "ClientFrame", {
            let varint = [0x80; 10].into_iter().chain([0x01]);
            [0x08].into_iter().chain(varint).collect()
        }),
    ]
}
