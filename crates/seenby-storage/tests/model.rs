//! The embedded store against the model: whatever the ledger does, and however often the store is closed and opened in
//! between, every read gives what the store in memory gives.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use seenby_core::{
    AppKey, Call, ChannelId, ClientRef, ConversationName, ConversationNumber, Draft, GroupId, GroupKind, GroupName,
    GroupNumber, Ledger, Limits, Membership, MessageKey, MessageUid, Outcome, Publication, Sequence, Slot, Stop,
    Timestamp, UserId,
};
use seenby_storage::{Appended, Embedded, Memory, Reads, Storage as _, TimeOrder};

#[derive(Debug, Clone)]
enum Step {
    Create {
        group: u8,
    },
    Join {
        group: u8,
        user: u8,
    },
    Leave {
        group: u8,
        user: u8,
    },
    Dismiss {
        group: u8,
    },
    Send {
        group: u8,
        user: u8,
        need_receipt: bool,
    },
    Ask {
        group: u8,
        message: u8,
    },
    Answer {
        group: u8,
        user: u8,
        message: u8,
    },
    Recall {
        group: u8,
        message: u8,
    },
    /// By a back end, in the name of somebody who may never have been in.
    Publish {
        group: u8,
        user: u8,
    },
    OpenChannel {
        group: u8,
    },
    DeleteChannel {
        group: u8,
    },
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    let (group, user, message) = (0..GROUPS, 0..USERS, 0..20u8);
    prop_oneof![
        1 => group.clone().prop_map(|group| Step::Create { group }),
        6 => (group.clone(), user.clone()).prop_map(|(group, user)| Step::Join { group, user }),
        2 => (group.clone(), user.clone()).prop_map(|(group, user)| Step::Leave { group, user }),
        1 => group.clone().prop_map(|group| Step::Dismiss { group }),
        6 => (group.clone(), user.clone(), any::<bool>())
            .prop_map(|(group, user, need_receipt)| Step::Send { group, user, need_receipt }),
        3 => (group.clone(), message.clone()).prop_map(|(group, message)| Step::Ask { group, message }),
        20 => (group.clone(), user, message.clone())
            .prop_map(|(group, user, message)| Step::Answer { group, user, message }),
        1 => (group.clone(), 0..=USERS).prop_map(|(group, user)| Step::Publish { group, user }),
        1 => group.clone().prop_map(|group| Step::OpenChannel { group }),
        1 => group.clone().prop_map(|group| Step::DeleteChannel { group }),
        2 => (group, message).prop_map(|(group, message)| Step::Recall { group, message }),
        10 => Just(Step::Commit),
    ]
}

const GROUPS: u8 = 2;
const USERS: u8 = 5;

/// From one opening of the store to its closing.
struct Sitting<'a> {
    embedded: Arc<Embedded>,
    ledger: Ledger,
    memory: &'a Memory,
    past: &'a mut Past,
}

/// What the callers remember.
#[derive(Default)]
struct Past {
    now: u64,
    sent: Vec<(u8, UserId, MessageUid)>,
}

impl<'a> Sitting<'a> {
    fn open(directory: &Path, memory: &'a Memory, past: &'a mut Past) -> Self {
        let embedded = Arc::new(Embedded::open(directory).expect("a sound store"));
        let ledger = Ledger::new(Limits::default(), 1);
        Self { embedded, ledger, memory, past }
    }

    fn take(&mut self, step: &Step) {
        self.past.now += 1;
        match *step {
            Step::Create { group } => {
                self.calls(Call::CreateGroup { group: group_name(group), title: "a group".into() });
            }
            Step::Join { group, user } => {
                self.calls(Call::Join { group: group_name(group), users: vec![user_id(user)] });
            }
            Step::Leave { group, user } => {
                self.calls(Call::Leave { group: group_name(group), users: vec![user_id(user)] });
            }
            Step::Dismiss { group } => self.calls(Call::Dismiss { group: group_name(group) }),
            Step::Send { group, user, need_receipt } => self.send(group, user_id(user), need_receipt),
            Step::Ask { group, message } => {
                if let Some((user, uid)) = self.message(group, message) {
                    self.calls(Call::Ask { conversation: conversation_name(group), user, uid });
                }
            }
            Step::Answer { group, user, message } => {
                if let Some((_, uid)) = self.message(group, message) {
                    let (conversation, user) = (conversation_name(group), user_id(user));
                    self.calls(Call::Answer { conversation, user, from: None, uids: vec![Some(uid)] });
                }
            }
            Step::Recall { group, message } => {
                if let Some((user, uid)) = self.message(group, message) {
                    self.calls(Call::Recall { conversation: conversation_name(group), user, uid });
                }
            }
            Step::Publish { group, user } => self.publish(group, user_id(user)),
            Step::OpenChannel { group } => {
                self.calls(Call::CreateChannel { group: group_name(group), channel: channel() });
            }
            Step::DeleteChannel { group } => {
                self.calls(Call::DeleteChannel { group: group_name(group), channel: channel() });
            }
            Step::Commit => self.commit(),
        }
    }

    /// What a rule refuses changes nothing, which is just as good here.
    fn calls(&mut self, call: Call) {
        drop(self.outcome(call));
    }

    fn outcome(&mut self, call: Call) -> Option<Outcome> {
        let now = Timestamp(self.past.now);
        match self.ledger.apply(&call, now) {
            Err(Stop::Unknown) => {
                let facts = self.embedded.learn(&self.ledger.needs([&call])).expect("a sound store");
                self.ledger.learn(facts).expect("there is one writer");
                self.ledger.apply(&call, now).ok()
            }
            outcome => outcome.ok(),
        }
    }

    fn draft(&self, group: u8, need_receipt: bool) -> Draft {
        let client_ref = ClientRef::new(&format!("ref-{}", self.past.now)).expect("a valid reference");
        Draft { client_ref, content: vec![group; 10], need_receipt }
    }

    fn send(&mut self, group: u8, user: UserId, need_receipt: bool) {
        let draft = self.draft(group, need_receipt);
        let call = Call::Send { conversation: conversation_name(group), user: user.clone(), draft };
        if let Some(Outcome::Sent(sent)) = self.outcome(call) {
            self.past.sent.push((group, user, sent.uid));
        }
    }

    /// To the default channel, and to the other one if it is there.
    fn publish(&mut self, group: u8, user: UserId) {
        let publication = Publication { draft: self.draft(group, true), hidden_from_sender: true };
        let mut publish = |conversations: &[ConversationName]| {
            let (conversations, publication) = (conversations.to_vec(), publication.clone());
            self.outcome(Call::Publish { conversations, user: user.clone(), publication })
        };
        let (one, other) = (conversation_name(group), channel_name(group));
        let sent = publish(&[one.clone(), other]).or_else(|| publish(&[one]));
        if let Some(Outcome::Published(sent)) = sent {
            self.past.sent.push((group, user, sent[0].uid));
        }
    }

    fn message(&self, group: u8, index: u8) -> Option<(UserId, MessageUid)> {
        let mut of_group = self.past.sent.iter().filter(|(of, _, _)| *of == group);
        of_group.nth(usize::from(index)).map(|(_, sender, uid)| (sender.clone(), *uid))
    }

    fn commit(&mut self) {
        let seenby_core::Commit { expects, changes, .. } = self.ledger.take_commit();
        match self.embedded.append(expects, &changes).expect("the embedded store takes the batch") {
            Appended::At(position) => self.ledger.written(position),
            Appended::Moved => panic!("there is one writer"),
        }
        self.memory.commit(&changes).expect("the model takes the batch");
        self.compare_requests();
    }

    /// Who has read is cached, so it is read at every step of its growing.
    fn compare_requests(&self) {
        let (memory, embedded) = (self.memory.snapshot(), self.embedded.snapshot());
        for (group, _, uid) in &self.past.sent {
            let name = conversation_name(*group);
            if let Some(conversation) = memory.conversation_number(&name).expect("a sound store") {
                let key = MessageKey { conversation, uid: *uid };
                let (read, expected) = (embedded.request(key), memory.request(key));
                assert_eq!(read.expect("a sound store"), expected.expect("a sound store"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_store_reads_what_the_model_reads(
        sittings in proptest::collection::vec(proptest::collection::vec(step(), 1..80), 1..4)
    ) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (memory, mut past) = (Memory::new(), Past::default());
        for steps in [first_steps()].iter().chain(&sittings) {
            let mut sitting = Sitting::open(directory.path(), &memory, &mut past);
            steps.iter().for_each(|step| sitting.take(step));
            sitting.commit();
            prop_assert_eq!(everything(&*sitting.embedded.snapshot()), everything(&*memory.snapshot()));
        }
        let reopened = Embedded::open(directory.path()).expect("a sound store");
        prop_assert_eq!(everything(&*reopened.snapshot()), everything(&*memory.snapshot()));
    }
}

fn first_steps() -> Vec<Step> {
    let join = |group| (1..USERS).map(move |user| Step::Join { group, user });
    (0..GROUPS).flat_map(|group| [Step::Create { group }].into_iter().chain(join(group))).collect()
}

/// Every read there is, as text.
fn everything(snapshot: &dyn Reads) -> Vec<String> {
    let mut reads = vec![format!("{:?}", snapshot.highest_number())];
    for group in 0..GROUPS {
        reads.push(format!("{:?}", snapshot.group_number(&group_name(group))));
        reads.push(format!("{:?}", snapshot.conversation_number(&conversation_name(group))));
        reads.push(format!("{:?}", snapshot.conversation_number(&channel_name(group))));
        reads.push(format!("{:?}", snapshot.closed_conversation(&channel_name(group))));
    }
    reads.push(format!("{:?}", snapshot.groups(&app(), None, 10)));
    for user in (0..=USERS).map(user_id) {
        reads.push(format!("{user} {:?}", snapshot.memberships(&app(), &user)));
        let requests = snapshot.requests_of(&app(), &user, None, 1_000).expect("a sound store");
        reads.push(format!("{user} {requests:?}"));
        for key in requests {
            reads.push(format!("{:?}", snapshot.requests_of(&app(), &user, Some(key), 2)));
        }
    }
    let highest = snapshot.highest_number().expect("a sound store");
    (1..=highest).for_each(|number| group_reads(snapshot, GroupNumber(number), &mut reads));
    reads
}

fn group_reads(snapshot: &dyn Reads, group: GroupNumber, reads: &mut Vec<String>) {
    reads.push(format!("{:?}", snapshot.group(group)));
    reads.push(format!("{:?}", snapshot.membership_changes(group, 0)));
    reads.push(format!("{:?}", snapshot.membership_changes(group, 3)));
    for user in (0..=USERS).map(user_id) {
        reads.push(format!("{user} {:?} {:?}", snapshot.slot(group, &user), snapshot.membership(&app(), &user, group)));
    }
    for slot in 0..=u32::from(USERS) {
        reads.push(format!("{slot} {:?}", snapshot.slot_user(group, Slot(slot))));
    }
    for conversation in snapshot.conversations(group).expect("a sound store") {
        reads.push(format!("{conversation:?} {:?}", snapshot.conversation(conversation.number)));
        conversation_reads(snapshot, group, conversation.number, reads);
    }
}

fn conversation_reads(
    snapshot: &dyn Reads,
    group: GroupNumber,
    conversation: ConversationNumber,
    reads: &mut Vec<String>,
) {
    let log = snapshot.log(conversation, Sequence(0), 1_000).expect("a sound store");
    for entry in &log {
        let member = Membership { group, slot: Slot(0), joined_at: entry.at, version: entry.group_version };
        reads.push(format!("{entry:?} {:?}", snapshot.log_position(conversation, &member)));
        reads.push(format!("{:?}", snapshot.log(conversation, entry.sequence, 2)));
    }
    let messages = snapshot.messages(conversation, MessageUid::MIN, TimeOrder::After, 1_000).expect("a sound store");
    for message in &messages {
        reads.push(format!("{message:?} {:?}", snapshot.message(message.key)));
        reads.push(format!("{:?}", snapshot.sent(conversation, message.sender_slot, &message.client_ref)));
        reads.push(format!("{:?}", snapshot.messages(conversation, message.key.uid, TimeOrder::Before, 3)));
        receipt_reads(snapshot, message.key, reads);
    }
}

fn receipt_reads(snapshot: &dyn Reads, key: MessageKey, reads: &mut Vec<String>) {
    reads.push(format!("{:?} {:?}", snapshot.request(key), snapshot.reader_count(key)));
    for from in 0..=u32::from(USERS) {
        reads.push(format!("{:?} {:?}", snapshot.readers(key, from, 2), snapshot.readers(key, from, 100)));
    }
}

fn app() -> AppKey {
    AppKey::new("app").expect("a valid key")
}

fn user_id(user: u8) -> UserId {
    UserId::new(&format!("user-{user}")).expect("a valid id")
}

/// Plain and ultra groups by turns.
fn group_name(group: u8) -> GroupName {
    let kind = if group.is_multiple_of(2) { GroupKind::Group } else { GroupKind::UltraGroup };
    GroupName { app: app(), kind, id: GroupId::new(&format!("group-{group}")).expect("a valid id") }
}

fn conversation_name(group: u8) -> ConversationName {
    ConversationName::new(group_name(group), None)
}

fn channel() -> ChannelId {
    ChannelId::new("news").expect("a valid id")
}

/// Of a plain group, the same as the group's conversation.
fn channel_name(group: u8) -> ConversationName {
    ConversationName::new(group_name(group), Some(channel()))
}
