//! One session: takes messages, writes them as far as the server's offers allow, matches every reply, and says of each
//! message what became of it.
//!
//! The rule of position: a message whose last byte was never handed to the transport can not have been accepted
//! (`NotSent`); one whose last byte was, and that got no reply, may have been (`Unknown`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::conn::{Conn, Lost};
use super::envelope::{self, push_dot_stuffed, push_number};
use super::open::{self, Offers};
use super::outcome::{Missing, Outcome, Outgoing, Stage};
use super::pool::{Reporter, Shared};
use super::queue::Taken;
use crate::reply::Reply;

/// A connection unused for so long may be dead without our knowing: the next message's envelope goes first and its
/// body only after the answer, so that a dead connection costs a second try and never an `Unknown`.
const STALE_AFTER: Duration = Duration::from_secs(3);
/// Beyond this many waiting bytes no further message is added to the same write.
const ENOUGH_TO_WRITE: usize = 64 * 1024;

/// The reply that a message waits for next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expect {
    Rset,
    Mail,
    Rcpt,
    Data,
    End,
    /// The reply to the lone dot after a DATA that we no longer wanted.
    Dot,
}

impl Expect {
    fn stage(self) -> Stage {
        match self {
            Self::Rset | Self::Mail => Stage::Mail,
            Self::Rcpt => Stage::Rcpt,
            Self::Data => Stage::Data,
            Self::End | Self::Dot => Stage::End,
        }
    }
}

/// The command of a message to be written next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Write {
    Mail,
    Rcpt,
    Start,
    /// The body, after 354.
    Body,
    Nothing,
}

/// A message under way.
struct Flight<K> {
    message: Outgoing<K>,
    started: Instant,
    expect: Expect,
    write: Write,
    /// The first refusal; later replies of the message mean nothing.
    refused: Option<(Stage, Reply)>,
    rcpt_accepted: bool,
    /// Stream offset of the message's end, once queued.
    end: Option<u64>,
    /// First on a connection that lay unused: a loss before its end is tried again.
    careful: bool,
}

impl<K> Flight<K> {
    fn outcome_if_lost(&mut self, sent: u64, lost: &Lost) -> Outcome {
        match (self.refused.take(), self.end) {
            (Some((stage, reply)), _) => Outcome::Refused { stage, reply },
            (None, Some(end)) if end <= sent => Outcome::Unknown { why: lost.to_string() },
            (None, _) => Outcome::NotSent { stage: self.expect.stage(), why: lost.to_string() },
        }
    }
}

/// An open connection and what the server offered on it.
struct Line {
    conn: Conn,
    offers: Offers,
    messages: u32,
    /// A transaction may be open on the server: RSET comes before the next MAIL.
    dirty: bool,
}

/// A session of the pool.
pub(crate) struct Session<K> {
    id: usize,
    shared: Arc<Shared<K>>,
    reporter: Reporter<K>,
    line: Option<Line>,
    flights: VecDeque<Flight<K>>,
    /// A message that waits for a connection: taken just now, or lost by a stale connection before its end.
    held: Option<Outgoing<K>>,
}

impl<K: Send + 'static> Session<K> {
    pub fn new(id: usize, shared: Arc<Shared<K>>, reporter: Reporter<K>) -> Self {
        Self { id, shared, reporter, line: None, flights: VecDeque::new(), held: None }
    }

    /// Works until the pool is closed.
    pub async fn run(&mut self) {
        loop {
            let rested = self.line.as_ref().map(|line| line.conn.progress());
            let Some(message) = self.next().await else { break };
            let careful = self.line.is_some() && rested.is_some_and(|since| since.elapsed() > STALE_AFTER);
            self.carry(message, careful).await;
            if let Some(message) = self.held.take() {
                self.carry(message, false).await;
            }
        }
        if let Some(line) = self.line.take() {
            line.conn.quit().await;
        }
    }

    /// Reports what is still under way when the pool's grace has run out.
    pub async fn abandon(&mut self) {
        self.lose(&Lost::Shutdown).await;
        if let Some(message) = self.held.take() {
            let outcome = Outcome::NotSent { stage: Stage::Connect, why: Lost::Shutdown.to_string() };
            self.reporter.report(message.key, outcome, Duration::ZERO).await;
        }
    }

    /// Waits for a message; meanwhile watches the idle connection.
    async fn next(&mut self) -> Option<Outgoing<K>> {
        if self.line.is_none() {
            self.shared.rest(self.id).await;
        }
        loop {
            match self.shared.queue.take(self.id, self.line.is_some()) {
                Taken::Message(message) => return Some(message),
                Taken::Closed => return None,
                Taken::Wait => {}
            }
            let bell = self.shared.queue.bell(self.id);
            let Some(line) = &mut self.line else {
                bell.await;
                continue;
            };
            let until = line.conn.progress() + self.shared.config.timeouts.idle;
            let polite = tokio::select! {
                biased;
                () = bell => continue,
                polite = line.conn.idle(until) => polite,
            };
            if let (true, Some(line)) = (polite, self.line.take()) {
                tokio::spawn(line.conn.quit());
            }
        }
    }

    /// Carries this message and whatever else is waiting until nothing is under way.
    async fn carry(&mut self, first: Outgoing<K>, careful: bool) {
        let Some(first) = self.inspect(first).await else { return };
        self.held = Some(first);
        if self.line.is_none() && !self.connect().await {
            return;
        }
        if let Some(first) = self.held.take() {
            self.begin(first, careful).await;
        }
        while !self.flights.is_empty() {
            if let Err(lost) = self.step().await {
                self.lose(&lost).await;
            }
        }
        let most = self.shared.config.messages_per_connection;
        if let Some(line) = self.line.take_if(|line| most.is_some_and(|most| line.messages >= most)) {
            tokio::spawn(line.conn.quit());
        }
    }

    /// Opens a connection for the held message; reports the message if that fails.
    async fn connect(&mut self) -> bool {
        match open::open(&self.shared.config, self.shared.tls.as_ref()).await {
            Ok((conn, offers)) => {
                self.shared.relay_is_up();
                self.line = Some(Line { conn, offers, messages: 0, dirty: false });
                true
            }
            Err(open::Closed(outcome)) => {
                self.shared.relay_is_down();
                if let Some(message) = self.held.take() {
                    self.reporter.report(message.key, outcome, Duration::ZERO).await;
                }
                false
            }
        }
    }

    /// One turn: read every reply that is there, write what it allows, wait for more.
    async fn step(&mut self) -> Result<(), Lost> {
        while let Some(line) = &mut self.line {
            let Some(raw) = line.conn.reply()? else { break };
            let len = raw.len();
            let reply = raw.to_reply();
            line.conn.consume(len);
            self.answer(reply).await?;
            if self.flights.is_empty() {
                break;
            }
        }
        // A word that nobody asked for is a goodbye: nothing more is written into this connection.
        if self.flights.is_empty() && self.line.take_if(|line| line.conn.has_input()).is_some() {
            return Ok(());
        }
        self.fill().await;
        let timeouts = self.shared.config.timeouts;
        match (&mut self.line, self.flights.front()) {
            (Some(line), Some(front)) => {
                let ending = matches!(front.expect, Expect::End | Expect::Dot);
                line.conn
                    .exchange(|all_written| if all_written && ending { timeouts.end_of_data } else { timeouts.command })
                    .await
            }
            _ => Ok(()),
        }
    }

    /// Adds waiting messages while the window has room.
    async fn fill(&mut self) {
        loop {
            let Some(line) = &mut self.line else { return };
            let window = if line.offers.pipelining { self.shared.config.window } else { 1 };
            let worn = self.shared.config.messages_per_connection.is_some_and(|most| line.messages >= most);
            let waiting_to_write = self.flights.back().is_some_and(|last| last.write != Write::Nothing);
            let unwanted = self.flights.back().is_some_and(|last| last.refused.is_some() || last.careful);
            let full = line.conn.out().len() > ENOUGH_TO_WRITE;
            if self.flights.len() >= window || worn || waiting_to_write || unwanted || full {
                return;
            }
            let Some(message) = self.shared.queue.try_take() else { return };
            if let Some(message) = self.inspect(message).await {
                self.begin(message, false).await;
            }
        }
    }

    /// Lets a message through that may go into a command line; reports the others.
    async fn inspect(&mut self, message: Outgoing<K>) -> Option<Outgoing<K>> {
        match envelope::check(&message.from, &message.to, &message.body) {
            Ok(()) => Some(message),
            Err(what) => {
                self.reporter.report(message.key, Outcome::Malformed { what }, Duration::ZERO).await;
                None
            }
        }
    }

    /// Starts a message on the open connection, if the server can carry it.
    async fn begin(&mut self, message: Outgoing<K>, careful: bool) {
        let Some(line) = &mut self.line else { return };
        if let Some(what) = missing(&line.offers, &message) {
            self.reporter.report(message.key, Outcome::Unsupported { what }, Duration::ZERO).await;
            return;
        }
        line.messages += 1;
        // After a refused recipient some servers keep the transaction, and the next message would travel under its
        // envelope. Where the answer is not known yet, RSET goes between.
        let reset = line.dirty || line.offers.chunking && !self.flights.is_empty();
        line.dirty = false;
        if reset {
            line.conn.out().extend_from_slice(b"RSET\r\n");
        }
        let mut flight = Flight {
            message,
            started: Instant::now(),
            expect: if reset { Expect::Rset } else { Expect::Mail },
            write: Write::Mail,
            refused: None,
            rcpt_accepted: false,
            end: None,
            careful,
        };
        write_ahead(line, &mut flight);
        self.flights.push_back(flight);
    }

    /// Handles one reply; the message in front is the one that it answers.
    async fn answer(&mut self, reply: Reply) -> Result<(), Lost> {
        let (Some(flight), Some(line)) = (self.flights.front_mut(), &mut self.line) else {
            return Err(Lost::Nonsense(reply.code));
        };
        if reply.code == 421 {
            if !(flight.careful && flight.expect.stage() == Stage::Mail) {
                flight.refused.get_or_insert((flight.expect.stage(), reply));
            }
            return Err(Lost::Goodbye(421));
        }
        let intermediate = reply.code / 100 == 3;
        if intermediate && flight.expect != Expect::Data {
            return Err(Lost::Nonsense(reply.code));
        }
        match flight.expect {
            Expect::Rset if reply.is_positive() => flight.expect = Expect::Mail,
            Expect::Rset => return Err(Lost::Nonsense(reply.code)),
            Expect::Mail => {
                flight.expect = Expect::Rcpt;
                refuse_unless_positive(flight, Stage::Mail, reply);
                if flight.refused.is_some() && flight.write <= Write::Rcpt {
                    return self.finish(None).await;
                }
            }
            Expect::Rcpt => {
                flight.rcpt_accepted = reply.is_positive();
                flight.expect = if line.offers.chunking { Expect::End } else { Expect::Data };
                refuse_unless_positive(flight, Stage::Rcpt, reply);
                line.dirty |= flight.refused.is_some();
                if flight.refused.is_some() && flight.write <= Write::Start {
                    return self.finish(None).await;
                }
            }
            Expect::Data if intermediate => return self.body_wanted(),
            Expect::Data if reply.is_positive() => return Err(Lost::Nonsense(reply.code)),
            Expect::Data => {
                line.dirty = true;
                refuse_unless_positive(flight, Stage::Data, reply);
                return self.finish(None).await;
            }
            Expect::End => {
                line.dirty |= line.offers.chunking && !reply.is_positive();
                return self.finish(Some(reply)).await;
            }
            Expect::Dot => return self.finish(None).await,
        }
        write_ahead(line, flight);
        Ok(())
    }

    /// 354: writes the body, or a lone dot if a command before was refused (RFC 2920 3.1).
    fn body_wanted(&mut self) -> Result<(), Lost> {
        let (Some(flight), Some(line)) = (self.flights.front_mut(), &mut self.line) else { return Ok(()) };
        if flight.refused.is_none() {
            flight.expect = Expect::End;
            flight.write = Write::Body;
            write_body(line, flight);
            return Ok(());
        }
        if flight.rcpt_accepted {
            // MAIL refused, RCPT accepted: the dot would deliver an empty message to somebody.
            return Err(Lost::Nonsense(354));
        }
        line.conn.out().extend_from_slice(b".\r\n");
        line.dirty = true;
        flight.expect = Expect::Dot;
        Ok(())
    }

    /// The message in front has its last reply.
    async fn finish(&mut self, last: Option<Reply>) -> Result<(), Lost> {
        let Some(flight) = self.flights.pop_front() else { return Ok(()) };
        let took = flight.started.elapsed();
        let outcome = match (flight.refused, last) {
            (Some((stage, reply)), _) => Outcome::Refused { stage, reply },
            (None, Some(reply)) if reply.is_positive() => Outcome::Accepted { reply },
            (None, Some(reply)) => Outcome::Refused { stage: Stage::End, reply },
            (None, None) => Outcome::Unknown { why: "the relay's answers do not fit together".to_owned() },
        };
        self.reporter.report(flight.message.key, outcome, took).await;
        Ok(())
    }

    /// The connection is gone: every message under way is judged by its position.
    async fn lose(&mut self, lost: &Lost) {
        let sent = self.line.as_ref().map_or(0, |line| line.conn.sent());
        tracing::debug!(session = self.id, under_way = self.flights.len(), %lost, "connection to the relay lost");
        while let Some(mut flight) = self.flights.pop_front() {
            let took = flight.started.elapsed();
            let outcome = flight.outcome_if_lost(sent, lost);
            let stale = flight.careful && !matches!(lost, Lost::Timeout(_) | Lost::Shutdown);
            if stale && matches!(outcome, Outcome::NotSent { stage: Stage::Mail, .. }) {
                self.held = Some(flight.message);
            } else {
                self.reporter.report(flight.message.key, outcome, took).await;
            }
        }
        self.line = None;
    }
}

fn refuse_unless_positive<K>(flight: &mut Flight<K>, stage: Stage, reply: Reply) {
    if !reply.is_positive() {
        flight.refused.get_or_insert((stage, reply));
    }
}

/// What the server lacks for this message.
fn missing<K>(offers: &Offers, message: &Outgoing<K>) -> Option<Missing> {
    let utf8 = needs_utf8(message);
    match offers.size {
        Some(limit) if limit > 0 && message.body.len() as u64 > limit => return Some(Missing::Size { limit }),
        _ => {}
    }
    if utf8 && !offers.smtputf8 {
        return Some(Missing::SmtpUtf8);
    }
    (message.eight_bit && !offers.eight_bit).then_some(Missing::EightBitMime)
}

fn needs_utf8<K>(message: &Outgoing<K>) -> bool {
    message.utf8 || !message.to.is_ascii() || !message.from.is_ascii()
}

/// Writes every command of the message that may go out before the next reply.
fn write_ahead<K>(line: &mut Line, flight: &mut Flight<K>) {
    let ahead = line.offers.pipelining;
    if flight.write == Write::Mail && (ahead || flight.expect == Expect::Mail) {
        write_mail(line, flight);
        flight.write = Write::Rcpt;
    }
    if flight.write == Write::Rcpt && (ahead || flight.expect == Expect::Rcpt) {
        let out = line.conn.out();
        out.extend_from_slice(b"RCPT TO:<");
        out.extend_from_slice(flight.message.to.as_bytes());
        out.extend_from_slice(b">\r\n");
        flight.write = Write::Start;
    }
    let answered = matches!(flight.expect, Expect::Data | Expect::End);
    if flight.write == Write::Start && (answered || ahead && !flight.careful) {
        if line.offers.chunking {
            write_body(line, flight);
        } else {
            line.conn.out().extend_from_slice(b"DATA\r\n");
            flight.write = Write::Body;
        }
    }
}

fn write_mail<K>(line: &mut Line, flight: &Flight<K>) {
    let (message, sized) = (&flight.message, line.offers.size.is_some());
    let out = line.conn.out();
    out.extend_from_slice(b"MAIL FROM:<");
    out.extend_from_slice(message.from.as_bytes());
    out.push(b'>');
    if sized {
        out.extend_from_slice(b" SIZE=");
        push_number(out, message.body.len() as u64);
    }
    if message.eight_bit {
        out.extend_from_slice(b" BODY=8BITMIME");
    }
    if needs_utf8(message) {
        out.extend_from_slice(b" SMTPUTF8");
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends the body in the way the server takes it and notes where it ends.
fn write_body<K>(line: &mut Line, flight: &mut Flight<K>) {
    let body = &flight.message.body;
    let chunking = line.offers.chunking;
    let out = line.conn.out();
    if chunking {
        out.reserve(body.len() + 32);
        out.extend_from_slice(b"BDAT ");
        push_number(out, body.len() as u64);
        out.extend_from_slice(b" LAST\r\n");
        out.extend_from_slice(body);
    } else {
        push_dot_stuffed(out, body);
    }
    flight.write = Write::Nothing;
    flight.end = Some(line.conn.queued());
}
