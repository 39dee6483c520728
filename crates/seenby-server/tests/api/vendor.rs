//! The vendor's interface, call by call, where the table of all calls does not reach.

use seenby_core::Timestamp;
use seenby_core::commit::UserChange;
use seenby_protocol::Code;
use seenby_protocol::frames::{self, log_entry, server_frame};
use serde_json::{Value, json};

use crate::back_end::{BackEnd, request, signed};
use crate::peer::{APP, GROUP, Peer, TestServer, send_message, sign_in};

const TEXT: &str = r#"{"content":"hello","extra":"more"}"#;

/// The next message that arrives, and who sent it.
async fn message(peer: &mut Peer) -> (String, frames::Content) {
    loop {
        if let server_frame::Kind::LogEntries(page) = peer.event().await {
            for entry in page.entries {
                if let Some(log_entry::Event::Message(message)) = entry.event {
                    return (message.sender_id, message.content.unwrap());
                }
            }
        }
    }
}

fn publication<'a>(sender: &'a str, object_name: &'a str, content: &'a str) -> [(&'a str, &'a str); 4] {
    [("fromUserId", sender), ("toGroupId", GROUP), ("objectName", object_name), ("content", content)]
}

#[tokio::test]
async fn signatures_are_taken_as_the_sdks_make_them() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    for (prefix, nonce, timestamp) in [
        ("", "14314", "1408710653491"),
        ("RC-", "8674665223082153551", "1408710653"),
        ("rc-", "0.7136532862195163", "1732500000000"),
        ("Rc-", "x", "1"),
    ] {
        let headers = signed(APP, &back_end.secret, nonce, timestamp, prefix);
        for _ in 0..2 {
            let response = back_end.posts_with("/user/checkOnline.json", &headers, &[("userId", "alice")]).await;
            assert_eq!(response.outcome(), (200, 200), "{prefix} {nonce}");
        }
    }
    let both = [back_end.signed(), signed(APP, &back_end.secret, "14314", "1408710653491", "RC-")].concat();
    assert_eq!(back_end.posts_with("/user/checkOnline.json", &both, &[("userId", "alice")]).await.status, 200);
}

#[tokio::test]
async fn what_is_not_served_is_1007_in_json() {
    let server = TestServer::start().await;
    for path in [
        "/chatroom/create.json",
        "/user/ban.json",
        "/v2/ultragroups/create",
        "/group/user/gag/add.json",
        "/message/private/publish.json",
        "/sms/send",
        "/v9/anything.json",
        "/user/getToken.xml",
        "/user",
        "/USER/GETTOKEN.JSON",
        "/entrust/group/create.json",
    ] {
        for method in ["POST", "GET"] {
            let response = request(&server, method, path, &[], b"").await;
            assert_eq!(response.outcome(), (401, 1007), "{method} {path}");
            assert!(response.json()["errorMessage"].as_str().unwrap().contains(path));
        }
    }
    let elsewhere = request(&server, "GET", "/favicon.ico", &[], b"").await;
    assert_eq!(elsewhere.outcome(), (404, 90022));
}

#[tokio::test]
async fn a_body_that_is_too_large_or_too_slow_is_refused() {
    let server = TestServer::with(|settings| {
        settings.api.body_bytes_max = 2_000;
        settings.api.body_ms_max = 50;
    })
    .await;
    let back_end = BackEnd::of(&server).await;
    let long = "x".repeat(3_000);
    let response = back_end.posts("/user/refresh.json", &[("userId", "alice"), ("name", &long)]).await;
    assert_eq!(response.outcome(), (400, 1005));
    let own = back_end.calls("PUT", "/users/alice", json!({ "name": long })).await;
    assert_eq!(own.outcome(), (413, 90028));

    let headers = [back_end.signed(), vec![("content-length".to_owned(), "20".to_owned())]].concat();
    let mut slow = server.raw().await;
    let head: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    slow.write_all(format!("POST /user/info.json HTTP/1.1\r\nhost: seenby\r\n{head}\r\nuserId=").as_bytes())
        .await
        .unwrap();
    let mut answer = vec![0; 12];
    crate::peer::soon(slow.read_exact(&mut answer)).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 400");
}

#[tokio::test]
async fn a_back_end_that_calls_too_often_is_told_so() {
    let server = TestServer::with(|settings| settings.api.messages_per_second = 3).await;
    server.found("school").await;
    let back_end = BackEnd::of(&server).await;
    for id in ["a", "b"] {
        back_end.works("PUT", &format!("/groups/group/{id}"), json!({ "title": "" })).await;
    }
    let to_two = [
        ("fromUserId", "alice"),
        ("toGroupId", "a"),
        ("toGroupId", "b"),
        ("objectName", "RC:TxtMsg"),
        ("content", TEXT),
    ];
    assert_eq!(back_end.posts("/message/group/publish.json", &to_two).await.outcome(), (200, 200));
    let response = back_end.posts("/message/group/publish.json", &to_two).await;
    assert_eq!(response.outcome(), (429, 1008), "two groups count two");
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(back_end.posts("/user/checkOnline.json", &[("userId", "a")]).await.status, 200, "other calls go on");
    let school = BackEnd::of_app(&server, "school").await;
    let form = publication("alice", "RC:TxtMsg", TEXT);
    assert_eq!(school.posts("/message/group/publish.json", &form).await.status, 200, "and so do other apps");
    let body = json!({
        "sender_id": "alice", "content": { "text": "x" },
        "targets": [{ "kind": "group", "group_id": "a" }, { "kind": "group", "group_id": "b" }],
    });
    let own = back_end.calls("POST", "/messages", body).await;
    assert_eq!(own.outcome(), (429, 90027), "both faces have one rate");
    assert!(own.json()["retry_after_ms"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_full_group_is_405_and_takes_nobody_in() {
    let server = TestServer::with(|settings| settings.limits.group_members_max = 4).await;
    let back_end = BackEnd::of(&server).await;
    let form = [("userId", "dave"), ("userId", "erin"), ("groupId", GROUP)];
    assert_eq!(back_end.posts("/group/join.json", &form).await.outcome(), (405, 1002));
    let users = back_end.posts("/group/user/query.json", &[("groupId", GROUP)]).await.json();
    assert_eq!(users["users"], json!([{ "id": "alice" }, { "id": "bob" }, { "id": "carol" }]));
    let own = back_end.calls("PATCH", "/groups/group/ward-3/members", json!({ "add": ["dave", "erin"] })).await;
    assert_eq!(own.outcome(), (409, 90025));
}

#[tokio::test]
async fn a_message_reaches_the_group_and_not_its_sender_unless_asked() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let (mut alice, mut bob) = (server.sign_in("alice").await, server.sign_in("bob").await);
    let hidden = back_end.posts("/message/group/publish.json", &publication("alice", "RC:TxtMsg", TEXT)).await.json();
    let uid = hidden["messageUIDs"][0]["messageUID"].as_str().unwrap().to_owned();
    assert_eq!(hidden["messageUIDs"][0]["groupId"], GROUP);
    let (sender, content) = message(&mut bob).await;
    assert_eq!((sender.as_str(), content.extra.as_str()), ("alice", "more"));
    assert!(matches!(content.kind, Some(frames::content::Kind::Text(text)) if text.text == "hello"));

    let custom = r#"{"bed":7}"#;
    let shown = [&publication("alice", "clinic:alarm", custom)[..], &[("isIncludeSender", "1")]].concat();
    assert_eq!(back_end.posts("/message/group/publish.json", &shown).await.status, 200);
    // Of the two, alice is sent the second alone.
    let (_, content) = message(&mut alice).await;
    let Some(frames::content::Kind::Custom(found)) = content.kind else { panic!("{content:?}") };
    assert_eq!((found.identifier.as_str(), found.fields.as_str()), ("clinic:alarm", custom));
    // History has the first as well.
    let call = frames::client_frame::Call::GetMessage(frames::GetMessage {
        conversation: Some(crate::peer::conversation()),
        message_uid: uid,
    });
    assert_eq!(alice.call(call).await.code, 0);
}

#[tokio::test]
async fn publishing_is_for_everybody_or_not_at_all() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let publish = async |form: &[(&str, &str)]| back_end.posts("/message/group/publish.json", form).await.outcome();
    let good = publication("hospital", "RC:TxtMsg", TEXT);
    assert_eq!(publish(&good).await, (200, 200), "the sender need not be a member");
    for to_some in ["toUserId", "toUserIds", "toUserId[]", "toUserId[0]"] {
        assert_eq!(publish(&[&good[..], &[(to_some, "bob")]].concat()).await, (401, 1007), "{to_some}");
    }
    assert_eq!(publish(&[&good[..], &[("toGroupId", "nowhere")]].concat()).await, (400, 1002));
    assert_eq!(publish(&[&good[..], &[("toGroupId", GROUP)]].concat()).await, (400, 1002));
    let four = [&good[..], &[("toGroupId", "a"), ("toGroupId", "b"), ("toGroupId", "c")]].concat();
    assert_eq!(publish(&four).await, (400, 1002));
    assert_eq!(publish(&[&good[..], &[("isIncludeSender", "yes")]].concat()).await, (400, 1002));
    assert_eq!(publish(&publication("alice", "RC:ImgMsg", TEXT)).await, (400, 1002));
    assert_eq!(publish(&publication("alice", &"x".repeat(33), TEXT)).await, (400, 1005));
    for bad in ["hello", "{}", r#"{"content":7}"#, "[]"] {
        assert_eq!(publish(&publication("alice", "RC:TxtMsg", bad)).await, (400, 1002), "{bad}");
    }
    let twice = json!(TEXT).to_string();
    assert_eq!(publish(&publication("alice", "RC:TxtMsg", &twice)).await, (200, 200), "one SDK encodes it twice");
    let large = json!({ "content": "x".repeat(128 * 1024 + 1) }).to_string();
    assert_eq!(publish(&publication("alice", "RC:TxtMsg", &large)).await, (400, 1005));
}

#[tokio::test]
async fn a_message_is_recalled_in_its_senders_name_alone() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let mut alice = server.sign_in("alice").await;
    let uid = alice.sends("m1", true).await;
    let recall = async |sender: &str, kind: &str| {
        let form = [
            ("fromUserId", sender),
            ("conversationType", kind),
            ("targetId", GROUP),
            ("messageUID", &*uid),
            ("sentTime", "0"),
        ];
        back_end.posts("/message/recall.json", &form).await.outcome()
    };
    assert_eq!(recall("bob", "3").await, (400, 1002));
    assert_eq!(recall("alice", "1").await, (401, 1007));
    assert_eq!(recall("alice", "10").await, (400, 1002), "there is no such ultra group");
    assert_eq!(recall("alice", "3").await, (200, 200));
    assert_eq!(recall("alice", "3").await, (200, 200));
    let gone = back_end.calls("GET", &format!("/groups/group/{GROUP}/messages/{uid}"), Value::Null).await;
    assert_eq!(gone.outcome(), (404, 26322));
}

#[tokio::test]
async fn users_and_groups_are_what_the_calls_said() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let done = async |path: &str, form: &[(&str, &str)]| {
        let response = back_end.posts(path, form).await;
        assert_eq!(response.outcome(), (200, 200), "{path}: {}", response.body);
        response.json()
    };
    done("/user/getToken.json", &[("userId", "dave"), ("name", "Dave"), ("portraitUri", "https://p.example/d")]).await;
    done("/user/refresh.json", &[("userId", "dave"), ("name", "David")]).await;
    let info = done("/user/info.json", &[("userId", "dave")]).await;
    assert_eq!((&info["userName"], &info["userPortrait"]), (&json!("David"), &json!("https://p.example/d")));
    assert_eq!(info["createTime"].as_str().unwrap().len(), "2016-05-24 10:38:19".len());
    assert_eq!(back_end.posts("/user/info.json", &[("userId", "nobody")]).await.outcome(), (400, 1002));

    done("/group/create.json", &[("userId", "dave"), ("userId", "erin"), ("groupId", "g1"), ("groupName", "One")])
        .await;
    done("/group/create.json", &[("userId", "frank"), ("groupId", "g1"), ("groupName", "Eins")]).await;
    let users = done("/group/user/query.json", &[("groupId", "g1")]).await;
    assert_eq!(users["users"], json!([{ "id": "dave" }, { "id": "erin" }, { "id": "frank" }]));
    done("/group/sync.json", &[("userId", "dave"), ("group[g2]", "Two"), ("group[g3]", "Three")]).await;
    let groups = done("/user/group/query.json", &[("userId", "dave")]).await;
    assert_eq!(groups["groups"], json!([{ "id": "g2", "name": "Two" }, { "id": "g3", "name": "Three" }]));
    done("/group/sync.json", &[("userId", "dave")]).await;
    assert_eq!(done("/user/group/query.json", &[("userId", "dave")]).await["groups"], json!([]));
    let twice = back_end.posts("/group/sync.json", &[("userId", "dave"), ("group[g2]", "a"), ("group[g2]", "b")]).await;
    assert_eq!(twice.outcome(), (400, 1002));
    done("/group/dismiss.json", &[("userId", "anybody"), ("groupId", "g1")]).await;
    assert_eq!(
        back_end.posts("/group/refresh.json", &[("groupId", "g1"), ("groupName", "x")]).await.outcome(),
        (400, 1002)
    );

    done("/ultragroup/create.json", &[("userId", "dave"), ("groupId", "u1"), ("groupName", "Ultra")]).await;
    done("/ultragroup/channel/create.json", &[("groupId", "u1"), ("busChannel", "news"), ("type", "0")]).await;
    let private = [("groupId", "u1"), ("busChannel", "inner"), ("type", "1")];
    assert_eq!(back_end.posts("/ultragroup/channel/create.json", &private).await.outcome(), (401, 1007));
    let channels = done("/ultragroup/channel/get.json", &[("groupId", "u1"), ("page", "2"), ("limit", "1")]).await;
    assert_eq!(channels["channelList"], json!([{ "channelId": "news", "type": 0 }]));
    done("/ultragroup/channel/del.json", &[("groupId", "u1"), ("busChannel", "news")]).await;
    let channels = done("/ultragroup/channel/get.json", &[("groupId", "u1")]).await;
    assert_eq!(channels["channelList"], json!([{ "channelId": "RCDefault", "type": 0 }]));
}

#[tokio::test]
async fn more_users_than_a_call_may_name_are_refused() {
    let server = TestServer::with(|settings| settings.api.users_per_call_max = 2).await;
    let back_end = BackEnd::of(&server).await;
    let form = [("userId", "a"), ("userId", "b"), ("userId", "c"), ("groupId", GROUP)];
    assert_eq!(back_end.posts("/group/join.json", &form).await.outcome(), (400, 1002));
    let own = back_end.calls("PATCH", "/groups/group/ward-3/members", json!({ "add": ["a", "b", "c"] })).await;
    assert_eq!(own.outcome(), (400, 33003));
}

#[tokio::test]
async fn a_store_that_takes_no_writes_is_1000() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let mut alice = server.sign_in("alice").await;
    server.store.fail_next_commit();
    alice.call(send_message("m1", "hello", false)).await;
    let form = [("userId", "dave"), ("groupId", GROUP)];
    assert_eq!(back_end.posts("/group/join.json", &form).await.outcome(), (500, 1000));
    let own = back_end.calls("PUT", "/users/dave", json!({})).await;
    assert_eq!(own.outcome(), (503, 90002));
    assert_eq!(back_end.posts("/group/user/query.json", &[("groupId", GROUP)]).await.status, 200, "reading goes on");
}

#[tokio::test]
async fn forms_are_taken_as_back_ends_in_use_write_them() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let post = async |path: &str, content_type: &str, body: &[u8]| {
        let headers = [back_end.signed(), vec![("Content-Type".to_owned(), content_type.to_owned())]].concat();
        request(&server, "POST", path, &headers, body).await
    };
    let form = "application/x-www-form-urlencoded";
    for (path, content_type, body) in [
        ("//user/checkOnline.json", form, "userId=alice"),
        ("/user//checkOnline.json", form, "userId=alice"),
        ("/user/checkOnline.json", "Application/X-WWW-Form-URLEncoded;Charset=\"UTF-8\"", "userId=alice"),
        ("/user/checkOnline.json", form, "\u{feff}userId=alice"),
        ("/user/checkOnline.json", form, "&&userId=alice&&"),
        ("/user/checkOnline.json", form, "userId[0]=alice"),
        ("/user/checkOnline.json", "application/json", "\u{feff}{\"userId\":\"alice\"}"),
        ("/group/join.json", form, "userId[]=dave&userId[]=erin&groupId=ward-3&groupName="),
        ("/group/join.json", "application/json", r#"{"userId":["frank","grace"],"groupId":"ward-3","groupName":null}"#),
        (
            "/message/group/publish.json",
            form,
            "fromUserId=alice&toGroupId=ward-3&toUserId=&objectName=RC:TxtMsg&content=%7B%22content%22:%22x%22%7D\
             &isIncludeSender=true&msgRandom=&needReadReceipt=",
        ),
    ] {
        let response = post(path, content_type, body.as_bytes()).await;
        assert_eq!(response.outcome(), (200, 200), "{path} {content_type} {body}: {}", response.body);
    }
    let users = back_end.posts("/group/user/query.json", &[("groupId", GROUP)]).await.json();
    assert_eq!(users["users"].as_array().unwrap().len(), 7);
    let ward = back_end.gets("/groups/group/ward-3").await;
    assert_eq!(ward["title"], "Ward 3", "an empty name changes none");
    for (body, named) in [
        (&b"userId=%E9"[..], "userId is not UTF-8"),
        (b"userId=\xc4\xe3", "userId is not UTF-8"),
        (b"%E9=1&userId=alice", "name of a parameter"),
    ] {
        for path in ["/user/getToken.json", "/user/refresh.json", "/user/block.json"] {
            let response = post(path, form, body).await;
            assert_eq!(response.outcome(), (400, 1002), "{path}");
            assert!(response.json()["errorMessage"].as_str().unwrap().contains(named), "{}", response.body);
        }
    }
    let own =
        back_end.calls("GET", "/groups/ultra-group/x/messages/38GH-0LJ7-Q008-1ASF?channel=%E9", Value::Null).await;
    assert_eq!(own.outcome(), (400, 33003), "{}", own.body);
}

#[tokio::test]
async fn a_message_may_ask_for_its_receipt_in_the_same_step() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    back_end.works("PUT", "/groups/ultra-group/house", json!({ "title": "House", "members": ["alice", "bob"] })).await;
    let ask = [("needReadReceipt", "1")];
    let form = [&publication("alice", "RC:TxtMsg", TEXT)[..], &ask].concat();
    let sent = back_end.posts("/message/group/publish.json", &form).await.json();
    let uid = sent["messageUIDs"][0]["messageUID"].as_str().unwrap();
    let counts = back_end.gets(&format!("/groups/group/{GROUP}/messages/{uid}/receipts")).await;
    assert_eq!(counts["unread"], 2, "bob and carol");

    let body = json!({
        "fromUserId": "alice", "toGroupIds": ["house"], "objectName": "RC:TxtMsg", "content": TEXT,
        "needReadReceipt": 1, "expansion": false,
    });
    let headers = [back_end.signed(), vec![("content-type".to_owned(), "application/json".to_owned())]].concat();
    let path = "/message/ultragroup/publish.json";
    let sent = request(&server, "POST", path, &headers, body.to_string().as_bytes()).await;
    assert_eq!(sent.outcome(), (200, 200), "{}", sent.body);
    let sent = sent.json();
    assert_eq!(sent["messageUIDs"][0]["groupId"], "house");
    let uid = sent["messageUIDs"][0]["messageUID"].as_str().unwrap();
    let counts = back_end.gets(&format!("/groups/ultra-group/house/messages/{uid}/receipts")).await;
    assert_eq!(counts["unread"], 1, "bob");
}

#[tokio::test]
async fn a_message_with_the_same_random_number_is_the_same_message() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let publish = async |sender: &str, number: &str| {
        let form = [&publication(sender, "RC:TxtMsg", TEXT)[..], &[("msgRandom", number)]].concat();
        let response = back_end.posts("/message/group/publish.json", &form).await;
        assert_eq!(response.outcome(), (200, 200), "{}", response.body);
        response.json()["messageUIDs"][0]["messageUID"].as_str().unwrap().to_owned()
    };
    let first = publish("alice", "9223372036854775807").await;
    assert_eq!(publish("alice", "9223372036854775807").await, first);
    let others = [publish("alice", "-1").await, publish("bob", "-1").await, publish("bob", "2").await];
    assert_eq!(std::collections::BTreeSet::from_iter(others.iter().chain([&first])).len(), 4);
    let form = [&publication("alice", "RC:TxtMsg", TEXT)[..], &[("msgRandom", "x")]].concat();
    assert_eq!(back_end.posts("/message/group/publish.json", &form).await.outcome(), (400, 1002));
}

#[tokio::test]
async fn a_time_that_can_only_be_a_mistake_voids_nothing_and_says_so() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let now_ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    for mistake in [0, 1, now_ms / 1_000, now_ms * 1_000, now_ms + 2 * 86_400_000] {
        let form = [("userId", "alice"), ("time", &*mistake.to_string())];
        let response = back_end.posts("/user/token/expire.json", &form).await;
        assert_eq!(response.outcome(), (400, 1002), "{mistake}");
        assert!(response.json()["errorMessage"].as_str().unwrap().contains("milliseconds"));
        let own = back_end.calls("POST", "/users/alice/token-expirations", json!({ "before_ms": mistake })).await;
        assert_eq!(own.outcome(), (400, 33003), "{mistake}");
    }
    let token = server.token(APP, "alice").await;
    let form = [("userId", "alice"), ("time", &*(now_ms + 60_000).to_string())];
    assert_eq!(back_end.posts("/user/token/expire.json", &form).await.outcome(), (200, 200));
    let mut peer = server.connect().await;
    assert_eq!(peer.call(sign_in(APP, &token, "phone")).await.code, Code::TOKEN_EXPIRED.0);
}

#[tokio::test]
async fn a_block_keeps_out_until_it_ends_or_is_lifted() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let blocked = async || back_end.posts("/user/block/query.json", &[]).await.json()["users"].clone();
    let mut bob = server.sign_in("bob").await;
    for bad in ["0", "43201", "x", ""] {
        let form = [("userId", "bob"), ("minute", bad)];
        assert_eq!(back_end.posts("/user/block.json", &form).await.outcome(), (400, 1002), "{bad}");
    }
    assert_eq!(back_end.posts("/user/block.json", &[("userId", "bob"), ("minute", "5")]).await.status, 200);
    assert_eq!(bob.goodbye().await, (Code::USER_BLOCKED, false));
    let shown = blocked().await;
    assert_eq!((shown.as_array().unwrap().len(), &shown[0]["userId"]), (1, &json!("bob")));
    assert_eq!(shown[0]["blockEndTime"].as_str().unwrap().len(), "2016-05-24 10:38:19".len());
    assert!(back_end.gets("/users/bob").await["blocked_until_ms"].is_u64());
    assert_eq!(back_end.posts("/user/unblock.json", &[("userId", "bbo")]).await.outcome(), (400, 1002));
    assert_eq!(back_end.posts("/user/unblock.json", &[("userId", "bob")]).await.status, 200);
    server.sign_in("bob").await;

    back_end.works("PUT", "/users/bob", json!({ "blocked": true })).await;
    assert_eq!(blocked().await, json!([{ "userId": "bob", "blockEndTime": "9999-12-31 23:59:59" }]));
    let ended = UserChange { blocked: Some(true), blocked_until: Some(Timestamp(1)), ..UserChange::default() };
    server.administration().save_user(&crate::peer::group(APP).app, "bob", ended).await.unwrap();
    assert_eq!(blocked().await, json!([]));
    assert_eq!(back_end.gets("/users/bob").await["blocked"], false);
    server.sign_in("bob").await;
}

#[tokio::test]
async fn an_ultra_group_is_renamed_and_asked_for_its_members() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    back_end.works("PUT", "/groups/ultra-group/house", json!({ "title": "House", "members": ["alice"] })).await;
    let form = [("groupId", "house"), ("groupName", "Villa")];
    assert_eq!(back_end.posts("/ultragroup/refresh.json", &form).await.outcome(), (200, 200));
    assert_eq!(back_end.gets("/groups/ultra-group/house").await["title"], "Villa");
    for (user, is_member) in [("alice", true), ("bob", false), ("nobody", false)] {
        let form = [("groupId", "house"), ("userId", user)];
        let found = back_end.posts("/ultragroup/member/exist.json", &form).await;
        assert_eq!(found.json(), json!({ "code": 200, "status": is_member }), "{user}");
    }
}

#[tokio::test]
async fn messages_of_an_ultra_group_are_read_by_their_ids_as_they_were_published() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    back_end.works("PUT", "/groups/ultra-group/house", json!({ "title": "House", "members": ["alice"] })).await;
    let news = [("groupId", "house"), ("busChannel", "news")];
    assert_eq!(back_end.posts("/ultragroup/channel/create.json", &news).await.outcome(), (200, 200));
    let publish = async |channel, name, content| {
        let form = [("fromUserId", "alice"), ("toGroupIds", "house"), ("busChannel", channel), ("objectName", name)];
        let form =
            [&form[..], &[("content", content), ("isMentioned", if name == "RC:TxtMsg" { "1" } else { "0" })]].concat();
        let sent = back_end.posts("/message/ultragroup/publish.json", &form).await;
        sent.json()["messageUIDs"][0]["messageUID"].as_str().unwrap().to_owned()
    };
    let said = json!({
        "content": "hello 你好", "extra": "e",
        "user": { "id": "alice", "name": "Alice", "portrait": "https://a.example/a.png", "alias": "A", "extra": "x" },
        "mentionedInfo": { "type": 2, "userIdList": ["bob"], "mentionedContent": "@bob" },
    });
    let said_text = said.to_string();
    let text = publish("", "RC:TxtMsg", &said_text).await;
    let custom = publish("news", "clinic:alarm", r#"{"bed":12345678901234567890123}"#).await;
    let read = async |channel, wanted: Value| {
        let wanted = wanted.to_string();
        let form = [("groupId", "house"), ("busChannel", channel), ("msgs", wanted.as_str())];
        let found = back_end.posts("/ultragroup/msg/get.json", &form).await;
        (found.outcome(), found.json()["data"].clone())
    };

    let both = json!([{ "msgUID": text }, { "msgUID": custom, "busChannel": "news" }]);
    let (outcome, found) = read("", both.clone()).await;
    assert_eq!((outcome, found.as_array().unwrap().len()), ((200, 200), 2));
    let content = |place: usize| found[place]["content"].as_str().unwrap().to_owned();
    let hello: Value = serde_json::from_str(&content(0)).unwrap();
    assert_eq!(hello, said);
    assert_eq!(content(1), r#"{"bed":12345678901234567890123}"#);
    for (place, uid, name, channel) in [(0, &text, "RC:TxtMsg", "RCDefault"), (1, &custom, "clinic:alarm", "news")] {
        let of = |field: &str| found[place][field].clone();
        assert_eq!((of("msgUID"), of("objectName"), of("busChannel")), (json!(uid), json!(name), json!(channel)));
        assert_eq!((of("fromUserId"), of("groupId")), (json!("alice"), json!("house")));
        assert!(of("sentTime").as_u64().is_some_and(|at| at > 0));
    }
    assert_eq!(read("news", json!([{ "msgUID": custom }])).await.1, json!([found[1]]), "the channel of all");

    let recall = [("fromUserId", "alice"), ("conversationType", "10"), ("targetId", "house"), ("messageUID", &text)];
    assert_eq!(back_end.posts("/message/recall.json", &recall).await.outcome(), (200, 200));
    assert_eq!(read("", both).await, ((200, 200), json!([found[1]])), "what was recalled is left out");
    let too_many = vec![json!({ "msgUID": custom }); 21];
    for wrong in [json!([]), json!(too_many), json!("x"), json!([{}]), json!([{ "msgUID": "x" }])] {
        assert_eq!(read("news", wrong.clone()).await.0, (400, 1002), "{wrong}");
    }
}
