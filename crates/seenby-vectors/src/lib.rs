//! For tests alone: what is generated and checked in, and frames as JSON.
//!
//! The folder `vectors` holds what every SDK replays; its README has the format. What goes into it is written by the
//! tests of the crates that know it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;

/// Of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a crate is two folders down").to_owned()
}

/// Panics if this file is not as expected; with `UPDATE_GENERATED` in the environment it is written first.
pub fn compare(path: &str, expected: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        update(&file, expected).unwrap_or_else(|error| panic!("{path} cannot be written: {error}"));
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    if found != expected {
        let same = found.lines().zip(expected.lines()).take_while(|(found, expected)| found == expected).count();
        panic!("{path} is out of date from line {} on: run `make generate`", same + 1);
    }
}

fn update(file: &Path, expected: &str) -> std::io::Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(file, expected)
}

static PROTO: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let files = protox::compile(["seenby/v1/seenby.proto"], [root().join("proto")]).expect("the proto file is correct");
    DescriptorPool::from_file_descriptor_set(files).expect("the compiler writes what can be read")
});

/// The bytes of a message of the proto file as its canonical JSON, except that 64-bit integers are numbers.
pub fn json(message: &str, bytes: &[u8]) -> Value {
    let message = DynamicMessage::decode(descriptor(message), bytes).expect("bytes of this message");
    let options = SerializeOptions::new().stringify_64_bit_integers(false);
    message.serialize_with_options(serde_json::value::Serializer, &options).expect("every message has a JSON")
}

/// What the members of a oneof are called in the JSON of its message.
pub fn members(message: &str, oneof: &str) -> Vec<String> {
    let oneof = descriptor(message).oneofs().find(|found| found.name() == oneof).expect("a oneof of this message");
    oneof.fields().map(|field| field.json_name().to_owned()).collect()
}

fn descriptor(message: &str) -> MessageDescriptor {
    PROTO.get_message_by_name(&format!("seenby.v1.{message}")).expect("a message of the proto file")
}
