//! SMTP replies (RFC 5321 section 4.2): the value callers read and a strict, bounded parser.

use std::fmt;

/// Longest reply line taken, in bytes. RFC 5321 4.5.3.1.5 says 512; servers with long policy texts exceed it.
pub const MAX_REPLY_LINE: usize = 2_000;
/// Longest reply taken, all lines together, in bytes.
pub const MAX_REPLY: usize = 8_000;

/// One SMTP reply, e.g. `550 5.1.1 No such user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three-digit code, 200 to 559.
    pub code: u16,
    /// Enhanced status code (RFC 3463) of the first line, if its class fits the code.
    pub enhanced: Option<(u8, u16, u16)>,
    /// Text without code and enhanced code; lines joined by one space, control characters replaced.
    pub text: String,
}

impl Reply {
    /// A reply from its parts, for scripted servers and tests.
    pub fn new(code: u16, enhanced: Option<(u8, u16, u16)>, text: impl Into<String>) -> Self {
        Self { code, enhanced, text: text.into() }
    }

    /// True for 2xx: the command was carried out.
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// True for 5xx: the same again will fail (RFC 5321 4.2.1).
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some((class, subject, detail)) = self.enhanced {
            write!(f, " {class}.{subject}.{detail}")?;
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, " {}", self.text) }
    }
}

/// Bytes that are no SMTP reply; the connection they came from can not be trusted any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Garbage {
    /// A line does not begin with a code of 200 to 559 and a space, hyphen or line end.
    #[error("the server sent a line that is no SMTP reply")]
    NoCode,
    /// The lines of one reply carry different codes.
    #[error("the server sent a reply whose lines carry different codes")]
    MixedCodes,
    /// A line is longer than [`MAX_REPLY_LINE`] or the reply longer than [`MAX_REPLY`].
    #[error("the server sent an endless reply")]
    TooLong,
}

/// A complete reply inside a buffer: code and raw lines, not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawReply<'a> {
    pub code: u16,
    /// All bytes of the reply, line ends included.
    raw: &'a [u8],
}

impl<'a> RawReply<'a> {
    /// Number of bytes that the reply takes in the buffer.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// The text of each line, after code and separator, without line end.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        self.raw.split_inclusive(|&byte| byte == b'\n').map(|line| trim_line_end(line).get(4..).unwrap_or_default())
    }

    /// The owned reply.
    pub fn to_reply(self) -> Reply {
        let mut text = String::with_capacity(self.raw.len().saturating_sub(6));
        let mut enhanced = None;
        for (number, line) in self.lines().enumerate() {
            let (status, rest) = split_enhanced(line, self.code);
            if number == 0 {
                enhanced = status;
            } else if !text.is_empty() {
                text.push(' ');
            }
            push_printable(&mut text, rest);
        }
        Reply { code: self.code, enhanced, text }
    }
}

/// Finds the first complete reply in `bytes`. `None`: more bytes are needed. Looks at no more than [`MAX_REPLY`] bytes.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<RawReply<'_>>, Garbage> {
    let mut at = 0;
    let mut code = None;
    loop {
        let rest = &bytes[at..];
        let window = &rest[..rest.len().min(MAX_REPLY_LINE)];
        let Some(end) = memchr::memchr(b'\n', window) else {
            if rest.len() >= MAX_REPLY_LINE || bytes.len() >= MAX_REPLY {
                return Err(Garbage::TooLong);
            }
            check_partial(window)?;
            return Ok(None);
        };
        let (line_code, last) = parse_line(trim_line_end(&window[..=end]))?;
        if *code.get_or_insert(line_code) != line_code {
            return Err(Garbage::MixedCodes);
        }
        at += end + 1;
        if at > MAX_REPLY {
            return Err(Garbage::TooLong);
        }
        if last {
            return Ok(Some(RawReply { code: line_code, raw: &bytes[..at] }));
        }
    }
}

/// Code of one line without line end, and whether it is the last line of its reply.
fn parse_line(line: &[u8]) -> Result<(u16, bool), Garbage> {
    let (code, separator) = match line {
        [a, b, c] => ([*a, *b, *c], b' '),
        [a, b, c, separator, ..] => ([*a, *b, *c], *separator),
        _ => return Err(Garbage::NoCode),
    };
    if !matches!(code, [b'2'..=b'5', b'0'..=b'5', b'0'..=b'9']) || !matches!(separator, b' ' | b'-') {
        return Err(Garbage::NoCode);
    }
    let code = code.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    Ok((code, separator == b' '))
}

/// An unfinished line must at least begin like a reply, so that garbage without a line end is seen at once.
fn check_partial(line: &[u8]) -> Result<(), Garbage> {
    let fits = line.iter().take(4).enumerate().all(|(at, byte)| match at {
        0 => matches!(byte, b'2'..=b'5'),
        1 => matches!(byte, b'0'..=b'5'),
        2 => byte.is_ascii_digit(),
        _ => matches!(byte, b' ' | b'-' | b'\r'),
    });
    if fits { Ok(()) } else { Err(Garbage::NoCode) }
}

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Takes `5.1.1 ` off the front of a line, if it is one and of the class of `code` (RFC 2034 section 4).
fn split_enhanced(line: &[u8], code: u16) -> (Option<(u8, u16, u16)>, &[u8]) {
    let end = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
    let status = std::str::from_utf8(&line[..end]).ok().and_then(|word| {
        let mut parts = word.split('.');
        let class = parse_number(parts.next()?)?;
        let subject = parse_number(parts.next()?)?;
        let detail = parse_number(parts.next()?)?;
        (parts.next().is_none() && class == code / 100).then_some((u8::try_from(class).ok()?, subject, detail))
    });
    match status {
        Some(status) => (Some(status), line.get(end + 1..).unwrap_or_default()),
        None => (None, line),
    }
}

fn parse_number(digits: &str) -> Option<u16> {
    let plain = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

fn push_printable(text: &mut String, bytes: &[u8]) {
    if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        text.push_str(&String::from_utf8_lossy(bytes));
    } else {
        let shown = String::from_utf8_lossy(bytes);
        text.extend(shown.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(bytes: &[u8]) -> Reply {
        parse(bytes).unwrap().unwrap().to_reply()
    }

    #[test]
    fn a_line_with_an_enhanced_code() {
        let reply = one(b"550 5.1.1 No such user\r\n250 next\r\n");
        assert_eq!(reply, Reply::new(550, Some((5, 1, 1)), "No such user"));
        assert_eq!(reply.to_string(), "550 5.1.1 No such user");
        assert!(reply.is_permanent());
    }

    #[test]
    fn several_lines_become_one_text() {
        let bytes = b"451-4.7.1 Too many\r\n451-4.7.1 messages,\r\n451 4.7.1 try later\r\n";
        let raw = parse(bytes).unwrap().unwrap();
        assert_eq!(raw.len(), bytes.len());
        assert_eq!(raw.to_reply(), Reply::new(451, Some((4, 7, 1)), "Too many messages, try later"));
    }

    #[test]
    fn a_status_of_another_class_is_text() {
        assert_eq!(one(b"250 5.1.1 odd\r\n"), Reply::new(250, None, "5.1.1 odd"));
        assert_eq!(one(b"250 127.0.0.1 hello\r\n").enhanced, None);
    }

    #[test]
    fn bare_code_bare_line_feed_and_foreign_bytes_are_taken() {
        assert_eq!(one(b"250\r\n"), Reply::new(250, None, ""));
        assert_eq!(one(b"250 ok\n").text, "ok");
        assert_eq!(one(b"250 a\x07b\xff\r\n").text, "a b\u{fffd}");
    }

    #[test]
    fn garbage_is_named() {
        assert_eq!(parse(b"HTTP/1.1 400 Bad Request\r\n"), Err(Garbage::NoCode));
        assert_eq!(parse(b"HT"), Err(Garbage::NoCode));
        assert_eq!(parse(b"199 odd\r\n"), Err(Garbage::NoCode));
        assert_eq!(parse(b"250_odd\r\n"), Err(Garbage::NoCode));
        assert_eq!(parse(b"250-a\r\n251 b\r\n"), Err(Garbage::MixedCodes));
        let endless = [b"250 ".as_slice(), &[b'x'; MAX_REPLY_LINE]].concat();
        assert_eq!(parse(&endless), Err(Garbage::TooLong));
        assert_eq!(parse(&b"250-x\r\n".repeat(2_000)), Err(Garbage::TooLong));
        assert_eq!(parse(b"250-a\r\n250"), Ok(None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_reply_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(Some(raw)) = parse(&bytes) {
                prop_assert!(raw.len() <= bytes.len());
                prop_assert!(!raw.to_reply().text.contains(char::is_control));
            }
        }

        #[test]
        fn reply_like_bytes_too(text in "([245][0-5][0-9][- ]?[ -~]{0,20}\r?\n?){0,6}") {
            let mut cut = None;
            for end in 0..=text.len() {
                match parse(&text.as_bytes()[..end]) {
                    Ok(Some(raw)) => { cut.get_or_insert(raw.len()); prop_assert_eq!(Some(raw.len()), cut); }
                    Ok(None) => prop_assert_eq!(cut, None),
                    Err(_) => break,
                }
            }
        }
    }
}
