//! What goes into the pool and what comes out: one [`Report`] for every [`Outgoing`], whatever happens.

use std::fmt;
use std::time::Duration;

use super::envelope::BadMessage;
use crate::reply::Reply;

/// One message to one recipient. `key` comes back in the report.
#[derive(Clone, Debug)]
pub struct Outgoing<K> {
    /// The caller's own handle.
    pub key: K,
    /// Return path; empty for the null reverse path `<>` (RFC 5321 4.5.5).
    pub from: String,
    /// Recipient.
    pub to: String,
    /// The whole message: header, empty line, body; every line ends in CR LF; not dot-stuffed.
    pub body: Vec<u8>,
    /// The body holds bytes above 127 (RFC 6152).
    pub eight_bit: bool,
    /// The header holds UTF-8 (RFC 6531). Addresses are looked at by the client itself.
    pub utf8: bool,
}

/// How far a message or a session had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Waiting inside the pool.
    Queue,
    /// TCP connection.
    Connect,
    /// TLS handshake or STARTTLS.
    Tls,
    /// The server's first line.
    Greeting,
    /// EHLO, HELO or LHLO.
    Hello,
    /// AUTH.
    Auth,
    /// RSET between two messages, or MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA, up to its 354.
    Data,
    /// The body and its final reply.
    End,
}

impl Stage {
    /// True for everything before MAIL: the failure is about the relay or our login and says nothing of the message.
    pub fn is_session(self) -> bool {
        self < Self::Mail
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queue => "waiting for a session",
            Self::Connect => "connecting",
            Self::Tls => "starting TLS",
            Self::Greeting => "waiting for the greeting",
            Self::Hello => "EHLO",
            Self::Auth => "logging in",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::End => "the end of the message",
        })
    }
}

/// What became of one message.
#[derive(Debug)]
pub enum Outcome {
    /// The relay took the message over.
    Accepted {
        /// Its reply, often with a queue id.
        reply: Reply,
    },
    /// The relay said no: 4xx or 5xx.
    Refused {
        /// What it refused.
        stage: Stage,
        /// Its reply.
        reply: Reply,
    },
    /// Lost before the last byte of the message was out: the relay can not have it, sending it again is safe.
    NotSent {
        /// What was under way.
        stage: Stage,
        /// What happened.
        why: String,
    },
    /// Lost or timed out after the last byte: the relay may have it or not.
    Unknown {
        /// What happened.
        why: String,
    },
    /// This relay can not carry this message; nothing was sent.
    Unsupported {
        /// What it lacks.
        what: Missing,
    },
    /// The message itself can not be sent to anybody; nothing was sent.
    Malformed {
        /// What is wrong.
        what: BadMessage,
    },
}

/// What a relay lacks for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The relay does not offer SMTPUTF8 (RFC 6531).
    #[error("the relay does not take addresses or headers outside ASCII (no SMTPUTF8)")]
    SmtpUtf8,
    /// The relay does not offer 8BITMIME (RFC 6152).
    #[error("the relay does not take 8-bit bodies (no 8BITMIME); encode the body as quoted-printable or base64")]
    EightBitMime,
    /// The message is larger than the relay's SIZE (RFC 1870).
    #[error("the message is larger than the {limit} bytes that the relay takes")]
    Size {
        /// The relay's limit in bytes.
        limit: u64,
    },
}

/// The fate of one message.
#[derive(Debug)]
pub struct Report<K> {
    /// The key of its [`Outgoing`].
    pub key: K,
    /// What became of it.
    pub outcome: Outcome,
    /// From the moment its first command was queued for writing to its end; zero if nothing was written.
    pub took: Duration,
}
