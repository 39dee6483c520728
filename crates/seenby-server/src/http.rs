//! HTTP: the WebSocket endpoint, the server API, the chat page, the health checks and the metrics.
//!
//! Accepts by itself instead of `axum::serve`, which sets no time limit for a request's head: a client that dribbles
//! bytes could hold its connection for ever.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use axum::routing::get;
use axum::{Extension, Json, Router};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use seenby_protocol::ENDPOINT_PATH;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::page::{self, Page};
use crate::shared::Shared;
use crate::{api, connection, websocket};

/// Time for the head of a request, and for a TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after a failed accept: when files run out, waiting is all that helps.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The operators' own, so that a full house of clients does not hide the metrics.
const OPS_CONNECTIONS_MAX: usize = 64;

pub(crate) async fn serve_clients(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    page: Option<Arc<Page>>,
    shared: Arc<Shared>,
) {
    let router = Router::new()
        .route("/", get("Seenby. Clients connect to /v1/connect.\n"))
        .route(ENDPOINT_PATH, get(connect))
        .merge(health())
        .with_state(shared.clone())
        .merge(api::router(&shared));
    let router = match page {
        Some(page) => page::before(router, page),
        None => router,
    };
    let connections = Arc::new(Semaphore::new(shared.node.settings.limits.connections_max));
    serve(listener, tls, router, shared, connections).await;
}

pub(crate) async fn serve_ops(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new().route("/metrics", get(metrics)).merge(health()).with_state(shared.clone());
    let connections = Arc::new(Semaphore::new(OPS_CONNECTIONS_MAX));
    serve(listener, None, router, shared, connections).await;
}

async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    shared: Arc<Shared>,
    connections: Arc<Semaphore>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = shared.stopping.cancelled() => return,
        };
        // No permit: the connection is closed at once, and the client tries again later.
        let Ok(permit) = connections.clone().try_acquire_owned() else { continue };
        let place = Place { _permit: Arc::new(permit) };
        let (tls, shared) = (tls.clone(), shared.clone());
        let router = InPlace { router: router.clone(), place: place.clone() };
        let tasks = shared.tasks.clone();
        tasks.spawn(async move {
            let served = match tls {
                None => serve_stream(accepted, router, &shared).await,
                Some(tls) => match timeout(HEAD_TIMEOUT, tls.accept(accepted)).await {
                    Ok(Ok(stream)) => serve_stream(stream, router, &shared).await,
                    Ok(Err(error)) => Err(error.into()),
                    Err(_) => Err("TLS handshake timed out".into()),
                },
            };
            if let Err(error) = served {
                tracing::debug!(error, "a connection ended badly");
            }
            drop(place);
        });
    }
}

/// A place among the connections that may be open. It goes with the socket, over the upgrade to a WebSocket too.
#[derive(Clone)]
struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// Tells every request of a connection its place. A layer around the router would do the same, but wrap every route anew for
/// each connection.
#[derive(Clone)]
struct InPlace {
    router: Router,
    place: Place,
}

impl hyper::service::Service<Request<Incoming>> for InPlace {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.place.clone());
        self.router.clone().call(request)
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    let mut failed = false;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Replies are flushed when they are complete, so waiting for more only adds delay.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                // Once, not ten times a second for as long as it lasts.
                if !std::mem::replace(&mut failed, true) {
                    tracing::warn!(%error, "cannot accept connections");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn serve_stream<S>(
    stream: S,
    router: InPlace,
    shared: &Shared,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), router)
        .with_upgrades();
    tokio::pin!(served);
    tokio::select! {
        ended = served.as_mut() => return Ok(ended?),
        () = shared.stopping.cancelled() => {}
    }
    served.as_mut().graceful_shutdown();
    Ok(served.await?)
}

async fn connect(
    State(shared): State<Arc<Shared>>,
    Extension(place): Extension<Place>,
    mut request: Request,
) -> Response {
    let (response, upgrade) = websocket::accept(&mut request);
    if let Some(upgrade) = upgrade {
        let tasks = shared.tasks.clone();
        tasks.spawn(async move {
            match upgrade.await {
                Ok(stream) => connection::serve(websocket::open(stream), shared).await,
                Err(error) => tracing::debug!(%error, "a connection was not upgraded"),
            }
            drop(place);
        });
    }
    response
}

fn health() -> Router<Arc<Shared>> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

/// The process lives and answers.
async fn healthz() -> impl IntoResponse {
    Json(json!({ "status": "ok" }))
}

/// The process takes work.
async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    match shared.check_ready() {
        Ok(()) => Json(json!({ "status": "ready" })).into_response(),
        Err(refusal) => {
            let body = json!({ "status": "not ready", "code": refusal.code.0, "reason": refusal.detail });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], shared.node.metrics.render())
}
