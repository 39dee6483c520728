//! The one task of an engine: it owns the socket, the clock, the device store and the session.
//!
//! Handles send it commands; it moves what the session wants done, in the order that the session documents.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seenby_protocol::frames::{self, ServerFrame, client_frame::Call};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite;

use crate::error::{ConnectError, ResponseError};
use crate::promise::Promise;
use crate::session::{Action, CallId, Outcome, ServerTime, Session};
use crate::socket::{Dialer, Socket, SocketError};
use crate::store::{Change, DeviceStore, Owner};
use crate::token_source::{Renewal, TokenSource};
use crate::{ConnectionStatus, Conversation, Event, ReceiptResponse};

/// What a handle asks of the driver. They are taken as fast as they come, and the session refuses what is too much, so
/// their channel needs no bound.
pub(crate) enum Command {
    Connect {
        token: String,
        timeout: Option<Duration>,
        waiter: oneshot::Sender<Result<String, ConnectError>>,
    },
    Disconnect {
        done: oneshot::Sender<()>,
    },
    Destroy {
        done: oneshot::Sender<()>,
    },
    LookAgain,
    Call {
        call: Box<Call>,
        promise: Promise<frames::Reply>,
    },
    Answer {
        conversation: Conversation,
        message_uids: Vec<String>,
        promise: Promise<AnswerResult>,
    },
    /// Tell when every answer given so far is kept.
    Flush {
        done: oneshot::Sender<()>,
    },
    Subscribe(mpsc::Sender<Event>),
    /// A result whose future was dropped.
    Unheard(Box<Event>),
    /// What a stream had been handed when it was dropped.
    Unread(Vec<Event>),
}

pub(crate) type AnswerResult = Result<ReceiptResponse, ResponseError>;

/// What handles may read without asking.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Glance {
    pub(crate) status: ConnectionStatus,
    pub(crate) user_id: Option<String>,
    /// This device's clock less the server's.
    pub(crate) delta_time_ms: Option<i64>,
}

pub(crate) struct Driver {
    session: Session,
    app_key: String,
    store: Box<dyn DeviceStore>,
    dialer: Dialer,
    token_source: Option<TokenSource>,
    renewal: Option<Renewal>,
    started_at: Instant,
    commands: mpsc::UnboundedReceiver<Command>,
    link: Link,
    subscriber: Option<mpsc::Sender<Event>>,
    waiters: HashMap<CallId, Waiter>,
    /// Answers that neither the device store nor the server has.
    unkept: BTreeSet<CallId>,
    /// Who waits until no answer up to this one is unkept.
    flushes: Vec<(CallId, oneshot::Sender<()>)>,
    /// The last thing that it was asked for failed, and the log says so.
    store_fails: bool,
    /// There is no connection, and the log says why.
    outage_is_logged: bool,
    /// Told once the connection is closed.
    disconnects: Vec<oneshot::Sender<()>>,
    glance: watch::Sender<Glance>,
    server_time: Option<ServerTime>,
}

enum Link {
    Closed,
    Dialing(Pin<Box<dyn Future<Output = Result<Box<Socket>, tungstenite::Error>> + Send>>),
    Open(Box<Socket>),
}

enum Waiter {
    Connect(oneshot::Sender<Result<String, ConnectError>>),
    Call(Promise<frames::Reply>),
    Answer(Promise<AnswerResult>),
}

/// Why the driver goes on.
enum Wake {
    Command(Box<Command>),
    /// The last handle is gone.
    Abandoned,
    Dialed(Result<Box<Socket>, tungstenite::Error>),
    Renewed(Result<Option<String>, Box<dyn Error + Send + Sync>>),
    Socket(Result<Box<ServerFrame>, SocketError>),
    RoomForEvents,
    Timeout,
}

impl Driver {
    pub(crate) fn new(
        session: Session,
        app_key: String,
        store: Box<dyn DeviceStore>,
        dialer: Dialer,
        token_source: Option<TokenSource>,
        commands: mpsc::UnboundedReceiver<Command>,
    ) -> (Self, watch::Receiver<Glance>) {
        let (glance, glances) = watch::channel(Glance { status: session.status(), user_id: None, delta_time_ms: None });
        let driver = Self {
            session,
            app_key,
            store,
            dialer,
            token_source,
            renewal: None,
            started_at: Instant::now(),
            commands,
            link: Link::Closed,
            subscriber: None,
            waiters: HashMap::new(),
            unkept: BTreeSet::new(),
            flushes: Vec::new(),
            store_fails: false,
            outage_is_logged: false,
            disconnects: Vec::new(),
            glance,
            server_time: None,
        };
        (driver, glances)
    }

    pub(crate) async fn run(mut self) {
        let done = loop {
            let wake = self.wake().await;
            let now = self.now();
            match wake {
                Wake::Abandoned => break None,
                Wake::Command(command) => match *command {
                    Command::Destroy { done } => break Some(done),
                    command => self.handle_command(now, command),
                },
                Wake::Dialed(dialed) => self.handle_dialed(now, dialed),
                Wake::Renewed(renewed) => self.handle_renewed(now, renewed),
                Wake::Socket(Ok(frame)) => self.session.handle_frame(now, *frame),
                Wake::Socket(Err(error)) => self.handle_broken(now, &error),
                Wake::RoomForEvents => {}
                Wake::Timeout => self.session.handle_timeout(now),
            }
            self.settle().await;
        };
        self.shut_down().await;
        // The device store too: another engine may have it from now on.
        drop(self);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }

    async fn wake(&mut self) -> Wake {
        let timeout = self.session.poll_timeout().map(|timeout| self.started_at + timeout);
        let Self { session, commands, link, subscriber, renewal, .. } = self;
        let has_events = session.has_events();
        tokio::select! {
            command = commands.recv() => command.map_or(Wake::Abandoned, |command| Wake::Command(Box::new(command))),
            wake = poll_fn(|cx| match link {
                Link::Closed => std::task::Poll::Pending,
                Link::Dialing(dialing) => dialing.as_mut().poll(cx).map(Wake::Dialed),
                Link::Open(socket) => {
                    socket.poll(cx, || session.poll_transmit()).map(|read| Wake::Socket(read.map(Box::new)))
                }
            }) => wake,
            renewed = asked(renewal) => Wake::Renewed(renewed),
            () = room(subscriber), if has_events => Wake::RoomForEvents,
            () = sleep_until(timeout) => Wake::Timeout,
        }
    }

    fn handle_command(&mut self, now: Duration, command: Command) {
        match command {
            Command::Connect { token, timeout, waiter } => {
                let call = self.session.connect(now, token, timeout);
                self.waiters.insert(call, Waiter::Connect(waiter));
            }
            Command::Disconnect { done } => {
                self.session.disconnect();
                self.disconnects.push(done);
            }
            Command::LookAgain => self.session.look_again(now),
            Command::Call { call, promise } => {
                let call = self.session.call(now, *call);
                self.waiters.insert(call, Waiter::Call(promise));
            }
            Command::Answer { conversation, message_uids, promise } => {
                let call = self.session.answer(now, conversation, message_uids);
                self.waiters.insert(call, Waiter::Answer(promise));
                self.unkept.insert(call);
            }
            Command::Flush { done } => {
                let last = self.unkept.last().copied().unwrap_or(CallId(0));
                self.flushes.push((last, done));
            }
            Command::Subscribe(subscriber) => self.subscriber = Some(subscriber),
            Command::Unheard(event) => self.session.push_event(*event),
            Command::Unread(events) => self.session.return_events(events),
            Command::Destroy { .. } => {}
        }
    }

    fn handle_dialed(&mut self, now: Duration, dialed: Result<Box<Socket>, tungstenite::Error>) {
        match dialed {
            Ok(socket) => {
                self.link = Link::Open(socket);
                self.session.handle_opened(now);
            }
            Err(error) => {
                self.note_outage(&error.to_string());
                self.link = Link::Closed;
                self.session.handle_closed(now);
            }
        }
    }

    fn handle_renewed(&mut self, now: Duration, renewed: Result<Option<String>, Box<dyn Error + Send + Sync>>) {
        self.renewal = None;
        match renewed {
            Ok(token) => self.session.handle_token(now, token.filter(|token| !token.is_empty())),
            Err(error) => {
                tracing::warn!(%error, "there is no newer token; it is asked for again later");
                self.session.handle_no_token(now);
            }
        }
    }

    fn handle_broken(&mut self, now: Duration, error: &SocketError) {
        self.note_outage(&with_causes(error));
        self.link = Link::Closed;
        self.session.handle_closed(now);
    }

    /// Does what the session wants done. Frames are taken by the socket when it has room for them.
    async fn settle(&mut self) {
        self.act().await;
        if let Some(reason) = self.session.take_trouble() {
            self.note_outage(&reason);
        }
        // Who is told of a result may look at the glance next.
        self.publish();
        while let Some(outcome) = self.session.poll_outcome() {
            self.tell(outcome);
        }
        self.tell_flushes();
        for done in self.disconnects.drain(..) {
            let _ = done.send(());
        }
        self.hand_on_events();
        self.act().await;
    }

    async fn act(&mut self) {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Connect => self.link = Link::Dialing(Box::pin(self.dialer.dial())),
                Action::Close => self.close().await,
                Action::RenewToken => self.renewal = self.token_source.as_ref().map(TokenSource::ask),
                Action::Load { user_id } => self.load(user_id),
                Action::Save { user_id, changes } => self.save(user_id, changes),
            }
        }
    }

    /// An outage is logged once, with the reason of its first failure. The token is in neither address nor reason.
    fn note_outage(&mut self, reason: &str) {
        let server = self.dialer.server();
        match std::mem::replace(&mut self.outage_is_logged, true) {
            false => tracing::warn!(server, reason, "there is no connection; the engine goes on trying"),
            true => tracing::debug!(server, reason, "there is still no connection"),
        }
    }

    async fn close(&mut self) {
        if let Link::Open(socket) = std::mem::replace(&mut self.link, Link::Closed) {
            socket.close().await;
        }
    }

    fn load(&mut self, user_id: String) {
        let now = self.now();
        let loaded = self.store.load(&self.owner(user_id.clone()));
        self.note_store(&loaded, "read");
        match loaded {
            Ok(memory) => self.session.handle_loaded(now, &user_id, memory),
            Err(_) => self.session.handle_load_failed(now, &user_id),
        }
    }

    fn save(&mut self, user_id: String, changes: Vec<Change>) {
        let saved = self.store.save(&self.owner(user_id.clone()), &changes);
        self.note_store(&saved, "written");
        match saved {
            Ok(()) => self.session.handle_saved(&user_id, &changes),
            Err(_) => self.session.handle_save_failed(&user_id, changes),
        }
    }

    /// A store that stays broken is asked again and again, and logged once.
    fn note_store<T>(&mut self, result: &io::Result<T>, done: &str) {
        if let Err(error) = result
            && !self.store_fails
        {
            tracing::warn!(%error, "the device store cannot be {done}; a restart may lose answers");
        }
        self.store_fails = result.is_err();
    }

    fn owner(&self, user_id: String) -> Owner {
        Owner { app_key: self.app_key.clone(), user_id }
    }

    fn tell(&mut self, outcome: Outcome) {
        let call = match &outcome {
            Outcome::Kept(call) => {
                self.unkept.remove(call);
                return;
            }
            Outcome::Connected(call, _) | Outcome::Replied(call, _) | Outcome::Answered(call, _) => call,
        };
        self.unkept.remove(call);
        let unheard = match (self.waiters.remove(call), outcome) {
            (Some(Waiter::Connect(waiter)), Outcome::Connected(_, result)) => {
                let _ = waiter.send(result);
                None
            }
            (Some(Waiter::Call(promise)), Outcome::Replied(_, reply)) => promise.keep(*reply),
            (Some(Waiter::Answer(promise)), Outcome::Answered(_, result)) => promise.keep(result),
            _ => None,
        };
        unheard.into_iter().for_each(|event| self.session.push_event(event));
    }

    fn tell_flushes(&mut self) {
        let first = self.unkept.first().copied();
        for (_, done) in self.flushes.extract_if(.., |(last, _)| first.is_none_or(|first| first > *last)) {
            let _ = done.send(());
        }
    }

    fn hand_on_events(&mut self) {
        let Some(subscriber) = &self.subscriber else { return };
        while self.session.has_events() {
            match subscriber.try_reserve() {
                Ok(room) => {
                    if let Some(event) = self.session.poll_event() {
                        room.send(event);
                    }
                }
                Err(mpsc::error::TrySendError::Full(())) => return,
                Err(mpsc::error::TrySendError::Closed(())) => break,
            };
        }
        self.subscriber = self.subscriber.take().filter(|subscriber| !subscriber.is_closed());
    }

    fn publish(&mut self) {
        if self.server_time != self.session.server_time() {
            self.server_time = self.session.server_time();
            let delta = self.server_time.map(|read| delta_time_ms(read, self.now()));
            self.glance.send_modify(|glance| glance.delta_time_ms = delta);
        }
        let (status, user_id) = (self.session.status(), self.session.user_id());
        self.outage_is_logged &= status != ConnectionStatus::Connected;
        self.glance.send_if_modified(|glance| {
            let changed = glance.status != status || glance.user_id.as_deref() != user_id;
            if changed {
                glance.status = status;
                glance.user_id = user_id.map(str::to_owned);
            }
            changed
        });
    }

    /// What still waits learns that the engine is gone, not that it has signed out.
    async fn shut_down(&mut self) {
        self.waiters.clear();
        self.session.disconnect();
        self.settle().await;
    }

    fn now(&self) -> Duration {
        self.started_at.elapsed()
    }
}

fn with_causes(error: &dyn Error) -> String {
    let said = error.to_string();
    error.source().map_or_else(|| said.clone(), |cause| format!("{said}: {}", with_causes(cause)))
}

fn delta_time_ms(read: ServerTime, now: Duration) -> i64 {
    let local = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let local_then = local.saturating_sub(now.saturating_sub(read.read_at));
    let local_then = i64::try_from(local_then.as_millis()).unwrap_or(i64::MAX);
    local_then.saturating_sub_unsigned(read.server_time_ms)
}

/// Waits until the subscriber can take an event, or is gone.
async fn room(subscriber: &Option<mpsc::Sender<Event>>) {
    match subscriber {
        Some(subscriber) => drop(subscriber.reserve().await),
        None => std::future::pending().await,
    }
}

async fn asked(renewal: &mut Option<Renewal>) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
    match renewal {
        Some(renewal) => renewal.await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
