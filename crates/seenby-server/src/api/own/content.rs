//! What a message says, in JSON. The fields of a custom message are carried as they were written, so that no number is
//! rounded on the way.

use std::collections::BTreeMap;

use seenby_protocol::frames::{self, content::Kind};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

use super::input::invalid;
use super::shapes::UserId;
use crate::refusal::Refusal;

const IDENTIFIER_CHARS_MAX: usize = 64;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Content {
    Text(TextContent),
    Custom(CustomContent),
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TextContent {
    /// With everything else that the message carries, at most 128 KiB.
    text: String,
    /// Free text of the application.
    #[serde(default)]
    extra: String,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomContent {
    /// The application's name for this kind of message.
    #[schema(min_length = 1, max_length = 64)]
    identifier: String,
    /// Any JSON, carried as it was written: no number is rounded.
    #[schema(value_type = Value)]
    fields: Box<RawValue>,
    #[serde(default)]
    policy: Policy,
    /// Free text of the application.
    #[serde(default)]
    extra: String,
}

/// How applications are to treat a custom message. The server keeps all alike.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Policy {
    /// Not shown, not counted as unread.
    Command = 0,
    /// Shown and counted.
    #[default]
    Normal = 1,
    /// A passing state.
    Status = 2,
    /// Kept and shown, not counted.
    Storage = 3,
}

/// The same as [`Content`] for reading. Serde buffers the members of an untagged enum and would round numbers there.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewContent {
    #[serde(default, deserialize_with = "present")]
    text: Option<String>,
    #[serde(default, deserialize_with = "present")]
    identifier: Option<String>,
    #[serde(default, deserialize_with = "present")]
    fields: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "present")]
    policy: Option<Policy>,
    #[serde(default)]
    extra: String,
}

/// `null` is a value of its own.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl NewContent {
    pub(super) fn into_wire(self) -> Result<frames::Content, Refusal> {
        let kind = match (self.text, self.identifier, self.fields) {
            (Some(text), None, None) if self.policy.is_none() => Kind::Text(frames::TextContent { text }),
            (None, Some(identifier), Some(fields)) => {
                if identifier.is_empty() || identifier.chars().count() > IDENTIFIER_CHARS_MAX {
                    return Err(invalid("the identifier has 1 to 64 characters"));
                }
                let policy = self.policy.unwrap_or_default() as u32;
                Kind::Custom(frames::CustomContent { identifier, policy, fields: fields.get().to_owned() })
            }
            _ => return Err(invalid("the content is a text, or an identifier with fields")),
        };
        Ok(frames::Content { kind: Some(kind), extra: self.extra, ..Default::default() })
    }
}

impl Content {
    /// `None`: of a kind that this version does not know.
    pub(super) fn from_wire(kind: Option<Kind>, extra: String) -> Option<Self> {
        Some(match kind? {
            Kind::Text(frames::TextContent { text }) => Self::Text(TextContent { text, extra }),
            Kind::Custom(custom) => Self::Custom(CustomContent {
                identifier: custom.identifier,
                policy: Policy::from_number(custom.policy),
                fields: json(custom.fields)?,
                extra,
            }),
        })
    }
}

/// Clients may have put any text there; what is no JSON is shown as a text.
fn json(fields: String) -> Option<Box<RawValue>> {
    RawValue::from_string(fields.clone()).or_else(|_| to_raw_value(&fields)).ok()
}

impl Policy {
    fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Command,
            2 => Self::Status,
            3 => Self::Storage,
            _ => Self::Normal,
        }
    }
}

/// What the sender says of itself. Nobody has checked it; who has sent the message is in `sender_id`.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UserInfo {
    #[schema(max_length = 64, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    user_id: String,
    #[schema(max_length = 128)]
    name: String,
    #[schema(max_length = 1024)]
    portrait: String,
    #[schema(max_length = 128)]
    alias: String,
    extra: String,
}

/// Whose attention the sender asks for.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MentionedInfo {
    r#type: Mentioned,
    #[serde(default)]
    #[schema(value_type = Vec<UserId>, max_items = 1000)]
    user_ids: Vec<String>,
    /// A text for notifications.
    #[serde(default)]
    content: String,
}

#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mentioned {
    All,
    Part,
}

/// Texts of the application by key, beside what the message says.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Expansion(BTreeMap<String, String>);

/// Up to 300 entries; keys have 1 to 32 characters, values up to 4,096.
pub(super) fn expansion_schema() -> Schema {
    expansion_of(SchemaType::new(Type::Object))
}

/// The same in a call, where nothing may be said in two ways.
pub(super) fn optional_expansion_schema() -> Schema {
    expansion_of(SchemaType::from_iter([Type::Object, Type::Null]))
}

fn expansion_of(kind: SchemaType) -> Schema {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    ObjectBuilder::new()
        .schema_type(kind)
        .description(Some("Texts of the application by key. There, even if empty: the application may add entries."))
        .property_names(Some(text().min_length(Some(1)).max_length(Some(32)).build()))
        .additional_properties(Some(text().max_length(Some(4_096))))
        .max_properties(Some(300))
        .into()
}

impl From<UserInfo> for frames::UserInfo {
    fn from(UserInfo { user_id, name, portrait, alias, extra }: UserInfo) -> Self {
        Self { user_id, name, portrait, alias, extra }
    }
}

impl From<frames::UserInfo> for UserInfo {
    fn from(frames::UserInfo { user_id, name, portrait, alias, extra }: frames::UserInfo) -> Self {
        Self { user_id, name, portrait, alias, extra }
    }
}

impl From<MentionedInfo> for frames::MentionedInfo {
    fn from(MentionedInfo { r#type, user_ids, content }: MentionedInfo) -> Self {
        let r#type = match r#type {
            Mentioned::All => frames::MentionedType::All,
            Mentioned::Part => frames::MentionedType::Part,
        };
        Self { r#type: r#type.into(), user_ids, content }
    }
}

impl From<frames::MentionedInfo> for MentionedInfo {
    fn from(wire: frames::MentionedInfo) -> Self {
        let r#type = match wire.r#type() {
            frames::MentionedType::All => Mentioned::All,
            frames::MentionedType::Part => Mentioned::Part,
        };
        Self { r#type, user_ids: wire.user_ids, content: wire.content }
    }
}

impl From<Expansion> for frames::Expansion {
    fn from(Expansion(entries): Expansion) -> Self {
        let entry = |(key, value)| frames::ExpansionEntry { key, value };
        Self { entries: entries.into_iter().map(entry).collect() }
    }
}

impl From<frames::Expansion> for Expansion {
    fn from(wire: frames::Expansion) -> Self {
        Self(wire.entries.into_iter().map(|entry| (entry.key, entry.value)).collect())
    }
}
