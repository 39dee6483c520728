#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| seenby_fuzz::frames(bytes));
