//! The demo, as its visitors meet it: links, groups with a past, and members who answer.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use seenby_client::{Conversation, Engine, EngineOptions, Event, EventStream, TimeOrder};

use crate::seenby::interrupt;
use crate::soon;

/// A demo under way; killed when dropped.
struct Demo {
    child: Child,
    url: String,
    /// Tokens by the name of the visitor.
    tokens: BTreeMap<String, String>,
}

struct Visitor {
    engine: Engine,
    events: EventStream,
}

impl Demo {
    /// The page is elsewhere, so that the program need not have one.
    fn starts() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_seenby"))
            .env_clear()
            .args(["demo", "--page-at", "http://chat.example", "--seconds", "2"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut tokens = BTreeMap::new();
        // It ends what it says with how to end it.
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).take(20) {
            if let Some((_, rest)) = line.split_once("runs at ") {
                url = rest.split(' ').next().unwrap().to_owned();
            }
            if let Some((name, token)) = line.split_once(" http://chat.example/#app=demo&token=") {
                tokens.insert(name.trim().to_owned(), token.to_owned());
            }
            if line.contains("Ctrl-C") {
                break;
            }
        }
        Self { child, url, tokens }
    }

    async fn visits(&self, name: &str) -> Visitor {
        let options = EngineOptions { server: self.url.clone(), ..EngineOptions::default() };
        let engine = Engine::create("demo", options).unwrap();
        let events = engine.events();
        soon(engine.connect(&*self.tokens[name])).await.unwrap();
        Visitor { engine, events }
    }

    /// As by Ctrl-C; gives the exit code.
    fn ends_when_interrupted(mut self) -> Option<i32> {
        interrupt(&self.child);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Visitor {
    /// Asks a group something and waits until this many have read it; gives how many were asked.
    async fn asks(&mut self, group: &str, readers: usize) -> u32 {
        let mut message = self.engine.create_text_message(&Conversation::group(group), "Who is here?");
        message.need_receipt = true;
        let message = soon(self.engine.send_message(&message)).await.unwrap();
        soon(async {
            loop {
                let event = self.events.next().await.expect("the engine lives");
                match event {
                    Event::GroupMessageReadReceiptResponseReceived {
                        message_uid, respond_user_ids, counts, ..
                    } if Some(&message_uid) == message.message_uid.as_ref() && respond_user_ids.len() >= readers => {
                        return counts.total;
                    }
                    _ => {}
                }
            }
        })
        .await
    }
}

#[tokio::test]
async fn the_demo_gives_three_people_a_link_to_groups_with_a_past() {
    let demo = Demo::starts();
    assert_eq!(demo.tokens.keys().collect::<Vec<_>>(), ["Bao", "Dr. Chen", "Nurse Ada"]);
    for (name, id) in [("Bao", "bao"), ("Dr. Chen", "dr-chen"), ("Nurse Ada", "nurse-ada")] {
        let visitor = demo.visits(name).await;
        assert_eq!(visitor.engine.user_id().as_deref(), Some(id));
        let page = soon(visitor.engine.get_conversations(None, 100)).await.unwrap();
        let groups: Vec<_> = page.conversations.iter().map(|group| (&*group.title, group.member_count)).collect();
        assert_eq!(groups, [("Ward 3", 12), ("Campus", 200), ("City alert", 5_000)]);
        for group in page.conversations {
            assert!(group.last_message.is_some());
            let history = visitor.engine.get_messages(&group.conversation, 0, TimeOrder::Before, 100);
            let messages = soon(history).await.unwrap().messages;
            let days = (messages[0].sent_time - messages[messages.len() - 1].sent_time) / 86_400_000;
            assert!((1..9).contains(&days), "{} has a past of {days} days", group.title);
            let senders: Vec<_> = messages.iter().flat_map(|message| message.sender_user_id.as_deref()).collect();
            let people = soon(visitor.engine.get_users(&group.conversation, &senders)).await.unwrap();
            assert!(people.len() == senders.len() && people.iter().all(|user| !user.name.is_empty()), "{people:?}");
            let receipts = messages.iter().flat_map(|message| &message.group_read_receipt_info);
            let (own, others): (Vec<_>, Vec<_>) = receipts.partition(|receipt| receipt.total_count > 0);
            assert!(!own.is_empty(), "{name} has asked {}", group.title);
            assert!(own.iter().all(|receipt| receipt.read_count > 0));
            assert!(others.iter().any(|receipt| !receipt.has_respond), "somebody waits for {name} in {}", group.title);
        }
    }
}

#[tokio::test]
async fn the_members_of_the_demo_answer_and_it_ends_when_it_is_told_to() {
    let demo = Demo::starts();
    let mut ada = demo.visits("Nurse Ada").await;
    let mut chen = demo.visits("Dr. Chen").await;
    // Nine members are simulated, and one of them never reads.
    assert_eq!(ada.asks("ward-3", 8).await, 11);
    assert_eq!(chen.asks("campus", 100).await, 199);
    assert_eq!(ada.asks("city-alert", 500).await, 4_999);
    // Whoever visits is among those who were asked, and answers by hand.
    let mut bao = demo.visits("Bao").await;
    let asked = async {
        loop {
            let event = bao.events.next().await.expect("the engine lives");
            if let Event::GroupMessageReadReceiptRequestReceived { sender_user_id, conversation, message_uid } = event
                && sender_user_id == "nurse-ada"
                && conversation.target_id() == "city-alert"
            {
                return (conversation, message_uid);
            }
        }
    };
    let (conversation, message_uid) = soon(asked).await;
    soon(bao.engine.send_read_receipt_response(&conversation, &[message_uid])).await.unwrap();
    assert_eq!(demo.ends_when_interrupted(), Some(0));
}

#[cfg(not(feature = "web"))]
#[test]
fn the_demo_of_a_program_without_the_page_says_what_to_do() {
    let (_, said) = crate::seenby::Installation::new().fails(&["demo"]);
    assert!(said.contains("make web") && said.contains("seenby demo --terminal"), "{said}");
}
