//! The content of a message, checked: the same for a client's call and for a back end's.
//!
//! The rules never look inside a message, so what passes here reaches every reader as it was sent.

use std::collections::HashSet;

use seenby_protocol::content::{
    EXPANSION_ENTRIES_MAX, EXPANSION_KEY_CHARS_MAX, EXPANSION_VALUE_CHARS_MAX, MENTIONED_USERS_MAX,
};
use seenby_protocol::frames::content::Kind;
use seenby_protocol::{Code, frames};

use crate::administration::{NAME_CHARS_MAX, PORTRAIT_CHARS_MAX};
use crate::from_wire::user_id;
use crate::refusal::Refusal;

pub(crate) fn check(content: &frames::Content, bytes_max: usize) -> Result<(), Refusal> {
    if content.body_bytes() > bytes_max {
        return Err(Refusal::new(Code::MESSAGE_TOO_LARGE, format!("the body has more than {bytes_max} bytes")));
    }
    match &content.kind {
        None => return Err(invalid("the message has no content")),
        Some(Kind::Custom(custom)) if has_lone_surrogate(&custom.fields) => {
            return Err(invalid("the fields have an escape of half a surrogate pair"));
        }
        Some(_) => {}
    }
    content.user_info.as_ref().map_or(Ok(()), check_user_info)?;
    content.mentioned_info.as_ref().map_or(Ok(()), check_mentioned)?;
    content.expansion.as_ref().map_or(Ok(()), check_expansion)
}

fn check_user_info(user: &frames::UserInfo) -> Result<(), Refusal> {
    if !user.user_id.is_empty() {
        user_id(&user.user_id)?;
    }
    check_chars("the name of the user info", &user.name, NAME_CHARS_MAX)?;
    check_chars("the alias of the user info", &user.alias, NAME_CHARS_MAX)?;
    check_chars("the portrait of the user info", &user.portrait, PORTRAIT_CHARS_MAX)
}

fn check_mentioned(mentioned: &frames::MentionedInfo) -> Result<(), Refusal> {
    frames::MentionedType::try_from(mentioned.r#type).map_err(|_| invalid("unknown type of mention"))?;
    check_count("mentioned users", mentioned.user_ids.len(), MENTIONED_USERS_MAX)?;
    mentioned.user_ids.iter().try_for_each(|id| user_id(id).map(drop))
}

fn check_expansion(expansion: &frames::Expansion) -> Result<(), Refusal> {
    check_count("expansion entries", expansion.entries.len(), EXPANSION_ENTRIES_MAX)?;
    let mut keys = HashSet::new();
    for entry in &expansion.entries {
        if entry.key.is_empty() || !keys.insert(&entry.key) {
            return Err(invalid("an expansion key is empty or given twice"));
        }
        check_chars("an expansion key", &entry.key, EXPANSION_KEY_CHARS_MAX)?;
        check_chars("an expansion value", &entry.value, EXPANSION_VALUE_CHARS_MAX)?;
    }
    Ok(())
}

fn check_chars(what: &str, text: &str, max: usize) -> Result<(), Refusal> {
    match text.chars().count() > max {
        true => Err(invalid(format!("{what} has more than {max} characters"))),
        false => Ok(()),
    }
}

fn check_count(what: &str, found: usize, max: usize) -> Result<(), Refusal> {
    match found > max {
        true => Err(invalid(format!("{found} {what}, at most {max}"))),
        false => Ok(()),
    }
}

fn invalid(detail: impl ToString) -> Refusal {
    Refusal::new(Code::INVALID_PARAMETER, detail)
}

/// JSON can escape half a surrogate pair, which no Unicode text has: some readers would refuse the whole text, others would
/// replace it, each in its own way.
fn has_lone_surrogate(json: &str) -> bool {
    let mut rest = json;
    while let Some(escape) = rest.find('\\') {
        rest = &rest[escape..];
        rest = match (escaped_unit(rest), rest.get(6..).and_then(escaped_unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => &rest[12..],
            (Some(0xd800..0xe000), _) => return true,
            // The backslash, and what it escapes.
            _ => rest.char_indices().nth(2).map_or("", |(after, _)| &rest[after..]),
        };
    }
    false
}

/// Of `\uXXXX` at the beginning of a text.
fn escaped_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(content: frames::Content) -> Code {
        check(&content, 1_000).err().map_or(Code::SUCCESS, |refusal| refusal.code)
    }

    fn text() -> frames::Content {
        let kind = Some(Kind::Text(frames::TextContent { text: "hello".into() }));
        frames::Content { kind, ..Default::default() }
    }

    fn custom(fields: &str) -> frames::Content {
        let custom = frames::CustomContent { identifier: "x".into(), policy: 1, fields: fields.into() };
        frames::Content { kind: Some(Kind::Custom(custom)), ..Default::default() }
    }

    fn user_info(change: impl FnOnce(&mut frames::UserInfo)) -> frames::Content {
        let mut user = frames::UserInfo::default();
        change(&mut user);
        frames::Content { user_info: Some(user), ..text() }
    }

    fn mentioned(r#type: i32, user_ids: Vec<String>) -> frames::Content {
        let mentioned = frames::MentionedInfo { r#type, user_ids, content: String::new() };
        frames::Content { mentioned_info: Some(mentioned), ..text() }
    }

    fn expansion(entries: impl IntoIterator<Item = (String, String)>) -> frames::Content {
        let entries = entries.into_iter().map(|(key, value)| frames::ExpansionEntry { key, value }).collect();
        frames::Content { expansion: Some(frames::Expansion { entries }), ..text() }
    }

    #[test]
    fn content_at_its_limits_is_taken() {
        let names = |count: usize, length: usize| (0..count).map(move |number| format!("{number:0length$}"));
        for content in [
            text(),
            user_info(|user| user.name = "é".repeat(128)),
            user_info(|user| user.user_id = "u".repeat(64)),
            mentioned(1, names(300, 3).collect()),
            mentioned(0, vec![]),
            expansion(names(300, 3).map(|key| (key, String::new()))),
            expansion([("k".repeat(32), "v".repeat(900))]),
        ] {
            assert_eq!(code(content.clone()), Code::SUCCESS, "{content:?}");
        }
    }

    #[test]
    fn content_beyond_its_limits_is_refused() {
        let key = |key: &str| (key.to_owned(), String::new());
        for content in [
            frames::Content { kind: None, ..text() },
            user_info(|user| user.name = "n".repeat(129)),
            user_info(|user| user.alias = "n".repeat(129)),
            mentioned(2, vec![]),
            mentioned(-1, vec![]),
            expansion([key("")]),
            expansion([key("twice"), key("twice")]),
            expansion([key(&"k".repeat(33))]),
            expansion((0..301).map(|number| key(&format!("{number:x}")))),
        ] {
            assert_eq!(code(content.clone()), Code::INVALID_PARAMETER, "{content:?}");
        }
        assert_eq!(code(user_info(|user| user.user_id = "u".repeat(65))), Code::USER_ID_INVALID);
        assert_eq!(code(mentioned(1, vec![String::new()])), Code::USER_ID_INVALID);
        for large in [
            frames::Content { extra: "x".repeat(996), ..text() },
            user_info(|user| user.portrait = "x".repeat(996)),
            user_info(|user| user.extra = "x".repeat(996)),
            mentioned(1, vec!["u".repeat(64); 16]),
            expansion([("k".into(), "v".repeat(995))]),
        ] {
            assert_eq!(code(large), Code::MESSAGE_TOO_LARGE);
        }
        let many = mentioned(1, vec!["u".into(); MENTIONED_USERS_MAX + 1]);
        assert!(check(&many, usize::MAX).is_err());
        assert!(check(&expansion([("k".into(), "v".repeat(4_097))]), usize::MAX).is_err());
    }

    #[test]
    fn half_a_surrogate_pair_in_the_fields_is_refused() {
        for good in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e9""#, "{oops", r#""\"#, r#""\u"#, r#""\u12"#, "😀\\"]
        {
            assert_eq!(code(custom(good)), Code::SUCCESS, "{good}");
        }
        for bad in [
            r#""\ud83d""#,
            r#""\uDE00""#,
            r#""\ud83d\ud83d\ude00""#,
            r#""\ud83dx""#,
            r#"{"\ud83d":1}"#,
            r#""\\\ud83d""#,
        ] {
            assert_eq!(code(custom(bad)), Code::INVALID_PARAMETER, "{bad}");
        }
    }
}
