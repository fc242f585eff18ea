//! Any bytes from a relay: `cargo +nightly fuzz run reply`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    volens_wire::probe::reply(bytes);
});
