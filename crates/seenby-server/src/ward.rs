//! For tests: one group on a ledger, and a store in memory behind it.

use std::sync::Arc;

use seenby_core::{
    AppKey, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, GroupNumber, Ledger, MessageKey,
    MessageUid, Source as _, Timestamp, UserId, ledger,
};
use seenby_storage::{Memory, Storage as _};

use crate::queries::Queries;

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub(crate) struct Ward {
    pub(crate) store: Arc<Memory>,
    ledger: Ledger<Memory>,
    pub(crate) name: ConversationName,
    sent_count: usize,
}

impl Ward {
    pub(crate) fn with_members(members: &[&str]) -> Self {
        let store = Arc::new(Memory::new());
        let ledger = Ledger::new(store.clone(), ledger::Limits::default(), 1).unwrap();
        let app = AppKey::new("app").unwrap();
        let group = GroupName { app, kind: GroupKind::Group, id: GroupId::new("ward").unwrap() };
        let mut ward = Self { store, ledger, name: ConversationName::new(group, None), sent_count: 0 };
        ward.does(|ledger, name| {
            ledger.create_group(&name.group, "", NOW).unwrap();
        });
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

    pub(crate) fn does(&mut self, call: impl FnOnce(&mut Ledger<Memory>, &ConversationName)) {
        call(&mut self.ledger, &self.name);
        self.store.commit(&self.ledger.take_commit().changes).unwrap();
    }

    pub(crate) fn joins(&mut self, users: &[UserId]) {
        self.does(|ledger, name| ledger.join(&name.group, users, NOW).unwrap());
    }

    pub(crate) fn leaves(&mut self, users: &[UserId]) {
        self.does(|ledger, name| ledger.leave(&name.group, users, NOW).unwrap());
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
        let mut sent = None;
        self.does(|ledger, name| sent = Some(ledger.send(name, &user(sender), draft, NOW).unwrap().uid));
        sent.unwrap()
    }

    /// In one batch.
    pub(crate) fn read(&mut self, readers: &[UserId], uid: MessageUid) {
        self.does(|ledger, name| {
            for reader in readers {
                ledger.answer(name, reader, None, &[Some(uid)], NOW).unwrap();
            }
        });
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
