//! SMTP and LMTP client with pool, SMTP listener: bytes and addresses, not campaigns.
//!
//! Invariant: this crate knows no contact, no consent and no table. For every message that goes in, exactly one report
//! comes out, and what it says is certain: `Accepted`, `Refused` and `NotSent` are facts, `Unknown` is said where a
//! fact can not be had.

pub mod client;
pub mod listener;
#[doc(hidden)]
pub mod probe;
mod reply;
mod stream;
mod tls;

pub use client::{
    BadMessage, ConfigError, Credentials, Missing, Outcome, Outgoing, Pool, ProbeError, Probed, Protocol, RelayConfig,
    Report, Roots, Secret, Stage, Timeouts, Tls, probe,
};
pub use listener::{Envelope, Listener, ListenerConfig, ListenerTimeouts, Mailroom, Offer, Verdict};
pub use reply::{Garbage, MAX_REPLY, MAX_REPLY_LINE, Reply};
pub use tls::{ServerTls, ServerTlsError};
