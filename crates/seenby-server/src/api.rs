//! The server API, for back ends: the vendor's ([`vendor`]), so that its server SDKs work, and our own ([`own`]).
//!
//! Both check who calls and what they send, and then call [`Administration`]; what is done is decided there. They share
//! the clients' listener.

mod body;
mod media_type;
pub(crate) mod own;
mod pairs;
pub(crate) mod problem;
mod rates;
mod vendor;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Extensions;
use axum::response::Response;

use self::rates::Rates;
use crate::administration::{Actor, Administration};
use crate::http::Place;
use crate::node::Node;
use crate::settings;
use crate::shared::Shared;

/// What both faces need.
pub(crate) struct Api {
    administration: Administration,
    settings: settings::Api,
    page_size_max: usize,
    rates: Rates,
    node: Arc<Node>,
}

pub(crate) fn router(shared: &Shared) -> Router {
    let settings = shared.node.settings.api.clone();
    let api = Arc::new(Api {
        // Whoever calls is put in the place of this actor before anything is done.
        administration: Administration::new(shared, Actor::Program),
        page_size_max: shared.node.settings.limits.page_size_max,
        rates: Rates::new(&settings),
        settings,
        node: shared.node.clone(),
    });
    Router::new().nest(own::ROOT, own::router(&api)).fallback(anything_else).with_state(api)
}

/// A back end that has shown a good key is no stranger. Without a socket there is no place.
fn keep_place(extensions: &Extensions) {
    if let Some(place) = extensions.get::<Place>() {
        place.keep();
    }
}

/// The vendor's paths are many and most are not served, so they are told apart here and not by the router.
async fn anything_else(State(api): State<Arc<Api>>, request: Request) -> Response {
    match vendor::is_vendors(request.uri().path()) {
        true => vendor::serve(&api, request).await,
        false => problem::not_served(),
    }
}
