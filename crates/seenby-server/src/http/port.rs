//! A port of the server: so many connections, each with limits on everything that a peer could drag out.
//!
//! Accepts by itself instead of `axum::serve`, which sets no time limit for the head of a request or for the taking of a
//! response, and no bound on connections.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::serve::{Listener, ListenerExt as _};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::exchange::{Exchange, Persistence};
use super::places::{Place, Places};
use super::write_timeout::{WriteLimits, WriteTimeout};
use crate::settings;
use crate::shared::Shared;

/// The head of a request; and what is gathered of responses before the peer has to take some.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

pub(crate) struct Port {
    router: Router,
    settings: settings::Http,
    write_limits: Arc<WriteLimits>,
    shared: Arc<Shared>,
    places: Arc<Places>,
}

impl Port {
    pub(crate) fn new(router: Router, places_max: usize, shared: &Arc<Shared>) -> Arc<Self> {
        let settings = &shared.node.settings;
        let write_limits = WriteLimits {
            timeout: settings.session.write_timeout(),
            last_timeout: settings.shutdown.goodbye_timeout(),
            stopping: shared.stopping.clone(),
        };
        Arc::new(Self {
            router,
            settings: settings.http.clone(),
            write_limits: Arc::new(write_limits),
            shared: shared.clone(),
            places: Places::new(places_max),
        })
    }

    /// Until the server stops.
    pub(crate) async fn serve_tcp(self: Arc<Self>, listener: TcpListener, tls: Option<TlsAcceptor>) {
        // Replies are flushed when they are complete, so waiting for more only adds delay.
        let mut listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        while let Some((stream, place)) = self.next(&mut listener).await {
            let (port, tls) = (self.clone(), tls.clone());
            self.spawn(async move {
                match tls {
                    None => port.converse(stream, &port.router, place).await,
                    Some(tls) => port.converse_over_tls(stream, tls, place).await,
                }
            });
        }
    }

    /// Until the server stops.
    pub(crate) async fn serve_unix(self: Arc<Self>, mut listener: UnixListener) {
        while let Some((stream, place)) = self.next(&mut listener).await {
            let port = self.clone();
            self.spawn(async move { port.converse(stream, &port.router, place).await });
        }
    }

    fn spawn(&self, connection: impl Future<Output = Ended> + Send + 'static) {
        self.shared.tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error, "a connection ended badly");
            }
        });
    }

    /// The next connection for which there is a place. Without one it is closed at once, and the client tries again later.
    async fn next<L: Listener>(&self, listener: &mut L) -> Option<(WriteTimeout<L::Io>, Place)> {
        loop {
            let (stream, _) = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.shared.stopping.cancelled() => return None,
            };
            if let Some(place) = self.places.take() {
                return Some((WriteTimeout::new(stream, self.write_limits.clone()), place));
            }
        }
    }

    /// What becomes of a connection after its request of this number.
    pub(super) fn persistence<B>(&self, request: &Request<B>, number: u32) -> Persistence {
        if number >= self.settings.requests_per_connection_max {
            return Persistence::Closes;
        }
        match Persistence::is_wanted(request) {
            true => Persistence::Keeps { idle_seconds: self.settings.idle_timeout().as_secs() },
            false => Persistence::Unwanted,
        }
    }

    async fn converse_over_tls(
        self: &Arc<Self>,
        stream: WriteTimeout<TcpStream>,
        tls: TlsAcceptor,
        place: Place,
    ) -> Ended {
        let head_timeout = self.settings.head_timeout();
        let first = tokio::select! {
            byte = timeout(head_timeout, first_byte(stream.get_ref())) => byte??,
            () = self.is_called_off(&place) => return Err("no handshake came before somebody else, or the end".into()),
        };
        if is_plain(first) {
            return self.converse(stream, &Router::new().fallback(plain_on_tls), place).await;
        }
        let stream = tokio::select! {
            stream = timeout(head_timeout, tls.accept(stream)) => stream??,
            () = self.is_called_off(&place) => return Err("somebody else, or the end, came before a handshake".into()),
        };
        self.converse(stream, &self.router, place).await
    }

    /// Ready when whoever has done nothing here yet has to go.
    async fn is_called_off(&self, place: &Place) {
        tokio::select! {
            () = place.given_up() => {}
            () = self.shared.stopping.cancelled() => {}
        }
    }

    /// Serves one connection until either side ends it, or it is a WebSocket.
    async fn converse<S>(self: &Arc<Self>, stream: S, router: &Router, place: Place) -> Ended
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let first_request = Arc::new(Notify::new());
        let exchange = Exchange::new(self.clone(), router.clone(), place.clone(), first_request.clone());
        let served = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            // It begins at the end of a response, so it is the time without a request too.
            .header_read_timeout(self.settings.idle_timeout())
            .max_buf_size(BUFFER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), exchange)
            .with_upgrades();
        let mut served = pin!(served);
        tokio::select! {
            // In this order: a request that is there is served.
            biased;
            ended = served.as_mut() => return Ok(ended?),
            is_over = self.last_request(&first_request, &place) => is_over?,
        }
        // It closes at once if there is no request under way.
        served.as_mut().graceful_shutdown();
        Ok(served.await?)
    }

    /// Ready when the request that is under way is to be the last. Whoever makes none to begin with has less time.
    async fn last_request(&self, first_request: &Notify, place: &Place) -> Ended {
        tokio::select! {
            biased;
            () = first_request.notified() => {}
            () = sleep(self.settings.head_timeout()) => return Err("no request came in time".into()),
            () = self.is_called_off(place) => return Err("no request came before somebody else, or the end".into()),
        }
        self.is_called_off(place).await;
        Ok(())
    }
}

async fn first_byte(stream: &TcpStream) -> io::Result<u8> {
    let mut byte = [0];
    match stream.peek(&mut byte).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(byte[0]),
    }
}

/// A handshake begins with a number; a request of plain HTTP with the name of a method.
fn is_plain(first_byte: u8) -> bool {
    first_byte.is_ascii_alphabetic()
}

async fn plain_on_tls() -> impl IntoResponse {
    let closing = [(header::CONNECTION, "close")];
    (StatusCode::BAD_REQUEST, closing, "This port speaks TLS: connect with https:// or wss://.\n")
}
