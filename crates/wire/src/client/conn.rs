//! One connection: what waits to be written, what was read, and how far the writing got. The distance written decides
//! whether a lost message may be sent again.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::reply::{self, Garbage, MAX_REPLY, RawReply};
use crate::stream::Stream;

/// Buffers that grew beyond this for one big message are given back.
const KEEP_OUT: usize = 256 * 1024;

/// Why a connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    #[error("the relay closed the connection")]
    Closed,
    #[error("no answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    #[error("the connection broke: {0}")]
    Io(std::io::Error),
    #[error("{0}")]
    Garbage(#[from] Garbage),
    #[error("the relay answered {0} where that makes no sense")]
    Nonsense(u16),
    // Its text may quote an address, and this goes into logs.
    #[error("the relay said {0} and closed the connection")]
    Goodbye(u16),
    #[error("this server is shutting down")]
    Shutdown,
}

/// A connection with its buffers.
pub(crate) struct Conn {
    pub stream: Stream,
    inbuf: Box<[u8]>,
    start: usize,
    end: usize,
    out: Vec<u8>,
    out_at: usize,
    /// Bytes handed to the transport since the connection was opened.
    sent: u64,
    unflushed: bool,
    broken: Option<std::io::Error>,
    timer: LazyTimer,
    progress: Instant,
}

impl Conn {
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            inbuf: vec![0; MAX_REPLY].into_boxed_slice(),
            start: 0,
            end: 0,
            out: Vec::with_capacity(1024),
            out_at: 0,
            sent: 0,
            unflushed: false,
            broken: None,
            timer: LazyTimer::new(),
            progress: Instant::now(),
        }
    }

    /// Where to append commands and bodies; [`Conn::exchange`] writes them.
    pub fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Stream offset right after everything appended so far.
    pub fn queued(&self) -> u64 {
        self.sent + (self.out.len() - self.out_at) as u64
    }

    /// Stream offset up to which bytes were handed to the transport: a message that ends beyond it did not get out.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// When the peer last took or gave a byte.
    pub fn progress(&self) -> Instant {
        self.progress
    }

    /// True if the peer sent something that nobody asked for or has read yet.
    pub fn has_input(&self) -> bool {
        self.start < self.end
    }

    /// The next complete reply among the bytes read; it stays until [`Conn::consume`] gets its length.
    pub fn reply(&self) -> Result<Option<RawReply<'_>>, Lost> {
        if self.has_input() { Ok(reply::parse(&self.inbuf[self.start..self.end])?) } else { Ok(None) }
    }

    /// Drops the first `len` bytes read.
    pub fn consume(&mut self, len: usize) {
        self.start += len;
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Writes what waits and reads until at least one byte came. `limit(nothing left to write)` is the longest time
    /// without progress.
    pub async fn exchange(&mut self, limit: impl Fn(bool) -> Duration) -> Result<(), Lost> {
        // The rest of a half-read reply has no time of its own: a server that trickles does not hold us for hours.
        if !self.has_input() {
            self.progress = Instant::now();
        }
        poll_fn(|cx| self.poll_exchange(cx, &limit)).await
    }

    /// Sends one line and waits for one whole reply.
    pub async fn command(&mut self, line: &[u8], limit: Duration) -> Result<crate::Reply, Lost> {
        self.out.extend_from_slice(line);
        self.read_reply(limit).await
    }

    /// Waits for one whole reply and takes it.
    pub async fn read_reply(&mut self, limit: Duration) -> Result<crate::Reply, Lost> {
        loop {
            if let Some(raw) = self.reply()? {
                let (len, reply) = (raw.len(), raw.to_reply());
                self.consume(len);
                return Ok(reply);
            }
            self.exchange(|_| limit).await?;
        }
    }

    /// Resolves when an idle connection is no good any more: the peer spoke or left, or `until` passed (`true`).
    pub async fn idle(&mut self, until: Instant) -> bool {
        poll_fn(|cx| {
            if self.has_input() || self.poll_input(cx).is_ready() {
                return Poll::Ready(false);
            }
            self.timer.poll_until(cx, until).map(|()| true)
        })
        .await
    }

    /// Says QUIT (RFC 5321 4.1.1.10) and closes; waits no longer than two seconds.
    pub async fn quit(mut self) {
        let limit = Duration::from_secs(2);
        if self.command(b"QUIT\r\n", limit).await.is_ok() {
            let _ = tokio::time::timeout(limit, self.stream.shutdown()).await;
        }
    }

    fn poll_exchange(&mut self, cx: &mut Context<'_>, limit: &impl Fn(bool) -> Duration) -> Poll<Result<(), Lost>> {
        self.poll_output(cx);
        match self.poll_input(cx) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
            // A reply that came before the break is worth more than the break: the input is looked at first.
            Poll::Ready(Err(lost)) => return Poll::Ready(Err(self.broken.take().map_or(lost, Lost::Io))),
            Poll::Pending => {}
        }
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Err(Lost::Io(error)));
        }
        let limit = limit(self.out.is_empty());
        self.timer.poll_until(cx, self.progress + limit).map(|()| Err(Lost::Timeout(limit)))
    }

    fn poll_output(&mut self, cx: &mut Context<'_>) {
        while self.broken.is_none() && self.out_at < self.out.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.out[self.out_at..]) {
                Poll::Ready(Ok(0)) => self.broken = Some(std::io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(written)) => {
                    self.out_at += written;
                    self.sent += written as u64;
                    self.unflushed = self.stream.is_tls();
                    if self.out_at < self.out.len() {
                        self.progress = Instant::now();
                    }
                }
                Poll::Ready(Err(error)) => self.broken = Some(error),
                Poll::Pending => break,
            }
        }
        if self.out_at == self.out.len() && self.out_at > 0 {
            self.out.clear();
            self.out_at = 0;
            self.out.shrink_to(KEEP_OUT);
        }
        if self.unflushed && self.broken.is_none() {
            match Pin::new(&mut self.stream).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(error)) => self.broken = Some(error),
                Poll::Pending => {}
            }
        }
    }

    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if self.start > 0 {
            self.inbuf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.inbuf.len() {
            return Poll::Ready(Err(Garbage::TooLong.into()));
        }
        let mut buf = ReadBuf::new(&mut self.inbuf[self.end..]);
        match Pin::new(&mut self.stream).poll_read(cx, &mut buf) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(Lost::Io(error))),
            Poll::Ready(Ok(())) if buf.filled().is_empty() => Poll::Ready(Err(Lost::Closed)),
            Poll::Ready(Ok(())) => {
                self.end += buf.filled().len();
                Poll::Ready(Ok(()))
            }
        }
    }
}

/// A timer that is set once and only looked at again when it fires: deadlines move with every message, and moving a
/// registered timer costs more than the rest of the bookkeeping.
struct LazyTimer {
    sleep: Pin<Box<Sleep>>,
    armed: Option<Instant>,
}

impl LazyTimer {
    fn new() -> Self {
        Self { sleep: Box::pin(sleep_until(Instant::now())), armed: None }
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        loop {
            if self.armed.is_none_or(|armed| deadline < armed) {
                self.sleep.as_mut().reset(deadline);
                self.armed = Some(deadline);
            }
            if self.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.armed = None;
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
        }
    }
}
