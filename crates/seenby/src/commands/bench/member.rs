//! One signed-in connection of the load: frames written and read by hand, because an engine for each of 50,000 members would
//! be what is measured.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use prost::Message as _;
use seenby_protocol::ENDPOINT_PATH;
use seenby_protocol::frames::{
    AnswerReceipts, ClientFrame, Conversation, ConversationType, Reply, Resume, ServerFrame, SignIn, client_frame,
    server_frame,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_websockets::{ClientBuilder, Message, WebSocketStream};

/// Connections from one source address: a fraction of the ports that an address has.
const CONNECTIONS_PER_ADDRESS: usize = 20_000;

/// Where to connect, and as whom.
#[derive(Debug, Clone)]
pub struct Account {
    pub server: String,
    pub app: String,
    pub token: String,
    pub device: String,
    /// Counts up over all connections of a run: some of them come from other addresses of this machine.
    pub place: usize,
}

pub struct Member {
    socket: WebSocketStream<TcpStream>,
    last_call: u64,
    /// What has come in that was no reply, in bytes and in frames.
    pub pushed_bytes: u64,
    pub pushed_frames: u64,
}

impl Member {
    /// Connects, signs in and resumes with nothing.
    pub async fn sign_in(account: &Account) -> anyhow::Result<Self> {
        let stream = connect(&account.server, account.place).await?;
        let uri = format!("ws://{}{ENDPOINT_PATH}", account.server);
        let (socket, _) = ClientBuilder::new().uri(&uri)?.connect_on(stream).await?;
        let mut member = Self { socket, last_call: 0, pushed_bytes: 0, pushed_frames: 0 };
        let sign_in = SignIn {
            app_key: account.app.clone(),
            token: account.token.clone(),
            device_id: account.device.clone(),
            sdk: "seenby-bench".into(),
            protocol_minor: seenby_protocol::PROTOCOL_MINOR,
        };
        member.call(client_frame::Call::SignIn(sign_in)).await?;
        member.call(client_frame::Call::Resume(Resume { last: true, ..Resume::default() })).await?;
        Ok(member)
    }

    /// Sends a call and reads up to its reply.
    pub async fn call(&mut self, call: client_frame::Call) -> anyhow::Result<Reply> {
        let call_id = self.send(call).await?;
        loop {
            if let server_frame::Kind::Reply(reply) = self.read().await? {
                ensure!(reply.call_id == call_id, "the reply is for another call");
                ensure!(reply.code == 0, "refused with {}: {}", reply.code, reply.detail);
                return Ok(reply);
            }
        }
    }

    pub async fn send(&mut self, call: client_frame::Call) -> anyhow::Result<u64> {
        self.last_call += 1;
        let frame = ClientFrame { call_id: self.last_call, call: Some(call) };
        self.socket.send(Message::binary(frame.encode_to_vec())).await?;
        Ok(self.last_call)
    }

    /// Sends the same bytes again under a new number: an encoder for each answer would be a part of what is measured.
    pub async fn answer(&mut self, conversation: &Conversation, message_uids: &[String]) -> anyhow::Result<()> {
        self.call(answer(conversation, message_uids)).await.map(drop)
    }

    /// The next frame, of whatever kind.
    pub async fn read(&mut self) -> anyhow::Result<server_frame::Kind> {
        loop {
            let message = self.socket.next().await.context("the server closed the connection")??;
            if !message.is_binary() {
                continue;
            }
            let bytes = message.into_payload();
            let kind = ServerFrame::decode(&*bytes)?.kind.context("a frame of a kind that is not known")?;
            match &kind {
                server_frame::Kind::Reply(_) => {}
                server_frame::Kind::Goodbye(goodbye) => bail!("sent away with {}: {}", goodbye.code, goodbye.detail),
                _ => {
                    self.pushed_bytes += bytes.len() as u64;
                    self.pushed_frames += 1;
                }
            }
            return Ok(kind);
        }
    }

    /// Reads until the logs of so many messages with their requests are in.
    pub async fn reads_requests(&mut self, count: usize) -> anyhow::Result<()> {
        let mut asked = 0;
        while asked < count {
            if let server_frame::Kind::LogEntries(page) = self.read().await? {
                let is_request = |entry: &&seenby_protocol::frames::LogEntry| {
                    matches!(entry.event, Some(seenby_protocol::frames::log_entry::Event::ReceiptRequested(_)))
                };
                asked += page.entries.iter().filter(is_request).count();
            }
        }
        (self.pushed_bytes, self.pushed_frames) = (0, 0);
        Ok(())
    }
}

pub fn answer(conversation: &Conversation, message_uids: &[String]) -> client_frame::Call {
    client_frame::Call::AnswerReceipts(AnswerReceipts {
        conversation: Some(conversation.clone()),
        message_uids: message_uids.to_vec(),
    })
}

pub fn group(id: &str) -> Conversation {
    Conversation { r#type: ConversationType::Group.into(), target_id: id.into(), channel_id: String::new() }
}

/// An address has some 28,000 ports to call from, so further connections to this machine come from 127.0.0.2, 127.0.0.3 …
async fn connect(server: &str, place: usize) -> anyhow::Result<TcpStream> {
    let address = tokio::net::lookup_host(server).await?.next().context("no such host")?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    let others = place / CONNECTIONS_PER_ADDRESS;
    if others > 0 && address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
        let host = u8::try_from(1 + others).context("too many connections")?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from(([127, 0, 0, host], 0)))?;
    }
    socket.set_nodelay(true)?;
    Ok(socket.connect(address).await?)
}
