//! Users, and the groups that each is in.

use axum::Json;
use seenby_core::Scope;
use seenby_core::commit::UserChange;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use super::access::Caller;
use super::groups::Group;
use super::input::{Body, Object, Route, Search, invalid};
use super::refused::Refused;
use super::shapes::{GroupId, UserId, page_size};
use crate::administration::UserSummary;

#[derive(Serialize, ToSchema)]
pub(super) struct User {
    id: String,
    name: String,
    /// Address of a picture.
    portrait: String,
    created_at_ms: u64,
    /// A blocked user is signed out and cannot sign in.
    blocked: bool,
    /// When the block ends by itself; left out when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_until_ms: Option<u64>,
    /// Signed in on at least one device.
    online: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Users {
    users: Vec<User>,
    /// For the next page; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersPage {
    /// `next` of the page before.
    #[param(value_type = Option<UserId>)]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// List users, in order of their ids
#[utoipa::path(
    get, path = "/users", tag = "users", params(UsersPage),
    responses((status = 200, description = "A page", body = Users), Refused)
)]
pub(super) async fn list_users(caller: Caller, Search(page): Search<UsersPage>) -> Answer<Users> {
    let administration = caller.enter(Scope::Users, "users.list")?;
    let size = page_size(page.limit, caller.api.page_size_max)?;
    let mut found = administration.users(&caller.app, page.cursor.as_deref(), Some(size + 1)).await?;
    let more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| more).map(|user| user.id.clone());
    let users = found.into_iter().map(|user| view(&caller, user)).collect::<Result<_, _>>()?;
    Ok(Json(Users { users, next }))
}

/// Get a user
#[utoipa::path(
    get, path = "/users/{user_id}", tag = "users", params(("user_id" = UserId, Path)),
    responses((status = 200, description = "The user", body = User), Refused)
)]
pub(super) async fn get_user(caller: Caller, Route(user): Route<String>) -> Answer<User> {
    let administration = caller.enter(Scope::Users, "users.get")?;
    Ok(Json(view(&caller, administration.user(&caller.app, &user).await?)?))
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedUser {
    #[schema(max_length = 128)]
    name: Option<String>,
    /// Address of a picture.
    #[schema(max_length = 1024)]
    portrait: Option<String>,
    /// Blocking signs the user out at once.
    blocked: Option<bool>,
}

/// Register a user, or change one
#[utoipa::path(
    put, path = "/users/{user_id}", tag = "users", params(("user_id" = UserId, Path)), request_body = SavedUser,
    responses((status = 200, description = "The user as it is now", body = User), Refused)
)]
pub(super) async fn save_user(
    caller: Caller,
    Route(user): Route<String>,
    Body(SavedUser { name, portrait, blocked }): Body<SavedUser>,
) -> Answer<User> {
    let administration = caller.enter(Scope::Users, "users.save")?;
    let change = UserChange { name, portrait, blocked, ..UserChange::default() };
    Ok(Json(view(&caller, administration.save_user(&caller.app, &user, change).await?)?))
}

#[derive(Serialize, ToSchema)]
pub(super) struct GroupsOfUser {
    groups: Vec<Group>,
}

/// List the groups and ultra groups that a user is in
#[utoipa::path(
    get, path = "/users/{user_id}/groups", tag = "users", params(("user_id" = UserId, Path)),
    responses((status = 200, description = "All of them", body = GroupsOfUser), Refused)
)]
pub(super) async fn list_groups_of_user(caller: Caller, Route(user): Route<String>) -> Answer<GroupsOfUser> {
    let administration = caller.enter(Scope::Users, "users.groups")?;
    let found = administration.groups_of(&caller.app, &user).await?;
    Ok(Json(GroupsOfUser { groups: found.into_iter().map(Group::from).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedGroups {
    #[schema(value_type = Vec<WantedGroup>, max_items = 1000)]
    groups: Vec<Object<WantedGroup>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedGroup {
    #[schema(value_type = GroupId)]
    id: String,
    #[schema(max_length = 256)]
    title: String,
}

/// Make these the groups that a user is in
///
/// Groups that are not there are made; the user leaves all others. Ultra groups stay as they are. Needs the scope
/// `groups` too.
#[utoipa::path(
    put, path = "/users/{user_id}/groups", tag = "users", params(("user_id" = UserId, Path)),
    request_body = WantedGroups,
    responses((status = 200, description = "All groups and ultra groups of the user", body = GroupsOfUser), Refused)
)]
pub(super) async fn sync_groups(
    caller: Caller,
    Route(user): Route<String>,
    Body(wanted): Body<WantedGroups>,
) -> Answer<GroupsOfUser> {
    caller.check_scope(Scope::Groups)?;
    let administration = caller.enter(Scope::Users, "users.sync_groups")?;
    let max = caller.api.settings.users_per_call_max;
    if wanted.groups.len() > max {
        return Err(invalid(format!("{} groups; at most {max}", wanted.groups.len())));
    }
    let wanted: Vec<_> = wanted.groups.into_iter().map(|Object(group)| (group.id, group.title)).collect();
    administration.sync_groups(&caller.app, &user, &wanted).await?;
    let found = administration.groups_of(&caller.app, &user).await?;
    Ok(Json(GroupsOfUser { groups: found.into_iter().map(Group::from).collect() }))
}

fn view(caller: &Caller, user: UserSummary) -> Result<User, crate::refusal::Refusal> {
    let online = caller.administration().is_online(&caller.app, &user.id)?;
    let UserSummary { id, name, portrait, created_at_ms, blocked, blocked_until_ms } = user;
    let blocked_until_ms = Some(blocked_until_ms).filter(|at| blocked && *at > 0);
    Ok(User { id, name, portrait, created_at_ms, blocked, blocked_until_ms, online })
}
