//! One signed-in connection, without its socket: what the client asks, and what it must be told. No I/O but reads of the
//! store that are short, and no clock: whoever drives a session hands it the time.
//!
//! The client's calls come in through [`Session::handle_frame`] and mail through [`Session::handle_mail`]; what is to be
//! sent comes out of [`Session::next_frames`], a bounded piece at a time. The session keeps positions, not events: how
//! far each conversation's log has been sent ([`following`]), and which readers have not been told ([`receipts`]).

mod following;
mod reading;
mod receipts;
mod resuming;

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use seenby_core::{AppKey, Call, ConversationNumber, GroupNumber, MessageUid, Outcome, Timestamp, UserId};
use seenby_protocol::Code;
use seenby_protocol::frames::{self, reply, server_frame};
use seenby_storage::StorageError;

use self::following::Following;
use self::reading::{Finding, Reading};
pub use self::reading::{Found, Read};
use self::receipts::Deltas;
use self::resuming::{Known, Missed};
use crate::call::CallResult;
use crate::delivery::{Farewell, Mailbox, News, Registration};
use crate::desk::ReplyTo;
use crate::from_wire::Request;
use crate::node::Node;
use crate::rate::CallKind;
use crate::refusal::Refusal;
use crate::{from_wire, to_wire, token};

const DEVICE_ID_CHARS_MAX: usize = 128;
/// Of what a stranger calls its app, the log has the beginning.
const APP_KEY_CHARS_LOGGED_MAX: usize = 64;

pub struct Session {
    node: Arc<Node>,
    app: AppKey,
    user: UserId,
    /// Of the token.
    issued_at: Timestamp,
    registration: Registration,
    stage: Stage,
    following: Following,
    deltas: Deltas,
    in_flight: usize,
    stopping: bool,
    farewell: Option<Farewell>,
}

enum Stage {
    /// The client says what it has.
    Resuming(Known),
    /// What it has missed is being looked for.
    Beginning,
    Following,
}

/// What becomes of a call.
pub enum Step {
    /// Answered at once.
    Reply(Vec<u8>),
    /// For the desk. The result comes by mail.
    Write(Call, ReplyTo),
    /// To be run. What it finds is for [`Session::handle_found`].
    Read(Read),
}

/// Signing in.
impl Session {
    /// The session of whoever shows a good token, and the reply. A refusal is logged: its reason is for those who make
    /// tokens, and apps rarely show it to them.
    pub fn sign_in(
        node: &Arc<Node>,
        call: &frames::SignIn,
        now: Timestamp,
    ) -> Result<(Self, frames::SignedIn), Refusal> {
        let admitted = Self::admit(node, call, now);
        if let Err(Refusal { code, detail, .. }) = &admitted {
            let app: String = call.app_key.chars().take(APP_KEY_CHARS_LOGGED_MAX).collect();
            tracing::info!(app, code = code.0, detail, "a sign-in was refused");
        }
        admitted
    }

    fn admit(node: &Arc<Node>, call: &frames::SignIn, now: Timestamp) -> Result<(Self, frames::SignedIn), Refusal> {
        let Node { store, delivery, settings, .. } = &**node;
        let storage = store.storage();
        let unknown_app = || Refusal::new(Code::APP_KEY_REJECTED, "unknown app key");
        let app = AppKey::new(&call.app_key).map_err(|_| unknown_app())?;
        let app = storage.app(&app)?.ok_or_else(unknown_app)?;
        let token::Verified { user, issued_at } =
            token::verify(&app, &call.token, now, settings.session.clock_skew_max())?;
        delivery.rates(&app.key, &user).check(CallKind::SignIn)?;
        if call.device_id.is_empty() || call.device_id.chars().count() > DEVICE_ID_CHARS_MAX {
            let detail = format!("device_id must have 1 to {DEVICE_ID_CHARS_MAX} characters");
            return Err(Refusal::new(Code::INVALID_PARAMETER, detail));
        }
        // Register first, read after: somebody who is kept out in between is told.
        let registration = delivery.register(&app.key, &user, call.device_id.clone());
        if storage.app(&app.key)?.is_none_or(|now| now.secret != app.secret) {
            return Err(Refusal::new(Code::TOKEN_INCORRECT, "the secret of the token was replaced"));
        }
        if let Some(refusal) = kept_out(node, &app.key, &user, issued_at, now)? {
            return Err(refusal);
        }
        let signed_in = frames::SignedIn {
            store_id: store.id().to_owned(),
            ping_interval_ms: settings.session.ping_interval_ms,
            answers_per_frame_max: settings.limits.answers_per_frame_max as u32,
            page_size_max: settings.limits.page_size_max as u32,
            resume_items_max: resuming::ITEMS_MAX as u32,
            ..to_wire::signed_in(&user, now)
        };
        Ok((Self::new(node.clone(), app.key, user, issued_at, registration), signed_in))
    }

    fn new(node: Arc<Node>, app: AppKey, user: UserId, issued_at: Timestamp, registration: Registration) -> Self {
        let gather = Duration::from_millis(node.settings.delivery.flush_ms_max);
        Self {
            following: Following::new(app.clone(), user.clone()),
            deltas: Deltas::new(gather),
            node,
            app,
            user,
            issued_at,
            registration,
            stage: Stage::Resuming(Known::default()),
            in_flight: 0,
            stopping: false,
            farewell: None,
        }
    }

    fn mailbox(&self) -> &Arc<Mailbox> {
        self.registration.mailbox()
    }

    /// Ready when there is something for [`handle_mail`](Self::handle_mail).
    pub fn poll_mail(&self, context: &Context<'_>) -> Poll<()> {
        self.mailbox().poll_arrived(context)
    }

    /// Whether the server stops: no new calls are taken, those under way are answered.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Why the server ends this session, if it does.
    pub fn farewell(&self) -> Option<Farewell> {
        self.farewell
    }

    /// The first farewell stands: somebody who is sent away is not called back by what comes later.
    fn end(&mut self, farewell: Farewell) {
        self.farewell.get_or_insert(farewell);
    }

    /// Whether one more call may be taken in. If not, leave it in the socket.
    pub fn has_room(&self) -> bool {
        self.in_flight < self.node.settings.session.calls_in_flight_max
    }

    pub fn has_calls_in_flight(&self) -> bool {
        self.in_flight > 0
    }
}

/// Why somebody with a good token may not be here all the same.
fn kept_out(
    node: &Node,
    app: &AppKey,
    user: &UserId,
    issued_at: Timestamp,
    now: Timestamp,
) -> Result<Option<Refusal>, StorageError> {
    let Some(user) = node.store.storage().user(app, user)? else { return Ok(None) };
    let blocked = user.is_blocked(now).then(|| Refusal::new(Code::USER_BLOCKED, "the user is blocked"));
    let is_void = issued_at < user.tokens_from;
    Ok(blocked.or_else(|| is_void.then(|| Refusal::new(Code::TOKEN_EXPIRED, "tokens of that time are void"))))
}

/// Calls.
impl Session {
    pub fn handle_frame(&mut self, frame: frames::ClientFrame, now: Timestamp) -> Step {
        let call_id = frame.call_id;
        self.take_call(frame, now).unwrap_or_else(|refusal| Step::Reply(self.refuse(call_id, refusal)))
    }

    fn refuse(&self, call_id: u64, refusal: Refusal) -> Vec<u8> {
        self.node.metrics.refused(refusal.code);
        to_wire::reply(call_id, Err(refusal))
    }

    fn take_call(&mut self, frame: frames::ClientFrame, now: Timestamp) -> Result<Step, Refusal> {
        let call_id = frame.call_id;
        let reader = from_wire::Reader {
            app: &self.app,
            user: &self.user,
            device: self.registration.number(),
            limits: &self.node.settings.limits,
        };
        let request = reader.request(frame)?;
        if let Some(kind) = request.kind() {
            self.registration.rates().check(kind)?;
        }
        let read = |what| Step::Read(Read { call_id, what });
        let (app, user) = (|| self.app.clone(), || self.user.clone());
        Ok(match request {
            Request::Ping => {
                let pong = frames::Pong { server_time_ms: now.0 };
                Step::Reply(to_wire::reply(call_id, Ok(reply::Result::Pong(pong))))
            }
            Request::Write(_, call) => self.write(call_id, call),
            Request::Query(conversation, query) => read(Reading::Query(user(), conversation, query)),
            Request::Find(uid) => read(Reading::Find(app(), user(), uid)),
            Request::List(query) => read(Reading::List(app(), user(), query)),
            Request::Resume(wire) => self.resume(call_id, wire)?,
        })
    }

    fn write(&mut self, call_id: u64, call: Call) -> Step {
        self.in_flight += 1;
        Step::Write(call, ReplyTo::session(self.mailbox().clone(), call_id))
    }

    fn resume(&mut self, call_id: u64, wire: frames::Resume) -> Result<Step, Refusal> {
        let Stage::Resuming(known) = &mut self.stage else {
            return Err(Refusal::new(Code::INVALID_PARAMETER, "resumed already"));
        };
        let last = wire.last;
        known.add(&self.app, wire)?;
        if !last {
            return Ok(Step::Reply(to_wire::done(call_id)));
        }
        let known = std::mem::take(known);
        self.stage = Stage::Beginning;
        let memberships =
            self.node.store.storage().memberships(&self.app, &self.user).inspect_err(|_| self.begin_again())?;
        let groups: Vec<_> = memberships.into_iter().map(|membership| membership.group).collect();
        // Follow first, read after: then nothing falls in between.
        groups.iter().for_each(|group| self.registration.follow(*group));
        let what = Reading::Missed { app: self.app.clone(), user: self.user.clone(), groups, known };
        Ok(Step::Read(Read { call_id, what }))
    }

    /// Half followed, this session would be silent about the rest.
    fn begin_again(&mut self) {
        self.end(Farewell::come_back(Code::STORE_UNAVAILABLE));
    }

    /// Takes what a read has found; gives the reply to its call.
    pub fn handle_found(&mut self, found: Found) -> Vec<u8> {
        let Found { call_id, result } = found;
        match result {
            Ok(Finding::Reply(reply)) => reply,
            Ok(Finding::Resumed(resumed)) => {
                self.following = resumed.following;
                self.take_missed(resumed.missed);
                self.stage = Stage::Following;
                to_wire::done(call_id)
            }
            Err(refusal) => {
                if let Stage::Beginning = self.stage {
                    self.end(Farewell::come_back(refusal.code));
                }
                self.refuse(call_id, refusal)
            }
        }
    }
}

/// Mail.
impl Session {
    fn take_missed(&mut self, missed: Missed) {
        for (key, news) in missed.read {
            self.deltas.add(key, news);
        }
        if !missed.answered.is_empty() {
            self.mailbox().put_answered(missed.answered);
        }
    }

    /// Takes what has arrived and adds the frames that answer at once.
    pub fn handle_mail(&mut self, frames: &mut Vec<Vec<u8>>, now: Timestamp) -> Result<(), StorageError> {
        let mail = self.mailbox().take();
        for (call_id, result) in mail.results {
            self.in_flight -= 1;
            frames.push(self.writer_reply(call_id, result));
        }
        self.stopping |= mail.stopping;
        mail.farewell.into_iter().for_each(|farewell| self.end(farewell));
        match mail.news {
            Some(news) => self.handle_news(*news, frames, now),
            None => Ok(()),
        }
    }

    fn handle_news(&mut self, news: News, frames: &mut Vec<Vec<u8>>, now: Timestamp) -> Result<(), StorageError> {
        let News { left, groups, reopened, conversations, receipts, answered, user_changed } = news;
        if user_changed && let Some(refusal) = kept_out(&self.node, &self.app, &self.user, self.issued_at, now)? {
            self.end(Farewell::stay_away(refusal.code));
        }
        if let Stage::Resuming(_) = self.stage {
            // Whatever happened until now is found when the client resumes.
            return Ok(());
        }
        // Before the conversations: somebody who has left is not told what happened afterwards.
        left.into_iter().for_each(|group| self.following.leave(group));
        for group in groups {
            self.look_at_group(group)?;
        }
        reopened.into_iter().for_each(|conversation| self.following.reopen(conversation));
        if self.following.has_returned() {
            self.end(Farewell::come_back(Code::RETURNED));
        }
        frames.extend(answered.into_iter().filter_map(|(number, uids)| self.answered_frame(number, &uids)));
        self.following.add_news(conversations);
        for (key, news) in receipts {
            self.deltas.add(key, news);
        }
        Ok(())
    }

    /// The user has come into a group, or has left it, or there is a new channel.
    fn look_at_group(&mut self, group: GroupNumber) -> Result<(), StorageError> {
        self.registration.follow(group);
        let storage = &**self.node.store.storage();
        if !self.following.look_at_group(storage, group, &HashMap::new())? {
            self.registration.unfollow(group);
        }
        Ok(())
    }

    fn writer_reply(&self, call_id: u64, result: CallResult) -> Vec<u8> {
        match result {
            // Only back ends publish.
            Ok(Outcome::Done | Outcome::Published(_)) => to_wire::done(call_id),
            Ok(Outcome::Sent(sent)) => to_wire::reply(
                call_id,
                Ok(reply::Result::MessageSent(frames::MessageSent {
                    message_uid: sent.uid.to_string(),
                    sequence: sent.sequence.0,
                    sent_at_ms: sent.sent_at.0,
                })),
            ),
            Ok(Outcome::Answered(outcomes)) => to_wire::answered(call_id, &outcomes),
            Err(error) => self.refuse(call_id, error.into()),
        }
    }

    fn answered_frame(&self, conversation: ConversationNumber, uids: &[MessageUid]) -> Option<Vec<u8>> {
        let followed = self.following.get(conversation)?;
        Some(to_wire::frame(server_frame::Kind::ReceiptsAnswered(frames::ReceiptsAnswered {
            conversation: Some(to_wire::conversation(&followed.name)),
            message_uids: uids.iter().map(ToString::to_string).collect(),
        })))
    }
}

/// Delivery.
impl Session {
    /// Whether [`next_frames`](Self::next_frames) has something now.
    pub fn has_frames(&self, now: Instant) -> bool {
        self.following.is_behind() || self.deltas.is_due(now)
    }

    /// When it will have something though nothing arrives.
    pub fn next_flush(&self) -> Option<Instant> {
        self.deltas.next_flush()
    }

    /// Adds the next frames: a page of one conversation's log, and one delta for each message with new readers.
    pub fn next_frames(&mut self, now: Instant, frames: &mut Vec<Vec<u8>>) -> Result<(), StorageError> {
        if !self.has_frames(now) {
            return Ok(());
        }
        let Node { store, settings, .. } = &*self.node;
        let storage = store.storage();
        let page = self.following.next_page(&**storage, settings.delivery.page_entries_max.max(1))?;
        for (key, news) in page.read {
            self.deltas.add(key, news);
        }
        let deltas = self.deltas.flush(&**storage, &self.following, now)?;
        let entries = page.entries.map(server_frame::Kind::LogEntries);
        let deltas = deltas.into_iter().map(server_frame::Kind::ReceiptDelta);
        frames.extend(entries.into_iter().chain(deltas).map(to_wire::frame));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use seenby_core::commit::{AppRecord, Secret, UserRecord};
    use seenby_core::{Change, Notice};
    use seenby_storage::{Memory, Storage as _};

    use super::*;
    use crate::ward::{NOW, user};

    #[test]
    fn the_first_farewell_stands_whatever_comes_later() {
        let (store, mut settings) = (Arc::new(Memory::new()), crate::Settings::default());
        settings.limits.devices_per_user_max = 1;
        let node = Arc::new(Node::new(settings, store.clone()));
        let app = AppRecord { key: AppKey::new("app").unwrap(), secret: Secret::new("secret"), created_at: NOW };
        store.commit(&[Change::AppSaved(app.clone())]).unwrap();
        let token = token::issue(&app, &user("alice"), NOW, Duration::from_secs(60));
        let call = frames::SignIn { app_key: "app".into(), token, device_id: "phone".into(), ..Default::default() };
        let (mut session, _) = Session::sign_in(&node, &call, NOW).unwrap();
        let resume = frames::Resume { last: true, ..Default::default() };
        let frame = frames::ClientFrame { call_id: 1, call: Some(frames::client_frame::Call::Resume(resume)) };
        let Step::Read(read) = session.handle_frame(frame, NOW) else { panic!("what was missed is looked for") };
        session.handle_found(read.run(&*store));

        let blocked = UserRecord { blocked: true, ..UserRecord::new(user("alice"), NOW) };
        store.commit(&[Change::UserSaved(app.key.clone(), blocked)]).unwrap();
        node.delivery.publish(vec![Notice::UserChanged { app: app.key.clone(), user: user("alice") }]);
        session.handle_mail(&mut Vec::new(), NOW).unwrap();
        let first = Some(Farewell::stay_away(Code::USER_BLOCKED));
        assert_eq!(session.farewell(), first);
        let _other = node.delivery.register(&app.key, &user("alice"), "desk".into());
        session.handle_mail(&mut Vec::new(), NOW).unwrap();
        session.begin_again();
        assert_eq!(session.farewell(), first);
    }
}
