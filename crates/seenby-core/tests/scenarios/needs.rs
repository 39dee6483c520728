//! A call that lacks something has no effect at all, and names in one step all that it needs.

use std::sync::Arc;

use seenby_core::commit::{AppRecord, Secret, UserChange};
use seenby_core::{
    AppKey, Call, ChannelId, ClientRef, ConversationName, Draft, Facts, GroupId, GroupKind, GroupName, KeyId,
    KeyRecord, Ledger, Limits, MessageKey, MessageUid, Outcome, Publication, Scope, Stop, Timestamp, UserId,
};
use seenby_storage::{LedgerWriter, Memory, Storage as _};

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
        let mut writer = LedgerWriter::new(store.clone(), Limits::default(), 1);
        let group = GroupName { app: app(), kind: GroupKind::UltraGroup, id: GroupId::new("ward-3").unwrap() };
        let channel = |name| ConversationName::new(group.clone(), Some(ChannelId::new(name).unwrap()));
        let channels = ["kitchen", "lab"].map(channel);
        let ward = Self { store, group, channels, uids: vec![] };
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
        let outcomes = writer.write(&calls, NOW).unwrap().outcomes;
        let uids = outcomes.into_iter().filter_map(|outcome| match outcome.unwrap() {
            Outcome::Sent(sent) => Some(sent.uid),
            _ => None,
        });
        let uids = uids.collect();
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

    fn facts(&self, call: &Call) -> Facts {
        self.store.learn(&Ledger::new(Limits::default(), 2).needs([call])).unwrap()
    }

    fn keys(&self) -> Vec<MessageKey> {
        let conversation = self.store.snapshot().conversation_number(&self.channels[0]).unwrap().unwrap();
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

/// A ledger that knows this and nothing else; what it says to the call, and what the call has written.
fn applied(call: &Call, facts: Facts) -> (Result<Outcome, Stop>, usize) {
    let mut ledger = Ledger::new(Limits::default(), 2);
    ledger.learn(facts).unwrap();
    let outcome = ledger.apply(call, NOW);
    let commit = ledger.take_commit();
    (outcome, commit.changes.len() + commit.notices.len())
}

#[test]
fn a_call_knows_what_it_needs() {
    let ward = Ward::new();
    for (name, call) in CALLS {
        let call = call(&ward);
        let (nothing_known, written) = applied(&call, Facts::default());
        assert_eq!((nothing_known, written), (Err(Stop::Unknown), 0), "{name}");
        let (outcome, written) = applied(&call, ward.facts(&call));
        assert!(outcome.is_ok() && written > 0, "{name}: {outcome:?}");
    }
}

#[test]
fn a_call_that_lacks_something_has_no_effect() {
    let forgets: [fn(&mut Facts); 10] = [
        |facts| facts.apps.clear(),
        |facts| facts.users.clear(),
        |facts| facts.groups.clear(),
        |facts| facts.slots.truncate(1),
        |facts| facts.members.clear(),
        |facts| facts.conversations.truncate(1),
        |facts| facts.messages.clear(),
        |facts| facts.requests.truncate(1),
        |facts| facts.changes.clear(),
        |facts| facts.sent.truncate(1),
    ];
    let (ward, mut lacking) = (Ward::new(), 0);
    for (name, call) in CALLS {
        for (place, forget) in forgets.iter().enumerate() {
            let call = call(&ward);
            let mut facts = ward.facts(&call);
            forget(&mut facts);
            match applied(&call, facts) {
                (Ok(_), _) => {}
                (Err(stop), written) => {
                    lacking += 1;
                    assert_eq!((stop, written), (Stop::Unknown, 0), "{name} without {place}");
                }
            }
        }
    }
    assert!(lacking > CALLS.len(), "{lacking}");
}
