//! Any bytes from a client: `cargo +nightly fuzz run listener`. The first byte says in how large pieces they come.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some((piece, bytes)) = bytes.split_first() {
        volens_wire::probe::listener(bytes, usize::from(*piece) + 1);
    }
});
