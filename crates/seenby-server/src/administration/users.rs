//! Users, and the groups that each is in.

use std::collections::BTreeMap;
use std::time::Duration;

use seenby_core::commit::{UserChange, UserRecord};
use seenby_core::{AppKey, Call, GroupKind, GroupName, Timestamp, UserId};
use seenby_protocol::Code;
use seenby_storage::Reads;
use serde::{Deserialize, Serialize};

use super::groups::{GroupSummary, group_id, summaries};
use super::{Administration, LIST_MAX, Object, Result, user_id, user_ids};
use crate::clock;
use crate::refusal::Refusal;

/// Names and addresses are for people to see; nobody needs longer ones.
pub(crate) const NAME_CHARS_MAX: usize = 128;
pub(crate) const PORTRAIT_CHARS_MAX: usize = 1_024;
/// In 1973, as milliseconds; as seconds, some three thousand years from now.
const TIME_MS_MIN: u64 = 100_000_000_000;

/// A user, as administration shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSummary {
    pub id: String,
    pub name: String,
    pub portrait: String,
    pub created_at_ms: u64,
    pub blocked: bool,
    /// When the block ends by itself; 0 when it does not.
    #[serde(default)]
    pub blocked_until_ms: u64,
}

impl Administration {
    pub async fn users(&self, app: &AppKey, after: Option<&str>, limit: Option<usize>) -> Result<Vec<UserSummary>> {
        let (app, after) = (app.clone(), after.map(user_id).transpose()?);
        let find = move |snapshot: &dyn Reads| Ok(snapshot.users(&app, after.as_ref(), limit.unwrap_or(LIST_MAX))?);
        let users = self.store.read(find).await?;
        Ok(users.into_iter().map(UserSummary::from).collect())
    }

    pub async fn user(&self, app: &AppKey, id: &str) -> Result<UserSummary> {
        let found = self.find_user(app, &user_id(id)?).await?;
        Ok(found.ok_or_else(|| Refusal::new(Code::USER_NOT_FOUND, "there is no such user"))?.into())
    }

    pub(super) async fn find_user(&self, app: &AppKey, id: &UserId) -> Result<Option<UserRecord>> {
        let (app, id) = (app.clone(), id.clone());
        self.store.read(move |snapshot| Ok(snapshot.user(&app, &id)?)).await
    }

    pub fn is_online(&self, app: &AppKey, id: &str) -> Result<bool> {
        Ok(self.delivery.is_online(app, &user_id(id)?))
    }

    /// Registers a user or changes one. What is `None` stays as it is.
    pub async fn save_user(&self, app: &AppKey, id: &str, change: UserChange) -> Result<UserSummary> {
        let id = user_id(id)?;
        check(&change)?;
        let what = match change.blocked {
            Some(true) => "user.block",
            Some(false) => "user.unblock",
            None => "user.save",
        };
        let call = Call::SaveUser { app: app.clone(), user: id.clone(), change };
        self.write(what, Object::app(app).user(&id), call).await?;
        Ok(self.find_user(app, &id).await?.ok_or_else(Refusal::internal)?.into())
    }

    /// Lets a blocked user in again. One who was never registered is a mistake: whoever was meant stays blocked.
    pub(crate) async fn unblock(&self, app: &AppKey, id: &str) -> Result<UserSummary> {
        self.user(app, id).await?;
        self.save_user(app, id, UserChange { blocked: Some(false), ..UserChange::default() }).await
    }

    /// Those who are blocked now. A scan, as long as the list of users.
    pub(crate) async fn blocked_users(&self, app: &AppKey) -> Result<Vec<UserSummary>> {
        let app = app.clone();
        let find = move |snapshot: &dyn Reads| {
            let (mut blocked, mut after) = (Vec::new(), None);
            loop {
                let page = snapshot.users(&app, after.as_ref(), LIST_MAX)?;
                let Some(last) = page.last() else { return Ok(blocked) };
                after = Some(last.id.clone());
                let now = clock::now();
                blocked.extend(page.into_iter().filter(|user| user.is_blocked(now)).map(UserSummary::from));
            }
        };
        self.store.read(find).await
    }

    /// Tokens that these users got before a moment are void. Whoever is online with one is signed out. It holds for users
    /// who are not registered too: a back end makes tokens without asking.
    pub async fn expire_tokens<S: AsRef<str>>(&self, app: &AppKey, ids: &[S], before: Timestamp) -> Result<()> {
        check_moment(before, clock::now())?;
        for user in user_ids(ids)? {
            let change = UserChange { tokens_from: Some(before), ..UserChange::default() };
            let object = Object::app(app).user(&user);
            self.write("token.expire", object, Call::SaveUser { app: app.clone(), user, change }).await?;
        }
        Ok(())
    }

    /// The groups that a user is in now.
    pub async fn groups_of(&self, app: &AppKey, id: &str) -> Result<Vec<GroupSummary>> {
        let (app, user) = (app.clone(), user_id(id)?);
        let find = move |snapshot: &dyn Reads| {
            let memberships = snapshot.memberships(&app, &user)?;
            summaries(snapshot, memberships.into_iter().map(|membership| membership.group))
        };
        self.store.read(find).await
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
        let present = self.plain_groups_of(app, &user).await?;
        for group in present.iter().filter(|group| !wanted.contains_key(group)) {
            self.leave(group, &[user.as_str()]).await?;
        }
        for (group, title) in wanted {
            self.create_group(&group, title).await?;
            self.join(&group, &[user.as_str()]).await?;
        }
        Ok(())
    }

    async fn plain_groups_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<GroupName>> {
        let (app, user) = (app.clone(), user.clone());
        let find = move |snapshot: &dyn Reads| {
            let mut groups = Vec::new();
            for membership in snapshot.memberships(&app, &user)? {
                groups.extend(snapshot.group(membership.group)?.map(|group| group.name));
            }
            groups.retain(|group| group.kind == GroupKind::Group);
            Ok(groups)
        };
        self.store.read(find).await
    }
}

/// A moment in another unit would void nothing, or everything for good; both can only be a mistake.
fn check_moment(before: Timestamp, now: Timestamp) -> Result<()> {
    let ahead_max = Duration::from_secs(86_400).as_millis() as u64;
    let what = match before.0 {
        at if at < TIME_MS_MIN => "in seconds, or before there were tokens; it is in milliseconds",
        at if at > now.0.saturating_add(ahead_max) => "more than a day ahead; it is in milliseconds",
        _ => return Ok(()),
    };
    Err(Refusal::new(Code::INVALID_PARAMETER, format!("the time {} is {what}, and now is {}", before.0, now.0)))
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
            blocked: user.is_blocked(clock::now()),
            id: user.id.to_string(),
            name: user.name,
            portrait: user.portrait,
            created_at_ms: user.created_at.0,
            blocked_until_ms: user.blocked_until.0,
        }
    }
}
