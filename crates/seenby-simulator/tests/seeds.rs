//! Some hundreds of runs, one after another; and those that once found something.

use seenby_simulator::run;

/// Few enough for every test run. `make simulate` goes on from here.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=200;

#[test]
fn whatever_breaks_every_promise_is_kept() {
    for seed in SEEDS {
        if let Err(violation) = run(seed) {
            panic!("{violation}");
        }
    }
}

#[test]
fn one_seed_is_one_run() {
    for seed in [3, 14, 159] {
        let (first, second) = (run(seed).unwrap(), run(seed).unwrap());
        assert_eq!(first, second);
    }
}
