//! Connections before they are anybody's: how many, for how long, and what they may hold on to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use seenby_protocol::CLIENT_FRAME_BYTES_MAX;
use seenby_protocol::frames;
use seenby_protocol::frames::client_frame::Call;
use seenby_server::Settings;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsConnector;

use crate::peer::{APP, HttpResponse, Peer, TestServer, send_message, soon};

fn ping() -> Call {
    Call::Ping(frames::Ping {})
}

#[tokio::test]
async fn no_more_sockets_are_open_than_may_be_and_operators_have_their_own() {
    let server = TestServer::with(|settings| settings.limits.connections_max = 1).await;
    let mut alice = server.sign_in("alice").await;
    assert!(!server.answers_clients().await);
    assert_eq!(server.get("/healthz").await.0, 200);
    assert_eq!(alice.call(ping()).await.code, 0);
    drop(alice);
    let let_in = async {
        while !server.answers_clients().await {
            tokio::task::yield_now().await;
        }
    };
    soon(let_in).await;
}

#[tokio::test]
async fn a_request_that_dribbles_in_is_cut_off() {
    let server = TestServer::start().await;
    let mut stream = server.raw().await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: see").await.unwrap();
    let mut rest = Vec::new();
    // Ends when the server gives up on the head, whether it says so or not.
    let _ = soon(stream.read_to_end(&mut rest)).await;
}

/// A connection that stays open between requests, written and read by hand.
struct Kept(TcpStream);

impl Kept {
    async fn open(server: &TestServer) -> Self {
        Self(server.raw().await)
    }

    /// One that has been served once. Some are refused, while those who rest are on their way out.
    async fn is_served(server: &TestServer) -> Self {
        loop {
            let mut kept = Self::open(server).await;
            if let Some(response) = kept.gets("/healthz").await {
                assert_eq!(response.status, 200);
                return kept;
            }
        }
    }

    /// `None`: the server closed the connection instead.
    async fn gets(&mut self, path: &str) -> Option<HttpResponse> {
        self.asks(&format!("GET {path} HTTP/1.1\r\nhost: seenby")).await
    }

    async fn asks(&mut self, head: &str) -> Option<HttpResponse> {
        self.0.write_all(format!("{head}\r\n\r\n").as_bytes()).await.ok()?;
        soon(HttpResponse::read(&mut self.0)).await
    }

    /// A back end's call.
    async fn calls(&mut self, server: &TestServer) -> Option<HttpResponse> {
        let key = format!("{APP}:{}", server.secret(APP).await);
        self.asks(&format!("GET /api/v1/users HTTP/1.1\r\nhost: seenby\r\nauthorization: Bearer {key}")).await
    }

    async fn is_closed(&mut self) {
        let mut rest = Vec::new();
        // Whether it says so or not.
        let _ = soon(self.0.read_to_end(&mut rest)).await;
        assert!(rest.is_empty());
    }
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_a_head_may_take() {
    let server = TestServer::with(|settings| settings.http.head_ms_max = 2_000).await;
    let mut kept = Kept::open(&server).await;
    assert_eq!(kept.gets("/healthz").await.unwrap().header("keep-alive"), "timeout=75");
    sleep(Duration::from_millis(2_500)).await;
    assert_eq!(kept.gets("/healthz").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_connection_that_rests_for_too_long_is_closed() {
    let server = TestServer::with(|settings| settings.http.idle_ms_max = 1_000).await;
    let mut kept = Kept::open(&server).await;
    assert_eq!(kept.gets("/healthz").await.unwrap().header("keep-alive"), "timeout=1");
    kept.is_closed().await;
}

#[tokio::test]
async fn the_last_request_that_a_connection_may_make_closes_it() {
    let server = TestServer::with(|settings| settings.http.requests_per_connection_max = 3).await;
    let mut kept = Kept::open(&server).await;
    for connection in ["", "", "close"] {
        assert_eq!(kept.gets("/healthz").await.unwrap().header("connection"), connection);
    }
    kept.is_closed().await;
}

/// Each of them waits for a request that never comes, as the pool of a browser does.
#[tokio::test]
async fn whoever_is_nobody_makes_room_and_whoever_is_somebody_stays() {
    let server = TestServer::with(|settings| settings.limits.connections_max = 8).await;
    let mut alice = server.sign_in("alice").await;
    let mut back_end = Kept::open(&server).await;
    assert_eq!(back_end.calls(&server).await.unwrap().status, 200);
    let mut resting = Vec::new();
    for _ in 0..30 {
        resting.push(soon(Kept::is_served(&server)).await);
    }
    assert_eq!(alice.call(ping()).await.code, 0);
    assert_eq!(back_end.calls(&server).await.unwrap().status, 200);
}

#[tokio::test]
async fn connections_that_never_sign_in_make_room() {
    let server = TestServer::with(|settings| {
        (settings.limits.connections_max, settings.session.sign_in_ms_max) = (8, 3_600_000);
    })
    .await;
    let comes_in = async || loop {
        if let Some(stranger) = server.try_connect().await {
            break stranger;
        }
    };
    let mut strangers = Vec::new();
    for _ in 0..30 {
        strangers.push(soon(comes_in()).await);
    }
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = TestServer::start().await;
    for (head, status) in [
        ("GET / HTTP/1.1\r\nhost: a", 200),
        ("GET http://b/ HTTP/1.1\r\nhost: a", 200),
        ("GET / HTTP/1.0\r\nx: y", 200),
        ("GET / HTTP/1.1\r\nx: y", 400),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: b", 400),
        ("GET / HTTP/1.1\r\nhost: a b", 400),
    ] {
        let mut stream = server.raw().await;
        stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.unwrap();
        let response = soon(HttpResponse::read(&mut stream)).await.unwrap();
        assert_eq!(response.status, status, "{head}");
    }
}

/// Requests in a row, whose responses nobody reads, until the server has had enough.
async fn asks_and_reads_nothing(mut stream: impl AsyncWrite + Unpin, path: &str) {
    let requests = format!("GET {path} HTTP/1.1\r\nhost: seenby\r\n\r\n").repeat(100);
    while stream.write_all(requests.as_bytes()).await.is_ok() {}
}

/// As little as the system allows lies unread on this side.
async fn connects(server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(server).await.unwrap()
}

#[tokio::test]
async fn whoever_reads_no_response_is_sent_away_on_every_port() {
    let server = TestServer::with(|settings| settings.session.write_ms_max = 500).await;
    for path in ["/api/v1/openapi.json", "/"] {
        soon(asks_and_reads_nothing(connects(server.address()).await, path)).await;
    }
    soon(asks_and_reads_nothing(connects(server.ops_address()).await, "/metrics")).await;
}

/// A server with a certificate of its own making, and a client that trusts it.
async fn with_tls(change: impl FnOnce(&mut Settings)) -> (TestServer, TlsConnector, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, issued.cert.pem()).unwrap();
    std::fs::write(&key, issued.signing_key.serialize_pem()).unwrap();
    let server = TestServer::with(|settings| {
        (settings.tls.certificate, settings.tls.private_key) = (Some(certificate), Some(key));
        change(settings);
    })
    .await;
    let mut roots = RootCertStore::empty();
    roots.add(issued.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    (server, TlsConnector::from(Arc::new(config)), folder)
}

#[tokio::test]
async fn whoever_reads_no_response_is_sent_away_with_tls_too() {
    let (server, tls, _folder) = with_tls(|settings| settings.session.write_ms_max = 500).await;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = soon(tls.connect(name, connects(server.address()).await)).await.unwrap();
    soon(asks_and_reads_nothing(stream, "/api/v1/openapi.json")).await;
}

#[tokio::test]
async fn a_plain_request_is_told_that_this_port_speaks_tls() {
    let (server, _, _folder) = with_tls(|_| {}).await;
    let answer = server.http("GET", "/v1/connect", "").await;
    assert_eq!((answer.status, answer.header("connection")), (400, "close"));
    assert!(answer.body.contains("wss://"), "{}", answer.body);
}

#[tokio::test]
async fn a_handshake_that_dribbles_in_is_cut_off() {
    let (server, _, _folder) = with_tls(|settings| settings.http.head_ms_max = 500).await;
    for begun in [&[][..], &[0x16], &[0x16, 3, 1, 2, 0], b"G"] {
        let mut stream = server.raw().await;
        stream.write_all(begun).await.unwrap();
        let _ = soon(stream.read_to_end(&mut Vec::new())).await;
    }
}

/// Sends and asks for so much that it cannot all lie in the system's buffers, and reads none of it.
async fn signs_in_and_reads_nothing(server: &TestServer) -> Peer {
    let mut peer = server.sign_in("bob").await;
    let mut alice = server.sign_in("alice").await;
    let text = "x".repeat(CLIENT_FRAME_BYTES_MAX / 4);
    for number in 0..5 {
        assert_eq!(alice.call(send_message(&number.to_string(), &text, false)).await.code, 0);
    }
    for _ in 0..500 {
        peer.start(history()).await;
    }
    peer
}

fn history() -> Call {
    Call::GetHistory(frames::GetHistory {
        conversation: Some(crate::peer::conversation()),
        count: 100,
        ..Default::default()
    })
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_hold_up_the_end() {
    let hour = 3_600_000;
    let mut server = TestServer::with(|settings| {
        (settings.session.write_ms_max, settings.shutdown.drain_ms_max) = (hour, hour);
        settings.shutdown.goodbye_ms_max = 500;
    })
    .await;
    let _bob = signs_in_and_reads_nothing(&server).await;
    server.begin_to_stop();
    server.stopped().await;
}

#[tokio::test]
async fn the_operators_port_says_what_is_there() {
    let server = TestServer::start().await;
    let (status, help) = server.get("/").await;
    assert_eq!(status, 200);
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert!(help.contains(path));
        assert_eq!(server.get(path).await.0, 200);
    }
}
