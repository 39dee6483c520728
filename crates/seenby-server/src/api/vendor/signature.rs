//! Who signed a call: SHA-1 over the app's secret, the nonce and the timestamp, as the vendor has it.
//!
//! The signature covers neither path nor body, and SDKs use one for as long as their process lives. So it can be neither
//! fresh nor used once; what protects it is TLS.

use axum::http::{HeaderMap, HeaderName};
use seenby_core::AppKey;
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;

use super::reply::Fault;
use crate::administration::Administration;

/// The vendor says 18; SDKs in use send random numbers of about 20.
const NONCE_CHARS_MAX: usize = 64;
const TIMESTAMP_DIGITS_MAX: usize = 20;

const APP_KEY: [HeaderName; 2] = [HeaderName::from_static("app-key"), HeaderName::from_static("rc-app-key")];
const NONCE: [HeaderName; 2] = [HeaderName::from_static("nonce"), HeaderName::from_static("rc-nonce")];
const TIMESTAMP: [HeaderName; 2] = [HeaderName::from_static("timestamp"), HeaderName::from_static("rc-timestamp")];
const SIGNATURE: [HeaderName; 2] = [HeaderName::from_static("signature"), HeaderName::from_static("rc-signature")];

pub(super) async fn verify(headers: &HeaderMap, administration: &Administration) -> Result<AppKey, Fault> {
    let [key, nonce, timestamp, signature] =
        [&APP_KEY, &NONCE, &TIMESTAMP, &SIGNATURE].map(|names| header(headers, names));
    let (key, nonce, timestamp, signature) = (key?, nonce?, timestamp?, unhex(signature?)?);
    if nonce.len() > NONCE_CHARS_MAX || timestamp.len() > TIMESTAMP_DIGITS_MAX || !is_number(timestamp) {
        return Err(Fault::signature());
    }
    let app = administration.app(&AppKey::new(key).map_err(|_| Fault::signature())?).await?;
    // For an app that is not there the same work is done, with a secret that nobody has.
    let secret = app.as_ref().map_or("", |app| app.secret.expose());
    let expected: [u8; 20] =
        Sha1::new().chain_update(secret).chain_update(nonce).chain_update(timestamp).finalize().into();
    match app {
        Some(app) if bool::from(expected.ct_eq(&signature)) => Ok(app.key),
        _ => Err(Fault::signature()),
    }
}

/// Under either name; under both only if they agree.
fn header<'a>(headers: &'a HeaderMap, names: &[HeaderName]) -> Result<&'a str, Fault> {
    let mut values = names.iter().flat_map(|name| headers.get_all(name));
    let first = values.next().ok_or_else(Fault::signature)?;
    match values.all(|value| value == first) {
        true => first.to_str().map_err(|_| Fault::signature()),
        false => Err(Fault::signature()),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn unhex(text: &str) -> Result<[u8; 20], Fault> {
    let mut bytes = [0; 20];
    if text.len() != 2 * bytes.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Fault::signature());
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| Fault::signature())?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| Fault::signature())?;
    }
    Ok(bytes)
}
