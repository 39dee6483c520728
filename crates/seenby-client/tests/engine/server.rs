//! A server on 127.0.0.1 that does what the test says, frame by frame.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use seenby_client::{Engine, EngineOptions};
use seenby_protocol::frames::{self, ClientFrame, Reply, ServerFrame, client_frame::Call, reply, server_frame};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// What has to happen soon; a test that waits for it in vain fails instead of hanging.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it did not happen")
}

pub struct FakeServer {
    listener: TcpListener,
}

pub struct Connection<S = TcpStream> {
    stream: WebSocketStream<S>,
}

impl FakeServer {
    pub async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub fn options(&self) -> EngineOptions {
        EngineOptions {
            server: format!("http://{}", self.address()),
            reconnect_min: Duration::from_millis(1),
            ..EngineOptions::default()
        }
    }

    pub fn engine(&self) -> Engine {
        Engine::create("app", self.options()).unwrap()
    }

    pub async fn accept_stream(&self) -> TcpStream {
        soon(self.listener.accept()).await.unwrap().0
    }

    pub async fn accept(&self) -> Connection {
        Connection::over(self.accept_stream().await).await
    }

    /// Accepts a connection, signs in whoever comes, and takes the Resume.
    pub async fn accept_signed_in(&self) -> Connection {
        let mut connection = self.accept().await;
        connection.sign_in().await;
        connection
    }

    /// An engine that has signed in, and its connection.
    pub async fn signed_in(&self, engine: &Engine, user_id: &str) -> Connection {
        let (connected, connection) = tokio::join!(engine.connect(user_id), self.accept_signed_in());
        assert_eq!(connected.unwrap(), user_id);
        connection
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub async fn over(stream: S) -> Self {
        Self { stream: tokio_tungstenite::accept_async(stream).await.unwrap() }
    }

    pub async fn sign_in(&mut self) {
        let (call_id, call) = self.next().await.expect("the connection is closed");
        let Call::SignIn(sign_in) = call else { panic!("not a sign-in: {call:?}") };
        let signed_in = frames::SignedIn {
            user_id: sign_in.token,
            server_time_ms: 1,
            store_id: "store".into(),
            ping_interval_ms: 60_000,
            answers_per_frame_max: 100,
            page_size_max: 100,
            ..Default::default()
        };
        self.reply(call_id, reply::Result::SignedIn(signed_in)).await;
        let (call_id, call) = self.next().await.expect("the connection is closed");
        assert!(matches!(call, Call::Resume(_)), "not a Resume: {call:?}");
        self.accept(call_id).await;
    }

    /// The next call; `None` when the client has closed the connection.
    pub async fn next(&mut self) -> Option<(u64, Call)> {
        loop {
            match soon(self.stream.next()).await?.ok()? {
                Message::Binary(bytes) => {
                    let frame: ClientFrame = seenby_protocol::decode(&bytes, usize::MAX).unwrap();
                    return Some((frame.call_id, frame.call.unwrap()));
                }
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    pub async fn accept(&mut self, call_id: u64) {
        self.push(server_frame::Kind::Reply(Reply { call_id, ..Default::default() })).await;
    }

    pub async fn reply(&mut self, call_id: u64, result: reply::Result) {
        self.push(server_frame::Kind::Reply(Reply { call_id, result: Some(result), ..Default::default() })).await;
    }

    pub async fn refuse(&mut self, call_id: u64, code: u32) {
        self.push(server_frame::Kind::Reply(Reply { call_id, code, ..Default::default() })).await;
    }

    pub async fn push(&mut self, kind: server_frame::Kind) {
        let bytes = seenby_protocol::encode(&ServerFrame { kind: Some(kind) });
        self.send(Message::binary(bytes)).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }
}
