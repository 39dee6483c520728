//! The client's side of the contract as a state machine without I/O.
//!
//! A [`Session`] owns no socket, no clock and no random number: time comes in as a [`Duration`] since any fixed moment,
//! jitter from a seed. What it needs done comes out of `poll_*`. The same machine exists in TypeScript and plays the same
//! vectors.
//!
//! The one order of calls: after each `handle_*` or command, take [`poll_action`](Session::poll_action) until it is empty
//! and do each action, then [`poll_transmit`](Session::poll_transmit), [`poll_outcome`](Session::poll_outcome) and
//! [`poll_event`](Session::poll_event) as far as there is room for what they give, then `poll_action` once more, then wait:
//! for the socket, for the application, or until [`poll_timeout`](Session::poll_timeout).
//! Actions come before frames, so an answer is remembered before it is sent.

mod calls;
mod connection;
mod events;
mod heartbeat;
mod outbox;
mod positions;
mod receipts;
mod recent;
mod reconnect;
mod replies;
mod resume;
mod token;
mod unanswered;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use seenby_protocol::frames::{ClientFrame, Goodbye, ServerFrame, SignIn, SignedIn, client_frame::Call, server_frame};
use seenby_protocol::{Code, PROTOCOL_MINOR, frames};

use self::calls::{CALLS_IN_FLIGHT_MAX, Calls, Purpose};
use self::events::{Events, News};
use self::heartbeat::{Beat, Heartbeat, PROBE_TIMEOUT};
use self::outbox::{Outbox, Parked};
use self::positions::Positions;
use self::receipts::Receipts;
use self::recent::Recent;
use self::reconnect::{Backoff, Pause};
use self::unanswered::Unanswered;
use crate::error::{ConnectError, Parameter, ResponseError};
use crate::store::{Answer, Change, Memory};
use crate::{ConnectionStatus, Conversation, Event, ReceiptResponse};

/// Frames of answers that may await their reply at once. While they do, later answers gather into larger frames.
const ANSWER_FRAMES_IN_FLIGHT_MAX: usize = 4;
/// Pages of readers that may be on their way at once.
const FETCHES_IN_FLIGHT_MAX: usize = 4;
/// What a server may ask for; anything else is brought into this range.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
const ANSWERS_PER_FRAME_MAX: u32 = 1_000;
/// The server gives fewer if it likes.
const READERS_PER_PAGE_MAX: u32 = 1_000;

/// A session of one installation with one server, over any number of connections and users.
pub struct Session {
    options: SessionOptions,
    phase: Phase,
    login: Option<Login>,
    owner: Option<SessionOwner>,
    status: ConnectionStatus,
    server_time: Option<ServerTime>,
    backoff: Backoff,

    next_call: u64,
    calls: Calls,
    /// The user who was online last. Calls under way are this user's.
    caller: Option<String>,
    outbox: Outbox,
    answers_pause: Pause,
    fetches_pause: Pause,
    /// The device store has refused changes. Those about answers are handed to it again with the next change, and before
    /// the next connection.
    must_save_again: bool,
    /// Answers of other users than the present one.
    parked: BTreeMap<String, Parked>,

    positions: Positions,
    receipts: Receipts,
    unanswered: Unanswered,
    store_id: String,
    /// Messages that this device has answered or recalled itself.
    done_here: Recent,
    /// The last that was said about messages of the outbox.
    meanwhile: BTreeMap<String, Meanwhile>,
    /// References of messages whose sending ended without a known result.
    unknown_sends: Recent,

    /// Why the session has left the last connection by itself.
    trouble: Option<String>,
    /// The server would not hear what this client has.
    resume_refused: bool,
    /// Something was left at the server because too many events waited. It is fetched by connecting anew.
    stalled: bool,
    events: Events,
    unsaved: Vec<Change>,
    actions: VecDeque<Action>,
    transmits: VecDeque<ClientFrame>,
    outcomes: VecDeque<Outcome>,
}

/// What a session is made with.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// The application.
    pub app_key: String,
    /// Made once by an installation and kept.
    pub device_id: String,
    /// What every `client_ref` made by this installation begins with, so that it knows its own messages.
    pub client_ref_prefix: String,
    /// Name and version of the SDK, for logs.
    pub sdk: String,
    /// Ceiling of the first wait before connecting again.
    pub backoff_min: Duration,
    /// Ceiling of every wait before connecting again.
    pub backoff_max: Duration,
    /// How long a call waits for its reply, over connections.
    pub call_timeout: Duration,
    /// How long one attempt may take, from dialing to being signed in.
    pub attempt_timeout: Duration,
    /// When the server refuses a token, the driver can ask for a newer one.
    pub renews_tokens: bool,
    /// Of the jitter.
    pub seed: u32,
}

/// Names a command, to tell its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {}", self.0)
    }
}

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Open a connection, then call `handle_opened`, or `handle_closed` if it cannot be opened.
    Connect,
    /// Close the connection, or stop opening it. Nothing of it may be handed in from now on, not even that it closed.
    Close,
    /// Ask for a newer token of the same user, then call `handle_token` or `handle_no_token`.
    RenewToken,
    /// Read what is remembered of this user, then call `handle_loaded` or `handle_load_failed`.
    Load {
        /// Whose memory it is.
        user_id: String,
    },
    /// Remember these changes, then call `handle_saved` or `handle_save_failed`.
    Save {
        /// Whose they are.
        user_id: String,
        /// In order.
        changes: Vec<Change>,
    },
}

/// The result of a command. Each command has exactly one, and before it an answer that is not refused is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Of `connect`: the user who signed in.
    Connected(CallId, Result<String, ConnectError>),
    /// Of `call`: the server's reply, or one made here with a code that says why there is none.
    Replied(CallId, Box<frames::Reply>),
    /// Of `answer`: the device store has it, or else the server has settled it. Until then it may be lost.
    Kept(CallId),
    /// Of `answer`.
    Answered(CallId, Result<ReceiptResponse, ResponseError>),
}

/// The server's clock, when it was last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerTime {
    /// Unix milliseconds.
    pub server_time_ms: u64,
    /// The session's time then.
    pub read_at: Duration,
}

enum Phase {
    /// Nobody wants a connection.
    SignedOut,
    Waiting {
        until: Duration,
        /// The server asked not to come before.
        not_before: Duration,
    },
    Opening {
        until: Duration,
    },
    SigningIn {
        call: u64,
        until: Duration,
    },
    /// The server has refused the token for this reason, and a newer one is awaited.
    Renewing {
        code: Code,
        detail: String,
    },
    Loading(SignedIn),
    Online(Online),
}

struct Online {
    since: Duration,
    heartbeat: Heartbeat,
    answers_per_frame: usize,
}

/// What happens to a message while this device answers for it.
enum Meanwhile {
    /// This sender asks about it.
    Asked(Conversation, String),
    AnsweredElsewhere(Conversation),
}

/// From `connect` to `disconnect`, or until the server refuses.
struct Login {
    token: String,
    /// It was asked for because the one before was refused, and has not signed in yet.
    is_renewed: bool,
    /// Until its outcome is told.
    call: Option<CallId>,
    give_up_at: Option<Duration>,
}

/// The user whose answers are taken, at first by what the token says alone. It stays after signing out.
struct SessionOwner {
    user_id: String,
    memory: MemoryState,
}

/// What is known of an owner's memory. Until it is loaded nothing is saved: the numbers of answers would collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MemoryState {
    Loading,
    Loaded,
    /// It is read again before the next connection. Meanwhile this is like a new device.
    Unreadable,
}

/// Says nothing of tokens, which frames hold too.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, user_id) = (self.status, self.user_id());
        f.debug_struct("Session").field("status", &status).field("user_id", &user_id).finish_non_exhaustive()
    }
}

/// Commands of the application.
impl Session {
    /// A session that is signed out.
    pub fn new(options: SessionOptions) -> Self {
        let backoff = |lane| Backoff::new(options.backoff_min, options.backoff_max, options.seed.wrapping_add(lane));
        Self {
            backoff: backoff(0),
            answers_pause: Pause::new(backoff(1)),
            fetches_pause: Pause::new(backoff(2)),
            options,
            phase: Phase::SignedOut,
            login: None,
            owner: None,
            status: ConnectionStatus::Unconnected,
            server_time: None,
            next_call: 0,
            calls: Calls::default(),
            caller: None,
            outbox: Outbox::default(),
            must_save_again: false,
            parked: BTreeMap::new(),
            positions: Positions::default(),
            receipts: Receipts::default(),
            unanswered: Unanswered::default(),
            store_id: String::new(),
            done_here: Recent::default(),
            meanwhile: BTreeMap::new(),
            unknown_sends: Recent::default(),
            trouble: None,
            resume_refused: false,
            stalled: false,
            events: Events::default(),
            unsaved: Vec::new(),
            actions: VecDeque::new(),
            transmits: VecDeque::new(),
            outcomes: VecDeque::new(),
        }
    }

    /// Signs in, and stays signed in over lost connections until `disconnect` or a refusal. `timeout` bounds the
    /// attempts before the first connection; `None` sets no bound. Until a user is signed in, a call with another token
    /// replaces the token in use.
    pub fn connect(&mut self, now: Duration, token: String, timeout: Option<Duration>) -> CallId {
        let call = self.new_call();
        if self.login.as_ref().is_some_and(|login| login.token == token || self.is_signed_in()) {
            let user_id = self.owner.as_ref().map(|owner| owner.user_id.clone());
            self.outcomes.push_back(Outcome::Connected(call, Err(ConnectError::AlreadyConnected { user_id })));
            return call;
        }
        self.give_way();
        let named = token::user_id(&token);
        let give_up_at = timeout.map(|timeout| now + timeout);
        self.login = Some(Login { token, is_renewed: false, call: Some(call), give_up_at });
        self.backoff.reset();
        self.open(now);
        self.expect_user(named);
        call
    }

    /// Signs out. Answers stay in the outbox for the next time that this user signs in.
    pub fn disconnect(&mut self) {
        if self.login.is_some() {
            self.sign_out(ConnectionStatus::SignedOut, ConnectError::Disconnected);
        }
    }

    /// Makes a call that has one reply.
    pub fn call(&mut self, now: Duration, call: Call) -> CallId {
        let id = self.new_call();
        if !self.is_online() {
            self.refuse(id, Code::NOT_CONNECTED);
        } else if self.calls.len() >= CALLS_IN_FLIGHT_MAX {
            self.refuse(id, Code::TOO_BUSY);
        } else {
            self.transmit(now, id.0, call.clone());
            self.calls.insert(id.0, Purpose::Application(Box::new(call)), now + self.options.call_timeout);
        }
        id
    }

    /// Answers for messages of one conversation, now or as soon as there is a connection.
    pub fn answer(&mut self, now: Duration, conversation: Conversation, message_uids: Vec<String>) -> CallId {
        let call = self.new_call();
        if let Err(error) = self.may_answer(&message_uids) {
            self.outcomes.push_back(Outcome::Answered(call, Err(error)));
            return call;
        }
        let answer = Answer { conversation, message_uids };
        let number = self.outbox.keep(answer.clone(), call);
        if self.has_loaded() {
            self.unsaved.push(Change::AnswerKept(number, answer));
        }
        self.pump(now);
        call
    }

    fn may_answer(&self, message_uids: &[String]) -> Result<(), ResponseError> {
        if message_uids.is_empty() {
            return Err(Parameter::new(Code::PARAM_ERROR, "there are no messages to answer for").into());
        }
        if self.owner.is_none() {
            return Err(ResponseError::NotConnected);
        }
        match self.outbox.has_room_for(message_uids.len()) {
            true => Ok(()),
            false => Err(ResponseError::OutboxFull),
        }
    }

    /// Puts an event behind those that wait: the result of a command that nobody waited for.
    pub fn push_event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Puts back events that were taken and never reached the application, before those that wait.
    pub fn return_events(&mut self, events: Vec<Event>) {
        self.events.put_back(events);
    }

    fn new_call(&mut self) -> CallId {
        self.next_call += 1;
        CallId(self.next_call)
    }

    fn refuse(&mut self, id: CallId, code: Code) {
        let reply = frames::Reply { call_id: id.0, code: code.0, ..Default::default() };
        self.outcomes.push_back(Outcome::Replied(id, Box::new(reply)));
    }
}

/// What happens outside.
impl Session {
    /// The connection is open.
    pub fn handle_opened(&mut self, now: Duration) {
        let Phase::Opening { until } = self.phase else { return };
        let Some(login) = &self.login else { return };
        let sign_in = SignIn {
            app_key: self.options.app_key.clone(),
            token: login.token.clone(),
            device_id: self.options.device_id.clone(),
            sdk: self.options.sdk.clone(),
            protocol_minor: PROTOCOL_MINOR,
        };
        let call = self.new_call().0;
        self.phase = Phase::SigningIn { call, until };
        self.transmit(now, call, Call::SignIn(sign_in));
    }

    /// A frame has come.
    pub fn handle_frame(&mut self, now: Duration, frame: ServerFrame) {
        match frame.kind {
            Some(server_frame::Kind::Reply(reply)) => self.handle_reply(now, reply),
            Some(server_frame::Kind::Goodbye(goodbye)) => self.handle_goodbye(now, goodbye),
            Some(push) if self.is_online() => self.handle_push(push),
            // A kind of a newer server, or a push before it was asked for.
            Some(_) | None => {}
        }
        if let Phase::Online(online) = &mut self.phase {
            online.heartbeat.received(now, self.calls.len() > 0);
        }
        self.pump(now);
    }

    /// The connection could not be opened, or has closed.
    pub fn handle_closed(&mut self, now: Duration) {
        if self.is_connected() {
            self.lose(now, Duration::ZERO);
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.expire_calls(now);
        if self.give_up_at().is_some_and(|at| at <= now) {
            self.sign_out(ConnectionStatus::TimedOut, ConnectError::TimedOut);
        }
        match &self.phase {
            Phase::Waiting { until, .. } if *until <= now => self.open(now),
            Phase::Opening { until } | Phase::SigningIn { until, .. } if *until <= now => {
                self.drop_connection(now, Duration::ZERO, "there was no answer in time");
            }
            Phase::Online(_) if self.must_catch_up() => {
                self.actions.push_back(Action::Close);
                self.end_connection();
                self.open(now);
            }
            Phase::Online(online) => match online.heartbeat.due(now) {
                Some(Beat::Lost) => self.drop_connection(now, Duration::ZERO, "the server has fallen silent"),
                Some(Beat::Probe) => self.probe(now),
                Some(Beat::Ping) => self.ping(now),
                None => {}
            },
            _ => {}
        }
        self.pump(now);
    }

    /// The network may be another one, or back, or the program has slept: a connection is probed, and the next attempt is
    /// made now and not after its pause. What the server asked to wait is waited.
    pub fn look_again(&mut self, now: Duration) {
        self.backoff.reset();
        match &mut self.phase {
            Phase::Online(_) => self.probe(now),
            Phase::Waiting { not_before, .. } if *not_before <= now => self.open(now),
            Phase::Waiting { until, not_before } => *until = *not_before,
            // On a network that is gone an attempt would hang until its time is over.
            Phase::Opening { until } | Phase::SigningIn { until, .. } => *until = (*until).min(now + PROBE_TIMEOUT),
            Phase::SignedOut | Phase::Renewing { .. } | Phase::Loading(_) => {}
        }
    }

    /// The token that was asked for; `None` if this user is not to be signed in any more.
    pub fn handle_token(&mut self, now: Duration, token: Option<String>) {
        let Phase::Renewing { code, detail } = &self.phase else { return };
        match (token, &mut self.login) {
            (Some(token), Some(login)) => {
                let named = token::user_id(&token);
                (login.token, login.is_renewed) = (token, true);
                self.open(now);
                self.expect_user(named);
            }
            _ => self.sign_out_refused(*code, detail.clone()),
        }
    }

    /// Whether there is a newer token is not known now. It is asked for again after a pause, if the old one is refused
    /// then.
    pub fn handle_no_token(&mut self, now: Duration) {
        if matches!(self.phase, Phase::Renewing { .. }) {
            self.lose(now, Duration::ZERO);
        }
    }

    /// What is remembered of this user.
    pub fn handle_loaded(&mut self, now: Duration, user_id: &str, memory: Memory) {
        if !self.ends_loading(user_id, MemoryState::Loaded) {
            return;
        }
        if self.store_id.is_empty() {
            self.store_id = memory.store_id;
            self.positions = Positions::restored(memory.positions);
            self.receipts = Receipts::restored(memory.asked);
            self.unanswered = Unanswered::restored(memory.unanswered);
        } else {
            // This session has been online without it, and knows more by now.
            self.unsaved.push(Change::StoreChanged(self.store_id.clone()));
        }
        self.restore_answers(user_id, memory.answers);
        self.go_online_if_loaded(now);
    }

    /// What is remembered of this user cannot be read now.
    pub fn handle_load_failed(&mut self, now: Duration, user_id: &str) {
        if !self.ends_loading(user_id, MemoryState::Unreadable) {
            return;
        }
        if let Some(parked) = self.parked.get_mut(user_id) {
            self.outbox.take_unkept(parked);
        }
        self.go_online_if_loaded(now);
    }

    /// The store has these changes.
    pub fn handle_saved(&mut self, user_id: &str, changes: &[Change]) {
        for change in changes {
            let Change::AnswerKept(number, _) = change else { continue };
            let call = match self.has_loaded_of(user_id) {
                true => self.outbox.note_kept(*number),
                false => self.parked.get(user_id).and_then(|parked| parked.call(*number)),
            };
            self.outcomes.extend(call.map(Outcome::Kept));
        }
    }

    /// The store has not taken these changes, or only some. What they say of answers is said again; the rest a restart
    /// learns from the server.
    pub fn handle_save_failed(&mut self, user_id: &str, changes: Vec<Change>) {
        if self.has_loaded_of(user_id) {
            self.must_save_again = true;
            self.outbox.take_back(&changes);
        } else if let Some(parked) = self.parked.get_mut(user_id) {
            parked.take_back(changes);
        }
    }

    /// Answers that are not remembered yet are this user's, and are remembered from now on.
    fn restore_answers(&mut self, user_id: &str, remembered: BTreeMap<u64, Answer>) {
        self.outbox.restore(remembered, self.parked.remove(user_id).unwrap_or_default());
        self.unsaved.extend(self.outbox.take_unsaved());
    }

    fn handle_goodbye(&mut self, now: Duration, goodbye: Goodbye) {
        if !self.is_connected() {
            return;
        }
        if goodbye.reconnect {
            self.drop_connection(now, Duration::ZERO, format!("the server said goodbye: {}", Code(goodbye.code)));
        } else {
            self.handle_refused(Code(goodbye.code), goodbye.detail);
        }
    }

    fn expire_calls(&mut self, now: Duration) {
        while let Some((number, purpose)) = self.calls.take_expired(now) {
            match purpose {
                Purpose::Application(call) => {
                    let code = match self.is_online() {
                        true => Code::REPLY_TIMEOUT,
                        false => Code::RESULT_UNKNOWN,
                    };
                    self.end_unknown(number, &call, code);
                }
                Purpose::Answers(batch) => {
                    self.outbox.put_back(batch);
                    self.answers_pause.begin(now, Duration::ZERO);
                }
                Purpose::Readers(uid) => {
                    self.receipts.handle_no_page(&uid);
                    self.fetches_pause.begin(now, Duration::ZERO);
                }
                Purpose::Resume | Purpose::Ping => {}
            }
        }
    }

    fn end_unknown(&mut self, number: u64, call: &Call, code: Code) {
        if let Call::SendMessage(send) = call {
            self.unknown_sends.insert(&send.client_ref);
        }
        self.refuse(CallId(number), code);
    }

    fn probe(&mut self, now: Duration) {
        if let Phase::Online(online) = &mut self.phase
            && online.heartbeat.probe(now)
        {
            self.ping(now);
        }
    }

    fn ping(&mut self, now: Duration) {
        self.send_own(now, Purpose::Ping, Call::Ping(frames::Ping {}));
    }
}

/// What must now be done.
impl Session {
    /// The next thing for the driver to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.flush_unsaved();
        self.actions.pop_front()
    }

    /// The next frame to send, in order.
    pub fn poll_transmit(&mut self) -> Option<ClientFrame> {
        self.transmits.pop_front()
    }

    /// The next result of a command.
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcomes.pop_front()
    }

    /// The next event for the application, if it has room for one. Events wait here meanwhile; when too many do, what the
    /// server pushes is left there, and fetched by a new connection once all of them have been taken.
    pub fn poll_event(&mut self) -> Option<Event> {
        while let Some(waiting) = self.events.take() {
            let event = match waiting.news {
                News::Event(event) => Some(*event),
                News::Read(uid) => self.receipts.take_event(&uid, &mut self.unsaved),
            };
            self.unsaved.extend(waiting.then);
            if event.is_some() {
                return event;
            }
        }
        None
    }

    /// When to call `handle_timeout`, if nothing happens before. It may be in the past.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let phase = match &self.phase {
            Phase::SignedOut | Phase::Renewing { .. } | Phase::Loading(_) => None,
            Phase::Waiting { until, .. } | Phase::Opening { until } | Phase::SigningIn { until, .. } => Some(*until),
            Phase::Online(_) if self.must_catch_up() => Some(Duration::ZERO),
            Phase::Online(online) => Some(online.heartbeat.next()),
        };
        let pauses = [
            self.answers_pause.until().filter(|_| self.is_online() && self.outbox.has_waiting()),
            self.fetches_pause.until().filter(|_| self.is_online() && self.receipts.has_fetches()),
        ];
        let timeouts = [phase, self.give_up_at(), self.calls.next_deadline()];
        timeouts.into_iter().chain(pauses).flatten().min()
    }

    /// Why the session has left a connection by itself, once for each that it will make again. For the log.
    pub fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Whether `poll_event` may have something. It may still have nothing.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether `poll_transmit` has something.
    pub fn has_transmits(&self) -> bool {
        !self.transmits.is_empty()
    }

    /// How the connection is.
    pub fn status(&self) -> ConnectionStatus {
        self.status
    }

    /// Who has signed in.
    pub fn user_id(&self) -> Option<&str> {
        self.login.as_ref().filter(|login| login.call.is_none())?;
        Some(&self.owner.as_ref()?.user_id)
    }

    /// The server's clock, when it was last read.
    pub fn server_time(&self) -> Option<ServerTime> {
        self.server_time
    }
}

/// What all of them share.
impl Session {
    /// Sends what waits for its turn.
    fn pump(&mut self, now: Duration) {
        let Phase::Online(online) = &self.phase else { return };
        let answers_per_frame = online.answers_per_frame;
        while self.answers_pause.is_over(now)
            && self.calls.answer_frames() < ANSWER_FRAMES_IN_FLIGHT_MAX
            && let Some(batch) = self.outbox.next_batch(answers_per_frame)
        {
            let conversation = Some(batch.conversation.to_wire());
            let message_uids = self.outbox.uids(&batch);
            let answer = frames::AnswerReceipts { conversation, message_uids };
            self.send_own(now, Purpose::Answers(batch), Call::AnswerReceipts(answer));
        }
        while self.fetches_pause.is_over(now)
            && self.calls.fetches() < FETCHES_IN_FLIGHT_MAX
            && let Some((conversation, uid, from_ordinal)) = self.receipts.next_fetch()
        {
            let conversation = Some(conversation.to_wire());
            let fetch = frames::GetReaders {
                conversation,
                message_uid: uid.clone(),
                from_ordinal,
                count: READERS_PER_PAGE_MAX,
            };
            self.send_own(now, Purpose::Readers(uid), Call::GetReaders(fetch));
        }
    }

    fn send_own(&mut self, now: Duration, purpose: Purpose, call: Call) {
        let number = self.new_call().0;
        self.calls.insert(number, purpose, now + self.options.call_timeout);
        self.transmit(now, number, call);
    }

    fn transmit(&mut self, now: Duration, call_id: u64, call: Call) {
        if let Phase::Online(online) = &mut self.phase {
            online.heartbeat.sent(now);
        }
        self.transmits.push_back(ClientFrame { call_id, call: Some(call) });
    }

    fn set_status(&mut self, status: ConnectionStatus) {
        if self.status != status {
            self.status = status;
            self.events.push_status(status);
        }
    }

    fn read_server_time(&mut self, now: Duration, server_time_ms: u64) {
        self.server_time = Some(ServerTime { server_time_ms, read_at: now });
    }

    fn has_loaded(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.memory == MemoryState::Loaded)
    }

    fn has_loaded_of(&self, user_id: &str) -> bool {
        self.has_loaded() && self.owner.as_ref().is_some_and(|owner| owner.user_id == user_id)
    }

    fn must_catch_up(&self) -> bool {
        self.stalled && self.events.is_empty()
    }

    fn give_up_at(&self) -> Option<Duration> {
        self.login.as_ref()?.give_up_at
    }

    fn is_online(&self) -> bool {
        matches!(self.phase, Phase::Online(_))
    }

    fn is_connected(&self) -> bool {
        !matches!(self.phase, Phase::SignedOut | Phase::Waiting { .. } | Phase::Renewing { .. })
    }

    fn is_signed_in(&self) -> bool {
        matches!(self.phase, Phase::Loading(_) | Phase::Online(_))
    }
}
