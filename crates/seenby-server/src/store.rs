//! The one way to the store. A read may take as long as the disk takes, or the network, so it runs on a thread where blocking
//! is fine. Only the writer, which has a thread of its own, is given the store itself.

use std::sync::Arc;

use seenby_core::{AppKey, Limits, Timestamp};
use seenby_protocol::frames;
use seenby_storage::{LedgerWriter, Reads, Storage};

use crate::clock;
use crate::node::Node;
use crate::reads::Read;
use crate::refusal::Refusal;
use crate::session::{Arrival, Session};

#[derive(Clone)]
pub(crate) struct Store(Arc<dyn Storage>);

impl Store {
    pub(crate) fn new(storage: Arc<dyn Storage>) -> Self {
        Self(storage)
    }

    /// Gives what was found, all of it at one moment. A read that panics is an internal error of this call, and of no other.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Reads) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.blocking(move |storage| read(&*storage.snapshot())).await?
    }

    /// See [`Storage::is_in_place`].
    pub(crate) async fn is_in_place(&self) -> Result<bool, Refusal> {
        self.blocking(Storage::is_in_place).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Storage) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let storage = self.0.clone();
        tokio::task::spawn_blocking(move || work(&*storage)).await.map_err(|_| Refusal::internal())
    }

    /// See [`sign_in`].
    pub(crate) async fn sign_in(
        &self,
        node: Arc<Node>,
        call: frames::SignIn,
    ) -> Result<(Session, frames::SignedIn), Refusal> {
        self.blocking(move |storage| sign_in(&node, storage, &call, clock::now())).await?
    }

    /// Runs a session's read against one snapshot. The session's mailbox gets what it found, or that it failed.
    pub(crate) fn look(&self, read: Read) {
        let storage = self.0.clone();
        tokio::task::spawn_blocking(move || read.look(&*storage.snapshot()).deliver());
    }

    /// For the writer's thread. `node`: see [`LedgerWriter::new`].
    pub(crate) fn writer(&self, limits: Limits, node: u32) -> LedgerWriter<dyn Storage> {
        LedgerWriter::new(self.0.clone(), limits, node)
    }

    pub(crate) fn id(&self) -> &str {
        self.0.store_id()
    }

    /// See [`Storage::takes_writes`]. Does not block.
    pub(crate) fn takes_writes(&self) -> bool {
        self.0.takes_writes()
    }
}

/// The session of whoever shows a good token, and what it is told. Blocks as long as the store takes.
pub fn sign_in(
    node: &Arc<Node>,
    storage: &dyn Storage,
    call: &frames::SignIn,
    now: Timestamp,
) -> Result<(Session, frames::SignedIn), Refusal> {
    // What cannot be the key of an app is the key of none.
    let key = AppKey::new(&call.app_key).ok();
    let app = key.map(|key| storage.snapshot().app(&key)).transpose()?.flatten();
    let arrival = Arrival::new(node, call, app, now)?;
    // Of a moment after the registration: who is kept out before it is seen here, and who is kept out after it is told.
    let snapshot = storage.snapshot();
    let (app, user) = arrival.name();
    let found = (snapshot.app(app)?, snapshot.user(app, user)?);
    arrival.admit(found, now)
}
