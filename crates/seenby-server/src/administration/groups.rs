//! Groups, their members and their channels.

use seenby_core::{
    AppKey, Call, ConversationName, Denied, Group, GroupId, GroupKind, GroupName, GroupNumber, Slot, UserId, view,
};
use seenby_protocol::Code;
use seenby_storage::Reads;
use serde::{Deserialize, Serialize};

use super::{Administration, LIST_MAX, Object, Result, user_id, user_ids};
use crate::from_wire;
use crate::refusal::Refusal;

/// Titles are for people to see; nobody needs longer ones.
const TITLE_CHARS_MAX: usize = 256;

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

/// And where to continue.
type Members = (Vec<UserId>, Option<u32>);

impl Administration {
    pub async fn create_group(&self, group: &GroupName, title: &str) -> Result<()> {
        self.save_group("group.create", group, title).await
    }

    /// Gives a group that there is a new title.
    pub async fn rename_group(&self, group: &GroupName, title: &str) -> Result<()> {
        self.check_live(group).await?;
        self.save_group("group.rename", group, title).await
    }

    async fn save_group(&self, what: &'static str, group: &GroupName, title: &str) -> Result<()> {
        if title.chars().count() > TITLE_CHARS_MAX {
            let detail = format!("the title has more than {TITLE_CHARS_MAX} characters");
            return Err(Refusal::new(Code::INVALID_PARAMETER, detail));
        }
        let call = Call::CreateGroup { group: group.clone(), title: title.to_owned() };
        self.write(what, Object::group(group), call).await
    }

    pub async fn join<S: AsRef<str>>(&self, group: &GroupName, users: &[S]) -> Result<()> {
        let call = Call::Join { group: group.clone(), users: user_ids(users)? };
        self.write("group.join", Object::group(group).users(users), call).await
    }

    pub async fn leave<S: AsRef<str>>(&self, group: &GroupName, users: &[S]) -> Result<()> {
        let call = Call::Leave { group: group.clone(), users: user_ids(users)? };
        self.write("group.leave", Object::group(group).users(users), call).await
    }

    pub async fn dismiss(&self, group: &GroupName) -> Result<()> {
        self.write("group.dismiss", Object::group(group), Call::Dismiss { group: group.clone() }).await
    }

    pub async fn create_channel(&self, group: &GroupName, channel: &str) -> Result<()> {
        let channel = from_wire::channel_id(channel)?;
        let object = Object::group(group).channel(&channel);
        self.write("channel.create", object, Call::CreateChannel { group: group.clone(), channel }).await
    }

    /// Deletes a channel; one that is not there is passed over.
    pub async fn delete_channel(&self, group: &GroupName, channel: &str) -> Result<()> {
        let channel = from_wire::channel_id(channel)?;
        let object = Object::group(group).channel(&channel);
        self.write("channel.delete", object, Call::DeleteChannel { group: group.clone(), channel }).await
    }

    pub async fn groups(
        &self,
        app: &AppKey,
        after: Option<&GroupName>,
        limit: Option<usize>,
    ) -> Result<Vec<GroupSummary>> {
        let (app, after) = (app.clone(), after.cloned());
        let find = move |snapshot: &dyn Reads| {
            let numbers = snapshot.groups(&app, after.as_ref(), limit.unwrap_or(LIST_MAX))?;
            summaries(snapshot, numbers)
        };
        self.store.read(find).await
    }

    pub async fn group(&self, name: &GroupName) -> Result<GroupSummary> {
        self.in_group(name, summary).await
    }

    /// Refused for a group that was dismissed.
    pub(crate) async fn live_group(&self, name: &GroupName) -> Result<GroupSummary> {
        self.in_live_group(name, summary).await
    }

    pub(crate) async fn check_live(&self, name: &GroupName) -> Result<()> {
        self.in_live_group(name, |_, _| Ok(())).await
    }

    pub(crate) async fn is_member(&self, name: &GroupName, user: &str) -> Result<bool> {
        let user = user.to_owned();
        let look = move |snapshot: &dyn Reads, group: Group| {
            let slot = snapshot.slot(group.number, &user_id(&user)?)?;
            Ok(slot.is_some_and(|slot| group.is_present(slot)))
        };
        self.in_live_group(name, look).await
    }

    /// Members in the order in which they first came in, from place `from` on, and where to continue.
    pub async fn members(&self, name: &GroupName, from: u32, limit: Option<usize>) -> Result<Members> {
        self.in_group(name, move |snapshot, group| members(snapshot, &group, from, limit)).await
    }

    /// The same; refused for a group that was dismissed.
    pub(crate) async fn live_members(&self, name: &GroupName, from: u32, limit: Option<usize>) -> Result<Members> {
        self.in_live_group(name, move |snapshot, group| members(snapshot, &group, from, limit)).await
    }

    async fn in_live_group<T: Send + 'static>(
        &self,
        name: &GroupName,
        look: impl FnOnce(&dyn Reads, Group) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.in_group(name, |snapshot, group| look(snapshot, view::live(Some(group))?)).await
    }

    async fn in_group<T: Send + 'static>(
        &self,
        name: &GroupName,
        look: impl FnOnce(&dyn Reads, Group) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let name = name.clone();
        let look = move |snapshot: &dyn Reads| {
            let number = snapshot.group_number(&name)?.ok_or(Denied::UnknownGroup)?;
            look(snapshot, snapshot.group(number)?.ok_or(Denied::UnknownGroup)?)
        };
        self.store.read(look).await
    }
}

/// Of those that are there.
pub(super) fn summaries(
    snapshot: &dyn Reads,
    groups: impl IntoIterator<Item = GroupNumber>,
) -> Result<Vec<GroupSummary>> {
    let groups = groups.into_iter().map(|number| snapshot.group(number));
    let groups = groups.filter_map(|group| group.map_err(Refusal::from).transpose());
    groups.map(|group| summary(snapshot, group?)).collect()
}

fn summary(snapshot: &dyn Reads, group: Group) -> Result<GroupSummary> {
    let conversations = snapshot.conversations(group.number)?;
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

fn members(snapshot: &dyn Reads, group: &Group, from: u32, limit: Option<usize>) -> Result<Members> {
    let limit = limit.unwrap_or(LIST_MAX);
    let mut members = Vec::new();
    for slot in group.present.range(from..) {
        if members.len() == limit {
            return Ok((members, Some(slot)));
        }
        members.extend(snapshot.slot_user(group.number, Slot(slot))?);
    }
    Ok((members, None))
}

/// A group by the words that administration uses: the kind is `group` or `ultra-group`.
pub fn group_name(app: &AppKey, kind: &str, id: &str) -> Result<GroupName> {
    let kind = [GroupKind::Group, GroupKind::UltraGroup].into_iter().find(|known| kind_name(*known) == kind);
    let kind = kind.ok_or_else(|| Refusal::new(Code::INVALID_PARAMETER, "the kind is group or ultra-group"))?;
    Ok(GroupName { app: app.clone(), kind, id: group_id(id)? })
}

/// One conversation of a group. No channel is the default one; a plain group has none, so there it is only checked.
pub(crate) fn conversation_name(group: GroupName, channel: Option<&str>) -> Result<ConversationName> {
    Ok(ConversationName::new(group, channel.map(from_wire::channel_id).transpose()?))
}

pub(crate) fn group_id(id: &str) -> Result<GroupId> {
    GroupId::new(id).map_err(|error| Refusal::new(Code::TARGET_ID_INVALID, error))
}

pub(crate) fn kind_name(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Group => "group",
        GroupKind::UltraGroup => "ultra-group",
    }
}
