//! The server: its parts without I/O, driven by hand. What is durable lies in the store and outlives a crash.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use seenby_core::{Call, Notice, Timestamp};
use seenby_protocol::frames::{ClientFrame, client_frame, reply};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, Code, codec};
use seenby_server::Settings;
use seenby_server::machine::{self, Desk, Found, Node, Read, ReplyTo, Session, Step, Told};
use seenby_storage::{Memory, Storage as _, Written};
use tokio::sync::oneshot;

use crate::choice::Knobs;

/// Names a connection over the whole run.
pub type LinkId = u64;

/// One node. Several may stand on one store.
pub struct Server {
    store: Arc<Memory>,
    node: Arc<Node>,
    desk: Desk,
    /// Calls that wait for the desk, oldest first.
    pub queue: Vec<Queued>,
    pub connections: BTreeMap<LinkId, Connection>,
    /// What its wall clock is off by.
    pub clock_skew: i64,
    /// When it takes the next batch.
    pub writes_at: u64,
    /// It takes no writes, and will be started anew.
    pub restarts_at: Option<u64>,
    deciding: Option<Deciding>,
    /// What it will hear of commits, its own and those of others, and when.
    pub told: Vec<(u64, Told)>,
}

/// A batch that is decided and not appended yet.
struct Deciding {
    calls: Vec<Call>,
    asked: Vec<Option<(LinkId, u64)>>,
    replies: Vec<ReplyTo>,
    clock: Timestamp,
    /// `None`: another node was faster already.
    decided: Option<Written>,
    appends_at: u64,
}

/// A batch that has had its results.
pub struct Applied {
    /// With who asked.
    pub calls: Vec<(Call, Option<(LinkId, u64)>)>,
    /// By which it was decided.
    pub clock: Timestamp,
    pub notices: Vec<Notice>,
}

/// A call in the desk's queue, and the number that its connection gave it. `None`: of a back end.
pub struct Queued {
    call: Call,
    reply_to: ReplyTo,
    asked: Option<(LinkId, u64)>,
}

pub struct Connection {
    session: Option<Session>,
    mail: Arc<Mail>,
    /// A read that is under way; the session does nothing else meanwhile.
    reading: Option<Reading>,
    heard_at: u64,
    /// A frame was handled since the session was last asked what it has to look up.
    has_heard: bool,
    /// Frames to be sent, and then the end.
    ended: bool,
}

struct Reading {
    /// The number of the call, if the client asks.
    asked: Option<u64>,
    /// It looks at the store at this moment, and its reply is there at the other.
    looks_at: u64,
    due: u64,
    stage: Stage,
}

enum Stage {
    Read(Read),
    Found(Found),
}

/// Whether a session was woken since it last looked at its mail: one that is not woken does not look.
struct Mail(AtomicBool);

impl Wake for Mail {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a turn of a connection gave.
#[derive(Default)]
pub struct Turn {
    pub frames: Vec<Vec<u8>>,
    pub closes: bool,
}

impl Server {
    /// `number`: another one at each start.
    pub fn start(store: &Arc<Memory>, knobs: &Knobs, number: u32) -> Self {
        store.reopen();
        let node = Arc::new(Node::new(settings(knobs), store.clone(), number));
        let desk = Desk::new(node.clone());
        Self {
            store: store.clone(),
            node,
            desk,
            queue: Vec::new(),
            connections: BTreeMap::new(),
            clock_skew: 0,
            writes_at: 0,
            restarts_at: None,
            deciding: None,
            told: Vec::new(),
        }
    }

    pub fn is_deciding(&self) -> bool {
        self.deciding.is_some()
    }

    /// Whether a batch is decided, and its moment has come.
    pub fn may_append(&self, now: u64) -> bool {
        self.deciding.as_ref().is_some_and(|deciding| deciding.appends_at <= now)
    }

    /// Decides so many calls as one batch. Until it is appended other nodes may write.
    pub fn decide(&mut self, calls: usize, clock: Timestamp, appends_at: u64) {
        let taken = self.queue.drain(..calls.min(self.queue.len()));
        let (mut calls, mut asked, mut replies) = (Vec::new(), Vec::new(), Vec::new());
        for queued in taken {
            calls.push(queued.call);
            asked.push(queued.asked);
            replies.push(queued.reply_to);
        }
        let decided = self.desk.decide(&calls, clock);
        self.deciding = Some(Deciding { calls, asked, replies, clock, decided, appends_at });
    }

    /// `None`: another node was faster, and the batch is decided again.
    pub fn append(&mut self) -> Option<Applied> {
        let mut deciding = self.deciding.take()?;
        let notices = deciding.decided.take().and_then(|decided| self.desk.append(&mut deciding.replies, decided));
        let Some(notices) = notices else {
            deciding.decided = self.desk.decide(&deciding.calls, deciding.clock);
            self.deciding = Some(deciding);
            return None;
        };
        let Deciding { calls, asked, clock, .. } = deciding;
        Some(Applied { calls: calls.into_iter().zip(asked).collect(), clock, notices })
    }

    /// Tells what has arrived until now.
    pub fn hear_told(&mut self, now: u64) {
        self.told.sort_by_key(|(arrives_at, _)| *arrives_at);
        let arrived = self.told.partition_point(|(arrives_at, _)| *arrives_at <= now);
        self.told.drain(..arrived).for_each(|(_, told)| self.node.tell(told));
    }

    /// A call of a back end, which looks at no result.
    pub fn administer(&mut self, call: Call) {
        let (waiter, _) = oneshot::channel();
        self.queue.push(Queued { call, reply_to: ReplyTo::waiter(waiter), asked: None });
    }

    pub fn connect(&mut self, link: LinkId, now: u64) {
        // Mail may have come while the client signed in.
        let mail = Arc::new(Mail(AtomicBool::new(true)));
        let connection =
            Connection { session: None, mail, reading: None, heard_at: now, has_heard: false, ended: false };
        self.connections.insert(link, connection);
    }

    /// Whether a frame may be taken out of the socket.
    pub fn listens(&self, link: LinkId) -> bool {
        self.connections.get(&link).is_some_and(|connection| {
            let has_room = connection.session.as_ref().is_none_or(Session::has_room);
            has_room && !connection.ended
        })
    }

    pub fn hear(&mut self, link: LinkId, frame: ClientFrame, now: u64, clock: Timestamp) -> Vec<Vec<u8>> {
        let Some(connection) = self.connections.get_mut(&link) else { return Vec::new() };
        connection.heard_at = now;
        connection.has_heard = true;
        let call_id = frame.call_id;
        let Some(session) = &mut connection.session else {
            return connection.sign_in(&self.node, &self.store, frame, clock);
        };
        match session.handle_frame(frame, clock) {
            Step::Reply(reply) => return vec![reply],
            Step::Write(call, reply_to) => {
                self.queue.push(Queued { call, reply_to, asked: Some((link, call_id)) });
            }
            Step::Read => {}
        }
        Vec::new()
    }

    /// Whether a read looks at the store now, or has found something.
    pub fn may_read(&self, link: LinkId, now: u64) -> bool {
        let reading = self.connections.get(&link).and_then(|connection| connection.reading.as_ref());
        reading.is_some_and(|reading| match reading.stage {
            Stage::Read(_) => reading.looks_at <= now,
            Stage::Found(_) => reading.due <= now,
        })
    }

    /// Lets a read look at the store if its moment has come; gives the number of the call if the client asks.
    pub fn read(&mut self, link: LinkId, now: u64) -> Option<Option<u64>> {
        let connection = self.connections.get_mut(&link)?;
        let Reading { asked, due, stage: Stage::Read(read), .. } =
            connection.reading.take_if(|reading| reading.looks_at <= now && matches!(reading.stage, Stage::Read(_)))?
        else {
            return None;
        };
        let stage = Stage::Found(read.look(&*self.store.snapshot()));
        connection.reading = Some(Reading { asked, looks_at: now, due, stage });
        Some(asked)
    }

    /// What a connection has to say now. `read_ms`: how long its next read takes until it looks at the store, and from then
    /// on.
    pub fn turn(&mut self, link: LinkId, now: u64, clock: Timestamp, read_ms: (u64, u64)) -> Turn {
        let Some(connection) = self.connections.get_mut(&link) else { return Turn::default() };
        if now >= connection.heard_at + self.node.silence_max().as_millis() as u64 {
            return Turn { frames: vec![machine::goodbye(Code::PING_TIMEOUT, true)], closes: true };
        }
        connection.turn(now, clock, read_ms)
    }

    pub fn close(&mut self, link: LinkId) {
        self.connections.remove(&link);
    }

    /// Nothing waits to be written, read or sent.
    pub fn is_quiet(&self, now: u64) -> bool {
        let is_idle = self.queue.is_empty() && self.deciding.is_none() && self.told.is_empty();
        is_idle && self.connections.values().all(|connection| connection.is_quiet(now))
    }
}

impl Connection {
    fn sign_in(&mut self, node: &Arc<Node>, store: &Memory, frame: ClientFrame, clock: Timestamp) -> Vec<Vec<u8>> {
        let Some(client_frame::Call::SignIn(call)) = frame.call else { return Vec::new() };
        match machine::sign_in(node, store, &call, clock) {
            Ok((session, signed_in)) => {
                self.session = Some(session);
                vec![machine::reply(frame.call_id, Ok(reply::Result::SignedIn(signed_in)))]
            }
            Err(refusal) => {
                self.ended = true;
                vec![machine::reply(frame.call_id, Err(refusal))]
            }
        }
    }

    fn turn(&mut self, now: u64, clock: Timestamp, (until_look, from_look): (u64, u64)) -> Turn {
        let mut turn = Turn { frames: Vec::new(), closes: self.ended };
        let Some(session) = &mut self.session else { return turn };
        match self.reading.take_if(|reading| reading.due <= now) {
            Some(Reading { stage: Stage::Found(found), .. }) => found.deliver(),
            later => self.reading = self.reading.take().or(later),
        }
        let is_woken = self.mail.0.swap(false, Ordering::Relaxed);
        if is_woken {
            session.handle_mail(&mut turn.frames, clock);
            let waker = Waker::from(self.mail.clone());
            if session.poll_mail(&Context::from_waker(&waker)).is_ready() {
                self.mail.0.store(true, Ordering::Relaxed);
            }
        }
        if let Some(farewell) = session.farewell() {
            turn.frames.push(machine::goodbye(farewell.code, farewell.reconnect));
            turn.closes = true;
            return turn;
        }
        // Nobody asks a session that nothing has happened to.
        let rings = session.next_flush().is_some_and(|at| at <= instant(now));
        if (is_woken || std::mem::take(&mut self.has_heard) || rings)
            && let Some(read) = session.next_read(instant(now))
        {
            let looks_at = now + until_look;
            let (asked, due) = (read.call_id(), looks_at + from_look);
            self.reading = Some(Reading { asked, looks_at, due, stage: Stage::Read(read) });
        }
        turn
    }

    fn is_quiet(&self, now: u64) -> bool {
        let is_quiet = |session: &Session| {
            let waits = session.has_calls_in_flight() || session.has_questions(instant(now));
            !waits && session.next_flush().is_none()
        };
        self.reading.is_none() && !self.mail.0.load(Ordering::Relaxed) && self.session.as_ref().is_none_or(is_quiet)
    }
}

/// A frame as the server reads it; one that cannot be read is a matter of other tests.
pub fn decode(bytes: &[u8]) -> Option<ClientFrame> {
    codec::decode(bytes, CLIENT_FRAME_BYTES_MAX).ok()
}

fn settings(knobs: &Knobs) -> Settings {
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    limits.answers_per_frame_max = knobs.answers_per_frame_max;
    limits.devices_per_user_max = knobs.devices_per_user_max;
    limits.page_size_max = knobs.page_size_max;
    // Rates go by the machine's clock, which has no place here.
    let rates = [
        &mut limits.sends_per_second,
        &mut limits.receipt_requests_per_second,
        &mut limits.receipt_answers_per_second,
        &mut limits.queries_per_second,
        &mut limits.sign_ins_per_second,
    ];
    rates.into_iter().for_each(|rate| *rate = 1_000_000_000);
    settings.delivery.page_entries_max = knobs.page_entries_max;
    settings.delivery.flush_ms_max = knobs.flush_ms_max;
    settings.session.calls_in_flight_max = knobs.calls_in_flight_max;
    settings
}

/// Sessions compare moments of the machine's steady clock; only their differences count.
fn instant(now: u64) -> Instant {
    use std::sync::OnceLock;
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    *BEGIN.get_or_init(Instant::now) + Duration::from_secs(1_000) + Duration::from_millis(now)
}
