#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| evidenced_fuzz::token(bytes));
