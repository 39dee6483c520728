//! What a store knows of itself: its format, its name, and how often it was opened.

use std::path::Path;

use fjall::Database;

use super::batch::Batch;
use super::keys::{self, Space};
use super::mark::Mark;
use super::view::{Keyspaces, View};
use super::{listing, records};
use crate::StorageError;
use crate::store_id::new_store_id;

/// The layout of keys and rows. Raise it when an older version would misread what this one writes, keep the old layout's
/// golden test, and bring old stores up to date in [`open`].
///
/// Format 2: memberships and log entries have the group's version, and times of a log no longer follow the memberships'.
/// Rows of format 1 are read as they are, see [`LogEntry::is_before`](seenby_core::LogEntry::is_before).
pub(super) const FORMAT: u32 = 2;

const FORMAT_ROW: &str = "format";
const STORE_ID_ROW: &str = "store_id";
const OPENED_ROW: &str = "opened";
pub(super) const SWEPT_AT_ROW: &str = "swept_at";
const COMMITS_ROW: &str = "commits";
/// At which opening the lists of requests were complete; see [`listing`].
const REQUESTS_LISTED_ROW: &str = "requests_listed";

/// Opens the keyspaces and returns them with the name of the store.
pub(super) fn open(database: &Database, folder: &Path) -> Result<(Keyspaces, String, Mark), StorageError> {
    refuse_newer(database)?;
    let keyspaces = Keyspaces::open(database, &Space::ALL)?;
    let commits = View::new(database, &keyspaces).get(&keys::meta(COMMITS_ROW), records::number)?;
    // Before anything is written: a store that has lost something is left as it is.
    let mark = Mark::open(folder, commits.unwrap_or(0))?;
    let store_id = enter(database, &keyspaces)?;
    Ok((keyspaces, store_id, mark))
}

/// Gives a batch its number.
pub(super) fn number(batch: &mut Batch<'_>, number: u64) {
    batch.put(keys::meta(COMMITS_ROW), number.to_be_bytes());
}

/// Gives the store a new name, after which nothing that clients remember of it counts.
pub(super) fn rename(database: &Database, keyspaces: &Keyspaces) -> Result<String, StorageError> {
    let view = View::new(database, keyspaces);
    let mut batch = Batch::new(&view);
    let store_id = new_store_id();
    batch.put(keys::meta(STORE_ID_ROW), store_id.as_str());
    batch.commit(database, keyspaces)?;
    Ok(store_id)
}

/// Before the other keyspaces are made: nothing is changed in a store that this version does not understand.
fn refuse_newer(database: &Database) -> Result<(), StorageError> {
    let keyspaces = Keyspaces::open(database, &[Space::Meta])?;
    match View::new(database, &keyspaces).get(&keys::meta(FORMAT_ROW), records::short)? {
        Some(found) if found > FORMAT => Err(StorageError::NewerFormat { found, known: FORMAT }),
        _ => Ok(()),
    }
}

/// Counts this opening and names a new store. The count matters less than the synced write: the engine does not report
/// when the last syncs of its own opening fail.
fn enter(database: &Database, keyspaces: &Keyspaces) -> Result<String, StorageError> {
    let view = View::new(database, keyspaces);
    let mut batch = Batch::new(&view);
    let opened = view.get(&keys::meta(OPENED_ROW), records::number)?.unwrap_or(0);
    if view.get(&keys::meta(REQUESTS_LISTED_ROW), records::number)?.unwrap_or(0) != opened {
        listing::rebuild(database, keyspaces)?;
    }
    batch.put(keys::meta(REQUESTS_LISTED_ROW), (opened + 1).to_be_bytes());
    batch.put(keys::meta(OPENED_ROW), (opened + 1).to_be_bytes());
    batch.put(keys::meta(FORMAT_ROW), FORMAT.to_be_bytes());
    let store_id = match view.get(&keys::meta(STORE_ID_ROW), records::text)? {
        Some(store_id) => store_id,
        None => {
            let store_id = new_store_id();
            batch.put(keys::meta(STORE_ID_ROW), store_id.as_str());
            store_id
        }
    };
    batch.commit(database, keyspaces)?;
    Ok(store_id)
}
