//! What Seenby keeps, behind one trait that speaks the domain.
//!
//! * [`Storage`]: reads of the latest committed state, and one atomic, durable [`append`](Storage::append);
//! * [`Lookup`]: the reads of one thing, and what a batch needs, put together from them;
//! * [`LedgerWriter`]: learns what calls need, applies them and appends what they changed;
//! * [`embedded`]: the default, on one machine's disk;
//! * [`memory`]: for tests;
//! * [`conformance`]: the suite that every store passes.

pub mod conformance;
pub mod embedded;
mod ledger_writer;
mod lookup;
pub mod memory;
mod storage;
mod store_id;

pub use embedded::Embedded;
pub use ledger_writer::{Failure, LedgerWriter, Written};
pub use lookup::Lookup;
pub use memory::Memory;
pub use storage::{Appended, Storage, StorageError, TimeOrder};
