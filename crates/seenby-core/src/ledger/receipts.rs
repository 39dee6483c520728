//! Asking who has read a message, and answering.

use roaring::RoaringBitmap;
use smallvec::SmallVec;

use super::{Ledger, Result, Stop};
use crate::receipts::Applied;
use crate::view;
use crate::{
    Answer, Change, ConversationName, Denied, DeviceNumber, GroupNumber, LogEvent, MembershipChange, Message,
    MessageKey, MessageUid, Notice, ReceiptRequest, Timestamp, UserId,
};

/// Of one message.
type Outcome = std::result::Result<(), Denied>;

impl Ledger {
    /// The sender of a message asks who has read it, or a back end asks for the sender: `user` is `None` then. Asking twice
    /// changes nothing.
    pub(super) fn ask(&mut self, key: MessageKey, user: Option<&UserId>, now: Timestamp) -> Result<()> {
        let found = self.find_message(key)?;
        let message = match user {
            Some(user) => view::own_message(found, user)?,
            None => view::unrecalled(found)?,
        };
        if !self.load_request(key)? {
            let audience = self.audience(&message)?;
            self.open_request(&message, audience, now);
        }
        Ok(())
    }

    pub(super) fn open_request(&mut self, message: &Message, audience: RoaringBitmap, now: Timestamp) {
        let at = self.log(message.key.conversation, LogEvent::ReceiptRequested(message.key.uid), now);
        let request = ReceiptRequest::new(message.key, message.sender.clone(), at, audience);
        let app = self.app_of(message.key.conversation);
        self.batch.commit.changes.push(Change::RequestCreated(request.clone()));
        self.batch.commit.changes.push(Change::RequestListed(app, message.sender.clone(), message.key));
        self.requests.put(message.key, request);
    }

    /// Those who were in the group when the message was sent and still are, less the sender.
    fn audience(&mut self, message: &Message) -> Result<RoaringBitmap> {
        let since = self.changes_since(message.group, message.group_version)?;
        Ok(self.audience_after(message, &since))
    }

    /// The audience of a message that was sent before these changes of membership, the last ones of its group.
    pub(super) fn audience_after(&mut self, message: &Message, since: &[MembershipChange]) -> RoaringBitmap {
        let group = self.loaded_group(message.group);
        let mut audience = group.present_before(since);
        audience &= &group.present;
        audience.remove(message.sender_slot.0);
        audience.optimize();
        audience
    }

    fn changes_since(&self, group: GroupNumber, version: u64) -> Result<Vec<MembershipChange>> {
        match self.groups.peek(&group).is_some_and(|group| group.version == version) {
            true => Ok(Vec::new()),
            false => self.batch.changes_after(group, version).ok_or(Stop::Unknown),
        }
    }

    /// A member answers for messages of one conversation: one outcome for each, in order. The first answer of a member
    /// counts; later ones are fine and change nothing.
    pub fn answer(
        &mut self,
        name: &ConversationName,
        user: &UserId,
        from: Option<DeviceNumber>,
        uids: &[Option<MessageUid>],
        now: Timestamp,
    ) -> Result<Vec<Outcome>> {
        let (conversation, slot) = self.enter(name, user)?;
        let mut outcomes = Vec::with_capacity(uids.len());
        for uid in uids {
            outcomes.push(match *uid {
                Some(uid) => self.may_answer(MessageKey { conversation, uid })?,
                None => Err(Denied::InvalidUid),
            });
        }
        let mut counted = SmallVec::new();
        for (uid, outcome) in uids.iter().zip(&mut outcomes).filter(|(_, outcome)| outcome.is_ok()) {
            let Some(uid) = *uid else { continue };
            match self.apply_answer(MessageKey { conversation, uid }, Answer { slot, at: now }) {
                Applied::Counted => counted.push(uid),
                Applied::AlreadyCounted => {}
                Applied::NotInAudience => *outcome = Err(Denied::NotInAudience),
            }
        }
        if !counted.is_empty() {
            let (app, user) = (name.group.app.clone(), user.clone());
            self.batch.commit.notices.push(Notice::Answered { app, user, from, conversation, uids: counted });
        }
        Ok(outcomes)
    }

    /// Whether a message may be answered for; then its request is loaded.
    fn may_answer(&mut self, key: MessageKey) -> Result<Outcome> {
        Ok(match self.load_request(key)? {
            true => Ok(()),
            false => view::unrecalled(self.find_message(key)?).and(Err(Denied::NotRequested)),
        })
    }

    fn apply_answer(&mut self, key: MessageKey, answer: Answer) -> Applied {
        let applied = self.loaded_request(key).apply(answer);
        if applied == Applied::Counted {
            self.batch.answered.insert(key);
        }
        applied
    }
}
