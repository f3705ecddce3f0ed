//! See `rocket_fuzz::services`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rocket_fuzz::services::run(data));
