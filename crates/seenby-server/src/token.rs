//! Sign-in tokens: JWTs that the app's secret signs. A back end may mint them itself.

use std::time::Duration;

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use seenby_core::commit::AppRecord;
use seenby_core::{Timestamp, UserId};
use seenby_protocol::Code;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// The one algorithm. A token that names another is refused, so none can be talked into a weaker one.
const ALGORITHM: Algorithm = Algorithm::HS256;
/// The end of the year 9999. A later time is in milliseconds, and a token with it would never end, or never be void.
const SECONDS_MAX: f64 = 253_402_300_799.0;

#[derive(Serialize)]
struct Claims<'a> {
    /// User id.
    sub: &'a str,
    /// App key.
    aud: &'a str,
    /// With milliseconds, so that tokens of one second can be told apart.
    iat: f64,
    /// Seconds, as JWTs have it.
    exp: u64,
}

pub fn issue(app: &AppRecord, user: &UserId, now: Timestamp, lifetime: Duration) -> String {
    issue_from(app, user, Timestamp(0), now, lifetime)
}

/// `tokens_from`: tokens from before this moment are void. A clock that was set back since must not make another such.
pub(crate) fn issue_from(
    app: &AppRecord,
    user: &UserId,
    tokens_from: Timestamp,
    now: Timestamp,
    lifetime: Duration,
) -> String {
    let claims = Claims {
        sub: user.as_str(),
        aud: app.key.as_str(),
        iat: now.max(tokens_from).0 as f64 / 1_000.0,
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

/// `skew_max`: how far the clock of the back end that made the token may be off.
pub(crate) fn verify(app: &AppRecord, token: &str, now: Timestamp, skew_max: Duration) -> Result<Verified, Refusal> {
    let claims = Verifier(signed_claims(app, token).map_err(incorrect)?);
    let found = claims.read(app.key.as_str()).map_err(incorrect)?;
    let skew = skew_max.as_millis() as u64;
    if found.ends_at.0.saturating_add(skew) <= now.0 {
        let detail = format!("the token ended at {} s, and it is {} s", found.ends_at.0 / 1_000, now.0 / 1_000);
        return Err(Refusal::new(Code::TOKEN_EXPIRED, detail));
    }
    if found.begins_at.0 > now.0.saturating_add(skew) {
        let (begins, now) = (found.begins_at.0 / 1_000, now.0 / 1_000);
        return Err(incorrect(format!("the token is good from {begins} s on (nbf), and it is {now} s")));
    }
    Ok(found.verified)
}

fn incorrect(why: String) -> Refusal {
    Refusal::new(Code::TOKEN_INCORRECT, why)
}

/// The claims of a token that the app's secret has signed. Times and audience are looked at afterwards: the library knows
/// neither the time that is handed in nor fractions of seconds.
fn signed_claims(app: &AppRecord, token: &str) -> Result<Map<String, Value>, String> {
    check_form(token)?;
    let header = jsonwebtoken::decode_header(token).map_err(|error| unreadable(&error))?;
    if header.alg != ALGORITHM {
        return Err(format!("the token is signed with {:?} (alg); only {ALGORITHM:?} is taken", header.alg));
    }
    if header.crit.is_some() {
        return Err("the token has extensions that must be understood (crit), and this server knows none".to_owned());
    }
    let mut validation = Validation::new(ALGORITHM);
    validation.set_required_spec_claims::<&str>(&[]);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(app.secret.expose().as_bytes());
    let decoded = jsonwebtoken::decode(token, &key, &validation);
    decoded.map(|decoded| decoded.claims).map_err(|error| unreadable(&error))
}

/// RFC 7515: three parts, each base64url without padding.
fn check_form(token: &str) -> Result<(), String> {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if let Some(other) = token.chars().find(|letter| !u8::try_from(*letter).is_ok_and(is_base64url)) {
        return Err(format!("the token has the character {other:?}; a JWT is base64url without padding, with dots"));
    }
    match token.split('.').count() {
        3 => Ok(()),
        parts => Err(format!("a JWT has three parts with dots between them; this has {parts}")),
    }
}

fn unreadable(error: &Error) -> String {
    match error.kind() {
        ErrorKind::InvalidSignature => {
            "the signature does not match: the secret is another, or it was taken as hexadecimal digits".to_owned()
        }
        ErrorKind::Base64(_) => "a part of the token is not base64url".to_owned(),
        ErrorKind::Json(error) => format!("a part of the token is not JSON as a JWT has it: {error}"),
        _ => error.to_string(),
    }
}

struct Found {
    verified: Verified,
    ends_at: Timestamp,
    begins_at: Timestamp,
}

/// Reads claims, and names the one that is not as it should be. What else a token says is not looked at.
struct Verifier(Map<String, Value>);

impl Verifier {
    fn read(&self, app: &str) -> Result<Found, String> {
        self.check_audience(app)?;
        let Some(Value::String(user)) = self.0.get("sub") else {
            return Err("the token names no user: sub is missing, or no text".to_owned());
        };
        let user = UserId::new(user).map_err(|error| format!("sub: {error}"))?;
        let ends_at = self.time("exp")?.ok_or("the token does not say when it ends: exp is missing")?;
        let (issued_at, begins_at) = (self.time("iat")?.unwrap_or_default(), self.time("nbf")?.unwrap_or_default());
        Ok(Found { verified: Verified { user, issued_at }, ends_at, begins_at })
    }

    /// RFC 7519, 4.1.3: one text, or a list of which one must be meant.
    fn check_audience(&self, app: &str) -> Result<(), String> {
        let is_meant = match self.0.get("aud") {
            None => return Err("the token does not say for which app it is: aud is missing".to_owned()),
            Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == app),
            Some(audience) => audience == app,
        };
        if is_meant { Ok(()) } else { Err("the token is for another app (aud)".to_owned()) }
    }

    /// RFC 7519, 2: seconds since 1970, perhaps with a fraction.
    fn time(&self, claim: &str) -> Result<Option<Timestamp>, String> {
        let seconds = match self.0.get(claim) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value.as_f64().filter(|seconds| seconds.is_finite()),
        };
        match seconds {
            Some(seconds) if seconds > SECONDS_MAX => Err(format!("{claim} is in seconds, and this is beyond 9999")),
            Some(seconds) => Ok(Some(Timestamp((seconds * 1_000.0).round() as u64))),
            None => Err(format!("{claim} is not a number of seconds")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seenby_core::AppKey;
    use seenby_core::commit::Secret;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_800_000_000_123);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn app(key: &str, secret: &str) -> AppRecord {
        AppRecord { key: AppKey::new(key).unwrap(), secret: Secret::new(secret), created_at: NOW }
    }

    fn alice() -> UserId {
        UserId::new("alice").unwrap()
    }

    const EXACT: Duration = Duration::ZERO;

    fn signed(claims: &Value) -> String {
        let key = EncodingKey::from_secret(b"s3cret");
        jsonwebtoken::encode(&Header::new(ALGORITHM), claims, &key).unwrap()
    }

    /// Claims that are good, with others in their place.
    fn claims(changes: Value) -> Value {
        let mut claims = json!({ "sub": "alice", "aud": "clinic", "exp": NOW.0 / 1_000 + 60 });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }

    fn outcome(token: &str) -> Result<Verified, (Code, String)> {
        verify(&app("clinic", "s3cret"), token, NOW, EXACT).map_err(|refusal| (refusal.code, refusal.detail))
    }

    #[test]
    fn every_safe_form_of_a_jwt_is_taken() {
        let seconds = NOW.0 / 1_000;
        for changes in [
            json!({}),
            json!({ "exp": seconds as f64 + 0.5 }),
            json!({ "exp": 4e9 }),
            json!({ "nbf": seconds, "iat": seconds as f64 + 0.1 }),
            json!({ "nbf": null, "iat": null }),
            json!({ "aud": ["elsewhere", "clinic"] }),
            json!({ "iss": "https://clinic.example", "jti": "1", "roles": ["nurse"], "": {} }),
        ] {
            assert_eq!(outcome(&signed(&claims(changes.clone()))).map(|found| found.user), Ok(alice()), "{changes}");
        }
        for typ in ["JWT", "jwt", "at+jwt"] {
            let header = Header { typ: Some(typ.to_owned()), kid: Some("k1".to_owned()), ..Header::new(ALGORITHM) };
            let key = EncodingKey::from_secret(b"s3cret");
            let token = jsonwebtoken::encode(&header, &claims(json!({})), &key).unwrap();
            assert_eq!(outcome(&token).map(|found| found.user), Ok(alice()), "{typ}");
        }
    }

    /// RFC 7519, 4.1.4 and 4.1.5: a token that ends at a moment is not good at that moment, one that begins then is.
    #[test]
    fn a_token_is_good_from_its_beginning_to_its_end_to_the_millisecond() {
        let at = |ms: i64| (NOW.0 as i64 + ms) as f64 / 1_000.0;
        let code = |changes| outcome(&signed(&claims(changes))).err().map(|(code, _)| code);
        assert_eq!(code(json!({ "exp": at(0) })), Some(Code::TOKEN_EXPIRED));
        assert_eq!(code(json!({ "exp": at(1) })), None);
        assert_eq!(code(json!({ "exp": -1 })), Some(Code::TOKEN_EXPIRED));
        assert_eq!(code(json!({ "nbf": at(0) })), None);
        assert_eq!(code(json!({ "nbf": at(1) })), Some(Code::TOKEN_INCORRECT));
    }

    #[test]
    fn clocks_may_differ_by_as_much_as_the_setting_says() {
        let skew = Duration::from_secs(5);
        let at = |ms: i64| (NOW.0 as i64 + ms) as f64 / 1_000.0;
        for (changes, code) in [
            (json!({ "exp": at(-4_999) }), None),
            (json!({ "exp": at(-5_000) }), Some(Code::TOKEN_EXPIRED)),
            (json!({ "nbf": at(5_000) }), None),
            (json!({ "nbf": at(5_001) }), Some(Code::TOKEN_INCORRECT)),
        ] {
            let found = verify(&app("clinic", "s3cret"), &signed(&claims(changes.clone())), NOW, skew);
            assert_eq!(found.err().map(|refusal| refusal.code), code, "{changes}");
        }
    }

    #[test]
    fn a_refusal_says_why_and_never_what_the_token_says() {
        let good = signed(&claims(json!({})));
        let with = |changes: Value| signed(&claims(changes));
        let without = |name: &str| {
            let mut claims = claims(json!({}));
            claims.as_object_mut().unwrap().shift_remove(name);
            signed(&claims)
        };
        let critical = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(ALGORITHM) };
        let key = EncodingKey::from_secret(b"s3cret");
        for (token, why) in [
            (format!("{good}="), "without padding"),
            (format!("{good}\n"), "'\\n'"),
            (format!("Bearer {good}"), "' '"),
            ("hQ2xSecretOfTheVendor@cn.rongnav.com".to_owned(), "'@'"),
            ("a.b".to_owned(), "this has 2"),
            (format!("{good}.{good}"), "this has 6"),
            (format!("x{good}"), "not base64url"),
            (with(json!({ "aud": "school" })), "another app"),
            (with(json!({ "aud": ["school", 7] })), "another app"),
            (without("aud"), "aud is missing"),
            (without("sub"), "sub is missing"),
            (with(json!({ "sub": 7 })), "no text"),
            (with(json!({ "sub": "" })), "sub: "),
            (without("exp"), "exp is missing"),
            (with(json!({ "exp": "1800003600" })), "exp is not a number"),
            (with(json!({ "exp": NOW.0 + 60_000 })), "beyond 9999"),
            (with(json!({ "iat": NOW.0 })), "beyond 9999"),
            (with(json!({ "nbf": true })), "nbf is not a number"),
            (jsonwebtoken::encode(&critical, &claims(json!({})), &key).unwrap(), "crit"),
            (jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(json!({})), &key).unwrap(), "HS512"),
            (issue(&app("clinic", "guessed"), &alice(), NOW, HOUR), "signature"),
        ] {
            let (code, detail) = outcome(&token).unwrap_err();
            assert_eq!(code, Code::TOKEN_INCORRECT, "{token}");
            assert!(detail.contains(why), "{detail:?} does not say {why:?}");
            assert!(!detail.contains("alice") && !detail.contains("SecretOf") && !detail.contains(&good), "{detail}");
        }
    }

    #[test]
    fn a_token_names_its_user_until_it_expires() {
        let app = app("clinic", "s3cret");
        let token = issue(&app, &alice(), NOW, HOUR);
        assert_eq!(verify(&app, &token, NOW, EXACT), Ok(Verified { user: alice(), issued_at: NOW }));
        let later = Timestamp(NOW.0 + 3_600_000);
        assert_eq!(verify(&app, &token, later, EXACT).unwrap_err().code, Code::TOKEN_EXPIRED);
    }

    #[test]
    fn forged_foreign_and_damaged_tokens_are_incorrect() {
        let clinic = app("clinic", "s3cret");
        let token = issue(&clinic, &alice(), NOW, HOUR);
        for other in [app("clinic", "guessed"), app("school", "s3cret"), app("school", "other")] {
            assert_eq!(verify(&other, &token, NOW, EXACT).unwrap_err().code, Code::TOKEN_INCORRECT);
        }
        for damaged in ["", "a.b.c", &token[1..], &token[..token.len() - 1], &format!("{token}x")] {
            assert_eq!(verify(&clinic, damaged, NOW, EXACT).unwrap_err().code, Code::TOKEN_INCORRECT, "{damaged}");
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
                assert_eq!(verify(&clinic, &changed, NOW, EXACT).unwrap_err().code, Code::TOKEN_INCORRECT, "{changed}");
            }
        }
    }

    #[test]
    fn only_the_one_algorithm_is_taken() {
        let clinic = app("clinic", "s3cret");
        let claims = Claims { sub: "alice", aud: "clinic", iat: 0.0, exp: 4_000_000_000 };
        let key = EncodingKey::from_secret(b"s3cret");
        let stronger = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims, &key).unwrap();
        assert_eq!(verify(&clinic, &stronger, NOW, EXACT).unwrap_err().code, Code::TOKEN_INCORRECT);
        // {"alg":"none"} and the same claims without a signature.
        let body = stronger.split('.').nth(1).unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{body}.");
        assert_eq!(verify(&clinic, &unsigned, NOW, EXACT).unwrap_err().code, Code::TOKEN_INCORRECT);
    }
}
