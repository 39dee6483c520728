//! `Content-Type`, of which letters may be large or small and parameters may follow (RFC 9110, 8.3).

use axum::http::{HeaderMap, header};

/// Without parameters, in small letters.
pub(super) fn essence(headers: &HeaderMap) -> Option<String> {
    Some(text(headers)?.split(';').next()?.trim().to_ascii_lowercase())
}

pub(super) fn charset(headers: &HeaderMap) -> Option<&str> {
    let parameters = text(headers)?.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets.next().map(|(_, value)| value.trim().trim_matches('"'))
}

fn text(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}

/// Some editors and libraries put it before a text; RFC 8259, 8.1, lets a reader pass over it.
pub(super) fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}
