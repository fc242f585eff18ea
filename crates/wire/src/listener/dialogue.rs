//! The server's half of SMTP and LMTP without any input or output: bytes in, replies and questions out.

use std::net::SocketAddr;
use std::sync::Arc;

use memchr::memchr;
use smtp_proto::{MAIL_BODY_8BITMIME, MAIL_BODY_BINARYMIME, MAIL_SMTPUTF8, MailFrom, RcptTo, Request};

use super::data::{DataEvent, DataState};
use super::{Envelope, ListenerConfig, Verdict};
use crate::client::Protocol;

/// Longest command line, in bytes. RFC 5321 says 512; extensions add to it.
pub(crate) const MAX_LINE: usize = 2_048;
/// Refused commands after which a client is sent away.
const MAX_ERRORS: u32 = 20;

/// What the caller has to do next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Write the replies and read more.
    More,
    /// Ask whether this recipient is taken, then call [`Dialogue::recipient_verdict`].
    Recipient(String),
    /// Ask whether this message is taken, then call [`Dialogue::message_verdict`].
    Message(Envelope, Vec<u8>),
    /// Write the replies, do the TLS handshake, then call [`Dialogue::secured`]. Input that waits is to be dropped.
    StartTls,
    /// Write the replies and close.
    Close,
}

enum Phase {
    Command,
    Data(DataState),
    /// `left` bytes of a BDAT chunk are to come (RFC 3030).
    Chunk {
        left: usize,
        last: bool,
        refused: bool,
    },
    Closing,
}

/// One session's state.
pub(crate) struct Dialogue {
    config: Arc<ListenerConfig>,
    phase: Phase,
    /// Replies to be written.
    pub out: Vec<u8>,
    errors: u32,
    greeted: bool,
    in_mail: bool,
    envelope: Envelope,
    /// Chunks of a message have come: only BDAT or RSET may follow.
    chunking: bool,
    body: Vec<u8>,
    /// Recipients of the message that was handed out, for the LMTP replies.
    handed_out: usize,
}

impl Dialogue {
    /// A session whose greeting waits in `out`.
    pub fn new(config: Arc<ListenerConfig>, peer: SocketAddr, tls: bool) -> Self {
        let envelope = Envelope {
            from: String::new(),
            recipients: Vec::new(),
            hello: String::new(),
            peer,
            tls,
            eight_bit: false,
            utf8: false,
        };
        let protocol = if config.protocol == Protocol::Lmtp { "LMTP" } else { "ESMTP" };
        let out = format!("220 {} {protocol}\r\n", config.hello_name).into_bytes();
        Self {
            config,
            phase: Phase::Command,
            out,
            errors: 0,
            greeted: false,
            in_mail: false,
            envelope,
            chunking: false,
            body: Vec::new(),
            handed_out: 0,
        }
    }

    /// True while a message is being read: silence is judged by another time-out then.
    pub fn in_message(&self) -> bool {
        matches!(self.phase, Phase::Data(_) | Phase::Chunk { .. })
    }

    /// The return path of the message under way.
    pub fn sender(&self) -> &str {
        &self.envelope.from
    }

    /// Looks at `input`; says how many bytes are done with and what to do next.
    pub fn step(&mut self, input: &[u8]) -> (usize, Step) {
        let mut at = 0;
        loop {
            let rest = &input[at..];
            let (used, step) = match &mut self.phase {
                Phase::Closing => (rest.len(), Some(Step::Close)),
                Phase::Command => self.line(rest),
                Phase::Data(state) => {
                    let (used, event) = state.feed(rest, &mut self.body, self.config.max_size);
                    let bare = state.bare_line_end;
                    (used, self.data_event(&event, bare))
                }
                Phase::Chunk { .. } => self.chunk(rest),
            };
            at += used;
            if let Some(step) = step {
                return (at, step);
            }
        }
    }

    /// The answer to [`Step::Recipient`].
    pub fn recipient_verdict(&mut self, to: String, verdict: &Verdict) {
        match verdict {
            Verdict::Accept => {
                self.envelope.recipients.push(to);
                self.say("250 2.1.5 Recipient taken");
            }
            Verdict::Refuse { .. } => self.say_verdict(verdict, ""),
        }
    }

    /// The answer to [`Step::Message`]; LMTP gets one for each recipient (RFC 2033 4.2).
    pub fn message_verdict(&mut self, verdict: &Verdict) {
        if *verdict == Verdict::Accept {
            self.errors = 0;
        }
        let times = if self.config.protocol == Protocol::Lmtp { self.handed_out } else { 1 };
        for _ in 0..times {
            self.say_verdict(verdict, "250 2.6.0 Message taken");
        }
    }

    /// TLS is on: the session begins anew (RFC 3207 4.2).
    pub fn secured(&mut self) {
        self.reset();
        self.greeted = false;
        self.envelope.tls = true;
        self.envelope.hello.clear();
    }

    /// Says 421 and closes at the next step.
    pub fn dismiss(&mut self, why: &str) {
        self.say(&format!("421 4.3.2 {why}, closing"));
        self.phase = Phase::Closing;
    }

    fn say(&mut self, reply: &str) {
        self.out.extend_from_slice(reply.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    fn say_verdict(&mut self, verdict: &Verdict, accepted: &str) {
        match verdict {
            Verdict::Accept => self.say(accepted),
            Verdict::Refuse { code, enhanced: (class, subject, detail), text } => {
                let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                self.say(&format!("{code} {class}.{subject}.{detail} {text}"));
            }
        }
    }

    /// A refused command; too many end the session.
    fn refuse(&mut self, reply: &str) {
        self.say(reply);
        self.errors += 1;
        if self.errors >= MAX_ERRORS {
            self.dismiss("Too many errors");
        }
    }

    fn reset(&mut self) {
        self.in_mail = false;
        self.chunking = false;
        self.envelope.from.clear();
        self.envelope.recipients.clear();
        self.body = Vec::new();
    }

    /// One command line, if `input` holds a whole one.
    fn line(&mut self, input: &[u8]) -> (usize, Option<Step>) {
        let window = &input[..input.len().min(MAX_LINE)];
        let Some(end) = memchr(b'\n', window) else {
            if input.len() < MAX_LINE {
                return (0, Some(Step::More));
            }
            self.say("500 5.5.2 Line too long");
            self.phase = Phase::Closing;
            return (input.len(), None);
        };
        let line = &window[..=end];
        let readable =
            std::str::from_utf8(line).is_ok_and(|text| !text.trim_end_matches("\r\n").contains(is_unprintable));
        let step = if !line.ends_with(b"\r\n") || !readable {
            self.refuse("500 5.5.2 Lines are printable text and end in CR LF");
            None
        } else {
            self.command(line)
        };
        (end + 1, step)
    }

    fn command(&mut self, line: &[u8]) -> Option<Step> {
        match Request::parse(&mut line.iter()) {
            Ok(Request::Ehlo { host }) if self.config.protocol == Protocol::Smtp => self.hello(&host, true),
            Ok(Request::Helo { host }) if self.config.protocol == Protocol::Smtp => self.hello(&host, false),
            Ok(Request::Lhlo { host }) if self.config.protocol == Protocol::Lmtp => self.hello(&host, true),
            Ok(Request::Mail { from }) => self.mail(from),
            Ok(Request::Rcpt { to }) => return self.rcpt(to, line),
            Ok(Request::Data) => self.data(),
            Ok(Request::Bdat { chunk_size, is_last }) => self.bdat(chunk_size, is_last),
            Ok(Request::Rset) => {
                self.reset();
                self.say("250 2.0.0 Reset");
            }
            Ok(Request::Noop { .. }) => self.say("250 2.0.0 Nothing done"),
            Ok(Request::Vrfy { .. }) => self.say("252 2.5.2 Send it and see"),
            Ok(Request::Help { .. }) => self.say("214 2.0.0 See RFC 5321"),
            Ok(Request::Quit) => {
                self.say("221 2.0.0 Goodbye");
                self.phase = Phase::Closing;
            }
            Ok(Request::StartTls) => return self.starttls(),
            Ok(_) => self.refuse("502 5.5.1 Not offered here"),
            // After a BDAT that can not be read nobody knows where its chunk ends: what follows may be anything.
            Err(_) if line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"BDAT")) => {
                self.say("501 5.5.4 BDAT takes a size and perhaps LAST");
                self.dismiss("Chunk of unknown size");
            }
            Err(error) => self.refuse(complaint(&error)),
        }
        None
    }

    fn hello(&mut self, host: &str, extended: bool) {
        self.reset();
        self.greeted = true;
        host.clone_into(&mut self.envelope.hello);
        let name = self.config.hello_name.clone();
        if !extended {
            return self.say(&format!("250 {name}"));
        }
        let offer = &self.config.offer;
        let size = format!("SIZE {}", self.config.max_size);
        let offers = [
            (offer.pipelining, "PIPELINING"),
            (offer.chunking, "CHUNKING"),
            (offer.size, size.as_str()),
            (offer.eight_bit, "8BITMIME"),
            (offer.smtputf8, "SMTPUTF8"),
            (offer.starttls.is_some() && !self.envelope.tls, "STARTTLS"),
        ];
        let mut reply = format!("250-{name}\r\n");
        for (_, offered) in offers.iter().filter(|(on, _)| *on) {
            reply.push_str(&format!("250-{offered}\r\n"));
        }
        reply.push_str("250 ENHANCEDSTATUSCODES");
        self.say(&reply);
    }

    fn mail(&mut self, from: MailFrom<std::borrow::Cow<'_, str>>) {
        let (offer, flags) = (&self.config.offer, from.flags);
        let utf8 = flags & MAIL_SMTPUTF8 != 0;
        let eight_bit = flags & MAIL_BODY_8BITMIME != 0;
        if !self.greeted {
            self.refuse("503 5.5.1 Say hello first");
        } else if self.in_mail {
            self.refuse("503 5.5.1 A message is under way already");
        } else if utf8 && !offer.smtputf8 || eight_bit && !offer.eight_bit || flags & MAIL_BODY_BINARYMIME != 0 {
            self.refuse("555 5.5.4 This parameter was not offered");
        } else if from.size > self.config.max_size {
            self.refuse("552 5.3.4 The message is too big");
        } else if !from.address.is_ascii() && !utf8 {
            self.refuse("553 5.6.7 This address needs SMTPUTF8");
        } else {
            self.in_mail = true;
            self.envelope.from = from.address.into_owned();
            self.envelope.utf8 = utf8;
            self.envelope.eight_bit = eight_bit;
            self.say("250 2.1.0 Sender taken");
        }
    }

    fn rcpt(&mut self, to: RcptTo<std::borrow::Cow<'_, str>>, line: &[u8]) -> Option<Step> {
        let mut address = to.address.into_owned();
        if address.is_empty() && line.to_ascii_lowercase().windows(12).any(|part| part == b"<postmaster>") {
            // RFC 5321 4.5.1: the one address without a domain.
            "postmaster".clone_into(&mut address);
        }
        if !self.in_mail || self.chunking {
            self.refuse("503 5.5.1 Give the sender first");
        } else if address.is_empty() {
            self.refuse("501 5.1.3 The recipient is empty");
        } else if !address.is_ascii() && !self.envelope.utf8 {
            self.refuse("553 5.6.7 This address needs SMTPUTF8");
        } else if self.envelope.recipients.len() >= self.config.max_recipients {
            self.refuse("452 4.5.3 Too many recipients");
        } else {
            return Some(Step::Recipient(address));
        }
        None
    }

    fn data(&mut self) {
        if !self.in_mail || self.chunking {
            self.refuse("503 5.5.1 Give sender and recipient first");
        } else if self.envelope.recipients.is_empty() {
            // No error of the client's: it sent RCPT and DATA in one write, as PIPELINING lets it.
            self.say("554 5.5.1 No recipient was taken");
        } else {
            self.say("354 Go on");
            self.phase = Phase::Data(DataState::new());
        }
    }

    fn bdat(&mut self, size: usize, last: bool) {
        if self.body.len().saturating_add(size) > self.config.max_size {
            self.say("552 5.3.4 The message is too big");
            self.phase = Phase::Closing;
            return;
        }
        let refused = !self.config.offer.chunking || !self.in_mail || self.envelope.recipients.is_empty();
        self.chunking |= !refused;
        self.phase = Phase::Chunk { left: size, last, refused };
    }

    /// Bytes of a chunk. Those of a refused one are read and dropped, so that the next command is found (RFC 3030 2).
    fn chunk(&mut self, input: &[u8]) -> (usize, Option<Step>) {
        let Phase::Chunk { left, last, refused } = &mut self.phase else { return (0, None) };
        let used = input.len().min(*left);
        *left -= used;
        let (left, last, refused) = (*left, *last, *refused);
        if !refused {
            self.body.extend_from_slice(&input[..used]);
        }
        if left > 0 {
            return (used, Some(Step::More));
        }
        self.phase = Phase::Command;
        let step = match (refused, last) {
            (true, _) if self.in_mail => {
                self.say("503 5.5.1 No recipient was taken");
                None
            }
            (true, _) => {
                self.refuse("503 5.5.1 BDAT outside a message");
                None
            }
            (false, false) => {
                self.say("250 2.0.0 Chunk taken");
                None
            }
            (false, true) => Some(self.hand_out()),
        };
        (used, step)
    }

    fn data_event(&mut self, event: &DataEvent, bare_line_end: bool) -> Option<Step> {
        match event {
            DataEvent::More => Some(Step::More),
            DataEvent::TooBig => {
                self.say("552 5.3.4 The message is too big");
                self.phase = Phase::Closing;
                None
            }
            DataEvent::End if bare_line_end => {
                self.phase = Phase::Command;
                self.handed_out = self.envelope.recipients.len();
                self.reset();
                let text = "A line ends in CR or LF alone; lines must end in CR LF".to_owned();
                self.message_verdict(&Verdict::Refuse { code: 550, enhanced: (5, 6, 0), text });
                None
            }
            DataEvent::End => {
                self.phase = Phase::Command;
                Some(self.hand_out())
            }
        }
    }

    fn hand_out(&mut self) -> Step {
        let body = std::mem::take(&mut self.body);
        let envelope = self.envelope.clone();
        self.handed_out = envelope.recipients.len();
        self.reset();
        Step::Message(envelope, body)
    }

    fn starttls(&mut self) -> Option<Step> {
        if self.config.offer.starttls.is_none() || self.envelope.tls {
            self.refuse("502 5.5.1 STARTTLS is not offered");
            return None;
        }
        self.say("220 2.0.0 Go ahead");
        Some(Step::StartTls)
    }
}

fn is_unprintable(c: char) -> bool {
    c.is_control() && c != '\t'
}

fn complaint(error: &smtp_proto::Error) -> &'static str {
    use smtp_proto::Error;
    match error {
        Error::InvalidSenderAddress => "501 5.1.7 This sender is no address",
        Error::InvalidRecipientAddress => "501 5.1.3 This recipient is no address",
        Error::UnsupportedParameter { .. } | Error::InvalidParameter { .. } => "555 5.5.4 Unknown or odd parameter",
        Error::UnknownCommand => "500 5.5.1 Unknown command",
        _ => "501 5.5.2 Syntax error",
    }
}
