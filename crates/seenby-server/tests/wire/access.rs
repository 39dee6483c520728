//! Who may do what: every actor tries every call on every kind of message, and each cell of the table has its code.

use seenby_protocol::Code;
use seenby_protocol::frames::{self, client_frame::Call, server_frame};

use crate::peer::{APP, Peer, TestServer, answer, conversation, group, send_message, sign_in};

/// Who tries. All but the last are of the same app, and the last has the name of somebody who was asked.
const ACTORS: [&str; 6] = ["sender", "asked", "joined later", "has left", "other group", "other app"];

const OK: Code = Code::SUCCESS;
const OUT: Code = Code::NOT_IN_GROUP;
const GONE: Code = Code::RECEIPT_MESSAGE_NOT_FOUND;
const UNASKED: Code = Code::RECEIPT_NOT_REQUESTED;
const NO_AUDIENCE: Code = Code::NOT_IN_AUDIENCE;
const NO_SENDER: Code = Code::RECEIPT_NOT_SENDER;

/// A call about a message.
type Action = (&'static str, fn(&str) -> Call);

const ANSWER: Action = ("answer", |uid| answer(&[uid]));
const ASK: Action = ("ask", |uid| {
    Call::RequestReceipt(frames::RequestReceipt { conversation: Some(conversation()), message_uid: uid.into() })
});
const READERS: Action = ("readers", |uid| {
    Call::GetReaders(frames::GetReaders {
        conversation: Some(conversation()),
        message_uid: uid.into(),
        from_ordinal: 0,
        count: 10,
    })
});
const UNREAD: Action = ("unread", |uid| {
    Call::ListReceiptUsers(frames::ListReceiptUsers {
        conversation: Some(conversation()),
        message_uid: uid.into(),
        status: frames::ReceiptStatus::Unread.into(),
        count: 10,
        ..Default::default()
    })
});
const FIND: Action = ("find", |uid| {
    let user_ids = vec!["bob".into()];
    Call::FindReceiptUsers(frames::FindReceiptUsers {
        conversation: Some(conversation()),
        message_uid: uid.into(),
        user_ids,
    })
});
const RECALL: Action = ("recall", |uid| {
    Call::RecallMessage(frames::RecallMessage { conversation: Some(conversation()), message_uid: uid.into() })
});

/// Calls on a message that was asked about, one that was not, one that was recalled, and one that never was; and the code for
/// each actor.
const TABLE: [(Action, &str, [Code; 6]); 22] = [
    (ANSWER, "asked about", [NO_AUDIENCE, OK, NO_AUDIENCE, OUT, OUT, GONE]),
    (ANSWER, "not asked about", [UNASKED, UNASKED, UNASKED, OUT, OUT, GONE]),
    (ANSWER, "recalled", [GONE, GONE, GONE, OUT, OUT, GONE]),
    (ANSWER, "never sent", [GONE, GONE, GONE, OUT, OUT, GONE]),
    (READERS, "asked about", [OK, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (READERS, "not asked about", [UNASKED, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (READERS, "recalled", [GONE, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (READERS, "never sent", [GONE, GONE, GONE, OUT, OUT, GONE]),
    (UNREAD, "asked about", [OK, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (UNREAD, "not asked about", [UNASKED, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (UNREAD, "recalled", [GONE, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (UNREAD, "never sent", [GONE, GONE, GONE, OUT, OUT, GONE]),
    (FIND, "asked about", [OK, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (FIND, "not asked about", [UNASKED, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (FIND, "recalled", [GONE, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (FIND, "never sent", [GONE, GONE, GONE, OUT, OUT, GONE]),
    (ASK, "recalled", [GONE, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (ASK, "never sent", [GONE, GONE, GONE, OUT, OUT, GONE]),
    (ASK, "not asked about", [OK, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (ASK, "asked about", [OK, NO_SENDER, NO_SENDER, OUT, OUT, GONE]),
    (RECALL, "never sent", [GONE, GONE, GONE, OUT, OUT, GONE]),
    (RECALL, "asked about", [OK, Code::RECALL_BY_WRONG_USER, Code::RECALL_BY_WRONG_USER, OUT, OUT, GONE]),
];

#[tokio::test]
async fn every_actor_gets_the_code_of_its_cell_for_every_call_on_every_message() {
    let server = TestServer::with(|settings| settings.limits.sends_per_second = 1_000).await;
    let mut sender = server.sign_in("alice").await;
    let asked_about = sender.sends("asked about", true).await;
    let not_asked_about = sender.sends("not asked about", false).await;
    let recalled = sender.sends("recalled", true).await;
    assert_eq!(sender.call(RECALL.1(&recalled)).await.code, 0);
    let uid = |object: &str| match object {
        "asked about" => asked_about.clone(),
        "not asked about" => not_asked_about.clone(),
        "recalled" => recalled.clone(),
        _ => "38GH-0LJ7-Q008-1ASF".to_owned(),
    };
    let mut actors = gather(&server, sender).await;

    let mut wrong = Vec::new();
    for ((name, call), object, codes) in TABLE {
        // The sender last: what it does may end what the others try.
        for place in (0..ACTORS.len()).rev() {
            let found = actors[place].call(call(&uid(object))).await.code;
            if found != codes[place].0 {
                wrong.push(format!("{}: {name} {object}: {found}, not {}", ACTORS[place], codes[place].0));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (place, actor) in actors.iter().enumerate() {
        let is_told = actor.events().iter().any(|event| matches!(event, server_frame::Kind::ReceiptDelta(_)));
        assert_eq!(is_told, place == 0, "who has read is told to the sender alone, not to: {}", ACTORS[place]);
    }
}

/// Where nobody but members may speak or look, whatever the message.
#[tokio::test]
async fn only_members_speak_and_look_around() {
    let server = TestServer::start().await;
    let sender = server.sign_in("alice").await;
    let mut actors = gather(&server, sender).await;
    let around: [Call; 3] = [
        send_message("hello", "hello", false),
        Call::GetHistory(frames::GetHistory { conversation: Some(conversation()), count: 10, ..Default::default() }),
        Call::GetUsers(frames::GetUsers { conversation: Some(conversation()), user_ids: vec!["bob".into()] }),
    ];
    for call in around {
        for (place, expected) in [OK, OK, OK, OUT, OUT, OK].into_iter().enumerate() {
            // Whoever is of the other app is a member of its own group of that name.
            assert_eq!(actors[place].call(call.clone()).await.code, expected.0, "{}: {call:?}", ACTORS[place]);
        }
    }
}

/// In the order of [`ACTORS`].
async fn gather(server: &TestServer, sender: Peer) -> [Peer; 6] {
    let administration = server.administration();
    let asked = server.sign_in("bob").await;
    administration.join(&group(APP), &["dora"]).await.unwrap();
    let joined_later = server.sign_in("dora").await;
    let has_left = server.sign_in("carol").await;
    administration.leave(&group(APP), &["carol"]).await.unwrap();
    let other_group = server.sign_in("eve").await;
    server.found("school").await;
    let mut other_app = server.connect().await;
    assert_eq!(other_app.call(sign_in("school", &server.token("school", "bob").await, "phone")).await.code, 0);
    let resume = frames::Resume { last: true, ..Default::default() };
    assert_eq!(other_app.call(Call::Resume(resume)).await.code, 0);
    [sender, asked, joined_later, has_left, other_group, other_app]
}
