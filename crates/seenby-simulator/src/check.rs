//! The truth, compared when everything is quiet: what the store holds, what the model holds, what the phones show.

use std::collections::{BTreeMap, BTreeSet};

use seenby_core::{Answer, MessageKey, MessageUid, Source as _, UserId};
use seenby_storage::{Memory, Storage as _};

use crate::model::{Message, Model};
use crate::phone::{Phone, Shown};

/// Readers of each message when it was last looked at: lists only grow.
pub type Before = BTreeMap<(u64, MessageUid), Vec<Answer>>;

pub fn check(store: &Memory, model: &Model, phones: &mut [Phone], before: &mut Before) -> Result<(), String> {
    for ((_, uid), message) in &model.messages {
        check_message(store, model, *uid, message, before)?;
    }
    for phone in phones.iter_mut().filter(|phone| phone.is_online()) {
        let whose = format!("{} of {}", phone.user, phone.app);
        if phone.kept_answers() > 0 || phone.pending_calls() > 0 {
            let (answers, calls) = (phone.kept_answers(), phone.pending_calls());
            return Err(format!("{answers} answers and {calls} calls of {whose} are not settled"));
        }
    }
    for phone in phones.iter().filter(|phone| phone.is_online()) {
        let Shown { given, refused, acknowledged, .. } = &phone.shown;
        if let Some(lost) = given.iter().find(|answer| !acknowledged.contains(answer) && !refused.contains(answer)) {
            return Err(format!("{} of {} has answered {lost:?}, and nothing came of it", phone.user, phone.app));
        }
    }
    phones.iter().try_for_each(|phone| check_acknowledged(model, phone))?;
    let online = phones.iter().filter(|phone| phone.is_online());
    online.into_iter().try_for_each(|phone| check_shown(store, model, phone))
}

fn check_message(
    store: &Memory,
    model: &Model,
    uid: MessageUid,
    message: &Message,
    before: &mut Before,
) -> Result<(), String> {
    let Some(key) = key(store, message, uid) else { return Err(format!("the conversation of {uid} is gone")) };
    let stored = store.message(key).map_err(|error| error.to_string())?.ok_or(format!("{uid} is not in the store"))?;
    if stored.recalled_at.is_some() != message.recalled {
        return Err(format!("{uid}: recalled is {}", message.recalled));
    }
    let request = store.request(key).map_err(|error| error.to_string())?;
    let (request, audience) = match (request, &message.audience) {
        (None, None) => return Ok(()),
        (Some(request), Some(audience)) => (request, audience),
        (stored, _) => return Err(format!("{uid}: asked about is {}", stored.is_none())),
    };
    let user = |slot| store.slot_user(stored.group, slot).ok().flatten().ok_or(format!("{slot:?} is nobody's"));
    let users = |slots: &mut dyn Iterator<Item = u32>| {
        slots.map(|slot| user(seenby_core::Slot(slot))).collect::<Result<BTreeSet<UserId>, String>>()
    };
    same(uid, "audience", &users(&mut request.audience.iter())?, audience)?;
    same(uid, "readers", &users(&mut request.readers.iter())?, &message.readers)?;

    let listed = store.readers(key, 0, usize::MAX >> 1).map_err(|error| error.to_string())?;
    let named = listed.iter().map(|answer| user(answer.slot)).collect::<Result<Vec<_>, _>>()?;
    let distinct: BTreeSet<UserId> = named.iter().cloned().collect();
    if distinct.len() != named.len() {
        return Err(format!("{uid}: somebody is counted twice in {named:?}"));
    }
    same(uid, "listed readers", &distinct, &message.readers)?;
    let known = before.entry((key.conversation.0, uid)).or_default();
    if !listed.starts_with(known) {
        return Err(format!("{uid}: the order of its readers has changed"));
    }
    *known = listed;

    let group = store.group(stored.group).ok().flatten().ok_or("the group is gone")?;
    let counts = request.counts(&group.present);
    let present = model.members(&message.conversation.group);
    let silent = audience.difference(&message.readers);
    let (unread, left): (Vec<_>, Vec<_>) = silent.partition(|user| present.contains(*user));
    let expected = (message.readers.len(), unread.len(), left.len());
    match (counts.read as usize, counts.unread as usize, counts.left as usize) == expected {
        true => Ok(()),
        false => Err(format!("{uid}: {counts:?}, and not (read, unread, left) = {expected:?}")),
    }
}

fn same(uid: MessageUid, what: &str, found: &BTreeSet<UserId>, expected: &BTreeSet<UserId>) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{uid}: {what} {found:?}, and not {expected:?}")),
    }
}

fn key(store: &Memory, message: &Message, uid: MessageUid) -> Option<MessageKey> {
    let conversation = store.conversation_number(&message.conversation).ok().flatten()?;
    Some(MessageKey { conversation, uid })
}

/// What got code 0 counts.
fn check_acknowledged(model: &Model, phone: &Phone) -> Result<(), String> {
    for (place, uid) in &phone.shown.acknowledged {
        let parsed = MessageUid::parse(uid).map_err(|error| error.to_string())?;
        let message = model.message(&place.name(&phone.app), parsed);
        let counts = message.is_some_and(|message| message.recalled || message.readers.contains(&phone.user));
        if !counts {
            return Err(format!("{} got code 0 for {uid} and is not among its readers", phone.user));
        }
    }
    Ok(())
}

/// The sender sees what is true, if it has been in the group since it sent.
fn check_shown(store: &Memory, model: &Model, phone: &Phone) -> Result<(), String> {
    for ((_, uid), message) in &model.messages {
        let is_own = message.sender == phone.user && message.conversation.group.app == phone.app;
        if !is_own || message.audience.is_none() || !message.sender_has_stayed {
            continue;
        }
        let Some(key) = key(store, message, *uid) else { continue };
        let listed = store.readers(key, 0, usize::MAX >> 1).map_err(|error| error.to_string())?;
        let group = store.message(key).ok().flatten().ok_or("gone")?.group;
        let name = |answer: &Answer| store.slot_user(group, answer.slot).ok().flatten().map(|user| user.to_string());
        let truth: Vec<_> = listed.iter().map(|answer| (name(answer).unwrap_or_default(), answer.at.0)).collect();
        let shown = phone.shown.readers.get(&uid.to_string()).cloned().unwrap_or_default();
        if shown != truth {
            let whose = format!("{} ({} of {})", phone.device(), phone.user, phone.app);
            let name = &message.conversation;
            return Err(format!("{whose} shows {shown:?} for {uid} in {name:?}, and the truth is {truth:?}"));
        }
    }
    Ok(())
}
