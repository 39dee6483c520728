//! People: as a conversation lists them, as a message's sender describes itself, and as a message mentions them.

use seenby_protocol::content::MENTIONED_USERS_MAX;
use seenby_protocol::{Code, frames};

use crate::error::Parameter;

/// A person. In a message it is what the sender says of itself, which nobody has checked.
#[doc(alias = "RCIMIWUserInfo")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// The person's id.
    pub user_id: String,
    /// The display name; empty if there is none.
    pub name: String,
    /// The address of a picture. This and what follows is set in messages only.
    pub portrait: String,
    /// Another name, such as one within a group.
    pub alias: String,
    /// Free text of the application.
    pub extra: String,
}

/// Whose attention the sender of a message asks for.
#[doc(alias = "RCIMIWMentionedInfo")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MentionedInfo {
    /// Everybody or some.
    pub mentioned_type: MentionedType,
    /// The users that are meant, at most 1,000.
    pub user_ids: Vec<String>,
    /// A text for notifications.
    pub content: String,
}

/// Who is mentioned. The numbers are those of `RCIMIWMentionedType`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MentionedType {
    /// Everybody in the conversation.
    #[default]
    All = 0,
    /// The users of the list.
    Part = 1,
}

impl UserInfo {
    pub(crate) fn to_wire(&self) -> frames::UserInfo {
        let Self { user_id, name, portrait, alias, extra } = self.clone();
        frames::UserInfo { user_id, name, portrait, alias, extra }
    }

    pub(crate) fn from_wire(wire: frames::UserInfo) -> Self {
        let frames::UserInfo { user_id, name, portrait, alias, extra } = wire;
        Self { user_id, name, portrait, alias, extra }
    }
}

impl MentionedInfo {
    pub(crate) fn to_wire(&self) -> Result<frames::MentionedInfo, Parameter> {
        if self.user_ids.len() > MENTIONED_USERS_MAX {
            return Err(Parameter::new(Code::PARAM_ERROR, "the message mentions more than 1,000 users"));
        }
        Ok(frames::MentionedInfo {
            r#type: self.mentioned_type as i32,
            user_ids: self.user_ids.clone(),
            content: self.content.clone(),
        })
    }

    pub(crate) fn from_wire(wire: frames::MentionedInfo) -> Self {
        let mentioned_type = match wire.r#type() {
            frames::MentionedType::All => MentionedType::All,
            frames::MentionedType::Part => MentionedType::Part,
        };
        Self { mentioned_type, user_ids: wire.user_ids, content: wire.content }
    }
}
