//! A look-up that fails in the middle of a call: the call has no effect at all.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use seenby_core::commit::{AppRecord, Secret, UserChange, UserRecord};
use seenby_core::{
    AppKey, Call, ChannelId, ClientRef, Conversation, ConversationName, ConversationNumber, Draft, Failure, Group,
    GroupId, GroupKind, GroupName, GroupNumber, KeyId, KeyRecord, Ledger, Limits, MembershipChange, Message,
    MessageKey, MessageUid, Outcome, Publication, ReceiptRequest, Scope, Slot, Source, Timestamp, UserId,
};
use seenby_storage::{Memory, Storage as _, StorageError};

/// Lets so many look-ups succeed, and no more.
struct Failing {
    store: Arc<Memory>,
    left: AtomicU32,
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
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| StorageError::Backend(io::Error::other("a test").into()))
    }
}

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

fn users(names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| user(name)).collect()
}

fn draft(client_ref: &str, need_receipt: bool) -> Draft {
    Draft { client_ref: ClientRef::new(client_ref).unwrap(), content: b"hello".to_vec(), need_receipt }
}

impl Ward {
    fn new() -> Self {
        let store = Arc::new(Memory::new());
        let mut ledger = Ledger::new(store.clone(), Limits::default(), 1).unwrap();
        let group = GroupName { app: app(), kind: GroupKind::UltraGroup, id: GroupId::new("ward-3").unwrap() };
        let channel = |name| ConversationName::new(group.clone(), Some(ChannelId::new(name).unwrap()));
        let channels = ["kitchen", "lab"].map(channel);
        let ward = Self { store: store.clone(), group, channels, uids: vec![] };
        let say = |text, need_receipt| ward.say(0, "alice", draft(text, need_receipt));
        let calls = [
            Call::CreateApp(AppRecord { key: app(), secret: Secret::new("first"), created_at: NOW }),
            Call::SaveUser { app: app(), user: user("bob"), change: UserChange::default() },
            Call::CreateGroup { group: ward.group(), title: "Ward 3".into() },
            ward.open("kitchen"),
            ward.open("lab"),
            ward.open("closed"),
            ward.join(&["alice", "bob", "carol", "dave"]),
            ward.delete("closed"),
            say("one", true),
            say("two", true),
            say("three", false),
            ward.leave(&["dave"]),
        ];
        let outcomes = calls.map(|call| ledger.apply(call, NOW).unwrap());
        let uids = outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Sent(sent) => Some(sent.uid),
            _ => None,
        });
        let uids = uids.collect();
        store.commit(&ledger.take_commit().changes).unwrap();
        Self { uids, ..ward }
    }

    fn group(&self) -> GroupName {
        self.group.clone()
    }

    fn channel(&self, place: usize) -> ConversationName {
        self.channels[place].clone()
    }

    fn open(&self, channel: &str) -> Call {
        Call::CreateChannel { group: self.group(), channel: ChannelId::new(channel).unwrap() }
    }

    fn delete(&self, channel: &str) -> Call {
        Call::DeleteChannel { group: self.group(), channel: ChannelId::new(channel).unwrap() }
    }

    fn join(&self, names: &[&str]) -> Call {
        Call::Join { group: self.group(), users: users(names) }
    }

    fn leave(&self, names: &[&str]) -> Call {
        Call::Leave { group: self.group(), users: users(names) }
    }

    fn say(&self, channel: usize, name: &str, draft: Draft) -> Call {
        Call::Send { conversation: self.channel(channel), user: user(name), draft }
    }

    /// To both channels.
    fn publish(&self, name: &str) -> Call {
        let publication = Publication { draft: draft("published", true), hidden_from_sender: false };
        Call::Publish { conversations: self.channels.to_vec(), user: user(name), publication }
    }

    /// A ledger that knows nothing yet and may look up so much.
    fn ledger(&self, look_ups: u32) -> Ledger<Failing> {
        let source = Arc::new(Failing { store: self.store.clone(), left: AtomicU32::new(look_ups + 1) });
        Ledger::new(source, Limits::default(), 2).unwrap()
    }

    fn keys(&self) -> Vec<MessageKey> {
        let conversation = self.store.conversation_number(&self.channels[0]).unwrap().unwrap();
        self.uids.iter().map(|&uid| MessageKey { conversation, uid }).collect()
    }
}

type Case = (&'static str, fn(&Ward) -> Call);

const CALLS: [Case; 18] = [
    ("create an app", |_| {
        let key = AppKey::new("other").unwrap();
        Call::CreateApp(AppRecord { key, secret: Secret::new("second"), created_at: NOW })
    }),
    ("replace a secret", |_| Call::ReplaceSecret { app: app(), secret: Secret::new("third") }),
    ("save a key", |_| {
        let id = KeyId::new("key").unwrap();
        Call::SaveKey(KeyRecord {
            id,
            app: app(),
            label: String::new(),
            scopes: vec![Scope::Users],
            secret_hash: [0; 32],
            created_at: NOW,
        })
    }),
    ("save a user", |_| Call::SaveUser { app: app(), user: user("bob"), change: UserChange::default() }),
    ("rename a group", |ward| Call::CreateGroup { group: ward.group(), title: "Ward 4".into() }),
    ("open a channel", |ward| ward.open("new")),
    ("reopen a channel", |ward| ward.open("closed")),
    ("delete a channel", |ward| ward.delete("lab")),
    ("join", |ward| ward.join(&["dave", "erin", "bob"])),
    ("leave", |ward| ward.leave(&["alice", "bob", "carol"])),
    ("dismiss", |ward| Call::Dismiss { group: ward.group() }),
    ("send and ask", |ward| ward.say(1, "bob", draft("four", true))),
    ("publish to both channels", |ward| ward.publish("hospital")),
    ("publish for a member", |ward| ward.publish("carol")),
    ("ask", |ward| Call::Ask { conversation: ward.channel(0), user: user("alice"), uid: ward.uids[2] }),
    ("answer", |ward| Call::Answer {
        conversation: ward.channel(0),
        user: user("bob"),
        from: None,
        uids: ward.uids.iter().copied().map(Some).collect(),
    }),
    ("recall", |ward| Call::Recall { conversation: ward.channel(0), user: user("alice"), uid: ward.uids[0] }),
    ("expire", |ward| Call::Expire(ward.keys())),
];

#[test]
fn a_call_whose_look_up_fails_has_no_effect() {
    let ward = Ward::new();
    for (name, call) in CALLS {
        let mut failures = 0;
        loop {
            let mut ledger = ward.ledger(failures);
            let result = ledger.apply(call(&ward), NOW);
            let commit = ledger.take_commit();
            match result {
                Ok(_) => break assert!(!commit.changes.is_empty(), "{name}"),
                Err(Failure::Source(_)) => failures += 1,
                Err(Failure::Denied(denied)) => panic!("{name}: {denied}"),
            }
            assert!(commit.changes.is_empty() && commit.notices.is_empty(), "{name}, look-up {failures}: {commit:?}");
        }
        assert!(failures > 0, "{name} looks something up");
    }
}
