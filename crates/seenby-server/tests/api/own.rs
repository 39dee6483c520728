//! Our own interface, where the table of all calls does not reach.

use seenby_protocol::frames::{self, log_entry, server_frame};
use serde_json::{Value, json};

use crate::back_end::{BackEnd, bearer, request};
use crate::peer::{GROUP, TestServer, answer};

#[tokio::test]
async fn a_back_end_asks_and_sees_who_has_read_and_when() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let (mut alice, mut bob) = (server.sign_in("alice").await, server.sign_in("bob").await);
    let uid = back_end.publishes("Bed 7", true).await;
    let path = format!("/groups/group/{GROUP}/messages/{uid}");
    assert_eq!(
        back_end.gets(&format!("{path}/receipts")).await,
        json!({ "read": 0, "unread": 2, "left": 0, "total": 2 })
    );
    assert_eq!(bob.call(answer(&[&uid])).await.code, 0);
    assert_eq!(alice.readers_of(&uid).await, ["bob"], "the sender's devices are told too");
    back_end.works("PATCH", "/groups/group/ward-3/members", json!({ "remove": ["carol"] })).await;

    assert_eq!(
        back_end.gets(&format!("{path}/receipts")).await,
        json!({ "read": 1, "unread": 0, "left": 1, "total": 1 })
    );
    let read = back_end.gets(&format!("{path}/receipts/read")).await;
    let read_at = read["receipts"][0]["read_at_ms"].as_u64().unwrap();
    assert_eq!(
        read,
        json!({ "receipts": [{ "user_id": "bob", "status": "read", "read_at_ms": read_at }], "total": 1 })
    );
    assert_eq!(back_end.gets(&format!("{path}/receipts/unread")).await, json!({ "receipts": [], "total": 0 }));
    let left = back_end.gets(&format!("{path}/receipts/left")).await;
    assert_eq!(left, json!({ "receipts": [{ "user_id": "carol", "status": "left" }], "total": 1 }));
    let of_bob = back_end.gets(&format!("{path}/receipt-of/bob")).await;
    assert_eq!(of_bob, json!({ "user_id": "bob", "status": "read", "read_at_ms": read_at }));
    for not_asked in ["alice", "nobody"] {
        let response = back_end.calls("GET", &format!("{path}/receipt-of/{not_asked}"), Value::Null).await;
        assert_eq!(response.outcome(), (404, 90001));
    }
}

#[tokio::test]
async fn nobody_has_been_asked_until_somebody_asks() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let uid = back_end.publishes("Bed 7", false).await;
    let path = format!("/groups/group/{GROUP}/messages/{uid}");
    for list in ["receipts", "receipts/read", "receipt-of/bob"] {
        let response = back_end.calls("GET", &format!("{path}/{list}"), Value::Null).await;
        assert_eq!(response.outcome(), (404, 26321), "{list}");
    }
    assert_eq!(back_end.gets(&path).await["receipt_requested"], false);
    back_end.works("PUT", &format!("{path}/receipt-request"), Value::Null).await;
    back_end.works("PUT", &format!("{path}/receipt-request"), Value::Null).await;
    assert_eq!(back_end.gets(&format!("{path}/receipts")).await["unread"], 2);
    assert_eq!(back_end.gets(&path).await["receipt_requested"], true);
    back_end.works("DELETE", &path, Value::Null).await;
    for gone in ["", "/receipts", "/receipts/left"] {
        let response = back_end.calls("GET", &format!("{path}{gone}"), Value::Null).await;
        assert_eq!(response.outcome(), (404, 26322), "{gone}");
    }
}

#[tokio::test]
async fn lists_are_paged_by_cursor_and_miss_nobody() {
    let server = TestServer::with(|settings| settings.limits.receipt_answers_per_second = 1_000).await;
    let back_end = BackEnd::of(&server).await;
    let people: Vec<String> = (0..7).map(|number| format!("p{number}")).collect();
    back_end.works("PUT", "/groups/group/ward-3", json!({ "title": "Ward 3", "members": people })).await;
    let uid = back_end.publishes("Bed 7", true).await;
    for name in &people[..5] {
        assert_eq!(server.sign_in(name).await.call(answer(&[&uid])).await.code, 0);
    }
    let receipts = format!("/groups/group/{GROUP}/messages/{uid}/receipts");
    let all = async |list: &str, items: &str, member: &str| {
        let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let separator = if list.contains('?') { '&' } else { '?' };
            let page = back_end.gets(&format!("{list}{separator}limit=2{cursor}")).await;
            let texts = page[items]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| if member.is_empty() { item.clone() } else { item[member].clone() });
            found.extend(texts.map(|text| text.as_str().unwrap().to_owned()));
            pages += 1;
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={}", next.replace('/', "%2F")),
                None => return (found, pages),
            }
        }
    };
    let readers: Vec<String> = people[..5].to_vec();
    assert_eq!(all(&format!("{receipts}/read"), "receipts", "user_id").await, (readers.clone(), 3));
    let newest: Vec<String> = readers.into_iter().rev().collect();
    assert_eq!(all(&format!("{receipts}/read?order=descending"), "receipts", "user_id").await.0, newest);
    assert_eq!(all(&format!("{receipts}/unread"), "receipts", "user_id").await.0, ["bob", "carol", "p5", "p6"]);
    let members = all("/groups/group/ward-3/members", "user_ids", "").await.0;
    assert_eq!(members.len(), 10);
    for id in ["a", "b", "z"] {
        back_end.works("PUT", &format!("/groups/ultra-group/{id}"), json!({ "title": "" })).await;
        back_end.works("PUT", &format!("/users/{id}"), json!({})).await;
    }
    back_end.works("DELETE", "/groups/ultra-group/b", Value::Null).await;
    assert_eq!(all("/groups", "groups", "id").await.0, ["ward-3", "a", "z"]);
    assert_eq!(all("/users", "users", "id").await.0, ["a", "b", "z"]);
    for cursor in ["x", "-1", "%2B1", "0000000000", "99999999999"] {
        let response = back_end.calls("GET", &format!("{receipts}/read?cursor={cursor}"), Value::Null).await;
        assert_eq!(response.outcome(), (400, 25432));
    }
    for list in ["/groups?cursor=x", "/groups?cursor=room/x", "/users/alice/receipt-requests?cursor=1.2"] {
        assert_eq!(back_end.calls("GET", list, Value::Null).await.outcome(), (400, 25432), "{list}");
    }
}

#[tokio::test]
async fn a_senders_requests_come_newest_first_with_their_progress() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    back_end.works("PUT", "/groups/ultra-group/house", json!({ "title": "", "members": ["bob"] })).await;
    back_end.works("PUT", "/groups/ultra-group/house/channels/news", Value::Null).await;
    let first = back_end.publishes("one", true).await;
    let second = json!({
        "sender_id": "alice", "content": { "text": "two" }, "need_receipt": true,
        "targets": [{ "kind": "ultra-group", "group_id": "house", "channel": "news" }],
    });
    let second = back_end.works("POST", "/messages", second).await["messages"][0]["message_uid"].clone();
    back_end.publishes("three", false).await;
    server.sign_in("bob").await.call(answer(&[&first])).await;
    let page = back_end.gets("/users/alice/receipt-requests?limit=1").await;
    assert_eq!(page["requests"][0]["message_uid"], second);
    let target = json!({ "kind": "ultra-group", "group_id": "house", "channel": "news" });
    assert_eq!(page["requests"][0]["target"], target);
    let next = page["next"].as_str().unwrap();
    let page = back_end.gets(&format!("/users/alice/receipt-requests?limit=1&cursor={next}")).await;
    assert_eq!(page["requests"][0]["message_uid"], json!(first));
    assert_eq!(page["requests"][0]["counts"], json!({ "read": 1, "unread": 1, "left": 0, "total": 2 }));
    assert_eq!(page["next"], Value::Null);
    back_end.works("DELETE", "/groups/ultra-group/house/channels/news", Value::Null).await;
    let page = back_end.gets("/users/alice/receipt-requests?limit=1").await;
    assert_eq!(
        (&page["requests"], page["next"].is_string()),
        (&json!([]), true),
        "a page may be empty before the last"
    );
    assert_eq!(back_end.gets("/users/alice/receipt-requests").await["requests"].as_array().unwrap().len(), 1);
    back_end.works("PUT", "/groups/ultra-group/house/channels/news", Value::Null).await;
    back_end.works("DELETE", &format!("/groups/group/{GROUP}/messages/{first}"), Value::Null).await;
    assert_eq!(back_end.gets("/users/alice/receipt-requests").await["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_default_channel_stays() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    back_end.works("PUT", "/groups/ultra-group/house", json!({ "title": "" })).await;
    let response = back_end.calls("DELETE", "/groups/ultra-group/house/channels/RCDefault", Value::Null).await;
    assert_eq!(response.outcome(), (409, 90029));
}

#[tokio::test]
async fn a_number_is_whole_however_it_is_written() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    for (seconds, status) in
        [("60", 200), ("60.0", 200), ("6e1", 200), ("60.5", 400), ("59", 400), ("1e300", 400), ("\"60\"", 400)]
    {
        let body = format!(r#"{{"user_id":"alice","lifetime_seconds":{seconds}}}"#);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(back_end.calls("POST", "/tokens", body).await.status, status, "{seconds}");
    }
}

#[tokio::test]
async fn the_same_reference_publishes_once() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let target = json!({ "kind": "group", "group_id": GROUP });
    let body = json!({
        "sender_id": "hospital", "targets": [target, target], "content": { "identifier": "alarm", "fields": { "bed": 7 } },
        "reference": "alarm-1",
    });
    let (first, again) =
        (back_end.works("POST", "/messages", body.clone()).await, back_end.works("POST", "/messages", body).await);
    assert_eq!(first, again);
    assert_eq!(first["messages"][0], first["messages"][1], "a target that is named twice gets it once");
    let uid = first["messages"][0]["message_uid"].as_str().unwrap();
    let message = back_end.gets(&format!("/groups/group/{GROUP}/messages/{uid}")).await;
    assert_eq!(
        message["content"],
        json!({ "identifier": "alarm", "fields": { "bed": 7 }, "policy": "normal", "extra": "" })
    );
    assert_eq!(message["sender_id"], "hospital");
}

#[tokio::test]
async fn a_blocked_user_is_signed_out() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let mut bob = server.sign_in("bob").await;
    let shown =
        back_end.works("PUT", "/users/bob", json!({ "blocked": true, "portrait": "https://p.example/b" })).await;
    assert_eq!((&shown["blocked"], &shown["portrait"]), (&json!(true), &json!("https://p.example/b")));
    bob.goodbye().await;
    let shown = back_end.works("PUT", "/users/bob", json!({ "blocked": false })).await;
    assert_eq!((&shown["portrait"], &shown["name"]), (&json!("https://p.example/b"), &json!("")));
    assert_eq!(back_end.calls("GET", "/users/nobody", Value::Null).await.outcome(), (404, 90024));
}

#[tokio::test]
async fn those_who_are_asked_are_told_and_so_is_a_sender_who_is_away() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let mut bob = server.sign_in("bob").await;
    let uid = back_end.publishes("Bed 7", true).await;
    let mut asked = false;
    while !asked {
        if let server_frame::Kind::LogEntries(page) = bob.event().await {
            asked = page.entries.iter().any(|entry| {
                matches!(&entry.event, Some(log_entry::Event::ReceiptRequested(frames::ReceiptRequested { message_uid, .. })) if *message_uid == uid)
            });
        }
    }
    bob.call(answer(&[&uid])).await;
    let online = back_end.gets("/users").await;
    assert_eq!(online["users"], json!([]), "nobody has been registered");
}

#[tokio::test]
async fn ids_may_hold_any_character_in_a_path() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let (id, shown) = ("%E5%B0%8F%2F%3F%25%20d%27Or", "小/?% d'Or");
    back_end.works("PUT", &format!("/groups/group/{id}"), json!({ "title": "x", "members": [shown] })).await;
    assert_eq!(back_end.gets(&format!("/users/{id}/groups")).await["groups"][0]["id"], shown);
    assert_eq!(back_end.calls("GET", "/users/%ff", Value::Null).await.outcome(), (400, 33003));
}

#[tokio::test]
async fn refusals_are_counted_by_their_codes() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    back_end.calls("GET", "/users/nobody", Value::Null).await;
    back_end.calls_with("nobody:x", "GET", "/users/nobody", Value::Null).await;
    back_end.posts_with("/user/info.json", &[], &[("userId", "nobody")]).await;
    back_end.posts("/user/info.json", &[("userId", "nobody")]).await;
    let (_, metrics) = server.get("/metrics").await;
    assert!(metrics.contains(r#"seenby_refusals_total{code="90020"} 2"#), "{metrics}");
    assert!(metrics.contains(r#"seenby_refusals_total{code="90024"} 2"#), "{metrics}");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_as_problems() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let unknown = back_end.calls("GET", "/nothing", Value::Null).await;
    assert_eq!((unknown.outcome(), unknown.header("content-type")), ((404, 90022), Some("application/problem+json")));
    let method = back_end.calls("TRACE", "/groups", Value::Null).await;
    assert_eq!((method.outcome(), method.json()["status"].as_u64()), ((405, 90022), Some(405)));
    assert!(method.header("allow").is_some_and(|allowed| allowed.contains("GET")), "{method:?}");
}

#[tokio::test]
async fn the_document_and_its_page_are_for_everybody_and_ask_nobody_else() {
    let server = TestServer::start().await;
    let document = request(&server, "GET", "/api/v1/openapi.json", &[], b"").await;
    assert_eq!(document.json()["openapi"], "3.1.0");
    assert_eq!(document.body, include_str!("../../../../docs/openapi.json"));
    for path in ["/api/v1/docs", "/api/v1/docs.js", "/api/v1/docs.css"] {
        let response = request(&server, "GET", path, &[], b"").await;
        let policy = response.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!response.body.contains("http://") && !response.body.contains("https://"), "{path}");
        assert!(!response.body.contains("style=") && !response.body.contains("onclick"), "the policy forbids it");
    }
    let key = bearer("nobody:x");
    assert_eq!(request(&server, "GET", "/api/v1/openapi.json", &[key], b"").await.status, 200);
}

/// RFC 9110 and RFC 9112.
#[tokio::test]
async fn http_is_taken_in_every_form_that_the_standards_have() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let key = bearer(&format!("{}:{}", back_end.app, back_end.secret));
    let send = async |method: &str, target: &str, more: &[(&str, &str)], body: &str| {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let headers: Vec<_> = std::iter::once(key.clone()).chain(more).collect();
        request(&server, method, target, &headers, body.as_bytes()).await
    };
    assert_eq!(send("GET", "http://seenby:80/api/v1/groups?limit=1", &[], "").await.status, 200);
    let head = send("HEAD", "/api/v1/groups", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for method in ["OPTIONS", "DELETE", "BREW"] {
        let wrong = send(method, "/api/v1/users", &[], "").await;
        assert_eq!(wrong.outcome(), (405, 90022), "{method}");
        assert!(wrong.header("allow").is_some_and(|allowed| allowed.contains("GET")), "{wrong:?}");
    }
    for content_type in ["Application/JSON", "application/json;charset=UTF-8", "application/json ; a=\"b\""] {
        let saved = send("PUT", "/api/v1/users/dave", &[("Content-Type", content_type)], "\u{feff}{}").await;
        assert_eq!(saved.status, 200, "{content_type}: {}", saved.body);
    }
    for content_type in ["text/plain", "application/jsonx", "application/problem+json"] {
        let refused = send("PUT", "/api/v1/users/dave", &[("Content-Type", content_type)], "{}").await;
        assert_eq!(refused.outcome(), (415, 33003), "{content_type}");
    }
    let lower = ("authorization".to_owned(), key.1.replace("Bearer", "bEARER "));
    assert_eq!(request(&server, "GET", "/api/v1/groups", &[lower], b"").await.status, 200);
    let patient = [("Expect", "100-continue"), ("Content-Type", "application/json")];
    let saved = send("PUT", "/api/v1/users/dave", &patient, "{}").await;
    assert_eq!(saved.status, 100, "the server asks for the body before it answers");
    assert!(saved.body.starts_with("HTTP/1.1 200 "), "{}", saved.body);
}
