//! What Seenby keeps, behind one trait that speaks the domain.
//!
//! * [`Storage`]: a [`snapshot`](Storage::snapshot) of what is committed, and one atomic, durable
//!   [`append`](Storage::append);
//! * [`Reads`]: all that a snapshot can be asked, among it the [`Lookup`] of one thing;
//! * [`LedgerWriter`]: learns what calls need, applies them and appends what they changed;
//! * [`embedded`]: the default, on one machine's disk;
//! * [`memory`]: for tests;
//! * [`conformance`]: the suite that every store passes.

pub mod conformance;
pub mod embedded;
mod ledger_writer;
mod lookup;
pub mod memory;
mod reads;
mod storage;
mod store_id;

pub use embedded::Embedded;
pub use ledger_writer::{Failure, LedgerWriter, Written};
pub use lookup::Lookup;
pub use memory::Memory;
pub use reads::{Reads, TimeOrder};
pub use storage::{Appended, Storage, StorageError};
