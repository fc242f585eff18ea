//! The receiving side: an SMTP or LMTP server that asks a [`Mailroom`] about each recipient and each message.

mod data;
mod dialogue;
mod server;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use crate::client::Protocol;
use crate::tls::ServerTls;

pub(crate) use dialogue::{Dialogue, Step};
pub use server::Listener;

/// Settings of a listener.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// Name in the greeting.
    pub hello_name: String,
    /// SMTP or LMTP (RFC 2033: only on loopback or a private network).
    pub protocol: Protocol,
    /// Largest message in bytes; larger ones get 552 before they are read.
    pub max_size: usize,
    /// Most recipients of one message; further ones get 452.
    pub max_recipients: usize,
    /// Most connections at once; further ones get 421.
    pub max_connections: usize,
    /// Time-outs.
    pub timeouts: ListenerTimeouts,
    /// What the reply to EHLO offers.
    pub offer: Offer,
    /// TLS from the first byte (RFC 8314).
    pub implicit_tls: Option<ServerTls>,
}

impl ListenerConfig {
    /// SMTP, 10 MB, 100 recipients, 200 connections, everything offered but STARTTLS.
    pub fn new(hello_name: impl Into<String>) -> Self {
        Self {
            hello_name: hello_name.into(),
            protocol: Protocol::Smtp,
            max_size: 10 * 1024 * 1024,
            max_recipients: 100,
            max_connections: 200,
            timeouts: ListenerTimeouts::default(),
            offer: Offer::default(),
            implicit_tls: None,
        }
    }
}

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct ListenerTimeouts {
    /// From one command to the end of the next, and for taking our replies: 5 min (RFC 5321 4.5.3.2.7).
    pub command: Duration,
    /// Silence inside a message: 3 min.
    pub data: Duration,
    /// One whole message: 15 min.
    pub message: Duration,
}

impl Default for ListenerTimeouts {
    fn default() -> Self {
        Self { command: Duration::from_secs(300), data: Duration::from_secs(180), message: Duration::from_secs(900) }
    }
}

/// Extensions that EHLO names.
#[derive(Clone, Debug)]
pub struct Offer {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 3030: BDAT. BINARYMIME is not taken.
    pub chunking: bool,
    /// RFC 1870.
    pub size: bool,
    /// RFC 6152.
    pub eight_bit: bool,
    /// RFC 6531.
    pub smtputf8: bool,
    /// RFC 3207.
    pub starttls: Option<ServerTls>,
}

impl Default for Offer {
    fn default() -> Self {
        Self { pipelining: true, chunking: true, size: true, eight_bit: true, smtputf8: true, starttls: None }
    }
}

/// Who sent to whom, and over which connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Return path; empty for `<>`.
    pub from: String,
    /// Recipients that were taken, in order; never empty.
    pub recipients: Vec<String>,
    /// What the client called itself: a claim.
    pub hello: String,
    /// Where the connection came from.
    pub peer: SocketAddr,
    /// The connection was encrypted.
    pub tls: bool,
    /// BODY=8BITMIME was given.
    pub eight_bit: bool,
    /// SMTPUTF8 was given.
    pub utf8: bool,
}

/// Yes or no to a recipient or a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Taken. For a message: it is stored, we are responsible for it.
    Accept,
    /// Not taken: a reply of 4xx (come again) or 5xx (do not).
    Refuse {
        /// Three-digit code.
        code: u16,
        /// Enhanced status code (RFC 3463).
        enhanced: (u8, u16, u16),
        /// Plain words.
        text: String,
    },
}

/// Decides about recipients and takes messages. Both are waited for; other sessions go on meanwhile.
pub trait Mailroom: Send + Sync + 'static {
    /// Is this recipient taken? `from` is empty for `<>`. Addresses are as the client gave them, quotes undone.
    fn recipient(&self, from: &str, to: &str) -> impl Future<Output = Verdict> + Send;

    /// Takes a message: `bytes` has dots undone and is otherwise as it came.
    fn message(&self, envelope: Envelope, bytes: Vec<u8>) -> impl Future<Output = Verdict> + Send;
}
