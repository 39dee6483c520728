//! What every part of a running server uses.

use std::sync::Arc;

use seenby_protocol::Code;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::node::Node;
use crate::refusal::Refusal;
use crate::writer::Writer;

pub(crate) struct Shared {
    pub(crate) node: Arc<Node>,
    pub(crate) writer: Writer,
    /// Cancelled when the server begins to stop.
    pub(crate) stopping: CancellationToken,
    /// Every connection, so that stopping can wait for them.
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    /// Why no work should be sent here now.
    pub(crate) async fn check_ready(&self) -> Result<(), Refusal> {
        if self.stopping.is_cancelled() {
            return Err(Refusal::new(Code::SHUTTING_DOWN, "the server stops"));
        }
        if !self.node.store.is_in_place().await? {
            return Err(Refusal::new(
                Code::STORE_UNAVAILABLE,
                "the store's files are no longer where they were opened",
            ));
        }
        match self.node.store.takes_writes() && self.writer.is_alive() {
            true => Ok(()),
            false => Err(Refusal::new(Code::STORE_UNAVAILABLE, "the store takes no writes")),
        }
    }
}
