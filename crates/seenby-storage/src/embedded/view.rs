//! One moment of the database: every read of a question goes to the same rows, so that a commit beside it is seen whole or
//! not at all.

use std::sync::Arc;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, Readable, Snapshot};

use super::keys::{Key, KeyRange, Space};
use super::records::Damage;
use crate::StorageError;

/// The opened keyspaces, in the order of [`Space::ALL`].
#[derive(Clone)]
pub(super) struct Keyspaces(Arc<[Keyspace]>);

/// A keyspace goes to its tables when it has gathered this much. Over all keyspaces it bounds what a start after a crash
/// replays, and the memory of rows that are not in tables yet.
const MEMTABLE_BYTES_MAX: u64 = 16 * 1024 * 1024;

impl Keyspaces {
    /// Opens the first of [`Space::ALL`], and makes those that are not there.
    pub(super) fn open(database: &Database, spaces: &[Space]) -> Result<Self, StorageError> {
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES_MAX);
        let opened = spaces.iter().map(|space| database.keyspace(space.name(), options)).collect::<Result<_, _>>();
        opened.map(Self).map_err(failed)
    }

    pub(super) fn get(&self, space: Space) -> &Keyspace {
        &self.0[space as usize]
    }

    pub(super) fn compact(&self) -> Result<u64, StorageError> {
        let mut bytes = 0;
        for keyspace in self.0.iter() {
            keyspace.rotate_memtable_and_wait().and_then(|()| keyspace.major_compact()).map_err(failed)?;
            bytes += keyspace.disk_space();
        }
        Ok(bytes)
    }
}

/// Makes a value of a row's key and value.
type Decode<T> = fn(&[u8], &[u8]) -> Result<T, Damage>;

pub(super) struct View {
    keyspaces: Keyspaces,
    snapshot: Snapshot,
}

impl View {
    pub(super) fn new(database: &Database, keyspaces: &Keyspaces) -> Self {
        Self { keyspaces: keyspaces.clone(), snapshot: database.snapshot() }
    }

    pub(super) fn get<T>(&self, key: &Key, decode: Decode<T>) -> Result<Option<T>, StorageError> {
        let value = self.snapshot.get(self.keyspaces.get(key.space()), key.as_bytes()).map_err(failed)?;
        value.map(|value| decoded(key.space(), key.as_bytes(), &value, decode)).transpose()
    }

    pub(super) fn rows<T>(
        &self,
        range: KeyRange,
        decode: Decode<T>,
    ) -> impl DoubleEndedIterator<Item = Result<T, StorageError>> + use<T> {
        let space = range.space;
        let rows = self.snapshot.range(self.keyspaces.get(space), (range.lower, range.upper));
        rows.map(move |row| {
            let (key, value) = row.into_inner().map_err(failed)?;
            decoded(space, &key, &value, decode)
        })
    }

    pub(super) fn first<T>(&self, range: KeyRange, decode: Decode<T>) -> Result<Option<T>, StorageError> {
        self.rows(range, decode).next().transpose()
    }

    pub(super) fn last<T>(&self, range: KeyRange, decode: Decode<T>) -> Result<Option<T>, StorageError> {
        self.rows(range, decode).next_back().transpose()
    }
}

fn decoded<T>(space: Space, key: &[u8], value: &[u8], decode: Decode<T>) -> Result<T, StorageError> {
    decode(key, value)
        .map_err(|Damage(why)| StorageError::Damaged(format!("row {} of {}: {why}", key.escape_ascii(), space.name())))
}

/// Tells what was read and is wrong from what could not be read or written.
pub(super) fn failed(error: fjall::Error) -> StorageError {
    match error {
        fjall::Error::Io(_)
        | fjall::Error::Storage(fjall::LsmError::Io(_))
        | fjall::Error::Poisoned
        | fjall::Error::Locked
        | fjall::Error::KeyspaceDeleted => StorageError::Backend(error.into()),
        error => StorageError::Damaged(error.to_string()),
    }
}
