//! Paths, queries and bodies as the handlers take them. What does not fit becomes a [`Refusal`].

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use seenby_protocol::Code;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Api, problem};
use crate::api::{body, media_type, pairs};
use crate::refusal::Refusal;

/// The parts of the path.
pub(super) struct Route<T>(pub(super) T);

/// What follows the question mark.
pub(super) struct Search<T>(pub(super) T);

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

/// A JSON object. Left to itself, serde takes a list of values for any struct.
#[derive(Clone)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }

        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Api>> for Route<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Refusal> {
        let path = Path::from_request_parts(parts, api).await;
        path.map(|Path(path)| Self(path)).map_err(|error| invalid(error.body_text()))
    }
}

impl<T: DeserializeOwned> FromRequestParts<Arc<Api>> for Search<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Refusal> {
        pairs::read(parts.uri.query().unwrap_or_default().as_bytes())
            .map_err(|why| invalid(format!("the query: {why}")))?;
        let query = Query::from_request_parts(parts, api).await;
        query.map(|Query(query)| Self(query)).map_err(|error| invalid(error.body_text()))
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Api>> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Response> {
        if media_type::essence(request.headers()).as_deref() != Some("application/json") {
            return Err(problem::wrong_content_type());
        }
        let bytes = body::read(request.into_body(), &api.settings).await.map_err(Refusal::into_response)?;
        let parsed = serde_json::from_slice(media_type::without_byte_order_mark(&bytes));
        parsed.map(|Object(parsed)| Self(parsed)).map_err(|error| invalid(format!("the body: {error}")).into_response())
    }
}

/// A whole number, however it is written: to JSON, `60` and `60.0` are the same.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    let from_fraction = || {
        // Up to 2^53 a double holds every whole number.
        let number = number.as_f64().filter(|number| number.fract() == 0.0);
        number.filter(|number| (0.0..=9_007_199_254_740_992.0).contains(number)).map(|number| number as u64)
    };
    let whole = number.as_u64().or_else(from_fraction);
    whole.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{number} is not a whole number in range")))
}

pub(super) fn invalid(detail: impl ToString) -> Refusal {
    Refusal::new(Code::INVALID_PARAMETER, detail)
}
