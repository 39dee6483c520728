//! The trait that every store implements.

use std::error::Error;

use seenby_core::{Change, Facts, Needs, Position};

use crate::Reads;

/// One store: what calls need, its latest moment to look at, and the one way to write. Any number of writers may share a
/// store: see [`append`](Self::append).
pub trait Storage: Send + Sync + 'static {
    /// The store as it is now: all that is durable and nothing else, whatever is committed later. To be had at any time, from
    /// any thread, beside a commit, and neither waits for the other. What has gone since stays on disk for its sake, so it
    /// should live no longer than one question.
    fn snapshot(&self) -> Box<dyn Reads + '_>;

    /// What the store knows of what is needed, all of it at one moment.
    fn learn(&self, needs: &Needs) -> Result<Facts, StorageError>;

    /// Writes a batch whole or not at all, and returns after it is durable. Where the store is no longer at the position that
    /// is expected, nothing is written.
    ///
    /// After an error, ask [`takes_writes`](Self::takes_writes). If it still does, nothing was written, and the next commit
    /// may do better. Otherwise the outcome of this batch is unknown, and every later commit fails with
    /// [`StorageError::Refusing`] until the store is opened anew: what was said to be written may be gone.
    fn append(&self, expects: Option<Position>, changes: &[Change]) -> Result<Appended, StorageError>;

    /// Writes a batch that was decided by nothing.
    fn commit(&self, changes: &[Change]) -> Result<(), StorageError> {
        self.append(None, changes).map(drop)
    }

    /// `false` after a commit that failed while it was written.
    fn takes_writes(&self) -> bool;

    /// `false` when its files are no longer where they were opened: nobody could open again what is written to them.
    fn is_in_place(&self) -> bool {
        true
    }

    /// Names this store and its history; a new store has a new name.
    fn store_id(&self) -> &str;
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is durable, and the store is here now.
    At(Position),
    /// Somebody else has written, so nothing was.
    Moved,
}

/// A failed read or write, by what its caller does next.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The disk or the database failed.
    #[error("the store failed")]
    Backend(#[source] Box<dyn Error + Send + Sync>),
    /// Something stored cannot be read back: do not go on with this store.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// An earlier commit failed.
    #[error("the store takes no writes since an earlier one failed; open it anew")]
    Refusing,
    /// A rule looked at something that its call does not name, or the store did not say all that it was asked for.
    #[error("a call needs more than was learned for it")]
    Incomplete,
    /// Other writers were faster, each time.
    #[error("other writers leave this one no chance")]
    Contended,
    #[error("there is no store in {0}")]
    Missing(String),
    /// Its files were deleted, moved or replaced while it was open.
    #[error("the store that was opened in {0} is no longer there")]
    Gone(String),
    /// Another process has this store open.
    #[error("the store at {0} is in use by another process")]
    InUse(String),
    /// Written by a newer Seenby.
    #[error("the store has format {found}; this version reads up to {known}")]
    NewerFormat { found: u32, known: u32 },
}
