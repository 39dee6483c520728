//! Passes notices from the writer to [`Node::tell`] on a separate thread, so that the writer does not wait while sessions are
//! notified. The thread ends with the writer.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::delivery::Told;
use crate::node::Node;

/// Batches that may wait to be told. Beyond, the writer waits: it must not get ever further ahead.
const BATCHES_MAX: usize = 8;

pub(crate) fn start(node: Arc<Node>) -> io::Result<(SyncSender<Told>, JoinHandle<()>)> {
    let (feed, told) = sync_channel(BATCHES_MAX);
    let tell = move || told.into_iter().for_each(|told| node.tell(told));
    let thread = thread::Builder::new().name("seenby-feed".into()).spawn(tell)?;
    Ok((feed, thread))
}
