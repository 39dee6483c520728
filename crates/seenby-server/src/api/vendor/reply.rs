//! What the vendor answers: a code of its own, with an HTTP status beside it.

use std::fmt;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seenby_protocol::Code;
use serde_json::{Map, Value, json};

use crate::refusal::Refusal;

/// The members of a success beside its code.
pub(super) struct Reply(Map<String, Value>);

impl Reply {
    pub(super) fn done() -> Self {
        Self(Map::new())
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

#[derive(Debug)]
pub(super) struct Fault {
    code: u32,
    status: StatusCode,
    message: String,
    retry_after_ms: u32,
    table_code: Code,
}

const INTERNAL: (u32, StatusCode) = (1000, StatusCode::INTERNAL_SERVER_ERROR);
const PARAMETER: (u32, StatusCode) = (1002, StatusCode::BAD_REQUEST);
const NO_DATA: (u32, StatusCode) = (1003, StatusCode::BAD_REQUEST);
const SIGNATURE: (u32, StatusCode) = (1004, StatusCode::UNAUTHORIZED);
const TOO_LONG: (u32, StatusCode) = (1005, StatusCode::BAD_REQUEST);
const RESTRICTED: (u32, StatusCode) = (1007, StatusCode::UNAUTHORIZED);
const RATE: (u32, StatusCode) = (1008, StatusCode::TOO_MANY_REQUESTS);
/// The vendor's status for a group that is full.
const FULL: (u32, StatusCode) = (1002, StatusCode::METHOD_NOT_ALLOWED);

impl Fault {
    fn new((code, status): (u32, StatusCode), table_code: Code, message: impl ToString) -> Self {
        Self { code, status, message: message.to_string(), retry_after_ms: 0, table_code }
    }

    pub(super) fn parameter(message: impl ToString) -> Self {
        Self::new(PARAMETER, Code::INVALID_PARAMETER, message)
    }

    pub(super) fn too_long(message: impl ToString) -> Self {
        Self::new(TOO_LONG, Code::INVALID_PARAMETER, message)
    }

    pub(super) fn no_data(message: impl ToString) -> Self {
        Self::new(NO_DATA, Code::INVALID_PARAMETER, message)
    }

    /// The same for an app that is not there and for a secret that does not fit: nobody learns which apps there are.
    pub(super) fn signature() -> Self {
        Self::new(SIGNATURE, Code::API_KEY_REJECTED, "the signature does not fit this App-Key, Nonce and Timestamp")
    }

    pub(super) fn not_served(path: &str) -> Self {
        let message = format!("this server has no {path}; it serves groups, ultra groups and their read receipts");
        Self::new(RESTRICTED, Code::API_CALL_NOT_SERVED, message)
    }

    pub(super) fn restricted(message: impl ToString) -> Self {
        Self::new(RESTRICTED, Code::API_CALL_NOT_SERVED, message)
    }

    pub(super) fn table_code(&self) -> Code {
        self.table_code
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.code {
            Code::API_RATE_EXCEEDED => RATE,
            Code::MESSAGE_TOO_LARGE | Code::API_BODY_TOO_LARGE => TOO_LONG,
            Code::GROUP_FULL => FULL,
            Code::STORE_UNAVAILABLE | Code::SHUTTING_DOWN | Code::INTERNAL_ERROR => INTERNAL,
            _ => PARAMETER,
        };
        let retry_after_ms = refusal.retry_after_ms;
        Self { retry_after_ms, ..Self::new(kind, refusal.code, refusal.detail) }
    }
}

pub(super) fn response(answer: Result<Reply, Fault>) -> Response {
    let mut response = match answer {
        Ok(Reply(members)) => {
            let code = ("code".to_owned(), Value::from(200));
            Json(std::iter::once(code).chain(members).collect::<Map<_, _>>()).into_response()
        }
        Err(fault) => {
            let mut response =
                (fault.status, Json(json!({ "code": fault.code, "errorMessage": fault.message }))).into_response();
            if fault.retry_after_ms > 0 {
                let seconds = HeaderValue::from(fault.retry_after_ms.div_ceil(1_000));
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            response
        }
    };
    let content_type = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
