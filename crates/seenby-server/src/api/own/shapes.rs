//! Ids and what else comes up in several calls, with the limits that the document promises.

use seenby_core::{AppKey, ConversationName, GroupKind, GroupName};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::administration::{conversation_name, group_id};
use crate::refusal::Refusal;

// These only describe: the handlers take texts, and administration checks them.

/// 1 to 64 characters, none of them a control character.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 64, pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$")]
pub(super) struct UserId(#[expect(dead_code, reason = "it only describes")] String);

/// 1 to 64 characters, none of them a control character.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 64, pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$")]
pub(super) struct GroupId(#[expect(dead_code, reason = "it only describes")] String);

/// 1 to 20 characters, none of them an underscore or a control character.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 20, pattern = r"^[^\u0000-\u001f\u007f-\u009f_]+$")]
pub(super) struct ChannelId(#[expect(dead_code, reason = "it only describes")] String);

/// 1 to 64 characters, none of them a control character.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 64, pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$")]
pub(super) struct Reference(#[expect(dead_code, reason = "it only describes")] String);

/// Four groups of four characters.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 19, pattern = r"^[0-9A-Va-v]{4}-[0-9A-Va-v]{4}-[0-9A-Va-v]{4}-[0-9A-Va-v]{4}$")]
pub(super) struct MessageUid(#[expect(dead_code, reason = "it only describes")] String);

/// A group has one conversation, an ultra group has channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Group,
    UltraGroup,
}

impl From<Kind> for GroupKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Group => Self::Group,
            Kind::UltraGroup => Self::UltraGroup,
        }
    }
}

impl From<GroupKind> for Kind {
    fn from(kind: GroupKind) -> Self {
        match kind {
            GroupKind::Group => Self::Group,
            GroupKind::UltraGroup => Self::UltraGroup,
        }
    }
}

pub(super) fn named_group(app: &AppKey, kind: Kind, id: &str) -> Result<GroupName, Refusal> {
    Ok(GroupName { app: app.clone(), kind: kind.into(), id: group_id(id)? })
}

/// Which channel of an ultra group.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InChannel {
    /// Left out, it is `RCDefault`; for a group it is not looked at.
    #[param(value_type = Option<ChannelId>)]
    pub(super) channel: Option<String>,
}

impl InChannel {
    pub(super) fn conversation(&self, app: &AppKey, kind: Kind, group: &str) -> Result<ConversationName, Refusal> {
        conversation_name(named_group(app, kind, group)?, self.channel.as_deref())
    }
}

/// Items of a page unless the call says how many.
const PAGE_SIZE: u32 = 100;

/// How many items, at most, of what this server allows.
pub(super) fn page_size(limit: Option<u32>, max: usize) -> Result<usize, Refusal> {
    match limit.unwrap_or(PAGE_SIZE.min(max as u32)) as usize {
        size if size == 0 || size > max => Err(super::input::invalid(format!("limit is 1 to {max}"))),
        size => Ok(size),
    }
}

/// It worked, and there is nothing more to say.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Done {}
