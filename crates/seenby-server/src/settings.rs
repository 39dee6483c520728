//! Every setting of the server, with its default and its reason. Where they come from is the binary's business.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::listen_address;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where clients connect. Loopback by default: opening a server to others is a decision.
    #[serde(deserialize_with = "listen_address::deserialize")]
    pub listen: SocketAddr,
    /// Where `/metrics` is served, beside the health checks. Not for the public.
    #[serde(deserialize_with = "listen_address::deserialize")]
    pub ops_listen: SocketAddr,
    /// Folder of the embedded store and of the administration socket.
    pub data_dir: PathBuf,
    /// Whether the chat page is served at `/`, where clients connect. Only a program that was built with the page can.
    pub web: bool,
    pub log: Log,
    pub tls: Tls,
    pub http: Http,
    pub session: Session,
    pub delivery: Delivery,
    pub limits: Limits,
    pub api: Api,
    pub retention: Retention,
    pub shutdown: Shutdown,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7780)),
            ops_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7781)),
            data_dir: "seenby-data".into(),
            web: false,
            log: Log::default(),
            tls: Tls::default(),
            http: Http::default(),
            session: Session::default(),
            delivery: Delivery::default(),
            limits: Limits::default(),
            api: Api::default(),
            retention: Retention::default(),
            shutdown: Shutdown::default(),
        }
    }
}

/// What the server writes about itself, to standard error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Levels, as `tracing` filters read them: `info`, or `info,seenby_server=debug`.
    pub filter: String,
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info,fjall=warn,lsm_tree=warn".into(), format: LogFormat::Text }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// PEM files. Both given: clients connect with `wss://`. Neither: plain, for use behind a proxy.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The server's certificate, and those between it and the root.
    pub certificate: Option<PathBuf>,
    /// The key that belongs to it.
    pub private_key: Option<PathBuf>,
}

/// Every connection that speaks HTTP, on every port: calls of back ends, the page, the metrics. A WebSocket is one until it is
/// accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// A connection whose first request has not come by then is closed. The same goes for a TLS handshake.
    pub head_ms_max: u64,
    /// A connection without a request for this long is closed. Responses say so in `Keep-Alive`.
    pub idle_ms_max: u64,
    /// Requests of one connection. The response to the last one closes it.
    pub requests_per_connection_max: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self { head_ms_max: 5_000, idle_ms_max: 75_000, requests_per_connection_max: 10_000 }
    }
}

/// One client's connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// A connection that has not signed in by then is closed.
    pub sign_in_ms_max: u64,
    /// How far the clock of a back end that makes tokens may be off: a token is good so long before its `nbf` and after its
    /// `exp`.
    pub clock_skew_ms_max: u64,
    /// Clients send something at least this often; twice this long in silence and the connection counts as lost.
    pub ping_interval_ms: u32,
    /// A client that does not take what it is sent for this long is closed; it catches up when it returns. So is every peer on
    /// every port.
    pub write_ms_max: u64,
    /// Calls of one connection that wait for the store at the same time. More are left unread in the socket.
    pub calls_in_flight_max: usize,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            sign_in_ms_max: 5_000,
            clock_skew_ms_max: 5_000,
            ping_interval_ms: 30_000,
            write_ms_max: 10_000,
            calls_in_flight_max: 64,
        }
    }
}

/// How news reaches clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// New readers of a message reach its sender at once when things are quiet, and gathered for at most this long when
    /// they are not.
    pub flush_ms_max: u64,
    /// Log entries in one frame.
    pub page_entries_max: usize,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { flush_ms_max: 50, page_entries_max: 100 }
    }
}

/// What one user or one group may take up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Sockets of clients open at the same time; one more is closed at once.
    pub connections_max: usize,
    /// One more sign-in signs out the oldest.
    pub devices_per_user_max: usize,
    /// Members of a group.
    pub group_members_max: u64,
    /// Body of a message.
    pub content_bytes_max: usize,
    /// Messages answered in one frame; the SDKs split longer lists.
    pub answers_per_frame_max: usize,
    /// Items of a page: messages of history, readers of a message, people who have not read.
    pub page_size_max: usize,
    /// Messages and recalls a second, for each user over all devices.
    pub sends_per_second: u32,
    /// Receipt requests a second, for each user over all devices.
    pub receipt_requests_per_second: u32,
    /// Frames with answers a second, for each user over all devices.
    pub receipt_answers_per_second: u32,
    /// Calls for history, counts and lists a second, for each user over all devices.
    pub queries_per_second: u32,
    /// Sign-ins a second, for each user over all devices.
    pub sign_ins_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 65_536,
            devices_per_user_max: 8,
            group_members_max: 100_000,
            content_bytes_max: 128 * 1024,
            answers_per_frame_max: 100,
            page_size_max: 100,
            sends_per_second: 5,
            receipt_requests_per_second: 10,
            receipt_answers_per_second: 50,
            queries_per_second: 100,
            sign_ins_per_second: 10,
        }
    }
}

/// Calls of back ends. The rates are those of one app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    /// Tokens issued a second.
    pub tokens_per_second: u32,
    /// Messages a second; one to three groups counts three.
    pub messages_per_second: u32,
    /// Calls of each other kind a second.
    pub calls_per_second: u32,
    /// Users that one call takes in or lets go.
    pub users_per_call_max: usize,
    /// Conversations that one call sends a message to.
    pub targets_per_message_max: usize,
    /// How long a token is good for that is issued through the vendor's interface, which does not say.
    pub token_days: u64,
    /// Body of a call.
    pub body_bytes_max: usize,
    /// A body that has not come by then is given up.
    pub body_ms_max: u64,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            tokens_per_second: 200,
            messages_per_second: 20,
            calls_per_second: 100,
            users_per_call_max: 1_000,
            targets_per_message_max: 3,
            token_days: 365,
            body_bytes_max: 1024 * 1024,
            body_ms_max: 10_000,
        }
    }
}

/// How long things are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Messages, and their receipts with them. 0 keeps them for ever.
    pub message_days_max: u32,
    /// How often the server looks for old messages.
    pub sweep_interval_ms: u64,
    /// Nothing is deleted while the clock is further ahead of the last time that the server looked. Raise it after the server
    /// was stopped for longer than that.
    pub clock_ahead_days_max: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { message_days_max: 180, sweep_interval_ms: 3_600_000, clock_ahead_days_max: 7 }
    }
}

/// Stopping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shutdown {
    /// Time for calls under way to be answered before their connections are closed.
    pub drain_ms_max: u64,
    /// Time for a client to take what it is still sent. One that reads nothing holds up the end no longer than that.
    pub goodbye_ms_max: u64,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { drain_ms_max: 10_000, goodbye_ms_max: 2_000 }
    }
}

impl Http {
    pub(crate) fn head_timeout(&self) -> Duration {
        Duration::from_millis(self.head_ms_max)
    }

    pub(crate) fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_ms_max)
    }
}

impl Session {
    pub(crate) fn sign_in_timeout(&self) -> Duration {
        Duration::from_millis(self.sign_in_ms_max)
    }

    pub(crate) fn clock_skew_max(&self) -> Duration {
        Duration::from_millis(self.clock_skew_ms_max)
    }

    pub(crate) fn silence_max(&self) -> Duration {
        Duration::from_millis(u64::from(self.ping_interval_ms) * 2)
    }

    pub(crate) fn write_timeout(&self) -> Duration {
        Duration::from_millis(self.write_ms_max)
    }
}

impl Shutdown {
    pub(crate) fn drain_max(&self) -> Duration {
        Duration::from_millis(self.drain_ms_max)
    }

    pub(crate) fn goodbye_timeout(&self) -> Duration {
        Duration::from_millis(self.goodbye_ms_max)
    }
}

impl Settings {
    /// Names a setting with which no server could work.
    pub fn check(&self) -> Result<(), String> {
        let Self { http, session, delivery, limits, api, retention, .. } = self;
        let needed = [
            ("http.head_ms_max", http.head_ms_max),
            ("http.idle_ms_max", http.idle_ms_max),
            ("http.requests_per_connection_max", u64::from(http.requests_per_connection_max)),
            ("session.ping_interval_ms", u64::from(session.ping_interval_ms)),
            ("session.sign_in_ms_max", session.sign_in_ms_max),
            ("session.write_ms_max", session.write_ms_max),
            ("session.calls_in_flight_max", session.calls_in_flight_max as u64),
            ("delivery.page_entries_max", delivery.page_entries_max as u64),
            ("limits.connections_max", limits.connections_max as u64),
            ("limits.devices_per_user_max", limits.devices_per_user_max as u64),
            ("limits.group_members_max", limits.group_members_max),
            ("limits.content_bytes_max", limits.content_bytes_max as u64),
            ("limits.answers_per_frame_max", limits.answers_per_frame_max as u64),
            ("limits.page_size_max", limits.page_size_max as u64),
            ("limits.sends_per_second", u64::from(limits.sends_per_second)),
            ("limits.receipt_requests_per_second", u64::from(limits.receipt_requests_per_second)),
            ("limits.receipt_answers_per_second", u64::from(limits.receipt_answers_per_second)),
            ("limits.queries_per_second", u64::from(limits.queries_per_second)),
            ("limits.sign_ins_per_second", u64::from(limits.sign_ins_per_second)),
            ("api.tokens_per_second", u64::from(api.tokens_per_second)),
            ("api.messages_per_second", u64::from(api.messages_per_second)),
            ("api.calls_per_second", u64::from(api.calls_per_second)),
            ("api.users_per_call_max", api.users_per_call_max as u64),
            ("api.targets_per_message_max", api.targets_per_message_max as u64),
            ("api.token_days", api.token_days),
            ("api.body_bytes_max", api.body_bytes_max as u64),
            ("api.body_ms_max", api.body_ms_max),
            ("retention.sweep_interval_ms", retention.sweep_interval_ms),
            ("retention.clock_ahead_days_max", u64::from(retention.clock_ahead_days_max)),
        ];
        match needed.into_iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(format!("{name} must not be 0")),
            None => Ok(()),
        }
    }

    /// Time for everything that is open to end: calls are drained, then replies and goodbyes are written.
    pub(crate) fn stop_timeout(&self) -> Duration {
        self.shutdown.drain_max() + 2 * self.shutdown.goodbye_timeout()
    }

    /// The administration socket. Whoever may open the file may administer.
    pub fn admin_socket(&self) -> PathBuf {
        self.data_dir.join("admin.sock")
    }
}
