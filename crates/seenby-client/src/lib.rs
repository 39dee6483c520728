//! The Rust SDK of Seenby: ask who has read a group message, answer, and see who has not.
//!
//! An [`Engine`] is a cheap handle; one task behind it owns the connection and keeps it up. Calls are futures, everything
//! else comes as an [`Event`]. What a caller can rely on:
//!
//! * Bad arguments are refused before anything is sent. Every error knows its [`Code`].
//! * Answers are kept while there is no connection, and sent when there is one; each has one final result.
//! * Nobody's receipt is lost or counted twice, whatever is resent or interrupted.
//!
//! The session behind it, without I/O, is public for simulators: [`session`]. What is remembered between runs, and where:
//! [`store`].
//!
//! Deliberately absent: a database of messages. History is the server's.
#![deny(missing_docs)]

mod conversation;
mod driver;
mod engine;
mod error;
mod event;
mod json;
mod message;
mod options;
mod promise;
mod receipt;
mod sendings;
pub mod session;
mod socket;
pub mod store;
mod token_source;
mod user;

pub use seenby_protocol::Code;

pub use self::conversation::{
    CHANNEL_ID_CHARACTERS_MAX, Conversation, ConversationInfo, ConversationPage, ConversationType, DEFAULT_CHANNEL,
    ID_CHARACTERS_MAX,
};
pub use self::engine::Engine;
pub use self::error::{CallError, ConnectError, CreateError, Parameter, ResponseError};
pub use self::event::{ConnectionStatus, Event, EventStream};
pub use self::json::Json;
pub use self::message::{
    CONTENT_BYTES_MAX, Content, CustomMessagePolicy, History, Message, MessageDirection, TimeOrder,
};
pub use self::options::EngineOptions;
pub use self::receipt::{
    GroupReadReceiptInfo, MessageReadReceiptInfo, PageQuery, ReadReceiptOrder, ReadReceiptPage, ReadReceiptStatus,
    ReadReceiptUser, Reader, Readers, ReceiptCounts, ReceiptResponse, ReceiptResult,
};
pub use self::token_source::TokenSource;
pub use self::user::{MentionedInfo, MentionedType, UserInfo};
