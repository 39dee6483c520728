//! What Seenby keeps, behind one trait that speaks the domain.
//!
//! * [`Storage`]: reads of the latest committed state, and one atomic, durable [`commit`](Storage::commit);
//! * [`embedded`]: the default, on one machine's disk;
//! * [`memory`]: for tests;
//! * [`conformance`]: the suite that every store passes.

pub mod conformance;
pub mod embedded;
pub mod memory;
mod storage;
mod store_id;

pub use embedded::Embedded;
pub use memory::Memory;
pub use storage::{Storage, StorageError, TimeOrder};
