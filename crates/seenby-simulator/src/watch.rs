//! Looks at every frame as it leaves the server: may whoever it goes to have it?

use seenby_core::{AppKey, ConversationName, MessageUid, UserId};
use seenby_protocol::frames::{LogEntries, ServerFrame, log_entry, server_frame};
use seenby_protocol::{codec, frames};

use crate::model::Model;
use crate::world::Place;

/// Why a frame must not go to this user.
pub fn look(model: &Model, app: &AppKey, user: &UserId, bytes: &[u8]) -> Result<(), String> {
    let frame = codec::decode::<ServerFrame>(bytes, usize::MAX).map_err(|error| error.to_string())?;
    match frame.kind {
        Some(server_frame::Kind::LogEntries(page)) => look_at_log(model, app, user, page),
        Some(server_frame::Kind::ReceiptDelta(delta)) => {
            let (name, uid) = named(app, delta.conversation, &delta.message_uid)?;
            match model.message(&name, uid).is_some_and(|message| message.sender == *user) {
                true => Ok(()),
                false => Err(format!("{user} was told who has read {uid}, and is not its sender")),
            }
        }
        Some(server_frame::Kind::ReceiptsAnswered(answered)) => {
            for uid in answered.message_uids {
                let (name, uid) = named(app, answered.conversation.clone(), &uid)?;
                let has_answered =
                    model.message(&name, uid).is_some_and(|message| message.recalled || message.readers.contains(user));
                if !has_answered {
                    return Err(format!("{user} was told that it has answered {uid}, and has not"));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn look_at_log(model: &Model, app: &AppKey, user: &UserId, page: LogEntries) -> Result<(), String> {
    let place = Place::of_wire(&page.conversation.ok_or("no conversation")?);
    let name = place.name(app);
    if !model.is_member(&name.group, user) {
        return Err(format!("{user} was sent the log of {name:?}, and is not in that group"));
    }
    for entry in page.entries {
        let asked = match entry.event {
            Some(log_entry::Event::ReceiptRequested(asked)) => asked,
            Some(log_entry::Event::Message(message)) => {
                let uid = MessageUid::parse(&message.uid).map_err(|error| error.to_string())?;
                match model.message(&name, uid) {
                    Some(known) if !known.recalled => continue,
                    Some(_) => return Err(format!("{user} was sent {uid} after it was recalled")),
                    None => return Err(format!("{user} was sent {uid}, which nobody sent there")),
                }
            }
            _ => continue,
        };
        let uid = MessageUid::parse(&asked.message_uid).map_err(|error| error.to_string())?;
        let may_know = model.message(&name, uid).is_some_and(|message| {
            message.sender == *user || message.audience.as_ref().is_some_and(|audience| audience.contains(user))
        });
        if !may_know {
            return Err(format!("{user} was asked about {uid}, and is not among those asked"));
        }
    }
    Ok(())
}

fn named(
    app: &AppKey,
    conversation: Option<frames::Conversation>,
    uid: &str,
) -> Result<(ConversationName, MessageUid), String> {
    let place = Place::of_wire(&conversation.ok_or("no conversation")?);
    Ok((place.name(app), MessageUid::parse(uid).map_err(|error| error.to_string())?))
}
