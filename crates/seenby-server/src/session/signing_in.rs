//! Signing in: from a token to a session, with two looks at the store that [`sign_in`](crate::store::sign_in) makes in
//! between.

use std::sync::Arc;

use seenby_core::commit::{AppRecord, UserRecord};
use seenby_core::{AppKey, Timestamp, UserId};
use seenby_protocol::{Code, frames};

use super::{Session, resuming};
use crate::delivery::Registration;
use crate::node::Node;
use crate::rate::CallKind;
use crate::refusal::Refusal;
use crate::{to_wire, token};

const DEVICE_ID_CHARS_MAX: usize = 128;

/// Somebody with a good token, who may be kept out all the same. Registered already, before anything else is looked at:
/// somebody who is kept out in between is told.
pub(crate) struct Arrival {
    node: Arc<Node>,
    app: AppRecord,
    user: UserId,
    issued_at: Timestamp,
    registration: Registration,
}

impl Arrival {
    /// `app`: what there is under the key of the call.
    pub(crate) fn new(
        node: &Arc<Node>,
        call: &frames::SignIn,
        app: Option<AppRecord>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let Node { delivery, settings, .. } = &**node;
        let app = app.ok_or_else(|| Refusal::new(Code::APP_KEY_REJECTED, "unknown app key"))?;
        let token::Verified { user, issued_at } =
            token::verify(&app, &call.token, now, settings.session.clock_skew_max())?;
        delivery.rates(&app.key, &user).check(CallKind::SignIn)?;
        if call.device_id.is_empty() || call.device_id.chars().count() > DEVICE_ID_CHARS_MAX {
            let detail = format!("device_id must have 1 to {DEVICE_ID_CHARS_MAX} characters");
            return Err(Refusal::new(Code::INVALID_PARAMETER, detail));
        }
        let registration = delivery.register(&app.key, &user, call.device_id.clone());
        Ok(Self { node: node.clone(), app, user, issued_at, registration })
    }

    pub(crate) fn name(&self) -> (&AppKey, &UserId) {
        (&self.app.key, &self.user)
    }

    /// `app` and `user`: what there is of them now.
    pub(crate) fn admit(
        self,
        (app, user): (Option<AppRecord>, Option<UserRecord>),
        now: Timestamp,
    ) -> Result<(Session, frames::SignedIn), Refusal> {
        if app.is_none_or(|app| app.secret != self.app.secret) {
            return Err(Refusal::new(Code::TOKEN_INCORRECT, "the secret of the token was replaced"));
        }
        if let Some(refusal) = kept_out(user.as_ref(), self.issued_at, now) {
            return Err(refusal);
        }
        let settings = &self.node.settings;
        let signed_in = frames::SignedIn {
            store_id: self.node.store.id().to_owned(),
            ping_interval_ms: settings.session.ping_interval_ms,
            answers_per_frame_max: settings.limits.answers_per_frame_max as u32,
            page_size_max: settings.limits.page_size_max as u32,
            resume_items_max: resuming::ITEMS_MAX as u32,
            ..to_wire::signed_in(&self.user, now)
        };
        let Self { node, app, user, issued_at, registration } = self;
        Ok((Session::new(node, app.key, user, issued_at, registration), signed_in))
    }
}

/// Why somebody with a good token may not be here all the same.
pub(super) fn kept_out(user: Option<&UserRecord>, issued_at: Timestamp, now: Timestamp) -> Option<Refusal> {
    let user = user?;
    let blocked = user.is_blocked(now).then(|| Refusal::new(Code::USER_BLOCKED, "the user is blocked"));
    let is_void = issued_at < user.tokens_from;
    blocked.or_else(|| is_void.then(|| Refusal::new(Code::TOKEN_EXPIRED, "tokens of that time are void")))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use seenby_core::{Change, Facts, Needs, Position};
    use seenby_storage::{Appended, Memory, Reads, Storage, StorageError};

    use super::*;
    use crate::store;
    use crate::ward::{NOW, Ward, user};

    /// Somebody is blocked just before the store is looked at for the second time.
    struct BlockedMeanwhile {
        store: Arc<Memory>,
        app: AppKey,
        looks: AtomicUsize,
    }

    impl Storage for BlockedMeanwhile {
        fn snapshot(&self) -> Box<dyn Reads + '_> {
            if self.looks.fetch_add(1, Ordering::Relaxed) == 1 {
                let blocked = UserRecord { blocked: true, ..UserRecord::new(user("alice"), NOW) };
                self.store.commit(&[Change::UserSaved(self.app.clone(), blocked)]).unwrap();
            }
            self.store.snapshot()
        }

        fn learn(&self, needs: &Needs) -> Result<Facts, StorageError> {
            self.store.learn(needs)
        }

        fn append(&self, expects: Option<Position>, changes: &[Change]) -> Result<Appended, StorageError> {
            self.store.append(expects, changes)
        }

        fn takes_writes(&self) -> bool {
            true
        }

        fn store_id(&self) -> &str {
            self.store.store_id()
        }
    }

    #[test]
    fn whoever_is_blocked_while_signing_in_is_kept_out() {
        let ward = Ward::with_members(&["alice"]);
        let (app, call) = ward.sign_in_of("alice");
        ward.store.commit(&[Change::AppSaved(app.clone())]).unwrap();
        let store = BlockedMeanwhile { store: ward.store.clone(), app: app.key, looks: AtomicUsize::new(0) };
        let refused = store::sign_in(&ward.node, &store, &call, NOW).err();
        assert_eq!(refused.map(|refusal| refusal.code), Some(Code::USER_BLOCKED));
    }
}
