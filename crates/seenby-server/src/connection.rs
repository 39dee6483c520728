//! One socket: frames in, frames out, and the time limits on both. What the frames mean is the session's business.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use seenby_core::{AppKey, Source as _};
use seenby_protocol::frames::{self, ClientFrame, client_frame, reply};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, Code, FrameError, codec};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::delivery::Farewell;
use crate::rate::CallKind;
use crate::refusal::Refusal;
use crate::session::Session;
use crate::shared::Shared;
use crate::{clock, to_wire, token};

/// Bad frames that a connection may send; the last of them ends it.
const BAD_FRAMES_MAX: u32 = 3;
/// Frames handled in a row before the answers are flushed.
const FRAMES_PER_TURN: usize = 32;
/// Replies gathered before they are sent.
const REPLY_BYTES_PER_TURN: usize = 256 * 1024;
const DEVICE_ID_CHARS_MAX: usize = 128;

/// Serves one client until either side ends the connection.
pub(crate) async fn serve(socket: WebSocket, shared: Arc<Shared>) {
    let metrics = shared.metrics.clone();
    metrics.connections.inc();
    let mut connection = Connection { socket, shared, bad_frames: 0, heard_at: Instant::now() };
    if let Ending::Farewell(farewell) = connection.converse().await {
        connection.say_goodbye(farewell).await;
    }
    metrics.connections.dec();
}

struct Connection {
    socket: WebSocket,
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

impl From<seenby_storage::StorageError> for Ending {
    fn from(error: seenby_storage::StorageError) -> Self {
        Farewell::come_back(Refusal::from(error).code).into()
    }
}

impl Connection {
    async fn converse(&mut self) -> Ending {
        let mut session = match self.sign_in().await {
            Ok(session) => session,
            Err(ending) => return ending,
        };
        self.shared.metrics.sessions.inc();
        let Err(ending) = self.run(&mut session).await;
        self.shared.metrics.sessions.dec();
        ending
    }

    /// Best effort: the client may be gone.
    async fn say_goodbye(&mut self, farewell: Farewell) {
        let goodbye = to_wire::goodbye(farewell.code, farewell.reconnect);
        if self.send(vec![goodbye]).await.is_ok() {
            let close = self.socket.send(Message::Close(None));
            let _ = timeout(self.shared.settings.session.write_timeout(), close).await;
        }
    }

    /// Alternates between sending what is there and waiting for something to happen.
    async fn run(&mut self, session: &mut Session) -> Result<Infallible, Ending> {
        let stopping = self.shared.stopping.clone();
        let mut drain_until = None;
        loop {
            let now = Instant::now();
            let replies = session.handle_mail()?;
            if let Some(farewell) = session.farewell() {
                self.send(replies).await?;
                return Err(farewell.into());
            }
            let frames = session.next_frames(now.into_std())?;
            self.send(replies.into_iter().chain(frames)).await?;
            if let Some(until) = drain_until
                && (!session.has_calls_in_flight() || now >= until)
            {
                return Err(Farewell::come_back(Code::SHUTTING_DOWN).into());
            }
            if session.has_frames(now.into_std()) {
                // A client that is far behind still gets a word in.
                if drain_until.is_none()
                    && session.has_room()
                    && let Some(message) = self.socket.next().now_or_never()
                {
                    self.hear(session, message).await?;
                }
                continue;
            }
            let silence = self.heard_at + self.shared.settings.session.silence_max();
            // In this order: what a client has said counts before the conclusion that it is silent.
            tokio::select! {
                biased;
                message = self.socket.next(), if drain_until.is_none() && session.has_room() => {
                    self.hear(session, message).await?;
                }
                () = session.registration().mailbox().arrived() => {}
                () = until(session.next_flush().map(Instant::from_std)) => {}
                () = until(drain_until) => {}
                () = stopping.cancelled(), if drain_until.is_none() => {
                    drain_until = Some(now + Duration::from_millis(self.shared.settings.shutdown.drain_ms_max));
                }
                () = sleep_until(silence), if drain_until.is_none() => {
                    return Err(Farewell::come_back(Code::PING_TIMEOUT).into());
                }
            }
        }
    }

    /// Handles a message and those that are waiting right behind it, then sends the replies at once.
    async fn hear(&mut self, session: &mut Session, first: Received) -> Result<(), Ending> {
        let mut replies = Vec::new();
        let mut received = first;
        let mut handled = 0;
        loop {
            match self.read_frame(received)? {
                Heard::Frame(frame) => replies.extend(session.handle_call(frame).await),
                Heard::Bad(reply) => replies.push(reply),
                Heard::Nothing => {}
            }
            handled += 1;
            let is_full = replies.iter().map(Vec::len).sum::<usize>() > REPLY_BYTES_PER_TURN;
            if handled == FRAMES_PER_TURN || is_full || !session.has_room() {
                break;
            }
            match self.socket.next().now_or_never() {
                Some(next) => received = next,
                None => break,
            }
        }
        self.send(replies).await
    }

    fn read_frame(&mut self, received: Received) -> Result<Heard, Ending> {
        let message = received.ok_or(Ending::Gone)?.map_err(|_| Ending::Gone)?;
        self.heard_at = Instant::now();
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Text(_) => return self.bad_frame(Code::MALFORMED_FRAME, "frames are binary").map(Heard::Bad),
            Message::Ping(_) | Message::Pong(_) => return Ok(Heard::Nothing),
            Message::Close(_) => return Err(Ending::Gone),
        };
        match codec::decode::<ClientFrame>(&bytes, CLIENT_FRAME_BYTES_MAX) {
            Ok(frame) => Ok(Heard::Frame(frame)),
            Err(error @ FrameError::TooLarge { .. }) => self.bad_frame(Code::FRAME_TOO_LARGE, error).map(Heard::Bad),
            Err(error @ FrameError::Malformed(_)) => self.bad_frame(Code::MALFORMED_FRAME, error).map(Heard::Bad),
        }
    }

    /// The reply to a frame that is none; after too many of them the end.
    fn bad_frame(&mut self, code: Code, detail: impl ToString) -> Result<Vec<u8>, Ending> {
        self.bad_frames += 1;
        self.shared.metrics.refused(code);
        match self.bad_frames < BAD_FRAMES_MAX {
            true => Ok(to_wire::reply(0, Err(Refusal::new(code, detail)))),
            false => Err(Farewell::stay_away(code).into()),
        }
    }

    /// Writes frames and flushes once.
    async fn send(&mut self, frames: impl IntoIterator<Item = Vec<u8>>) -> Result<(), Ending> {
        let patience = self.shared.settings.session.write_timeout();
        let mut wrote = false;
        for frame in frames {
            progress(patience, self.socket.feed(Message::Binary(frame.into()))).await?;
            wrote = true;
        }
        match wrote {
            true => progress(patience, self.socket.flush()).await,
            false => Ok(()),
        }
    }
}

/// A client that takes nothing for so long, or is gone, could not read a goodbye either.
async fn progress(patience: Duration, write: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Ending> {
    match timeout(patience, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ending::Gone),
    }
}

type Received = Option<Result<Message, axum::Error>>;

enum Heard {
    Frame(ClientFrame),
    /// The reply to send.
    Bad(Vec<u8>),
    Nothing,
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Signing in.
impl Connection {
    async fn sign_in(&mut self) -> Result<Session, Ending> {
        let deadline = Instant::now() + self.shared.settings.session.sign_in_timeout();
        let stopping = self.shared.stopping.clone();
        loop {
            let received = tokio::select! {
                received = timeout_at(deadline, self.socket.next()) => {
                    received.map_err(|_| Farewell::come_back(Code::SIGN_IN_TIMEOUT))?
                }
                () = stopping.cancelled() => return Err(Farewell::come_back(Code::SHUTTING_DOWN).into()),
            };
            let frame = match self.read_frame(received)? {
                Heard::Frame(frame) => frame,
                Heard::Bad(reply) => {
                    self.send(vec![reply]).await?;
                    continue;
                }
                Heard::Nothing => continue,
            };
            let Some(client_frame::Call::SignIn(call)) = frame.call else {
                let refusal = Refusal::new(Code::NOT_CONNECTED, "sign in first");
                self.send(vec![to_wire::reply(frame.call_id, Err(refusal))]).await?;
                continue;
            };
            return self.admit(frame.call_id, call).await;
        }
    }

    async fn admit(&mut self, call_id: u64, call: frames::SignIn) -> Result<Session, Ending> {
        let admitted = self.check(&call);
        self.shared.metrics.signed_in(admitted.as_ref().map_or_else(|refusal| refusal.code, |_| Code::SUCCESS));
        match admitted {
            Ok((session, signed_in)) => {
                let reply = to_wire::reply(call_id, Ok(reply::Result::SignedIn(signed_in)));
                self.send(vec![reply]).await?;
                Ok(session)
            }
            Err(refusal) => {
                let farewell = match refusal.code {
                    Code::STORE_UNAVAILABLE | Code::CONNECT_OVER_FREQUENCY => Farewell::come_back(refusal.code),
                    code => Farewell::stay_away(code),
                };
                self.send(vec![to_wire::reply(call_id, Err(refusal))]).await?;
                Err(farewell.into())
            }
        }
    }

    fn check(&self, call: &frames::SignIn) -> Result<(Session, frames::SignedIn), Refusal> {
        let Shared { storage, delivery, settings, .. } = &*self.shared;
        let unknown_app = || Refusal::new(Code::APP_KEY_REJECTED, "unknown app key");
        let app = AppKey::new(&call.app_key).map_err(|_| unknown_app())?;
        let app = storage.app(&app)?.ok_or_else(unknown_app)?;
        let now = clock::now();
        let token::Verified { user, issued_at } = token::verify(&app, &call.token, now)?;
        delivery.rates(&app.key, &user).check(CallKind::SignIn)?;
        if call.device_id.is_empty() || call.device_id.chars().count() > DEVICE_ID_CHARS_MAX {
            let detail = format!("device_id must have 1 to {DEVICE_ID_CHARS_MAX} characters");
            return Err(Refusal::new(Code::INVALID_PARAMETER, detail));
        }
        // Register first, read after: somebody who is blocked in between is told.
        let registration = delivery.register(&app.key, &user, call.device_id.clone());
        if let Some(user) = storage.user(&app.key, &user)? {
            if user.blocked {
                return Err(Refusal::new(Code::USER_BLOCKED, "the user is blocked"));
            }
            if issued_at < user.tokens_from {
                return Err(Refusal::new(Code::TOKEN_EXPIRED, "tokens of that time are void"));
            }
        }
        let signed_in = frames::SignedIn {
            store_id: storage.store_id().to_owned(),
            ping_interval_ms: settings.session.ping_interval_ms,
            answers_per_frame_max: settings.limits.answers_per_frame_max as u32,
            page_size_max: settings.limits.page_size_max as u32,
            ..to_wire::signed_in(&user, now)
        };
        Ok((Session::new(self.shared.clone(), app.key, user, registration), signed_in))
    }
}
