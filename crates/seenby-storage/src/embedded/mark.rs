//! The number of the last commit that was acknowledged, in a file of its own beside the engine's.
//!
//! The engine takes a journal with a hole in it for one that a crash cut short, and opens without what came after: all of
//! that is gone without a word. But each commit has its number in the store as well. Is the number here higher, then
//! something is missing.
//!
//! The file is written after the commit and never synced, so it costs next to nothing, and can only be behind.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::StorageError;

const FILE: &str = "acknowledged";

pub(super) struct Mark {
    file: File,
    /// Of the last commit that the store has.
    number: u64,
}

impl Mark {
    /// `found`: the number of the last commit that the store has.
    pub(super) fn open(folder: &Path, found: u64) -> Result<Self, StorageError> {
        let failed = |error: std::io::Error| StorageError::Backend(error.into());
        let path = folder.join(FILE);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let acknowledged = match *bytes {
            [] => 0,
            [..] => {
                let number = bytes.try_into().map_err(|_| StorageError::Damaged(format!("the file {FILE}")))?;
                u64::from_be_bytes(number)
            }
        };
        if found < acknowledged {
            let lost = format!("of {acknowledged} commits the last {} are missing", acknowledged - found);
            return Err(StorageError::Damaged(lost));
        }
        Ok(Self { file, number: found })
    }

    /// Of the next commit.
    pub(super) fn next(&self) -> u64 {
        self.number + 1
    }

    /// The next commit is on disk.
    pub(super) fn advance(&mut self) {
        self.number += 1;
        // The commit stands all the same.
        let _ = self.file.write_all_at(&self.number.to_be_bytes(), 0);
    }
}
