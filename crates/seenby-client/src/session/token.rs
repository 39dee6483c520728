//! Whose a token is, as far as the token itself says: only the server knows whether that is true.
//!
//! An answer is kept under this name before the server has confirmed it, and sent only when it has.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::ID_CHARACTERS_MAX;

#[derive(Deserialize)]
struct Claims {
    /// The user id.
    sub: String,
}

/// `None` if this is no JWT that names a user.
pub(super) fn user_id(token: &str) -> Option<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts[..] else { return None };
    let json = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    let Claims { sub } = serde_json::from_slice(&json).ok()?;
    (1..=ID_CHARACTERS_MAX).contains(&sub.chars().count()).then_some(sub)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_names_its_user() {
        assert_eq!(user_id(&jwt(r#"{"sub":"bob","exp":1}"#)).as_deref(), Some("bob"));
        assert_eq!(user_id(&jwt(r#"{"sub":"新闻/🔥"}"#)).as_deref(), Some("新闻/🔥"));
    }

    #[test]
    fn what_is_no_token_of_a_user_names_nobody() {
        let long = format!(r#"{{"sub":"{}"}}"#, "x".repeat(65));
        for claims in [r#"{"sub":""}"#, r#"{"sub":7}"#, "{}", "[]", "", &long] {
            assert_eq!(user_id(&jwt(claims)), None, "{claims}");
        }
        for token in ["", "bob", "a.b", "a.b.c", "e30.e30", "..", "e30.eyJzdWIiOiJib2IifQ.s.t"] {
            assert_eq!(user_id(token), None, "{token}");
        }
    }
}
