//! Developer tasks: `cargo xtask` lists them. Everything that a contributor or CI runs starts here, so that there is one
//! way to do it and nothing but cargo to know.
#![expect(clippy::disallowed_methods, reason = "a developer's tool reads its arguments and environment itself")]
#![expect(clippy::disallowed_macros, reason = "a developer's tool prints")]

mod binary;
mod browser;
mod failure;
mod mutants;
mod preflight;
mod shell;
mod test;
mod tidy;

use std::process::ExitCode;

use failure::{Failure, Outcome};

const USAGE: &str = "\
cargo xtask COMMAND

  demo [ARGS]            build Volens and live the story: `volens demo ARGS`
  test [STEP ...]        run everything, or only these steps, in this order:
                         preflight fmt lint tidy rust browser
  fmt | lint | tidy      one step of `test` alone
  build                  build the release binary and print where it is
  bench send|http ...    measure, as a ratio to a reference of the same run; --json
  screenshot             take docs/home.png, the picture of the README, from a running demo
  mutants-known [NAME]   plant the faults of xtask/mutants.toml, one by one (those whose name holds NAME),
                         and see each caught by the test it names; --list only prints them

Environment
  CARGO_TARGET_DIR       where cargo builds
  CHROMIUM               the browser for the browser tests (else the one on the path)
  VOLENS_URL             with VOLENS_PAGES: test the pages of a server that runs already
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_told() {
                eprintln!("\nxtask: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Outcome {
    let Some((command, rest)) = args.split_first() else {
        print!("{USAGE}");
        return Ok(());
    };
    match command.as_str() {
        "demo" => binary::demo(rest),
        "build" => binary::build(rest),
        "test" => test::run(rest),
        "fmt" | "lint" | "tidy" => test::alone(command, rest),
        "bench" => binary::bench(rest),
        "screenshot" => browser::screenshot(rest),
        "mutants-known" => mutants::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(Failure::new(format!("there is no command {other:?}"), "run `cargo xtask` to see the commands")),
    }
}
