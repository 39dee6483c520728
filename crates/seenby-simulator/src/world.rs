//! One run: people, phones, the network, the server, and what goes wrong.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use seenby_client::{Conversation, ConversationType};
use seenby_core::commit::{AppRecord, Secret};
use seenby_core::{
    AppKey, ChannelId, ConversationName, GroupId, GroupKind, GroupName, MessageUid, Source as _, Timestamp, UserId,
};
use seenby_protocol::frames;
use seenby_server::machine::{Call, issue_token};
use seenby_storage::{Memory, Storage as _};

use crate::check::{self, Before};
use crate::choice::{Choice, Knobs};
use crate::link::Link;
use crate::model::Model;
use crate::phone::Phone;
use crate::server::{LinkId, Server};
use crate::{Summary, Violation, watch};

const BEGIN_MS: u64 = 1_800_000_000_000;
const TRACE_LINES: usize = 200;
const TOKEN_LIFETIME: Duration = Duration::from_secs(100 * 365 * 86_400);
/// Steps of 50 ms after which things must have become quiet.
const QUIET_STEPS_MAX: u64 = 6_000;
const QUIET_STEP_MS: u64 = 50;
/// As long as the longest pause before a phone tries again, at least.
const QUIET_STEPS_MIN: u64 = 120;
/// Quiet for so many steps in a row. Phones ping now and then, so it is never quiet for long.
const QUIET_STEPS: u64 = 15;

/// A conversation, whichever app it is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub group: String,
    /// `None`: a plain group.
    pub channel: Option<String>,
}

impl Place {
    pub fn of(conversation: &Conversation) -> Self {
        let is_ultra = conversation.conversation_type() == ConversationType::UltraGroup;
        let channel = is_ultra.then(|| conversation.channel_id().unwrap_or("RCDefault").to_owned());
        Self { group: conversation.target_id().to_owned(), channel }
    }

    pub fn of_wire(wire: &frames::Conversation) -> Self {
        let is_ultra = wire.r#type() == frames::ConversationType::UltraGroup;
        let channel = if wire.channel_id.is_empty() { "RCDefault" } else { &wire.channel_id };
        Self { group: wire.target_id.clone(), channel: is_ultra.then(|| channel.to_owned()) }
    }

    fn named(name: &ConversationName) -> Self {
        Self { group: name.group.id.to_string(), channel: name.channel.as_ref().map(ToString::to_string) }
    }

    pub fn conversation(&self) -> Conversation {
        match &self.channel {
            None => Conversation::group(&self.group),
            Some(channel) => Conversation::ultra_group(&self.group, Some(channel)),
        }
    }

    pub fn wire(&self) -> frames::Conversation {
        let kind = match &self.channel {
            None => frames::ConversationType::Group,
            Some(_) => frames::ConversationType::UltraGroup,
        };
        let channel_id = self.channel.clone().unwrap_or_default();
        frames::Conversation { r#type: kind.into(), target_id: self.group.clone(), channel_id }
    }

    fn group_name(&self, app: &AppKey) -> GroupName {
        let kind = if self.channel.is_some() { GroupKind::UltraGroup } else { GroupKind::Group };
        GroupName { app: app.clone(), kind, id: GroupId::new(&self.group).expect("a good name") }
    }

    pub fn name(&self, app: &AppKey) -> ConversationName {
        let channel = self.channel.as_ref().map(|channel| ChannelId::new(channel).expect("a good name"));
        ConversationName::new(self.group_name(app), channel)
    }
}

struct World {
    choice: Choice,
    knobs: Knobs,
    now: u64,
    /// What the server's wall clock is off by.
    clock_skew: i64,
    /// When somebody came in last, by the server's clock.
    last_join: Timestamp,
    store: Arc<Memory>,
    server: Server,
    starts: u32,
    writes_at: u64,
    apps: Vec<AppRecord>,
    places: Vec<Place>,
    users: Vec<UserId>,
    phones: Vec<Phone>,
    next_link: LinkId,
    next_number: u64,
    model: Model,
    before: Before,
    is_calm: bool,
    /// A commit has failed: the server is started anew.
    ends_after_turn: bool,
    trace: VecDeque<String>,
    hasher: DefaultHasher,
    summary: Summary,
}

/// Runs one seed to its end, or to the first promise that is broken.
pub fn run(seed: u64) -> Result<Summary, Box<Violation>> {
    let mut world = World::new(seed);
    let result = world.live();
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
        let mut world = Self {
            choice,
            knobs,
            now: 0,
            clock_skew: 0,
            last_join: Timestamp(0),
            server: Server::start(&store, &knobs, 1),
            store,
            starts: 1,
            writes_at: 0,
            apps: Vec::new(),
            places: vec![
                place("ward", None),
                place("night", None),
                place("clinic", Some("RCDefault")),
                place("clinic", Some("alerts")),
            ],
            users: (0..knobs.users).map(|number| UserId::new(&format!("u{number}")).expect("a good name")).collect(),
            phones: Vec::new(),
            next_link: 0,
            next_number: 0,
            model: Model::default(),
            before: Before::new(),
            is_calm: false,
            ends_after_turn: false,
            trace: VecDeque::new(),
            hasher: DefaultHasher::new(),
            summary: Summary::default(),
        };
        world.found();
        world
    }

    /// Two apps with the same names in both, and a phone or two for everybody.
    fn found(&mut self) {
        for key in ["app", "other"] {
            let key = AppKey::new(key).expect("a good name");
            let app = AppRecord {
                key: key.clone(),
                secret: Secret::new(format!("secret of {key}")),
                created_at: Timestamp(0),
            };
            self.apps.push(app.clone());
            self.administer(Call::CreateApp(app));
            for place in self.places.clone() {
                let group = place.group_name(&key);
                self.administer(Call::CreateGroup { group: group.clone(), title: String::new() });
                if let Some(channel) = place.channel.filter(|channel| channel != "RCDefault") {
                    let channel = ChannelId::new(&channel).expect("a good name");
                    self.administer(Call::CreateChannel { group: group.clone(), channel });
                }
                self.administer(Call::Join { group, users: self.users.clone() });
            }
            for user in self.users.clone() {
                for device in 0..1 + self.choice.below(2) {
                    let skew = self.choice.between(0, 1_000_000);
                    self.phones.push(Phone::new(key.clone(), user.clone(), format!("{user}-{device}"), skew));
                }
            }
        }
    }

    fn note(&mut self, what: String) {
        what.hash(&mut self.hasher);
        if self.trace.len() == TRACE_LINES {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>8} {what}", self.now));
    }

    fn clock(&self) -> Timestamp {
        Timestamp((BEGIN_MS + self.now).saturating_add_signed(self.clock_skew))
    }

    fn administer(&mut self, call: Call) {
        let done = self.server.administer(call.clone(), self.clock());
        self.note(format!("{call:?}: {}", done.is_some()));
        if let Call::Join { .. } = call {
            self.last_join = self.clock();
        }
        if done.is_some() {
            self.model.apply(&call, None);
        }
    }

    fn live(&mut self) -> Result<(), String> {
        for _ in 0..self.knobs.steps {
            self.break_something();
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
}

/// What people do.
impl World {
    fn do_something(&mut self) {
        for _ in 0..self.choice.below(3) {
            let phone = self.choice.below(self.phones.len());
            let action = self.choice.below(20);
            self.act(phone, action);
        }
    }

    fn act(&mut self, number: usize, action: usize) {
        self.next_number += 1;
        let (now, fresh) = (self.now, self.next_number);
        let place = self.choice.of(&self.places).expect("there are some").clone();
        match action {
            0 => return self.join_or_leave(number, &place),
            1 => {
                self.phones[number].session.disconnect();
                return;
            }
            2..=6 if !self.phones[number].is_online() => return self.connect(number),
            _ => {}
        }
        self.summary.calls += 1;
        let need_receipt = self.choice.once_in(2);
        let own = self.choice.of(&self.phones[number].shown.own_messages).cloned();
        let asked = self.some_requests(number);
        let others = self.some_message(number);
        let phone = &mut self.phones[number];
        match action {
            2..=6 => phone.send(now, place, fresh, need_receipt),
            7..=9 if let Some((place, uid)) = own => phone.ask(now, place, uid),
            10 if let Some((place, uid)) = own => phone.recall(now, place, uid),
            11 if let Some((place, uid)) = others => phone.answer(now, place, vec![uid]),
            12 if let Some((place, uid)) = others => phone.ask(now, place, uid),
            13 => {
                // An id that never was.
                let uid = MessageUid::first_at(Timestamp(BEGIN_MS + fresh)).to_string();
                phone.answer(now, place, vec![uid]);
            }
            _ if let Some((place, uids)) = asked => phone.answer(now, place, uids),
            _ => {}
        }
    }

    /// Some of the messages of one conversation that this phone was asked about, answered already or not.
    fn some_requests(&mut self, phone: usize) -> Option<(Place, Vec<String>)> {
        let requests = &self.phones[phone].shown.requests;
        let (place, _) = self.choice.of(requests)?.clone();
        let here: Vec<_> = requests.iter().filter(|(other, _)| *other == place).map(|(_, uid)| uid.clone()).collect();
        let first = self.choice.below(here.len());
        let count = 1 + self.choice.below(5);
        Some((place, here.into_iter().skip(first).take(count).collect()))
    }

    /// Any message of the phone's app, whoever sent it.
    fn some_message(&mut self, phone: usize) -> Option<(Place, String)> {
        let app = &self.phones[phone].app;
        let messages = self.model.messages.iter().filter(|(_, message)| message.conversation.group.app == *app);
        let messages: Vec<_> = messages.map(|((_, uid), message)| (&message.conversation, uid)).collect();
        let (name, uid) = self.choice.of(&messages)?;
        Some((Place::named(name), uid.to_string()))
    }

    fn connect(&mut self, number: usize) {
        let phone = &self.phones[number];
        let app = self.apps.iter().find(|app| app.key == phone.app).expect("its app");
        let token = issue_token(app, &phone.user, Timestamp(BEGIN_MS), TOKEN_LIFETIME);
        self.phones[number].connect(self.now, token);
    }

    fn join_or_leave(&mut self, number: usize, place: &Place) {
        let (app, user) = (self.phones[number].app.clone(), self.phones[number].user.clone());
        let group = place.group_name(&app);
        let users = vec![user.clone()];
        let call = match self.model.is_member(&group, &user) {
            true => Call::Leave { group, users },
            false => Call::Join { group, users },
        };
        self.administer(call);
    }
}

/// What goes wrong.
impl World {
    fn break_something(&mut self) {
        let knobs = self.knobs;
        if self.choice.once_in(knobs.cut_every) {
            let phone = self.choice.below(self.phones.len());
            self.cut(phone);
        }
        if self.choice.once_in(knobs.half_open_every) {
            let phone = self.choice.below(self.phones.len());
            self.note(format!("phone {phone}: nothing gets through any more"));
            if let Some((_, link)) = &mut self.phones[phone].link {
                link.is_dead = true;
            }
        }
        if self.choice.once_in(knobs.phone_crash_every) {
            let phone = self.choice.below(self.phones.len());
            self.note(format!("phone {phone} crashes"));
            self.summary.phone_crashes += 1;
            self.abandon(phone);
            self.phones[phone].crash();
        }
        if self.choice.once_in(knobs.clock_jump_every) {
            let hours = self.choice.between(0, 48) as i64 - 24;
            // Not to before somebody came in: from then on a log is found by time, and a new device of that user would not
            // be sent what happens until the clock has caught up. A known limit.
            let earliest = self.last_join.0 as i64 - (BEGIN_MS + self.now) as i64;
            self.clock_skew = (self.clock_skew + hours * 3_600_000).max(earliest);
            self.note(format!("the server's clock jumps by {hours} hours"));
        }
        if self.choice.once_in(knobs.server_crash_every) {
            self.crash_server();
        }
    }

    fn cut(&mut self, phone: usize) {
        self.note(format!("phone {phone} loses its connection"));
        self.summary.cuts += 1;
        if let Some((_, link)) = &mut self.phones[phone].link {
            link.cut();
        }
    }

    /// The server notices nothing, or only later.
    fn abandon(&mut self, phone: usize) {
        if let Some((id, _)) = self.phones[phone].link.take()
            && self.choice.once_in(2)
        {
            self.server.close(id);
        }
    }

    /// What waits in its queue is lost, and so is what it had not said yet. What is on its way may arrive.
    fn crash_server(&mut self) {
        self.note("the server crashes".into());
        self.summary.server_crashes += 1;
        self.starts += 1;
        self.server = Server::start(&self.store, &self.knobs, self.starts);
        self.writes_at = self.now;
        for phone in &mut self.phones {
            if let Some((_, link)) = &mut phone.link {
                link.server_has_closed = true;
            }
        }
    }
}

/// Time passes.
impl World {
    fn step(&mut self) -> Result<(), String> {
        for phone in 0..self.phones.len() {
            self.open(phone);
            self.carry_to_server(phone)?;
        }
        self.write();
        for phone in 0..self.phones.len() {
            self.turn(phone)?;
        }
        if std::mem::take(&mut self.ends_after_turn) {
            self.crash_server();
        }
        let abandoned: Vec<LinkId> = self.server.connections.keys().copied().collect();
        for link in abandoned {
            let is_held = self.phones.iter().any(|phone| phone.link.as_ref().is_some_and(|(id, _)| *id == link));
            if !is_held && self.server.turn(link, self.now, &self.store).is_some_and(|turn| turn.closes) {
                self.server.close(link);
            }
        }
        for phone in 0..self.phones.len() {
            self.carry_to_phone(phone);
            self.phones[phone].handle_time(self.now);
            self.settle(phone)?;
        }
        Ok(())
    }

    fn delay(&mut self) -> u64 {
        self.now + if self.is_calm { 1 } else { self.choice.between(0, self.knobs.delay_ms_max) }
    }

    fn open(&mut self, phone: usize) {
        if self.phones[phone].opens_at.is_none_or(|at| at > self.now) {
            return;
        }
        self.phones[phone].opens_at = None;
        if !self.is_calm && self.choice.once_in(10) {
            return self.phones[phone].handle_closed(self.now);
        }
        self.next_link += 1;
        self.note(format!("phone {phone} opens connection {}", self.next_link));
        self.server.connect(self.next_link, self.now);
        self.phones[phone].link = Some((self.next_link, Link::default()));
        self.phones[phone].handle_opened(self.now);
    }

    fn carry_to_server(&mut self, phone: usize) -> Result<(), String> {
        let Some((id, mut link)) = self.phones[phone].link.take() else { return Ok(()) };
        while !link.is_dead
            && !link.server_has_closed
            && self.server.listens(id)
            && let Some(bytes) = link.to_server.take(self.now)
        {
            let read_ms = if self.is_calm { 0 } else { self.choice.between(0, self.knobs.commit_ms_max) };
            let clock = self.clock();
            for frame in self.server.hear(id, &bytes, self.now, clock, read_ms) {
                self.say(phone, &mut link, frame)?;
            }
        }
        if link.phone_has_closed && !link.is_dead && link.to_server.is_empty() {
            self.server.close(id);
        }
        self.phones[phone].link = Some((id, link));
        Ok(())
    }

    fn say(&mut self, phone: usize, link: &mut Link, frame: Vec<u8>) -> Result<(), String> {
        let to = &self.phones[phone];
        watch::look(&self.model, &to.app, &to.user, &frame)?;
        frame.hash(&mut self.hasher);
        let arrives_at = self.delay();
        link.to_phone.put(arrives_at, frame);
        Ok(())
    }

    /// The desk takes a batch, and perhaps the disk fails, or the server ends before it tells anybody.
    fn write(&mut self) {
        if self.now < self.writes_at || self.server.queue.is_empty() {
            return;
        }
        let fault = if self.is_calm || !self.choice.once_in(self.knobs.commit_failure_every) {
            Fault::None
        } else {
            *self
                .choice
                .of(&[Fault::NotWritten, Fault::WrittenButFailed, Fault::CrashAfterwards])
                .unwrap_or(&Fault::None)
        };
        match fault {
            Fault::NotWritten => self.store.fail_next_commit(),
            Fault::WrittenButFailed => self.store.fail_next_commit_after_writing(),
            Fault::None | Fault::CrashAfterwards => {}
        }
        let size = 1 + self.choice.below(self.knobs.batch_calls_max);
        let clock = self.clock();
        let calls = self.server.write(size, clock);
        self.summary.commits += 1;
        self.writes_at = self.now + self.choice.between(0, self.knobs.commit_ms_max);
        self.note(format!("written, fault {fault:?}: {calls:?}"));
        // A batch that changes nothing asks nothing of the disk.
        let failed = !self.store.takes_writes();
        if !failed || fault == Fault::WrittenButFailed {
            calls.iter().for_each(|call| self.follow(call));
        }
        if fault != Fault::None {
            self.summary.failed_commits += 1;
            self.store.reopen();
            match fault {
                Fault::CrashAfterwards => self.crash_server(),
                // First it says what it has to say.
                _ => self.ends_after_turn = failed,
            }
        }
    }

    fn follow(&mut self, call: &Call) {
        let sent = match call {
            Call::Send { conversation, user, draft } => self.sent(conversation, user, &draft.client_ref),
            _ => None,
        };
        self.model.apply(call, sent);
    }

    fn sent(&self, name: &ConversationName, user: &UserId, client_ref: &seenby_core::ClientRef) -> Option<MessageUid> {
        let conversation = self.store.conversation_number(name).ok()??;
        let group = self.store.group_number(&name.group).ok()??;
        let slot = self.store.slot(group, user).ok()??;
        self.store.sent(conversation, slot, client_ref).ok()?
    }

    fn turn(&mut self, phone: usize) -> Result<(), String> {
        let Some((id, mut link)) = self.phones[phone].link.take() else { return Ok(()) };
        if let Some(turn) = self.server.turn(id, self.now, &self.store) {
            for frame in turn.frames {
                self.say(phone, &mut link, frame)?;
            }
            if turn.closes {
                self.server.close(id);
                link.server_has_closed = true;
            }
        }
        self.phones[phone].link = Some((id, link));
        Ok(())
    }

    fn carry_to_phone(&mut self, phone: usize) {
        let Some((id, mut link)) = self.phones[phone].link.take() else { return };
        if link.phone_has_closed {
            // Cut by the network, and not closed by the phone: it has to be told.
            if link.server_has_closed {
                self.server.close(id);
                self.phones[phone].handle_closed(self.now);
            } else if !link.to_server.is_empty() {
                self.phones[phone].link = Some((id, link));
            }
            return;
        }
        while !link.is_dead
            && let Some(bytes) = link.to_phone.take(self.now)
        {
            self.phones[phone].handle_bytes(self.now, &bytes);
        }
        match link.server_has_closed && !link.is_dead && link.to_phone.is_empty() {
            true => self.phones[phone].handle_closed(self.now),
            false => self.phones[phone].link = Some((id, link)),
        }
    }

    fn settle(&mut self, phone: usize) -> Result<(), String> {
        let (frames, dials) = self.phones[phone].settle(self.now);
        for frame in frames {
            let arrives_at = self.delay();
            if let Some((_, link)) = &mut self.phones[phone].link {
                link.to_server.put(arrives_at, frame);
            }
        }
        if let Some((id, link)) = &self.phones[phone].link
            && link.phone_has_closed
            && !link.server_has_closed
        {
            // The phone does not look back.
            let id = *id;
            self.phones[phone].link = None;
            self.server.close(id);
        }
        if dials {
            let opens_at = self.delay();
            self.phones[phone].opens_at = Some(opens_at);
        }
        match self.phones[phone].broken.take() {
            Some(broken) => Err(broken),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    NotWritten,
    WrittenButFailed,
    CrashAfterwards,
}

/// Peace.
impl World {
    fn calm_down_and_check(&mut self) -> Result<(), String> {
        self.note("nothing breaks any more".into());
        self.is_calm = true;
        for phone in 0..self.phones.len() {
            if let Some((_, link)) = &mut self.phones[phone].link
                && link.is_dead
            {
                link.is_dead = false;
                link.cut();
            }
            if self.phones[phone].session.user_id().is_none() || !self.phones[phone].is_online() {
                self.connect(phone);
            }
        }
        self.wait_until_quiet()?;
        check::check(&self.store, &self.model, &mut self.phones, &mut self.before)?;
        self.summary.checks += 1;
        self.summary.acknowledged +=
            self.phones.iter_mut().map(|phone| std::mem::take(&mut phone.shown.new_acknowledged)).sum::<u64>();
        self.is_calm = false;
        Ok(())
    }

    fn wait_until_quiet(&mut self) -> Result<(), String> {
        let mut quiet_for = 0;
        for step in 0..QUIET_STEPS_MAX {
            self.now += QUIET_STEP_MS;
            self.step()?;
            quiet_for = if self.is_quiet() { quiet_for + 1 } else { 0 };
            if quiet_for >= QUIET_STEPS && step >= QUIET_STEPS_MIN {
                return Ok(());
            }
        }
        let busy = self.phones.iter().enumerate().filter(|(_, phone)| !phone_is_quiet(phone)).map(|(number, phone)| {
            format!("phone {number} is {:?} with {} calls", phone.session.status(), phone.pending_calls())
        });
        let server = self.server.is_quiet(self.now);
        Err(format!("it does not become quiet; the server is: {server}; {:?}", busy.collect::<Vec<_>>()))
    }

    fn is_quiet(&self) -> bool {
        self.server.is_quiet(self.now) && self.phones.iter().all(phone_is_quiet)
    }
}

fn phone_is_quiet(phone: &Phone) -> bool {
    let wires_are_empty =
        phone.link.as_ref().is_none_or(|(_, link)| link.to_server.is_empty() && link.to_phone.is_empty());
    wires_are_empty && phone.opens_at.is_none() && (!phone.is_online() || phone.pending_calls() == 0)
}
