//! Messages: publishing to groups and ultra groups, recalling, and reading by id.

use std::num::NonZeroU32;

use prost::Message as _;
use seenby_core::{ConversationName, GroupKind};
use seenby_protocol::frames;
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::Form;
use super::reply::{Fault, Reply};
use super::{Answer, Desk, content};
use crate::administration::{NewMessage, conversation_name};
use crate::api::rates::MESSAGES;
use crate::queries::ViewedMessage;

/// Messages of up to 128 KiB each.
const MESSAGES_READ_MAX: usize = 20;

/// The vendor's numbers for kinds of conversation.
const GROUP: u64 = 3;
const ULTRA_GROUP: u64 = 10;

pub(super) async fn publish(desk: &Desk<'_>, form: &Form) -> Answer {
    let hidden_from_sender = !form.flag("isIncludeSender")?;
    publish_to(desk, form, (GroupKind::Group, "toGroupId"), None, hidden_from_sender).await
}

/// The vendor documents a JSON body with `toGroupIds`; some of its SDKs send a form. The sender's devices get it always.
pub(super) async fn publish_to_ultra_groups(desk: &Desk<'_>, form: &Form) -> Answer {
    let targets = if form.has("toGroupId") { "toGroupId" } else { "toGroupIds" };
    publish_to(desk, form, (GroupKind::UltraGroup, targets), form.filled("busChannel")?, false).await
}

async fn publish_to(
    desk: &Desk<'_>,
    form: &Form,
    (kind, targets): (GroupKind, &str),
    channel: Option<&str>,
    hidden_from_sender: bool,
) -> Answer {
    if form.has("toUserId") || form.has("toUserIds") {
        // To send it to everybody instead would be worse than not to send it.
        return Err(Fault::restricted("a message to some members of a group (toUserId) cannot be sent here"));
    }
    let sender = form.id("fromUserId")?.to_owned();
    let groups = form.ids(targets, desk.api.settings.targets_per_message_max)?;
    let conversations = groups
        .iter()
        .map(|id| Ok(conversation_name(desk.group(kind, id)?, channel)?))
        .collect::<Result<Vec<_>, Fault>>()?;
    if conversations.iter().enumerate().any(|(place, name)| conversations[..place].contains(name)) {
        return Err(Fault::parameter("a group is named twice"));
    }
    let content = content::read(form)?;
    let need_receipt = form.flag("needReadReceipt")?;
    let count = NonZeroU32::new(groups.len() as u32).unwrap_or(NonZeroU32::MIN);
    desk.api.rates.check_many(&desk.app, MESSAGES, count)?;
    let reference = reference(desk, form, &conversations, &sender).await?;
    let message = NewMessage { sender, conversations, content, need_receipt, hidden_from_sender, reference };
    let sent = desk.administration.publish(message).await?;
    let uids = groups.iter().zip(sent);
    let uids: Vec<Value> =
        uids.map(|(id, sent)| json!({ "groupId": id, "messageUID": sent.uid.to_string() })).collect();
    Ok(Reply::done().with("messageUIDs", uids))
}

/// `msgRandom`: the same number of the same sender is the same message, for a minute or two.
async fn reference(
    desk: &Desk<'_>,
    form: &Form,
    conversations: &[ConversationName],
    sender: &str,
) -> Result<Option<String>, Fault> {
    let Some(number) = form.filled("msgRandom")? else { return Ok(None) };
    let number = number.parse().map_err(|_| Fault::parameter("msgRandom is not a number of 64 bits"))?;
    Ok(Some(desk.administration.passing_reference(conversations, sender, number).await?))
}

pub(super) async fn recall(desk: &Desk<'_>, form: &Form) -> Answer {
    let sender = form.id("fromUserId")?;
    let (target, uid) = (form.id("targetId")?, form.one("messageUID")?);
    let kind = match form.number("conversationType")? {
        Some(GROUP) => GroupKind::Group,
        Some(ULTRA_GROUP) => GroupKind::UltraGroup,
        Some(_) => return Err(Fault::restricted("only messages of groups (3) and ultra groups (10) can be recalled")),
        None => return Err(Fault::parameter("conversationType is missing")),
    };
    let conversation = conversation_name(desk.group(kind, target)?, form.filled("busChannel")?)?;
    desk.administration.recall(&conversation, uid, Some(sender)).await?;
    Ok(Reply::done())
}

/// A message of which the id is known, as the vendor's SDKs name it.
#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "msgUID")]
    uid: String,
    #[serde(rename = "busChannel", default)]
    channel: String,
}

/// What is not there, or not any more, is left out.
pub(super) async fn of_ultra_group(desk: &Desk<'_>, form: &Form) -> Answer {
    let id = form.id("groupId")?;
    let group = desk.group(GroupKind::UltraGroup, id)?;
    desk.administration.check_live(&group).await?;
    let channel = form.filled("busChannel")?;
    let wanted = wanted(form.one("msgs")?)?.into_iter().map(|wanted| {
        let own_channel = Some(wanted.channel).filter(|channel| !channel.is_empty());
        (own_channel.or_else(|| channel.map(str::to_owned)), wanted.uid)
    });
    let found = desk.administration.messages(group, wanted.collect()).await?;
    let found: Vec<Value> = found.iter().filter_map(|(conversation, viewed)| shown(id, conversation, viewed)).collect();
    Ok(Reply::done().with("data", found))
}

fn wanted(text: &str) -> Result<Vec<Wanted>, Fault> {
    let wanted: Vec<Wanted> = serde_json::from_str(text)
        .map_err(|error| Fault::parameter(format!("msgs is a JSON list of objects with a msgUID: {error}")))?;
    match wanted.len() {
        1..=MESSAGES_READ_MAX => Ok(wanted),
        count => Err(Fault::parameter(format!("msgs names {count} messages; 1 to {MESSAGES_READ_MAX} can be read"))),
    }
}

/// `None`: of a kind that this version does not know.
fn shown(group: &str, conversation: &ConversationName, ViewedMessage { message, .. }: &ViewedMessage) -> Option<Value> {
    let content = frames::Content::decode(message.content.as_slice()).ok()?;
    let expansion = content.expansion.clone();
    let entries = expansion.iter().flat_map(|expansion| &expansion.entries);
    let entries: serde_json::Map<_, _> = entries.map(|entry| (entry.key.clone(), entry.value.clone().into())).collect();
    let extra_content = if entries.is_empty() { String::new() } else { Value::Object(entries).to_string() };
    let (object_name, content) = content::write(content)?;
    Some(json!({
        "fromUserId": message.sender.as_str(),
        "groupId": group,
        "sentTime": message.sent_at.0,
        "busChannel": conversation.channel.as_ref().map(|channel| channel.as_str()),
        "msgUID": message.key.uid.to_string(),
        "objectName": object_name,
        "content": content,
        "expansion": expansion.is_some(),
        "extraContent": extra_content,
    }))
}
