//! A phone: the SDK's session, what the installation remembers, and what the app has shown. The last two outlive a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seenby_client::session::{Action, CallId, Outcome, Session, SessionOptions};
use seenby_client::store::{DeviceStore as _, Memory, MemoryStore, Owner};
use seenby_client::{ConnectionStatus, Event, ReceiptResponse, ResponseError};
use seenby_core::{AppKey, UserId};
use seenby_protocol::codec;
use seenby_protocol::frames::{self, ServerFrame, client_frame, reply};

use crate::link::Link;
use crate::place::Place;
use crate::server::LinkId;

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
    pub requests: BTreeSet<(Place, String)>,
    /// Messages of others, and of this user's other devices.
    pub messages: BTreeSet<(Place, String)>,
    pub recalled: BTreeSet<String>,
    pub own_messages: Vec<(Place, String)>,
    /// Messages that were handed to the SDK.
    pub drafts: Vec<Draft>,
    /// Answers that the app has given and that its installation remembers.
    pub given: BTreeSet<(Place, String)>,
    /// Answers that got another code.
    pub refused: BTreeSet<(Place, String)>,
    /// Answers that got code 0.
    pub acknowledged: BTreeSet<(Place, String)>,
    pub new_acknowledged: u64,
    /// Messages whose answers were under way when the app crashed. A request that came meanwhile is not told if they are
    /// refused: whoever answers unasked, for the wrong conversation even, and crashes, is not asked again.
    pub unsure: BTreeSet<String>,
    /// Where lists go on.
    pub pages: Vec<client_frame::Call>,
}

#[derive(Debug, Clone)]
pub struct Draft {
    pub place: Place,
    pub number: u64,
    pub need_receipt: bool,
}

enum Pending {
    Connect,
    Send(Place),
    Answer(Vec<(Place, String)>),
    /// It may have another page.
    List(Box<client_frame::Call>),
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

    /// What every reference of its messages begins with.
    pub fn prefix(&self) -> String {
        prefix(&self.device)
    }

    /// The process ends without a word, and begins anew with what the installation remembers.
    pub fn crash(&mut self) {
        self.runs += 1;
        let kept = self.remembered().answers.into_values();
        self.shown.unsure.extend(kept.flat_map(|answer| answer.message_uids));
        self.session = Session::new(options(&self.app, &self.device, self.runs));
        self.pending.clear();
        self.opens_at = None;
        self.link = None;
    }

    /// As a new phone: nothing is remembered.
    pub fn reinstall(&mut self, device: String) {
        self.device = device;
        self.memory = MemoryStore::new();
        self.shown = Shown::default();
        self.crash();
    }

    pub fn pending_calls(&self) -> usize {
        self.pending.len()
    }

    pub fn remembered(&mut self) -> Memory {
        self.memory.load(&self.owner()).expect("memory can be read")
    }

    fn owner(&self) -> Owner {
        Owner { app_key: self.app.to_string(), user_id: self.user.to_string() }
    }
}

/// The app.
impl Phone {
    pub fn connect(&mut self, now: u64, token: String) {
        let call = self.session.connect(self.time(now), token, None);
        self.pending.insert(call, Pending::Connect);
    }

    pub fn send(&mut self, now: u64, draft: Draft) {
        let text = frames::TextContent { text: format!("{} of {}", draft.number, self.device) };
        let call = client_frame::Call::SendMessage(frames::SendMessage {
            conversation: Some(draft.place.wire()),
            client_ref: format!("{}{}", self.prefix(), draft.number),
            content: Some(frames::Content { kind: Some(frames::content::Kind::Text(text)), ..Default::default() }),
            need_receipt: draft.need_receipt,
        });
        self.call(now, call, Pending::Send(draft.place.clone()));
        self.shown.drafts.push(draft);
    }

    pub fn ask(&mut self, now: u64, place: &Place, message_uid: String) {
        let request = frames::RequestReceipt { conversation: Some(place.wire()), message_uid };
        self.call(now, client_frame::Call::RequestReceipt(request), Pending::Other);
    }

    pub fn recall(&mut self, now: u64, place: &Place, message_uid: String) {
        let recall = frames::RecallMessage { conversation: Some(place.wire()), message_uid };
        self.call(now, client_frame::Call::RecallMessage(recall), Pending::Other);
    }

    pub fn answer(&mut self, now: u64, place: &Place, message_uids: Vec<String>) {
        let answers: Vec<_> = message_uids.iter().map(|uid| (place.clone(), uid.clone())).collect();
        if self.session.user_id().is_some() {
            self.shown.given.extend(answers.iter().cloned());
        }
        let call = self.session.answer(self.time(now), place.conversation(), message_uids);
        self.pending.insert(call, Pending::Answer(answers));
    }

    /// Looks something up.
    pub fn query(&mut self, now: u64, query: client_frame::Call) {
        self.call(now, query.clone(), Pending::List(Box::new(query)));
    }

    fn call(&mut self, now: u64, call: client_frame::Call, pending: Pending) {
        let call = self.session.call(self.time(now), call);
        self.pending.insert(call, pending);
    }
}

/// The driver.
impl Phone {
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

    /// Does what a driver does, in the documented order, but ends after so many turns as if the process had been killed there;
    /// gives the frames to send, and whether to dial.
    pub fn settle(&mut self, now: u64, turns_max: usize) -> (Vec<Vec<u8>>, bool) {
        let (mut frames, mut dials) = (Vec::new(), false);
        for _ in 0..turns_max {
            dials |= self.act(now);
            let frame = self.session.poll_transmit();
            while let Some(outcome) = self.session.poll_outcome() {
                self.take_outcome(outcome);
            }
            while let Some(event) = self.session.poll_event() {
                self.take_event(event);
            }
            match frame {
                Some(frame) => frames.push(codec::encode(&frame)),
                None if self.session.has_transmits() => {}
                None => {
                    dials |= self.act(now);
                    break;
                }
            }
        }
        (frames, dials)
    }

    fn act(&mut self, now: u64) -> bool {
        let mut dials = false;
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Connect => dials = true,
                Action::RenewToken => unreachable!("tokens of the simulator do not end"),
                Action::Close => {
                    dials = false;
                    self.opens_at = None;
                    if let Some((_, link)) = &mut self.link {
                        link.phone_has_closed = true;
                    }
                }
                Action::Load { user_id } => {
                    let memory = self.remembered();
                    self.session.handle_loaded(self.time(now), &user_id, memory);
                }
                Action::Save { user_id, changes } => {
                    self.memory.save(&self.owner(), &changes).expect("memory can be written");
                    self.session.handle_saved(&user_id, &changes);
                }
            }
        }
        dials
    }
}

/// What the app is told.
impl Phone {
    fn take_outcome(&mut self, outcome: Outcome) {
        let call = match &outcome {
            Outcome::Kept(_) => return,
            Outcome::Connected(call, _) | Outcome::Replied(call, _) | Outcome::Answered(call, _) => call,
        };
        let Some(pending) = self.pending.remove(call) else {
            self.broken = Some(format!("{call} has a second outcome: {outcome:?}"));
            return;
        };
        match (pending, outcome) {
            (Pending::Send(place), Outcome::Replied(_, reply)) => {
                if let Some(reply::Result::MessageSent(sent)) = reply.result {
                    self.shown.own_messages.push((place, sent.message_uid));
                }
            }
            (Pending::List(query), Outcome::Replied(_, reply)) => {
                self.shown.pages.extend(reply.result.and_then(|result| next_page(*query, result)));
            }
            (_, Outcome::Answered(_, Ok(response) | Err(ResponseError::Refused(response)))) => {
                self.take_response(&response);
            }
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
            Event::MessageReceived { message, .. } => {
                if let Some(uid) = message.message_uid {
                    self.shown.messages.insert((Place::of(&message.conversation), uid));
                }
            }
            Event::MessageRecalled { message_uid, .. } => drop(self.shown.recalled.insert(message_uid)),
            Event::GroupMessageReadReceiptRequestReceived { conversation, message_uid, .. } => {
                self.shown.requests.insert((Place::of(&conversation), message_uid));
            }
            Event::GroupMessageReadReceiptResponseReceived { message_uid, respond_user_ids, .. } => {
                let readers = respond_user_ids.iter().map(|reader| (reader.user_id.to_string(), reader.read_at_ms));
                self.take_readers(message_uid, readers.collect());
            }
            // Of an answer that an earlier run of the app has left.
            Event::GroupReadReceiptResponseSent { response, .. } => self.take_response(&response),
            _ => {}
        }
    }

    /// The list only grows, whatever happens.
    fn take_readers(&mut self, uid: String, readers: Vec<(String, u64)>) {
        let known = self.shown.readers.entry(uid.clone()).or_default();
        if !readers.starts_with(known) {
            self.broken = Some(format!("the readers of {uid} were {known:?} and are now {readers:?}"));
        }
        *known = readers;
    }
}

/// The same query, where this page ends.
fn next_page(query: client_frame::Call, result: reply::Result) -> Option<client_frame::Call> {
    match (query, result) {
        (client_frame::Call::ListReceiptUsers(query), reply::Result::ReceiptUsers(page)) => {
            let page_token = Some(page.page_token).filter(|token| !token.is_empty())?;
            Some(client_frame::Call::ListReceiptUsers(frames::ListReceiptUsers { page_token, ..query }))
        }
        (client_frame::Call::ListConversations(query), reply::Result::Conversations(page)) => {
            let page_token = Some(page.page_token).filter(|token| !token.is_empty())?;
            Some(client_frame::Call::ListConversations(frames::ListConversations { page_token, ..query }))
        }
        (client_frame::Call::GetHistory(query), reply::Result::History(page)) => {
            let from_message_uid = page.messages.last().filter(|_| page.more)?.uid.clone();
            Some(client_frame::Call::GetHistory(frames::GetHistory { from_message_uid, ..query }))
        }
        _ => None,
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
        renews_tokens: false,
        seed: run,
    }
}
