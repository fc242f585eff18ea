//! Doors for `fuzz/`: the two places where foreign bytes come in, without sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::listener::{Dialogue, ListenerConfig, Step, Verdict};
use crate::reply;

/// Reads `bytes` as replies until they run out or make no sense. Must not panic.
pub fn reply(mut bytes: &[u8]) {
    while let Ok(Some(raw)) = reply::parse(bytes) {
        assert!(raw.len() > 0 && !raw.to_reply().text.contains(char::is_control));
        bytes = &bytes[raw.len()..];
    }
}

/// Feeds a listener's session `bytes` in pieces of `piece`. Must not panic, pile up input, or take too big a message.
pub fn listener(bytes: &[u8], piece: usize) {
    let mut config = ListenerConfig::new("fuzz.example");
    (config.max_size, config.max_recipients) = (500, 3);
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 25));
    let mut dialogue = Dialogue::new(Arc::new(config), peer, false);
    let mut waiting = Vec::new();
    for more in bytes.chunks(piece.max(1)) {
        waiting.extend_from_slice(more);
        loop {
            let (used, step) = dialogue.step(&waiting);
            waiting.drain(..used);
            dialogue.out.clear();
            match step {
                Step::More => break,
                Step::Recipient(to) => dialogue.recipient_verdict(to, &Verdict::Accept),
                Step::Message(envelope, body) => {
                    assert!(body.len() <= 500 && (1..=3).contains(&envelope.recipients.len()));
                    dialogue.message_verdict(&Verdict::Accept);
                }
                Step::StartTls => dialogue.secured(),
                Step::Close => return,
            }
        }
        assert!(waiting.len() < 4_096 + piece);
    }
}
