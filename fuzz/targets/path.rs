//! See `rocket_fuzz::path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rocket_fuzz::path::run(data));
