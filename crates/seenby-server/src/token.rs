//! Sign-in tokens: JWTs that the app's secret signs. A back end may mint them itself.

use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use seenby_core::commit::AppRecord;
use seenby_core::{Timestamp, UserId};
use seenby_protocol::Code;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The one algorithm. A token that names another is refused, so none can be talked into a weaker one.
const ALGORITHM: Algorithm = Algorithm::HS256;

#[derive(Serialize, Deserialize)]
struct Claims {
    /// User id.
    sub: String,
    /// App key.
    aud: String,
    /// With milliseconds when this server issued it, so that tokens of one second can be told apart.
    #[serde(default)]
    iat: f64,
    /// Seconds, as JWTs have it.
    exp: u64,
}

pub fn issue(app: &AppRecord, user: &UserId, now: Timestamp, lifetime: Duration) -> String {
    let claims = Claims {
        sub: user.to_string(),
        aud: app.key.to_string(),
        iat: now.0 as f64 / 1_000.0,
        exp: (now.0 / 1_000).saturating_add(lifetime.as_secs()),
    };
    let key = EncodingKey::from_secret(app.secret.expose().as_bytes());
    jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &key).expect("texts and numbers always encode")
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) user: UserId,
    /// 0 when the token does not tell.
    pub(crate) issued_at: Timestamp,
}

pub(crate) fn verify(app: &AppRecord, token: &str, now: Timestamp) -> Result<Verified, Refusal> {
    let incorrect = |detail: &dyn ToString| Refusal::new(Code::TOKEN_INCORRECT, detail.to_string());
    let mut validation = Validation::new(ALGORITHM);
    validation.set_audience(&[app.key.as_str()]);
    validation.set_required_spec_claims(&["exp", "aud", "sub"]);
    // Compared below with the time that is handed in.
    validation.validate_exp = false;
    let key = DecodingKey::from_secret(app.secret.expose().as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => incorrect(&"the signature does not match"),
            ErrorKind::InvalidAudience => incorrect(&"the token is for another app"),
            _ => incorrect(&error),
        })?
        .claims;
    if claims.exp <= now.0 / 1_000 {
        return Err(Refusal::new(Code::TOKEN_EXPIRED, "the token has expired"));
    }
    let user = UserId::new(&claims.sub).map_err(|error| incorrect(&error))?;
    Ok(Verified { user, issued_at: Timestamp((claims.iat * 1_000.0).round() as u64) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use seenby_core::AppKey;
    use seenby_core::commit::Secret;

    const NOW: Timestamp = Timestamp(1_800_000_000_123);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn app(key: &str, secret: &str) -> AppRecord {
        AppRecord { key: AppKey::new(key).unwrap(), secret: Secret::new(secret), created_at: NOW }
    }

    fn alice() -> UserId {
        UserId::new("alice").unwrap()
    }

    #[test]
    fn a_token_names_its_user_until_it_expires() {
        let app = app("clinic", "s3cret");
        let token = issue(&app, &alice(), NOW, HOUR);
        assert_eq!(verify(&app, &token, NOW), Ok(Verified { user: alice(), issued_at: NOW }));
        let later = Timestamp(NOW.0 + 3_600_000);
        assert_eq!(verify(&app, &token, later).unwrap_err().code, Code::TOKEN_EXPIRED);
    }

    #[test]
    fn forged_foreign_and_damaged_tokens_are_incorrect() {
        let clinic = app("clinic", "s3cret");
        let token = issue(&clinic, &alice(), NOW, HOUR);
        for other in [app("clinic", "guessed"), app("school", "s3cret"), app("school", "other")] {
            assert_eq!(verify(&other, &token, NOW).unwrap_err().code, Code::TOKEN_INCORRECT);
        }
        for damaged in ["", "a.b.c", &token[1..], &token[..token.len() - 1], &format!("{token}x")] {
            assert_eq!(verify(&clinic, damaged, NOW).unwrap_err().code, Code::TOKEN_INCORRECT, "{damaged}");
        }
    }

    /// Every place of a token, and everything that could stand there instead: some 13,000.
    #[test]
    fn a_token_with_one_character_changed_is_incorrect() {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
        let clinic = app("clinic", "s3cret");
        let token = issue(&clinic, &alice(), NOW, HOUR);
        for place in 0..token.len() {
            for letter in ALPHABET.iter().filter(|letter| token.as_bytes()[place] != **letter) {
                let mut changed = token.clone().into_bytes();
                changed[place] = *letter;
                let changed = String::from_utf8(changed).unwrap();
                assert_eq!(verify(&clinic, &changed, NOW).unwrap_err().code, Code::TOKEN_INCORRECT, "{changed}");
            }
        }
    }

    #[test]
    fn only_the_one_algorithm_is_taken() {
        let clinic = app("clinic", "s3cret");
        let claims = Claims { sub: "alice".into(), aud: "clinic".into(), iat: 0.0, exp: u64::MAX };
        let key = EncodingKey::from_secret(b"s3cret");
        let stronger = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims, &key).unwrap();
        assert_eq!(verify(&clinic, &stronger, NOW).unwrap_err().code, Code::TOKEN_INCORRECT);
        // {"alg":"none"} and the same claims without a signature.
        let body = stronger.split('.').nth(1).unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.");
        assert_eq!(verify(&clinic, &unsigned, NOW).unwrap_err().code, Code::TOKEN_INCORRECT);
    }
}
