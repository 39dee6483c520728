//! From an HTTP request to a WebSocket.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use seenby_protocol::CLIENT_FRAME_BYTES_MAX;
use sha1::{Digest as _, Sha1};
use tokio_websockets::{Config, Limits, ServerBuilder, WebSocketStream};

use crate::http::header_list;
use crate::pace::Paced;

pub(crate) type WebSocket = WebSocketStream<Paced<TokioIo<Upgraded>>>;

/// Frames are gathered up to here before they are written without a flush.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// Frames above the protocol's limit are read up to here, so that they can be answered; beyond, the connection ends.
const READ_FRAME_BYTES_MAX: usize = 2 * CLIENT_FRAME_BYTES_MAX;
/// RFC 6455, section 1.3.
const ACCEPT_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The answer to a request; and if it was one for a WebSocket, where the stream comes from once the answer has gone out.
pub(crate) fn accept(request: &mut Request) -> (Response, Option<OnUpgrade>) {
    match handshake_key(request) {
        Ok(key) => (switching(key), Some(hyper::upgrade::on(request))),
        // RFC 6455, section 4.4: a client that speaks another version learns which one is spoken here.
        Err((status, why)) => {
            // RFC 9110, section 7.8: `Upgrade` is named in `Connection`.
            let headers = [
                (header::CONNECTION, "upgrade"),
                (header::SEC_WEBSOCKET_VERSION, "13"),
                (header::UPGRADE, "websocket"),
            ];
            ((status, headers, why).into_response(), None)
        }
    }
}

fn switching(key: &HeaderValue) -> Response {
    let digest = Sha1::new().chain_update(key).chain_update(ACCEPT_SUFFIX).finalize();
    let headers = [
        (header::CONNECTION, "upgrade".to_owned()),
        (header::UPGRADE, "websocket".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, BASE64_STANDARD.encode(digest)),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn handshake_key(request: &Request) -> Result<&HeaderValue, (StatusCode, &'static str)> {
    let headers = request.headers();
    if request.method() != Method::GET
        || !header_list::has(headers, &header::CONNECTION, "upgrade")
        || !header_list::has(headers, &header::UPGRADE, "websocket")
        || !header_list::has(headers, &header::SEC_WEBSOCKET_VERSION, "13")
    {
        return Err((StatusCode::UPGRADE_REQUIRED, "connect with a WebSocket, version 13\n"));
    }
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    match (keys.next(), keys.next()) {
        (Some(key), None) if is_handshake_key(key) => Ok(key),
        _ => Err((StatusCode::BAD_REQUEST, "Sec-WebSocket-Key must be there once: 16 bytes in base64\n")),
    }
}

/// RFC 6455, section 4.2.1.
fn is_handshake_key(key: &HeaderValue) -> bool {
    BASE64_STANDARD.decode(key).is_ok_and(|key| key.len() == 16)
}

pub(crate) fn open(stream: Upgraded) -> WebSocket {
    ServerBuilder::new()
        .limits(Limits::default().max_payload_len(Some(READ_FRAME_BYTES_MAX)))
        .config(Config::default().flush_threshold(WRITE_BUFFER_BYTES))
        .serve(Paced::new(TokioIo::new(stream)))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        request.body(Body::empty()).unwrap()
    }

    const GOOD: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    /// The example of RFC 6455, section 1.3.
    #[test]
    fn a_handshake_is_answered_with_the_digest_of_its_key() {
        let (response, upgrade) = accept(&mut request(&GOOD));
        assert!(upgrade.is_some());
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(response.headers()[header::SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_handshake_is_taken_in_every_form_that_the_standard_has() {
        for (name, value) in [
            ("connection", "UPGRADE"),
            ("connection", " keep-alive ,Upgrade, "),
            ("upgrade", "h2c, websocket"),
            ("sec-websocket-version", "8, 13"),
            ("sec-websocket-protocol", "chat, superchat"),
            ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
            ("origin", "null"),
        ] {
            let mut headers: Vec<_> = GOOD.into_iter().filter(|(found, _)| *found != name).collect();
            headers.push((name, value));
            let (response, upgrade) = accept(&mut request(&headers));
            assert!(upgrade.is_some() && response.status() == StatusCode::SWITCHING_PROTOCOLS, "{name}: {value}");
            // What the server does not speak it does not choose: the client goes on without.
            for offered in [header::SEC_WEBSOCKET_PROTOCOL, header::SEC_WEBSOCKET_EXTENSIONS] {
                assert!(!response.headers().contains_key(offered));
            }
        }
    }

    #[test]
    fn a_key_that_is_not_16_bytes_or_is_there_twice_is_refused() {
        let without_key = || GOOD.into_iter().filter(|(name, _)| *name != "sec-websocket-key");
        for keys in [&["AAAA"][..], &["not base64 at all!!!!!!="], &[""], &[GOOD[3].1, GOOD[3].1]] {
            let headers: Vec<_> = without_key().chain(keys.iter().map(|key| ("sec-websocket-key", *key))).collect();
            let (refused, upgrade) = accept(&mut request(&headers));
            assert!(upgrade.is_none() && refused.status() == StatusCode::BAD_REQUEST, "{keys:?}");
        }
    }

    #[test]
    fn what_is_no_handshake_is_told_what_is_spoken_here() {
        for missing in 0..GOOD.len() {
            let headers: Vec<_> = GOOD.into_iter().enumerate().filter(|(place, _)| *place != missing).collect();
            let headers: Vec<_> = headers.into_iter().map(|(_, header)| header).collect();
            let (refused, upgrade) = accept(&mut request(&headers));
            assert!(upgrade.is_none() && refused.status().is_client_error());
            assert_eq!(refused.headers()[header::SEC_WEBSOCKET_VERSION], "13");
            assert_eq!(refused.headers()[header::CONNECTION], "upgrade");
        }
    }
}
