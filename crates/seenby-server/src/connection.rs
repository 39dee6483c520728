//! One socket: frames in, frames out, and the time limits on both. What the frames mean is the session's business.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use seenby_core::Call;
use seenby_protocol::frames::{self, ClientFrame, client_frame, reply};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, Code, FrameError, codec};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tokio_websockets::{Error, Message};

use crate::delivery::Farewell;
use crate::desk::ReplyTo;
use crate::http::Place;
use crate::refusal::Refusal;
use crate::session::{Session, Step};
use crate::shared::Shared;
use crate::websocket::WebSocket;
use crate::{clock, to_wire};

/// Bad frames that a connection may send; the last of them ends it.
const BAD_FRAMES_MAX: u32 = 3;
/// Frames handled in a row before the answers are flushed.
const FRAMES_PER_TURN: usize = 32;
/// Of what a stranger calls its app, the log has the beginning.
const APP_KEY_CHARS_LOGGED_MAX: usize = 64;
/// Replies gathered before they are sent.
const REPLY_BYTES_PER_TURN: usize = 256 * 1024;

/// Serves one client until either side ends the connection.
pub(crate) async fn serve(socket: WebSocket, place: Place, shared: Arc<Shared>) {
    let mut connection = Connection { socket, place, shared, bad_frames: 0, heard_at: Instant::now() };
    let shared = connection.shared.clone();
    shared.node.metrics.connections.inc();
    if let Ending::Farewell(farewell) = connection.converse().await {
        connection.say_goodbye(farewell).await;
    }
    shared.node.metrics.connections.dec();
}

struct Connection {
    socket: WebSocket,
    place: Place,
    shared: Arc<Shared>,
    bad_frames: u32,
    heard_at: Instant,
}

/// Why a conversation with a client is over.
enum Ending {
    /// The client is gone; nobody is left to be told.
    Gone,
    Farewell(Farewell),
}

impl From<Farewell> for Ending {
    fn from(farewell: Farewell) -> Self {
        Self::Farewell(farewell)
    }
}

impl Connection {
    async fn converse(&mut self) -> Ending {
        // Boxed, so that what only the sign-in needs is not kept by every connection for its life.
        let mut session = match Box::pin(self.sign_in()).await {
            Ok(session) => session,
            Err(ending) => return ending,
        };
        self.shared.node.metrics.sessions.inc();
        let Err(ending) = self.run(&mut session).await;
        self.shared.node.metrics.sessions.dec();
        ending
    }

    /// Best effort: the client may be gone.
    async fn say_goodbye(&mut self, farewell: Farewell) {
        let goodbye = to_wire::goodbye(farewell.code, farewell.reconnect);
        if self.send(&mut vec![goodbye]).await.is_ok() {
            let _ = self.socket.send(Message::close(None, "")).await;
        }
    }

    /// Alternates between waiting for something to happen and saying what there is to say.
    async fn run(&mut self, session: &mut Session) -> Result<Infallible, Ending> {
        let mut alarm = pin!(sleep_until(self.heard_at));
        let mut frames = Vec::new();
        let mut drain_until = None;
        // Mail may have come while the client signed in.
        let mut event = Event::Mail;
        loop {
            let (was_mail, rang) = (matches!(event, Event::Mail), matches!(event, Event::Alarm));
            match event {
                Event::Received(message) => self.hear(session, message, &mut frames).await?,
                Event::Mail => session.handle_mail(&mut frames, clock::now()),
                Event::Alarm => {}
            }
            if let Some(farewell) = session.farewell() {
                self.send(&mut frames).await?;
                return Err(farewell.into());
            }
            // Send before asking: a client that reads slowly delays its own questions, and the server keeps nothing for it.
            self.send(&mut frames).await?;
            let now = Instant::now();
            if let Some(read) = session.next_read(now.into_std()) {
                self.shared.node.store.look(read);
            }
            if !session.has_room() {
                // What the client says meanwhile stays in its socket.
                self.heard_at = now;
            }
            let silence_ends = self.heard_at + self.shared.node.settings.session.silence_max();
            let end = match session.is_stopping() {
                true => *drain_until.get_or_insert(now + self.shared.node.settings.shutdown.drain_max()),
                false => silence_ends,
            };
            if session.is_stopping() && (!session.has_calls_in_flight() || now >= end) {
                return Err(Farewell::come_back(Code::SHUTTING_DOWN).into());
            }
            if rang && now >= end {
                return Err(Farewell::come_back(Code::PING_TIMEOUT).into());
            }
            let flush = session.next_flush().map(Instant::from_std);
            ring_by(alarm.as_mut(), flush.map_or(end, |flush| flush.min(end)));
            event = self.next_event(session, alarm.as_mut(), was_mail).await;
        }
    }

    /// Mail and the client take turns, so that neither holds up the other; and what the client has said counts before the
    /// conclusion that it is silent.
    async fn next_event(&mut self, session: &Session, mut alarm: Pin<&mut Sleep>, was_mail: bool) -> Event {
        let listens = session.has_room() && !session.is_stopping();
        poll_fn(|context| {
            if !was_mail && session.poll_mail(context).is_ready() {
                return Poll::Ready(Event::Mail);
            }
            if listens && let Poll::Ready(received) = self.socket.poll_next_unpin(context) {
                return Poll::Ready(Event::Received(received));
            }
            if was_mail && session.poll_mail(context).is_ready() {
                return Poll::Ready(Event::Mail);
            }
            alarm.as_mut().poll(context).map(|()| Event::Alarm)
        })
        .await
    }

    /// Handles a message and those that are waiting right behind it.
    async fn hear(&mut self, session: &mut Session, first: Received, replies: &mut Vec<Vec<u8>>) -> Result<(), Ending> {
        let (mut next, mut frames_left) = (Some(first), FRAMES_PER_TURN);
        while let Some(received) = next.take() {
            match self.read_frame(received)? {
                Heard::Frame(frame) => {
                    if let Some((call, reply_to)) = self.begin(session, frame, replies) {
                        // Boxed, so that idle connections do not keep the room that waiting takes.
                        Box::pin(self.shared.writer.submit(call, reply_to)).await;
                    }
                }
                Heard::Bad(reply) => replies.push(reply),
                Heard::Nothing => {}
            }
            frames_left -= 1;
            let is_full = replies.iter().map(Vec::len).sum::<usize>() > REPLY_BYTES_PER_TURN;
            if frames_left > 0 && !is_full && session.has_room() {
                next = self.socket.next().now_or_never();
            }
        }
        Ok(())
    }

    /// Does what the session says. Gives back a call for which the writer has no room now.
    fn begin(
        &mut self,
        session: &mut Session,
        frame: ClientFrame,
        replies: &mut Vec<Vec<u8>>,
    ) -> Option<(Call, ReplyTo)> {
        match session.handle_frame(frame, clock::now()) {
            Step::Reply(reply) => {
                replies.push(reply);
                None
            }
            Step::Write(call, reply_to) => self.shared.writer.try_submit(call, reply_to),
            Step::Read => None,
        }
    }

    fn read_frame(&mut self, received: Received) -> Result<Heard, Ending> {
        let message = received.ok_or(Ending::Gone)?.map_err(|_| Ending::Gone)?;
        self.heard_at = Instant::now();
        if message.is_text() {
            return self.bad_frame(Code::MALFORMED_FRAME, "frames are binary").map(Heard::Bad);
        }
        if message.is_close() {
            return Err(Ending::Gone);
        }
        if !message.is_binary() {
            return Ok(Heard::Nothing);
        }
        match codec::decode::<ClientFrame>(message.as_payload(), CLIENT_FRAME_BYTES_MAX) {
            Ok(frame) => Ok(Heard::Frame(frame)),
            Err(error @ FrameError::TooLarge { .. }) => self.bad_frame(Code::FRAME_TOO_LARGE, error).map(Heard::Bad),
            Err(error @ FrameError::Malformed(_)) => self.bad_frame(Code::MALFORMED_FRAME, error).map(Heard::Bad),
        }
    }

    /// The reply to a frame that is none; after too many of them the end.
    fn bad_frame(&mut self, code: Code, detail: impl ToString) -> Result<Vec<u8>, Ending> {
        self.bad_frames += 1;
        self.shared.node.metrics.refused(code);
        match self.bad_frames < BAD_FRAMES_MAX {
            true => Ok(to_wire::reply(0, Err(Refusal::new(code, detail)))),
            false => Err(Farewell::stay_away(code).into()),
        }
    }

    /// Writes the frames and flushes once. Whoever takes too little of them is gone, and could not read a goodbye either.
    async fn send(&mut self, frames: &mut Vec<Vec<u8>>) -> Result<(), Ending> {
        if frames.is_empty() {
            return Ok(());
        }
        for frame in frames.drain(..) {
            self.socket.feed(Message::binary(frame)).await.map_err(|_| Ending::Gone)?;
        }
        self.socket.flush().await.map_err(|_| Ending::Gone)
    }
}

/// What a connection waits for.
enum Event {
    Received(Received),
    Mail,
    /// Something may be due.
    Alarm,
}

type Received = Option<Result<Message, Error>>;

#[expect(clippy::large_enum_variant, reason = "it lives for a moment; a box would be an allocation for every call")]
enum Heard {
    Frame(ClientFrame),
    /// The reply to send.
    Bad(Vec<u8>),
    Nothing,
}

/// Moves the one timer of a connection, but only to ring sooner: whoever is woken too early looks at the time and goes on
/// waiting. So a busy connection leaves the timers of the runtime alone.
fn ring_by(mut alarm: Pin<&mut Sleep>, deadline: Instant) {
    if alarm.is_elapsed() || deadline < alarm.deadline() {
        alarm.as_mut().reset(deadline);
    }
}

/// Signing in.
impl Connection {
    async fn sign_in(&mut self) -> Result<Session, Ending> {
        let deadline = Instant::now() + self.shared.node.settings.session.sign_in_timeout();
        let stopping = self.shared.stopping.clone();
        loop {
            let received = tokio::select! {
                received = timeout_at(deadline, self.socket.next()) => {
                    received.map_err(|_| Farewell::come_back(Code::SIGN_IN_TIMEOUT))?
                }
                // As if there had never been room: it comes again.
                () = self.place.given_up() => return Err(Ending::Gone),
                () = stopping.cancelled() => return Err(Farewell::come_back(Code::SHUTTING_DOWN).into()),
            };
            let frame = match self.read_frame(received)? {
                Heard::Frame(frame) => frame,
                Heard::Bad(reply) => {
                    self.send(&mut vec![reply]).await?;
                    continue;
                }
                Heard::Nothing => continue,
            };
            let Some(client_frame::Call::SignIn(call)) = frame.call else {
                let refusal = Refusal::new(Code::NOT_CONNECTED, "sign in first");
                self.send(&mut vec![to_wire::reply(frame.call_id, Err(refusal))]).await?;
                continue;
            };
            return self.admit(frame.call_id, call, deadline).await;
        }
    }

    async fn admit(&mut self, call_id: u64, call: frames::SignIn, deadline: Instant) -> Result<Session, Ending> {
        let node = &self.shared.node;
        let app: String = call.app_key.chars().take(APP_KEY_CHARS_LOGGED_MAX).collect();
        let admitted = timeout_at(deadline, node.store.sign_in(node.clone(), call)).await;
        let admitted = admitted.map_err(|_| Farewell::come_back(Code::SIGN_IN_TIMEOUT))?;
        self.shared.node.metrics.signed_in(admitted.as_ref().map_or_else(|refusal| refusal.code, |_| Code::SUCCESS));
        match admitted {
            Ok((session, signed_in)) => {
                self.place.keep();
                let reply = to_wire::reply(call_id, Ok(reply::Result::SignedIn(signed_in)));
                self.send(&mut vec![reply]).await?;
                Ok(session)
            }
            Err(refusal) => {
                // The reason is for those who make tokens, and apps rarely show it to them.
                tracing::info!(app, code = refusal.code.0, detail = refusal.detail, "a sign-in was refused");
                let farewell = match refusal.code {
                    Code::STORE_UNAVAILABLE | Code::CONNECT_OVER_FREQUENCY => Farewell::come_back(refusal.code),
                    code => Farewell::stay_away(code),
                };
                self.send(&mut vec![to_wire::reply(call_id, Err(refusal))]).await?;
                Err(farewell.into())
            }
        }
    }
}
