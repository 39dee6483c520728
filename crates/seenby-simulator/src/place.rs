//! A conversation, whichever app it is in: as the core, the wire and the SDK name it.

use seenby_client::{Conversation, ConversationType};
use seenby_core::{AppKey, ChannelId, ConversationName, GroupId, GroupKind, GroupName};
use seenby_protocol::frames;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub group: String,
    /// `None`: a plain group.
    pub channel: Option<String>,
}

impl Place {
    pub fn of(conversation: &Conversation) -> Self {
        let is_ultra = conversation.conversation_type() == ConversationType::UltraGroup;
        let channel = is_ultra.then(|| conversation.channel_id().unwrap_or("RCDefault").to_owned());
        Self { group: conversation.target_id().to_owned(), channel }
    }

    pub fn of_wire(wire: &frames::Conversation) -> Self {
        let is_ultra = wire.r#type() == frames::ConversationType::UltraGroup;
        let channel = if wire.channel_id.is_empty() { "RCDefault" } else { &wire.channel_id };
        Self { group: wire.target_id.clone(), channel: is_ultra.then(|| channel.to_owned()) }
    }

    pub fn of_name(name: &ConversationName) -> Self {
        Self { group: name.group.id.to_string(), channel: name.channel.as_ref().map(ToString::to_string) }
    }

    pub fn conversation(&self) -> Conversation {
        match &self.channel {
            None => Conversation::group(&self.group),
            Some(channel) => Conversation::ultra_group(&self.group, Some(channel)),
        }
    }

    pub fn wire(&self) -> frames::Conversation {
        let kind = match &self.channel {
            None => frames::ConversationType::Group,
            Some(_) => frames::ConversationType::UltraGroup,
        };
        let channel_id = self.channel.clone().unwrap_or_default();
        frames::Conversation { r#type: kind.into(), target_id: self.group.clone(), channel_id }
    }

    pub fn group_name(&self, app: &AppKey) -> GroupName {
        let kind = if self.channel.is_some() { GroupKind::UltraGroup } else { GroupKind::Group };
        GroupName { app: app.clone(), kind, id: GroupId::new(&self.group).expect("a good name") }
    }

    pub fn name(&self, app: &AppKey) -> ConversationName {
        ConversationName::new(self.group_name(app), self.channel_id())
    }

    pub fn channel_id(&self) -> Option<ChannelId> {
        self.channel.as_ref().map(|channel| ChannelId::new(channel).expect("a good name"))
    }
}
