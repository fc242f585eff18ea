//! The sending side: a [`Pool`] of sessions to one relay.

mod config;
mod conn;
mod envelope;
mod open;
mod outcome;
mod pool;
mod probe;
mod queue;
mod session;

pub use config::{ConfigError, Credentials, Protocol, RelayConfig, Roots, Secret, Timeouts, Tls};
pub use envelope::BadMessage;
#[cfg(test)]
pub(crate) use envelope::push_dot_stuffed;
pub use outcome::{Missing, Outcome, Outgoing, Report, Stage};
pub use pool::Pool;
pub use probe::{ProbeError, Probed, probe};
