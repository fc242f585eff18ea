//! The Volens binary.

mod clock;
mod config;
mod folder;
mod http;
mod intake;
mod master;
mod relay;
mod runtime;

fn main() {}
