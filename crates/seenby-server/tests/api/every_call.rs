//! What holds for every call of our own interface, from one table. That the table is complete is checked against the
//! document.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::back_end::{BackEnd, Response, bearer, json_body};
use crate::peer::{APP, TestServer};

struct OwnCall {
    method: &'static str,
    /// As in the document.
    template: &'static str,
    /// `{uid}` is a message that is there and was asked about.
    path: &'static str,
    body: Option<fn() -> Value>,
    scope: &'static str,
}

const fn call(
    method: &'static str,
    template: &'static str,
    path: &'static str,
    body: Option<fn() -> Value>,
    scope: &'static str,
) -> OwnCall {
    OwnCall { method, template, path, body, scope }
}

#[rustfmt::skip]
const CALLS: [OwnCall; 21] = [
    call("POST", "/tokens", "/tokens", Some(|| json!({ "user_id": "alice" })), "tokens"),
    call("POST", "/users/{user_id}/token-expirations", "/users/dave/token-expirations", Some(|| json!({ "before_ms": 1_600_000_000_000_u64 })), "tokens"),
    call("GET", "/users", "/users?limit=2", None, "users"),
    call("GET", "/users/{user_id}", "/users/alice", None, "users"),
    call("PUT", "/users/{user_id}", "/users/alice", Some(|| json!({ "name": "Alice" })), "users"),
    call("GET", "/users/{user_id}/groups", "/users/alice/groups", None, "users"),
    call("PUT", "/users/{user_id}/groups", "/users/erin/groups", Some(|| json!({ "groups": [{ "id": "school", "title": "School" }] })), "users"),
    call("GET", "/groups", "/groups?limit=2", None, "groups"),
    call("GET", "/groups/{kind}/{group_id}", "/groups/group/ward-3", None, "groups"),
    call("PUT", "/groups/{kind}/{group_id}", "/groups/group/new", Some(|| json!({ "title": "New", "members": ["alice"] })), "groups"),
    call("GET", "/groups/{kind}/{group_id}/members", "/groups/group/ward-3/members?limit=2", None, "groups"),
    call("PATCH", "/groups/{kind}/{group_id}/members", "/groups/group/ward-3/members", Some(|| json!({ "add": ["dave"], "remove": ["erin"] })), "groups"),
    call("PUT", "/groups/ultra-group/{group_id}/channels/{channel}", "/groups/ultra-group/house/channels/news", None, "groups"),
    call("DELETE", "/groups/ultra-group/{group_id}/channels/{channel}", "/groups/ultra-group/house/channels/news", None, "groups"),
    call("POST", "/messages", "/messages", Some(|| json!({ "sender_id": "alice", "targets": [{ "kind": "group", "group_id": "ward-3" }], "content": { "text": "hello" } })), "messages"),
    call("GET", "/groups/{kind}/{group_id}/messages/{message_uid}", "/groups/group/ward-3/messages/{uid}", None, "messages"),
    call("PUT", "/groups/{kind}/{group_id}/messages/{message_uid}/receipt-request", "/groups/group/ward-3/messages/{uid}/receipt-request", None, "receipts"),
    call("GET", "/groups/{kind}/{group_id}/messages/{message_uid}/receipts", "/groups/group/ward-3/messages/{uid}/receipts", None, "receipts"),
    call("GET", "/groups/{kind}/{group_id}/messages/{message_uid}/receipts/{status}", "/groups/group/ward-3/messages/{uid}/receipts/unread?limit=2", None, "receipts"),
    call("GET", "/groups/{kind}/{group_id}/messages/{message_uid}/receipt-of/{user_id}", "/groups/group/ward-3/messages/{uid}/receipt-of/bob", None, "receipts"),
    call("GET", "/users/{user_id}/receipt-requests", "/users/alice/receipt-requests?limit=2", None, "receipts"),
];

/// What ends things comes last.
#[rustfmt::skip]
const ENDINGS: [OwnCall; 2] = [
    call("DELETE", "/groups/{kind}/{group_id}/messages/{message_uid}", "/groups/group/ward-3/messages/{uid}", None, "messages"),
    call("DELETE", "/groups/{kind}/{group_id}", "/groups/group/ward-3", None, "groups"),
];

fn all() -> impl Iterator<Item = &'static OwnCall> {
    CALLS.iter().chain(&ENDINGS)
}

impl OwnCall {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    fn body(&self) -> Value {
        self.body.map_or(Value::Null, |body| body())
    }

    fn at(&self, uid: &str) -> String {
        self.path.replace("{uid}", uid)
    }

    /// The path and the body with one text in the place of another.
    fn with(&self, uid: &str, from: &str, to: &str) -> (String, Value) {
        let body = self.body().to_string().replace(&format!("\"{from}\""), &format!("\"{to}\""));
        let path: Vec<_> = self.path.split('/').map(|part| part.replace(from, to).replace("{uid}", uid)).collect();
        (path.join("/"), serde_json::from_str(&body).unwrap())
    }

    async fn made(&self, back_end: &BackEnd<'_>, uid: &str) -> Response {
        back_end.calls(self.method, &self.at(uid), self.body()).await
    }
}

async fn prepared(server: &TestServer) -> (BackEnd<'_>, String) {
    let back_end = BackEnd::of(server).await;
    let uid = back_end.publishes("hello", true).await;
    back_end.works("PUT", "/groups/ultra-group/house", json!({ "title": "House" })).await;
    back_end.works("PUT", "/users/alice", json!({ "name": "Alice" })).await;
    (back_end, uid)
}

#[test]
fn the_table_has_every_call_of_the_document() {
    let document: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        documented.extend(item.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    assert_eq!(all().map(OwnCall::name).collect::<BTreeSet<_>>(), documented);
}

#[tokio::test]
async fn every_call_works_as_a_back_end_makes_it() {
    let server = TestServer::start().await;
    let (back_end, uid) = prepared(&server).await;
    for call in all() {
        let response = call.made(&back_end, &uid).await;
        assert_eq!(response.status, 200, "{}: {}", call.name(), response.body);
    }
}

#[tokio::test]
async fn without_a_good_key_nothing_is_done() {
    let server = TestServer::start().await;
    let (back_end, uid) = prepared(&server).await;
    let (app, secret) = (&back_end.app, &back_end.secret);
    let mut bad = vec![vec![]];
    let keys = [
        String::new(),
        format!("{app}:"),
        format!("{app}:guessed"),
        format!("nobody:{secret}"),
        secret.clone(),
        "sbk_".to_owned(),
        format!("sbk_0_{secret}"),
        format!("{app}:{secret}0"),
        format!("nobody:{}", "0".repeat(64)),
    ];
    bad.extend(keys.iter().map(|key| vec![bearer(key)]));
    bad.push(vec![bearer(&format!("{app}:{secret}")), bearer(&format!("{app}:{secret}"))]);
    bad.push(vec![("authorization".to_owned(), format!("Basic {app}:{secret}"))]);
    for call in all() {
        for headers in &bad {
            let headers = [&headers[..], &[json_body()]].concat();
            let body = call.body().to_string();
            let response = back_end.sends(&headers, call.method, &call.at(&uid), &body).await;
            assert_eq!(response.outcome(), (401, 90020), "{} {headers:?}: {}", call.name(), response.body);
            assert_eq!(response.header("content-type"), Some("application/problem+json"));
            assert_eq!(response.header("www-authenticate"), Some("Bearer"));
        }
    }
    assert_eq!(back_end.gets("/groups").await["groups"].as_array().unwrap().len(), 2, "nothing was made or ended");
}

#[tokio::test]
async fn a_key_is_good_for_its_scopes_alone() {
    let server = TestServer::start().await;
    let (back_end, uid) = prepared(&server).await;
    let app = server.administration().find_app(Some(APP)).await.unwrap().key;
    for scope in ["tokens", "users", "groups", "messages", "receipts"] {
        let others = seenby_core::Scope::ALL.into_iter().filter(|other| other.name() != scope).collect();
        let key = server.administration().create_key(&app, "others", others).await.unwrap();
        for call in all().filter(|call| call.scope == scope) {
            let response = back_end.calls_with(key.text.expose(), call.method, &call.at(&uid), call.body()).await;
            assert_eq!(response.outcome(), (403, 90021), "{}: {}", call.name(), response.body);
            assert!(response.json()["detail"].as_str().unwrap().contains(scope));
        }
    }
    for call in all() {
        let mut scopes = vec![seenby_core::Scope::named(call.scope).unwrap()];
        if call.template.ends_with("/groups") && call.method == "PUT" {
            scopes.push(seenby_core::Scope::Groups);
        }
        let key = server.administration().create_key(&app, "one", scopes).await.unwrap();
        let response = back_end.calls_with(key.text.expose(), call.method, &call.at(&uid), call.body()).await;
        assert_eq!(response.status, 200, "{}: {}", call.name(), response.body);
    }
}

#[tokio::test]
async fn what_is_missing_repeated_or_unknown_is_refused() {
    let server = TestServer::start().await;
    let (back_end, uid) = prepared(&server).await;
    let headers = [bearer(&format!("{}:{}", back_end.app, back_end.secret)), json_body()];
    let refused = async |call: &OwnCall, path: &str, body: &str| {
        let response = back_end.sends(&headers, call.method, path, body).await;
        assert_eq!(response.outcome(), (400, 33003), "{} {path} {body}: {}", call.name(), response.body);
        let problem = response.json();
        assert_eq!((&problem["status"], &problem["type"]), (&json!(400), &json!("urn:seenby:code:33003")));
    };
    for call in all() {
        let path = call.at(&uid);
        if call.path.contains('?') {
            refused(call, &format!("{path}&limit=2"), "").await;
            refused(call, &path.replace("limit=2", "limit=0"), "").await;
            refused(call, &path.replace("limit=2", "limit=101"), "").await;
            refused(call, &format!("{path}&unknown=1"), "").await;
        }
        let Value::Object(body) = call.body() else { continue };
        for bad in ["", "null", "[]", "{", "\"text\""] {
            refused(call, &path, bad).await;
        }
        for name in body.keys() {
            let member = format!("{}:{}", json!(name), body[name]);
            let rest = Value::Object(body.clone()).to_string();
            refused(call, &path, &format!("{{{member},{}", &rest[1..])).await;
        }
        refused(
            call,
            &path,
            &Value::Object([body, json!({ "x": 1 }).as_object().unwrap().clone()].into_iter().flatten().collect())
                .to_string(),
        )
        .await;
    }
    for (path, body, name) in [
        ("/tokens", json!({}), "user_id"),
        ("/messages", json!({ "targets": [], "content": { "text": "x" } }), "sender_id"),
        ("/messages", json!({ "sender_id": "alice", "content": { "text": "x" } }), "targets"),
        ("/messages", json!({ "sender_id": "alice", "targets": [] }), "content"),
        (
            "/messages",
            json!({ "sender_id": "alice", "targets": [["group", "ward-3", null]], "content": { "text": "x" } }),
            "an object",
        ),
        ("/messages", json!({ "sender_id": "alice", "targets": [], "content": ["x", ""] }), "an object"),
    ] {
        let response = back_end.calls("POST", path, body).await;
        assert_eq!(response.outcome(), (400, 33003));
        assert!(response.json()["detail"].as_str().unwrap().contains(name), "{}", response.body);
    }
    let body = back_end.sends(&headers[..1], "POST", "/tokens", r#"{"user_id":"alice"}"#).await;
    assert_eq!(body.status, 415);
}

#[tokio::test]
async fn an_id_that_is_too_long_is_refused_by_its_code() {
    let server = TestServer::start().await;
    let (back_end, uid) = prepared(&server).await;
    let (long, mut checked) = ("x".repeat(65), BTreeSet::new());
    for call in all() {
        for (id, code) in [
            ("alice", 34214),
            ("dave", 34214),
            ("bob", 34214),
            ("erin", 34214),
            ("ward-3", 34210),
            ("house", 34210),
            ("news", 34211),
        ] {
            let (path, body) = call.with(&uid, id, &long);
            if path == call.at(&uid) && body == call.body() {
                continue;
            }
            let response = back_end.calls(call.method, &path, body).await;
            assert_eq!(response.outcome(), (400, code), "{} {id}: {}", call.name(), response.body);
            checked.insert(call.name());
        }
    }
    assert_eq!(checked.len(), all().count() - 2, "all but the two listings");
    let long_group = back_end.calls("PUT", &format!("/groups/group/{long}"), json!({ "title": "" })).await;
    assert_eq!(long_group.outcome(), (400, 34210));
}

#[tokio::test]
async fn an_unknown_group_is_404() {
    let server = TestServer::start().await;
    let (back_end, uid) = prepared(&server).await;
    let mut checked = 0;
    for call in
        all().filter(|call| call.path.contains("ward-3") || call.path.contains("house") || call.template == "/messages")
    {
        let group = if call.path.contains("house") { "house" } else { "ward-3" };
        let (path, body) = call.with(&uid, group, "nowhere");
        let response = back_end.calls(call.method, &path, body).await;
        assert_eq!(response.outcome(), (404, 90023), "{}: {}", call.name(), response.body);
        checked += 1;
    }
    assert_eq!(checked, 13);
}

#[tokio::test]
async fn what_another_app_has_is_not_there() {
    let server = TestServer::start().await;
    let (clinic, uid) = prepared(&server).await;
    server.administration().create_app("school").await.unwrap();
    let school = BackEnd::of_app(&server, "school").await;
    let state = async || {
        let ward = clinic.gets("/groups/group/ward-3").await;
        (ward, clinic.gets(&format!("/groups/group/ward-3/messages/{uid}")).await, clinic.gets("/users").await)
    };
    let before = state().await;
    for call in all() {
        let response = call.made(&school, &uid).await;
        let names_a_group = call.path.contains("ward-3") || call.path.contains("house") || call.template == "/messages";
        match names_a_group {
            true => assert_eq!(response.outcome(), (404, 90023), "{}: {}", call.name(), response.body),
            false => assert!(!response.body.contains("ward-3") && !response.body.contains(&uid), "{}", response.body),
        }
    }
    // With a group of the same name it is still another one.
    school.works("PUT", "/groups/group/ward-3", json!({ "title": "Theirs", "members": ["alice"] })).await;
    for call in all().filter(|call| call.path.contains("{uid}")) {
        let response = call.made(&school, &uid).await;
        assert_eq!(response.outcome(), (404, 26322), "{}: {}", call.name(), response.body);
    }
    assert_eq!(state().await, before);
}
