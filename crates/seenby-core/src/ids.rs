//! The names of things. Every id is a type of its own, so the compiler rejects a swap.

use std::fmt;
use std::sync::Arc;

/// Why a text is not a valid id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    #[error("must have 1 to {max} characters")]
    Length { max: usize },
    #[error("must not contain {0:?}")]
    Character(char),
    #[error("is not a message id")]
    MessageUid,
}

/// Ids of users and groups, app keys and client references have at most this many characters.
pub const ID_CHARS_MAX: usize = 64;
/// Channel ids have at most this many characters, as at the vendor.
pub const CHANNEL_ID_CHARS_MAX: usize = 20;

fn check_id(text: &str, max: usize, forbid: impl Fn(char) -> bool) -> Result<(), InvalidId> {
    if text.is_empty() || text.chars().count() > max {
        return Err(InvalidId::Length { max });
    }
    match text.chars().find(|&c| c.is_control() || forbid(c)) {
        Some(c) => Err(InvalidId::Character(c)),
        None => Ok(()),
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:expr, $forbid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and takes over a text from outside.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                check_id(text, $max, $forbid)?;
                Ok(Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &*self.0)
            }
        }
    };
}

text_id!(
    /// One customer application; everything below belongs to exactly one.
    AppKey, ID_CHARS_MAX, |_| false
);
text_id!(UserId, ID_CHARS_MAX, |_| false);
text_id!(GroupId, ID_CHARS_MAX, |_| false);
text_id!(
    /// A channel of an ultra group.
    ChannelId, CHANNEL_ID_CHARS_MAX, |c| c == '_'
);
text_id!(
    /// What the sending device called a message. The same reference from the same sender is the same message.
    ClientRef, ID_CHARS_MAX, |_| false
);

text_id!(
    /// The part of an API key that may be shown.
    KeyId, ID_CHARS_MAX, |_| false
);

impl ChannelId {
    /// The channel meant when an ultra group is named without one.
    pub fn default_channel() -> Self {
        Self("RCDefault".into())
    }
}

/// Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The following millisecond.
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Stable number of a group over the life of a store; shorter than its name in every key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupNumber(pub u64);

/// Stable number of a conversation: a group, or one channel of an ultra group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationNumber(pub u64);

/// A device that is signed in: another number at each sign-in. News leaves out the one that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceNumber(pub u64);

/// A member's small integer within the group: given once, never reused, kept when the member leaves and returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// Position of an entry in a conversation's log; the first is 1, so 0 means "nothing yet".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Sequence(pub u64);

impl Sequence {
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Position of a reader among the readers of one message, in the order of acceptance.
pub type Ordinal = u32;

/// A message as the ledger names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageKey {
    pub conversation: ConversationNumber,
    pub uid: MessageUid,
}

/// 80 bits that order messages by time: 44 bits of milliseconds, 12 of a counter, 24 of the node.
///
/// Shown as four groups of four base-32 characters, as the vendor's ids look; opaque to callers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageUid([u8; 10]);

const UID_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
const UID_TEXT_LENGTH: usize = 19;
/// The year 2527.
const UID_TIME_MAX: u64 = (1 << 44) - 1;

impl MessageUid {
    pub const MIN: Self = Self([0; 10]);
    pub const MAX: Self = Self([0xff; 10]);

    pub fn from_bytes(bytes: [u8; 10]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }

    pub(crate) fn from_parts(time: Timestamp, counter: u16, node: u32) -> Self {
        let bits = u128::from(time.0.min(UID_TIME_MAX)) << 36
            | (u128::from(counter) & 0xfff) << 24
            | u128::from(node) & 0xff_ffff;
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&bits.to_be_bytes()[6..]);
        Self(bytes)
    }

    /// The smallest id of a moment: every message sent at or after it compares greater or equal.
    pub fn first_at(time: Timestamp) -> Self {
        Self::from_parts(time, 0, 0)
    }

    pub(crate) fn time(self) -> Timestamp {
        Timestamp((self.bits() >> 36) as u64)
    }

    fn bits(self) -> u128 {
        let mut bytes = [0; 16];
        bytes[6..].copy_from_slice(&self.0);
        u128::from_be_bytes(bytes)
    }

    /// Reads the text form. Lower case is accepted.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let text = text.as_bytes();
        if text.len() != UID_TEXT_LENGTH {
            return Err(InvalidId::MessageUid);
        }
        let mut bits = 0u128;
        for (index, character) in text.iter().enumerate() {
            if index % 5 == 4 {
                if *character != b'-' {
                    return Err(InvalidId::MessageUid);
                }
                continue;
            }
            let digit = match character.to_ascii_uppercase() {
                c @ b'0'..=b'9' => c - b'0',
                c @ b'A'..=b'V' => c - b'A' + 10,
                _ => return Err(InvalidId::MessageUid),
            };
            bits = bits << 5 | u128::from(digit);
        }
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&bits.to_be_bytes()[6..]);
        Ok(Self(bytes))
    }
}

impl fmt::Display for MessageUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.bits();
        let mut text = [b'-'; UID_TEXT_LENGTH];
        for digit in 0..16 {
            let value = bits >> (75 - 5 * digit) & 0x1f;
            text[digit + digit / 4] = UID_ALPHABET[value as usize];
        }
        f.write_str(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
    }
}

impl fmt::Debug for MessageUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageUid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_have_1_to_64_characters_and_no_control_characters() {
        assert!(UserId::new("").is_err());
        assert!(UserId::new(&"字".repeat(64)).is_ok());
        assert_eq!(UserId::new(&"x".repeat(65)), Err(InvalidId::Length { max: 64 }));
        assert_eq!(UserId::new("a\nb"), Err(InvalidId::Character('\n')));
        assert!(UserId::new("__proto__").is_ok());
    }

    #[test]
    fn channel_ids_are_short_and_without_underscore() {
        assert_eq!(ChannelId::new("a_b"), Err(InvalidId::Character('_')));
        assert_eq!(ChannelId::new(&"x".repeat(21)), Err(InvalidId::Length { max: 20 }));
        assert!(ChannelId::new("ward-3").is_ok());
    }

    #[test]
    fn message_ids_look_like_the_vendors() {
        let uid = MessageUid::from_parts(Timestamp(1_732_000_000_000), 7, 0xabcdef);
        let text = uid.to_string();
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
        assert_eq!(uid.time(), Timestamp(1_732_000_000_000));
        for bad in ["", "AAAA", "AAAA-AAAA-AAAA-AAAZ", "AAAA_AAAA_AAAA_AAAA", "AAAAA-AAA-AAAA-AAAA"] {
            assert_eq!(MessageUid::parse(bad), Err(InvalidId::MessageUid), "{bad}");
        }
    }

    /// 44 bits of time, 12 of a counter, 24 of a node.
    #[test]
    fn the_parts_of_a_message_id_lie_side_by_side() {
        let uid = MessageUid::from_parts(Timestamp(0x123_4567_89ab), 0xdef, 0x123456);
        assert_eq!(uid.as_bytes(), &[0x12, 0x34, 0x56, 0x78, 0x9a, 0xbd, 0xef, 0x12, 0x34, 0x56]);
        assert_eq!(MessageUid::from_bytes(*uid.as_bytes()), uid);
    }

    #[test]
    fn times_beyond_the_last_one_are_the_last_one() {
        assert!(MessageUid::first_at(Timestamp(1 << 44)) > MessageUid::first_at(Timestamp(1_800_000_000_000)));
        assert_eq!(MessageUid::first_at(Timestamp(u64::MAX)), MessageUid::first_at(Timestamp((1 << 44) - 1)));
    }

    proptest! {
        #[test]
        fn message_ids_survive_their_text_form(bytes: [u8; 10]) {
            let uid = MessageUid::from_bytes(bytes);
            prop_assert_eq!(MessageUid::parse(&uid.to_string()), Ok(uid));
        }

        #[test]
        fn message_ids_and_their_texts_have_the_same_order(a: [u8; 10], b: [u8; 10]) {
            let (a, b) = (MessageUid::from_bytes(a), MessageUid::from_bytes(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn no_text_crashes_the_message_id_parser(text: String) {
            let _ = MessageUid::parse(&text);
        }
    }
}
