//! One signed-in connection, without its socket: what the client asks, and what it must be told.
//!
//! The client's calls come in through [`Session::handle_call`] and mail through [`Session::handle_mail`]; what is to be
//! sent comes out of [`Session::next_frames`], a bounded piece at a time. The session keeps positions, not events: how
//! far each conversation's log has been sent ([`following`]), and which readers have not been told ([`receipts`]).

mod following;
mod receipts;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use seenby_core::{AppKey, ConversationName, ConversationNumber, MessageKey, MessageUid, Sequence, UserId};
use seenby_protocol::Code;
use seenby_protocol::frames::{self, reply, server_frame};
use seenby_storage::{Storage, StorageError};

use self::following::Following;
use self::receipts::Deltas;
use crate::call::{Call, CallResult, Outcome};
use crate::delivery::{Farewell, Mail, ReceiptNews, Registration};
use crate::from_wire::Request;
use crate::queries::{Queries, QueryResult};
use crate::rate::CallKind;
use crate::refusal::Refusal;
use crate::shared::Shared;
use crate::writer::ReplyTo;
use crate::{clock, from_wire, to_wire};

/// Positions and receipts that a client may name when it resumes; beyond, it has to look things up.
const RESUME_ITEMS_MAX: usize = 10_000;

pub(crate) struct Session {
    shared: Arc<Shared>,
    app: AppKey,
    user: UserId,
    registration: Registration,
    /// `Some` until the client has said what it has.
    resuming: Option<Known>,
    following: Following,
    deltas: Deltas,
    in_flight: usize,
    /// Answers in flight that name malformed ids, by call: the ids that were refused before the writer saw the rest.
    spoiled: HashMap<u64, Vec<Result<MessageUid, Refusal>>>,
    farewell: Option<Farewell>,
}

/// What a client says it has.
#[derive(Default)]
struct Known {
    positions: HashMap<ConversationName, Sequence>,
    /// How many readers of each message.
    receipts: BTreeMap<(ConversationName, MessageUid), u32>,
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>, app: AppKey, user: UserId, registration: Registration) -> Self {
        let gather = Duration::from_millis(shared.settings.delivery.flush_ms_max);
        Self {
            following: Following::new(app.clone(), user.clone()),
            deltas: Deltas::new(gather),
            shared,
            app,
            user,
            registration,
            resuming: Some(Known::default()),
            in_flight: 0,
            spoiled: HashMap::new(),
            farewell: None,
        }
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.registration
    }

    pub(crate) fn farewell(&self) -> Option<Farewell> {
        self.farewell
    }

    /// Whether one more call may be taken in. If not, leave it in the socket.
    pub(crate) fn has_room(&self) -> bool {
        self.in_flight < self.shared.settings.session.calls_in_flight_max
    }

    pub(crate) fn has_calls_in_flight(&self) -> bool {
        self.in_flight > 0
    }
}

/// Calls.
impl Session {
    /// Takes one call; gives the reply when there is one already. Calls for the writer are answered through the mailbox.
    pub(crate) async fn handle_call(&mut self, frame: frames::ClientFrame) -> Option<Vec<u8>> {
        let call_id = frame.call_id;
        match self.take_call(frame).await {
            Ok(reply) => reply,
            Err(refusal) => Some(self.refuse(call_id, refusal)),
        }
    }

    fn refuse(&self, call_id: u64, refusal: Refusal) -> Vec<u8> {
        self.shared.metrics.refused(refusal.code);
        to_wire::reply(call_id, Err(refusal))
    }

    async fn take_call(&mut self, frame: frames::ClientFrame) -> Result<Option<Vec<u8>>, Refusal> {
        let call_id = frame.call_id;
        let reader = from_wire::Reader { app: &self.app, user: &self.user, limits: &self.shared.settings.limits };
        match reader.request(frame)? {
            Request::Ping => {
                let pong = frames::Pong { server_time_ms: clock::now().0 };
                Ok(Some(to_wire::reply(call_id, Ok(reply::Result::Pong(pong)))))
            }
            Request::Resume(wire) => {
                self.registration.rates().check(CallKind::Query)?;
                self.resume(wire).await?;
                Ok(Some(to_wire::done(call_id)))
            }
            Request::Write(kind, call) => {
                self.registration.rates().check(kind)?;
                self.submit(call_id, call).await;
                Ok(None)
            }
            Request::Answer { conversation, uids } => {
                self.registration.rates().check(CallKind::Answer)?;
                self.answer(call_id, conversation, uids).await;
                Ok(None)
            }
            Request::Query(conversation, query) => {
                self.registration.rates().check(CallKind::Query)?;
                let user = self.user.clone();
                let read = move |storage: &dyn Storage| Queries::enter(storage, &user, &conversation)?.run(query);
                self.read(call_id, read).await.map(Some)
            }
            Request::Find(uid) => {
                self.registration.rates().check(CallKind::Query)?;
                let (app, user) = (self.app.clone(), self.user.clone());
                let read = move |storage: &dyn Storage| Queries::find(storage, &app, &user, uid);
                self.read(call_id, read).await.map(Some)
            }
            Request::List(query) => {
                self.registration.rates().check(CallKind::Query)?;
                let (app, user) = (self.app.clone(), self.user.clone());
                let read = move |storage: &dyn Storage| Queries::conversations(storage, &app, &user, &query);
                self.read(call_id, read).await.map(Some)
            }
        }
    }

    async fn submit(&mut self, call_id: u64, call: Call) {
        self.in_flight += 1;
        let reply_to = ReplyTo::session(self.registration.mailbox().clone(), call_id);
        self.shared.writer.submit(call, reply_to).await;
    }

    /// One malformed id does not spoil the rest of the call.
    async fn answer(&mut self, call_id: u64, conversation: ConversationName, uids: Vec<Result<MessageUid, Refusal>>) {
        let good = uids.iter().flatten().copied().collect::<Vec<_>>();
        if good.len() < uids.len() {
            self.spoiled.insert(call_id, uids);
        }
        self.submit(call_id, Call::Answer { conversation, user: self.user.clone(), uids: good }).await;
    }

    /// Reads block, so they run where blocking is fine. The session waits: its calls stay in order and cannot pile up.
    async fn read<R>(&self, call_id: u64, read: R) -> Result<Vec<u8>, Refusal>
    where
        R: FnOnce(&dyn Storage) -> Result<QueryResult, Refusal> + Send + 'static,
    {
        let shared = self.shared.clone();
        let work = move || Ok(to_wire::reply(call_id, Ok(to_wire::query_result(read(&*shared.storage)?))));
        tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::internal())?
    }
}

/// Resuming: the client says what it has, the session finds out what is missing.
impl Session {
    async fn resume(&mut self, wire: frames::Resume) -> Result<(), Refusal> {
        let Some(known) = &mut self.resuming else {
            return Err(Refusal::new(Code::INVALID_PARAMETER, "resumed already"));
        };
        let items = known.positions.len() + known.receipts.len() + wire.positions.len() + wire.receipts.len();
        if items > RESUME_ITEMS_MAX {
            let detail = format!("more than {RESUME_ITEMS_MAX} positions and receipts");
            return Err(Refusal::new(Code::INVALID_PARAMETER, detail));
        }
        for position in wire.positions {
            let (name, sequence) = from_wire::position(&self.app, position)?;
            known.positions.insert(name, sequence);
        }
        for receipt in wire.receipts {
            let name = from_wire::conversation(&self.app, receipt.conversation)?;
            known.receipts.insert((name, from_wire::message_uid(&receipt.message_uid)?), receipt.readers);
        }
        if wire.last {
            let known = self.resuming.take().unwrap_or_default();
            // Half followed, this session would be silent about the rest: better to begin again.
            self.begin(known).await.inspect_err(|refusal| self.farewell = Some(Farewell::come_back(refusal.code)))?;
        }
        Ok(())
    }

    async fn begin(&mut self, known: Known) -> Result<(), Refusal> {
        let groups = self.shared.storage.memberships(&self.app, &self.user)?;
        // Follow first, read after: then nothing falls in between.
        groups.iter().for_each(|membership| self.registration.follow(membership.group));
        let mut following = Following::new(self.app.clone(), self.user.clone());
        let (storage, user) = (self.shared.storage.clone(), self.user.clone());
        let reads = tokio::task::spawn_blocking(move || {
            for membership in groups {
                following.look_at_group(&*storage, membership.group, &known.positions)?;
            }
            let missed = known.compare_receipts(&*storage, &user, &following)?;
            Ok::<_, StorageError>((following, missed))
        });
        let (following, missed) = reads.await.map_err(|_| Refusal::internal())??;
        self.following = following;
        for (key, news) in missed.read {
            self.deltas.add(key, news);
        }
        self.registration.mailbox().put_answered(missed.answered);
        Ok(())
    }
}

/// What happened to messages while the client was away.
#[derive(Default)]
struct Missed {
    /// Own messages with new readers.
    read: Vec<(MessageKey, ReceiptNews)>,
    /// Messages that this user has answered from elsewhere.
    answered: BTreeMap<ConversationNumber, Vec<MessageUid>>,
}

impl Known {
    fn compare_receipts(
        &self,
        storage: &dyn Storage,
        user: &UserId,
        following: &Following,
    ) -> Result<Missed, StorageError> {
        let mut missed = Missed::default();
        for ((name, uid), known) in &self.receipts {
            let Some(conversation) = storage.conversation_number(name)? else { continue };
            let Some(followed) = following.get(conversation) else { continue };
            let key = MessageKey { conversation, uid: *uid };
            if storage.reader_count(key)? <= *known {
                continue;
            }
            let (Some(request), Some(group)) = (storage.request(key)?, storage.group(followed.group)?) else {
                continue;
            };
            if request.sender == *user {
                missed.read.push((key, ReceiptNews { from: *known, counts: request.counts(&group.present) }));
            } else if request.has_answered(followed.slot) {
                missed.answered.entry(conversation).or_default().push(*uid);
            }
        }
        Ok(missed)
    }
}

/// Mail.
impl Session {
    /// Takes what has arrived and gives the frames that answer at once.
    pub(crate) fn handle_mail(&mut self) -> Result<Vec<Vec<u8>>, StorageError> {
        let Mail { results, groups, conversations, receipts, answered, user_changed, farewell } =
            self.registration.mailbox().take();
        let mut frames = Vec::with_capacity(results.len() + answered.len());
        for (call_id, result) in results {
            self.in_flight -= 1;
            frames.push(self.writer_reply(call_id, result));
        }
        self.farewell = self.farewell.or(farewell);
        if user_changed && self.is_blocked()? {
            self.farewell = Some(Farewell::stay_away(Code::USER_BLOCKED));
        }
        if self.resuming.is_some() {
            // Whatever happened until now is found when the client resumes.
            return Ok(frames);
        }
        // Before the conversations: somebody who has left is not told what happened afterwards.
        for group in groups {
            self.registration.follow(group);
            match self.following.look_at_group(&*self.shared.storage, group, &HashMap::new())? {
                true => self.deltas.unpark(),
                false => self.registration.unfollow(group),
            }
        }
        self.following.add_news(conversations);
        for (key, news) in receipts {
            self.deltas.add(key, news);
        }
        frames.extend(answered.into_iter().filter_map(|(number, uids)| self.answered_frame(number, &uids)));
        Ok(frames)
    }

    fn is_blocked(&self) -> Result<bool, StorageError> {
        Ok(self.shared.storage.user(&self.app, &self.user)?.is_some_and(|user| user.blocked))
    }

    fn writer_reply(&mut self, call_id: u64, result: CallResult) -> Vec<u8> {
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
            Ok(Outcome::Answered(answered)) => {
                let mut outcomes = answered.outcomes.into_iter().map(|outcome| outcome.map_err(Refusal::from));
                let outcomes = match self.spoiled.remove(&call_id) {
                    None => outcomes.collect(),
                    Some(uids) => {
                        uids.into_iter().map(|uid| uid.and_then(|_| outcomes.next().unwrap_or(Ok(())))).collect()
                    }
                };
                to_wire::answered(call_id, outcomes)
            }
            Err(error) => {
                self.spoiled.remove(&call_id);
                self.refuse(call_id, error.into())
            }
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
    pub(crate) fn has_frames(&self, now: Instant) -> bool {
        self.following.is_behind() || self.next_flush().is_some_and(|flush_at| now >= flush_at)
    }

    /// When it will have something though nothing arrives.
    pub(crate) fn next_flush(&self) -> Option<Instant> {
        self.deltas.next_flush()
    }

    /// The next frames: a page of one conversation's log, and one delta for each message with new readers.
    pub(crate) fn next_frames(&mut self, now: Instant) -> Result<Vec<Vec<u8>>, StorageError> {
        let Shared { storage, settings, .. } = &*self.shared;
        let page = self.following.next_page(&**storage, settings.delivery.page_entries_max.max(1))?;
        for (key, news) in page.read {
            self.deltas.add(key, news);
        }
        let deltas = self.deltas.flush(&**storage, &self.following, now)?;
        let entries = page.entries.map(server_frame::Kind::LogEntries);
        let deltas = deltas.into_iter().map(server_frame::Kind::ReceiptDelta);
        Ok(entries.into_iter().chain(deltas).map(to_wire::frame).collect())
    }
}
