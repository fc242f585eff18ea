//! The Volens binary.

mod clock;
mod folder;
mod http;
mod intake;
mod runtime;

fn main() {}
