//! Events that wait for the application.
//!
//! News of an own message's readers waits as its uid alone and becomes an event when it is taken, so many deltas make one
//! event. A position is remembered when everything before it has been taken.

use std::collections::VecDeque;

use crate::store::Change;
use crate::{ConnectionStatus, Event};

/// From here on nothing more is taken from the server; see `Session::poll_event`.
const EVENTS_WAITING_MAX: usize = 4_096;
/// The same for what messages say.
const CONTENT_BYTES_WAITING_MAX: usize = 64 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Events {
    waiting: VecDeque<Waiting>,
    content_bytes: usize,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) news: News,
    /// To be remembered once this has been taken.
    pub(super) then: Vec<Change>,
    content_bytes: usize,
}

#[derive(Debug)]
pub(super) enum News {
    Event(Box<Event>),
    /// This own message has new readers.
    Read(String),
}

impl Events {
    pub(super) fn push(&mut self, event: Event) {
        self.push_content(event, 0);
    }

    /// A message, with the size of what it says.
    pub(super) fn push_content(&mut self, event: Event, content_bytes: usize) {
        self.content_bytes += content_bytes;
        let news = News::Event(Box::new(event));
        self.waiting.push_back(Waiting { news, then: Vec::new(), content_bytes });
    }

    /// Once for each message: the session knows which already wait.
    pub(super) fn push_read(&mut self, uid: String) {
        self.waiting.push_back(Waiting { news: News::Read(uid), then: Vec::new(), content_bytes: 0 });
    }

    /// Connections come and go while nobody reads, so beyond the bound a status takes the place of the one before.
    pub(super) fn push_status(&mut self, status: ConnectionStatus) {
        let event = Event::ConnectionStatusChanged { status };
        if self.is_full() {
            let older = self.waiting.iter().rposition(|waiting| {
                matches!(&waiting.news, News::Event(event) if matches!(**event, Event::ConnectionStatusChanged { .. }))
            });
            if let Some(older) = older {
                self.waiting[older].news = News::Event(Box::new(event));
                return;
            }
        }
        self.push(event);
    }

    /// Remembers this after what waits now; gives it back if nothing does.
    pub(super) fn then(&mut self, change: Change) -> Option<Change> {
        match self.waiting.back_mut() {
            Some(waiting) => waiting.then.push(change),
            None => return Some(change),
        }
        None
    }

    pub(super) fn put_back(&mut self, events: Vec<Event>) {
        for event in events.into_iter().rev() {
            let news = News::Event(Box::new(event));
            self.waiting.push_front(Waiting { news, then: Vec::new(), content_bytes: 0 });
        }
    }

    pub(super) fn take(&mut self) -> Option<Waiting> {
        let waiting = self.waiting.pop_front()?;
        self.content_bytes -= waiting.content_bytes;
        Some(waiting)
    }

    /// Makes events of the news of readers.
    pub(super) fn settle(&mut self, mut event_of: impl FnMut(&str) -> Option<Event>) {
        self.waiting.retain_mut(|waiting| {
            if let News::Read(uid) = &waiting.news {
                match event_of(uid) {
                    Some(event) => waiting.news = News::Event(Box::new(event)),
                    None => return false,
                }
            }
            true
        });
    }

    /// What waits is as good as handed on: it is in this process, and so is its reader.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        self.waiting.iter_mut().flat_map(|waiting| waiting.then.drain(..)).collect()
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= EVENTS_WAITING_MAX || self.content_bytes >= CONTENT_BYTES_WAITING_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
