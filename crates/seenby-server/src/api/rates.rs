//! How often the back ends of one app may call.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use seenby_core::AppKey;
use seenby_protocol::Code;

use crate::rate::Rate;
use crate::refusal::Refusal;
use crate::settings;

/// Apps and calls whose rates are remembered; about 150 bytes each.
const RATES_MAX: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// What has a rate of its own. All other calls have one each, by their name.
pub(super) const TOKENS: &str = "tokens";
pub(super) const MESSAGES: &str = "messages";

pub(super) struct Rates {
    settings: settings::Api,
    rates: Mutex<LruCache<(AppKey, &'static str), Arc<Rate>>>,
}

impl Rates {
    pub(super) fn new(settings: &settings::Api) -> Self {
        Self { settings: settings.clone(), rates: Mutex::new(LruCache::new(RATES_MAX)) }
    }

    pub(super) fn check(&self, app: &AppKey, call: &'static str) -> Result<(), Refusal> {
        self.check_many(app, call, NonZeroU32::MIN)
    }

    /// A message to three groups counts three.
    pub(super) fn check_many(&self, app: &AppKey, call: &'static str, count: NonZeroU32) -> Result<(), Refusal> {
        let new = || Arc::new(Rate::new(self.per_second(call), Code::API_RATE_EXCEEDED));
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = rates.get_or_insert((app.clone(), call), new).clone();
        drop(rates);
        rate.check_many(count)
    }

    fn per_second(&self, call: &str) -> u32 {
        match call {
            TOKENS => self.settings.tokens_per_second,
            MESSAGES => self.settings.messages_per_second,
            _ => self.settings.calls_per_second,
        }
    }
}
