//! Who may see what: of a group, of a message, and of those who have read it.
//!
//! Whoever looks something up reads first and asks here then, with what was found: the ledger, the sessions and the server
//! API look by the same rules. [`pages`] has the lists, page by page.
//!
//! Deliberately absent: reading, and the texts of places (page tokens and cursors), which are made at the edge.

pub mod pages;

use std::borrow::Borrow;

pub use self::pages::{ConversationPlace, ReceiptList, ReceiptPage, ReceiptPlace, Rows};
use crate::{ConversationName, ConversationNumber, Denied, Group, Message, ReceiptRequest, Slot, UserId};

/// A user comes with a call about a conversation: which one it is, and the user's slot there. Somebody who is not a member
/// learns nothing else, not even whether the group exists.
pub fn enter(
    name: &ConversationName,
    group: Option<&Group>,
    slot: Option<Slot>,
    conversation: Option<ConversationNumber>,
) -> Result<(ConversationNumber, Slot), Denied> {
    match (group, slot) {
        (Some(group), Some(slot)) if group.is_present(slot) => {
            conversation.map(|conversation| (conversation, slot)).ok_or(Denied::UnknownChannel)
        }
        _ => Err(Denied::NotMember(name.group.kind)),
    }
}

/// A back end comes with a call about a conversation, for which nobody has to be a member.
pub fn enter_for_back_end(
    group: Option<&Group>,
    conversation: Option<ConversationNumber>,
) -> Result<ConversationNumber, Denied> {
    live(group)?;
    conversation.ok_or(Denied::UnknownChannel)
}

/// A group that was dismissed is as good as none.
pub fn live<G: Borrow<Group>>(group: Option<G>) -> Result<G, Denied> {
    group.filter(|group| !group.borrow().dismissed).ok_or(Denied::UnknownGroup)
}

/// A message about whose readers its sender asks; nobody else may.
pub fn own_message(found: Option<Message>, user: &UserId) -> Result<Message, Denied> {
    let message = found.ok_or(Denied::MessageNotFound)?;
    if message.sender != *user {
        return Err(Denied::NotSender);
    }
    unrecalled(Some(message))
}

/// What was recalled has nothing left to see.
pub fn unrecalled(found: Option<Message>) -> Result<Message, Denied> {
    found.filter(|message| message.recalled_at.is_none()).ok_or(Denied::MessageNotFound)
}

/// A member of a group, looking at its messages.
#[derive(Debug, Clone, Copy)]
pub struct Viewer<'a> {
    pub user: &'a UserId,
    pub slot: Slot,
}

/// What a receipt request has to do with somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Sees who has read, and how many.
    Sender,
    /// Was asked.
    Receiver { answered: bool },
}

/// Where somebody stands who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptStatus {
    Read,
    Unread,
    Left,
}

impl Viewer<'_> {
    /// Whether a message is sent to this member's devices: not once it was recalled, nor if it was published in the
    /// member's own name and is not for them.
    pub fn is_sent(&self, message: &Message) -> bool {
        message.recalled_at.is_none() && !(message.hidden_from_sender && message.sender == *self.user)
    }

    /// `None`: this member sees nothing of the request.
    pub fn part_in(&self, request: &ReceiptRequest) -> Option<Part> {
        match request.sender == *self.user {
            true => Some(Part::Sender),
            false if request.was_asked(self.slot) => Some(Part::Receiver { answered: request.has_answered(self.slot) }),
            false => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AppKey, ChannelId, ClientRef, GroupId, GroupKind, GroupName, GroupNumber, MessageKey, MessageUid, Sequence,
        Timestamp,
    };

    const CHANNEL: Option<ConversationNumber> = Some(ConversationNumber(7));

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    fn lab() -> ConversationName {
        let (app, id) = (AppKey::new("hospital").unwrap(), GroupId::new("ward-3").unwrap());
        ConversationName::new(GroupName { app, kind: GroupKind::UltraGroup, id }, ChannelId::new("lab").ok())
    }

    /// Alice and Bob are in, Carol has left.
    fn ward() -> (Group, [Slot; 3]) {
        let mut group = Group::new(GroupNumber(1), lab().group, "Ward 3".into(), Timestamp(1));
        let slots = ["alice", "bob", "carol"].map(|name| group.join(&user(name), None, Timestamp(2)).unwrap().slot);
        group.leave(&user("carol"), slots[2], Timestamp(3)).unwrap();
        (group, slots)
    }

    fn sent_by_alice() -> Message {
        Message {
            key: MessageKey { conversation: ConversationNumber(7), uid: MessageUid::MIN },
            group: GroupNumber(1),
            sequence: Sequence(1),
            sender: user("alice"),
            sender_slot: Slot(0),
            sent_at: Timestamp(4),
            client_ref: ClientRef::new("1").unwrap(),
            group_version: 4,
            content: b"hello".to_vec(),
            recalled_at: None,
            hidden_from_sender: false,
        }
    }

    #[test]
    fn a_member_enters_and_whoever_is_none_learns_nothing_else() {
        let (group, [alice, _, carol]) = ward();
        assert_eq!(enter(&lab(), Some(&group), Some(alice), CHANNEL), Ok((ConversationNumber(7), alice)));
        assert_eq!(enter(&lab(), Some(&group), Some(alice), None), Err(Denied::UnknownChannel));
        let not_member = Err(Denied::NotMember(GroupKind::UltraGroup));
        for conversation in [CHANNEL, None] {
            assert_eq!(enter(&lab(), Some(&group), Some(carol), conversation), not_member, "she has left");
            assert_eq!(enter(&lab(), Some(&group), None, conversation), not_member, "was never in");
            assert_eq!(enter(&lab(), None, None, conversation), not_member, "there is no such group");
        }
    }

    #[test]
    fn a_back_end_enters_without_a_member_while_the_group_is_alive() {
        let (mut group, _) = ward();
        assert_eq!(enter_for_back_end(Some(&group), CHANNEL), Ok(ConversationNumber(7)));
        assert_eq!(enter_for_back_end(Some(&group), None), Err(Denied::UnknownChannel));
        assert_eq!(enter_for_back_end(None, CHANNEL), Err(Denied::UnknownGroup));
        group.dismissed = true;
        assert_eq!(enter_for_back_end(Some(&group), CHANNEL), Err(Denied::UnknownGroup));
    }

    #[test]
    fn only_the_sender_can_list_readers() {
        let message = sent_by_alice();
        let recalled = Message { recalled_at: Some(Timestamp(5)), ..message.clone() };
        assert_eq!(own_message(Some(message.clone()), &user("alice")), Ok(message.clone()));
        assert_eq!(own_message(Some(message), &user("bob")), Err(Denied::NotSender));
        assert_eq!(own_message(Some(recalled.clone()), &user("bob")), Err(Denied::NotSender));
        assert_eq!(own_message(Some(recalled), &user("alice")), Err(Denied::MessageNotFound));
        assert_eq!(own_message(None, &user("alice")), Err(Denied::MessageNotFound));
    }

    #[test]
    fn a_message_is_sent_to_all_unless_it_was_recalled_or_is_hidden_from_its_sender() {
        let (alice, bob) = (user("alice"), user("bob"));
        let are_sent = |message: &Message| {
            [(&alice, 0), (&bob, 1)].map(|(user, slot)| Viewer { user, slot: Slot(slot) }.is_sent(message))
        };
        assert_eq!(are_sent(&sent_by_alice()), [true, true]);
        assert_eq!(are_sent(&Message { hidden_from_sender: true, ..sent_by_alice() }), [false, true]);
        assert_eq!(are_sent(&Message { recalled_at: Some(Timestamp(5)), ..sent_by_alice() }), [false, false]);
    }

    #[test]
    fn a_request_is_seen_by_its_sender_and_by_those_who_were_asked() {
        let request = ReceiptRequest::new(sent_by_alice().key, user("alice"), Timestamp(4), (1..3).collect());
        let request = request.with_readers([Slot(2)]);
        let part = |name, slot| Viewer { user: &user(name), slot: Slot(slot) }.part_in(&request);
        assert_eq!(part("alice", 0), Some(Part::Sender));
        assert_eq!(part("bob", 1), Some(Part::Receiver { answered: false }));
        assert_eq!(part("carol", 2), Some(Part::Receiver { answered: true }));
        assert_eq!(part("dave", 3), None, "he came later");
    }
}
