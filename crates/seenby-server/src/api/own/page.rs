//! The document, and a page that shows it. The page loads nothing from anywhere else, and may not.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;

const PAGE: &str = include_str!("page/docs.html");
const STYLE: &str = include_str!("page/docs.css");
const SCRIPT: &str = include_str!("page/docs.js");

/// Only what this server serves, and nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Made once: it takes a millisecond, and anybody may ask for it, without a key or a rate.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(super::openapi_json()));

pub(super) async fn document() -> impl IntoResponse {
    served("application/json", DOCUMENT.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_document_is_made_once_for_all_who_ask() {
        // Kept, so that no place is used twice.
        let mut bodies = Vec::new();
        for _ in 0..2 {
            let body = document().await.into_response().into_body();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            assert!(body.starts_with(b"{"));
            bodies.push(body);
        }
        assert_eq!(bodies[0].as_ptr(), bodies[1].as_ptr());
    }
}
