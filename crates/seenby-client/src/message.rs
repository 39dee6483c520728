//! Messages, as the application sees them.
//!
//! A message is made by `Engine::create_*_message`, has no uid until it is sent, and comes back from `send_message` with
//! one. By its `client_ref`, chosen when it is made, the server knows a message that is sent once more after a failure.

use std::collections::BTreeMap;

use seenby_protocol::content::EXPANSION_ENTRIES_MAX;
use seenby_protocol::{Code, frames};

use crate::error::Parameter;
use crate::{Conversation, GroupReadReceiptInfo, Json, MentionedInfo, UserInfo};

/// A body may have this many bytes.
pub const CONTENT_BYTES_MAX: usize = 128 * 1024;

/// One message.
#[doc(alias = "RCIMIWMessage")]
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Where it is said.
    pub conversation: Conversation,
    /// The server's name for it; `None` until it is sent.
    #[doc(alias = "messageUId")]
    pub message_uid: Option<String>,
    /// The sender's own name for it, chosen when it was made or sent again.
    pub client_ref: String,
    /// Who said it; `None` until it is sent.
    pub sender_user_id: Option<String>,
    /// Whether this user said it.
    pub direction: MessageDirection,
    /// Its place in the conversation's log; 0 until it is sent.
    pub sequence: u64,
    /// Unix milliseconds by the server's clock; 0 until it is sent.
    pub sent_time: u64,
    /// What it says; `None` once it has been recalled.
    pub content: Option<Content>,
    /// Free text of the application, carried along.
    pub extra: String,
    /// What the sender says of itself. The id of the sender is [`sender_user_id`](Self::sender_user_id).
    pub user_info: Option<UserInfo>,
    /// Whose attention the sender asks for.
    pub mentioned_info: Option<MentionedInfo>,
    /// Texts of the application by key; at most 300. `Some`, even if empty, when entries may be added.
    #[doc(alias = "canIncludeExpansion")]
    pub expansion: Option<BTreeMap<String, String>>,
    /// Set before sending: ask for a receipt in the same step.
    pub need_receipt: bool,
    /// What is known of its receipt.
    pub group_read_receipt_info: Option<GroupReadReceiptInfo>,
}

/// Whether a message was said by this user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageDirection {
    /// By this user, on this device or another.
    Send,
    /// By somebody else.
    Receive,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text(String),
    /// What the application defines.
    Custom {
        /// How it is to be treated.
        policy: CustomMessagePolicy,
        /// The application's name of this kind of message.
        identifier: String,
        /// Any JSON, most often an object.
        fields: Json,
    },
    /// A kind that this version does not know.
    Unknown,
}

/// How applications are to treat a custom message; it is carried along, and the server keeps every message alike. The
/// numbers are those of `RCIMIWCustomMessagePolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomMessagePolicy {
    /// A command: not shown, not counted as unread.
    Command = 0,
    /// Shown and counted.
    Normal = 1,
    /// A passing state, such as "is typing".
    Status = 2,
    /// Kept and shown, not counted.
    Storage = 3,
}

/// Which way to go through history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeOrder {
    /// Messages before a moment, newest first; the moment 0 means now.
    #[default]
    Before,
    /// Messages after a moment, oldest first.
    After,
}

/// A page of history.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Nearest to the moment first.
    pub messages: Vec<Message>,
    /// There are more in this direction.
    pub more: bool,
}

impl Message {
    pub(crate) fn draft(conversation: Conversation, client_ref: String, content: Content) -> Self {
        Self {
            conversation,
            message_uid: None,
            client_ref,
            sender_user_id: None,
            direction: MessageDirection::Send,
            sequence: 0,
            sent_time: 0,
            content: Some(content),
            extra: String::new(),
            user_info: None,
            mentioned_info: None,
            expansion: None,
            need_receipt: false,
            group_read_receipt_info: None,
        }
    }

    /// Whether its sender took it back.
    pub fn is_recalled(&self) -> bool {
        self.content.is_none()
    }

    /// The uid, if the message is one that a call about a sent message can name.
    pub(crate) fn sent_uid(&self) -> Result<&str, Parameter> {
        let uid = self.message_uid.as_deref().filter(|uid| !uid.is_empty());
        let uid = uid.ok_or(Parameter::new(Code::MESSAGE_UID_INVALID, "the message has not been sent yet"))?;
        check_uid(uid)?;
        Ok(uid)
    }

    pub(crate) fn to_send(&self) -> Result<frames::SendMessage, Parameter> {
        let content = self.content_to_wire()?;
        if content.body_bytes() > CONTENT_BYTES_MAX {
            return Err(Parameter::new(Code::MESSAGE_TOO_LARGE, "the body has more than 128 KiB"));
        }
        Ok(frames::SendMessage {
            conversation: Some(self.conversation.to_wire()),
            client_ref: self.client_ref.clone(),
            content: Some(content),
            need_receipt: self.need_receipt,
        })
    }

    fn content_to_wire(&self) -> Result<frames::Content, Parameter> {
        let kind = self.content.as_ref().and_then(Content::to_wire);
        Ok(frames::Content {
            kind: Some(kind.ok_or(Parameter::new(Code::PARAM_ERROR, "the message says nothing"))?),
            extra: self.extra.clone(),
            user_info: self.user_info.as_ref().map(UserInfo::to_wire),
            mentioned_info: self.mentioned_info.as_ref().map(MentionedInfo::to_wire).transpose()?,
            expansion: self.expansion.as_ref().map(expansion_to_wire).transpose()?,
        })
    }

    pub(crate) fn from_wire(wire: frames::Message, conversation: &Conversation, user_id: &str) -> Self {
        let direction = match wire.sender_id == user_id {
            true => MessageDirection::Send,
            false => MessageDirection::Receive,
        };
        let receipt = wire.receipt.map(GroupReadReceiptInfo::from_wire);
        let content = wire.content.filter(|_| !wire.recalled);
        let carried = content.clone().unwrap_or_default();
        Self {
            conversation: conversation.clone(),
            message_uid: Some(wire.uid),
            client_ref: wire.client_ref,
            sender_user_id: Some(wire.sender_id),
            direction,
            sequence: wire.sequence,
            sent_time: wire.sent_at_ms,
            content: content.map(|content| Content::from_wire(content.kind)),
            extra: carried.extra,
            user_info: carried.user_info.map(UserInfo::from_wire),
            mentioned_info: carried.mentioned_info.map(MentionedInfo::from_wire),
            expansion: carried.expansion.map(expansion_from_wire),
            need_receipt: receipt.as_ref().is_some_and(|receipt| receipt.read_receipt_message),
            group_read_receipt_info: receipt,
        }
    }
}

pub(crate) fn check_uid(uid: &str) -> Result<(), Parameter> {
    match uid.chars().count() {
        1..=64 => Ok(()),
        _ => Err(Parameter::new(Code::MESSAGE_UID_INVALID, "a message uid has 1 to 64 characters")),
    }
}

fn expansion_to_wire(entries: &BTreeMap<String, String>) -> Result<frames::Expansion, Parameter> {
    if entries.len() > EXPANSION_ENTRIES_MAX {
        return Err(Parameter::new(Code::PARAM_ERROR, "the expansion has more than 300 entries"));
    }
    let entry = |(key, value): (&String, &String)| frames::ExpansionEntry { key: key.clone(), value: value.clone() };
    Ok(frames::Expansion { entries: entries.iter().map(entry).collect() })
}

fn expansion_from_wire(wire: frames::Expansion) -> BTreeMap<String, String> {
    wire.entries.into_iter().map(|entry| (entry.key, entry.value)).collect()
}

impl Content {
    /// `None` for what cannot be sent.
    fn to_wire(&self) -> Option<frames::content::Kind> {
        match self {
            Self::Text(text) if !text.is_empty() => {
                Some(frames::content::Kind::Text(frames::TextContent { text: text.clone() }))
            }
            Self::Custom { policy, identifier, fields } if !identifier.is_empty() => {
                Some(frames::content::Kind::Custom(frames::CustomContent {
                    identifier: identifier.clone(),
                    policy: *policy as u32,
                    fields: fields.text().to_owned(),
                }))
            }
            Self::Text(_) | Self::Custom { .. } | Self::Unknown => None,
        }
    }

    fn from_wire(kind: Option<frames::content::Kind>) -> Self {
        match kind {
            Some(frames::content::Kind::Text(text)) => Self::Text(text.text),
            Some(frames::content::Kind::Custom(custom)) => Self::Custom {
                policy: CustomMessagePolicy::from_number(custom.policy),
                identifier: custom.identifier,
                fields: Json::received(custom.fields),
            },
            None => Self::Unknown,
        }
    }
}

impl CustomMessagePolicy {
    fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Command,
            2 => Self::Status,
            3 => Self::Storage,
            _ => Self::Normal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MentionedType;

    fn draft(content: Content) -> Message {
        Message::draft(Conversation::group("g"), "ref".into(), content)
    }

    fn received(sent: frames::SendMessage) -> Message {
        let wire =
            frames::Message { uid: "u".into(), sender_id: "bob".into(), content: sent.content, ..Default::default() };
        Message::from_wire(wire, &Conversation::group("g"), "alice")
    }

    #[test]
    fn what_is_said_survives_the_wire() {
        let custom = Content::Custom {
            policy: CustomMessagePolicy::Storage,
            identifier: "app:vote".into(),
            fields: Json::new(r#"{ "choices": ["yes"], "ward": 12345678901234567890123 }"#).unwrap(),
        };
        for content in [Content::Text("hello".into()), custom] {
            let mut message = draft(content.clone());
            message.extra = "more".into();
            message.user_info = Some(UserInfo { user_id: "bob".into(), name: "Bob".into(), ..Default::default() });
            let user_ids = vec!["alice".into()];
            message.mentioned_info =
                Some(MentionedInfo { mentioned_type: MentionedType::Part, user_ids, content: "look".into() });
            message.expansion = Some(BTreeMap::from([("bed".into(), "7".into())]));
            let received = received(message.to_send().unwrap());
            assert_eq!((received.content, &*received.extra), (Some(content), "more"));
            assert_eq!(received.user_info, message.user_info);
            assert_eq!(received.mentioned_info, message.mentioned_info);
            assert_eq!(received.expansion, message.expansion);
            assert_eq!(received.direction, MessageDirection::Receive);
        }
    }

    #[test]
    fn fields_that_are_not_json_are_kept_as_text() {
        let custom = frames::CustomContent { identifier: "x".into(), policy: 9, fields: "{oops".into() };
        let kind = Some(frames::content::Kind::Custom(custom));
        let Content::Custom { policy, fields, .. } = Content::from_wire(kind) else { panic!("not custom") };
        assert_eq!((policy, fields.value()), (CustomMessagePolicy::Normal, serde_json::json!("{oops")));
    }

    #[test]
    fn an_empty_or_too_large_message_is_refused_before_it_is_sent() {
        let code = |content| draft(content).to_send().unwrap_err().code;
        assert_eq!(code(Content::Text(String::new())), Code::PARAM_ERROR);
        assert_eq!(code(Content::Text("x".repeat(CONTENT_BYTES_MAX + 1))), Code::MESSAGE_TOO_LARGE);
        assert!(draft(Content::Text("x".repeat(CONTENT_BYTES_MAX))).to_send().is_ok());
        let with = |change: fn(&mut Message)| {
            let mut message = draft(Content::Text("hello".into()));
            change(&mut message);
            message.to_send().unwrap_err().code
        };
        let many = || (0..1_001).map(|number| number.to_string());
        assert_eq!(with(|message| message.extra = "x".repeat(CONTENT_BYTES_MAX)), Code::MESSAGE_TOO_LARGE);
        let mentions = |user_ids| Some(MentionedInfo { user_ids, ..Default::default() });
        let mut message = draft(Content::Text("hello".into()));
        message.mentioned_info = mentions(many().collect());
        assert_eq!(message.to_send().unwrap_err().code, Code::PARAM_ERROR);
        message.mentioned_info = None;
        message.expansion = Some(many().map(|key| (key, String::new())).collect());
        assert_eq!(message.to_send().unwrap_err().code, Code::PARAM_ERROR);
    }
}
