//! Tokens: what a user signs in with.

use std::time::Duration;

use axum::Json;
use seenby_core::commit::UserChange;
use seenby_core::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use super::access::Caller;
use super::input::{Body, Route, invalid, whole};
use super::refused::Refused;
use super::shapes::{Done, UserId};
use crate::administration::LIFETIME_MAX;
use crate::api::rates::TOKENS;
use crate::clock;
use crate::refusal::Refusal;

const LIFETIME_SECONDS: u64 = 30 * 86_400;
const LIFETIME_SECONDS_MAX: u64 = LIFETIME_MAX.as_secs();

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(super) struct NewTokenBody {
    #[schema(value_type = UserId)]
    user_id: String,
    /// Changes the user's name, for which the key needs the scope `users` too; one that is left out stays as it is.
    #[schema(max_length = 128)]
    name: Option<String>,
    /// Address of a picture, with the same scope; one that is left out stays as it is.
    #[schema(max_length = 1024)]
    portrait: Option<String>,
    /// 30 days unless given.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 60, maximum = 3153600000_u64)]
    lifetime_seconds: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Token {
    user_id: String,
    /// For the user's device, and for nobody else.
    token: String,
    expires_at_ms: u64,
}

/// Issue a token; registers the user
///
/// Earlier tokens stay good.
#[utoipa::path(
    post, path = "/tokens", tag = "tokens", request_body = NewTokenBody,
    responses((status = 200, description = "The token", body = Token), Refused)
)]
pub(super) async fn create_token(caller: Caller, Body(new): Body<NewTokenBody>) -> Answer<Token> {
    if new.name.is_some() || new.portrait.is_some() {
        caller.check_scope(Scope::Users)?;
    }
    let administration = caller.enter(Scope::Tokens, TOKENS)?;
    let seconds = new.lifetime_seconds.unwrap_or(LIFETIME_SECONDS);
    if !(60..=LIFETIME_SECONDS_MAX).contains(&seconds) {
        return Err(invalid(format!("lifetime_seconds is 60 to {LIFETIME_SECONDS_MAX}")));
    }
    let change = UserChange { name: new.name, portrait: new.portrait, ..UserChange::default() };
    let user = administration.save_user(&caller.app, &new.user_id, change).await?;
    let app = administration.app(&caller.app).await?.ok_or_else(Refusal::internal)?;
    let token = administration.token(&app, &user.id, Duration::from_secs(seconds)).await?;
    Ok(Json(Token { user_id: user.id, token, expires_at_ms: clock::now().0 + seconds * 1_000 }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Expiration {
    /// Tokens issued before this are void; now unless given. A time more than a day ahead of the server's clock is
    /// refused.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 100000000000_u64, maximum = 9007199254740991_u64)]
    before_ms: Option<u64>,
}

/// Make a user's tokens expire
///
/// Whoever is online with one is signed out. It cannot be taken back.
#[utoipa::path(
    post, path = "/users/{user_id}/token-expirations", tag = "tokens", request_body = Expiration,
    params(("user_id" = UserId, Path)),
    responses((status = 200, description = "They are void", body = Done), Refused)
)]
pub(super) async fn expire_tokens(
    caller: Caller,
    Route(user): Route<String>,
    Body(expiration): Body<Expiration>,
) -> Answer<Done> {
    let administration = caller.enter(Scope::Tokens, "token.expire")?;
    let before = expiration.before_ms.unwrap_or_else(|| clock::now().0);
    administration.expire_tokens(&caller.app, &[user], Timestamp(before)).await?;
    Ok(Json(Done::default()))
}
