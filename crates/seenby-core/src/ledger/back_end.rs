//! What a back end does in a user's name. It speaks for the whole app, so nobody has to be a member.

use super::{Ledger, Result};
use crate::view;
use crate::{ConversationName, ConversationNumber, GroupNumber, Publication, Sent, Slot, Timestamp, UserId};

impl Ledger {
    /// A back end sends one message to several conversations in a user's name: to all, or to none. The user need not be a
    /// member.
    pub(super) fn publish(
        &mut self,
        names: &[ConversationName],
        user: &UserId,
        publication: &Publication,
        now: Timestamp,
    ) -> Result<Vec<Sent>> {
        let mut targets = Vec::with_capacity(names.len());
        for name in names {
            let conversation = self.enter_for_back_end(name)?;
            // To be known when the message is written.
            self.find_slot(self.group_of(conversation), user)?;
            targets.push((conversation, self.find_sent(conversation, user, &publication.draft.client_ref)?));
        }
        let sent = targets
            .into_iter()
            .map(|(conversation, sent)| sent.unwrap_or_else(|| self.publish_to(conversation, user, publication, now)));
        Ok(sent.collect())
    }

    fn publish_to(
        &mut self,
        conversation: ConversationNumber,
        user: &UserId,
        publication: &Publication,
        now: Timestamp,
    ) -> Sent {
        // The same conversation may be named twice.
        if let Ok(Some(sent)) = self.find_sent(conversation, user, &publication.draft.client_ref) {
            return sent;
        }
        let slot = self.visitor_slot(self.group_of(conversation), user, now);
        self.store_message(conversation, user, slot, publication.clone(), now)
    }

    /// The slot of a user who may never have been in the group. Such a user joins and leaves in the same step: the slot is
    /// theirs from then on, and nobody ever saw them as a member.
    fn visitor_slot(&mut self, group: GroupNumber, user: &UserId, now: Timestamp) -> Slot {
        if let Some(slot) = self.slots.get(&(group, user.clone())) {
            return *slot;
        }
        let visited = self.loaded_group(group);
        let joined = visited.join(user, None, now).expect("somebody without a slot is not present");
        let slot = joined.slot;
        let left = visited.leave(user, slot, now).expect("just came in");
        let app = visited.name.app.clone();
        self.slots.put((group, user.clone()), slot);
        [joined, left].into_iter().for_each(|step| self.batch.change_membership(&app, step));
        slot
    }

    /// The conversation that a back end names, for which nobody has to be a member.
    pub(super) fn enter_for_back_end(&mut self, name: &ConversationName) -> Result<ConversationNumber> {
        let number = self.find_group_number(&name.group)?;
        let conversation = self.find_conversation_number(name)?;
        let group = number.map(|number| self.load_group(number)).transpose()?;
        let conversation = view::enter_for_back_end(group.as_deref(), conversation)?;
        self.load_conversation(conversation)?;
        Ok(conversation)
    }
}
