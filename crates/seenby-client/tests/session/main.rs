//! The session without I/O, in virtual time, against a scripted server.

#![expect(clippy::unwrap_used, reason = "a scenario that cannot be set up has failed")]

mod answers;
mod connection;
mod hostile;
mod json;
mod log;
mod pair;
mod readers;
mod recorder;
mod tokens;
