//! Bodies of calls: bounded in size and in time, because until a body is read nobody knows who sends it.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use seenby_protocol::Code;
use tokio::time::timeout;

use crate::refusal::Refusal;
use crate::settings;

pub(super) async fn read(body: Body, settings: &settings::Api) -> Result<Bytes, Refusal> {
    let refused = |detail: String| Refusal::new(Code::API_BODY_TOO_LARGE, detail);
    let patience = Duration::from_millis(settings.body_ms_max);
    match timeout(patience, to_bytes(body, settings.body_bytes_max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(refused(format!("the body has more than {} bytes, or broke off", settings.body_bytes_max))),
        Err(_) => Err(refused(format!("the body did not come within {} ms", settings.body_ms_max))),
    }
}
