//! The dialogue alone: scripted sessions, hostile bytes, bounds.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn config() -> ListenerConfig {
    let mut config = ListenerConfig::new("mx.example");
    config.max_size = 1_000;
    config.max_recipients = 3;
    config
}

/// Feeds `bytes` in pieces; refuses recipients that begin with "no". Returns replies, messages and whether it closed.
fn converse(config: ListenerConfig, bytes: &[u8], piece: usize) -> (String, Vec<(Envelope, Vec<u8>)>, bool) {
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 25));
    let mut dialogue = Dialogue::new(Arc::new(config), peer, false);
    let (mut waiting, mut messages, mut out) = (Vec::new(), Vec::new(), Vec::new());
    for more in bytes.chunks(piece.max(1)) {
        waiting.extend_from_slice(more);
        loop {
            let (used, step) = dialogue.step(&waiting);
            waiting.drain(..used);
            out.append(&mut dialogue.out);
            match step {
                Step::More => break,
                Step::Recipient(to) if to.starts_with("no") => {
                    let (enhanced, text) = ((5, 1, 1), "No\r\nsuch person".to_owned());
                    dialogue.recipient_verdict(to, &Verdict::Refuse { code: 550, enhanced, text });
                }
                Step::Recipient(to) => dialogue.recipient_verdict(to, &Verdict::Accept),
                Step::Message(envelope, body) => {
                    messages.push((envelope, body));
                    dialogue.message_verdict(&Verdict::Accept);
                }
                Step::StartTls => dialogue.secured(),
                Step::Close => {
                    out.append(&mut dialogue.out);
                    return (String::from_utf8_lossy(&out).into_owned(), messages, true);
                }
            }
        }
        assert!(waiting.len() <= 4_096 + piece, "input piles up: {}", waiting.len());
    }
    out.append(&mut dialogue.out);
    (String::from_utf8_lossy(&out).into_owned(), messages, false)
}

/// The reply codes of final lines.
fn codes(replies: &str) -> Vec<&str> {
    replies.lines().filter(|line| line.get(3..4) != Some("-")).map(|line| &line[..3]).collect()
}

#[test]
fn a_whole_session_in_one_write_or_byte_by_byte() {
    let script = "EHLO me\r\nMAIL FROM:<a@b.example> SIZE=20 BODY=8BITMIME\r\nRCPT TO:<no@b.example>\r\n\
        RCPT TO:<yes@b.example>\r\nDATA\r\nhello\r\n..\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nBDAT 3\r\nabc\
        BDAT 4 LAST\r\n\n.\n\0NOOP\r\nHELP\r\nVRFY x\r\nQUIT\r\n";
    for piece in [1, 2, 3, 7, 10_000] {
        let (replies, messages, closed) = converse(config(), script.as_bytes(), piece);
        let expected = "220 250 250 550 250 354 250 250 250 250 250 250 214 252 221";
        assert_eq!(codes(&replies).join(" "), expected, "{replies}");
        assert!(closed);
        assert_eq!(messages.len(), 2);
        assert_eq!(
            (messages[0].0.from.as_str(), messages[0].1.as_slice()),
            ("a@b.example", b"hello\r\n.\r\n".as_slice())
        );
        assert_eq!(messages[0].0.recipients, ["yes@b.example"]);
        assert!(messages[0].0.eight_bit && !messages[0].0.utf8);
        assert_eq!((messages[1].0.from.as_str(), messages[1].1.as_slice()), ("", b"abc\n.\n\0".as_slice()));
        assert_eq!(messages[1].0.recipients, ["postmaster"]);
        assert!(replies.contains("550 5.1.1 No  such person\r\n"), "a verdict can not break its line: {replies}");
    }
}

#[test]
fn commands_out_of_order_are_refused() {
    let all = |script: &str| codes(&converse(config(), script.as_bytes(), 100).0).join(" ");
    assert_eq!(all("MAIL FROM:<a@b>\r\n"), "220 503");
    assert_eq!(all("EHLO me\r\nRCPT TO:<a@b>\r\nDATA\r\n"), "220 250 503 503");
    assert_eq!(all("EHLO me\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nDATA\r\n"), "220 250 250 503 554");
    assert_eq!(
        all("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<no@b>\r\nBDAT 3 LAST\r\nabcRSET\r\n"),
        "220 250 250 550 503 250"
    );
    assert_eq!(all("LHLO me\r\nSTARTTLS\r\nAUTH PLAIN x\r\nWAT\r\n"), "220 502 502 502 500");
    assert_eq!(all("EHLO me\nNOOP\r\n"), "220 500 250");
    assert_eq!(all("EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<>\r\n"), "220 250 250 501");
    assert_eq!(all("EHLO me\r\nMAIL FROM:<é@b>\r\nMAIL FROM:<é@b> SMTPUTF8\r\n"), "220 250 553 250");
    let four = "RCPT TO:<a@b>\r\n".repeat(4);
    assert_eq!(all(&format!("EHLO me\r\nMAIL FROM:<a@b>\r\n{four}")), "220 250 250 250 250 250 452");
}

#[test]
fn too_big_is_said_before_it_is_read() {
    let start = "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n";
    let (replies, _, _) = converse(config(), b"EHLO me\r\nMAIL FROM:<a@b> SIZE=1001\r\n", 100);
    assert!(replies.contains("552 5.3.4"));
    let (replies, messages, closed) = converse(config(), format!("{start}BDAT 1001 LAST\r\n").as_bytes(), 100);
    assert!(replies.contains("552 5.3.4") && messages.is_empty() && closed);
    let long = format!("{start}DATA\r\n{}", "x\r\n".repeat(400));
    let (replies, messages, closed) = converse(config(), long.as_bytes(), 100);
    assert!(replies.contains("552 5.3.4") && messages.is_empty() && closed);
    let huge = format!("{start}BDAT 18446744073709551614\r\nxxxx");
    assert!(converse(config(), huge.as_bytes(), 100).2);
}

#[test]
fn smuggling_is_refused_and_the_session_stays_in_step() {
    let script = b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\n.\r\nMAIL FROM:<evil@b>\r\n.\r\nNOOP\r\n";
    let (replies, messages, closed) = converse(config(), script, 100);
    assert_eq!(codes(&replies).join(" "), "220 250 250 250 354 550 250");
    assert!(messages.is_empty() && !closed);
}

#[test]
fn endless_lines_odd_chunks_and_too_many_errors_end_the_session() {
    let (replies, _, closed) = converse(config(), &[b'A'; 10_000], 64);
    assert!(closed && replies.contains("500 5.5.2 Line too long"));
    let (replies, _, closed) = converse(config(), b"EHLO me\r\nBDAT many\r\nMAIL FROM:<a@b>\r\n", 64);
    assert!(closed && replies.contains("421 "), "{replies}");
    let (replies, _, closed) = converse(config(), "GET / HTTP/1.1\r\n".repeat(30).as_bytes(), 64);
    assert!(closed && replies.contains("421 4.3.2 Too many errors"));
}

#[test]
fn lmtp_answers_once_for_each_recipient() {
    let mut lmtp = config();
    lmtp.protocol = Protocol::Lmtp;
    let script =
        "EHLO me\r\nLHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@b>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n";
    let (replies, messages, _) = converse(lmtp, script.as_bytes(), 100);
    assert_eq!(codes(&replies).join(" "), "220 502 250 250 250 250 354 250 250 221");
    assert_eq!(messages.len(), 1);
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let verbs = "(EHLO x|LHLO x|MAIL FROM:<a@b>|MAIL FROM:<[ -~]{0,8}>( SIZE=[0-9]{1,22})?|RCPT TO:<[a-z@\"\\\\ ]{0,9}>|DATA|\
        BDAT [0-9]{1,4}( LAST)?|BDAT [0-9]{20}|RSET|NOOP|AUTH [A-Z]{0,5} ?|[A-Z]{0,6} [ -~]{0,12})(\r\n|\n|\r)";
    prop_oneof![
        8 => verbs.prop_map(String::into_bytes),
        2 => proptest::collection::vec(any::<u8>(), 0..80),
        1 => Just(b".\r\n".to_vec()),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600), piece in 1usize..200) {
        let (replies, _, _) = converse(config(), &bytes, piece);
        prop_assert!(replies.starts_with("220 mx.example"));
    }

    #[test]
    fn any_session_is_survived_and_no_message_breaks_the_limits(
        lines in proptest::collection::vec(line(), 0..30), piece in 1usize..200
    ) {
        let (replies, messages, _) = converse(config(), &lines.concat(), piece);
        for reply in replies.lines() {
            prop_assert!(reply.as_bytes()[..3].iter().all(u8::is_ascii_digit), "{}", reply);
        }
        for (envelope, body) in messages {
            prop_assert!((1..=3).contains(&envelope.recipients.len()));
            prop_assert!(body.len() <= 1_000);
            prop_assert!(!envelope.from.contains(char::is_control));
        }
    }
}
