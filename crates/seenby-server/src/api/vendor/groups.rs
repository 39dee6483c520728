//! `/group/…`.

use seenby_core::{GroupKind, GroupName};
use serde_json::{Value, json};

use super::form::{Form, check_id};
use super::reply::{Fault, Reply};
use super::{Answer, Desk};

/// On a group that there is, this is joining.
pub(super) async fn create(desk: &Desk<'_>, form: &Form) -> Answer {
    let (group, users) = (named(desk, form)?, form.ids("userId", desk.users_max())?);
    desk.administration.create_group(&group, form.one("groupName")?).await?;
    desk.administration.join(&group, &users).await?;
    Ok(Reply::done())
}

pub(super) async fn join(desk: &Desk<'_>, form: &Form) -> Answer {
    let (group, users) = (named(desk, form)?, form.ids("userId", desk.users_max())?);
    let title = form.filled("groupName")?;
    desk.administration.join(&group, &users).await?;
    if let Some(title) = title {
        desk.administration.rename_group(&group, title).await?;
    }
    Ok(Reply::done())
}

pub(super) async fn quit(desk: &Desk<'_>, form: &Form) -> Answer {
    let (group, users) = (named(desk, form)?, form.ids("userId", desk.users_max())?);
    desk.administration.leave(&group, &users).await?;
    Ok(Reply::done())
}

/// By anybody: the vendor asks for a user and does not look at who it is.
pub(super) async fn dismiss(desk: &Desk<'_>, form: &Form) -> Answer {
    form.id("userId")?;
    desk.administration.dismiss(&named(desk, form)?).await?;
    Ok(Reply::done())
}

pub(super) async fn refresh(desk: &Desk<'_>, form: &Form) -> Answer {
    desk.administration.rename_group(&named(desk, form)?, form.one("groupName")?).await?;
    Ok(Reply::done())
}

/// Without any group the user leaves all.
pub(super) async fn sync(desk: &Desk<'_>, form: &Form) -> Answer {
    let user = form.id("userId")?;
    let mut wanted: Vec<(String, String)> = Vec::new();
    for (id, title) in form.indexed("group") {
        check_id("group", id)?;
        if wanted.iter().any(|(known, _)| known == id) {
            return Err(Fault::parameter(format!("group[{id}] is there more than once")));
        }
        wanted.push((id.to_owned(), title.to_owned()));
    }
    if wanted.len() > desk.users_max() {
        return Err(Fault::parameter(format!("{} groups; at most {}", wanted.len(), desk.users_max())));
    }
    desk.administration.sync_groups(&desk.app, user, &wanted).await?;
    Ok(Reply::done())
}

pub(super) async fn users(desk: &Desk<'_>, form: &Form) -> Answer {
    let (members, _) = desk.administration.live_members(&named(desk, form)?, 0, Some(usize::MAX)).await?;
    let users: Vec<Value> = members.iter().map(|member| json!({ "id": member.as_str() })).collect();
    Ok(Reply::done().with("users", users))
}

fn named(desk: &Desk<'_>, form: &Form) -> Result<GroupName, Fault> {
    desk.group(GroupKind::Group, form.id("groupId")?)
}
