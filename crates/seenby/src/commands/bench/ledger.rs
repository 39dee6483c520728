//! Core and store without sockets: batches of answers are applied and made durable, one batch after another.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom as _;
use seenby_core::{
    AppKey, Call, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, Limits, MessageUid, Outcome,
    Timestamp, UserId,
};
use seenby_storage::{Embedded, LedgerWriter};

use super::report::Measurement;

/// Any day will do; the ledger has no clock.
const BEGIN: Timestamp = Timestamp(1_800_000_000_000);

#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub members: u32,
    pub messages: usize,
    pub answers: usize,
    /// Answers in one commit.
    pub batch: usize,
}

type Writer = LedgerWriter<Embedded>;

impl Load {
    pub fn run(&self, folder: &Path) -> anyhow::Result<Measurement> {
        let folder = tempfile::tempdir_in(folder)?;
        let store = Arc::new(Embedded::open(folder.path())?);
        let mut writer = Writer::new(store.clone(), Limits { group_members_max: u64::from(self.members) + 1 }, 1);
        let (name, users) = self.gather(&mut writer)?;
        let uids = self.ask(&mut writer, &name)?;
        let answers = self.answers(&uids);
        let empty = store.compact()?;

        let begin = Instant::now();
        for (number, batch) in answers.chunks(self.batch).enumerate() {
            let now = Timestamp(BEGIN.0 + number as u64);
            let answer = |(user, uid): &(u32, MessageUid)| Call::Answer {
                conversation: name.clone(),
                user: users[*user as usize].clone(),
                from: None,
                uids: vec![Some(*uid)],
            };
            let calls: Vec<_> = batch.iter().map(answer).collect();
            for outcome in writer.write(&calls, now)?.outcomes {
                outcome.context("an answer was refused")?;
            }
        }
        let elapsed = begin.elapsed();
        let mut measurement = Measurement::new(
            "ledger",
            [("members", u64::from(self.members)), ("messages", self.messages as u64), ("batch", self.batch as u64)],
        );
        measurement.set("answers_per_second", answers.len() as f64 / elapsed.as_secs_f64());
        let bytes = store.compact()? - empty;
        measurement.set("disk_bytes_per_answer", bytes as f64 / answers.len() as f64);
        Ok(measurement)
    }

    fn gather(&self, writer: &mut Writer) -> anyhow::Result<(ConversationName, Vec<UserId>)> {
        let app = AppKey::new("bench")?;
        let group = GroupName { app, kind: GroupKind::Group, id: GroupId::new("bench")? };
        let users =
            (0..self.members).map(|number| UserId::new(&format!("m{number:05}"))).collect::<Result<Vec<_>, _>>()?;
        let members = users.iter().cloned().chain([UserId::new("sender")?]).collect();
        writer.apply(&Call::CreateGroup { group: group.clone(), title: "bench".to_owned() }, BEGIN)?;
        writer.apply(&Call::Join { group: group.clone(), users: members }, BEGIN)?;
        writer.commit()?;
        Ok((ConversationName::new(group, None), users))
    }

    fn ask(&self, writer: &mut Writer, name: &ConversationName) -> anyhow::Result<Vec<MessageUid>> {
        let mut uids = Vec::with_capacity(self.messages);
        for number in 0..self.messages {
            let draft = Draft { client_ref: ClientRef::new(&number.to_string())?, content: vec![], need_receipt: true };
            let call = Call::Send { conversation: name.clone(), user: UserId::new("sender")?, draft };
            let Outcome::Sent(sent) = writer.apply(&call, BEGIN)? else { bail!("nothing was sent") };
            uids.push(sent.uid);
        }
        writer.commit()?;
        Ok(uids)
    }

    /// Who answers for what: everybody for everything, in an order that no index is made for, as far as `answers` go.
    fn answers(&self, uids: &[MessageUid]) -> Vec<(u32, MessageUid)> {
        let mut random = SmallRng::seed_from_u64(7);
        let mut users: Vec<u32> = (0..self.members).collect();
        let mut answers = Vec::with_capacity(self.answers);
        users.shuffle(&mut random);
        'all: for user in users {
            for uid in uids {
                if answers.len() == self.answers {
                    break 'all;
                }
                answers.push((user, *uid));
            }
        }
        // Each member reads at a time of its own.
        answers.shuffle(&mut random);
        answers
    }
}
