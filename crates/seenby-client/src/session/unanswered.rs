//! Requests of others that this user has not answered.

use std::collections::BTreeMap;

use crate::Conversation;
use crate::store::{Change, Unanswered as Request};

/// The newest of them are remembered and reported; an older one can still be answered.
pub(super) const UNANSWERED_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Unanswered {
    by_arrival: BTreeMap<u64, Request>,
    arrivals: BTreeMap<String, u64>,
    next_arrival: u64,
}

impl Unanswered {
    pub(super) fn restored(requests: Vec<Request>) -> Self {
        let mut unanswered = Self::default();
        for request in requests {
            unanswered.insert(&request.conversation, &request.message_uid, &mut Vec::new());
        }
        unanswered
    }

    /// Whether this is news.
    pub(super) fn insert(&mut self, conversation: &Conversation, uid: &str, changes: &mut Vec<Change>) -> bool {
        if self.arrivals.contains_key(uid) {
            return false;
        }
        let request = Request { conversation: conversation.clone(), message_uid: uid.to_owned() };
        self.arrivals.insert(uid.to_owned(), self.next_arrival);
        self.by_arrival.insert(self.next_arrival, request.clone());
        self.next_arrival += 1;
        changes.push(Change::Unanswered(request));
        if self.by_arrival.len() > UNANSWERED_MAX
            && let Some((_, oldest)) = self.by_arrival.first_key_value()
        {
            self.forget(&oldest.message_uid.clone(), changes);
        }
        true
    }

    pub(super) fn forget(&mut self, uid: &str, changes: &mut Vec<Change>) {
        if let Some(arrival) = self.arrivals.remove(uid) {
            self.by_arrival.remove(&arrival);
            changes.push(Change::UnansweredForgotten(uid.to_owned()));
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Request> {
        self.by_arrival.values()
    }
}
