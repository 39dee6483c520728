//! `/user/…`: registering, tokens, who is online.

use std::time::Duration;

use seenby_core::commit::UserChange;
use seenby_core::{GroupKind, Timestamp};
use serde_json::{Value, json};

use super::form::Form;
use super::reply::{Fault, Reply};
use super::{Answer, Desk};
use crate::administration::{UserSummary, kind_name};
use crate::clock;
use crate::refusal::Refusal;

/// Users whose tokens can be made to expire in one call.
const EXPIRED_USERS_MAX: usize = 20;
/// Thirty days, as the vendor has it.
const BLOCK_MINUTES_MAX: u64 = 43_200;
const UNBLOCKED_USERS_MAX: usize = 20;
/// The vendor has no blocks without an end; its clients read a date.
const WITHOUT_END: &str = "9999-12-31 23:59:59";
const MS_PER_MINUTE: u64 = 60_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// Registers the user as well.
pub(super) async fn get_token(desk: &Desk<'_>, form: &Form) -> Answer {
    let id = form.id("userId")?;
    desk.administration.save_user(&desk.app, id, profile(form)?).await?;
    let app = desk.administration.app(&desk.app).await?.ok_or_else(Refusal::internal)?;
    let lifetime = Duration::from_secs(desk.api.settings.token_days.saturating_mul(SECONDS_PER_DAY));
    let token = desk.administration.token(&app, id, lifetime).await?;
    Ok(Reply::done().with("userId", id).with("token", token))
}

pub(super) async fn refresh(desk: &Desk<'_>, form: &Form) -> Answer {
    desk.administration.save_user(&desk.app, form.id("userId")?, profile(form)?).await?;
    Ok(Reply::done())
}

fn profile(form: &Form) -> Result<UserChange, Fault> {
    let (name, portrait) = (form.optional("name")?, form.optional("portraitUri")?);
    Ok(UserChange { name: name.map(str::to_owned), portrait: portrait.map(str::to_owned), ..UserChange::default() })
}

pub(super) async fn info(desk: &Desk<'_>, form: &Form) -> Answer {
    let user = desk.administration.user(&desk.app, form.id("userId")?).await?;
    Ok(Reply::done()
        .with("userName", user.name)
        .with("userPortrait", user.portrait)
        .with("createTime", date(user.created_at_ms)))
}

/// A text, as the vendor has it.
pub(super) async fn check_online(desk: &Desk<'_>, form: &Form) -> Answer {
    let online = desk.administration.is_online(&desk.app, form.id("userId")?)?;
    Ok(Reply::done().with("status", if online { "1" } else { "0" }))
}

pub(super) async fn expire_tokens(desk: &Desk<'_>, form: &Form) -> Answer {
    let users = form.ids("userId", EXPIRED_USERS_MAX)?;
    let before = form.number("time")?.ok_or_else(|| Fault::parameter("time is missing"))?;
    desk.administration.expire_tokens(&desk.app, &users, Timestamp(before)).await?;
    Ok(Reply::done())
}

pub(super) async fn block(desk: &Desk<'_>, form: &Form) -> Answer {
    let user = form.id("userId")?;
    let minutes = form.number("minute")?.ok_or_else(|| Fault::parameter("minute is missing"))?;
    if !(1..=BLOCK_MINUTES_MAX).contains(&minutes) {
        return Err(Fault::parameter(format!("minute is 1 to {BLOCK_MINUTES_MAX}")));
    }
    let until = Timestamp(clock::now().0 + minutes * MS_PER_MINUTE);
    let change = UserChange { blocked: Some(true), blocked_until: Some(until), ..UserChange::default() };
    desk.administration.save_user(&desk.app, user, change).await?;
    Ok(Reply::done())
}

pub(super) async fn unblock(desk: &Desk<'_>, form: &Form) -> Answer {
    for user in form.ids("userId", UNBLOCKED_USERS_MAX)? {
        desk.administration.unblock(&desk.app, user).await?;
    }
    Ok(Reply::done())
}

/// All of them, for the vendor knows no pages here.
pub(super) async fn blocked(desk: &Desk<'_>, _: &Form) -> Answer {
    let found = desk.administration.blocked_users(&desk.app).await?;
    let end = |user: &UserSummary| match user.blocked_until_ms {
        0 => WITHOUT_END.to_owned(),
        at => date(at),
    };
    let users: Vec<Value> = found.iter().map(|user| json!({ "userId": user.id, "blockEndTime": end(user) })).collect();
    Ok(Reply::done().with("users", users))
}

pub(super) async fn groups(desk: &Desk<'_>, form: &Form) -> Answer {
    let groups = desk.administration.groups_of(&desk.app, form.id("userId")?).await?;
    let plain = groups.into_iter().filter(|group| group.kind == kind_name(GroupKind::Group));
    let groups: Vec<Value> = plain.map(|group| json!({ "id": group.id, "name": group.title })).collect();
    Ok(Reply::done().with("groups", groups))
}

/// As the vendor writes times, in UTC.
fn date(at_ms: u64) -> String {
    let (days, seconds) = (at_ms / 1_000 / SECONDS_PER_DAY, at_ms / 1_000 % SECONDS_PER_DAY);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day of a day since 1970. The year is taken to begin in March: then the leap day is its last.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_BEFORE_1970: u64 = 719_468;
    const DAYS_PER_ERA: u64 = 146_097;
    let days = days + DAYS_BEFORE_1970;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_vendor_does() {
        for (at_ms, expected) in [
            (0, "1970-01-01 00:00:00"),
            (951_827_696_000, "2000-02-29 12:34:56"),
            (1_464_086_299_999, "2016-05-24 10:38:19"),
            (4_107_542_400_000, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(date(at_ms), expected);
        }
    }
}
