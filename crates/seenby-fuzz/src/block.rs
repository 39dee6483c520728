//! Blocks of readers, as they lie on disk.

use seenby_storage::embedded::block::{decode, encode};

/// What is read takes memory in proportion, and says the same when it is written anew.
pub fn block(bytes: &[u8]) {
    if let Ok(answers) = decode(bytes) {
        assert!(2 * answers.len() <= bytes.len(), "an answer has at least two bytes");
        assert_eq!(decode(&encode(&answers)).ok(), Some(answers));
    }
}
