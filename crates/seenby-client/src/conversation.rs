//! Conversations: where a message is said.
//!
//! A conversation is a group, or one channel of an ultra group. Other types exist on the wire; they have no receipts
//! here, and calls about them are refused before anything is sent.

use seenby_protocol::{Code, frames};
use serde::{Deserialize, Serialize};

use crate::Message;
use crate::error::Parameter;

/// Ids of users and groups have 1 to this many characters.
pub const ID_CHARACTERS_MAX: usize = 64;
/// Longer ones on the wire are of no honest server.
const ID_BYTES_MAX: usize = 4 * ID_CHARACTERS_MAX;
/// Channel ids have at most this many characters, and no underscore.
pub const CHANNEL_ID_CHARACTERS_MAX: usize = 20;
/// The channel of an ultra group that is meant when none is named.
pub const DEFAULT_CHANNEL: &str = "RCDefault";

/// The kind of a conversation. The numbers are those of the source page's `RCIMIWConversationType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ConversationType {
    /// Between two users. No receipts here.
    Private = 1,
    /// A group.
    Group = 2,
    /// A chat room. No receipts here.
    Chatroom = 3,
    /// Messages of the system. No receipts here.
    System = 4,
    /// A channel of an ultra group.
    UltraGroup = 5,
}

/// Names a conversation.
///
/// ```
/// use seenby_client::Conversation;
///
/// let team = Conversation::group("team");
/// let news = Conversation::ultra_group("city", Some("news"));
/// assert_eq!(news.channel_id(), Some("news"));
/// assert_eq!(Conversation::ultra_group("city", None).channel_id(), Some("RCDefault"));
/// assert_eq!(team.channel_id(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Conversation {
    conversation_type: ConversationType,
    target_id: String,
    /// Always there for an ultra group, so that one channel has one name.
    channel_id: Option<String>,
}

impl Conversation {
    /// The conversation of a group.
    pub fn group(group_id: impl Into<String>) -> Self {
        Self::new(ConversationType::Group, group_id, None)
    }

    /// A channel of an ultra group; [`DEFAULT_CHANNEL`] if none is named.
    pub fn ultra_group(group_id: impl Into<String>, channel_id: Option<&str>) -> Self {
        Self::new(ConversationType::UltraGroup, group_id, channel_id)
    }

    /// Any conversation. Only ultra groups have channels; elsewhere `channel_id` is not looked at.
    pub fn new(conversation_type: ConversationType, target_id: impl Into<String>, channel_id: Option<&str>) -> Self {
        let channel_id = (conversation_type == ConversationType::UltraGroup)
            .then(|| channel_id.filter(|id| !id.is_empty()).unwrap_or(DEFAULT_CHANNEL).to_owned());
        Self { conversation_type, target_id: target_id.into(), channel_id }
    }

    /// The kind.
    pub fn conversation_type(&self) -> ConversationType {
        self.conversation_type
    }

    /// The id of the group.
    pub fn target_id(&self) -> &str {
        &self.target_id
    }

    /// The channel, of an ultra group only.
    pub fn channel_id(&self) -> Option<&str> {
        self.channel_id.as_deref()
    }

    pub(crate) fn check(&self) -> Result<(), Parameter> {
        if !matches!(self.conversation_type, ConversationType::Group | ConversationType::UltraGroup) {
            return Err(Parameter::new(Code::CONVERSATION_TYPE_INVALID, "this type of conversation has no receipts"));
        }
        check_target_id(&self.target_id)?;
        check_channel_id(self.channel_id())
    }

    pub(crate) fn from_wire(wire: Option<frames::Conversation>) -> Option<Self> {
        let wire = wire.filter(|wire| wire.target_id.len().max(wire.channel_id.len()) <= ID_BYTES_MAX)?;
        let conversation_type = match frames::ConversationType::try_from(wire.r#type).ok()? {
            frames::ConversationType::Invalid => return None,
            frames::ConversationType::Private => ConversationType::Private,
            frames::ConversationType::Group => ConversationType::Group,
            frames::ConversationType::Chatroom => ConversationType::Chatroom,
            frames::ConversationType::System => ConversationType::System,
            frames::ConversationType::UltraGroup => ConversationType::UltraGroup,
        };
        Some(Self::new(conversation_type, wire.target_id, Some(&wire.channel_id)))
    }

    pub(crate) fn to_wire(&self) -> frames::Conversation {
        frames::Conversation {
            r#type: self.conversation_type as i32,
            target_id: self.target_id.clone(),
            channel_id: self.channel_id.clone().unwrap_or_default(),
        }
    }
}

/// A conversation of this user, as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationInfo {
    /// Which one.
    pub conversation: Conversation,
    /// The title of the group; all channels of an ultra group have the same.
    pub title: String,
    /// How many people are in the group now, this user included.
    pub member_count: u32,
    /// The newest message that is not recalled; `None` if there is none, or none among the newest few.
    pub last_message: Option<Message>,
}

/// A page of a user's conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationPage {
    /// Oldest group first.
    pub conversations: Vec<ConversationInfo>,
    /// Asks for the next page; `None` on the last. A page can be shorter than asked for and have one all the same.
    pub page_token: Option<String>,
}

pub(crate) fn check_target_id(target_id: &str) -> Result<(), Parameter> {
    if target_id.is_empty() {
        return Err(Parameter::new(Code::PARAM_ERROR, "the target id is empty"));
    }
    if target_id.chars().count() > ID_CHARACTERS_MAX {
        return Err(Parameter::new(Code::TARGET_ID_INVALID, "the target id has more than 64 characters"));
    }
    Ok(())
}

pub(crate) fn check_channel_id(channel_id: Option<&str>) -> Result<(), Parameter> {
    let Some(channel_id) = channel_id else { return Ok(()) };
    if channel_id.chars().count() > CHANNEL_ID_CHARACTERS_MAX || channel_id.contains('_') {
        return Err(Parameter::new(
            Code::CHANNEL_ID_INVALID,
            "the channel id has more than 20 characters or an underscore",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_survives_the_wire() {
        for conversation in [Conversation::group("g"), Conversation::ultra_group("u", Some("c"))] {
            assert_eq!(Conversation::from_wire(Some(conversation.to_wire())), Some(conversation));
        }
    }

    #[test]
    fn an_unknown_type_on_the_wire_is_no_conversation() {
        for number in [0, 6, -1, i32::MAX] {
            let wire = frames::Conversation { r#type: number, target_id: "g".into(), channel_id: String::new() };
            assert_eq!(Conversation::from_wire(Some(wire)), None);
        }
    }

    #[test]
    fn arguments_are_refused_with_their_own_codes() {
        let long = "x".repeat(65);
        for (conversation, code) in [
            (Conversation::new(ConversationType::Private, "bob", None), Code::CONVERSATION_TYPE_INVALID),
            (Conversation::group(""), Code::PARAM_ERROR),
            (Conversation::group(&*long), Code::TARGET_ID_INVALID),
            (Conversation::ultra_group("u", Some("a_b")), Code::CHANNEL_ID_INVALID),
            (Conversation::ultra_group("u", Some(&long[..21])), Code::CHANNEL_ID_INVALID),
        ] {
            assert_eq!(conversation.check().unwrap_err().code, code, "{conversation:?}");
        }
        assert!(Conversation::ultra_group("u", Some(&long[..20])).check().is_ok());
    }
}
