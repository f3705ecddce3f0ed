//! See `rocket_fuzz::platform_cr`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rocket_fuzz::platform_cr::run(data));
