//! Who calls, and what the key may be used for.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use seenby_core::{AppKey, Scope};
use seenby_protocol::Code;
use subtle::ConstantTimeEq as _;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::{Api, problem};
use crate::administration::{Actor, Administration, KEY_PREFIX, key_hash};
use crate::api;
use crate::refusal::Refusal;

/// A back end with a good key.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) api: Arc<Api>,
    pub(super) app: AppKey,
    scopes: Arc<[Scope]>,
    administration: Administration,
}

impl Caller {
    /// Lets this caller in to one kind of call, and gives what it works with.
    pub(super) fn enter(&self, scope: Scope, call: &'static str) -> Result<&Administration, Refusal> {
        self.check_scope(scope)?;
        self.api.rates.check(&self.app, call)?;
        Ok(&self.administration)
    }

    pub(super) fn check_scope(&self, scope: Scope) -> Result<(), Refusal> {
        match self.scopes.contains(&scope) {
            true => Ok(()),
            false => {
                let detail = format!("the key does not have the scope {}", scope.name());
                Err(Refusal::new(Code::API_KEY_SCOPE_MISSING, detail))
            }
        }
    }

    pub(super) fn administration(&self) -> &Administration {
        &self.administration
    }
}

pub(super) async fn authenticate(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    let response = match identify(&api, request.headers()).await {
        Ok(caller) => {
            api::keep_place(request.extensions());
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    if let Some(code) = problem::code(&response) {
        api.node.metrics.refused(code);
    }
    response
}

async fn identify(api: &Arc<Api>, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let key = bearer(headers)?;
    let (app, scopes, actor) = match key.rsplit_once(':') {
        Some((app, secret)) => owner(&api.administration, app, secret).await?,
        None => holder(&api.administration, key).await?,
    };
    let administration = api.administration.acting_as(actor);
    Ok(Caller { api: api.clone(), app, scopes, administration })
}

type Identity = (AppKey, Arc<[Scope]>, Actor);

/// Whoever knows the secret of an app may do everything in it. App keys may have colons, secrets have none.
async fn owner(administration: &Administration, key: &str, secret: &str) -> Result<Identity, Refusal> {
    let found = match AppKey::new(key) {
        Ok(key) => administration.app(&key).await?,
        Err(_) => None,
    };
    // For an app that is not there the same work is done.
    let expected = found.as_ref().map_or([0; 32], |app| key_hash(app.secret.expose()));
    match found {
        Some(app) if bool::from(expected.ct_eq(&key_hash(secret))) => {
            Ok((app.key.clone(), Arc::from(Scope::ALL), Actor::App(app.key)))
        }
        _ => Err(rejected()),
    }
}

async fn holder(administration: &Administration, key: &str) -> Result<Identity, Refusal> {
    let (id, secret) = key.strip_prefix(KEY_PREFIX).and_then(|key| key.split_once('_')).ok_or_else(rejected)?;
    let found = administration.key(id).await?;
    let expected = found.as_ref().map_or([0; 32], |key| key.secret_hash);
    match found {
        Some(key) if bool::from(expected.ct_eq(&key_hash(secret))) => {
            Ok((key.app.clone(), key.scopes.into(), Actor::Key(key.app, key.id)))
        }
        _ => Err(rejected()),
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(rejected()) };
    // App keys may hold any text, so this need not be ASCII.
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| rejected())?;
    let (scheme, key) = text.split_once(' ').ok_or_else(rejected)?;
    match scheme.eq_ignore_ascii_case("bearer") {
        true => Ok(key.trim_start()),
        false => Err(rejected()),
    }
}

/// The same for every reason: nobody learns which apps and keys there are.
fn rejected() -> Refusal {
    Refusal::new(Code::API_KEY_REJECTED, "send a good key: Authorization: Bearer <app key>:<secret>, or a scoped key")
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(rejected)
    }
}

/// Declares the key in the document.
pub(super) struct KeyScheme;

impl utoipa::Modify for KeyScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("`<app key>:<secret>`, or a scoped key: `sbk_…`"))
            .build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}
