//! A server of the test's own, and clients that speak frames by hand: what an SDK would never send can be sent here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use seenby_core::{
    AppKey, Change, ClientRef, ConversationName, GroupId, GroupKind, GroupName, Message as StoredMessage, MessageKey,
    MessageUid, Sequence, Slot, Timestamp, UserId,
};
use seenby_protocol::frames::client_frame::Call;
use seenby_protocol::frames::{self, ClientFrame, Reply, ServerFrame, reply, server_frame};
use seenby_protocol::{Code, ENDPOINT_PATH, codec};
use seenby_server::{Administration, Listeners, Page, Server, Settings};
use seenby_storage::{Memory, Storage as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) const APP: &str = "clinic";
pub(crate) const GROUP: &str = "ward-3";

/// Long enough for a loaded machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("this should have happened by now")
}

pub(crate) struct TestServer {
    address: SocketAddr,
    ops: SocketAddr,
    pub(crate) store: Arc<Memory>,
    administration: Administration,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with one app and one group of alice, bob and carol.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::with_server(change, |server| server).await
    }

    pub(crate) async fn with_page(page: Page) -> Self {
        Self::with_server(|_| {}, |server| server.with_page(page)).await
    }

    async fn with_server(change: impl FnOnce(&mut Settings), prepare: impl FnOnce(Server) -> Server) -> Self {
        Self::on(Arc::new(Memory::default()), change, prepare).await
    }

    pub(crate) async fn with_store(store: Memory, change: impl FnOnce(&mut Settings)) -> Self {
        Self::on(Arc::new(store), change, |server| server).await
    }

    async fn on(
        store: Arc<Memory>,
        change: impl FnOnce(&mut Settings),
        prepare: impl FnOnce(Server) -> Server,
    ) -> Self {
        let mut settings = Settings::default();
        change(&mut settings);
        let server = prepare(Server::new(settings, store.clone()).unwrap());
        let administration = server.administration();
        let clients = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ops = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, ops_address) = (clients.local_addr().unwrap(), ops.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let listeners = Listeners { clients, ops: Some(ops), admin: None };
        let running = tokio::spawn(server.run(listeners, async move { drop(stopped.await) }));
        let server = Self { address, ops: ops_address, store, administration, stop: Some(stop), running };
        server.found(APP).await;
        server
    }

    pub(crate) async fn found(&self, app: &str) {
        self.administration.create_app(app).await.unwrap();
        let group = group(app);
        self.administration.create_group(&group, "Ward 3").await.unwrap();
        self.administration.join(&group, &["alice", "bob", "carol"]).await.unwrap();
    }

    pub(crate) fn administration(&self) -> &Administration {
        &self.administration
    }

    pub(crate) async fn token(&self, app: &str, user: &str) -> String {
        self.token_for(app, user, Duration::from_secs(3_600)).await
    }

    pub(crate) async fn token_for(&self, app: &str, user: &str, lifetime: Duration) -> String {
        let app = self.administration.find_app(Some(app)).await.unwrap();
        self.administration.token(&app, user, lifetime).await.unwrap()
    }

    pub(crate) async fn connect(&self) -> Peer {
        self.try_connect().await.unwrap()
    }

    /// `None`: there was no place.
    pub(crate) async fn try_connect(&self) -> Option<Peer> {
        let (socket, _) = soon(connect_async(format!("ws://{}{ENDPOINT_PATH}", self.address))).await.ok()?;
        Some(Peer { socket, last_call: 0, events: Vec::new() })
    }

    pub(crate) async fn secret(&self, app: &str) -> String {
        self.administration.find_app(Some(app)).await.unwrap().secret.expose().to_owned()
    }

    /// Signed in, and told what it missed from now on.
    pub(crate) async fn sign_in(&self, user: &str) -> Peer {
        self.sign_in_to(APP, user).await
    }

    /// To another app than the usual one.
    pub(crate) async fn sign_in_to(&self, app: &str, user: &str) -> Peer {
        let mut peer = self.connect().await;
        let reply = peer.call(sign_in(app, &self.token(app, user).await, &format!("phone of {user}"))).await;
        assert_eq!(reply.code, 0, "{}", reply.detail);
        let resume = frames::Resume { last: true, ..Default::default() };
        assert_eq!(peer.call(Call::Resume(resume)).await.code, 0);
        peer
    }

    pub(crate) async fn sign_in_on(&self, user: &str, device_id: &str) -> Peer {
        let mut peer = self.connect().await;
        let reply = peer.call(sign_in(APP, &self.token(APP, user).await, device_id)).await;
        assert_eq!(reply.code, 0, "{}", reply.detail);
        peer
    }

    /// A message of alice from long ago, put past the server; gives its id.
    pub(crate) fn store_old_message(&self) -> String {
        let number = self.store.snapshot().group_number(&group(APP)).unwrap().unwrap();
        let conversation = ConversationName::new(group(APP), None);
        let conversation = self.store.snapshot().conversation_number(&conversation).unwrap().unwrap();
        let key = MessageKey { conversation, uid: MessageUid::first_at(Timestamp(1_000)) };
        let message = StoredMessage {
            key,
            group: number,
            sequence: Sequence(0),
            sender: UserId::new("alice").unwrap(),
            sender_slot: Slot(0),
            sent_at: Timestamp(1_000),
            client_ref: ClientRef::new("long ago").unwrap(),
            group_version: 3,
            content: Vec::new(),
            recalled_at: None,
            hidden_from_sender: false,
        };
        self.store.commit(&[Change::MessageSaved(message)]).unwrap();
        key.uid.to_string()
    }

    /// Whether one more connection is served.
    pub(crate) async fn answers_clients(&self) -> bool {
        let mut stream = self.raw().await;
        let request = b"GET /healthz HTTP/1.1\r\nhost: seenby\r\nconnection: close\r\n\r\n";
        let mut response = Vec::new();
        // Refused connections may be reset at any point.
        let _ = stream.write_all(request).await;
        let _ = soon(stream.read_to_end(&mut response)).await;
        response.starts_with(b"HTTP/1.1 200")
    }

    /// The status and body of a GET on the operators' port.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = HttpResponse::to(self.ops, "GET", path, "").await;
        (response.status, response.body)
    }

    /// What the clients' port says to a request that is no WebSocket. `headers` are whole lines.
    pub(crate) async fn http(&self, method: &str, path: &str, headers: &str) -> HttpResponse {
        HttpResponse::to(self.address, method, path, headers).await
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn ops_address(&self) -> SocketAddr {
        self.ops
    }

    pub(crate) async fn raw(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Begins to stop, without waiting.
    pub(crate) fn begin_to_stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn stopped(self) {
        soon(self.running).await.unwrap();
    }
}

pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl HttpResponse {
    async fn to(address: SocketAddr, method: &str, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: seenby\r\n{headers}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        soon(Self::read(&mut stream)).await.unwrap()
    }

    /// One response, and nothing of what comes after it. `None`: the connection ended before.
    pub(crate) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut response = Self { status, head, body: String::new() };
        let length: u64 = response.header("content-length").parse().unwrap_or(0);
        stream.take(length).read_to_string(&mut response.body).await.ok()?;
        Some(response)
    }

    /// Empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// The token with one character of its signature changed.
pub(crate) fn forged(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{rest}.{first}{}", &signature[1..])
}

pub(crate) fn group(app: &str) -> GroupName {
    GroupName { app: AppKey::new(app).unwrap(), kind: GroupKind::Group, id: GroupId::new(GROUP).unwrap() }
}

pub(crate) fn sign_in(app: &str, token: &str, device_id: &str) -> Call {
    Call::SignIn(frames::SignIn {
        app_key: app.into(),
        token: token.into(),
        device_id: device_id.into(),
        ..Default::default()
    })
}

pub(crate) fn conversation() -> frames::Conversation {
    frames::Conversation {
        r#type: frames::ConversationType::Group.into(),
        target_id: GROUP.into(),
        channel_id: String::new(),
    }
}

pub(crate) fn send_message(client_ref: &str, text: &str, need_receipt: bool) -> Call {
    Call::SendMessage(frames::SendMessage {
        conversation: Some(conversation()),
        client_ref: client_ref.into(),
        content: Some(frames::Content {
            kind: Some(frames::content::Kind::Text(frames::TextContent { text: text.into() })),
            ..Default::default()
        }),
        need_receipt,
    })
}

pub(crate) fn answer(uids: &[&str]) -> Call {
    let message_uids = uids.iter().map(ToString::to_string).collect();
    Call::AnswerReceipts(frames::AnswerReceipts { conversation: Some(conversation()), message_uids })
}

/// One client connection.
pub(crate) struct Peer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_call: u64,
    /// Events that came while a reply was awaited.
    events: Vec<server_frame::Kind>,
}

impl Peer {
    pub(crate) async fn call(&mut self, call: Call) -> Reply {
        let call_id = self.start(call).await;
        self.reply_to(call_id).await
    }

    /// Sends a call without waiting for its reply.
    pub(crate) async fn start(&mut self, call: Call) -> u64 {
        self.last_call += 1;
        let frame = ClientFrame { call_id: self.last_call, call: Some(call) };
        self.send_bytes(codec::encode(&frame)).await;
        self.last_call
    }

    pub(crate) fn next_call(&self) -> u64 {
        self.last_call + 1
    }

    /// Sends so many pings in one go, and gives the numbers of the replies.
    pub(crate) async fn pings_at_once(&mut self, count: u64) -> Vec<u64> {
        for _ in 0..count {
            self.last_call += 1;
            let frame = ClientFrame { call_id: self.last_call, call: Some(Call::Ping(frames::Ping {})) };
            soon(self.socket.feed(Message::Binary(codec::encode(&frame).into()))).await.unwrap();
        }
        soon(self.socket.flush()).await.unwrap();
        let mut answered = Vec::new();
        while answered.len() < count as usize {
            match self.read().await {
                Some(server_frame::Kind::Reply(reply)) => answered.push(reply.call_id),
                other => panic!("not a reply: {other:?}"),
            }
        }
        answered
    }

    pub(crate) async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.send(Message::Binary(bytes.into())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        soon(self.socket.send(message)).await.unwrap();
    }

    pub(crate) async fn reply_to(&mut self, call_id: u64) -> Reply {
        loop {
            match self.read().await {
                Some(server_frame::Kind::Reply(reply)) if reply.call_id == call_id => return reply,
                Some(server_frame::Kind::Reply(other)) => panic!("a reply to another call: {other:?}"),
                Some(event) => self.events.push(event),
                None => panic!("closed instead of a reply"),
            }
        }
    }

    /// Events that came while a reply was awaited, and that nobody has taken.
    pub(crate) fn events(&self) -> &[server_frame::Kind] {
        &self.events
    }

    pub(crate) async fn event(&mut self) -> server_frame::Kind {
        match self.events.is_empty() {
            false => self.events.remove(0),
            true => self.read().await.expect("an event"),
        }
    }

    /// The readers in the next delta of this message; other events are passed over.
    pub(crate) async fn readers_of(&mut self, uid: &str) -> Vec<String> {
        loop {
            match self.event().await {
                server_frame::Kind::ReceiptDelta(delta) if delta.message_uid == uid => {
                    return delta.readers.unwrap().user_ids;
                }
                other => drop(other),
            }
        }
    }

    /// Messages of which this device is told that they are answered, until a certain message arrives.
    pub(crate) async fn answers_told_until(&mut self, end: &str) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            match self.event().await {
                server_frame::Kind::ReceiptsAnswered(answered) => told.extend(answered.message_uids),
                server_frame::Kind::LogEntries(page) => {
                    let is_end = |entry: &frames::LogEntry| matches!(&entry.event, Some(frames::log_entry::Event::Message(message)) if message.uid == end);
                    if page.entries.iter().any(is_end) {
                        return told;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The goodbye with which the server ends the connection; events before it are passed over.
    pub(crate) async fn goodbye(&mut self) -> (Code, bool) {
        loop {
            match self.read().await.expect("a goodbye before the end") {
                server_frame::Kind::Goodbye(goodbye) => {
                    assert!(self.read().await.is_none(), "nothing follows a goodbye");
                    return (Code(goodbye.code), goodbye.reconnect);
                }
                other => drop(other),
            }
        }
    }

    /// `None`: the server closed the connection.
    async fn read(&mut self) -> Option<server_frame::Kind> {
        loop {
            match soon(self.socket.next()).await? {
                Ok(Message::Binary(bytes)) => return codec::decode::<ServerFrame>(&bytes, usize::MAX).unwrap().kind,
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Sends a message and gives its id.
    pub(crate) async fn sends(&mut self, client_ref: &str, need_receipt: bool) -> String {
        let reply = self.call(send_message(client_ref, "hello", need_receipt)).await;
        match reply.result {
            Some(reply::Result::MessageSent(sent)) => sent.message_uid,
            other => panic!("not sent: {} {other:?}", reply.code),
        }
    }
}
