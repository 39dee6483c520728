//! The state machine of one signed-in connection. It does no I/O and reads no clock: the driver passes in frames, mail and
//! the time.
//!
//! [`Session::handle_frame`] takes a call of the client. [`Session::handle_mail`] takes results of the writer, results of
//! reads, and news. [`Session::next_read`] gives the next read for the store; there is one at a time, and its size is
//! bounded. The session keeps positions, not events: how far each conversation's log has been
//! sent ([`following`]), and which readers have not been told ([`receipts`]).

mod following;
mod receipts;
mod resuming;
mod signing_in;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use seenby_core::{AppKey, Call, ConversationNumber, GroupNumber, MessageUid, Outcome, Timestamp, UserId};
use seenby_protocol::Code;
use seenby_protocol::frames::{self, reply, server_frame};

pub(crate) use self::following::Following;
use self::receipts::Deltas;
pub(crate) use self::resuming::{Known, Missed};
pub(crate) use self::signing_in::Arrival;
use self::signing_in::kept_out;
use crate::call::CallResult;
use crate::delivery::{Farewell, Mailbox, News, Registration};
use crate::desk::ReplyTo;
use crate::from_wire::Request;
use crate::node::Node;
use crate::reads::{Finding, NewsFound, NewsQuestion, Question, Read, ReadCall, Resumed};
use crate::refusal::Refusal;
use crate::{from_wire, to_wire};

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
    questions: Questions,
    stopping: bool,
    farewell: Option<Farewell>,
}

enum Stage {
    /// The client says what it has.
    Resuming(Known),
    /// What it has missed is being looked for.
    Beginning(Known),
    Following,
}

/// What the session has to look up.
#[derive(Default)]
struct Questions {
    /// The user's record has changed.
    user: bool,
    /// The user came into these groups, or left them, or they have new channels.
    groups: BTreeSet<GroupNumber>,
    /// Of the client. It may ask the next one when this is answered, so that its calls stay in order and cannot pile up.
    call: Option<Box<(u64, ReadCall)>>,
    under_way: Option<Asked>,
    /// News and the client's questions take turns, so that neither holds up the other.
    was_news: bool,
}

/// Whose question is under way.
#[derive(Clone, Copy)]
enum Asked {
    Client(u64),
    Session,
}

/// What becomes of a call.
pub enum Step {
    /// Answered at once.
    Reply(Vec<u8>),
    /// For the desk. The result comes by mail.
    Write(Call, ReplyTo),
    /// It needs a look at the store: see [`Session::next_read`].
    Read,
}

impl Session {
    fn new(node: Arc<Node>, app: AppKey, user: UserId, issued_at: Timestamp, registration: Registration) -> Self {
        let gather = Duration::from_millis(node.settings.delivery.flush_ms_max);
        Self {
            following: Following::new(user.clone()),
            deltas: Deltas::new(gather),
            node,
            app,
            user,
            issued_at,
            registration,
            stage: Stage::Resuming(Known::default()),
            in_flight: 0,
            questions: Questions::default(),
            stopping: false,
            farewell: None,
        }
    }

    fn mailbox(&self) -> &Arc<Mailbox> {
        self.registration.mailbox()
    }

    /// Ready when there is something for [`handle_mail`](Self::handle_mail).
    pub fn poll_mail(&self, context: &Context<'_>) -> Poll<()> {
        self.mailbox().poll_arrived(context, self.takes_news())
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
        self.in_flight < self.node.settings.session.calls_in_flight_max && !self.looks_for_client()
    }

    pub fn has_calls_in_flight(&self) -> bool {
        self.in_flight > 0 || self.looks_for_client()
    }

    fn looks_for_client(&self) -> bool {
        self.questions.call.is_some() || matches!(self.questions.under_way, Some(Asked::Client(_)))
    }

    /// News waits while a question is under way: what is found must not be older than what the client was told before it.
    fn takes_news(&self) -> bool {
        self.questions.under_way.is_none() && !matches!(self.stage, Stage::Beginning(_))
    }
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
        Ok(match request {
            Request::Ping => {
                let pong = frames::Pong { server_time_ms: now.0 };
                Step::Reply(to_wire::reply(call_id, Ok(reply::Result::Pong(pong))))
            }
            Request::Write(_, call) => self.write(call_id, call),
            Request::Query(conversation, query) => self.ask(call_id, ReadCall::Query(conversation, query)),
            Request::Find(uid) => self.ask(call_id, ReadCall::Find(uid)),
            Request::List(query) => self.ask(call_id, ReadCall::List(query)),
            Request::Resume(wire) => self.resume(call_id, wire)?,
        })
    }

    fn ask(&mut self, call_id: u64, call: ReadCall) -> Step {
        debug_assert!(self.questions.call.is_none(), "a call was taken in though there was no room");
        self.questions.call = Some(Box::new((call_id, call)));
        Step::Read
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
        self.stage = Stage::Beginning(std::mem::take(known));
        Ok(self.ask(call_id, ReadCall::Memberships))
    }
}

/// Questions, and what was found.
impl Session {
    /// What to look up next, if anything: give it a look at the store. Until what it has found was handled, there is nothing
    /// else.
    ///
    /// The session asks first whether the user is kept out or has left a group: the news that waits may be from after that.
    pub fn next_read(&mut self, now: Instant) -> Option<Read> {
        if self.questions.under_way.is_some() || self.farewell.is_some() {
            return None;
        }
        let question = self.next_question(now)?;
        self.questions.was_news = matches!(question, Question::News(_));
        self.questions.under_way = Some(match &question {
            Question::Call { call_id, .. } => Asked::Client(*call_id),
            _ => Asked::Session,
        });
        Some(Read::new(self.app.clone(), self.user.clone(), self.mailbox().clone(), question))
    }

    fn next_question(&mut self, now: Instant) -> Option<Question> {
        if std::mem::take(&mut self.questions.user) {
            return Some(Question::User);
        }
        if let Some(group) = self.questions.groups.pop_first() {
            return Some(Question::Group(group, self.following.positions(group)));
        }
        let is_turn_of_news = self.questions.call.is_none() || !self.questions.was_news;
        if is_turn_of_news && let Some(question) = self.ask_for_news(now) {
            return Some(question);
        }
        let (call_id, call) = *self.questions.call.take()?;
        Some(Question::Call { call_id, call })
    }

    /// A page of one conversation's log, and the readers of messages with new ones.
    fn ask_for_news(&mut self, now: Instant) -> Option<Question> {
        let entries_max = self.node.settings.delivery.page_entries_max.max(1);
        let (page, readers) = (self.following.ask(entries_max), self.deltas.ask(&self.following, now));
        (page.is_some() || !readers.is_empty()).then_some(Question::News(NewsQuestion { page, readers }))
    }

    /// Whether [`next_read`](Self::next_read) has something, now or as soon as what is under way has ended.
    pub fn has_questions(&self, now: Instant) -> bool {
        let Questions { user, groups, call, under_way, .. } = &self.questions;
        *user || !groups.is_empty() || call.is_some() || under_way.is_some() || self.has_news(now)
    }

    fn has_news(&self, now: Instant) -> bool {
        self.following.is_behind() || self.deltas.is_due(now)
    }

    /// When there will be news to look up though nothing arrives. While a question is under way, its finding arrives.
    pub fn next_flush(&self) -> Option<Instant> {
        self.deltas.next_flush().filter(|_| self.questions.under_way.is_none())
    }

    fn handle_found(&mut self, result: Result<Finding, Refusal>, frames: &mut Vec<Vec<u8>>, now: Timestamp) {
        let asked = self.questions.under_way.take();
        match (result, asked) {
            (Ok(finding), Some(Asked::Client(call_id))) => frames.extend(self.finish_call(call_id, finding)),
            (Ok(finding), _) => self.take_finding(finding, frames, now),
            (Err(refusal), Some(Asked::Client(call_id))) => {
                // Half followed, this session would be silent about the rest.
                if let Stage::Beginning(_) = self.stage {
                    self.end(Farewell::come_back(refusal.code));
                }
                frames.push(self.refuse(call_id, refusal));
            }
            (Err(refusal), _) => self.end(Farewell::come_back(refusal.code)),
        }
    }

    fn finish_call(&mut self, call_id: u64, finding: Finding) -> Option<Vec<u8>> {
        match finding {
            Finding::Reply(result) => Some(to_wire::reply(call_id, Ok(to_wire::query_result(*result)))),
            Finding::Memberships(groups) => {
                self.look_for_missed(call_id, groups);
                None
            }
            Finding::Resumed(resumed) => {
                self.begin_to_follow(*resumed);
                Some(to_wire::done(call_id))
            }
            Finding::User(_) | Finding::Group(_) | Finding::News(_) => None,
        }
    }

    /// Follow first, look after: then nothing falls in between.
    fn look_for_missed(&mut self, call_id: u64, groups: Vec<GroupNumber>) {
        let Stage::Beginning(known) = &mut self.stage else { return };
        let known = std::mem::take(known);
        groups.iter().for_each(|group| self.registration.follow(*group));
        self.ask(call_id, ReadCall::Missed(groups, known));
    }

    fn begin_to_follow(&mut self, resumed: Resumed) {
        let Resumed { following, missed } = resumed;
        self.following = following;
        for (key, news) in missed.read {
            self.deltas.begin(key, news);
        }
        if !missed.answered.is_empty() {
            self.mailbox().put_answered(missed.answered);
        }
        self.stage = Stage::Following;
    }

    fn take_finding(&mut self, finding: Finding, frames: &mut Vec<Vec<u8>>, now: Timestamp) {
        match finding {
            Finding::User(user) => {
                if let Some(refusal) = kept_out(user.as_ref(), self.issued_at, now) {
                    self.end(Farewell::stay_away(refusal.code));
                }
            }
            Finding::Group(found) => {
                let group = found.group;
                if !self.following.look_at(found) {
                    self.registration.unfollow(group);
                }
                self.end_if_returned();
            }
            Finding::News(found) => self.take_news(found, frames),
            Finding::Reply(_) | Finding::Memberships(_) | Finding::Resumed(_) => {}
        }
    }

    fn take_news(&mut self, found: NewsFound, frames: &mut Vec<Vec<u8>>) {
        let NewsFound { page, readers } = found;
        if let Some(page) = page.map(|page| self.following.take_page(page)) {
            frames.extend(page.entries.map(server_frame::Kind::LogEntries).map(to_wire::frame));
            for (key, news) in page.asked {
                self.deltas.begin(key, news);
            }
        }
        let deltas = self.deltas.take(readers, &self.following);
        frames.extend(deltas.map(server_frame::Kind::ReceiptDelta).map(to_wire::frame));
    }

    fn end_if_returned(&mut self) {
        if self.following.has_returned() {
            self.end(Farewell::come_back(Code::RETURNED));
        }
    }
}

/// Mail.
impl Session {
    /// Takes what has arrived, and adds the frames that it gives.
    pub fn handle_mail(&mut self, frames: &mut Vec<Vec<u8>>, now: Timestamp) {
        let mail = self.mailbox().take();
        for (call_id, result) in mail.results {
            self.in_flight -= 1;
            frames.push(self.writer_reply(call_id, result));
        }
        self.stopping |= mail.stopping;
        mail.farewell.into_iter().for_each(|farewell| self.end(farewell));
        if let Some(found) = mail.found {
            self.handle_found(*found, frames, now);
        }
        if self.takes_news()
            && let Some(news) = self.mailbox().take_news()
        {
            self.handle_news(*news, frames);
        }
    }

    fn handle_news(&mut self, news: News, frames: &mut Vec<Vec<u8>>) {
        let News { left, groups, reopened, conversations, receipts, answered, user_changed } = news;
        self.questions.user |= user_changed;
        if let Stage::Resuming(_) = self.stage {
            // Whatever happened until now is found when the client resumes.
            return;
        }
        // Before the conversations: somebody who has left is not told what happened afterwards.
        left.into_iter().for_each(|group| self.following.leave(group));
        for group in groups {
            // Follow first, look after: then nothing falls in between.
            self.registration.follow(group);
            self.questions.groups.insert(group);
        }
        reopened.into_iter().for_each(|conversation| self.following.reopen(conversation));
        self.end_if_returned();
        frames.extend(answered.into_iter().filter_map(|(number, uids)| self.answered_frame(number, &uids)));
        self.following.add_news(conversations);
        for (key, news) in receipts {
            self.deltas.add(key, news);
        }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Wake, Waker};

    use seenby_core::commit::UserRecord;
    use seenby_core::{Change, Notice};
    use seenby_protocol::codec;
    use seenby_protocol::frames::client_frame;
    use seenby_storage::Storage as _;

    use super::*;
    use crate::delivery::Told;
    use crate::ward::{NOW, Ward, user};

    #[test]
    fn the_first_farewell_stands_whatever_comes_later() {
        let ward = Ward::with_members(&["alice"]);
        let mut alice = ward.comes("alice");
        alice.hears();
        let app = ward.name.group.app.clone();
        let blocked = UserRecord { blocked: true, ..UserRecord::new(user("alice"), NOW) };
        ward.store.commit(&[Change::UserSaved(app.clone(), blocked)]).unwrap();
        ward.node.tell(Told::Notices(vec![Notice::UserChanged { app, user: user("alice") }]));
        alice.hears();
        let first = Some(Farewell::stay_away(Code::USER_BLOCKED));
        assert_eq!(alice.session.farewell(), first);
        // The same device once more.
        let _other = ward.comes("alice");
        alice.hears();
        assert_eq!(alice.session.farewell(), first);
    }

    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Otherwise the client could be told first that it has answered, and then, by a page from before, that it has not.
    #[test]
    fn news_waits_for_what_a_question_that_was_asked_before_it_finds() {
        let mut ward = Ward::with_members(&["alice", "bob"]);
        let mut bob = ward.comes("bob");
        bob.hears();
        let uid = ward.asks("alice");
        bob.session.handle_mail(&mut Vec::new(), NOW);
        let found = bob.session.next_read(Instant::now()).unwrap().look(&*ward.store.snapshot());
        ward.read(&[user("bob")], uid);

        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(woken.clone());
        assert!(bob.session.poll_mail(&Context::from_waker(&waker)).is_pending());
        let mut frames = Vec::new();
        bob.session.handle_mail(&mut frames, NOW);
        assert!(frames.is_empty());
        found.deliver();
        assert!(woken.0.load(Ordering::Relaxed));
        bob.session.handle_mail(&mut frames, NOW);
        let kinds = frames.iter().map(|frame| codec::decode::<frames::ServerFrame>(frame, usize::MAX).unwrap().kind);
        let kinds: Vec<_> = kinds.flatten().collect();
        let [server_frame::Kind::LogEntries(_), server_frame::Kind::ReceiptsAnswered(_)] = &kinds[..] else {
            panic!("{kinds:?}")
        };
    }

    /// The alarm would ring at once, again and again.
    #[test]
    fn no_flush_is_due_while_a_question_is_under_way() {
        let (mut ward, crowd) = Ward::with_crowd(9);
        let uid = ward.asks("alice");
        let mut alice = ward.comes("alice");
        alice.hears();
        ward.read(&crowd[..2], uid);
        alice.hears();
        ward.read(&crowd[2..4], uid);
        alice.session.handle_mail(&mut Vec::new(), NOW);
        assert!(alice.session.next_flush().is_some());
        alice
            .calls(client_frame::Call::ListConversations(frames::ListConversations { count: 1, ..Default::default() }));
        let read = alice.session.next_read(Instant::now()).unwrap();
        assert!(alice.session.next_flush().is_none());
        read.look(&*ward.store.snapshot()).deliver();
        alice.session.handle_mail(&mut Vec::new(), NOW);
        assert!(alice.session.next_flush().is_some());
    }

    #[test]
    fn a_question_that_nobody_looks_at_says_that_it_failed() {
        let mut ward = Ward::with_members(&["alice", "bob"]);
        let mut bob = ward.comes("bob");
        bob.hears();
        bob.calls(client_frame::Call::ListConversations(frames::ListConversations { count: 1, ..Default::default() }));
        assert!(!bob.session.has_room(), "the next call waits");
        drop(bob.session.next_read(Instant::now()));
        let mut frames = Vec::new();
        bob.session.handle_mail(&mut frames, NOW);
        let reply = codec::decode::<frames::ServerFrame>(&frames[0], usize::MAX).unwrap().kind;
        let Some(server_frame::Kind::Reply(reply)) = reply else { panic!("{reply:?}") };
        assert_eq!(reply.code, Code::INTERNAL_ERROR.0);
        assert!(bob.session.has_room() && bob.session.farewell().is_none());

        ward.says("alice", 1);
        bob.session.handle_mail(&mut frames, NOW);
        drop(bob.session.next_read(Instant::now()));
        bob.session.handle_mail(&mut frames, NOW);
        assert_eq!(bob.session.farewell(), Some(Farewell::come_back(Code::INTERNAL_ERROR)));
    }
}
