//! The engine over real sockets. Everything that is a rule of the session is tested without them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod outages;
mod sendings;
mod server;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use seenby_client::store::{Change, DeviceStore, FileStore, Memory, Owner};
use seenby_client::{
    CallError, Code, ConnectError, ConnectionStatus, Conversation, ConversationType, CreateError, Engine,
    EngineOptions, Event, EventStream, Message, MessageDirection, PageQuery, ReadReceiptStatus, ResponseError,
    TimeOrder, TokenSource,
};
use seenby_protocol::frames::{self, client_frame::Call, reply, server_frame};
use server::{Connection, FakeServer, soon};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite;

fn team() -> Conversation {
    Conversation::group("team")
}

fn message(uid: &str) -> frames::Message {
    frames::Message {
        uid: uid.into(),
        sender_id: "alice".into(),
        content: Some(frames::Content {
            kind: Some(frames::content::Kind::Text(frames::TextContent { text: "hello".into() })),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A message that the engine has sent, with this uid.
async fn sent(engine: &Engine, connection: &mut Connection, uid: &str) -> Message {
    let draft = engine.create_text_message(&team(), "hello");
    let (sent, ()) = tokio::join!(engine.send_message(&draft), async {
        let (call_id, call) = connection.next().await.unwrap();
        assert!(matches!(call, Call::SendMessage(_)));
        connection.reply(call_id, message_sent(uid)).await;
    });
    sent.unwrap()
}

fn message_sent(uid: &str) -> reply::Result {
    reply::Result::MessageSent(frames::MessageSent { message_uid: uid.into(), sequence: 3, sent_at_ms: 1_000 })
}

async fn next_but_statuses(events: &mut EventStream) -> Event {
    loop {
        match soon(events.next()).await.expect("the stream has ended") {
            Event::ConnectionStatusChanged { .. } => {}
            event => return event,
        }
    }
}

#[tokio::test]
async fn a_sender_asks_and_hears_who_has_read() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut events = engine.events();
    assert_eq!(engine.connection_status(), ConnectionStatus::Unconnected);
    let mut connection = server.signed_in(&engine, "alice").await;
    assert_eq!((engine.user_id().as_deref(), engine.connection_status()), (Some("alice"), ConnectionStatus::Connected));
    assert!(engine.delta_time().unwrap() > 1_000_000_000_000);

    let message = sent(&engine, &mut connection, "m1").await;
    assert_eq!((message.message_uid.as_deref(), message.sent_time), (Some("m1"), 1_000));
    assert_eq!(message.sender_user_id.as_deref(), Some("alice"));
    let (asked, ()) = tokio::join!(engine.send_group_read_receipt_request(&message), async {
        let (call_id, call) = connection.next().await.unwrap();
        assert!(matches!(call, Call::RequestReceipt(request) if request.message_uid == "m1"));
        connection.accept(call_id).await;
    });
    asked.unwrap();

    let readers = frames::Readers { first_ordinal: 0, user_ids: vec!["bob".into()], times_ms: vec![5_000] };
    let delta = frames::ReceiptDelta {
        conversation: Some(frames::Conversation { r#type: 2, target_id: "team".into(), channel_id: String::new() }),
        message_uid: "m1".into(),
        readers: Some(readers),
        counts: Some(frames::ReceiptCounts { read: 1, unread: 1, left: 0, total: 2 }),
    };
    connection.push(server_frame::Kind::ReceiptDelta(delta)).await;
    let Event::GroupMessageReadReceiptResponseReceived { conversation, respond_user_ids, counts, .. } =
        next_but_statuses(&mut events).await
    else {
        panic!("another event")
    };
    assert_eq!((conversation, respond_user_ids.get("bob"), counts.unread), (team(), Some(5_000), 1));
}

#[tokio::test]
async fn calls_and_answers_survive_a_lost_connection() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut connection = server.signed_in(&engine, "bob").await;
    let said = sent(&engine, &mut connection, "m1").await;

    let draft = engine.create_text_message(&team(), "again");
    let sending = tokio::spawn({
        let (engine, draft) = (engine.clone(), draft.clone());
        async move { engine.send_message(&draft).await }
    });
    connection.next().await.unwrap();
    let answering = engine.send_group_read_receipt_response("team", None, &[said]);
    connection.next().await.unwrap();
    drop(connection);

    let mut connection = server.accept_signed_in().await;
    let (call_id, call) = connection.next().await.unwrap();
    assert!(matches!(&call, Call::SendMessage(send) if send.client_ref == draft.client_ref), "{call:?}");
    connection.reply(call_id, message_sent("m2")).await;
    let (call_id, call) = connection.next().await.unwrap();
    assert!(matches!(&call, Call::AnswerReceipts(answer) if answer.message_uids == ["m1"]), "{call:?}");
    connection.accept(call_id).await;
    assert_eq!(sending.await.unwrap().unwrap().message_uid.as_deref(), Some("m2"));
    assert_eq!(answering.await.unwrap().results[0].message_uid, "m1");
}

#[tokio::test]
async fn who_dropped_the_future_is_told_by_an_event() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut events = engine.events();
    let mut connection = server.signed_in(&engine, "alice").await;
    let said = sent(&engine, &mut connection, "m1").await;

    drop(engine.send_group_read_receipt_request(&said));
    let (call_id, _) = connection.next().await.unwrap();
    connection.refuse(call_id, Code::RECEIPT_NOT_SENDER.0).await;
    let told = next_but_statuses(&mut events).await;
    let expect = Event::GroupReadReceiptRequestSent { code: Code::RECEIPT_NOT_SENDER, message: said.clone() };
    assert_eq!(told, expect);

    drop(engine.send_group_read_receipt_response("team", None, std::slice::from_ref(&said)));
    let (call_id, _) = connection.next().await.unwrap();
    connection.accept(call_id).await;
    let told = next_but_statuses(&mut events).await;
    assert!(matches!(&told, Event::GroupReadReceiptResponseSent { code: Code::SUCCESS, .. }), "{told:?}");
}

#[tokio::test]
async fn a_result_that_came_before_its_future_was_dropped_is_told_too() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut events = engine.events();
    let mut connection = server.signed_in(&engine, "alice").await;
    let said = sent(&engine, &mut connection, "m1").await;
    let asking = engine.send_group_read_receipt_request(&said);
    let (call_id, _) = connection.next().await.unwrap();
    connection.accept(call_id).await;
    // A later reply has been handed on, so the earlier one has too.
    sent(&engine, &mut connection, "m2").await;
    drop(asking);
    let told = next_but_statuses(&mut events).await;
    assert!(matches!(&told, Event::GroupReadReceiptRequestSent { code: Code::SUCCESS, .. }), "{told:?}");
}

#[tokio::test]
async fn who_awaited_the_future_alone_is_told() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut events = engine.events();
    let mut connection = server.signed_in(&engine, "alice").await;
    let said = sent(&engine, &mut connection, "m1").await;
    let (asked, ()) = tokio::join!(engine.send_group_read_receipt_request(&said), async {
        let (call_id, _) = connection.next().await.unwrap();
        connection.accept(call_id).await;
    });
    asked.unwrap();
    engine.destroy().await;
    while let Some(event) = soon(events.next()).await {
        assert!(matches!(event, Event::ConnectionStatusChanged { .. }), "{event:?}");
    }
}

/// A token as the server gives it, but for the signature.
fn token(user_id: &str) -> String {
    let text = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", text("{}"), text(&format!(r#"{{"sub":"{user_id}"}}"#)), text("signed"))
}

/// Every call fails.
struct BrokenStore;

impl DeviceStore for BrokenStore {
    fn device_id(&mut self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn load(&mut self, _: &Owner) -> io::Result<Memory> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn save(&mut self, _: &Owner, _: &[Change]) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[tokio::test]
async fn an_answer_given_without_a_network_in_a_new_run_is_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let nobody_listens = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = format!("ws://{nobody_listens}");
    let options =
        EngineOptions { server, device_store: Box::new(FileStore::open(folder.path()).unwrap()), ..Default::default() };
    let engine = Engine::create("app", options).unwrap();
    let connecting = tokio::spawn({
        let engine = engine.clone();
        async move { engine.connect(token("bob")).await }
    });
    // The connection is asked for by another task.
    while engine.connection_status() == ConnectionStatus::Unconnected {
        tokio::task::yield_now().await;
    }
    drop(engine.send_read_receipt_response(&team(), &["m1"]));
    soon(engine.flush()).await.unwrap();
    let journals =
        std::fs::read_dir(folder.path()).unwrap().filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok());
    assert!(journals.into_iter().any(|journal| journal.contains("AnswerKept") && journal.contains("m1")));
    engine.destroy().await;
    assert!(connecting.await.unwrap().is_err());
}

#[tokio::test]
async fn a_device_store_that_fails_stops_nobody() {
    let server = FakeServer::start().await;
    let options = EngineOptions { device_store: Box::new(BrokenStore), ..server.options() };
    let engine = Engine::create("app", options).unwrap();
    let mut connection = server.signed_in(&engine, "bob").await;
    let answering = engine.send_read_receipt_response(&team(), &["m1"]);
    let (call_id, _) = connection.next().await.unwrap();
    let mut flushing = Box::pin(engine.flush());
    assert!(futures_util::poll!(&mut flushing).is_pending(), "neither the store nor the server has it");
    connection.accept(call_id).await;
    soon(flushing).await.unwrap();
    soon(answering).await.unwrap();

    let answering = engine.send_read_receipt_response(&team(), &["m2"]);
    connection.next().await.unwrap();
    let flushing = tokio::spawn({
        let engine = engine.clone();
        async move { engine.flush().await }
    });
    tokio::task::yield_now().await;
    engine.destroy().await;
    assert_eq!(soon(flushing).await.unwrap(), Err(ResponseError::Destroyed));
    assert_eq!(soon(answering).await, Err(ResponseError::Destroyed));
}

#[tokio::test]
async fn an_answer_survives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let server = FakeServer::start().await;
    let options =
        || EngineOptions { device_store: Box::new(FileStore::open(folder.path()).unwrap()), ..server.options() };
    let engine = Engine::create("app", options()).unwrap();
    let mut connection = server.signed_in(&engine, "bob").await;
    let answering = engine.send_read_receipt_response(&team(), &["m1", "m2", "m1"]);
    connection.next().await.unwrap();
    engine.destroy().await;
    assert_eq!(answering.await, Err(ResponseError::Destroyed));

    let engine = Engine::create("app", options()).unwrap();
    let mut events = engine.events();
    let mut connection = server.signed_in(&engine, "bob").await;
    let (call_id, call) = connection.next().await.unwrap();
    assert!(matches!(&call, Call::AnswerReceipts(answer) if answer.message_uids == ["m1", "m2"]), "{call:?}");
    connection.accept(call_id).await;
    let told = next_but_statuses(&mut events).await;
    assert!(matches!(&told, Event::GroupReadReceiptResponseSent { code: Code::SUCCESS, .. }), "{told:?}");
}

#[tokio::test]
async fn after_destroy_every_call_says_so() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut events = engine.events();
    let mut connection = server.signed_in(&engine, "alice").await;
    let said = sent(&engine, &mut connection, "m1").await;
    let pending = engine.send_group_read_receipt_request(&said);
    engine.clone().destroy().await;

    assert_eq!(pending.await, Err(CallError::Destroyed));
    assert_eq!(engine.connect("alice").await, Err(ConnectError::Destroyed));
    assert_eq!(engine.send_message(&said).await, Err(CallError::Destroyed));
    assert_eq!(engine.recall_message(&said).await.unwrap_err().code(), Code::ENGINE_DESTROYED);
    let answered = engine.send_group_read_receipt_response("team", None, &[said]).await;
    assert_eq!(answered, Err(ResponseError::Destroyed));
    while soon(events.next()).await.is_some() {}
    assert!(engine.events().next().await.is_none());
    engine.destroy().await;
}

#[tokio::test]
async fn signing_out_is_done_when_it_says_so() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut connection = server.signed_in(&engine, "alice").await;
    engine.disconnect().await;
    assert_eq!((engine.connection_status(), engine.user_id()), (ConnectionStatus::SignedOut, None));
    assert!(connection.next().await.is_none());
    server.signed_in(&engine, "bob").await;
    assert_eq!(engine.user_id().as_deref(), Some("bob"));
}

#[tokio::test]
async fn a_look_tries_the_connection_out() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut dead = server.signed_in(&engine, "alice").await;
    engine.look_again();
    let (_, call) = dead.next().await.unwrap();
    assert!(matches!(call, Call::Ping(_)), "{call:?}");
    // Nobody answers it.
    server.accept_signed_in().await;
}

#[tokio::test]
async fn a_look_ends_the_pause_before_the_next_attempt() {
    let server = FakeServer::start().await;
    let pause = Duration::from_secs(24 * 3_600);
    let options = EngineOptions { reconnect_min: pause, reconnect_max: pause, ..server.options() };
    let engine = Engine::create("app", options).unwrap();
    let mut events = engine.events();
    drop(server.signed_in(&engine, "alice").await);
    let suspended = Event::ConnectionStatusChanged { status: ConnectionStatus::Suspended };
    while soon(events.next()).await.unwrap() != suspended {}
    engine.look_again();
    server.accept_signed_in().await;
}

#[tokio::test]
async fn the_last_handle_closes_the_connection() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut connection = server.signed_in(&engine, "alice").await;
    drop(engine);
    while connection.next().await.is_some() {}
}

#[tokio::test]
async fn a_frame_that_cannot_be_read_ends_the_connection() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut connection = server.signed_in(&engine, "alice").await;
    connection.send(tungstenite::Message::binary(vec![0xff; 9])).await;
    server.accept_signed_in().await;
}

#[tokio::test]
async fn a_newer_stream_takes_over() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut first = engine.events();
    let mut second = engine.events();
    let _connection = server.signed_in(&engine, "alice").await;
    assert_eq!(soon(first.next()).await, None);
    assert!(soon(second.next()).await.is_some());
}

#[tokio::test]
async fn what_a_dropped_stream_had_not_read_goes_to_the_next() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let first = engine.events();
    let _connection = server.signed_in(&engine, "alice").await;
    drop(first);
    let mut second = engine.events();
    for status in [ConnectionStatus::Connecting, ConnectionStatus::Connected] {
        assert_eq!(soon(second.next()).await, Some(Event::ConnectionStatusChanged { status }));
    }
}

#[tokio::test]
async fn events_wait_for_the_first_stream() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let _connection = server.signed_in(&engine, "alice").await;
    let told = soon(engine.events().next()).await;
    assert_eq!(told, Some(Event::ConnectionStatusChanged { status: ConnectionStatus::Connecting }));
}

#[tokio::test]
async fn a_refused_token_is_told_by_connect() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let (connected, ()) = tokio::join!(engine.connect("forged"), async {
        let mut connection = server.accept().await;
        let (call_id, _) = connection.next().await.unwrap();
        connection.refuse(call_id, Code::TOKEN_INCORRECT.0).await;
    });
    assert_eq!(connected.unwrap_err().code(), Code::TOKEN_INCORRECT);
    assert_eq!(engine.connection_status(), ConnectionStatus::TokenIncorrect);
}

#[tokio::test]
async fn a_source_of_tokens_is_asked_when_the_token_has_expired() {
    let server = FakeServer::start().await;
    let source = TokenSource::new(|| async { Ok::<_, io::Error>(Some("alice".to_owned())) });
    let engine = Engine::create("app", EngineOptions { token_source: Some(source), ..server.options() }).unwrap();
    let (connected, _connection) = tokio::join!(engine.connect("expired"), async {
        let mut connection = server.accept().await;
        let (call_id, _) = connection.next().await.unwrap();
        connection.refuse(call_id, Code::TOKEN_EXPIRED.0).await;
        server.accept_signed_in().await
    });
    assert_eq!(connected.unwrap(), "alice");
}

#[tokio::test]
async fn history_says_what_is_known_of_receipts() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut connection = server.signed_in(&engine, "alice").await;
    let receipt = frames::ReceiptInfo {
        requested: true,
        readers: Some(frames::Readers { first_ordinal: 0, user_ids: vec!["bob".into()], times_ms: vec![7] }),
        counts: Some(frames::ReceiptCounts { read: 1, unread: 2, left: 3, total: 3 }),
        ..Default::default()
    };
    let mine = frames::Message { receipt: Some(receipt), ..message("m1") };
    let theirs = frames::Message { sender_id: "bob".into(), ..message("m2") };
    let team = team();
    let (history, ()) = tokio::join!(engine.get_messages(&team, 0, TimeOrder::Before, 20), async {
        let (call_id, _) = connection.next().await.unwrap();
        let history = frames::History { messages: vec![mine, theirs], more: true };
        connection.reply(call_id, reply::Result::History(history)).await;
    });
    let history = history.unwrap();
    let [mine, theirs] = &*history.messages else { panic!("{history:?}") };
    assert_eq!((mine.direction, theirs.direction), (MessageDirection::Send, MessageDirection::Receive));
    let receipt = mine.group_read_receipt_info.as_ref().unwrap();
    assert_eq!((receipt.respond_user_ids.get("bob"), receipt.left_count, receipt.total_count), (Some(7), 3, 3));
    assert!(history.more && theirs.group_read_receipt_info.is_none());
}

#[tokio::test]
async fn queries_ask_for_pages_people_and_counts() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut connection = server.signed_in(&engine, "alice").await;
    let team = team();
    let query = PageQuery { status: ReadReceiptStatus::Unread, count: 2, ..PageQuery::default() };
    let (page, ()) = tokio::join!(engine.get_message_read_receipt_users_by_page(&team, "m1", &query), async {
        let (call_id, call) = connection.next().await.unwrap();
        assert!(matches!(&call, Call::ListReceiptUsers(list) if list.status == 1 && list.count == 2), "{call:?}");
        let user = frames::ReceiptUser { user_id: "bob".into(), read_at_ms: 0, status: 1 };
        let users = frames::ReceiptUsers { users: vec![user], page_token: "next".into(), total: 9 };
        connection.reply(call_id, reply::Result::ReceiptUsers(users)).await;
    });
    let page = page.unwrap();
    assert_eq!((page.page_token.as_deref(), page.total_count), (Some("next"), 9));
    assert_eq!((page.users[0].read_at_ms, page.users[0].status), (None, ReadReceiptStatus::Unread));

    let city = Conversation::ultra_group("city", None);
    let wanted = [(team.clone(), "m1"), (city.clone(), "m2"), (team.clone(), "m3")];
    let (infos, ()) = tokio::join!(engine.get_message_read_receipt_info_by_identifiers(&wanted), async {
        for _ in 0..2 {
            let (call_id, call) = connection.next().await.unwrap();
            let Call::GetReceiptCounts(get) = call else { panic!("{call:?}") };
            let item = |message_uid: String| frames::MessageReceiptCounts {
                code: if message_uid == "m3" { Code::RECEIPT_NOT_REQUESTED.0 } else { 0 },
                message_uid,
                counts: Some(frames::ReceiptCounts { read: 1, ..Default::default() }),
            };
            let items = get.message_uids.into_iter().map(item).collect();
            connection.reply(call_id, reply::Result::ReceiptCounts(frames::ReceiptCountsList { items })).await;
        }
    });
    let infos = infos.unwrap();
    let found: Vec<_> = infos.iter().map(|info| (&info.conversation, &*info.message_uid)).collect();
    assert_eq!(found, [(&team, "m1"), (&city, "m2"), (&team, "m3")]);
    assert_eq!(infos[0].counts.unwrap().read, 1);
    assert_eq!(infos[2].counts, Err(Code::RECEIPT_NOT_REQUESTED));
}

#[tokio::test]
async fn a_reply_without_its_result_is_an_error_and_not_a_panic() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let mut connection = server.signed_in(&engine, "alice").await;
    let team = team();
    let (found, ()) = tokio::join!(engine.get_message_by_uid(&team, "m1"), async {
        let (call_id, _) = connection.next().await.unwrap();
        connection.reply(call_id, message_sent("m1")).await;
    });
    assert_eq!(found.unwrap_err().code(), Code::NATIVE_OPERATION_ERROR);
}

#[tokio::test]
async fn bad_arguments_are_refused_before_anything_is_sent() {
    let server = FakeServer::start().await;
    let engine = server.engine();
    let (team, city) = (team(), Conversation::ultra_group("city", None));
    let draft = engine.create_text_message(&team, "hello");
    let with_uid = |conversation: &Conversation| Message {
        message_uid: Some("m1".into()),
        ..engine.create_text_message(conversation, "hello")
    };
    let in_private = with_uid(&Conversation::new(ConversationType::Private, "bob", None));

    let asked = async |message| engine.send_group_read_receipt_request(message).await.unwrap_err().code();
    assert_eq!(asked(&draft).await, Code::MESSAGE_UID_INVALID);
    assert_eq!(asked(&in_private).await, Code::CONVERSATION_TYPE_INVALID);

    for (target_id, channel_id, messages, code) in [
        ("team", None, vec![], Code::PARAM_ERROR),
        ("", None, vec![with_uid(&team)], Code::PARAM_ERROR),
        ("team", None, vec![draft], Code::MESSAGE_UID_INVALID),
        ("bob", None, vec![in_private], Code::CONVERSATION_TYPE_INVALID),
        ("other", None, vec![with_uid(&team)], Code::PARAM_ERROR),
        ("team", None, vec![with_uid(&team), with_uid(&city)], Code::PARAM_ERROR),
        ("city", Some("under_score"), vec![with_uid(&city)], Code::CHANNEL_ID_INVALID),
        ("city", Some("twenty-one characters"), vec![with_uid(&city)], Code::CHANNEL_ID_INVALID),
    ] {
        let error = engine.send_group_read_receipt_response(target_id, channel_id, &messages).await.unwrap_err();
        assert!(matches!(error, ResponseError::Parameter(_)), "{error:?}");
        assert_eq!(error.code(), code, "{target_id} {channel_id:?}");
    }

    let none: [&str; 0] = [];
    assert_eq!(engine.get_message_read_receipt_info(&team, &none).await.unwrap_err().code(), Code::PARAM_ERROR);
    let found = engine.get_message_read_receipt_by_users(&team, "m1", &[""]).await;
    assert_eq!(found.unwrap_err().code(), Code::PARAM_ERROR);
    let many: Vec<String> = (0..3_000).map(|number| format!("{number:064}")).collect();
    assert_eq!(engine.get_message_read_receipt_info(&team, &many).await.unwrap_err().code(), Code::FRAME_TOO_LARGE);
    assert_eq!(engine.connect("").await.unwrap_err().code(), Code::PARAM_ERROR);

    let without_connection = engine.send_group_read_receipt_response("city", None, &[with_uid(&city)]).await;
    assert_eq!(without_connection, Err(ResponseError::NotConnected), "and good ones are not");
}

#[test]
fn an_engine_needs_a_runtime_a_key_and_an_address() {
    let create = |key: &str, server: &str| {
        let options = EngineOptions { server: server.into(), ..EngineOptions::default() };
        Engine::create(key, options).err().unwrap()
    };
    assert!(matches!(create("", "ws://localhost"), CreateError::Parameter(_)));
    assert!(matches!(create("app", "localhost"), CreateError::Parameter(_)));
    assert!(matches!(create("app", "ws://localhost"), CreateError::NoRuntime));
}

#[tokio::test]
async fn a_server_with_a_certificate_of_its_own_is_trusted_if_told_to() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], key.signing_key.serialize_der().try_into().unwrap())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let server = FakeServer::start().await;
    let address = format!("wss://localhost:{}", server.address().port());

    let trusting = EngineOptions {
        server: address.clone(),
        extra_root_certificates: vec![key.cert.pem().into_bytes()],
        ..server.options()
    };
    let engine = Engine::create("app", trusting).unwrap();
    // The connection is kept, or else the engine would come back and be taken for the other one.
    let (connected, _connection) = tokio::join!(engine.connect("alice"), async {
        let stream = acceptor.accept(server.accept_stream().await).await.unwrap();
        let mut connection = Connection::over(stream).await;
        connection.sign_in().await;
        connection
    });
    assert_eq!(connected.unwrap(), "alice");

    let doubting = Engine::create("app", EngineOptions { server: address, ..server.options() }).unwrap();
    let connecting = doubting.connect("alice");
    tokio::select! {
        connected = connecting => panic!("connected without trust: {connected:?}"),
        accepted = async { acceptor.accept(server.accept_stream().await).await } => assert!(accepted.is_err()),
    }
}
