#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rsnvds_fuzz::maps::segments(bytes));
