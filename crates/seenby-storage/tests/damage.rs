//! Damage below the store: bits that flip, pages of zeros and lost ends, in every file. The store then says so, or it has
//! what it had. What it must never do is tell anything else.
//!
//! `make damage TRIES=2000` tries more of it.

#![expect(clippy::unwrap_used, reason = "a ward that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use seenby_core::{
    Answer, AppKey, Call, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, Limits, MessageKey,
    MessageUid, Timestamp, UserId, call,
};
use seenby_storage::{Embedded, LedgerWriter, Storage as _, StorageError};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const MEMBERS: usize = 12;
const MESSAGES: usize = 6;
/// A few seconds.
const TRIES: u64 = 60;

/// Who has read what.
type State = BTreeMap<MessageUid, Vec<Answer>>;

/// A store that was closed in order.
struct Ward {
    name: ConversationName,
    uids: Vec<MessageUid>,
    state: State,
    files: Vec<Stored>,
}

/// A file of the store. Journals are as long as they may become from the start; the zeros at the end are left out.
struct Stored {
    path: PathBuf,
    bytes: Vec<u8>,
    length: u64,
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Flip,
    Zeros,
    Cut,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Refused,
    Unharmed,
}

impl Ward {
    /// Half of the answers lie in tables, the other half in the journal alone.
    fn with_answers() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Embedded::open(folder.path()).unwrap());
        let mut writer = LedgerWriter::new(store.clone(), Limits::default(), 1);
        let group =
            GroupName { app: AppKey::new("app").unwrap(), kind: GroupKind::Group, id: GroupId::new("ward").unwrap() };
        let members: Vec<_> = (0..MEMBERS).map(|number| UserId::new(&format!("nurse-{number}")).unwrap()).collect();
        let mut ward =
            Self { name: ConversationName::new(group, None), uids: vec![], state: State::new(), files: vec![] };
        let group = ward.name.group.clone();
        writer.apply(&Call::CreateGroup { group: group.clone(), title: String::new() }, NOW).unwrap();
        writer.apply(&Call::Join { group, users: members.clone() }, NOW).unwrap();
        for number in 0..MESSAGES {
            let client_ref = ClientRef::new(&number.to_string()).unwrap();
            let draft = Draft { client_ref, content: vec![7; 100], need_receipt: true };
            let call = Call::Send { conversation: ward.name.clone(), user: members[0].clone(), draft };
            match writer.apply(&call, NOW).unwrap() {
                call::Outcome::Sent(sent) => ward.uids.push(sent.uid),
                other => panic!("{other:?}"),
            }
        }
        writer.commit().unwrap();
        for (place, member) in members.iter().enumerate().skip(1) {
            for uid in &ward.uids {
                let (conversation, uids) = (ward.name.clone(), vec![Some(*uid)]);
                let call = Call::Answer { conversation, user: member.clone(), from: None, uids };
                writer.write(&[call], NOW).unwrap();
            }
            if place == MEMBERS / 2 {
                store.compact().unwrap();
            }
        }
        ward.state = ward.read(&store).unwrap();
        drop((writer, store));
        ward.files = files(folder.path());
        ward
    }

    fn read(&self, store: &Embedded) -> Result<State, StorageError> {
        let snapshot = store.snapshot();
        let conversation = snapshot.conversation_number(&self.name)?;
        let conversation = conversation.ok_or_else(|| StorageError::Damaged("the group is not there".into()))?;
        let mut state = State::new();
        for &uid in &self.uids {
            let key = MessageKey { conversation, uid };
            if snapshot.message(key)?.is_none() || snapshot.request(key)?.is_none() {
                return Err(StorageError::Damaged("a message is not there".into()));
            }
            state.insert(uid, snapshot.readers(key, 0, MEMBERS)?);
        }
        Ok(state)
    }

    /// What a store makes of it when one of its files is damaged.
    fn suffers(&self, place: usize, damage: Damage, random: &mut SmallRng) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        for (number, file) in self.files.iter().enumerate() {
            let (mut bytes, mut length) = (file.bytes.clone(), file.length);
            if number == place {
                damage.befalls(&mut bytes, &mut length, random);
            }
            write(&folder.path().join(&file.path), &bytes, length);
        }
        let found = Embedded::open(folder.path()).and_then(|store| self.read(&store));
        let file = self.files[place].path.display();
        match found {
            Err(error) => {
                assert!(!error.to_string().is_empty(), "an error says something");
                Outcome::Refused
            }
            Ok(state) => {
                assert_eq!(state, self.state, "{damage:?} in {file}");
                Outcome::Unharmed
            }
        }
    }
}

impl Stored {
    fn is_journal(&self) -> bool {
        self.path.extension().is_some_and(|end| end == "jnl")
    }
}

impl Damage {
    fn befalls(self, bytes: &mut Vec<u8>, length: &mut u64, random: &mut SmallRng) {
        let at = random.random_range(0..bytes.len());
        match self {
            Self::Flip => bytes[at] ^= 1 << random.random_range(0..8),
            Self::Zeros => {
                let end = bytes.len().min(at + 4_096);
                bytes[at..end].fill(0);
            }
            Self::Cut => {
                bytes.truncate(at);
                *length = at as u64;
            }
        }
    }
}

fn files(folder: &Path) -> Vec<Stored> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let mut bytes = fs::read(entry.path()).unwrap();
            let length = bytes.len() as u64;
            bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
            files.push(Stored { path: entry.path().strip_prefix(folder).unwrap().to_owned(), bytes, length });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn write(path: &Path, bytes: &[u8], length: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = File::create(path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_len(length).unwrap();
}

#[test]
fn a_damaged_file_is_refused_or_does_no_harm() {
    let tries = std::env::var("SEENBY_DAMAGE_TRIES").map_or(TRIES, |tries| tries.parse().unwrap());
    let ward = Ward::with_answers();
    let with_bytes = (0..ward.files.len()).filter(|place| !ward.files[*place].bytes.is_empty());
    let (journals, others): (Vec<_>, Vec<_>) = with_bytes.partition(|place| ward.files[*place].is_journal());
    assert!(!ward.state.values().any(Vec::is_empty), "somebody has read each");
    let mut outcomes: BTreeMap<(String, Outcome), u64> = BTreeMap::new();
    for number in 0..tries {
        let mut random = SmallRng::seed_from_u64(number);
        let among = if random.random() { &journals } else { &others };
        let place = among[random.random_range(0..among.len())];
        let damage = [Damage::Flip, Damage::Zeros, Damage::Cut][random.random_range(0..3)];
        let outcome = ward.suffers(place, damage, &mut random);
        let kind = if ward.files[place].is_journal() { "journal" } else { "other files" };
        *outcomes.entry((format!("{kind}, {damage:?}"), outcome)).or_default() += 1;
    }
    for ((what, outcome), count) in outcomes {
        println!("{what:<24} {outcome:?} {count}");
    }
}
