//! What a new connection begins with: the client says what it has.

use std::time::Duration;

use seenby_protocol::Code;
use seenby_protocol::frames::{self, client_frame::Call};

use super::calls::Purpose;
use super::replies::{is_transient, retry_after};
use super::{Meanwhile, Session};
use crate::Conversation;

/// Positions and receipts in one frame.
const ITEMS_PER_FRAME_MAX: usize = 500;
/// What a server takes that does not say so.
const ITEMS_MAX: usize = 10_000;

impl Session {
    /// Of conversations that find no room the server tells everything again, and what is known is passed over; so
    /// receipts go first.
    pub(super) fn resume(&mut self, now: Duration, items_max: u32) {
        let mut resumes = vec![frames::Resume::default()];
        if !std::mem::take(&mut self.resume_refused) {
            let items_max = if items_max == 0 { ITEMS_MAX } else { items_max as usize };
            let mut receipts = self.known_receipts();
            receipts.truncate(items_max);
            for (conversation, through) in self.positions.newest(items_max - receipts.len()) {
                room(&mut resumes).positions.push(position(conversation, through));
            }
            for receipt in receipts {
                room(&mut resumes).receipts.push(receipt);
            }
        }
        if let Some(last) = resumes.last_mut() {
            last.last = true;
        }
        for resume in resumes {
            self.send_own(now, Purpose::Resume, Call::Resume(resume));
        }
    }

    /// Said once more, the same would be refused again. A client that says nothing hears everything, and passes over what
    /// it knows.
    pub(super) fn handle_resume_refused(&mut self, now: Duration, reply: &frames::Reply) {
        self.resume_refused = !is_transient(Code(reply.code));
        let why = format!("the server would not hear what this client has: {}", Code(reply.code));
        self.drop_connection(now, retry_after(reply), why);
    }

    fn known_receipts(&self) -> Vec<frames::KnownReceipt> {
        let own = self.receipts.known().map(|(conversation, uid, readers)| known(conversation, uid, readers));
        let foreign = self.unanswered.iter().map(|request| known(&request.conversation, &request.message_uid, 0));
        let answering = self.meanwhile.iter().filter_map(|(uid, meanwhile)| match meanwhile {
            Meanwhile::Asked(conversation, _) => Some(known(conversation, uid, 0)),
            Meanwhile::AnsweredElsewhere(_) => None,
        });
        own.chain(foreign).chain(answering).collect()
    }
}

fn position(conversation: &Conversation, through: u64) -> frames::Position {
    frames::Position { conversation: Some(conversation.to_wire()), through }
}

fn known(conversation: &Conversation, uid: &str, readers: u32) -> frames::KnownReceipt {
    frames::KnownReceipt { conversation: Some(conversation.to_wire()), message_uid: uid.to_owned(), readers }
}

/// The last frame, or a new one if that is full.
fn room(resumes: &mut Vec<frames::Resume>) -> &mut frames::Resume {
    if resumes.last().is_none_or(|resume| resume.positions.len() + resume.receipts.len() >= ITEMS_PER_FRAME_MAX) {
        resumes.push(frames::Resume::default());
    }
    resumes.last_mut().expect("there is always one")
}
