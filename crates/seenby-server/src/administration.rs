//! What an operator or a back end can do. Every face (the local socket, the vendor's server API, our own) calls these
//! functions, and nothing else knows how they are done.
//!
//! Each call that changes something or hands out a token leaves a line in the audit log: see [`audit`].

mod apps;
mod audit;
mod groups;
mod messages;
mod users;

use std::sync::Arc;

use seenby_core::{Call, Outcome, UserId};

pub use self::apps::NewKey;
pub(crate) use self::apps::{KEY_PREFIX, LIFETIME_MAX, key_hash};
pub use self::audit::Actor;
use self::audit::Object;
pub use self::groups::{GroupSummary, group_name};
pub(crate) use self::groups::{conversation_name, group_id, kind_name};
pub(crate) use self::messages::{NewMessage, RequestProgress};
pub use self::users::UserSummary;
pub(crate) use self::users::{NAME_CHARS_MAX, PORTRAIT_CHARS_MAX};
use crate::delivery::Delivery;
use crate::from_wire;
use crate::refusal::Refusal;
use crate::settings::Limits;
use crate::shared::Shared;
use crate::store::Store;
use crate::writer::Writer;

/// Listings give at most this many items unless asked for fewer; there is always a way to continue behind the last.
const LIST_MAX: usize = 1_000;

#[derive(Clone)]
pub struct Administration {
    store: Store,
    writer: Writer,
    delivery: Arc<Delivery>,
    limits: Limits,
    /// In whose name.
    actor: Actor,
}

type Result<T> = std::result::Result<T, Refusal>;

impl Administration {
    pub(crate) fn new(shared: &Shared, actor: Actor) -> Self {
        Self {
            store: shared.node.store.clone(),
            writer: shared.writer.clone(),
            delivery: shared.node.delivery.clone(),
            limits: shared.node.settings.limits.clone(),
            actor,
        }
    }

    pub(crate) fn acting_as(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    async fn write(&self, what: &'static str, object: Object, call: Call) -> Result<()> {
        self.call(what, object, call).await.map(drop)
    }

    async fn call(&self, what: &'static str, object: Object, call: Call) -> Result<Outcome> {
        let outcome = self.writer.call(call).await.map_err(Refusal::from);
        self.audit(what, &object, &outcome);
        outcome
    }
}

fn user_id(text: &str) -> Result<UserId> {
    from_wire::user_id(text)
}

fn user_ids<S: AsRef<str>>(texts: &[S]) -> Result<Vec<UserId>> {
    texts.iter().map(|text| user_id(text.as_ref())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
