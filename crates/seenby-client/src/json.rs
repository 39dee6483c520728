//! JSON as it was written.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// JSON text, carried from sender to reader as it was written: no number is rounded, no member moves.
///
/// ```
/// use seenby_client::Json;
///
/// let exact = Json::new(r#"{ "ward": 12345678901234567890123 }"#)?;
/// assert_eq!(exact.text(), r#"{ "ward": 12345678901234567890123 }"#);
///
/// let made = Json::from(serde_json::json!({ "bed": 7 }));
/// assert_eq!(made.value()["bed"], 7);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// Takes a JSON text over as it is.
    ///
    /// # Errors
    ///
    /// When the text is not JSON.
    pub fn new(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        let text = text.into();
        serde_json::from_str::<Value>(&text)?;
        Ok(Self(text))
    }

    /// Another program may have sent any text; see [`value`](Self::value).
    pub(crate) fn received(text: String) -> Self {
        Self(text)
    }

    /// Returns the text as it was written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns the parsed value. Whole numbers beyond 64 bits become floating-point numbers; [`text`](Self::text) has them
    /// exactly. A sender that sent no JSON gives a [`Value::String`].
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_else(|_| Value::String(self.0.clone()))
    }

    /// Parses the text into a type of the application.
    ///
    /// # Errors
    ///
    /// When the text is not JSON of this type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({})", self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
