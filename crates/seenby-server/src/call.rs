//! What comes back of a call.

use seenby_core::{Denied, Outcome};
use seenby_protocol::Code;
use seenby_storage::Failure;

use crate::refusal::Refusal;

pub type CallResult = Result<Outcome, CallError>;

/// Why a call had no effect, or an unknown one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    Denied(Denied),
    /// Whether it was written is unknown; every call may be repeated.
    Store,
    /// The server stops.
    Closed,
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Denied(denied) => Self::Denied(denied),
            Failure::Storage(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store could not be read");
                Self::Store
            }
        }
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Denied(denied) => denied.into(),
            CallError::Store => Refusal::new(Code::STORE_UNAVAILABLE, "the store failed"),
            CallError::Closed => Refusal::new(Code::SHUTTING_DOWN, "the server stops"),
        }
    }
}
