//! Looks at every frame that the server pushes, as it leaves: may whoever it goes to have it, and is it true?

use seenby_core::{AppKey, ConversationName, MessageUid, UserId};
use seenby_protocol::frames::{self, LogEntries, log_entry, server_frame};

use crate::model::{Message, Model, Request};
use crate::place::Place;
use crate::verdict;

/// Who a frame goes to.
pub struct Watch<'a> {
    pub model: &'a Model,
    pub app: &'a AppKey,
    pub user: &'a UserId,
    /// The call that the log of a conversation begins behind.
    pub begin: &'a dyn Fn(&ConversationName) -> u64,
}

impl<'a> Watch<'a> {
    /// Why this must not be said to this user.
    pub fn look(&self, push: server_frame::Kind) -> Result<(), String> {
        match push {
            server_frame::Kind::LogEntries(page) => self.look_at_log(page),
            server_frame::Kind::ReceiptDelta(delta) => self.look_at_delta(delta),
            server_frame::Kind::ReceiptsAnswered(answered) => self.look_at_answered(&answered),
            server_frame::Kind::Reply(_) | server_frame::Kind::Goodbye(_) => Ok(()),
        }
    }

    fn look_at_delta(&self, delta: frames::ReceiptDelta) -> Result<(), String> {
        let (name, uid) = self.named(delta.conversation.as_ref(), &delta.message_uid)?;
        let message = self.model.message(&name, uid).filter(|message| message.sender == *self.user);
        let message = message.ok_or(format!("{} was told who has read {uid}, and is not its sender", self.user))?;
        let (request, readers) = (message.request.as_ref(), delta.readers.unwrap_or_default());
        let request = request.ok_or(format!("{uid} has readers, and nobody asked"))?;
        if readers != verdict::readers(request, readers.first_ordinal as usize, readers.user_ids.len()) {
            return Err(format!("{readers:?} of {uid}, and the truth is {:?}", request.readers));
        }
        let counts = delta.counts.unwrap_or_default();
        let end = readers.first_ordinal as usize + readers.user_ids.len();
        let adds_up = counts.total == counts.read + counts.unread
            && end <= counts.read as usize
            && counts.read as usize <= request.readers.len()
            && (counts.read + counts.unread + counts.left) as usize == request.audience.len();
        if adds_up { Ok(()) } else { Err(format!("{counts:?} with {end} of the readers of {uid}: {request:?}")) }
    }

    fn look_at_answered(&self, answered: &frames::ReceiptsAnswered) -> Result<(), String> {
        for uid in &answered.message_uids {
            let (name, uid) = self.named(answered.conversation.as_ref(), uid)?;
            let has_answered = |message: &Message| {
                message.recalled || message.request.as_ref().is_some_and(|request| request.has_answered(self.user))
            };
            let is_gone = self.model.has_expired(&name, uid);
            if !is_gone && !self.model.message(&name, uid).is_some_and(has_answered) {
                return Err(format!("{} was told that it has answered {uid}, and has not", self.user));
            }
        }
        Ok(())
    }

    fn look_at_log(&self, page: LogEntries) -> Result<(), String> {
        let place = Place::of_wire(&page.conversation.ok_or("no conversation")?);
        let name = place.name(self.app);
        if !self.model.is_member(&name.group, self.user) {
            return Err(format!("{} was sent the log of {name:?}, and is not in that group", self.user));
        }
        let sequences: Vec<u64> = page.entries.iter().map(|entry| entry.sequence).collect();
        if !sequences.is_sorted_by(|a, b| a < b) || sequences.last().is_some_and(|last| *last > page.through) {
            return Err(format!("the log of {name:?} has {sequences:?} through {}", page.through));
        }
        page.entries.into_iter().try_for_each(|entry| self.look_at_entry(&name, entry))
    }

    fn look_at_entry(&self, name: &ConversationName, entry: frames::LogEntry) -> Result<(), String> {
        self.look_at_begin(name, &entry)?;
        match entry.event {
            Some(log_entry::Event::Message(message)) => self.look_at_message(name, message),
            Some(log_entry::Event::ReceiptRequested(asked)) => self.look_at_request(name, &asked),
            Some(log_entry::Event::MessageRecalled(recalled)) => {
                let uid = parse(&recalled.message_uid)?;
                match self.model.message(name, uid).is_some_and(|message| message.recalled) {
                    true => Ok(()),
                    false => Err(format!("{} was told that {uid} was recalled, and it was not", self.user)),
                }
            }
            None => Err("an entry that says nothing".into()),
        }
    }

    /// Whatever the clock says.
    fn look_at_begin(&self, name: &ConversationName, entry: &frames::LogEntry) -> Result<(), String> {
        let message = |uid: &str| Ok::<_, String>(self.model.message(name, parse(uid)?));
        let logged = match &entry.event {
            Some(log_entry::Event::Message(sent)) => message(&sent.uid)?.map(|message| message.sent),
            Some(log_entry::Event::ReceiptRequested(asked)) => {
                message(&asked.message_uid)?.and_then(|message| message.request.as_ref()).map(|request| request.asked)
            }
            Some(log_entry::Event::MessageRecalled(recalled)) => {
                message(&recalled.message_uid)?.map(|message| message.taken_back)
            }
            None => None,
        };
        match logged.is_some_and(|logged| logged <= (self.begin)(name)) {
            true => Err(format!("{} was sent {entry:?} of {name:?}, from before it joined", self.user)),
            false => Ok(()),
        }
    }

    fn look_at_message(&self, name: &ConversationName, message: frames::Message) -> Result<(), String> {
        let (user, uid) = (self.user, parse(&message.uid)?);
        match self.model.message(name, uid) {
            None => Err(format!("{user} was sent {uid}, which nobody sent there")),
            Some(known) if known.recalled => Err(format!("{user} was sent {uid} after it was recalled")),
            Some(known) if known.hidden_from_sender && known.sender == *user => {
                Err(format!("{user} was sent {uid}, which is not for its sender"))
            }
            Some(known) => {
                let found = frames::Message { sequence: 0, sent_at_ms: 0, ..message };
                match found == verdict::viewed(self.model, self.user, name, uid, known) {
                    true => Ok(()),
                    false => Err(format!("{user} was sent {found:?}, and that is not what was said")),
                }
            }
        }
    }

    fn look_at_request(&self, name: &ConversationName, asked: &frames::ReceiptRequested) -> Result<(), String> {
        let (user, uid) = (self.user, parse(&asked.message_uid)?);
        let message =
            self.model.message(name, uid).ok_or(format!("{user} was asked about {uid}, which is not there"))?;
        let request = message.request.as_ref().ok_or(format!("{user} was asked about {uid}, and nobody asks"))?;
        if message.sender != *user && !request.audience.contains(user) {
            return Err(format!("{user} was asked about {uid}, and is not among those asked"));
        }
        match asked.answered == request.has_answered(user) && asked.sender_id == message.sender.as_str() {
            true => Ok(()),
            false => Err(format!("{user} was sent {asked:?}, and that is not so: {request:?}")),
        }
    }

    fn named(
        &self,
        conversation: Option<&frames::Conversation>,
        uid: &str,
    ) -> Result<(ConversationName, MessageUid), String> {
        Ok((Place::of_wire(conversation.ok_or("no conversation")?).name(self.app), parse(uid)?))
    }
}

fn parse(uid: &str) -> Result<MessageUid, String> {
    MessageUid::parse(uid).map_err(|error| error.to_string())
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "asked {:?}, read by {:?}", self.audience, self.readers)
    }
}
