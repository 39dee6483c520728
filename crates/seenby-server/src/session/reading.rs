//! Reads that a session asks for. They block, so whoever drives the session runs them where blocking is fine, and brings back
//! what they found.

use seenby_core::{AppKey, ConversationName, GroupNumber, MessageUid, UserId};
use seenby_storage::{Storage, StorageError};

use super::following::Following;
use super::resuming::{Known, Missed};
use crate::queries::{ConversationsQuery, Queries, Query, QueryResult};
use crate::refusal::Refusal;
use crate::to_wire;

/// To be run once; the session takes no other call meanwhile, so that its calls stay in order.
pub struct Read {
    pub(super) call_id: u64,
    pub(super) what: Reading,
}

pub(super) enum Reading {
    Query(UserId, ConversationName, Query),
    Find(AppKey, UserId, MessageUid),
    List(AppKey, UserId, ConversationsQuery),
    /// What has happened in these groups since the client was here.
    Missed {
        app: AppKey,
        user: UserId,
        groups: Vec<GroupNumber>,
        known: Known,
    },
}

/// For [`Session::handle_found`](super::Session::handle_found).
pub struct Found {
    pub(super) call_id: u64,
    pub(super) result: Result<Finding, Refusal>,
}

pub(super) enum Finding {
    Reply(Vec<u8>),
    Resumed(Box<Resumed>),
}

/// Where a client stands that has resumed.
pub(super) struct Resumed {
    pub(super) following: Following,
    pub(super) missed: Missed,
}

impl Read {
    pub fn run(self, storage: &dyn Storage) -> Found {
        let Self { call_id, what } = self;
        let reply = |result: QueryResult| Finding::Reply(to_wire::reply(call_id, Ok(to_wire::query_result(result))));
        let result = match what {
            Reading::Query(user, conversation, query) => {
                Queries::enter(storage, &user, &conversation).and_then(|queries| queries.run(query)).map(reply)
            }
            Reading::Find(app, user, uid) => Queries::find(storage, &app, &user, uid).map(reply),
            Reading::List(app, user, query) => Queries::conversations(storage, &app, &user, &query).map(reply),
            Reading::Missed { app, user, groups, known } => {
                find_missed(storage, app, user, &groups, &known).map_err(Refusal::from)
            }
        };
        Found { call_id, result }
    }

    /// What comes back when running it failed in a way that nobody foresaw.
    pub(crate) fn failed(call_id: u64) -> Found {
        Found { call_id, result: Err(Refusal::internal()) }
    }

    pub(crate) fn call_id(&self) -> u64 {
        self.call_id
    }
}

fn find_missed(
    storage: &dyn Storage,
    app: AppKey,
    user: UserId,
    groups: &[GroupNumber],
    known: &Known,
) -> Result<Finding, StorageError> {
    let mut following = Following::new(app, user);
    for group in groups {
        following.look_at_group(storage, *group, &known.positions)?;
    }
    let missed = known.compare_receipts(storage, &following)?;
    following.note_known(known.conversations());
    Ok(Finding::Resumed(Box::new(Resumed { following, missed })))
}
