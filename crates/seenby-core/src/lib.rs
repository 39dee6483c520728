//! The rules of Seenby: who may ask, who is asked, who has answered.
//!
//! Nothing here does I/O, reads a clock or draws a random number. Time comes in as a [`Timestamp`], stored facts come in
//! as [`Facts`], and what must be written and told comes out as one [`Commit`].
//!
//! * [`ids`]: the names of things, as types that cannot be swapped by mistake;
//! * [`group`], [`conversation`], [`message`]: what is kept of each, and the rules that need nothing else;
//! * [`receipts`]: the ledger of one message, three sets and one list;
//! * [`call`]: what can be asked of the ledger, and what comes of it;
//! * [`ledger`]: applies calls one after another and gathers the changes of a batch;
//! * [`view`]: who may see what, and lists page by page;
//! * [`keys`]: what a back end may do with which key;
//! * [`retention`]: which messages are old enough to be deleted;
//! * [`commit`]: changes for the store, notices for delivery.
//!
//! Deliberately absent: wire formats, status codes, sessions, and any notion of who is online.

pub mod call;
pub mod commit;
pub mod conversation;
pub mod group;
pub mod ids;
pub mod keys;
pub mod ledger;
pub mod message;
pub mod receipts;
pub mod retention;
pub mod view;

pub use call::{Call, Denied, Outcome, Sent};
pub use commit::{Change, Commit, Notice};
pub use conversation::{Conversation, ConversationName, LogEntry, LogEvent};
pub use group::{Group, GroupKind, GroupName, Membership, MembershipChange};
pub use ids::{
    AppKey, ChannelId, ClientRef, ConversationNumber, DeviceNumber, GroupId, GroupNumber, InvalidId, KeyId, MessageKey,
    MessageUid, Ordinal, Sequence, Slot, Timestamp, UserId,
};
pub use keys::{KeyRecord, Scope};
pub use ledger::{Facts, Ledger, Limits, Moved, Needs, Position, Stop};
pub use message::{Draft, Message, Publication, UidSource};
pub use receipts::{Answer, Block, Counts, ReceiptRequest};
