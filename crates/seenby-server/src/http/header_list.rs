//! Headers whose value is a list with commas (RFC 9110, section 5.6.1).

use axum::http::{HeaderMap, HeaderName};

/// Whether one of the values of a header is this, in any case of letters.
pub(crate) fn has(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|found| found.trim().eq_ignore_ascii_case(value))
}
