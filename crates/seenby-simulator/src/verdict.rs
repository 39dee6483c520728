//! What the reply to a call must be, by the model, at the moment when the server applies the call or looks things up.

use std::collections::BTreeSet;

use seenby_core::{AppKey, ConversationName, GroupName, MessageUid, Timestamp, UserId};
use seenby_protocol::frames::{self, ReceiptStatus, client_frame::Call, reply};
use seenby_protocol::{Code, codec};

use crate::model::{Message, Model, Request};
use crate::place::Place;

/// Readers in one page, whatever was asked for.
const READERS_MAX: usize = 1_000;
/// Messages among which the server looks for one that was not recalled.
const NEWEST_LOOKED_AT: usize = 10;

#[derive(Debug)]
pub enum Verdict {
    /// This code and nothing else.
    Code(Code),
    Sent(MessageUid),
    /// One for each message.
    Answered(Vec<Code>),
    Is(Box<reply::Result>),
    /// A stretch of this list, from its beginning if it is a first page, with so many at most.
    Users {
        list: Vec<frames::ReceiptUser>,
        is_first: bool,
        count: usize,
    },
    /// Some of these, or all of them.
    Conversations {
        all: Vec<frames::ConversationInfo>,
        is_first: bool,
    },
}

impl Verdict {
    pub fn compare(&self, reply: &frames::Reply) -> Result<(), String> {
        let is_right = match (self, &reply.result) {
            (Self::Code(code), None) => reply.code == code.0,
            (Self::Sent(uid), Some(reply::Result::MessageSent(sent))) => sent.message_uid == uid.to_string(),
            (Self::Answered(codes), Some(reply::Result::ReceiptsAccepted(accepted))) => {
                let first_bad = codes.iter().find(|code| !code.is_success()).unwrap_or(&Code::SUCCESS);
                accepted.codes.iter().copied().eq(codes.iter().map(|code| code.0)) && reply.code == first_bad.0
            }
            (Self::Is(expected), Some(found)) => reply.code == 0 && **expected == bare(found.clone()),
            (Self::Users { list, is_first, count }, Some(reply::Result::ReceiptUsers(page))) => {
                reply.code == 0 && is_stretch(list, *is_first, *count, page)
            }
            (Self::Conversations { all, is_first }, Some(reply::Result::Conversations(page))) => {
                reply.code == 0 && are_conversations(all, *is_first, page.clone())
            }
            _ => false,
        };
        if is_right { Ok(()) } else { Err(format!("the reply is {reply:?}, and should be {self:?}")) }
    }
}

fn is_stretch(list: &[frames::ReceiptUser], is_first: bool, count: usize, page: &frames::ReceiptUsers) -> bool {
    let (users, is_last) = (&page.users, page.page_token.is_empty());
    let fits = users.len() <= count && page.total as usize == list.len();
    let begin = match (is_first, users.first()) {
        (true, _) => 0,
        (false, Some(first)) => list.iter().position(|user| user.user_id == first.user_id).unwrap_or(usize::MAX),
        (false, None) => list.len(),
    };
    let end = begin.saturating_add(users.len());
    fits && list.get(begin..end) == Some(users.as_slice()) && is_last == (end == list.len())
}

fn are_conversations(all: &[frames::ConversationInfo], is_first: bool, page: frames::Conversations) -> bool {
    let named: BTreeSet<Option<Place>> =
        page.items.iter().map(|item| item.conversation.as_ref().map(Place::of_wire)).collect();
    let is_whole = is_first && page.page_token.is_empty();
    let count = page.items.len();
    let known = page.items.into_iter().all(|info| {
        let last_message = info.last_message.map(bare_message);
        all.contains(&frames::ConversationInfo { last_message, title: String::new(), ..info })
    });
    known && named.len() == count && (!is_whole || count == all.len())
}

/// Without what the model does not know.
fn bare(result: reply::Result) -> reply::Result {
    match result {
        reply::Result::Message(message) => reply::Result::Message(bare_message(message)),
        reply::Result::History(history) => reply::Result::History(frames::History {
            messages: history.messages.into_iter().map(bare_message).collect(),
            ..history
        }),
        other => other,
    }
}

fn bare_message(message: frames::Message) -> frames::Message {
    frames::Message { sequence: 0, sent_at_ms: 0, ..message }
}

/// What a look at the model gives to this user. `None`: the call looks nothing up.
pub fn look_up(model: &Model, app: &AppKey, user: &UserId, call: &Call) -> Option<Verdict> {
    let look = Look { model, app, user };
    let verdict = match call {
        Call::GetHistory(call) => look.history(call),
        Call::GetMessage(call) if call.conversation.is_none() => look.find(&call.message_uid),
        Call::GetMessage(call) => look.get(call),
        Call::ListConversations(call) => Ok(look.conversations(call)),
        Call::GetUsers(call) => look.names(call),
        Call::GetReceiptCounts(call) => look.counts(call),
        Call::ListReceiptUsers(call) => look.users(call),
        Call::FindReceiptUsers(call) => look.find_users(call),
        Call::GetReaders(call) => look.readers(call),
        _ => return None,
    };
    Some(verdict.unwrap_or_else(Verdict::Code))
}

struct Look<'a> {
    model: &'a Model,
    app: &'a AppKey,
    user: &'a UserId,
}

impl<'a> Look<'a> {
    fn name(&self, wire: &Option<frames::Conversation>) -> ConversationName {
        Place::of_wire(wire.as_ref().expect("named by every call of the simulator")).name(self.app)
    }

    fn enter(&self, wire: &Option<frames::Conversation>) -> Result<ConversationName, Code> {
        let name = self.name(wire);
        self.model.enter(&name, self.user).map(|_| name)
    }

    /// An own message and its request.
    fn own(&self, name: &ConversationName, uid: &str) -> Result<&'a Request, Code> {
        let message = parse(uid).and_then(|uid| self.model.message(name, uid));
        let message = message.ok_or(Code::RECEIPT_MESSAGE_NOT_FOUND)?;
        match message {
            message if message.sender != *self.user => Err(Code::RECEIPT_NOT_SENDER),
            message if message.recalled => Err(Code::RECEIPT_MESSAGE_NOT_FOUND),
            message => message.request.as_ref().ok_or(Code::RECEIPT_NOT_REQUESTED),
        }
    }

    fn history(&self, call: &frames::GetHistory) -> Result<Verdict, Code> {
        let name = self.enter(&call.conversation)?;
        let messages = &self.model.conversations[&name].messages;
        let view = |(uid, message): (&MessageUid, &Message)| self.view(&name, *uid, message);
        let from = parse(&call.from_message_uid);
        let (count, mut found): (_, Vec<_>) = match call.order() {
            frames::TimeOrder::Before => {
                let before = messages.range(..from.unwrap_or(MessageUid::MAX)).rev();
                (call.count as usize, before.map(view).collect())
            }
            frames::TimeOrder::After => {
                let after = messages.iter().filter(|(uid, _)| from.is_none_or(|from| **uid > from));
                (call.count as usize, after.map(view).collect())
            }
        };
        let more = found.len() > count;
        found.truncate(count);
        Ok(Verdict::Is(Box::new(reply::Result::History(frames::History { messages: found, more }))))
    }

    fn get(&self, call: &frames::GetMessage) -> Result<Verdict, Code> {
        let name = self.enter(&call.conversation)?;
        let uid = parse(&call.message_uid).ok_or(Code::MESSAGE_UID_INVALID)?;
        let message = self.model.message(&name, uid).ok_or(Code::RECEIPT_MESSAGE_NOT_FOUND)?;
        Ok(Verdict::Is(Box::new(reply::Result::Message(self.view(&name, uid, message)))))
    }

    fn find(&self, uid: &str) -> Result<Verdict, Code> {
        let uid = parse(uid).ok_or(Code::MESSAGE_UID_INVALID)?;
        let found = self.names_of_own().find_map(|name| Some((name, self.model.message(name, uid)?)));
        let (name, message) = found.ok_or(Code::RECEIPT_MESSAGE_NOT_FOUND)?;
        let conversation = Some(Place::of_name(name).wire());
        let message = frames::Message { conversation, ..self.view(name, uid, message) };
        Ok(Verdict::Is(Box::new(reply::Result::Message(message))))
    }

    /// The open conversations that this user is in.
    fn names_of_own(&self) -> impl Iterator<Item = &'a ConversationName> {
        let Self { model, app, user } = *self;
        let open = model.conversations.iter().filter(|(_, conversation)| conversation.is_open);
        open.map(|(name, _)| name).filter(move |name| name.group.app == *app && model.is_member(&name.group, user))
    }

    fn conversations(&self, call: &frames::ListConversations) -> Verdict {
        let all = self.names_of_own().map(|name| {
            let newest = self.model.conversations[name].messages.iter().rev().take(NEWEST_LOOKED_AT);
            let newest = newest.filter(|(_, message)| !message.recalled).map(|(uid, message)| (*uid, message)).next();
            frames::ConversationInfo {
                conversation: Some(Place::of_name(name).wire()),
                title: String::new(),
                members: self.model.group(&name.group).map_or(0, |group| group.members.len() as u32),
                last_message: newest.map(|(uid, message)| self.view(name, uid, message)),
            }
        });
        Verdict::Conversations { all: all.collect(), is_first: call.page_token.is_empty() }
    }

    fn names(&self, call: &frames::GetUsers) -> Result<Verdict, Code> {
        let name = self.enter(&call.conversation)?;
        let ever = &self.model.groups[&name.group].ever;
        let known = call.user_ids.iter().filter(|id| ever.iter().any(|user| user.as_str() == *id));
        let items = known.map(|id| frames::UserInfo { user_id: id.clone(), ..Default::default() }).collect();
        Ok(Verdict::Is(Box::new(reply::Result::Users(frames::Users { items }))))
    }

    fn counts(&self, call: &frames::GetReceiptCounts) -> Result<Verdict, Code> {
        let name = self.enter(&call.conversation)?;
        let items = call.message_uids.iter().map(|uid| {
            let counts = self.own(&name, uid).map(|request| counts(self.model, &name.group, request));
            let code = counts.as_ref().err().map_or(0, |code| code.0);
            frames::MessageReceiptCounts { message_uid: uid.clone(), code, counts: counts.ok() }
        });
        let items = items.collect();
        Ok(Verdict::Is(Box::new(reply::Result::ReceiptCounts(frames::ReceiptCountsList { items }))))
    }

    fn users(&self, call: &frames::ListReceiptUsers) -> Result<Verdict, Code> {
        let name = self.enter(&call.conversation)?;
        let request = self.own(&name, &call.message_uid)?;
        let silent = |present, status: ReceiptStatus| {
            let users = self.model.silent(&name.group, request, present).into_iter();
            users.map(|user| receipt_user(&user, None, status)).collect()
        };
        let list = match (call.status(), call.order()) {
            (ReceiptStatus::Unread, _) => silent(true, ReceiptStatus::Unread),
            (ReceiptStatus::Left, _) => silent(false, ReceiptStatus::Left),
            (status @ ReceiptStatus::Read, order) => {
                let readers = request.readers.iter().map(|(user, at)| receipt_user(user, Some(*at), status));
                match order {
                    frames::ReceiptOrder::Ascending => readers.collect(),
                    frames::ReceiptOrder::Descending => readers.rev().collect::<Vec<_>>(),
                }
            }
        };
        Ok(Verdict::Users { list, is_first: call.page_token.is_empty(), count: call.count as usize })
    }

    fn find_users(&self, call: &frames::FindReceiptUsers) -> Result<Verdict, Code> {
        let name = self.enter(&call.conversation)?;
        let request = self.own(&name, &call.message_uid)?;
        let asked = call.user_ids.iter().filter_map(|id| request.audience.iter().find(|user| user.as_str() == *id));
        let users = asked.map(|user| {
            let read_at = request.readers.iter().find(|(reader, _)| reader == user).map(|(_, at)| *at);
            let status = match (read_at, self.model.is_member(&name.group, user)) {
                (Some(_), _) => ReceiptStatus::Read,
                (None, true) => ReceiptStatus::Unread,
                (None, false) => ReceiptStatus::Left,
            };
            receipt_user(user, read_at, status)
        });
        let users = frames::ReceiptUsers { users: users.collect(), ..Default::default() };
        Ok(Verdict::Is(Box::new(reply::Result::ReceiptUsers(users))))
    }

    fn readers(&self, call: &frames::GetReaders) -> Result<Verdict, Code> {
        let name = self.enter(&call.conversation)?;
        let request = self.own(&name, &call.message_uid)?;
        let count = (call.count as usize).min(READERS_MAX);
        let readers = readers(request, call.from_ordinal as usize, count);
        Ok(Verdict::Is(Box::new(reply::Result::Readers(readers))))
    }

    fn view(&self, name: &ConversationName, uid: MessageUid, message: &Message) -> frames::Message {
        viewed(self.model, self.user, name, uid, message)
    }
}

/// A message as this member sees it, wherever it is given.
pub fn viewed(
    model: &Model,
    user: &UserId,
    name: &ConversationName,
    uid: MessageUid,
    message: &Message,
) -> frames::Message {
    let receipt = message.request.as_ref().and_then(|request| match &message.sender == user {
        true => Some(frames::ReceiptInfo {
            requested: true,
            answered: false,
            readers: Some(readers(request, 0, READERS_MAX)),
            counts: Some(counts(model, &name.group, request)),
        }),
        false if request.audience.contains(user) => {
            let answered = request.has_answered(user);
            Some(frames::ReceiptInfo { requested: true, answered, ..Default::default() })
        }
        false => None,
    });
    frames::Message { receipt, ..said(uid, message) }
}

fn said(uid: MessageUid, message: &Message) -> frames::Message {
    frames::Message {
        uid: uid.to_string(),
        sender_id: message.sender.to_string(),
        client_ref: message.client_ref.to_string(),
        recalled: message.recalled,
        content: codec::decode(&message.content, usize::MAX).ok().filter(|_| !message.recalled),
        ..Default::default()
    }
}

pub fn readers(request: &Request, from: usize, count: usize) -> frames::Readers {
    let mut wire = frames::Readers { first_ordinal: from as u32, ..Default::default() };
    let mut before = 0;
    for (user, at) in request.readers.iter().skip(from).take(count) {
        wire.user_ids.push(user.to_string());
        wire.times_ms.push(at.0 as i64 - before);
        before = at.0 as i64;
    }
    wire
}

fn counts(model: &Model, group: &GroupName, request: &Request) -> frames::ReceiptCounts {
    let read = request.readers.len() as u32;
    let silent = |present| model.silent(group, request, present).len() as u32;
    let (unread, left) = (silent(true), silent(false));
    frames::ReceiptCounts { read, unread, left, total: read + unread }
}

fn receipt_user(user: &UserId, read_at: Option<Timestamp>, status: ReceiptStatus) -> frames::ReceiptUser {
    frames::ReceiptUser { user_id: user.to_string(), read_at_ms: read_at.map_or(0, |at| at.0), status: status.into() }
}

fn parse(uid: &str) -> Option<MessageUid> {
    MessageUid::parse(uid).ok()
}
