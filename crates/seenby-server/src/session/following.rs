//! The conversations that a session follows, and how far the log of each has been sent.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;

use seenby_core::view::{Part, Viewer};
use seenby_core::{
    AppKey, Conversation, ConversationName, ConversationNumber, GroupNumber, LogEntry, LogEvent, MessageKey, Sequence,
    Slot, UserId,
};
use seenby_protocol::frames::{self, log_entry};
use seenby_storage::{Storage, StorageError};

use crate::delivery::ReceiptNews;
use crate::{queries, to_wire};

/// A page of log entries ends after this much content, though never before its first entry.
const PAGE_BYTES_MAX: usize = 256 * 1024;

pub(super) struct Following {
    app: AppKey,
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

pub(super) struct Followed {
    pub(super) name: ConversationName,
    pub(super) group: GroupNumber,
    pub(super) slot: Slot,
    /// The client has been sent the log up to here.
    position: Sequence,
    /// The end of the log when this session began to follow it; everything up to here is old news.
    head: Sequence,
}

/// What a page of a log brings.
#[derive(Default)]
pub(super) struct Page {
    pub(super) entries: Option<frames::LogEntries>,
    /// Own messages of which the page tells a request that has been answered since.
    pub(super) read: Vec<(MessageKey, ReceiptNews)>,
}

impl Following {
    pub(super) fn new(app: AppKey, user: UserId) -> Self {
        Self {
            app,
            user,
            followed: HashMap::new(),
            behind: BTreeSet::new(),
            turn: ConversationNumber(0),
            away: HashSet::new(),
            has_returned: false,
        }
    }

    pub(super) fn get(&self, conversation: ConversationNumber) -> Option<&Followed> {
        self.followed.get(&conversation)
    }

    /// The client has something of these conversations; it may be that some are not followed.
    pub(super) fn note_known(&mut self, known: impl IntoIterator<Item = ConversationName>) {
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
    }

    /// Follows the conversations of a group that this user is in, and lets go of them when it is not. Gives whether it is.
    pub(super) fn look_at_group(
        &mut self,
        storage: &dyn Storage,
        group: GroupNumber,
        positions: &HashMap<ConversationName, Sequence>,
    ) -> Result<bool, StorageError> {
        let Some(membership) = storage.membership(&self.app, &self.user, group)? else {
            self.leave(group);
            return Ok(false);
        };
        for conversation in storage.conversations(group)? {
            if self.followed.contains_key(&conversation.number) {
                continue;
            }
            // Without a position the log begins where the user joined.
            let position = match positions.get(&conversation.name) {
                Some(position) => *position,
                None => storage.log_position(conversation.number, &membership)?,
            };
            self.follow(conversation, membership.slot, position);
        }
        Ok(true)
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
    pub(super) fn next_page(&mut self, storage: &dyn Storage, entries_max: usize) -> Result<Page, StorageError> {
        let Some(conversation) = self.take_turn() else { return Ok(Page::default()) };
        let Some(followed) = self.followed.get(&conversation) else { return Ok(Page::default()) };
        let old = followed.head.0.saturating_sub(followed.position.0);
        // A page is either old news or not; the client shows the two differently.
        let limit = if old > 0 { entries_max.min(old as usize) } else { entries_max };
        let found = storage.log(conversation, followed.position, limit)?;
        let mut read = Vec::new();
        let Some(page) = self.view_page(storage, conversation, followed, &found, &mut read)? else {
            let group = followed.group;
            self.leave(group);
            return Ok(Page::default());
        };
        let followed = self.followed.get_mut(&conversation).expect("looked up above");
        if found.len() == limit || page.through < found.last().map_or(0, |entry| entry.sequence.0) {
            self.behind.insert(conversation);
        }
        if page.through <= followed.position.0 {
            return Ok(Page::default());
        }
        followed.position = Sequence(page.through);
        let left = followed.head.0.saturating_sub(page.through);
        Ok(Page { entries: Some(frames::LogEntries { left, offline: old > 0, ..page }), read })
    }

    fn take_turn(&mut self) -> Option<ConversationNumber> {
        let after = (Bound::Excluded(self.turn), Bound::Unbounded);
        let next = self.behind.range(after).next().or_else(|| self.behind.first()).copied()?;
        self.behind.remove(&next);
        self.turn = next;
        Some(next)
    }

    /// The entries as this user may see them. `None`: not a member any more.
    ///
    /// Membership is checked after reading, so that nothing from after a farewell slips through. A member sees all of its
    /// group's log, as it does in history; only requests are for those who were asked.
    fn view_page(
        &self,
        storage: &dyn Storage,
        conversation: ConversationNumber,
        followed: &Followed,
        found: &[LogEntry],
        read: &mut Vec<(MessageKey, ReceiptNews)>,
    ) -> Result<Option<frames::LogEntries>, StorageError> {
        let mut page = frames::LogEntries {
            conversation: Some(to_wire::conversation(&followed.name)),
            through: followed.position.0,
            ..Default::default()
        };
        let mut bytes = 0;
        for entry in found {
            if bytes > PAGE_BYTES_MAX {
                break;
            }
            let key = MessageKey { conversation, uid: entry.event.uid() };
            let event = match entry.event {
                LogEvent::Sent(_) => self.view_message(storage, key, followed, &mut bytes)?,
                LogEvent::ReceiptRequested(_) => self.view_request(storage, key, followed, read)?,
                LogEvent::Recalled(_) => view_recall(storage, key)?,
            };
            page.entries.extend(event.map(|event| to_wire::log_entry(entry, event)));
            page.through = entry.sequence.0;
        }
        let membership = storage.membership(&self.app, &self.user, followed.group)?;
        Ok(membership.map(|_| page))
    }

    pub(super) fn viewer(&self, followed: &Followed) -> Viewer<'_> {
        Viewer { user: &self.user, slot: followed.slot }
    }

    /// `None`: recalled since, gone with age, or published in this user's name and not for its own devices.
    fn view_message(
        &self,
        storage: &dyn Storage,
        key: MessageKey,
        followed: &Followed,
        bytes: &mut usize,
    ) -> Result<Option<log_entry::Event>, StorageError> {
        let viewer = self.viewer(followed);
        let Some(message) = storage.message(key)?.filter(|message| viewer.is_sent(message)) else { return Ok(None) };
        let present = || Ok(Cow::Owned(storage.group(followed.group)?.map(|group| group.present).unwrap_or_default()));
        let viewed = queries::view_message(storage, viewer, message, present)?;
        *bytes += viewed.bytes();
        Ok(Some(log_entry::Event::Message(to_wire::message(viewed))))
    }

    /// `None`: this user was not asked, or the message was recalled since.
    fn view_request(
        &self,
        storage: &dyn Storage,
        key: MessageKey,
        followed: &Followed,
        read: &mut Vec<(MessageKey, ReceiptNews)>,
    ) -> Result<Option<log_entry::Event>, StorageError> {
        let Some(request) = storage.request(key)? else { return Ok(None) };
        let Some(part) = self.viewer(followed).part_in(&request) else { return Ok(None) };
        // A device of the sender that comes late: it has not been told of those who answered before it came.
        if part == Part::Sender
            && request.reader_count() > 0
            && let Some(group) = storage.group(followed.group)?
        {
            read.push((key, ReceiptNews { from: 0, counts: request.counts(&group.present) }));
        }
        Ok(Some(log_entry::Event::ReceiptRequested(frames::ReceiptRequested {
            message_uid: key.uid.to_string(),
            sender_id: request.sender.to_string(),
            answered: part == Part::Receiver { answered: true },
        })))
    }
}

fn view_recall(storage: &dyn Storage, key: MessageKey) -> Result<Option<log_entry::Event>, StorageError> {
    Ok(storage.message(key)?.map(|message| {
        log_entry::Event::MessageRecalled(frames::MessageRecalled {
            message_uid: key.uid.to_string(),
            sender_id: message.sender.to_string(),
        })
    }))
}

#[cfg(test)]
mod tests {
    use seenby_core::Timestamp;

    use seenby_storage::Lookup as _;

    use super::*;
    use crate::ward::{NOW, Ward, user};

    impl Ward {
        fn follower(&self, name: &str, positions: &HashMap<ConversationName, Sequence>) -> Following {
            let mut following = Following::new(self.name.group.app.clone(), user(name));
            assert!(following.look_at_group(&*self.store, self.group(), positions).unwrap());
            following
        }

        fn news(&self, following: &mut Following) -> Option<frames::LogEntries> {
            following.add_news(self.store.conversation_number(&self.name).unwrap());
            following.next_page(&*self.store, 100).unwrap().entries
        }
    }

    #[test]
    fn a_farewell_that_has_not_been_told_yet_ends_delivery_all_the_same() {
        let mut ward = Ward::with_members(&["alice", "bob"]);
        let mut bobs = ward.follower("bob", &HashMap::new());
        ward.says("alice", 1);
        assert_eq!(ward.news(&mut bobs).map(|page| page.entries.len()), Some(1));
        // The session has not looked at its mail since.
        ward.leaves(&[user("bob")]);
        ward.says("alice", 1);
        assert_eq!(ward.news(&mut bobs), None);
    }

    /// Missed, and then while somebody is there.
    #[test]
    fn a_log_whose_page_ended_by_its_bytes_goes_on_with_the_next_page() {
        let mut ward = Ward::with_members(&["alice", "bob"]);
        let sends_large = |ward: &mut Ward| (0..5).for_each(|_| _ = ward.says("alice", PAGE_BYTES_MAX));
        sends_large(&mut ward);
        let from_the_beginning = HashMap::from([(ward.name.clone(), Sequence(0))]);
        let mut bobs = ward.follower("bob", &from_the_beginning);
        for expected in [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]] {
            let mut sequences = Vec::new();
            while bobs.is_behind() {
                // The last look finds nothing.
                let page = bobs.next_page(&*ward.store, 100).unwrap().entries.unwrap_or_default();
                assert!(page.entries.len() <= 2, "a page ends by its bytes");
                sequences.extend(page.entries.iter().map(|entry| entry.sequence));
            }
            assert_eq!(sequences, expected);
            sends_large(&mut ward);
            bobs.add_news(ward.store.conversation_number(&ward.name).unwrap());
        }
    }

    #[test]
    fn a_new_device_begins_where_its_user_joined_whatever_the_clock_said() {
        let mut ward = Ward::with_members(&["alice"]);
        let hour = 3_600_000;
        for joined_at in [NOW.0 - hour, NOW.0, NOW.0 + hour] {
            ward.says("alice", 1);
            ward.joins_at(&[user("bob")], Timestamp(joined_at));
            let after = ward.says("alice", 1);
            let page = ward.follower("bob", &HashMap::new()).next_page(&*ward.store, 100).unwrap().entries.unwrap();
            let [frames::LogEntry { event: Some(log_entry::Event::Message(message)), .. }] = &page.entries[..] else {
                panic!("{page:?}");
            };
            assert_eq!(message.uid, after.to_string());
            ward.leaves(&[user("bob")]);
        }
    }
}
