//! E-mail addresses as a sign-up form or an import row may bring them: parsed once, then trusted.
//!
//! Accepted is what people have: a dot-atom (RFC 5321 4.1.2) or its UTF-8 form (RFC 6531) before the at sign, a domain
//! of at least two labels behind it. Quoted strings, comments and literals are correct by RFC 5322 and are refused with
//! words: nobody reads newsletters there, and each is a way to smuggle something into a header.

mod suggest;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Octets that a local part may have (RFC 5321 4.5.3.1.1).
pub const LOCAL_MAX: usize = 64;
/// Octets that a whole address may have (RFC 5321 4.5.3.1.3: a path of 256 with its angle brackets).
pub const ADDRESS_MAX: usize = 254;
/// More than this is not looked at: no address grows that long before NFC makes it short again.
const INPUT_MAX: usize = 2048;
/// Names that never receive mail (RFC 2606, RFC 6761, RFC 7686). `.test` and `.example` stay open for rehearsals.
const NOWHERE: [&str; 3] = ["invalid", "localhost", "onion"];

/// An e-mail address that mail can be sent to. Two are equal when they were typed alike: whether they are the same
/// mailbox is asked of [`EmailAddress::normalised`]. `Debug` prints it masked, so that no log holds an address.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    /// Local part as typed in NFC, `@`, domain in Unicode.
    shown: String,
    /// Where the at sign stands in `shown`.
    at: usize,
    /// The domain as A-labels, lower case.
    ascii: String,
}

/// Why a text is no address that we write to, and how to mend it. Carries no part of the address but one character.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing but white space.
    #[error("no address was given: type one, like name@example.org")]
    Empty,
    /// More than [`ADDRESS_MAX`] octets, as shown or with the domain in A-labels.
    #[error("the address has {octets} octets and mail allows {ADDRESS_MAX}: use a shorter one")]
    TooLong {
        /// Its length.
        octets: usize,
    },
    /// A control character: line end, tab inside, NUL.
    #[error("the address contains the control character U+{code:04X}: type it again without line ends or tabs")]
    ControlCharacter {
        /// The code point.
        code: u32,
    },
    /// A character that cannot be seen or that turns the direction of writing.
    #[error("the address contains the invisible character U+{code:04X}: type it by hand instead of pasting it")]
    Invisible {
        /// The code point.
        code: u32,
    },
    /// A space inside.
    #[error("the address contains a space: take it out, and give one address only")]
    Space,
    /// Angle brackets, as in `Name <name@example.org>`.
    #[error("angle brackets do not belong to the address: give only what stands between < and >")]
    AngleBrackets,
    /// A quoted local part (RFC 5321 4.1.2).
    #[error("addresses in quotation marks cannot be used here: give one without them")]
    Quoted,
    /// A comment (RFC 5322 3.2.2).
    #[error("remarks in round brackets do not belong to the address: leave them out")]
    Comment,
    /// An address literal such as `[192.0.2.1]` (RFC 5321 4.1.3).
    #[error("an address in square brackets cannot be used here: give a domain name like example.org after the @")]
    Literal,
    /// No at sign.
    #[error("the @ is missing: an address looks like name@example.org")]
    NoAt,
    /// More than one at sign.
    #[error("there is more than one @: give one address with one @")]
    ManyAts,
    /// Nothing before the at sign.
    #[error("there is nothing before the @: an address looks like name@example.org")]
    NoLocal,
    /// Nothing behind the at sign.
    #[error("there is nothing after the @: an address looks like name@example.org")]
    NoDomain,
    /// More than [`LOCAL_MAX`] octets before the at sign.
    #[error("the part before the @ has {octets} octets and mail allows {LOCAL_MAX}: use a shorter address")]
    LocalTooLong {
        /// Its length.
        octets: usize,
    },
    /// A dot first, last, or beside another before the at sign.
    #[error("before the @, a dot must stand between two characters: look for a dot too many")]
    LocalDots,
    /// A character that an unquoted local part cannot have.
    #[error("the character {character:?} cannot stand before the @: check the spelling")]
    LocalCharacter {
        /// The character; never a control character.
        character: char,
    },
    /// A dot first, last, or beside another behind the at sign.
    #[error("after the @, a dot must stand between two characters: look for a dot too many")]
    DomainDots,
    /// One label only, such as `localhost`.
    #[error("the part after the @ has no ending: it looks like example.org")]
    SingleLabel,
    /// A label of more than 63 octets as an A-label (RFC 1035 2.3.4).
    #[error("a name between two dots after the @ is longer than the 63 octets allowed: check the spelling")]
    LabelTooLong,
    /// An ending that no top-level domain has: figures or hyphens in it.
    #[error("the ending after the last dot is not one that exists: it looks like .org or .com")]
    Ending,
    /// A name that is reserved for never receiving mail.
    #[error("addresses that end in .{name} never receive mail: give a real one")]
    Nowhere {
        /// The last label.
        name: &'static str,
    },
    /// A domain that IDNA (UTS 46) refuses: a character, a hyphen in the wrong place, a broken `xn--` label.
    #[error(
        "the part after the @ is not a domain name: letters, figures, and hyphens between them; check the spelling"
    )]
    Domain,
}

impl AddressError {
    /// A stable name of the reason: the key of its text in the six languages, and the `code` of a report on an import.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "address-empty",
            Self::TooLong { .. } => "address-too-long",
            Self::ControlCharacter { .. } => "address-control-character",
            Self::Invisible { .. } => "address-invisible",
            Self::Space => "address-space",
            Self::AngleBrackets => "address-angle-brackets",
            Self::Quoted => "address-quoted",
            Self::Comment => "address-comment",
            Self::Literal => "address-literal",
            Self::NoAt => "address-no-at",
            Self::ManyAts => "address-many-ats",
            Self::NoLocal => "address-no-local",
            Self::NoDomain => "address-no-domain",
            Self::LocalTooLong { .. } => "address-local-too-long",
            Self::LocalDots => "address-local-dots",
            Self::LocalCharacter { .. } => "address-local-character",
            Self::DomainDots => "address-domain-dots",
            Self::SingleLabel => "address-single-label",
            Self::LabelTooLong => "address-label-too-long",
            Self::Ending => "address-ending",
            Self::Nowhere { .. } => "address-nowhere",
            Self::Domain => "address-domain",
        }
    }
}

impl EmailAddress {
    /// Reads what a person typed. Spaces around it are cut off; a line end around it is refused, because only a
    /// program sends one.
    ///
    /// # Errors
    /// [`AddressError`]: the first thing that is wrong, with its remedy.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches(|c: char| c == '\t' || (c.is_whitespace() && !breaks_lines(c)));
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > INPUT_MAX {
            return Err(AddressError::TooLong { octets: text.len() });
        }
        // Nearly all addresses are ASCII, which is in NFC.
        let text = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect::<String>()) };
        refuse_characters(&text)?;
        let (local, domain) = split(&text)?;
        check_local(local)?;
        let ascii = domain_to_ascii(domain)?;
        let unicode = readable(&ascii)?;
        let octets = local.len() + 1 + ascii.len().max(unicode.len());
        if octets > ADDRESS_MAX {
            return Err(AddressError::TooLong { octets });
        }
        Ok(Self { shown: format!("{local}@{unicode}"), at: local.len(), ascii })
    }

    /// To show to its owner: as typed, in NFC, the domain in Unicode and lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The part before the at sign, as typed, in NFC.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.shown[..self.at]
    }

    /// The domain as A-labels, lower case: what DNS is asked for.
    #[must_use]
    pub fn domain_ascii(&self) -> &str {
        &self.ascii
    }

    /// The domain in Unicode, lower case.
    #[must_use]
    pub fn domain_unicode(&self) -> &str {
        &self.shown[self.at + 1..]
    }

    /// For MAIL FROM, RCPT TO and header fields: local part as typed, domain as A-labels. At most 254 octets, no
    /// control character, nothing that a header field would have to quote.
    #[must_use]
    pub fn envelope(&self) -> String {
        format!("{}@{}", self.local(), self.ascii)
    }

    /// Whether the server must know SMTPUTF8 (RFC 6531): the local part is not ASCII.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.local().is_ascii()
    }

    /// For pages and logs: `g…i@example.it`. Of a local part of up to two characters nothing is shown, of three and
    /// four the first.
    #[must_use]
    pub fn masked(&self) -> String {
        let local = self.local();
        let first = local.chars().next().map_or(String::new(), String::from);
        let last = local.chars().next_back().filter(|c| !is_combining_mark(*c)).map_or(String::new(), String::from);
        match local.chars().count() {
            0..=2 => format!("…@{}", self.domain_unicode()),
            3..=4 => format!("{first}…@{}", self.domain_unicode()),
            _ => format!("{first}…{last}@{}", self.domain_unicode()),
        }
    }

    /// What makes two addresses the same mailbox for us (normalisation version 1).
    #[must_use]
    pub fn normalised(&self) -> NormalisedAddress {
        let local: String = self.local().to_lowercase().nfc().collect();
        NormalisedAddress(format!("{local}@{}", self.ascii))
    }

    /// What was probably meant, when the domain is a slip of a big mail provider's: `gmial.com`, `example.con`.
    #[must_use]
    pub fn suggestion(&self) -> Option<Self> {
        let domain = suggest::better_domain(&self.ascii)?;
        Self::parse(&format!("{}@{domain}", self.local())).ok()
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = AddressError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.shown)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// An address in the form that is hashed into its key: NFC, local part in lower case, domain as lower-case A-labels.
/// Dots and `+tags` stay: they are the mailbox owner's business. Made by [`EmailAddress::normalised`] only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NormalisedAddress(String);

impl NormalisedAddress {
    /// The version of these rules. It is hashed along: a new version never collides with an old one.
    pub const VERSION: u8 = 1;

    /// The normalised text. Not for sending: a mail server may tell `Greta` from `greta`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NormalisedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NormalisedAddress(…)")
    }
}

/// White space that ends a line or a page: it is never cut off, it is refused.
fn breaks_lines(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that show nothing or move what stands beside them: direction marks, zero-width joints, fillers, variation
/// selectors, tags; private use and noncharacters, which everybody shows otherwise.
fn invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E
        | 0x2060..=0x206F | 0x2800 | 0x3164 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
        | 0xFFF0..=0xFFFD | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF | 0xF0000..=0x10FFFF)
        || u32::from(c) & 0xFFFE == 0xFFFE
}

fn refuse_characters(text: &str) -> Result<(), AddressError> {
    for c in text.chars() {
        let code = u32::from(c);
        match c {
            c if breaks_lines(c) => return Err(AddressError::ControlCharacter { code }),
            c if invisible(c) => return Err(AddressError::Invisible { code }),
            _ => {}
        }
    }
    match text.chars().find(|c| matches!(c, '"' | '<' | '>' | '(' | ')' | '[' | ']')) {
        Some('"') => Err(AddressError::Quoted),
        Some('<' | '>') => Err(AddressError::AngleBrackets),
        Some('(' | ')') => Err(AddressError::Comment),
        Some(_) => Err(AddressError::Literal),
        None if text.chars().any(char::is_whitespace) => Err(AddressError::Space),
        None => Ok(()),
    }
}

fn split(text: &str) -> Result<(&str, &str), AddressError> {
    let (local, domain) = text.split_once('@').ok_or(AddressError::NoAt)?;
    match (local, domain) {
        (_, d) if d.contains('@') => Err(AddressError::ManyAts),
        ("", _) => Err(AddressError::NoLocal),
        (_, "") => Err(AddressError::NoDomain),
        both => Ok(both),
    }
}

fn check_local(local: &str) -> Result<(), AddressError> {
    if local.len() > LOCAL_MAX {
        return Err(AddressError::LocalTooLong { octets: local.len() });
    }
    for atom in local.split('.') {
        // A mark without a letter under it would combine with the dot or the at sign.
        match atom.chars().next() {
            None => return Err(AddressError::LocalDots),
            Some(character) if is_combining_mark(character) => {
                return Err(AddressError::LocalCharacter { character });
            }
            Some(_) => {}
        }
        let wrong = |c: &char| c.is_ascii() && !c.is_ascii_alphanumeric() && !"!#$%&'*+-/=?^_`{|}~".contains(*c);
        if let Some(character) = atom.chars().find(wrong) {
            return Err(AddressError::LocalCharacter { character });
        }
    }
    Ok(())
}

/// The domain as people read it. Without an A-label it is what it looks like.
fn readable(ascii: &str) -> Result<Cow<'_, str>, AddressError> {
    if !ascii.contains("xn--") {
        return Ok(Cow::Borrowed(ascii));
    }
    let (unicode, readable) = Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    if readable.is_err() || unicode.chars().any(|c| c.is_control() || invisible(c)) {
        return Err(AddressError::Domain);
    }
    Ok(unicode)
}

/// The domain as lower-case A-labels by UTS 46, non-transitional, with the rules that a mail domain adds.
fn domain_to_ascii(domain: &str) -> Result<String, AddressError> {
    // The full stops that UTS 46 reads as a dot.
    let labels: Vec<&str> = domain.split(['.', '\u{3002}', '\u{FF0E}', '\u{FF61}']).collect();
    if labels.iter().any(|l| l.is_empty()) {
        return Err(AddressError::DomainDots);
    }
    if labels.iter().any(|l| l.is_ascii() && l.len() > 63) {
        return Err(AddressError::LabelTooLong);
    }
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Ignore)
        .map_err(|_| AddressError::Domain)?
        .to_ascii_lowercase();
    if ascii.split('.').any(str::is_empty) {
        return Err(AddressError::DomainDots);
    }
    if ascii.split('.').any(|l| l.len() > 63) {
        return Err(AddressError::LabelTooLong);
    }
    let (_, ending) = ascii.rsplit_once('.').ok_or(AddressError::SingleLabel)?;
    if !ending.starts_with("xn--") && !ending.bytes().all(|b| b.is_ascii_lowercase()) {
        return Err(AddressError::Ending);
    }
    match NOWHERE.into_iter().find(|n| *n == ending) {
        Some(name) => Err(AddressError::Nowhere { name }),
        None => Ok(ascii),
    }
}
