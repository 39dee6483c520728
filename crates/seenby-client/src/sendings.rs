//! Chooses the client reference under which a message is sent.
//!
//! The server stores one message for each reference. A message that is sent again gets a new reference. If the last attempt
//! failed or its result is unknown, and content and conversation have not changed, it keeps the old one: this is a retry.
//! Messages are identified by their reference.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use seenby_protocol::frames::SendMessage;

use crate::Message;

/// Sendings that are remembered at least, and those of them that have failed.
const SENDINGS_MAX: usize = 10_000;
const FAILED_MAX: usize = 1_000;

#[derive(Debug, Clone, Default)]
pub(crate) struct Sendings {
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// The reference under which each value was last sent.
    last: Aging<String>,
    /// What was sent under references whose sending has failed.
    failed: Aging<SendMessage>,
}

/// One sending, until its result is known. Dropped before, it counts as failed: nobody knows what became of it.
#[derive(Debug)]
pub(crate) struct Sending {
    sendings: Sendings,
    send: SendMessage,
    is_stored: bool,
}

impl Sendings {
    /// `new_reference`: one that no other message has.
    pub(crate) fn begin(
        &self,
        message: &Message,
        mut send: SendMessage,
        new_reference: impl FnOnce() -> String,
    ) -> Sending {
        self.with(|known| {
            send.client_ref = known.reference(message, &send).unwrap_or_else(new_reference);
            known.failed.remove(&send.client_ref);
            known.last.insert(message.client_ref.clone(), send.client_ref.clone(), SENDINGS_MAX);
            known.last.insert(send.client_ref.clone(), send.client_ref.clone(), SENDINGS_MAX);
        });
        Sending { sendings: self.clone(), send, is_stored: false }
    }

    fn with(&self, work: impl FnOnce(&mut Known)) {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Known {
    /// `None`: a new one.
    fn reference(&self, message: &Message, send: &SendMessage) -> Option<String> {
        if let Some(last) = self.last.get(&message.client_ref) {
            let says_the_same =
                |failed: &&SendMessage| SendMessage { client_ref: last.clone(), ..send.clone() } == **failed;
            return self.failed.get(last).filter(says_the_same).map(|_| last.clone());
        }
        // What has a uid was stored before; what has none may have been sent by an earlier run, with a result unknown here.
        (message.message_uid.is_none() && !message.client_ref.is_empty()).then(|| message.client_ref.clone())
    }
}

impl Sending {
    pub(crate) fn frame(&self) -> SendMessage {
        self.send.clone()
    }

    pub(crate) fn reference(&self) -> &str {
        &self.send.client_ref
    }

    pub(crate) fn note_stored(&mut self) {
        self.is_stored = true;
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if !self.is_stored {
            let send = std::mem::take(&mut self.send);
            self.sendings.with(|known| known.failed.insert(send.client_ref.clone(), send, FAILED_MAX));
        }
    }
}

/// A map of two generations: when the younger is full, the older goes.
#[derive(Debug)]
struct Aging<V> {
    young: HashMap<String, V>,
    old: HashMap<String, V>,
}

impl<V> Aging<V> {
    fn get(&self, key: &str) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn remove(&mut self, key: &str) {
        self.young.remove(key);
        self.old.remove(key);
    }

    fn insert(&mut self, key: String, value: V, size_max: usize) {
        if self.young.len() >= size_max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

impl<V> Default for Aging<V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}
