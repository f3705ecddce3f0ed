//! See `rocket_fuzz::front_door`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rocket_fuzz::front_door::run(data));
