//! Errors: one enum for each kind of operation, with variants by what the caller does next.
//!
//! Every one of them knows its status code: `error.code()`. The codes and what to do about each are in [`Code`].

use std::time::Duration;

use seenby_protocol::{Code, frames};

use crate::ReceiptResponse;

/// An argument that was refused before any network use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Parameter {
    /// Says which argument.
    pub code: Code,
    /// The same, in English.
    pub what: &'static str,
}

impl Parameter {
    pub(crate) fn new(code: Code, what: &'static str) -> Self {
        Self { code, what }
    }
}

/// Why no engine was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Correct the App Key or the options.
    #[error("{0}")]
    Parameter(Parameter),
    /// An extra root certificate cannot be read: give it as DER or PEM.
    #[error("an extra root certificate cannot be read")]
    Certificate(#[source] rustls::Error),
    /// Create the engine inside a Tokio runtime: its driver is a task.
    #[error("there is no Tokio runtime here")]
    NoRuntime,
}

impl CreateError {
    /// The status code.
    pub fn code(&self) -> Code {
        match self {
            Self::Parameter(parameter) => parameter.code,
            Self::Certificate(_) => Code::INVALID_PARAMETER,
            Self::NoRuntime => Code::CLIENT_NOT_INIT,
        }
    }
}

/// Why `connect` did not sign in. The engine has stopped trying.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Correct the token: it is empty.
    #[error("{0}")]
    Parameter(Parameter),
    /// There is a connection already, or one is being made: disconnect first.
    #[error("there is a connection already, or one is being made")]
    AlreadyConnected {
        /// Who has signed in or is about to, as far as the token says who that is.
        user_id: Option<String>,
    },
    /// The server said no: the code says why, and most often a new token is needed.
    #[error("the server refused the sign-in: {code} {detail}")]
    Refused {
        /// Why.
        code: Code,
        /// For people who debug.
        detail: String,
    },
    /// No connection within [`connect_timeout`](crate::EngineOptions::connect_timeout): try again later.
    #[error("no connection was made in time")]
    TimedOut,
    /// `disconnect` was called meanwhile, or `connect` with another token.
    #[error("disconnected before the sign-in was done")]
    Disconnected,
    /// The engine was destroyed: create another.
    #[error("the engine was destroyed")]
    Destroyed,
}

impl ConnectError {
    /// The status code.
    pub fn code(&self) -> Code {
        match self {
            Self::Parameter(parameter) => parameter.code,
            Self::AlreadyConnected { .. } => Code::CONNECTION_EXISTS,
            Self::Refused { code, .. } => *code,
            Self::TimedOut => Code::CONNECT_TIMEOUT,
            Self::Disconnected => Code::NOT_CONNECTED,
            Self::Destroyed => Code::ENGINE_DESTROYED,
        }
    }
}

impl From<Parameter> for ConnectError {
    fn from(parameter: Parameter) -> Self {
        Self::Parameter(parameter)
    }
}

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Correct the call; nothing was sent.
    #[error("{0}")]
    Parameter(Parameter),
    /// Connect, or wait for the connection to come back; nothing was sent.
    #[error("not connected")]
    NotConnected,
    /// Ask again: the call may have been done. Repeating it with the same message does nothing twice.
    #[error("the result is not known: {code}")]
    ResultUnknown {
        /// [`Code::REPLY_TIMEOUT`] or [`Code::RESULT_UNKNOWN`].
        code: Code,
    },
    /// Wait that long, then call again.
    #[error("too many calls: {code}, again in {retry_after:?}")]
    TooFast {
        /// [`Code::SEND_FREQUENCY_TOO_FAST`] or [`Code::REQUEST_OVER_FREQUENCY`].
        code: Code,
        /// How long the server asks to wait.
        retry_after: Duration,
    },
    /// Call again later: it is the server's trouble, and nothing was done.
    #[error("the server cannot do it now: {code} {detail}")]
    Unavailable {
        /// Which trouble.
        code: Code,
        /// For people who debug.
        detail: String,
    },
    /// The server said no, and would again: the code says why.
    #[error("the server refused: {code} {detail}")]
    Refused {
        /// Why.
        code: Code,
        /// For people who debug.
        detail: String,
    },
    /// The engine was destroyed: create another.
    #[error("the engine was destroyed")]
    Destroyed,
}

impl CallError {
    /// The status code.
    pub fn code(&self) -> Code {
        match self {
            Self::Parameter(parameter) => parameter.code,
            Self::NotConnected => Code::NOT_CONNECTED,
            Self::ResultUnknown { code }
            | Self::TooFast { code, .. }
            | Self::Unavailable { code, .. }
            | Self::Refused { code, .. } => *code,
            Self::Destroyed => Code::ENGINE_DESTROYED,
        }
    }

    /// `None` if the reply is a success.
    pub(crate) fn from_reply(reply: &frames::Reply) -> Option<Self> {
        let code = Code(reply.code);
        let detail = reply.detail.clone();
        Some(match code {
            Code::SUCCESS => return None,
            Code::NOT_CONNECTED => Self::NotConnected,
            Code::RESULT_UNKNOWN | Code::REPLY_TIMEOUT => Self::ResultUnknown { code },
            Code::SEND_FREQUENCY_TOO_FAST | Code::REQUEST_OVER_FREQUENCY => {
                Self::TooFast { code, retry_after: Duration::from_millis(reply.retry_after_ms.into()) }
            }
            Code::STORE_UNAVAILABLE | Code::SHUTTING_DOWN | Code::TOO_BUSY => Self::Unavailable { code, detail },
            _ => Self::Refused { code, detail },
        })
    }

    /// A success whose result is missing or of another call: the peer is broken, or not what it says it is.
    pub(crate) fn unreadable() -> Self {
        Self::Refused { code: Code::NATIVE_OPERATION_ERROR, detail: "the reply has no result of this call".into() }
    }
}

impl From<Parameter> for CallError {
    fn from(parameter: Parameter) -> Self {
        Self::Parameter(parameter)
    }
}

/// Why an answer, or a part of it, does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Correct the call; nothing was kept.
    #[error("{0}")]
    Parameter(Parameter),
    /// Connect first: no token has named a user yet, so it is not known whose answer this is. Nothing was kept.
    #[error("it is not known whose answer this is")]
    NotConnected,
    /// Too many answers wait for the connection already. Nothing was kept: answer again later.
    #[error("too many answers are waiting")]
    OutboxFull,
    /// Final: the code is that of the first message that was refused, and the results name each message's own.
    /// Those with [`Code::SUCCESS`] count.
    #[error("not every answer was accepted: {}", .0.code())]
    Refused(ReceiptResponse),
    /// The engine was destroyed. If the device store has the answer, the engine that next signs in this user sends it.
    #[error("the engine was destroyed")]
    Destroyed,
}

impl ResponseError {
    /// The status code.
    pub fn code(&self) -> Code {
        match self {
            Self::Parameter(parameter) => parameter.code,
            Self::NotConnected => Code::NOT_CONNECTED,
            Self::OutboxFull => Code::TOO_BUSY,
            Self::Refused(response) => response.code(),
            Self::Destroyed => Code::ENGINE_DESTROYED,
        }
    }
}

impl From<Parameter> for ResponseError {
    fn from(parameter: Parameter) -> Self {
        Self::Parameter(parameter)
    }
}
