//! The demo: its story without a browser goes as it should and notices when it does not; it stops, goes on, starts over,
//! and takes commands beside it.
#![expect(clippy::unwrap_used, reason = "tests")]

#[expect(dead_code, reason = "the other test binary uses the rest")]
#[path = "it/house.rs"]
mod house;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::leaks;

/// Everything that a test waits for comes within this.
const SOON: Duration = Duration::from_secs(60);

fn volens(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_volens"));
    command.args(args).stdin(Stdio::null());
    command
}

/// A demo of 700 people on ports that nobody has.
fn demo(folder: &Path, more: &[&str]) -> Command {
    let mut command = volens(&["--json", "demo", "--people", "700", "--home-port", "0"]);
    command.args(["--pages-port", "0", "--smtp-port", "0", "--folder"]).arg(folder.join("demo")).args(more);
    command
}

fn text(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// Every line of a script with `--json`.
fn lines(out: &Output) -> Vec<Value> {
    let all = String::from_utf8_lossy(&out.stdout);
    all.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l} in {}", text(out)))).collect()
}

#[test]
fn the_story_goes_as_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = volens(&["demo", "--script", "--people", "700", "--pages-port", "0", "--smtp-port", "0"]);
    let out = command.arg("--folder").arg(folder.path().join("demo")).output().unwrap();
    let text = text(&out);
    assert!(out.status.success(), "{text}");
    for words in ["13 steps", "spared", "The plug is pulled", "none of them to the"] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
    assert!(!text.contains('\u{1b}'), "colour, though nobody looks: {text}");
    assert_eq!(leaks(&String::from_utf8_lossy(&out.stderr)), [""; 0], "the log names nobody");
}

/// The fault shows in that step and in none before.
#[track_caller]
fn is_noticed(fault: &str, step: &str, why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = demo(folder.path(), &["--script", "--plant", fault]).output().unwrap();
    assert!(!out.status.success(), "{fault} was not noticed: {}", text(&out));
    let lines = lines(&out);
    let wrong: Vec<&Value> = lines.iter().filter(|l| l["right"] == false && l["step"].is_u64()).collect();
    assert!(wrong.len() == 1 && wrong[0]["what"] == step, "{}", text(&out));
    assert!(wrong[0]["found"].as_str().unwrap().contains(why), "{}", text(&out));
    let last = lines.last().unwrap();
    assert!(last["right"] == false && last["steps"] == wrong[0]["step"], "{last}");
}

#[test]
fn a_letter_that_is_lost_is_noticed() {
    is_noticed("swallowed-mail", "The books balance and are those of the catcher", "letters in the catcher");
}

#[test]
fn a_letter_that_comes_twice_is_noticed() {
    is_noticed("doubled-mail", "The books balance and are those of the catcher", "1 letters came twice");
}

#[test]
fn a_click_that_never_arrives_is_noticed() {
    is_noticed("lost-one-click", "A reader leaves with one click", "We may send");
}

#[test]
fn a_script_that_is_interrupted_has_not_gone_well() {
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let mut child =
            demo(folder.path(), &["--script"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(line.contains("Ada signs up"), "{line}");
        kill(&child, signal);
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert!(!child.wait().unwrap().success(), "{rest}");
        assert!(rest.contains("interrupted") && folder.path().join("demo/mails").exists(), "{rest}");
    }
}

#[test]
fn a_taken_port_names_its_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for flag in ["--home-port", "--pages-port", "--smtp-port"] {
        let folder = tempfile::tempdir().unwrap();
        let mut args = vec!["demo", "--people", "50"];
        for other in ["--home-port", "--pages-port", "--smtp-port"] {
            args.extend([other, if other == flag { &port } else { "0" }]);
        }
        let out = volens(&args).arg("--folder").arg(folder.path().join("demo")).output().unwrap();
        let text = text(&out);
        assert_eq!(out.status.code(), Some(5), "{text}");
        assert!(text.contains(flag) && text.contains(&port), "{flag}: {text}");
    }
}

fn kill(child: &Child, signal: &str) {
    let status = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// A demo that runs; killed when dropped.
struct Running {
    child: Child,
    said: Value,
}

impl Running {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut child = demo(folder, more).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, said: serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")) }
    }

    /// A page of the home page's site.
    fn page(&self, path: &str) -> String {
        let host = self.said["home"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut tcp = TcpStream::connect(&host).unwrap();
        write!(tcp, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut out = String::new();
        tcp.read_to_string(&mut out).unwrap();
        assert!(out.starts_with("HTTP/1.1 200"), "{out}");
        out
    }

    /// A command beside it.
    fn beside(&self, args: &[&str]) -> Value {
        let out = volens(&["--json", "--config", self.said["config"].as_str().unwrap()]).args(args).output().unwrap();
        assert!(out.status.success(), "{}", text(&out));
        serde_json::from_slice(&out.stdout).unwrap()
    }

    /// The process that can be killed.
    fn server(&self) -> u32 {
        let page = self.page("/live?still=1");
        page.split("(process ").nth(1).unwrap().split(')').next().unwrap().parse().unwrap()
    }

    /// Ctrl-C, and its end: clean, and nobody is left.
    fn stop(mut self) {
        let server = self.server();
        kill(&self.child, "INT");
        let until = Instant::now() + SOON;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(status.success(), "{status}");
        assert!(!Path::new(&format!("/proc/{server}")).exists(), "its server lives on");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_takes_commands_stops_goes_on_and_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Running::start(folder.path(), &[]);
    for place in ["home", "form", "inbox"] {
        assert!(demo.said[place].as_str().unwrap().starts_with("http://127.0.0.1:"), "{}", demo.said);
    }
    assert!(demo.page("/inbox").contains("No mail came yet"));
    let list = demo.beside(&["campaign", "list"]);
    assert!(list.as_array().unwrap().len() == 1 && list[0]["state"] == "draft", "{list}");
    demo.beside(&["campaign", "send"]);
    let until = Instant::now() + SOON;
    let status = loop {
        let status = demo.beside(&["campaign", "status"]);
        if status["books"]["sent"].as_u64().unwrap() > 20 {
            break status;
        }
        assert!(Instant::now() < until, "{status}");
    };
    assert!(status["state"] == "running" && status["balances"] == true, "{status}");
    demo.stop();

    let demo = Running::start(folder.path(), &[]);
    let done = loop {
        let status = demo.beside(&["campaign", "status"]);
        if status["state"] == "done" {
            break status;
        }
        assert!(Instant::now() < until + SOON, "{status}");
    };
    let (before, sent) = (&status["books"]["sent"], &done["books"]["sent"]);
    assert!(sent.as_u64() > before.as_u64() && done["balances"] == true, "{status} {done}");
    assert_eq!(done["books"]["unknown"], 0, "it was stopped in order: {done}");
    assert!(demo.page("/inbox").contains(&format!("<b>{sent}</b> mails came")), "{done}");
    demo.stop();

    let demo = Running::start(folder.path(), &["--fresh"]);
    assert_eq!(demo.beside(&["campaign", "status"])["state"], "draft");
    assert!(demo.page("/inbox").contains("No mail came yet"));
    demo.stop();
}
