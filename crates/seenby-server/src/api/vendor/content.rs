//! What a message says, as the vendor writes it: `objectName`, a JSON text in `content`, and what stands beside it.
//!
//! Numbers are kept as they were written: the text of a custom message is carried along untouched.

use seenby_protocol::frames::{self, content::Kind};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::form::Form;
use super::reply::Fault;

const OBJECT_NAME_CHARS_MAX: usize = 32;
/// The vendor's own kinds of message begin so; of these only text is served.
const VENDORS_OWN: &str = "RC:";
const TEXT: &str = "RC:TxtMsg";
/// Shown and counted, which is what the vendor does unless told otherwise.
const NORMAL_POLICY: u32 = 1;

/// The vendor's numbers for kinds of mentions.
const ALL: u64 = 1;
const PART: u64 = 2;

type Result<T> = std::result::Result<T, Fault>;

/// The content of a message that is to be published.
pub(super) fn read(form: &Form) -> Result<frames::Content> {
    let object_name = form.one("objectName")?;
    if object_name.is_empty() || object_name.chars().count() > OBJECT_NAME_CHARS_MAX {
        return Err(Fault::too_long(format!("objectName has 1 to {OBJECT_NAME_CHARS_MAX} characters")));
    }
    let content = form.one("content")?;
    let mut read = match object_name {
        TEXT => text(content)?,
        other if other.starts_with(VENDORS_OWN) => {
            let detail = format!("{other} is a kind of the vendor's own; here there is {TEXT}, and yours");
            return Err(Fault::parameter(detail));
        }
        identifier => custom(identifier, content),
    };
    // Without the flag the vendor passes over whom the content mentions.
    if !form.flag("isMentioned")? {
        read.mentioned_info = None;
    } else if read.mentioned_info.is_none() {
        return Err(Fault::parameter("isMentioned is 1, but the content has no mentionedInfo"));
    }
    read.expansion = expansion(form)?;
    Ok(read)
}

/// The reverse of [`read`]: `objectName` and `content`. A message of a kind of the application's own is given as it was
/// written.
pub(super) fn write(content: frames::Content) -> Option<(String, String)> {
    let text = match content.kind? {
        Kind::Text(text) => text.text,
        Kind::Custom(custom) => return Some((custom.identifier, custom.fields)),
    };
    let mut body = json!({ "content": text, "extra": content.extra });
    if let Some(user) = content.user_info {
        let frames::UserInfo { user_id, name, portrait, alias, extra } = user;
        body["user"] = json!({ "id": user_id, "name": name, "portrait": portrait, "alias": alias, "extra": extra });
    }
    if let Some(mentioned) = content.mentioned_info {
        let kind = if mentioned.r#type() == frames::MentionedType::All { ALL } else { PART };
        body["mentionedInfo"] =
            json!({ "type": kind, "userIdList": mentioned.user_ids, "mentionedContent": mentioned.content });
    }
    Some((TEXT.to_owned(), body.to_string()))
}

#[derive(Deserialize)]
struct TextBody<'a> {
    content: String,
    #[serde(borrow)]
    extra: Option<&'a RawValue>,
    user: Option<Value>,
    #[serde(rename = "mentionedInfo")]
    mentioned_info: Option<Value>,
}

/// `{"content": "…", "extra": "…"}`, perhaps with a `user` and a `mentionedInfo`.
fn text(content: &str) -> Result<frames::Content> {
    let object = object_text(content);
    let not_text =
        |error| Fault::parameter(format!("the content of {TEXT} is a JSON object with a text named content: {error}"));
    let body: TextBody<'_> = serde_json::from_str(&object).map_err(not_text)?;
    Ok(frames::Content {
        kind: Some(Kind::Text(frames::TextContent { text: body.content })),
        extra: body.extra.map_or_else(String::new, plain),
        user_info: body.user.as_ref().map(user_info).transpose()?.flatten(),
        mentioned_info: body.mentioned_info.as_ref().map(mentioned_info).transpose()?.flatten(),
        expansion: None,
    })
}

/// A kind of the application's own, which may mean by `user` and `mentionedInfo` what it likes: they are taken where they
/// are the vendor's.
fn custom(identifier: &str, content: &str) -> frames::Content {
    let fields = object_text(content);
    let known: Map<String, Value> = serde_json::from_str(&fields).unwrap_or_default();
    let custom = frames::CustomContent { identifier: identifier.to_owned(), policy: NORMAL_POLICY, fields };
    frames::Content {
        kind: Some(Kind::Custom(custom)),
        user_info: known.get("user").and_then(|user| user_info(user).ok().flatten()),
        mentioned_info: known.get("mentionedInfo").and_then(|mentioned| mentioned_info(mentioned).ok().flatten()),
        ..Default::default()
    }
}

/// One of the vendor's SDKs makes a JSON text of the JSON text.
fn object_text(content: &str) -> String {
    let inner = serde_json::from_str::<String>(content).ok().filter(|inner| inner.trim_start().starts_with('{'));
    inner.unwrap_or_else(|| content.to_owned())
}

/// A text without its quotes; anything else as it was written.
fn plain(value: &RawValue) -> String {
    match serde_json::from_str(value.get()) {
        Ok(Value::String(text)) => text,
        Ok(Value::Null) => String::new(),
        _ => value.get().to_owned(),
    }
}

/// `None` where there is nobody, which some write as an empty text.
fn user_info(user: &Value) -> Result<Option<frames::UserInfo>> {
    let Some(members) = members("user", user)? else { return Ok(None) };
    let text = |name| text_member("user", members, name);
    Ok(Some(frames::UserInfo {
        user_id: text("id")?,
        name: text("name")?,
        portrait: text("portrait")?,
        alias: text("alias")?,
        extra: text("extra")?,
    }))
}

fn mentioned_info(mentioned: &Value) -> Result<Option<frames::MentionedInfo>> {
    let Some(members) = members("mentionedInfo", mentioned)? else { return Ok(None) };
    let number = |kind: &Value| kind.as_u64().or_else(|| kind.as_str()?.parse().ok());
    let kind = match members.get("type").and_then(number) {
        Some(ALL) => frames::MentionedType::All,
        Some(PART) => frames::MentionedType::Part,
        _ => return Err(Fault::parameter("the type of mentionedInfo is 1 (all) or 2 (some)")),
    };
    let not_ids = || Fault::parameter("the userIdList of mentionedInfo is a list of texts");
    let user_ids = match members.get("userIdList") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(ids)) => {
            ids.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(not_ids)).collect::<Result<_>>()?
        }
        Some(_) => return Err(not_ids()),
    };
    let content = text_member("mentionedInfo", members, "mentionedContent")?;
    Ok(Some(frames::MentionedInfo { r#type: kind.into(), user_ids, content }))
}

fn members<'a>(name: &str, value: &'a Value) -> Result<Option<&'a Map<String, Value>>> {
    match value {
        Value::Object(members) => Ok(Some(members)),
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        _ => Err(Fault::parameter(format!("{name} is not an object"))),
    }
}

fn text_member(of: &str, members: &Map<String, Value>, name: &str) -> Result<String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(Fault::parameter(format!("{name} of {of} is not a text"))),
    }
}

/// `expansion` allows entries, `extraContent` has them as a JSON object. Without the first the vendor passes over the second.
fn expansion(form: &Form) -> Result<Option<frames::Expansion>> {
    if !form.flag("expansion")? {
        return Ok(None);
    }
    let text = form.optional("extraContent")?.filter(|text| !text.is_empty()).unwrap_or("{}");
    let not_entries = |_| Fault::parameter("extraContent is a JSON object whose values are texts");
    let entries: Map<String, Value> = serde_json::from_str(text).map_err(not_entries)?;
    let entry = |(key, value): (String, Value)| match value {
        Value::String(value) => Ok(frames::ExpansionEntry { key, value }),
        _ => Err(Fault::parameter("extraContent is a JSON object whose values are texts")),
    };
    Ok(Some(frames::Expansion { entries: entries.into_iter().map(entry).collect::<Result<_>>()? }))
}
