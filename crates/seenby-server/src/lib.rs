//! The shell around Seenby's rules: sockets, sessions, delivery, administration, the server API, metrics.
//!
//! The way of a call: `connection` reads a frame, `session` finds out what it asks, `writer` brings it with others to the
//! `desk`, which applies them as one batch and makes them durable, `delivery` tells the sessions that there is news, and each
//! session asks for the news (`reads`) and sends it. Everything that only looks does so by way of `store`, on threads where
//! blocking is fine.
//!
//! The server is a function over listeners and a shutdown future ([`Server::run`]), so tests start it as production does.

mod admin;
mod administration;
mod api;
mod call;
mod clock;
mod connection;
mod content;
mod cursors;
mod delivery;
mod desk;
mod feed;
mod from_wire;
mod http;
mod listen_address;
mod log_page;
mod metrics;
mod node;
mod pace;
mod page;
mod queries;
mod rate;
mod reads;
mod refusal;
mod retention;
mod server;
mod session;
pub mod settings;
mod shared;
mod store;
mod tls;
mod to_wire;
mod token;
#[cfg(test)]
mod ward;
mod websocket;
mod writer;

/// The parts without I/O, for a simulator that drives what production runs. Not an interface to build on.
#[doc(hidden)]
pub mod machine {
    pub use crate::call::CallResult;
    pub use crate::delivery::{Farewell, Told};
    pub use crate::desk::{Desk, ReplyTo};
    pub use crate::node::Node;
    pub use crate::reads::{Found, Read};
    pub use crate::session::{Session, Step};
    pub use crate::store::sign_in;
    pub use crate::to_wire::{goodbye, reply};
    pub use crate::token::issue as issue_token;
}

pub use administration::{Actor, Administration, GroupSummary, NewKey, UserSummary, group_name};
pub use http::OPERATOR_CONNECTIONS_MAX;
pub use page::Page;
pub use refusal::Refusal;
pub use server::{Listeners, Server, StartError};
pub use settings::Settings;
pub use tls::TlsError;
