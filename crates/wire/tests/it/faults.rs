//! A relay that refuses, hangs, drops and babbles at every stage: what the report must say.

use std::sync::Arc;

use volens_testkit::sink::{At, Fault, Offers, SinkConfig, refuse_first};
use volens_wire::{Credentials, Missing, Outcome, Outgoing, RelayConfig, Secret};

use super::{brief, impatient, mail, relay, reply, send_all, send_one, sink};

const BODY: &[u8] = b"Message-ID: <1@t.example>\r\n\r\nhello\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Bdat,
    Data,
    Steps,
}

fn offers(way: Way) -> Offers {
    Offers { chunking: way == Way::Bdat, pipelining: way != Way::Steps, auth_plain: true, ..Offers::default() }
}

fn with_login(mut config: RelayConfig) -> RelayConfig {
    config.auth = Some(Credentials { user: "u".into(), password: Secret::new("p") });
    config
}

/// Sends one message to a sink with one fault; the outcome in short and the number of messages the sink took.
async fn strike(way: Way, at: At, fault: Fault) -> (String, usize) {
    let login = Some(("u".to_owned(), "p".to_owned()));
    let sink =
        sink(SinkConfig { offers: offers(way), login, faults: vec![(at, fault)], ..SinkConfig::default() }).await;
    let outcome = send_one(with_login(impatient(sink.addr())), mail(0, "a@example.org", BODY)).await;
    (brief(&outcome), sink.count())
}

#[tokio::test]
async fn a_refusal_is_reported_with_its_stage() {
    for code in [451, 550] {
        for way in [Way::Bdat, Way::Data, Way::Steps] {
            let places = [
                (At::Greeting, "Greeting"),
                (At::Hello, "Hello"),
                (At::Auth, "Auth"),
                (At::Mail, "Mail"),
                (At::Rcpt, "Rcpt"),
                (At::End, "End"),
            ];
            for (at, stage) in places {
                let (outcome, taken) = strike(way, at, Fault::Reply(reply(code))).await;
                assert_eq!((outcome, taken), (format!("refused {stage} {code}"), 0), "{way:?} {at:?}");
            }
            if way != Way::Bdat {
                let (outcome, _) = strike(way, At::Data, Fault::Reply(reply(code))).await;
                assert_eq!(outcome, format!("refused Data {code}"));
            }
        }
    }
}

/// Where the body leaves together with its envelope, silence at any place leaves us ignorant.
#[tokio::test]
async fn silence_and_drops_are_judged_by_position() {
    for fault in [Fault::Hang, Fault::Drop] {
        for way in [Way::Bdat, Way::Data, Way::Steps] {
            for (at, stage) in [(At::Greeting, "Greeting"), (At::Hello, "Hello"), (At::Auth, "Auth")] {
                assert_eq!(strike(way, at, fault.clone()).await, (format!("not sent {stage}"), 0), "{way:?} {at:?}");
            }
            for (at, stage) in [(At::Mail, "Mail"), (At::Rcpt, "Rcpt"), (At::Data, "Data")] {
                let expected = match (way, at) {
                    (Way::Bdat, At::Data) => continue,
                    (Way::Bdat, _) => "unknown".to_owned(),
                    _ => format!("not sent {stage}"),
                };
                assert_eq!(strike(way, at, fault.clone()).await, (expected, 0), "{way:?} {at:?}");
            }
            for at in [At::Body, At::End] {
                assert_eq!(strike(way, at, fault.clone()).await, ("unknown".to_owned(), 0), "{way:?} {at:?}");
            }
            assert_eq!(strike(way, At::Accepted, fault.clone()).await, ("unknown".to_owned(), 1), "{way:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_of_a_big_body_is_not_sent() {
    let big = b"0123456789abcdefghijklmnopqrstuvwxyz\r\n".repeat(1_500_000);
    for way in [Way::Bdat, Way::Data] {
        let faults = vec![(At::Body, Fault::Drop)];
        let offers = Offers { size: None, ..offers(way) };
        let sink = sink(SinkConfig { offers, faults, ..SinkConfig::default() }).await;
        let outcome = send_one(relay(sink.addr()), mail(0, "a@example.org", &big)).await;
        let Outcome::NotSent { stage, .. } = outcome else { panic!("{way:?} {outcome:?}") };
        // With BDAT the relay may drop before its answers to the envelope are read.
        assert!(way == Way::Bdat || stage == volens_wire::Stage::End, "{stage:?}");
        assert_eq!(sink.count(), 0);
    }
}

#[tokio::test]
async fn garbage_ends_the_connection() {
    let garbage = [
        b"HTTP/1.1 400 Bad Request\r\n".to_vec(),
        b"\xff\xfe\x00\x01".to_vec(),
        b"250-one\r\n550 two\r\n".to_vec(),
        b"250-endless\r\n".repeat(2_000),
        vec![b'2'; 10_000],
        b"354 odd\r\n".to_vec(),
    ];
    for bytes in garbage {
        let raw = || Fault::Raw(bytes.clone());
        let (outcome, _) = strike(Way::Data, At::Greeting, raw()).await;
        assert!(outcome == "not sent Greeting" || outcome == "refused Greeting 354", "{outcome}");
        let (outcome, _) = strike(Way::Data, At::Mail, raw()).await;
        assert_eq!(outcome, "not sent Mail");
        let (outcome, _) = strike(Way::Bdat, At::Mail, raw()).await;
        assert_eq!(outcome, "unknown");
        let (outcome, taken) = strike(Way::Data, At::Accepted, raw()).await;
        assert_eq!((outcome.as_str(), taken), ("unknown", 1));
    }
}

#[tokio::test]
async fn a_421_is_the_last_word_of_its_session() {
    for way in [Way::Bdat, Way::Data, Way::Steps] {
        for (at, stage) in [(At::Mail, "Mail"), (At::Rcpt, "Rcpt"), (At::End, "End"), (At::Auth, "Auth")] {
            let (outcome, _) = strike(way, at, Fault::Reply(reply(421))).await;
            assert_eq!(outcome, format!("refused {stage} 421"), "{way:?} {at:?}");
        }
    }
    // In a window, what was behind it and fully written is unknown: nobody answered for it.
    let faults = vec![(At::End, Fault::Reply(reply(421)))];
    let sink = sink(SinkConfig { faults, faults_last: Some(1), ..SinkConfig::default() }).await;
    let mut config = relay(sink.addr());
    (config.sessions, config.window) = (1, 4);
    let messages = (0..40).map(|number| mail(number, "a@example.org", BODY)).collect();
    let outcomes: Vec<String> = send_all(config, messages).await.iter().map(brief).collect();
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "refused End 421").count(), 1);
    let unknown = outcomes.iter().filter(|outcome| *outcome == "unknown").count();
    assert!(unknown <= 3, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "accepted").count(), 39 - unknown);
    assert_eq!((sink.count(), sink.connections()), (39 - unknown, 2));
}

#[tokio::test]
async fn data_after_refusals_ends_in_a_lone_dot_or_not_at_all() {
    // A server that says 354 although it refused the only recipient (RFC 2920 3.1).
    let script =
        b"220 x\r\n250-x\r\n250 PIPELINING\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n250 empty taken\r\n250 reset\r\n";
    let (address, seen) = canned(script).await;
    let outcome = send_one(impatient(address), mail(0, "a@example.org", BODY)).await;
    assert_eq!(brief(&outcome), "refused Rcpt 550");
    let seen = seen.await.expect("server");
    assert!(seen.contains("DATA\r\n.\r\n") && !seen.contains("hello"), "{seen}");
    // MAIL refused, RCPT taken, 354: a dot would deliver an empty message.
    let script = b"220 x\r\n250-x\r\n250 PIPELINING\r\n451 no\r\n250 ok\r\n354 go\r\n250 empty taken\r\n";
    let (address, seen) = canned(script).await;
    let outcome = send_one(impatient(address), mail(0, "a@example.org", BODY)).await;
    assert_eq!(brief(&outcome), "refused Mail 451");
    let seen = seen.await.expect("server");
    assert!(seen.ends_with("DATA\r\n"), "{seen}");
}

/// A server that says its lines one at a time whatever it hears; later ones only when the client spoke.
async fn canned(script: &'static [u8]) -> (std::net::SocketAddr, tokio::task::JoinHandle<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = socket.local_addr().expect("address");
    let task = tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.expect("accept");
        let lines: Vec<&[u8]> = script.split_inclusive(|&byte| byte == b'\n').collect();
        let (mut next, mut heard) = (1, Vec::new());
        stream.write_all(lines[0]).await.expect("write");
        let mut buffer = [0; 4096];
        loop {
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            if read == 0 {
                return String::from_utf8_lossy(&heard).into_owned();
            }
            heard.extend_from_slice(&buffer[..read]);
            for _ in buffer[..read].iter().filter(|&&byte| byte == b'\n') {
                while next < lines.len() {
                    let more = lines[next][3] == b'-';
                    stream.write_all(lines[next]).await.expect("write");
                    next += 1;
                    if !more {
                        break;
                    }
                }
            }
        }
    });
    (address, task)
}

#[tokio::test]
async fn what_the_relay_lacks_is_said_before_anything_is_sent() {
    let offers = Offers { smtputf8: false, eight_bit: false, size: Some(100), ..Offers::default() };
    let sink = sink(SinkConfig { offers, keep_bytes: true, ..SinkConfig::default() }).await;
    let messages = vec![
        mail(0, "jörg@example.org", BODY),
        Outgoing { utf8: true, ..mail(1, "a@example.org", BODY) },
        Outgoing { eight_bit: true, ..mail(2, "a@example.org", BODY) },
        mail(3, "a@example.org", &[b'x'; 101]),
        mail(4, "a@example.org", BODY),
    ];
    let outcomes = send_all(relay(sink.addr()), messages).await;
    let missing: Vec<_> = outcomes
        .iter()
        .map(|outcome| if let Outcome::Unsupported { what } = outcome { Some(*what) } else { None })
        .collect();
    let utf8 = Some(Missing::SmtpUtf8);
    assert_eq!(missing, [utf8, utf8, Some(Missing::EightBitMime), Some(Missing::Size { limit: 100 }), None]);
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn parameters_are_used_where_they_are_needed_and_offered() {
    let sink = sink(SinkConfig::default()).await;
    let mut config = relay(sink.addr());
    config.sessions = 1;
    let messages = vec![
        mail(0, "a@example.org", BODY),
        Outgoing { eight_bit: true, ..mail(1, "jörg@example.org", BODY) },
        Outgoing { from: String::new(), ..mail(2, "a@example.org", BODY) },
    ];
    let outcomes = send_all(config, messages).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted { .. })), "{outcomes:?}");
    let taken = sink.accepted();
    let size = BODY.len();
    assert_eq!(taken[0].parameters, format!("SIZE={size}"));
    assert_eq!(taken[1].parameters, format!("SIZE={size} BODY=8BITMIME SMTPUTF8"));
    assert_eq!(taken[1].to, ["jörg@example.org"]);
    assert_eq!(taken[2].from, "");
    assert_eq!(taken[0].message_id, "<1@t.example>");
}

#[tokio::test]
async fn injected_commands_never_reach_the_relay() {
    let sink = sink(SinkConfig::default()).await;
    let evil = ["a@b.example>\r\nRCPT TO:<c@d.example", "a b@c.example", "a@b.example\0", "<a@b.example"];
    let mut messages: Vec<_> = evil.iter().enumerate().map(|(number, to)| mail(number, to, BODY)).collect();
    messages.push(Outgoing { from: "x@y\r\nDATA".into(), ..mail(evil.len(), "a@b.example", BODY) });
    messages.push(mail(evil.len() + 1, "a@b.example", b"x\n.\r\nMAIL FROM:<a@b>\r\n"));
    for outcome in send_all(relay(sink.addr()), messages).await {
        assert!(matches!(outcome, Outcome::Malformed { .. }), "{outcome:?}");
    }
    assert_eq!((sink.connections(), sink.count()), (0, 0));
}

#[tokio::test]
async fn greylisting_and_scripts_by_recipient() {
    let config = SinkConfig {
        rcpt: Some(refuse_first(1, reply(450))),
        end: Some(Arc::new(|to| to.starts_with("full").then(|| reply(552)))),
        ..SinkConfig::default()
    };
    let sink = sink(config).await;
    for expected in ["refused Rcpt 450", "accepted"] {
        let outcome = send_one(relay(sink.addr()), mail(0, "a@example.org", BODY)).await;
        assert_eq!(brief(&outcome), expected);
    }
    for expected in ["refused Rcpt 450", "refused End 552"] {
        let outcome = send_one(relay(sink.addr()), mail(0, "full@example.org", BODY)).await;
        assert_eq!(brief(&outcome), expected);
    }
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn a_server_without_pipelining_is_waited_for() {
    let offers = Offers { pipelining: false, chunking: false, ..Offers::default() };
    let sink = sink(SinkConfig { offers, rcpt: Some(refuse_first(1, reply(450))), ..SinkConfig::default() }).await;
    let mut config = relay(sink.addr());
    (config.sessions, config.window) = (1, 4);
    let messages = (0..20).map(|number| mail(number, &format!("{}@example.org", number / 2), BODY)).collect();
    let outcomes: Vec<String> = send_all(config, messages).await.iter().map(brief).collect();
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "accepted").count(), 10, "{outcomes:?}");
    assert_eq!(sink.impatient(), 0);
}
