//! The browser tests: a demo of our own, its pages in Debian's Chromium, driven by Playwright.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::binary::{self, Profile};
use crate::failure::{Failure, Outcome, Tried};
use crate::test::Tally;
use crate::{preflight, shell};

const LOCK: &str = "package-lock.json";
/// Making ten thousand people on a busy machine takes a while.
const START: Duration = Duration::from_secs(120);

/// Types, then tests, against a demo that this starts, or against the one that `VOLENS_URL` and `VOLENS_PAGES` name.
pub fn run(tally: &mut Tally) -> Outcome {
    let web = shell::root().join("web");
    let scratch = shell::target_dir().join("browser");
    install(&web)?;
    let tsc = node(&web, "typescript/bin/tsc");
    shell::run(&mut { tsc }, "mend the types that tsc names in web/")?;

    if fs::exists(&scratch).unwrap_or(true) {
        fs::remove_dir_all(&scratch).tried("clearing the browser tests' folder", "look at the build folder")?;
    }
    fs::create_dir_all(&scratch).tried("making the browser tests' folder", "look at the build folder's free space")?;
    let running = match (std::env::var("VOLENS_URL"), std::env::var("VOLENS_PAGES")) {
        (Ok(url), Ok(pages)) => Running { demo: None, url, pages },
        _ => Running::start(&scratch)?,
    };
    let binary = binary::path(Profile::Dev)?;
    let outcome = playwright(&web, &scratch, &running, &binary, tally);
    drop(running);
    outcome
}

/// Chromium without a window, a profile of its own, and nothing that asks the network.
const CHROMIUM: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1240",
];

/// `cargo xtask screenshot`: sends the demo's letter, and takes the picture of the README while it goes out.
pub fn screenshot(args: &[String]) -> Outcome {
    if let Some(arg) = args.first() {
        return Err(Failure::new(format!("screenshot takes no argument {arg:?}"), "run `cargo xtask screenshot`"));
    }
    preflight::run(&[preflight::For::Browser])?;
    let scratch = shell::target_dir().join("screenshot");
    let remedy = "look at the build folder's free space";
    drop(fs::remove_dir_all(&scratch));
    fs::create_dir_all(&scratch).tried("making the screenshot's folder", remedy)?;
    let running = Running::start(&scratch)?;
    press(&running.url, "/campaign", "name=Rye%2C+three+ways&step=send")?;
    std::thread::sleep(Duration::from_secs(20));
    let picture = shell::root().join("docs/home.png");
    let chromium = preflight::chromium().ok_or_else(|| Failure::new("there is no Chromium", "set CHROMIUM to it"))?;
    let mut command = Command::new(chromium);
    command.args(CHROMIUM).arg(format!("--user-data-dir={}", scratch.join("profile").display()));
    command.arg(format!("--screenshot={}", picture.display())).arg(format!("{}/?still=1", running.url));
    shell::run(command.stdout(Stdio::null()).stderr(Stdio::null()), "try the address in a browser of your own")?;
    println!("{}", picture.display());
    Ok(())
}

/// Presses a button of the demo's home page.
fn press(url: &str, path: &str, body: &str) -> Outcome {
    use std::io::{Read, Write};
    let remedy = "run `cargo xtask demo` and press it yourself";
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = std::net::TcpStream::connect(host).tried("reaching the demo", remedy)?;
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: close\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).tried("asking the demo", remedy)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).tried("hearing the demo", remedy)?;
    match answer.starts_with("HTTP/1.1 303") {
        true => Ok(()),
        false => {
            Err(Failure::new(format!("the demo answered {:?}", answer.lines().next().unwrap_or_default()), remedy))
        }
    }
}

/// The command that serves the pages under test: small, fresh, on ports that the system picks. It writes `ready` when
/// it serves.
fn server(binary: &Path, folder: &Path, ready: &Path) -> Command {
    let mut command = Command::new(binary);
    command.arg("demo").arg("--fresh").arg("--folder").arg(folder);
    command.args(["--home-port", "0", "--pages-port", "0", "--smtp-port", "0"]).arg("--ready-file").arg(ready);
    command
}

/// What the server writes when it serves, as JSON.
#[derive(Deserialize)]
struct Ready {
    /// The base URL, such as `http://127.0.0.1:8080`.
    url: String,
    /// The pages to visit: `[{"name": "sign-up", "url": "http://..."}]`.
    pages: serde_json::Value,
}

/// A server with pages; ours stops when this goes.
struct Running {
    demo: Option<Child>,
    url: String,
    pages: String,
}

impl Running {
    fn start(scratch: &Path) -> Outcome<Self> {
        let remedy = "run `cargo xtask demo` and see how far it comes";
        let ready = scratch.join("ready.json");
        let log_path = scratch.join("demo.log");
        let log = fs::File::create(&log_path).tried("making the demo's log", remedy)?;
        let errors = log.try_clone().tried("making the demo's log", remedy)?;
        let mut command = server(&binary::path(Profile::Dev)?, &scratch.join("data"), &ready);
        // A group of its own: the demo has a child, and both are to go.
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        let name = shell::describe(&command);
        let child = command.spawn().tried(&format!("{name} did not start"), remedy)?;
        let mut running = Self { demo: Some(child), url: String::new(), pages: String::new() };

        let begin = Instant::now();
        while begin.elapsed() < START {
            if let Some(found) = read_ready(&ready) {
                running.url = found.url;
                running.pages = found.pages.to_string();
                return Ok(running);
            }
            if let Some(status) = running.demo.as_mut().and_then(|c| c.try_wait().ok().flatten()) {
                let said = fs::read_to_string(&log_path).unwrap_or_default();
                return Err(Failure::new(format!("{name} stopped before it served ({status}):\n{said}"), remedy));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let what = format!("{name} did not serve within {} s; its log is {}", START.as_secs(), log_path.display());
        Err(Failure::new(what, remedy))
    }
}

/// `None` while the file is not there, or not whole.
fn read_ready(file: &Path) -> Option<Ready> {
    serde_json::from_str(&fs::read_to_string(file).ok()?).ok()
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = &mut self.demo else { return };
        let group = child.id();
        let signal = |name: &str| {
            let kill = format!("kill -{name} -{group} 2>/dev/null");
            drop(Command::new("sh").args(["-c", &kill]).status());
        };
        signal("TERM");
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(10) && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        signal("KILL");
        drop(child.wait());
    }
}

/// A tool of web/node_modules, run by node in web/.
fn node(web: &Path, script: &str) -> Command {
    let mut command = Command::new("node");
    command.current_dir(web).arg(Path::new("node_modules").join(script));
    command
}

/// `npm ci`, unless what is there came from this very lock file.
fn install(web: &Path) -> Outcome {
    let remedy = "in web/, run `npm install` and commit package-lock.json";
    let lock = fs::read(web.join(LOCK)).tried("reading web/package-lock.json", remedy)?;
    let stamp: PathBuf = web.join("node_modules/.volens-lock");
    if fs::read(&stamp).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(web).args(["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    shell::run(&mut npm, remedy)?;
    fs::write(&stamp, lock).tried("noting which lock file was installed", remedy)
}

fn playwright(web: &Path, scratch: &Path, running: &Running, binary: &Path, tally: &mut Tally) -> Outcome {
    let remedy = "look at the screenshots and traces in web/test-results";
    let report = scratch.join("report.json");
    let chromium = preflight::chromium().ok_or_else(|| Failure::new("there is no Chromium", "set CHROMIUM to it"))?;
    let mut command = node(web, "@playwright/test/cli.js");
    command.arg("test").env("CHROMIUM", chromium).env("VOLENS_REPORT", &report);
    command.env("VOLENS_URL", &running.url).env("VOLENS_PAGES", &running.pages);
    // Who plays the story in the browser has a demo alone.
    command.env("VOLENS_BINARY", binary);
    let passed = shell::run(&mut command, remedy);
    let text = fs::read_to_string(&report).tried("Playwright wrote no report", remedy)?;
    let here = count(&text).ok_or_else(|| Failure::new("Playwright's report has no figures", remedy))?;
    tally.add(here);
    passed?;
    if here.passed == 0 {
        return Err(Failure::new("Playwright ran no test", remedy));
    }
    Ok(())
}

/// The figures of Playwright's JSON report. A test that passed on a second try only is a failure.
fn count(report: &str) -> Option<Tally> {
    let report: serde_json::Value = serde_json::from_str(report).ok()?;
    let figure = |name: &str| report["stats"][name].as_u64();
    Some(Tally {
        passed: figure("expected")?,
        failed: figure("unexpected")? + figure("flaky")?,
        skipped: figure("skipped")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_playwright_reports() {
        let report = r#"{"stats":{"expected":7,"unexpected":1,"flaky":1,"skipped":2}}"#;
        assert_eq!(count(report), Some(Tally { passed: 7, failed: 2, skipped: 2 }));
        assert_eq!(count("{}"), None);
    }
}
