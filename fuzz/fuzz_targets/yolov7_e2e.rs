#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rsnvds_fuzz::layout("yolov7-e2e", bytes));
