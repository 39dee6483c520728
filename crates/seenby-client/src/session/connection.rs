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
use super::{ANSWERS_PER_FRAME_MAX, Action, Online, Outcome, Phase, Session};
use crate::ConnectionStatus;
use crate::error::{ConnectError, ResponseError};
use crate::store::Change;

impl Session {
    pub(super) fn open(&mut self, now: Duration) {
        self.phase = Phase::Opening { until: now + self.options.attempt_timeout };
        self.actions.push_back(Action::Connect);
        self.set_status(ConnectionStatus::Connecting);
    }

    pub(super) fn handle_signed_in(&mut self, now: Duration, signed_in: SignedIn) {
        self.read_server_time(now, signed_in.server_time_ms);
        if self.owner.as_ref().is_some_and(|owner| owner.user_id != signed_in.user_id) {
            self.park_owner();
        }
        if self.owner.is_some() {
            self.go_online(now, &signed_in);
        } else {
            self.actions.push_back(Action::Load { user_id: signed_in.user_id.clone() });
            self.phase = Phase::Loading(signed_in);
        }
    }

    pub(super) fn go_online(&mut self, now: Duration, signed_in: &SignedIn) {
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
            if let Some(call) = login.call.take() {
                self.outcomes.push_back(Outcome::Connected(call, Ok(signed_in.user_id.clone())));
            }
        }
        self.resume(now);
        self.resend(now);
        self.pump(now);
    }

    /// Positions and receipts of another store mean nothing in this one. Answers do: their messages may be there.
    fn forget_store(&mut self, store_id: &str) {
        self.forget();
        self.store_id = store_id.to_owned();
        self.unsaved.push(Change::StoreChanged(store_id.to_owned()));
    }

    fn resend(&mut self, now: Duration) {
        let calls: Vec<_> = self.calls.of_application().map(|(number, call)| (number, call.clone())).collect();
        calls.into_iter().for_each(|(number, call)| self.transmit(now, number, call));
    }

    /// Ends a connection that may still be open.
    pub(super) fn drop_connection(&mut self, now: Duration, wait_at_least: Duration) {
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
        self.phase = Phase::Waiting { until: now + self.backoff.next().max(wait_at_least) };
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

    pub(super) fn sign_out_refused(&mut self, code: Code, detail: String) {
        self.sign_out(ConnectionStatus::of_refusal(code), ConnectError::Refused { code, detail });
    }

    /// Stops. What the application waits for ends here, but for the answers of a known user.
    pub(super) fn sign_out(&mut self, status: ConnectionStatus, error: ConnectError) {
        if self.is_connected() {
            self.actions.push_back(Action::Close);
        }
        self.end_connection();
        self.phase = Phase::SignedOut;
        if let Some(call) = self.login.take().and_then(|login| login.call) {
            self.outcomes.push_back(Outcome::Connected(call, Err(error)));
        }
        for (number, purpose) in self.calls.take_all() {
            if let Purpose::Application(call) = purpose {
                self.end_unknown(number, &call, Code::RESULT_UNKNOWN);
            }
        }
        if self.owner.is_none() {
            for call in self.outbox.take_calls().into_values() {
                self.outcomes.push_back(Outcome::Answered(call, Err(ResponseError::NotConnected)));
            }
        }
        self.set_status(status);
    }

    /// Puts the present user aside. Its answers are remembered, and so is who waits for them.
    pub(super) fn park_owner(&mut self) {
        self.forget();
        self.flush_unsaved();
        let calls = self.outbox.take_calls();
        if let Some(owner) = self.owner.take() {
            self.parked.entry(owner.user_id).or_default().extend(calls);
        }
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
        if let Some(owner) = self.owner.as_ref().filter(|_| !self.unsaved.is_empty()) {
            let changes = std::mem::take(&mut self.unsaved);
            self.actions.push_back(Action::Save { user_id: owner.user_id.clone(), changes });
        }
    }
}
