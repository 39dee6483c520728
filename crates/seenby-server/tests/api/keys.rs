//! Secrets and keys: made, used, taken back, and never shown.

use seenby_core::Scope;
use seenby_protocol::Code;
use serde_json::{Value, json};

use crate::back_end::BackEnd;
use crate::peer::{APP, TestServer, sign_in};

#[tokio::test]
async fn a_revoked_key_is_good_for_nothing() {
    let server = TestServer::start().await;
    let (back_end, administration) = (BackEnd::of(&server).await, server.administration());
    let app = administration.find_app(Some(APP)).await.unwrap().key;
    let made = administration.create_key(&app, "reports", vec![Scope::Groups]).await.unwrap();
    let (id, key) = (made.record.id.as_str(), made.text.expose());
    assert_eq!(back_end.calls_with(key, "GET", "/groups", Value::Null).await.status, 200);
    let guessed = format!("{}0", &key[..key.len() - 1]);
    let other = if guessed == key { format!("{}1", &key[..key.len() - 1]) } else { guessed };
    assert_eq!(back_end.calls_with(&other, "GET", "/groups", Value::Null).await.status, 401);
    administration.create_app("school").await.unwrap();
    let school = administration.find_app(Some("school")).await.unwrap().key;
    administration.revoke_key(&school, id).await.unwrap_err();
    assert_eq!(administration.keys(&school).await.unwrap(), []);
    assert_eq!(administration.keys(&app).await.unwrap(), std::slice::from_ref(&made.record));
    administration.revoke_key(&app, id).await.unwrap();
    assert_eq!(back_end.calls_with(key, "GET", "/groups", Value::Null).await.outcome(), (401, 90020));
    assert_eq!(administration.keys(&app).await.unwrap(), []);
}

#[tokio::test]
async fn a_new_secret_voids_tokens_signatures_and_keys_made_of_the_old_one() {
    let server = TestServer::start().await;
    let old = BackEnd::of(&server).await;
    let token = old.works("POST", "/tokens", json!({ "user_id": "alice" })).await["token"].as_str().unwrap().to_owned();
    let mut online = server.sign_in("alice").await;
    server.found("school").await;
    let mut elsewhere = server.sign_in_to("school", "alice").await;
    server.administration().rotate_secret(APP).await.unwrap();

    assert_eq!(old.calls("GET", "/groups", Value::Null).await.outcome(), (401, 90020));
    assert_eq!(old.posts("/user/info.json", &[("userId", "alice")]).await.outcome(), (401, 1004));
    let mut peer = server.connect().await;
    assert_eq!(peer.call(sign_in(APP, &token, "desk")).await.code, Code::TOKEN_INCORRECT.0);
    assert_eq!(online.goodbye().await, (Code::TOKEN_INCORRECT, true), "a client that has a new token by now may come");
    let new = BackEnd::of(&server).await;
    let token = new.works("POST", "/tokens", json!({ "user_id": "alice" })).await["token"].as_str().unwrap().to_owned();
    let mut peer = server.connect().await;
    assert_eq!(peer.call(sign_in(APP, &token, "desk")).await.code, 0);
    elsewhere.sends("another app is left alone", false).await;
}

#[tokio::test]
async fn tokens_from_before_a_moment_are_void_and_later_ones_are_good() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let token = async || {
        let form = [("userId", "alice"), ("name", "Alice"), ("portraitUri", "")];
        back_end.posts("/user/getToken.json", &form).await.json()["token"].as_str().unwrap().to_owned()
    };
    let old = token().await;
    let mut online = server.connect().await;
    assert_eq!(online.call(sign_in(APP, &old, "phone")).await.code, 0);
    // The clock may stand still for a millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    back_end.works("POST", "/users/alice/token-expirations", json!({})).await;
    let new = token().await;
    let mut peer = server.connect().await;
    assert_eq!(peer.call(sign_in(APP, &old, "desk")).await.code, Code::TOKEN_EXPIRED.0);
    let mut peer = server.connect().await;
    assert_eq!(peer.call(sign_in(APP, &new, "desk")).await.code, 0, "of the same second");
    assert_eq!(online.goodbye().await, (Code::TOKEN_EXPIRED, false));
    assert_eq!(back_end.posts("/user/checkOnline.json", &[("userId", "alice")]).await.json()["status"], "1");
    assert_eq!(back_end.posts("/user/checkOnline.json", &[("userId", "bob")]).await.json()["status"], "0");
}

#[tokio::test]
async fn a_key_for_tokens_alone_changes_nobodys_name() {
    let server = TestServer::start().await;
    let back_end = BackEnd::of(&server).await;
    let app = server.administration().find_app(Some(APP)).await.unwrap().key;
    let made = server.administration().create_key(&app, "tokens", vec![Scope::Tokens]).await.unwrap();
    back_end.works("PUT", "/users/alice", json!({ "name": "Alice", "portrait": "p" })).await;
    let tokens = async |body: Value| back_end.calls_with(made.text.expose(), "POST", "/tokens", body).await.outcome();
    for change in [json!({ "name": "Mallory" }), json!({ "portrait": "q" }), json!({ "name": "" })] {
        let mut body = change;
        body["user_id"] = json!("alice");
        assert_eq!(tokens(body).await, (403, 90021));
    }
    assert_eq!(tokens(json!({ "user_id": "alice", "name": null })).await, (200, 0));
    let alice = back_end.gets("/users/alice").await;
    assert_eq!((&alice["name"], &alice["portrait"]), (&json!("Alice"), &json!("p")));
    let both = vec![Scope::Tokens, Scope::Users];
    let both = server.administration().create_key(&app, "both", both).await.unwrap();
    let body = json!({ "user_id": "alice", "name": "Alice B." });
    assert_eq!(back_end.calls_with(both.text.expose(), "POST", "/tokens", body).await.status, 200);
    assert_eq!(back_end.gets("/users/alice").await["name"], "Alice B.");
}
