//! How to reach a relay: address, TLS, login, number of sessions, time-outs.

use std::fmt;
use std::time::Duration;

/// Everything the pool needs to know about one relay.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// Host name or IP address; also the name that the certificate must carry.
    pub host: String,
    /// TCP port: 25, 465 (implicit TLS), 587 (submission) or another.
    pub port: u16,
    /// SMTP or LMTP.
    pub protocol: Protocol,
    /// Whether and how TLS is used.
    pub tls: Tls,
    /// Which certificate authorities are trusted.
    pub roots: Roots,
    /// Login, if the relay wants one.
    pub auth: Option<Credentials>,
    /// Send the login without TLS to a host that is not loopback. Only for a network that nobody else can read.
    pub auth_without_tls: bool,
    /// Name given in EHLO (RFC 5321 4.1.1.1).
    pub hello_name: String,
    /// Connections kept open at most.
    pub sessions: usize,
    /// Messages written in one connection before the first one's reply is read; 1 is right for most relays.
    pub window: usize,
    /// Time-outs.
    pub timeouts: Timeouts,
    /// Messages after which a connection is closed and opened anew.
    pub messages_per_connection: Option<u32>,
}

impl RelayConfig {
    /// A relay at `host:port` with STARTTLS if it is offered, no login, four sessions, a window of one.
    pub fn new(host: impl Into<String>, port: u16, hello_name: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port,
            protocol: Protocol::Smtp,
            tls: Tls::StartTlsIfOffered,
            roots: Roots::System,
            auth: None,
            auth_without_tls: false,
            hello_name: hello_name.into(),
            sessions: 4,
            window: 1,
            timeouts: Timeouts::default(),
            messages_per_connection: None,
        }
    }

    /// Most messages that can be inside the pool at once without [`send`](super::Pool::send) waiting.
    pub fn capacity(&self) -> usize {
        (2 * self.sessions * self.window).max(256)
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let odd = |name: &str| name.is_empty() || name.contains(|c: char| c.is_control() || c.is_whitespace());
        if odd(&self.host) {
            return Err(ConfigError::Host);
        }
        if odd(&self.hello_name) || !self.hello_name.is_ascii() {
            return Err(ConfigError::HelloName);
        }
        if self.sessions == 0 || self.window == 0 || self.messages_per_connection == Some(0) {
            return Err(ConfigError::Zero);
        }
        Ok(())
    }
}

/// What is spoken with the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 2033: LHLO, and one reply for each recipient at the end.
    Lmtp,
}

/// Whether and how TLS is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    None,
    /// STARTTLS (RFC 3207) is required: a relay that does not offer it gets no mail.
    StartTls,
    /// STARTTLS if it is offered. The certificate is verified then, too.
    StartTlsIfOffered,
    /// TLS from the first byte (RFC 8314), usually port 465.
    Implicit,
}

/// Which certificate authorities are trusted.
#[derive(Clone, Debug)]
pub enum Roots {
    /// Those of the operating system.
    System,
    /// Those of this PEM text and no others.
    Pem(Vec<u8>),
    /// Those of the operating system and of this PEM text.
    SystemAndPem(Vec<u8>),
}

/// User name and password for AUTH (RFC 4954).
#[derive(Clone, Debug)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password; never shown.
    pub password: Secret,
}

/// Text that no log, error or debug print shows.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

/// Longest waits; the defaults are those of RFC 5321 4.5.3.2 where it names one.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// TCP connection and TLS handshake, each: 30 s.
    pub connect: Duration,
    /// Greeting, EHLO, AUTH, MAIL, RCPT, DATA, and progress while a body is written: 5 min.
    pub command: Duration,
    /// From the last byte of a message to its reply: 10 min.
    pub end_of_data: Duration,
    /// An unused connection is closed after this: 30 s.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_secs(300),
            end_of_data: Duration::from_secs(600),
            idle: Duration::from_secs(30),
        }
    }
}

/// A relay configuration that can not work.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The host is empty or holds spaces.
    #[error("the relay's host is empty or holds spaces; give a host name or an IP address")]
    Host,
    /// The EHLO name is empty or holds odd characters.
    #[error("the name for EHLO is empty or holds spaces or non-ASCII characters; give this machine's host name")]
    HelloName,
    /// A number that must be at least one is zero.
    #[error("sessions, window and messages per connection must be at least 1")]
    Zero,
    /// The PEM text holds no certificate that can be read.
    #[error("the relay's CA certificates could not be read ({0}); give PEM text with BEGIN CERTIFICATE lines")]
    Pem(String),
    /// The operating system's certificates could not be loaded.
    #[error("the system's CA certificates could not be loaded ({0}); install ca-certificates or name a PEM file")]
    SystemRoots(String),
}
