//! A bounded set: when it is full, the oldest member goes.

use std::collections::{BTreeSet, VecDeque};

/// More than a device can have done while a connection was away.
const MEMBERS_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Recent {
    members: BTreeSet<String>,
    order: VecDeque<String>,
}

impl Recent {
    pub(super) fn insert(&mut self, member: &str) {
        if !self.members.insert(member.to_owned()) {
            return;
        }
        self.order.push_back(member.to_owned());
        if self.order.len() > MEMBERS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.members.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, member: &str) -> bool {
        self.members.contains(member)
    }
}
