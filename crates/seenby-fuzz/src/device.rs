//! The SDK's session: a server that says whatever it likes.

use std::time::Duration;

use seenby_client::Conversation;
use seenby_client::session::{Action, Session, SessionOptions};
use seenby_client::store::Memory;
use seenby_protocol::codec;
use seenby_protocol::frames::{ClientFrame, Reply, ServerFrame, SignedIn, reply, server_frame};

use crate::session::split;

/// What a device holds for a server that lies must stay below this.
const EVENTS_MAX: usize = 1_000_000;

/// Frames, one after another, each behind its length in two bytes, to a device that is signed in and has answered.
pub fn device(bytes: &[u8]) {
    let mut now = Duration::from_secs(1);
    let mut session = signed_in(now);
    session.answer(now, Conversation::group("ward"), vec!["m1".into()]);
    let mut events = 0;
    for frame in split(bytes).filter_map(|bytes| codec::decode::<ServerFrame>(bytes, usize::MAX).ok()) {
        session.handle_frame(now, frame);
        now += Duration::from_millis(100);
        if session.poll_timeout().is_some_and(|timeout| timeout <= now) {
            session.handle_timeout(now);
        }
        events += settle(&mut session, now).events;
        assert!(events < EVENTS_MAX, "an app is told without end");
    }
}

fn signed_in(now: Duration) -> Session {
    let mut session = Session::new(SessionOptions {
        app_key: "app".into(),
        device_id: "phone".into(),
        client_ref_prefix: "phone-".into(),
        sdk: "fuzz".into(),
        backoff_min: Duration::from_millis(10),
        backoff_max: Duration::from_secs(1),
        call_timeout: Duration::from_secs(10),
        attempt_timeout: Duration::from_secs(10),
        renews_tokens: false,
        seed: 1,
    });
    session.connect(now, "a token".into(), None);
    let said = settle(&mut session, now).said;
    let signed_in = SignedIn { user_id: "bob".into(), store_id: "store".into(), ..SignedIn::default() };
    let result = Some(reply::Result::SignedIn(signed_in));
    let reply = Reply { call_id: said[0].call_id, result, ..Reply::default() };
    session.handle_frame(now, ServerFrame { kind: Some(server_frame::Kind::Reply(reply)) });
    settle(&mut session, now);
    session
}

#[derive(Default)]
struct Settled {
    events: usize,
    said: Vec<ClientFrame>,
}

/// Does what a driver does. A connection that is closed opens again at once.
fn settle(session: &mut Session, now: Duration) -> Settled {
    let mut settled = Settled::default();
    // A session that always has something to do would keep a device awake for ever.
    for _ in 0..100_000 {
        let mut is_done = true;
        while let Some(action) = session.poll_action() {
            is_done = false;
            match action {
                Action::Load { user_id } => session.handle_loaded(now, &user_id, Memory::default()),
                Action::Save { user_id, changes } => session.handle_saved(&user_id, &changes),
                Action::Connect => session.handle_opened(now),
                Action::Close | Action::RenewToken => {}
            }
        }
        while session.poll_outcome().is_some() {
            is_done = false;
        }
        while session.poll_event().is_some() {
            settled.events += 1;
            is_done = false;
        }
        while let Some(frame) = session.poll_transmit() {
            settled.said.push(frame);
            is_done = false;
        }
        if is_done && !session.has_transmits() {
            return settled;
        }
    }
    panic!("the session does not come to rest");
}
