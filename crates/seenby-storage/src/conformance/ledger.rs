//! The ledger over a store, as the server uses them: calls, a commit, more calls, and now and then a new process.

use std::sync::Arc;

use seenby_core::{
    Call, ChannelId, ClientRef, ConversationName, Counts, Denied, Draft, GroupName, Limits, MessageKey, MessageUid,
    Outcome, Sent, Slot, Timestamp, UserId,
};

use super::{channel, plain, ultra, user};
use crate::{Failure, LedgerWriter, Storage};

/// A writer that writes after every step. The time is the number of the step.
struct Office<S: Storage> {
    store: Arc<S>,
    writer: LedgerWriter<S>,
    now: u64,
}

impl<S: Storage> Office<S> {
    fn new(store: &Arc<S>) -> Self {
        Self { store: store.clone(), writer: new_writer(store, 1), now: 1_000 }
    }

    /// A new process on the same store.
    fn restart(&mut self) {
        self.writer = new_writer(&self.store, 1);
    }

    fn step(&mut self, call: Call) -> Result<Outcome, Failure> {
        self.now += 1;
        let mut written = self.writer.write(&[call], Timestamp(self.now)).unwrap();
        written.outcomes.pop().unwrap()
    }

    fn create(&mut self, group: &GroupName, members: &[&str]) {
        self.step(Call::CreateGroup { group: group.clone(), title: "a group".into() }).unwrap();
        self.join(group, members);
    }

    fn join(&mut self, group: &GroupName, members: &[&str]) {
        let users = members.iter().map(|id| user(id)).collect();
        self.step(Call::Join { group: group.clone(), users }).unwrap();
    }

    fn leave(&mut self, group: &GroupName, member: &str) {
        self.step(Call::Leave { group: group.clone(), users: vec![user(member)] }).unwrap();
    }

    fn send(&mut self, to: &ConversationName, sender: &str, reference: &str, need_receipt: bool) -> Sent {
        let client_ref = ClientRef::new(reference).unwrap();
        let draft = Draft { client_ref, content: reference.as_bytes().to_vec(), need_receipt };
        match self.step(Call::Send { conversation: to.clone(), user: user(sender), draft }).unwrap() {
            Outcome::Sent(sent) => sent,
            other => panic!("{other:?}"),
        }
    }

    fn answer(&mut self, to: &ConversationName, reader: &str, uid: MessageUid) -> Result<(), Denied> {
        match self
            .step(Call::Answer { conversation: to.clone(), user: user(reader), from: None, uids: vec![Some(uid)] })
            .unwrap()
        {
            Outcome::Answered(outcomes) => outcomes[0],
            other => panic!("{other:?}"),
        }
    }

    fn key(&self, of: &ConversationName, uid: MessageUid) -> MessageKey {
        MessageKey { conversation: self.store.snapshot().conversation_number(of).unwrap().unwrap(), uid }
    }

    fn counts(&self, of: &ConversationName, uid: MessageUid) -> Counts {
        let request = self.store.snapshot().request(self.key(of, uid)).unwrap().unwrap();
        let snapshot = self.store.snapshot();
        let group = snapshot.group(snapshot.group_number(&of.group).unwrap().unwrap()).unwrap().unwrap();
        request.counts(&group.present)
    }

    fn readers(&self, of: &ConversationName, uid: MessageUid) -> Vec<UserId> {
        let group = self.store.snapshot().group_number(&of.group).unwrap().unwrap();
        let readers = self.store.snapshot().readers(self.key(of, uid), 0, 1_000).unwrap();
        readers.iter().map(|answer| self.store.snapshot().slot_user(group, answer.slot).unwrap().unwrap()).collect()
    }
}

fn new_writer<S: Storage>(store: &Arc<S>, node: u32) -> LedgerWriter<S> {
    LedgerWriter::new(store.clone(), Limits::default(), node)
}

fn ward() -> ConversationName {
    ConversationName::new(plain("a", "ward"), None)
}

pub fn a_new_ledger_goes_on_where_the_last_one_stopped<S: Storage>(store: &Arc<S>) {
    let (ward, mut office) = (ward(), Office::new(store));
    office.create(&ward.group, &["alice", "bob", "cleo", "dora"]);
    let first = office.send(&ward, "alice", "r1", true);
    office.answer(&ward, "cleo", first.uid).unwrap();
    let before = store.snapshot().conversation(office.key(&ward, first.uid).conversation).unwrap().unwrap();

    office.restart();
    assert_eq!(office.send(&ward, "alice", "r1", true), first, "a resent message is the same message");
    assert_eq!(office.answer(&ward, "cleo", first.uid), Ok(()), "a resent answer is fine");
    assert_eq!(store.snapshot().reader_count(office.key(&ward, first.uid)).unwrap(), 1, "and counts once");
    office.answer(&ward, "bob", first.uid).unwrap();
    assert_eq!(office.readers(&ward, first.uid), [user("cleo"), user("bob")]);
    assert_eq!(office.counts(&ward, first.uid), Counts { read: 2, unread: 1, left: 0 });

    let second = office.send(&ward, "alice", "r2", false);
    assert!(second.uid > first.uid);
    assert_eq!(second.sequence, before.head.next(), "nothing was logged in between");
    let numbers = store.snapshot().highest_number().unwrap();
    office.create(&plain("a", "kitchen"), &["bob"]);
    assert_eq!(store.snapshot().group_number(&plain("a", "kitchen")).unwrap().unwrap().0, numbers + 1);
}

pub fn one_who_left_and_came_back_answers_from_the_same_slot<S: Storage>(store: &Arc<S>) {
    let (ward, mut office) = (ward(), Office::new(store));
    office.create(&ward.group, &["alice", "bob", "cleo"]);
    let group = store.snapshot().group_number(&ward.group).unwrap().unwrap();
    let slot = store.snapshot().slot(group, &user("bob")).unwrap().unwrap();
    let sent = office.send(&ward, "alice", "r1", true);
    office.leave(&ward.group, "bob");
    office.restart();
    assert_eq!(office.counts(&ward, sent.uid), Counts { read: 0, unread: 1, left: 1 });

    office.join(&ward.group, &["dora", "bob"]);
    assert_eq!(store.snapshot().slot(group, &user("bob")).unwrap(), Some(slot));
    assert_eq!(store.snapshot().slot(group, &user("dora")).unwrap(), Some(Slot(3)));
    office.answer(&ward, "bob", sent.uid).unwrap();
    assert_eq!(office.answer(&ward, "dora", sent.uid), Err(Denied::NotInAudience));
    assert_eq!(office.counts(&ward, sent.uid), Counts { read: 1, unread: 1, left: 0 });
    assert_eq!(office.readers(&ward, sent.uid), [user("bob")]);
}

pub fn a_recall_takes_the_receipts_along<S: Storage>(store: &Arc<S>) {
    let (ward, mut office) = (ward(), Office::new(store));
    office.create(&ward.group, &["alice", "bob", "cleo"]);
    let sent = office.send(&ward, "alice", "r1", true);
    office.answer(&ward, "bob", sent.uid).unwrap();
    office.restart();
    office.step(Call::Recall { conversation: ward.clone(), user: user("alice"), uid: sent.uid }).unwrap();

    let key = office.key(&ward, sent.uid);
    assert_eq!(store.snapshot().request(key).unwrap(), None);
    assert_eq!(store.snapshot().reader_count(key).unwrap(), 0);
    let message = store.snapshot().message(key).unwrap().unwrap();
    assert!(message.recalled_at.is_some() && message.content.is_empty());
    office.restart();
    assert_eq!(office.answer(&ward, "cleo", sent.uid), Err(Denied::MessageNotFound));
    assert_eq!(office.send(&ward, "alice", "r1", true).uid, sent.uid, "the reference stays taken");
}

pub fn channels_of_an_ultra_group_have_their_own_receipts<S: Storage>(store: &Arc<S>) {
    let clinic = ultra("a", "clinic");
    let (general, news) = (ConversationName::new(clinic.clone(), None), channel(&clinic, "news"));
    let mut office = Office::new(store);
    office.create(&clinic, &["alice", "bob"]);
    office.step(Call::CreateChannel { group: clinic.clone(), channel: ChannelId::new("news").unwrap() }).unwrap();
    let in_general = office.send(&general, "alice", "r1", true);
    let in_news = office.send(&news, "alice", "r1", true);
    office.restart();
    office.answer(&news, "bob", in_news.uid).unwrap();
    assert_eq!(office.answer(&general, "bob", in_news.uid), Err(Denied::MessageNotFound), "it is in the other channel");
    assert_eq!(office.counts(&general, in_general.uid), Counts { read: 0, unread: 1, left: 0 });
    assert_eq!(office.counts(&news, in_news.uid), Counts { read: 1, unread: 0, left: 0 });
}

pub fn the_audience_is_found_through_stored_changes_of_membership<S: Storage>(store: &Arc<S>) {
    let (ward, mut office) = (ward(), Office::new(store));
    office.create(&ward.group, &["alice", "bob", "cleo", "dora"]);
    let sent = office.send(&ward, "alice", "r1", false);
    office.leave(&ward.group, "bob");
    office.join(&ward.group, &["later"]);
    office.leave(&ward.group, "dora");
    office.join(&ward.group, &["dora"]);
    office.restart();
    office.step(Call::Ask { conversation: ward.clone(), user: user("alice"), uid: sent.uid }).unwrap();
    let request = store.snapshot().request(office.key(&ward, sent.uid)).unwrap().unwrap();
    let group = store.snapshot().group_number(&ward.group).unwrap().unwrap();
    let asked: Vec<UserId> =
        request.audience.iter().map(|slot| store.snapshot().slot_user(group, Slot(slot)).unwrap().unwrap()).collect();
    assert_eq!(asked, [user("cleo"), user("dora")]);
}

/// Something else has to be learned in the midst of a batch, and the store does not have yet what the batch has done.
pub fn what_a_batch_has_taken_away_is_not_learned_again<S: Storage>(store: &Arc<S>) {
    let clinic = ultra("a", "clinic");
    let (general, news) = (ConversationName::new(clinic.clone(), None), channel(&clinic, "news"));
    let mut office = Office::new(store);
    office.create(&clinic, &["alice", "bob"]);
    let group = || clinic.clone();
    let opens = Call::CreateChannel { group: group(), channel: ChannelId::new("news").unwrap() };
    let deletes = Call::DeleteChannel { group: group(), channel: ChannelId::new("news").unwrap() };
    office.step(opens).unwrap();
    let [recalled, expired] = ["r1", "r2"].map(|reference| office.send(&general, "alice", reference, true).uid);
    let in_news = office.send(&news, "alice", "r3", true).uid;
    let in_news = office.key(&news, in_news);
    let expired_key = office.key(&general, expired);
    office.restart();

    let says = |client_ref: &str| {
        let draft = Draft { client_ref: ClientRef::new(client_ref).unwrap(), content: vec![1], need_receipt: false };
        Call::Send { conversation: general.clone(), user: user("alice"), draft }
    };
    let uids = [recalled, expired].map(Some);
    let answers =
        Call::Answer { conversation: general.clone(), user: user("bob"), from: None, uids: uids.into_iter().collect() };
    let mut calls = vec![
        Call::Recall { conversation: general.clone(), user: user("alice"), uid: recalled },
        Call::Expire(vec![expired_key]),
        deletes,
    ];
    // More than are learned for in one step.
    calls.extend((0..300).map(|number| says(&format!("more-{number}"))));
    calls.extend([answers, Call::Expire(vec![in_news])]);
    let outcomes = office.writer.write(&calls, Timestamp(5_000)).unwrap().outcomes;
    let Ok(Outcome::Answered(answered)) = &outcomes[calls.len() - 2] else { panic!("{outcomes:?}") };
    assert_eq!(answered[..], [Err(Denied::MessageNotFound), Err(Denied::MessageNotFound)]);
    let refused = office.step(Call::AskForSender { conversation: news, uid: in_news.uid });
    assert!(matches!(refused, Err(Failure::Denied(Denied::UnknownChannel))), "{refused:?}");
}
