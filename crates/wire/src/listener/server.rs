//! Sockets around the dialogue: accepting, reading, writing, TLS, time-outs.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsStream;

use super::{Dialogue, ListenerConfig, Mailroom, Step};
use crate::stream::Stream;
use crate::tls::ServerTls;

/// Read at once, and a pipeline's replies are written out when they exceed this.
const CHUNK: usize = 32 * 1024;
/// After our last word the client's remaining bytes are read for this long and this far: a connection closed with
/// bytes unread is reset, and the reset would overtake the reply.
const LINGER: (Duration, usize) = (Duration::from_secs(5), 64 * 1024 * 1024);

/// A listening socket with its sessions. Dropping it stops everything at once.
pub struct Listener {
    local_addr: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Listens on `addr` and serves in the background. Must be called inside a tokio runtime.
    pub async fn bind<M: Mailroom>(addr: impl ToSocketAddrs, config: ListenerConfig, mailroom: M) -> io::Result<Self> {
        let socket = TcpListener::bind(addr).await?;
        let local_addr = socket.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let office = Arc::new(Office {
            places: Arc::new(Semaphore::new(config.max_connections)),
            config: Arc::new(config),
            mailroom,
            stopped,
        });
        let task = tokio::spawn(accept(socket, office));
        Ok(Self { local_addr, stop, task })
    }

    /// The address that clients connect to.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Accepts no more connections, says 421 to idle clients, waits for messages that the mailroom has in hand.
    pub async fn close(mut self) {
        self.stop.send_replace(true);
        let _ = (&mut self.task).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Office<M> {
    config: Arc<ListenerConfig>,
    mailroom: M,
    places: Arc<Semaphore>,
    stopped: watch::Receiver<bool>,
}

async fn accept<M: Mailroom>(socket: TcpListener, office: Arc<Office<M>>) {
    let mut sessions = JoinSet::new();
    let mut stopped = office.stopped.clone();
    loop {
        while sessions.try_join_next().is_some() {}
        let accepted = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((tcp, peer)) => {
                let office = Arc::clone(&office);
                sessions.spawn(async move {
                    if let Err(error) = serve(tcp, peer, &office).await {
                        tracing::debug!(%error, "SMTP session ended");
                    }
                });
            }
            Err(error) => {
                // Out of file handles, or the client left at once: neither is helped by trying in a tight loop.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(socket);
    while sessions.join_next().await.is_some() {}
}

async fn serve<M: Mailroom>(mut tcp: TcpStream, peer: SocketAddr, office: &Office<M>) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let Ok(_place) = Arc::clone(&office.places).try_acquire_owned() else {
        return tcp.write_all(b"421 4.3.2 Too many connections, come again later\r\n").await;
    };
    let limit = office.config.timeouts.command;
    let stream = match &office.config.implicit_tls {
        Some(tls) => secure(tls, tcp, limit).await?,
        None => Stream::Plain(tcp),
    };
    let dialogue = Dialogue::new(Arc::clone(&office.config), peer, stream.is_tls());
    let mut session = Session { office, dialogue, stream: Some(stream), input: Vec::new(), at: 0 };
    session.run().await
}

async fn secure(tls: &ServerTls, tcp: TcpStream, limit: Duration) -> io::Result<Stream> {
    let stream = timeout(limit, tls.0.accept(tcp)).await??;
    Ok(Stream::Tls(Box::new(TlsStream::Server(stream))))
}

struct Session<'a, M> {
    office: &'a Office<M>,
    dialogue: Dialogue,
    /// Always there but during the TLS handshake.
    stream: Option<Stream>,
    input: Vec<u8>,
    at: usize,
}

impl<M: Mailroom> Session<'_, M> {
    async fn run(&mut self) -> io::Result<()> {
        let limits = self.office.config.timeouts;
        let mut command_until = Instant::now() + limits.command;
        let mut message_until = None;
        loop {
            let (used, step) = self.dialogue.step(&self.input[self.at..]);
            self.at += used;
            if used > 0 && !self.dialogue.in_message() {
                command_until = Instant::now() + limits.command;
            }
            if self.dialogue.out.len() > CHUNK {
                self.flush().await?;
            }
            match step {
                Step::More => {
                    self.flush().await?;
                    let until = if self.dialogue.in_message() {
                        let end = *message_until.get_or_insert_with(|| Instant::now() + limits.message);
                        end.min(Instant::now() + limits.data)
                    } else {
                        message_until = None;
                        command_until
                    };
                    if !self.read(until).await? {
                        return Ok(());
                    }
                }
                Step::Recipient(to) => {
                    let verdict = self.office.mailroom.recipient(self.dialogue.sender(), &to).await;
                    self.dialogue.recipient_verdict(to, &verdict);
                }
                Step::Message(envelope, bytes) => {
                    message_until = None;
                    let verdict = self.office.mailroom.message(envelope, bytes).await;
                    self.dialogue.message_verdict(&verdict);
                }
                Step::StartTls => self.starttls().await?,
                Step::Close => return self.part().await,
            }
        }
    }

    /// Reads more input. `false`: the client left. A client that is too slow, or a listener that closes, ends in 421.
    async fn read(&mut self, until: Instant) -> io::Result<bool> {
        self.input.drain(..self.at);
        self.at = 0;
        self.input.reserve(CHUNK);
        let mut stopped = self.office.stopped.clone();
        let Some(stream) = &mut self.stream else { return Ok(false) };
        let read = tokio::select! {
            biased;
            read = timeout_at(until, stream.read_buf(&mut self.input)) => read,
            _ = stopped.wait_for(|stop| *stop) => {
                self.dialogue.dismiss("This server is shutting down");
                return Ok(true);
            }
        };
        match read {
            Ok(read) => Ok(read? > 0),
            Err(_) => {
                self.dialogue.dismiss("You took too long");
                Ok(true)
            }
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        if self.dialogue.out.is_empty() {
            return Ok(());
        }
        let limit = self.office.config.timeouts.command;
        timeout(limit, async {
            stream.write_all(&self.dialogue.out).await?;
            stream.flush().await
        })
        .await??;
        self.dialogue.out.clear();
        Ok(())
    }

    /// What the client sent in clear after STARTTLS is dropped: somebody else may have put it there.
    async fn starttls(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.input.clear();
        self.at = 0;
        if let (Some(Stream::Plain(tcp)), Some(tls)) = (self.stream.take(), &self.office.config.offer.starttls) {
            self.stream = Some(secure(tls, tcp, self.office.config.timeouts.command).await?);
            self.dialogue.secured();
        }
        Ok(())
    }

    /// Says the last word and waits until the client has heard it.
    async fn part(&mut self) -> io::Result<()> {
        self.flush().await?;
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let until = Instant::now() + LINGER.0;
        timeout_at(until, stream.shutdown()).await??;
        let mut left = LINGER.1;
        self.input.resize(CHUNK, 0);
        while left > 0 {
            match timeout_at(until, stream.read(&mut self.input)).await?? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        Ok(())
    }
}
