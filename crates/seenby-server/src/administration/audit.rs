//! The audit log: who did what to what, and how it ended. One line each, with the target `audit`; never a secret, never a
//! token.

use std::fmt::{self, Display};

use seenby_core::{AppKey, KeyId};
use seenby_protocol::Code;

use super::{Administration, Result};

/// In whose name a call is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever may open the administration socket.
    Operator,
    /// The program that this server is a part of.
    Program,
    /// A back end that knows the app's secret.
    App(AppKey),
    /// A back end with a scoped key.
    Key(AppKey, KeyId),
}

impl Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Program => f.write_str("program"),
            Self::App(app) => write!(f, "app {app}"),
            Self::Key(app, key) => write!(f, "key {key} of {app}"),
        }
    }
}

impl Administration {
    /// `object` holds ids, which people choose: it is quoted, so that none can pass for another field.
    pub(super) fn audit<T>(&self, what: &'static str, object: &dyn Display, result: &Result<T>) {
        let code = result.as_ref().map_or_else(|refusal| refusal.code, |_| Code::SUCCESS);
        let (who, object) = (self.actor.to_string(), object.to_string());
        tracing::info!(target: "audit", who, what, object, result = code.0);
    }
}
