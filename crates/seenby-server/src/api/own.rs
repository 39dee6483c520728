//! Our own server API: JSON, bearer keys, and what the vendor never offered: who has read a message, and when.
//!
//! The handlers are documented where they are declared. What that makes is served as OpenAPI 3.1, checked in as
//! `docs/openapi.json`, and shown by a page that asks nobody else for anything.

#![expect(unused_qualifications, reason = "utoipa makes them of the parameters")]

mod access;
mod content;
mod groups;
mod input;
mod messages;
mod page;
mod receipts;
mod refused;
mod shapes;
mod tokens;
mod users;

use std::sync::Arc;

use axum::routing::get;
use axum::{Router, middleware};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::access::KeyScheme;
use super::{Api, problem};
use crate::refusal::Refusal;

pub(super) const ROOT: &str = "/api/v1";

type Answer<T> = Result<axum::Json<T>, Refusal>;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Seenby server API",
        description = "For back ends: users, tokens, groups, messages, and who has read them. A key is an app's key and \
                       secret, `<app key>:<secret>`, or a scoped one from `seenby key create`. Times are Unix \
                       milliseconds. Refusals are RFC 9457 problems with a code of the table of status codes.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    servers((url = "/api/v1")),
    security(("key" = [])),
    modifiers(&KeyScheme),
    // What only parameters and refusals speak of is not found by itself.
    components(schemas(
        problem::Problem, shapes::UserId, shapes::GroupId, shapes::ChannelId, shapes::MessageUid, shapes::Kind,
        receipts::Status,
    )),
    tags(
        (name = "tokens", description = "What a user signs in with. Scope `tokens`."),
        (name = "users", description = "Scope `users`."),
        (name = "groups", description = "Groups, ultra groups, members and channels. Scope `groups`."),
        (name = "messages", description = "In a user's name, who need not be a member. Scope `messages`."),
        (name = "receipts", description = "Who has read, who has not, who left. Scope `receipts`."),
    ),
)]
struct Description;

fn documented() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(tokens::create_token))
        .routes(routes!(tokens::expire_tokens))
        .routes(routes!(users::list_users))
        .routes(routes!(users::get_user, users::save_user))
        .routes(routes!(users::list_groups_of_user, users::sync_groups))
        .routes(routes!(groups::list_groups))
        .routes(routes!(groups::get_group, groups::save_group, groups::dismiss_group))
        .routes(routes!(groups::list_members, groups::change_members))
        .routes(routes!(groups::create_channel, groups::delete_channel))
        .routes(routes!(messages::publish))
        .routes(routes!(messages::get_message, messages::recall_message))
        .routes(routes!(receipts::request_receipt))
        .routes(routes!(receipts::get_counts))
        .routes(routes!(receipts::list_receipts))
        .routes(routes!(receipts::get_receipt))
        .routes(routes!(receipts::list_requests))
}

/// The document, as it is served and checked in.
pub(crate) fn openapi_json() -> String {
    let document = documented().into_openapi();
    document.to_pretty_json().expect("the document is plain data") + "\n"
}

pub(super) fn router(api: &Arc<Api>) -> Router<Arc<Api>> {
    let (calls, _) = documented().split_for_parts();
    let authenticate = middleware::from_fn_with_state(api.clone(), access::authenticate);
    calls
        .route_layer(authenticate)
        .route("/openapi.json", get(page::document))
        .route("/docs", get(page::page))
        .route("/docs.css", get(page::style))
        .route("/docs.js", get(page::script))
        .fallback(async || problem::not_served())
        .method_not_allowed_fallback(async || problem::wrong_method())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn every_reference_in_the_document_leads_somewhere() {
        let document: Value = serde_json::from_str(&super::openapi_json()).unwrap();
        let (mut places, mut found) = (vec![&document], 0);
        while let Some(place) = places.pop() {
            if let Some(reference) = place.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
                found += 1;
            }
            match place {
                Value::Object(members) => places.extend(members.values()),
                Value::Array(items) => places.extend(items),
                _ => {}
            }
        }
        assert!(found > 100);
    }

    #[test]
    fn the_checked_in_document_is_up_to_date() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let document = super::openapi_json();
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(file, &document).unwrap();
        }
        let found = std::fs::read_to_string(file).unwrap_or_default();
        assert!(found == document, "docs/openapi.json is out of date: run `make generate`");
    }
}
