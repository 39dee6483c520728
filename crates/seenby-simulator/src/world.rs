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
use seenby_storage::{Memory, Reads, Storage as _};

use crate::check;
use crate::choice::{Choice, Knobs};
use crate::model::Model;
use crate::phone::Phone;
use crate::place::Place;
use crate::server::{Applied, LinkId, Server};
use crate::verdict::Verdict;
use crate::{Summary, Violation};

pub const BEGIN_MS: u64 = 1_800_000_000_000;
const TRACE_LINES: usize = 200;

pub struct World {
    pub choice: Choice,
    pub knobs: Knobs,
    pub now: u64,
    pub store: Arc<Memory>,
    pub nodes: Vec<Server>,
    /// Of all nodes together.
    pub starts: u32,
    pub apps: Vec<AppRecord>,
    pub places: Vec<Place>,
    pub users: Vec<UserId>,
    pub phones: Vec<Phone>,
    /// Whose connection each is or was.
    pub owners: BTreeMap<LinkId, usize>,
    /// Which node it leads or led to.
    pub homes: BTreeMap<LinkId, usize>,
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
        let mut nodes: Vec<_> = (1..=knobs.nodes).map(|number| Server::start(&store, &knobs, number)).collect();
        // Clocks of machines differ; a machine alone is right, until its clock jumps.
        let minutes = if nodes.len() == 1 { 0 } else { 10 };
        for node in &mut nodes {
            node.clock_skew = (choice.between(0, 2 * minutes) as i64 - minutes as i64) * 60_000;
        }
        let place =
            |group: &str, channel: Option<&str>| Place { group: group.into(), channel: channel.map(Into::into) };
        Self {
            choice,
            knobs,
            now: 0,
            nodes,
            store,
            starts: knobs.nodes,
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
            homes: BTreeMap::new(),
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
            self.nodes[0].administer(Call::CreateApp(app));
            for place in self.places.clone() {
                let group = place.group_name(&key);
                self.nodes[0].administer(Call::CreateGroup { group: group.clone(), title: String::new() });
                if let Some(channel) = place.channel_id() {
                    self.nodes[0].administer(Call::CreateChannel { group: group.clone(), channel });
                }
                self.nodes[0].administer(Call::Join { group, users: self.users.clone() });
            }
            for user in self.users.clone() {
                for device in 0..1 + self.choice.below(2) {
                    let skew = self.choice.between(0, 1_000_000);
                    self.phones.push(Phone::new(key.clone(), user.clone(), format!("{user}-{device}"), skew));
                }
            }
        }
        let clock = self.clock(0);
        self.nodes[0].decide(usize::MAX, clock, self.now);
        self.append(0, true).map(drop)
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
        check::check(&*self.store.snapshot(), &self.model, &mut self.phones)?;
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

    pub fn clock(&self, node: usize) -> Timestamp {
        Timestamp((BEGIN_MS + self.now).saturating_add_signed(self.nodes[node].clock_skew))
    }

    pub fn some_node(&mut self) -> usize {
        self.choice.below(self.nodes.len())
    }

    pub fn server_of(&mut self, link: LinkId) -> &mut Server {
        &mut self.nodes[self.homes[&link]]
    }

    pub fn close(&mut self, link: LinkId) {
        self.server_of(link).close(link);
    }

    /// A call of a back end, to whichever node.
    pub fn administer(&mut self, call: Call) {
        let node = self.some_node();
        self.nodes[node].administer(call);
    }

    pub fn some_phone(&mut self) -> usize {
        self.choice.below(self.phones.len())
    }
}

/// The desk.
impl World {
    /// Appends what a node has decided. `is_kept`: the store has what it changes, whatever it says. Gives whether it was
    /// appended: another node may have been faster.
    pub fn append(&mut self, node: usize, is_kept: bool) -> Result<bool, String> {
        let was_refusing = self.store_has_failed();
        let Some(Applied { calls, clock, notices }) = self.nodes[node].append() else {
            self.note(format!("node {node} decides again"));
            self.summary.overtaken += 1;
            return Ok(false);
        };
        self.note(format!("node {node} has written, kept {is_kept}: {calls:?}"));
        let has_failed = self.store_has_failed();
        let is_kept = !was_refusing && (is_kept || !has_failed);
        for (call, asked) in calls {
            let verdict = if is_kept { Some(self.follow(&call, clock)?) } else { None };
            if let Some(open) = asked.and_then(|asked| self.open_calls.get_mut(&asked)) {
                let verdict = verdict.filter(|_| !has_failed);
                open.verdict = verdict.or(Some(Verdict::Code(Code::STORE_UNAVAILABLE)));
            }
        }
        self.tell(node, notices);
        Ok(true)
    }

    pub fn store_has_failed(&self) -> bool {
        !self.store.takes_writes()
    }

    fn model_mut(&mut self) -> &mut Model {
        Arc::make_mut(&mut self.model)
    }

    /// What the model makes of a call that was made durable.
    fn follow(&mut self, call: &Call, clock: Timestamp) -> Result<Verdict, String> {
        let store = self.store.clone();
        let snapshot = store.snapshot();
        if let Call::Expire(keys) = call {
            for key in keys {
                let conversation = snapshot.conversation(key.conversation).ok().flatten().ok_or("no conversation")?;
                self.model_mut().expire(&conversation.name, key.uid);
            }
        }
        self.model_mut().apply(call, clock, &|name, user, client_ref| sent(&*snapshot, name, user, client_ref))
    }
}

fn sent(snapshot: &dyn Reads, name: &ConversationName, user: &UserId, client_ref: &ClientRef) -> Option<MessageUid> {
    let conversation = snapshot.conversation_number(name).ok()?.or(snapshot.closed_conversation(name).ok()?)?;
    let group = snapshot.group_number(&name.group).ok()??;
    let slot = snapshot.slot(group, user).ok()??;
    snapshot.sent(conversation, slot, client_ref).ok()?
}
