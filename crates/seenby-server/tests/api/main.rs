//! The server API as a back end meets it: the vendor's face and our own, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod back_end;
mod content;
mod every_call;
mod every_vendor_call;
mod keys;
mod own;
#[path = "../wire/peer.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod peer;
mod vendor;
