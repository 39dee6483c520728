//! One moment of the store: its rows as they were, and what the store knows without them.

use super::Embedded;
use super::readers::Drops;
use super::view::View;

pub(super) struct Snapshot<'a> {
    /// For what it keeps in memory: users of slots, which never change, and readers.
    pub(super) store: &'a Embedded,
    /// From before the view was taken.
    pub(super) drops: Drops,
    pub(super) view: View,
}

impl<'a> Snapshot<'a> {
    pub(super) fn of(store: &'a Embedded) -> Self {
        let drops = store.cached_readers().drops();
        Self { store, drops, view: View::new(&store.database, &store.keyspaces) }
    }
}
