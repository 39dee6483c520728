//! Receipts: who has read a message, and when.
//!
//! [`Readers`] is the cumulative list in the order of acceptance; a reader's place in it is its ordinal. Beside it stand
//! the counts, the result of an answer, and the pages of the per-message queries.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use seenby_protocol::{Code, frames};

use crate::Conversation;

/// One reader of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub user_id: Arc<str>,
    /// When the first answer was accepted: Unix milliseconds by the server's clock.
    pub read_at_ms: u64,
}

/// Everybody who has read a message so far, in the order of reading. A clone is cheap: it shares the list.
///
/// ```
/// # use seenby_client::Readers;
/// # fn show(readers: &Readers) {
/// for reader in readers {
///     println!("{} at {}", reader.user_id, reader.read_at_ms);
/// }
/// if let Some(read_at_ms) = readers.get("bob") {
///     println!("bob read it at {read_at_ms}");
/// }
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Readers(Arc<List>);

#[derive(Clone, Default)]
struct List {
    order: Vec<Reader>,
    /// Made at the first look-up: most lists are only walked.
    index: OnceLock<HashMap<Arc<str>, usize>>,
}

impl Readers {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.order.len()
    }

    /// Nobody yet.
    pub fn is_empty(&self) -> bool {
        self.0.order.is_empty()
    }

    /// When this user read the message, in Unix milliseconds.
    pub fn get(&self, user_id: &str) -> Option<u64> {
        let place = *self.0.index.get_or_init(|| index(&self.0.order)).get(user_id)?;
        Some(self.0.order[place].read_at_ms)
    }

    /// Whether this user has read the message.
    pub fn contains(&self, user_id: &str) -> bool {
        self.get(user_id).is_some()
    }

    /// In the order of reading.
    pub fn iter(&self) -> std::slice::Iter<'_, Reader> {
        self.0.order.iter()
    }

    /// In the order of reading.
    pub fn as_slice(&self) -> &[Reader] {
        &self.0.order
    }

    pub(crate) fn extend(&mut self, readers: impl IntoIterator<Item = Reader>) {
        let list = Arc::make_mut(&mut self.0);
        let had = list.order.len();
        list.order.extend(readers);
        if let Some(index) = list.index.get_mut() {
            for (place, reader) in list.order.iter().enumerate().skip(had) {
                index.entry(reader.user_id.clone()).or_insert(place);
            }
        }
    }

    pub(crate) fn from_wire(wire: frames::Readers) -> Self {
        readers_from_wire(wire).into_iter().collect()
    }
}

fn index(order: &[Reader]) -> HashMap<Arc<str>, usize> {
    // Reversed, so that the first of two entries with one name wins.
    order.iter().enumerate().rev().map(|(place, reader)| (reader.user_id.clone(), place)).collect()
}

/// The times travel as the first one and then differences; an id without a time is left out.
pub(crate) fn readers_from_wire(wire: frames::Readers) -> Vec<Reader> {
    let times = wire.times_ms.into_iter().scan(0_i64, |at, difference| {
        *at = at.saturating_add(difference);
        Some(u64::try_from(*at).unwrap_or(0))
    });
    wire.user_ids
        .into_iter()
        .zip(times)
        .map(|(user_id, read_at_ms)| Reader { user_id: user_id.into(), read_at_ms })
        .collect()
}

impl FromIterator<Reader> for Readers {
    fn from_iter<I: IntoIterator<Item = Reader>>(readers: I) -> Self {
        Self(Arc::new(List { order: readers.into_iter().collect(), index: OnceLock::new() }))
    }
}

impl<'a> IntoIterator for &'a Readers {
    type Item = &'a Reader;
    type IntoIter = std::slice::Iter<'a, Reader>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Readers {
    fn eq(&self, other: &Self) -> bool {
        self.0.order == other.0.order
    }
}

impl Eq for Readers {}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|reader| (&reader.user_id, reader.read_at_ms))).finish()
    }
}

/// How far a message has been read. `total = read + unread`; `left` stands apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiptCounts {
    /// Members who have answered.
    pub read: u32,
    /// Members who were asked and have not answered.
    pub unread: u32,
    /// People who were asked and left the group without answering.
    pub left: u32,
    /// `read + unread`.
    pub total: u32,
}

impl ReceiptCounts {
    pub(crate) fn from_wire(wire: &frames::ReceiptCounts) -> Self {
        Self { read: wire.read, unread: wire.unread, left: wire.left, total: wire.total }
    }
}

/// What a message says about its receipt.
#[doc(alias = "groupReadReceiptInfo")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupReadReceiptInfo {
    /// A receipt was asked for.
    pub read_receipt_message: bool,
    /// I have answered (receivers).
    pub has_respond: bool,
    /// Who has read (sender only): everybody up to 1,000 readers, the newest 1,000 beyond.
    pub respond_user_ids: Readers,
    /// Sender only, like the three that follow; see [`ReceiptCounts`].
    pub read_count: u32,
    /// Asked and not answered.
    pub unread_count: u32,
    /// Asked, and left the group without answering.
    pub left_count: u32,
    /// `read_count + unread_count`.
    pub total_count: u32,
}

impl GroupReadReceiptInfo {
    pub(crate) fn from_wire(wire: frames::ReceiptInfo) -> Self {
        let counts = wire.counts.unwrap_or_default();
        Self {
            read_receipt_message: wire.requested,
            has_respond: wire.answered,
            respond_user_ids: Readers::from_wire(wire.readers.unwrap_or_default()),
            read_count: counts.read,
            unread_count: counts.unread,
            left_count: counts.left,
            total_count: counts.total,
        }
    }
}

/// The result of one answer, message by message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptResponse {
    /// Where the messages were said.
    pub conversation: Conversation,
    /// One for each message, in the order of the call.
    pub results: Vec<ReceiptResult>,
}

/// What became of the answer for one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptResult {
    /// Which message.
    pub message_uid: String,
    /// [`Code::SUCCESS`] if the answer counts, now or since earlier.
    pub code: Code,
}

impl ReceiptResponse {
    /// The code of the whole call: the first that is not a success.
    pub fn code(&self) -> Code {
        self.results.iter().map(|result| result.code).find(|code| !code.is_success()).unwrap_or(Code::SUCCESS)
    }
}

/// The counts of one message, or the code that says why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageReadReceiptInfo {
    /// Where the message was said.
    pub conversation: Conversation,
    /// Which message.
    pub message_uid: String,
    /// The counts, or why this message has none.
    pub counts: Result<ReceiptCounts, Code>,
}

/// Which people a page lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadReceiptStatus {
    /// Those who have answered.
    #[default]
    Read,
    /// Members who were asked and have not answered.
    Unread,
    /// People who were asked and left the group without answering.
    Left,
}

impl ReadReceiptStatus {
    fn from_wire(number: i32) -> Self {
        match frames::ReceiptStatus::try_from(number) {
            Ok(frames::ReceiptStatus::Unread) => Self::Unread,
            Ok(frames::ReceiptStatus::Left) => Self::Left,
            Ok(frames::ReceiptStatus::Read) | Err(_) => Self::Read,
        }
    }
}

/// The order of a page, by time of reading. Unread and left lists have one order only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadReceiptOrder {
    /// Newest first.
    #[default]
    Descending,
    /// Oldest first.
    Ascending,
}

/// Which page of a message's people is wanted.
///
/// ```
/// use seenby_client::{PageQuery, ReadReceiptStatus};
///
/// let unread = PageQuery { status: ReadReceiptStatus::Unread, ..PageQuery::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// Which list.
    pub status: ReadReceiptStatus,
    /// In which order.
    pub order: ReadReceiptOrder,
    /// `None` for the first page, then [`ReadReceiptPage::page_token`] of the page before.
    pub page_token: Option<String>,
    /// 1 to 100.
    pub count: u32,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self { status: ReadReceiptStatus::Read, order: ReadReceiptOrder::Descending, page_token: None, count: 100 }
    }
}

/// A page of a message's people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadReceiptPage {
    /// The people of this page.
    pub users: Vec<ReadReceiptUser>,
    /// Asks for the next page; `None` on the last.
    pub page_token: Option<String>,
    /// Length of the whole list; 0 when people were asked for by name.
    pub total_count: u32,
}

/// One person who was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadReceiptUser {
    /// Who.
    pub user_id: String,
    /// When this user read the message, in Unix milliseconds; `None` if not yet.
    pub read_at_ms: Option<u64>,
    /// In which list this user stands.
    pub status: ReadReceiptStatus,
}

impl ReadReceiptPage {
    pub(crate) fn from_wire(wire: frames::ReceiptUsers) -> Self {
        let users = wire.users.into_iter().map(|user| ReadReceiptUser {
            user_id: user.user_id,
            read_at_ms: (user.read_at_ms > 0).then_some(user.read_at_ms),
            status: ReadReceiptStatus::from_wire(user.status),
        });
        Self {
            users: users.collect(),
            page_token: Some(wire.page_token).filter(|token| !token.is_empty()),
            total_count: wire.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(user_id: &str, read_at_ms: u64) -> Reader {
        Reader { user_id: user_id.into(), read_at_ms }
    }

    #[test]
    fn times_travel_as_differences() {
        let wire = frames::Readers {
            first_ordinal: 0,
            user_ids: vec!["a".into(), "b".into(), "c".into()],
            times_ms: vec![1_000, 5, -3],
        };
        let readers = Readers::from_wire(wire);
        assert_eq!(readers.as_slice(), [reader("a", 1_000), reader("b", 1_005), reader("c", 1_002)]);
    }

    #[test]
    fn times_that_overflow_or_are_missing_do_no_harm() {
        let wire = frames::Readers {
            first_ordinal: 0,
            user_ids: vec!["a".into(), "b".into(), "c".into(), "d".into()],
            times_ms: vec![i64::MAX, i64::MAX, i64::MIN],
        };
        assert_eq!(Readers::from_wire(wire).len(), 3);
    }

    #[test]
    fn a_list_that_was_looked_into_still_finds_those_who_came_later() {
        let mut readers: Readers = [reader("a", 1)].into_iter().collect();
        assert_eq!(readers.get("b"), None);
        let before = readers.clone();
        readers.extend([reader("b", 2), reader("a", 3)]);
        assert_eq!((readers.get("b"), readers.get("a")), (Some(2), Some(1)));
        assert_eq!(before.len(), 1, "a clone keeps what it had");
    }

    #[test]
    fn the_code_of_a_call_is_the_first_bad_one() {
        let result = |uid: &str, code| ReceiptResult { message_uid: uid.into(), code };
        let mut response = ReceiptResponse {
            conversation: Conversation::group("g"),
            results: vec![
                result("1", Code::SUCCESS),
                result("2", Code::RECEIPT_NOT_REQUESTED),
                result("3", Code::NOT_IN_AUDIENCE),
            ],
        };
        assert_eq!(response.code(), Code::RECEIPT_NOT_REQUESTED);
        response.results.truncate(1);
        assert_eq!(response.code(), Code::SUCCESS);
    }
}
