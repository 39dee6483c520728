//! Reads a history and says which promise it breaks. It knows nothing of the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::history::Line;

/// What a history without faults had in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) messages: usize,
    pub(crate) acknowledged: usize,
    pub(crate) lists: usize,
    /// From each start to its readiness, in order of size.
    pub(crate) ready_after_ms: Vec<u64>,
}

#[derive(Default)]
struct Message {
    answering: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    /// Who must be in the list that is being read.
    due: BTreeSet<String>,
    /// As it was listed last.
    readers: Vec<String>,
}

pub(crate) fn check(history: &[Line]) -> Result<Summary, String> {
    let mut messages: BTreeMap<&str, Message> = BTreeMap::new();
    let mut summary = Summary::default();
    for line in history {
        match line {
            Line::Asked { .. } => summary.messages += 1,
            Line::Ended { ready_after_ms, .. } => summary.ready_after_ms.push(*ready_after_ms),
            Line::Answering { nurse, message } => {
                messages.entry(message).or_default().answering.insert(nurse.clone());
            }
            Line::Answered { nurse, message, code: 0 } => {
                let is_new = messages.entry(message).or_default().acknowledged.insert(nurse.clone());
                summary.acknowledged += usize::from(is_new);
            }
            // Refused or unknown: it may count, or not.
            Line::Answered { .. } => {}
            Line::Listing { message } => {
                let message = messages.entry(message).or_default();
                message.due = message.acknowledged.clone();
            }
            Line::Listed { message: uid, readers } => {
                summary.lists += 1;
                let message = messages.entry(uid).or_default();
                message.look_at(readers).map_err(|why| format!("{uid}: {why}"))?;
                message.readers = readers.clone();
            }
            Line::Shown { message: uid, readers } => {
                let listed = &messages.entry(uid).or_default().readers;
                if listed != readers {
                    return Err(format!("{uid}: the sender is shown {readers:?}, and the list is {listed:?}"));
                }
            }
        }
    }
    summary.ready_after_ms.sort_unstable();
    Ok(summary)
}

impl Message {
    fn look_at(&self, readers: &[String]) -> Result<(), String> {
        let listed: BTreeSet<_> = readers.iter().cloned().collect();
        if listed.len() < readers.len() {
            return Err(format!("somebody counts twice among {readers:?}"));
        }
        if let Some(lost) = self.due.difference(&listed).next() {
            return Err(format!("{lost} got code 0 and is not among {readers:?}"));
        }
        if let Some(phantom) = listed.difference(&self.answering).next() {
            return Err(format!("{phantom} never answered and is among {readers:?}"));
        }
        if !readers.starts_with(&self.readers) {
            return Err(format!("the list was {:?} and is {readers:?}", self.readers));
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = self.ready_after_ms.len();
        let ready = |part: usize| self.ready_after_ms.get(ends * part / 100).copied().unwrap_or_default();
        let Self { messages, acknowledged, lists, .. } = self;
        write!(
            f,
            "the server ended {ends} times; {messages} messages, {acknowledged} acknowledged answers, {lists} lists "
        )?;
        write!(f, "read; ready after {} ms (p50), {} ms (p99): nothing lost, nothing doubled", ready(50), ready(99))
    }
}

mod tests {
    use super::*;

    /// `?ann` is about to answer, `ann` has got code 0; `=` begins a list, `:ann bob` is what it was, `!ann` what is shown.
    fn history(story: &[&str]) -> Result<Summary, String> {
        let message = || "m1".to_owned();
        let names = |names: &str| names.split_whitespace().map(str::to_owned).collect();
        let line = |word: &&str| match word.split_at(1) {
            ("?", nurse) => Line::Answering { nurse: nurse.into(), message: message() },
            ("=", _) => Line::Listing { message: message() },
            (":", readers) => Line::Listed { message: message(), readers: names(readers) },
            ("!", readers) => Line::Shown { message: message(), readers: names(readers) },
            _ => Line::Answered { nurse: (*word).into(), message: message(), code: 0 },
        };
        check(&story.iter().map(line).collect::<Vec<_>>())
    }

    #[test]
    fn a_good_history_passes() {
        let summary = history(&["?ann", "ann", "?bob", "=", ":ann", "bob", "=", ":ann bob", "!ann bob"]).unwrap();
        assert_eq!((summary.acknowledged, summary.lists), (2, 2));
    }

    #[test]
    fn an_answer_without_an_acknowledgement_may_count_or_not() {
        history(&["?ann", "?bob", "=", ":bob"]).unwrap();
    }

    #[test]
    fn each_broken_promise_is_found() {
        for (story, why) in [
            (&["?ann", "ann", "=", ":"][..], "ann got code 0"),
            (&["?ann", "ann", "=", ":ann ann"], "twice"),
            (&["?ann", "=", ":ann bob"], "bob never answered"),
            (&["?ann", "?bob", "=", ":ann bob", "=", ":bob ann"], "the list was"),
            (&["?ann", "?bob", "=", ":ann bob", "=", ":ann"], "the list was"),
            (&["?ann", "ann", "=", ":ann", "!"], "is shown"),
        ] {
            let found = history(story).unwrap_err();
            assert!(found.contains(why), "{story:?}: {found}");
        }
    }
}
