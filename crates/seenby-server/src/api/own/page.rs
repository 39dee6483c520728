//! The document, and a page that shows it. The page loads nothing from anywhere else, and may not.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;

const PAGE: &str = include_str!("page/docs.html");
const STYLE: &str = include_str!("page/docs.css");
const SCRIPT: &str = include_str!("page/docs.js");

/// Only what this server serves, and nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn document() -> impl IntoResponse {
    served("application/json", super::openapi_json())
}

pub(super) async fn page() -> impl IntoResponse {
    served("text/html; charset=utf-8", PAGE)
}

pub(super) async fn style() -> impl IntoResponse {
    served("text/css; charset=utf-8", STYLE)
}

pub(super) async fn script() -> impl IntoResponse {
    served("text/javascript; charset=utf-8", SCRIPT)
}

fn served<B>(content_type: &'static str, body: B) -> ([(HeaderName, HeaderValue); 4], B) {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), body)
}
