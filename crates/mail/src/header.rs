//! What may stand in a header: types that cannot hold a line break, so that nothing can be injected.

use std::borrow::Cow;
use std::fmt;

use volens_core::Micros;
use volens_core::id::DeliveryKey;

/// Longest text in a header, in characters: mail programs show less than a third of it.
const LONGEST: usize = 250;

/// One line of text for a header: no control characters, no bidi overrides, nothing that reads as an encoded word
/// (RFC 2047, which a mail program would decode to what was taken out here), at most 250 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderText(String);

impl HeaderText {
    /// The text with line breaks made spaces, everything invisible that could mislead taken out, and its end cut.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::owned(text.to_owned())
    }

    /// The same without a copy when nothing has to change.
    #[must_use]
    pub fn owned(text: String) -> Self {
        let text = match clean(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(cleaned) => cleaned,
        };
        let text = if text.contains("=?") { text.replace("=?", "= ?") } else { text };
        let trimmed = text.trim();
        let text = if trimmed.len() == text.len() { text } else { trimmed.to_owned() };
        if text.len() <= LONGEST || text.chars().count() <= LONGEST {
            return Self(text);
        }
        let mut cut: String = text.chars().take(LONGEST - 1).collect();
        cut.truncate(cut.trim_end().len());
        cut.push('…');
        Self(cut)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes out what does not belong in one line of text: white space and breaks become a space, controls go, and so do
/// the marks that turn the reading direction (U+202A to U+202E, U+2066 to U+2069), with which `exe.txt` reads `txt.exe`.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let odd = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    if !text.contains(odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if odd(c) => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A value that a header cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// No address that SMTP could carry.
    #[error("{0:?} is not an e-mail address that can be written to. Write it as name@example.com")]
    Address(String),
    /// No web address.
    #[error("{0:?} is not a web address. Write it in full, such as https://letters.example.com/leave/...")]
    Url(String),
    /// A list id may hold letters, figures, dots, hyphens and underscores.
    #[error("{0:?} cannot be a List-Id (RFC 2919). Take letters, figures, dots and hyphens, at most 255 in all")]
    ListId(String),
    /// The sender id at its end has 5 to 15 letters, figures, hyphens.
    #[error("{0:?} cannot be the sender id of a Feedback-ID. Take 5 to 15 letters, figures or hyphens")]
    FeedbackId(String),
}

fn short(s: &str) -> String {
    clean(s).chars().take(80).collect()
}

/// An address as it stands in headers and envelopes: the domain as A-labels (RFC 5890), the local part as it came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AddrSpec(String);

impl AddrSpec {
    /// Checks and converts an address (RFC 5321 4.1.2, RFC 6531 3.3): a dot-atom local part of at most 64 octets.
    ///
    /// # Errors
    /// Anything else; quoted local parts and address literals are refused.
    pub fn parse(address: &str) -> Result<Self, BadHeader> {
        let bad = || BadHeader::Address(short(address));
        let (local, domain) = address.rsplit_once('@').ok_or_else(bad)?;
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        let wide = |c: char| {
            !c.is_ascii() && !c.is_control() && !c.is_whitespace() && !clean(c.encode_utf8(&mut [0; 4])).is_empty()
        };
        let dots =
            !local.is_empty() && local.split('.').all(|a| !a.is_empty() && a.chars().all(|c| atom(c) || wide(c)));
        if !dots || local.len() > 64 {
            return Err(bad());
        }
        let domain = ascii_domain(domain).ok_or_else(bad)?;
        Ok(Self(format!("{local}@{domain}")))
    }

    /// The address of a person, which core has checked already.
    #[must_use]
    pub fn of(address: &volens_core::address::EmailAddress) -> Self {
        Self(address.envelope())
    }

    /// The address, its domain in ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether only a server with SMTPUTF8 (RFC 6531) can take it: a local part has no ASCII form.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.0.is_ascii()
    }
}

impl fmt::Display for AddrSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(domain).ok()?;
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    (ascii.len() <= 253 && ascii.split('.').all(label)).then_some(ascii)
}

/// An address with the name that is shown for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// What mail programs show.
    pub name: Option<HeaderText>,
    /// Where it goes.
    pub address: AddrSpec,
}

impl Mailbox {
    /// An address without a name.
    #[must_use]
    pub fn bare(address: AddrSpec) -> Self {
        Self { name: None, address }
    }

    /// An address with a name; an empty name counts as none.
    #[must_use]
    pub fn named(name: &str, address: AddrSpec) -> Self {
        let name = HeaderText::new(name);
        Self { name: (!name.as_str().is_empty()).then_some(name), address }
    }
}

/// An absolute http or https address in ASCII without anything that could end it early in a header or an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUrl(String);

impl WebUrl {
    /// Checks an address.
    ///
    /// # Errors
    /// Other schemes, spaces, controls, quotes, angle brackets, non-ASCII, more than 900 octets.
    pub fn parse(url: &str) -> Result<Self, BadHeader> {
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let fits = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\'' | b'\\' | b'`');
        match host {
            Some(h) if !h.is_empty() && !h.starts_with('/') && url.len() <= 900 && url.bytes().all(fits) => {
                Ok(Self(url.to_owned()))
            }
            _ => Err(BadHeader::Url(short(url))),
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A Message-ID without its angle brackets (RFC 5322 3.6.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// The id, without angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The Message-ID of a delivery: the same at each attempt, so that a resend is seen as one.
///
/// `stream_made` is when the stream was created. It keeps the ids of a fresh database apart from those of the one
/// before it, since stream numbers begin again at 1 and mailboxes drop a Message-ID that they have seen.
/// Characters of `host` that a domain cannot hold are left out.
#[must_use]
pub fn message_id(delivery: DeliveryKey, stream_made: Micros, host: &str) -> MessageId {
    use std::fmt::Write as _;
    let mut id = String::with_capacity(48 + host.len());
    let _ = write!(id, "{:x}.{:x}.{:x}@", stream_made.0, delivery.stream.0, delivery.ordinal);
    id.extend(host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')));
    MessageId(id)
}

/// A List-Id (RFC 2919): a name and an identifier under the operator's domain, the same for every letter of a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListId {
    /// What is shown.
    pub name: HeaderText,
    id: String,
}

impl ListId {
    /// `name <label.host>`.
    ///
    /// # Errors
    /// A label or host that RFC 2919 does not allow.
    pub fn new(name: &str, label: &str, host: &str) -> Result<Self, BadHeader> {
        let id = format!("{label}.{host}").to_ascii_lowercase();
        let fits = |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if id.len() > 255 || !id.split('.').all(fits) {
            return Err(BadHeader::ListId(short(&id)));
        }
        Ok(Self { name: HeaderText::new(name), id })
    }

    /// The part between the angle brackets.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// A Feedback-ID `campaign:purpose:kind:sender` (Google's feedback loop): never anything that names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackId(String);

impl FeedbackId {
    /// The first three are cut down to what may stand there; the sender id has to fit as it is.
    ///
    /// # Errors
    /// A sender id that is not of 5 to 15 letters, figures or hyphens.
    pub fn new(campaign: &str, purpose: &str, kind: &str, sender: &str) -> Result<Self, BadHeader> {
        let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let part = |s: &str| s.chars().filter(fits).take(40).collect::<String>();
        if !(5..=15).contains(&sender.len()) || !sender.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(BadHeader::FeedbackId(short(sender)));
        }
        Ok(Self(format!("{}:{}:{}:{sender}", part(campaign), part(purpose), part(kind))))
    }

    /// The value of the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_text_is_one_honest_line() {
        assert_eq!(HeaderText::new("Hello\r\nBcc: all@x.example").as_str(), "Hello Bcc: all@x.example");
        assert_eq!(HeaderText::new("=?utf-8?q?=0D=0ABcc:?=").as_str(), "= ?utf-8?q?=0D=0ABcc:?=");
        assert_eq!(HeaderText::new(" a\0b\u{202e}c\u{2066}d ").as_str(), "abcd");
        assert_eq!(HeaderText::new(&"é".repeat(10_000)).as_str().chars().count(), 250);
    }

    #[test]
    fn addresses_have_ascii_domains() {
        let a = AddrSpec::parse("giulia@bäckerei.example").unwrap();
        assert_eq!((a.as_str(), a.needs_smtputf8()), ("giulia@xn--bckerei-5wa.example", false));
        assert!(AddrSpec::parse("jürgen@example.de").unwrap().needs_smtputf8());
        for bad in
            ["", "a", "@b.c", "a@", "a b@c.d", "a..b@c.d", "a@b..c", "a@[1.2.3.4]", "a\r\n@b.c", "a<b@c.d", "\"a\"@b.c"]
        {
            assert!(AddrSpec::parse(bad).is_err(), "{bad:?}");
        }
        assert!(AddrSpec::parse(&format!("{}@b.c", "a".repeat(65))).is_err());
        assert!(AddrSpec::parse("a\u{202e}b@c.d").is_err());
    }

    #[test]
    fn urls_cannot_leave_their_brackets() {
        assert!(WebUrl::parse("https://l.example/u/abc_-1?x=1&y=2").is_ok());
        for bad in
            ["javascript:alert(1)", "https://", "https:///x", "https://a.b/>\r\nX: y", "https://a.b/\"x", "ftp://a.b"]
        {
            assert!(WebUrl::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ids_fit_their_rules() {
        let key = DeliveryKey { stream: volens_core::id::StreamNo(7), ordinal: 255 };
        assert_eq!(message_id(key, Micros(16), "mail.ex\r\nample").as_str(), "10.7.ff@mail.example");
        assert_eq!(ListId::new("The Bread letter", "bread", "nordic.example").unwrap().id(), "bread.nordic.example");
        assert!(ListId::new("x", "a b", "c.d").is_err() && ListId::new("x", &"a".repeat(300), "c.d").is_err());
        assert_eq!(
            FeedbackId::new("cmp:1", "bread", "letter", "nordicbakery").unwrap().as_str(),
            "cmp1:bread:letter:nordicbakery"
        );
        assert!(FeedbackId::new("a", "b", "c", "abc").is_err());
    }
}
