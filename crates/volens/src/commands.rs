//! What each command does: ask, wait, print.

pub mod campaign;
pub mod consent;
pub mod contact;
pub mod doctor;
pub mod import;
pub mod init;
pub mod serve;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;

use crate::cli::{Cli, Command};
use crate::config::{self, Config};
use crate::demo;
use crate::environment;
use crate::link::Link;
use crate::output::Output;
use crate::request::{Failure, Kind, Request, What};

/// What a command needs beside its own arguments.
pub struct Desk {
    /// How it prints.
    pub out: Arc<Output>,
    /// The configuration's file.
    pub file: PathBuf,
    /// The workspace.
    pub workspace: Option<String>,
}

/// Carries a command line out.
///
/// # Errors
/// What happened, why, and what to do.
pub async fn run(command: Command, desk: &Desk) -> Result<ExitCode, Failure> {
    match command {
        Command::Init(args) => init::run(&args, desk).await,
        Command::Demo(args) => demo::run(&args, &desk.out).await,
        Command::DemoServer(args) => Ok(demo::serve(&args).await.map(|()| ExitCode::SUCCESS)?),
        Command::Serve => serve::run(desk).await,
        Command::Import(args) => import::run(&args, desk).await,
        Command::Contact(command) => contact::run(command, desk).await,
        Command::Campaign(command) => campaign::run(command, desk).await,
        Command::Consent(command) => consent::run(&command, desk).await,
        Command::Doctor(args) => doctor::run(&args, desk).await,
    }
}

impl Desk {
    /// Of a command line.
    #[must_use]
    pub fn of(cli: &Cli) -> Self {
        let file = cli.config.clone().or_else(|| environment::variable("VOLENS_CONFIG").map(PathBuf::from));
        let file = file.unwrap_or_else(|| config::FILE.into());
        Self { out: Arc::new(Output::new(cli.json)), file, workspace: cli.workspace.clone() }
    }

    /// The configuration.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn config(&self) -> Result<Config, Failure> {
        Ok(Config::read(&self.file, environment::all())?)
    }

    /// A request about the workspace of this command.
    #[must_use]
    pub fn request(&self, what: What) -> Request {
        Request { workspace: self.workspace.clone(), what }
    }

    /// Asks one thing and ends the link.
    ///
    /// # Errors
    /// What happened, why, and what to do.
    pub async fn ask(&self, what: What) -> Result<Value, Failure> {
        let mut link = Link::open(&self.config()?).await?;
        let answer = self.over(&mut link, what).await;
        link.close().await;
        answer
    }

    /// Asks over an open link; progress is shown.
    ///
    /// # Errors
    /// What happened, why, and what to do.
    pub async fn over(&self, link: &mut Link, what: What) -> Result<Value, Failure> {
        link.ask(self.request(what), &|p| self.out.progress(&p)).await
    }
}

/// A text inside an answer; empty when it is not there.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A number inside an answer; 0 when it is not there.
fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_default()
}

/// The things of a list inside an answer.
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// Reads a file that the user named.
fn read_file(file: &std::path::Path) -> Result<String, Failure> {
    let named = |e: std::io::Error| Failure::new(Kind::Usage, format!("{} cannot be read: {e}", file.display()));
    if file.as_os_str() == "-" {
        return std::io::read_to_string(std::io::stdin()).map_err(named);
    }
    std::fs::read_to_string(file).map_err(named)
}
