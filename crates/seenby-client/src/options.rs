//! What an engine is made with.

use std::fmt;
use std::time::Duration;

use crate::TokenSource;
use crate::store::{DeviceStore, MemoryStore};

/// Options of an [`Engine`](crate::Engine). Take the defaults and change what you need.
///
/// ```no_run
/// use seenby_client::EngineOptions;
/// use seenby_client::store::FileStore;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let options = EngineOptions {
///     server: "wss://chat.example.com".into(),
///     device_store: Box::new(FileStore::open("/var/lib/my-app/seenby")?),
///     extra_root_certificates: vec![std::fs::read("/etc/my-company/root.pem")?],
///     ..EngineOptions::default()
/// };
/// # Ok(())
/// # }
/// ```
pub struct EngineOptions {
    /// Where the server is: `ws://`, `wss://`, `http://` or `https://`, host and perhaps port and path.
    #[doc(alias = "naviServer")]
    pub server: String,
    /// What this installation remembers between runs. Without one that outlives the process, an answer that was not sent
    /// before the process ended is lost, and a restart is like a new device. If it fails, the engine logs a warning and
    /// goes on.
    pub device_store: Box<dyn DeviceStore>,
    /// Ceiling of the first wait before connecting again. Each wait is a random part of its ceiling.
    pub reconnect_min: Duration,
    /// The ceiling doubles up to this.
    pub reconnect_max: Duration,
    /// How long a call waits for its reply, over a reconnect too.
    pub call_timeout: Duration,
    /// How long one attempt to connect may take, from dialing to being signed in.
    pub attempt_timeout: Duration,
    /// How long [`connect`](crate::Engine::connect) goes on trying before it gives up; `None` is for ever. A connection
    /// that was there once is tried again for ever.
    pub connect_timeout: Option<Duration>,
    /// Where to get a newer token when the server says that the present one has expired or is not valid. Without one the
    /// sign-in ends then.
    pub token_source: Option<TokenSource>,
    /// Certificates to trust beside the public ones, each as DER or PEM: for servers with a certificate of their own.
    pub extra_root_certificates: Vec<Vec<u8>>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            server: "ws://127.0.0.1:7780".into(),
            device_store: Box::new(MemoryStore::new()),
            reconnect_min: Duration::from_millis(500),
            reconnect_max: Duration::from_secs(20),
            call_timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(10),
            connect_timeout: Some(Duration::from_secs(30)),
            token_source: None,
            extra_root_certificates: Vec::new(),
        }
    }
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineOptions").field("server", &self.server).finish_non_exhaustive()
    }
}
