//! A back end: what it sends over HTTP, well or badly.

use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::peer::{APP, TestServer, soon};

pub(crate) const NONCE: &str = "14314";
pub(crate) const TIMESTAMP: &str = "1408710653491";

/// One HTTP answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The status, and the code that the body names.
    pub(crate) fn outcome(&self) -> (u16, u64) {
        (self.status, self.json()["code"].as_u64().unwrap_or(0))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub(crate) type Headers = Vec<(String, String)>;

pub(crate) async fn request(
    server: &TestServer,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Response {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: seenby\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    let mut stream = server.raw().await;
    // A server that has refused already need not read on.
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
    let mut answer = Vec::new();
    let _ = soon(stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not HTTP: {answer}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Response { status, head: head.to_owned(), body: body.to_owned() }
}

/// A back end of one app, with its secret.
pub(crate) struct BackEnd<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) app: String,
    pub(crate) secret: String,
}

impl<'a> BackEnd<'a> {
    pub(crate) async fn of(server: &'a TestServer) -> Self {
        Self::of_app(server, APP).await
    }

    pub(crate) async fn of_app(server: &'a TestServer, app: &str) -> Self {
        let secret = server.administration().find_app(Some(app)).await.unwrap().secret.expose().to_owned();
        Self { server, app: app.to_owned(), secret }
    }

    pub(crate) fn signed(&self) -> Headers {
        signed(&self.app, &self.secret, NONCE, TIMESTAMP, "")
    }

    /// A call of the vendor's interface.
    pub(crate) async fn posts(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.posts_with(path, &self.signed(), form).await
    }

    pub(crate) async fn posts_with(&self, path: &str, headers: &[(String, String)], form: &[(&str, &str)]) -> Response {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let content_type = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        let headers = [headers, &[content_type]].concat();
        request(self.server, "POST", path, &headers, body.as_bytes()).await
    }

    /// A call of our own interface.
    pub(crate) async fn calls(&self, method: &str, path: &str, body: Value) -> Response {
        self.calls_with(&format!("{}:{}", self.app, self.secret), method, path, body).await
    }

    pub(crate) async fn calls_with(&self, key: &str, method: &str, path: &str, body: Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.sends(&[bearer(key), json_body()], method, path, &body).await
    }

    pub(crate) async fn sends(&self, headers: &[(String, String)], method: &str, path: &str, body: &str) -> Response {
        request(self.server, method, &format!("/api/v1{path}"), headers, body.as_bytes()).await
    }

    pub(crate) async fn gets(&self, path: &str) -> Value {
        self.works("GET", path, Value::Null).await
    }

    /// A call that must succeed.
    pub(crate) async fn works(&self, method: &str, path: &str, body: Value) -> Value {
        let response = self.calls(method, path, body).await;
        assert_eq!(response.status, 200, "{method} {path}: {}", response.body);
        response.json()
    }

    /// Publishes in alice's name to the ward, and gives the message's id.
    pub(crate) async fn publishes(&self, text: &str, need_receipt: bool) -> String {
        let body = json!({
            "sender_id": "alice",
            "targets": [{ "kind": "group", "group_id": crate::peer::GROUP }],
            "content": { "text": text },
            "need_receipt": need_receipt,
        });
        let published = self.works("POST", "/messages", body).await;
        published["messages"][0]["message_uid"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn bearer(key: &str) -> (String, String) {
    ("authorization".to_owned(), format!("Bearer {key}"))
}

pub(crate) fn json_body() -> (String, String) {
    ("content-type".to_owned(), "application/json".to_owned())
}

pub(crate) fn signed(app: &str, secret: &str, nonce: &str, timestamp: &str, prefix: &str) -> Headers {
    let digest = Sha1::digest(format!("{secret}{nonce}{timestamp}"));
    let signature: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = [("App-Key", app), ("Nonce", nonce), ("Timestamp", timestamp), ("Signature", &signature)];
    headers.map(|(name, value)| (format!("{prefix}{name}"), value.to_owned())).to_vec()
}
