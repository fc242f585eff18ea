//! `volens contact show | why`.

use std::process::ExitCode;

use serde_json::Value;

use super::{Desk, list, text};
use crate::cli::ContactCommand;
use crate::output::{Output, Tint};
use crate::request::{Failure, What};

/// Carries it out.
///
/// # Errors
/// When nobody has the address.
pub async fn run(command: ContactCommand, desk: &Desk) -> Result<ExitCode, Failure> {
    match command {
        ContactCommand::Show { address } => {
            let answer = desk.ask(What::ContactShow { address }).await?;
            desk.out.answer(&answer, |out| show(out, &answer));
        }
        ContactCommand::Why { address, purpose } => {
            let answer = desk.ask(What::ContactWhy { address, purpose }).await?;
            desk.out.answer(&answer, |out| permissions(out, answer.as_array().map_or(&[], Vec::as_slice)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(out: &Output, person: &Value) {
    let name = person["name"].as_str().unwrap_or("(no name)");
    out.say(&format!("{} {}", out.tint(Tint::Bold, text(person, "address")), name));
    out.say(&out.tint(Tint::Dim, &format!("{} {}", text(person, "contact"), text(person, "point"))));
    if person["profile"].as_object().is_some_and(|p| !p.is_empty()) {
        out.say(&format!("Profile: {}", person["profile"]));
    }
    out.heading("May we write?");
    permissions(out, list(person, "permissions"));
    out.heading("What happened");
    for entry in list(person, "events") {
        event(out, entry);
    }
    out.heading("Messages");
    let messages = list(person, "messages");
    if messages.is_empty() {
        out.say("None yet.");
        return;
    }
    let row = |m: &Value| ["at", "state", "sentence", "reply"].map(|key| text(m, key).to_owned()).to_vec();
    out.table(&["When", "State", "Why", "The relay said"], messages.iter().map(row).collect());
}

fn permissions(out: &Output, all: &[Value]) {
    for p in all {
        let tint = if p["effect"] == "allow" { Tint::Green } else { Tint::Red };
        let ground = p["ground"].as_str().map(|g| format!(" {g}")).unwrap_or_default();
        let code = out.tint(Tint::Dim, &format!("[{}]{ground}", text(p, "reason")));
        out.say(&format!("{} {code}", out.tint(tint, text(p, "sentence"))));
    }
}

fn event(out: &Output, entry: &Value) {
    let event = &entry["event"];
    let at = text(event, "happened_at");
    let dim = |t: &str| out.tint(Tint::Dim, t);
    out.say(&format!("{at}  {} {}", text(entry, "sentence"), dim(&format!("[{}]", text(event, "id")))));
    let mut beside = Vec::new();
    for (key, label) in [("actor", "by"), ("locale", "language"), ("network", "from"), ("agent", "with")] {
        if let Some(value) = event[key].as_str() {
            beside.push(format!("{label} {value}"));
        }
    }
    if !beside.is_empty() {
        out.say(&dim(&format!("    {}", beside.join(", "))));
    }
    let shown = &entry["shown"];
    if shown.is_object() {
        out.say(&format!("    Shown: {}: {}", text(shown, "title"), text(shown, "lead")));
        for b in list(shown, "boxes") {
            out.say(&format!("    [ ] {}: {} {}", text(b, "label"), text(b, "benefit"), text(b, "frequency")));
        }
    }
    for mail in list(entry, "mails") {
        out.say(&format!(
            "    Mail kept: {} ({} bytes, sha256 {})",
            text(mail, "message_id"),
            mail["size"],
            text(mail, "sha256")
        ));
    }
}
