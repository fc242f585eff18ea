//! `volens serve`: everything in one process, until a signal.

use std::process::ExitCode;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use volens_app::AppError;
use volens_store::DbConfig;
use volens_web::WebSettings;

use super::Desk;
use crate::config::Config;
use crate::relay;
use crate::request::{Failure, Kind};
use crate::runtime::{HttpSetup, Running, Setup, bind};
use crate::telemetry::{self, Telemetry};

/// Serves.
///
/// # Errors
/// When it cannot start; nothing runs then.
pub async fn run(desk: &Desk) -> Result<ExitCode, Failure> {
    let config = desk.config()?;
    let telemetry = telemetry::start(&config.log);
    // Before anything runs: a signal that comes early counts too.
    let mut signals = Signals::new().map_err(|e| Failure::new(Kind::Failed, format!("signals: {e}")))?;
    let running = start(&config).await?;
    if let Some(relay) = &config.relay {
        relay::seed(running.app(), relay).await?;
    } else {
        tracing::warn!("there is no [[relay]] in the configuration: nothing is sent, everything waits");
    }
    if let Some(trouble) = running.app().settings.link_trouble() {
        tracing::warn!("no campaign will leave: {trouble}");
    }
    say_ready(desk, &running);
    signals.stop(&config, &telemetry).await;
    tracing::info!("stopping: open replies are waited for; a second signal ends at once");
    tokio::select! {
        () = running.stop() => {
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        () = signals.again() => {
            let message = "ended at once: messages that were on their way are unknown at the next start";
            Err(Failure::new(Kind::Failed, message))
        }
    }
}

async fn start(config: &Config) -> Result<Running, Failure> {
    let sqlite = matches!(config.db, DbConfig::Sqlite(_));
    if sqlite && !config.folder.is_dir() {
        let folder = config.folder.display();
        let message = format!("there is no data folder at {folder}: `volens init` makes one, or mend data.folder");
        return Err(Failure::new(Kind::Usage, message));
    }
    let listener = bind(config.listen, "http.listen").await?;
    let web = WebSettings {
        trusted_proxies: config.trusted_proxies.clone(),
        signups_a_minute: config.signups_a_minute,
        ..WebSettings::default()
    };
    let setup = Setup {
        db: config.db.clone(),
        master: config.key.read()?,
        settings: config.settings.clone(),
        node: config.node.clone(),
        folder: sqlite.then(|| config.folder.clone()),
        relay: config.relay.as_ref().map(relay::RelaySettings::config),
        intake: config.intake.clone(),
        http: Some(HttpSetup { listener, web, more: None }),
    };
    Ok(Running::start(setup).await?)
}

/// One line that people and programs can wait for.
fn say_ready(desk: &Desk, running: &Running) {
    let app = running.app();
    let listen = running.http_addr().map(|a| a.to_string()).unwrap_or_default();
    let form = app.workspaces().iter().find_map(|w| {
        let slug = w.forms.first()?.slug.clone();
        Some(app.links(w.tenant.no).form(&slug))
    });
    let answer = json!({
        "listen": listen, "intake": running.intake_addr().map(|a| a.to_string()),
        "base_url": app.settings.base_url, "form": form, "node": running.node().no,
    });
    desk.out.answer(&answer, |out| {
        out.say(&format!("Volens listens on {listen}, its pages are at {}", app.settings.base_url));
        if let Some(form) = &form {
            out.say(&format!("Sign-up form: {form}"));
        }
    });
}

/// SIGTERM and SIGINT stop, a second one ends at once; SIGHUP reads the log level again.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }

    async fn again(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }

    async fn stop(&mut self, config: &Config, telemetry: &Telemetry) {
        loop {
            tokio::select! {
                _ = self.term.recv() => return,
                _ = self.int.recv() => return,
                _ = self.hup.recv() => reread(config, telemetry),
            }
        }
    }
}

fn reread(running: &Config, telemetry: &Telemetry) {
    match Config::read(&running.file, crate::environment::all()) {
        Ok(config) => {
            telemetry.set(&config.log);
            tracing::info!(level = %config.log, "the log level was read again; every other change needs a restart");
        }
        Err(e) => tracing::warn!(error = %e, "the configuration has mistakes: everything stays as it is"),
    }
}

impl From<volens_store::StoreError> for Failure {
    fn from(e: volens_store::StoreError) -> Self {
        AppError::from(e).into()
    }
}
