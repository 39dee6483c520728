//! What the server says: replies to calls, and what it pushes.

use std::time::Duration;

use seenby_protocol::Code;
use seenby_protocol::frames::{self, Reply, client_frame::Call, log_entry, reply, server_frame};

use super::calls::Purpose;
use super::outbox::{Batch, Settled};
use super::{CallId, Meanwhile, Outcome, Phase, RETRY_AFTER_MAX, Session};
use crate::message::check_uid;
use crate::store::Change;
use crate::{Conversation, Event, Message, ResponseError};

/// Replies.
impl Session {
    pub(super) fn handle_reply(&mut self, now: Duration, reply: Reply) {
        match self.phase {
            Phase::SigningIn { call, .. } if call == reply.call_id => self.handle_sign_in_reply(now, reply),
            Phase::Online(_) => match self.calls.take(reply.call_id) {
                Some(purpose) => self.handle_call_reply(now, purpose, reply),
                None => tracing::debug!(call = reply.call_id, code = reply.code, "a reply to no call"),
            },
            _ => {}
        }
    }

    fn handle_sign_in_reply(&mut self, now: Duration, reply: Reply) {
        let code = Code(reply.code);
        let retry_after = retry_after(&reply);
        match reply.result {
            Some(reply::Result::SignedIn(signed_in)) if code.is_success() && !signed_in.user_id.is_empty() => {
                self.handle_signed_in(now, signed_in);
            }
            _ if refuses_for_good(code) => self.handle_refused(code, reply.detail),
            _ => self.drop_connection(now, retry_after, format!("the server did not sign in: {code}")),
        }
    }

    fn handle_call_reply(&mut self, now: Duration, purpose: Purpose, reply: Reply) {
        let success = Code(reply.code).is_success();
        match purpose {
            Purpose::Application(call) => self.handle_application_reply(&call, reply),
            Purpose::Answers(batch) => self.handle_answers_reply(now, batch, &reply),
            Purpose::Readers(uid) => self.handle_readers_reply(now, &uid, reply),
            Purpose::Resume if !success => self.handle_resume_refused(now, &reply),
            Purpose::Resume => {}
            Purpose::Ping => {
                if let Some(reply::Result::Pong(pong)) = reply.result {
                    self.read_server_time(now, pong.server_time_ms);
                }
            }
        }
    }

    fn handle_application_reply(&mut self, call: &Call, reply: Reply) {
        if Code(reply.code).is_success() {
            match (call, &reply.result) {
                (Call::SendMessage(send), Some(reply::Result::MessageSent(sent))) if send.need_receipt => {
                    self.follow(send.conversation.as_ref(), &sent.message_uid);
                }
                (Call::RequestReceipt(request), _) => {
                    self.follow(request.conversation.as_ref(), &request.message_uid);
                }
                (Call::RecallMessage(recall), _) => {
                    self.forget_message(&recall.message_uid);
                    self.done_here.insert(&recall.message_uid);
                }
                _ => {}
            }
        }
        self.outcomes.push_back(Outcome::Replied(CallId(reply.call_id), Box::new(reply)));
    }

    fn handle_answers_reply(&mut self, now: Duration, batch: Batch, reply: &Reply) {
        let codes = match &reply.result {
            Some(reply::Result::ReceiptsAccepted(accepted)) => accepted.codes.as_slice(),
            _ => &[],
        };
        let code = |place: usize| Code(codes.get(place).copied().unwrap_or(reply.code));
        let uids = self.outbox.uids(&batch);
        let mut again = false;
        for (place, uid) in uids.iter().enumerate() {
            match code(place) {
                code if is_transient(code) => again = true,
                code => self.note_answered(uid, code),
            }
        }
        match again {
            true => self.answers_pause.begin(now, retry_after(reply)),
            false => self.answers_pause.end(),
        }
        let settled = self.outbox.settle(batch, |place| Some(code(place)).filter(|code| !is_transient(*code)));
        settled.into_iter().for_each(|settled| self.tell_answered(settled));
        uids.iter().for_each(|uid| self.tell_meanwhile(uid));
    }

    /// What was said about a message while this device answered for it is news if the answer does not count.
    fn tell_meanwhile(&mut self, uid: &str) {
        if self.outbox.holds(uid) {
            return;
        }
        match self.meanwhile.remove(uid) {
            Some(Meanwhile::Asked(conversation, sender_id)) => {
                self.tell_request(&conversation, uid.to_owned(), sender_id);
            }
            Some(Meanwhile::AnsweredElsewhere(conversation)) => {
                self.tell_answered_elsewhere(conversation, vec![uid.to_owned()]);
            }
            None => {}
        }
    }

    /// A refused answer is as finished as an accepted one, but for a user who may come back into the group.
    fn note_answered(&mut self, uid: &str, code: Code) {
        if !is_of_somebody_away(code) {
            self.unanswered.forget(uid, &mut self.unsaved);
        }
        if code.is_success() {
            self.done_here.insert(uid);
        }
    }

    fn tell_answered(&mut self, settled: Settled) {
        self.unsaved.push(Change::AnswerDone(settled.number));
        let code = settled.response.code();
        self.outcomes.extend(settled.call.filter(|_| !settled.is_kept).map(Outcome::Kept));
        match settled.call {
            Some(call) if code.is_success() => {
                self.outcomes.push_back(Outcome::Answered(call, Ok(settled.response)));
            }
            Some(call) => {
                self.outcomes.push_back(Outcome::Answered(call, Err(ResponseError::Refused(settled.response))));
            }
            None => self.events.push(Event::GroupReadReceiptResponseSent { code, response: settled.response }),
        }
    }

    fn handle_readers_reply(&mut self, now: Duration, uid: &str, reply: Reply) {
        let code = Code(reply.code);
        if is_transient(code) {
            self.fetches_pause.begin(now, retry_after(&reply));
            self.receipts.handle_no_page(uid);
            return;
        }
        self.fetches_pause.end();
        match reply.result {
            Some(reply::Result::Readers(page)) if code.is_success() => {
                if self.receipts.handle_page(uid, page) {
                    self.events.push_read(uid.to_owned());
                }
            }
            // Whoever comes back connects anew, and says then how many readers it has.
            _ if is_of_somebody_away(code) => self.receipts.leave_gap(uid),
            _ => self.receipts.forget(uid, &mut self.unsaved),
        }
    }

    fn follow(&mut self, conversation: Option<&frames::Conversation>, uid: &str) -> bool {
        match Conversation::from_wire(conversation.cloned()) {
            Some(conversation) => self.receipts.ask(&conversation, uid, &mut self.unsaved),
            None => false,
        }
    }

    fn forget_message(&mut self, uid: &str) {
        self.meanwhile.remove(uid);
        self.receipts.forget(uid, &mut self.unsaved);
        self.unanswered.forget(uid, &mut self.unsaved);
    }
}

/// What the server pushes.
impl Session {
    pub(super) fn handle_push(&mut self, push: server_frame::Kind) {
        // Once something is left there, so is everything behind it: a later page would hide the gap.
        if self.stalled || self.events.is_full() {
            self.stalled = true;
            return;
        }
        match push {
            server_frame::Kind::LogEntries(page) => self.handle_log(page),
            server_frame::Kind::ReceiptDelta(delta) => {
                let uid = delta.message_uid.clone();
                if check_uid(&uid).is_ok() && self.receipts.handle_delta(delta, &mut self.unsaved) {
                    self.events.push_read(uid);
                }
            }
            server_frame::Kind::ReceiptsAnswered(answered) => self.handle_answered_elsewhere(answered),
            server_frame::Kind::Reply(_) | server_frame::Kind::Goodbye(_) => {}
        }
    }

    fn handle_log(&mut self, page: frames::LogEntries) {
        let Some(conversation) = Conversation::from_wire(page.conversation) else { return };
        let known = self.positions.through(&conversation);
        let mut left = page.left.saturating_add(page.entries.len() as u64);
        for entry in page.entries {
            left = left.saturating_sub(1);
            if entry.sequence > known {
                self.handle_entry(&conversation, entry, left, page.offline);
            }
        }
        if self.positions.advance(&conversation, page.through) {
            let change = Change::Position(conversation, page.through);
            self.unsaved.extend(self.events.then(change));
        }
    }

    fn handle_entry(&mut self, conversation: &Conversation, entry: frames::LogEntry, left: u64, offline: bool) {
        match entry.event {
            Some(log_entry::Event::Message(message)) if check_uid(&message.uid).is_ok() => {
                self.handle_message(conversation, message, left, offline);
            }
            Some(log_entry::Event::ReceiptRequested(request)) if check_uid(&request.message_uid).is_ok() => {
                self.handle_request(conversation, request);
            }
            Some(log_entry::Event::MessageRecalled(recalled)) => self.handle_recalled(conversation, recalled),
            // An entry of a newer server, or of a broken one.
            Some(_) | None => {}
        }
    }

    fn handle_message(&mut self, conversation: &Conversation, message: frames::Message, left: u64, offline: bool) {
        if self.is_own(&message.sender_id) && message.client_ref.starts_with(&self.options.client_ref_prefix) {
            if self.asks_with(&message.client_ref) {
                self.receipts.ask(conversation, &message.uid, &mut self.unsaved);
            }
            // The application knows it already, unless it was told that nobody knows what became of it.
            if !self.unknown_sends.contains(&message.client_ref) {
                return;
            }
        }
        if !message.recalled {
            let bytes = message.content.as_ref().map_or(0, frames::Content::body_bytes);
            let message = Message::from_wire(message, conversation, self.user_id().unwrap_or_default());
            self.events.push_content(Event::MessageReceived { message, left, offline }, bytes);
        }
    }

    fn handle_request(&mut self, conversation: &Conversation, request: frames::ReceiptRequested) {
        let uid = request.message_uid;
        if self.is_own(&request.sender_id) {
            if self.receipts.ask(conversation, &uid, &mut self.unsaved) && !self.asks_for(&uid) {
                let conversation = conversation.clone();
                self.events.push(Event::ReceiptRequestedElsewhere { conversation, message_uid: uid });
            }
        } else if request.answered {
            self.unanswered.forget(&uid, &mut self.unsaved);
        } else if self.outbox.holds(&uid) {
            self.meanwhile.insert(uid, Meanwhile::Asked(conversation.clone(), request.sender_id));
        } else {
            self.tell_request(conversation, uid, request.sender_id);
        }
    }

    fn tell_request(&mut self, conversation: &Conversation, uid: String, sender_user_id: String) {
        if !self.done_here.contains(&uid) && self.unanswered.insert(conversation, &uid, &mut self.unsaved) {
            let conversation = conversation.clone();
            self.events.push(Event::GroupMessageReadReceiptRequestReceived {
                conversation,
                message_uid: uid,
                sender_user_id,
            });
        }
    }

    fn handle_recalled(&mut self, conversation: &Conversation, recalled: frames::MessageRecalled) {
        self.forget_message(&recalled.message_uid);
        if !(self.is_own(&recalled.sender_id) && self.has_recalled(&recalled.message_uid)) {
            self.events.push(Event::MessageRecalled {
                conversation: conversation.clone(),
                message_uid: recalled.message_uid,
                sender_user_id: recalled.sender_id,
            });
        }
    }

    fn handle_answered_elsewhere(&mut self, answered: frames::ReceiptsAnswered) {
        let Some(conversation) = Conversation::from_wire(answered.conversation) else { return };
        let good = answered.message_uids.into_iter().filter(|uid| check_uid(uid).is_ok());
        let (answering, message_uids) = good.partition::<Vec<_>, _>(|uid| self.outbox.holds(uid));
        for uid in answering {
            self.meanwhile.insert(uid, Meanwhile::AnsweredElsewhere(conversation.clone()));
        }
        self.tell_answered_elsewhere(conversation, message_uids);
    }

    fn tell_answered_elsewhere(&mut self, conversation: Conversation, mut message_uids: Vec<String>) {
        message_uids.retain(|uid| !self.done_here.contains(uid));
        for uid in &message_uids {
            self.unanswered.forget(uid, &mut self.unsaved);
            self.done_here.insert(uid);
        }
        if !message_uids.is_empty() {
            self.events.push(Event::ReceiptsAnswered { conversation, message_uids });
        }
    }

    fn is_own(&self, sender_id: &str) -> bool {
        self.user_id() == Some(sender_id)
    }

    /// This device takes the own message back, or has done so lately.
    fn has_recalled(&self, uid: &str) -> bool {
        let recalls = |call: &Call| matches!(call, Call::RecallMessage(recall) if recall.message_uid == uid);
        self.done_here.contains(uid) || self.is_calling(recalls)
    }

    /// A message of this reference is being sent, with a request.
    fn asks_with(&self, client_ref: &str) -> bool {
        let is_it = |send: &frames::SendMessage| send.need_receipt && send.client_ref == client_ref;
        self.is_calling(|call| matches!(call, Call::SendMessage(send) if is_it(send)))
    }

    /// A receipt for this message is being asked for.
    fn asks_for(&self, uid: &str) -> bool {
        self.is_calling(|call| matches!(call, Call::RequestReceipt(request) if request.message_uid == uid))
    }

    fn is_calling(&self, is_wanted: impl Fn(&Call) -> bool) -> bool {
        self.calls.of_application().any(|(_, call)| is_wanted(call))
    }
}

pub(super) fn retry_after(reply: &Reply) -> Duration {
    Duration::from_millis(reply.retry_after_ms.into()).min(RETRY_AFTER_MAX)
}

/// The same sign-in would fail in the same way.
fn refuses_for_good(code: Code) -> bool {
    matches!(
        code,
        Code::APP_KEY_REJECTED
            | Code::TOKEN_INCORRECT
            | Code::TOKEN_EXPIRED
            | Code::USER_BLOCKED
            | Code::KICKED_BY_OTHER_DEVICE
    )
}

/// The user may come back into the group, and the channel may be made again.
fn is_of_somebody_away(code: Code) -> bool {
    matches!(code, Code::NOT_IN_GROUP | Code::NOT_IN_ULTRA_GROUP | Code::ULTRA_GROUP_CHANNEL_NOT_EXIST)
}

/// The same call may succeed later.
pub(super) fn is_transient(code: Code) -> bool {
    matches!(code, Code::REQUEST_OVER_FREQUENCY | Code::STORE_UNAVAILABLE | Code::SHUTTING_DOWN | Code::TOO_BUSY)
}
