//! The local administration endpoint: HTTP and JSON over a Unix socket. Whoever may open the socket may administer, so
//! its file permissions are the access control.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use seenby_core::commit::UserChange;
use seenby_core::{AppKey, GroupName, KeyRecord, Scope};
use seenby_protocol::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::administration::{Administration, group_name};
use crate::refusal::Refusal;

pub(crate) fn router(administration: Administration) -> Router {
    Router::new()
        .route("/v1/apps", get(list_apps).post(create_app))
        .route("/v1/apps/{key}/secret", post(rotate_secret))
        .route("/v1/keys", get(list_keys).post(create_key))
        .route("/v1/keys/{id}", delete(revoke_key))
        .route("/v1/tokens", post(create_token))
        .route("/v1/users", get(list_users))
        .route("/v1/users/{user}", put(save_user))
        .route("/v1/groups", get(list_groups))
        .route("/v1/groups/{kind}/{group}", get(show_group).put(create_group).delete(dismiss_group))
        .route("/v1/groups/{kind}/{group}/members", get(list_members).post(join).delete(leave))
        .route("/v1/groups/{kind}/{group}/channels", post(create_channel))
        .with_state(administration)
}

type Answer = Result<Json<Value>, Refusal>;

/// Which app; may be left out while there is only one.
#[derive(Deserialize)]
struct InApp {
    app: Option<String>,
}

impl InApp {
    async fn key(&self, administration: &Administration) -> Result<AppKey, Refusal> {
        Ok(administration.find_app(self.app.as_deref()).await?.key)
    }

    async fn group(&self, administration: &Administration, path: &(String, String)) -> Result<GroupName, Refusal> {
        group_name(&self.key(administration).await?, &path.0, &path.1)
    }
}

async fn list_apps(State(administration): State<Administration>) -> Answer {
    let keys: Vec<_> = administration.apps().await?.iter().map(ToString::to_string).collect();
    Ok(Json(json!({ "apps": keys })))
}

#[derive(Deserialize)]
struct NewApp {
    key: String,
}

/// Like [`rotate_secret`], the only time that a secret is shown.
async fn create_app(State(administration): State<Administration>, Json(new): Json<NewApp>) -> Answer {
    let app = administration.create_app(&new.key).await?;
    Ok(Json(json!({ "key": app.key.as_str(), "secret": app.secret.expose() })))
}

async fn rotate_secret(State(administration): State<Administration>, Path(key): Path<String>) -> Answer {
    let app = administration.rotate_secret(&key).await?;
    Ok(Json(json!({ "key": app.key.as_str(), "secret": app.secret.expose() })))
}

#[derive(Deserialize)]
struct NewKey {
    label: String,
    scopes: Vec<String>,
}

/// The only time that the key is shown.
async fn create_key(
    State(administration): State<Administration>,
    Query(in_app): Query<InApp>,
    Json(new): Json<NewKey>,
) -> Answer {
    let scopes = new.scopes.iter().map(|name| scope(name)).collect::<Result<_, _>>()?;
    let made = administration.create_key(&in_app.key(&administration).await?, &new.label, scopes).await?;
    Ok(Json(json!({ "id": made.record.id.as_str(), "key": made.text.expose() })))
}

fn scope(name: &str) -> Result<Scope, Refusal> {
    Scope::named(name).ok_or_else(|| {
        let known: Vec<_> = Scope::ALL.iter().map(|scope| scope.name()).collect();
        Refusal::new(Code::INVALID_PARAMETER, format!("there is no scope {name}; there are {}", known.join(", ")))
    })
}

async fn list_keys(State(administration): State<Administration>, Query(in_app): Query<InApp>) -> Answer {
    let keys = administration.keys(&in_app.key(&administration).await?).await?;
    let shown = |key: &KeyRecord| {
        let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
        json!({ "id": key.id.as_str(), "label": key.label, "scopes": scopes, "created_at_ms": key.created_at.0 })
    };
    Ok(Json(json!({ "keys": keys.iter().map(shown).collect::<Vec<_>>() })))
}

async fn revoke_key(
    State(administration): State<Administration>,
    Path(id): Path<String>,
    Query(in_app): Query<InApp>,
) -> Answer {
    administration.revoke_key(&in_app.key(&administration).await?, &id).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct NewToken {
    user: String,
    lifetime_seconds: u64,
}

async fn create_token(
    State(administration): State<Administration>,
    Query(in_app): Query<InApp>,
    Json(new): Json<NewToken>,
) -> Answer {
    let app = administration.find_app(in_app.app.as_deref()).await?;
    let token = administration.token(&app, &new.user, Duration::from_secs(new.lifetime_seconds)).await?;
    Ok(Json(json!({ "app": app.key.as_str(), "user": new.user, "token": token })))
}

#[derive(Deserialize)]
struct After {
    after: Option<String>,
}

async fn list_users(
    State(administration): State<Administration>,
    Query(in_app): Query<InApp>,
    Query(page): Query<After>,
) -> Answer {
    let users = administration.users(&in_app.key(&administration).await?, page.after.as_deref(), None).await?;
    Ok(Json(json!({ "users": users })))
}

#[derive(Deserialize)]
struct SavedUser {
    name: Option<String>,
    blocked: Option<bool>,
}

async fn save_user(
    State(administration): State<Administration>,
    Path(user): Path<String>,
    Query(in_app): Query<InApp>,
    Json(change): Json<SavedUser>,
) -> Answer {
    let app = in_app.key(&administration).await?;
    let change = UserChange { name: change.name, blocked: change.blocked, ..UserChange::default() };
    let user = administration.save_user(&app, &user, change).await?;
    Ok(Json(json!(user)))
}

#[derive(Deserialize)]
struct AfterGroup {
    after_kind: Option<String>,
    after: Option<String>,
}

async fn list_groups(
    State(administration): State<Administration>,
    Query(in_app): Query<InApp>,
    Query(page): Query<AfterGroup>,
) -> Answer {
    let app = in_app.key(&administration).await?;
    let after = match (&page.after_kind, &page.after) {
        (Some(kind), Some(id)) => Some(group_name(&app, kind, id)?),
        _ => None,
    };
    Ok(Json(json!({ "groups": administration.groups(&app, after.as_ref(), None).await? })))
}

async fn show_group(
    State(administration): State<Administration>,
    Path(path): Path<(String, String)>,
    Query(in_app): Query<InApp>,
) -> Answer {
    Ok(Json(json!(administration.group(&in_app.group(&administration, &path).await?).await?)))
}

#[derive(Deserialize)]
struct NewGroup {
    #[serde(default)]
    title: String,
}

async fn create_group(
    State(administration): State<Administration>,
    Path(path): Path<(String, String)>,
    Query(in_app): Query<InApp>,
    Json(new): Json<NewGroup>,
) -> Answer {
    let group = in_app.group(&administration, &path).await?;
    administration.create_group(&group, &new.title).await?;
    Ok(Json(json!(administration.group(&group).await?)))
}

async fn dismiss_group(
    State(administration): State<Administration>,
    Path(path): Path<(String, String)>,
    Query(in_app): Query<InApp>,
) -> Answer {
    administration.dismiss(&in_app.group(&administration, &path).await?).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    from: u32,
}

async fn list_members(
    State(administration): State<Administration>,
    Path(path): Path<(String, String)>,
    Query(in_app): Query<InApp>,
    Query(page): Query<From>,
) -> Answer {
    let (members, next) = administration.members(&in_app.group(&administration, &path).await?, page.from, None).await?;
    let members: Vec<_> = members.iter().map(ToString::to_string).collect();
    Ok(Json(json!({ "members": members, "next": next })))
}

#[derive(Deserialize)]
struct Users {
    users: Vec<String>,
}

async fn join(
    State(administration): State<Administration>,
    Path(path): Path<(String, String)>,
    Query(in_app): Query<InApp>,
    Json(body): Json<Users>,
) -> Answer {
    administration.join(&in_app.group(&administration, &path).await?, &body.users).await?;
    Ok(Json(json!({})))
}

async fn leave(
    State(administration): State<Administration>,
    Path(path): Path<(String, String)>,
    Query(in_app): Query<InApp>,
    Json(body): Json<Users>,
) -> Answer {
    administration.leave(&in_app.group(&administration, &path).await?, &body.users).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct NewChannel {
    channel: String,
}

async fn create_channel(
    State(administration): State<Administration>,
    Path(path): Path<(String, String)>,
    Query(in_app): Query<InApp>,
    Json(new): Json<NewChannel>,
) -> Answer {
    administration.create_channel(&in_app.group(&administration, &path).await?, &new.channel).await?;
    Ok(Json(json!({})))
}
