//! What fuzzing found worth keeping.

use std::path::Path;

#[test]
fn everything_in_the_corpus_is_read_without_harm() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in seenby_fuzz::TARGETS {
        let folder = corpus.join(name);
        let mut inputs = 0;
        for entry in std::fs::read_dir(&folder).expect("each target has a folder") {
            let path = entry.expect("an entry").path();
            println!("{}", path.display());
            target(&std::fs::read(&path).expect("an input"));
            inputs += 1;
        }
        assert!(inputs > 0, "{} is empty", folder.display());
    }
}
