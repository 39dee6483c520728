//! How long a peer may take over what it is sent. A peer that reads nothing, or a byte now and then, would otherwise keep
//! its connection, and the memory of what it is owed, for as long as it likes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Whoever takes less is not reading but holding on. A slow mobile line takes ten times as much.
const BYTES_PER_SECOND_MIN: usize = 1024;

/// The same for all connections of a server.
pub(crate) struct WriteLimits {
    /// Time for which nothing is taken. What is taken gives time back, at [`BYTES_PER_SECOND_MIN`].
    pub(crate) timeout: Duration,
    /// The same once the server stops.
    pub(crate) last_timeout: Duration,
    pub(crate) stopping: CancellationToken,
}

/// A stream whose writes fail with [`io::ErrorKind::TimedOut`] when the peer takes too little.
pub(crate) struct WriteTimeout<S> {
    stream: S,
    limits: Arc<WriteLimits>,
    /// Time that the peer has kept us waiting and not made up for.
    debt: Duration,
    /// Boxed: nearly always there is room at once, and no need for a timer.
    waiting: Option<Pin<Box<Waiting>>>,
}

struct Waiting {
    since: Instant,
    end: Pin<Box<Sleep>>,
    /// Until it has been noticed.
    stopping: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl<S> WriteTimeout<S> {
    pub(crate) fn new(stream: S, limits: Arc<WriteLimits>) -> Self {
        Self { stream, limits, debt: Duration::ZERO, waiting: None }
    }

    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// What a write has come to, unless it has been waiting for too long.
    fn check<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        let Poll::Ready(written) = written else {
            ready!(self.poll_timeout(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        };
        let taken = written.as_ref().map_or(0, bytes);
        self.debt = match self.waiting.take() {
            // Room at once: the peer has caught up.
            None => Duration::ZERO,
            Some(waiting) => {
                let earned = Duration::from_secs_f64(taken as f64 / BYTES_PER_SECOND_MIN as f64);
                (self.debt + waiting.since.elapsed()).saturating_sub(earned)
            }
        };
        Poll::Ready(written)
    }

    fn poll_timeout(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let (limits, debt) = (&self.limits, self.debt);
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(Waiting::new(limits, debt)));
        if let Some(stopping) = &mut waiting.stopping
            && stopping.as_mut().poll(context).is_ready()
        {
            waiting.stopping = None;
            let end = waiting.end.deadline().min(Instant::now() + limits.last_timeout);
            waiting.end.as_mut().reset(end);
        }
        waiting.end.as_mut().poll(context)
    }
}

impl Waiting {
    fn new(limits: &WriteLimits, debt: Duration) -> Self {
        let since = Instant::now();
        Self {
            since,
            end: Box::pin(sleep_until(since + limits.timeout.saturating_sub(debt))),
            stopping: Some(Box::pin(limits.stopping.clone().cancelled_owned())),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.check(context, written, |taken| *taken)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.check(context, written, |taken| *taken)
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::sleep;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);
    const LAST_TIMEOUT: Duration = Duration::from_secs(2);
    /// What lies between the peers, unread.
    const ROOM: usize = 4_096;

    fn stream() -> (WriteTimeout<DuplexStream>, DuplexStream, CancellationToken) {
        let (near, far) = duplex(ROOM);
        let stopping = CancellationToken::new();
        let limits = WriteLimits { timeout: TIMEOUT, last_timeout: LAST_TIMEOUT, stopping: stopping.clone() };
        (WriteTimeout::new(near, Arc::new(limits)), far, stopping)
    }

    /// Reads `bytes` every `pause`, and gives up its end when there is no more.
    async fn reads(mut peer: DuplexStream, bytes: usize, pause: Duration) {
        let mut buffer = vec![0; bytes];
        loop {
            sleep(pause).await;
            if peer.read_exact(&mut buffer).await.is_err() {
                return;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (mut stream, _peer, _) = stream();
        stream.write_all(&[0; ROOM]).await.unwrap();
        let begin = Instant::now();
        assert_eq!(stream.write_all(&[0]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begin.elapsed().as_secs(), TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_byte_now_and_then_is_given_up() {
        let (mut stream, peer, _) = stream();
        tokio::spawn(reads(peer, 1, Duration::from_secs(3)));
        let begin = Instant::now();
        assert_eq!(stream.write_all(&[0; 2 * ROOM]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begin.elapsed().as_secs(), TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_is_slow_gets_it_all() {
        let (mut stream, peer, _) = stream();
        tokio::spawn(reads(peer, ROOM, Duration::from_secs(3)));
        stream.write_all(&vec![0; 100 * ROOM]).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_of_a_peer_that_catches_up_do_not_add_up() {
        let (mut stream, mut peer, _) = stream();
        for _ in 0..10 {
            let late = async {
                sleep(Duration::from_secs(7)).await;
                peer.read_exact(&mut [0; ROOM + 1]).await.unwrap();
            };
            let (written, ()) = tokio::join!(stream.write_all(&[0; ROOM + 1]), late);
            written.unwrap();
            stream.write_all(&[0]).await.unwrap();
            peer.read_exact(&mut [0]).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn once_the_server_stops_there_is_less_time() {
        let (mut stream, _peer, stopping) = stream();
        stream.write_all(&[0; ROOM]).await.unwrap();
        let begin = Instant::now();
        let stops = async {
            sleep(Duration::from_secs(3)).await;
            stopping.cancel();
        };
        let (written, ()) = tokio::join!(stream.write_all(&[0]), stops);
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(begin.elapsed().as_secs(), 3 + LAST_TIMEOUT.as_secs());
    }
}
