//! What people do with their phones, and back ends in their names.

use std::time::Duration;

use seenby_core::commit::UserChange;
use seenby_core::{Call, ClientRef, Draft as Content, MessageKey, MessageUid, Publication, Timestamp};
use seenby_protocol::codec;
use seenby_protocol::frames::{self, client_frame};
use seenby_server::machine::issue_token;
use seenby_storage::Storage as _;

use crate::phone::Draft;
use crate::place::Place;
use crate::world::{BEGIN_MS, World};

const TOKEN_LIFETIME: Duration = Duration::from_secs(100 * 365 * 86_400);

impl World {
    pub fn do_something(&mut self) {
        for _ in 0..self.choice.below(3) {
            let phone = self.some_phone();
            self.use_phone(phone);
        }
        if self.choice.once_in(self.knobs.back_end_every) {
            self.use_back_end();
        }
    }

    fn use_phone(&mut self, number: usize) {
        self.next_number += 1;
        let now = self.now;
        let place = self.some_place();
        let own = match self.choice.once_in(8) {
            true => self.some_message(number),
            false => self.choice.of(&self.phones[number].shown.own_messages).cloned(),
        };
        self.summary.calls += 1;
        match self.choice.below(26) {
            0 => self.join_or_leave(number, &place),
            1 => self.phones[number].session.disconnect(),
            2..=6 if !self.phones[number].is_online() => self.connect(number),
            2..=5 => self.send(number, place),
            6 => self.send_again(number),
            7..=9 if let Some((place, uid)) = own => self.phones[number].ask(now, &place, uid),
            10 if let Some((place, uid)) = own => self.phones[number].recall(now, &place, uid),
            11 => self.answer_badly(number, &place),
            12..=17 => self.answer(number),
            _ => self.look_up(number, place),
        }
    }

    /// Any message of the phone's app, whoever sent it.
    fn some_message(&mut self, number: usize) -> Option<(Place, String)> {
        let app = &self.phones[number].app;
        let conversations = self.model.conversations.iter().filter(|(name, _)| name.group.app == *app);
        let messages: Vec<_> =
            conversations.flat_map(|(name, of)| of.messages.keys().map(move |uid| (name, uid))).collect();
        let (name, uid) = self.choice.of(&messages)?;
        Some((Place::of_name(name), uid.to_string()))
    }

    fn some_place(&mut self) -> Place {
        self.choice.of(&self.places).expect("there are some").clone()
    }

    pub fn connect(&mut self, number: usize) {
        let phone = &self.phones[number];
        let app = self.apps.iter().find(|app| app.key == phone.app).expect("its app");
        let token = issue_token(app, &phone.user, Timestamp(BEGIN_MS), TOKEN_LIFETIME);
        self.phones[number].connect(self.now, token);
    }

    fn send(&mut self, number: usize, place: Place) {
        let need_receipt = self.choice.once_in(2);
        let draft = Draft { place, number: self.next_number, need_receipt };
        self.phones[number].send(self.now, draft);
    }

    /// The same message, whatever became of it before.
    fn send_again(&mut self, number: usize) {
        if let Some(draft) = self.choice.of(&self.phones[number].shown.drafts).cloned() {
            self.phones[number].send(self.now, draft);
        }
    }

    /// Some of the messages of one conversation that this phone was asked about, answered already or not.
    fn answer(&mut self, number: usize) {
        let requests: Vec<_> = self.phones[number].shown.requests.iter().cloned().collect();
        let Some((place, _)) = self.choice.of(&requests).cloned() else { return };
        let here: Vec<_> = requests.into_iter().filter(|(other, _)| *other == place).map(|(_, uid)| uid).collect();
        let (first, count) = (self.choice.below(here.len()), 1 + self.choice.below(5));
        let uids = here.into_iter().skip(first).take(count).collect();
        self.phones[number].answer(self.now, &place, uids);
    }

    /// Among others for ids that never were, are none, are of elsewhere, or that nobody asked about.
    fn answer_badly(&mut self, number: usize, place: &Place) {
        let never = MessageUid::first_at(Timestamp(BEGIN_MS + self.next_number)).to_string();
        let messages: Vec<_> = self.phones[number].shown.messages.iter().map(|(_, uid)| uid.clone()).collect();
        let other = self.some_phone();
        let elsewhere: Vec<_> = self.phones[other].shown.requests.iter().map(|(_, uid)| uid.clone()).collect();
        let all = [vec![never, "no id at all".into()], messages, elsewhere].concat();
        let uids = (0..1 + self.choice.below(4)).filter_map(|_| self.choice.of(&all).cloned()).collect();
        self.phones[number].answer(self.now, place, uids);
    }

    fn join_or_leave(&mut self, number: usize, place: &Place) {
        let (app, user) = (self.phones[number].app.clone(), self.phones[number].user.clone());
        let group = place.group_name(&app);
        let users = vec![user.clone()];
        self.administer(match self.model.is_member(&group, &user) {
            true => Call::Leave { group, users },
            false => Call::Join { group, users },
        });
    }
}

/// Looking things up.
impl World {
    fn look_up(&mut self, number: usize, place: Place) {
        let shown = &self.phones[number].shown;
        let known: Vec<_> = shown.own_messages.iter().chain(&shown.messages).cloned().collect();
        let next_page = self.choice.of(&shown.pages).cloned();
        let about = self.choice.of(&known).cloned();
        let (place, message_uid) = about.unwrap_or((place, MessageUid::first_at(Timestamp(BEGIN_MS)).to_string()));
        let conversation = Some(place.wire());
        let count = self.choice.between(1, self.knobs.page_size_max as u64) as u32;
        let way = self.choice.below(2) as i32;
        let user_ids = self.users.iter().take(count as usize).map(ToString::to_string).collect();
        let query = match self.choice.below(10) {
            0 => client_frame::Call::ListConversations(frames::ListConversations { page_token: String::new(), count }),
            1 => client_frame::Call::GetHistory(frames::GetHistory {
                conversation,
                order: way,
                count,
                ..Default::default()
            }),
            2 => {
                let message_uids = vec![message_uid; count as usize];
                client_frame::Call::GetReceiptCounts(frames::GetReceiptCounts { conversation, message_uids })
            }
            3 => client_frame::Call::GetMessage(frames::GetMessage { conversation, message_uid }),
            4 => client_frame::Call::GetMessage(frames::GetMessage { conversation: None, message_uid }),
            5 => client_frame::Call::FindReceiptUsers(frames::FindReceiptUsers { conversation, message_uid, user_ids }),
            6 => client_frame::Call::GetUsers(frames::GetUsers { conversation, user_ids }),
            7 => {
                let from_ordinal = self.choice.below(3) as u32;
                client_frame::Call::GetReaders(frames::GetReaders { conversation, message_uid, from_ordinal, count })
            }
            8 if let Some(page) = next_page => page,
            _ => client_frame::Call::ListReceiptUsers(frames::ListReceiptUsers {
                conversation,
                message_uid,
                status: self.choice.below(3) as i32,
                order: way,
                page_token: String::new(),
                count,
            }),
        };
        self.phones[number].query(self.now, query);
    }
}

/// Back ends.
impl World {
    fn use_back_end(&mut self) {
        self.next_number += 1;
        let app = self.choice.of(&self.apps).expect("there are some").key.clone();
        let user = self.choice.of(&self.users).expect("there are some").clone();
        let place = self.some_place();
        let (group, conversation) = (place.group_name(&app), place.name(&app));
        let known: Vec<_> = self.model.conversations[&conversation]
            .messages
            .iter()
            .map(|(uid, known)| (*uid, known.sender.clone()))
            .collect();
        let message = self.choice.of(&known).cloned();
        let channel = place.channel_id().filter(|channel| channel.as_str() != "RCDefault");
        let call = match self.choice.below(14) {
            0..=3 => self.publication(&app, user),
            4..=5 if let Some((uid, _)) = message => Call::AskForSender { conversation, uid },
            6 if let Some((uid, user)) = message => Call::RecallForSender { conversation, user, uid },
            7 if let Some((uid, _)) = message => {
                let number = self.store.snapshot().conversation_number(&conversation).ok().flatten();
                let Some(conversation) = number else { return };
                Call::Expire(vec![MessageKey { conversation, uid }])
            }
            8 | 9 if let Some(channel) = channel => match self.model.conversations[&conversation].is_open {
                true => Call::DeleteChannel { group, channel },
                false => Call::CreateChannel { group, channel },
            },
            10 if self.choice.once_in(4) => Call::Dismiss { group },
            11 => Call::CreateGroup { group, title: String::new() },
            12 => {
                let blocked = Some(!self.model.blocked.contains(&(app.clone(), user.clone())));
                Call::SaveUser { app, user, change: UserChange { blocked, ..UserChange::default() } }
            }
            _ => Call::Join { group, users: vec![user] },
        };
        self.administer(call);
    }

    /// In the name of somebody who need not be in the group, and perhaps never was.
    fn publication(&mut self, app: &seenby_core::AppKey, user: seenby_core::UserId) -> Call {
        let stranger = seenby_core::UserId::new("the back end").expect("a good name");
        let user = if self.choice.once_in(3) { stranger } else { user };
        let text = frames::TextContent { text: "to all".into() };
        let content = frames::Content { kind: Some(frames::content::Kind::Text(text)), ..Default::default() };
        let client_ref = ClientRef::new(&format!("back end {}", self.next_number)).expect("a good name");
        let need_receipt = self.choice.once_in(2);
        let (first, second) = (self.some_place().name(app), self.some_place().name(app));
        let conversations = if first == second { vec![first] } else { vec![first, second] };
        let draft = Content { client_ref, content: codec::encode(&content), need_receipt };
        let hidden_from_sender = self.choice.once_in(3);
        Call::Publish { conversations, user, publication: Publication { draft, hidden_from_sender } }
    }
}
