//! Measurements, each a ratio to a reference of the same run. `cargo xtask bench send|http [--json]` builds and runs it.
//!
//! Absolute figures differ from machine to machine by a factor of two and more; what is quoted is the ratio.

#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a program of its own, for developers")]

mod house;
mod http;
mod http_server;
mod load;
mod proc;
mod send;

use std::process::ExitCode;

/// What the binary uses too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: volens-bench send [--messages N] [--sessions 10,50] [--json]
       volens-bench http [--requests N] [--rounds N] [--connections 16,64] [--open-seconds N] [--json]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["send", rest @ ..] => send::bench(rest),
        ["send-prepare", database, messages] => send::prepared(database, messages),
        ["send-child", database, port, sessions] => send::child(database, port, sessions),
        ["http", rest @ ..] => http::bench(rest),
        ["http-child", kind, database] => http_server::child(kind, database),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

/// The value of `--name VALUE`.
fn option<'a>(args: &[&'a str], name: &str) -> Option<&'a str> {
    args.iter().position(|a| *a == name).and_then(|i| args.get(i + 1)).copied()
}
