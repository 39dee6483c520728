//! A result that is told exactly once: to the future that waits for it, or else as an event.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{mpsc, oneshot};

use crate::Event;
use crate::driver::Command;

type ToEvent<T> = Arc<dyn Fn(T) -> Event + Send + Sync>;

/// The driver's end.
pub(crate) struct Promise<T> {
    waiter: oneshot::Sender<T>,
    to_event: Option<ToEvent<T>>,
}

impl<T> Promise<T> {
    /// The event to tell, if nobody waits any longer and it matters.
    pub(crate) fn keep(self, result: T) -> Option<Event> {
        let result = self.waiter.send(result).err()?;
        self.to_event.map(|to_event| to_event(result))
    }
}

/// The application's end. `None` if the engine is destroyed before there is a result.
pub(crate) struct Awaited<T> {
    result: oneshot::Receiver<T>,
    to_event: Option<ToEvent<T>>,
    commands: mpsc::UnboundedSender<Command>,
}

/// `to_event`: what the result becomes when its future was dropped; without it, nothing.
pub(crate) fn promise<T>(
    commands: &mpsc::UnboundedSender<Command>,
    to_event: Option<ToEvent<T>>,
) -> (Promise<T>, Awaited<T>) {
    let (waiter, result) = oneshot::channel();
    let awaited = Awaited { result, to_event: to_event.clone(), commands: commands.clone() };
    (Promise { waiter, to_event }, awaited)
}

impl<T> Future for Awaited<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.result).poll(cx).map(Result::ok)
    }
}

impl<T> Drop for Awaited<T> {
    fn drop(&mut self) {
        // The result may have come after the last poll. One that was taken does not come again.
        let Some(to_event) = self.to_event.take() else { return };
        self.result.close();
        if let Ok(result) = self.result.try_recv() {
            let _ = self.commands.send(Command::Unheard(Box::new(to_event(result))));
        }
    }
}
