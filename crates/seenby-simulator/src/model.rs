//! What is right, told as simply as it can be: names in sets, one call after another. Knows the contract, and nothing of
//! slots, bitmaps, blocks, batches or stores.

use std::collections::{BTreeMap, BTreeSet};

use seenby_core::{ConversationName, GroupName, MessageUid, UserId};
use seenby_server::machine::Call;

/// What should be true after a number of calls.
#[derive(Default)]
pub struct Model {
    groups: BTreeMap<GroupKey, BTreeSet<UserId>>,
    pub messages: BTreeMap<(ConversationKey, MessageUid), Message>,
}

/// Names as texts, which are in order.
type GroupKey = (String, String, String);
type ConversationKey = (GroupKey, String);

pub struct Message {
    pub conversation: ConversationName,
    pub sender: UserId,
    members_at_send: BTreeSet<UserId>,
    pub recalled: bool,
    pub audience: Option<BTreeSet<UserId>>,
    pub readers: BTreeSet<UserId>,
    /// It has been in the group from then on without a break.
    pub sender_has_stayed: bool,
}

fn group_key(name: &GroupName) -> GroupKey {
    (name.app.to_string(), format!("{:?}", name.kind), name.id.to_string())
}

fn key(name: &ConversationName) -> ConversationKey {
    (group_key(&name.group), name.channel.as_ref().map_or_else(String::new, ToString::to_string))
}

impl Model {
    pub fn members(&self, group: &GroupName) -> BTreeSet<UserId> {
        self.groups.get(&group_key(group)).cloned().unwrap_or_default()
    }

    pub fn is_member(&self, group: &GroupName, user: &UserId) -> bool {
        self.groups.get(&group_key(group)).is_some_and(|members| members.contains(user))
    }

    pub fn message(&self, conversation: &ConversationName, uid: MessageUid) -> Option<&Message> {
        self.messages.get(&(key(conversation), uid))
    }

    /// A call that was made durable. `sent`: the id that a new message was given.
    pub fn apply(&mut self, call: &Call, sent: Option<MessageUid>) {
        match call {
            Call::CreateGroup { group, .. } => drop(self.groups.entry(group_key(group)).or_default()),
            Call::Join { group, users } => {
                self.groups.entry(group_key(group)).or_default().extend(users.iter().cloned());
            }
            Call::Leave { group, users } => {
                self.groups.entry(group_key(group)).or_default().retain(|member| !users.contains(member));
                let in_group = self.messages.values_mut().filter(|message| message.conversation.group == *group);
                in_group
                    .filter(|message| users.contains(&message.sender))
                    .for_each(|message| message.sender_has_stayed = false);
            }
            Call::Send { conversation, user, draft } => {
                let Some(uid) = sent.filter(|_| self.is_member(&conversation.group, user)) else { return };
                let members = self.members(&conversation.group);
                let new = Message {
                    conversation: conversation.clone(),
                    sender: user.clone(),
                    members_at_send: members,
                    recalled: false,
                    audience: None,
                    readers: BTreeSet::new(),
                    sender_has_stayed: true,
                };
                // Sent again: it is the same message.
                self.messages.entry((key(conversation), uid)).or_insert(new);
                if draft.need_receipt {
                    self.ask(conversation, user, uid);
                }
            }
            Call::Ask { conversation, user, uid } => self.ask(conversation, user, *uid),
            Call::Recall { conversation, user, uid } => {
                let is_member = self.is_member(&conversation.group, user);
                if let Some(message) = self.messages.get_mut(&(key(conversation), *uid))
                    && is_member
                    && message.sender == *user
                {
                    message.recalled = true;
                    message.audience = None;
                    message.readers.clear();
                }
            }
            Call::Answer { conversation, user, uids } => {
                let is_member = self.is_member(&conversation.group, user);
                for uid in uids {
                    if let Some(message) = self.messages.get_mut(&(key(conversation), *uid))
                        && is_member
                        && message.audience.as_ref().is_some_and(|audience| audience.contains(user))
                    {
                        message.readers.insert(user.clone());
                    }
                }
            }
            _ => {}
        }
    }

    fn ask(&mut self, conversation: &ConversationName, user: &UserId, uid: MessageUid) {
        let present = self.members(&conversation.group);
        if let Some(message) = self.messages.get_mut(&(key(conversation), uid))
            && present.contains(user)
            && message.sender == *user
            && !message.recalled
            && message.audience.is_none()
        {
            let audience = message.members_at_send.intersection(&present).filter(|member| *member != user);
            message.audience = Some(audience.cloned().collect());
        }
    }
}
