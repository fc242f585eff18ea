//! What the process says about itself, on standard error: never an address, a token or the text of a message.

use std::io::IsTerminal;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// Changes the level while the process runs.
pub struct Telemetry(Handle<Targets, Registry>);

/// Starts to log at `level` (checked by the configuration).
#[must_use]
pub fn start(level: &str) -> Telemetry {
    let (filter, handle) = reload::Layer::new(targets(level));
    let colour = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(colour).with_target(false).with_filter(filter);
    // In tests a subscriber may be there already: then that one logs.
    let _ = tracing_subscriber::registry().with(lines).try_init();
    Telemetry(handle)
}

impl Telemetry {
    /// Another level from now on.
    pub fn set(&self, level: &str) {
        if let Err(e) = self.0.reload(targets(level)) {
            tracing::warn!(error = %e, "the log level could not be changed");
        }
    }
}

fn targets(level: &str) -> Targets {
    level.parse().unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO))
}
