//! `/ultragroup/…`.

use seenby_core::ids::CHANNEL_ID_CHARS_MAX;
use seenby_core::{GroupKind, GroupName};
use serde_json::{Value, json};

use super::form::Form;
use super::reply::{Fault, Reply};
use super::{Answer, Desk};

const CHANNELS_PER_PAGE: u64 = 20;
const CHANNELS_PER_PAGE_MAX: u64 = 100;
/// The vendor's number for a channel that everybody in the group is in.
const PUBLIC: u64 = 0;

pub(super) async fn create(desk: &Desk<'_>, form: &Form) -> Answer {
    let (group, user) = (named(desk, form)?, form.id("userId")?);
    desk.administration.create_group(&group, form.one("groupName")?).await?;
    desk.administration.join(&group, &[user]).await?;
    Ok(Reply::done())
}

pub(super) async fn join(desk: &Desk<'_>, form: &Form) -> Answer {
    desk.administration.join(&named(desk, form)?, &[form.id("userId")?]).await?;
    Ok(Reply::done())
}

pub(super) async fn quit(desk: &Desk<'_>, form: &Form) -> Answer {
    desk.administration.leave(&named(desk, form)?, &[form.id("userId")?]).await?;
    Ok(Reply::done())
}

pub(super) async fn dismiss(desk: &Desk<'_>, form: &Form) -> Answer {
    desk.administration.dismiss(&named(desk, form)?).await?;
    Ok(Reply::done())
}

pub(super) async fn refresh(desk: &Desk<'_>, form: &Form) -> Answer {
    desk.administration.rename_group(&named(desk, form)?, form.one("groupName")?).await?;
    Ok(Reply::done())
}

pub(super) async fn is_member(desk: &Desk<'_>, form: &Form) -> Answer {
    let is_member = desk.administration.is_member(&named(desk, form)?, form.id("userId")?).await?;
    Ok(Reply::done().with("status", is_member))
}

pub(super) async fn create_channel(desk: &Desk<'_>, form: &Form) -> Answer {
    let (group, channel) = (named(desk, form)?, channel(form)?);
    if form.number("type")?.unwrap_or(PUBLIC) != PUBLIC {
        return Err(Fault::restricted("there are no private channels here: a channel is for all of its group"));
    }
    desk.administration.create_channel(&group, channel).await?;
    Ok(Reply::done())
}

pub(super) async fn delete_channel(desk: &Desk<'_>, form: &Form) -> Answer {
    desk.administration.delete_channel(&named(desk, form)?, channel(form)?).await?;
    Ok(Reply::done())
}

/// Pages count from 1.
pub(super) async fn channels(desk: &Desk<'_>, form: &Form) -> Answer {
    let group = named(desk, form)?;
    let page = form.number("page")?.unwrap_or(1);
    let limit = form.number("limit")?.unwrap_or(CHANNELS_PER_PAGE);
    if page == 0 || limit == 0 || limit > CHANNELS_PER_PAGE_MAX {
        return Err(Fault::parameter(format!("page counts from 1, and limit is 1 to {CHANNELS_PER_PAGE_MAX}")));
    }
    let channels = desk.administration.live_group(&group).await?.channels;
    let earlier = usize::try_from((page - 1).saturating_mul(limit)).unwrap_or(usize::MAX);
    let shown = channels.into_iter().skip(earlier).take(limit as usize);
    let shown: Vec<Value> = shown.map(|channel| json!({ "channelId": channel, "type": PUBLIC })).collect();
    Ok(Reply::done().with("channelList", shown))
}

fn named(desk: &Desk<'_>, form: &Form) -> Result<GroupName, Fault> {
    desk.group(GroupKind::UltraGroup, form.id("groupId")?)
}

fn channel(form: &Form) -> Result<&str, Fault> {
    let channel = form.one("busChannel")?;
    match channel.chars().count() > CHANNEL_ID_CHARS_MAX {
        true => Err(Fault::too_long(format!("busChannel has more than {CHANNEL_ID_CHARS_MAX} characters"))),
        false => Ok(channel),
    }
}
