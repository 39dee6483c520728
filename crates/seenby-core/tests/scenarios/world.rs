//! One group of people on a ledger, with a clock that the scenario moves.

use std::sync::Arc;

use seenby_core::commit::{AppRecord, Secret, UserChange};
use seenby_core::{
    AppKey, Call, ChannelId, ClientRef, ConversationName, Denied, Draft, Group, GroupId, GroupKind, GroupName, KeyId,
    KeyRecord, Limits, LogEntry, Membership, MessageKey, MessageUid, Ordinal, Outcome, Publication, ReceiptRequest,
    Scope, Sequence, Slot, Timestamp, UserId,
};
use seenby_storage::{Failure, LedgerWriter, Memory, Storage as _};

pub(crate) struct World {
    store: Arc<Memory>,
    writer: LedgerWriter<Memory>,
    conversation: ConversationName,
    now: Timestamp,
    notice_count: usize,
    sent_count: u32,
    batching: bool,
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

impl World {
    pub(crate) fn with_members<const N: usize>(members: [&str; N]) -> Self {
        Self::with_limit(Limits::default().group_members_max, members)
    }

    pub(crate) fn with_limit<const N: usize>(group_members_max: u64, members: [&str; N]) -> Self {
        Self::new(Limits { group_members_max }, GroupKind::Group, "app", &members)
    }

    pub(crate) fn with_channels<const N: usize, const C: usize>(members: [&str; N], channels: [&str; C]) -> Self {
        let mut world = Self::new(Limits::default(), GroupKind::UltraGroup, "app", &members);
        for channel in channels {
            world.opens_channel(channel).unwrap();
        }
        world
    }

    pub(crate) fn opens_channel(&mut self, channel: &str) -> Result<(), Denied> {
        let group = self.conversation.group.clone();
        self.calls(Call::CreateChannel { group, channel: ChannelId::new(channel).unwrap() })
    }

    fn new(limits: Limits, kind: GroupKind, app: &str, members: &[&str]) -> Self {
        let store = Arc::new(Memory::default());
        let mut world = Self {
            writer: LedgerWriter::new(store.clone(), limits, 1),
            store,
            conversation: conversation(kind, app),
            now: Timestamp(1_800_000_000_000),
            notice_count: 0,
            sent_count: 0,
            batching: false,
        };
        world.founds(members);
        world
    }

    fn founds(&mut self, members: &[&str]) {
        let group = self.conversation.group.clone();
        self.calls(Call::CreateGroup { group, title: "Ward 3".into() }).unwrap();
        self.try_joins(members).unwrap();
    }

    pub(crate) fn switches_to_app<const N: usize>(&mut self, app: &str, members: [&str; N]) {
        self.conversation = conversation(GroupKind::Group, app);
        self.founds(&members);
    }

    /// Where there is a group already.
    pub(crate) fn returns_to_app(&mut self, app: &str) {
        self.conversation = conversation(GroupKind::Group, app);
    }

    pub(crate) fn in_channel(&mut self, channel: &str) -> &mut Self {
        let group = self.conversation.group.clone();
        self.conversation = ConversationName::new(group, Some(ChannelId::new(channel).unwrap()));
        self
    }

    /// The calls inside share one commit.
    pub(crate) fn in_one_batch(&mut self, calls: impl FnOnce(&mut Self)) {
        self.batching = true;
        calls(self);
        self.batching = false;
        self.commits();
    }

    fn calls(&mut self, call: Call) -> Result<(), Denied> {
        self.outcome(call).map(drop)
    }

    fn outcome(&mut self, call: Call) -> Result<Outcome, Denied> {
        let outcome = self.writer.apply(&call, self.now);
        self.commits();
        outcome.map_err(|failure| match failure {
            Failure::Denied(denied) => denied,
            Failure::Storage(error) => panic!("the store failed: {error}"),
        })
    }

    fn commits(&mut self) {
        if !self.batching {
            self.notice_count += self.writer.commit().unwrap().len();
        }
    }

    /// A new process on the same store.
    pub(crate) fn restarts(&mut self) {
        self.writer = LedgerWriter::new(self.store.clone(), Limits::default(), 2);
    }

    pub(crate) fn pass_ms(&mut self, ms: u64) {
        self.now.0 += ms;
    }

    pub(crate) fn set_clock_back_ms(&mut self, ms: u64) {
        self.now.0 -= ms;
    }
}

/// What people do.
impl World {
    pub(crate) fn joins(&mut self, name: &str) {
        self.try_joins(&[name]).unwrap();
    }

    pub(crate) fn try_joins(&mut self, names: &[&str]) -> Result<(), Denied> {
        let (group, users) = (self.conversation.group.clone(), names.iter().map(|name| user(name)).collect());
        self.calls(Call::Join { group, users })
    }

    pub(crate) fn leaves(&mut self, name: &str) {
        let group = self.conversation.group.clone();
        self.calls(Call::Leave { group, users: vec![user(name)] }).unwrap();
    }

    pub(crate) fn creates_app(&mut self, key: &str, secret: &str) -> Result<(), Denied> {
        let (key, secret) = (AppKey::new(key).unwrap(), Secret::new(secret));
        self.calls(Call::CreateApp(AppRecord { key, secret, created_at: self.now }))
    }

    pub(crate) fn saves_user(&mut self, name: &str, display_name: Option<&str>, blocked: Option<bool>) {
        let change = UserChange { name: display_name.map(ToOwned::to_owned), blocked, ..UserChange::default() };
        self.changes_user(name, change);
    }

    pub(crate) fn voids_tokens(&mut self, name: &str, before: Timestamp) {
        self.changes_user(name, UserChange { tokens_from: Some(before), ..UserChange::default() });
    }

    fn changes_user(&mut self, name: &str, change: UserChange) {
        let app = self.conversation.group.app.clone();
        self.calls(Call::SaveUser { app, user: user(name), change }).unwrap();
    }

    pub(crate) fn replaces_secret(&mut self, key: &str, secret: &str) -> Result<(), Denied> {
        self.calls(Call::ReplaceSecret { app: AppKey::new(key).unwrap(), secret: Secret::new(secret) })
    }

    pub(crate) fn saves_key(&mut self, id: &str, app: &str) -> Result<(), Denied> {
        self.calls(Call::SaveKey(KeyRecord {
            id: KeyId::new(id).unwrap(),
            app: AppKey::new(app).unwrap(),
            label: String::new(),
            scopes: vec![Scope::Receipts],
            secret_hash: [0; 32],
            created_at: self.now,
        }))
    }

    pub(crate) fn drops_key(&mut self, id: &str) {
        self.calls(Call::DropKey(KeyId::new(id).unwrap())).unwrap();
    }

    pub(crate) fn deletes_channel(&mut self, channel: &str) -> Result<(), Denied> {
        let group = self.conversation.group.clone();
        self.calls(Call::DeleteChannel { group, channel: ChannelId::new(channel).unwrap() })
    }

    pub(crate) fn dismisses(&mut self) {
        let group = self.conversation.group.clone();
        self.calls(Call::Dismiss { group }).unwrap();
    }

    pub(crate) fn sends(&mut self, name: &str, text: &str) -> MessageUid {
        self.send(name, None, text, false)
    }

    pub(crate) fn sends_and_asks(&mut self, name: &str, text: &str) -> MessageUid {
        self.send(name, None, text, true)
    }

    pub(crate) fn sends_as(&mut self, name: &str, client_ref: &str, text: &str) -> MessageUid {
        self.send(name, Some(client_ref), text, false)
    }

    fn send(&mut self, name: &str, client_ref: Option<&str>, text: &str, need_receipt: bool) -> MessageUid {
        self.sent_count += 1;
        let client_ref = client_ref.map_or_else(|| format!("sent-{}", self.sent_count), ToOwned::to_owned);
        let client_ref = ClientRef::new(&client_ref).unwrap();
        let draft = Draft { client_ref, content: text.into(), need_receipt };
        let conversation = self.conversation.clone();
        match self.outcome(Call::Send { conversation, user: user(name), draft }) {
            Ok(Outcome::Sent(sent)) => sent.uid,
            other => panic!("{other:?}"),
        }
    }

    /// A back end sends to these channels, or to the group where none is named, and asks in the same step.
    pub(crate) fn publishes(&mut self, name: &str, channels: &[&str]) -> Result<Vec<MessageUid>, Denied> {
        self.sent_count += 1;
        let group = &self.conversation.group;
        let conversations = match channels {
            [] => vec![self.conversation.clone()],
            ids => ids.iter().map(|id| ConversationName::new(group.clone(), ChannelId::new(id).ok())).collect(),
        };
        let client_ref = ClientRef::new(&format!("published-{}", self.sent_count)).unwrap();
        let draft = Draft { client_ref, content: b"news".to_vec(), need_receipt: true };
        let publication = Publication { draft, hidden_from_sender: false };
        match self.outcome(Call::Publish { conversations, user: user(name), publication })? {
            Outcome::Published(sent) => Ok(sent.into_iter().map(|sent| sent.uid).collect()),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn back_end_asks(&mut self, uid: MessageUid) -> Result<(), Denied> {
        self.calls(Call::AskForSender { conversation: self.conversation.clone(), uid })
    }

    pub(crate) fn back_end_recalls(&mut self, sender: &str, uid: MessageUid) -> Result<(), Denied> {
        let conversation = self.conversation.clone();
        self.calls(Call::RecallForSender { conversation, user: user(sender), uid })
    }

    pub(crate) fn asks(&mut self, name: &str, uid: MessageUid) -> Result<(), Denied> {
        self.calls(Call::Ask { conversation: self.conversation.clone(), user: user(name), uid })
    }

    pub(crate) fn recalls(&mut self, name: &str, uid: MessageUid) -> Result<(), Denied> {
        self.calls(Call::Recall { conversation: self.conversation.clone(), user: user(name), uid })
    }

    pub(crate) fn expires(&mut self, uid: MessageUid) {
        self.calls(Call::Expire(vec![self.key(uid)])).unwrap();
    }

    pub(crate) fn reads(&mut self, name: &str, uid: MessageUid) -> Result<(), Denied> {
        self.reads_all(name, &[uid])?.remove(0)
    }

    pub(crate) fn reads_all(
        &mut self,
        name: &str,
        uids: &[impl Copy + Into<Option<MessageUid>>],
    ) -> Result<Vec<Result<(), Denied>>, Denied> {
        let (conversation, uids) = (self.conversation.clone(), uids.iter().map(|uid| (*uid).into()).collect());
        match self.outcome(Call::Answer { conversation, user: user(name), from: None, uids })? {
            Outcome::Answered(outcomes) => Ok(outcomes),
            other => panic!("{other:?}"),
        }
    }
}

/// What the store says about it.
impl World {
    pub(crate) fn uid_of_nothing() -> MessageUid {
        MessageUid::parse("0000-0000-0000-0001").unwrap()
    }

    pub(crate) fn request(&self, uid: MessageUid) -> Option<ReceiptRequest> {
        self.store.snapshot().request(self.key(uid)).unwrap()
    }

    /// Read, unread, left.
    pub(crate) fn counts(&self, uid: MessageUid) -> (u32, u32, u32) {
        let counts = self.request(uid).unwrap().counts(&self.group().present);
        (counts.read, counts.unread, counts.left)
    }

    pub(crate) fn readers(&self, uid: MessageUid) -> Vec<String> {
        let answers = self.store.snapshot().readers(self.key(uid), 0, 1_000).unwrap();
        let readers: Vec<_> = answers.into_iter().map(|answer| self.name(answer.slot)).collect();
        assert_eq!(readers.len() as Ordinal, self.request(uid).unwrap().reader_count(), "list and set agree");
        readers
    }

    pub(crate) fn reading_time(&self, name: &str, uid: MessageUid) -> Option<Timestamp> {
        let snapshot = self.store.snapshot();
        let slot = snapshot.slot(self.group().number, &user(name)).unwrap().unwrap();
        let answers = snapshot.readers(self.key(uid), 0, 1_000).unwrap();
        answers.into_iter().find(|answer| answer.slot == slot).map(|answer| answer.at)
    }

    pub(crate) fn unread(&self, uid: MessageUid) -> Vec<String> {
        let (request, group) = (self.request(uid).unwrap(), self.group());
        request.unread(&group.present, Slot(0)).map(|slot| self.name(slot)).collect()
    }

    pub(crate) fn left(&self, uid: MessageUid) -> Vec<String> {
        let (request, group) = (self.request(uid).unwrap(), self.group());
        request.left(&group.present, Slot(0)).map(|slot| self.name(slot)).collect()
    }

    /// How much has been told so far, to anybody.
    pub(crate) fn notices(&self) -> usize {
        self.notice_count
    }

    pub(crate) fn log(&self) -> Vec<LogEntry> {
        self.store.snapshot().log(self.key(MessageUid::MIN).conversation, Sequence(0), 1_000).unwrap()
    }

    pub(crate) fn member_count(&self) -> u64 {
        self.group().member_count()
    }

    pub(crate) fn content(&self, uid: MessageUid) -> Vec<u8> {
        self.store.snapshot().message(self.key(uid)).unwrap().unwrap().content
    }

    /// Name, and whether it is blocked.
    pub(crate) fn user(&self, name: &str) -> Option<(String, bool)> {
        let found = self.store.snapshot().user(&self.conversation.group.app, &user(name)).unwrap();
        found.map(|user| (user.name, user.blocked))
    }

    pub(crate) fn tokens_from(&self, name: &str) -> Option<Timestamp> {
        let found = self.store.snapshot().user(&self.conversation.group.app, &user(name)).unwrap();
        found.map(|user| user.tokens_from)
    }

    /// What stands in the list of a user's requests, newest first.
    pub(crate) fn requests_of(&self, name: &str) -> Vec<MessageUid> {
        let listed = self.store.snapshot().requests_of(&self.conversation.group.app, &user(name), None, 100).unwrap();
        listed.into_iter().map(|key| key.uid).collect()
    }

    pub(crate) fn is_member(&self, name: &str) -> bool {
        self.membership(name).is_some()
    }

    /// The sequences of what was logged since somebody joined: a new device of theirs begins there.
    pub(crate) fn logged_since_joining(&self, name: &str) -> Vec<u64> {
        let snapshot = self.store.snapshot();
        let conversation = snapshot.conversation_number(&self.conversation).unwrap().unwrap();
        let position = snapshot.log_position(conversation, &self.membership(name).unwrap()).unwrap();
        let log = snapshot.log(conversation, position, 100).unwrap();
        log.iter().map(|entry| entry.sequence.0).collect()
    }

    fn membership(&self, name: &str) -> Option<Membership> {
        let group = self.group();
        self.store.snapshot().membership(&self.conversation.group.app, &user(name), group.number).unwrap()
    }

    pub(crate) fn secret(&self, app: &str) -> Option<String> {
        let found = self.store.snapshot().app(&AppKey::new(app).unwrap()).unwrap();
        found.map(|app| app.secret.expose().to_owned())
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.store.snapshot().keys().unwrap().iter().map(|key| key.id.to_string()).collect()
    }

    fn group(&self) -> Group {
        let snapshot = self.store.snapshot();
        let number = snapshot.group_number(&self.conversation.group).unwrap().unwrap();
        snapshot.group(number).unwrap().unwrap()
    }

    fn name(&self, slot: Slot) -> String {
        self.store.snapshot().slot_user(self.group().number, slot).unwrap().unwrap().to_string()
    }

    fn key(&self, uid: MessageUid) -> MessageKey {
        let conversation = self.store.snapshot().conversation_number(&self.conversation).unwrap().unwrap();
        MessageKey { conversation, uid }
    }
}

fn conversation(kind: GroupKind, app: &str) -> ConversationName {
    let group = GroupName { app: AppKey::new(app).unwrap(), kind, id: GroupId::new("ward-3").unwrap() };
    ConversationName::new(group, None)
}
