//! Building the `volens` binary and starting the demo.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome, Tried};
use crate::{preflight, shell};

/// How the binary is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As the tests build it: quick to have.
    Dev,
    /// As people run it.
    Release,
}

const REMEDY: &str = "read the compiler's messages above; the needs are Rust and a C compiler";

/// Builds the binary and returns where cargo put it.
pub fn path(profile: Profile) -> Outcome<PathBuf> {
    path_of("volens", profile)
}

fn path_of(package: &str, profile: Profile) -> Outcome<PathBuf> {
    let mut command = shell::cargo(&["build", "--package", package, "--message-format=json-render-diagnostics"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    let messages = shell::capture(command.stderr(Stdio::inherit()), REMEDY)?;
    executable(&messages, package)
        .ok_or_else(|| Failure::new(format!("cargo built no binary called {package}"), REMEDY))
}

/// `cargo xtask bench`: builds the measurements, then becomes them.
pub fn bench(args: &[String]) -> Outcome {
    let binary = path_of("volens-bench", Profile::Release)?;
    let error = Command::new(&binary).args(args).exec();
    Err::<(), _>(error).tried(&format!("{} did not start", binary.display()), "run `cargo xtask bench` again")
}

/// The path of a binary in cargo's messages.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages.lines().rev().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).find_map(|m| {
        let ours = m["reason"] == "compiler-artifact" && m["target"]["name"] == name;
        ours.then(|| m["executable"].as_str().map(PathBuf::from)).flatten()
    })
}

/// `cargo xtask build`.
pub fn build(args: &[String]) -> Outcome {
    if let Some(arg) = args.first() {
        return Err(Failure::new(format!("build takes no argument {arg:?}"), "run `cargo xtask build`"));
    }
    println!("{}", path(Profile::Release)?.display());
    Ok(())
}

/// `cargo xtask demo`: builds, then becomes `volens demo`, so that Ctrl-C and the exit code are its own.
pub fn demo(args: &[String]) -> Outcome {
    preflight::run(&[preflight::For::Build])?;
    println!("Building Volens. The first time takes some minutes.");
    let binary = path(Profile::Release)?;
    let error = Command::new(&binary).arg("demo").args(args).exec();
    Err::<(), _>(error).tried(&format!("{} did not start", binary.display()), "run `cargo xtask build` and try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_binary_among_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"volens_core"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"volens"},"executable":"/t/release/volens"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "volens"), Some(PathBuf::from("/t/release/volens")));
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#, "volens"), None);
    }
}
