//! A look-up that fails in the middle of a call: the call has no effect at all.

use std::cell::Cell;
use std::io;
use std::sync::Arc;

use seenby_core::commit::{AppRecord, Secret, UserChange, UserRecord};
use seenby_core::ledger::Limits;
use seenby_core::{
    AppKey, ChannelId, ClientRef, Conversation, ConversationName, ConversationNumber, Draft, Failure, Group, GroupId,
    GroupKind, GroupName, GroupNumber, KeyId, KeyRecord, Ledger, MembershipChange, Message, MessageKey, MessageUid,
    Publication, ReceiptRequest, Scope, Slot, Source, Timestamp, UserId,
};
use seenby_storage::{Memory, Storage as _, StorageError};

/// Lets so many look-ups succeed, and no more.
struct Failing {
    store: Arc<Memory>,
    left: Cell<u32>,
}

macro_rules! failing {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $found:ty;)*) => {
        impl Source for Failing {
            type Error = StorageError;
            $(fn $name(&self, $($argument: $type),*) -> Result<$found, StorageError> {
                self.look_up()?;
                self.store.$name($($argument),*)
            })*
        }
    };
}

failing! {
    fn highest_number() -> u64;
    fn app(app: &AppKey) -> Option<AppRecord>;
    fn user(app: &AppKey, user: &UserId) -> Option<UserRecord>;
    fn group_number(name: &GroupName) -> Option<GroupNumber>;
    fn group(number: GroupNumber) -> Option<Group>;
    fn slot(group: GroupNumber, user: &UserId) -> Option<Slot>;
    fn slot_user(group: GroupNumber, slot: Slot) -> Option<UserId>;
    fn membership_changes(group: GroupNumber, version: u64) -> Vec<MembershipChange>;
    fn conversation_number(name: &ConversationName) -> Option<ConversationNumber>;
    fn closed_conversation(name: &ConversationName) -> Option<ConversationNumber>;
    fn conversation(number: ConversationNumber) -> Option<Conversation>;
    fn message(key: MessageKey) -> Option<Message>;
    fn sent(conversation: ConversationNumber, sender: Slot, client_ref: &ClientRef) -> Option<MessageUid>;
    fn request(key: MessageKey) -> Option<ReceiptRequest>;
}

impl Failing {
    fn look_up(&self) -> Result<(), StorageError> {
        match self.left.get() {
            0 => Err(StorageError::Backend(io::Error::other("a test").into())),
            left => {
                self.left.set(left - 1);
                Ok(())
            }
        }
    }
}

type Call = fn(&Ward, &mut Ledger<Failing>) -> Result<(), Failure<StorageError>>;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// An ultra group with two channels, where Alice has said three things and asked about the first two.
struct Ward {
    store: Arc<Memory>,
    group: GroupName,
    channels: [ConversationName; 2],
    uids: Vec<MessageUid>,
}

fn app() -> AppKey {
    AppKey::new("app").unwrap()
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn draft(client_ref: &str, need_receipt: bool) -> Draft {
    Draft { client_ref: ClientRef::new(client_ref).unwrap(), content: b"hello".to_vec(), need_receipt }
}

fn publication() -> Publication {
    Publication { draft: draft("published", true), hidden_from_sender: false }
}

impl Ward {
    fn new() -> Self {
        let store = Arc::new(Memory::new());
        let mut ledger = Ledger::new(store.clone(), Limits::default(), 1).unwrap();
        let group = GroupName { app: app(), kind: GroupKind::UltraGroup, id: GroupId::new("ward-3").unwrap() };
        let channel = |name| ConversationName::new(group.clone(), Some(ChannelId::new(name).unwrap()));
        let channels = ["kitchen", "lab"].map(channel);
        ledger.create_app(AppRecord { key: app(), secret: Secret::new("first"), created_at: NOW }).unwrap();
        ledger.save_user(&app(), &user("bob"), UserChange::default(), NOW).unwrap();
        ledger.create_group(&group, "Ward 3", NOW).unwrap();
        for channel in channels.iter().chain([&channel("closed")]) {
            ledger.create_channel(&group, channel.channel.clone().unwrap()).unwrap();
        }
        ledger.join(&group, &["alice", "bob", "carol", "dave"].map(user), NOW).unwrap();
        ledger.delete_channel(&group, ChannelId::new("closed").unwrap()).unwrap();
        let mut say = |text, need_receipt| {
            let sent = ledger.send(&channels[0], &user("alice"), draft(text, need_receipt), NOW);
            sent.unwrap().uid
        };
        let uids = vec![say("one", true), say("two", true), say("three", false)];
        ledger.leave(&group, &[user("dave")], NOW).unwrap();
        store.commit(&ledger.take_commit().changes).unwrap();
        Self { store, group, channels, uids }
    }

    /// A ledger that knows nothing yet and may look up so much.
    fn ledger(&self, look_ups: u32) -> Ledger<Failing> {
        let source = Failing { store: self.store.clone(), left: Cell::new(look_ups + 1) };
        Ledger::new(source, Limits::default(), 2).unwrap()
    }

    fn keys(&self) -> Vec<MessageKey> {
        let conversation = self.store.conversation_number(&self.channels[0]).unwrap().unwrap();
        self.uids.iter().map(|&uid| MessageKey { conversation, uid }).collect()
    }
}

const CALLS: [(&str, Call); 18] = [
    ("create an app", |_, ledger| {
        let key = AppKey::new("other").unwrap();
        ledger.create_app(AppRecord { key, secret: Secret::new("second"), created_at: NOW })
    }),
    ("replace a secret", |_, ledger| ledger.replace_secret(&app(), Secret::new("third"))),
    ("save a key", |_, ledger| {
        let id = KeyId::new("key").unwrap();
        let record = KeyRecord {
            id,
            app: app(),
            label: String::new(),
            scopes: vec![Scope::Users],
            secret_hash: [0; 32],
            created_at: NOW,
        };
        ledger.save_key(record)
    }),
    ("save a user", |_, ledger| ledger.save_user(&app(), &user("bob"), UserChange::default(), NOW)),
    ("rename a group", |ward, ledger| ledger.create_group(&ward.group, "Ward 4", NOW).map(drop)),
    ("open a channel", |ward, ledger| ledger.create_channel(&ward.group, ChannelId::new("new").unwrap())),
    ("reopen a channel", |ward, ledger| ledger.create_channel(&ward.group, ChannelId::new("closed").unwrap())),
    ("delete a channel", |ward, ledger| ledger.delete_channel(&ward.group, ChannelId::new("lab").unwrap())),
    ("join", |ward, ledger| ledger.join(&ward.group, &["dave", "erin", "bob"].map(user), NOW)),
    ("leave", |ward, ledger| ledger.leave(&ward.group, &["alice", "bob", "carol"].map(user), NOW)),
    ("dismiss", |ward, ledger| ledger.dismiss(&ward.group, NOW)),
    ("send and ask", |ward, ledger| ledger.send(&ward.channels[1], &user("bob"), draft("four", true), NOW).map(drop)),
    ("publish to both channels", |ward, ledger| {
        ledger.publish(&ward.channels, &user("hospital"), &publication(), NOW).map(drop)
    }),
    ("publish for a member", |ward, ledger| {
        ledger.publish(&ward.channels, &user("carol"), &publication(), NOW).map(drop)
    }),
    ("ask", |ward, ledger| ledger.ask(&ward.channels[0], &user("alice"), ward.uids[2], NOW)),
    ("answer", |ward, ledger| ledger.answer(&ward.channels[0], &user("bob"), &ward.uids, NOW).map(drop)),
    ("recall", |ward, ledger| ledger.recall(&ward.channels[0], &user("alice"), ward.uids[0], NOW)),
    ("expire", |ward, ledger| ledger.expire(&ward.keys())),
];

#[test]
fn a_call_whose_look_up_fails_has_no_effect() {
    let ward = Ward::new();
    for (name, call) in CALLS {
        let mut failures = 0;
        loop {
            let mut ledger = ward.ledger(failures);
            let result = call(&ward, &mut ledger);
            let commit = ledger.take_commit();
            match result {
                Ok(()) => break assert!(!commit.changes.is_empty(), "{name}"),
                Err(Failure::Source(_)) => failures += 1,
                Err(Failure::Denied(denied)) => panic!("{name}: {denied}"),
            }
            assert!(commit.changes.is_empty() && commit.notices.is_empty(), "{name}, look-up {failures}: {commit:?}");
        }
        assert!(failures > 0, "{name} looks something up");
    }
}
