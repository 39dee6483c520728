//! A peer that writes bytes by hand, well or badly.

use std::net::SocketAddr;
use std::time::Duration;

use seenby_protocol::frames::{ClientFrame, Resume, SignIn, client_frame::Call};
use seenby_protocol::{ENDPOINT_PATH, codec};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const BINARY: u8 = 2;
pub(crate) const PING: u8 = 9;

/// As small as the system allows: what is not read soon fills the server's side.
const RECEIVED_BYTES_MAX: u32 = 4_096;

pub(crate) struct Peer {
    stream: TcpStream,
    last_call: u64,
}

impl Peer {
    /// `None`: the server has no place for it.
    pub(crate) async fn connect(server: SocketAddr) -> Option<Self> {
        let socket = TcpSocket::new_v4().ok()?;
        socket.set_recv_buffer_size(RECEIVED_BYTES_MAX).ok()?;
        let stream = socket.connect(server).await.ok()?;
        Some(Self { stream, last_call: 0 })
    }

    /// Up to a WebSocket.
    pub(crate) async fn upgrade(server: SocketAddr) -> Option<Self> {
        let mut peer = Self::connect(server).await?;
        let head = format!(
            "GET {ENDPOINT_PATH} HTTP/1.1\r\nhost: {server}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        peer.write(head.as_bytes()).await.then_some(())?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(peer.stream.read_u8().await.ok()?);
        }
        answer.starts_with(b"HTTP/1.1 101").then_some(peer)
    }

    pub(crate) async fn sign_in(server: SocketAddr, token: &str, device: usize) -> Option<Self> {
        let mut peer = Self::upgrade(server).await?;
        let sign_in = SignIn {
            app_key: "seenby".into(),
            token: token.into(),
            device_id: format!("device-{device}"),
            ..SignIn::default()
        };
        peer.call(Call::SignIn(sign_in)).await.then_some(())?;
        peer.call(Call::Resume(Resume { last: true, ..Resume::default() })).await.then_some(peer)
    }

    /// Whether it could be said.
    pub(crate) async fn call(&mut self, call: Call) -> bool {
        self.last_call += 1;
        let bytes = codec::encode(&ClientFrame { call_id: self.last_call, call: Some(call) });
        self.write(&frame(true, BINARY, &bytes)).await
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> bool {
        timeout(Duration::from_secs(5), self.stream.write_all(bytes)).await.is_ok_and(|written| written.is_ok())
    }

    /// Throws away what has come. Whether the server is still there.
    pub(crate) fn skip(&mut self) -> bool {
        let mut bytes = [0; 65_536];
        loop {
            match self.stream.try_read(&mut bytes) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
            }
        }
    }

    /// Waits until the server has had enough.
    pub(crate) async fn is_sent_away(&mut self) {
        let mut bytes = [0; 4_096];
        while self.stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    }
}

/// One WebSocket frame, masked with zeros.
pub(crate) fn frame(is_last: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::from(is_last) << 7 | opcode];
    match payload.len() {
        short @ 0..126 => bytes.push(0x80 | short as u8),
        medium @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend((medium as u16).to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}
