//! Messages in a user's name.

use std::num::NonZeroU32;

use axum::Json;
use prost::Message as _;
use seenby_core::Scope;
use seenby_protocol::frames::{self, content};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Answer;
use super::access::Caller;
use super::input::{Body, Object, Route, Search, invalid};
use super::refused::Refused;
use super::shapes::{ChannelId, Done, GroupId, InChannel, Kind, MessageUid, Reference, UserId, named_group};
use crate::administration::{NewMessage, conversation_name};
use crate::api::rates::MESSAGES;
use crate::queries::ViewedMessage;

/// Shown and counted as unread.
const NORMAL_POLICY: u32 = 1;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMessage)]
pub(super) struct NewMessageBody {
    /// In whose name; need not be a member.
    #[schema(value_type = UserId)]
    sender_id: String,
    /// All of them get the message, or none.
    #[schema(value_type = Vec<Target>, min_items = 1, max_items = 3)]
    targets: Vec<Object<Target>>,
    #[schema(value_type = Content)]
    content: Object<Content>,
    /// Ask who has read it, in the same step. The sender's devices are told of the readers.
    #[serde(default)]
    need_receipt: bool,
    /// Whether the sender's own devices are sent the message. History has it in any case.
    #[serde(default = "yes")]
    #[schema(default = true)]
    include_sender: bool,
    /// The same reference from the same sender is the same message: a call can be repeated.
    #[schema(value_type = Option<Reference>)]
    reference: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub(super) kind: Kind,
    #[schema(value_type = GroupId)]
    pub(super) group_id: String,
    /// Of an ultra group; left out, it is `RCDefault`. For a group it is not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChannelId>)]
    pub(super) channel: Option<String>,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Content {
    Text(TextContent),
    Custom(CustomContent),
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TextContent {
    /// With `extra`, at most 128 KiB.
    text: String,
    /// Carried along.
    #[serde(default)]
    extra: String,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomContent {
    /// The application's name for this kind of message.
    #[schema(min_length = 1, max_length = 64)]
    identifier: String,
    /// Any JSON. With everything else, at most 128 KiB.
    fields: Value,
    /// Carried along.
    #[serde(default)]
    extra: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Published {
    /// One for each target, in the order of the call.
    messages: Vec<PublishedMessage>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PublishedMessage {
    target: Target,
    message_uid: String,
    sent_at_ms: u64,
}

/// Publish a message in a user's name
///
/// With `need_receipt`, the key needs the scope `receipts` too.
#[utoipa::path(
    post, path = "/messages", tag = "messages", request_body = NewMessageBody,
    responses((status = 200, description = "It is stored", body = Published), Refused)
)]
pub(super) async fn publish(caller: Caller, Body(new): Body<NewMessageBody>) -> Answer<Published> {
    caller.check_scope(Scope::Messages)?;
    if new.need_receipt {
        caller.check_scope(Scope::Receipts)?;
    }
    let conversations = new.targets.iter().map(|Object(target)| {
        conversation_name(named_group(&caller.app, target.kind, &target.group_id)?, target.channel.as_deref())
    });
    let mut conversations: Vec<_> = conversations.collect::<Result<_, _>>()?;
    let max = caller.api.settings.targets_per_message_max;
    if conversations.is_empty() || conversations.len() > max {
        return Err(invalid(format!("1 to {max} targets")));
    }
    // A conversation that is named twice gets the message once, and both places name it.
    let named = conversations.clone();
    conversations.sort();
    conversations.dedup();
    let count = NonZeroU32::new(conversations.len() as u32).unwrap_or(NonZeroU32::MIN);
    caller.api.rates.check_many(&caller.app, MESSAGES, count)?;
    let message = NewMessage {
        sender: new.sender_id,
        conversations: conversations.clone(),
        content: new.content.0.into_wire()?,
        need_receipt: new.need_receipt,
        hidden_from_sender: !new.include_sender,
        reference: new.reference,
    };
    let sent = caller.administration().publish(message).await?;
    let place = |name| conversations.iter().position(|known| known == name).and_then(|place| sent.get(place));
    let messages = new.targets.into_iter().zip(&named).filter_map(|(Object(target), name)| {
        let sent = place(name)?;
        Some(PublishedMessage { target, message_uid: sent.uid.to_string(), sent_at_ms: sent.sent_at.0 })
    });
    Ok(Json(Published { messages: messages.collect() }))
}

impl Content {
    fn into_wire(self) -> Result<frames::Content, crate::refusal::Refusal> {
        Ok(match self {
            Self::Text(TextContent { text, extra }) => {
                frames::Content { kind: Some(content::Kind::Text(frames::TextContent { text })), extra }
            }
            Self::Custom(CustomContent { identifier, fields, extra }) => {
                if identifier.is_empty() || identifier.chars().count() > 64 {
                    return Err(invalid("the identifier has 1 to 64 characters"));
                }
                let fields = fields.to_string();
                let custom = frames::CustomContent { identifier, policy: NORMAL_POLICY, fields };
                frames::Content { kind: Some(content::Kind::Custom(custom)), extra }
            }
        })
    }

    /// `None`: of a kind that this version does not know.
    fn from_wire(wire: frames::Content) -> Option<Self> {
        let extra = wire.extra;
        Some(match wire.kind? {
            content::Kind::Text(text) => Self::Text(TextContent { text: text.text, extra }),
            content::Kind::Custom(custom) => {
                let fields = serde_json::from_str(&custom.fields).unwrap_or(Value::String(custom.fields));
                Self::Custom(CustomContent { identifier: custom.identifier, fields, extra })
            }
        })
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Message {
    message_uid: String,
    sender_id: String,
    sent_at_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
    /// Somebody has asked who has read it.
    receipt_requested: bool,
}

/// Get a message; one that was recalled is not there
#[utoipa::path(
    get, path = "/groups/{kind}/{group_id}/messages/{message_uid}", tag = "messages",
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path), ("message_uid" = MessageUid, Path), InChannel),
    responses((status = 200, description = "The message", body = Message), Refused)
)]
pub(super) async fn get_message(
    caller: Caller,
    Route((kind, group, uid)): Route<(Kind, String, String)>,
    Search(channel): Search<InChannel>,
) -> Answer<Message> {
    let administration = caller.enter(Scope::Messages, "messages.get")?;
    let conversation = channel.conversation(&caller.app, kind, &group)?;
    let ViewedMessage { message, receipt } = administration.message(&conversation, &uid)?;
    Ok(Json(Message {
        message_uid: message.key.uid.to_string(),
        sender_id: message.sender.to_string(),
        sent_at_ms: message.sent_at.0,
        content: frames::Content::decode(message.content.as_slice()).ok().and_then(Content::from_wire),
        receipt_requested: receipt.is_some(),
    }))
}

/// Recall a message, whoever sent it
#[utoipa::path(
    delete, path = "/groups/{kind}/{group_id}/messages/{message_uid}", tag = "messages",
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path), ("message_uid" = MessageUid, Path), InChannel),
    responses((status = 200, description = "Content and receipts are gone", body = Done), Refused)
)]
pub(super) async fn recall_message(
    caller: Caller,
    Route((kind, group, uid)): Route<(Kind, String, String)>,
    Search(channel): Search<InChannel>,
) -> Answer<Done> {
    let administration = caller.enter(Scope::Messages, "messages.recall")?;
    let conversation = channel.conversation(&caller.app, kind, &group)?;
    administration.recall(&conversation, &uid, None).await?;
    Ok(Json(Done::default()))
}
