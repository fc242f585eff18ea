//! The body after DATA: dots undone, the end found, line ends checked.

use memchr::memchr;

/// Where the reading of one DATA body stands.
#[derive(Debug)]
pub(crate) struct DataState {
    line_start: bool,
    /// A CR or LF alone was seen. Servers disagree about such lines, so the message is refused (SMTP smuggling).
    pub bare_line_end: bool,
}

/// What the bytes held.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DataEvent {
    /// The body goes on.
    More,
    /// The body is complete: CR LF . CR LF, and nothing else, ends it (RFC 5321 4.1.1.4).
    End,
    /// The body is larger than `max`.
    TooBig,
}

impl DataState {
    pub fn new() -> Self {
        Self { line_start: true, bare_line_end: false }
    }

    /// Moves as many bytes as can be judged from `input` to `body`; returns how many were taken. One or two bytes may
    /// be left over until more come.
    pub fn feed(&mut self, input: &[u8], body: &mut Vec<u8>, max: usize) -> (usize, DataEvent) {
        let mut at = 0;
        while at < input.len() {
            let mut rest = &input[at..];
            if self.line_start {
                match rest {
                    [b'.'] | [b'.', b'\r'] => break,
                    [b'.', b'\r', b'\n', ..] => return (at + 3, DataEvent::End),
                    [b'.', tail @ ..] => {
                        at += 1;
                        rest = tail;
                    }
                    _ => {}
                }
            }
            let (line, ended) = match memchr(b'\n', rest) {
                Some(end) => (&rest[..=end], true),
                None => (rest.strip_suffix(b"\r").unwrap_or(rest), false),
            };
            self.line_start &= line.is_empty();
            if line.is_empty() {
                break;
            }
            if body.len() + line.len() > max {
                return (at, DataEvent::TooBig);
            }
            self.line_start = self.check(line, ended);
            body.extend_from_slice(line);
            at += line.len();
        }
        (at, DataEvent::More)
    }

    /// Looks at a line or, if it is not `ended`, at a part of one. True if it ends in CR LF.
    fn check(&mut self, line: &[u8], ended: bool) -> bool {
        let inner = line.strip_suffix(b"\r\n");
        if ended && inner.is_none() || memchr(b'\r', inner.unwrap_or(line)).is_some() {
            self.bare_line_end = true;
        }
        inner.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds `bytes` in pieces of `piece`; the body, whether it ended, the bytes left, whether a bare end was seen.
    fn run(bytes: &[u8], piece: usize) -> (Vec<u8>, bool, Vec<u8>, bool) {
        let (mut state, mut body, mut waiting) = (DataState::new(), Vec::new(), Vec::new());
        let mut pieces = bytes.chunks(piece.max(1));
        while let Some(more) = pieces.next() {
            waiting.extend_from_slice(more);
            let (used, event) = state.feed(&waiting, &mut body, 1_000_000);
            waiting.drain(..used);
            if event == DataEvent::End {
                waiting.extend(pieces.flatten());
                return (body, true, waiting, state.bare_line_end);
            }
        }
        (body, false, waiting, state.bare_line_end)
    }

    #[test]
    fn dots_are_undone_and_the_end_is_found_in_any_pieces() {
        for piece in 1..12 {
            let (body, ended, rest, bare) = run(b"a\r\n..\r\n...b\r\n.c\r\n\r\n.\r\nQUIT\r\n", piece);
            assert_eq!(body, b"a\r\n.\r\n..b\r\nc\r\n\r\n", "{piece}");
            assert!(ended && !bare && rest == b"QUIT\r\n", "{piece}");
            assert_eq!(run(b".\r\n", piece), (Vec::new(), true, Vec::new(), false));
        }
    }

    #[test]
    fn only_crlf_dot_crlf_ends_a_body() {
        for smuggled in ["a\n.\r\n", "a\n.\n", "a\r\n.\n", "a\r.\r\n", "a\r.\r", "a\r\n.\r\r\n", "\n.\r\n"] {
            for piece in 1..6 {
                let (_, ended, ..) = run(smuggled.as_bytes(), piece);
                assert!(!ended, "{smuggled:?} in pieces of {piece}");
                let (_, ended, _, bare) = run(format!("{smuggled}x\r\n.\r\n").as_bytes(), piece);
                assert!(ended && bare, "{smuggled:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_body_over_the_limit_is_seen_before_it_is_stored() {
        let (mut state, mut body) = (DataState::new(), Vec::new());
        let (_, event) = state.feed(&[b'x'; 100], &mut body, 99);
        assert_eq!(event, DataEvent::TooBig);
        assert!(body.len() <= 99);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(bytes in "[a.\r\n]{0,60}", piece in 1usize..9) {
            prop_assert_eq!(run(bytes.as_bytes(), piece), run(bytes.as_bytes(), 1000));
        }

        #[test]
        fn what_the_client_stuffs_comes_back(lines in proptest::collection::vec("[.a]{0,4}", 0..12), piece in 1usize..9) {
            let body: Vec<u8> = lines.iter().flat_map(|line| format!("{line}\r\n").into_bytes()).collect();
            let mut stuffed = Vec::new();
            crate::client::push_dot_stuffed(&mut stuffed, &body);
            prop_assert_eq!(run(&stuffed, piece), (body, true, Vec::new(), false));
        }
    }
}
