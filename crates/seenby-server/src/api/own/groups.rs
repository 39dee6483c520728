//! Groups and ultra groups, their members and channels.

use axum::Json;
use seenby_core::{AppKey, GroupKind, GroupName, Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::access::Caller;
use super::input::{Body, Route, Search, invalid};
use super::refused::Refused;
use super::shapes::{ChannelId, Done, GroupId, Kind, UserId, named_group, page_size};
use crate::administration::{Administration, GroupSummary, kind_name};
use crate::cursors;
use crate::refusal::Refusal;

#[derive(Serialize, ToSchema)]
pub(super) struct Group {
    kind: Kind,
    id: String,
    title: String,
    created_at_ms: u64,
    member_count: u64,
    /// Of an ultra group; empty for a group.
    channels: Vec<String>,
}

impl From<GroupSummary> for Group {
    fn from(group: GroupSummary) -> Self {
        let is_plain = group.kind == kind_name(GroupKind::Group);
        Self {
            kind: if is_plain { Kind::Group } else { Kind::UltraGroup },
            id: group.id,
            title: group.title,
            created_at_ms: group.created_at_ms,
            member_count: group.member_count,
            channels: group.channels,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Groups {
    groups: Vec<Group>,
    /// For the next page; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct GroupsPage {
    /// `next` of the page before.
    #[param(max_length = 76, pattern = r"^(group|ultra-group)/[^\u0000-\u001f\u007f-\u009f]{1,64}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// List groups and ultra groups, in order of kind and id
///
/// Dismissed ones are left out, so a page may have fewer than it could.
#[utoipa::path(
    get, path = "/groups", tag = "groups", params(GroupsPage),
    responses((status = 200, description = "A page", body = Groups), Refused)
)]
pub(super) async fn list_groups(caller: Caller, Search(page): Search<GroupsPage>) -> Answer<Groups> {
    let administration = caller.enter(Scope::Groups, "groups.list")?;
    let size = page_size(page.limit, caller.api.page_size_max)?;
    let after = page.cursor.map(|cursor| cursors::group(&caller.app, &cursor)).transpose()?;
    let mut found = administration.groups(&caller.app, after.as_ref(), Some(size + 1)).await?;
    let more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| more).map(cursors::group_cursor);
    let groups = found.into_iter().filter(|group| !group.dismissed).map(Group::from).collect();
    Ok(Json(Groups { groups, next }))
}

/// Get a group
#[utoipa::path(
    get, path = "/groups/{kind}/{group_id}", tag = "groups",
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path)),
    responses((status = 200, description = "The group", body = Group), Refused)
)]
pub(super) async fn get_group(caller: Caller, Route((kind, id)): Route<(Kind, String)>) -> Answer<Group> {
    let administration = caller.enter(Scope::Groups, "groups.get")?;
    shown(administration, &named_group(&caller.app, kind, &id)?).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedGroup {
    #[schema(max_length = 256)]
    title: String,
    /// Taken in; those who are in already stay in.
    #[serde(default)]
    #[schema(value_type = Vec<UserId>, max_items = 1000)]
    members: Vec<String>,
}

/// Make a group, or change the title of one
///
/// A dismissed one comes back to life, without members.
#[utoipa::path(
    put, path = "/groups/{kind}/{group_id}", tag = "groups", request_body = SavedGroup,
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path)),
    responses((status = 200, description = "The group as it is now", body = Group), Refused)
)]
pub(super) async fn save_group(
    caller: Caller,
    Route((kind, id)): Route<(Kind, String)>,
    Body(saved): Body<SavedGroup>,
) -> Answer<Group> {
    let administration = caller.enter(Scope::Groups, "groups.save")?;
    let group = named_group(&caller.app, kind, &id)?;
    check_members(&caller, saved.members.len())?;
    administration.create_group(&group, &saved.title).await?;
    if !saved.members.is_empty() {
        administration.join(&group, &saved.members).await?;
    }
    shown(administration, &group).await
}

/// Dismiss a group: everybody leaves
#[utoipa::path(
    delete, path = "/groups/{kind}/{group_id}", tag = "groups",
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path)),
    responses((status = 200, description = "It is dismissed", body = Done), Refused)
)]
pub(super) async fn dismiss_group(caller: Caller, Route((kind, id)): Route<(Kind, String)>) -> Answer<Done> {
    let administration = caller.enter(Scope::Groups, "groups.dismiss")?;
    administration.dismiss(&named_group(&caller.app, kind, &id)?).await?;
    Ok(Json(Done::default()))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Members {
    user_ids: Vec<String>,
    /// For the next page; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MembersPage {
    /// `next` of the page before.
    #[param(max_length = 9, pattern = "^[0-9]{1,9}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// List members, in the order in which they first came in
#[utoipa::path(
    get, path = "/groups/{kind}/{group_id}/members", tag = "groups",
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path), MembersPage),
    responses((status = 200, description = "A page", body = Members), Refused)
)]
pub(super) async fn list_members(
    caller: Caller,
    Route((kind, id)): Route<(Kind, String)>,
    Search(page): Search<MembersPage>,
) -> Answer<Members> {
    let administration = caller.enter(Scope::Groups, "groups.members")?;
    let (from, size) = (cursors::number(page.cursor.as_deref())?, page_size(page.limit, caller.api.page_size_max)?);
    let group = named_group(&caller.app, kind, &id)?;
    let (members, next) = administration.live_members(&group, from.unwrap_or(0), Some(size)).await?;
    let user_ids = members.iter().map(ToString::to_string).collect();
    Ok(Json(Members { user_ids, next: next.map(|place| place.to_string()) }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MembersChange {
    /// Those who are in already stay in. When the group would grow too large, nobody is taken in.
    #[serde(default)]
    #[schema(value_type = Vec<UserId>, max_items = 1000)]
    add: Vec<String>,
    /// Those who are not in are passed over.
    #[serde(default)]
    #[schema(value_type = Vec<UserId>, max_items = 1000)]
    remove: Vec<String>,
}

/// Take users in, and let users go
#[utoipa::path(
    patch, path = "/groups/{kind}/{group_id}/members", tag = "groups", request_body = MembersChange,
    params(("kind" = Kind, Path), ("group_id" = GroupId, Path)),
    responses((status = 200, description = "The group as it is now", body = Group), Refused)
)]
pub(super) async fn change_members(
    caller: Caller,
    Route((kind, id)): Route<(Kind, String)>,
    Body(change): Body<MembersChange>,
) -> Answer<Group> {
    let administration = caller.enter(Scope::Groups, "groups.change_members")?;
    let group = named_group(&caller.app, kind, &id)?;
    check_members(&caller, change.add.len().max(change.remove.len()))?;
    administration.check_live(&group).await?;
    if !change.remove.is_empty() {
        administration.leave(&group, &change.remove).await?;
    }
    if !change.add.is_empty() {
        administration.join(&group, &change.add).await?;
    }
    shown(administration, &group).await
}

/// Add a channel to an ultra group
///
/// One that is there stays as it is; one that was deleted goes on where it was.
#[utoipa::path(
    put, path = "/groups/ultra-group/{group_id}/channels/{channel}", tag = "groups",
    params(("group_id" = GroupId, Path), ("channel" = ChannelId, Path)),
    responses((status = 200, description = "The ultra group as it is now", body = Group), Refused)
)]
pub(super) async fn create_channel(caller: Caller, Route((id, channel)): Route<(String, String)>) -> Answer<Group> {
    let administration = caller.enter(Scope::Groups, "channels.create")?;
    let group = ultra_group(&caller.app, &id)?;
    administration.create_channel(&group, &channel).await?;
    shown(administration, &group).await
}

/// Delete a channel of an ultra group
///
/// The default channel stays. Messages are kept as long as others, and are there again if the channel is.
#[utoipa::path(
    delete, path = "/groups/ultra-group/{group_id}/channels/{channel}", tag = "groups",
    params(("group_id" = GroupId, Path), ("channel" = ChannelId, Path)),
    responses((status = 200, description = "The ultra group as it is now", body = Group), Refused)
)]
pub(super) async fn delete_channel(caller: Caller, Route((id, channel)): Route<(String, String)>) -> Answer<Group> {
    let administration = caller.enter(Scope::Groups, "channels.delete")?;
    let group = ultra_group(&caller.app, &id)?;
    administration.delete_channel(&group, &channel).await?;
    shown(administration, &group).await
}

fn ultra_group(app: &AppKey, id: &str) -> Result<GroupName, Refusal> {
    named_group(app, Kind::UltraGroup, id)
}

async fn shown(administration: &Administration, group: &GroupName) -> Answer<Group> {
    Ok(Json(administration.live_group(group).await?.into()))
}

fn check_members(caller: &Caller, count: usize) -> Result<(), Refusal> {
    match caller.api.settings.users_per_call_max {
        max if count > max => Err(invalid(format!("{count} users; at most {max}"))),
        _ => Ok(()),
    }
}
