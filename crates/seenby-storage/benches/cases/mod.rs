//! The small pieces that every answer passes through, each as something to run again and again. `time` measures them in
//! seconds, `instructions` in instructions.
#![allow(clippy::unwrap_used, reason = "a case that cannot be made ready has nothing to say")]

use seenby_core::{
    Answer, AppKey, Call, ClientRef, ConversationName, ConversationNumber, Draft, GroupId, GroupKind, GroupName,
    Ledger, Limits, MessageKey, MessageUid, Outcome, ReceiptRequest, Slot, Timestamp, UserId,
};
use seenby_protocol::frames::{
    AnswerReceipts, ClientFrame, Conversation, ReceiptsAccepted, Reply, ServerFrame, client_frame, reply, server_frame,
};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, codec};
use seenby_storage::embedded::block;
use seenby_storage::{LedgerWriter, Memory, Storage as _};
use std::hint::black_box;
use std::sync::Arc;

/// Answers in one commit, where there are several.
const BATCH: u32 = 512;
const LARGE_GROUP: u32 = 100_000;
const NOW: Timestamp = Timestamp(1_800_000_000_000);

type Work = Box<dyn FnMut()>;

/// What is measured, and how it is made ready.
type Case = (&'static str, fn() -> Work);

pub const CASES: [Case; 8] = [
    ("ledger, 512 answers for one message", || answers_to(1)),
    ("ledger, 512 answers for as many messages", || answers_to(BATCH)),
    ("block, encode 512 answers", encode_block),
    ("block, decode 512 answers", decode_block),
    ("frame, decode an answer", decode_answer),
    ("frame, encode a reply", encode_reply),
    ("100,000 members, first page of unread", first_page_of_unread),
    ("100,000 members, counts", counts),
];

/// Batches of new answers, one after another. The store is left out as far as can be: what is taken from the ledger is thrown
/// away, and it forgets nothing.
fn answers_to(messages: u32) -> Work {
    let store = Arc::new(Memory::new());
    let app = AppKey::new("bench").unwrap();
    let group = GroupName { app, kind: GroupKind::Group, id: GroupId::new("ward").unwrap() };
    let name = ConversationName::new(group.clone(), None);
    let users: Vec<UserId> = (0..=BATCH).map(|number| UserId::new(&format!("m{number:05}")).unwrap()).collect();
    let founds =
        [Call::CreateGroup { group: group.clone(), title: String::new() }, Call::Join { group, users: users.clone() }];
    LedgerWriter::new(store.clone(), Limits::default(), 1).write(&founds, NOW).unwrap();
    let mut ledger = Ledger::new(Limits::default(), 1);
    // Everybody, as in the midst of a day.
    ledger.learn(store.learn(&ledger.needs(&founds)).unwrap()).unwrap();
    let (sender, readers) = users.split_last().unwrap();
    let (sender, readers) = (sender.clone(), readers.to_vec());
    let conversation = name.clone();
    let ask = move |client_ref: String| {
        let draft = Draft { client_ref: ClientRef::new(&client_ref).unwrap(), content: vec![], need_receipt: true };
        Call::Send { conversation: name.clone(), user: sender.clone(), draft }
    };
    let mut round = 0;
    Box::new(move || {
        round += 1;
        let asks: Vec<_> = (0..messages).map(|number| ask(format!("{round}-{number}"))).collect();
        ledger.learn(store.learn(&ledger.needs(&asks)).unwrap()).unwrap();
        let uids: Vec<MessageUid> = asks.iter().map(|ask| sent(ledger.apply(ask, NOW).unwrap())).collect();
        for (place, reader) in readers.iter().enumerate() {
            ledger.answer(&conversation, reader, None, &[Some(uids[place % uids.len()])], NOW).unwrap();
        }
        black_box(ledger.take_commit());
    })
}

fn sent(outcome: Outcome) -> MessageUid {
    match outcome {
        Outcome::Sent(sent) => sent.uid,
        other => panic!("{other:?}"),
    }
}

/// As in a storm: slots in no order, times close together.
fn answers() -> Vec<Answer> {
    let slot = |number: u32| Slot(number * 61_803 % LARGE_GROUP);
    (0..BATCH).map(|number| Answer { slot: slot(number), at: Timestamp(NOW.0 + u64::from(number / 50)) }).collect()
}

fn encode_block() -> Work {
    let answers = answers();
    Box::new(move || drop(black_box(block::encode(black_box(&answers)))))
}

fn decode_block() -> Work {
    let bytes = block::encode(&answers());
    Box::new(move || drop(black_box(block::decode(black_box(&bytes)).unwrap())))
}

fn decode_answer() -> Work {
    let answer = AnswerReceipts {
        conversation: Some(Conversation { r#type: 2, target_id: "ward-7".into(), channel_id: String::new() }),
        message_uids: vec!["CIQ1-0001-AAAA-AAAA".into()],
    };
    let bytes = codec::encode(&ClientFrame { call_id: 7, call: Some(client_frame::Call::AnswerReceipts(answer)) });
    Box::new(move || {
        black_box(codec::decode::<ClientFrame>(black_box(&bytes), CLIENT_FRAME_BYTES_MAX).unwrap());
    })
}

fn encode_reply() -> Work {
    let result = Some(reply::Result::ReceiptsAccepted(ReceiptsAccepted { codes: vec![0] }));
    let reply = Reply { call_id: 7, result, ..Reply::default() };
    let frame = ServerFrame { kind: Some(server_frame::Kind::Reply(reply)) };
    Box::new(move || drop(black_box(codec::encode(black_box(&frame)))))
}

/// Every second member has read.
fn large_request() -> ReceiptRequest {
    let key = MessageKey { conversation: ConversationNumber(1), uid: MessageUid::MIN };
    let audience = (0..LARGE_GROUP).collect();
    let request = ReceiptRequest::new(key, UserId::new("alice").unwrap(), NOW, audience);
    request.with_readers((0..LARGE_GROUP).step_by(2).map(Slot))
}

fn first_page_of_unread() -> Work {
    let (request, present) = (large_request(), (0..LARGE_GROUP).collect());
    Box::new(move || drop(black_box(request.unread(&present, Slot(0)).take(100).collect::<Vec<_>>())))
}

fn counts() -> Work {
    let (request, present) = (large_request(), (0..LARGE_GROUP).collect());
    Box::new(move || {
        black_box(request.counts(black_box(&present)));
    })
}
