//! Reads: history, counts, and who has read. They see what is durable and never wait for the writer.

use std::collections::BTreeMap;
use std::ops::Range;

use roaring::RoaringBitmap;
use seenby_core::view::{self, ConversationPlace, Part, ReceiptList, ReceiptPlace, ReceiptStatus, Rows, Viewer};
use seenby_core::{
    Answer, AppKey, ConversationName, ConversationNumber, Counts, Denied, Group, GroupNumber, Message, MessageKey,
    MessageUid, Ordinal, ReceiptRequest, Slot, Timestamp, UserId,
};
use seenby_storage::{Reads, StorageError, TimeOrder};

use crate::refusal::Refusal;

/// Readers that a message from history carries: all up to this many, the newest beyond.
pub(crate) const HISTORY_READERS_MAX: u32 = 1_000;
/// A page of history ends after this much content and readers, though never before its first message.
const HISTORY_BYTES_MAX: usize = 256 * 1024;
/// Messages that are looked at to find one of a conversation that is not recalled: a list must not walk through logs.
const NEWEST_LOOKED_AT_MAX: usize = 10;

/// What a member may look up in a conversation.
#[derive(Debug)]
pub(crate) enum Query {
    History(HistoryQuery),
    Message(MessageUid),
    Counts(Vec<MessageUid>),
    Users(MessageUid, UsersQuery),
    FindUsers(MessageUid, Vec<UserId>),
    /// From an ordinal on, this many.
    Readers(MessageUid, Ordinal, usize),
    Names(Vec<UserId>),
}

#[derive(Debug)]
pub(crate) enum QueryResult {
    History(HistoryPage),
    Message(ViewedMessage),
    /// Where a message was found that was asked for by its id alone.
    Found(ConversationName, ViewedMessage),
    /// One for each message; a bad one does not spoil the others.
    Counts(Vec<(MessageUid, Result<Counts, Refusal>)>),
    Users(UsersPage),
    Readers(ReaderList),
    Conversations(ConversationsPage),
    Names(Vec<(UserId, String)>),
}

#[derive(Debug, Clone)]
pub(crate) struct ConversationsQuery {
    /// Exclusive.
    pub(crate) after: Option<ConversationPlace>,
    pub(crate) count: usize,
}

#[derive(Debug, Default)]
pub(crate) struct ConversationsPage {
    pub(crate) conversations: Vec<ViewedConversation>,
    /// Where the next page goes on; `None` on the last.
    pub(crate) next: Option<ConversationPlace>,
}

/// A conversation as one member may see it.
#[derive(Debug)]
pub(crate) struct ViewedConversation {
    pub(crate) name: ConversationName,
    pub(crate) title: String,
    pub(crate) member_count: u64,
    pub(crate) last_message: Option<ViewedMessage>,
}

#[derive(Debug, Clone)]
pub(crate) struct HistoryQuery {
    /// Exclusive.
    pub(crate) from: MessageUid,
    pub(crate) order: TimeOrder,
    pub(crate) count: usize,
}

#[derive(Debug)]
pub(crate) struct HistoryPage {
    pub(crate) messages: Vec<ViewedMessage>,
    pub(crate) more: bool,
}

/// A message as one member may see it.
#[derive(Debug)]
pub(crate) struct ViewedMessage {
    pub(crate) message: Message,
    pub(crate) receipt: Option<ReceiptView>,
}

impl ViewedMessage {
    /// A message has the same fields wherever a member gets it: pushed, in history, by its id, or as the newest of its
    /// conversation. `present`: who is in the group now. `readers`: the newest of those who have read it; asked for only
    /// where the viewer may see them.
    pub(crate) fn new<E>(
        viewer: Viewer<'_>,
        message: Message,
        request: Option<&ReceiptRequest>,
        present: &RoaringBitmap,
        readers: impl FnOnce(&ReceiptRequest) -> Result<ReaderList, E>,
    ) -> Result<Self, E> {
        let part = request.and_then(|request| Some((request, viewer.part_in(request)?)));
        let receipt = match part {
            Some((request, Part::Sender)) => {
                Some(ReceiptView::Sender { readers: readers(request)?, counts: request.counts(present) })
            }
            Some((_, Part::Receiver { answered })) => Some(ReceiptView::Receiver { answered }),
            None => None,
        };
        Ok(Self { message, receipt })
    }

    /// Roughly what it takes in a frame.
    pub(crate) fn bytes(&self) -> usize {
        let readers = match &self.receipt {
            Some(ReceiptView::Sender { readers, .. }) => readers.bytes(),
            _ => 0,
        };
        self.message.content.len() + readers
    }
}

#[derive(Debug)]
pub(crate) enum ReceiptView {
    Sender { readers: ReaderList, counts: Counts },
    Receiver { answered: bool },
}

/// Consecutive readers.
#[derive(Debug, Default)]
pub(crate) struct ReaderList {
    pub(crate) first_ordinal: Ordinal,
    pub(crate) readers: Vec<(UserId, Timestamp)>,
}

impl ReaderList {
    /// Roughly what it takes in a frame.
    pub(crate) fn bytes(&self) -> usize {
        self.readers.iter().map(|(user, _)| user.as_str().len() + 4).sum()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct UsersQuery {
    pub(crate) from: ReceiptPlace,
    pub(crate) count: usize,
}

#[derive(Debug, Default)]
pub(crate) struct UsersPage {
    pub(crate) users: Vec<ReceiptUser>,
    /// Where the next page begins; `None` on the last.
    pub(crate) next: Option<ReceiptPlace>,
    pub(crate) total: u32,
}

#[derive(Debug)]
pub(crate) struct ReceiptUser {
    pub(crate) user: UserId,
    pub(crate) read_at: Option<Timestamp>,
    pub(crate) status: ReceiptStatus,
}

/// One user's look at one conversation.
pub(crate) struct Queries<'a> {
    snapshot: &'a dyn Reads,
    user: UserId,
    group: Group,
    slot: Slot,
    conversation: ConversationNumber,
}

impl<'a> Queries<'a> {
    pub(crate) fn enter(snapshot: &'a dyn Reads, user: &UserId, name: &ConversationName) -> Result<Self, Refusal> {
        let number = snapshot.group_number(&name.group)?;
        let slot = number.map(|number| snapshot.slot(number, user)).transpose()?.flatten();
        let group = number.filter(|_| slot.is_some()).map(|number| snapshot.group(number)).transpose()?.flatten();
        let (conversation, slot) = view::enter(name, group.as_ref(), slot, snapshot.conversation_number(name)?)?;
        let group = group.ok_or(Denied::UnknownGroup)?;
        Ok(Self { snapshot, user: user.clone(), group, slot, conversation })
    }

    /// Looks for a message in every conversation that this user is in now, with one read for each. One that is elsewhere is
    /// not found, as if there were none.
    pub(crate) fn find(
        snapshot: &'a dyn Reads,
        app: &AppKey,
        user: &UserId,
        uid: MessageUid,
    ) -> Result<QueryResult, Refusal> {
        for membership in snapshot.memberships(app, user)? {
            for conversation in snapshot.conversations(membership.group)? {
                let key = MessageKey { conversation: conversation.number, uid };
                let Some(message) = snapshot.message(key)? else { continue };
                let group = snapshot.group(membership.group)?.ok_or(Denied::MessageNotFound)?;
                let (slot, user) = (membership.slot, user.clone());
                let queries = Self { snapshot, user, group, slot, conversation: conversation.number };
                return Ok(QueryResult::Found(conversation.name, queries.view(message)?));
            }
        }
        Err(Denied::MessageNotFound.into())
    }

    /// The conversations that this user is in now, in the order of their places.
    pub(crate) fn conversations(
        snapshot: &'a dyn Reads,
        app: &AppKey,
        user: &UserId,
        query: &ConversationsQuery,
    ) -> Result<QueryResult, Refusal> {
        let mut page = ConversationsPage::default();
        let (mut bytes, mut last) = (0, query.after);
        for membership in snapshot.memberships(app, user)? {
            if query.after.is_some_and(|after| membership.group < after.group) {
                continue;
            }
            let Some(group) = snapshot.group(membership.group)? else { continue };
            let mut conversations = snapshot.conversations(membership.group)?;
            conversations.sort_by_key(|conversation| conversation.number);
            for conversation in conversations {
                let place = Some(ConversationPlace { group: membership.group, conversation: conversation.number });
                if place <= query.after {
                    continue;
                }
                if page.conversations.len() == query.count || bytes > HISTORY_BYTES_MAX {
                    page.next = last;
                    return Ok(QueryResult::Conversations(page));
                }
                let (slot, user) = (membership.slot, user.clone());
                let queries = Self { snapshot, user, group: group.clone(), slot, conversation: conversation.number };
                let viewed = queries.overview(conversation.name)?;
                bytes += viewed.last_message.as_ref().map_or(0, ViewedMessage::bytes);
                page.conversations.push(viewed);
                last = place;
            }
        }
        Ok(QueryResult::Conversations(page))
    }

    /// What the sender of a message may see, for a back end; the sender need not be a member.
    pub(crate) fn for_sender(
        snapshot: &'a dyn Reads,
        name: &ConversationName,
        uid: MessageUid,
    ) -> Result<(UserId, Self), Refusal> {
        let number = snapshot.group_number(&name.group)?;
        let group = number.map(|number| snapshot.group(number)).transpose()?.flatten();
        let conversation = view::enter_for_back_end(group.as_ref(), snapshot.conversation_number(name)?)?;
        let group = group.ok_or(Denied::UnknownGroup)?;
        let message = snapshot.message(MessageKey { conversation, uid })?.ok_or(Denied::MessageNotFound)?;
        let user = message.sender.clone();
        Ok((user, Self { snapshot, user: message.sender, group, slot: message.sender_slot, conversation }))
    }

    pub(crate) fn run(&self, query: Query) -> Result<QueryResult, Refusal> {
        Ok(match query {
            Query::History(query) => QueryResult::History(self.history(&query)?),
            Query::Message(uid) => QueryResult::Message(self.message(uid)?),
            Query::Counts(uids) => QueryResult::Counts(uids.into_iter().map(|uid| (uid, self.counts(uid))).collect()),
            Query::Users(uid, query) => QueryResult::Users(self.users(uid, &query)?),
            Query::FindUsers(uid, users) => {
                QueryResult::Users(UsersPage { users: self.find_users(uid, &users)?, ..UsersPage::default() })
            }
            Query::Readers(uid, from, count) => QueryResult::Readers(self.readers(uid, from, count)?),
            Query::Names(users) => QueryResult::Names(self.names(users)?),
        })
    }

    fn overview(&self, name: ConversationName) -> Result<ViewedConversation, Refusal> {
        let last_message = self.newest_message()?.map(|message| self.view(message)).transpose()?;
        let (title, member_count) = (self.group.title.clone(), self.group.member_count());
        Ok(ViewedConversation { name, title, member_count, last_message })
    }

    fn newest_message(&self) -> Result<Option<Message>, StorageError> {
        let mut from = MessageUid::MAX;
        for _ in 0..NEWEST_LOOKED_AT_MAX {
            let found = self.snapshot.messages(self.conversation, from, TimeOrder::Before, 1)?;
            match found.into_iter().next() {
                Some(message) if message.recalled_at.is_some() => from = message.key.uid,
                found => return Ok(found),
            }
        }
        Ok(None)
    }

    /// Of these users, those who are or were in the group: a slot is given once and stays.
    fn names(&self, users: Vec<UserId>) -> Result<Vec<(UserId, String)>, StorageError> {
        let mut names = Vec::with_capacity(users.len());
        for user in users {
            if self.snapshot.slot(self.group.number, &user)?.is_some() {
                let record = self.snapshot.user(&self.group.name.app, &user)?;
                names.push((user, record.map_or_else(String::new, |record| record.name)));
            }
        }
        Ok(names)
    }

    fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, Refusal> {
        let mut found = self.snapshot.messages(self.conversation, query.from, query.order, query.count + 1)?;
        let mut more = found.len() > query.count;
        found.truncate(query.count);
        let mut page = Vec::with_capacity(found.len());
        let mut bytes = 0;
        for message in found {
            if bytes > HISTORY_BYTES_MAX {
                more = true;
                break;
            }
            let viewed = self.view(message)?;
            bytes += viewed.bytes();
            page.push(viewed);
        }
        Ok(HistoryPage { messages: page, more })
    }

    pub(crate) fn message(&self, uid: MessageUid) -> Result<ViewedMessage, Refusal> {
        let message = self.snapshot.message(self.key(uid))?.ok_or(Denied::MessageNotFound)?;
        Ok(self.view(message)?)
    }

    fn view(&self, message: Message) -> Result<ViewedMessage, StorageError> {
        let viewer = Viewer { user: &self.user, slot: self.slot };
        let request = self.snapshot.request(message.key)?;
        let readers = |request: &_| newest_readers(self.snapshot, self.group.number, request);
        ViewedMessage::new(viewer, message, request.as_ref(), &self.group.present, readers)
    }

    pub(crate) fn counts(&self, uid: MessageUid) -> Result<Counts, Refusal> {
        Ok(self.own_request(uid)?.counts(&self.group.present))
    }

    fn readers(&self, uid: MessageUid, from: Ordinal, count: usize) -> Result<ReaderList, Refusal> {
        let request = self.own_request(uid)?;
        self.reader_list(request.key, from, count)
    }

    pub(crate) fn users(&self, uid: MessageUid, query: &UsersQuery) -> Result<UsersPage, Refusal> {
        let request = self.own_request(uid)?;
        let page = request.page(&self.group.present, query.from, query.count);
        let mut users = match page.rows {
            Rows::Readers(ordinals) => self.read_users(request.key, ordinals)?,
            Rows::Silent(status, slots) => {
                let user_of = |slot| user_of(self.snapshot, self.group.number, slot);
                let silent = |slot| Ok(ReceiptUser { user: user_of(slot)?, read_at: None, status });
                slots.into_iter().map(silent).collect::<Result<_, StorageError>>()?
            }
        };
        if query.from.list == ReceiptList::NewestReaders {
            users.reverse();
        }
        Ok(UsersPage { users, next: page.next, total: page.total })
    }

    fn read_users(&self, key: MessageKey, ordinals: Range<Ordinal>) -> Result<Vec<ReceiptUser>, Refusal> {
        let list = self.reader_list(key, ordinals.start, ordinals.len())?;
        let read = |(user, at)| ReceiptUser { user, read_at: Some(at), status: ReceiptStatus::Read };
        Ok(list.readers.into_iter().map(read).collect())
    }

    /// Of these users, those who were asked.
    pub(crate) fn find_users(&self, uid: MessageUid, users: &[UserId]) -> Result<Vec<ReceiptUser>, Refusal> {
        let request = self.own_request(uid)?;
        let mut asked = Vec::new();
        for user in users {
            let slot = self.snapshot.slot(self.group.number, user)?;
            let status = slot.and_then(|slot| Some((slot, request.status_of(slot, &self.group.present)?)));
            asked.extend(status.map(|(slot, status)| (user.clone(), slot, status)));
        }
        let read_at = self.reading_times(&request, asked.iter().map(|(_, slot, _)| *slot))?;
        let view = |(user, slot, status)| ReceiptUser { user, read_at: read_at.get(&slot).copied(), status };
        Ok(asked.into_iter().map(view).collect())
    }

    /// A walk over all readers: the ledger keeps them by time, not by name.
    fn reading_times(
        &self,
        request: &ReceiptRequest,
        slots: impl Iterator<Item = Slot>,
    ) -> Result<BTreeMap<Slot, Timestamp>, StorageError> {
        let wanted: RoaringBitmap = slots.map(|slot| slot.0).collect();
        if request.readers.is_disjoint(&wanted) {
            return Ok(BTreeMap::new());
        }
        let answers = self.snapshot.readers(request.key, 0, request.reader_count() as usize)?;
        let found = answers.into_iter().filter(|answer| wanted.contains(answer.slot.0));
        Ok(found.map(|answer| (answer.slot, answer.at)).collect())
    }

    /// The request of a message, for its sender alone.
    fn own_request(&self, uid: MessageUid) -> Result<ReceiptRequest, Refusal> {
        let key = self.key(uid);
        view::own_message(self.snapshot.message(key)?, &self.user)?;
        Ok(self.snapshot.request(key)?.ok_or(Denied::NotRequested)?)
    }

    fn reader_list(&self, key: MessageKey, from: Ordinal, count: usize) -> Result<ReaderList, Refusal> {
        Ok(reader_list(self.snapshot, self.group.number, key, from, count)?)
    }

    fn key(&self, uid: MessageUid) -> MessageKey {
        MessageKey { conversation: self.conversation, uid }
    }
}

/// The readers that a message carries to its sender.
pub(crate) fn newest_readers(
    snapshot: &dyn Reads,
    group: GroupNumber,
    request: &ReceiptRequest,
) -> Result<ReaderList, StorageError> {
    let from = request.reader_count().saturating_sub(HISTORY_READERS_MAX);
    reader_list(snapshot, group, request.key, from, HISTORY_READERS_MAX as usize)
}

/// Readers from an ordinal on, by name.
pub(crate) fn reader_list(
    snapshot: &dyn Reads,
    group: GroupNumber,
    key: MessageKey,
    from: Ordinal,
    count: usize,
) -> Result<ReaderList, StorageError> {
    let answers = snapshot.readers(key, from, count)?;
    let named = |answer: Answer| Ok((user_of(snapshot, group, answer.slot)?, answer.at));
    Ok(ReaderList { first_ordinal: from, readers: answers.into_iter().map(named).collect::<Result<_, _>>()? })
}

fn user_of(snapshot: &dyn Reads, group: GroupNumber, slot: Slot) -> Result<UserId, StorageError> {
    snapshot
        .slot_user(group, slot)?
        .ok_or_else(|| StorageError::Damaged(format!("slot {} of group {} has no user", slot.0, group.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ward::Ward;

    fn history(count: usize) -> HistoryQuery {
        HistoryQuery { from: MessageUid::MAX, order: TimeOrder::Before, count }
    }

    #[test]
    fn history_that_ended_by_its_bytes_says_that_there_is_more() {
        let mut ward = Ward::with_members(&["alice"]);
        let mut sent: Vec<_> = (0..5).map(|_| ward.says("alice", HISTORY_BYTES_MAX)).collect();
        sent.reverse();
        let (mut query, mut found) = (history(100), Vec::new());
        loop {
            let page = ward.finds("alice", |queries| queries.history(&query));
            assert!(page.messages.len() <= 2, "a page ends by its bytes");
            found.extend(page.messages.iter().map(|viewed| viewed.message.key.uid));
            let Some(last) = found.last().filter(|_| page.more) else { break };
            query.from = *last;
        }
        assert_eq!(found, sent);
    }

    #[test]
    fn history_has_the_newest_thousand_readers_and_counts_all() {
        let (mut ward, crowd) = Ward::with_crowd(1_500);
        let uid = ward.asks("alice");
        for (read, first) in [(999, 0), (1_000, 0), (1_001, 1), (1_500, 500)] {
            ward.read(&crowd[..read], uid);
            let viewed = ward.finds("alice", |queries| queries.message(uid));
            let Some(ReceiptView::Sender { readers, counts }) = viewed.receipt else { panic!("{viewed:?}") };
            let names: Vec<_> = readers.readers.into_iter().map(|(user, _)| user).collect();
            assert_eq!((readers.first_ordinal, names), (first as Ordinal, crowd[first..read].to_vec()));
            assert_eq!(counts.read, read as u32);
        }
    }
}
