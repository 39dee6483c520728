//! A phone: the SDK's session, what the installation remembers, and what the app has shown. The last two outlive a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seenby_client::session::{Action, CallId, Outcome, Session, SessionOptions};
use seenby_client::store::{DeviceStore as _, MemoryStore, Owner};
use seenby_client::{ConnectionStatus, Event, ReceiptResponse};
use seenby_core::{AppKey, UserId};
use seenby_protocol::codec;
use seenby_protocol::frames::{self, ServerFrame, client_frame, reply};

use crate::link::Link;
use crate::server::LinkId;
use crate::world::Place;

pub struct Phone {
    pub app: AppKey,
    pub user: UserId,
    device: String,
    pub session: Session,
    memory: MemoryStore,
    pub shown: Shown,
    /// Commands whose outcome has not come yet.
    pending: BTreeMap<CallId, Pending>,
    pub link: Option<(LinkId, Link)>,
    /// When the connection that is being made will be there.
    pub opens_at: Option<u64>,
    /// Its clock is off by so much.
    skew: Duration,
    runs: u32,
    pub broken: Option<String>,
}

/// What an app keeps of what it was told.
#[derive(Default)]
pub struct Shown {
    /// Who has read each own message.
    pub readers: BTreeMap<String, Vec<(String, u64)>>,
    /// Messages that somebody asked about.
    pub requests: Vec<(Place, String)>,
    pub own_messages: Vec<(Place, String)>,
    /// Answers that the app has given and that its installation remembers.
    pub given: BTreeSet<(Place, String)>,
    /// Answers that got another code.
    pub refused: BTreeSet<(Place, String)>,
    /// Answers that got code 0.
    pub acknowledged: BTreeSet<(Place, String)>,
    pub new_acknowledged: u64,
}

enum Pending {
    Connect,
    Send(Place),
    Answer(Vec<(Place, String)>),
    Other,
}

impl Phone {
    pub fn new(app: AppKey, user: UserId, device: String, skew_ms: u64) -> Self {
        Self {
            session: Session::new(options(&app, &device, 0)),
            app,
            user,
            device,
            memory: MemoryStore::new(),
            shown: Shown::default(),
            pending: BTreeMap::new(),
            link: None,
            opens_at: None,
            skew: Duration::from_millis(skew_ms),
            runs: 0,
            broken: None,
        }
    }

    fn time(&self, now: u64) -> Duration {
        Duration::from_millis(now) + self.skew
    }

    pub fn device(&self) -> &str {
        &self.device
    }

    pub fn is_online(&self) -> bool {
        self.session.status() == ConnectionStatus::Connected
    }

    /// The process ends without a word, and begins anew with what the installation remembers.
    pub fn crash(&mut self) {
        self.runs += 1;
        self.session = Session::new(options(&self.app, &self.device, self.runs));
        self.pending.clear();
        self.opens_at = None;
        self.link = None;
    }

    // ------------------------------------------------------------------------------------------ the app

    pub fn connect(&mut self, now: u64, token: String) {
        let call = self.session.connect(self.time(now), token, None);
        self.pending.insert(call, Pending::Connect);
    }

    pub fn send(&mut self, now: u64, place: Place, number: u64, need_receipt: bool) {
        let text = frames::TextContent { text: format!("{number}") };
        let call = client_frame::Call::SendMessage(frames::SendMessage {
            conversation: Some(place.wire()),
            client_ref: format!("{}{number}", prefix(&self.device)),
            content: Some(frames::Content { kind: Some(frames::content::Kind::Text(text)), extra: String::new() }),
            need_receipt,
        });
        let call = self.session.call(self.time(now), call);
        self.pending.insert(call, Pending::Send(place));
    }

    pub fn ask(&mut self, now: u64, place: Place, message_uid: String) {
        let request = frames::RequestReceipt { conversation: Some(place.wire()), message_uid };
        self.call(now, client_frame::Call::RequestReceipt(request));
    }

    pub fn recall(&mut self, now: u64, place: Place, message_uid: String) {
        let recall = frames::RecallMessage { conversation: Some(place.wire()), message_uid };
        self.call(now, client_frame::Call::RecallMessage(recall));
    }

    pub fn answer(&mut self, now: u64, place: Place, message_uids: Vec<String>) {
        if self.session.user_id().is_some() {
            self.shown.given.extend(message_uids.iter().map(|uid| (place.clone(), uid.clone())));
        }
        let answers = message_uids.iter().map(|uid| (place.clone(), uid.clone())).collect();
        let call = self.session.answer(self.time(now), place.conversation(), message_uids);
        self.pending.insert(call, Pending::Answer(answers));
    }

    fn call(&mut self, now: u64, call: client_frame::Call) {
        let call = self.session.call(self.time(now), call);
        self.pending.insert(call, Pending::Other);
    }

    pub fn pending_calls(&self) -> usize {
        self.pending.values().filter(|pending| !matches!(pending, Pending::Connect)).count()
    }

    /// Answers that wait for the server.
    pub fn kept_answers(&mut self) -> usize {
        let memory = self.memory.load(&self.owner()).expect("memory can be read");
        memory.answers.len()
    }

    fn owner(&self) -> Owner {
        Owner { app_key: self.app.to_string(), user_id: self.user.to_string() }
    }

    // ------------------------------------------------------------------------------------------ the driver

    pub fn handle_opened(&mut self, now: u64) {
        self.session.handle_opened(self.time(now));
    }

    pub fn handle_closed(&mut self, now: u64) {
        self.session.handle_closed(self.time(now));
    }

    pub fn handle_bytes(&mut self, now: u64, bytes: &[u8]) {
        match codec::decode::<ServerFrame>(bytes, usize::MAX) {
            Ok(frame) => self.session.handle_frame(self.time(now), frame),
            Err(error) => self.broken = Some(format!("a frame that cannot be read: {error}")),
        }
    }

    pub fn handle_time(&mut self, now: u64) {
        let time = self.time(now);
        if self.session.poll_timeout().is_some_and(|timeout| timeout <= time) {
            self.session.handle_timeout(time);
        }
    }

    /// Does what a driver does, in the documented order; gives the frames to send, and whether to dial.
    pub fn settle(&mut self, now: u64) -> (Vec<Vec<u8>>, bool) {
        let (mut frames, mut dials) = (Vec::new(), false);
        loop {
            dials |= self.act(now);
            let frame = self.session.poll_transmit();
            while let Some(outcome) = self.session.poll_outcome() {
                self.take_outcome(outcome);
            }
            while let Some(event) = self.session.poll_event() {
                self.take_event(event);
            }
            dials |= self.act(now);
            match frame {
                Some(frame) => frames.push(codec::encode(&frame)),
                None if self.session.has_transmits() => {}
                None => return (frames, dials),
            }
        }
    }

    fn act(&mut self, now: u64) -> bool {
        let mut dials = false;
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Connect => dials = true,
                Action::Close => {
                    dials = false;
                    self.opens_at = None;
                    if let Some((_, link)) = &mut self.link {
                        link.phone_has_closed = true;
                    }
                }
                Action::Load { .. } => {
                    let memory = self.memory.load(&self.owner()).expect("memory can be read");
                    self.session.handle_loaded(self.time(now), memory);
                }
                Action::Save { changes, .. } => {
                    self.memory.save(&self.owner(), &changes).expect("memory can be written");
                }
            }
        }
        dials
    }

    fn take_outcome(&mut self, outcome: Outcome) {
        let (call, told) = match &outcome {
            Outcome::Connected(call, _) | Outcome::Replied(call, _) | Outcome::Answered(call, _) => (*call, outcome),
        };
        let Some(pending) = self.pending.remove(&call) else {
            self.broken = Some(format!("{call} has a second outcome: {told:?}"));
            return;
        };
        match (pending, told) {
            (Pending::Send(place), Outcome::Replied(_, reply)) => {
                if let Some(reply::Result::MessageSent(sent)) = reply.result {
                    self.shown.own_messages.push((place, sent.message_uid));
                }
            }
            (_, Outcome::Answered(_, Ok(response))) => self.take_response(&response),
            // A full outbox says so at once, and keeps nothing.
            (Pending::Answer(answers), Outcome::Answered(_, Err(_))) => self.shown.refused.extend(answers),
            _ => {}
        }
    }

    fn take_response(&mut self, response: &ReceiptResponse) {
        for result in &response.results {
            let answer = (Place::of(&response.conversation), result.message_uid.clone());
            if result.code.is_success() {
                self.shown.acknowledged.insert(answer);
                self.shown.new_acknowledged += 1;
            } else {
                self.shown.refused.insert(answer);
            }
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::GroupMessageReadReceiptRequestReceived { conversation, message_uid, .. } => {
                self.shown.requests.push((Place::of(&conversation), message_uid));
            }
            Event::GroupMessageReadReceiptResponseReceived { message_uid, respond_user_ids, .. } => {
                let readers = respond_user_ids.iter().map(|reader| (reader.user_id.to_string(), reader.read_at_ms));
                self.shown.readers.insert(message_uid, readers.collect());
            }
            // Of an answer that an earlier run of the app has left.
            Event::GroupReadReceiptResponseSent { response, .. } => self.take_response(&response),
            _ => {}
        }
    }
}

fn prefix(device: &str) -> String {
    format!("{device}-")
}

fn options(app: &AppKey, device: &str, run: u32) -> SessionOptions {
    SessionOptions {
        app_key: app.to_string(),
        device_id: device.to_owned(),
        client_ref_prefix: prefix(device),
        sdk: "simulator".into(),
        backoff_min: Duration::from_millis(200),
        backoff_max: Duration::from_secs(5),
        call_timeout: Duration::from_secs(20),
        attempt_timeout: Duration::from_secs(5),
        seed: run,
    }
}
