//! The rules that `make mutants` breaks stand where its list says.

use std::path::Path;

use toml::{Table, Value};

#[test]
fn every_line_to_break_is_in_its_file_once() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let list = std::fs::read_to_string(sources.join("scripts/mutants.toml")).unwrap();
    let mutants = list.parse::<Table>().unwrap()["mutant"].as_array().unwrap().clone();
    assert!(!mutants.is_empty());
    for mutant in mutants {
        let text = |name: &str| mutant.get(name).and_then(Value::as_str).unwrap();
        let source = std::fs::read_to_string(sources.join(text("file"))).unwrap();
        assert_eq!(source.matches(text("line")).count(), 1, "{}: {}", text("file"), text("line"));
    }
}
