//! The pool's own behaviour: connections, back-off, stale connections, closing, load.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use volens_testkit::sink::{At, Fault, Offers, Sink, SinkConfig};
use volens_wire::{Outcome, Pool, Stage};

use super::{brief, impatient, mail, relay, reply, send_all, send_one, sink};

const BODY: &[u8] = b"Message-ID: <1@t.example>\r\n\r\nhello\r\n";

#[tokio::test]
async fn an_unreachable_relay_is_not_hammered_and_recovers() {
    let gone = sink(SinkConfig::default()).await;
    let addr = gone.addr();
    drop(gone);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut config = relay(addr);
    config.sessions = 1;
    let (pool, mut reports) = Pool::start(config).expect("config");
    let began = Instant::now();
    for number in 0..4 {
        pool.send(mail(number, "a@example.org", BODY)).await.expect("open");
    }
    for _ in 0..4 {
        let report = reports.recv().await.expect("report");
        let Outcome::NotSent { stage: Stage::Connect, why } = report.outcome else { panic!("{:?}", report.outcome) };
        assert!(why.contains("could not be reached"), "{why}");
    }
    assert!(began.elapsed() >= Duration::from_millis(50 + 100 + 200), "no pause between the tries");
    let back = Sink::start_on(addr, SinkConfig::default()).await.expect("sink");
    pool.send(mail(4, "a@example.org", BODY)).await.expect("open");
    assert_eq!(brief(&reports.recv().await.expect("report").outcome), "accepted");
    assert_eq!(back.count(), 1);
    pool.close(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn connections_are_kept_worn_out_and_closed_when_idle() {
    let sink = sink(SinkConfig::default()).await;
    let mut config = relay(sink.addr());
    config.sessions = 1;
    config.messages_per_connection = Some(10);
    config.timeouts.idle = Duration::from_millis(200);
    let (pool, mut reports) = Pool::start(config).expect("config");
    for number in 0..35 {
        pool.send(mail(number, "a@example.org", BODY)).await.expect("open");
        assert_eq!(brief(&reports.recv().await.expect("report").outcome), "accepted");
    }
    assert_eq!(sink.connections(), 4);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(sink.commands().iter().filter(|line| *line == "QUIT").count(), 4);
    pool.send(mail(99, "a@example.org", BODY)).await.expect("open");
    assert_eq!(brief(&reports.recv().await.expect("report").outcome), "accepted");
    assert_eq!(sink.connections(), 5);
    pool.close(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn few_messages_keep_few_connections() {
    let sink = sink(SinkConfig::default()).await;
    let mut config = relay(sink.addr());
    config.sessions = 10;
    let (pool, mut reports) = Pool::start(config).expect("config");
    for number in 0..50 {
        pool.send(mail(number, "a@example.org", BODY)).await.expect("open");
        assert_eq!(brief(&reports.recv().await.expect("report").outcome), "accepted");
        tokio::task::yield_now().await;
    }
    assert!(sink.connections() <= 2, "{}", sink.connections());
    pool.close(Duration::from_secs(1)).await;
}

/// The relay restarts while our connection rests: the next message must not become unknown.
#[tokio::test]
async fn a_connection_that_died_at_rest_costs_no_message() {
    let first = sink(SinkConfig::default()).await;
    let addr = first.addr();
    let mut config = relay(addr);
    config.sessions = 1;
    config.timeouts.idle = Duration::from_secs(60);
    let (pool, mut reports) = Pool::start(config).expect("config");
    pool.send(mail(0, "a@example.org", BODY)).await.expect("open");
    assert_eq!(brief(&reports.recv().await.expect("report").outcome), "accepted");
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = Sink::start_on(addr, SinkConfig::default()).await.expect("sink");
    pool.send(mail(1, "a@example.org", BODY)).await.expect("open");
    assert_eq!(brief(&reports.recv().await.expect("report").outcome), "accepted");
    assert_eq!(second.count(), 1);
    pool.close(Duration::from_secs(1)).await;
}

/// The relay drops the connection at the first command after a rest: the envelope went ahead alone, so the message is
/// tried again on a fresh connection. A second drop is reported.
#[tokio::test]
async fn the_first_message_after_a_rest_is_careful() {
    for last_faulty in [1, 2] {
        let server = canned_then_drop(last_faulty).await;
        let mut config = relay(server.0);
        config.sessions = 1;
        let (pool, mut reports) = Pool::start(config).expect("config");
        pool.send(mail(0, "a@example.org", BODY)).await.expect("open");
        assert_eq!(brief(&reports.recv().await.expect("report").outcome), "accepted");
        tokio::time::sleep(Duration::from_millis(3_300)).await;
        pool.send(mail(1, "a@example.org", BODY)).await.expect("open");
        let expected = if last_faulty == 1 { "accepted" } else { "unknown" };
        assert_eq!(brief(&reports.recv().await.expect("report").outcome), expected);
        pool.close(Duration::from_secs(1)).await;
    }
}

/// Takes one message a connection with BDAT; the first connection drops at its second MAIL, and if `drops` is 2 the
/// second connection drops at its first.
async fn canned_then_drop(drops: usize) -> (std::net::SocketAddr, tokio::task::JoinHandle<()>) {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = socket.local_addr().expect("address");
    let task = tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = socket.accept().await.expect("accept");
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 x\r\n").await.expect("write");
            let (mut line, mut mails) = (String::new(), 0);
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                let reply: &[u8] = match line.get(..4) {
                    Some("EHLO") => b"250-x\r\n250-PIPELINING\r\n250 CHUNKING\r\n",
                    Some("MAIL") => {
                        mails += 1;
                        if connection == 0 && mails == 2 || connection == 1 && drops == 2 {
                            break;
                        }
                        b"250 ok\r\n"
                    }
                    Some("BDAT") => {
                        let size = line.split(' ').nth(1).expect("size").parse().expect("size");
                        let mut chunk = vec![0; size];
                        stream.read_exact(&mut chunk).await.expect("chunk");
                        b"250 ok\r\n"
                    }
                    _ => b"250 ok\r\n",
                };
                stream.write_all(reply).await.expect("write");
                line.clear();
            }
        }
    });
    (address, task)
}

#[tokio::test]
async fn an_urgent_message_goes_first_and_what_waits_can_be_called_back() {
    let sink = sink(SinkConfig { delay_ms: Some(100..=100), ..SinkConfig::default() }).await;
    let mut config = relay(sink.addr());
    config.sessions = 1;
    let (pool, mut reports) = Pool::start(config).expect("config");
    for number in 0..5 {
        pool.send(mail(number, "a@example.org", BODY)).await.expect("open");
    }
    pool.send_first(mail(9, "a@example.org", BODY)).await.expect("open");
    let first = reports.recv().await.expect("report").key;
    assert!(first == 0 || first == 9, "{first} overtook");
    if first == 0 {
        assert_eq!(reports.recv().await.expect("report").key, 9);
    }
    let waiting: Vec<_> = pool.recall().into_iter().map(|m| m.key).collect();
    let last = reports.recv().await.expect("report").key;
    assert_eq!(waiting, (last + 1..5).collect::<Vec<_>>());
    assert_eq!(pool.in_flight(), 0);
    pool.close(Duration::from_secs(1)).await;
    assert!(reports.recv().await.is_none(), "one report for each that was not called back");
}

#[tokio::test]
async fn closing_waits_gives_back_and_judges() {
    let faults = vec![(At::End, Fault::Hang)];
    let sink = sink(SinkConfig { faults, ..SinkConfig::default() }).await;
    let mut config = relay(sink.addr());
    config.sessions = 2;
    let (pool, mut reports) = Pool::start(config).expect("config");
    for number in 0..10 {
        pool.send(mail(number, "a@example.org", BODY)).await.expect("open");
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    pool.close(Duration::from_millis(300)).await;
    assert!(pool.send(mail(10, "a@example.org", BODY)).await.is_err());
    assert!(pool.try_send(mail(10, "a@example.org", BODY)).is_err());
    let mut outcomes = Vec::new();
    while let Some(report) = reports.recv().await {
        outcomes.push(brief(&report.outcome));
    }
    outcomes.sort();
    let expected: Vec<_> = (0..8).map(|_| "not sent Queue").chain(["unknown"; 2]).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(pool.in_flight(), 0);
}

#[tokio::test]
async fn a_dropped_pool_reports_everything_too() {
    let faults = vec![(At::Greeting, Fault::Hang)];
    let sink = sink(SinkConfig { faults, ..SinkConfig::default() }).await;
    let mut config = relay(sink.addr());
    config.sessions = 1;
    let (pool, mut reports) = Pool::start(config).expect("config");
    for number in 0..5 {
        pool.send(mail(number, "a@example.org", BODY)).await.expect("open");
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(pool);
    let mut keys = HashSet::new();
    while let Some(report) = reports.recv().await {
        assert!(matches!(report.outcome, Outcome::NotSent { .. }));
        assert!(keys.insert(report.key));
    }
    assert_eq!(keys.len(), 5);
}

/// Issue 3, point 10: 50 sessions, replies late, 2 % withheld, 4xx among them. Every message has one fate, and it is
/// the true one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_balance_with_withheld_replies() {
    for (window, chunking) in [(1, true), (2, true), (2, false)] {
        let config = SinkConfig {
            offers: Offers { chunking, ..Offers::default() },
            delay_ms: Some(5..=50),
            withhold: 0.02,
            seed: 7,
            rcpt: Some(std::sync::Arc::new(|to| to.starts_with("9").then(|| reply(451)))),
            ..SinkConfig::default()
        };
        let sink = sink(config).await;
        let mut config = impatient(sink.addr());
        (config.sessions, config.window) = (50, window);
        let id = |number: usize| format!("<{number}@t.example>");
        let message = |number: usize| {
            let body = format!("Message-ID: {}\r\n\r\nhello\r\n", id(number));
            mail(number, &format!("{number}@example.org"), body.as_bytes())
        };
        let outcomes = send_all(config, (0..2_000).map(message).collect()).await;
        let taken: HashSet<String> = sink.message_ids().into_iter().collect();
        assert_eq!(taken.len(), sink.count(), "a message was taken twice");
        let withheld = sink.accepted().iter().filter(|accepted| accepted.withheld).count();
        assert!(withheld > 10);
        let mut unknown = 0;
        for (number, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Outcome::Accepted { .. } => assert!(taken.contains(&id(number))),
                Outcome::Unknown { .. } => unknown += 1,
                Outcome::Refused { stage: Stage::Rcpt, .. } => assert!(number.to_string().starts_with('9')),
                Outcome::NotSent { .. } => assert!(!taken.contains(&id(number))),
                other => panic!("{other:?}"),
            }
        }
        assert!(unknown >= withheld && unknown <= withheld * window, "{unknown} unknown, {withheld} withheld");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_messages_over_fifty_sessions() {
    let sink = sink(SinkConfig::default()).await;
    let mut config = relay(sink.addr());
    config.sessions = 50;
    let (pool, mut reports) = Pool::start(config).expect("config");
    let (mut sent, mut done, mut batch) = (0, 0, Vec::new());
    while done < 100_000 {
        while sent < 100_000 && pool.in_flight() < 200 {
            pool.send(mail(sent, "a@example.org", BODY)).await.expect("open");
            sent += 1;
        }
        done += reports.recv_many(&mut batch, 200).await;
        assert!(batch.drain(..).all(|report| matches!(report.outcome, Outcome::Accepted { .. })));
    }
    assert_eq!(sink.count(), 100_000);
    assert!(sink.connections() <= 50);
    pool.close(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_silent_session_holds_up_nobody() {
    let faults = vec![(At::Accepted, Fault::Hang)];
    let sink = sink(SinkConfig { faults, faults_last: Some(1), ..SinkConfig::default() }).await;
    let mut config = relay(sink.addr());
    config.sessions = 2;
    config.timeouts.end_of_data = Duration::from_millis(800);
    let began = Instant::now();
    let outcomes = send_all(config, (0..100).map(|number| mail(number, "a@example.org", BODY)).collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Unknown { .. })).count(), 1);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(brief(&send_one(relay(sink.addr()), mail(0, "a@example.org", BODY)).await), "accepted");
}
