//! The server API, the vendor's and our own: a back end that has the secret and sends whatever it likes.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, Uri};
use http_body_util::BodyExt as _;
use seenby_server::{Server, Settings};
use sha1::{Digest as _, Sha1};
use tower::ServiceExt as _;

use crate::ward::{APP, SECRET, Ward};

const NONCE: &str = "14314";
const TIMESTAMP: &str = "1408710653491";
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A method by its number, the address up to the end of the line, and the body: each request has an answer that is no
/// failure of the server's.
pub fn api(bytes: &[u8]) {
    let Some((method, rest)) = bytes.split_first() else { return };
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let Ok(uri) = Uri::try_from(&rest[..end]) else { return };
    let body = rest.get(end + 1..).unwrap_or_default().to_vec();
    let request = request(METHODS[usize::from(*method) % METHODS.len()].clone(), uri, body);
    let (status, answer) = answer(request);
    assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(&answer));
}

fn request(method: Method, uri: Uri, body: Vec<u8>) -> Request<Body> {
    let is_own = uri.path().starts_with("/api/");
    let request = Request::builder().method(method).uri(uri);
    let request = match is_own {
        true => {
            request.header("content-type", "application/json").header("authorization", format!("Bearer {APP}:{SECRET}"))
        }
        false => {
            let signature = Sha1::digest([SECRET, NONCE, TIMESTAMP].concat());
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .header("app-key", APP)
                .header("nonce", NONCE)
                .header("timestamp", TIMESTAMP)
                .header("signature", format!("{signature:x}"))
        }
    };
    request.body(Body::from(body)).expect("a request")
}

fn answer(request: Request<Body>) -> (StatusCode, Vec<u8>) {
    let server = Server::new(Settings::default(), Ward::new().store).expect("a server");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let response = server.api().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = response.status();
        (status, response.into_body().collect().await.expect("a body").to_bytes().to_vec())
    })
}
