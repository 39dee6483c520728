//! Every store does what the traits promise.

use seenby_storage::{Embedded, Memory, storage_conformance};

storage_conformance!(memory, (Memory::new(), ()));
storage_conformance!(embedded, embedded());

fn embedded() -> (Embedded, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    (Embedded::open(directory.path()).expect("a new store"), directory)
}
