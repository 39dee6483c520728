//! For tests: one group and a store in memory.

use std::sync::Arc;

use seenby_core::{
    AppKey, Call, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, GroupNumber, Limits, MessageKey,
    MessageUid, Outcome, Timestamp, UserId,
};
use seenby_storage::{LedgerWriter, Lookup as _, Memory};

use crate::queries::Queries;

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub(crate) struct Ward {
    pub(crate) store: Arc<Memory>,
    writer: LedgerWriter<Memory>,
    pub(crate) name: ConversationName,
    sent_count: usize,
}

impl Ward {
    pub(crate) fn with_members(members: &[&str]) -> Self {
        let store = Arc::new(Memory::new());
        let writer = LedgerWriter::new(store.clone(), Limits::default(), 1);
        let app = AppKey::new("app").unwrap();
        let group = GroupName { app, kind: GroupKind::Group, id: GroupId::new("ward").unwrap() };
        let mut ward = Self { store, writer, name: ConversationName::new(group, None), sent_count: 0 };
        let group = ward.name.group.clone();
        ward.does([Call::CreateGroup { group, title: String::new() }]);
        ward.joins(&members.iter().map(|member| user(member)).collect::<Vec<_>>());
        ward
    }

    /// Alice, and so many others by number: the first of them has slot 1.
    pub(crate) fn with_crowd(count: usize) -> (Self, Vec<UserId>) {
        let mut ward = Self::with_members(&["alice"]);
        // By their names, of one length, they are in the order of their slots.
        let crowd: Vec<_> = (1..=count).map(|number| user(&format!("u{number:06}"))).collect();
        ward.joins(&crowd);
        (ward, crowd)
    }

    /// In one batch.
    fn does(&mut self, calls: impl IntoIterator<Item = Call>) -> Vec<Outcome> {
        self.does_at(calls, NOW)
    }

    fn does_at(&mut self, calls: impl IntoIterator<Item = Call>, now: Timestamp) -> Vec<Outcome> {
        let calls: Vec<_> = calls.into_iter().collect();
        let written = self.writer.write(&calls, now).unwrap();
        written.outcomes.into_iter().map(Result::unwrap).collect()
    }

    pub(crate) fn joins(&mut self, users: &[UserId]) {
        self.joins_at(users, NOW);
    }

    pub(crate) fn joins_at(&mut self, users: &[UserId], now: Timestamp) {
        self.does_at([Call::Join { group: self.name.group.clone(), users: users.to_vec() }], now);
    }

    pub(crate) fn leaves(&mut self, users: &[UserId]) {
        self.does([Call::Leave { group: self.name.group.clone(), users: users.to_vec() }]);
    }

    pub(crate) fn says(&mut self, sender: &str, content_bytes: usize) -> MessageUid {
        self.sends(sender, content_bytes, false)
    }

    pub(crate) fn asks(&mut self, sender: &str) -> MessageUid {
        self.sends(sender, 0, true)
    }

    fn sends(&mut self, sender: &str, content_bytes: usize, need_receipt: bool) -> MessageUid {
        self.sent_count += 1;
        let client_ref = ClientRef::new(&self.sent_count.to_string()).unwrap();
        let draft = Draft { client_ref, content: vec![7; content_bytes], need_receipt };
        match self.does([Call::Send { conversation: self.name.clone(), user: user(sender), draft }]).pop() {
            Some(Outcome::Sent(sent)) => sent.uid,
            other => panic!("{other:?}"),
        }
    }

    /// In one batch.
    pub(crate) fn read(&mut self, readers: &[UserId], uid: MessageUid) {
        let name = self.name.clone();
        let answer = |user: &UserId| Call::Answer {
            conversation: name.clone(),
            user: user.clone(),
            from: None,
            uids: vec![Some(uid)],
        };
        self.does(readers.iter().map(answer));
    }

    pub(crate) fn group(&self) -> GroupNumber {
        self.store.group_number(&self.name.group).unwrap().unwrap()
    }

    pub(crate) fn key(&self, uid: MessageUid) -> MessageKey {
        MessageKey { conversation: self.store.conversation_number(&self.name).unwrap().unwrap(), uid }
    }

    pub(crate) fn queries(&self, name: &str) -> Queries<'_> {
        Queries::enter(&*self.store, &user(name), &self.name).unwrap()
    }
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}
