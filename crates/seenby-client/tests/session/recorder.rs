//! A session whose every call is noted, with what it gave: the vectors that other SDKs replay.
//!
//! A scenario that ends well compares its record with the one that is checked in. `vectors/README.md` has the format.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use seenby_client::session::{Action, CallId, Outcome, ServerTime, Session, SessionOptions};
use seenby_client::store::{Change, Memory};
use seenby_client::{ConnectionStatus, Conversation, Event};
use seenby_protocol::frames::{ClientFrame, ServerFrame, client_frame::Call};
use seenby_vectors::{compare, root};
use serde_json::{Value, json};

use crate::json;

/// A longer record is a burden for everybody who has the repository. A scenario that needs it is better unrecorded.
const RECORD_BYTES_MAX: usize = 64 * 1024;

pub struct Recorder {
    session: Session,
    options: SessionOptions,
    record: Record,
}

impl Recorder {
    pub fn new(options: SessionOptions) -> Self {
        Self::begin(options, Record::new())
    }

    /// For what no other SDK has to replay, because of its size.
    pub fn unrecorded(options: SessionOptions) -> Self {
        Self::begin(options, Record::default())
    }

    fn begin(options: SessionOptions, mut record: Record) -> Self {
        record.note(|| json!({ "do": "new", "options": json::options(&options) }));
        Self { session: Session::new(options.clone()), options, record }
    }

    /// A new session, in the same record.
    pub fn restart(&mut self) {
        let record = std::mem::take(&mut self.record);
        *self = Self::begin(self.options.clone(), record);
    }
}

/// The methods of a session that change it.
impl Recorder {
    pub fn connect(&mut self, now: Duration, token: String, timeout: Option<Duration>) -> CallId {
        let call = self.session.connect(now, token.clone(), timeout);
        let timeout = timeout.map(json::milliseconds);
        self.record.note(|| {
            json!({ "do": "connect", "at": json::milliseconds(now), "token": token, "timeoutMs": timeout, "gives": call.0 })
        });
        call
    }

    pub fn disconnect(&mut self) {
        self.session.disconnect();
        self.record.note(|| json!({ "do": "disconnect" }));
    }

    pub fn call(&mut self, now: Duration, call: Call) -> CallId {
        let id = self.session.call(now, call.clone());
        let frame = ClientFrame { call_id: 0, call: Some(call) };
        self.record.note(|| {
            json!({ "do": "call", "at": json::milliseconds(now), "call": json::client_frame(&frame), "gives": id.0 })
        });
        id
    }

    pub fn answer(&mut self, now: Duration, conversation: Conversation, message_uids: Vec<String>) -> CallId {
        let call = self.session.answer(now, conversation.clone(), message_uids.clone());
        self.record.note(|| {
            json!({
                "do": "answer",
                "at": json::milliseconds(now),
                "conversation": json::conversation(&conversation),
                "messageUids": message_uids,
                "gives": call.0,
            })
        });
        call
    }

    pub fn handle_opened(&mut self, now: Duration) {
        self.session.handle_opened(now);
        self.record.note(|| json!({ "do": "handleOpened", "at": json::milliseconds(now) }));
    }

    pub fn handle_closed(&mut self, now: Duration) {
        self.session.handle_closed(now);
        self.record.note(|| json!({ "do": "handleClosed", "at": json::milliseconds(now) }));
    }

    pub fn handle_timeout(&mut self, now: Duration) {
        self.session.handle_timeout(now);
        self.record.note(|| json!({ "do": "handleTimeout", "at": json::milliseconds(now) }));
    }

    pub fn look_again(&mut self, now: Duration) {
        self.session.look_again(now);
        self.record.note(|| json!({ "do": "lookAgain", "at": json::milliseconds(now) }));
    }

    pub fn handle_token(&mut self, now: Duration, token: Option<String>) {
        self.session.handle_token(now, token.clone());
        self.record.note(|| json!({ "do": "handleToken", "at": json::milliseconds(now), "token": token }));
    }

    pub fn handle_no_token(&mut self, now: Duration) {
        self.session.handle_no_token(now);
        self.record.note(|| json!({ "do": "handleNoToken", "at": json::milliseconds(now) }));
    }

    pub fn handle_frame(&mut self, now: Duration, frame: ServerFrame) {
        self.record.note(
            || json!({ "do": "handleFrame", "at": json::milliseconds(now), "frame": json::server_frame(&frame) }),
        );
        self.session.handle_frame(now, frame);
    }

    pub fn handle_loaded(&mut self, now: Duration, user_id: &str, memory: Memory) {
        self.record.note(|| {
            let at = json::milliseconds(now);
            json!({ "do": "handleLoaded", "at": at, "userId": user_id, "memory": json::memory(&memory) })
        });
        self.session.handle_loaded(now, user_id, memory);
    }

    pub fn handle_load_failed(&mut self, now: Duration, user_id: &str) {
        self.session.handle_load_failed(now, user_id);
        self.record.note(|| json!({ "do": "handleLoadFailed", "at": json::milliseconds(now), "userId": user_id }));
    }

    pub fn handle_saved(&mut self, user_id: &str, changes: &[Change]) {
        self.session.handle_saved(user_id, changes);
        self.record.note(|| json!({ "do": "handleSaved", "userId": user_id, "changes": json::changes(changes) }));
    }

    pub fn handle_save_failed(&mut self, user_id: &str, changes: Vec<Change>) {
        let refused = json::changes(&changes);
        self.record.note(|| json!({ "do": "handleSaveFailed", "userId": user_id, "changes": refused }));
        self.session.handle_save_failed(user_id, changes);
    }

    pub fn poll_action(&mut self) -> Option<Action> {
        let action = self.session.poll_action();
        self.record.note_poll("action", action.as_ref().map(|action| ("pollAction", || json::action(action))));
        action
    }

    pub fn poll_transmit(&mut self) -> Option<ClientFrame> {
        let frame = self.session.poll_transmit();
        self.record.note_poll("transmit", frame.as_ref().map(|frame| ("pollTransmit", || json::client_frame(frame))));
        frame
    }

    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        let outcome = self.session.poll_outcome();
        self.record.note_poll("outcome", outcome.as_ref().map(|outcome| ("pollOutcome", || json::outcome(outcome))));
        outcome
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.session.poll_event();
        self.record.note_poll("event", event.as_ref().map(|event| ("pollEvent", || json::event(event))));
        event
    }

    pub fn poll_timeout(&mut self) -> Option<Duration> {
        let timeout = self.session.poll_timeout();
        self.record.note(|| json!({ "do": "pollTimeout", "gives": timeout.map(json::milliseconds) }));
        timeout
    }
}

/// The methods that only look. They are not in the record.
impl Recorder {
    pub fn has_transmits(&self) -> bool {
        self.session.has_transmits()
    }

    pub fn status(&self) -> ConnectionStatus {
        self.session.status()
    }

    pub fn user_id(&self) -> Option<&str> {
        self.session.user_id()
    }

    pub fn server_time(&self) -> Option<ServerTime> {
        self.session.server_time()
    }
}

/// Steps in their order. It is compared when it goes out of scope, unless the scenario has failed.
#[derive(Default)]
struct Record {
    /// `None` if nothing is recorded.
    name: Option<String>,
    steps: Vec<String>,
    /// What was polled in vain since the last step.
    nothing: BTreeSet<&'static str>,
}

thread_local! {
    /// Every scenario has a thread of its own.
    static RECORDS: Cell<usize> = const { Cell::new(0) };
}

impl Record {
    fn new() -> Self {
        let number = RECORDS.replace(RECORDS.get() + 1) + 1;
        let scenario = scenario();
        let name = match number {
            1 => scenario,
            number => format!("{scenario}.{number}"),
        };
        Self { name: Some(name), steps: Vec::new(), nothing: BTreeSet::new() }
    }

    fn note(&mut self, step: impl FnOnce() -> Value) {
        if self.name.is_some() {
            self.note_nothing();
            self.steps.push(step().to_string());
        }
    }

    fn note_poll(&mut self, kind: &'static str, given: Option<(&'static str, impl FnOnce() -> Value)>) {
        match given {
            Some((poll, gives)) => self.note(|| json!({ "do": poll, "gives": gives() })),
            None => drop(self.nothing.insert(kind)),
        }
    }

    fn note_nothing(&mut self) {
        let polls = std::mem::take(&mut self.nothing);
        if !polls.is_empty() {
            self.steps.push(json!({ "do": "nothing", "polls": polls }).to_string());
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.note_nothing();
        if let Some(name) = self.name.take().filter(|_| !std::thread::panicking()) {
            let text = format!("{{\n\"name\": \"{name}\",\n\"steps\": [\n{}\n]\n}}\n", self.steps.join(",\n"));
            assert!(text.len() <= RECORD_BYTES_MAX, "the record of {name} has {} bytes", text.len());
            compare(&format!("vectors/session/{name}.json"), &text);
        }
    }
}

/// The name of the test function.
fn scenario() -> String {
    let thread = std::thread::current();
    let name = thread.name().and_then(|name| name.rsplit("::").next());
    name.expect("the thread of a test has its name").to_owned()
}

#[test]
fn every_record_is_of_a_scenario() {
    let sources = std::fs::read_dir(root().join("crates/seenby-client/tests/session")).unwrap();
    let sources: String = sources.map(|source| std::fs::read_to_string(source.unwrap().path()).unwrap()).collect();
    for record in std::fs::read_dir(root().join("vectors/session")).unwrap() {
        let file = record.unwrap().file_name().into_string().unwrap();
        let scenario = file.split('.').next().unwrap();
        assert!(sources.contains(&format!("fn {scenario}()")), "vectors/session/{file} is of no scenario");
    }
}
