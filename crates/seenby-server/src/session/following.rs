//! The conversations that a session follows, and how far the log of each has been sent.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;

use roaring::RoaringBitmap;
use seenby_core::view::{Part, Viewer};
use seenby_core::{
    Conversation, ConversationName, ConversationNumber, GroupNumber, LogEvent, Message, MessageKey, MessageUid,
    ReceiptRequest, Sequence, Slot, UserId,
};
use seenby_protocol::frames::{self, log_entry};

use crate::delivery::ReceiptNews;
use crate::log_page::{LogPage, PAGE_BYTES_MAX, PageEntry, PlaceInLog};
use crate::queries::{ReaderList, ViewedMessage};
use crate::reads::{GroupFound, PageFound};
use crate::to_wire;

#[derive(Debug)]
pub(crate) struct Following {
    user: UserId,
    followed: HashMap<ConversationNumber, Followed>,
    /// Those whose log goes on behind the position.
    behind: BTreeSet<ConversationNumber>,
    /// Whose turn it was last.
    turn: ConversationNumber,
    /// Of these the client may have something, and it is not told what happens there.
    away: HashSet<ConversationName>,
    has_returned: bool,
}

#[derive(Debug)]
pub(crate) struct Followed {
    pub(super) name: ConversationName,
    pub(crate) group: GroupNumber,
    slot: Slot,
    /// The client has been sent the log up to here.
    position: Sequence,
    /// The end of the log when this session began to follow it; everything up to here is old news.
    head: Sequence,
}

/// What a page of a log brings.
#[derive(Default)]
pub(super) struct Page {
    pub(super) entries: Option<frames::LogEntries>,
    /// Own messages of which the page tells a request, with those who have answered since.
    pub(super) asked: Vec<(MessageKey, ReceiptNews)>,
}

impl Following {
    pub(crate) fn new(user: UserId) -> Self {
        Self {
            user,
            followed: HashMap::new(),
            behind: BTreeSet::new(),
            turn: ConversationNumber(0),
            away: HashSet::new(),
            has_returned: false,
        }
    }

    pub(crate) fn get(&self, conversation: ConversationNumber) -> Option<&Followed> {
        self.followed.get(&conversation)
    }

    /// The client has something of these conversations; it may be that some are not followed.
    pub(crate) fn note_known(&mut self, known: impl IntoIterator<Item = ConversationName>) {
        let followed: HashSet<_> = self.followed.values().map(|followed| &followed.name).collect();
        self.away = known.into_iter().filter(|name| !followed.contains(name)).collect();
    }

    /// Whether a conversation is followed again of which the client may have something: only the client can say what it
    /// has missed there.
    pub(super) fn has_returned(&self) -> bool {
        self.has_returned
    }

    /// What was closed is open again.
    pub(super) fn reopen(&mut self, conversation: ConversationNumber) {
        self.has_returned |= self.followed.contains_key(&conversation);
    }

    /// The user has left.
    pub(super) fn leave(&mut self, group: GroupNumber) {
        let left = self.followed.extract_if(|_, followed| followed.group == group);
        self.away.extend(left.map(|(_, followed)| followed.name));
        self.behind.retain(|number| self.followed.contains_key(number));
    }

    /// How far the log of each conversation of this group has been sent.
    pub(super) fn positions(&self, group: GroupNumber) -> BTreeMap<ConversationName, Sequence> {
        let followed = self.followed.values().filter(|followed| followed.group == group);
        followed.map(|followed| (followed.name.clone(), followed.position)).collect()
    }

    /// Follows the conversations of a group that this user is in, and lets go of them when it is not. Gives whether it is.
    pub(crate) fn look_at(&mut self, found: GroupFound) -> bool {
        let Some(member) = found.member else {
            self.leave(found.group);
            return false;
        };
        for (conversation, position) in member.conversations {
            if !self.followed.contains_key(&conversation.number) {
                self.follow(conversation, member.membership.slot, position);
            }
        }
        true
    }

    fn follow(&mut self, conversation: Conversation, slot: Slot, position: Sequence) {
        let Conversation { number, group, name, head, .. } = conversation;
        let position = position.min(head);
        self.has_returned |= self.away.contains(&name);
        if position < head {
            self.behind.insert(number);
        }
        self.followed.insert(number, Followed { name, group, slot, position, head });
    }

    /// The logs of these have grown.
    pub(super) fn add_news(&mut self, conversations: impl IntoIterator<Item = ConversationNumber>) {
        let followed = &self.followed;
        self.behind.extend(conversations.into_iter().filter(|number| followed.contains_key(number)));
    }

    pub(super) fn is_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    /// The next page of a log that goes on. Conversations take turns, so a long one does not hold up the others.
    pub(super) fn ask(&mut self, entries_max: usize) -> Option<PlaceInLog> {
        let conversation = self.take_turn()?;
        let followed = self.followed.get(&conversation)?;
        // A page is either old news or not; the client shows the two differently.
        let limit = match followed.old() {
            0 => entries_max,
            old => entries_max.min(old as usize),
        };
        Some(PlaceInLog { conversation, group: followed.group, after: followed.position, limit })
    }

    pub(super) fn take_page(&mut self, found: PageFound) -> Page {
        let PageFound { place: PlaceInLog { conversation, group, .. }, page, readers } = found;
        let Some(followed) = self.followed.get(&conversation) else { return Page::default() };
        if !page.present.contains(followed.slot.0) {
            self.leave(group);
            return Page::default();
        }
        let (viewed, asked) = View { viewer: self.viewer(followed), readers }.page(followed, &page);
        let followed = self.followed.get_mut(&conversation).expect("looked up above");
        let is_cut = page.entries.last().is_some_and(|last| viewed.through < last.entry.sequence.0);
        if page.more || is_cut {
            self.behind.insert(conversation);
        }
        if viewed.through <= followed.position.0 {
            return Page::default();
        }
        let offline = followed.old() > 0;
        followed.position = Sequence(viewed.through);
        Page { entries: Some(frames::LogEntries { left: followed.old(), offline, ..viewed }), asked }
    }

    fn take_turn(&mut self) -> Option<ConversationNumber> {
        let after = (Bound::Excluded(self.turn), Bound::Unbounded);
        let next = self.behind.range(after).next().or_else(|| self.behind.first()).copied()?;
        self.behind.remove(&next);
        self.turn = next;
        Some(next)
    }

    pub(crate) fn viewer(&self, followed: &Followed) -> Viewer<'_> {
        Viewer { user: &self.user, slot: followed.slot }
    }
}

impl Followed {
    /// So many entries that are still to be sent are from before this session.
    fn old(&self) -> u64 {
        self.head.0.saturating_sub(self.position.0)
    }
}

/// How one member sees a page. A member sees all of its group's log, as it does in history; only requests are for those who
/// were asked.
struct View<'a> {
    viewer: Viewer<'a>,
    /// Of the viewer's own messages.
    readers: BTreeMap<MessageUid, ReaderList>,
}

/// The readers of an own message were left out, as there is enough without them: the page ends before it.
struct IsFull;

impl View<'_> {
    fn page(mut self, followed: &Followed, page: &LogPage) -> (frames::LogEntries, Vec<(MessageKey, ReceiptNews)>) {
        let conversation = Some(to_wire::conversation(&followed.name));
        let mut viewed = frames::LogEntries { conversation, through: followed.position.0, ..Default::default() };
        let (mut asked, mut bytes) = (Vec::new(), 0);
        for PageEntry { entry, message, request } in &page.entries {
            let event = match entry.event {
                _ if bytes > PAGE_BYTES_MAX => Err(IsFull),
                LogEvent::Sent(_) => self.message(message.as_ref(), request.as_ref(), &page.present, &mut bytes),
                LogEvent::ReceiptRequested(_) => Ok(self.request(request.as_ref(), &page.present, &mut asked)),
                LogEvent::Recalled(_) => Ok(message.as_ref().map(recall)),
            };
            let Ok(event) = event else { break };
            viewed.entries.extend(event.map(|event| to_wire::log_entry(entry, event)));
            viewed.through = entry.sequence.0;
        }
        (viewed, asked)
    }

    /// `None`: recalled since, gone with age, or published in this user's name and not for its own devices.
    fn message(
        &mut self,
        message: Option<&Message>,
        request: Option<&ReceiptRequest>,
        present: &RoaringBitmap,
        bytes: &mut usize,
    ) -> Result<Option<log_entry::Event>, IsFull> {
        let Some(message) = message.filter(|message| self.viewer.is_sent(message)) else { return Ok(None) };
        let readers = |request: &ReceiptRequest| match request.reader_count() {
            0 => Ok(ReaderList::default()),
            _ => self.readers.remove(&request.key.uid).ok_or(IsFull),
        };
        let viewed = ViewedMessage::new(self.viewer, message.clone(), request, present, readers)?;
        *bytes += viewed.bytes();
        Ok(Some(log_entry::Event::Message(to_wire::message(viewed))))
    }

    /// `None`: this user was not asked, or the message was recalled since.
    fn request(
        &self,
        request: Option<&ReceiptRequest>,
        present: &RoaringBitmap,
        asked: &mut Vec<(MessageKey, ReceiptNews)>,
    ) -> Option<log_entry::Event> {
        let request = request?;
        let part = self.viewer.part_in(request)?;
        // A device of the sender that comes late: it has not been told of those who answered before it came.
        if part == Part::Sender {
            asked.push((request.key, ReceiptNews { from: 0, counts: request.counts(present) }));
        }
        Some(log_entry::Event::ReceiptRequested(frames::ReceiptRequested {
            message_uid: request.key.uid.to_string(),
            sender_id: request.sender.to_string(),
            answered: part == Part::Receiver { answered: true },
        }))
    }
}

fn recall(message: &Message) -> log_entry::Event {
    log_entry::Event::MessageRecalled(frames::MessageRecalled {
        message_uid: message.key.uid.to_string(),
        sender_id: message.sender.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use seenby_core::{AppKey, GroupId, GroupKind, GroupName, Membership, Timestamp};

    use super::*;
    use crate::reads::MemberFound;
    use crate::ward::{NOW, Ward, user};

    /// Of a member with nothing of the logs of these.
    fn found(group: u64, conversations: &[u64]) -> GroupFound {
        let group = GroupNumber(group);
        let (app, id) = (AppKey::new("app").unwrap(), GroupId::new("ward").unwrap());
        let name = ConversationName::new(GroupName { app, kind: GroupKind::Group, id }, None);
        let conversation = |number: &u64| {
            let conversation = Conversation::new(ConversationNumber(*number), group, name.clone());
            (Conversation { head: Sequence(5), ..conversation }, Sequence(0))
        };
        let membership = Membership { group, slot: Slot(0), joined_at: NOW, version: 1 };
        let conversations = conversations.iter().map(conversation).collect();
        GroupFound { group, member: Some(MemberFound { membership, conversations }) }
    }

    #[test]
    fn whoever_has_left_a_group_goes_on_with_the_others() {
        let mut following = Following::new(user("bob"));
        following.look_at(found(1, &[1, 2, 3]));
        following.look_at(found(2, &[9]));
        following.leave(GroupNumber(1));
        assert_eq!(following.ask(100).map(|place| place.conversation), Some(ConversationNumber(9)));
        assert!(following.ask(100).is_none() && !following.is_behind());
    }

    #[test]
    fn a_farewell_that_has_not_been_told_yet_ends_delivery_all_the_same() {
        let mut ward = Ward::with_members(&["alice", "bob"]);
        let mut bob = ward.comes("bob");
        bob.hears();
        ward.says("alice", 1);
        assert_eq!(bob.hears_pages().len(), 1);
        ward.leaves_quietly(&[user("bob")]);
        ward.says("alice", 1);
        assert_eq!(bob.hears(), []);
    }

    /// Missed, and then while somebody is there.
    #[test]
    fn a_log_whose_page_ended_by_its_bytes_goes_on_with_the_next_page() {
        let mut ward = Ward::with_members(&["alice", "bob"]);
        let sends_large = |ward: &mut Ward| (0..5).for_each(|_| _ = ward.says("alice", PAGE_BYTES_MAX));
        sends_large(&mut ward);
        let mut bob = ward.comes_with("bob", Some(Sequence(0)));
        for expected in [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]] {
            let pages = bob.hears_pages();
            assert!(pages.iter().all(|page| page.entries.len() <= 2), "a page ends by its bytes");
            let sequences = pages.iter().flat_map(|page| &page.entries).map(|entry| entry.sequence);
            assert!(sequences.eq(expected));
            sends_large(&mut ward);
        }
    }

    /// Readers count as well: a thousand names with each message.
    #[test]
    fn a_page_of_own_messages_with_many_readers_ends_by_its_bytes() {
        let (mut ward, crowd) = Ward::with_crowd(1_000);
        let asked: Vec<_> = (0..60).map(|_| ward.asks("alice")).collect();
        asked.iter().for_each(|uid| ward.read(&crowd, *uid));
        let pages = ward.comes_with("alice", Some(Sequence(0))).hears_pages();
        assert!(pages.len() > 1, "some 11 KB for each message");
        let messages = pages.iter().flat_map(|page| &page.entries).filter_map(|entry| match &entry.event {
            Some(log_entry::Event::Message(message)) => Some(message),
            _ => None,
        });
        let readers = |message: &frames::Message| {
            message.receipt.as_ref().and_then(|receipt| receipt.readers.as_ref()).map_or(0, |list| list.user_ids.len())
        };
        let told: Vec<_> = messages.map(|message| (message.uid.clone(), readers(message))).collect();
        assert_eq!(told, asked.iter().map(|uid| (uid.to_string(), 1_000)).collect::<Vec<_>>());
    }

    #[test]
    fn a_new_device_begins_where_its_user_joined_whatever_the_clock_said() {
        let mut ward = Ward::with_members(&["alice"]);
        let hour = 3_600_000;
        for joined_at in [NOW.0 - hour, NOW.0, NOW.0 + hour] {
            ward.says("alice", 1);
            ward.joins_at(&[user("bob")], Timestamp(joined_at));
            let after = ward.says("alice", 1);
            let pages = ward.comes("bob").hears_pages();
            let uids = pages.iter().flat_map(|page| &page.entries).map(|entry| match &entry.event {
                Some(log_entry::Event::Message(message)) => message.uid.clone(),
                other => panic!("{other:?}"),
            });
            assert!(uids.eq([after.to_string()]));
            ward.leaves(&[user("bob")]);
        }
    }
}
