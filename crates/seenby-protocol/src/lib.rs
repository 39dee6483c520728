//! The wire contract of Seenby: frames, their codec, and the table of status codes.
//!
//! One binary WebSocket message carries one [`ClientFrame`](frames::ClientFrame) or
//! [`ServerFrame`](frames::ServerFrame), as Protocol Buffers. The frames are generated from `proto/seenby/v1/seenby.proto`
//! and the codes from `codes.toml`; both are the source for every SDK.
//!
//! Deliberately absent: any rule about receipts, and any I/O.

pub mod code;
pub mod codec;
pub mod content;
#[rustfmt::skip]
#[allow(clippy::all, missing_docs, reason = "generated")]
pub mod frames;

pub use code::Code;
pub use codec::{FrameError, decode, encode};

/// The minor version of this protocol. It grows when something is added; nothing is ever taken away in `v1`.
pub const PROTOCOL_MINOR: u32 = 2;

/// The path of the WebSocket endpoint.
pub const ENDPOINT_PATH: &str = "/v1/connect";

/// Frames above this are refused with [`Code::FRAME_TOO_LARGE`]: room for a message of 128 KiB and its envelope.
pub const CLIENT_FRAME_BYTES_MAX: usize = 160 * 1024;
