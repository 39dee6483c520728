//! A ward: a server with the embedded store, a group, and people who take part through the SDK.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seenby_client::{
    Code, Conversation, ConversationType, Engine, EngineOptions, Event, EventStream, Message, PageQuery,
    ReadReceiptOrder, ReadReceiptStatus, Readers, ReceiptCounts, ReceiptResponse, ResponseError, TimeOrder,
};
use seenby_core::commit::UserChange;
use seenby_core::{AppKey, GroupId, GroupKind, GroupName, Scope};
use seenby_server::{Administration, Listeners, Server, Settings};
use seenby_storage::Embedded;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cable::Cable;
use crate::http_client::HttpClient;

pub(crate) const APP: &str = "clinic";
pub(crate) const GROUP: &str = "ward-3";

/// Long enough for a loaded machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("this should have happened by now")
}

pub(crate) struct Ward {
    folder: TempDir,
    settings: Settings,
    address: SocketAddr,
    life: Option<Life>,
}

/// One run of the server.
struct Life {
    administration: Administration,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Ward {
    /// One app and one group with these members.
    pub(crate) async fn opens<const N: usize>(members: [&str; N]) -> Self {
        Self::opens_with(&members).await
    }

    pub(crate) async fn opens_with(members: &[&str]) -> Self {
        let mut settings = Settings::default();
        // People in these stories act faster than people.
        settings.limits.sends_per_second = 1_000;
        settings.session.clock_skew_ms_max = 0;
        settings.limits.receipt_requests_per_second = 1_000;
        settings.limits.receipt_answers_per_second = 1_000;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut ward = Self { folder: tempfile::tempdir().unwrap(), settings, address, life: None };
        ward.starts().await;
        ward.founds(APP, members).await;
        ward
    }

    async fn starts(&mut self) {
        let store = Arc::new(Embedded::open(self.folder.path()).unwrap());
        let server = Server::new(self.settings.clone(), store).unwrap();
        let administration = server.administration();
        let clients = TcpListener::bind(self.address).await.unwrap();
        self.address = clients.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let listeners = Listeners { clients, ops: None, admin: None };
        let running = tokio::spawn(server.run(listeners, async move { drop(stopped.await) }));
        self.life = Some(Life { administration, stop, running });
    }

    /// The server stops in order and starts again on what it has on disk.
    pub(crate) async fn restarts(&mut self) {
        let Life { administration, stop, running } = self.life.take().unwrap();
        drop((administration, stop));
        soon(running).await.unwrap();
        self.starts().await;
    }

    fn administration(&self) -> &Administration {
        &self.life.as_ref().unwrap().administration
    }

    pub(crate) async fn founds(&self, app: &str, members: &[&str]) {
        self.administration().create_app(app).await.unwrap();
        self.administration().create_group(&group(app, GroupKind::Group), "Ward 3").await.unwrap();
        self.administration().join(&group(app, GroupKind::Group), members).await.unwrap();
    }

    /// An ultra group of the same name, with two channels beside the default one.
    pub(crate) async fn founds_ultra_group(&self, members: &[&str]) {
        let group = group(APP, GroupKind::UltraGroup);
        self.administration().create_group(&group, "House").await.unwrap();
        for channel in ["nurses", "kitchen"] {
            self.opens_channel(channel).await;
        }
        self.administration().join(&group, members).await.unwrap();
    }

    pub(crate) async fn opens_channel(&self, channel: &str) {
        self.administration().create_channel(&group(APP, GroupKind::UltraGroup), channel).await.unwrap();
    }

    /// From now on this is what people call the user.
    pub(crate) async fn calls(&self, user: &str, name: &str) {
        let change = UserChange { name: Some(name.to_owned()), ..UserChange::default() };
        self.administration().save_user(&AppKey::new(APP).unwrap(), user, change).await.unwrap();
    }

    pub(crate) async fn takes_in(&self, user: &str) {
        self.administration().join(&group(APP, GroupKind::Group), &[user]).await.unwrap();
    }

    pub(crate) async fn lets_go(&self, user: &str) {
        self.administration().leave(&group(APP, GroupKind::Group), &[user]).await.unwrap();
    }

    pub(crate) async fn token(&self, app: &str, user: &str, lifetime: Duration) -> String {
        let app = self.administration().find_app(Some(app)).await.unwrap();
        self.administration().token(&app, user, lifetime).await.unwrap()
    }

    /// A person on one device, connected.
    pub(crate) async fn signs_in(&self, user: &str) -> Person {
        self.signs_in_to(APP, user).await
    }

    pub(crate) async fn signs_in_to(&self, app: &str, user: &str) -> Person {
        let mut person = self.person(app, user, EngineOptions::default()).await;
        person.connects().await;
        person
    }

    /// A person on one device, not connected yet.
    pub(crate) async fn person(&self, app: &str, user: &str, options: EngineOptions) -> Person {
        let cable = Cable::lay(self.address).await;
        let options = EngineOptions {
            server: format!("ws://{}", cable.address()),
            reconnect_min: Duration::from_millis(5),
            reconnect_max: Duration::from_millis(50),
            ..options
        };
        let engine = Engine::create(app, options).unwrap();
        let token = self.token(app, user, Duration::from_secs(3_600)).await;
        Person { events: engine.events(), engine, cable, token, conversation: Conversation::group(GROUP) }
    }

    /// A back end with a key for everything.
    pub(crate) async fn back_end(&self) -> HttpClient {
        let key = self.administration().create_key(&AppKey::new(APP).unwrap(), "", Scope::ALL.to_vec()).await.unwrap();
        let stream = TcpStream::connect(self.address).await.unwrap();
        HttpClient::new(stream, APP.into(), Some(format!("Bearer {}", key.text.expose()))).await.unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn group(app: &str, kind: GroupKind) -> GroupName {
    GroupName { app: AppKey::new(app).unwrap(), kind, id: GroupId::new(GROUP).unwrap() }
}

/// Somebody with an engine, and a cable to the server that can be cut.
pub(crate) struct Person {
    pub(crate) engine: Engine,
    pub(crate) cable: Cable,
    events: EventStream,
    token: String,
    conversation: Conversation,
}

/// What the sender is told of its message.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) readers: Readers,
    pub(crate) counts: ReceiptCounts,
}

impl Person {
    pub(crate) async fn connects(&mut self) {
        soon(self.engine.connect(self.token.clone())).await.unwrap();
    }

    pub(crate) async fn goes_away(&mut self) {
        soon(self.engine.disconnect()).await;
    }

    /// From now on this person speaks in another conversation.
    pub(crate) fn turns_to(&mut self, conversation: Conversation) {
        self.conversation = conversation;
    }

    pub(crate) async fn sends(&self, text: &str) -> Message {
        let message = self.engine.create_text_message(&self.conversation, text);
        soon(self.engine.send_message(&message)).await.unwrap()
    }

    pub(crate) async fn sends_all(&self, drafts: impl IntoIterator<Item = Message>) -> Vec<Message> {
        let mut sent = Vec::new();
        for draft in drafts {
            sent.push(soon(self.engine.send_message(&draft)).await.unwrap());
        }
        sent
    }

    pub(crate) async fn asks(&self, message: &Message) -> Result<(), Code> {
        soon(self.engine.send_group_read_receipt_request(message)).await.map_err(|error| error.code())
    }

    pub(crate) async fn sends_and_asks(&self, text: &str) -> Message {
        let message = self.sends(text).await;
        self.asks(&message).await.unwrap();
        message
    }

    /// Answers for these messages; the results, message by message.
    pub(crate) async fn reads(&self, messages: &[Message]) -> Result<ReceiptResponse, Code> {
        let channel = match self.conversation.conversation_type() {
            ConversationType::UltraGroup => self.conversation.channel_id(),
            _ => None,
        };
        let answered = self.engine.send_group_read_receipt_response(self.conversation.target_id(), channel, messages);
        soon(answered).await.map_err(|error| error.code())
    }

    /// The results of an answer with bad messages among good ones.
    pub(crate) async fn results(&self, messages: &[Message]) -> Vec<Code> {
        let answered = self.engine.send_group_read_receipt_response(self.conversation.target_id(), None, messages);
        let response = match soon(answered).await {
            Ok(response) | Err(ResponseError::Refused(response)) => response,
            Err(error) => panic!("no results: {error}"),
        };
        response.results.into_iter().map(|result| result.code).collect()
    }

    pub(crate) async fn recalls(&self, message: &Message) {
        soon(self.engine.recall_message(message)).await.unwrap();
    }
}

/// What people are told.
impl Person {
    /// Waits until an event answers the question; events before it are passed over.
    pub(crate) async fn hears<T>(&mut self, mut question: impl FnMut(Event) -> Option<T>) -> T {
        soon(async {
            loop {
                let event = self.events.next().await.expect("the engine lives");
                if let Some(answer) = question(event) {
                    return answer;
                }
            }
        })
        .await
    }

    /// Waits until this person learns that a receipt of this message is wanted.
    pub(crate) async fn is_asked(&mut self, message: &Message) {
        let wanted = message.message_uid.clone().unwrap();
        self.hears(|event| match event {
            Event::GroupMessageReadReceiptRequestReceived { message_uid, .. } if message_uid == wanted => Some(()),
            _ => None,
        })
        .await;
    }

    /// Waits for a message with this text.
    pub(crate) async fn receives(&mut self, text: &str) -> Message {
        let wanted = seenby_client::Content::Text(text.to_owned());
        self.hears(|event| match event {
            Event::MessageReceived { message, .. } if message.content.as_ref() == Some(&wanted) => Some(message),
            _ => None,
        })
        .await
    }

    /// Waits for these messages, and gives them in this order.
    pub(crate) async fn receives_all(&mut self, wanted: &[Message]) -> Vec<Message> {
        let mut received = BTreeMap::new();
        self.hears(|event| {
            if let Event::MessageReceived { message, .. } = event
                && wanted.iter().any(|wanted| wanted.message_uid == message.message_uid)
            {
                received.insert(message.message_uid.clone(), message);
            }
            (received.len() == wanted.len()).then_some(())
        })
        .await;
        wanted.iter().filter_map(|wanted| received.remove(&wanted.message_uid)).collect()
    }

    /// Waits until this many have read; every event on the way must be cumulative.
    pub(crate) async fn sees_readers(&mut self, message: &Message, count: usize) -> Reading {
        let wanted = message.message_uid.clone().unwrap();
        let mut seen = 0;
        self.hears(|event| match event {
            Event::GroupMessageReadReceiptResponseReceived { message_uid, respond_user_ids, counts, .. }
                if message_uid == wanted =>
            {
                assert!(respond_user_ids.len() > seen, "an event without news");
                seen = respond_user_ids.len();
                (seen >= count).then_some(Reading { readers: respond_user_ids, counts })
            }
            _ => None,
        })
        .await
    }

    /// Everything that has been told by now: a message to everybody marks the end.
    pub(crate) async fn events_until(&mut self, text: &str) -> Vec<Event> {
        let wanted = seenby_client::Content::Text(text.to_owned());
        let mut events = Vec::new();
        self.hears(|event| match event {
            Event::MessageReceived { message, .. } if message.content.as_ref() == Some(&wanted) => Some(()),
            event => {
                events.push(event);
                None
            }
        })
        .await;
        events
    }
}

/// What people can look up.
impl Person {
    /// Read, unread, left.
    pub(crate) async fn counts(&self, message: &Message) -> (u32, u32, u32) {
        let counts = self.receipt_counts(message).await.unwrap();
        assert_eq!(counts.total, counts.read + counts.unread);
        (counts.read, counts.unread, counts.left)
    }

    pub(crate) async fn receipt_counts(&self, message: &Message) -> Result<ReceiptCounts, Code> {
        let uid = message.message_uid.clone().unwrap();
        let infos = soon(self.engine.get_message_read_receipt_info(&self.conversation, &[uid])).await;
        infos.map_err(|error| error.code())?.remove(0).counts
    }

    pub(crate) async fn lists(&self, message: &Message, status: ReadReceiptStatus) -> Vec<String> {
        let uid = message.message_uid.as_deref().unwrap();
        let mut names = Vec::new();
        let mut page_token = None;
        loop {
            let query = PageQuery { status, order: ReadReceiptOrder::Ascending, page_token, count: 2 };
            let page = self.engine.get_message_read_receipt_users_by_page(&self.conversation, uid, &query);
            let page = soon(page).await.unwrap();
            names.extend(page.users.into_iter().map(|user| user.user_id));
            page_token = page.page_token;
            if page_token.is_none() {
                return names;
            }
        }
    }

    /// The message as history has it now.
    pub(crate) async fn looks_up(&self, message: &Message) -> Message {
        let history = soon(self.engine.get_messages(&self.conversation, 0, TimeOrder::Before, 100)).await.unwrap();
        let found = history.messages.into_iter().find(|found| found.message_uid == message.message_uid);
        found.expect("the message is in the history")
    }
}
