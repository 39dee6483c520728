//! Refusals over HTTP: `application/problem+json`, as RFC 9457 has it, with the code of the table.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seenby_protocol::Code;
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusal::Refusal;

const CONTENT_TYPE: &str = "application/problem+json";

/// Why a call was refused (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Names the code; it leads nowhere.
    #[schema(example = "urn:seenby:code:90023")]
    r#type: String,
    /// What the code means.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this call. For people; never for programs.
    detail: String,
    /// A number of the table of status codes.
    code: u32,
    /// Its name in the table.
    name: String,
    /// When the same call may be made again; only for calls that come too often.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u32>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, detail, retry_after_ms } = refusal;
        Self {
            r#type: format!("urn:seenby:code:{}", code.0),
            title: code.meaning().unwrap_or_default().to_owned(),
            status: status(code).as_u16(),
            detail,
            code: code.0,
            name: code.name().unwrap_or_default().to_owned(),
            retry_after_ms: (retry_after_ms > 0).then_some(retry_after_ms),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        with_status(status(self.code), self)
    }
}

pub(super) fn not_served() -> Response {
    Refusal::new(Code::API_CALL_NOT_SERVED, "there is nothing at this path").into_response()
}

pub(super) fn wrong_method() -> Response {
    let refusal = Refusal::new(Code::API_CALL_NOT_SERVED, "this path does not take this method");
    with_status(StatusCode::METHOD_NOT_ALLOWED, refusal)
}

pub(super) fn wrong_content_type() -> Response {
    let refusal = Refusal::new(Code::INVALID_PARAMETER, "the body must be application/json");
    with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, refusal)
}

/// The code of a response that is a refusal, for the metrics.
pub(super) fn code(response: &Response) -> Option<Code> {
    response.extensions().get::<Code>().copied()
}

fn with_status(status: StatusCode, refusal: Refusal) -> Response {
    let (code, headers) = (refusal.code, headers(&refusal));
    let problem = Problem { status: status.as_u16(), ..refusal.into() };
    let mut response = (status, Json(problem)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    response.headers_mut().extend(headers);
    response.extensions_mut().insert(code);
    response
}

fn headers(refusal: &Refusal) -> Option<(HeaderName, HeaderValue)> {
    match refusal.code {
        Code::API_KEY_REJECTED => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        Code::API_RATE_EXCEEDED => {
            Some((header::RETRY_AFTER, HeaderValue::from(refusal.retry_after_ms.div_ceil(1_000))))
        }
        _ => None,
    }
}

fn status(code: Code) -> StatusCode {
    match code {
        Code::API_KEY_REJECTED => StatusCode::UNAUTHORIZED,
        Code::API_KEY_SCOPE_MISSING | Code::RECALL_BY_WRONG_USER => StatusCode::FORBIDDEN,
        Code::API_CALL_NOT_SERVED
        | Code::GROUP_NOT_FOUND
        | Code::USER_NOT_FOUND
        | Code::ULTRA_GROUP_CHANNEL_NOT_EXIST
        | Code::RECEIPT_MESSAGE_NOT_FOUND
        | Code::RECEIPT_NOT_REQUESTED
        | Code::NOT_IN_AUDIENCE => StatusCode::NOT_FOUND,
        Code::GROUP_FULL | Code::APP_EXISTS | Code::DEFAULT_CHANNEL_STAYS => StatusCode::CONFLICT,
        Code::API_BODY_TOO_LARGE | Code::MESSAGE_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
        Code::API_RATE_EXCEEDED => StatusCode::TOO_MANY_REQUESTS,
        Code::INTERNAL_ERROR => StatusCode::INTERNAL_SERVER_ERROR,
        Code::STORE_UNAVAILABLE | Code::SHUTTING_DOWN => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}
