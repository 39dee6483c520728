//! Everything that reads what strangers send, each as a function of bytes that panics when a promise is broken.
//!
//! A fuzzer calls them (`make fuzz`, the programs in `fuzz/`); what it found worth keeping lies in `fuzz/corpus` and is
//! tried in every test run.

#![expect(clippy::missing_panics_doc, reason = "panicking is what they are for")]

mod api;
mod block;
mod device;
mod frames;
mod session;
mod token;
mod ward;

pub use api::api;
pub use block::block;
pub use device::device;
pub use frames::frames;
pub use session::session;
pub use token::token;

pub type Target = fn(&[u8]);

/// By name, as the folders of the corpus are called.
pub const TARGETS: [(&str, Target); 6] =
    [("api", api), ("block", block), ("device", device), ("frames", frames), ("session", session), ("token", token)];
