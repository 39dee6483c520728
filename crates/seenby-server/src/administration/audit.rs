//! The audit log: who did what to what, and how it ended. One line for each thing that a call is about, with the target
//! `audit`; never a secret, never a token.

use std::fmt::{self, Display};

use seenby_core::{AppKey, ConversationName, GroupName, KeyId, MessageUid, UserId};
use seenby_protocol::Code;

use super::groups::kind_name;
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

/// Users that a line names; of longer lists it says how many there are.
const USERS_LOGGED_MAX: usize = 20;

/// What a call is about. People choose ids, so each stands in a field of its own, which the log quotes: none can pass for
/// another field.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    app: String,
    group: Option<(&'static str, String)>,
    channel: Option<String>,
    user: Option<String>,
    /// As JSON.
    users: Option<String>,
    user_count: Option<usize>,
    message: Option<String>,
    key: Option<String>,
}

impl Object {
    pub(super) fn app(app: &AppKey) -> Self {
        Self { app: app.to_string(), ..Self::default() }
    }

    pub(super) fn group(group: &GroupName) -> Self {
        Self { group: Some((kind_name(group.kind), group.id.to_string())), ..Self::app(&group.app) }
    }

    pub(super) fn conversation(name: &ConversationName) -> Self {
        Self { channel: name.channel.as_ref().map(ToString::to_string), ..Self::group(&name.group) }
    }

    pub(super) fn channel(self, channel: impl Display) -> Self {
        Self { channel: Some(channel.to_string()), ..self }
    }

    pub(super) fn user(self, user: &UserId) -> Self {
        Self { user: Some(user.to_string()), ..self }
    }

    pub(super) fn users<S: AsRef<str>>(self, users: &[S]) -> Self {
        let named: Vec<&str> = users.iter().take(USERS_LOGGED_MAX).map(AsRef::as_ref).collect();
        let count = (users.len() > named.len()).then_some(users.len());
        Self { users: Some(serde_json::json!(named).to_string()), user_count: count, ..self }
    }

    pub(super) fn message(self, uid: MessageUid) -> Self {
        Self { message: Some(uid.to_string()), ..self }
    }

    pub(super) fn key(self, key: &KeyId) -> Self {
        Self { key: Some(key.to_string()), ..self }
    }
}

impl Administration {
    pub(super) fn audit<T>(&self, what: &'static str, object: &Object, result: &Result<T>) {
        let code = result.as_ref().map_or_else(|refusal| refusal.code, |_| Code::SUCCESS);
        let Object { app, group, channel, user, users, user_count, message, key } = object;
        tracing::info!(
            target: "audit",
            who = self.actor.to_string(),
            what,
            app,
            kind = group.as_ref().map(|(kind, _)| kind),
            group = group.as_ref().map(|(_, id)| id.as_str()),
            channel = channel.as_deref(),
            user = user.as_deref(),
            users = users.as_deref(),
            user_count,
            // Not `message`: the log writes a field of that name without its name.
            message_uid = message.as_deref(),
            key = key.as_deref(),
            result = code.0,
        );
    }
}
