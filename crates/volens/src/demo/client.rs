//! Small clients for the demo's own servers on this machine: one HTTP request, one mail.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use volens_wire::{Outcome, Outgoing, Pool, RelayConfig, Tls};

/// No page of a demo is larger.
const MOST: usize = 32 * 1024 * 1024;

/// It did not work.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers, or not in time.
    #[error("no answer from {addr}: {why}")]
    Away {
        /// Where.
        addr: SocketAddr,
        /// What happened.
        why: String,
    },
    /// The mail was not taken.
    #[error("the mail was not taken: {0}")]
    Mail(String),
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request to make.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: &'a str,
    /// Headers beside Host.
    pub headers: Vec<(&'static str, String)>,
    /// The body, as a form.
    pub body: Option<String>,
}

impl<'a> Ask<'a> {
    /// Looks.
    #[must_use]
    pub fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, headers: Vec::new(), body: None }
    }

    /// Presses.
    #[must_use]
    pub fn post(path: &'a str, body: impl Into<String>) -> Self {
        Self { method: Method::POST, path, headers: Vec::new(), body: Some(body.into()) }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Makes one request on a connection of its own.
///
/// # Errors
/// [`ClientError::Away`] when there is no whole answer within `limit`.
pub async fn ask(addr: SocketAddr, ask: Ask<'_>, limit: Duration) -> Result<Answer, ClientError> {
    let away = |why: String| ClientError::Away { addr, why };
    let work = async {
        let tcp = TcpStream::connect(addr).await.map_err(|e| away(e.to_string()))?;
        let shook = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await;
        let (mut sender, connection) = shook.map_err(|e| away(e.to_string()))?;
        let task = tokio::spawn(connection);
        let mut request = Request::builder().method(ask.method).uri(ask.path).header("host", addr.to_string());
        if ask.body.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let body = Full::new(Bytes::from(ask.body.unwrap_or_default()));
        let request = request.body(body).map_err(|e| away(e.to_string()))?;
        let response = sender.send_request(request).await.map_err(|e| away(e.to_string()))?;
        let (head, body) = response.into_parts();
        let body = http_body_util::Limited::new(body, MOST).collect().await.map_err(|e| away(e.to_string()))?;
        task.abort();
        Ok(Answer { status: head.status.as_u16(), body: body.to_bytes().into() })
    };
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(away("it takes too long".into())))
}

/// Host and port of a URL on this machine; path and query behind it.
#[must_use]
pub fn split(url: &str) -> Option<(SocketAddr, &str)> {
    let rest = url.strip_prefix("http://")?;
    let at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let addr: SocketAddr = authority.replace("localhost", "127.0.0.1").parse().ok()?;
    addr.ip().is_loopback().then_some((addr, if path.is_empty() { "/" } else { path }))
}

/// A text as a value in a form or query.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// Hands one mail to a server on this machine, as a mailbox would that leaves a list.
///
/// # Errors
/// What the server said.
pub async fn send_mail(port: u16, from: &str, to: &str) -> Result<String, ClientError> {
    let body = format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: unsubscribe\r\nMessage-ID: <{}@mailbox.demo.example>\r\n\r\nunsubscribe\r\n",
        to.len()
    );
    let config =
        RelayConfig { tls: Tls::None, sessions: 1, ..RelayConfig::new("127.0.0.1", port, "mailbox.demo.example") };
    let (pool, mut reports) = Pool::start(config).map_err(|e| ClientError::Mail(e.to_string()))?;
    let message = Outgoing {
        key: (),
        from: from.to_owned(),
        to: to.to_owned(),
        body: body.into_bytes(),
        eight_bit: false,
        utf8: false,
    };
    if pool.send(message).await.is_err() {
        return Err(ClientError::Mail("the session ended".into()));
    }
    let report = tokio::time::timeout(Duration::from_secs(10), reports.recv()).await;
    pool.close(Duration::from_secs(1)).await;
    match report {
        Ok(Some(report)) => match report.outcome {
            Outcome::Accepted { reply } => Ok(reply.to_string()),
            other => Err(ClientError::Mail(format!("{other:?}"))),
        },
        _ => Err(ClientError::Mail("no answer in ten seconds".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked() {
        assert_eq!(split("http://127.0.0.1:7701/u/x?y").unwrap().1, "/u/x?y");
        assert_eq!(split("http://localhost:7701").unwrap().1, "/");
        for bad in ["https://127.0.0.1:1/", "http://10.0.0.1:80/", "http://example.org/", "mailto:x"] {
            assert!(split(bad).is_none(), "{bad}");
        }
    }
}
