//! Sending, recalling, and going with age.

use std::collections::BTreeMap;

use super::{Ledger, Result, Stop};
use crate::{
    Change, ClientRef, ConversationName, ConversationNumber, Denied, Draft, GroupNumber, LogEvent, Message, MessageKey,
    Notice, Publication, Sent, Slot, Timestamp, UserId,
};

impl Ledger {
    /// Stores a message. The same reference from the same sender is the same message.
    pub(super) fn send(
        &mut self,
        name: &ConversationName,
        user: &UserId,
        draft: &Draft,
        now: Timestamp,
    ) -> Result<Sent> {
        let (conversation, slot) = self.enter(name, user)?;
        match self.find_sent(conversation, user, &draft.client_ref)? {
            Some(sent) => Ok(sent),
            None => {
                let publication = Publication { draft: draft.clone(), hidden_from_sender: false };
                Ok(self.store_message(conversation, user, slot, publication, now))
            }
        }
    }

    /// In a conversation that was loaded before, and with a reference that was not there.
    pub(super) fn store_message(
        &mut self,
        conversation: ConversationNumber,
        user: &UserId,
        slot: Slot,
        publication: Publication,
        now: Timestamp,
    ) -> Sent {
        let Publication { draft, hidden_from_sender } = publication;
        let entered = self.conversations.get(&conversation).expect("entered");
        let group = entered.group;
        let after_newest = entered.last_uid.map_or(Timestamp(0), |newest| newest.time().next());
        let uid = self.uids.next(now, after_newest);
        let at = self.log(conversation, LogEvent::Sent(uid), uid.time());
        let entered = self.conversations.get_mut(&conversation).expect("entered");
        entered.last_uid = Some(uid);
        let message = Message {
            key: MessageKey { conversation, uid },
            group,
            sequence: entered.head,
            sender: user.clone(),
            sender_slot: slot,
            sent_at: at,
            client_ref: draft.client_ref,
            group_version: self.version_of(group),
            content: draft.content,
            recalled_at: None,
            hidden_from_sender,
        };
        self.batch.send_message(message.clone());
        if draft.need_receipt {
            let audience = self.audience_after(&message, &[]);
            self.open_request(&message, audience, now);
        }
        Sent::from(&message)
    }

    pub(super) fn find_sent(
        &self,
        conversation: ConversationNumber,
        user: &UserId,
        client_ref: &ClientRef,
    ) -> Result<Option<Sent>> {
        let Some(uid) = self.batch.sent(conversation, user, client_ref).ok_or(Stop::Unknown)? else {
            return Ok(None);
        };
        let message = self.find_message(MessageKey { conversation, uid })?;
        Ok(message.as_ref().map(Sent::from))
    }

    /// The sender takes a message back; its content and its receipts go. Recalling twice changes nothing.
    pub(super) fn recall(&mut self, key: MessageKey, user: &UserId, now: Timestamp) -> Result<()> {
        let mut message = self.find_message(key)?.ok_or(Denied::MessageNotFound)?;
        if message.sender != *user {
            return Err(Denied::RecallNotSender.into());
        }
        if message.recalled_at.is_some() {
            return Ok(());
        }
        if self.load_request(key)? {
            self.drop_request(&message);
        }
        message.recalled_at = Some(self.log(key.conversation, LogEvent::Recalled(key.uid), now));
        message.content.clear();
        self.batch.save_message(message);
        Ok(())
    }

    /// Old messages go for good, and their receipts with them.
    pub(super) fn expire(&mut self, keys: &[MessageKey]) -> Result<()> {
        let mut found = BTreeMap::new();
        for &key in keys {
            if let Some(message) = self.find_message(key)? {
                self.load_conversation(key.conversation)?;
                found.insert(key, message);
            }
        }
        for message in found.into_values() {
            self.drop_request(&message);
            self.batch.drop_message(message);
        }
        Ok(())
    }

    /// All that was too old at this reading of the clock is gone: see [`retention`](crate::retention).
    pub(super) fn swept(&mut self, at: Timestamp) {
        self.batch.commit.changes.push(Change::Swept(at));
    }

    fn drop_request(&mut self, message: &Message) {
        let app = self.app_of(message.key.conversation);
        self.requests.pop(&message.key);
        self.batch.answered.remove(&message.key);
        self.batch.commit.changes.push(Change::RequestDropped(message.key));
        self.batch.commit.changes.push(Change::RequestUnlisted(app, message.sender.clone(), message.key));
    }

    fn version_of(&self, group: GroupNumber) -> u64 {
        self.groups.peek(&group).expect("entered").version
    }

    /// Appends to a conversation's log and returns the entry's time.
    pub(super) fn log(&mut self, number: ConversationNumber, event: LogEvent, now: Timestamp) -> Timestamp {
        let group = self.conversations.get(&number).expect("entered").group;
        let version = self.version_of(group);
        let conversation = self.conversations.get_mut(&number).expect("entered");
        let entry = conversation.append(event, version, now);
        let at = entry.at;
        self.batch.commit.changes.push(Change::Logged(number, entry));
        if self.batch.logged.insert(number) {
            self.batch.commit.notices.push(Notice::Logged { group, conversation: number });
        }
        at
    }
}

impl From<&Message> for Sent {
    fn from(message: &Message) -> Self {
        Self { uid: message.key.uid, sequence: message.sequence, sent_at: message.sent_at }
    }
}
