//! What the sessions of one server share: the store, who is online, the counters, the settings. No sockets, no tasks, no
//! clock.

use std::sync::Arc;
use std::time::Duration;

use seenby_storage::Storage;

use crate::delivery::Delivery;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::store::Store;

pub struct Node {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) metrics: Metrics,
}

impl Node {
    pub fn new(settings: Settings, storage: Arc<dyn Storage>) -> Self {
        let delivery = Delivery::new(settings.limits.clone());
        Self { settings, store: Store::new(storage), delivery, metrics: Metrics::new() }
    }

    /// A connection that has said nothing for so long counts as lost.
    pub fn silence_max(&self) -> Duration {
        self.settings.session.silence_max()
    }
}
