//! Asking who has read a message, and answering.

use roaring::RoaringBitmap;

use super::{Answered, Denied, Failure, Ledger, Result};
use crate::receipts::Applied;
use crate::{
    Answer, Change, ConversationName, GroupNumber, LogEvent, MembershipChange, Message, MessageKey, MessageUid,
    ReceiptRequest, Source, Timestamp, UserId,
};

impl<S: Source> Ledger<S> {
    /// The sender of a message asks who has read it. Asking twice changes nothing.
    pub fn ask(&mut self, name: &ConversationName, user: &UserId, uid: MessageUid, now: Timestamp) -> Result<(), S> {
        let (conversation, _) = self.enter(name, user)?;
        let message = self.find_message(MessageKey { conversation, uid })?.ok_or(Denied::MessageNotFound)?;
        match message.sender == *user {
            true => self.ask_about(&message, now),
            false => Err(Denied::NotSender.into()),
        }
    }

    pub(super) fn ask_about(&mut self, message: &Message, now: Timestamp) -> Result<(), S> {
        if message.recalled_at.is_some() {
            return Err(Denied::MessageNotFound.into());
        }
        match self.find_request(message.key)? {
            Some(_) => Ok(()),
            None => self.open_request(message, now),
        }
    }

    /// Opens a request to those who were in the group when the message was sent and still are, less the sender.
    pub(super) fn open_request(&mut self, message: &Message, now: Timestamp) -> Result<(), S> {
        let audience = self.audience(message)?;
        let at = self.log(message.key.conversation, LogEvent::ReceiptRequested(message.key.uid), now);
        let request = ReceiptRequest::new(message.key, message.sender.clone(), at, audience);
        let app = self.app_of(message.key.conversation)?;
        self.commit.changes.push(Change::RequestCreated(request.clone()));
        self.commit.changes.push(Change::RequestListed(app, message.sender.clone(), message.key));
        self.requests.put(message.key, request);
        Ok(())
    }

    fn audience(&mut self, message: &Message) -> Result<RoaringBitmap, S> {
        let since = self.changes_since(message.group, message.group_version)?;
        let group = self.groups.get(&message.group).expect("entered");
        let mut audience = group.present_before(&since);
        audience &= &group.present;
        audience.remove(message.sender_slot.0);
        audience.optimize();
        Ok(audience)
    }

    /// Stored changes, and those of this batch that the source does not have yet.
    fn changes_since(&self, group: GroupNumber, version: u64) -> Result<Vec<MembershipChange>, S> {
        if self.groups.peek(&group).is_some_and(|group| group.version == version) {
            return Ok(Vec::new());
        }
        let mut changes = self.source.membership_changes(group, version).map_err(Failure::Source)?;
        changes.extend(self.commit.changes.iter().filter_map(|change| match change {
            Change::MembershipChanged(_, change) if change.group == group && change.version > version => {
                Some(change.clone())
            }
            _ => None,
        }));
        Ok(changes)
    }

    /// A member answers for messages of one conversation: one outcome for each, in order. The first answer of a member
    /// counts; later ones are fine and change nothing.
    pub fn answer(
        &mut self,
        name: &ConversationName,
        user: &UserId,
        uids: &[MessageUid],
        now: Timestamp,
    ) -> Result<Answered, S> {
        let (conversation, slot) = self.enter(name, user)?;
        let mut outcomes = Vec::with_capacity(uids.len());
        let mut counted = Vec::new();
        for &uid in uids {
            let key = MessageKey { conversation, uid };
            outcomes.push(match self.answer_one(key, Answer { slot, at: now }) {
                Ok(Applied::Counted) => {
                    counted.push(uid);
                    Ok(())
                }
                Ok(Applied::AlreadyCounted) => Ok(()),
                Ok(Applied::NotInAudience) => Err(Denied::NotInAudience),
                Err(Failure::Denied(denied)) => Err(denied),
                Err(failure) => return Err(failure),
            });
        }
        Ok(Answered { outcomes, conversation, counted })
    }

    fn answer_one(&mut self, key: MessageKey, answer: Answer) -> Result<Applied, S> {
        let Some(request) = self.find_request(key)? else {
            return Err(self.why_no_request(key)?.into());
        };
        let applied = request.apply(answer);
        if applied == Applied::Counted {
            self.answered.insert(key);
        }
        Ok(applied)
    }

    fn why_no_request(&mut self, key: MessageKey) -> Result<Denied, S> {
        Ok(match self.find_message(key)? {
            Some(message) if message.recalled_at.is_none() => Denied::NotRequested,
            _ => Denied::MessageNotFound,
        })
    }
}
