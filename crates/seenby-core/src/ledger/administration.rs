//! Apps, keys, users, groups and channels: what a back end or an operator does.

use std::collections::BTreeMap;

use super::{Ledger, Result};
use crate::commit::{AppRecord, Secret, UserChange, UserRecord};
use crate::group::Direction;
use crate::{
    AppKey, Change, ChannelId, Conversation, ConversationName, ConversationNumber, Denied, Group, GroupKind, GroupName,
    GroupNumber, KeyId, KeyRecord, MembershipChange, Notice, Slot, Timestamp, UserId,
};

impl Ledger {
    /// Makes an app; one that is there keeps its secret.
    pub(super) fn create_app(&mut self, app: &AppRecord) -> Result<()> {
        if self.find_app(&app.key)?.is_some() {
            return Err(Denied::AppExists.into());
        }
        self.batch.save_app(app.clone());
        Ok(())
    }

    /// Gives an app a new secret. What was signed with the old one is worth nothing from then on.
    pub(super) fn replace_secret(&mut self, app: &AppKey, secret: &Secret) -> Result<()> {
        let app = self.find_app(app)?.ok_or(Denied::UnknownApp)?;
        self.batch.commit.notices.push(Notice::SecretReplaced { app: app.key.clone() });
        self.batch.save_app(AppRecord { secret: secret.clone(), ..app });
        Ok(())
    }

    pub(super) fn save_key(&mut self, key: &KeyRecord) -> Result<()> {
        self.find_app(&key.app)?.ok_or(Denied::UnknownApp)?;
        self.batch.commit.changes.push(Change::KeySaved(key.clone()));
        Ok(())
    }

    /// From now on nothing can be done with this key.
    pub(super) fn drop_key(&mut self, key: &KeyId) {
        self.batch.commit.changes.push(Change::KeyDropped(key.clone()));
    }

    /// Registers a user, or changes one.
    pub(super) fn save_user(&mut self, app: &AppKey, id: &UserId, change: &UserChange, now: Timestamp) -> Result<()> {
        let mut user = self.find_user(app, id)?.unwrap_or_else(|| UserRecord::new(id.clone(), now));
        change.clone().apply(&mut user);
        self.batch.commit.notices.push(Notice::UserChanged { app: app.clone(), user: id.clone() });
        self.batch.save_user(app, user);
        Ok(())
    }

    /// Makes a group, or renames the one that is there. A dismissed one comes back to life, without members.
    pub(super) fn create_group(&mut self, name: &GroupName, title: &str, now: Timestamp) -> Result<GroupNumber> {
        if let Some(number) = self.find_group_number(name)? {
            let group = self.load_group(number)?;
            title.clone_into(&mut group.title);
            group.dismissed = false;
            self.batch.changed_groups.insert(number);
            return Ok(number);
        }
        let number = GroupNumber(self.take_number());
        self.groups.put(number, Group::new(number, name.clone(), title.to_owned(), now));
        self.group_numbers.put(name.clone(), number);
        self.batch.create_group(number);
        self.open_conversation(number, ConversationName::new(name.clone(), None));
        Ok(number)
    }

    /// Adds a channel to an ultra group; one that is there stays as it is.
    pub(super) fn create_channel(&mut self, name: &GroupName, channel: &ChannelId) -> Result<()> {
        let group = self.live_group(name)?;
        if name.kind == GroupKind::Group {
            return Err(Denied::NoChannels.into());
        }
        let name = ConversationName::new(name.clone(), Some(channel.clone()));
        if self.find_conversation_number(&name)?.is_some() {
            return Ok(());
        }
        match self.find_closed_conversation(&name) {
            Some(number) => self.reopen_conversation(number, group, name),
            None => self.open_conversation(group, name),
        }
        self.batch.commit.notices.push(Notice::ChannelCreated { group });
        Ok(())
    }

    /// Deletes a channel of an ultra group; one that is not there is passed over. Its log is kept as long as its messages
    /// are, and goes on if the channel is made again: clients remember how far they have it.
    pub(super) fn delete_channel(&mut self, name: &GroupName, channel: &ChannelId) -> Result<()> {
        let group = self.live_group(name)?;
        if name.kind == GroupKind::Group {
            return Err(Denied::NoChannels.into());
        }
        if *channel == ChannelId::default_channel() {
            return Err(Denied::DefaultChannel.into());
        }
        let name = ConversationName::new(name.clone(), Some(channel.clone()));
        if let Some(number) = self.find_conversation_number(&name)? {
            self.conversation_numbers.pop(&name);
            self.batch.closed.insert(name.clone(), number);
            self.batch.commit.changes.push(Change::ConversationClosed { number, group, name });
        }
        Ok(())
    }

    fn reopen_conversation(&mut self, number: ConversationNumber, group: GroupNumber, name: ConversationName) {
        self.batch.closed.remove(&name);
        self.conversation_numbers.put(name.clone(), number);
        self.batch.commit.notices.push(Notice::ChannelReopened { group, conversation: number });
        self.batch.commit.changes.push(Change::ConversationReopened { number, group, name });
    }

    fn open_conversation(&mut self, group: GroupNumber, name: ConversationName) {
        let number = ConversationNumber(self.take_number());
        self.batch.create_conversation(number, group, name.clone());
        self.conversation_numbers.put(name.clone(), number);
        self.conversations.put(number, Conversation::new(number, group, name));
    }

    fn take_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Takes users in; those who are in already stay. When the group would grow too large, nobody is taken in.
    pub(super) fn join(&mut self, name: &GroupName, users: &[UserId], now: Timestamp) -> Result<()> {
        let number = self.live_group(name)?;
        let mut newcomers = BTreeMap::new();
        for user in users {
            let slot = self.find_slot(number, user)?;
            let group = self.load_group(number)?;
            if !slot.is_some_and(|slot| group.is_present(slot)) {
                newcomers.insert(user, slot);
            }
        }
        let members_max = self.limits.group_members_max;
        let group = self.load_group(number)?;
        if group.member_count() + newcomers.len() as u64 > members_max {
            return Err(Denied::GroupFull.into());
        }
        for (user, slot) in newcomers {
            let change = self.loaded_group(number).join(user, slot, now).expect("newcomers are not present");
            self.membership_changed(&name.app, change);
        }
        Ok(())
    }

    /// Lets users go; those who are not in are passed over.
    pub(super) fn leave(&mut self, name: &GroupName, users: &[UserId], now: Timestamp) -> Result<()> {
        let number = self.live_group(name)?;
        let mut known = Vec::with_capacity(users.len());
        for user in users {
            known.extend(self.find_slot(number, user)?.map(|slot| (user, slot)));
        }
        for (user, slot) in known {
            if let Some(change) = self.loaded_group(number).leave(user, slot, now) {
                self.membership_changed(&name.app, change);
            }
        }
        Ok(())
    }

    /// Everybody leaves and nobody can come in.
    pub(super) fn dismiss(&mut self, name: &GroupName, now: Timestamp) -> Result<()> {
        let number = self.live_group(name)?;
        let present = self.loaded_group(number).present.clone();
        let member = |slot| Ok((self.find_slot_user(number, slot)?, slot));
        let members = present.into_iter().map(Slot).map(member).collect::<Result<Vec<_>>>()?;
        for (user, slot) in members {
            let change = self.loaded_group(number).leave(&user, slot, now).expect("present");
            self.membership_changed(&name.app, change);
        }
        self.loaded_group(number).dismissed = true;
        self.batch.changed_groups.insert(number);
        Ok(())
    }

    fn membership_changed(&mut self, app: &AppKey, change: MembershipChange) {
        if change.direction == Direction::Joined {
            self.slots.put((change.group, change.user.clone()), change.slot);
        }
        let (user, group) = (change.user.clone(), change.group);
        let direction = change.direction;
        self.batch.commit.notices.push(Notice::MembershipChanged { app: app.clone(), user, group, direction });
        self.batch.change_membership(app, change);
    }
}
