//! `cargo bench --bench time`: the small pieces in seconds. Machines are noisy: compare within one run.

mod cases;

fn main() {
    divan::main();
}

#[divan::bench(args = cases::CASES.map(|(name, _)| name))]
fn piece(bencher: divan::Bencher<'_, '_>, name: &str) {
    let (_, prepare) = cases::CASES.into_iter().find(|(known, _)| *known == name).expect("a name from the list");
    let mut work = prepare();
    bencher.bench_local(&mut work);
}
