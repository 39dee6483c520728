//! Starting, running and stopping.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use rand::Rng as _;
use seenby_storage::{Storage, StorageError};
use tokio::net::{TcpListener, UnixListener};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::administration::{Actor, Administration};
use crate::desk::Desk;
use crate::node::Node;
use crate::page::Page;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::tls::TlsError;
use crate::writer::Writer;
use crate::{feed, http, retention, tls};

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the store cannot be used")]
    Store(#[from] StorageError),
    #[error("cannot set up {what}")]
    Io {
        what: String,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Where a server listens. Bind them first: then port 0 can be asked for its number, and nothing starts half.
pub struct Listeners {
    /// For clients.
    pub clients: TcpListener,
    /// For `/metrics` and the health checks.
    pub ops: Option<TcpListener>,
    /// For administration on this machine.
    pub admin: Option<UnixListener>,
}

/// A server with its store open, ready to run.
pub struct Server {
    shared: Arc<Shared>,
    tls: Option<tokio_rustls::TlsAcceptor>,
    page: Option<Arc<Page>>,
    /// The writer, and the feed, which ends with it.
    threads: [JoinHandle<()>; 2],
}

impl Server {
    pub fn new(settings: Settings, storage: Arc<dyn Storage>) -> Result<Self, StartError> {
        let tls = tls::acceptor(&settings.tls)?;
        // Another one at each start.
        let number = rand::rng().random_range(0..1 << 24);
        let node = Arc::new(Node::new(settings, storage, number));
        let failed = |source| StartError::Io { what: "the writer's threads".into(), source };
        let (feed, feed_thread) = feed::start(node.clone()).map_err(failed)?;
        let (writer, writer_thread) = Writer::start(Desk::new(node.clone()), feed).map_err(failed)?;
        let shared = Arc::new(Shared { node, writer, stopping: CancellationToken::new(), tasks: TaskTracker::new() });
        Ok(Self { shared, tls, page: None, threads: [writer_thread, feed_thread] })
    }

    /// Serves a chat page at `/`, where clients connect.
    pub fn with_page(self, page: Page) -> Self {
        Self { page: Some(Arc::new(page)), ..self }
    }

    /// What an operator can do, for use within this process.
    pub fn administration(&self) -> Administration {
        Administration::new(&self.shared, Actor::Program)
    }

    /// The server API without its sockets, for whoever drives it by hand.
    #[doc(hidden)]
    pub fn api(&self) -> axum::Router {
        crate::api::router(&self.shared)
    }

    /// Serves until `shutdown` is ready; then takes nothing new, answers what is under way, and returns when everything
    /// that was answered is on disk.
    pub async fn run(self, listeners: Listeners, shutdown: impl Future<Output = ()>) {
        let Self { shared, tls, page, threads } = self;
        // Before anybody can write: what the store has now is compared with the clock.
        retention::begin(&shared).await;
        let administration = Administration::new(&shared, Actor::Operator);
        let mut services = tokio::task::JoinSet::new();
        services.spawn(http::serve_clients(listeners.clients, tls, page, shared.clone()));
        if let Some(ops) = listeners.ops {
            services.spawn(http::serve_ops(ops, shared.clone()));
        }
        if let Some(socket) = listeners.admin {
            services.spawn(http::serve_admin(socket, administration, shared.clone()));
        }
        services.spawn(retention::sweep(shared.clone()));
        shutdown.await;
        tracing::info!("stopping");
        shared.stopping.cancel();
        shared.node.delivery.stop();
        shared.tasks.close();
        let last_words = async {
            while services.join_next().await.is_some() {}
            shared.tasks.wait().await;
        };
        // Sessions end by themselves; what is left is a peer that does not take what it asked for.
        if timeout(shared.node.settings.stop_timeout(), last_words).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        services.abort_all();
        shared.writer.stop().await;
        let ended = tokio::task::spawn_blocking(move || threads.into_iter().all(|thread| thread.join().is_ok()));
        if !matches!(ended.await, Ok(true)) {
            tracing::error!("the writer did not end well");
        }
        tracing::info!("stopped");
    }
}
