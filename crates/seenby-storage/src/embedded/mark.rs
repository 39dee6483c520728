//! The number of the last commit that was acknowledged, in a file of its own beside the engine's.
//!
//! The engine takes a journal with a hole in it for one that a crash cut short, and opens without what came after: all of
//! that is gone without a word. But each commit has its number in the store as well. Is the number here higher, then
//! something is missing.
//!
//! The file is written after the commit and never synced, so it costs next to nothing, and can only be behind.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use seenby_core::Position;

use crate::StorageError;

const FILE: &str = "acknowledged";

pub(super) struct Mark {
    file: File,
    path: PathBuf,
    /// Of the last commit that the store has.
    number: u64,
}

impl Mark {
    /// `found`: the number of the last commit that the store has.
    pub(super) fn open(folder: &Path, found: u64) -> Result<Self, StorageError> {
        let failed = |error: std::io::Error| StorageError::Backend(error.into());
        let path = folder.join(FILE);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
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
        Ok(Self { file, path, number: found })
    }

    pub(super) fn place(&self) -> Result<Place, StorageError> {
        let inode = self.file.metadata().map(|found| (found.dev(), found.ino()));
        Ok(Place { path: self.path.clone(), inode: inode.map_err(|error| StorageError::Backend(error.into()))? })
    }

    /// Of the store.
    pub(super) fn position(&self) -> Position {
        Position(self.number)
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

/// Where the file was when it was opened. A store whose folder is deleted or replaced goes on writing into files that have
/// no name any more, and the engine notices nothing.
pub(super) struct Place {
    path: PathBuf,
    /// Device and number.
    inode: (u64, u64),
}

impl Place {
    /// One look at the folder, a microsecond or two.
    pub(super) fn holds(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.inode)
    }

    pub(super) fn check(&self) -> Result<(), StorageError> {
        match self.holds() {
            true => Ok(()),
            false => Err(StorageError::Gone(self.path.parent().unwrap_or(&self.path).display().to_string())),
        }
    }
}
