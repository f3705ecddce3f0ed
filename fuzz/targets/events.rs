//! See `rocket_fuzz::events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rocket_fuzz::events::run(data));
