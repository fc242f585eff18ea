//! Opening a session without sending: for a check of the settings.

use super::config::{ConfigError, RelayConfig, Tls};
use super::open;
use super::outcome::Outcome;
use crate::tls;

/// What a relay showed when a session was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// The session was encrypted.
    pub tls: bool,
    /// We logged in.
    pub login: bool,
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 3030.
    pub chunking: bool,
    /// RFC 6531.
    pub smtputf8: bool,
    /// RFC 1870: largest message in bytes, 0 = no limit named.
    pub size: Option<u64>,
}

/// A session could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The settings make no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The relay, or the way to it.
    #[error("{0}")]
    Closed(String),
}

/// Opens a session (connection, TLS, EHLO, login as configured), and ends it with QUIT. Nothing is sent.
///
/// # Errors
/// Where it failed and what the relay said.
pub async fn probe(config: &RelayConfig) -> Result<Probed, ProbeError> {
    config.check()?;
    let tls = if config.tls == Tls::None { None } else { Some(tls::connector(&config.roots)?) };
    let (conn, offers) = open::open(config, tls.as_ref()).await.map_err(|open::Closed(outcome)| {
        ProbeError::Closed(match outcome {
            Outcome::Refused { stage, reply } => format!("refused at {stage}: {reply}"),
            Outcome::NotSent { stage, why } => format!("failed at {stage}: {why}"),
            other => format!("{other:?}"),
        })
    })?;
    let probed = Probed {
        tls: conn.stream.is_tls(),
        login: config.auth.is_some(),
        pipelining: offers.pipelining,
        chunking: offers.chunking,
        smtputf8: offers.smtputf8,
        size: offers.size,
    };
    conn.quit().await;
    Ok(probed)
}
