//! HTTP: the WebSocket endpoint, the server API, the chat page, the health checks and the metrics; and the local
//! administration.
//!
//! * `port`: accepting, and what bounds a connection;
//! * `places`: how many there may be, and who has to go when few are left;
//! * `exchange`: the requests of one connection;
//! * `write_timeout`: how long a peer may take over what it is sent.

mod exchange;
pub(crate) mod header_list;
mod places;
mod port;
mod write_timeout;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use seenby_protocol::ENDPOINT_PATH;
use serde_json::json;
use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::TlsAcceptor;

pub(crate) use self::places::Place;
use self::port::Port;
use crate::administration::Administration;
use crate::page::{self, Page};
use crate::shared::Shared;
use crate::{admin, api, connection, websocket};

/// The operators' own, so that a full house of clients does not hide the metrics.
const OPS_CONNECTIONS_MAX: usize = 32;
const ADMIN_CONNECTIONS_MAX: usize = 16;
/// Connections that may be open beside those of clients.
pub const OPERATOR_CONNECTIONS_MAX: usize = OPS_CONNECTIONS_MAX + ADMIN_CONNECTIONS_MAX;

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
    let connections_max = shared.node.settings.limits.connections_max;
    Port::new(router, connections_max, &shared).serve_tcp(listener, tls).await;
}

pub(crate) async fn serve_ops(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new()
        .route("/", get("Seenby, for operators: /metrics, /healthz, /readyz.\n"))
        .route("/metrics", get(metrics))
        .merge(health())
        .with_state(shared.clone());
    Port::new(router, OPS_CONNECTIONS_MAX, &shared).serve_tcp(listener, None).await;
}

pub(crate) async fn serve_admin(socket: UnixListener, administration: Administration, shared: Arc<Shared>) {
    Port::new(admin::router(administration), ADMIN_CONNECTIONS_MAX, &shared).serve_unix(socket).await;
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
                Ok(stream) => connection::serve(websocket::open(stream), place, shared).await,
                Err(error) => tracing::debug!(%error, "a connection was not upgraded"),
            }
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
    match shared.check_ready().await {
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
