//! Lets messages go when they are older than they may be, with their receipts.

use std::sync::Arc;
use std::time::Duration;

use seenby_core::Timestamp;
use tokio::time::{MissedTickBehavior, interval};

use crate::call::Call;
use crate::clock;
use crate::refusal::Refusal;
use crate::settings::Retention;
use crate::shared::Shared;

/// Messages that go in one call. Answers wait behind it, so it must not be long.
const MESSAGES_PER_CALL_MAX: usize = 100;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Looks now and then, until the server stops.
pub(crate) async fn sweep(shared: Arc<Shared>) {
    let Retention { message_days_max, sweep_interval_ms } = shared.node.settings.retention;
    if message_days_max == 0 {
        return;
    }
    let age_max = u64::from(message_days_max) * DAY_MS;
    let mut turns = interval(Duration::from_millis(sweep_interval_ms.max(1)));
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turns.tick() => {}
            () = shared.stopping.cancelled() => return,
        }
        let oldest = Timestamp(clock::now().0.saturating_sub(age_max));
        match drop_messages(&shared, oldest).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old messages are gone"),
            Err(refusal) => tracing::warn!(%refusal.code, refusal.detail, "old messages could not be removed"),
        }
    }
}

async fn drop_messages(shared: &Arc<Shared>, before: Timestamp) -> Result<usize, Refusal> {
    let mut count = 0;
    let mut after = None;
    while !shared.stopping.is_cancelled() {
        let storage = shared.node.storage.clone();
        let find = move || storage.messages_before(before, after, MESSAGES_PER_CALL_MAX);
        let keys = tokio::task::spawn_blocking(find).await.map_err(|_| Refusal::internal())??;
        let Some(last) = keys.last() else { break };
        after = Some(*last);
        count += keys.len();
        shared.writer.call(Call::Expire(keys)).await?;
    }
    Ok(count)
}
