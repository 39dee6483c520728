//! The server as a peer meets it that speaks frames by hand: well, badly, or not at all.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod access;
mod peer;
mod transport;

use std::time::Duration;

use peer::{APP, GROUP, Peer, TestServer, answer, conversation, forged, group, send_message, sign_in, soon};
use seenby_core::commit::{UserChange, UserRecord};
use seenby_core::{
    Change, ConversationName, ConversationNumber, GroupId, GroupKind, GroupName, GroupNumber, LogEntry, LogEvent,
    MessageUid, Sequence, Timestamp, UserId,
};
use seenby_protocol::frames::client_frame::Call;
use seenby_protocol::frames::{self, log_entry, reply, server_frame};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, Code};
use seenby_server::Page;
use seenby_storage::{Memory, Storage as _};
use tokio_tungstenite::tungstenite::Message;

fn ping() -> Call {
    Call::Ping(frames::Ping {})
}

#[tokio::test]
async fn a_frame_that_is_nonsense_gets_a_code_and_the_third_ends_the_connection() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    for nonsense in [Message::Binary(vec![0xff; 40].into()), Message::Text("hello".into())] {
        alice.send(nonsense).await;
        assert_eq!(alice.reply_to(0).await.code, Code::MALFORMED_FRAME.0);
        assert_eq!(alice.call(ping()).await.code, 0, "the connection goes on");
    }
    alice.send_bytes(vec![0xff]).await;
    assert_eq!(alice.goodbye().await, (Code::MALFORMED_FRAME, false));
}

#[tokio::test]
async fn a_frame_that_is_too_large_gets_a_code() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    alice.send_bytes(vec![0; CLIENT_FRAME_BYTES_MAX + 1]).await;
    assert_eq!(alice.reply_to(0).await.code, Code::FRAME_TOO_LARGE.0);
    assert_eq!(alice.call(ping()).await.code, 0);
}

#[tokio::test]
async fn a_call_of_a_newer_version_is_named_unknown() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    // call_id 9 and field 900, which this version does not have.
    alice.send_bytes(vec![0x08, 9, 0xa2, 0x38, 2, 1, 2]).await;
    assert_eq!(alice.reply_to(9).await.code, Code::UNKNOWN_CALL.0);
}

#[tokio::test]
async fn nothing_works_before_signing_in() {
    let server = TestServer::start().await;
    let mut peer = server.connect().await;
    assert_eq!(peer.call(send_message("m", "hello", false)).await.code, Code::NOT_CONNECTED.0);
    assert_eq!(peer.call(sign_in(APP, &server.token(APP, "alice").await, "d")).await.code, 0);
    assert_eq!(peer.call(sign_in(APP, &server.token(APP, "alice").await, "d")).await.code, Code::CONNECTION_EXISTS.0);
}

#[tokio::test]
async fn forged_expired_and_foreign_tokens_are_refused() {
    let server = TestServer::with(|settings| settings.session.clock_skew_ms_max = 0).await;
    server.found("school").await;
    let good = server.token(APP, "alice").await;
    let forged = forged(&good);
    let expired = server.token_for(APP, "alice", Duration::ZERO).await;
    let foreign = server.token("school", "alice").await;
    for (app, token, code, why) in [
        (APP, forged.as_str(), Code::TOKEN_INCORRECT, "signature"),
        (APP, "", Code::TOKEN_INCORRECT, "three parts"),
        (APP, &expired, Code::TOKEN_EXPIRED, "ended at"),
        (APP, &foreign, Code::TOKEN_INCORRECT, "signature"),
        ("unknown", &good, Code::APP_KEY_REJECTED, "app key"),
    ] {
        let mut peer = server.connect().await;
        let reply = peer.call(sign_in(app, token, "phone")).await;
        assert_eq!(reply.code, code.0);
        assert!(reply.detail.contains(why), "{}", reply.detail);
        assert_eq!(peer.goodbye().await, (code, false));
    }
}

#[tokio::test]
async fn a_connection_that_does_not_sign_in_is_closed() {
    let server = TestServer::with(|settings| settings.session.sign_in_ms_max = 30).await;
    let mut peer = server.connect().await;
    assert_eq!(peer.goodbye().await, (Code::SIGN_IN_TIMEOUT, true));
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_closed() {
    let server = TestServer::with(|settings| settings.session.ping_interval_ms = 30).await;
    let mut alice = server.sign_in("alice").await;
    assert_eq!(alice.goodbye().await, (Code::PING_TIMEOUT, true));
}

#[tokio::test]
async fn one_device_too_many_signs_out_the_oldest() {
    let server = TestServer::with(|settings| settings.limits.devices_per_user_max = 2).await;
    let mut oldest = server.sign_in_on("alice", "phone").await;
    let mut second = server.sign_in_on("alice", "desk").await;
    let mut third = server.sign_in_on("alice", "web").await;
    assert_eq!(oldest.goodbye().await, (Code::KICKED_BY_OTHER_DEVICE, false));
    assert_eq!(second.call(ping()).await.code, 0);
    assert_eq!(third.call(ping()).await.code, 0);
}

#[tokio::test]
async fn a_blocked_user_is_signed_out_and_stays_out() {
    let server = TestServer::start().await;
    let mut bob = server.sign_in("bob").await;
    let blocked = UserChange { blocked: Some(true), ..UserChange::default() };
    server.administration().save_user(&group(APP).app, "bob", blocked).await.unwrap();
    assert_eq!(bob.goodbye().await, (Code::USER_BLOCKED, false));
    let mut again = server.connect().await;
    assert_eq!(again.call(sign_in(APP, &server.token(APP, "bob").await, "d")).await.code, Code::USER_BLOCKED.0);
}

#[tokio::test]
async fn a_user_who_sends_too_fast_is_told_when_to_try_again() {
    let server = TestServer::with(|settings| settings.limits.sends_per_second = 2).await;
    let mut phone = server.sign_in_on("alice", "phone").await;
    let mut desk = server.sign_in_on("alice", "desk").await;
    phone.sends("1", false).await;
    desk.sends("2", false).await;
    let reply = phone.call(send_message("3", "too fast", false)).await;
    assert_eq!(reply.code, Code::SEND_FREQUENCY_TOO_FAST.0, "the limit holds over all devices of the user");
    assert!(reply.retry_after_ms > 0);
}

#[tokio::test]
async fn connecting_again_does_not_reset_a_users_rates() {
    let server = TestServer::with(|settings| settings.limits.sends_per_second = 1).await;
    server.sign_in("alice").await.sends("1", false).await;
    let mut again = server.sign_in("alice").await;
    assert_eq!(again.call(send_message("2", "too fast", false)).await.code, Code::SEND_FREQUENCY_TOO_FAST.0);
}

#[tokio::test]
async fn a_user_who_signs_in_too_often_has_to_wait() {
    let server = TestServer::with(|settings| settings.limits.sign_ins_per_second = 1).await;
    let _first = server.sign_in_on("alice", "phone").await;
    let mut second = server.connect().await;
    let reply = second.call(sign_in(APP, &server.token(APP, "alice").await, "desk")).await;
    assert_eq!(reply.code, Code::CONNECT_OVER_FREQUENCY.0);
    assert_eq!(second.goodbye().await, (Code::CONNECT_OVER_FREQUENCY, true));
}

#[tokio::test]
async fn a_device_of_the_sender_that_comes_late_is_told_who_has_read() {
    let server = TestServer::start().await;
    let mut phone = server.sign_in_on("alice", "phone").await;
    let mut bob = server.sign_in("bob").await;
    let uid = phone.sends("1", true).await;
    assert_eq!(bob.call(answer(&[&uid])).await.code, 0);
    let mut desk = server.sign_in_on("alice", "desk").await;
    let position = frames::Position { conversation: Some(conversation()), through: 0 };
    let resume = frames::Resume { positions: vec![position], last: true, ..Default::default() };
    assert_eq!(desk.call(Call::Resume(resume)).await.code, 0);
    assert_eq!(desk.readers_of(&uid).await, ["bob"]);
}

#[tokio::test]
async fn an_answer_is_told_to_the_other_devices_of_the_responder_and_not_to_its_own() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let uid = alice.sends("1", true).await;
    let mut phone = server.sign_in("bob").await;
    let mut desk = server.sign_in_on("bob", "desk").await;
    assert_eq!(desk.call(Call::Resume(frames::Resume { last: true, ..Default::default() })).await.code, 0);
    for _ in 0..2 {
        assert_eq!(phone.call(answer(&[&uid])).await.code, 0);
    }
    // A page may be of a later moment than the news beside it; a page that is asked for after it is not.
    let end = alice.sends("the end", false).await;
    let (mut on_phone, mut on_desk) = (phone.answers_told_until(&end).await, desk.answers_told_until(&end).await);
    let end = alice.sends("the very end", false).await;
    on_phone.extend(phone.answers_told_until(&end).await);
    on_desk.extend(desk.answers_told_until(&end).await);
    assert_eq!((on_phone, on_desk), (vec![], vec![uid]));
}

#[tokio::test]
async fn a_sender_who_was_out_of_the_group_is_told_when_it_returns() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let mut bob = server.sign_in("bob").await;
    let uid = alice.sends("1", true).await;
    server.administration().leave(&group(APP), &["alice"]).await.unwrap();
    // The refusal shows that the session knows.
    assert_eq!(alice.call(send_message("2", "still here?", false)).await.code, Code::NOT_IN_GROUP.0);
    assert_eq!(bob.call(answer(&[&uid])).await.code, 0);
    assert_eq!(alice.call(ping()).await.code, 0);
    server.administration().join(&group(APP), &["alice"]).await.unwrap();
    assert_eq!(alice.goodbye().await, (Code::RETURNED, true));
    let mut alice = server.sign_in_on("alice", "phone of alice").await;
    let known = frames::KnownReceipt { conversation: Some(conversation()), message_uid: uid.clone(), readers: 0 };
    let resume = frames::Resume { receipts: vec![known], last: true, ..Default::default() };
    assert_eq!(alice.call(Call::Resume(resume)).await.code, 0);
    assert_eq!(alice.readers_of(&uid).await, ["bob"]);
}

#[tokio::test]
async fn each_of_many_calls_at_once_has_its_reply() {
    let server = TestServer::start().await;
    let mut zoe = server.sign_in("zoe").await;
    for count in [1, 31, 32, 33, 64, 500] {
        let first = zoe.next_call();
        assert!(zoe.pings_at_once(count).await.into_iter().eq(first..first + count), "{count} at once");
    }
}

#[tokio::test]
async fn whoever_comes_in_for_the_first_time_stays_connected() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let mut zoe = server.sign_in("zoe").await;
    server.administration().join(&group(APP), &["zoe"]).await.unwrap();
    alice.sends("1", true).await;
    assert!(matches!(zoe.event().await, server_frame::Kind::LogEntries(_)));
}

#[tokio::test]
async fn bad_arguments_are_named() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let uid = alice.sends("1", true).await;
    let in_conversation = |change: fn(&mut frames::Conversation)| {
        let mut conversation = conversation();
        change(&mut conversation);
        Call::RequestReceipt(frames::RequestReceipt {
            conversation: Some(conversation),
            message_uid: "0000-0000-0000-0000".into(),
        })
    };
    let ultra = frames::ConversationType::UltraGroup as i32;
    let channel = |text: &str| {
        let conversation = frames::Conversation { r#type: ultra, channel_id: text.into(), ..conversation() };
        Call::RequestReceipt(frames::RequestReceipt { conversation: Some(conversation), message_uid: uid.clone() })
    };
    let users = |token: &str, count: u32, status: i32| {
        Call::ListReceiptUsers(frames::ListReceiptUsers {
            conversation: Some(conversation()),
            message_uid: uid.clone(),
            status,
            page_token: token.into(),
            count,
            ..Default::default()
        })
    };
    let too_many: Vec<&str> = std::iter::repeat_n(uid.as_str(), 101).collect();
    let list = |token: &str, count: u32| {
        Call::ListConversations(frames::ListConversations { page_token: token.into(), count })
    };
    let names = |user: &str, count: usize| {
        let user_ids = vec![user.to_owned(); count];
        Call::GetUsers(frames::GetUsers { conversation: Some(conversation()), user_ids })
    };
    for (call, code) in [
        (in_conversation(|c| c.r#type = 1), Code::CONVERSATION_TYPE_INVALID),
        (in_conversation(|c| c.r#type = 77), Code::CONVERSATION_TYPE_INVALID),
        (in_conversation(|c| c.target_id.clear()), Code::TARGET_ID_INVALID),
        (in_conversation(|c| c.target_id = "x".repeat(65)), Code::TARGET_ID_INVALID),
        (in_conversation(|_| {}), Code::RECEIPT_MESSAGE_NOT_FOUND),
        (in_conversation(|c| c.target_id = "elsewhere".into()), Code::NOT_IN_GROUP),
        (channel("a_b"), Code::CHANNEL_ID_INVALID),
        (channel(&"x".repeat(21)), Code::CHANNEL_ID_INVALID),
        (channel("fine"), Code::NOT_IN_ULTRA_GROUP),
        (answer(&[]), Code::MESSAGE_LIST_INVALID),
        (answer(&too_many), Code::RECEIPT_LIST_TOO_LONG),
        (send_message("", "no reference", false), Code::INVALID_PARAMETER),
        (send_message("big", &"x".repeat(128 * 1024 + 1), false), Code::MESSAGE_TOO_LARGE),
        (send_message("just right", &"x".repeat(128 * 1024), false), Code::SUCCESS),
        (users("x1", 10, 0), Code::PAGE_TOKEN_INVALID),
        (users("u1", 10, 0), Code::PAGE_TOKEN_INVALID),
        (users("", 101, 0), Code::RECEIPT_LIST_TOO_LONG),
        (users("", 10, 9), Code::RECEIPT_QUERY_UNSUPPORTED),
        (list("", 0), Code::INVALID_PARAMETER),
        (list("", 101), Code::RECEIPT_LIST_TOO_LONG),
        (list("o1", 10), Code::PAGE_TOKEN_INVALID),
        (list("c1", 10), Code::PAGE_TOKEN_INVALID),
        (list("c1-99999999999999999999", 10), Code::PAGE_TOKEN_INVALID),
        (names("bob", 101), Code::RECEIPT_LIST_TOO_LONG),
        (names("", 1), Code::USER_ID_INVALID),
        (Call::GetUsers(frames::GetUsers::default()), Code::INVALID_PARAMETER),
    ] {
        let said = format!("{call:?}");
        assert_eq!(Code(alice.call(call).await.code), code, "{}", &said[..said.len().min(300)]);
    }
}

#[tokio::test]
async fn one_malformed_id_does_not_spoil_an_answer() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let mut bob = server.sign_in("bob").await;
    let (asked, silent) = (alice.sends("1", true).await, alice.sends("2", false).await);
    let reply = bob.call(answer(&["nonsense", &asked, &silent])).await;
    assert_eq!(reply.code, Code::MESSAGE_UID_INVALID.0, "the first bad one names the call's code");
    let Some(reply::Result::ReceiptsAccepted(accepted)) = reply.result else { panic!("{reply:?}") };
    assert_eq!(accepted.codes, [Code::MESSAGE_UID_INVALID.0, 0, Code::RECEIPT_NOT_REQUESTED.0]);
}

#[tokio::test]
async fn only_the_sender_may_look_at_receipts() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let mut bob = server.sign_in("bob").await;
    let mut eve = server.sign_in("eve").await;
    let message_uid = alice.sends("1", true).await;
    let looks = || {
        let (conversation, message_uid) = (Some(conversation()), message_uid.clone());
        [
            Call::ListReceiptUsers(frames::ListReceiptUsers {
                conversation: conversation.clone(),
                message_uid: message_uid.clone(),
                count: 10,
                ..Default::default()
            }),
            Call::FindReceiptUsers(frames::FindReceiptUsers {
                conversation: conversation.clone(),
                message_uid: message_uid.clone(),
                user_ids: vec!["bob".into()],
            }),
            Call::GetReaders(frames::GetReaders { conversation, message_uid, from_ordinal: 0, count: 10 }),
        ]
    };
    for call in looks() {
        assert_eq!(alice.call(call).await.code, 0);
    }
    for call in looks() {
        assert_eq!(bob.call(call).await.code, Code::RECEIPT_NOT_SENDER.0);
    }
    for call in looks() {
        assert_eq!(eve.call(call).await.code, Code::NOT_IN_GROUP.0);
    }
}

#[tokio::test]
async fn nothing_is_pushed_before_the_client_has_said_what_it_has() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let first = alice.sends("1", true).await;
    let mut bob = server.sign_in_on("bob", "phone").await;
    let second = alice.sends("2", false).await;
    assert_eq!(bob.call(ping()).await.code, 0);
    let position = frames::Position { conversation: Some(conversation()), through: 1 };
    let resume = frames::Resume { positions: vec![position], last: true, ..Default::default() };
    assert_eq!(bob.call(Call::Resume(resume)).await.code, 0);
    // Both happened before bob resumed, so both are old news: the request of the first message, and the second.
    let server_frame::Kind::LogEntries(page) = bob.event().await else { panic!("not a page") };
    assert!(page.offline);
    let events: Vec<_> = page.entries.into_iter().map(|entry| entry.event.unwrap()).collect();
    match &events[..] {
        [log_entry::Event::ReceiptRequested(request), log_entry::Event::Message(message)] => {
            assert_eq!((&request.message_uid, &message.uid), (&first, &second));
        }
        other => panic!("{other:?}"),
    }
}

#[expect(clippy::await_holding_lock, reason = "the lock is what keeps the call under way")]
#[tokio::test]
async fn a_server_that_stops_answers_what_is_under_way_and_says_goodbye() {
    let mut server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let store = server.store.clone();
    let held = store.hold_commits();
    let call = alice.start(send_message("last words", "hello", false)).await;
    // Replies come in the order of the turns, so the call has been taken in before the ping is answered.
    assert_eq!(alice.call(ping()).await.code, 0);
    server.begin_to_stop();
    drop(held);
    assert_eq!(alice.reply_to(call).await.code, 0);
    assert_eq!(alice.goodbye().await, (Code::SHUTTING_DOWN, true));
    server.stopped().await;
}

#[tokio::test]
async fn after_a_failed_commit_nothing_is_acknowledged_and_the_server_is_not_ready() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    assert_eq!(server.get("/readyz").await.0, 200);
    server.store.fail_next_commit();
    for client_ref in ["1", "2"] {
        let reply = alice.call(send_message(client_ref, "lost?", false)).await;
        assert_eq!(reply.code, Code::STORE_UNAVAILABLE.0);
    }
    assert_eq!(server.get("/readyz").await.0, 503);
    assert_eq!(server.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn a_commit_that_fails_before_it_writes_is_not_the_end() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let mut bob = server.sign_in("bob").await;
    server.store.miss_next_commit();
    let missed = alice.call(send_message("1", "once more", true)).await;
    assert_eq!(missed.code, Code::STORE_UNAVAILABLE.0);
    assert_eq!(server.get("/readyz").await.0, 200);
    let uid = alice.sends("1", true).await;
    assert_eq!(bob.call(answer(&[&uid])).await.code, 0);
    assert_eq!(alice.readers_of(&uid).await, ["bob"]);
}

#[tokio::test]
async fn messages_older_than_they_may_be_go_with_their_receipts() {
    let server = TestServer::with(|settings| settings.retention.sweep_interval_ms = 5).await;
    let mut alice = server.sign_in("alice").await;
    let young = alice.sends("1", true).await;
    let old = server.store_old_message();
    let looks_up = |uid: &str| {
        Call::GetMessage(frames::GetMessage { conversation: Some(conversation()), message_uid: uid.to_owned() })
    };
    let gone = async {
        while alice.call(looks_up(&old)).await.code != Code::RECEIPT_MESSAGE_NOT_FOUND.0 {
            tokio::task::yield_now().await;
        }
    };
    soon(gone).await;
    assert_eq!(alice.call(looks_up(&young)).await.code, 0);
}

/// Of sweeps that deleted nothing because of the clock.
async fn sweeps_held(server: &TestServer) -> u64 {
    let (_, text) = server.get("/metrics").await;
    let value = text.lines().find_map(|line| line.strip_prefix("seenby_retention_held_total "));
    value.unwrap().parse().unwrap()
}

fn clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(since.as_millis() as u64)
}

#[tokio::test]
async fn nothing_is_deleted_while_the_clock_is_days_ahead_of_what_the_store_knows() {
    let at = Timestamp(1_000);
    let event = LogEvent::Sent(MessageUid::first_at(at));
    let entry = LogEntry { sequence: Sequence(1), at, event, group_version: 1 };
    let logged = |name: ConversationName| {
        let (number, group) = (ConversationNumber(1_000), GroupNumber(1_001));
        vec![Change::ConversationCreated { number, group, name }, Change::Logged(number, entry.clone())]
    };
    for known in [vec![Change::Swept(at)], logged(ConversationName::new(group("old"), None))] {
        let store = Memory::default();
        store.commit(&known).unwrap();
        let server = TestServer::with_store(store, |settings| settings.retention.sweep_interval_ms = 5).await;
        let old = server.store_old_message();
        let held = async { while sweeps_held(&server).await < 4 {} };
        soon(held).await;
        let mut alice = server.sign_in("alice").await;
        let looks_up =
            || Call::GetMessage(frames::GetMessage { conversation: Some(conversation()), message_uid: old.clone() });
        assert_eq!(alice.call(looks_up()).await.code, 0);
        server.store.commit(&[Change::Swept(clock())]).unwrap();
        let gone = async { while alice.call(looks_up()).await.code != Code::RECEIPT_MESSAGE_NOT_FOUND.0 {} };
        soon(gone).await;
    }
}

/// As when the clock was an hour ahead at that time.
#[tokio::test]
async fn a_token_made_after_all_tokens_were_made_void_is_good_whatever_the_clock_says() {
    let server = TestServer::start().await;
    let before = server.token(APP, "alice").await;
    let now = clock();
    let tokens_from = Timestamp(now.0 + 3_600_000);
    let alice = UserRecord { tokens_from, ..UserRecord::new(UserId::new("alice").unwrap(), now) };
    server.store.commit(&[Change::UserSaved(group(APP).app, alice)]).unwrap();
    let mut peer = server.connect().await;
    assert_eq!(peer.call(sign_in(APP, &before, "phone")).await.code, Code::TOKEN_EXPIRED.0);
    server.sign_in("alice").await;
}

/// Where the message was found, and what it says; or why not.
fn found(reply: frames::Reply) -> Result<(Option<frames::Conversation>, String), Code> {
    match (reply.code, reply.result) {
        (0, Some(reply::Result::Message(message))) => Ok((message.conversation, message.uid)),
        (code, _) => Err(Code(code)),
    }
}

fn find(uid: &str) -> Call {
    Call::GetMessage(frames::GetMessage { conversation: None, message_uid: uid.to_owned() })
}

#[tokio::test]
async fn a_message_is_found_by_its_id_alone_and_says_where_it_is() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let mut bob = server.sign_in("bob").await;
    let uid = alice.sends("1", true).await;
    assert_eq!(found(alice.call(find(&uid)).await), Ok((Some(conversation()), uid.clone())));
    let reply = bob.call(find(&uid)).await;
    let Some(reply::Result::Message(message)) = reply.result else { panic!("{reply:?}") };
    assert!(message.receipt.unwrap().requested, "it is what a member may see of it");
    let named = Call::GetMessage(frames::GetMessage { conversation: Some(conversation()), message_uid: uid.clone() });
    assert_eq!(found(bob.call(named).await), Ok((None, uid)), "who named the conversation knows it");
}

#[tokio::test]
async fn a_message_is_found_in_any_channel_of_an_ultra_group() {
    let server = TestServer::start().await;
    let city = GroupName { kind: GroupKind::UltraGroup, id: GroupId::new("city").unwrap(), ..group(APP) };
    server.administration().create_group(&city, "City").await.unwrap();
    server.administration().create_channel(&city, "news").await.unwrap();
    server.administration().join(&city, &["alice"]).await.unwrap();
    let mut alice = server.sign_in("alice").await;
    for channel_id in ["RCDefault", "news"] {
        let r#type = frames::ConversationType::UltraGroup.into();
        let channel = frames::Conversation { r#type, target_id: "city".into(), channel_id: channel_id.into() };
        let Call::SendMessage(send) = send_message(channel_id, "hello", false) else { unreachable!() };
        let send = frames::SendMessage { conversation: Some(channel.clone()), ..send };
        let reply = alice.call(Call::SendMessage(send)).await;
        let Some(reply::Result::MessageSent(sent)) = reply.result else { panic!("{reply:?}") };
        assert_eq!(found(alice.call(find(&sent.message_uid)).await), Ok((Some(channel), sent.message_uid)));
    }
}

#[tokio::test]
async fn a_message_elsewhere_is_not_found_by_its_id() {
    let server = TestServer::start().await;
    server.found("school").await;
    let mut alice = server.sign_in("alice").await;
    let mut carol = server.sign_in("carol").await;
    let mut eve = server.sign_in("eve").await;
    let uid = alice.sends("1", true).await;
    let mut school = server.connect().await;
    assert_eq!(school.call(sign_in("school", &server.token("school", "alice").await, "phone")).await.code, 0);
    assert!(found(carol.call(find(&uid)).await).is_ok());
    server.administration().leave(&group(APP), &["carol"]).await.unwrap();
    for peer in [&mut carol, &mut eve, &mut school] {
        assert_eq!(found(peer.call(find(&uid)).await), Err(Code::RECEIPT_MESSAGE_NOT_FOUND));
    }
    assert_eq!(found(alice.call(find("0000-0000-0000-0000")).await), Err(Code::RECEIPT_MESSAGE_NOT_FOUND));
    assert_eq!(found(alice.call(find("nonsense")).await), Err(Code::MESSAGE_UID_INVALID));
}

/// A page of the caller's conversations: group, channel and newest message of each, and where to go on.
async fn listed(peer: &mut Peer, page_token: &str, count: u32) -> (Vec<(String, String, String)>, String) {
    let list = frames::ListConversations { page_token: page_token.to_owned(), count };
    match peer.call(Call::ListConversations(list)).await.result {
        Some(reply::Result::Conversations(page)) => {
            let view = |item: frames::ConversationInfo| {
                let conversation = item.conversation.unwrap();
                (conversation.target_id, conversation.channel_id, item.last_message.unwrap_or_default().uid)
            };
            (page.items.into_iter().map(view).collect(), page.page_token)
        }
        other => panic!("no conversations: {other:?}"),
    }
}

#[tokio::test]
async fn conversations_are_listed_page_by_page_whatever_happens_in_between() {
    let server = TestServer::start().await;
    let house = GroupName { kind: GroupKind::UltraGroup, id: GroupId::new("house").unwrap(), ..group(APP) };
    server.administration().create_group(&house, "House").await.unwrap();
    server.administration().create_channel(&house, "nurses").await.unwrap();
    server.administration().create_channel(&house, "kitchen").await.unwrap();
    server.administration().join(&house, &["alice"]).await.unwrap();
    let others = GroupName { id: GroupId::new("others").unwrap(), ..group(APP) };
    server.administration().create_group(&others, "Others").await.unwrap();
    server.administration().join(&others, &["bob"]).await.unwrap();

    let mut alice = server.sign_in("alice").await;
    let place = |group: &str, channel: &str| (group.to_owned(), channel.to_owned(), String::new());
    let (all, token) = listed(&mut alice, "", 100).await;
    let expected = [place(GROUP, ""), place("house", "RCDefault"), place("house", "nurses"), place("house", "kitchen")];
    assert_eq!((all, token.as_str()), (expected.to_vec(), ""));

    let (first, token) = listed(&mut alice, "", 3).await;
    assert_eq!(first, expected[..3]);
    server.administration().delete_channel(&house, "nurses").await.unwrap();
    server.administration().leave(&group(APP), &["alice"]).await.unwrap();
    let (second, token) = listed(&mut alice, &token, 3).await;
    assert_eq!((second, token.as_str()), (expected[3..].to_vec(), ""));
}

#[tokio::test]
async fn a_conversation_is_listed_with_its_newest_message_that_is_not_recalled() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let kept = alice.sends("kept", true).await;
    let mut bob = server.sign_in("bob").await;
    assert_eq!(bob.call(answer(&[&kept])).await.code, 0);
    let taken_back = alice.sends("taken back", false).await;
    let recall = frames::RecallMessage { conversation: Some(conversation()), message_uid: taken_back };
    assert_eq!(alice.call(Call::RecallMessage(recall)).await.code, 0);

    let list = frames::ListConversations { page_token: String::new(), count: 1 };
    let Some(reply::Result::Conversations(page)) = alice.call(Call::ListConversations(list)).await.result else {
        panic!("no conversations")
    };
    let [frames::ConversationInfo { title, members, last_message: Some(last), .. }] = &page.items[..] else {
        panic!("{page:?}")
    };
    assert_eq!((title.as_str(), *members, &last.uid), ("Ward 3", 3, &kept));
    let counts = last.receipt.as_ref().unwrap().counts.as_ref().unwrap();
    assert_eq!((counts.read, counts.unread), (1, 1));
}

#[tokio::test]
async fn a_page_of_conversations_ends_early_when_their_messages_are_large() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    for number in 0..4 {
        let group = GroupName { id: GroupId::new(&format!("large-{number}")).unwrap(), ..group(APP) };
        server.administration().create_group(&group, "").await.unwrap();
        server.administration().join(&group, &["alice"]).await.unwrap();
        let mut call = send_message("large", &"x".repeat(120 * 1024), false);
        if let Call::SendMessage(send) = &mut call {
            send.conversation.as_mut().unwrap().target_id = group.id.to_string();
        }
        assert_eq!(alice.call(call).await.code, 0);
    }
    let (first, token) = listed(&mut alice, "", 100).await;
    assert_eq!(first.len(), 4, "one without a message, three large ones");
    let (second, token) = listed(&mut alice, &token, 100).await;
    assert_eq!((second[0].0.as_str(), second.len(), token.as_str()), ("large-3", 1, ""));
}

#[tokio::test]
async fn names_are_told_of_those_who_are_or_were_in_the_conversation() {
    let server = TestServer::start().await;
    let administration = server.administration();
    for (user, name) in [("bob", "Bob Ndiaye"), ("carol", "Carol"), ("mallory", "Mallory")] {
        let change = UserChange { name: Some(name.to_owned()), ..UserChange::default() };
        administration.save_user(&group(APP).app, user, change).await.unwrap();
    }
    administration.leave(&group(APP), &["carol"]).await.unwrap();
    let names = |users: &[&str]| {
        let user_ids = users.iter().map(ToString::to_string).collect();
        Call::GetUsers(frames::GetUsers { conversation: Some(conversation()), user_ids })
    };
    let mut alice = server.sign_in("alice").await;
    let Some(reply::Result::Users(users)) =
        alice.call(names(&["carol", "nobody", "mallory", "alice", "bob"])).await.result
    else {
        panic!("no names")
    };
    let found: Vec<_> = users.items.iter().map(|user| (&*user.user_id, &*user.name)).collect();
    assert_eq!(found, [("carol", "Carol"), ("alice", ""), ("bob", "Bob Ndiaye")]);
    let mut carol = server.sign_in("carol").await;
    assert_eq!(carol.call(names(&["bob"])).await.code, Code::NOT_IN_GROUP.0);
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let server = TestServer::start().await;
    let mut alice = server.sign_in("alice").await;
    let mut bob = server.sign_in("bob").await;
    let uid = alice.sends("1", true).await;
    for _ in 0..2 {
        assert_eq!(bob.call(answer(&[&uid])).await.code, 0);
    }
    let (status, text) = server.get("/metrics").await;
    assert_eq!(status, 200);
    for line in ["seenby_messages_total 1", "seenby_receipt_answers_total 1", "seenby_sessions 2"] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

fn page() -> Page {
    let file = |path: &str, content: &'static str| (path.to_owned(), content.as_bytes().into());
    Page::new([
        file("index.html", "<!doctype html>"),
        file("icon.svg", "<svg/>"),
        file("assets/index-5f3c.js", "start()"),
        file("assets/index-77aa.css", "p {}"),
    ])
}

#[tokio::test]
async fn the_page_is_served_beside_everything_else() {
    let server = TestServer::with_page(page()).await;
    let mut alice = server.sign_in("alice").await;
    assert_eq!(alice.call(ping()).await.code, 0);
    for (path, body, content_type) in [
        ("/", "<!doctype html>", "text/html; charset=utf-8"),
        ("/index.html", "<!doctype html>", "text/html; charset=utf-8"),
        ("/icon.svg", "<svg/>", "image/svg+xml"),
        ("/assets/index-5f3c.js", "start()", "text/javascript; charset=utf-8"),
        ("/assets/index-77aa.css?x", "p {}", "text/css; charset=utf-8"),
    ] {
        let found = server.http("GET", path, "").await;
        assert_eq!((found.status, &*found.body, found.header("content-type")), (200, body, content_type), "{path}");
        assert_eq!(found.header("x-content-type-options"), "nosniff");
        assert_eq!(found.header("referrer-policy"), "no-referrer");
        let policy = found.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        let head = server.http("HEAD", path, "").await;
        assert_eq!((head.status, &*head.body, head.header("content-length")), (200, "", &*body.len().to_string()));
    }
    for path in ["/nothing", "/assets/", "/assets/../index.html", "/%69ndex.html", "//index.html"] {
        let missing = server.http("GET", path, "").await;
        assert_eq!(missing.status, 404, "{path}");
        assert!(missing.body.contains("there is nothing at this path"), "{}", missing.body);
    }
    assert_eq!(server.http("GET", "/healthz", "").await.status, 200);
    assert_ne!(server.http("POST", "/", "content-length: 0\r\n").await.status, 200);
}

#[tokio::test]
async fn a_browser_that_has_a_file_of_the_page_is_not_sent_it_again() {
    let server = TestServer::with_page(page()).await;
    let first = server.http("GET", "/", "").await;
    assert_eq!(first.header("cache-control"), "no-cache");
    let tag = first.header("etag");
    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = server.http("GET", "/", &format!("if-none-match: {known}\r\n")).await;
        assert_eq!((again.status, &*again.body, again.header("etag")), (304, "", tag), "{known}");
    }
    assert_eq!(server.http("GET", "/", "if-none-match: \"other\"\r\n").await.status, 200);
    let script = server.http("GET", "/assets/index-5f3c.js", "").await;
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    assert_ne!(script.header("etag"), tag);
}

#[tokio::test]
async fn without_a_page_the_root_says_where_clients_connect() {
    let server = TestServer::start().await;
    let root = server.http("GET", "/", "").await;
    assert_eq!((root.status, root.body.contains("/v1/connect")), (200, true));
    assert_eq!(server.http("GET", "/assets/index-5f3c.js", "").await.status, 404);
}
