//! Lets messages go when they are older than they may be, with their receipts. Whether the clock may be believed is decided in
//! [`seenby_core::retention`].

use std::sync::Arc;
use std::time::Duration;

use seenby_core::retention::Retention;
use seenby_core::{Call, Timestamp};
use seenby_storage::Reads;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::clock;
use crate::refusal::Refusal;
use crate::settings;
use crate::shared::Shared;

/// Messages that go in one call. Answers wait behind it, so it must not be long.
const MESSAGES_PER_CALL_MAX: usize = 100;

/// Says at once if the clock cannot be believed.
pub(crate) async fn begin(shared: &Shared) {
    if shared.node.settings.retention.message_days_max > 0
        && let Err(refusal) = look(shared, clock::now()).await
    {
        tracing::warn!(%refusal.code, refusal.detail, "it is not known when old messages were last looked for");
    }
}

/// Looks now and then, until the server stops. Not at once: a clock that is wrong when the machine starts may be set right
/// soon.
pub(crate) async fn sweep(shared: Arc<Shared>) {
    let settings::Retention { message_days_max, sweep_interval_ms, .. } = shared.node.settings.retention;
    if message_days_max == 0 {
        return;
    }
    let pause = Duration::from_millis(sweep_interval_ms.max(1));
    let mut turns = interval_at(Instant::now() + pause, pause);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turns.tick() => {}
            () = shared.stopping.cancelled() => return,
        }
        match sweep_once(&shared).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old messages are gone"),
            Err(refusal) => tracing::warn!(%refusal.code, refusal.detail, "old messages could not be removed"),
        }
    }
}

async fn sweep_once(shared: &Arc<Shared>) -> Result<usize, Refusal> {
    let now = clock::now();
    let Some(oldest_kept) = look(shared, now).await? else { return Ok(0) };
    let count = drop_messages(shared, oldest_kept).await?;
    shared.writer.call(Call::Swept(now)).await?;
    Ok(count)
}

/// Messages from before the moment that it gives may go. `None`: no messages may, and it has said why.
async fn look(shared: &Shared, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    let find = |snapshot: &dyn Reads| match snapshot.swept_at()? {
        Some(at) => Ok((Some(at), None)),
        None => Ok((None, snapshot.newest_entry_at()?)),
    };
    let (swept_at, newest_entry_at) = shared.node.store.read(find).await?;
    let Some(swept_at) = swept_at else {
        // Nothing but the newest entry speaks for the clock, and later ones are as wrong as the clock is now.
        shared.writer.call(Call::Swept(newest_entry_at.unwrap_or(now))).await?;
        return Ok(None);
    };
    let oldest_kept = rule(&shared.node.settings.retention).oldest_kept(now, swept_at);
    if let Err(ahead) = oldest_kept {
        shared.node.metrics.retention_held.inc();
        tracing::error!(
            "no old messages are deleted: {ahead}. Is the clock wrong? If it is right, because the server was stopped for so \
             long, set retention.clock_ahead_days_max to more than {} and start again",
            ahead.days
        );
    }
    Ok(oldest_kept.ok())
}

fn rule(settings: &settings::Retention) -> Retention {
    Retention {
        message_days_max: settings.message_days_max,
        clock_ahead_days_max: settings.clock_ahead_days_max,
        interval_ms: settings.sweep_interval_ms,
    }
}

async fn drop_messages(shared: &Arc<Shared>, before: Timestamp) -> Result<usize, Refusal> {
    let mut count = 0;
    let mut after = None;
    while !shared.stopping.is_cancelled() {
        let find = move |snapshot: &dyn Reads| Ok(snapshot.messages_before(before, after, MESSAGES_PER_CALL_MAX)?);
        let keys = shared.node.store.read(find).await?;
        let Some(last) = keys.last() else { break };
        after = Some(*last);
        count += keys.len();
        shared.writer.call(Call::Expire(keys)).await?;
    }
    Ok(count)
}
