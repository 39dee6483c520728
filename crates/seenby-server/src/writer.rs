//! The one writer: a thread that brings the calls that are waiting to the [`Desk`], as one batch.
//!
//! While one batch is being synced the next one gathers in the queue, so throughput grows with load and latency stays
//! near one sync. It is a thread of its own because a commit blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use seenby_core::Call;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::call::{CallError, CallResult};
use crate::clock;
use crate::delivery::Told;
use crate::desk::{Desk, ReplyTo};

/// Calls that may wait for the writer: about one second of work at full speed. Beyond, their sockets are not read.
const QUEUE_CALLS_MAX: usize = 8_192;
/// Content of messages that may wait for the writer or be written: without this, as many calls could hold a gigabyte.
const QUEUE_KIB_MAX: usize = 64 * 1024;
/// Calls in one batch. An answer may carry 100 messages, so a batch holds at most some 400,000 answers.
const BATCH_CALLS_MAX: usize = 4_096;

/// A batch of so many calls says that there is load. After a smaller one nobody waits.
const BUSY_CALLS: usize = 8;
/// Under load, calls gather for so many times as long as the last commit took …
const GATHER_FACTOR: u32 = 3;
/// … but not longer than this, however slow the disk is: its own pace makes the batches large then.
const GATHER_MAX: Duration = Duration::from_millis(2);

/// Hands calls to the writer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Queued>,
    /// For content, in KiB. A call gives its room back with its result.
    room: Arc<Semaphore>,
    stopping: Arc<AtomicBool>,
}

/// A call with the place for its result. `None`: the writer is to stop here.
type Queued = Option<(Call, ReplyTo)>;

impl Writer {
    /// `feed`: where what others must be told goes, in the order of the commits.
    pub(crate) fn start(desk: Desk, feed: SyncSender<Told>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, calls) = mpsc::channel(QUEUE_CALLS_MAX);
        let thread = std::thread::Builder::new().name("seenby-writer".into()).spawn(move || run(desk, calls, &feed))?;
        let room = Arc::new(Semaphore::new(QUEUE_KIB_MAX));
        Ok((Self { queue, room, stopping: Arc::default() }, thread))
    }

    /// Hands over a call, or gives it back when the queue is full: then wait with [`submit`](Self::submit).
    pub(crate) fn try_submit(&self, call: Call, reply_to: ReplyTo) -> Option<(Call, ReplyTo)> {
        let reply_to = match kib_of(&call) {
            0 => reply_to,
            kib => match self.room.clone().try_acquire_many_owned(kib) {
                Ok(room) => reply_to.holding(room),
                Err(_) => return Some((call, reply_to)),
            },
        };
        match self.queue.try_send(Some((call, reply_to))) {
            Err(mpsc::error::TrySendError::Full(refused)) => refused,
            Err(mpsc::error::TrySendError::Closed(Some((_, reply_to)))) => {
                self.say_ended(reply_to);
                None
            }
            _ => None,
        }
    }

    /// Waits while the queue is full: that is the back-pressure.
    pub(crate) async fn submit(&self, call: Call, reply_to: ReplyTo) {
        // Room that it has got already is given back first.
        let reply_to = match kib_of(&call) {
            0 => reply_to,
            kib => {
                let reply_to = reply_to.holding(None);
                reply_to.holding(self.room.clone().acquire_many_owned(kib).await.ok())
            }
        };
        if let Err(mpsc::error::SendError(Some((_, reply_to)))) = self.queue.send(Some((call, reply_to))).await {
            self.say_ended(reply_to);
        }
    }

    /// If nobody told it to end, it panicked.
    fn say_ended(&self, reply_to: ReplyTo) {
        let ended = if self.stopping.load(Ordering::Acquire) { CallError::Closed } else { CallError::Store };
        reply_to.send(Err(ended));
    }

    pub(crate) async fn call(&self, call: Call) -> CallResult {
        let (waiter, result) = oneshot::channel();
        self.submit(call, ReplyTo::waiter(waiter)).await;
        result.await.unwrap_or(Err(CallError::Closed))
    }

    /// `false` once the writer has ended, in order or by a panic.
    pub(crate) fn is_alive(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Lets the writer finish what is in its queue and end.
    pub(crate) async fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        // An error says that it has ended already.
        let _ = self.queue.send(None).await;
    }
}

/// Larger content than there is room for at all waits for all of it.
fn kib_of(call: &Call) -> u32 {
    call.content_bytes().div_ceil(1_024).min(QUEUE_KIB_MAX) as u32
}

fn run(mut desk: Desk, mut queue: mpsc::Receiver<Queued>, feed: &SyncSender<Told>) {
    let (mut queued, mut batch) = (Vec::new(), Vec::new());
    let mut gather = Duration::ZERO;
    loop {
        let mut taken = queue.blocking_recv_many(&mut queued, BATCH_CALLS_MAX);
        if !gather.is_zero() {
            std::thread::sleep(gather);
            taken += take_waiting(&mut queue, &mut queued);
        }
        batch.extend(queued.drain(..).map_while(|queued| queued));
        let stop = batch.len() < taken || taken == 0;
        let begin = Instant::now();
        let news = desk.write(&mut batch, clock::now());
        if !news.is_empty() && feed.send(Told::Notices(news)).is_err() {
            // The feed ends after the writer unless it panicked. The writer ends as well, so that `/readyz` says so.
            tracing::error!("the feed has ended, and so does the writer");
            return;
        }
        gather = gathering(taken, begin.elapsed());
        if stop {
            return;
        }
    }
}

fn take_waiting(queue: &mut mpsc::Receiver<Queued>, queued: &mut Vec<Queued>) -> usize {
    let before = queued.len();
    while queued.len() < BATCH_CALLS_MAX
        && let Ok(more) = queue.try_recv()
    {
        queued.push(more);
    }
    queued.len() - before
}

/// How long to let calls gather before the next batch. Small batches are what costs: under load the writer rests longer than
/// it works.
fn gathering(calls: usize, took: Duration) -> Duration {
    match calls < BUSY_CALLS {
        true => Duration::ZERO,
        false => (GATHER_FACTOR * took).min(GATHER_MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use seenby_core::{AppKey, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, UserId};
    use seenby_storage::Memory;

    use super::*;
    use crate::node::Node;
    use crate::settings::Settings;

    fn large_message() -> Call {
        let app = AppKey::new("app").unwrap();
        let group = GroupName { app, kind: GroupKind::Group, id: GroupId::new("ward").unwrap() };
        let draft =
            Draft { client_ref: ClientRef::new("1").unwrap(), content: vec![0; 128 * 1_024], need_receipt: false };
        Call::Send { conversation: ConversationName::new(group, None), user: UserId::new("alice").unwrap(), draft }
    }

    #[tokio::test]
    async fn large_messages_wait_for_room_while_the_disk_is_slow() {
        let store = Arc::new(Memory::new());
        let node = Arc::new(Node::new(Settings::default(), store.clone(), 1));
        let (writer, thread) = Writer::start(Desk::new(node), sync_channel(1).0).unwrap();
        let held = store.hold_commits();
        let mut results = Vec::new();
        let refused = loop {
            let (waiter, result) = oneshot::channel();
            match writer.try_submit(large_message(), ReplyTo::waiter(waiter)) {
                None => results.push(result),
                Some((call, reply_to)) => break (call, reply_to, result),
            }
        };
        assert_eq!(results.len(), QUEUE_KIB_MAX / 128, "what is being written counts as well");
        drop(held);
        let (call, reply_to, result) = refused;
        writer.submit(call, reply_to).await;
        for result in results.into_iter().chain([result]) {
            assert!(result.await.is_ok(), "every call has a result");
        }
        writer.stop().await;
        thread.join().unwrap();
    }

    #[test]
    fn under_load_calls_gather_and_on_a_quiet_server_nobody_waits() {
        let took = Duration::from_micros(200);
        assert_eq!(gathering(BUSY_CALLS - 1, took), Duration::ZERO);
        assert_eq!(gathering(BUSY_CALLS, took), Duration::from_micros(600));
        assert_eq!(gathering(4_096, Duration::from_millis(50)), GATHER_MAX);
    }
}
