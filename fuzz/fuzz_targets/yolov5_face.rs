#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rsnvds_fuzz::layout("yolov5-face", bytes));
