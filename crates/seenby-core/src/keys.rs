//! Keys with which a back end calls the server API. Each belongs to one app and may be allowed less than the app's secret
//! is. Of the key itself only a hash is kept.

use crate::{AppKey, KeyId, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    pub id: KeyId,
    pub app: AppKey,
    /// For people: what uses this key.
    pub label: String,
    pub scopes: Vec<Scope>,
    /// SHA-256 of the secret part.
    pub secret_hash: [u8; 32],
    pub created_at: Timestamp,
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Issue tokens and make them expire.
    Tokens,
    Users,
    Groups,
    /// Publish and recall messages.
    Messages,
    /// Ask for receipts, and see who has read.
    Receipts,
}

impl Scope {
    pub const ALL: [Self; 5] = [Self::Tokens, Self::Users, Self::Groups, Self::Messages, Self::Receipts];

    pub fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Messages => "messages",
            Self::Receipts => "receipts",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_goes_by_one_name() {
        for scope in Scope::ALL {
            assert_eq!(Scope::named(scope.name()), Some(scope));
        }
        assert_eq!(Scope::ALL.map(Scope::name), ["tokens", "users", "groups", "messages", "receipts"]);
        assert_eq!(Scope::named("everything"), None);
    }
}
