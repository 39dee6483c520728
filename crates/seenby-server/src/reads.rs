//! What a session asks the store, and what it found there. A session has no I/O: it gives one [`Read`] at a time, its driver
//! runs the read where blocking is fine, and the session's mailbox gets what the read found.

use std::collections::BTreeMap;
use std::sync::Arc;

use seenby_core::commit::UserRecord;
use seenby_core::view::Part;
use seenby_core::{
    AppKey, Conversation, ConversationName, Counts, GroupNumber, Membership, MessageKey, MessageUid, Ordinal, Sequence,
    UserId,
};
use seenby_storage::{Reads, StorageError};

use crate::delivery::{Mailbox, ReceiptNews};
use crate::log_page::{LogPage, PAGE_BYTES_MAX, PlaceInLog};
use crate::queries::{ConversationsQuery, Queries, Query, QueryResult, ReaderList, newest_readers, reader_list};
use crate::refusal::Refusal;
use crate::session::{Following, Known, Missed};

/// A question of a session. One that is dropped before it has looked puts a failure into the mailbox.
pub struct Read {
    asker: Asker,
    question: Question,
}

#[derive(Debug)]
pub(crate) enum Question {
    /// Of the client.
    Call {
        call_id: u64,
        call: ReadCall,
    },
    /// Of the session itself: the user's record.
    User,
    /// Whether the user is in a group, and the conversations there. Of those that it follows already it knows the position.
    Group(GroupNumber, BTreeMap<ConversationName, Sequence>),
    News(NewsQuestion),
}

#[derive(Debug)]
pub(crate) enum ReadCall {
    Query(ConversationName, Query),
    Find(MessageUid),
    List(ConversationsQuery),
    /// The groups that the user is in.
    Memberships,
    /// What has happened in these groups since the client was here.
    Missed(Vec<GroupNumber>, Known),
}

/// What is to be sent next.
#[derive(Debug)]
pub(crate) struct NewsQuestion {
    pub(crate) page: Option<PlaceInLog>,
    pub(crate) readers: Vec<ReadersFrom>,
}

/// Readers of a message from an ordinal on, this many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadersFrom {
    pub(crate) group: GroupNumber,
    pub(crate) key: MessageKey,
    pub(crate) from: Ordinal,
    pub(crate) count: usize,
}

/// The result of a read, for the session's mailbox.
pub struct Found {
    asker: Asker,
    result: Result<Finding, Refusal>,
}

#[derive(Debug)]
pub(crate) enum Finding {
    Reply(Box<QueryResult>),
    Memberships(Vec<GroupNumber>),
    Resumed(Box<Resumed>),
    User(Option<UserRecord>),
    Group(GroupFound),
    News(NewsFound),
}

/// Where a client stands that has resumed.
#[derive(Debug)]
pub(crate) struct Resumed {
    pub(crate) following: Following,
    pub(crate) missed: Missed,
}

#[derive(Debug)]
pub(crate) struct GroupFound {
    pub(crate) group: GroupNumber,
    /// `None`: the user is not in it.
    pub(crate) member: Option<MemberFound>,
}

#[derive(Debug)]
pub(crate) struct MemberFound {
    pub(crate) membership: Membership,
    /// Each with the position that its log goes on behind for this user.
    pub(crate) conversations: Vec<(Conversation, Sequence)>,
}

#[derive(Debug)]
pub(crate) struct NewsFound {
    pub(crate) page: Option<PageFound>,
    /// In the order of the question.
    pub(crate) readers: Vec<ReaderList>,
}

#[derive(Debug)]
pub(crate) struct PageFound {
    pub(crate) place: PlaceInLog,
    pub(crate) page: LogPage,
    /// Who has read those messages of the page that are the user's own. Where one is missing the page ends.
    pub(crate) readers: BTreeMap<MessageUid, ReaderList>,
}

/// Whose question it is. Every question has exactly one finding.
struct Asker {
    app: AppKey,
    user: UserId,
    mailbox: Option<Arc<Mailbox>>,
}

impl Read {
    pub(crate) fn new(app: AppKey, user: UserId, mailbox: Arc<Mailbox>, question: Question) -> Self {
        Self { asker: Asker { app, user, mailbox: Some(mailbox) }, question }
    }

    /// Blocks as long as the store takes.
    pub fn look(self, snapshot: &dyn Reads) -> Found {
        let Self { asker, question } = self;
        let result = asker.look(snapshot, question);
        Found { asker, result }
    }

    /// The number of the client's call that this read is for. The simulator matches replies by it.
    pub fn call_id(&self) -> Option<u64> {
        match self.question {
            Question::Call { call_id, .. } => Some(call_id),
            _ => None,
        }
    }
}

impl Found {
    pub fn deliver(mut self) {
        if let Some(mailbox) = self.asker.mailbox.take() {
            mailbox.put_found(self.result);
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        if let Some(mailbox) = self.mailbox.take() {
            mailbox.put_found(Err(Refusal::internal()));
        }
    }
}

impl Asker {
    fn look(&self, snapshot: &dyn Reads, question: Question) -> Result<Finding, Refusal> {
        let Self { app, user, .. } = self;
        Ok(match question {
            Question::Call { call, .. } => self.look_for_call(snapshot, call)?,
            Question::User => Finding::User(snapshot.user(app, user)?),
            Question::Group(group, positions) => Finding::Group(self.look_at_group(snapshot, group, &positions)?),
            Question::News(question) => Finding::News(self.look_for_news(snapshot, question)?),
        })
    }

    fn look_for_call(&self, snapshot: &dyn Reads, call: ReadCall) -> Result<Finding, Refusal> {
        let Self { app, user, .. } = self;
        let reply = |result| Finding::Reply(Box::new(result));
        Ok(match call {
            ReadCall::Query(name, query) => reply(Queries::enter(snapshot, user, &name)?.run(query)?),
            ReadCall::Find(uid) => reply(Queries::find(snapshot, app, user, uid)?),
            ReadCall::List(query) => reply(Queries::conversations(snapshot, app, user, &query)?),
            ReadCall::Memberships => {
                let memberships = snapshot.memberships(app, user)?;
                Finding::Memberships(memberships.into_iter().map(|membership| membership.group).collect())
            }
            ReadCall::Missed(groups, known) => {
                Finding::Resumed(Box::new(self.look_for_missed(snapshot, &groups, &known)?))
            }
        })
    }

    fn look_at_group(
        &self,
        snapshot: &dyn Reads,
        group: GroupNumber,
        positions: &BTreeMap<ConversationName, Sequence>,
    ) -> Result<GroupFound, StorageError> {
        let Some(membership) = snapshot.membership(&self.app, &self.user, group)? else {
            return Ok(GroupFound { group, member: None });
        };
        let mut conversations = Vec::new();
        for conversation in snapshot.conversations(group)? {
            // Without a position the log begins where the user joined.
            let position = match positions.get(&conversation.name) {
                Some(position) => *position,
                None => snapshot.log_position(conversation.number, &membership)?,
            };
            conversations.push((conversation, position));
        }
        Ok(GroupFound { group, member: Some(MemberFound { membership, conversations }) })
    }

    fn look_for_missed(
        &self,
        snapshot: &dyn Reads,
        groups: &[GroupNumber],
        known: &Known,
    ) -> Result<Resumed, StorageError> {
        let mut following = Following::new(self.user.clone());
        for group in groups {
            following.look_at(self.look_at_group(snapshot, *group, &known.positions)?);
        }
        let missed = missed_receipts(snapshot, known, &following)?;
        following.note_known(known.conversations());
        Ok(Resumed { following, missed })
    }

    fn look_for_news(&self, snapshot: &dyn Reads, question: NewsQuestion) -> Result<NewsFound, StorageError> {
        let page = question.page.map(|place| self.look_at_page(snapshot, place)).transpose()?;
        let readers = question.readers.into_iter().map(|from| readers(snapshot, from)).collect::<Result<_, _>>()?;
        Ok(NewsFound { page, readers })
    }

    fn look_at_page(&self, snapshot: &dyn Reads, place: PlaceInLog) -> Result<PageFound, StorageError> {
        let page = LogPage::read(snapshot, place)?;
        let (mut lists, mut bytes) = (BTreeMap::new(), 0);
        for entry in &page.entries {
            let (Some(message), Some(request)) = (&entry.message, &entry.request) else { continue };
            if message.sender != self.user || request.reader_count() == 0 {
                continue;
            }
            if bytes > PAGE_BYTES_MAX {
                break;
            }
            let list = newest_readers(snapshot, place.group, request)?;
            bytes += list.bytes();
            lists.insert(message.key.uid, list);
        }
        Ok(PageFound { place, page, readers: lists })
    }
}

fn readers(snapshot: &dyn Reads, from: ReadersFrom) -> Result<ReaderList, StorageError> {
    reader_list(snapshot, from.group, from.key, from.from, from.count)
}

fn missed_receipts(snapshot: &dyn Reads, known: &Known, following: &Following) -> Result<Missed, StorageError> {
    let mut missed = Missed::default();
    for ((name, uid), readers) in &known.receipts {
        let Some(conversation) = snapshot.conversation_number(name)? else { continue };
        let Some(followed) = following.get(conversation) else { continue };
        let key = MessageKey { conversation, uid: *uid };
        let count = snapshot.reader_count(key)?;
        if count <= *readers {
            // A store that was restored may have fewer.
            let nothing = Counts { read: count, ..Counts::default() };
            missed.read.push((key, ReceiptNews { from: count, counts: nothing }));
            continue;
        }
        let (Some(request), Some(group)) = (snapshot.request(key)?, snapshot.group(followed.group)?) else { continue };
        match following.viewer(followed).part_in(&request) {
            Some(Part::Sender) => {
                missed.read.push((key, ReceiptNews { from: *readers, counts: request.counts(&group.present) }));
            }
            Some(Part::Receiver { answered: true }) => {
                missed.answered.entry(conversation).or_default().push(*uid);
            }
            _ => {}
        }
    }
    Ok(missed)
}
