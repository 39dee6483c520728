//! Messages in a user's name, and their receipts. A back end speaks for the whole app, so nobody has to be a member.

use prost::Message as _;
use rand::Rng as _;
use seenby_core::{
    AppKey, Call, ClientRef, ConversationName, Counts, Denied, Draft, GroupName, MessageKey, MessageUid, Outcome,
    Publication, Sent, Timestamp, UserId, view,
};
use seenby_protocol::{Code, frames};
use seenby_storage::Reads;

use super::{Administration, Object, Result, conversation_name, hex, user_id};
use crate::content;
use crate::queries::{Queries, ReceiptUser, UsersPage, UsersQuery, ViewedMessage};
use crate::refusal::Refusal;
use crate::{clock, from_wire};

/// A message for one or several conversations: all get it, or none.
#[derive(Debug)]
pub(crate) struct NewMessage {
    pub(crate) sender: String,
    pub(crate) conversations: Vec<ConversationName>,
    pub(crate) content: frames::Content,
    /// Ask who has read it, in the same step.
    pub(crate) need_receipt: bool,
    pub(crate) hidden_from_sender: bool,
    /// The same reference of the same sender is the same message; `None` makes one up.
    pub(crate) reference: Option<String>,
}

/// One of a sender's requests.
#[derive(Debug)]
pub(crate) struct RequestProgress {
    pub(crate) key: MessageKey,
    pub(crate) conversation: ConversationName,
    pub(crate) requested_at_ms: u64,
    pub(crate) counts: Counts,
}

/// Messages.
impl Administration {
    pub(crate) async fn publish(&self, message: NewMessage) -> Result<Vec<Sent>> {
        let user = user_id(&message.sender)?;
        content::check(&message.content, self.limits.content_bytes_max)?;
        let reference = message.reference.unwrap_or_else(|| hex(&rand::rng().random::<[u8; 16]>()));
        let client_ref = ClientRef::new(&reference)
            .map_err(|error| Refusal::new(Code::INVALID_PARAMETER, format!("the reference {error}")))?;
        let draft = Draft { client_ref, content: message.content.encode_to_vec(), need_receipt: message.need_receipt };
        let publication = Publication { draft, hidden_from_sender: message.hidden_from_sender };
        let objects: Vec<_> = message.conversations.iter().map(|name| Object::conversation(name).user(&user)).collect();
        let call = Call::Publish { conversations: message.conversations, user, publication };
        let outcome = self.writer.call(call).await.map_err(Refusal::from);
        let sent = outcome.and_then(|outcome| match outcome {
            Outcome::Published(sent) => Ok(sent),
            _ => Err(Refusal::internal()),
        });
        for (place, object) in objects.into_iter().enumerate() {
            let made = sent.as_ref().ok().and_then(|sent| sent.get(place));
            let object = made.map_or(object.clone(), |made| object.message(made.uid));
            self.audit("message.publish", &object, &sent);
        }
        sent
    }

    /// A reference that means the same for one minute at least and two at most, for back ends whose numbers come round
    /// again. It is found by what is stored, so it holds over a restart.
    pub(crate) async fn passing_reference(&self, to: &[ConversationName], sender: &str, number: i64) -> Result<String> {
        let (to, user) = (to.to_vec(), user_id(sender)?);
        let [before, now] = passing_references(number, clock::now());
        let find = move |snapshot: &dyn Reads| {
            for conversation in &to {
                if has_sent(snapshot, conversation, &user, &before)? {
                    return Ok(before);
                }
            }
            Ok(now)
        };
        self.store.read(find).await
    }

    pub(crate) async fn message(&self, conversation: &ConversationName, uid: &str) -> Result<ViewedMessage> {
        let (conversation, uid) = (conversation.clone(), uid.to_owned());
        self.store.read(move |snapshot| message(snapshot, &conversation, &uid)).await
    }

    /// Messages of one group by channel and id. What is not there, or not any more, is left out.
    pub(crate) async fn messages(
        &self,
        group: GroupName,
        wanted: Vec<(Option<String>, String)>,
    ) -> Result<Vec<(ConversationName, ViewedMessage)>> {
        let find = move |snapshot: &dyn Reads| {
            let mut found = Vec::new();
            for (channel, uid) in wanted {
                let conversation = conversation_name(group.clone(), channel.as_deref())?;
                match message(snapshot, &conversation, &uid) {
                    Ok(viewed) => found.push((conversation, viewed)),
                    Err(refusal) if refusal.code == Code::RECEIPT_MESSAGE_NOT_FOUND => {}
                    Err(refusal) => return Err(refusal),
                }
            }
            Ok(found)
        };
        self.store.read(find).await
    }

    /// `sender`: refused when somebody else sent it.
    pub(crate) async fn recall(&self, conversation: &ConversationName, uid: &str, sender: Option<&str>) -> Result<()> {
        let uid = from_wire::message_uid(uid)?;
        let user = match sender {
            Some(sender) => user_id(sender)?,
            None => {
                let conversation = conversation.clone();
                self.store.read(move |snapshot| Ok(Queries::for_sender(snapshot, &conversation, uid)?.0)).await?
            }
        };
        let call = Call::RecallForSender { conversation: conversation.clone(), user, uid };
        self.write("message.recall", Object::conversation(conversation).message(uid), call).await
    }
}

/// Receipts.
impl Administration {
    pub(crate) async fn ask(&self, conversation: &ConversationName, uid: &str) -> Result<()> {
        let uid = from_wire::message_uid(uid)?;
        let call = Call::AskForSender { conversation: conversation.clone(), uid };
        self.write("receipt.request", Object::conversation(conversation).message(uid), call).await
    }

    pub(crate) async fn counts(&self, conversation: &ConversationName, uid: &str) -> Result<Counts> {
        self.as_sender(conversation, uid, |queries, uid| queries.counts(uid)).await
    }

    pub(crate) async fn receipt_users(
        &self,
        conversation: &ConversationName,
        uid: &str,
        query: UsersQuery,
    ) -> Result<UsersPage> {
        self.as_sender(conversation, uid, move |queries, uid| queries.users(uid, &query)).await
    }

    /// One user's state; refused for somebody who was not asked.
    pub(crate) async fn receipt_of(
        &self,
        conversation: &ConversationName,
        uid: &str,
        user: &str,
    ) -> Result<ReceiptUser> {
        let user = user.to_owned();
        let look = move |queries: &Queries<'_>, uid| queries.find_users(uid, &[user_id(&user)?]);
        let found = self.as_sender(conversation, uid, look).await?;
        let not_asked = || Refusal::new(Code::NOT_IN_AUDIENCE, "this user was not asked");
        found.into_iter().next().ok_or_else(not_asked)
    }

    async fn as_sender<T: Send + 'static>(
        &self,
        conversation: &ConversationName,
        uid: &str,
        look: impl FnOnce(&Queries<'_>, MessageUid) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (conversation, uid) = (conversation.clone(), from_wire::message_uid(uid)?);
        self.store.read(move |snapshot| look(&Queries::for_sender(snapshot, &conversation, uid)?.1, uid)).await
    }

    /// A page of what this user has asked about, newest first, from before `before` on; and where to continue. What
    /// nobody can look up any more, because its channel or group is gone, is left out.
    pub(crate) async fn requests_of(
        &self,
        app: &AppKey,
        sender: &str,
        before: Option<MessageKey>,
        limit: usize,
    ) -> Result<(Vec<RequestProgress>, Option<MessageKey>)> {
        let (app, sender) = (app.clone(), user_id(sender)?);
        let find = move |snapshot: &dyn Reads| {
            let mut keys = snapshot.requests_of(&app, &sender, before, limit + 1)?;
            let more = keys.len() > limit;
            keys.truncate(limit);
            let mut requests = Vec::new();
            for key in &keys {
                requests.extend(progress(snapshot, *key)?);
            }
            Ok((requests, keys.last().filter(|_| more).copied()))
        };
        self.store.read(find).await
    }
}

fn message(snapshot: &dyn Reads, conversation: &ConversationName, uid: &str) -> Result<ViewedMessage> {
    let uid = from_wire::message_uid(uid)?;
    let viewed = Queries::for_sender(snapshot, conversation, uid)?.1.message(uid)?;
    match viewed.message.recalled_at {
        Some(_) => Err(Denied::MessageNotFound.into()),
        None => Ok(viewed),
    }
}

fn has_sent(snapshot: &dyn Reads, name: &ConversationName, user: &UserId, reference: &str) -> Result<bool> {
    let Ok(reference) = ClientRef::new(reference) else { return Ok(false) };
    let Some(group) = snapshot.group_number(&name.group)? else { return Ok(false) };
    let Some(slot) = snapshot.slot(group, user)? else { return Ok(false) };
    let Some(conversation) = snapshot.conversation_number(name)? else { return Ok(false) };
    Ok(snapshot.sent(conversation, slot, &reference)?.is_some())
}

/// `None`: gone.
fn progress(snapshot: &dyn Reads, key: MessageKey) -> Result<Option<RequestProgress>> {
    let (Some(request), Some(conversation)) = (snapshot.request(key)?, snapshot.conversation(key.conversation)?) else {
        return Ok(None);
    };
    let is_open = snapshot.conversation_number(&conversation.name)? == Some(conversation.number);
    let group = view::live(snapshot.group(conversation.group)?).ok().filter(|_| is_open);
    let Some(group) = group else { return Ok(None) };
    Ok(Some(RequestProgress {
        key,
        conversation: conversation.name,
        requested_at_ms: request.requested_at.0,
        counts: request.counts(&group.present),
    }))
}

/// The one of the minute before, and the one of now.
fn passing_references(number: i64, now: Timestamp) -> [String; 2] {
    const MINUTE_MS: u64 = 60_000;
    let minute = now.0 / MINUTE_MS;
    [minute.saturating_sub(1), minute].map(|minute| format!("{number}@{minute}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_the_same_message_for_a_minute_and_another_after_two() {
        for sent_at in [1_800_000_000_000, 1_800_000_059_999, 1_800_000_030_000] {
            let [_, sent_as] = passing_references(-7, Timestamp(sent_at));
            assert!(passing_references(-7, Timestamp(sent_at + 60_000)).contains(&sent_as));
            assert!(!passing_references(-7, Timestamp(sent_at + 120_000)).contains(&sent_as));
            assert!(!passing_references(7, Timestamp(sent_at)).contains(&sent_as));
        }
    }
}
