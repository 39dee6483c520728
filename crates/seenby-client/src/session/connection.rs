//! Connections: made, lost, made again, and ended for good; and whose they are.

use std::time::Duration;

use seenby_protocol::Code;
use seenby_protocol::frames::SignedIn;

use super::calls::Purpose;
use super::heartbeat::Heartbeat;
use super::positions::Positions;
use super::receipts::Receipts;
use super::recent::Recent;
use super::unanswered::Unanswered;
use super::{ANSWERS_PER_FRAME_MAX, Action, MemoryState, Online, Outcome, Phase, Session, SessionOwner};
use crate::ConnectionStatus;
use crate::error::ConnectError;
use crate::store::Change;

impl Session {
    pub(super) fn open(&mut self, now: Duration) {
        self.phase = Phase::Opening { until: now + self.options.attempt_timeout };
        self.actions.push_back(Action::Connect);
        self.set_status(ConnectionStatus::Connecting);
        self.try_store_again();
    }

    /// What the device store has refused may work by now. Nothing is on its way to the server, so answers may get new
    /// numbers.
    fn try_store_again(&mut self) {
        match &self.owner {
            Some(owner) if owner.memory == MemoryState::Unreadable => self.load(owner.user_id.clone()),
            Some(_) if self.must_save_again => self.save_again(),
            _ => {}
        }
    }

    /// Answers given from now on are this user's, or refused if nobody is named.
    pub(super) fn expect_user(&mut self, user_id: Option<String>) {
        if self.owner.as_ref().map(|owner| &owner.user_id) == user_id.as_ref() {
            return;
        }
        self.park_owner();
        if let Some(user_id) = user_id {
            self.store_id.clear();
            self.load(user_id);
        }
    }

    fn load(&mut self, user_id: String) {
        self.owner = Some(SessionOwner { user_id: user_id.clone(), memory: MemoryState::Loading });
        self.actions.push_back(Action::Load { user_id });
    }

    /// Whether this user's memory was awaited.
    pub(super) fn ends_loading(&mut self, user_id: &str, memory: MemoryState) -> bool {
        match &mut self.owner {
            Some(owner) if owner.user_id == user_id && owner.memory == MemoryState::Loading => {
                owner.memory = memory;
                true
            }
            _ => false,
        }
    }

    pub(super) fn handle_signed_in(&mut self, now: Duration, signed_in: SignedIn) {
        self.read_server_time(now, signed_in.server_time_ms);
        self.expect_user(Some(signed_in.user_id.clone()));
        self.phase = Phase::Loading(signed_in);
        self.go_online_if_loaded(now);
    }

    /// Without its memory too, if that cannot be read: then this is like a new device.
    pub(super) fn go_online_if_loaded(&mut self, now: Duration) {
        if let Phase::Loading(signed_in) = &self.phase
            && self.owner.as_ref().is_some_and(|owner| owner.memory != MemoryState::Loading)
        {
            let signed_in = signed_in.clone();
            self.go_online(now, &signed_in);
        }
    }

    fn go_online(&mut self, now: Duration, signed_in: &SignedIn) {
        if self.store_id != signed_in.store_id {
            self.forget_store(&signed_in.store_id);
        }
        self.stalled = false;
        self.phase = Phase::Online(Online {
            since: now,
            heartbeat: Heartbeat::new(now, signed_in.ping_interval_ms),
            answers_per_frame: signed_in.answers_per_frame_max.clamp(1, ANSWERS_PER_FRAME_MAX) as usize,
        });
        self.set_status(ConnectionStatus::Connected);
        if let Some(login) = &mut self.login {
            login.give_up_at = None;
            login.is_renewed = false;
            if let Some(call) = login.call.take() {
                self.outcomes.push_back(Outcome::Connected(call, Ok(signed_in.user_id.clone())));
            }
        }
        self.end_calls_of_others(&signed_in.user_id);
        self.resume(now, signed_in.resume_items_max);
        self.resend(now);
        self.pump(now);
    }

    /// Positions and receipts of another store mean nothing in this one. Answers do: their messages may be there.
    fn forget_store(&mut self, store_id: &str) {
        self.forget();
        self.store_id = store_id.to_owned();
        self.unsaved.push(Change::StoreChanged(store_id.to_owned()));
    }

    /// What one user has called is never said in another's name.
    fn end_calls_of_others(&mut self, user_id: &str) {
        if self.caller.as_deref() != Some(user_id) {
            self.end_calls();
            self.caller = Some(user_id.to_owned());
        }
    }

    fn end_calls(&mut self) {
        for (number, purpose) in self.calls.take_all() {
            if let Purpose::Application(call) = purpose {
                self.end_unknown(number, &call, Code::RESULT_UNKNOWN);
            }
        }
    }

    fn resend(&mut self, now: Duration) {
        let calls: Vec<_> = self.calls.of_application().map(|(number, call)| (number, call.clone())).collect();
        calls.into_iter().for_each(|(number, call)| self.transmit(now, number, call));
    }

    /// Ends a connection that may still be open.
    pub(super) fn drop_connection(&mut self, now: Duration, wait_at_least: Duration, why: impl Into<String>) {
        self.trouble = Some(why.into());
        self.actions.push_back(Action::Close);
        self.lose(now, wait_at_least);
    }

    pub(super) fn lose(&mut self, now: Duration, wait_at_least: Duration) {
        // A connection that ends right after it began counts as a failed attempt.
        if let Phase::Online(online) = &self.phase
            && now.saturating_sub(online.since) >= self.options.backoff_max
        {
            self.backoff.reset();
        }
        self.end_connection();
        let until = now + self.backoff.next().max(wait_at_least);
        self.phase = Phase::Waiting { until, not_before: now + wait_at_least };
        self.set_status(ConnectionStatus::Suspended);
    }

    pub(super) fn end_connection(&mut self) {
        self.transmits.clear();
        for purpose in self.calls.take_own() {
            match purpose {
                Purpose::Answers(batch) => self.outbox.put_back(batch),
                Purpose::Readers(uid) => self.receipts.handle_no_page(&uid),
                Purpose::Application(_) | Purpose::Resume | Purpose::Ping => {}
            }
        }
    }

    /// The server says no to this sign-in. A newer token may help, once: if that is refused too, it is for good.
    pub(super) fn handle_refused(&mut self, code: Code, detail: String) {
        let is_of_token = matches!(code, Code::TOKEN_INCORRECT | Code::TOKEN_EXPIRED);
        let may_renew = self.options.renews_tokens && self.login.as_ref().is_some_and(|login| !login.is_renewed);
        if !is_of_token || !may_renew {
            return self.sign_out_refused(code, detail);
        }
        self.actions.push_back(Action::Close);
        self.end_connection();
        self.phase = Phase::Renewing { code, detail };
        self.actions.push_back(Action::RenewToken);
        self.set_status(ConnectionStatus::Suspended);
    }

    /// Ends the attempts of one `connect`, because another one takes over.
    pub(super) fn give_way(&mut self) {
        if self.is_connected() {
            self.actions.push_back(Action::Close);
        }
        self.end_connection();
        if let Some(call) = self.login.take().and_then(|login| login.call) {
            self.outcomes.push_back(Outcome::Connected(call, Err(ConnectError::Disconnected)));
        }
    }

    pub(super) fn sign_out_refused(&mut self, code: Code, detail: String) {
        self.sign_out(ConnectionStatus::of_refusal(code), ConnectError::Refused { code, detail });
    }

    /// Stops. What the application waits for ends here, but for its answers.
    pub(super) fn sign_out(&mut self, status: ConnectionStatus, error: ConnectError) {
        if self.is_connected() {
            self.actions.push_back(Action::Close);
        }
        self.end_connection();
        self.phase = Phase::SignedOut;
        if let Some(call) = self.login.take().and_then(|login| login.call) {
            self.outcomes.push_back(Outcome::Connected(call, Err(error)));
        }
        self.end_calls();
        self.set_status(status);
    }

    /// Puts the present user aside. Its answers are remembered, and so is who waits for them.
    fn park_owner(&mut self) {
        self.forget();
        if self.must_save_again {
            self.save_again();
        }
        self.flush_unsaved();
        self.unsaved.clear();
        if let Some(owner) = self.owner.take() {
            let parked = self.parked.entry(owner.user_id).or_default();
            self.outbox.park(parked, owner.memory == MemoryState::Loaded);
        }
    }

    fn save_again(&mut self) {
        self.must_save_again = false;
        self.unsaved.retain(|change| !matches!(change, Change::AnswerKept(..)));
        self.unsaved.splice(..0, self.outbox.take_unsaved());
    }

    /// Nothing that is known holds any longer. Events that wait were true when they happened, and are told.
    fn forget(&mut self) {
        let changes = self.events.take_changes();
        self.events.settle(|uid| self.receipts.take_event(uid, &mut self.unsaved));
        self.unsaved.extend(changes);
        self.positions = Positions::default();
        self.receipts = Receipts::default();
        self.unanswered = Unanswered::default();
        self.done_here = Recent::default();
        self.meanwhile.clear();
    }

    pub(super) fn flush_unsaved(&mut self) {
        let Some(owner) = self.owner.as_ref().filter(|_| !self.unsaved.is_empty()) else { return };
        let user_id = owner.user_id.clone();
        match owner.memory {
            MemoryState::Loading => return,
            MemoryState::Unreadable => return self.unsaved.clear(),
            MemoryState::Loaded => {}
        }
        if self.must_save_again {
            self.save_again();
        }
        let changes = std::mem::take(&mut self.unsaved);
        self.actions.push_back(Action::Save { user_id, changes });
    }
}
