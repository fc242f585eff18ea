//! `volens campaign`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;

use super::{Desk, list, number, read_file, text};
use crate::cli::CampaignCommand;
use crate::link::Link;
use crate::output::{Output, Tint};
use crate::request::{Failure, Kind, Progress, Step, What};

/// How often a waiting command looks.
const LOOK: Duration = Duration::from_millis(500);

/// Carries it out.
///
/// # Errors
/// What is wrong with the letter, or why the campaign cannot do that now.
pub async fn run(command: CampaignCommand, desk: &Desk) -> Result<ExitCode, Failure> {
    match command {
        CampaignCommand::Create { letter, name } => create(desk, &letter, name).await,
        CampaignCommand::Preview { campaign, to, html } => preview(desk, campaign, to, html).await,
        CampaignCommand::Send { campaign, wait } => send(desk, campaign, wait).await,
        CampaignCommand::Status { campaign } => step(desk, campaign, Step::Look).await,
        CampaignCommand::Pause { campaign } => step(desk, campaign, Step::Pause).await,
        CampaignCommand::Resume { campaign } => step(desk, campaign, Step::Resume).await,
        CampaignCommand::Cancel { campaign } => step(desk, Some(campaign), Step::Cancel).await,
        CampaignCommand::List => all(desk).await,
    }
}

async fn create(desk: &Desk, file: &Path, name: Option<String>) -> Result<ExitCode, Failure> {
    let letter = read_file(file)?;
    let stem = || file.file_stem().map_or_else(|| "letter".into(), |s| s.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(stem);
    let answer = desk.ask(What::CampaignCreate { name, letter }).await.map_err(|mut failure| {
        failure.message = format!("{}: {}", file.display(), failure.message);
        failure
    })?;
    desk.out.answer(&answer, |out| {
        let name = text(&answer, "name");
        out.say(&format!(
            "{name:?} is a draft. Look at it with `volens campaign preview`, send it with `volens campaign send`."
        ));
    });
    Ok(ExitCode::SUCCESS)
}

async fn preview(desk: &Desk, campaign: Option<String>, to: Option<String>, html: bool) -> Result<ExitCode, Failure> {
    let answer = desk.ask(What::CampaignPreview { campaign, to }).await?;
    desk.out.answer(&answer, |out| {
        if html {
            out.say(text(&answer, "html"));
            return;
        }
        out.say(&format!("Subject: {}\n", text(&answer, "subject")));
        out.say(text(&answer, "text"));
        out.say(&out.tint(Tint::Dim, &format!("\n{}", text(&answer, "sentence"))));
    });
    Ok(ExitCode::SUCCESS)
}

async fn all(desk: &Desk) -> Result<ExitCode, Failure> {
    let answer = desk.ask(What::CampaignList).await?;
    desk.out.answer(&answer, |out| {
        let campaigns = answer.as_array().map_or(&[][..], Vec::as_slice);
        if campaigns.is_empty() {
            out.say("There is no campaign yet: `volens campaign create letter.md` makes one.");
            return;
        }
        let row = |c: &Value| {
            let books = &c["books"];
            let queued = c["queued_at"].as_str().unwrap_or("-").get(..16).unwrap_or("-").replace('T', " ");
            let figures = ["rows", "sent", "denied", "planned"].map(|k| number(books, k).to_string());
            [text(c, "name").to_owned(), text(c, "state").to_owned(), queued].into_iter().chain(figures).collect()
        };
        out.table(
            &["Name", "State", "Queued", "Rows", "Sent", "Denied", "Waiting"],
            campaigns.iter().map(row).collect(),
        );
    });
    Ok(ExitCode::SUCCESS)
}

async fn step(desk: &Desk, campaign: Option<String>, step: Step) -> Result<ExitCode, Failure> {
    let answer = desk.ask(What::Campaign { campaign, step }).await?;
    desk.out.answer(&answer, |out| status(out, &answer));
    Ok(ExitCode::SUCCESS)
}

async fn send(desk: &Desk, campaign: Option<String>, wait: bool) -> Result<ExitCode, Failure> {
    let mut link = Link::open(&desk.config()?).await?;
    let answer = desk.over(&mut link, What::Campaign { campaign, step: Step::Send }).await;
    let answer = match answer {
        // Here, on SQLite, nobody else can be sending: waiting would be in vain.
        Ok(answer) if wait && (link.is_there() || answer["sending_now"] == true) => done(desk, &mut link, answer).await,
        answer => answer,
    };
    link.close().await;
    let answer = answer?;
    desk.out.answer(&answer, |out| {
        status(out, &answer);
        if answer["sending_now"] != true {
            let hint =
                "It is queued. No process sends now: start `volens serve` with a [[relay]] in its configuration.";
            out.say(&out.tint(Tint::Yellow, hint));
        }
    });
    Ok(ExitCode::SUCCESS)
}

/// Looks until the campaign stands still.
async fn done(desk: &Desk, link: &mut Link, mut answer: Value) -> Result<Value, Failure> {
    loop {
        if !matches!(text(&answer, "state"), "planning" | "running") {
            return Ok(answer);
        }
        let books = &answer["books"];
        let (rows, open) = (number(books, "rows"), number(books, "planned") + number(books, "sending"));
        let what = format!("{}: {}", text(&answer, "name"), text(&answer, "state"));
        desk.out.progress(&Progress { what, done: rows.saturating_sub(open), total: rows });
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = tokio::signal::ctrl_c() => {
                let message = "not waited for any longer; the campaign goes on: `volens campaign status` shows it";
                return Err(Failure::new(Kind::Busy, message));
            }
        }
        let stream = answer["stream"].as_str().unwrap_or_default().to_owned();
        answer = desk.over(link, What::Campaign { campaign: Some(stream), step: Step::Look }).await?;
    }
}

fn status(out: &Output, c: &Value) {
    let state = text(c, "state");
    let tint = match state {
        "done" => Tint::Green,
        "paused" | "cancelled" => Tint::Red,
        _ => Tint::Yellow,
    };
    out.say(&format!("{} is {}", out.tint(Tint::Bold, text(c, "name")), out.tint(tint, state)));
    for key in ["problem", "why"] {
        if let Some(words) = c[key].as_str() {
            out.say(words);
        }
    }
    let books = &c["books"];
    if number(books, "rows") > 0 {
        let parts = ["sent", "denied", "failed", "cancelled", "skipped", "unknown", "sending", "planned"];
        let sum: Vec<String> = parts.iter().map(|k| format!("{} {k}", number(books, k))).collect();
        out.say(&format!("{} rows = {}", number(books, "rows"), sum.join(" + ")));
    }
    for left_out in list(c, "left_out") {
        out.say(&format!("{} left out of the plan: {}", left_out[1], left_out[0].as_str().unwrap_or_default()));
    }
    for trouble in list(c, "relay_troubles") {
        let what = format!("{} cannot send: {}", text(trouble, "node"), text(trouble, "why"));
        out.say(&out.tint(Tint::Red, &what));
    }
    for row in list(c, "unknown") {
        out.say(&format!("unknown: {} ({})", text(row, "address"), text(row, "delivery")));
    }
}
