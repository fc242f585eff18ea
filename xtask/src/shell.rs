//! Running other programs and finding the way around the checkout.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome, Tried};

/// The top of the checkout that this xtask was built from.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// Where cargo builds: `CARGO_TARGET_DIR`, or `target` in the checkout.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The cargo that runs us, in the checkout.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(args);
    command
}

/// The first of `names` in the path, or in the folders for system programs that a user's path may lack.
pub fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from)).collect();
    names.iter().flat_map(|name| folders.iter().map(move |dir| dir.join(name))).find(|file| file.is_file())
}

/// Runs a program to its end, its output shown as it comes.
pub fn run(command: &mut Command, remedy: &str) -> Outcome {
    let name = describe(command);
    let status = command.stdin(Stdio::null()).status().tried(&format!("{name} did not start"), remedy)?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{name} failed ({status})"), remedy)) }
}

/// Runs a program and returns what it printed; its errors are shown.
pub fn capture(command: &mut Command, remedy: &str) -> Outcome<String> {
    let name = describe(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .tried(&format!("{name} did not start"), remedy)?;
    if !output.status.success() {
        return Err(Failure::new(format!("{name} failed ({})", output.status), remedy));
    }
    String::from_utf8(output.stdout).tried(&format!("{name} printed something that is not UTF-8"), remedy)
}

/// Runs a program, shows each line it prints and hands it to `seen`; true when the program ended well.
pub fn watch(command: &mut Command, remedy: &str, mut seen: impl FnMut(&str)) -> Outcome<bool> {
    let name = describe(command);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().tried(&format!("{name} did not start"), remedy)?;
    if let Some(out) = child.stdout.take() {
        let mut out = BufReader::new(out);
        let mut line = Vec::new();
        while out.read_until(b'\n', &mut line).tried(&format!("reading from {name}"), remedy)? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            seen(text.trim_end());
            line.clear();
        }
    }
    Ok(child.wait().tried(&format!("waiting for {name}"), remedy)?.success())
}

/// The command as one would type it.
pub fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut text = program.to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

/// The files that git tracks in the checkout or would take up (not ignored), relative to it, sorted.
pub fn git_files(args: &[&str]) -> Outcome<Vec<String>> {
    let mut command = Command::new("git");
    command.current_dir(root()).args(["ls-files", "-z"]).args(args);
    let text = capture(&mut command, "run this inside a git checkout, with git installed")?;
    let mut files: Vec<String> = text.split('\0').filter(|f| !f.is_empty()).map(str::to_owned).collect();
    files.sort_unstable();
    files.dedup();
    Ok(files)
}
