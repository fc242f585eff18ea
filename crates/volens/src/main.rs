//! The Volens binary: configuration, wiring, telemetry, signals, command line.

mod cli;
mod clock;
mod commands;
mod config;
mod demo;
mod dispatch;
mod environment;
mod folder;
mod http;
mod intake;
mod link;
mod master;
mod output;
mod relay;
mod request;
mod runtime;
mod socket;
mod telemetry;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::cli::Cli;
use crate::commands::Desk;
use crate::request::{Failure, Kind};

/// Buffers are made on one thread and freed on another here; this one gives them back cheaply (`bench send`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let desk = Desk::of(&cli);
    let result = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let result = runtime.block_on(commands::run(cli.command, &desk));
            // After a second signal work is still under way: it is not waited for.
            runtime.shutdown_timeout(Duration::from_millis(200));
            result
        }
        Err(e) => Err(Failure::new(Kind::Failed, format!("the process could not be set up: {e}"))),
    };
    result.unwrap_or_else(|failure| {
        desk.out.failure(&failure);
        failure.kind.exit_code()
    })
}
