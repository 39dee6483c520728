//! The server: its parts without I/O, driven by hand. What is durable lies in the store and outlives a crash.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seenby_core::Timestamp;
use seenby_protocol::frames::{ClientFrame, client_frame, reply};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, Code, codec};
use seenby_server::Settings;
use seenby_server::machine::{self, Call, Desk, Node, Outcome, Read, ReplyTo, Session, Step};
use seenby_storage::Memory;
use tokio::sync::oneshot;

use crate::choice::Knobs;

/// Names a connection over the whole run.
pub type LinkId = u64;

pub struct Server {
    node: Arc<Node>,
    desk: Desk,
    /// Calls that wait for the desk, oldest first.
    pub queue: Vec<(Call, ReplyTo)>,
    pub connections: BTreeMap<LinkId, Connection>,
}

#[derive(Default)]
pub struct Connection {
    session: Option<Session>,
    /// A read that is under way; the session does nothing else meanwhile.
    reading: Option<(u64, Read)>,
    heard_at: u64,
    /// Frames to be sent, and then the end.
    ended: bool,
}

/// What a turn of a connection gave.
pub struct Turn {
    pub frames: Vec<Vec<u8>>,
    pub closes: bool,
}

impl Server {
    /// `number`: another one at each start.
    pub fn start(store: &Arc<Memory>, knobs: &Knobs, number: u32) -> Self {
        store.reopen();
        let node = Arc::new(Node::new(settings(knobs), store.clone()));
        let desk = Desk::new(node.clone(), number).expect("a store in memory can be read");
        Self { node, desk, queue: Vec::new(), connections: BTreeMap::new() }
    }

    /// Applies calls as one batch; gives them with the ids of messages that were sent.
    pub fn write(&mut self, calls: usize, now: Timestamp) -> Vec<Call> {
        let mut batch: Vec<_> = self.queue.drain(..calls.min(self.queue.len())).collect();
        let applied = batch.iter().map(|(call, _)| call.clone()).collect();
        self.desk.write(&mut batch, now);
        applied
    }

    /// For calls of no phone. `None`: it was refused, or the store failed.
    pub fn administer(&mut self, call: Call, now: Timestamp) -> Option<Outcome> {
        let (waiter, mut result) = oneshot::channel();
        self.desk.write(&mut vec![(call, ReplyTo::waiter(waiter))], now);
        result.try_recv().ok()?.ok()
    }

    pub fn connect(&mut self, link: LinkId, now: u64) {
        self.connections.insert(link, Connection { heard_at: now, ..Connection::default() });
    }

    /// Whether a frame may be taken out of the socket.
    pub fn listens(&self, link: LinkId) -> bool {
        self.connections.get(&link).is_some_and(|connection| {
            let has_room = connection.session.as_ref().is_none_or(Session::has_room);
            has_room && connection.reading.is_none() && !connection.ended
        })
    }

    pub fn hear(&mut self, link: LinkId, bytes: &[u8], now: u64, clock: Timestamp, read_ms: u64) -> Vec<Vec<u8>> {
        let Some(connection) = self.connections.get_mut(&link) else { return Vec::new() };
        connection.heard_at = now;
        let Ok(frame) = codec::decode::<ClientFrame>(bytes, CLIENT_FRAME_BYTES_MAX) else { return Vec::new() };
        let call_id = frame.call_id;
        let Some(session) = &mut connection.session else {
            return connection.sign_in(&self.node, frame, clock);
        };
        match session.handle_frame(frame, clock) {
            Step::Reply(reply) => vec![reply],
            Step::Write(call, reply_to) => {
                self.queue.push((call, reply_to));
                Vec::new()
            }
            Step::Read(read) => {
                debug_assert!(call_id > 0, "a call without a number is refused");
                connection.reading = Some((now + read_ms, read));
                Vec::new()
            }
        }
    }

    /// What a connection has to say now.
    pub fn turn(&mut self, link: LinkId, now: u64, store: &Memory) -> Option<Turn> {
        let connection = self.connections.get_mut(&link)?;
        let mut turn = Turn { frames: Vec::new(), closes: connection.ended };
        let silence_max = self.node.silence_max().as_millis() as u64;
        if now >= connection.heard_at + silence_max {
            turn.frames.push(machine::goodbye(Code::PING_TIMEOUT, true));
            turn.closes = true;
            return Some(turn);
        }
        let Some(session) = &mut connection.session else { return Some(turn) };
        if let Some((due, _)) = connection.reading
            && due > now
        {
            return Some(turn);
        }
        if let Some((_, read)) = connection.reading.take() {
            turn.frames.push(session.handle_found(read.run(store)));
        }
        session.handle_mail(&mut turn.frames).expect("a store in memory can be read");
        match session.farewell() {
            Some(farewell) => {
                turn.frames.push(machine::goodbye(farewell.code, farewell.reconnect));
                turn.closes = true;
            }
            None => session.next_frames(instant(now), &mut turn.frames).expect("a store in memory can be read"),
        }
        Some(turn)
    }

    pub fn close(&mut self, link: LinkId) {
        self.connections.remove(&link);
    }

    /// Nothing waits to be written, read or sent.
    pub fn is_quiet(&self, now: u64) -> bool {
        let is_quiet = |connection: &Connection| {
            let session = connection.session.as_ref();
            connection.reading.is_none()
                && session.is_none_or(|session| {
                    !session.has_calls_in_flight()
                        && !session.has_frames(instant(now))
                        && session.next_flush().is_none()
                })
        };
        self.queue.is_empty() && self.connections.values().all(is_quiet)
    }
}

impl Connection {
    fn sign_in(&mut self, node: &Arc<Node>, frame: ClientFrame, clock: Timestamp) -> Vec<Vec<u8>> {
        let Some(client_frame::Call::SignIn(call)) = frame.call else { return Vec::new() };
        match Session::sign_in(node, &call, clock) {
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
}

fn settings(knobs: &Knobs) -> Settings {
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    limits.answers_per_frame_max = knobs.answers_per_frame_max;
    limits.devices_per_user_max = knobs.devices_per_user_max;
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
