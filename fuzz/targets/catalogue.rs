//! See `rocket_fuzz::catalogue`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rocket_fuzz::catalogue::run(data));
