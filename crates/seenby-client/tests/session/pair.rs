//! A session and a scripted server, in virtual time.
//!
//! The server signs in whoever comes (whom the token names), takes every Resume and answers every Ping; all other
//! calls wait in `calls` for the test to answer. The device store is a [`MemoryStore`] that outlives sessions.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use seenby_client::session::{Action, CallId, Outcome, SessionOptions};
use seenby_client::store::{DeviceStore, Memory, MemoryStore, Owner};
use seenby_client::{Code, ConnectError, ConnectionStatus, Conversation, Event, ReceiptResponse, ResponseError};
use seenby_protocol::frames::{self, Reply, ServerFrame, client_frame::Call, log_entry, reply, server_frame};

use crate::recorder::Recorder;

pub const PING_INTERVAL: Duration = Duration::from_secs(30);
pub const APP: &str = "app";
/// What the references of the session under test begin with.
pub const THIS_DEVICE: &str = "device-";

pub struct Pair {
    pub session: Recorder,
    pub now: Duration,
    pub server: Server,
    pub store: MemoryStore,
    pub store_refuses_to_read: bool,
    pub store_refuses_to_write: bool,
    /// Answers that are in the store, or else settled.
    pub kept: BTreeSet<CallId>,
    /// Calls that the test has to answer, oldest first.
    pub calls: VecDeque<(u64, Call)>,
    pub resumes: Vec<frames::Resume>,
    pub outcomes: Vec<Outcome>,
    pub events: Vec<Event>,
    /// Times at which a connection was tried.
    pub attempts: Vec<Duration>,
    /// The application takes its events.
    pub reading: bool,
    pub is_open: bool,
    /// How often the application was asked for a newer token.
    pub asked_for_tokens: usize,
}

/// How the server is.
pub struct Server {
    pub is_up: bool,
    /// Takes frames and says nothing.
    pub is_silent: bool,
    /// Leaves the replies to Resume to the test.
    pub leaves_resumes: bool,
    pub store_id: String,
    pub answers_per_frame_max: u32,
    pub page_size_max: u32,
    pub resume_items_max: u32,
    pub ping_interval_ms: u32,
    pub sign_in_refusal: Option<Reply>,
    /// Tokens that have expired.
    pub expired: Vec<String>,
    /// Who signs in, whatever the token says.
    pub sign_in_as: Option<String>,
}

impl Pair {
    pub fn new() -> Self {
        Self::around(Recorder::new(options()))
    }

    /// For a scenario that is too large to be replayed elsewhere.
    pub fn unrecorded(_why: &str) -> Self {
        Self::around(Recorder::unrecorded(options()))
    }

    fn around(session: Recorder) -> Self {
        Self {
            session,
            now: Duration::from_secs(1_000),
            server: Server {
                is_up: true,
                is_silent: false,
                leaves_resumes: false,
                store_id: "store-1".into(),
                answers_per_frame_max: 100,
                page_size_max: 100,
                resume_items_max: 10_000,
                ping_interval_ms: PING_INTERVAL.as_millis() as u32,
                sign_in_refusal: None,
                expired: Vec::new(),
                sign_in_as: None,
            },
            store: MemoryStore::new(),
            store_refuses_to_read: false,
            store_refuses_to_write: false,
            kept: BTreeSet::new(),
            calls: VecDeque::new(),
            resumes: Vec::new(),
            outcomes: Vec::new(),
            events: Vec::new(),
            attempts: Vec::new(),
            reading: true,
            is_open: false,
            asked_for_tokens: 0,
        }
    }

    /// The application has a source of tokens.
    pub fn renewing() -> Self {
        Self::around(Recorder::new(SessionOptions { renews_tokens: true, ..options() }))
    }

    pub fn signed_in(user_id: &str) -> Self {
        let mut pair = Self::new();
        pair.sign_in(user_id);
        pair
    }

    // ------------------------------------------------------------------------------------------ the application

    /// What follows a `#` makes another token of the same user.
    pub fn connect(&mut self, user_id: &str) -> CallId {
        self.connect_within(user_id, None)
    }

    pub fn connect_within(&mut self, user_id: &str, timeout: impl Into<Option<Duration>>) -> CallId {
        self.connect_with(token(user_id), timeout.into())
    }

    pub fn connect_with(&mut self, token: String, timeout: Option<Duration>) -> CallId {
        let call = self.session.connect(self.now, token, timeout);
        self.settle();
        call
    }

    /// Signs in, and forgets what was told on the way.
    pub fn sign_in(&mut self, user_id: &str) {
        let call = self.connect(user_id);
        let expected = user_id.split('#').next().unwrap();
        assert_eq!(self.connected(call), Some(Ok(expected.to_owned())));
        self.events.clear();
        self.resumes.clear();
        self.attempts.clear();
    }

    pub fn disconnect(&mut self) {
        self.session.disconnect();
        self.settle();
    }

    /// The tokens of this user, as `connect` makes them, have expired.
    pub fn expire(&mut self, user_id: &str) {
        self.server.expired.push(token(user_id));
    }

    /// What the source of tokens gives after a while.
    pub fn gets_token(&mut self, user_id: Option<&str>) {
        self.session.handle_token(self.now, user_id.map(token));
        self.settle();
    }

    pub fn gets_no_token(&mut self) {
        self.session.handle_no_token(self.now);
        self.settle();
    }

    pub fn looks_again(&mut self) {
        self.session.look_again(self.now);
        self.settle();
    }

    pub fn answers(&mut self, uids: &[&str]) -> CallId {
        self.answers_in(group(), uids)
    }

    pub fn answers_in(&mut self, conversation: Conversation, uids: &[&str]) -> CallId {
        let uids = uids.iter().map(|uid| (*uid).to_owned()).collect();
        let call = self.session.answer(self.now, conversation, uids);
        self.settle();
        call
    }

    pub fn asks(&mut self, uid: &str) -> CallId {
        self.call(Call::RequestReceipt(frames::RequestReceipt { conversation: wire(), message_uid: uid.into() }))
    }

    /// Asks, and the server agrees.
    pub fn has_asked(&mut self, uid: &str) {
        self.asks(uid);
        self.accept();
        self.outcomes.clear();
    }

    pub fn sends(&mut self, client_ref: &str, need_receipt: bool) -> CallId {
        let client_ref = format!("{THIS_DEVICE}{client_ref}");
        self.call(Call::SendMessage(frames::SendMessage {
            conversation: wire(),
            client_ref,
            need_receipt,
            ..Default::default()
        }))
    }

    pub fn call(&mut self, call: Call) -> CallId {
        let call = self.session.call(self.now, call);
        self.settle();
        call
    }

    pub fn takes_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The process ends and begins anew with the same device store.
    pub fn restart(&mut self) {
        self.session.restart();
        self.calls.clear();
        self.resumes.clear();
        self.outcomes.clear();
        self.kept.clear();
        self.events.clear();
        self.attempts.clear();
        self.reading = true;
        self.is_open = false;
    }

    // ------------------------------------------------------------------------------------------ the server

    pub fn push(&mut self, kind: server_frame::Kind) {
        self.hand_in(ServerFrame { kind: Some(kind) });
    }

    pub fn hand_in(&mut self, frame: ServerFrame) {
        assert!(self.is_open, "there is no connection");
        self.session.handle_frame(self.now, frame);
        self.settle();
    }

    pub fn reply(&mut self, reply: Reply) {
        self.push(server_frame::Kind::Reply(reply));
    }

    /// Answers the oldest call with success and nothing more.
    pub fn accept(&mut self) {
        let (call_id, _) = self.calls.pop_front().expect("no call waits");
        self.reply(Reply { call_id, ..Default::default() });
    }

    pub fn accept_with(&mut self, result: reply::Result) {
        let (call_id, _) = self.calls.pop_front().expect("no call waits");
        self.reply(Reply { call_id, result: Some(result), ..Default::default() });
    }

    pub fn refuse(&mut self, code: Code) {
        self.refuse_until(code, 0);
    }

    pub fn refuse_until(&mut self, code: Code, retry_after_ms: u32) {
        let (call_id, _) = self.calls.pop_front().expect("no call waits");
        self.reply(Reply { call_id, code: code.0, retry_after_ms, ..Default::default() });
    }

    /// The uids of the oldest call, which must be an answer.
    pub fn answered_uids(&self) -> Vec<String> {
        match self.calls.front() {
            Some((_, Call::AnswerReceipts(answer))) => answer.message_uids.clone(),
            other => panic!("not an answer: {other:?}"),
        }
    }

    /// Settles the oldest call, which must be an answer.
    pub fn accept_answers(&mut self, codes: &[Code]) {
        self.answered_uids();
        let (call_id, _) = self.calls.pop_front().unwrap();
        let code = codes.iter().find(|code| !code.is_success()).map_or(0, |code| code.0);
        let accepted = frames::ReceiptsAccepted { codes: codes.iter().map(|code| code.0).collect() };
        let result = Some(reply::Result::ReceiptsAccepted(accepted));
        self.reply(Reply { call_id, code, result, ..Default::default() });
    }

    pub fn drop_connection(&mut self) {
        assert!(std::mem::take(&mut self.is_open), "there is no connection");
        self.calls.clear();
        self.session.handle_closed(self.now);
        self.settle();
    }

    /// Readers `first..end` of a message, each named after its ordinal.
    pub fn delta(&mut self, uid: &str, first: u32, end: u32) {
        self.push(server_frame::Kind::ReceiptDelta(frames::ReceiptDelta {
            conversation: wire(),
            message_uid: uid.into(),
            readers: Some(readers(first, end)),
            counts: Some(frames::ReceiptCounts { read: end, unread: 10, left: 0, total: end + 10 }),
        }));
    }

    /// The oldest call must be a fetch; gives its ordinal.
    pub fn fetched_from(&self) -> u32 {
        match self.calls.front() {
            Some((_, Call::GetReaders(fetch))) => fetch.from_ordinal,
            other => panic!("not a fetch: {other:?}"),
        }
    }

    /// Log entries of the group, with sequences up to `through`.
    pub fn log(&mut self, through: u64, entries: Vec<log_entry::Event>) {
        self.log_left(through, entries, 0);
    }

    pub fn log_left(&mut self, through: u64, entries: Vec<log_entry::Event>, left: u64) {
        let first = through - entries.len() as u64 + 1;
        let entries = entries.into_iter().zip(first..).map(|(event, sequence)| frames::LogEntry {
            sequence,
            at_ms: sequence,
            event: Some(event),
        });
        self.push(server_frame::Kind::LogEntries(frames::LogEntries {
            conversation: wire(),
            entries: entries.collect(),
            through,
            left,
            offline: false,
        }));
    }

    // ------------------------------------------------------------------------------------------ time

    /// Time passes; every timeout on the way is served.
    pub fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        let mut at_once = 0;
        while let Some(timeout) = self.session.poll_timeout().filter(|timeout| *timeout <= end) {
            at_once = if timeout > self.now { 0 } else { at_once + 1 };
            assert!(at_once < 100, "a timeout comes for ever");
            self.now = self.now.max(timeout);
            self.session.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    /// Long enough for any wait before the next attempt.
    pub fn wait_for_connection(&mut self) {
        let attempts = self.attempts.len();
        self.wait(Duration::from_secs(20));
        assert!(self.attempts.len() > attempts && self.is_open, "no new connection");
    }

    // ------------------------------------------------------------------------------------------ what came of it

    pub fn connected(&mut self, call: CallId) -> Option<Result<String, ConnectError>> {
        self.outcome(call).map(|outcome| match outcome {
            Outcome::Connected(_, result) => result,
            other => panic!("not of connect: {other:?}"),
        })
    }

    pub fn answered(&mut self, call: CallId) -> Option<Result<ReceiptResponse, ResponseError>> {
        self.outcome(call).map(|outcome| match outcome {
            Outcome::Answered(_, result) => result,
            other => panic!("not of an answer: {other:?}"),
        })
    }

    pub fn replied(&mut self, call: CallId) -> Option<Code> {
        self.outcome(call).map(|outcome| match outcome {
            Outcome::Replied(_, reply) => Code(reply.code),
            other => panic!("not of a call: {other:?}"),
        })
    }

    fn outcome(&mut self, call: CallId) -> Option<Outcome> {
        let is_wanted = |outcome: &Outcome| match outcome {
            Outcome::Connected(id, _) | Outcome::Replied(id, _) | Outcome::Answered(id, _) => *id == call,
            Outcome::Kept(_) => false,
        };
        let place = self.outcomes.iter().position(is_wanted)?;
        Some(self.outcomes.remove(place))
    }

    pub fn statuses(&mut self) -> Vec<ConnectionStatus> {
        let events = self.takes_events();
        let status = |event| match event {
            Event::ConnectionStatusChanged { status } => Some(status),
            _ => None,
        };
        events.into_iter().filter_map(status).collect()
    }

    pub fn memory(&mut self, user_id: &str) -> Memory {
        self.store.load(&owner(user_id)).unwrap()
    }

    // ------------------------------------------------------------------------------------------ the driver

    /// Does what a driver does, in the documented order.
    pub fn settle(&mut self) {
        loop {
            self.act();
            let frame = self.session.poll_transmit();
            while let Some(outcome) = self.session.poll_outcome() {
                self.take_outcome(outcome);
            }
            if self.reading {
                self.events.extend(std::iter::from_fn(|| self.session.poll_event()));
            }
            self.act();
            match frame {
                Some(frame) => self.serve(frame.call_id, frame.call.expect("a call")),
                None if self.session.has_transmits() => {}
                None => return,
            }
        }
    }

    fn take_outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Kept(call) => assert!(self.kept.insert(call), "{call} is kept twice"),
            outcome => self.outcomes.push(outcome),
        }
    }

    fn act(&mut self) {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Connect => self.open(),
                Action::Close => {
                    self.is_open = false;
                    self.calls.clear();
                }
                Action::RenewToken => self.asked_for_tokens += 1,
                Action::Load { user_id } if self.store_refuses_to_read => {
                    self.session.handle_load_failed(self.now, &user_id);
                }
                Action::Load { user_id } => {
                    let memory = self.memory(&user_id);
                    self.session.handle_loaded(self.now, &user_id, memory);
                }
                Action::Save { user_id, changes } if self.store_refuses_to_write => {
                    self.session.handle_save_failed(&user_id, changes);
                }
                Action::Save { user_id, changes } => {
                    self.store.save(&owner(&user_id), &changes).unwrap();
                    self.session.handle_saved(&user_id, &changes);
                }
            }
        }
    }

    fn open(&mut self) {
        self.attempts.push(self.now);
        self.is_open = self.server.is_up;
        match self.server.is_up {
            true => self.session.handle_opened(self.now),
            false => self.session.handle_closed(self.now),
        }
    }

    fn serve(&mut self, call_id: u64, call: Call) {
        assert!(self.is_open, "a frame without a connection: {call:?}");
        if self.server.is_silent {
            return;
        }
        let result = match call {
            Call::SignIn(sign_in) if self.server.expired.contains(&sign_in.token) => {
                let code = Code::TOKEN_EXPIRED.0;
                return self.hand_in_reply(Reply { call_id, code, ..Default::default() });
            }
            Call::SignIn(sign_in) => match self.server.sign_in_refusal.clone() {
                Some(refusal) => return self.hand_in_reply(Reply { call_id, ..refusal }),
                None => Some(reply::Result::SignedIn(self.signs_in(sign_in))),
            },
            Call::Ping(_) => Some(reply::Result::Pong(frames::Pong { server_time_ms: 2_000_000 })),
            Call::Resume(resume) if !self.server.leaves_resumes => {
                self.resumes.push(resume);
                None
            }
            call => return self.calls.push_back((call_id, call)),
        };
        self.hand_in_reply(Reply { call_id, result, ..Default::default() });
    }

    fn hand_in_reply(&mut self, reply: Reply) {
        self.session.handle_frame(self.now, ServerFrame { kind: Some(server_frame::Kind::Reply(reply)) });
    }

    fn signs_in(&self, sign_in: frames::SignIn) -> frames::SignedIn {
        let named = user_of(&sign_in.token);
        frames::SignedIn {
            user_id: self.server.sign_in_as.clone().unwrap_or(named),
            server_time_ms: 1_000_000,
            store_id: self.server.store_id.clone(),
            ping_interval_ms: self.server.ping_interval_ms,
            answers_per_frame_max: self.server.answers_per_frame_max,
            page_size_max: self.server.page_size_max,
            resume_items_max: self.server.resume_items_max,
            ..Default::default()
        }
    }
}

fn options() -> SessionOptions {
    SessionOptions {
        app_key: APP.into(),
        device_id: "device".into(),
        client_ref_prefix: THIS_DEVICE.into(),
        sdk: "test".into(),
        backoff_min: Duration::from_millis(500),
        backoff_max: Duration::from_secs(20),
        call_timeout: Duration::from_secs(30),
        attempt_timeout: Duration::from_secs(10),
        renews_tokens: false,
        seed: 42,
    }
}

/// A token as the server gives it, but for the signature. What follows a `#` makes another one of the same user.
pub fn token(user_id: &str) -> String {
    let (user_id, number) = user_id.split_once('#').unwrap_or((user_id, ""));
    let claims = serde_json::json!({ "sub": user_id, "jti": number });
    format!("e30.{}.{}", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()), BASE64_URL_SAFE_NO_PAD.encode("signed"))
}

/// The server knows also whose a token is that does not say so.
fn user_of(token: &str) -> String {
    let Some(claims) = token.split('.').nth(1) else { return token.to_owned() };
    let claims: serde_json::Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    claims["sub"].as_str().unwrap().to_owned()
}

pub fn owner(user_id: &str) -> Owner {
    Owner { app_key: APP.into(), user_id: user_id.into() }
}

pub fn group() -> Conversation {
    Conversation::group("g")
}

pub fn wire() -> Option<frames::Conversation> {
    Some(frames::Conversation { r#type: 2, target_id: "g".into(), channel_id: String::new() })
}

/// Reader `n` is called `r<n>` and read at `1000 + n`.
pub fn readers(first: u32, end: u32) -> frames::Readers {
    let times_ms = (first..end).map(|ordinal| if ordinal == first { 1_000 + i64::from(first) } else { 1 });
    frames::Readers {
        first_ordinal: first,
        user_ids: (first..end).map(|ordinal| format!("r{ordinal}")).collect(),
        times_ms: times_ms.collect(),
    }
}

pub fn said(sender: &str, uid: &str, client_ref: &str) -> log_entry::Event {
    log_entry::Event::Message(frames::Message {
        uid: uid.into(),
        sender_id: sender.into(),
        client_ref: client_ref.into(),
        content: Some(frames::Content {
            kind: Some(frames::content::Kind::Text(frames::TextContent { text: format!("text of {uid}") })),
            ..Default::default()
        }),
        ..Default::default()
    })
}

pub fn requested(sender: &str, uid: &str) -> log_entry::Event {
    log_entry::Event::ReceiptRequested(frames::ReceiptRequested {
        message_uid: uid.into(),
        sender_id: sender.into(),
        answered: false,
    })
}

pub fn recalled(sender: &str, uid: &str) -> log_entry::Event {
    log_entry::Event::MessageRecalled(frames::MessageRecalled { message_uid: uid.into(), sender_id: sender.into() })
}

pub fn sent(uid: &str) -> reply::Result {
    reply::Result::MessageSent(frames::MessageSent { message_uid: uid.into(), sequence: 1, sent_at_ms: 1 })
}

/// The one readers event: uid, everybody, the new ones.
pub fn readers_event(events: &[Event]) -> (&str, Vec<String>, Vec<String>) {
    let [Event::GroupMessageReadReceiptResponseReceived { message_uid, respond_user_ids, new_readers, .. }] = events
    else {
        panic!("not one readers event: {events:?}")
    };
    let names = |readers: &[seenby_client::Reader]| readers.iter().map(|reader| reader.user_id.to_string()).collect();
    (message_uid, names(respond_user_ids.as_slice()), names(new_readers))
}

pub fn names(first: u32, end: u32) -> Vec<String> {
    (first..end).map(|ordinal| format!("r{ordinal}")).collect()
}
