//! What others say and ask: told once, in order, and from where the client left off.

use crate::pair::{Pair, THIS_DEVICE, group, recalled, requested, said, sent};
use seenby_client::{Code, Content, Event, MessageDirection};
use seenby_protocol::frames::{self, client_frame::Call, log_entry, reply, server_frame};

fn uids(events: &[Event]) -> Vec<&str> {
    let uid = |event: &'_ Event| match event {
        Event::MessageReceived { message, .. } => Some(message.message_uid.clone().unwrap()),
        _ => None,
    };
    events.iter().filter_map(uid).map(|uid| &*uid.leak()).collect()
}

#[test]
fn a_message_is_told_with_how_many_are_left() {
    let mut bob = Pair::signed_in("bob");
    bob.log_left(2, vec![said("alice", "m1", ""), said("alice", "m2", "")], 5);
    let events = bob.takes_events();
    let [Event::MessageReceived { message, left: 6, .. }, Event::MessageReceived { left: 5, .. }] = &*events else {
        panic!("{events:?}")
    };
    assert_eq!(message.content, Some(Content::Text("text of m1".into())));
    assert_eq!((message.direction, &message.conversation), (MessageDirection::Receive, &group()));
}

#[test]
fn an_entry_is_told_once_however_often_it_comes() {
    let mut bob = Pair::signed_in("bob");
    bob.log(2, vec![said("alice", "m1", ""), said("alice", "m2", "")]);
    bob.takes_events();
    bob.log(3, vec![said("alice", "m2", ""), said("alice", "m3", "")]);
    assert_eq!(uids(&bob.takes_events()), ["m3"]);
}

#[test]
fn a_new_connection_begins_where_the_last_one_ended() {
    let mut bob = Pair::signed_in("bob");
    bob.log(1, vec![said("alice", "m1", "")]);
    // Entries that this user may not see are left out.
    bob.log(9, vec![]);
    bob.drop_connection();
    bob.wait_for_connection();
    let positions = &bob.resumes[0].positions;
    assert_eq!((positions.len(), positions[0].through, positions[0].conversation.clone()), (1, 9, crate::pair::wire()));
    bob.restart();
    bob.connect("bob");
    assert_eq!(bob.resumes[0].positions[0].through, 9);
}

#[test]
fn a_position_is_remembered_when_what_came_before_it_has_been_taken() {
    let mut bob = Pair::signed_in("bob");
    bob.reading = false;
    bob.log(1, vec![said("alice", "m1", "")]);
    assert!(bob.memory("bob").positions.is_empty());
    bob.reading = true;
    bob.settle();
    assert_eq!(bob.memory("bob").positions[&group()], 1);
}

#[test]
fn an_own_message_of_this_device_is_not_told_and_one_of_another_device_is() {
    let mut alice = Pair::signed_in("alice");
    alice.sends("1", false);
    // The log may be faster than the reply.
    alice.log(1, vec![said("alice", "m1", &format!("{THIS_DEVICE}1"))]);
    alice.accept_with(sent("m1"));
    alice.log(2, vec![said("alice", "m2", "phone-1")]);
    let events = alice.takes_events();
    let [Event::MessageReceived { message, .. }] = &*events else { panic!("{events:?}") };
    assert_eq!((message.message_uid.as_deref(), message.direction), (Some("m2"), MessageDirection::Send));
}

#[test]
fn an_own_message_whose_result_was_not_known_is_told_after_all() {
    let mut alice = Pair::signed_in("alice");
    alice.sends("1", false);
    alice.disconnect();
    alice.sign_in("alice");
    alice.log(1, vec![said("alice", "m1", &format!("{THIS_DEVICE}1"))]);
    assert_eq!(uids(&alice.takes_events()), ["m1"]);
}

#[test]
fn a_request_is_told_once_and_remembered_until_it_is_answered() {
    let mut bob = Pair::signed_in("bob");
    bob.log(2, vec![said("alice", "m1", ""), requested("alice", "m1")]);
    let told = Event::GroupMessageReadReceiptRequestReceived {
        conversation: group(),
        message_uid: "m1".into(),
        sender_user_id: "alice".into(),
    };
    assert_eq!(bob.takes_events()[1], told);
    bob.log(3, vec![requested("alice", "m1")]);
    assert_eq!(bob.takes_events(), []);
    bob.restart();
    bob.connect("bob");
    let known = &bob.resumes[0].receipts;
    assert_eq!((known.len(), &*known[0].message_uid, known[0].readers), (1, "m1", 0));
}

#[test]
fn a_request_that_is_answered_already_is_not_told() {
    let mut bob = Pair::signed_in("bob");
    let answered = |uid: &str| {
        log_entry::Event::ReceiptRequested(frames::ReceiptRequested {
            message_uid: uid.into(),
            sender_id: "alice".into(),
            answered: true,
        })
    };
    bob.log(1, vec![answered("m1")]);
    assert_eq!(bob.takes_events(), []);
    assert!(bob.memory("bob").unanswered.is_empty());
}

#[test]
fn the_newest_thousand_unanswered_requests_are_remembered() {
    let mut bob = Pair::unrecorded("1,003 requests");
    bob.sign_in("bob");
    for number in 1..=1_003 {
        bob.log(number, vec![requested("alice", &format!("m{number}"))]);
    }
    let unanswered = bob.memory("bob").unanswered;
    assert_eq!((unanswered.len(), &*unanswered[0].message_uid), (1_000, "m4"));
}

#[test]
fn an_own_request_from_another_device_is_told_and_followed() {
    let mut alice = Pair::signed_in("alice");
    alice.log(1, vec![requested("alice", "m1")]);
    let told = Event::ReceiptRequestedElsewhere { conversation: group(), message_uid: "m1".into() };
    assert_eq!(alice.takes_events(), [told]);
    alice.delta("m1", 0, 1);
    assert_eq!(alice.takes_events().len(), 1);
}

#[test]
fn an_own_request_of_this_device_is_not_told() {
    let mut alice = Pair::signed_in("alice");
    alice.asks("m1");
    alice.log(1, vec![requested("alice", "m1")]);
    alice.accept();
    alice.sends("2", true);
    alice.log(3, vec![said("alice", "m2", &format!("{THIS_DEVICE}2")), requested("alice", "m2")]);
    alice.accept_with(sent("m2"));
    assert_eq!(alice.takes_events(), []);
    assert_eq!(alice.memory("alice").asked.len(), 2);
}

#[test]
fn a_recall_is_told_but_not_to_the_device_that_made_it() {
    let mut alice = Pair::signed_in("alice");
    alice.log(2, vec![recalled("bob", "m1"), recalled("alice", "m2")]);
    assert_eq!(alice.takes_events().len(), 2);
    alice.call(Call::RecallMessage(frames::RecallMessage {
        conversation: crate::pair::wire(),
        message_uid: "m3".into(),
    }));
    alice.log(3, vec![recalled("alice", "m3")]);
    assert_eq!(alice.takes_events(), []);
}

#[test]
fn a_recall_of_a_message_that_this_device_has_answered_is_told() {
    let mut bob = Pair::signed_in("bob");
    bob.log(1, vec![requested("alice", "m1")]);
    bob.answers(&["m1"]);
    bob.accept_answers(&[Code::SUCCESS]);
    bob.takes_events();
    bob.log(2, vec![recalled("alice", "m1")]);
    let told = bob.takes_events();
    assert!(matches!(&*told, [Event::MessageRecalled { message_uid, .. }] if message_uid == "m1"), "{told:?}");
}

#[test]
fn a_message_that_was_recalled_meanwhile_is_not_told() {
    let mut bob = Pair::signed_in("bob");
    let gone = frames::Message { uid: "m1".into(), sender_id: "alice".into(), recalled: true, ..Default::default() };
    bob.log(2, vec![log_entry::Event::Message(gone), recalled("alice", "m1")]);
    let told = bob.takes_events();
    assert!(matches!(&*told, [Event::MessageRecalled { message_uid, .. }] if message_uid == "m1"), "{told:?}");
}

#[test]
fn a_recalled_message_needs_no_answer() {
    let mut bob = Pair::signed_in("bob");
    bob.log(2, vec![requested("alice", "m1"), recalled("alice", "m1")]);
    assert!(bob.memory("bob").unanswered.is_empty());
}

#[test]
fn positions_of_many_conversations_are_said_in_frames_of_five_hundred() {
    let mut bob = Pair::unrecorded("1,200 conversations");
    bob.sign_in("bob");
    for number in 0..1_200 {
        let conversation = frames::Conversation { r#type: 2, target_id: format!("g{number}"), ..Default::default() };
        let page = frames::LogEntries { conversation: Some(conversation), through: 5, ..Default::default() };
        bob.push(server_frame::Kind::LogEntries(page));
    }
    bob.drop_connection();
    bob.wait_for_connection();
    let sizes: Vec<_> = bob.resumes.iter().map(|resume| (resume.positions.len(), resume.last)).collect();
    assert_eq!(sizes, [(500, false), (500, false), (200, true)]);
}

#[test]
fn no_more_is_said_than_the_server_takes_and_the_newest_is() {
    let mut bob = Pair::new();
    bob.server.resume_items_max = 4;
    bob.sign_in("bob");
    bob.has_asked("own");
    let (groups, receipts) = bob.says_after_hearing_of(6);
    assert_eq!((groups.len(), groups[0].as_str(), receipts), (3, "g0", 1));
}

#[test]
fn a_server_that_does_not_say_what_it_takes_takes_ten_thousand() {
    let mut bob = Pair::unrecorded("10,001 conversations");
    bob.server.resume_items_max = 0;
    bob.sign_in("bob");
    bob.has_asked("own");
    let (groups, receipts) = bob.says_after_hearing_of(10_001);
    assert_eq!((groups.len(), groups[0].as_str(), receipts), (9_999, "g0", 1));
}

impl Pair {
    /// The conversations and the number of receipts that a new connection begins with, after so many conversations of
    /// which the first has the last news.
    fn says_after_hearing_of(&mut self, conversations: u32) -> (Vec<String>, usize) {
        let page = |number: u32, through| {
            let conversation =
                frames::Conversation { r#type: 2, target_id: format!("g{number}"), ..Default::default() };
            let conversation = Some(conversation);
            server_frame::Kind::LogEntries(frames::LogEntries { conversation, through, ..Default::default() })
        };
        (0..conversations).for_each(|number| self.push(page(number, 5)));
        self.push(page(0, 6));
        self.drop_connection();
        self.wait_for_connection();
        let positions = self.resumes.iter().flat_map(|resume| &resume.positions);
        let groups = positions.map(|position| position.conversation.clone().unwrap().target_id).collect();
        (groups, self.resumes.iter().map(|resume| resume.receipts.len()).sum())
    }
}

#[test]
fn what_nobody_reads_is_left_at_the_server_and_fetched_later() {
    let mut bob = Pair::unrecorded("5,000 messages");
    bob.sign_in("bob");
    bob.has_asked("own");
    bob.reading = false;
    let uid = |number: u64| format!("m{number}");
    for number in 1..=5_000 {
        bob.log(number, vec![said("alice", &uid(number), "")]);
    }
    let call = bob.asks("m9");
    bob.accept();
    assert!(bob.replied(call).is_some(), "calls go on");
    assert!(bob.attempts.is_empty());

    bob.reading = true;
    bob.settle();
    bob.wait(std::time::Duration::from_millis(1));
    assert_eq!(bob.attempts.len(), 1, "it connects anew to fetch the rest");
    let through = bob.resumes[0].positions[0].through;
    assert_eq!(through, 4_096);
    for number in through + 1..=5_000 {
        bob.log(number, vec![said("alice", &uid(number), "")]);
    }
    let events = bob.takes_events();
    let expect: Vec<_> = (1..=5_000).map(uid).collect();
    assert_eq!(uids(&events), expect);
}

#[test]
fn large_messages_that_nobody_reads_are_left_at_the_server_sooner() {
    let mut bob = Pair::unrecorded("90 MiB of messages");
    bob.sign_in("bob");
    bob.reading = false;
    for number in 1..=700 {
        let text = frames::content::Kind::Text(frames::TextContent { text: "x".repeat(128 * 1024) });
        let content = Some(frames::Content { kind: Some(text), ..Default::default() });
        let message = frames::Message { uid: format!("m{number}"), content, ..Default::default() };
        bob.log(number, vec![log_entry::Event::Message(message)]);
    }
    bob.reading = true;
    bob.settle();
    assert_eq!(bob.takes_events().len(), 512);
}

#[test]
fn an_early_push_is_passed_over() {
    let mut bob = Pair::new();
    bob.server.is_silent = true;
    bob.connect("bob");
    bob.log(1, vec![said("alice", "m1", "")]);
    bob.reply(frames::Reply { result: Some(reply::Result::Pong(frames::Pong::default())), ..Default::default() });
    assert_eq!(uids(&bob.takes_events()), Vec::<&str>::new());
}
