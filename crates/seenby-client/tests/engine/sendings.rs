//! The same message sent again.

use std::time::Duration;

use seenby_client::{CallError, Code, Conversation, Engine, EngineOptions, Message, MessageDirection};
use seenby_protocol::frames::{self, client_frame::Call, log_entry, server_frame};

use crate::server::{Connection, FakeServer};
use crate::{message, message_sent, next_but_statuses, team};

/// What becomes of a message that is sent.
enum Fate<'a> {
    Stored(&'a str),
    Refused,
    Lost,
}

/// Alice, who has signed in.
struct Phone {
    engine: Engine,
    connection: Connection,
    _server: FakeServer,
}

impl Phone {
    async fn new() -> Self {
        Self::with_call_timeout(EngineOptions::default().call_timeout).await
    }

    async fn with_call_timeout(call_timeout: Duration) -> Self {
        let server = FakeServer::start().await;
        let engine = Engine::create("app", EngineOptions { call_timeout, ..server.options() }).unwrap();
        let connection = server.signed_in(&engine, "alice").await;
        Self { engine, connection, _server: server }
    }

    fn writes(&self) -> Message {
        self.engine.create_text_message(&team(), "hello")
    }

    /// Sends it and gives its reference on the wire beside the result.
    async fn sends(&mut self, message: &Message, fate: Fate<'_>) -> (String, Result<Message, CallError>) {
        let Self { engine, connection, .. } = self;
        let (result, reference) = tokio::join!(engine.send_message(message), async {
            let (call_id, call) = connection.next().await.unwrap();
            let Call::SendMessage(send) = call else { panic!("{call:?}") };
            match fate {
                Fate::Stored(uid) => connection.reply(call_id, message_sent(uid)).await,
                Fate::Refused => connection.refuse(call_id, Code::STORE_UNAVAILABLE.0).await,
                Fate::Lost => {}
            }
            send.client_ref
        });
        (reference, result)
    }
}

#[tokio::test]
async fn a_message_that_was_stored_is_another_one_when_it_is_sent_again() {
    let mut phone = Phone::new().await;
    let draft = phone.writes();
    let (first, stored) = phone.sends(&draft, Fate::Stored("m1")).await;
    assert_eq!(first, draft.client_ref);
    let (second, copy) = phone.sends(&draft, Fate::Stored("m2")).await;
    let (third, _) = phone.sends(&stored.unwrap(), Fate::Stored("m3")).await;
    assert!(first != second && second != third && first != third);
    let copy = copy.unwrap();
    assert_eq!((copy.message_uid.as_deref(), copy.client_ref), (Some("m2"), second));
}

#[tokio::test]
async fn a_message_that_was_refused_is_the_same_one_until_it_is_stored() {
    let mut phone = Phone::new().await;
    let draft = phone.writes();
    let (first, _) = phone.sends(&draft, Fate::Refused).await;
    let (again, _) = phone.sends(&draft, Fate::Stored("m1")).await;
    assert_eq!(again, first);
    let (second, _) = phone.sends(&draft, Fate::Refused).await;
    let (again, _) = phone.sends(&draft, Fate::Stored("m2")).await;
    assert!(second != first && again == second);
}

#[tokio::test]
async fn a_message_whose_result_is_not_known_is_the_same_one() {
    let mut phone = Phone::with_call_timeout(Duration::from_millis(50)).await;
    let draft = phone.writes();
    let (first, lost) = phone.sends(&draft, Fate::Lost).await;
    assert!(matches!(lost, Err(CallError::ResultUnknown { .. })), "{lost:?}");
    // Nobody waits for this one any more.
    let abandoned = tokio::spawn({
        let (engine, draft) = (phone.engine.clone(), draft.clone());
        async move { engine.send_message(&draft).await }
    });
    let (_, call) = phone.connection.next().await.unwrap();
    assert!(matches!(&call, Call::SendMessage(send) if send.client_ref == first), "{call:?}");
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    let (again, _) = phone.sends(&draft, Fate::Stored("m1")).await;
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_message_that_says_something_else_or_elsewhere_is_another_one() {
    let mut phone = Phone::new().await;
    let draft = phone.writes();
    let (first, _) = phone.sends(&draft, Fate::Refused).await;
    let changed = Message { extra: "!".into(), ..draft.clone() };
    let (second, _) = phone.sends(&changed, Fate::Refused).await;
    let elsewhere = Message { conversation: Conversation::group("other"), ..draft };
    let (third, _) = phone.sends(&elsewhere, Fate::Refused).await;
    assert!(first != second && second != third && first != third);
}

#[tokio::test]
async fn a_message_of_somebody_else_is_an_own_one_when_it_is_sent_on() {
    let mut phone = Phone::new().await;
    let mut events = phone.engine.events();
    let wire = frames::Message { sender_id: "bob".into(), client_ref: "phone-1".into(), ..message("m1") };
    let entry = frames::LogEntry { sequence: 1, event: Some(log_entry::Event::Message(wire)), ..Default::default() };
    let page = frames::LogEntries {
        conversation: Some(frames::Conversation { r#type: 2, target_id: "team".into(), ..Default::default() }),
        entries: vec![entry],
        through: 1,
        ..Default::default()
    };
    phone.connection.push(server_frame::Kind::LogEntries(page)).await;
    let event = next_but_statuses(&mut events).await;
    let seenby_client::Event::MessageReceived { message: received, .. } = event else { panic!("{event:?}") };
    let forwarded = Message { conversation: Conversation::group("other"), ..received };
    let (reference, stored) = phone.sends(&forwarded, Fate::Stored("m2")).await;
    let stored = stored.unwrap();
    assert!(reference != "phone-1" && stored.client_ref == reference);
    assert_eq!((stored.sender_user_id.as_deref(), stored.direction), (Some("alice"), MessageDirection::Send));
    assert_eq!((stored.message_uid.as_deref(), stored.content), (Some("m2"), forwarded.content));
}
