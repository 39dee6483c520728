//! Reads: history, counts, and who has read. They see what is durable and never wait for the writer.

use std::borrow::Cow;
use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use seenby_core::{
    Answer, AppKey, ConversationName, ConversationNumber, Counts, Denied, Group, GroupNumber, Message, MessageKey,
    MessageUid, Ordinal, ReceiptRequest, Slot, Timestamp, UserId,
};
use seenby_protocol::Code;
use seenby_storage::{Storage, StorageError, TimeOrder};

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
    pub(crate) token: String,
    pub(crate) count: usize,
}

#[derive(Debug, Default)]
pub(crate) struct ConversationsPage {
    pub(crate) conversations: Vec<ViewedConversation>,
    /// Empty on the last page.
    pub(crate) token: String,
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
    /// Roughly what it takes in a frame.
    pub(crate) fn bytes(&self) -> usize {
        let readers = match &self.receipt {
            Some(ReceiptView::Sender { readers, .. }) => readers.readers.as_slice(),
            _ => &[],
        };
        self.message.content.len() + readers.iter().map(|(user, _)| user.as_str().len() + 4).sum::<usize>()
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReceiptStatus {
    Read,
    Unread,
    Left,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum ReceiptList {
    OldestReaders,
    NewestReaders,
    /// Unread or left.
    Silent(ReceiptStatus),
}

impl ReceiptList {
    /// The token of a place in this list.
    pub(crate) fn token(self, place: u32) -> String {
        let mark = match self {
            Self::OldestReaders => OLDEST,
            Self::NewestReaders => NEWEST,
            Self::Silent(ReceiptStatus::Left) => LEFT,
            Self::Silent(_) => UNREAD,
        };
        format!("{mark}{place}")
    }
}

#[derive(Debug, Clone)]
pub(crate) struct UsersQuery {
    pub(crate) list: ReceiptList,
    pub(crate) token: String,
    pub(crate) count: usize,
}

#[derive(Debug, Default)]
pub(crate) struct UsersPage {
    pub(crate) users: Vec<ReceiptUser>,
    /// Empty on the last page.
    pub(crate) token: String,
    pub(crate) total: u32,
}

#[derive(Debug)]
pub(crate) struct ReceiptUser {
    pub(crate) user: UserId,
    pub(crate) read_at: Option<Timestamp>,
    pub(crate) status: ReceiptStatus,
}

/// A member of a group, who sees a message with the same fields wherever it is given: pushed, in history, by its id, or as
/// the newest of its conversation.
pub(crate) struct Viewer<'a> {
    pub(crate) storage: &'a dyn Storage,
    pub(crate) user: &'a UserId,
    pub(crate) slot: Slot,
    pub(crate) group: GroupNumber,
}

impl Viewer<'_> {
    /// `present`: who is in the group now; read only where counts are to be made.
    pub(crate) fn view<'p>(
        &self,
        message: Message,
        present: impl FnOnce() -> Result<Cow<'p, RoaringBitmap>, StorageError>,
    ) -> Result<ViewedMessage, StorageError> {
        let receipt = match self.storage.request(message.key)? {
            Some(request) if message.sender == *self.user => Some(self.sender_view(&request, &*present()?)?),
            Some(request) if request.was_asked(self.slot) => {
                Some(ReceiptView::Receiver { answered: request.has_answered(self.slot) })
            }
            _ => None,
        };
        Ok(ViewedMessage { message, receipt })
    }

    fn sender_view(&self, request: &ReceiptRequest, present: &RoaringBitmap) -> Result<ReceiptView, StorageError> {
        let from = request.reader_count().saturating_sub(HISTORY_READERS_MAX);
        let readers = reader_list(self.storage, self.group, request.key, from, HISTORY_READERS_MAX as usize)?;
        Ok(ReceiptView::Sender { readers, counts: request.counts(present) })
    }
}

/// One user's look at one conversation.
pub(crate) struct Queries<'a> {
    storage: &'a dyn Storage,
    user: UserId,
    group: Group,
    slot: Slot,
    conversation: ConversationNumber,
}

impl<'a> Queries<'a> {
    /// Somebody who is not a member learns nothing else, not even whether the group exists.
    pub(crate) fn enter(storage: &'a dyn Storage, user: &UserId, name: &ConversationName) -> Result<Self, Refusal> {
        let not_member = Denied::NotMember(name.group.kind);
        let number = storage.group_number(&name.group)?.ok_or(not_member)?;
        let slot = storage.slot(number, user)?.ok_or(not_member)?;
        let group = storage.group(number)?.ok_or(not_member)?;
        if !group.is_present(slot) {
            return Err(not_member.into());
        }
        let conversation = storage.conversation_number(name)?.ok_or(Denied::UnknownChannel)?;
        Ok(Self { storage, user: user.clone(), group, slot, conversation })
    }

    /// Looks for a message in every conversation that this user is in now, with one read for each. One that is elsewhere is
    /// not found, as if there were none.
    pub(crate) fn find(
        storage: &'a dyn Storage,
        app: &AppKey,
        user: &UserId,
        uid: MessageUid,
    ) -> Result<QueryResult, Refusal> {
        for membership in storage.memberships(app, user)? {
            for conversation in storage.conversations(membership.group)? {
                let key = MessageKey { conversation: conversation.number, uid };
                let Some(message) = storage.message(key)? else { continue };
                let group = storage.group(membership.group)?.ok_or(Denied::MessageNotFound)?;
                let (slot, user) = (membership.slot, user.clone());
                let queries = Self { storage, user, group, slot, conversation: conversation.number };
                return Ok(QueryResult::Found(conversation.name, queries.view(message)?));
            }
        }
        Err(Denied::MessageNotFound.into())
    }

    /// The conversations that this user is in now, by the numbers of group and conversation: these never change, so a page
    /// goes on behind the last, whatever came or went in between.
    pub(crate) fn conversations(
        storage: &'a dyn Storage,
        app: &AppKey,
        user: &UserId,
        query: &ConversationsQuery,
    ) -> Result<QueryResult, Refusal> {
        let behind = parse_conversations_token(&query.token)?;
        let mut page = ConversationsPage::default();
        let mut bytes = 0;
        let mut last = behind;
        for membership in storage.memberships(app, user)? {
            if behind.is_some_and(|(group, _)| membership.group < group) {
                continue;
            }
            let Some(group) = storage.group(membership.group)? else { continue };
            let mut conversations = storage.conversations(membership.group)?;
            conversations.sort_by_key(|conversation| conversation.number);
            for conversation in conversations {
                let place = (membership.group, conversation.number);
                if behind.is_some_and(|behind| place <= behind) {
                    continue;
                }
                if page.conversations.len() == query.count || bytes > HISTORY_BYTES_MAX {
                    page.token = last.map_or_else(String::new, conversations_token);
                    return Ok(QueryResult::Conversations(page));
                }
                let (slot, user) = (membership.slot, user.clone());
                let queries = Self { storage, user, group: group.clone(), slot, conversation: conversation.number };
                let viewed = queries.overview(conversation.name)?;
                bytes += viewed.last_message.as_ref().map_or(0, ViewedMessage::bytes);
                page.conversations.push(viewed);
                last = Some(place);
            }
        }
        Ok(QueryResult::Conversations(page))
    }

    /// What the sender of a message may see, for a back end; the sender need not be a member.
    pub(crate) fn for_sender(
        storage: &'a dyn Storage,
        name: &ConversationName,
        uid: MessageUid,
    ) -> Result<(UserId, Self), Refusal> {
        let number = storage.group_number(&name.group)?.ok_or(Denied::UnknownGroup)?;
        let group = storage.group(number)?.filter(|group| !group.dismissed).ok_or(Denied::UnknownGroup)?;
        let conversation = storage.conversation_number(name)?.ok_or(Denied::UnknownChannel)?;
        let message = storage.message(MessageKey { conversation, uid })?.ok_or(Denied::MessageNotFound)?;
        let user = message.sender.clone();
        Ok((user, Self { storage, user: message.sender, group, slot: message.sender_slot, conversation }))
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
            let found = self.storage.messages(self.conversation, from, TimeOrder::Before, 1)?;
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
            if self.storage.slot(self.group.number, &user)?.is_some() {
                let record = self.storage.user(&self.group.name.app, &user)?;
                names.push((user, record.map_or_else(String::new, |record| record.name)));
            }
        }
        Ok(names)
    }

    fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, Refusal> {
        let mut found = self.storage.messages(self.conversation, query.from, query.order, query.count + 1)?;
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
        let message = self.storage.message(self.key(uid))?.ok_or(Denied::MessageNotFound)?;
        Ok(self.view(message)?)
    }

    fn view(&self, message: Message) -> Result<ViewedMessage, StorageError> {
        let viewer = Viewer { storage: self.storage, user: &self.user, slot: self.slot, group: self.group.number };
        viewer.view(message, || Ok(Cow::Borrowed(&self.group.present)))
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
        match query.list {
            ReceiptList::OldestReaders => {
                let from = parse_token(&query.token, OLDEST)?.unwrap_or(0);
                let page = self.read_users(request.key, from, query.count)?;
                let end = from.saturating_add(page.len() as u32);
                let token = (end < request.reader_count()).then(|| format!("{OLDEST}{end}"));
                Ok(UsersPage { users: page, token: token.unwrap_or_default(), total: request.reader_count() })
            }
            ReceiptList::NewestReaders => {
                let end = parse_token(&query.token, NEWEST)?.unwrap_or(Ordinal::MAX).min(request.reader_count());
                let from = end.saturating_sub(query.count as u32);
                let mut page = self.read_users(request.key, from, (end - from) as usize)?;
                page.reverse();
                let token = (from > 0).then(|| format!("{NEWEST}{from}"));
                Ok(UsersPage { users: page, token: token.unwrap_or_default(), total: request.reader_count() })
            }
            ReceiptList::Silent(status) => self.silent_users(&request, status, query),
        }
    }

    fn read_users(&self, key: MessageKey, from: Ordinal, count: usize) -> Result<Vec<ReceiptUser>, Refusal> {
        let list = self.reader_list(key, from, count)?;
        let read = |(user, at)| ReceiptUser { user, read_at: Some(at), status: ReceiptStatus::Read };
        Ok(list.readers.into_iter().map(read).collect())
    }

    fn silent_users(
        &self,
        request: &ReceiptRequest,
        status: ReceiptStatus,
        query: &UsersQuery,
    ) -> Result<UsersPage, Refusal> {
        let present = &self.group.present;
        let counts = request.counts(present);
        let (mark, total) = match status {
            ReceiptStatus::Left => (LEFT, counts.left),
            _ => (UNREAD, counts.unread),
        };
        let from = Slot(parse_token(&query.token, mark)?.unwrap_or(0));
        let mut slots: Vec<Slot> = match status {
            ReceiptStatus::Left => request.left(present, from).take(query.count + 1).collect(),
            _ => request.unread(present, from).take(query.count + 1).collect(),
        };
        let next = (slots.len() > query.count).then(|| slots.pop()).flatten();
        let users = slots
            .into_iter()
            .map(|slot| Ok(ReceiptUser { user: self.user_of(slot)?, read_at: None, status }))
            .collect::<Result<_, StorageError>>()?;
        Ok(UsersPage { users, token: next.map_or_else(String::new, |slot| format!("{mark}{}", slot.0)), total })
    }

    /// Of these users, those who were asked.
    pub(crate) fn find_users(&self, uid: MessageUid, users: &[UserId]) -> Result<Vec<ReceiptUser>, Refusal> {
        let request = self.own_request(uid)?;
        let mut asked = Vec::new();
        for user in users {
            match self.storage.slot(self.group.number, user)? {
                Some(slot) if request.was_asked(slot) => asked.push((user.clone(), slot)),
                _ => {}
            }
        }
        let read_at = self.reading_times(&request, asked.iter().map(|(_, slot)| *slot))?;
        let view = |(user, slot)| ReceiptUser {
            user,
            read_at: read_at.get(&slot).copied(),
            status: match (request.has_answered(slot), self.group.is_present(slot)) {
                (true, _) => ReceiptStatus::Read,
                (false, true) => ReceiptStatus::Unread,
                (false, false) => ReceiptStatus::Left,
            },
        };
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
        let answers = self.storage.readers(request.key, 0, request.reader_count() as usize)?;
        let found = answers.into_iter().filter(|answer| wanted.contains(answer.slot.0));
        Ok(found.map(|answer| (answer.slot, answer.at)).collect())
    }

    /// The request of a message, for its sender alone.
    fn own_request(&self, uid: MessageUid) -> Result<ReceiptRequest, Refusal> {
        let key = self.key(uid);
        let message = self.storage.message(key)?.ok_or(Denied::MessageNotFound)?;
        if message.sender != self.user {
            return Err(Denied::NotSender.into());
        }
        if message.recalled_at.is_some() {
            return Err(Denied::MessageNotFound.into());
        }
        Ok(self.storage.request(key)?.ok_or(Denied::NotRequested)?)
    }

    fn reader_list(&self, key: MessageKey, from: Ordinal, count: usize) -> Result<ReaderList, Refusal> {
        Ok(reader_list(self.storage, self.group.number, key, from, count)?)
    }

    fn user_of(&self, slot: Slot) -> Result<UserId, StorageError> {
        user_of(self.storage, self.group.number, slot)
    }

    fn key(&self, uid: MessageUid) -> MessageKey {
        MessageKey { conversation: self.conversation, uid }
    }
}

/// Readers from an ordinal on, by name.
pub(crate) fn reader_list(
    storage: &dyn Storage,
    group: GroupNumber,
    key: MessageKey,
    from: Ordinal,
    count: usize,
) -> Result<ReaderList, StorageError> {
    let answers = storage.readers(key, from, count)?;
    let named = |answer: Answer| Ok((user_of(storage, group, answer.slot)?, answer.at));
    Ok(ReaderList { first_ordinal: from, readers: answers.into_iter().map(named).collect::<Result<_, _>>()? })
}

fn user_of(storage: &dyn Storage, group: GroupNumber, slot: Slot) -> Result<UserId, StorageError> {
    storage
        .slot_user(group, slot)?
        .ok_or_else(|| StorageError::Damaged(format!("slot {} of group {} has no user", slot.0, group.0)))
}

const OLDEST: char = 'o';
const NEWEST: char = 'n';
const UNREAD: char = 'u';
const LEFT: char = 'l';

/// A page token is a letter for its list and a number for the place in it. `None`: the first page.
fn parse_token(token: &str, mark: char) -> Result<Option<u32>, Refusal> {
    if token.is_empty() {
        return Ok(None);
    }
    let invalid = || Refusal::new(Code::PAGE_TOKEN_INVALID, "not a page token of this list");
    let place = token.strip_prefix(mark).ok_or_else(invalid)?;
    place.parse().map(Some).map_err(|_| invalid())
}

const CONVERSATIONS: char = 'c';

/// The place of a conversation in the list of a user's conversations.
type Place = (GroupNumber, ConversationNumber);

fn conversations_token((group, conversation): Place) -> String {
    format!("{CONVERSATIONS}{}-{}", group.0, conversation.0)
}

/// `None`: the first page.
fn parse_conversations_token(token: &str) -> Result<Option<Place>, Refusal> {
    if token.is_empty() {
        return Ok(None);
    }
    let place = token.strip_prefix(CONVERSATIONS).and_then(|place| place.split_once('-'));
    let place = place.and_then(|(group, conversation)| {
        Some((GroupNumber(group.parse().ok()?), ConversationNumber(conversation.parse().ok()?)))
    });
    place.map(Some).ok_or_else(|| Refusal::new(Code::PAGE_TOKEN_INVALID, "not a page token of this list"))
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
            let page = ward.queries("alice").history(&query).unwrap();
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
            let viewed = ward.queries("alice").message(uid).unwrap();
            let Some(ReceiptView::Sender { readers, counts }) = viewed.receipt else { panic!("{viewed:?}") };
            let names: Vec<_> = readers.readers.into_iter().map(|(user, _)| user).collect();
            assert_eq!((readers.first_ordinal, names), (first as Ordinal, crowd[first..read].to_vec()));
            assert_eq!(counts.read, read as u32);
        }
    }

    /// In pages of one, so that a page ends at every slot: bitmaps change their form at some.
    #[test]
    fn every_list_of_a_crowd_is_whole_wherever_its_pages_end() {
        let (mut ward, crowd) = Ward::with_crowd(3_000);
        let uid = ward.asks("alice");
        let (stay, go) = crowd.split_at(1_500);
        ward.leaves(go);
        assert_eq!(ward.walks(uid, ReceiptList::Silent(ReceiptStatus::Unread), 1), stay);
        assert_eq!(ward.walks(uid, ReceiptList::Silent(ReceiptStatus::Left), 1), go);
        ward.joins(go);
        ward.read(&crowd, uid);
        assert_eq!(ward.walks(uid, ReceiptList::OldestReaders, 7), crowd);
        let newest: Vec<_> = crowd.iter().rev().cloned().collect();
        assert_eq!(ward.walks(uid, ReceiptList::NewestReaders, 7), newest);
    }

    impl Ward {
        fn walks(&self, uid: MessageUid, list: ReceiptList, count: usize) -> Vec<UserId> {
            let (mut query, mut found) = (UsersQuery { list, token: String::new(), count }, Vec::new());
            loop {
                let page = self.queries("alice").users(uid, &query).unwrap();
                found.extend(page.users.into_iter().map(|user| user.user));
                if page.token.is_empty() {
                    return found;
                }
                query.token = page.token;
            }
        }
    }
}
