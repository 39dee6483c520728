//! The product as people use it: the SDK, real sockets, the server, the embedded store.

#![expect(clippy::unwrap_used, reason = "a story that cannot be set up has failed")]

mod cable;
#[path = "../../src/http_client.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod http_client;
mod paths;
mod ward;

use std::collections::BTreeMap;
use std::time::Duration;

use paths::{BackEnd, Viewer, one_of_each_kind};
use seenby_client::store::FileStore;
use seenby_client::{
    Code, ConnectionStatus, Conversation, EngineOptions, Event, GroupReadReceiptInfo, Message, ReadReceiptStatus,
    TimeOrder,
};
use ward::{APP, GROUP, Ward, soon};

#[tokio::test]
async fn the_page_s_own_flow_between_two_members() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;

    let message = alice.sends("the lift is broken").await;
    assert_eq!(bob.receives("the lift is broken").await.message_uid, message.message_uid);
    alice.asks(&message).await.unwrap();
    bob.is_asked(&message).await;
    bob.reads(std::slice::from_ref(&message)).await.unwrap();

    let reading = alice.sees_readers(&message, 1).await;
    let bobs_time = reading.readers.get("bob").unwrap();
    assert!(bobs_time >= message.sent_time);
    assert_eq!((reading.counts.read, reading.counts.unread, reading.counts.total), (1, 0, 1));
    let found = alice.looks_up(&message).await.group_read_receipt_info.unwrap();
    assert!(found.read_receipt_message);
    assert_eq!(found.respond_user_ids.get("bob"), Some(bobs_time));
    let found = bob.looks_up(&message).await.group_read_receipt_info.unwrap();
    assert!(found.has_respond && found.respond_user_ids.is_empty(), "readers are for the sender alone");
}

#[tokio::test]
async fn asking_while_sending_reaches_the_same_ledger() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    let mut draft = alice.engine.create_text_message(&Conversation::group(GROUP), "round at nine");
    draft.need_receipt = true;
    let message = alice.engine.send_message(&draft).await.unwrap();
    bob.is_asked(&message).await;
    bob.reads(std::slice::from_ref(&message)).await.unwrap();
    assert!(alice.sees_readers(&message, 1).await.readers.contains("bob"));
}

#[tokio::test]
async fn a_result_goes_to_whoever_waits_for_it_and_else_to_the_events_never_to_both() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    let (awaited, dropped) = (alice.sends("one").await, alice.sends("two").await);

    alice.engine.send_group_read_receipt_request(&awaited).await.unwrap();
    drop(alice.engine.send_group_read_receipt_request(&dropped));
    alice
        .hears(|event| match event {
            Event::GroupReadReceiptRequestSent { code, message } => {
                assert_eq!((code, message.message_uid), (Code::SUCCESS, dropped.message_uid.clone()));
                Some(())
            }
            _ => None,
        })
        .await;

    bob.is_asked(&dropped).await;
    bob.reads(std::slice::from_ref(&awaited)).await.unwrap();
    drop(bob.engine.send_group_read_receipt_response(GROUP, None, std::slice::from_ref(&dropped)));
    bob.hears(|event| match event {
        Event::GroupReadReceiptResponseSent { code, response } => {
            let uids: Vec<_> = response.results.into_iter().map(|result| Some(result.message_uid)).collect();
            assert_eq!((code, uids), (Code::SUCCESS, vec![dropped.message_uid.clone()]));
            Some(())
        }
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn bad_arguments_are_refused_before_the_network_and_a_destroyed_engine_says_so() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let alice = ward.signs_in("alice").await;
    let unsent = alice.engine.create_text_message(&Conversation::group(GROUP), "not sent");
    assert_eq!(alice.asks(&unsent).await, Err(Code::MESSAGE_UID_INVALID));
    assert!(alice.reads(&[]).await.is_err());
    alice.cable.cut();
    assert_eq!(alice.asks(&unsent).await, Err(Code::MESSAGE_UID_INVALID), "no network was needed to know");
    alice.engine.destroy().await;
    assert_eq!(alice.asks(&Message { message_uid: Some("0000".into()), ..unsent }).await, Err(Code::ENGINE_DESTROYED));
}

#[tokio::test]
async fn every_device_of_the_sender_sees_the_readers() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let mut phone = ward.signs_in("alice").await;
    let mut desk = ward.signs_in("alice").await;
    let bob = ward.signs_in("bob").await;
    let message = phone.sends_and_asks("hello").await;
    bob.reads(std::slice::from_ref(&message)).await.unwrap();
    for device in [&mut phone, &mut desk] {
        assert!(device.sees_readers(&message, 1).await.readers.contains("bob"));
    }
}

#[tokio::test]
async fn every_device_of_a_responder_is_asked_and_learns_of_the_answer() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let alice = ward.signs_in("alice").await;
    let mut phone = ward.signs_in("bob").await;
    let mut desk = ward.signs_in("bob").await;
    let message = alice.sends_and_asks("hello").await;
    phone.is_asked(&message).await;
    desk.is_asked(&message).await;
    phone.reads(std::slice::from_ref(&message)).await.unwrap();
    let uid = message.message_uid.clone().unwrap();
    desk.hears(|event| match event {
        Event::ReceiptsAnswered { message_uids, .. } => (message_uids == [uid.as_str()]).then_some(()),
        _ => None,
    })
    .await;
    desk.reads(std::slice::from_ref(&message)).await.unwrap();
    assert_eq!(alice.counts(&message).await, (1, 0, 0));
}

#[tokio::test]
async fn one_call_answers_for_250_messages() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let bob = ward.signs_in("bob").await;
    let mut messages = Vec::new();
    for number in 0..250 {
        messages.push(alice.sends_and_asks(&format!("item {number}")).await);
    }
    let response = bob.reads(&messages).await.unwrap();
    assert_eq!(response.results.len(), 250);
    assert!(response.results.iter().all(|result| result.code.is_success()));
    alice.sees_readers(&messages[249], 1).await;
    for message in [&messages[0], &messages[100], &messages[249]] {
        assert_eq!(alice.counts(message).await, (1, 0, 0));
    }
}

#[tokio::test]
async fn a_duplicate_answer_changes_nothing() {
    let ward = Ward::opens(["alice", "bob", "carol"]).await;
    let mut alice = ward.signs_in("alice").await;
    let bob = ward.signs_in("bob").await;
    let carol = ward.signs_in("carol").await;
    let message = alice.sends_and_asks("hello").await;
    let twice = [message.clone(), message.clone()];
    bob.reads(&twice).await.unwrap();
    let first = alice.sees_readers(&message, 1).await.readers.get("bob");
    bob.reads(&twice).await.unwrap();
    carol.sends("the end").await;
    let since = alice.events_until("the end").await;
    assert!(
        !since.iter().any(|event| matches!(event, Event::GroupMessageReadReceiptResponseReceived { .. })),
        "{since:?}"
    );
    assert_eq!(alice.looks_up(&message).await.group_read_receipt_info.unwrap().respond_user_ids.get("bob"), first);
    assert_eq!(alice.counts(&message).await, (1, 1, 0));
}

#[tokio::test]
async fn an_answer_given_while_the_connection_is_down_arrives_after_three_reconnects() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    let message = alice.sends_and_asks("hello").await;
    bob.is_asked(&message).await;

    let reconnected = |event| match event {
        Event::ConnectionStatusChanged { status: ConnectionStatus::Connected } => Some(()),
        _ => None,
    };
    for _ in 0..2 {
        bob.cable.cut();
        bob.cable.mend();
        bob.hears(reconnected).await;
    }
    bob.cable.cut();
    let answer = bob.engine.send_group_read_receipt_response(GROUP, None, std::slice::from_ref(&message));
    bob.cable.mend();
    soon(answer).await.unwrap();
    assert_eq!(alice.sees_readers(&message, 1).await.readers.len(), 1);
    assert_eq!(alice.counts(&message).await, (1, 0, 0));
}

#[tokio::test]
async fn an_answer_kept_by_a_program_that_ended_is_sent_by_the_next_one() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let message = alice.sends_and_asks("hello").await;
    let device = ward.folder().join("bobs-phone");
    let on_device =
        || EngineOptions { device_store: Box::new(FileStore::open(&device).unwrap()), ..EngineOptions::default() };

    let mut bob = ward.person(APP, "bob", on_device()).await;
    bob.connects().await;
    bob.is_asked(&message).await;
    bob.cable.cut();
    bob.hears(|event| match event {
        Event::ConnectionStatusChanged { status: ConnectionStatus::Suspended } => Some(()),
        _ => None,
    })
    .await;
    drop(bob.engine.send_group_read_receipt_response(GROUP, None, std::slice::from_ref(&message)));
    bob.engine.destroy().await;

    let mut bob = ward.person(APP, "bob", on_device()).await;
    bob.connects().await;
    bob.hears(|event| match event {
        Event::GroupReadReceiptResponseSent { code, .. } => code.is_success().then_some(()),
        _ => None,
    })
    .await;
    alice.sees_readers(&message, 1).await;
}

#[tokio::test]
async fn a_sender_who_was_away_while_30_people_answered_gets_one_event_for_each_message() {
    let names: Vec<String> = (0..30).map(|number| format!("nurse-{number}")).collect();
    let mut members: Vec<&str> = names.iter().map(String::as_str).collect();
    members.push("alice");
    let ward = Ward::opens_with(&members).await;
    let mut alice = ward.signs_in("alice").await;
    let (first, second) = (alice.sends_and_asks("one").await, alice.sends_and_asks("two").await);
    let untouched = alice.sends_and_asks("three").await;
    alice.goes_away().await;
    let messages = [first.clone(), second.clone()];
    let mut last = None;
    for name in &names {
        let nurse = ward.signs_in(name).await;
        nurse.reads(&messages).await.unwrap();
        last = Some(nurse);
    }

    alice.connects().await;
    last.unwrap().sends("the end").await;
    let mut readings = Vec::new();
    let mut ended = false;
    // The readers and the messages come by separate ways, so wait for both.
    alice
        .hears(|event| {
            match event {
                Event::GroupMessageReadReceiptResponseReceived { message_uid, respond_user_ids, .. } => {
                    readings.push((message_uid, respond_user_ids.len()));
                }
                Event::MessageReceived { .. } => ended = true,
                _ => {}
            }
            (ended && readings.len() >= 2).then_some(())
        })
        .await;
    readings.sort();
    let mut expected = [(first.message_uid.unwrap(), 30), (second.message_uid.unwrap(), 30)];
    expected.sort();
    assert_eq!(readings, expected);
    assert_eq!(alice.counts(&untouched).await, (0, 30, 0));
}

#[tokio::test]
async fn a_member_who_was_away_while_asked_learns_of_it_when_it_returns() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    let old = alice.sends("before").await;
    bob.receives("before").await;
    bob.goes_away().await;
    alice.asks(&old).await.unwrap();
    let new = alice.sends_and_asks("while bob is away").await;

    bob.connects().await;
    bob.is_asked(&old).await;
    let offline = bob
        .hears(|event| match event {
            Event::MessageReceived { message, offline, .. } if message.message_uid == new.message_uid => Some(offline),
            _ => None,
        })
        .await;
    assert!(offline);
    bob.is_asked(&new).await;
    // Somebody who signs in for the first time is asked as well.
    ward.takes_in("carol").await;
    let newest = alice.sends_and_asks("for carol").await;
    ward.signs_in("carol").await.is_asked(&newest).await;
}

#[tokio::test]
async fn a_long_absence_is_caught_up_in_order_and_without_repetition() {
    let ward = Ward::opens(["alice", "bob"]).await;
    ward.founds_ultra_group(&["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    alice.sends("see you").await;
    bob.receives("see you").await;
    bob.goes_away().await;
    let (plain, ultra) = (Conversation::group(GROUP), Conversation::ultra_group(GROUP, Some("nurses")));
    let mut expected = BTreeMap::new();
    for conversation in [&plain, &ultra] {
        alice.turns_to(conversation.clone());
        for number in 0..230 {
            let sent = alice.sends(&format!("news {number}")).await;
            expected.entry(conversation.clone()).or_insert_with(Vec::new).push(sent.message_uid.unwrap());
        }
    }
    bob.connects().await;
    let mut received = BTreeMap::new();
    let mut count = 0;
    bob.hears(|event| {
        if let Event::MessageReceived { message, offline, .. } = event {
            assert!(offline);
            received.entry(message.conversation).or_insert_with(Vec::new).push(message.message_uid.unwrap());
            count += 1;
        }
        (count == 460).then_some(())
    })
    .await;
    assert_eq!(received, expected);
}

#[tokio::test]
async fn a_message_is_the_same_by_every_path_that_gives_it() {
    let ward = Ward::opens(["alice", "bob"]).await;
    ward.founds_ultra_group(&["alice", "bob"]).await;
    let sender = ward.signs_in("alice").await;
    let (mut alice, mut bob) = (Viewer::signs_in(&ward, "alice").await, Viewer::signs_in(&ward, "bob").await);
    let drafts = one_of_each_kind(&sender);
    let greeting = |draft: &Message| sender.engine.create_text_message(&draft.conversation, "see you");
    let greetings = sender.sends_all(drafts.iter().map(greeting)).await;
    alice.parts_after(&greetings).await;
    bob.parts_after(&greetings).await;

    let sent = sender.sends_all(drafts).await;
    let asked = GroupReadReceiptInfo { read_receipt_message: true, ..GroupReadReceiptInfo::default() };
    let unread = GroupReadReceiptInfo { unread_count: 1, total_count: 1, ..asked.clone() };
    for (viewer, receipt) in [(&mut alice, &unread), (&mut bob, &asked)] {
        let pushed = viewer.pushed(&sent).await;
        let receipts = sent.iter().map(|message| message.need_receipt.then(|| receipt.clone()));
        viewer.is_given_the_same(&sent, receipts, pushed).await;
    }

    // The last is asked about only now. The first and the last are answered.
    sender.asks(&sent[3]).await.unwrap();
    let mut read = Vec::new();
    for message in [&sent[0], &sent[3]] {
        bob.here.turns_to(message.conversation.clone());
        bob.here.reads(std::slice::from_ref(message)).await.unwrap();
        let respond_user_ids = alice.here.sees_readers(message, 1).await.readers;
        read.push(Some(GroupReadReceiptInfo { respond_user_ids, read_count: 1, total_count: 1, ..asked.clone() }));
    }
    let receipts = [read.remove(0), Some(unread), None, read.remove(0)];
    let caught_up = alice.caught_up(&ward, &sent).await;
    let given_to_alice = alice.is_given_the_same(&sent, receipts, caught_up).await;
    let answered = GroupReadReceiptInfo { has_respond: true, ..asked.clone() };
    let receipts = [Some(answered.clone()), Some(asked), None, Some(answered)];
    let caught_up = bob.caught_up(&ward, &sent).await;
    bob.is_given_the_same(&sent, receipts, caught_up).await;
    let mut back_end = BackEnd(ward.back_end().await);
    for message in &given_to_alice {
        back_end.is_shown(message).await;
    }

    sender.recalls(&sent[0]).await;
    alice.finds_only_the_name_of(&sent[0]).await;
    bob.finds_only_the_name_of(&sent[0]).await;
}

#[tokio::test]
async fn a_newcomer_finds_its_conversations_and_the_names_of_the_people_there() {
    let ward = Ward::opens(["alice", "bob"]).await;
    ward.founds_ultra_group(&["alice"]).await;
    ward.calls("bob", "Bob Ndiaye").await;
    let bob = ward.signs_in("bob").await;
    let message = bob.sends_and_asks("the lift is broken").await;

    let alice = ward.signs_in("alice").await;
    let first = soon(alice.engine.get_conversations(None, 2)).await.unwrap();
    let second = soon(alice.engine.get_conversations(first.page_token.as_deref(), 2)).await.unwrap();
    assert_eq!((first.conversations.len(), second.conversations.len(), second.page_token), (2, 2, None));
    let found: Vec<_> = first.conversations.into_iter().chain(second.conversations).collect();
    let names: Vec<_> = found.iter().map(|info| info.conversation.clone()).collect();
    let channel = |channel| Conversation::ultra_group(GROUP, channel);
    assert_eq!(names, [Conversation::group(GROUP), channel(None), channel(Some("nurses")), channel(Some("kitchen"))]);
    assert_eq!((found[0].title.as_str(), found[0].member_count), ("Ward 3", 2));
    let last = found[0].last_message.as_ref().unwrap();
    assert_eq!(last.message_uid, message.message_uid);
    let info = last.group_read_receipt_info.as_ref().unwrap();
    assert!(info.read_receipt_message && !info.has_respond);
    assert_eq!(found[1].last_message, None);

    let people = soon(alice.engine.get_users(&Conversation::group(GROUP), &["bob", "nobody", "alice"])).await.unwrap();
    let people: Vec<_> = people.iter().map(|user| (&*user.user_id, &*user.name)).collect();
    assert_eq!(people, [("bob", "Bob Ndiaye"), ("alice", "")]);
    let elsewhere = soon(bob.engine.get_users(&channel(None), &["alice"])).await;
    assert_eq!(elsewhere.unwrap_err().code(), Code::NOT_IN_ULTRA_GROUP);
}

#[tokio::test]
async fn a_channel_made_while_people_are_online_is_theirs_at_once() {
    let ward = Ward::opens(["alice"]).await;
    ward.founds_ultra_group(&["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    ward.opens_channel("garden").await;
    alice.turns_to(Conversation::ultra_group(GROUP, Some("garden")));
    let message = alice.sends_and_asks("the roses").await;
    bob.is_asked(&message).await;
}

#[tokio::test]
async fn only_a_member_who_sent_the_message_may_ask() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let alice = ward.signs_in("alice").await;
    let bob = ward.signs_in("bob").await;
    let eve = ward.signs_in("eve").await;
    let message = alice.sends("hello").await;
    assert_eq!(bob.asks(&message).await, Err(Code::RECEIPT_NOT_SENDER));
    assert_eq!(eve.asks(&message).await, Err(Code::NOT_IN_GROUP));
    ward.lets_go("alice").await;
    assert_eq!(alice.asks(&message).await, Err(Code::NOT_IN_GROUP));
}

#[tokio::test]
async fn a_stranger_can_neither_answer_nor_look() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let alice = ward.signs_in("alice").await;
    let eve = ward.signs_in("eve").await;
    let message = alice.sends_and_asks("hello").await;
    assert_eq!(eve.reads(std::slice::from_ref(&message)).await, Err(Code::NOT_IN_GROUP));
    assert_eq!(eve.receipt_counts(&message).await, Err(Code::NOT_IN_GROUP));
    let history = eve.engine.get_messages(&Conversation::group(GROUP), 0, TimeOrder::Before, 10).await;
    assert_eq!(history.unwrap_err().code(), Code::NOT_IN_GROUP);
    assert_eq!(alice.counts(&message).await, (0, 1, 0));
}

#[tokio::test]
async fn whoever_joins_later_is_neither_asked_nor_counted() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let alice = ward.signs_in("alice").await;
    let message = alice.sends("hello").await;
    ward.takes_in("dave").await;
    let mut dave = ward.signs_in("dave").await;
    alice.asks(&message).await.unwrap();
    assert_eq!(alice.counts(&message).await, (0, 1, 0));
    alice.sends("the end").await;
    let told = dave.events_until("the end").await;
    assert!(
        !told.iter().any(|event| matches!(event, Event::GroupMessageReadReceiptRequestReceived { .. })),
        "{told:?}"
    );
    // Only now: an engine that has answered does not tell of a request any more.
    assert_eq!(dave.reads(std::slice::from_ref(&message)).await, Err(Code::NOT_IN_AUDIENCE));
}

#[tokio::test]
async fn leaving_and_returning_moves_a_member_between_the_lists() {
    let ward = Ward::opens(["alice", "bob", "carol"]).await;
    let alice = ward.signs_in("alice").await;
    let carol = ward.signs_in("carol").await;
    let message = alice.sends_and_asks("hello").await;
    let message = std::slice::from_ref(&message);
    assert_eq!(alice.counts(&message[0]).await, (0, 2, 0));

    ward.lets_go("carol").await;
    assert_eq!(alice.counts(&message[0]).await, (0, 1, 1));
    assert_eq!(alice.lists(&message[0], ReadReceiptStatus::Left).await, ["carol"]);
    assert_eq!(alice.lists(&message[0], ReadReceiptStatus::Unread).await, ["bob"]);
    assert_eq!(carol.reads(message).await, Err(Code::NOT_IN_GROUP));

    ward.takes_in("carol").await;
    assert_eq!(alice.counts(&message[0]).await, (0, 2, 0));
    carol.reads(message).await.unwrap();
    assert_eq!(alice.counts(&message[0]).await, (1, 1, 0));
    ward.lets_go("carol").await;
    assert_eq!(alice.counts(&message[0]).await, (1, 1, 0), "who has read stays a reader");
    assert_eq!(alice.lists(&message[0], ReadReceiptStatus::Read).await, ["carol"]);
}

#[tokio::test]
async fn whoever_left_is_told_nothing_until_back() {
    let ward = Ward::opens(["alice", "bob", "carol"]).await;
    let alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    let first = alice.sends("one").await;
    bob.receives("one").await;
    ward.lets_go("bob").await;
    // The refusal shows that bob's session knows.
    assert_eq!(bob.reads(std::slice::from_ref(&first)).await, Err(Code::NOT_IN_GROUP));
    let missed = alice.sends_and_asks("said meanwhile").await;
    ward.takes_in("bob").await;
    alice.sends("welcome back").await;
    let told = bob.events_until("welcome back").await;
    let heard: Vec<_> = told
        .iter()
        .filter_map(|event| match event {
            Event::MessageReceived { message, offline, .. } => Some((message.message_uid.clone(), *offline)),
            Event::GroupMessageReadReceiptRequestReceived { .. } => panic!("bob was not asked: {event:?}"),
            _ => None,
        })
        .collect();
    // Not when it was said, but as one looks into the history once back.
    assert_eq!(heard, [(missed.message_uid, true)]);
}

#[tokio::test]
async fn messages_nobody_asked_about_do_not_spoil_the_good_ones() {
    let ward = Ward::opens(["alice", "bob"]).await;
    let alice = ward.signs_in("alice").await;
    let bob = ward.signs_in("bob").await;
    let asked = alice.sends_and_asks("one").await;
    let silent = alice.sends("two").await;
    let unknown = Message { message_uid: Some("0000-0000-0000-0001".into()), ..silent.clone() };
    let all = [silent, asked.clone(), unknown];
    let codes = [Code::RECEIPT_NOT_REQUESTED, Code::SUCCESS, Code::RECEIPT_MESSAGE_NOT_FOUND];
    assert_eq!(bob.results(&all).await, codes);
    assert_eq!(bob.reads(&all).await, Err(Code::RECEIPT_NOT_REQUESTED));
    assert_eq!(alice.counts(&asked).await, (1, 0, 0));
}

#[tokio::test]
async fn a_recalled_message_takes_its_receipts_along() {
    let ward = Ward::opens(["alice", "bob", "carol"]).await;
    let alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    let carol = ward.signs_in("carol").await;
    let message = alice.sends_and_asks("wrong ward").await;
    let message = std::slice::from_ref(&message);
    carol.reads(message).await.unwrap();
    alice.recalls(&message[0]).await;
    bob.hears(|event| match event {
        Event::MessageRecalled { message_uid, .. } => (Some(message_uid) == message[0].message_uid).then_some(()),
        _ => None,
    })
    .await;
    assert_eq!(bob.reads(message).await, Err(Code::RECEIPT_MESSAGE_NOT_FOUND));
    assert_eq!(alice.asks(&message[0]).await, Err(Code::RECEIPT_MESSAGE_NOT_FOUND));
    assert_eq!(alice.receipt_counts(&message[0]).await, Err(Code::RECEIPT_MESSAGE_NOT_FOUND));
    let found = bob.looks_up(&message[0]).await;
    assert!(found.is_recalled() && found.content.is_none());
}

#[tokio::test]
async fn two_channels_of_an_ultra_group_do_not_mix() {
    let ward = Ward::opens(["alice"]).await;
    ward.founds_ultra_group(&["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let mut bob = ward.signs_in("bob").await;
    let (nurses, kitchen) =
        (Conversation::ultra_group(GROUP, Some("nurses")), Conversation::ultra_group(GROUP, Some("kitchen")));

    alice.turns_to(nurses.clone());
    let message = alice.sends_and_asks("round at nine").await;
    bob.is_asked(&message).await;
    bob.turns_to(kitchen.clone());
    let misplaced = Message { conversation: kitchen, ..message.clone() };
    assert_eq!(bob.reads(&[misplaced]).await, Err(Code::RECEIPT_MESSAGE_NOT_FOUND));
    bob.turns_to(nurses);
    bob.reads(std::slice::from_ref(&message)).await.unwrap();
    assert!(alice.sees_readers(&message, 1).await.readers.contains("bob"));

    // Without a channel the default one is meant.
    alice.turns_to(Conversation::ultra_group(GROUP, None));
    let plain = alice.sends_and_asks("to everybody").await;
    bob.is_asked(&plain).await;
    bob.turns_to(Conversation::ultra_group(GROUP, Some("RCDefault")));
    bob.reads(std::slice::from_ref(&plain)).await.unwrap();
    // The plain group of the same id is another place.
    bob.turns_to(Conversation::group(GROUP));
    let elsewhere = Message { conversation: Conversation::group(GROUP), ..plain };
    assert_eq!(bob.reads(&[elsewhere]).await, Err(Code::NOT_IN_GROUP));
}

#[tokio::test]
async fn two_apps_with_equal_ids_do_not_see_each_other() {
    let ward = Ward::opens(["alice", "bob"]).await;
    ward.founds("school", &["alice", "bob"]).await;
    let mut alice = ward.signs_in("alice").await;
    let bob_at_school = ward.signs_in_to("school", "bob").await;
    let mut alice_at_school = ward.signs_in_to("school", "alice").await;
    let message = alice.sends_and_asks("for the clinic").await;
    let message = std::slice::from_ref(&message);
    assert_eq!(bob_at_school.reads(message).await, Err(Code::RECEIPT_MESSAGE_NOT_FOUND));
    assert_eq!(alice_at_school.asks(&message[0]).await, Err(Code::RECEIPT_MESSAGE_NOT_FOUND));
    let bob = ward.signs_in("bob").await;
    bob.reads(message).await.unwrap();
    alice.sees_readers(&message[0], 1).await;
    bob_at_school.sends("the end").await;
    let told = alice_at_school.events_until("the end").await;
    assert!(told.iter().all(|event| matches!(event, Event::ConnectionStatusChanged { .. })), "{told:?}");
}

#[tokio::test]
async fn forged_expired_and_foreign_tokens_do_not_sign_in() {
    let ward = Ward::opens(["alice"]).await;
    ward.founds("school", &["alice"]).await;
    let hour = Duration::from_secs(3_600);
    let good = ward.token(APP, "alice", hour).await;
    for (token, code) in [
        (good.to_lowercase(), Code::TOKEN_INCORRECT),
        (ward.token("school", "alice", hour).await, Code::TOKEN_INCORRECT),
        (ward.token(APP, "alice", Duration::ZERO).await, Code::TOKEN_EXPIRED),
    ] {
        let person = ward.person(APP, "alice", EngineOptions::default()).await;
        assert_eq!(soon(person.engine.connect(token)).await.unwrap_err().code(), code);
        assert_eq!(person.engine.connection_status(), ConnectionStatus::TokenIncorrect);
    }
}

#[tokio::test]
async fn more_than_a_thousand_readers_show_as_the_newest_thousand_in_history_and_as_all_in_events() {
    let names: Vec<String> = (0..1_100).map(|number| format!("member-{number}")).collect();
    let mut members: Vec<&str> = names.iter().map(String::as_str).collect();
    members.push("alice");
    let ward = Ward::opens_with(&members).await;
    let mut alice = ward.signs_in("alice").await;
    let message = alice.sends_and_asks("to everybody").await;
    for crowd in names.chunks(50) {
        let mut people = Vec::new();
        for name in crowd {
            people.push(ward.signs_in(name).await);
        }
        for person in people {
            person.reads(std::slice::from_ref(&message)).await.unwrap();
        }
    }
    let reading = alice.sees_readers(&message, 1_100).await;
    assert_eq!(reading.counts.unread, 0);
    assert_eq!(reading.readers.iter().map(|reader| &*reader.user_id).collect::<Vec<_>>(), names);
    let found = alice.looks_up(&message).await.group_read_receipt_info.unwrap();
    assert_eq!((found.read_count, found.respond_user_ids.len()), (1_100, 1_000));
    assert!(found.respond_user_ids.contains("member-1099") && !found.respond_user_ids.contains("member-99"));
}

#[tokio::test]
async fn a_server_that_was_stopped_and_started_again_goes_on_where_it_was() {
    let mut ward = Ward::opens(["alice", "bob", "carol"]).await;
    let mut alice = ward.signs_in("alice").await;
    let bob = ward.signs_in("bob").await;
    let carol = ward.signs_in("carol").await;
    let message = alice.sends_and_asks("hello").await;
    bob.reads(std::slice::from_ref(&message)).await.unwrap();
    alice.sees_readers(&message, 1).await;
    ward.restarts().await;
    // Nobody does anything about the restart: the engines come back by themselves.
    bob.reads(std::slice::from_ref(&message)).await.unwrap();
    carol.reads(std::slice::from_ref(&message)).await.unwrap();
    let reading = alice.sees_readers(&message, 2).await;
    assert_eq!(reading.readers.iter().map(|reader| &*reader.user_id).collect::<Vec<_>>(), ["bob", "carol"]);
    assert_eq!(reading.counts.unread, 0);
}
