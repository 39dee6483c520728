//! Core and store without sockets: batches of answers are applied and made durable, one batch after another.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom as _;
use seenby_core::{
    AppKey, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, Ledger, MessageUid, Timestamp, UserId,
    ledger,
};
use seenby_storage::{Embedded, Storage as _};

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

type StoreLedger = Ledger<Embedded>;

impl Load {
    pub fn run(&self, folder: &Path) -> anyhow::Result<Measurement> {
        let folder = tempfile::tempdir_in(folder)?;
        let store = Arc::new(Embedded::open(folder.path())?);
        let mut ledger =
            Ledger::new(store.clone(), ledger::Limits { group_members_max: u64::from(self.members) + 1 }, 1)?;
        let (name, users) = self.gather(&mut ledger, &store)?;
        let uids = self.ask(&mut ledger, &store, &name)?;
        let answers = self.answers(&uids);
        let empty = store.compact()?;

        let begin = Instant::now();
        for (number, batch) in answers.chunks(self.batch).enumerate() {
            let now = Timestamp(BEGIN.0 + number as u64);
            for (user, uid) in batch {
                ledger
                    .answer(&name, &users[*user as usize], None, &[Some(*uid)], now)
                    .context("an answer was refused")?;
            }
            store.commit(&ledger.take_commit().changes)?;
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

    fn gather(&self, ledger: &mut StoreLedger, store: &Embedded) -> anyhow::Result<(ConversationName, Vec<UserId>)> {
        let app = AppKey::new("bench")?;
        let group = GroupName { app, kind: GroupKind::Group, id: GroupId::new("bench")? };
        let users =
            (0..self.members).map(|number| UserId::new(&format!("m{number:05}"))).collect::<Result<Vec<_>, _>>()?;
        ledger.create_group(&group, "bench", BEGIN)?;
        ledger.join(&group, &users, BEGIN)?;
        ledger.join(&group, &[UserId::new("sender")?], BEGIN)?;
        store.commit(&ledger.take_commit().changes)?;
        Ok((ConversationName::new(group, None), users))
    }

    fn ask(
        &self,
        ledger: &mut StoreLedger,
        store: &Embedded,
        name: &ConversationName,
    ) -> anyhow::Result<Vec<MessageUid>> {
        let sender = UserId::new("sender")?;
        let mut uids = Vec::with_capacity(self.messages);
        for number in 0..self.messages {
            let draft = Draft { client_ref: ClientRef::new(&number.to_string())?, content: vec![], need_receipt: true };
            uids.push(ledger.send(name, &sender, draft, BEGIN)?.uid);
        }
        store.commit(&ledger.take_commit().changes)?;
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
