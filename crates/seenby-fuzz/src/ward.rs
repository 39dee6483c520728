//! A small server without sockets: one group, two members, a message that was asked about; and elsewhere what a member must
//! never see.

use std::sync::Arc;
use std::time::Duration;

use seenby_core::commit::{AppRecord, Secret};
use seenby_core::{AppKey, Call, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, Timestamp, UserId};
use seenby_protocol::codec;
use seenby_protocol::frames::{Content, SignIn, TextContent, content};
use seenby_server::Settings;
use seenby_server::machine::{Desk, Node, ReplyTo, Told, issue_token};
use seenby_storage::Memory;
use tokio::sync::oneshot;

pub(crate) const APP: &str = "app";
pub(crate) const SECRET: &str = "the secret of this app";
pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);
/// Stands in every message that the members of the group must not see.
pub(crate) const HIDDEN: &[u8] = b"not-for-your-eyes";
const LIFETIME: Duration = Duration::from_secs(3_600);

pub(crate) struct Ward {
    pub(crate) store: Arc<Memory>,
    node: Arc<Node>,
    desk: Desk,
}

impl Ward {
    pub(crate) fn new() -> Self {
        let store = Arc::new(Memory::named("store"));
        let mut settings = Settings::default();
        let limits = &mut settings.limits;
        for rate in [
            &mut limits.sends_per_second,
            &mut limits.receipt_requests_per_second,
            &mut limits.receipt_answers_per_second,
            &mut limits.queries_per_second,
            &mut limits.sign_ins_per_second,
        ] {
            *rate = u32::MAX;
        }
        let node = Arc::new(Node::new(settings, store.clone(), 1));
        let desk = Desk::new(node.clone());
        let mut ward = Self { store, node, desk };
        for (app, group, members) in
            [(APP, "ward", ["alice", "bob"]), (APP, "cellar", ["alice", "eve"]), ("other", "ward", ["bob", "eve"])]
        {
            ward.founds(app, group, &members);
        }
        ward
    }

    fn founds(&mut self, app: &str, group: &str, members: &[&str]) {
        let is_seen = (app, group) == (APP, "ward");
        let text = if is_seen { "hello" } else { str::from_utf8(HIDDEN).expect("ASCII") };
        let group = GroupName { app: key(app), kind: GroupKind::Group, id: GroupId::new(group).expect("a good name") };
        let conversation = ConversationName::new(group.clone(), None);
        let content =
            Content { kind: Some(content::Kind::Text(TextContent { text: text.into() })), ..Default::default() };
        let client_ref = ClientRef::new("1").expect("a good name");
        self.does(vec![
            Call::CreateApp(record(app)),
            Call::CreateGroup { group: group.clone(), title: String::new() },
            Call::Join { group, users: members.iter().map(|member| user(member)).collect() },
        ]);
        let draft = Draft { client_ref, content: codec::encode(&content), need_receipt: true };
        self.does(vec![Call::Send { conversation, user: user(members[0]), draft }]);
    }

    /// Applies calls; nobody looks at what became of them.
    fn does(&mut self, calls: Vec<Call>) {
        self.write(calls.into_iter().map(|call| (call, ReplyTo::waiter(oneshot::channel().0))).collect());
    }

    pub(crate) fn write(&mut self, mut batch: Vec<(Call, ReplyTo)>) {
        let news = self.desk.write(&mut batch, NOW);
        self.node.tell(Told::Notices(news));
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn sign_in_of(&self, name: &str) -> SignIn {
        let token = issue_token(&record(APP), &user(name), NOW, LIFETIME);
        SignIn { app_key: APP.into(), token, device_id: "phone".into(), sdk: "fuzz".into(), protocol_minor: 1 }
    }

    /// Whether this is the one token that was made.
    pub(crate) fn made(&self, token: &str) -> bool {
        self.sign_in_of("bob").token == token
    }
}

fn record(app: &str) -> AppRecord {
    AppRecord { key: key(app), secret: Secret::new(SECRET), created_at: Timestamp(0) }
}

fn key(app: &str) -> AppKey {
    AppKey::new(app).expect("a good name")
}

fn user(name: &str) -> UserId {
    UserId::new(name).expect("a good name")
}
