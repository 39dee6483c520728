//! One run: people, phones, the network and the server, and what all of them are told by one source of chance.
//!
//! What people do is in `people`, what goes wrong in `faults`, how frames travel in `network`, and how it becomes quiet in
//! `calm`.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use seenby_core::commit::{AppRecord, Secret};
use seenby_core::{AppKey, Call, ClientRef, ConversationName, MessageUid, Timestamp, UserId};
use seenby_protocol::Code;
use seenby_protocol::frames::client_frame;
use seenby_storage::{Lookup as _, Memory, Storage as _};

use crate::check;
use crate::choice::{Choice, Knobs};
use crate::model::Model;
use crate::phone::Phone;
use crate::place::Place;
use crate::server::{LinkId, Server};
use crate::verdict::Verdict;
use crate::{Summary, Violation};

pub const BEGIN_MS: u64 = 1_800_000_000_000;
const TRACE_LINES: usize = 200;

pub struct World {
    pub choice: Choice,
    pub knobs: Knobs,
    pub now: u64,
    /// What the server's wall clock is off by.
    pub clock_skew: i64,
    pub store: Arc<Memory>,
    pub server: Server,
    pub starts: u32,
    pub writes_at: u64,
    /// The server takes no writes, and will be started anew.
    pub restarts_at: Option<u64>,
    pub apps: Vec<AppRecord>,
    pub places: Vec<Place>,
    pub users: Vec<UserId>,
    pub phones: Vec<Phone>,
    /// Whose connection each is or was.
    pub owners: BTreeMap<LinkId, usize>,
    /// Calls that the server has heard and not answered.
    pub open_calls: BTreeMap<(LinkId, u64), OpenCall>,
    pub next_number: u64,
    /// Of a connection and a conversation: the call that its log begins behind there.
    pub begins: BTreeMap<(LinkId, ConversationName), u64>,
    /// Of a connection and a message: how many readers it was told.
    pub told: BTreeMap<(LinkId, String), u32>,
    pub model: Arc<Model>,
    /// What was true when the question that a connection asked last looked at the store.
    pub seen: BTreeMap<LinkId, Arc<Model>>,
    pub is_calm: bool,
    pub summary: Summary,
    trace: VecDeque<String>,
    hasher: DefaultHasher,
}

pub struct OpenCall {
    pub call: client_frame::Call,
    /// Once it is known.
    pub verdict: Option<Verdict>,
}

/// Runs one seed to its end, or to the first promise that is broken.
pub fn run(seed: u64) -> Result<Summary, Box<Violation>> {
    let mut world = World::new(seed);
    let result = world.found().and_then(|()| world.live());
    world.summary.virtual_ms = world.now;
    world.summary.trace_hash = world.hasher.finish();
    match result {
        Ok(()) => Ok(world.summary),
        Err(what) => {
            let trace = world.trace.into_iter().collect();
            Err(Box::new(Violation { seed, at_ms: world.now, what, trace }))
        }
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut choice = Choice::new(seed);
        let knobs = Knobs::draw(&mut choice);
        let store = Arc::new(Memory::named("store"));
        let place =
            |group: &str, channel: Option<&str>| Place { group: group.into(), channel: channel.map(Into::into) };
        Self {
            choice,
            knobs,
            now: 0,
            clock_skew: 0,
            server: Server::start(&store, &knobs, 1),
            store,
            starts: 1,
            writes_at: 0,
            restarts_at: None,
            apps: Vec::new(),
            places: vec![
                place("ward", None),
                place("night", None),
                place("clinic", Some("RCDefault")),
                place("clinic", Some("alerts")),
            ],
            users: (0..knobs.users).map(|number| UserId::new(&format!("u{number}")).expect("a good name")).collect(),
            phones: Vec::new(),
            owners: BTreeMap::new(),
            open_calls: BTreeMap::new(),
            next_number: 0,
            begins: BTreeMap::new(),
            told: BTreeMap::new(),
            model: Arc::default(),
            seen: BTreeMap::new(),
            is_calm: false,
            summary: Summary::default(),
            trace: VecDeque::new(),
            hasher: DefaultHasher::new(),
        }
    }

    /// Two apps with the same names in both, and a phone or two for everybody.
    fn found(&mut self) -> Result<(), String> {
        for key in ["app", "other"] {
            let key = AppKey::new(key).expect("a good name");
            let secret = Secret::new(format!("secret of {key}"));
            let app = AppRecord { key: key.clone(), secret, created_at: Timestamp(0) };
            self.apps.push(app.clone());
            self.server.administer(Call::CreateApp(app));
            for place in self.places.clone() {
                let group = place.group_name(&key);
                self.server.administer(Call::CreateGroup { group: group.clone(), title: String::new() });
                if let Some(channel) = place.channel_id() {
                    self.server.administer(Call::CreateChannel { group: group.clone(), channel });
                }
                self.server.administer(Call::Join { group, users: self.users.clone() });
            }
            for user in self.users.clone() {
                for device in 0..1 + self.choice.below(2) {
                    let skew = self.choice.between(0, 1_000_000);
                    self.phones.push(Phone::new(key.clone(), user.clone(), format!("{user}-{device}"), skew));
                }
            }
        }
        self.write_batch(usize::MAX, true)
    }

    fn live(&mut self) -> Result<(), String> {
        for _ in 0..self.knobs.steps {
            self.break_something()?;
            self.do_something();
            self.now += self.choice.between(0, self.knobs.step_ms_max);
            if self.choice.once_in(self.knobs.long_pause_every) {
                self.now += self.choice.between(1_000, 150_000);
            }
            self.step()?;
            if self.choice.once_in(self.knobs.quiet_every) {
                self.calm_down_and_check()?;
            }
        }
        self.calm_down_and_check()
    }

    fn calm_down_and_check(&mut self) -> Result<(), String> {
        self.calm_down()?;
        check::check(&self.store, &self.model, &mut self.phones)?;
        self.summary.checks += 1;
        self.summary.acknowledged +=
            self.phones.iter_mut().map(|phone| std::mem::take(&mut phone.shown.new_acknowledged)).sum::<u64>();
        self.is_calm = false;
        Ok(())
    }

    pub fn note(&mut self, what: String) {
        what.hash(&mut self.hasher);
        if self.trace.len() == TRACE_LINES {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>8} {what}", self.now));
    }

    pub fn note_frame(&mut self, frame: &[u8]) {
        frame.hash(&mut self.hasher);
    }

    pub fn clock(&self) -> Timestamp {
        Timestamp((BEGIN_MS + self.now).saturating_add_signed(self.clock_skew))
    }

    pub fn some_phone(&mut self) -> usize {
        self.choice.below(self.phones.len())
    }
}

/// The desk.
impl World {
    /// Brings so many calls to the desk. `is_kept`: the store has what they change, whatever it says.
    pub fn write_batch(&mut self, size: usize, is_kept: bool) -> Result<(), String> {
        let (clock, was_refusing) = (self.clock(), self.store_has_failed());
        let calls = self.server.write(size, clock);
        self.note(format!("written, kept {is_kept}: {calls:?}"));
        let has_failed = self.store_has_failed();
        let is_kept = !was_refusing && (is_kept || !has_failed);
        for (call, asked) in calls {
            let verdict = if is_kept { Some(self.follow(&call, clock)?) } else { None };
            if let Some(open) = asked.and_then(|asked| self.open_calls.get_mut(&asked)) {
                let verdict = verdict.filter(|_| !has_failed);
                open.verdict = verdict.or(Some(Verdict::Code(Code::STORE_UNAVAILABLE)));
            }
        }
        Ok(())
    }

    pub fn store_has_failed(&self) -> bool {
        !self.store.takes_writes()
    }

    fn model_mut(&mut self) -> &mut Model {
        Arc::make_mut(&mut self.model)
    }

    /// What the model makes of a call that was made durable.
    fn follow(&mut self, call: &Call, clock: Timestamp) -> Result<Verdict, String> {
        if let Call::Expire(keys) = call {
            for key in keys {
                let conversation = self.store.conversation(key.conversation).ok().flatten().ok_or("no conversation")?;
                self.model_mut().expire(&conversation.name, key.uid);
            }
        }
        let store = self.store.clone();
        self.model_mut().apply(call, clock, &|name, user, client_ref| sent(&store, name, user, client_ref))
    }
}

fn sent(store: &Memory, name: &ConversationName, user: &UserId, client_ref: &ClientRef) -> Option<MessageUid> {
    let conversation = store.conversation_number(name).ok()?.or(store.closed_conversation(name).ok()?)?;
    let group = store.group_number(&name.group).ok()??;
    let slot = store.slot(group, user).ok()??;
    store.sent(conversation, slot, client_ref).ok()?
}
