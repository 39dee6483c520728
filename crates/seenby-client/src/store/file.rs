//! A device store in a folder.
//!
//! `device` holds the id of the installation. Each user has a journal of JSON lines: the owner, then one change a line.
//! Changes are appended; when the journal has grown to a multiple of what it says, it is written anew beside the old one
//! and renamed over it. A last line that was cut off by a crash is left out; it was never acknowledged to anybody.
//!
//! A folder is one engine's at a time: a second one is refused as long as the first has it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use super::{Change, DeviceStore, Memory, Owner};

/// A journal is not rewritten below this many lines.
const JOURNAL_LINES_MIN: usize = 1_000;
/// It is rewritten when it has this many times the lines that it needs.
const JOURNAL_GROWTH_MAX: usize = 4;

/// Remembers across restarts, in a folder of this installation.
#[derive(Debug)]
pub struct FileStore {
    folder: PathBuf,
    /// Locked as long as this lives.
    _lock: File,
    journals: HashMap<Owner, Journal>,
}

#[derive(Debug)]
struct Journal {
    file: File,
    memory: Memory,
    lines: usize,
    lines_max: usize,
}

impl FileStore {
    /// Opens the folder, and makes it if it is not there. It is refused with [`io::ErrorKind::WouldBlock`] while another
    /// store has it, in this process or another.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join("lock"))?;
        lock.try_lock()?;
        Ok(Self { folder, _lock: lock, journals: HashMap::new() })
    }

    fn journal(&mut self, owner: &Owner) -> io::Result<&mut Journal> {
        if !self.journals.contains_key(owner) {
            let journal = Journal::open(&self.folder.join(file_name(owner)), owner)?;
            self.journals.insert(owner.clone(), journal);
        }
        Ok(self.journals.get_mut(owner).expect("just inserted"))
    }
}

impl DeviceStore for FileStore {
    fn device_id(&mut self, fresh: &str) -> io::Result<String> {
        let path = self.folder.join("device");
        match fs::read_to_string(&path) {
            Ok(id) if !id.is_empty() => Ok(id),
            Ok(_) => replace(&path, fresh.as_bytes()).map(|_| fresh.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                replace(&path, fresh.as_bytes()).map(|_| fresh.to_owned())
            }
            Err(error) => Err(error),
        }
    }

    fn load(&mut self, owner: &Owner) -> io::Result<Memory> {
        Ok(self.journal(owner)?.memory.clone())
    }

    fn save(&mut self, owner: &Owner, changes: &[Change]) -> io::Result<()> {
        let path = self.folder.join(file_name(owner));
        let journal = self.journal(owner)?;
        if let Err(error) = journal.append(changes) {
            // A part of a line may have been written: the journal is read again, and that part left out, before more.
            self.journals.remove(owner);
            return Err(error);
        }
        if journal.lines > journal.lines_max {
            *journal = Journal::write(&path, owner, std::mem::take(&mut journal.memory))?;
        }
        Ok(())
    }
}

impl Journal {
    fn open(path: &Path, owner: &Owner) -> io::Result<Self> {
        let memory = match File::open(path) {
            Ok(file) => read(BufReader::new(file), owner)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Memory::default(),
            Err(error) => return Err(error),
        };
        // Written anew, so that nothing is ever appended behind a line that was cut off.
        Self::write(path, owner, memory)
    }

    fn write(path: &Path, owner: &Owner, memory: Memory) -> io::Result<Self> {
        let changes = changes_to(&memory);
        let mut bytes = line(owner)?;
        for change in &changes {
            bytes.extend(line(change)?);
        }
        replace(path, &bytes)?;
        let file = OpenOptions::new().append(true).open(path)?;
        let lines_max = JOURNAL_LINES_MIN.max(changes.len() * JOURNAL_GROWTH_MAX);
        Ok(Self { file, memory, lines: changes.len(), lines_max })
    }

    fn append(&mut self, changes: &[Change]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for change in changes {
            bytes.extend(line(change)?);
        }
        self.file.write_all(&bytes)?;
        if changes.iter().any(|change| matches!(change, Change::AnswerKept(..))) {
            self.file.sync_data()?;
        }
        self.lines += changes.len();
        changes.iter().cloned().for_each(|change| self.memory.apply(change));
        Ok(())
    }
}

fn read(mut lines: impl BufRead, owner: &Owner) -> io::Result<Memory> {
    let mut memory = Memory::default();
    let mut line = String::new();
    let mut first = true;
    while lines.read_line(&mut line)? > 0 {
        if !line.ends_with('\n') {
            break;
        }
        if first {
            check_owner(&line, owner)?;
            first = false;
        } else {
            memory.apply(serde_json::from_str(&line)?);
        }
        line.clear();
    }
    Ok(memory)
}

fn check_owner(line: &str, owner: &Owner) -> io::Result<()> {
    if serde_json::from_str::<Owner>(line)? == *owner {
        return Ok(());
    }
    Err(io::Error::other("the journal belongs to another user"))
}

/// The shortest way from nothing to this memory.
fn changes_to(memory: &Memory) -> Vec<Change> {
    let memory = memory.clone();
    let mut changes = vec![Change::StoreChanged(memory.store_id)];
    changes.extend(memory.positions.into_iter().map(|(conversation, through)| Change::Position(conversation, through)));
    changes.extend(memory.asked.into_iter().map(Change::Asked));
    changes.extend(memory.unanswered.into_iter().map(Change::Unanswered));
    changes.extend(memory.answers.into_iter().map(|(number, answer)| Change::AnswerKept(number, answer)));
    changes
}

fn line(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Either the old bytes or the new ones are there after a crash, never a part.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

/// Ids may hold any character, so the name is a digest of them (FNV-1a, 128 bits); the first line says the owner in full.
fn file_name(owner: &Owner) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = owner.app_key.bytes().chain([0]).chain(owner.user_id.bytes());
    let digest = bytes.fold(OFFSET, |digest, byte| (digest ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("{digest:032x}.journal")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Conversation;
    use crate::store::{Answer, Asked};

    fn owner(user_id: &str) -> Owner {
        Owner { app_key: "app".into(), user_id: user_id.into() }
    }

    fn answer(number: u64) -> Change {
        let message_uids = vec![format!("m{number}")];
        Change::AnswerKept(number, Answer { conversation: Conversation::group("g"), message_uids })
    }

    fn reopened(folder: &Path) -> FileStore {
        FileStore::open(folder).unwrap()
    }

    #[test]
    fn what_was_saved_is_there_after_a_restart_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let changes = [
            Change::StoreChanged("s1".into()),
            Change::Position(Conversation::ultra_group("u", None), 7),
            Change::Asked(Asked { conversation: Conversation::group("g"), message_uid: "m9".into(), readers: 2 }),
            answer(1),
            answer(2),
            Change::AnswerDone(1),
        ];
        reopened(folder.path()).save(&owner("bob"), &changes).unwrap();

        let memory = reopened(folder.path()).load(&owner("bob")).unwrap();
        assert_eq!(memory.store_id, "s1");
        assert_eq!(memory.positions[&Conversation::ultra_group("u", None)], 7);
        assert_eq!(memory.asked[0].readers, 2);
        assert_eq!(memory.answers.keys().copied().collect::<Vec<_>>(), [2]);
        assert_eq!(reopened(folder.path()).load(&owner("eve")).unwrap(), Memory::default());
    }

    #[test]
    fn a_line_that_was_cut_off_is_left_out_and_the_journal_goes_on_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        reopened(folder.path()).save(&owner("bob"), &[answer(1), answer(2)]).unwrap();
        let path = folder.path().join(file_name(&owner("bob")));
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();

        reopened(folder.path()).save(&owner("bob"), &[answer(3)]).unwrap();
        let memory = reopened(folder.path()).load(&owner("bob")).unwrap();
        assert_eq!(memory.answers.keys().copied().collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_damaged_journal_is_an_error_and_not_an_empty_memory() {
        let folder = tempfile::tempdir().unwrap();
        reopened(folder.path()).save(&owner("bob"), &[answer(1)]).unwrap();
        let path = folder.path().join(file_name(&owner("bob")));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("AnswerKept", "Answer?")).unwrap();
        assert!(reopened(folder.path()).load(&owner("bob")).is_err());
    }

    #[test]
    fn a_journal_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = reopened(folder.path());
        for through in 0..2_500 {
            store.save(&owner("bob"), &[Change::Position(Conversation::group("g"), through)]).unwrap();
        }
        let path = folder.path().join(file_name(&owner("bob")));
        assert!(fs::read_to_string(path).unwrap().lines().count() < 1_100);
        assert_eq!(store.load(&owner("bob")).unwrap().positions[&Conversation::group("g")], 2_499);
    }

    #[test]
    fn a_folder_is_one_store_s_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = reopened(folder.path());
        assert_eq!(FileStore::open(folder.path()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(first);
        reopened(folder.path());
    }

    #[test]
    fn an_installation_keeps_its_id() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(reopened(folder.path()).device_id("first").unwrap(), "first");
        assert_eq!(reopened(folder.path()).device_id("second").unwrap(), "first");
    }
}
