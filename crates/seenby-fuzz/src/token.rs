//! Tokens.

use std::sync::OnceLock;

use seenby_protocol::frames::SignIn;
use seenby_server::machine::sign_in;

use crate::ward::{NOW, Ward};

/// Nobody comes in with a token that was not made with the secret.
pub fn token(bytes: &[u8]) {
    static WARD: OnceLock<Ward> = OnceLock::new();
    let Ok(text) = str::from_utf8(bytes) else { return };
    let ward = WARD.get_or_init(Ward::new);
    let call = SignIn { token: text.to_owned(), ..ward.sign_in_of("bob") };
    let came_in = sign_in(ward.node(), &*ward.store, &call, NOW).is_ok();
    assert_eq!(came_in, ward.made(text), "{text}");
}
