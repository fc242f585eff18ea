//! The demo's story without a browser: it goes as it should, and notices when it does not.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Output, Stdio};

fn script(more: &[&str]) -> Output {
    let folder = tempfile::Builder::new().prefix("volens-demo-").tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_volens"));
    command.args(["demo", "--script", "--people", "700"]).arg("--folder").arg(folder.path().join("demo"));
    command.args(["--home-port", "0", "--pages-port", "0", "--smtp-port", "0"]).args(more);
    command.stdin(Stdio::null()).output().unwrap()
}

fn text(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

#[test]
fn the_story_goes_as_it_should() {
    let out = script(&[]);
    let text = text(&out);
    assert!(out.status.success(), "{text}");
    for words in ["13 steps", "spared", "The plug is pulled", "none of them to the"] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

#[track_caller]
fn is_noticed(fault: &str, step: &str) {
    let out = script(&["--plant", fault]);
    let text = text(&out);
    assert!(!out.status.success(), "{fault} was not noticed: {text}");
    assert!(text.contains("WRONG") && text.contains(step), "{text}");
}

#[test]
fn a_letter_that_is_lost_is_noticed() {
    is_noticed("swallowed-mail", "WRONG");
}

#[test]
fn a_letter_that_comes_twice_is_noticed() {
    is_noticed("doubled-mail", "WRONG");
}

#[test]
fn a_click_that_never_arrives_is_noticed() {
    is_noticed("lost-one-click", "WRONG  A reader leaves with one click");
}

#[test]
fn a_taken_port_names_its_flag() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_volens"))
        .args(["demo", "--people", "50", "--home-port", &port, "--pages-port", "0", "--smtp-port", "0", "--folder"])
        .arg(folder.path().join("demo"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = text(&out);
    assert!(!out.status.success());
    assert!(text.contains("--home-port") && text.contains(&port), "{text}");
}
