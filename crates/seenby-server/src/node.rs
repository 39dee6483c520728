//! What the sessions of one server share: the store, who is online, the counters, the settings. No sockets, no tasks, no
//! clock. Several nodes may stand on one store.

use std::sync::Arc;
use std::time::Duration;

use seenby_storage::Storage;

use crate::delivery::{Delivery, Told};
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::store::Store;

pub struct Node {
    pub(crate) number: u32,
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) metrics: Metrics,
}

impl Node {
    /// `number`: 24 bits that no other node of this store has, nor another life of this one. Ids of messages and numbers of
    /// devices are kept apart by it.
    pub fn new(settings: Settings, storage: Arc<dyn Storage>, number: u32) -> Self {
        let delivery = Delivery::new(settings.limits.clone(), number);
        Self { number, settings, store: Store::new(storage), delivery, metrics: Metrics::new() }
    }

    /// Tells those who are online at this node.
    pub fn tell(&self, told: Told) {
        self.delivery.tell(told);
    }

    /// A connection that has said nothing for so long counts as lost.
    pub fn silence_max(&self) -> Duration {
        self.settings.session.silence_max()
    }
}
