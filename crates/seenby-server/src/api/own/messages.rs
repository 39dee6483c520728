//! Messages in a user's name.

use std::num::NonZeroU32;

use axum::Json;
use seenby_core::Scope;
use seenby_protocol::frames;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use super::access::Caller;
use super::content::{
    Content, Expansion, MentionedInfo, NewContent, UserInfo, expansion_schema, optional_expansion_schema,
};
use super::input::{Body, Object, Route, Search, invalid};
use super::refused::Refused;
use super::shapes::{ChannelId, Done, GroupId, InChannel, Kind, MessageUid, Reference, UserId, named_group};
use crate::administration::{NewMessage, conversation_name};
use crate::api::rates::MESSAGES;
use crate::refusal::Refusal;
use crate::to_wire;

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
    content: Object<NewContent>,
    #[schema(value_type = Option<UserInfo>)]
    user_info: Option<Object<UserInfo>>,
    #[schema(value_type = Option<MentionedInfo>)]
    mentioned_info: Option<Object<MentionedInfo>>,
    #[schema(schema_with = optional_expansion_schema)]
    expansion: Option<Expansion>,
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
pub(super) async fn publish(caller: Caller, Body(mut new): Body<NewMessageBody>) -> Answer<Published> {
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
        content: new.content()?,
        sender: new.sender_id,
        conversations: conversations.clone(),
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

impl NewMessageBody {
    fn content(&mut self) -> Result<frames::Content, Refusal> {
        let content = std::mem::take(&mut self.content.0).into_wire()?;
        Ok(frames::Content {
            user_info: self.user_info.take().map(|Object(user)| user.into()),
            mentioned_info: self.mentioned_info.take().map(|Object(mentioned)| mentioned.into()),
            expansion: self.expansion.take().map(Into::into),
            ..content
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
    #[serde(skip_serializing_if = "Option::is_none")]
    user_info: Option<UserInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mentioned_info: Option<MentionedInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = expansion_schema)]
    expansion: Option<Expansion>,
    /// What the sender's device or the back end called this message.
    reference: String,
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
    let viewed = administration.message(&conversation, &uid).await?;
    Ok(Json(Message::from_wire(to_wire::message(viewed))))
}

impl Message {
    /// From what clients get, so that both have the same.
    fn from_wire(wire: frames::Message) -> Self {
        let content = wire.content.unwrap_or_default();
        Self {
            message_uid: wire.uid,
            sender_id: wire.sender_id,
            sent_at_ms: wire.sent_at_ms,
            content: Content::from_wire(content.kind, content.extra),
            user_info: content.user_info.map(Into::into),
            mentioned_info: content.mentioned_info.map(Into::into),
            expansion: content.expansion.map(Into::into),
            reference: wire.client_ref,
            receipt_requested: wire.receipt.is_some(),
        }
    }
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
