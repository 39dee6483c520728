//! The store on one machine's disk, on the fjall engine (a log-structured merge tree with a journal).
//!
//! * `keys`: the whole layout, keyspace by keyspace;
//! * `records` and `block`: what the rows hold;
//! * `batch`: changes become rows, written and synced together;
//! * `view`: rows of one moment;
//! * `readers`: who has read, as far as it was read before;
//! * `listing`: each sender's requests, brought up to date;
//! * `meta`: format, name, and the check that the disk takes writes;
//! * `snapshot`: one moment of the store; `lookup` and `reads`: what it is asked, as the two traits have it.
//!
//! Deliberately absent: caches of what changes. The ledger keeps its own; here only facts that never change are kept, and
//! readers, who only become more.

mod batch;
#[doc(hidden)]
pub mod block;
mod keys;
mod listing;
mod lookup;
mod mark;
mod meta;
mod readers;
mod reads;
mod records;
mod snapshot;
#[cfg(test)]
mod tests;
mod view;

use std::num::NonZeroUsize;
use std::panic;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fjall::Database;
use lru::LruCache;
use seenby_core::{Change, Facts, GroupNumber, MessageKey, Needs, Position, Slot, UserId};

use self::batch::Batch;
use self::keys::Space;
use self::mark::{Mark, Place};
use self::readers::ReaderCache;
use self::snapshot::Snapshot;
use self::view::{Keyspaces, View, failed};
use crate::lookup::gather;
use crate::{Appended, Reads, Storage, StorageError};

pub struct Embedded {
    database: Database,
    keyspaces: Keyspaces,
    store_id: String,
    refusing: AtomicBool,
    /// Held over a commit: there is one at a time.
    mark: Mutex<Mark>,
    place: Place,
    slot_users: Mutex<SlotUsers>,
    readers: Mutex<ReaderCache>,
}

type SlotUsers = LruCache<(GroupNumber, Slot), UserId>;

/// Deltas and reader lists turn slots into users, thousands at a time. About 150 bytes each.
const CACHED_SLOT_USERS_MAX: NonZeroUsize = NonZeroUsize::new(200_000).expect("not zero");

/// The engine has it in every directory of its own.
const ENGINE_FILE: &str = "version";

/// Sealed journals on disk are kept below this, by flushing the keyspaces that hold them back.
const JOURNAL_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// As many as systems let a process open that asks for nothing, less what it needs besides.
const FILES_MAX_DEFAULT: usize = 900;

impl Embedded {
    /// Opens the store in a directory, or makes one there. Nobody else may have it open.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::open_with(path, FILES_MAX_DEFAULT)
    }

    /// The same, with so many files of tables open at most between two looks at them. A few dozen more are open while the
    /// engine merges tables.
    pub fn open_with(path: impl AsRef<Path>, files_max: usize) -> Result<Self, StorageError> {
        let path = path.as_ref();
        let database = open_database(path, files_max)?;
        let (keyspaces, store_id, mark) = meta::open(&database, path)?;
        let slot_users = Mutex::new(LruCache::new(CACHED_SLOT_USERS_MAX));
        let readers = Mutex::new(ReaderCache::new());
        Ok(Self {
            database,
            keyspaces,
            store_id,
            refusing: AtomicBool::new(false),
            place: mark.place()?,
            mark: Mutex::new(mark),
            slot_users,
            readers,
        })
    }

    /// Opens the store in a directory, and makes none if there is none.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        let path = path.as_ref();
        match path.join(ENGINE_FILE).is_file() {
            true => Self::open(path),
            false => Err(StorageError::Missing(path.display().to_string())),
        }
    }

    /// How many messages there are. Reads the key of each.
    pub fn message_count(&self) -> Result<usize, StorageError> {
        self.keyspaces.get(Space::Messages).len().map_err(failed)
    }

    /// Gives the store a new name and returns it. To be done after a backup was restored: clients may have seen more than
    /// the backup has, and would take what is new for what they know.
    pub fn rename(&mut self) -> Result<&str, StorageError> {
        self.store_id = meta::rename(&self.database, &self.keyspaces)?;
        Ok(&self.store_id)
    }

    /// Bytes on disk. At least 64 MiB, because the engine makes its journal files that long from the start.
    pub fn disk_bytes(&self) -> Result<u64, StorageError> {
        self.database.disk_space().map_err(failed)
    }

    /// Brings the store into its smallest form, which the engine does by itself in the end; gives the bytes of its tables.
    /// Journals come on top, see [`disk_bytes`](Self::disk_bytes).
    pub fn compact(&self) -> Result<u64, StorageError> {
        self.keyspaces.compact()
    }

    fn write(&self, expects: Option<Position>, changes: &[Change]) -> Result<Appended, StorageError> {
        let mut mark = self.mark();
        if expects.is_some_and(|expected| expected != mark.position()) {
            return Ok(Appended::Moved);
        }
        if changes.is_empty() {
            return Ok(Appended::At(mark.position()));
        }
        let view = View::new(&self.database, &self.keyspaces);
        let mut batch = Batch::new(&view);
        // Only reads: what fails here has left nothing behind, and the next commit may do better.
        for change in changes {
            batch.stage(change)?;
        }
        meta::number(&mut batch, mark.next());
        let dropped = dropped_requests(changes);
        self.cached_readers().begin_drops(&dropped);
        let outcome = self.refuse_after(batch.commit(&self.database, &self.keyspaces));
        self.cached_readers().end_drops(&dropped);
        outcome?;
        // Not before: what was deleted meanwhile is not acknowledged either.
        self.refuse_after(self.place.check())?;
        mark.advance();
        Ok(Appended::At(mark.position()))
    }

    fn mark(&self) -> MutexGuard<'_, Mark> {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was being written when the engine failed may be there or not, and nobody can say before the store is opened anew.
    fn refuse_after(&self, outcome: Result<(), StorageError>) -> Result<(), StorageError> {
        outcome.inspect_err(|_| self.refusing.store(true, Ordering::Release))
    }

    fn slot_users(&self) -> MutexGuard<'_, SlotUsers> {
        self.slot_users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cached_readers(&self) -> MutexGuard<'_, ReaderCache> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for Embedded {
    fn snapshot(&self) -> Box<dyn Reads + '_> {
        Box::new(Snapshot::of(self))
    }

    fn learn(&self, needs: &Needs) -> Result<Facts, StorageError> {
        let (snapshot, position) = {
            // Held over both, so that no commit comes in between.
            let mark = self.mark();
            (Snapshot::of(self), mark.position())
        };
        gather(&snapshot, needs, position)
    }

    fn append(&self, expects: Option<Position>, changes: &[Change]) -> Result<Appended, StorageError> {
        match self.takes_writes() {
            true => self.write(expects, changes),
            false => Err(StorageError::Refusing),
        }
    }

    fn takes_writes(&self) -> bool {
        !self.refusing.load(Ordering::Acquire)
    }

    fn is_in_place(&self) -> bool {
        self.place.holds()
    }

    fn store_id(&self) -> &str {
        &self.store_id
    }
}

/// The engine takes some of what is in its files on trust, and panics when it is not so.
fn open_database(path: &Path, files_max: usize) -> Result<Database, StorageError> {
    let builder = || Database::builder(path).max_journaling_size(JOURNAL_BYTES_MAX).max_cached_files(Some(files_max));
    let open = || builder().open();
    match panic::catch_unwind(open) {
        Ok(Err(fjall::Error::Locked)) => Err(StorageError::InUse(path.display().to_string())),
        Ok(opened) => opened.map_err(failed),
        Err(_) => Err(StorageError::Damaged(format!("the files in {}", path.display()))),
    }
}

fn dropped_requests(changes: &[Change]) -> Vec<MessageKey> {
    let dropped = changes.iter().filter_map(|change| match change {
        Change::RequestDropped(key) => Some(*key),
        _ => None,
    });
    dropped.collect()
}
