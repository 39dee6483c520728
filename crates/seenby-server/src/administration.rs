//! What an operator or a back end can do. Every face (the local socket, the server API) calls these functions.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use seenby_core::commit::{AppRecord, Secret, UserChange, UserRecord};
use seenby_core::{AppKey, ChannelId, Denied, GroupId, GroupKind, GroupName, Slot, Source as _, UserId};
use seenby_protocol::Code;
use seenby_storage::Storage;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::refusal::Refusal;
use crate::writer::Writer;
use crate::{clock, token};

/// Listings give at most this many items; there is always a way to continue behind the last.
const LIST_MAX: usize = 1_000;

#[derive(Clone)]
pub struct Administration {
    storage: Arc<dyn Storage>,
    writer: Writer,
}

/// A user, as administration shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSummary {
    pub id: String,
    pub name: String,
    pub created_at_ms: u64,
    pub blocked: bool,
}

/// A group, as administration shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSummary {
    pub id: String,
    /// `group` or `ultra-group`.
    pub kind: String,
    pub title: String,
    pub created_at_ms: u64,
    pub dismissed: bool,
    pub member_count: u64,
    /// Empty for a plain group.
    pub channels: Vec<String>,
}

type Result<T> = std::result::Result<T, Refusal>;

impl Administration {
    pub(crate) fn new(storage: Arc<dyn Storage>, writer: Writer) -> Self {
        Self { storage, writer }
    }

    async fn write(&self, call: Call) -> Result<()> {
        Ok(self.writer.call(call).await.map(drop)?)
    }
}

/// Apps and tokens.
impl Administration {
    pub fn apps(&self) -> Result<Vec<AppKey>> {
        Ok(self.storage.apps()?.into_iter().map(|app| app.key).collect())
    }

    /// Makes an app with a new secret, which back ends use to mint tokens.
    pub async fn create_app(&self, key: &str) -> Result<AppRecord> {
        let key = AppKey::new(key).map_err(|error| Refusal::new(Code::INVALID_PARAMETER, error))?;
        let secret = hex(&rand::rng().random::<[u8; 32]>());
        let app = AppRecord { key, secret: Secret::new(secret), created_at: clock::now() };
        self.write(Call::CreateApp(app.clone())).await?;
        Ok(app)
    }

    /// The app of that key, or the only one there is.
    pub fn find_app(&self, key: Option<&str>) -> Result<AppRecord> {
        let mut apps = self.storage.apps()?;
        match key {
            Some(key) => {
                let found = apps.into_iter().find(|app| app.key.as_str() == key);
                found.ok_or_else(|| Refusal::new(Code::APP_KEY_REJECTED, format!("there is no app {key}")))
            }
            None if apps.len() == 1 => Ok(apps.remove(0)),
            None => Err(Refusal::new(Code::INVALID_PARAMETER, format!("there are {} apps: name one", apps.len()))),
        }
    }

    pub fn token(&self, app: &AppRecord, user: &str, lifetime: Duration) -> Result<String> {
        Ok(token::issue(app, &user_id(user)?, clock::now(), lifetime))
    }
}

/// Users.
impl Administration {
    pub fn users(&self, app: &AppKey, after: Option<&str>) -> Result<Vec<UserSummary>> {
        let after = after.map(user_id).transpose()?;
        Ok(self.storage.users(app, after.as_ref(), LIST_MAX)?.into_iter().map(UserSummary::from).collect())
    }

    /// Registers a user or changes one. What is `None` stays as it is.
    pub async fn save_user(
        &self,
        app: &AppKey,
        id: &str,
        name: Option<String>,
        blocked: Option<bool>,
    ) -> Result<UserSummary> {
        let id = user_id(id)?;
        let change = UserChange { name, blocked, ..UserChange::default() };
        self.write(Call::SaveUser { app: app.clone(), user: id.clone(), change }).await?;
        Ok(self.storage.user(app, &id)?.ok_or_else(Refusal::internal)?.into())
    }
}

/// Groups.
impl Administration {
    pub async fn create_group(&self, group: &GroupName, title: &str) -> Result<()> {
        self.write(Call::CreateGroup { group: group.clone(), title: title.to_owned() }).await
    }

    pub async fn create_channel(&self, group: &GroupName, channel: &str) -> Result<()> {
        let channel = ChannelId::new(channel).map_err(|error| Refusal::new(Code::CHANNEL_ID_INVALID, error))?;
        self.write(Call::CreateChannel { group: group.clone(), channel }).await
    }

    pub async fn join<S: AsRef<str>>(&self, group: &GroupName, users: &[S]) -> Result<()> {
        self.write(Call::Join { group: group.clone(), users: user_ids(users)? }).await
    }

    pub async fn leave<S: AsRef<str>>(&self, group: &GroupName, users: &[S]) -> Result<()> {
        self.write(Call::Leave { group: group.clone(), users: user_ids(users)? }).await
    }

    pub async fn dismiss(&self, group: &GroupName) -> Result<()> {
        self.write(Call::Dismiss { group: group.clone() }).await
    }

    pub fn groups(&self, app: &AppKey, after: Option<&GroupName>) -> Result<Vec<GroupSummary>> {
        let numbers = self.storage.groups(app, after, LIST_MAX)?;
        let mut groups = Vec::with_capacity(numbers.len());
        for number in numbers {
            if let Some(group) = self.storage.group(number)? {
                groups.push(self.summary(group)?);
            }
        }
        Ok(groups)
    }

    pub fn group(&self, name: &GroupName) -> Result<GroupSummary> {
        let number = self.storage.group_number(name)?.ok_or(Denied::UnknownGroup)?;
        self.summary(self.storage.group(number)?.ok_or(Denied::UnknownGroup)?)
    }

    fn summary(&self, group: seenby_core::Group) -> Result<GroupSummary> {
        let conversations = self.storage.conversations(group.number)?;
        let channels = conversations.into_iter().filter_map(|conversation| conversation.name.channel);
        Ok(GroupSummary {
            id: group.name.id.to_string(),
            kind: kind_name(group.name.kind).to_owned(),
            created_at_ms: group.created_at.0,
            dismissed: group.dismissed,
            member_count: group.member_count(),
            title: group.title,
            channels: channels.map(|channel| channel.to_string()).collect(),
        })
    }

    /// Members in the order in which they first came in, from place `from` on, and where to continue.
    pub fn members(&self, name: &GroupName, from: u32) -> Result<(Vec<UserId>, Option<u32>)> {
        let number = self.storage.group_number(name)?.ok_or(Denied::UnknownGroup)?;
        let group = self.storage.group(number)?.ok_or(Denied::UnknownGroup)?;
        let mut members = Vec::new();
        for slot in group.present.range(from..) {
            if members.len() == LIST_MAX {
                return Ok((members, Some(slot)));
            }
            members.extend(self.storage.slot_user(number, Slot(slot))?);
        }
        Ok((members, None))
    }
}

impl From<UserRecord> for UserSummary {
    fn from(user: UserRecord) -> Self {
        Self { id: user.id.to_string(), name: user.name, created_at_ms: user.created_at.0, blocked: user.blocked }
    }
}

/// A group by the words that administration uses: the kind is `group` or `ultra-group`.
pub fn group_name(app: &AppKey, kind: &str, id: &str) -> Result<GroupName> {
    let kind = [GroupKind::Group, GroupKind::UltraGroup].into_iter().find(|known| kind_name(*known) == kind);
    let kind = kind.ok_or_else(|| Refusal::new(Code::INVALID_PARAMETER, "the kind is group or ultra-group"))?;
    let id = GroupId::new(id).map_err(|error| Refusal::new(Code::TARGET_ID_INVALID, error))?;
    Ok(GroupName { app: app.clone(), kind, id })
}

fn kind_name(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Group => "group",
        GroupKind::UltraGroup => "ultra-group",
    }
}

fn user_id(text: &str) -> Result<UserId> {
    crate::from_wire::user_id(text)
}

fn user_ids<S: AsRef<str>>(texts: &[S]) -> Result<Vec<UserId>> {
    texts.iter().map(|text| user_id(text.as_ref())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
