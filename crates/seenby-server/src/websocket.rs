//! From an HTTP request to a WebSocket.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use seenby_protocol::CLIENT_FRAME_BYTES_MAX;
use sha1::{Digest as _, Sha1};
use tokio_websockets::{Config, Limits, ServerBuilder, WebSocketStream};

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
            let headers = [(header::SEC_WEBSOCKET_VERSION, "13"), (header::UPGRADE, "websocket")];
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
        || !names(headers, header::CONNECTION, "upgrade")
        || !names(headers, header::UPGRADE, "websocket")
        || !names(headers, header::SEC_WEBSOCKET_VERSION, "13")
    {
        return Err((StatusCode::UPGRADE_REQUIRED, "connect with a WebSocket, version 13\n"));
    }
    headers.get(header::SEC_WEBSOCKET_KEY).ok_or((StatusCode::BAD_REQUEST, "Sec-WebSocket-Key is missing\n"))
}

/// Whether one of the values of a header, which may be several with commas between them, is this.
fn names(headers: &HeaderMap, name: header::HeaderName, value: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|values| values.to_str().ok());
    values.flat_map(|values| values.split(',')).any(|found| found.trim().eq_ignore_ascii_case(value))
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
    fn what_is_no_handshake_is_told_what_is_spoken_here() {
        for missing in 0..GOOD.len() {
            let headers: Vec<_> = GOOD.into_iter().enumerate().filter(|(place, _)| *place != missing).collect();
            let headers: Vec<_> = headers.into_iter().map(|(_, header)| header).collect();
            let (refused, upgrade) = accept(&mut request(&headers));
            assert!(upgrade.is_none() && refused.status().is_client_error());
            assert_eq!(refused.headers()[header::SEC_WEBSOCKET_VERSION], "13");
        }
    }
}
