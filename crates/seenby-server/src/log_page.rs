//! A page of a conversation's log, with everything that any member may see of it. A page does not depend on the user; each
//! session selects what its user may see.

use roaring::RoaringBitmap;
use seenby_core::{ConversationNumber, GroupNumber, LogEntry, LogEvent, Message, MessageKey, ReceiptRequest, Sequence};
use seenby_storage::{Reads, StorageError};

/// A page ends after this much content, though never before its first entry.
pub(crate) const PAGE_BYTES_MAX: usize = 256 * 1024;

/// Where a page begins, and how long it may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaceInLog {
    pub(crate) conversation: ConversationNumber,
    pub(crate) group: GroupNumber,
    /// Exclusive.
    pub(crate) after: Sequence,
    pub(crate) limit: usize,
}

#[derive(Debug, Default)]
pub(crate) struct LogPage {
    pub(crate) entries: Vec<PageEntry>,
    /// The log may go on behind the last of them.
    pub(crate) more: bool,
    /// Who is in the group, at the moment of the page: a session sends a page to members only.
    pub(crate) present: RoaringBitmap,
}

#[derive(Debug)]
pub(crate) struct PageEntry {
    pub(crate) entry: LogEntry,
    /// As it is now; what is not needed for this kind of entry is left out.
    pub(crate) message: Option<Message>,
    pub(crate) request: Option<ReceiptRequest>,
}

impl LogPage {
    pub(crate) fn read(snapshot: &dyn Reads, place: PlaceInLog) -> Result<Self, StorageError> {
        let found = snapshot.log(place.conversation, place.after, place.limit)?;
        let mut page = Self { more: found.len() == place.limit, ..Self::default() };
        let mut bytes = 0;
        for entry in found {
            if bytes > PAGE_BYTES_MAX {
                page.more = true;
                break;
            }
            let entry = PageEntry::read(snapshot, place.conversation, entry)?;
            bytes += entry.message.as_ref().map_or(0, |message| message.content.len());
            page.entries.push(entry);
        }
        page.present = snapshot.group(place.group)?.map(|group| group.present).unwrap_or_default();
        Ok(page)
    }
}

impl PageEntry {
    fn read(snapshot: &dyn Reads, conversation: ConversationNumber, entry: LogEntry) -> Result<Self, StorageError> {
        let key = MessageKey { conversation, uid: entry.event.uid() };
        let (message, request) = match entry.event {
            LogEvent::Sent(_) => (snapshot.message(key)?, snapshot.request(key)?),
            LogEvent::ReceiptRequested(_) => (None, snapshot.request(key)?),
            LogEvent::Recalled(_) => (snapshot.message(key)?, None),
        };
        Ok(Self { entry, message, request })
    }
}
