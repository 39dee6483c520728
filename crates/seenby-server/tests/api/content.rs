//! A message reaches its readers as it was written, and is the same wherever it is given.

use seenby_protocol::frames::client_frame::Call;
use seenby_protocol::frames::{self, content::Kind, log_entry, reply, server_frame};
use serde_json::{Value, json};

use crate::back_end::{BackEnd, bearer, json_body};
use crate::peer::{GROUP, Peer, TestServer, answer, conversation};

const FIELDS: &str = r#"{ "ward": 12345678901234567890123, "id":9007199254740993, "rate": 1.0 }"#;

fn content() -> frames::Content {
    let custom = frames::CustomContent { identifier: "clinic:alarm".into(), policy: 3, fields: FIELDS.into() };
    let entry = |key: &str| frames::ExpansionEntry { key: key.into(), value: format!("value of {key}") };
    frames::Content {
        kind: Some(Kind::Custom(custom)),
        extra: "more".into(),
        user_info: Some(frames::UserInfo {
            user_id: "alice".into(),
            name: "Alice".into(),
            portrait: "https://example.org/a.png".into(),
            alias: "Al".into(),
            extra: "nurse".into(),
        }),
        mentioned_info: Some(frames::MentionedInfo {
            r#type: frames::MentionedType::Part.into(),
            user_ids: vec!["bob".into()],
            content: "look".into(),
        }),
        expansion: Some(frames::Expansion { entries: vec![entry("__proto__"), entry("bed")] }),
    }
}

fn send(content: frames::Content) -> Call {
    Call::SendMessage(frames::SendMessage {
        conversation: Some(conversation()),
        client_ref: "ref".into(),
        content: Some(content),
        need_receipt: true,
    })
}

/// The next message that is pushed.
async fn pushed(peer: &mut Peer) -> frames::Message {
    loop {
        let server_frame::Kind::LogEntries(page) = peer.event().await else { continue };
        let message = page.entries.into_iter().find_map(|entry| match entry.event {
            Some(log_entry::Event::Message(message)) => Some(message),
            _ => None,
        });
        if let Some(message) = message {
            return message;
        }
    }
}

async fn looks_up(peer: &mut Peer, call: Call) -> frames::Message {
    match peer.call(call).await.result {
        Some(reply::Result::Message(message)) => frames::Message { conversation: None, ..message },
        Some(reply::Result::History(mut history)) => history.messages.remove(0),
        Some(reply::Result::Conversations(mut page)) => page.items.remove(0).last_message.unwrap(),
        other => panic!("{other:?}"),
    }
}

/// What a device of this user gets that has been away, and what it finds.
async fn everywhere(server: &TestServer, user: &str, uid: &str) -> Vec<frames::Message> {
    let mut peer = server.sign_in(user).await;
    let mut found = vec![pushed(&mut peer).await];
    let get = |conversation| frames::GetMessage { conversation, message_uid: uid.into() };
    let history = frames::GetHistory { conversation: Some(conversation()), count: 1, ..Default::default() };
    for call in [
        Call::GetHistory(history),
        Call::GetMessage(get(Some(conversation()))),
        Call::GetMessage(get(None)),
        Call::ListConversations(frames::ListConversations { count: 1, ..Default::default() }),
    ] {
        found.push(looks_up(&mut peer, call).await);
    }
    found
}

fn uid_of(reply: frames::Reply) -> String {
    match reply.result {
        Some(reply::Result::MessageSent(sent)) => sent.message_uid,
        other => panic!("not sent: {} {} {other:?}", reply.code, reply.detail),
    }
}

#[tokio::test]
async fn a_message_has_the_same_fields_wherever_it_is_given() {
    let server = TestServer::start().await;
    let (mut alice, mut bob) = (server.sign_in("alice").await, server.sign_in("bob").await);
    let uid = uid_of(alice.call(send(content())).await);
    let live = pushed(&mut bob).await;
    assert_eq!(live.content.as_ref(), Some(&content()));
    let receipt = live.receipt.clone().expect("whoever is asked sees that it is");
    assert!(receipt.requested && !receipt.answered);
    for found in everywhere(&server, "bob", &uid).await {
        assert_eq!(found, live);
    }
    // The device that looked has taken the place of the first.
    let mut bob = server.sign_in("bob").await;
    assert_eq!(bob.call(answer(&[&uid])).await.code, 0);
    for (user, answered, readers) in [("alice", false, 1), ("bob", true, 0)] {
        let found = everywhere(&server, user, &uid).await;
        let receipt = found[0].receipt.clone().unwrap();
        assert!(receipt.requested, "{user}");
        assert_eq!((receipt.answered, receipt.readers.unwrap_or_default().user_ids.len()), (answered, readers));
        for one in &found[1..] {
            assert_eq!(one, &found[0], "{user}");
        }
    }
    let seen = BackEnd::of(&server).await.gets(&format!("/groups/group/{GROUP}/messages/{uid}")).await;
    assert_eq!(seen["user_info"]["alias"], "Al");
    assert_eq!(seen["mentioned_info"], json!({ "type": "part", "user_ids": ["bob"], "content": "look" }));
    assert_eq!(seen["expansion"], json!({ "__proto__": "value of __proto__", "bed": "value of bed" }));
    assert_eq!((&seen["content"]["policy"], &seen["content"]["extra"]), (&json!("storage"), &json!("more")));
    assert_eq!((&seen["reference"], &seen["receipt_requested"]), (&json!("ref"), &json!(true)));
}

#[tokio::test]
async fn content_that_no_reader_could_take_is_refused() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let twice = frames::ExpansionEntry { key: "twice".into(), value: String::new() };
    for bad in [
        frames::Content { kind: None, ..content() },
        frames::Content { expansion: Some(frames::Expansion { entries: vec![twice.clone(), twice] }), ..content() },
        frames::Content {
            mentioned_info: Some(frames::MentionedInfo { r#type: 9, ..Default::default() }),
            ..content()
        },
    ] {
        assert_eq!(alice.call(send(bad)).await.code, 33003);
    }
}

#[tokio::test]
async fn our_own_interface_carries_all_of_a_message_as_it_was_written() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let mut bob = server.sign_in("bob").await;
    let publish = async |content: &str, beside: &str| {
        let body = format!(
            r#"{{"sender_id":"alice","targets":[{{"kind":"group","group_id":"{GROUP}"}}],"content":{content}{beside}}}"#
        );
        let headers = [bearer(&format!("{}:{}", back_end.app, back_end.secret)), json_body()];
        back_end.sends(&headers, "POST", "/messages", &body).await
    };
    let custom = format!(r#"{{"identifier":"clinic:alarm","policy":"storage","extra":"more","fields":{FIELDS}}}"#);
    let beside = r#","user_info":{"user_id":"alice","name":"Alice","portrait":"https://example.org/a.png","alias":"Al","extra":"nurse"},
        "mentioned_info":{"type":"part","user_ids":["bob"],"content":"look"},
        "expansion":{"bed":"value of bed","__proto__":"value of __proto__"}"#;
    let published = publish(&custom, beside).await.json();
    assert_eq!(pushed(&mut bob).await.content, Some(content()));
    let uid = published["messages"][0]["message_uid"].as_str().unwrap();
    let seen = back_end.calls("GET", &format!("/groups/group/{GROUP}/messages/{uid}"), Value::Null).await;
    assert!(seen.body.contains(&format!(r#""fields":{FIELDS}"#)), "{}", seen.body);

    for (bad, beside) in [
        (r#"{}"#, ""),
        (r#"{"text":"a","identifier":"b","fields":1}"#, ""),
        (r#"{"text":null}"#, ""),
        (r#"{"text":"a","policy":"normal"}"#, ""),
        (r#"{"identifier":"b"}"#, ""),
        (r#"{"identifier":"b","fields":"\ud83d"}"#, ""),
        (r#"{"text":"a"}"#, r#","user_info":{"nickname":"a"}"#),
        (r#"{"text":"a"}"#, r#","mentioned_info":{"user_ids":["bob"]}"#),
        (r#"{"text":"a"}"#, r#","expansion":{"":"a"}"#),
        (r#"{"text":"a"}"#, r#","expansion":{"a":1}"#),
    ] {
        assert_eq!(publish(bad, beside).await.status, 400, "{bad}{beside}");
    }
    assert_eq!(publish(r#"{"identifier":"b","fields":null}"#, "").await.status, 200, "null is JSON as well");
}

#[tokio::test]
async fn the_vendors_interface_carries_whom_a_message_mentions_and_what_it_says_of_its_sender() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let mut bob = server.sign_in("bob").await;
    let publish = async |name: &str, content: &str, more: &[(&str, &str)]| {
        let form = [&[("fromUserId", "alice"), ("toGroupId", GROUP), ("objectName", name), ("content", content)], more]
            .concat();
        back_end.posts("/message/group/publish.json", &form).await.outcome()
    };
    let about = r#""user":{"id":"alice","name":"Alice","portrait":"https://example.org/a.png","alias":"Al","extra":"nurse"},
        "mentionedInfo":{"type":2,"userIdList":["bob"],"mentionedContent":"look"}"#;
    let text = format!(r#"{{"content":"hello","extra":12345678901234567890123,{about}}}"#);
    let entries = r#"{"__proto__":"value of __proto__","bed":"value of bed"}"#;
    let flags = [("isMentioned", "1"), ("expansion", "1"), ("extraContent", entries)];
    assert_eq!(publish("RC:TxtMsg", &text, &flags).await, (200, 200));
    let kind = Some(Kind::Text(frames::TextContent { text: "hello".into() }));
    let extra = "12345678901234567890123".to_owned();
    assert_eq!(pushed(&mut bob).await.content, Some(frames::Content { kind, extra, ..content() }));

    let fields = format!(r#"{{"ward": 12345678901234567890123,{about}}}"#);
    let quoted = Value::from(fields.clone()).to_string();
    for written in [&fields, &quoted] {
        assert_eq!(publish("clinic:alarm", written, &flags).await, (200, 200));
        let custom = frames::CustomContent { identifier: "clinic:alarm".into(), policy: 1, fields: fields.clone() };
        let kind = Some(Kind::Custom(custom));
        assert_eq!(pushed(&mut bob).await.content, Some(frames::Content { kind, extra: String::new(), ..content() }));
    }

    // Without its flag neither counts, as at the vendor.
    assert_eq!(publish("RC:TxtMsg", &text, &[("extraContent", entries)]).await, (200, 200));
    let plain = pushed(&mut bob).await.content.unwrap();
    assert_eq!((plain.mentioned_info, plain.expansion), (None, None));

    for (content, more) in [
        (r#"{"content":"a","user":7}"#, &[][..]),
        (r#"{"content":"a","user":{"name":7}}"#, &[][..]),
        (r#"{"content":"a","mentionedInfo":{"type":3}}"#, &[][..]),
        (r#"{"content":"a"}"#, &[("isMentioned", "1")][..]),
        (r#"{"content":"a"}"#, &[("expansion", "1"), ("extraContent", "[]")][..]),
        (r#"{"content":"a"}"#, &[("expansion", "1"), ("extraContent", r#"{"a":1}"#)][..]),
    ] {
        assert_eq!(publish("RC:TxtMsg", content, more).await, (400, 1002), "{content} {more:?}");
    }
}
