//! What an installation remembers between runs: the port, and a store in memory.
//!
//! For each user the session remembers a [`Memory`]: how far it has each conversation, which receipts it knows, and the
//! answers that the server has not accepted yet. It changes by [`Change`]s only, and [`Memory::apply`] is the one place
//! that says what each means, so a store may keep the changes, their sum, or both.
//!
//! A store works for one engine at a time. Its calls are made from the engine's task and should be short.

mod file;

use std::collections::{BTreeMap, HashMap};
use std::{fmt, io};

use serde::{Deserialize, Serialize};

pub use self::file::FileStore;
use crate::Conversation;

/// Keeps the memory of the users of one installation.
pub trait DeviceStore: Send + 'static {
    /// The id of this installation: what was kept the first time, or else `fresh`, which is then kept.
    fn device_id(&mut self, fresh: &str) -> io::Result<String>;

    /// Everything remembered of this user.
    fn load(&mut self, owner: &Owner) -> io::Result<Memory>;

    /// Remembers changes, in their order. Answers must outlive the process once this returns. After an error the answers
    /// among the changes are handed in again later; it does no harm to have them already.
    fn save(&mut self, owner: &Owner, changes: &[Change]) -> io::Result<()>;
}

/// Whose memory it is. Nothing of one user may ever be sent in another's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// The application.
    pub app_key: String,
    /// The user.
    pub user_id: String,
}

/// What is remembered of one user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// The server's store in which positions and receipts mean something.
    pub store_id: String,
    /// Up to which entry each conversation's log has been handed on.
    #[serde(with = "positions")]
    pub positions: BTreeMap<Conversation, u64>,
    /// Own messages with a receipt request, oldest first.
    pub asked: Vec<Asked>,
    /// Requests of others that this user has not answered, oldest first.
    pub unanswered: Vec<Unanswered>,
    /// Answers that wait for the server, by number.
    pub answers: BTreeMap<u64, Answer>,
}

/// An own message with a receipt request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Where it was said.
    pub conversation: Conversation,
    /// Which message.
    pub message_uid: String,
    /// How many readers the application has been told of.
    pub readers: u32,
}

/// A request of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Where it was said.
    pub conversation: Conversation,
    /// Which message.
    pub message_uid: String,
}

/// An answer for one or several messages of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Where the messages were said.
    pub conversation: Conversation,
    /// Which messages.
    pub message_uids: Vec<String>,
}

/// One thing that is different from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// The server has another store: positions and receipts of the old one are forgotten, answers stay.
    StoreChanged(String),
    /// The log of a conversation has been handed on so far.
    Position(Conversation, u64),
    /// A receipt was asked for, or the application was told of so many readers.
    Asked(Asked),
    /// This own message is not followed any longer.
    AskedForgotten(String),
    /// Somebody asked for a receipt.
    Unanswered(Unanswered),
    /// Answered, recalled, or too old to be remembered.
    UnansweredForgotten(String),
    /// An answer waits.
    AnswerKept(u64, Answer),
    /// The final code of an answer is known.
    AnswerDone(u64),
}

impl Memory {
    /// What this change does to a memory.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::StoreChanged(store_id) => {
                *self = Self { store_id, answers: std::mem::take(&mut self.answers), ..Self::default() };
            }
            Change::Position(conversation, through) => {
                self.positions.insert(conversation, through);
            }
            Change::Asked(asked) => match self.asked.iter_mut().rfind(|known| known.message_uid == asked.message_uid) {
                Some(known) => *known = asked,
                None => self.asked.push(asked),
            },
            Change::AskedForgotten(uid) => self.asked.retain(|asked| asked.message_uid != uid),
            Change::Unanswered(unanswered) => self.unanswered.push(unanswered),
            Change::UnansweredForgotten(uid) => self.unanswered.retain(|unanswered| unanswered.message_uid != uid),
            Change::AnswerKept(number, answer) => {
                self.answers.insert(number, answer);
            }
            Change::AnswerDone(number) => {
                self.answers.remove(&number);
            }
        }
    }
}

/// Remembers until the process ends: the default. A restart is then like a new device.
#[derive(Default)]
pub struct MemoryStore {
    device_id: Option<String>,
    owners: HashMap<Owner, Memory>,
}

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl DeviceStore for MemoryStore {
    fn device_id(&mut self, fresh: &str) -> io::Result<String> {
        Ok(self.device_id.get_or_insert_with(|| fresh.to_owned()).clone())
    }

    fn load(&mut self, owner: &Owner) -> io::Result<Memory> {
        Ok(self.owners.get(owner).cloned().unwrap_or_default())
    }

    fn save(&mut self, owner: &Owner, changes: &[Change]) -> io::Result<()> {
        let memory = match self.owners.get_mut(owner) {
            Some(memory) => memory,
            None => self.owners.entry(owner.clone()).or_default(),
        };
        changes.iter().cloned().for_each(|change| memory.apply(change));
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("users", &self.owners.len()).finish()
    }
}

/// JSON has no maps with structured keys.
mod positions {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::Conversation;

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<Conversation, u64>, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(map)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Conversation, u64>, D::Error> {
        Ok(Vec::<(Conversation, u64)>::deserialize(from)?.into_iter().collect())
    }
}
