//! Groups and who is in them.
//!
//! A member has a [`Slot`]; the group keeps `present`, the slots now in the group, and a version that counts the changes
//! of membership. The changes themselves are kept too, so "who was here at version v" can be answered by undoing them.

use roaring::RoaringBitmap;

use crate::{AppKey, GroupId, GroupNumber, Slot, Timestamp, UserId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupKind {
    /// One conversation.
    Group,
    /// Any number of channels, each a conversation of its own; the members are common to all.
    UltraGroup,
}

/// How callers name a group. Groups and ultra groups have separate name spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupName {
    pub app: AppKey,
    pub kind: GroupKind,
    pub id: GroupId,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub number: GroupNumber,
    pub name: GroupName,
    pub title: String,
    pub created_at: Timestamp,
    /// A dismissed group keeps its number and its members' slots, has nobody present and takes nobody in.
    pub dismissed: bool,
    /// Counts the changes of membership.
    pub version: u64,
    pub present: RoaringBitmap,
    /// Slots given so far.
    pub slot_count: u32,
}

/// One user's place in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub group: GroupNumber,
    pub slot: Slot,
    /// When this user joined last, by the clock.
    pub joined_at: Timestamp,
    /// The group's version after that. What was logged under an earlier one was there before, whatever the clock said. 0: a
    /// store did not keep it yet.
    pub version: u64,
}

/// One step of a group's membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipChange {
    pub group: GroupNumber,
    /// The group's version after this change.
    pub version: u64,
    pub user: UserId,
    pub slot: Slot,
    pub direction: Direction,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Joined,
    Left,
}

impl Group {
    pub fn new(number: GroupNumber, name: GroupName, title: String, now: Timestamp) -> Self {
        Self {
            number,
            name,
            title,
            created_at: now,
            dismissed: false,
            version: 0,
            present: RoaringBitmap::new(),
            slot_count: 0,
        }
    }

    pub fn is_present(&self, slot: Slot) -> bool {
        self.present.contains(slot.0)
    }

    pub fn member_count(&self) -> u64 {
        self.present.len()
    }

    /// A user comes in; `known` is the slot from an earlier stay. `None`: was in already, nothing changes.
    pub(crate) fn join(&mut self, user: &UserId, known: Option<Slot>, now: Timestamp) -> Option<MembershipChange> {
        let slot = known.unwrap_or(Slot(self.slot_count));
        if !self.present.insert(slot.0) {
            return None;
        }
        if known.is_none() {
            self.slot_count += 1;
        }
        Some(self.changed(user, slot, Direction::Joined, now))
    }

    /// `None`: was not in, nothing changes.
    pub(crate) fn leave(&mut self, user: &UserId, slot: Slot, now: Timestamp) -> Option<MembershipChange> {
        if !self.present.remove(slot.0) {
            return None;
        }
        Some(self.changed(user, slot, Direction::Left, now))
    }

    fn changed(&mut self, user: &UserId, slot: Slot, direction: Direction, now: Timestamp) -> MembershipChange {
        self.version += 1;
        MembershipChange { group: self.number, version: self.version, user: user.clone(), slot, direction, at: now }
    }

    /// The slots that were present before `changes` (oldest first, ending at the current version) happened.
    pub(crate) fn present_before(&self, changes: &[MembershipChange]) -> RoaringBitmap {
        let mut present = self.present.clone();
        for change in changes.iter().rev() {
            match change.direction {
                Direction::Joined => present.remove(change.slot.0),
                Direction::Left => present.insert(change.slot.0),
            };
        }
        present
    }
}
