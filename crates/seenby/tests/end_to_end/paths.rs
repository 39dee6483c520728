//! The same messages by every path that gives one: pushed, caught up, looked up, listed, and shown to a back end.

use hyper::Method;
use seenby_client::{
    Content, Conversation, CustomMessagePolicy, GroupReadReceiptInfo, Json, MentionedInfo, MentionedType, Message,
    MessageDirection, Reader, TimeOrder, UserInfo,
};
use serde_json::{Value, json};

use crate::http_client::HttpClient;
use crate::ward::{GROUP, Person, Ward, soon};

/// A path, and what it gave for each of the messages.
type Given = (&'static str, Vec<Message>);

/// What there is to say, each in a conversation of its own, so that it is the last message there.
pub(crate) fn one_of_each_kind(sender: &Person) -> Vec<Message> {
    let channel = |name| Conversation::ultra_group(GROUP, name);
    let text = |place: &Conversation| sender.engine.create_text_message(place, "round at nine");
    let fields = Json::new(r#"{ "bed": 12345678901234567890123, "choices": ["yes", null] }"#).unwrap();
    let custom = Content::Custom { policy: CustomMessagePolicy::Storage, identifier: "ward:vote".into(), fields };
    let mentions_all = MentionedInfo { mentioned_type: MentionedType::All, ..MentionedInfo::default() };
    vec![
        with_everything(text(&Conversation::group(GROUP))),
        with_everything(Message { content: Some(custom), ..text(&channel(Some("nurses"))) }),
        text(&channel(Some("kitchen"))),
        Message { mentioned_info: Some(mentions_all), expansion: Some([].into()), ..text(&channel(None)) },
    ]
}

fn with_everything(draft: Message) -> Message {
    let user_info = UserInfo {
        user_id: "alice".into(),
        name: "Alice Ndiaye".into(),
        portrait: "https://clinic.example/alice.png".into(),
        alias: "Ali".into(),
        extra: "head nurse".into(),
    };
    let mentioned_info = MentionedInfo {
        mentioned_type: MentionedType::Part,
        user_ids: vec!["bob".into(), "carol".into()],
        content: "look here".into(),
    };
    Message {
        extra: "{\"urgent\":true}".into(),
        user_info: Some(user_info),
        mentioned_info: Some(mentioned_info),
        expansion: Some([("bed".into(), "7".into()), ("shift".into(), String::new())].into()),
        need_receipt: true,
        ..draft
    }
}

/// One user with two devices: one that is there all the time, and one that is away for a while.
pub(crate) struct Viewer {
    name: &'static str,
    pub(crate) here: Person,
    away: Person,
}

impl Viewer {
    pub(crate) async fn signs_in(ward: &Ward, name: &'static str) -> Self {
        Self { name, here: ward.signs_in(name).await, away: ward.signs_in(name).await }
    }

    /// Waits until both devices have these, so that the one that goes away now has something to go on from.
    pub(crate) async fn parts_after(&mut self, greetings: &[Message]) {
        for device in [&mut self.here, &mut self.away] {
            device.receives_all(greetings).await;
        }
        self.away.goes_away().await;
    }

    pub(crate) async fn pushed(&mut self, sent: &[Message]) -> Vec<Given> {
        vec![("pushed", self.here.receives_all(sent).await)]
    }

    /// By a device that comes back, and by one that was never here.
    pub(crate) async fn caught_up(&mut self, ward: &Ward, sent: &[Message]) -> Vec<Given> {
        self.away.connects().await;
        let mut new = ward.signs_in(self.name).await;
        let given = vec![
            ("after an absence", self.away.receives_all(sent).await),
            ("on a new device", new.receives_all(sent).await),
        ];
        new.engine.destroy().await;
        given
    }

    /// Whatever was `given`, and what looking it up gives now, is what was sent, with these receipts.
    pub(crate) async fn is_given_the_same(
        &self,
        sent: &[Message],
        receipts: impl IntoIterator<Item = Option<GroupReadReceiptInfo>>,
        mut given: Vec<Given>,
    ) -> Vec<Message> {
        let seen = sent.iter().zip(receipts).map(|(message, receipt)| self.sees(message, receipt));
        let seen: Vec<_> = seen.collect();
        given.extend(self.looks_up(sent).await);
        given.push(self.lists(sent).await);
        for (path, messages) in given {
            for (message, seen) in messages.iter().zip(&seen) {
                assert_eq!(message, seen, "what {} is given: {path}", self.name);
            }
        }
        seen
    }

    fn sees(&self, sent: &Message, receipt: Option<GroupReadReceiptInfo>) -> Message {
        let is_own = sent.sender_user_id.as_deref() == Some(self.name);
        Message {
            direction: if is_own { MessageDirection::Send } else { MessageDirection::Receive },
            need_receipt: receipt.is_some(),
            group_read_receipt_info: receipt,
            ..sent.clone()
        }
    }

    async fn looks_up(&self, sent: &[Message]) -> [Given; 3] {
        let [mut newest_first, mut oldest_first, mut by_uid] = [const { Vec::new() }; 3];
        for message in sent {
            let uid = message.message_uid.as_deref().unwrap();
            newest_first.push(self.finds(message, TimeOrder::Before).await);
            oldest_first.push(self.finds(message, TimeOrder::After).await);
            by_uid.push(soon(self.here.engine.get_message_by_uid(&message.conversation, uid)).await.unwrap());
        }
        [("history, newest first", newest_first), ("history, oldest first", oldest_first), ("by uid", by_uid)]
    }

    async fn finds(&self, message: &Message, order: TimeOrder) -> Message {
        let history = soon(self.here.engine.get_messages(&message.conversation, 0, order, 100)).await.unwrap();
        history.messages.into_iter().find(|found| found.message_uid == message.message_uid).unwrap()
    }

    async fn lists(&self, sent: &[Message]) -> Given {
        let page = soon(self.here.engine.get_conversations(None, 100)).await.unwrap();
        let last_said = |message: &Message| {
            let mut listed = page.conversations.iter();
            let found = listed.find(|found| found.conversation == message.conversation).unwrap();
            found.last_message.clone().unwrap()
        };
        ("last in the list of conversations", sent.iter().map(last_said).collect())
    }

    /// Nothing else is left of a message that was recalled, by every path that still has it.
    pub(crate) async fn finds_only_the_name_of(&self, recalled: &Message) {
        let recalled = Message {
            content: None,
            extra: String::new(),
            user_info: None,
            mentioned_info: None,
            expansion: None,
            ..self.sees(recalled, None)
        };
        for (path, found) in self.looks_up(std::slice::from_ref(&recalled)).await {
            assert_eq!(found, std::slice::from_ref(&recalled), "what {} is given: {path}", self.name);
        }
    }
}

/// Someone with a key of the app.
pub(crate) struct BackEnd(pub(crate) HttpClient);

impl BackEnd {
    /// The server API has all that the sender is given, in words of its own.
    pub(crate) async fn is_shown(&mut self, message: &Message) {
        let (shown, receipt) = as_shown(message);
        let address = address(message);
        assert_eq!(self.gets(&address("")).await, shown);
        if let Some((counts, readers)) = receipt {
            assert_eq!(self.gets(&address("/receipts")).await, counts);
            assert_eq!(self.gets(&address("/receipts/read")).await["receipts"], readers);
        }
    }

    async fn gets(&mut self, address: &str) -> Value {
        soon(self.0.request(Method::GET, address.to_owned(), &Value::Null)).await.unwrap()
    }
}

fn address(message: &Message) -> impl Fn(&str) -> String {
    let uid = message.message_uid.as_deref().unwrap();
    let (kind, query) = match message.conversation.channel_id() {
        Some(channel) => ("ultra-group", format!("?channel={channel}")),
        None => ("group", String::new()),
    };
    move |what| format!("/api/v1/groups/{kind}/{GROUP}/messages/{uid}{what}{query}")
}

/// A message as the server API shows it; its counts and its readers, if a receipt was asked for.
fn as_shown(message: &Message) -> (Value, Option<(Value, Value)>) {
    // Without `..`: whoever adds a field says here what becomes of it, and has `with_everything` set it.
    let Message {
        // The address names it.
        conversation: _,
        message_uid,
        client_ref,
        sender_user_id,
        // A back end is nobody's device, and follows no log.
        direction: _,
        sequence: _,
        sent_time,
        content,
        extra,
        user_info,
        mentioned_info,
        expansion,
        need_receipt,
        group_read_receipt_info,
    } = message;
    let mut shown = json!({
        "message_uid": message_uid,
        "sender_id": sender_user_id,
        "sent_at_ms": sent_time,
        "content": match content.as_ref().unwrap() {
            Content::Text(text) => json!({ "text": text, "extra": extra }),
            Content::Custom { policy: CustomMessagePolicy::Storage, identifier, fields } => json!({
                "identifier": identifier, "fields": fields.value(), "policy": "storage", "extra": extra,
            }),
            other => panic!("nobody has sent {other:?}"),
        },
        "reference": client_ref,
        "receipt_requested": need_receipt,
    });
    if let Some(UserInfo { user_id, name, portrait, alias, extra }) = user_info {
        shown["user_info"] =
            json!({ "user_id": user_id, "name": name, "portrait": portrait, "alias": alias, "extra": extra });
    }
    if let Some(MentionedInfo { mentioned_type, user_ids, content }) = mentioned_info {
        let kind = match mentioned_type {
            MentionedType::All => "all",
            MentionedType::Part => "part",
        };
        shown["mentioned_info"] = json!({ "type": kind, "user_ids": user_ids, "content": content });
    }
    if let Some(expansion) = expansion {
        shown["expansion"] = json!(expansion);
    }
    (shown, group_read_receipt_info.as_ref().map(receipt_as_shown))
}

fn receipt_as_shown(info: &GroupReadReceiptInfo) -> (Value, Value) {
    let GroupReadReceiptInfo {
        read_receipt_message: _,
        has_respond: _,
        respond_user_ids,
        read_count,
        unread_count,
        left_count,
        total_count,
    } = info;
    let counts = json!({ "read": read_count, "unread": unread_count, "left": left_count, "total": total_count });
    (counts, respond_user_ids.iter().map(reader_as_shown).collect())
}

fn reader_as_shown(Reader { user_id, read_at_ms }: &Reader) -> Value {
    json!({ "user_id": **user_id, "status": "read", "read_at_ms": read_at_ms })
}
