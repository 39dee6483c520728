//! How calls are refused, for the document.

use utoipa::IntoResponses;

use crate::api::problem::Problem;

/// Every call may be refused in each of these ways; which code is given, the table of status codes says.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "the derive reads it")]
pub(super) enum Refused {
    /// Something in the call is malformed
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
    /// No key, or none that this server knows
    #[response(status = 401, content_type = "application/problem+json")]
    Rejected(Problem),
    /// The key may not be used for this
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// What the call names is not there, or belongs to another app
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// It does not fit what is there
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// Body or message too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The body is not JSON
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(Problem),
    /// Too often: wait as `Retry-After` says
    #[response(status = 429, content_type = "application/problem+json")]
    TooOften(Problem),
    /// The server failed in a way that it did not foresee
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Problem),
    /// The store takes no writes, or the server stops
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}
