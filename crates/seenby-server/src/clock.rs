//! The server's clock, read in this one place.

use std::time::{SystemTime, UNIX_EPOCH};

use seenby_core::Timestamp;

pub(crate) fn now() -> Timestamp {
    // A clock before 1970 is as wrong as any other wrong clock: order does not depend on it.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}
