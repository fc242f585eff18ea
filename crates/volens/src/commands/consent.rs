//! `volens consent rebuild`.

use std::process::ExitCode;

use super::{Desk, list, number};
use crate::cli::ConsentCommand;
use crate::output::Tint;
use crate::request::{Failure, Kind, What};

/// Carries it out.
///
/// # Errors
/// When the database fails; what was folded before is right.
pub async fn run(command: &ConsentCommand, desk: &Desk) -> Result<ExitCode, Failure> {
    let ConsentCommand::Rebuild { check } = command;
    let answer = desk.ask(What::ConsentRebuild { check: *check }).await?;
    let differing = list(&answer, "differing");
    desk.out.answer(&answer, |out| {
        let points = number(&answer, "points");
        if differing.is_empty() {
            out.say(&out.tint(Tint::Green, &format!("{points} logs folded again: all stand as their logs say.")));
            return;
        }
        let done =
            if *check { "differ from their logs; run it without --check to put them right" } else { "were put right" };
        out.say(&out.tint(Tint::Red, &format!("{points} logs folded again: {} {done}.", differing.len())));
        for point in differing.iter().take(20) {
            out.say(point.as_str().unwrap_or_default());
        }
    });
    if *check && !differing.is_empty() {
        return Ok(Kind::Found.exit_code());
    }
    Ok(ExitCode::SUCCESS)
}
