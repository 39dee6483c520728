//! How much the content of a message may hold. Both sides count alike: the SDKs before sending, the server on arrival.

use crate::frames::{Content, Expansion, MentionedInfo, UserInfo, content::Kind};

/// User ids that one message may mention; "everybody" needs none.
pub const MENTIONED_USERS_MAX: usize = 1_000;
/// Entries of a message's expansion. This limit and the two that follow are the vendor's.
pub const EXPANSION_ENTRIES_MAX: usize = 300;
pub const EXPANSION_KEY_CHARS_MAX: usize = 32;
pub const EXPANSION_VALUE_CHARS_MAX: usize = 4_096;

impl Content {
    /// The bytes of all its texts.
    pub fn body_bytes(&self) -> usize {
        let body = match &self.kind {
            Some(Kind::Text(text)) => text.text.len(),
            Some(Kind::Custom(custom)) => custom.identifier.len() + custom.fields.len(),
            None => 0,
        };
        let user = self.user_info.as_ref().map_or(0, UserInfo::bytes);
        let mentioned = self.mentioned_info.as_ref().map_or(0, MentionedInfo::bytes);
        let expansion = self.expansion.as_ref().map_or(0, Expansion::bytes);
        body + self.extra.len() + user + mentioned + expansion
    }
}

impl UserInfo {
    fn bytes(&self) -> usize {
        [&self.user_id, &self.name, &self.portrait, &self.alias, &self.extra].map(String::len).iter().sum()
    }
}

impl MentionedInfo {
    fn bytes(&self) -> usize {
        self.content.len() + self.user_ids.iter().map(String::len).sum::<usize>()
    }
}

impl Expansion {
    fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.key.len() + entry.value.len()).sum()
    }
}
