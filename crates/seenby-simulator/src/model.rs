//! What is right, told as simply as it can be: names in sets, one call after another. Knows the contract, and nothing of
//! slots, bitmaps, blocks, batches or stores.

use std::collections::{BTreeMap, BTreeSet};

use seenby_core::{
    AppKey, Call, ClientRef, ConversationName, Draft, GroupKind, GroupName, MessageUid, Publication, Timestamp, UserId,
};
use seenby_protocol::Code;

use crate::verdict::Verdict;

/// What should be true after a number of calls.
#[derive(Clone, Default)]
pub struct Model {
    pub groups: BTreeMap<GroupName, Group>,
    pub conversations: BTreeMap<ConversationName, Conversation>,
    pub blocked: BTreeSet<(AppKey, UserId)>,
    uids: BTreeSet<MessageUid>,
    /// Counts the calls: what happened before what.
    now: u64,
}

#[derive(Clone, Default)]
pub struct Group {
    /// With the call that took each in.
    pub members: BTreeMap<UserId, u64>,
    /// Everybody who ever was in, in the order of first coming.
    pub ever: Vec<UserId>,
    pub dismissed: bool,
}

#[derive(Clone, Default)]
pub struct Conversation {
    pub is_open: bool,
    pub messages: BTreeMap<MessageUid, Message>,
    sent: BTreeMap<(UserId, ClientRef), MessageUid>,
    /// Let go because of age.
    pub expired: BTreeSet<MessageUid>,
}

#[derive(Clone)]
pub struct Message {
    pub sender: UserId,
    pub client_ref: ClientRef,
    pub content: Vec<u8>,
    pub hidden_from_sender: bool,
    pub recalled: bool,
    /// The call that sent it, and the one that took it back.
    pub sent: u64,
    pub taken_back: u64,
    members_at_send: BTreeSet<UserId>,
    pub request: Option<Request>,
}

#[derive(Clone)]
pub struct Request {
    pub asked: u64,
    pub audience: BTreeSet<UserId>,
    /// In the order of acceptance.
    pub readers: Vec<(UserId, Timestamp)>,
}

impl Request {
    pub fn has_answered(&self, user: &UserId) -> bool {
        self.readers.iter().any(|(reader, _)| reader == user)
    }
}

/// The id that a message was given, if there is one.
pub type SentAs<'a> = &'a dyn Fn(&ConversationName, &UserId, &ClientRef) -> Option<MessageUid>;

/// Looking.
impl Model {
    pub fn group(&self, name: &GroupName) -> Option<&Group> {
        self.groups.get(name)
    }

    pub fn is_member(&self, group: &GroupName, user: &UserId) -> bool {
        self.joined(group, user).is_some()
    }

    /// The call that took this member in.
    pub fn joined(&self, group: &GroupName, user: &UserId) -> Option<u64> {
        self.groups.get(group)?.members.get(user).copied()
    }

    pub fn message(&self, name: &ConversationName, uid: MessageUid) -> Option<&Message> {
        self.conversations.get(name)?.messages.get(&uid)
    }

    pub fn has_expired(&self, name: &ConversationName, uid: MessageUid) -> bool {
        self.conversations.get(name).is_some_and(|conversation| conversation.expired.contains(&uid))
    }

    /// Asked and silent, by whether they are in the group now, in the order of first coming.
    pub fn silent(&self, group: &GroupName, request: &Request, present: bool) -> Vec<UserId> {
        let Some(group) = self.groups.get(group) else { return Vec::new() };
        let silent = group.ever.iter().filter(|user| request.audience.contains(*user) && !request.has_answered(user));
        silent.filter(|user| group.members.contains_key(*user) == present).cloned().collect()
    }

    /// Whether this user may call here.
    pub fn enter(&self, name: &ConversationName, user: &UserId) -> Result<&Conversation, Code> {
        match name.group.kind {
            _ if self.is_member(&name.group, user) => self.open(name),
            GroupKind::Group => Err(Code::NOT_IN_GROUP),
            GroupKind::UltraGroup => Err(Code::NOT_IN_ULTRA_GROUP),
        }
    }

    fn open(&self, name: &ConversationName) -> Result<&Conversation, Code> {
        let open = self.conversations.get(name).filter(|conversation| conversation.is_open);
        open.ok_or(Code::ULTRA_GROUP_CHANNEL_NOT_EXIST)
    }

    fn open_for_back_end(&self, name: &ConversationName) -> Result<&Conversation, Code> {
        match self.groups.get(&name.group).is_some_and(|group| !group.dismissed) {
            true => self.open(name),
            false => Err(Code::GROUP_NOT_FOUND),
        }
    }
}

/// A call that was made durable, and what its reply must be. An error: something that must not happen at all.
impl Model {
    pub fn apply(&mut self, call: &Call, now: Timestamp, sent_as: SentAs) -> Result<Verdict, String> {
        self.now += 1;
        let done = |result: Result<(), Code>| Verdict::Code(result.err().unwrap_or(Code::SUCCESS));
        Ok(match call {
            Call::Send { conversation, user, draft } => match self.enter(conversation, user).map(drop) {
                Ok(()) => Verdict::Sent(self.store(conversation, user, draft, false, sent_as)?),
                Err(code) => Verdict::Code(code),
            },
            Call::Ask { conversation, user, uid } => {
                done(self.enter(conversation, user).map(drop).and_then(|()| self.ask(conversation, Some(user), *uid)))
            }
            Call::Recall { conversation, user, uid } => {
                done(self.enter(conversation, user).map(drop).and_then(|()| self.recall(conversation, user, *uid)))
            }
            Call::Answer { conversation, user, uids, .. } => match self.enter(conversation, user).map(drop) {
                Ok(()) => {
                    let answer = |uid: &Option<MessageUid>| self.answer(conversation, user, *uid, now);
                    Verdict::Answered(uids.iter().map(answer).collect())
                }
                Err(code) => Verdict::Code(code),
            },
            Call::AskForSender { conversation, uid } => {
                let open = self.open_for_back_end(conversation).map(drop);
                done(open.and_then(|()| self.ask(conversation, None, *uid)))
            }
            Call::RecallForSender { conversation, user, uid } => {
                let open = self.open_for_back_end(conversation).map(drop);
                done(open.and_then(|()| self.recall(conversation, user, *uid)))
            }
            Call::Publish { conversations, user, publication } => {
                self.publish(conversations, user, publication, sent_as)?;
                Verdict::Code(Code::SUCCESS)
            }
            administrative => {
                self.administer(administrative);
                Verdict::Code(Code::SUCCESS)
            }
        })
    }

    fn store(
        &mut self,
        name: &ConversationName,
        user: &UserId,
        draft: &Draft,
        hidden_from_sender: bool,
        sent_as: SentAs,
    ) -> Result<MessageUid, String> {
        let reference = (user.clone(), draft.client_ref.clone());
        let members = self.groups.get(&name.group).map(|group| group.members.keys().cloned().collect());
        let sent = self.now;
        let conversation = self.conversations.entry(name.clone()).or_default();
        // Sent again: it is the same message.
        if let Some(uid) = conversation.sent.get(&reference) {
            return Ok(*uid);
        }
        let uid = sent_as(name, user, &draft.client_ref).ok_or(format!("{draft:?} is not in the store"))?;
        if !self.uids.insert(uid) {
            return Err(format!("{uid} was given twice"));
        }
        if conversation.messages.last_key_value().is_some_and(|(last, _)| *last >= uid) {
            return Err(format!("{uid} is not behind the messages before it"));
        }
        conversation.sent.insert(reference, uid);
        let message = Message {
            sender: user.clone(),
            client_ref: draft.client_ref.clone(),
            content: draft.content.clone(),
            hidden_from_sender,
            recalled: false,
            sent,
            taken_back: 0,
            members_at_send: members.unwrap_or_default(),
            request: None,
        };
        conversation.messages.insert(uid, message);
        if draft.need_receipt {
            let _ = self.ask(name, None, uid);
        }
        Ok(uid)
    }

    /// `user`: only the sender may. A back end asks for the sender.
    fn ask(&mut self, name: &ConversationName, user: Option<&UserId>, uid: MessageUid) -> Result<(), Code> {
        let present: BTreeSet<UserId> =
            self.groups.get(&name.group).map(|group| group.members.keys().cloned().collect()).unwrap_or_default();
        let asked = self.now;
        let message = self.message_mut(name, uid).ok_or(Code::RECEIPT_MESSAGE_NOT_FOUND)?;
        if user.is_some_and(|user| message.sender != *user) {
            return Err(Code::RECEIPT_NOT_SENDER);
        }
        if message.recalled {
            return Err(Code::RECEIPT_MESSAGE_NOT_FOUND);
        }
        let audience = message.members_at_send.intersection(&present).filter(|member| **member != message.sender);
        let audience = audience.cloned().collect();
        message.request.get_or_insert(Request { asked, audience, readers: Vec::new() });
        Ok(())
    }

    fn recall(&mut self, name: &ConversationName, user: &UserId, uid: MessageUid) -> Result<(), Code> {
        let now = self.now;
        let message = self.message_mut(name, uid).ok_or(Code::RECEIPT_MESSAGE_NOT_FOUND)?;
        if message.sender != *user {
            return Err(Code::RECALL_BY_WRONG_USER);
        }
        if !message.recalled {
            (message.recalled, message.taken_back, message.request) = (true, now, None);
            message.content.clear();
        }
        Ok(())
    }

    fn answer(&mut self, name: &ConversationName, user: &UserId, uid: Option<MessageUid>, now: Timestamp) -> Code {
        let Some(uid) = uid else { return Code::MESSAGE_UID_INVALID };
        let Some(message) = self.message_mut(name, uid).filter(|message| !message.recalled) else {
            return Code::RECEIPT_MESSAGE_NOT_FOUND;
        };
        let Some(request) = &mut message.request else { return Code::RECEIPT_NOT_REQUESTED };
        if !request.audience.contains(user) {
            return Code::NOT_IN_AUDIENCE;
        }
        if !request.has_answered(user) {
            request.readers.push((user.clone(), now));
        }
        Code::SUCCESS
    }

    fn message_mut(&mut self, name: &ConversationName, uid: MessageUid) -> Option<&mut Message> {
        self.conversations.get_mut(name)?.messages.get_mut(&uid)
    }

    fn publish(
        &mut self,
        names: &[ConversationName],
        user: &UserId,
        publication: &Publication,
        sent_as: SentAs,
    ) -> Result<(), String> {
        if names.iter().any(|name| self.open_for_back_end(name).is_err()) {
            return Ok(());
        }
        for name in names {
            self.comes(&name.group, user);
            self.store(name, user, &publication.draft, publication.hidden_from_sender, sent_as)?;
        }
        Ok(())
    }

    fn comes(&mut self, group: &GroupName, user: &UserId) -> &mut Group {
        let group = self.groups.entry(group.clone()).or_default();
        if !group.ever.contains(user) {
            group.ever.push(user.clone());
        }
        group
    }
}

/// Groups, channels and users.
impl Model {
    fn administer(&mut self, call: &Call) {
        match call {
            Call::CreateGroup { group, .. } => {
                self.groups.entry(group.clone()).or_default().dismissed = false;
                self.conversations.entry(ConversationName::new(group.clone(), None)).or_default().is_open = true;
            }
            Call::Dismiss { group } => {
                let group = self.groups.entry(group.clone()).or_default();
                group.members.clear();
                group.dismissed = true;
            }
            Call::Join { group, users } if self.is_alive(group) => {
                let now = self.now;
                for user in users.iter().collect::<BTreeSet<_>>() {
                    self.comes(group, user).members.entry(user.clone()).or_insert(now);
                }
            }
            Call::Leave { group, users } if self.is_alive(group) => {
                let group = self.groups.entry(group.clone()).or_default();
                group.members.retain(|member, _| !users.contains(member));
            }
            Call::CreateChannel { group, channel } if self.is_alive(group) => self.set_channel(group, channel, true),
            Call::DeleteChannel { group, channel } if self.is_alive(group) => self.set_channel(group, channel, false),
            Call::SaveUser { app, user, change } => {
                let user = (app.clone(), user.clone());
                match change.blocked {
                    Some(true) => drop(self.blocked.insert(user)),
                    Some(false) => drop(self.blocked.remove(&user)),
                    None => {}
                }
            }
            _ => {}
        }
    }

    fn is_alive(&self, group: &GroupName) -> bool {
        self.groups.get(group).is_some_and(|group| !group.dismissed)
    }

    fn set_channel(&mut self, group: &GroupName, channel: &seenby_core::ChannelId, is_open: bool) {
        let name = ConversationName::new(group.clone(), Some(channel.clone()));
        self.conversations.entry(name).or_default().is_open = is_open;
    }

    /// A message goes because of its age.
    pub fn expire(&mut self, name: &ConversationName, uid: MessageUid) {
        let Some(conversation) = self.conversations.get_mut(name) else { return };
        if let Some(message) = conversation.messages.remove(&uid) {
            conversation.sent.remove(&(message.sender, message.client_ref));
            conversation.expired.insert(uid);
        }
    }
}
