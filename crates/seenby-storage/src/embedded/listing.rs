//! The lists of each sender's requests, brought up to date.
//!
//! The lists follow from `requests` alone. A version that does not know them leaves them behind: what it writes is not
//! listed, and what it drops stays listed. So this version notes at which opening it was the last to write, and when the
//! store was opened since by another, the lists are made anew.

use fjall::Database;

use super::batch::Batch;
use super::keys::{self, Key, KeyRange};
use super::records;
use super::view::{Keyspaces, View};
use crate::StorageError;

/// Rows written together; each is about 100 bytes.
const BATCH_ROWS_MAX: usize = 10_000;

enum Row {
    Stale(Key),
    Listed(Key),
}

pub(super) fn rebuild(database: &Database, keyspaces: &Keyspaces) -> Result<(), StorageError> {
    let view = View::new(database, keyspaces);
    let mut rows = stale_rows(&view).chain(listed_rows(&view));
    loop {
        let mut batch = Batch::new(&view);
        let mut count = 0;
        for row in rows.by_ref().take(BATCH_ROWS_MAX) {
            match row? {
                Row::Stale(key) => batch.remove(key),
                Row::Listed(key) => batch.put(key, []),
            }
            count += 1;
        }
        if count == 0 {
            return Ok(());
        }
        batch.commit(database, keyspaces)?;
    }
}

/// Listed, but the request is gone.
fn stale_rows(view: &View) -> impl Iterator<Item = Result<Row, StorageError>> {
    view.rows(KeyRange::of(keys::all_requests_of()), records::listed_request).filter_map(|listed| {
        let is_stale = listed.and_then(|(app, sender, key)| {
            let found = view.get(&keys::request(key), records::message_key)?;
            Ok(found.is_none().then(|| Row::Stale(keys::request_of(&app, &sender, key))))
        });
        is_stale.transpose()
    })
}

fn listed_rows(view: &View) -> impl Iterator<Item = Result<Row, StorageError>> {
    view.rows(KeyRange::of(keys::requests()), records::request).filter_map(|request| {
        let row = request.and_then(|request| {
            let found = view.get(&keys::conversation(request.key.conversation), records::conversation)?;
            let app = found.map(|conversation| conversation.name.group.app);
            Ok(app.map(|app| Row::Listed(keys::request_of(&app, &request.sender, request.key))))
        });
        row.transpose()
    })
}
