//! See `rocket_fuzz::page_token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rocket_fuzz::page_token::run(data));
