//! What people saw, in the order in which they saw it: one line of JSON each, in a file that outlives a failed test.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub(crate) enum Line {
    /// The server has said that this message is stored and everybody is asked.
    Asked { message: String },
    /// Somebody is about to answer.
    Answering { nurse: String, message: String },
    /// What the server said to that.
    Answered { nurse: String, message: String, code: u32 },
    /// The server has ended, and has started again.
    Ended { how: String, ready_after_ms: u64 },
    /// Somebody is about to look at the readers.
    Listing { message: String },
    /// What the server said to that, in its order.
    Listed { message: String, readers: Vec<String> },
    /// What the sender's device shows in the end without asking.
    Shown { message: String, readers: Vec<String> },
}

#[derive(Clone)]
pub(crate) struct History {
    written: Arc<Mutex<Written>>,
}

struct Written {
    file: File,
    lines: Vec<Line>,
}

impl History {
    pub(crate) fn new(file: &Path) -> Self {
        let written = Written { file: File::create(file).unwrap(), lines: Vec::new() };
        Self { written: Arc::new(Mutex::new(written)) }
    }

    pub(crate) fn note(&self, line: Line) {
        let mut written = self.written.lock().unwrap();
        writeln!(written.file, "{}", serde_json::to_string(&line).unwrap()).unwrap();
        written.lines.push(line);
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        self.written.lock().unwrap().lines.clone()
    }
}
