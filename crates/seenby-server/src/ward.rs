//! For tests: one group, a store in memory, and people who are online.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seenby_core::commit::{AppRecord, Secret};
use seenby_core::{
    AppKey, Call, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, Limits, MessageUid, Notice,
    Outcome, Sequence, Timestamp, UserId,
};
use seenby_protocol::codec;
use seenby_protocol::frames::{self, server_frame};
use seenby_storage::{LedgerWriter, Memory, Storage as _};

use crate::delivery::Told;
use crate::node::Node;
use crate::queries::Queries;
use crate::refusal::Refusal;
use crate::session::{Arrival, Session, Step};
use crate::settings::Settings;
use crate::{to_wire, token};

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub(crate) struct Ward {
    pub(crate) store: Arc<Memory>,
    pub(crate) node: Arc<Node>,
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
        let node = Arc::new(Node::new(Settings::default(), store.clone(), 1));
        let mut ward = Self { store, node, writer, name: ConversationName::new(group, None), sent_count: 0 };
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
        self.node.tell(Told::Notices(written.commit.notices));
        written.outcomes.into_iter().map(Result::unwrap).collect()
    }

    pub(crate) fn joins(&mut self, users: &[UserId]) {
        self.joins_at(users, NOW);
    }

    pub(crate) fn joins_at(&mut self, users: &[UserId], now: Timestamp) {
        self.does_at([Call::Join { group: self.name.group.clone(), users: users.to_vec() }], now);
    }

    pub(crate) fn leaves(&mut self, users: &[UserId]) {
        self.does([self.leaving(users)]);
    }

    /// Nobody has been told yet.
    pub(crate) fn leaves_quietly(&mut self, users: &[UserId]) {
        self.writer.write(&[self.leaving(users)], NOW).unwrap();
    }

    fn leaving(&self, users: &[UserId]) -> Call {
        Call::Leave { group: self.name.group.clone(), users: users.to_vec() }
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
        let notices = self.read_quietly(readers, uid);
        self.tells(&notices);
    }

    /// Gives what others must be told.
    pub(crate) fn read_quietly(&mut self, readers: &[UserId], uid: MessageUid) -> Vec<Notice> {
        let name = self.name.clone();
        let answer = |user: &UserId| Call::Answer {
            conversation: name.clone(),
            user: user.clone(),
            from: None,
            uids: vec![Some(uid)],
        };
        let calls: Vec<_> = readers.iter().map(answer).collect();
        let written = self.writer.write(&calls, NOW).unwrap();
        assert!(written.outcomes.iter().all(Result::is_ok));
        written.commit.notices
    }

    pub(crate) fn tells(&self, notices: &[Notice]) {
        self.node.tell(Told::Notices(notices.to_vec()));
    }

    pub(crate) fn finds<T>(&self, name: &str, query: impl FnOnce(&Queries<'_>) -> Result<T, Refusal>) -> T {
        let snapshot = self.store.snapshot();
        query(&Queries::enter(&*snapshot, &user(name), &self.name).unwrap()).unwrap()
    }
}

/// A member with a device that is online.
pub(crate) struct Online {
    pub(crate) session: Session,
    store: Arc<Memory>,
    begin: Instant,
}

impl Ward {
    /// With nothing on the device.
    pub(crate) fn comes(&self, name: &str) -> Online {
        self.comes_with(name, None)
    }

    /// With a good token.
    pub(crate) fn sign_in_of(&self, name: &str) -> (AppRecord, frames::SignIn) {
        let app = AppRecord { key: self.name.group.app.clone(), secret: Secret::new("secret"), created_at: NOW };
        let token = token::issue(&app, &user(name), NOW, Duration::from_secs(60));
        let device_id = format!("device {}", self.sent_count);
        let call = frames::SignIn { app_key: app.key.to_string(), token, device_id, ..Default::default() };
        (app, call)
    }

    /// With the log up to here on the device.
    pub(crate) fn comes_with(&self, name: &str, position: Option<Sequence>) -> Online {
        let (app, call) = self.sign_in_of(name);
        let arrival = Arrival::new(&self.node, &call, Some(app.clone()), NOW).unwrap();
        let (session, _) = arrival.admit((Some(app), None), NOW).unwrap();
        let mut online = Online { session, store: self.store.clone(), begin: Instant::now() };
        let conversation = Some(to_wire::conversation(&self.name));
        let position = position.map(|Sequence(through)| frames::Position { conversation, through });
        online.calls(frames::client_frame::Call::Resume(frames::Resume {
            positions: position.into_iter().collect(),
            last: true,
            ..Default::default()
        }));
        online
    }
}

impl Online {
    pub(crate) fn calls(&mut self, call: frames::client_frame::Call) {
        let frame = frames::ClientFrame { call_id: 1, call: Some(call) };
        assert!(matches!(self.session.handle_frame(frame, NOW), Step::Read));
    }

    /// Everything that is pushed now; what has to gather does not come.
    pub(crate) fn hears(&mut self) -> Vec<server_frame::Kind> {
        self.hears_after(Duration::ZERO)
    }

    /// So long after the beginning.
    pub(crate) fn hears_after(&mut self, time: Duration) -> Vec<server_frame::Kind> {
        let mut frames = Vec::new();
        self.session.handle_mail(&mut frames, NOW);
        while let Some(read) = self.session.next_read(self.begin + time) {
            read.look(&*self.store.snapshot()).deliver();
            self.session.handle_mail(&mut frames, NOW);
        }
        assert!(!self.session.has_questions(self.begin + time), "who has nothing to ask has nothing to look up");
        let kinds = frames.into_iter().map(|frame| {
            let frame = codec::decode::<frames::ServerFrame>(&frame, usize::MAX).unwrap();
            frame.kind.unwrap()
        });
        kinds.filter(|kind| !matches!(kind, server_frame::Kind::Reply(_))).collect()
    }

    /// The pages of logs in what is pushed now.
    pub(crate) fn hears_pages(&mut self) -> Vec<frames::LogEntries> {
        let page = |kind| match kind {
            server_frame::Kind::LogEntries(page) => Some(page),
            _ => None,
        };
        self.hears().into_iter().filter_map(page).collect()
    }
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}
