//! An SMTP server for tests that takes mail and misbehaves on order. It is written apart from the listener of
//! `volens-wire`, so that the client is not tested against its own twin.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::{memchr, memmem};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use volens_wire::Reply;

/// Decides about a recipient: `None` is 250.
pub type Script = Arc<dyn Fn(&str) -> Option<Reply> + Send + Sync>;

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Instead of the greeting.
    Greeting,
    /// Instead of the reply to EHLO.
    Hello,
    /// Instead of the reply to AUTH.
    Auth,
    /// Instead of the reply to MAIL.
    Mail,
    /// Instead of the reply to RCPT.
    Rcpt,
    /// Instead of 354.
    Data,
    /// Inside a body (DATA or BDAT), when its first bytes have come.
    Body,
    /// When a body is complete, before it is counted as accepted.
    End,
    /// Instead of the reply to a body that was counted as accepted.
    Accepted,
}

/// What happens there.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This reply; the session goes on (421 closes it).
    Reply(Reply),
    /// These bytes.
    Raw(Vec<u8>),
    /// Nothing is said any more; the connection stays open.
    Hang,
    /// The connection is closed.
    Drop,
}

/// What EHLO offers.
#[derive(Clone, Copy, Debug)]
pub struct Offers {
    /// CHUNKING: BDAT is taken.
    pub chunking: bool,
    /// PIPELINING. Without it, commands that were not waited for are counted in [`Sink::impatient`].
    pub pipelining: bool,
    /// SIZE with this limit.
    pub size: Option<u64>,
    /// 8BITMIME.
    pub eight_bit: bool,
    /// SMTPUTF8.
    pub smtputf8: bool,
    /// AUTH PLAIN.
    pub auth_plain: bool,
    /// AUTH LOGIN.
    pub auth_login: bool,
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            chunking: true,
            pipelining: true,
            size: Some(50_000_000),
            eight_bit: true,
            smtputf8: true,
            auth_plain: false,
            auth_login: false,
        }
    }
}

/// How a sink behaves. The default takes everything at once and keeps ids only.
#[derive(Clone, Default)]
pub struct SinkConfig {
    /// What EHLO offers.
    pub offers: Offers,
    /// User and password that AUTH must bring; mail without them is refused.
    pub login: Option<(String, String)>,
    /// Milliseconds before the reply to each message, drawn evenly.
    pub delay_ms: Option<RangeInclusive<u64>>,
    /// Share of accepted messages whose reply never comes, 0.0 to 1.0.
    pub withhold: f64,
    /// Where the drawing begins.
    pub seed: u64,
    /// Keep each message's bytes.
    pub keep_bytes: bool,
    /// Faults; each strikes every time unless [`SinkConfig::faults_last`] says otherwise.
    pub faults: Vec<(At, Fault)>,
    /// Connections that the faults strike; later ones are well. `None`: all.
    pub faults_last: Option<usize>,
    /// Replies to RCPT.
    pub rcpt: Option<Script>,
    /// Replies at the end of a message, by its recipient; a refusal keeps it out of the accepted.
    pub end: Option<Script>,
}

/// The first `times` answers for a recipient are `reply`, then it is taken: a greylisting server.
pub fn refuse_first(times: usize, reply: Reply) -> Script {
    let seen: Mutex<HashMap<String, usize>> = Mutex::default();
    Arc::new(move |to| {
        let mut seen = lock(&seen);
        let count = seen.entry(to.to_owned()).or_default();
        *count += 1;
        (*count <= times).then(|| reply.clone())
    })
}

/// A message that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Return path.
    pub from: String,
    /// Recipients that were taken.
    pub to: Vec<String>,
    /// Message-ID with its angle brackets; empty if there is none.
    pub message_id: String,
    /// The message, if the configuration keeps it.
    pub bytes: Option<Vec<u8>>,
    /// Parameters after MAIL FROM.
    pub parameters: String,
    /// Its reply was not sent.
    pub withheld: bool,
    /// When it was taken.
    pub at: Instant,
}

#[derive(Default)]
struct Books {
    accepted: Mutex<Vec<Accepted>>,
    connections: AtomicUsize,
    impatient: AtomicUsize,
    commands: Mutex<Vec<String>>,
    drawn: AtomicU64,
}

/// A running sink. Dropping it closes everything.
pub struct Sink {
    addr: SocketAddr,
    books: Arc<Books>,
    task: JoinHandle<()>,
}

impl Sink {
    /// Starts on a free loopback port.
    pub async fn start(config: SinkConfig) -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), config).await
    }

    /// Starts on `addr`, e.g. where an earlier one stood.
    pub async fn start_on(addr: SocketAddr, config: SinkConfig) -> io::Result<Self> {
        let socket = TcpListener::bind(addr).await?;
        let addr = socket.local_addr()?;
        let books = Arc::new(Books { drawn: AtomicU64::new(config.seed), ..Books::default() });
        let task = tokio::spawn(accept(socket, Arc::new(config), Arc::clone(&books)));
        Ok(Self { addr, books, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Every message accepted so far, in order.
    pub fn accepted(&self) -> Vec<Accepted> {
        lock(&self.books.accepted).clone()
    }

    /// Number of messages accepted so far.
    pub fn count(&self) -> usize {
        lock(&self.books.accepted).len()
    }

    /// Message-IDs accepted so far, in order.
    pub fn message_ids(&self) -> Vec<String> {
        lock(&self.books.accepted).iter().map(|accepted| accepted.message_id.clone()).collect()
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        self.books.connections.load(Ordering::Relaxed)
    }

    /// Commands that came before the former's reply although PIPELINING was not offered.
    pub fn impatient(&self) -> usize {
        self.books.impatient.load(Ordering::Relaxed)
    }

    /// Command lines of the first 10,000 commands, for tests that look at the order.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.books.commands).clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(socket: TcpListener, config: Arc<SinkConfig>, books: Arc<Books>) {
    let mut sessions = JoinSet::new();
    while let Ok((stream, _)) = socket.accept().await {
        while sessions.try_join_next().is_some() {}
        let number = books.connections.fetch_add(1, Ordering::Relaxed);
        let faulty = config.faults_last.is_none_or(|last| number < last);
        let (config, books) = (Arc::clone(&config), Arc::clone(&books));
        sessions.spawn(async move {
            let _ = Session::new(stream, &config, &books, faulty).run().await;
        });
    }
}

struct Session<'a> {
    stream: TcpStream,
    config: &'a SinkConfig,
    books: &'a Books,
    faulty: bool,
    input: Vec<u8>,
    at: usize,
    out: Vec<u8>,
    logged_in: bool,
    from: Option<(String, String)>,
    to: Vec<String>,
    body: Vec<u8>,
}

/// The session is over.
struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl<'a> Session<'a> {
    fn new(stream: TcpStream, config: &'a SinkConfig, books: &'a Books, faulty: bool) -> Self {
        Self {
            stream,
            config,
            books,
            faulty,
            input: Vec::with_capacity(64 * 1024),
            at: 0,
            out: Vec::new(),
            logged_in: config.login.is_none(),
            from: None,
            to: Vec::new(),
            body: Vec::new(),
        }
    }

    async fn run(&mut self) -> Result<(), Over> {
        self.stream.set_nodelay(true)?;
        self.reply(At::Greeting, "220 sink ESMTP").await?;
        loop {
            let line = self.line().await?;
            if !self.config.offers.pipelining && self.at < self.input.len() {
                self.books.impatient.fetch_add(1, Ordering::Relaxed);
            }
            {
                let mut commands = lock(&self.books.commands);
                if commands.len() < 10_000 {
                    commands.push(line.clone());
                }
            }
            self.command(&line).await?;
        }
    }

    async fn command(&mut self, line: &str) -> Result<(), Over> {
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" | "LHLO" => {
                let offers = self.offers();
                self.reply(At::Hello, &offers).await.map(drop)
            }
            "HELO" => self.reply(At::Hello, "250 sink").await.map(drop),
            "AUTH" => self.auth(line).await,
            "MAIL" => self.mail(line).await,
            "RCPT" => self.rcpt(line).await,
            "DATA" => self.data().await,
            "BDAT" => self.bdat(line).await,
            "RSET" => {
                self.reset();
                self.say("250 2.0.0 reset");
                Ok(())
            }
            "QUIT" => {
                self.say("221 2.0.0 bye");
                self.flush().await?;
                Err(Over)
            }
            _ => {
                self.say("500 5.5.1 what?");
                Ok(())
            }
        }
    }

    fn offers(&self) -> String {
        let offers = &self.config.offers;
        let mut lines = vec!["sink".to_owned()];
        let mut offer = |on: bool, text: &str| lines.extend(on.then(|| text.to_owned()));
        offer(offers.pipelining, "PIPELINING");
        offer(offers.chunking, "CHUNKING");
        offer(offers.eight_bit, "8BITMIME");
        offer(offers.smtputf8, "SMTPUTF8");
        offer(offers.auth_plain, "AUTH CRAM-MD5 PLAIN");
        offer(offers.auth_login, "AUTH LOGIN");
        offer(offers.size.is_some(), &format!("SIZE {}", offers.size.unwrap_or_default()));
        let last = lines.len() - 1;
        let line = |(at, text)| format!("250{}{text}", if at == last { ' ' } else { '-' });
        lines.into_iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
    }

    async fn auth(&mut self, line: &str) -> Result<(), Over> {
        let words: Vec<&str> = line.split(' ').collect();
        let (user, password) = match words.as_slice() {
            [_, "PLAIN", token] => {
                let text = unbase64(token);
                let mut parts = text.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            [_, "LOGIN"] => {
                let mut answers = Vec::new();
                for question in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                    self.say(question);
                    let answer = self.line().await?;
                    answers.push(unbase64(&answer));
                }
                (answers[0].clone(), answers[1].clone())
            }
            _ => return self.reply(At::Auth, "504 5.5.4 unknown mechanism").await.map(drop),
        };
        let right = self.config.login.as_ref().is_some_and(|(u, p)| (u, p) == (&user, &password));
        self.logged_in = right;
        self.reply(At::Auth, if right { "235 2.7.0 welcome" } else { "535 5.7.8 wrong user or password" })
            .await
            .map(drop)
    }

    async fn mail(&mut self, line: &str) -> Result<(), Over> {
        if self.from.is_some() {
            self.say("503 5.5.1 nested MAIL");
            return Ok(());
        }
        if !self.logged_in {
            return self.reply(At::Mail, "530 5.7.0 log in first").await.map(drop);
        }
        let (address, parameters) = path(line);
        if self.reply(At::Mail, "250 2.1.0 sender ok").await? {
            self.from = Some((address, parameters));
        }
        Ok(())
    }

    async fn rcpt(&mut self, line: &str) -> Result<(), Over> {
        let (address, _) = path(line);
        if self.from.is_none() {
            self.say("503 5.5.1 MAIL first");
        } else if let Some(reply) = self.config.rcpt.as_ref().and_then(|script| script(&address)) {
            return self.scripted(&reply).await;
        } else if self.reply(At::Rcpt, "250 2.1.5 recipient ok").await? {
            self.to.push(address);
        }
        Ok(())
    }

    async fn data(&mut self) -> Result<(), Over> {
        if self.to.is_empty() {
            self.say("554 5.5.1 no valid recipients");
            return Ok(());
        }
        if !self.reply(At::Data, "354 go on").await? {
            return Ok(());
        }
        self.flush().await?;
        let mut seen = false;
        loop {
            if !seen && self.at < self.input.len() {
                seen = true;
                self.fault(At::Body).await?;
            }
            let rest = &self.input[self.at..];
            let end =
                if rest.starts_with(b".\r\n") { Some(0) } else { memmem::find(rest, b"\r\n.\r\n").map(|at| at + 2) };
            if let Some(end) = end {
                self.body = unstuff(&rest[..end]);
                self.at += end + 3;
                return self.end().await;
            }
            self.read().await?;
        }
    }

    async fn bdat(&mut self, line: &str) -> Result<(), Over> {
        let mut words = line.split(' ').skip(1);
        let size: usize = words.next().and_then(|word| word.parse().ok()).ok_or(Over)?;
        let last = words.next() == Some("LAST");
        let mut seen = false;
        while self.input.len() - self.at < size {
            if !seen && self.at < self.input.len() {
                seen = true;
                self.fault(At::Body).await?;
            }
            self.read().await?;
        }
        if !seen {
            self.fault(At::Body).await?;
        }
        let chunk = &self.input[self.at..self.at + size];
        if !self.to.is_empty() {
            self.body.extend_from_slice(chunk);
        }
        self.at += size;
        match (self.to.is_empty(), last) {
            (true, _) => self.say("554 5.5.1 no valid recipients"),
            (false, true) => return self.end().await,
            (false, false) => self.say("250 2.0.0 chunk ok"),
        }
        Ok(())
    }

    /// The message is complete.
    async fn end(&mut self) -> Result<(), Over> {
        if self.fault(At::End).await? {
            self.reset();
            return Ok(());
        }
        if let Some(range) = &self.config.delay_ms {
            let span = range.end().saturating_sub(*range.start()) + 1;
            let delay = range.start() + self.draw() % span;
            self.flush().await?;
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let scripted = self.config.end.as_ref().and_then(|script| self.to.iter().find_map(|to| script(to)));
        if let Some(reply) = scripted {
            self.reset();
            return self.scripted(&reply).await;
        }
        let withheld =
            self.config.withhold > 0.0 && ((self.draw() >> 11) as f64) < self.config.withhold * (1u64 << 53) as f64;
        let (from, parameters) = self.from.take().unwrap_or_default();
        let message_id = message_id(&self.body);
        let queued = format!("250 2.0.0 queued {}", lock(&self.books.accepted).len() + 1);
        let bytes = self.config.keep_bytes.then(|| std::mem::take(&mut self.body));
        let to = std::mem::take(&mut self.to);
        let at = Instant::now();
        lock(&self.books.accepted).push(Accepted { from, to, message_id, bytes, parameters, withheld, at });
        self.reset();
        if withheld {
            return self.hang().await;
        }
        self.reply(At::Accepted, &queued).await.map(drop)
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
        self.body.clear();
    }

    /// Splitmix64 over all sessions.
    fn draw(&self) -> u64 {
        let step = self.books.drawn.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (step ^ (step >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn say(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    async fn scripted(&mut self, reply: &Reply) -> Result<(), Over> {
        self.say(&reply.to_string());
        if reply.code == 421 {
            self.flush().await?;
            return Err(Over);
        }
        Ok(())
    }

    /// Strikes if a fault is set here; `true`: something was said instead of the proper reply.
    async fn fault(&mut self, at: At) -> Result<bool, Over> {
        let config = self.config;
        let fault = config.faults.iter().find(|(place, _)| self.faulty && *place == at).map(|(_, fault)| fault);
        match fault {
            None => Ok(false),
            Some(Fault::Reply(reply)) => {
                self.scripted(reply).await?;
                Ok(true)
            }
            Some(Fault::Raw(bytes)) => {
                self.out.extend_from_slice(bytes);
                self.flush().await?;
                Ok(true)
            }
            Some(Fault::Hang) => {
                self.hang().await?;
                Ok(true)
            }
            Some(Fault::Drop) => {
                self.flush().await?;
                Err(Over)
            }
        }
    }

    /// Says the reply, or strikes. `true`: the proper reply was said.
    async fn reply(&mut self, at: At, line: &str) -> Result<bool, Over> {
        if self.fault(at).await? {
            return Ok(false);
        }
        self.say(line);
        Ok(true)
    }

    /// Reads on without a word until the client leaves.
    async fn hang(&mut self) -> Result<(), Over> {
        self.flush().await?;
        loop {
            self.at = self.input.len();
            self.read().await?;
        }
    }

    async fn flush(&mut self) -> Result<(), Over> {
        self.stream.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Over> {
        self.flush().await?;
        self.input.drain(..self.at);
        self.at = 0;
        if self.stream.read_buf(&mut self.input).await? == 0 { Err(Over) } else { Ok(()) }
    }

    async fn line(&mut self) -> Result<String, Over> {
        loop {
            if let Some(end) = memchr(b'\n', &self.input[self.at..]) {
                let line = String::from_utf8_lossy(&self.input[self.at..self.at + end]).trim_end().to_owned();
                self.at += end + 1;
                return Ok(line);
            }
            self.read().await?;
        }
    }
}

/// Address and parameters of MAIL or RCPT.
fn path(line: &str) -> (String, String) {
    let rest = line.split_once('<').map_or("", |(_, rest)| rest);
    let (address, parameters) = rest.split_once('>').unwrap_or((rest, ""));
    (address.to_owned(), parameters.trim().to_owned())
}

fn unstuff(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len());
    let mut from = usize::from(body.first() == Some(&b'.'));
    for at in memmem::find_iter(body, b"\n.") {
        plain.extend_from_slice(&body[from..=at]);
        from = at + 2;
    }
    plain.extend_from_slice(&body[from..]);
    plain
}

fn message_id(message: &[u8]) -> String {
    for line in message.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        match line.split_at_checked(11) {
            Some((name, value)) if name.eq_ignore_ascii_case(b"message-id:") => {
                return String::from_utf8_lossy(value).trim().to_owned();
            }
            _ => {}
        }
    }
    String::new()
}

/// What AUTH brought; empty if it is no base64.
fn unbase64(text: &str) -> String {
    String::from_utf8_lossy(&STANDARD.decode(text).unwrap_or_default()).into_owned()
}
