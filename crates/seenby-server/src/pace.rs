//! How much one connection may say in a second. Whoever says more waits: a flood of pings, of pieces of a byte or of frames as
//! large as possible would keep the server busy with decoding, for nothing, while others wait for it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// More than the limits let anybody say who means it: five messages of 128 KiB.
const BYTES_PER_SECOND: usize = 1024 * 1024;
const SECOND: Duration = Duration::from_secs(1);

/// A stream that is read at a pace.
pub(crate) struct Paced<S> {
    stream: S,
    /// What may be read until the second is over, or a buffer more.
    allowance: usize,
    second: Instant,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, allowance: BYTES_PER_SECOND, second: Instant::now(), pause: None }
    }

    /// Looks at the clock when the allowance is used up, and not before.
    fn poll_allowance(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.allowance == 0 {
            let end = self.second + SECOND;
            let pause = self.pause.get_or_insert_with(|| Box::pin(sleep_until(end)));
            ready!(pause.as_mut().poll(context));
            (self.allowance, self.second, self.pause) = (BYTES_PER_SECOND, Instant::now(), None);
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_allowance(context));
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.allowance = self.allowance.saturating_sub(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, repeat};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_read_at_a_pace_and_whoever_rested_may_say_as_much_again() {
        let mut flood = Paced::new(tokio::io::join(repeat(7), tokio::io::sink()));
        let mut bytes = vec![0; BYTES_PER_SECOND];
        let begin = Instant::now();
        for seconds in 0..4 {
            flood.read_exact(&mut bytes).await.unwrap();
            assert_eq!(begin.elapsed().as_secs(), seconds);
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        let rested = Instant::now();
        flood.read_exact(&mut bytes).await.unwrap();
        assert!(rested.elapsed().is_zero());
    }
}
