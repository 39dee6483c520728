//! Places in lists as texts: the page tokens of clients, and the cursors of back ends. Nothing else knows how they look.

use seenby_core::view::{ConversationPlace, ReceiptList, ReceiptPlace};
use seenby_core::{AppKey, ConversationNumber, GroupName, GroupNumber, MessageKey, MessageUid};
use seenby_protocol::Code;

use crate::administration::{GroupSummary, group_name};
use crate::refusal::Refusal;

/// The place that a token names in a list. No token is the first page.
pub(crate) fn receipts(list: ReceiptList, token: &str) -> Result<ReceiptPlace, Refusal> {
    if token.is_empty() {
        return Ok(list.first());
    }
    let number = token.strip_prefix(letter(list)).and_then(|number| number.parse().ok());
    number.map(|number| list.at(number)).ok_or_else(bad_token)
}

/// A letter for the list, and a number for the place in it.
pub(crate) fn receipts_token(place: ReceiptPlace) -> String {
    format!("{}{}", letter(place.list), place.number)
}

fn letter(list: ReceiptList) -> char {
    match list {
        ReceiptList::OldestReaders => 'o',
        ReceiptList::NewestReaders => 'n',
        ReceiptList::Unread => 'u',
        ReceiptList::Left => 'l',
    }
}

const CONVERSATIONS: char = 'c';

/// `None`: the first page.
pub(crate) fn conversations(token: &str) -> Result<Option<ConversationPlace>, Refusal> {
    if token.is_empty() {
        return Ok(None);
    }
    let numbers = token.strip_prefix(CONVERSATIONS).and_then(|numbers| numbers.split_once('-'));
    let place = numbers.and_then(|(group, conversation)| {
        let (group, conversation) = (group.parse().ok()?, conversation.parse().ok()?);
        Some(ConversationPlace { group: GroupNumber(group), conversation: ConversationNumber(conversation) })
    });
    place.map(Some).ok_or_else(bad_token)
}

pub(crate) fn conversations_token(place: ConversationPlace) -> String {
    format!("{CONVERSATIONS}{}-{}", place.group.0, place.conversation.0)
}

fn bad_token() -> Refusal {
    Refusal::new(Code::PAGE_TOKEN_INVALID, "not a page token of this list")
}

/// Fewer than a billion people have ever been in a group.
const PLACE_DIGITS_MAX: usize = 9;
const CONVERSATION_DIGITS_MAX: usize = 18;

/// A cursor that is the number of the next item's place.
pub(crate) fn number(cursor: Option<&str>) -> Result<Option<u32>, Refusal> {
    cursor.map(|cursor| digits(cursor, PLACE_DIGITS_MAX).map(|place| place as u32)).transpose()
}

/// A cursor that names the last group of its page.
pub(crate) fn group(app: &AppKey, cursor: &str) -> Result<GroupName, Refusal> {
    let (kind, id) = cursor.split_once('/').ok_or_else(bad_cursor)?;
    group_name(app, kind, id).map_err(|_| bad_cursor())
}

pub(crate) fn group_cursor(last: &GroupSummary) -> String {
    format!("{}/{}", last.kind, last.id)
}

/// A cursor that names the last message of its page, whatever has become of it since.
pub(crate) fn message(cursor: &str) -> Result<MessageKey, Refusal> {
    let (uid, conversation) = cursor.split_once('.').ok_or_else(bad_cursor)?;
    let conversation = ConversationNumber(digits(conversation, CONVERSATION_DIGITS_MAX)?);
    Ok(MessageKey { conversation, uid: MessageUid::parse(uid).map_err(|_| bad_cursor())? })
}

pub(crate) fn message_cursor(last: MessageKey) -> String {
    format!("{}.{}", last.uid, last.conversation.0)
}

/// Digits and nothing else.
fn digits(text: &str, digits_max: usize) -> Result<u64, Refusal> {
    match text.len() <= digits_max && text.bytes().all(|digit| digit.is_ascii_digit()) {
        true => text.parse().map_err(|_| bad_cursor()),
        false => Err(bad_cursor()),
    }
}

/// A cursor that this server did not make for this list.
fn bad_cursor() -> Refusal {
    Refusal::new(Code::PAGE_TOKEN_INVALID, "not a cursor of this list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_list_is_found_again_by_its_token_and_in_no_other_list() {
        let lists = [ReceiptList::OldestReaders, ReceiptList::NewestReaders, ReceiptList::Unread, ReceiptList::Left];
        for list in lists {
            assert_eq!(receipts(list, ""), Ok(list.first()));
            for (other, number) in lists.into_iter().flat_map(|other| [0, 1, 1_024, u32::MAX].map(|at| (other, at))) {
                let token = receipts_token(other.at(number));
                assert_eq!(receipts(list, &token).ok(), (list == other).then_some(list.at(number)), "{token}");
            }
        }
        for token in ["o", "7", "o-1", "o4294967296", "c1-2"] {
            assert_eq!(receipts(ReceiptList::OldestReaders, token), Err(bad_token()), "{token}");
        }
    }

    #[test]
    fn a_conversation_and_a_message_are_found_again_by_what_names_them() {
        let place = ConversationPlace { group: GroupNumber(7), conversation: ConversationNumber(u64::MAX) };
        assert_eq!(conversations(&conversations_token(place)), Ok(Some(place)));
        let key = MessageKey { conversation: ConversationNumber(9), uid: MessageUid::MAX };
        assert_eq!(message(&message_cursor(key)), Ok(key));
        for cursor in ["", ".", "9", "VVVV-VVVV-VVVV-VVVV", "VVVV-VVVV-VVVV-VVVV.", "VVVV-VVVV-VVVV-VVVV.+9"] {
            assert_eq!(message(cursor), Err(bad_cursor()), "{cursor}");
        }
    }
}
