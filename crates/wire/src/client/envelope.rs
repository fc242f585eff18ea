//! What the client writes: addresses that can not break a command line, and dot-stuffed bodies.

use memchr::{memchr2_iter, memmem};

/// Longest address taken, in bytes (RFC 5321 4.5.3.1.3: 256 with its angle brackets).
const MAX_ADDRESS: usize = 254;

/// A message that no server may see: it would break out of its command line or out of DATA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// The recipient is empty.
    #[error("the recipient is empty")]
    NoRecipient,
    /// The return path is no address that can stand in a command.
    #[error("the return path holds a space, an angle bracket or a control character, or is over {MAX_ADDRESS} bytes")]
    ReturnPath,
    /// The recipient is no address that can stand in a command.
    #[error("the recipient holds a space, an angle bracket or a control character, or is over {MAX_ADDRESS} bytes")]
    Recipient,
    /// A line of the body ends in CR or LF alone, at this byte. Servers disagree about such lines (SMTP smuggling).
    #[error("the body has a line that does not end in CR LF, at byte {at}")]
    BareLineEnd {
        /// Byte offset.
        at: usize,
    },
}

/// Refuses what could end a command or a body early.
pub(crate) fn check(from: &str, to: &str, body: &[u8]) -> Result<(), BadMessage> {
    if to.is_empty() {
        return Err(BadMessage::NoRecipient);
    }
    if !fits_in_a_command(from) {
        return Err(BadMessage::ReturnPath);
    }
    if !fits_in_a_command(to) {
        return Err(BadMessage::Recipient);
    }
    match bare_line_end(body) {
        Some(at) => Err(BadMessage::BareLineEnd { at }),
        None => Ok(()),
    }
}

fn fits_in_a_command(address: &str) -> bool {
    let ordinary = |byte: &u8| (b'!'..=b'~').contains(byte) && !matches!(byte, b'<' | b'>');
    address.len() <= MAX_ADDRESS
        && (address.as_bytes().iter().all(ordinary)
            || !address.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>')))
}

/// Offset of the first CR without LF or LF without CR.
fn bare_line_end(body: &[u8]) -> Option<usize> {
    let mut ends = memchr2_iter(b'\r', b'\n', body);
    while let Some(at) = ends.next() {
        if body[at] == b'\n' || body.get(at + 1) != Some(&b'\n') {
            return Some(at);
        }
        ends.next();
    }
    None
}

/// Appends `body` as DATA wants it (RFC 5321 4.5.2): dots doubled at line beginnings, `.` on a line of its own last.
/// The body must have passed [`check`].
pub(crate) fn push_dot_stuffed(out: &mut Vec<u8>, body: &[u8]) {
    out.reserve(body.len() + 16);
    if body.first() == Some(&b'.') {
        out.push(b'.');
    }
    let mut from = 0;
    for at in memmem::find_iter(body, b"\n.") {
        out.extend_from_slice(&body[from..=at]);
        out.push(b'.');
        from = at + 1;
    }
    out.extend_from_slice(&body[from..]);
    out.extend_from_slice(if body.is_empty() || body.ends_with(b"\r\n") { b".\r\n" } else { b"\r\n.\r\n" });
}

/// Appends the decimal digits of `number`.
pub(crate) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuffed(body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        push_dot_stuffed(&mut out, body);
        out
    }

    #[test]
    fn dots_at_line_beginnings_are_doubled() {
        assert_eq!(stuffed(b""), b".\r\n");
        assert_eq!(stuffed(b".\r\n"), b"..\r\n.\r\n");
        assert_eq!(stuffed(b"a\r\n.\r\n..b\r\nc.\r\n"), b"a\r\n..\r\n...b\r\nc.\r\n.\r\n");
        assert_eq!(stuffed(b"no end"), b"no end\r\n.\r\n");
    }

    #[test]
    fn addresses_that_break_a_command_are_refused() {
        assert_eq!(check("", "a@b.example", b""), Ok(()));
        assert_eq!(check("", "jörg@bücher.example", b""), Ok(()));
        for bad in ["a@b\r\nRCPT TO:<c@d>", "a b@c", "a\n@b", "a\0@b", "a@b> SIZE=1", "<a@b", "a@b\u{85}", "a\u{a0}@b"]
        {
            assert_eq!(check(bad, "a@b.example", b""), Err(BadMessage::ReturnPath), "{bad:?}");
            assert_eq!(check("", bad, b""), Err(BadMessage::Recipient), "{bad:?}");
        }
        assert_eq!(check("", &"x".repeat(255), b""), Err(BadMessage::Recipient));
        assert_eq!(check("", "", b""), Err(BadMessage::NoRecipient));
    }

    #[test]
    fn bare_line_ends_are_found() {
        let at = |body: &[u8]| check("", "a@b", body).err();
        assert_eq!(at(b"a\r\n\r\nb"), None);
        assert_eq!(at(b"a\n.\nb"), Some(BadMessage::BareLineEnd { at: 1 }));
        assert_eq!(at(b"a\r\n\r.\r\n"), Some(BadMessage::BareLineEnd { at: 3 }));
        assert_eq!(at(b"a\r"), Some(BadMessage::BareLineEnd { at: 1 }));
        assert_eq!(at(b"a\r\r\n"), Some(BadMessage::BareLineEnd { at: 1 }));
        assert_eq!(at(b"a\r\n\n"), Some(BadMessage::BareLineEnd { at: 3 }));
    }

    #[test]
    fn numbers() {
        let mut out = Vec::new();
        push_number(&mut out, 0);
        out.push(b' ');
        push_number(&mut out, u64::MAX);
        assert_eq!(out, b"0 18446744073709551615");
    }
}
