//! What sessions and queries read.

use seenby_core::commit::{AppRecord, UserRecord};
use seenby_core::{
    Answer, AppKey, Conversation, ConversationNumber, GroupName, GroupNumber, KeyId, KeyRecord, LogEntry, Membership,
    Message, MessageKey, MessageUid, Ordinal, Sequence, Timestamp, UserId,
};

use super::keys::{self, KeyRange};
use super::snapshot::Snapshot;
use super::{meta, records};
use crate::{Reads, StorageError, TimeOrder};

impl Reads for Snapshot<'_> {
    fn apps(&self) -> Result<Vec<AppRecord>, StorageError> {
        self.view.rows(KeyRange::of(keys::apps()), records::app).collect()
    }

    fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>, StorageError> {
        self.view.get(&keys::api_key(id), records::api_key)
    }

    fn keys(&self) -> Result<Vec<KeyRecord>, StorageError> {
        self.view.rows(KeyRange::of(keys::api_keys()), records::api_key).collect()
    }

    fn users(&self, app: &AppKey, after: Option<&UserId>, limit: usize) -> Result<Vec<UserRecord>, StorageError> {
        let all = KeyRange::of(keys::users_of(app));
        let users = match after {
            Some(after) => all.behind(keys::user(app, after)),
            None => all,
        };
        self.view.rows(users, records::user).take(limit).collect()
    }

    fn groups(&self, app: &AppKey, after: Option<&GroupName>, limit: usize) -> Result<Vec<GroupNumber>, StorageError> {
        let all = KeyRange::of(keys::group_names_of(app));
        let groups = match after {
            Some(after) => all.behind(keys::group_name(&GroupName { app: app.clone(), ..after.clone() })),
            None => all,
        };
        self.view.rows(groups, records::group_number).take(limit).collect()
    }

    fn conversations(&self, group: GroupNumber) -> Result<Vec<Conversation>, StorageError> {
        let Self { view, .. } = self;
        let numbers = view.rows(KeyRange::of(keys::channels_of(group)), records::conversation_number);
        numbers.filter_map(|number| number.and_then(|number| view.conversation(number)).transpose()).collect()
    }

    fn memberships(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StorageError> {
        self.view.rows(KeyRange::of(keys::memberships_of(app, user)), records::membership).collect()
    }

    fn membership(&self, app: &AppKey, user: &UserId, group: GroupNumber) -> Result<Option<Membership>, StorageError> {
        self.view.get(&keys::membership(app, user, group), records::membership)
    }

    fn log(
        &self,
        conversation: ConversationNumber,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StorageError> {
        let entries = KeyRange::of(keys::log_of(conversation)).behind(keys::log_entry(conversation, after));
        self.view.rows(entries, records::log_entry).take(limit).collect()
    }

    fn log_position(&self, conversation: ConversationNumber, member: &Membership) -> Result<Sequence, StorageError> {
        let Self { view, .. } = self;
        let log = KeyRange::of(keys::log_of(conversation));
        let first = view.first(log.clone(), records::log_entry)?;
        let last = view.last(log, records::log_entry)?;
        let (Some(first), Some(last)) = (first, last) else { return Ok(Sequence(0)) };
        // What lies at `earlier` or before it is from before; what lies at `later` or behind it is not.
        let (mut earlier, mut later) = (first.sequence.0.saturating_sub(1), last.sequence.0.saturating_add(1));
        while later - earlier > 1 {
            let middle = earlier.midpoint(later);
            match view.get(&keys::log_entry(conversation, Sequence(middle)), records::log_entry)? {
                Some(entry) if entry.is_before(member) => earlier = middle,
                Some(_) => later = middle,
                None => return Err(StorageError::Damaged(format!("{conversation:?} has no log entry {middle}"))),
            }
        }
        Ok(Sequence(earlier))
    }

    fn messages(
        &self,
        conversation: ConversationNumber,
        from: MessageUid,
        order: TimeOrder,
        limit: usize,
    ) -> Result<Vec<Message>, StorageError> {
        let Self { view, .. } = self;
        let all = KeyRange::of(keys::messages_of(conversation));
        let from = keys::message(MessageKey { conversation, uid: from });
        match order {
            TimeOrder::Before => view.rows(all.before(from), records::message).rev().take(limit).collect(),
            TimeOrder::After => view.rows(all.behind(from), records::message).take(limit).collect(),
        }
    }

    fn messages_before(
        &self,
        at: Timestamp,
        after: Option<MessageKey>,
        limit: usize,
    ) -> Result<Vec<MessageKey>, StorageError> {
        let (Self { view, .. }, end) = (self, MessageUid::first_at(at));
        let all = KeyRange::of(keys::conversations());
        let conversations = match after {
            Some(after) => all.from(keys::conversation(after.conversation)),
            None => all,
        };
        let mut found = Vec::new();
        for conversation in view.rows(conversations, records::conversation_of_key) {
            let conversation = conversation?;
            let mut old = KeyRange::of(keys::messages_of(conversation))
                .before(keys::message(MessageKey { conversation, uid: end }));
            if let Some(after) = after.filter(|after| after.conversation == conversation) {
                if after.uid >= end {
                    continue;
                }
                old = old.behind(keys::message(after));
            }
            for key in view.rows(old, records::message_key).take(limit - found.len()) {
                found.push(key?);
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

    fn swept_at(&self) -> Result<Option<Timestamp>, StorageError> {
        let at = self.view.get(&keys::meta(meta::SWEPT_AT_ROW), records::number)?;
        Ok(at.map(Timestamp))
    }

    fn newest_entry_at(&self) -> Result<Option<Timestamp>, StorageError> {
        let Self { view, .. } = self;
        let mut newest = None;
        for conversation in view.rows(KeyRange::of(keys::conversations()), records::conversation_of_key) {
            let last = view.last(KeyRange::of(keys::log_of(conversation?)), records::log_entry)?;
            newest = newest.max(last.map(|entry| entry.at));
        }
        Ok(newest)
    }

    fn requests_of(
        &self,
        app: &AppKey,
        sender: &UserId,
        before: Option<MessageKey>,
        limit: usize,
    ) -> Result<Vec<MessageKey>, StorageError> {
        let all = KeyRange::of(keys::requests_of(app, sender));
        let earlier = match before {
            Some(before) => all.before(keys::request_of(app, sender, before)),
            None => all,
        };
        self.view.rows(earlier, records::request_of).rev().take(limit).collect()
    }

    fn readers(&self, key: MessageKey, from: Ordinal, limit: usize) -> Result<Vec<Answer>, StorageError> {
        let Self { view, .. } = self;
        let blocks = KeyRange::of(keys::blocks_of(key));
        let first = view.last(blocks.clone().up_to(keys::block(key, from)), records::block_ordinal)?;
        let mut readers = Vec::new();
        for block in view.rows(blocks.from(keys::block(key, first.unwrap_or(0))), records::block) {
            let (first_ordinal, answers) = block?;
            let earlier = from.saturating_sub(first_ordinal) as usize;
            readers.extend(answers.into_iter().skip(earlier).take(limit - readers.len()));
            if readers.len() == limit {
                break;
            }
        }
        Ok(readers)
    }

    fn reader_count(&self, key: MessageKey) -> Result<Ordinal, StorageError> {
        let last = self.view.last(KeyRange::of(keys::blocks_of(key)), records::block)?;
        Ok(last.map_or(0, |(first_ordinal, answers)| first_ordinal + answers.len() as Ordinal))
    }
}
