//! What only this store promises: its files, and what it does when they are damaged.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use seenby_core::commit::{AppRecord, Secret, UserRecord};
use seenby_core::group::Direction;
use seenby_core::{
    Answer, AppKey, Block, ChannelId, ClientRef, ConversationName, ConversationNumber, Group, GroupId, GroupKind,
    GroupName, KeyId, KeyRecord, LogEntry, LogEvent, Membership, MembershipChange, Message, MessageKey, MessageUid,
    Ordinal, ReceiptRequest, Scope, Sequence, Timestamp,
};
use tempfile::TempDir;

use super::keys::Space;
use super::*;
use crate::TimeOrder;

fn new_store() -> (Embedded, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (Embedded::open(directory.path()).unwrap(), directory)
}

const CONVERSATION: ConversationNumber = ConversationNumber(2);
const KEY: MessageKey = MessageKey { conversation: CONVERSATION, uid: MessageUid::MAX };

fn app() -> AppKey {
    AppKey::new("app").unwrap()
}

fn alice() -> UserId {
    UserId::new("alice").unwrap()
}

fn group_name() -> GroupName {
    GroupName { app: app(), kind: GroupKind::UltraGroup, id: GroupId::new("病房").unwrap() }
}

fn conversation_name() -> ConversationName {
    ConversationName { group: group_name(), channel: Some(ChannelId::new("news").unwrap()) }
}

fn logged(sequence: u64, event: LogEvent) -> Change {
    Change::Logged(CONVERSATION, LogEntry { sequence: Sequence(sequence), at: Timestamp(300), event, group_version: 3 })
}

fn message() -> Message {
    Message {
        key: KEY,
        group: GroupNumber(1),
        sequence: Sequence(1),
        sender: alice(),
        sender_slot: Slot(3),
        sent_at: Timestamp(300),
        client_ref: ClientRef::new("ref").unwrap(),
        group_version: 2,
        content: b"hello".to_vec(),
        recalled_at: Some(Timestamp(400)),
        hidden_from_sender: false,
    }
}

fn request() -> ReceiptRequest {
    ReceiptRequest::new(KEY, alice(), Timestamp(300), (1..100_000).collect())
}

fn block(first_ordinal: Ordinal, slots: &[u32]) -> Change {
    let answers = slots.iter().map(|slot| Answer { slot: Slot(*slot), at: Timestamp(500) }).collect();
    Change::BlockAdded(Block { key: KEY, first_ordinal, answers })
}

/// One change of every kind.
fn one_of_each() -> Vec<Change> {
    let group = Group {
        dismissed: true,
        version: 3,
        present: [0, 2, 3, 4, 5].into_iter().collect(),
        slot_count: 6,
        ..Group::new(GroupNumber(1), group_name(), "Ward".to_owned(), Timestamp(100))
    };
    let step = |version, slot, direction| {
        let at = Timestamp(100 + version);
        let change = MembershipChange { group: GroupNumber(1), version, user: alice(), slot, direction, at };
        Change::MembershipChanged(app(), change)
    };
    vec![
        Change::AppSaved(AppRecord { key: app(), secret: Secret::new("secret"), created_at: Timestamp(100) }),
        Change::UserSaved(
            app(),
            UserRecord { name: "Alice".to_owned(), blocked: true, ..UserRecord::new(alice(), Timestamp(100)) },
        ),
        Change::GroupSaved(group),
        step(1, Slot(0), Direction::Joined),
        step(2, Slot(0), Direction::Left),
        step(3, Slot(0), Direction::Joined),
        Change::ConversationCreated { number: CONVERSATION, group: GroupNumber(1), name: conversation_name() },
        logged(1, LogEvent::Sent(KEY.uid)),
        logged(2, LogEvent::ReceiptRequested(KEY.uid)),
        logged(3, LogEvent::Recalled(KEY.uid)),
        Change::MessageSaved(message()),
        Change::RequestCreated(request()),
        block(0, &[7]),
        block(1, &[6]),
    ]
}

fn closed_name() -> ConversationName {
    ConversationName { group: group_name(), channel: Some(ChannelId::new("old").unwrap()) }
}

/// What came to format 1 later: an older version passes over all of it.
fn later_additions() -> Vec<Change> {
    let user = UserRecord {
        portrait: "https://pictures.example/alice".to_owned(),
        tokens_from: Timestamp(700),
        ..UserRecord::new(alice(), Timestamp(100))
    };
    let key = KeyRecord {
        id: KeyId::new("0123abcd").unwrap(),
        app: app(),
        label: "reports".to_owned(),
        scopes: vec![Scope::Receipts, Scope::Groups],
        secret_hash: [9; 32],
        created_at: Timestamp(100),
    };
    let (number, group) = (ConversationNumber(3), GroupNumber(1));
    vec![
        Change::UserSaved(app(), user),
        Change::KeySaved(key),
        Change::ConversationClosed { number, group, name: closed_name() },
        Change::MessageSaved(Message { hidden_from_sender: true, recalled_at: None, ..message() }),
        Change::RequestListed(app(), alice(), KEY),
    ]
}

mod opening {
    use super::*;

    #[test]
    fn a_renamed_store_has_another_name_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Embedded::open(folder.path()).unwrap();
        let before = store.store_id().to_owned();
        let renamed = store.rename().unwrap().to_owned();
        assert_ne!(renamed, before);
        drop(store);
        assert_eq!(Embedded::open(folder.path()).unwrap().store_id(), renamed);
    }

    #[test]
    fn a_store_keeps_its_name_and_contents() {
        let (store, directory) = new_store();
        store.commit(&one_of_each()).unwrap();
        let name = store.store_id().to_owned();
        drop(store);
        for _ in 0..3 {
            let store = Embedded::open(directory.path()).unwrap();
            assert_eq!(store.store_id(), name);
            assert_eq!(store.snapshot().message(KEY).unwrap(), Some(message()));
            assert_eq!(store.snapshot().reader_count(KEY).unwrap(), 2);
        }
    }

    #[test]
    fn a_store_that_is_open_cannot_be_opened_again() {
        let (store, directory) = new_store();
        match Embedded::open(directory.path()).err() {
            Some(StorageError::InUse(path)) => assert_eq!(Path::new(&path), directory.path()),
            other => panic!("{other:?}"),
        }
        drop(store);
        Embedded::open(directory.path()).unwrap();
    }

    #[test]
    fn a_newer_format_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let newer = (meta::FORMAT + 1).to_be_bytes();
        let database = Database::builder(directory.path()).open().unwrap();
        database.keyspace("meta", Default::default).unwrap().insert("format", newer).unwrap();
        drop(database);

        let refused = Embedded::open(directory.path()).err();
        assert!(matches!(refused, Some(StorageError::NewerFormat { found: 3, known: 2 })), "{refused:?}");
        let database = Database::builder(directory.path()).open().unwrap();
        assert_eq!(database.list_keyspace_names().len(), 1, "no keyspaces of ours were added");
    }

    #[test]
    fn every_opening_is_a_write() {
        let (store, directory) = new_store();
        drop(store);
        let store = Embedded::open(directory.path()).unwrap();
        let opened = store.keyspaces.get(Space::Meta).get("opened").unwrap().unwrap();
        assert_eq!(*opened, 2u64.to_be_bytes());
    }

    /// A version that knows no lists has written and dropped requests in between.
    #[test]
    fn lists_of_requests_are_made_anew_when_another_version_has_had_the_store() {
        let (store, directory) = new_store();
        store.commit(&one_of_each()).unwrap();
        let gone = MessageKey { uid: MessageUid::MIN, ..KEY };
        store.commit(&[Change::RequestListed(app(), alice(), gone)]).unwrap();
        let listed = |store: &Embedded| store.snapshot().requests_of(&app(), &alice(), None, 10).unwrap();
        assert_eq!(listed(&store), [gone]);
        drop(store);
        let store = Embedded::open(directory.path()).unwrap();
        assert_eq!(listed(&store), [gone], "nobody else had it, so nothing is looked at");
        store.keyspaces.get(Space::Meta).insert("opened", 7u64.to_be_bytes()).unwrap();
        drop(store);
        let store = Embedded::open(directory.path()).unwrap();
        assert_eq!(listed(&store), [KEY]);
    }

    #[test]
    fn a_folder_without_a_store_is_not_made_into_one() {
        let directory = tempfile::tempdir().unwrap();
        let deeper = directory.path().join("store");
        drop(Embedded::open(&deeper).unwrap());
        let refused = Embedded::open_existing(directory.path()).err();
        assert!(matches!(refused, Some(StorageError::Missing(_))), "{refused:?}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing was put there");
        Embedded::open_existing(&deeper).unwrap();
    }

    #[test]
    fn a_path_that_is_no_directory_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Embedded::open(file.path()), Err(StorageError::Backend(_))));
    }
}

mod writing {
    use super::*;

    #[test]
    fn after_a_failed_commit_the_store_refuses_until_it_is_opened_anew() {
        let (store, directory) = new_store();
        let failure = Err(failed(std::io::Error::other("the disk is gone").into()));
        assert!(matches!(store.refuse_after(failure), Err(StorageError::Backend(_))));
        assert!(!store.takes_writes());
        assert!(matches!(store.commit(&one_of_each()), Err(StorageError::Refusing)));
        assert_eq!(store.snapshot().message(KEY).unwrap(), None);

        drop(store);
        let store = Embedded::open(directory.path()).unwrap();
        assert!(store.takes_writes());
        store.commit(&one_of_each()).unwrap();
    }

    #[test]
    fn a_store_whose_files_are_gone_or_are_others_takes_no_writes() {
        let ways: [fn(&Path); 3] = [
            |path| fs::remove_dir_all(path).unwrap(),
            |path| fs::rename(path, path.with_extension("moved")).unwrap(),
            |path| {
                let moved = path.with_extension("moved");
                fs::rename(path, &moved).unwrap();
                fs::create_dir(path).unwrap();
                copy_directory(&moved, path);
            },
        ];
        for way in ways {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("store");
            let store = Embedded::open(&path).unwrap();
            store.commit(&one_of_each()).unwrap();
            assert!(store.is_in_place());
            way(&path);
            assert!(!store.is_in_place());
            let refused = store.commit(&[block(2, &[9])]);
            assert!(matches!(refused, Err(StorageError::Gone(_))), "{refused:?}");
            assert!(!store.takes_writes());
        }
    }

    /// A power cut leaves zeros where the journal was not yet written.
    #[test]
    fn a_commit_cut_short_is_gone_as_a_whole() {
        let (store, directory) = new_store();
        store.commit(&one_of_each()).unwrap();
        let (before, acknowledged) = (journal_length(directory.path()), fs::read(mark(directory.path())).unwrap());
        let big = Message { content: vec![7; 3_000], recalled_at: None, ..message() };
        store.commit(&[Change::MessageSaved(big.clone()), Change::RequestDropped(KEY)]).unwrap();
        let after = journal_length(directory.path());
        drop(store);

        let cuts = (0..=8).map(|eighth| before + (after - before) * eighth / 8).chain([before + 1, after - 1]);
        for cut in cuts {
            let copy = copy_with_journal_cut(directory.path(), cut);
            // Nobody has been told of the second commit.
            fs::write(mark(copy.path()), &acknowledged).unwrap();
            let store = Embedded::open(copy.path()).unwrap();
            let whole = cut == after;
            assert_eq!(
                store.snapshot().message(KEY).unwrap(),
                Some(if whole { big.clone() } else { message() }),
                "{cut}"
            );
            assert_eq!(store.snapshot().reader_count(KEY).unwrap(), if whole { 0 } else { 2 }, "{cut}");
            assert_eq!(store.snapshot().request(KEY).unwrap().is_some(), !whole, "{cut}");
            store.commit(&[block(2, &[9])]).unwrap();
        }
    }

    #[test]
    fn a_store_that_has_lost_an_acknowledged_commit_is_refused_and_left_as_it_is() {
        let (store, directory) = new_store();
        store.commit(&one_of_each()).unwrap();
        let before = journal_length(directory.path());
        store.commit(&[Change::RequestDropped(KEY)]).unwrap();
        drop(store);
        let copy = copy_with_journal_cut(directory.path(), before);
        for _ in 0..2 {
            let refused = Embedded::open(copy.path()).err().unwrap();
            assert_eq!(refused.to_string(), "the store is damaged: of 2 commits the last 1 are missing");
        }
        fs::remove_file(mark(copy.path())).unwrap();
        Embedded::open(copy.path()).unwrap();
    }

    fn mark(folder: &Path) -> PathBuf {
        folder.join("acknowledged")
    }

    const JOURNAL: &str = "0.jnl";

    fn journal_length(directory: &Path) -> usize {
        let journal = fs::read(directory.join(JOURNAL)).unwrap();
        journal.iter().rposition(|byte| *byte != 0).unwrap() + 1
    }

    fn copy_with_journal_cut(from: &Path, cut: usize) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_directory(from, copy.path());
        let journal = fs::read(from.join(JOURNAL)).unwrap();
        let mut file = File::create(copy.path().join(JOURNAL)).unwrap();
        file.write_all(&journal[..cut]).unwrap();
        file.set_len(journal.len() as u64).unwrap();
        copy
    }

    fn copy_directory(from: &Path, to: &Path) {
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                fs::create_dir(&target).unwrap();
                copy_directory(&entry.path(), &target);
            } else if entry.file_name() != JOURNAL {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

mod damage {
    use super::*;

    type Read = fn(&dyn Reads) -> Result<(), StorageError>;

    /// One read of every keyspace that has rows with a form.
    const READS: [(Space, Read); 17] = [
        (Space::Apps, |snapshot| snapshot.app(&app()).map(drop)),
        (Space::Users, |snapshot| snapshot.users(&app(), None, 10).map(drop)),
        (Space::GroupNames, |snapshot| snapshot.group_number(&group_name()).map(drop)),
        (Space::Groups, |snapshot| snapshot.group(GroupNumber(1)).map(drop)),
        (Space::Slots, |snapshot| snapshot.slot(GroupNumber(1), &alice()).map(drop)),
        (Space::SlotUsers, |snapshot| snapshot.slot_user(GroupNumber(1), Slot(0)).map(drop)),
        (Space::Memberships, |snapshot| snapshot.memberships(&app(), &alice()).map(drop)),
        (Space::MembershipLog, |snapshot| snapshot.membership_changes(GroupNumber(1), 0).map(drop)),
        (Space::Channels, |snapshot| snapshot.conversations(GroupNumber(1)).map(drop)),
        (Space::Conversations, |snapshot| snapshot.conversation(CONVERSATION).map(drop)),
        (Space::Log, |snapshot| snapshot.log(CONVERSATION, Sequence(0), 10).map(drop)),
        (Space::Messages, |snapshot| snapshot.messages(CONVERSATION, MessageUid::MIN, TimeOrder::After, 10).map(drop)),
        (Space::Sent, |snapshot| snapshot.sent(CONVERSATION, Slot(3), &message().client_ref).map(drop)),
        (Space::Requests, |snapshot| snapshot.request(KEY).map(drop)),
        (Space::Blocks, |snapshot| snapshot.readers(KEY, 0, 10).map(drop)),
        (Space::ClosedChannels, |snapshot| snapshot.closed_conversation(&closed_name()).map(drop)),
        (Space::Keys, |snapshot| snapshot.keys().map(drop)),
    ];

    #[test]
    fn a_damaged_row_is_reported_as_such() {
        let (store, _directory) = new_store();
        store.commit(&[one_of_each(), later_additions()].concat()).unwrap();
        for (space, read) in READS {
            let sound = rows(&store, space);
            read(&*store.snapshot()).unwrap();
            replace_rows(&store, space, |_| vec![0xff; 7]);
            let outcome = read(&*store.snapshot());
            write_rows(&store, space, &sound);
            assert!(matches!(&outcome, Err(StorageError::Damaged(what)) if what.contains(space.name())), "{outcome:?}");
        }
    }

    #[test]
    fn no_flipped_bit_and_no_lost_byte_crashes_a_read() {
        let (store, _directory) = new_store();
        store.commit(&[one_of_each(), later_additions()].concat()).unwrap();
        for (space, read) in READS {
            let rows = rows(&store, space);
            let longest = rows.iter().map(|(_, value)| value.len()).max().unwrap();
            for position in 0..longest {
                for bit in 0..8 {
                    replace_rows(&store, space, |value| with_flipped_bit(value, position, bit));
                    let _ = read(&*store.snapshot());
                    write_rows(&store, space, &rows);
                }
                replace_rows(&store, space, |value| value[..position.min(value.len())].to_vec());
                let _ = read(&*store.snapshot());
                write_rows(&store, space, &rows);
            }
        }
    }

    fn with_flipped_bit(value: &[u8], position: usize, bit: u8) -> Vec<u8> {
        let mut value = value.to_vec();
        if let Some(byte) = value.get_mut(position) {
            *byte ^= 1 << bit;
        }
        value
    }

    #[test]
    fn blocks_with_a_gap_or_an_overlap_are_damage() {
        let (gap, overlap, repeated_reader) = (block(3, &[5]), block(0, &[7, 8]), block(2, &[5, 7]));
        for damage in [gap, overlap, repeated_reader] {
            let (store, _directory) = new_store();
            store.commit(&one_of_each()).unwrap();
            store.commit(std::slice::from_ref(&damage)).unwrap();
            let outcome = store.snapshot().request(KEY);
            assert!(matches!(outcome, Err(StorageError::Damaged(_))), "{damage:?}: {outcome:?}");
        }
    }

    #[test]
    fn damage_behind_readers_that_are_known_is_found_too() {
        let (gap, overlap, repeated_reader) = (block(4, &[5]), block(2, &[9]), block(3, &[7]));
        for damage in [gap, overlap, repeated_reader] {
            let (store, _directory) = new_store();
            store.commit(&one_of_each()[..12]).unwrap();
            store.commit(&[block(0, &[7]), block(1, &[6, 5])]).unwrap();
            assert_eq!(store.snapshot().request(KEY).unwrap().unwrap().reader_count(), 3);
            store.commit(std::slice::from_ref(&damage)).unwrap();
            for _ in 0..2 {
                let outcome = store.snapshot().request(KEY);
                assert!(matches!(outcome, Err(StorageError::Damaged(_))), "{damage:?}: {outcome:?}");
            }
        }
    }

    #[test]
    fn a_log_with_a_gap_is_damage() {
        let (store, _directory) = new_store();
        store.commit(&[logged(1, LogEvent::Sent(KEY.uid)), logged(3, LogEvent::Sent(KEY.uid))]).unwrap();
        let member = Membership { group: GroupNumber(1), slot: Slot(0), joined_at: Timestamp(9_999), version: 9 };
        let outcome = store.snapshot().log_position(CONVERSATION, &member);
        assert!(matches!(outcome, Err(StorageError::Damaged(_))), "{outcome:?}");
    }

    fn replace_rows(store: &Embedded, space: Space, change: impl Fn(&[u8]) -> Vec<u8>) {
        let changed: Vec<_> = rows(store, space).into_iter().map(|(key, value)| (key, change(&value))).collect();
        write_rows(store, space, &changed);
    }
}

mod cached_readers {
    use proptest::prelude::*;

    use super::*;

    fn read_by(slots: impl IntoIterator<Item = u32>) -> Option<ReceiptRequest> {
        Some(request().with_readers(slots.into_iter().map(Slot)))
    }

    #[test]
    fn an_older_snapshot_has_none_of_the_readers_who_came_later() {
        let (store, _directory) = new_store();
        store.commit(&[Change::RequestCreated(request()), block(0, &[7])]).unwrap();
        let older = store.snapshot();
        store.commit(&[block(1, &[6, 5])]).unwrap();
        assert_eq!(store.snapshot().request(KEY).unwrap(), read_by([7, 6, 5]));
        assert_eq!(older.request(KEY).unwrap(), read_by([7]));
        assert_eq!(store.snapshot().request(KEY).unwrap(), read_by([7, 6, 5]));
    }

    #[test]
    fn a_request_dropped_and_made_again_has_none_of_its_old_readers() {
        let (store, _directory) = new_store();
        store.commit(&[Change::RequestCreated(request()), block(0, &[7]), block(1, &[6])]).unwrap();
        let first_life = store.snapshot();
        assert_eq!(store.snapshot().request(KEY).unwrap(), read_by([7, 6]));

        store.commit(&[Change::RequestDropped(KEY)]).unwrap();
        assert_eq!(first_life.request(KEY).unwrap(), read_by([7, 6]), "read late");
        assert_eq!(store.snapshot().request(KEY).unwrap(), None);

        store.commit(&[Change::RequestCreated(request())]).unwrap();
        assert_eq!(first_life.request(KEY).unwrap(), read_by([7, 6]), "read late");
        assert_eq!(store.snapshot().request(KEY).unwrap(), read_by([]));

        store.commit(&[block(0, &[1]), block(1, &[2])]).unwrap();
        assert_eq!(store.snapshot().request(KEY).unwrap(), read_by([1, 2]));
        assert_eq!(first_life.request(KEY).unwrap(), read_by([7, 6]), "as many as there are now, and not the same");
        assert_eq!(store.snapshot().request(KEY).unwrap(), read_by([1, 2]));
    }

    #[test]
    fn one_batch_may_end_a_life_and_begin_the_next() {
        let (store, _directory) = new_store();
        let life = |slot| [Change::RequestDropped(KEY), Change::RequestCreated(request()), block(0, &[slot])];
        for slot in 1..5 {
            store.commit(&life(slot)).unwrap();
            assert_eq!(store.snapshot().request(KEY).unwrap(), read_by([slot]));
        }
    }

    /// Readers of the life with number n have the slots from n times 100 on.
    #[test]
    fn reads_beside_commits_never_mix_two_lives() {
        const LIVES: u32 = 60;
        let (store, _directory) = new_store();
        std::thread::scope(|threads| {
            threads.spawn(|| {
                for first in (1..=LIVES).map(|life| life * 100) {
                    let begin = [Change::RequestDropped(KEY), Change::RequestCreated(request())];
                    store.commit(&[&begin[..], &[block(0, &[first])]].concat()).unwrap();
                    store.commit(&[block(1, &[first + 1])]).unwrap();
                    store.commit(&[block(2, &[first + 2])]).unwrap();
                }
            });
            for _ in 0..3 {
                threads.spawn(|| {
                    let mut last = 0;
                    while last < LIVES * 100 + 2 {
                        let Some(request) = store.snapshot().request(KEY).unwrap() else { continue };
                        let (first, now) = (request.readers.min().unwrap(), request.readers.max().unwrap());
                        assert_eq!(first % 100, 0, "{request:?}");
                        assert_eq!(request.readers, (first..=now).collect(), "of one life, without gaps");
                        assert!(now >= last, "what was seen stays seen");
                        last = now;
                    }
                });
            }
        });
    }

    #[derive(Debug, Clone)]
    enum Step {
        Create,
        Drop,
        DropAndCreate { readers: usize },
        Block { readers: usize },
        Read,
        TakeSnapshot,
        ReadOld { which: prop::sample::Index },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            2 => Just(Step::Create),
            1 => Just(Step::Drop),
            1 => (0..3usize).prop_map(|readers| Step::DropAndCreate { readers }),
            6 => (1..3usize).prop_map(|readers| Step::Block { readers }),
            6 => Just(Step::Read),
            3 => Just(Step::TakeSnapshot),
            4 => any::<prop::sample::Index>().prop_map(|which| Step::ReadOld { which }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

        #[test]
        fn every_snapshot_gives_what_it_has(steps in proptest::collection::vec(step(), 1..120)) {
            let (store, _directory) = new_store();
            let (mut expected, mut snapshots, mut slots) = (None, Vec::new(), 1..);
            for step in steps {
                match step {
                    Step::Create if expected.is_none() => {
                        store.commit(&[Change::RequestCreated(request())]).unwrap();
                        expected = read_by([]);
                    }
                    Step::Drop => {
                        store.commit(&[Change::RequestDropped(KEY)]).unwrap();
                        expected = None;
                    }
                    Step::DropAndCreate { readers } => {
                        let slots: Vec<u32> = slots.by_ref().take(readers).collect();
                        let mut changes = vec![Change::RequestDropped(KEY), Change::RequestCreated(request())];
                        changes.extend((!slots.is_empty()).then(|| block(0, &slots)));
                        store.commit(&changes).unwrap();
                        expected = read_by(slots);
                    }
                    Step::Block { readers } => if let Some(request) = expected.take() {
                        let slots: Vec<u32> = slots.by_ref().take(readers).collect();
                        store.commit(&[block(request.reader_count(), &slots)]).unwrap();
                        expected = Some(request.with_readers(slots.into_iter().map(Slot)));
                    }
                    Step::TakeSnapshot => snapshots.push((store.snapshot(), expected.clone())),
                    Step::ReadOld { which } if !snapshots.is_empty() => {
                        let (snapshot, expected) = which.get(&snapshots);
                        prop_assert_eq!(&snapshot.request(KEY).unwrap(), expected);
                    }
                    Step::Read | Step::Create | Step::ReadOld { .. } => {
                        prop_assert_eq!(&store.snapshot().request(KEY).unwrap(), &expected);
                    }
                }
            }
        }
    }
}

mod format {
    use super::*;

    /// The rows of [`later_additions`], as the first version to know them wrote them. Never edit it.
    const ADDITIONS: &str = include_str!("fixtures/format-1-additions.txt");

    #[test]
    fn additions_are_written_as_ever() {
        let (store, _directory) = new_store();
        store.commit(&later_additions()).unwrap();
        let written = written(&store);
        assert_eq!(written, ADDITIONS, "\n{written}");
    }

    #[test]
    fn additions_are_read_as_ever() {
        let (store, _directory) = new_store();
        write_fixture(&store, FIXTURE);
        write_fixture(&store, ADDITIONS);
        let (expected, _other_directory) = new_store();
        expected.commit(&[one_of_each(), later_additions()].concat()).unwrap();
        assert_eq!(everything(&*store.snapshot()), everything(&*expected.snapshot()));
        let additions = |snapshot: &dyn Reads| {
            let closed = snapshot.closed_conversation(&closed_name()).unwrap();
            (snapshot.keys().unwrap(), closed, snapshot.requests_of(&app(), &alice(), None, 10).unwrap())
        };
        assert_eq!(additions(&*store.snapshot()), additions(&*expected.snapshot()));
        assert!(!additions(&*store.snapshot()).0.is_empty());
    }

    fn written(store: &Embedded) -> String {
        let mut written = String::new();
        for space in Space::ALL.into_iter().filter(|space| *space != Space::Meta) {
            for (key, value) in rows(store, space) {
                written += &format!("{} {} {}\n", space.name(), hex(&key), hex(&value));
            }
        }
        written
    }

    fn write_fixture(store: &Embedded, fixture: &str) {
        for line in fixture.lines() {
            let [space, key, value] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let space = Space::ALL.into_iter().find(|known| known.name() == space).unwrap();
            write_rows(store, space, &[(unhex(key), unhex(value))]);
        }
    }

    /// A store with [`one_of_each`], as the first version wrote it: keyspace, key and value of every row. Never edit it:
    /// a later format gets a fixture of its own beside it.
    const FORMAT_1: &str = include_str!("fixtures/format-1.txt");
    /// The same in format 2, in which memberships and logs have the group's version.
    const FIXTURE: &str = include_str!("fixtures/format-2.txt");

    #[test]
    fn changes_are_written_as_ever() {
        let (store, _directory) = new_store();
        store.commit(&one_of_each()).unwrap();
        let written = written(&store);
        assert_eq!(written, FIXTURE, "\n{written}");
    }

    #[test]
    fn rows_of_format_1_are_read_as_ever() {
        let (store, _directory) = new_store();
        write_fixture(&store, FORMAT_1);
        let (expected, _other_directory) = new_store();
        expected.commit(&one_of_each()).unwrap();
        let (mut memberships, mut log) = versioned(&*expected.snapshot());
        memberships.iter_mut().for_each(|membership| membership.version = 0);
        log.iter_mut().for_each(|entry| entry.group_version = 0);
        assert_eq!(versioned(&*store.snapshot()), (memberships, log));
        assert_eq!(unversioned(&*store.snapshot()), unversioned(&*expected.snapshot()));
    }

    #[test]
    fn a_store_of_format_1_is_of_this_format_from_then_on() {
        let (store, directory) = new_store();
        write_fixture(&store, FORMAT_1);
        store.keyspaces.get(Space::Meta).insert("format", 1u32.to_be_bytes()).unwrap();
        drop(store);
        let store = Embedded::open(directory.path()).unwrap();
        let format = store.keyspaces.get(Space::Meta).get("format").unwrap().unwrap();
        assert_eq!(*format, meta::FORMAT.to_be_bytes());
        assert_eq!(store.snapshot().message(KEY).unwrap(), Some(message()));
    }

    #[test]
    fn rows_are_read_as_ever() {
        let (store, _directory) = new_store();
        write_fixture(&store, FIXTURE);
        let (expected, _other_directory) = new_store();
        expected.commit(&one_of_each()).unwrap();
        assert_eq!(everything(&*store.snapshot()), everything(&*expected.snapshot()));
        assert_eq!(store.snapshot().request(KEY).unwrap(), Some(request().with_readers([Slot(7), Slot(6)])));
    }

    fn everything(snapshot: &dyn Reads) -> impl PartialEq + std::fmt::Debug + use<> {
        (versioned(snapshot), unversioned(snapshot))
    }

    fn versioned(snapshot: &dyn Reads) -> (Vec<Membership>, Vec<LogEntry>) {
        (snapshot.memberships(&app(), &alice()).unwrap(), snapshot.log(CONVERSATION, Sequence(0), 10).unwrap())
    }

    fn unversioned(snapshot: &dyn Reads) -> impl PartialEq + std::fmt::Debug + use<> {
        (
            (
                snapshot.apps().unwrap(),
                snapshot.users(&app(), None, 10).unwrap(),
                snapshot.groups(&app(), None, 10).unwrap(),
            ),
            (snapshot.group(GroupNumber(1)).unwrap(), snapshot.membership_changes(GroupNumber(1), 0).unwrap()),
            (snapshot.slot(GroupNumber(1), &alice()).unwrap(), snapshot.slot_user(GroupNumber(1), Slot(0)).unwrap()),
            snapshot.conversations(GroupNumber(1)).unwrap(),
            snapshot.conversation_number(&conversation_name()).unwrap(),
            (snapshot.message(KEY).unwrap(), snapshot.sent(CONVERSATION, Slot(3), &message().client_ref).unwrap()),
            (snapshot.request(KEY).unwrap(), snapshot.readers(KEY, 0, 10).unwrap()),
        )
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }
}

type RawRow = (Vec<u8>, Vec<u8>);

fn rows(store: &Embedded, space: Space) -> Vec<RawRow> {
    let rows = store.keyspaces.get(space).iter().map(|row| row.into_inner().unwrap());
    rows.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

/// Behind the store's back, so what it has cached is forgotten.
fn write_rows(store: &Embedded, space: Space, rows: &[RawRow]) {
    store.slot_users().clear();
    store.cached_readers().clear();
    for (key, value) in rows {
        store.keyspaces.get(space).insert(key.as_slice(), value.as_slice()).unwrap();
    }
}
