//! Apps, their secrets, sign-in tokens, and API keys.

use std::time::Duration;

use rand::Rng as _;
use seenby_core::commit::{AppRecord, Secret};
use seenby_core::{AppKey, Call, KeyId, KeyRecord, Scope, Timestamp};
use seenby_protocol::Code;
use sha2::{Digest as _, Sha256};

use super::{Administration, Object, Result, hex, user_id};
use crate::refusal::Refusal;
use crate::{clock, token};

/// A hundred years: a longer time is in another unit.
pub(crate) const LIFETIME_MAX: Duration = Duration::from_secs(36_500 * 86_400);

/// A key that was just made. Its text is known only now.
#[derive(Debug)]
pub struct NewKey {
    pub record: KeyRecord,
    pub text: Secret,
}

/// Apps.
impl Administration {
    pub async fn apps(&self) -> Result<Vec<AppKey>> {
        let apps = self.store.read(|snapshot| Ok(snapshot.apps()?)).await?;
        Ok(apps.into_iter().map(|app| app.key).collect())
    }

    /// Makes an app with a new secret, which back ends use to mint tokens and to sign calls.
    pub async fn create_app(&self, key: &str) -> Result<AppRecord> {
        let key = AppKey::new(key).map_err(|error| Refusal::new(Code::INVALID_PARAMETER, error))?;
        let app = AppRecord { key, secret: new_secret(), created_at: clock::now() };
        self.write("app.create", Object::app(&app.key), Call::CreateApp(app.clone())).await?;
        Ok(app)
    }

    /// From now on the old secret signs nothing: neither calls nor tokens. Everybody is signed out, and comes back with a
    /// token of the new one.
    pub async fn rotate_secret(&self, key: &str) -> Result<AppRecord> {
        let app = self.find_app(Some(key)).await?;
        let secret = new_secret();
        let call = Call::ReplaceSecret { app: app.key.clone(), secret: secret.clone() };
        self.write("app.rotate_secret", Object::app(&app.key), call).await?;
        Ok(AppRecord { secret, ..app })
    }

    /// The app of that key, or the only one there is.
    pub async fn find_app(&self, key: Option<&str>) -> Result<AppRecord> {
        let mut apps = self.store.read(|snapshot| Ok(snapshot.apps()?)).await?;
        match key {
            Some(key) => {
                let found = apps.into_iter().find(|app| app.key.as_str() == key);
                found.ok_or_else(|| Refusal::new(Code::APP_KEY_REJECTED, format!("there is no app {key}")))
            }
            None if apps.len() == 1 => Ok(apps.remove(0)),
            None => Err(Refusal::new(Code::INVALID_PARAMETER, format!("there are {} apps: name one", apps.len()))),
        }
    }

    pub(crate) async fn app(&self, key: &AppKey) -> Result<Option<AppRecord>> {
        let key = key.clone();
        self.store.read(move |snapshot| Ok(snapshot.app(&key)?)).await
    }

    pub async fn token(&self, app: &AppRecord, user: &str, lifetime: Duration) -> Result<String> {
        if lifetime > LIFETIME_MAX {
            let detail = format!("a token is good for at most {} seconds", LIFETIME_MAX.as_secs());
            return Err(Refusal::new(Code::INVALID_PARAMETER, detail));
        }
        let user = user_id(user)?;
        let found = self.find_user(&app.key, &user).await?;
        let tokens_from = found.map_or(Timestamp(0), |user| user.tokens_from);
        self.audit("token.issue", &Object::app(&app.key).user(&user), &Ok(()));
        Ok(token::issue_from(app, &user, tokens_from, clock::now(), lifetime))
    }
}

/// API keys.
impl Administration {
    pub async fn create_key(&self, app: &AppKey, label: &str, scopes: Vec<Scope>) -> Result<NewKey> {
        if scopes.is_empty() {
            return Err(Refusal::new(Code::INVALID_PARAMETER, "a key without scopes is good for nothing"));
        }
        let id = hex(&rand::rng().random::<[u8; 8]>());
        let secret = hex(&rand::rng().random::<[u8; 32]>());
        let record = KeyRecord {
            id: KeyId::new(&id).map_err(|_| Refusal::internal())?,
            app: app.clone(),
            label: label.to_owned(),
            scopes,
            secret_hash: key_hash(&secret),
            created_at: clock::now(),
        };
        self.write("key.create", Object::app(app).key(&record.id), Call::SaveKey(record.clone())).await?;
        Ok(NewKey { record, text: Secret::new(format!("{KEY_PREFIX}{id}_{secret}")) })
    }

    pub async fn keys(&self, app: &AppKey) -> Result<Vec<KeyRecord>> {
        let keys = self.store.read(|snapshot| Ok(snapshot.keys()?)).await?;
        Ok(keys.into_iter().filter(|key| key.app == *app).collect())
    }

    pub(crate) async fn key(&self, id: &str) -> Result<Option<KeyRecord>> {
        let Ok(id) = KeyId::new(id) else { return Ok(None) };
        self.store.read(move |snapshot| Ok(snapshot.key(&id)?)).await
    }

    pub async fn revoke_key(&self, app: &AppKey, id: &str) -> Result<()> {
        let unknown = || Refusal::new(Code::API_KEY_REJECTED, format!("there is no key {id}"));
        let key = self.key(id).await?.filter(|key| key.app == *app).ok_or_else(unknown)?;
        self.write("key.revoke", Object::app(app).key(&key.id), Call::DropKey(key.id.clone())).await
    }
}

/// What every scoped key begins with, so that one that got out can be recognised.
pub(crate) const KEY_PREFIX: &str = "sbk_";

/// The secret part is 256 random bits, so one round of a plain hash is enough.
pub(crate) fn key_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn new_secret() -> Secret {
    Secret::new(hex(&rand::rng().random::<[u8; 32]>()))
}
