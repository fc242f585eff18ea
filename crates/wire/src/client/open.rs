//! From a host name to a session that is ready for MAIL: connect, TLS, greeting, EHLO, AUTH.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, TlsStream};

use super::config::{Credentials, Protocol, RelayConfig, Tls};
use super::conn::{Conn, Lost};
use super::outcome::{Outcome, Stage};
use crate::reply::Reply;
use crate::stream::Stream;

/// What a server offered in its EHLO reply.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offers {
    pub pipelining: bool,
    pub chunking: bool,
    pub eight_bit: bool,
    pub smtputf8: bool,
    pub starttls: bool,
    /// `SIZE` was offered (RFC 1870); zero: no fixed limit.
    pub size: Option<u64>,
    pub auth_plain: bool,
    pub auth_login: bool,
}

impl Offers {
    /// Reads one line of an EHLO reply after the first.
    fn read(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).to_ascii_uppercase();
        let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
        match words.next() {
            Some("PIPELINING") => self.pipelining = true,
            Some("CHUNKING") => self.chunking = true,
            Some("8BITMIME") => self.eight_bit = true,
            Some("SMTPUTF8") => self.smtputf8 = true,
            Some("STARTTLS") => self.starttls = true,
            Some("SIZE") => self.size = Some(words.next().and_then(|limit| limit.parse().ok()).unwrap_or(0)),
            Some("AUTH") => {
                for word in words {
                    self.auth_plain |= word == "PLAIN";
                    self.auth_login |= word == "LOGIN";
                }
            }
            _ => {}
        }
    }
}

/// A session that could not be opened, and where.
pub(crate) struct Closed(pub Outcome);

fn failed(stage: Stage, why: impl Into<String>) -> Closed {
    Closed(Outcome::NotSent { stage, why: why.into() })
}

fn refused(stage: Stage, reply: Reply) -> Closed {
    Closed(Outcome::Refused { stage, reply })
}

fn lost(stage: Stage) -> impl Fn(Lost) -> Closed {
    move |lost| failed(stage, lost.to_string())
}

/// Opens a session.
pub(crate) async fn open(config: &RelayConfig, tls: Option<&TlsConnector>) -> Result<(Conn, Offers), Closed> {
    let tcp = connect(config).await?;
    let may_login = config.auth_without_tls || tcp.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
    let limit = config.timeouts.command;
    let mut conn = match (config.tls, tls) {
        (Tls::Implicit, Some(tls)) => Conn::new(secure(config, tls, tcp).await?),
        _ => Conn::new(Stream::Plain(tcp)),
    };
    greeting(&mut conn, limit).await?;
    let mut offers = hello(&mut conn, config).await?;
    if let (Tls::StartTls | Tls::StartTlsIfOffered, Some(tls)) = (config.tls, tls) {
        if offers.starttls {
            conn = starttls(conn, config, tls).await?;
            offers = hello(&mut conn, config).await?;
        } else if config.tls == Tls::StartTls {
            return Err(failed(Stage::Tls, "the relay does not offer STARTTLS, which its configuration requires"));
        }
    }
    if let Some(credentials) = &config.auth {
        if !conn.stream.is_tls() && !may_login {
            return Err(failed(Stage::Auth, "the connection is not encrypted: the password was not sent"));
        }
        login(&mut conn, &offers, credentials, limit).await?;
    }
    Ok((conn, offers))
}

async fn connect(config: &RelayConfig) -> Result<TcpStream, Closed> {
    let (host, port) = (config.host.as_str(), config.port);
    match timeout(config.timeouts.connect, TcpStream::connect((host, port))).await {
        Ok(Ok(tcp)) => Ok(nodelay(tcp)),
        Ok(Err(error)) => Err(failed(Stage::Connect, format!("{host}:{port} could not be reached: {error}"))),
        Err(_) => Err(failed(Stage::Connect, format!("{host}:{port} did not answer"))),
    }
}

/// Without this the last part of a message waits 40 ms for the receiver's delayed ACK.
fn nodelay(tcp: TcpStream) -> TcpStream {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    tcp
}

async fn secure(config: &RelayConfig, tls: &TlsConnector, tcp: TcpStream) -> Result<Stream, Closed> {
    let host = &config.host;
    let name = ServerName::try_from(host.clone())
        .map_err(|_| failed(Stage::Tls, format!("{host} is no name that a certificate can carry")))?;
    match timeout(config.timeouts.connect, tls.connect(name, tcp)).await {
        Ok(Ok(stream)) => Ok(Stream::Tls(Box::new(TlsStream::Client(stream)))),
        Ok(Err(error)) => Err(failed(Stage::Tls, format!("TLS with {host} failed: {error}"))),
        Err(_) => Err(failed(Stage::Tls, format!("{host} did not finish the TLS handshake"))),
    }
}

async fn greeting(conn: &mut Conn, limit: Duration) -> Result<(), Closed> {
    match conn.read_reply(limit).await {
        Ok(reply) if reply.code == 220 => Ok(()),
        Ok(reply) => Err(refused(Stage::Greeting, reply)),
        Err(error) => Err(lost(Stage::Greeting)(error)),
    }
}

/// EHLO or LHLO; a server that does not know EHLO gets HELO (RFC 5321 3.2).
async fn hello(conn: &mut Conn, config: &RelayConfig) -> Result<Offers, Closed> {
    let (name, limit) = (&config.hello_name, config.timeouts.command);
    let verb = if config.protocol == Protocol::Lmtp { "LHLO" } else { "EHLO" };
    conn.out().extend_from_slice(format!("{verb} {name}\r\n").as_bytes());
    let (reply, offers) = read_offers(conn, limit).await.map_err(lost(Stage::Hello))?;
    match reply.code {
        250 => Ok(offers),
        500 | 502 | 504 if config.protocol == Protocol::Smtp => {
            let line = format!("HELO {name}\r\n");
            let reply = conn.command(line.as_bytes(), limit).await.map_err(lost(Stage::Hello))?;
            if reply.code == 250 { Ok(Offers::default()) } else { Err(refused(Stage::Hello, reply)) }
        }
        _ => Err(refused(Stage::Hello, reply)),
    }
}

async fn read_offers(conn: &mut Conn, limit: Duration) -> Result<(Reply, Offers), Lost> {
    loop {
        if let Some(raw) = conn.reply()? {
            let mut offers = Offers::default();
            raw.lines().skip(1).for_each(|line| offers.read(line));
            let (len, reply) = (raw.len(), raw.to_reply());
            conn.consume(len);
            return Ok((reply, offers));
        }
        conn.exchange(|_| limit).await?;
    }
}

/// STARTTLS (RFC 3207). Bytes that came in clear after its reply are an attack: the session ends.
async fn starttls(mut conn: Conn, config: &RelayConfig, tls: &TlsConnector) -> Result<Conn, Closed> {
    let reply = conn.command(b"STARTTLS\r\n", config.timeouts.command).await.map_err(lost(Stage::Tls))?;
    if reply.code != 220 {
        return Err(refused(Stage::Tls, reply));
    }
    if conn.has_input() {
        return Err(failed(Stage::Tls, "the relay sent unencrypted bytes after its answer to STARTTLS"));
    }
    match conn.stream {
        Stream::Plain(tcp) => Ok(Conn::new(secure(config, tls, tcp).await?)),
        Stream::Tls(_) => Err(failed(Stage::Tls, "TLS is on already")),
    }
}

/// AUTH PLAIN (RFC 4616), or LOGIN where that is all there is.
async fn login(conn: &mut Conn, offers: &Offers, with: &Credentials, limit: Duration) -> Result<(), Closed> {
    let (user, password) = (with.user.as_str(), with.password.reveal());
    let reply = if offers.auth_plain {
        let line = format!("AUTH PLAIN {}\r\n", STANDARD.encode(format!("\0{user}\0{password}")));
        conn.command(line.as_bytes(), limit).await.map_err(lost(Stage::Auth))?
    } else if offers.auth_login {
        let mut reply = conn.command(b"AUTH LOGIN\r\n", limit).await.map_err(lost(Stage::Auth))?;
        for answer in [user, password] {
            if reply.code != 334 {
                break;
            }
            let line = format!("{}\r\n", STANDARD.encode(answer));
            reply = conn.command(line.as_bytes(), limit).await.map_err(lost(Stage::Auth))?;
        }
        reply
    } else {
        return Err(failed(Stage::Auth, "the relay does not offer AUTH PLAIN or LOGIN, so we could not log in"));
    };
    if reply.code == 235 { Ok(()) } else { Err(refused(Stage::Auth, reply)) }
}
