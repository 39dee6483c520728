//! Users, and the groups that each is in.

use std::collections::BTreeMap;

use seenby_core::commit::{UserChange, UserRecord};
use seenby_core::{AppKey, GroupKind, GroupName, Source as _, Timestamp, UserId};
use seenby_protocol::Code;
use serde::{Deserialize, Serialize};

use super::groups::{GroupSummary, group_id};
use super::{Administration, LIST_MAX, Result, user_id, user_ids};
use crate::call::Call;
use crate::refusal::Refusal;

/// Names and addresses are for people to see; nobody needs longer ones.
const NAME_CHARS_MAX: usize = 128;
const PORTRAIT_CHARS_MAX: usize = 1_024;

/// A user, as administration shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSummary {
    pub id: String,
    pub name: String,
    pub portrait: String,
    pub created_at_ms: u64,
    pub blocked: bool,
}

impl Administration {
    pub fn users(&self, app: &AppKey, after: Option<&str>, limit: Option<usize>) -> Result<Vec<UserSummary>> {
        let after = after.map(user_id).transpose()?;
        let users = self.storage.users(app, after.as_ref(), limit.unwrap_or(LIST_MAX))?;
        Ok(users.into_iter().map(UserSummary::from).collect())
    }

    pub fn user(&self, app: &AppKey, id: &str) -> Result<UserSummary> {
        let found = self.storage.user(app, &user_id(id)?)?;
        Ok(found.ok_or_else(|| Refusal::new(Code::USER_NOT_FOUND, "there is no such user"))?.into())
    }

    pub fn is_online(&self, app: &AppKey, id: &str) -> Result<bool> {
        Ok(self.delivery.is_online(app, &user_id(id)?))
    }

    /// Registers a user or changes one. What is `None` stays as it is.
    pub async fn save_user(&self, app: &AppKey, id: &str, change: UserChange) -> Result<UserSummary> {
        let id = user_id(id)?;
        check(&change)?;
        let call = Call::SaveUser { app: app.clone(), user: id.clone(), change };
        self.write("user.save", &format!("{app}/{id}"), call).await?;
        Ok(self.storage.user(app, &id)?.ok_or_else(Refusal::internal)?.into())
    }

    /// Tokens that these users got before a moment are void. Whoever is online with one is signed out.
    pub async fn expire_tokens<S: AsRef<str>>(&self, app: &AppKey, ids: &[S], before: Timestamp) -> Result<()> {
        for user in user_ids(ids)? {
            let change = UserChange { tokens_from: Some(before), ..UserChange::default() };
            let object = format!("{app}/{user}");
            self.write("token.expire", &object, Call::SaveUser { app: app.clone(), user, change }).await?;
        }
        Ok(())
    }

    /// The groups that a user is in now.
    pub fn groups_of(&self, app: &AppKey, id: &str) -> Result<Vec<GroupSummary>> {
        let memberships = self.storage.memberships(app, &user_id(id)?)?;
        let groups = memberships.into_iter().map(|membership| self.storage.group(membership.group));
        let groups = groups.filter_map(|group| group.map_err(Refusal::from).transpose());
        groups.map(|group| self.summary(group?)).collect()
    }

    /// Makes these the plain groups that a user is in: those that are missing are made, the others are left. It may end
    /// half done when the store fails; doing it again completes it.
    pub async fn sync_groups(&self, app: &AppKey, id: &str, wanted: &[(String, String)]) -> Result<()> {
        let user = user_id(id)?;
        let wanted: BTreeMap<GroupName, &str> = wanted
            .iter()
            .map(|(id, title)| {
                Ok((GroupName { app: app.clone(), kind: GroupKind::Group, id: group_id(id)? }, &**title))
            })
            .collect::<Result<_>>()?;
        let present = self.plain_groups_of(app, &user)?;
        for group in present.iter().filter(|group| !wanted.contains_key(group)) {
            self.leave(group, &[user.as_str()]).await?;
        }
        for (group, title) in wanted {
            self.create_group(&group, title).await?;
            self.join(&group, &[user.as_str()]).await?;
        }
        Ok(())
    }

    fn plain_groups_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<GroupName>> {
        let mut groups = Vec::new();
        for membership in self.storage.memberships(app, user)? {
            groups.extend(self.storage.group(membership.group)?.map(|group| group.name));
        }
        groups.retain(|group| group.kind == GroupKind::Group);
        Ok(groups)
    }
}

fn check(change: &UserChange) -> Result<()> {
    let too_long = |what| Err(Refusal::new(Code::INVALID_PARAMETER, what));
    match change {
        UserChange { name: Some(name), .. } if name.chars().count() > NAME_CHARS_MAX => {
            too_long(format!("the name has more than {NAME_CHARS_MAX} characters"))
        }
        UserChange { portrait: Some(portrait), .. } if portrait.chars().count() > PORTRAIT_CHARS_MAX => {
            too_long(format!("the portrait has more than {PORTRAIT_CHARS_MAX} characters"))
        }
        _ => Ok(()),
    }
}

impl From<UserRecord> for UserSummary {
    fn from(user: UserRecord) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name,
            portrait: user.portrait,
            created_at_ms: user.created_at.0,
            blocked: user.blocked,
        }
    }
}
