//! The way of what was committed to those who are online: a channel, since this node has its store alone. It ends with the
//! writer.
//!
//! Telling thousands takes its time, and the writer goes on meanwhile.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::delivery::Told;
use crate::node::Node;

/// Batches that may wait to be told. Beyond, the writer waits: it must not get ever further ahead.
const BATCHES_MAX: usize = 64;

pub(crate) fn start(node: Arc<Node>) -> io::Result<(SyncSender<Told>, JoinHandle<()>)> {
    let (feed, told) = sync_channel(BATCHES_MAX);
    let tell = move || told.into_iter().for_each(|told| node.tell(told));
    let thread = thread::Builder::new().name("seenby-feed".into()).spawn(tell)?;
    Ok((feed, thread))
}
