//! The truth, compared when everything is quiet: what the store holds, what the model holds, what the phones show.

use std::collections::BTreeSet;

use seenby_core::{Answer, Conversation as Stored, ConversationName, MessageKey, MessageUid, Slot, UserId};
use seenby_storage::{Reads, StorageError};

use crate::model::{Conversation, Message, Model};
use crate::phone::{Phone, Shown};
use crate::place::Place;

pub fn check(snapshot: &dyn Reads, model: &Model, phones: &mut [Phone]) -> Result<(), String> {
    let stored = Store(snapshot);
    for (name, conversation) in &model.conversations {
        stored.check_conversation(model, name, conversation).map_err(|error| format!("{name:?}: {error}"))?;
    }
    for phone in phones.iter_mut().filter(|phone| phone.is_online()) {
        let whose = format!("{} ({} of {})", phone.device(), phone.user, phone.app);
        check_settled(model, phone).map_err(|error| format!("{whose}: {error}"))?;
        check_shown(model, phone).map_err(|error| format!("{whose} {error}"))?;
    }
    phones.iter().try_for_each(|phone| check_acknowledged(model, phone))
}

struct Store<'a>(&'a dyn Reads);

impl Store<'_> {
    fn check_conversation(
        &self,
        model: &Model,
        name: &ConversationName,
        conversation: &Conversation,
    ) -> Result<(), String> {
        let open = read(self.0.conversation_number(name))?;
        let closed = read(self.0.closed_conversation(name))?;
        if open.is_some() != conversation.is_open {
            return Err(format!("is open: {}", open.is_some()));
        }
        let number = open.or(closed).ok_or("is gone")?;
        let stored = read(self.0.conversation(number))?.ok_or("is gone")?;
        self.check_log(&stored)?;
        let expired = conversation.expired.iter().map(|uid| MessageKey { conversation: number, uid: *uid });
        for key in expired {
            if read(self.0.message(key))?.is_some() || read(self.0.request(key))?.is_some() {
                return Err(format!("{} should be gone with age", key.uid));
            }
        }
        for (uid, message) in &conversation.messages {
            let key = MessageKey { conversation: number, uid: *uid };
            self.check_message(model, name, key, message).map_err(|error| format!("{uid}: {error}"))?;
        }
        Ok(())
    }

    /// Sequences have no gaps, and times never run backwards.
    fn check_log(&self, stored: &Stored) -> Result<(), String> {
        let log = read(self.0.log(stored.number, seenby_core::Sequence(0), usize::MAX))?;
        let has_gaps = log.iter().zip(1..).any(|(entry, place)| entry.sequence.0 != place);
        if has_gaps || log.len() as u64 != stored.head.0 || !log.is_sorted_by_key(|entry| entry.at) {
            return Err(format!("the log up to {:?} is {log:?}", stored.head));
        }
        Ok(())
    }

    fn check_message(
        &self,
        model: &Model,
        name: &ConversationName,
        key: MessageKey,
        message: &Message,
    ) -> Result<(), String> {
        let stored = read(self.0.message(key))?.ok_or("is not in the store")?;
        same("sender", &stored.sender, &message.sender)?;
        same("recalled", &stored.recalled_at.is_some(), &message.recalled)?;
        same("content", &stored.content, &message.content)?;
        let request = read(self.0.request(key))?;
        let listed = read(self.0.readers(key, 0, usize::MAX >> 1))?;
        let (request, expected) = match (request, &message.request) {
            (None, None) => return same("readers", &listed.len(), &0),
            (Some(request), Some(expected)) => (request, expected),
            (stored, _) => return Err(format!("asked about is {}", stored.is_some())),
        };
        let user = |slot| read(self.0.slot_user(stored.group, slot))?.ok_or(format!("{slot:?} is nobody's"));
        let users = |slots: &mut dyn Iterator<Item = u32>| {
            slots.map(|slot| user(Slot(slot))).collect::<Result<BTreeSet<UserId>, String>>()
        };
        same("audience", &users(&mut request.audience.iter())?, &expected.audience)?;
        let named = |answer: &Answer| Ok((user(answer.slot)?, answer.at));
        let listed = listed.iter().map(named).collect::<Result<Vec<_>, String>>()?;
        same("readers", &listed, &expected.readers)?;
        let distinct = expected.readers.iter().map(|(user, _)| user.clone()).collect();
        same("readers as a set", &users(&mut request.readers.iter())?, &distinct)?;

        let group = read(self.0.group(stored.group))?.ok_or("the group is gone")?;
        let counts = request.counts(&group.present);
        let silent = |present| model.silent(&name.group, expected, present).len();
        let found = (counts.read as usize, counts.unread as usize, counts.left as usize);
        same("(read, unread, left)", &found, &(expected.readers.len(), silent(true), silent(false)))
    }
}

fn read<T>(result: Result<T, StorageError>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what} {found:?}, and not {expected:?}")),
    }
}

/// Nothing waits any longer, and what is remembered is true.
fn check_settled(model: &Model, phone: &mut Phone) -> Result<(), String> {
    let remembered = phone.remembered();
    if !remembered.answers.is_empty() || phone.pending_calls() > 0 {
        let (answers, calls) = (remembered.answers.len(), phone.pending_calls());
        return Err(format!("{answers} answers and {calls} calls are not settled"));
    }
    let Shown { given, refused, acknowledged, .. } = &phone.shown;
    if let Some(lost) = given.iter().find(|answer| !acknowledged.contains(answer) && !refused.contains(answer)) {
        return Err(format!("has answered {lost:?}, and nothing came of it"));
    }
    if model.blocked.contains(&(phone.app.clone(), phone.user.clone())) {
        return Err("is blocked and online".into());
    }
    for unanswered in remembered.unanswered {
        let (name, uid) = (Place::of(&unanswered.conversation).name(&phone.app), parse(&unanswered.message_uid)?);
        let request = model.message(&name, uid).and_then(|message| message.request.as_ref());
        let may_look = model.enter(&name, &phone.user).is_ok();
        if may_look && request.is_some_and(|request| request.has_answered(&phone.user)) {
            return Err(format!("takes {uid} for unanswered, and another device has answered it"));
        }
    }
    Ok(())
}

/// What got code 0 counts.
fn check_acknowledged(model: &Model, phone: &Phone) -> Result<(), String> {
    for (place, uid) in &phone.shown.acknowledged {
        let (name, parsed) = (place.name(&phone.app), parse(uid)?);
        let counts = |message: &Message| {
            message.recalled || message.request.as_ref().is_some_and(|request| request.has_answered(&phone.user))
        };
        if !model.has_expired(&name, parsed) && !model.message(&name, parsed).is_some_and(counts) {
            return Err(format!("{} got code 0 for {uid} and is not among its readers", phone.user));
        }
    }
    Ok(())
}

/// Everything that was said since this user came in, everybody who asks, and who has read.
fn check_shown(model: &Model, phone: &Phone) -> Result<(), String> {
    for (name, conversation) in model.conversations.iter().filter(|(name, _)| name.group.app == phone.app) {
        let Some(joined) = model.joined(&name.group, &phone.user).filter(|_| conversation.is_open) else { continue };
        let place = Place::of_name(name);
        for (uid, message) in &conversation.messages {
            check_message_shown(phone, &place, *uid, message, joined)?;
        }
    }
    Ok(())
}

fn check_message_shown(
    phone: &Phone,
    place: &Place,
    uid: MessageUid,
    message: &Message,
    joined: u64,
) -> Result<(), String> {
    let (is_own, named) = (message.sender == phone.user, (place.clone(), uid.to_string()));
    let is_from_here = is_own && message.client_ref.as_str().starts_with(&phone.prefix());
    let is_for_all = !(message.recalled || is_from_here || is_own && message.hidden_from_sender);
    if is_for_all && message.sent > joined && !phone.shown.messages.contains(&named) {
        return Err(format!("was not sent {uid} in {place:?}"));
    }
    let is_stale = message.taken_back > joined && phone.shown.messages.contains(&named) && !is_own;
    if is_stale && !phone.shown.recalled.contains(&named.1) {
        return Err(format!("was not told that {uid} was recalled"));
    }
    let Some(request) = message.request.as_ref().filter(|request| request.asked > joined) else { return Ok(()) };
    if is_own {
        let truth = request.readers.iter().map(|(user, at)| (user.to_string(), at.0)).collect::<Vec<_>>();
        let shown = phone.shown.readers.get(&named.1).cloned().unwrap_or_default();
        return match shown == truth {
            true => Ok(()),
            false => Err(format!("shows {shown:?} for {uid} in {place:?}, and the truth is {truth:?}")),
        };
    }
    let is_asked = request.audience.contains(&phone.user) && !request.has_answered(&phone.user);
    match is_asked && !phone.shown.requests.contains(&named) && !phone.shown.unsure.contains(&named.1) {
        true => Err(format!("was not told that somebody asks about {uid} in {place:?}")),
        false => Ok(()),
    }
}

fn parse(uid: &str) -> Result<MessageUid, String> {
    MessageUid::parse(uid).map_err(|error| error.to_string())
}
