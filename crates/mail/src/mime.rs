//! A mail as octets: headers each once, text and HTML as alternatives, nothing above 7 bits but SMTPUTF8 addresses.

use mail_builder::Writer;
use mail_builder::headers::Header;
use mail_builder::headers::address::{Address, EmailAddress};
use mail_builder::headers::date::Date;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;
use volens_core::Micros;

use crate::compiled::Rendered;
use crate::header::{AddrSpec, FeedbackId, HeaderText, ListId, Mailbox, MessageId, WebUrl};

/// The headers of a mail. Each field's type keeps line breaks out, so that no value can add a header.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a> {
    /// Who writes: exactly one address (RFC 5322 3.6.2; Gmail asks for one).
    pub from: &'a Mailbox,
    /// Who it is for.
    pub to: &'a Mailbox,
    /// Where answers go, when not to `from`.
    pub reply_to: Option<&'a Mailbox>,
    /// When it is sent; written in UTC with whole seconds.
    pub date: Micros,
    /// From [`crate::message_id`].
    pub message_id: &'a MessageId,
    /// For what one can leave; `None` in mails that nobody subscribes to, such as a confirmation.
    pub list: Option<List<'a>>,
    /// For the providers' feedback loops.
    pub feedback_id: Option<&'a FeedbackId>,
    /// `Auto-Submitted: auto-generated` (RFC 3834): for mails that answer an act, not for letters.
    pub auto_generated: bool,
}

/// How to leave without opening the mail.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    /// What one leaves (RFC 2919): the purpose.
    pub id: &'a ListId,
    /// The one-click address of this reader and this purpose (RFC 8058).
    pub one_click: &'a WebUrl,
    /// An address that takes the same by mail (RFC 2369), where an intake listens.
    pub mailto: Option<&'a AddrSpec>,
}

impl Headers<'_> {
    /// Whether only a server with SMTPUTF8 (RFC 6531) can carry it: a local part in From, To or Reply-To is not ASCII.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        [Some(self.from), Some(self.to), self.reply_to].into_iter().flatten().any(|m| m.address.needs_smtputf8())
    }
}

/// Builds mails.
#[derive(Debug)]
pub struct Message;

impl Message {
    /// The mail as it goes over the wire, before dot-stuffing: CRLF line ends, encoded lines of at most 76 octets
    /// and others of at most 998, the same bytes for the same arguments.
    #[must_use]
    pub fn build(rendered: &Rendered, headers: &Headers<'_>) -> Vec<u8> {
        let size = rendered.html.len() + rendered.text.len();
        let mut out = Vec::with_capacity(2048 + size + size / 4);
        Self::build_into(&mut out, rendered, headers);
        out
    }

    /// The same at the end of a buffer that is used again.
    pub fn build_into(out: &mut Vec<u8>, rendered: &Rendered, headers: &Headers<'_>) {
        write_headers(out, headers, &rendered.subject);
        let boundary = boundary(rendered, headers.message_id);
        put(out, &["MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"", &boundary, "\"\r\n"]);
        for (kind, text) in [("text/plain", &rendered.text), ("text/html", &rendered.html)] {
            put(out, &["\r\n--", &boundary, "\r\n"]);
            match as_it_is(text) {
                true => seven_bit(out, kind, text),
                false => MimePart::new(kind, text.as_str()).write_part(out),
            }
        }
        put(out, &["\r\n--", &boundary, "--\r\n"]);
    }
}

/// Whether a part can go without a transfer encoding (RFC 2045 2.7): ASCII, short lines, no stray carriage return.
fn as_it_is(text: &str) -> bool {
    text.is_ascii() && !text.bytes().any(|b| b == b'\r' || b == 0) && text.split('\n').all(|l| l.len() <= 998)
}

/// Our HTML is made to go like this: quoted-printable would take longer than all the rest of a mail and write each `=`
/// as three octets.
fn seven_bit(out: &mut Vec<u8>, kind: &str, text: &str) {
    put(out, &["Content-Type: ", kind, "; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"]);
    let mut rest = text;
    while let Some(end) = rest.find('\n') {
        put(out, &[&rest[..end], "\r\n"]);
        rest = &rest[end + 1..];
    }
    put(out, &[rest]);
}

fn write_headers(out: &mut Vec<u8>, headers: &Headers<'_>, subject: &HeaderText) {
    put(out, &["Date: "]);
    Date::new(headers.date.seconds()).write_rfc822(out);
    put(out, &["\r\n"]);
    mailbox(out, "From: ", headers.from);
    mailbox(out, "To: ", headers.to);
    if let Some(reply_to) = headers.reply_to {
        mailbox(out, "Reply-To: ", reply_to);
    }
    put(out, &["Subject: "]);
    Text::new(subject.as_str()).write_header(out, "Subject: ".len());
    put(out, &["Message-ID: <", headers.message_id.as_str(), ">\r\n"]);
    if let Some(list) = &headers.list {
        write_list(out, list);
    }
    if let Some(id) = headers.feedback_id {
        put(out, &["Feedback-ID: ", id.as_str(), "\r\n"]);
    }
    if headers.auto_generated {
        put(out, &["Auto-Submitted: auto-generated\r\n"]);
    }
}

fn write_list(out: &mut Vec<u8>, list: &List<'_>) {
    put(out, &["List-Id: "]);
    // The phrase before the id follows the rules of a display name (RFC 2919 2), and so does its encoding.
    named(out, "List-Id: ".len(), Some(&list.id.name), list.id.id());
    put(out, &["List-Unsubscribe: <", list.one_click.as_str(), ">"]);
    if let Some(mailto) = list.mailto {
        put(out, &[",\r\n <mailto:", &percent(mailto.as_str()), ">"]);
    }
    put(out, &["\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"]);
}

fn mailbox(out: &mut Vec<u8>, header: &str, mailbox: &Mailbox) {
    put(out, &[header]);
    named(out, header.len(), mailbox.name.as_ref(), mailbox.address.as_str());
}

fn named(out: &mut Vec<u8>, column: usize, name: Option<&HeaderText>, id: &str) {
    let name = name.map(|n| n.as_str().into());
    Address::Address(EmailAddress { name, email: id.into() }).write_header(out, column);
}

/// An address inside a `mailto:` (RFC 6068 2): what a URI gives a meaning of its own is percent-encoded.
fn percent(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for b in address.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'@' | b'.' | b'-' | b'_' | b'~' | b'+') {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

/// A boundary made from the Message-ID. `=_` cannot occur in quoted-printable or base64 (RFC 2045 6.7), and a part that
/// goes as it is and holds the boundary makes it longer.
fn boundary(rendered: &Rendered, id: &MessageId) -> String {
    let local = id.as_str().split('@').next().unwrap_or_default();
    let mut boundary = String::with_capacity(48);
    boundary.push_str("=_");
    boundary.extend(local.chars().filter(char::is_ascii_alphanumeric).take(48));
    while rendered.text.contains(&boundary) || rendered.html.contains(&boundary) {
        boundary.push('x');
        if boundary.len() > 69 {
            // RFC 2046 5.1.1 ends a boundary at 70 characters: begin again with other letters.
            boundary.truncate(2);
            boundary.push('y');
        }
    }
    boundary
}

fn put(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.write(part.as_bytes());
    }
}
