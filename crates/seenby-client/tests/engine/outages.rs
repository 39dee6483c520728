//! What the log says of a connection that cannot be made, or is lost.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use seenby_client::{ConnectionStatus, Engine, EngineOptions, Event, EventStream};
use seenby_protocol::frames::{Goodbye, server_frame};
use tokio::net::TcpListener;
use tracing::Level;
use tracing::subscriber::DefaultGuard;

use crate::server::{FakeServer, soon};

/// What is logged in this thread at `warn` and above. The runtime of a test has no other.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::WARN)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until the connection was lost so often, or could not be made.
async fn suspended(events: &mut EventStream, times: usize) {
    let suspended = Event::ConnectionStatusChanged { status: ConnectionStatus::Suspended };
    for _ in 0..times {
        while soon(events.next()).await.unwrap() != suspended {}
    }
}

async fn is_logged_once(options: EngineOptions, reason: &str) {
    let (log, _guard) = Log::begin();
    let engine = Engine::create("app", options).unwrap();
    let mut events = engine.events();
    let connecting = tokio::spawn({
        let engine = engine.clone();
        async move { engine.connect("a-secret-token").await }
    });
    suspended(&mut events, 3).await;
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("127.0.0.1") && lines[0].contains(reason), "{lines:?}");
    assert!(!lines[0].contains("secret"), "{lines:?}");
    engine.destroy().await;
    connecting.await.unwrap().unwrap_err();
}

async fn nobody_listens() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

fn options(server: String) -> EngineOptions {
    EngineOptions {
        server,
        reconnect_min: Duration::from_millis(1),
        reconnect_max: Duration::from_millis(1),
        ..EngineOptions::default()
    }
}

#[tokio::test]
async fn a_refused_connection_is_logged_once_with_address_and_reason() {
    let server = format!("ws://user:secret@{}", nobody_listens().await);
    is_logged_once(options(server), "refused").await;
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_logged_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("wss://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    is_logged_once(options(server), "corrupt message").await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_logged_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("ws://{}", listener.local_addr().unwrap());
    let options = EngineOptions { attempt_timeout: Duration::from_millis(50), ..options(server) };
    is_logged_once(options, "no answer in time").await;
}

#[tokio::test]
async fn each_outage_is_logged_with_its_reason() {
    let (log, _guard) = Log::begin();
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut events = engine.events();
    let mut connection = server.signed_in(&engine, "alice").await;
    connection.push(server_frame::Kind::Goodbye(Goodbye { code: 90_006, reconnect: true, ..Default::default() })).await;
    suspended(&mut events, 1).await;
    drop(server.accept_signed_in().await);
    suspended(&mut events, 1).await;
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("goodbye: 90006"), "{lines:?}");
}
