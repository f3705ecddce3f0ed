//! See `rocket_fuzz::wire`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rocket_fuzz::wire::run(data));
