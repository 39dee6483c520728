//! The server's session: a member who says whatever it likes.

use std::time::{Duration, Instant};

use seenby_protocol::frames::{ClientFrame, ServerFrame, server_frame};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, codec};
use seenby_server::machine::{Step, sign_in};
use seenby_storage::Storage as _;

use crate::ward::{HIDDEN, NOW, Ward};

/// Frames, one after another, each behind its length in two bytes: every call has one reply, and nothing that is said
/// belongs to a group that the member is not in.
pub fn session(bytes: &[u8]) {
    let mut ward = Ward::new();
    let signed_in = sign_in(ward.node(), &*ward.store, &ward.sign_in_of("bob"), NOW);
    let (mut session, _) = signed_in.unwrap_or_else(|refusal| panic!("bob is refused: {refusal:?}"));
    let later = Instant::now() + Duration::from_secs(3_600);
    for frame in split(bytes).filter_map(|bytes| codec::decode::<ClientFrame>(bytes, CLIENT_FRAME_BYTES_MAX).ok()) {
        let call_id = frame.call_id;
        let mut said = Vec::new();
        match session.handle_frame(frame, NOW) {
            Step::Reply(reply) => said.push(reply),
            Step::Write(call, reply_to) => ward.write(vec![(call, reply_to)]),
            Step::Read => {}
        }
        session.handle_mail(&mut said, NOW);
        while let Some(read) = session.next_read(later) {
            read.look(&*ward.store.snapshot()).deliver();
            session.handle_mail(&mut said, NOW);
        }
        assert!(!session.has_questions(later), "who has nothing to ask has nothing to look up");
        let replies = said.iter().filter_map(|frame| reply_to(frame)).collect::<Vec<_>>();
        assert_eq!(replies, [call_id], "one reply for each call");
        for frame in said {
            assert!(!frame.windows(HIDDEN.len()).any(|window| window == HIDDEN), "what bob must not see");
        }
        if session.farewell().is_some() {
            break;
        }
    }
}

/// The last may be cut short.
pub(crate) fn split(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let (frame, rest) = rest.split_at(rest.len().min(usize::from(u16::from_be_bytes(*length))));
        bytes = rest;
        Some(frame)
    })
}

fn reply_to(frame: &[u8]) -> Option<u64> {
    let frame: ServerFrame = codec::decode(frame, usize::MAX).expect("the server's frames can be read");
    match frame.kind {
        Some(server_frame::Kind::Reply(reply)) => Some(reply.call_id),
        _ => None,
    }
}
