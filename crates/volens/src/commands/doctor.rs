//! `volens doctor`: what stands in the way, and what to do about it.

use std::io::Write;
use std::net::IpAddr;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};
use volens_core::Clock;
use volens_store::DbConfig;

use super::{Desk, list, number, text};
use crate::cli::DoctorArgs;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::link::Link;
use crate::output::{Output, Tint};
use crate::request::{Failure, Kind, What};

/// A write-ahead log that is larger is not being copied into the file.
const WAL_ALARM: u64 = 256 * 1024 * 1024;
/// How far clocks may be apart, in microseconds.
const SKEW: i64 = 2_000_000;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Note,
    Warn,
    Fail,
}

/// One check.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    what: String,
}

#[derive(Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, name: &'static str, state: State, what: impl Into<String>) {
        self.0.push(Check { name, state, what: what.into() });
    }

    fn ok(&mut self, name: &'static str, what: impl Into<String>) {
        self.add(name, State::Ok, what);
    }

    fn warn(&mut self, name: &'static str, what: impl Into<String>) {
        self.add(name, State::Warn, what);
    }

    fn fail(&mut self, name: &'static str, what: impl Into<String>) {
        self.add(name, State::Fail, what);
    }
}

/// Looks at everything.
///
/// # Errors
/// When the configuration cannot be read; everything else is a check.
pub async fn run(args: &DoctorArgs, desk: &Desk) -> Result<ExitCode, Failure> {
    if args.retry_signups {
        desk.ask(What::RetrySignUps).await?;
    }
    let config = desk.config()?;
    let mut checks = Checks::default();
    checks.ok("configuration", format!("{} is in order", config.file.display()));
    key(&config, &mut checks);
    let database = database(desk, &config, &mut checks).await;
    clock(&config, database.as_ref(), &mut checks);
    relay(&config, database.as_ref(), &mut checks).await;
    links(&config, &mut checks);
    if let Some(database) = &database {
        senders(database, &mut checks);
        buried(database, &mut checks);
    }
    let note =
        "This Volens does not sign (DKIM): let the relay sign for your domain, and publish SPF and DMARC for it.";
    checks.add("dkim", State::Note, note);
    let failed = checks.0.iter().any(|c| c.state == State::Fail);
    let answer = json!({ "checks": checks.0, "failed": failed });
    desk.out.answer(&answer, |out| show(out, &checks.0));
    Ok(if failed { Kind::Found.exit_code() } else { ExitCode::SUCCESS })
}

fn show(out: &Output, checks: &[Check]) {
    for check in checks {
        let (sign, tint) = match check.state {
            State::Ok => ("ok  ", Tint::Green),
            State::Note => ("note", Tint::Dim),
            State::Warn => ("warn", Tint::Yellow),
            State::Fail => ("FAIL", Tint::Red),
        };
        out.say(&format!("{}  {:<13}  {}", out.tint(tint, sign), check.name, check.what));
    }
}

fn key(config: &Config, checks: &mut Checks) {
    match config.key.read() {
        Err(e) => checks.fail("key", e.to_string()),
        Ok(_) if config.key.is_copied() => checks.ok("key", "the master key is there, and a copy is kept elsewhere"),
        Ok(_) => checks.warn(
            "key",
            "nobody has said that a copy of the master key is kept elsewhere: if this disk dies, no link in any letter \
             works again. Write the recovery line down, then run `volens init --confirm-key-copied`",
        ),
    }
}

async fn database(desk: &Desk, config: &Config, checks: &mut Checks) -> Option<Value> {
    let mut link = match Link::open(config).await {
        Ok(link) => link,
        Err(failure) => {
            checks.fail("database", failure.message);
            return None;
        }
    };
    let there = link.is_there();
    let answer = desk.over(&mut link, What::Checks).await;
    link.close().await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            checks.fail("database", failure.message);
            return None;
        }
    };
    let people: u64 = list(&answer, "workspaces").iter().map(|w| number(w, "people")).sum();
    checks.ok("database", format!("{} answers; {people} people in it", text(&answer, "version")));
    let wal = number(&answer, "wal_bytes");
    if wal > WAL_ALARM {
        checks.warn("wal", format!("the write-ahead log has {} MB: restart `volens serve`, and look for a program that keeps the file open", wal >> 20));
    } else if config.db_is_sqlite() {
        checks.ok("wal", format!("the write-ahead log has {} kB", wal >> 10));
    }
    let running = if there || answer["sending_now"] == true {
        ("serve", State::Ok, "a process serves")
    } else {
        ("serve", State::Note, "no process serves at this moment: `volens serve` starts one")
    };
    checks.add(running.0, running.1, running.2);
    for trouble in list(&answer, "relay_troubles") {
        checks.fail("sending", format!("{} cannot send: {}", text(trouble, "node"), text(trouble, "why")));
    }
    Some(answer)
}

/// Against the database server, or against the file system that the data lies on.
fn clock(config: &Config, database: Option<&Value>, checks: &mut Checks) {
    let (against, ahead) = match &config.db {
        DbConfig::Postgres(_) => ("the database server's", database.and_then(|d| d["clock_ahead_us"].as_i64())),
        DbConfig::Sqlite(_) => ("the file system's", file_clock(config)),
    };
    let Some(ahead) = ahead else { return };
    let seconds = ahead as f64 / 1e6;
    if ahead.abs() > SKEW {
        let what = format!("this machine's clock differs from {against} by {seconds:.1} s: let it keep time (chrony)");
        checks.fail("clock", what);
    } else {
        checks.ok("clock", format!("agrees with {against} ({seconds:+.3} s)"));
    }
}

/// How far our clock is ahead of the one that dates files, which is another machine's on a network file system.
fn file_clock(config: &Config) -> Option<i64> {
    let path = config.folder.join(".volens-clock");
    let mut file = std::fs::File::create(&path).ok()?;
    let written = file.write_all(b"x").and_then(|()| file.sync_all()).and_then(|()| file.metadata()?.modified());
    let now = SystemClock.now();
    let _ = std::fs::remove_file(&path);
    let at = written.ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(now.0 - i64::try_from(at.as_micros()).ok()?)
}

async fn relay(config: &Config, database: Option<&Value>, checks: &mut Checks) {
    let Some(relay) = &config.relay else {
        let stored = database.map(|d| list(d, "relays").len()).unwrap_or_default();
        let beside =
            if stored > 0 { " (another node has stored one; each node reads its own configuration)" } else { "" };
        checks.fail("relay", format!("there is no [[relay]]: nothing is sent. Name the one of your provider{beside}"));
        return;
    };
    let mut probing = relay.config();
    probing.timeouts.command = probing.timeouts.command.min(std::time::Duration::from_secs(20));
    let place = format!("{}:{}", relay.host, relay.port);
    match volens_wire::probe(&probing).await {
        Err(e) => checks.fail("relay", format!("{place}: {e}. Check host, port, tls, user and password in [[relay]]")),
        Ok(found) => {
            let login = if found.login { ", we could log in" } else { "" };
            let size = found.size.filter(|s| *s > 0).map(|s| format!(", letters up to {} kB", s / 1024));
            let what = format!("{place} takes mail{login}{}", size.unwrap_or_default());
            let local = relay.host == "localhost" || relay.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
            if found.tls || local {
                checks.ok("relay", what);
            } else {
                checks.warn("relay", format!("{what}, but nothing is encrypted on the way: set tls = \"starttls\""));
            }
            if !found.smtputf8 {
                checks.add(
                    "smtputf8",
                    State::Note,
                    "the relay takes no addresses with letters outside ASCII: those fail",
                );
            }
        }
    }
}

fn links(config: &Config, checks: &mut Checks) {
    match config.settings.link_trouble() {
        Some(trouble) => checks.fail("base_url", format!("no campaign leaves: {trouble}")),
        None => checks.ok("base_url", format!("links point to {}", config.settings.base_url)),
    }
}

/// Sign-ups that could not be taken up: people who wait for a mail that does not come.
fn buried(database: &Value, checks: &mut Checks) {
    for ws in list(database, "workspaces").iter().filter(|ws| ws["buried"].is_object()) {
        let (buried, name) = (&ws["buried"], text(ws, "name"));
        let (acts, at, error) = (number(buried, "acts"), text(buried, "at"), text(buried, "error"));
        checks.warn(
            "sign-ups",
            format!(
                "{acts} of {name} could not be taken up and were put aside, the newest at {at}: {error}. Mend the \
                 cause, then run `volens doctor --retry-signups`"
            ),
        );
    }
}

fn senders(database: &Value, checks: &mut Checks) {
    if list(database, "workspaces").is_empty() {
        checks.fail("workspace", "there is none yet: `volens init` makes the first one");
    }
    for ws in list(database, "workspaces") {
        let unedited: Vec<&str> = list(ws, "unedited_senders").iter().filter_map(Value::as_str).collect();
        if unedited.is_empty() {
            checks.ok("sender", format!("{} says who writes", text(ws, "name")));
        } else {
            checks.fail(
                "sender",
                format!(
                    "{} has no real postal address, e-mail address or country: run `volens init --force` with \
                     --postal-address, --email and --country before anybody signs up",
                    unedited.join(", ")
                ),
            );
        }
    }
}
