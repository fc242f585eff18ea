//! 10,000 mails from the client to the listener, byte for byte.

use std::collections::HashMap;

use volens_wire::{Listener, ListenerConfig, Offer, Outcome, Outgoing, Protocol};

use super::{Catcher, brief, mail, relay, send_all};

/// Bodies of many shapes: empty, dots, 8-bit, long lines, several kilobytes.
fn body(number: usize) -> Vec<u8> {
    let mut body = format!("Message-ID: <{number}@t.example>\r\n\r\n").into_bytes();
    match number % 8 {
        0 => body.clear(),
        1 => body.extend_from_slice(b".\r\n..\r\n...\r\n.x\r\n\r\n.\r\n"),
        2 => body.extend_from_slice("Gr\u{fc}\u{df}e \u{2014} \u{1f35e}\r\n".as_bytes()),
        3 => body.extend_from_slice(&[[b'y'; 998].as_slice(), b"\r\n"].concat()),
        4 => body.extend_from_slice(&b"0123456789abcdefghijklmnopqrstuvwxyz .\r\n".repeat(230)),
        5 => body = b".\r\n".to_vec(),
        6 => body.extend_from_slice(&[b"\xff\xfe\x80\r\n".as_slice(), b"\r\n"].concat()),
        _ => body.extend_from_slice(b"plain\r\n"),
    }
    body
}

fn message(number: usize) -> Outgoing<usize> {
    let body = body(number);
    let eight_bit = !body.is_ascii();
    Outgoing { eight_bit, ..mail(number, &format!("r{number}@example.org"), &body) }
}

async fn carry(count: usize, window: usize, protocol: Protocol, offer: Offer) {
    let mut config = ListenerConfig::new("mx.example");
    config.offer = offer;
    config.protocol = protocol;
    let catcher = Catcher::default();
    let listener = Listener::bind("127.0.0.1:0", config, catcher.clone()).await.expect("listener");
    let mut relay = relay(listener.local_addr());
    relay.sessions = 8;
    relay.window = window;
    relay.protocol = protocol;
    let outcomes = send_all(relay, (0..count).map(message).collect()).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted { .. })));
    let mut caught: HashMap<String, (String, Vec<u8>)> = HashMap::new();
    for (envelope, bytes) in catcher.mails() {
        assert_eq!(envelope.recipients.len(), 1);
        assert!(caught.insert(envelope.recipients[0].clone(), (envelope.from, bytes)).is_none());
    }
    assert_eq!(caught.len(), count);
    for number in 0..count {
        let (from, bytes) = &caught[&format!("r{number}@example.org")];
        assert_eq!(from, "bounce@news.example");
        assert!(*bytes == body(number), "mail {number} was changed on its way");
    }
    listener.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_by_bdat() {
    carry(10_000, 1, Protocol::Smtp, Offer::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_by_bdat_in_a_window_of_four() {
    carry(10_000, 4, Protocol::Smtp, Offer::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_by_data() {
    carry(10_000, 1, Protocol::Smtp, Offer { chunking: false, ..Offer::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_by_data_in_a_window_of_four() {
    carry(10_000, 4, Protocol::Smtp, Offer { chunking: false, ..Offer::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn step_by_step_without_pipelining() {
    let plain = Offer { chunking: false, pipelining: false, size: false, ..Offer::default() };
    carry(2_000, 4, Protocol::Smtp, plain).await;
    carry(500, 1, Protocol::Smtp, Offer { pipelining: false, ..Offer::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_lmtp() {
    carry(1_000, 1, Protocol::Lmtp, Offer::default()).await;
    carry(1_000, 4, Protocol::Lmtp, Offer { chunking: false, ..Offer::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_recipients_do_not_disturb_their_neighbours() {
    let offers = [
        Offer::default(),
        Offer { chunking: false, ..Offer::default() },
        Offer { chunking: false, pipelining: false, ..Offer::default() },
    ];
    for offer in offers {
        for window in [1, 4] {
            let mut config = ListenerConfig::new("mx.example");
            config.offer = offer.clone();
            let catcher = Catcher::default();
            let listener = Listener::bind("127.0.0.1:0", config, catcher.clone()).await.expect("listener");
            let mut relay = relay(listener.local_addr());
            relay.sessions = 1;
            relay.window = window;
            let name = |number: usize| if number.is_multiple_of(3) { "nobody" } else { "somebody" };
            let messages = (0..300).map(|number| Outgoing {
                from: format!("verp-{number}@news.example"),
                ..mail(number, &format!("{}-{number}@example.org", name(number)), &body(number | 1))
            });
            let messages = messages.map(|message| Outgoing { eight_bit: true, ..message }).collect();
            for (number, outcome) in send_all(relay, messages).await.iter().enumerate() {
                let expected = if number % 3 == 0 { "refused Rcpt 550" } else { "accepted" };
                assert_eq!(brief(outcome), expected, "{number} {offer:?} {window}");
            }
            let mails = catcher.mails();
            assert_eq!(mails.len(), 200);
            for (envelope, bytes) in mails {
                let number: usize = envelope.from[5..].split('@').next().expect("number").parse().expect("number");
                assert_eq!(envelope.recipients, [format!("somebody-{number}@example.org")]);
                assert!(bytes == body(number | 1));
            }
            listener.close().await;
        }
    }
}
