//! What a back end does in a user's name. It speaks for the whole app, so nobody has to be a member.

use super::{Denied, Ledger, Result, Sent};
use crate::{
    Change, ConversationName, ConversationNumber, GroupName, MessageKey, MessageUid, Publication, Slot, Source,
    Timestamp, UserId,
};

impl<S: Source> Ledger<S> {
    /// A back end sends one message to several conversations in a user's name: to all, or to none. The user need not be a
    /// member.
    pub fn publish(
        &mut self,
        names: &[ConversationName],
        user: &UserId,
        publication: &Publication,
        now: Timestamp,
    ) -> Result<Vec<Sent>, S> {
        let found = names.iter().map(|name| self.open_conversation_of(name)).collect::<Result<Vec<_>, S>>()?;
        let mut sent = Vec::with_capacity(found.len());
        for (name, conversation) in names.iter().zip(found) {
            let slot = self.visitor_slot(&name.group, user, now)?;
            sent.push(self.store_message(conversation, user, slot, publication.clone(), now)?);
        }
        Ok(sent)
    }

    /// The slot of somebody who may never have been in the group. Such a one comes in and leaves in the same step: the
    /// slot is theirs from then on, and nobody ever saw them in.
    fn visitor_slot(&mut self, name: &GroupName, user: &UserId, now: Timestamp) -> Result<Slot, S> {
        let group = self.live_group(name)?;
        if let Some(slot) = self.find_slot(group, user)? {
            return Ok(slot);
        }
        let visited = self.load_group(group)?;
        let joined = visited.join(user, None, now).expect("somebody without a slot is not present");
        let slot = joined.slot;
        let left = visited.leave(user, slot, now).expect("just came in");
        self.changed_groups.insert(group);
        self.slots.put((group, user.clone()), slot);
        let steps = [joined, left].map(|step| Change::MembershipChanged(name.app.clone(), step));
        self.commit.changes.extend(steps);
        Ok(slot)
    }

    /// A back end asks for the sender, who need not be a member.
    pub fn ask_for_sender(&mut self, name: &ConversationName, uid: MessageUid, now: Timestamp) -> Result<(), S> {
        let conversation = self.open_conversation_of(name)?;
        let message = self.find_message(MessageKey { conversation, uid })?.ok_or(Denied::MessageNotFound)?;
        self.ask_about(&message, now)
    }

    /// A back end takes a message back, in the name of its sender, who need not be a member.
    pub fn recall_for_sender(
        &mut self,
        name: &ConversationName,
        sender: &UserId,
        uid: MessageUid,
        now: Timestamp,
    ) -> Result<(), S> {
        let conversation = self.open_conversation_of(name)?;
        let message = self.find_message(MessageKey { conversation, uid })?.ok_or(Denied::MessageNotFound)?;
        self.recall_of(message, sender, now)
    }

    /// The conversation that a back end names, for which nobody has to be a member.
    fn open_conversation_of(&mut self, name: &ConversationName) -> Result<ConversationNumber, S> {
        self.live_group(&name.group)?;
        let conversation = self.find_conversation_number(name)?.ok_or(Denied::UnknownChannel)?;
        self.load_conversation(conversation)?;
        Ok(conversation)
    }
}
