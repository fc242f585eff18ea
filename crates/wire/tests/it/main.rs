//! Client, listener and the testkit's sink against each other, over loopback.

mod delivery;
mod faults;
mod hostile;
mod pool;
mod secure;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use volens_testkit::sink::{Sink, SinkConfig};
use volens_wire::{Envelope, Mailroom, Outcome, Outgoing, Pool, RelayConfig, Reply, Stage, Tls, Verdict};

/// A relay at `addr` without TLS, with time-outs for tests.
fn relay(addr: SocketAddr) -> RelayConfig {
    let mut config = RelayConfig::new(addr.ip().to_string(), addr.port(), "client.example");
    config.tls = Tls::None;
    config.timeouts.connect = Duration::from_secs(2);
    config.timeouts.command = Duration::from_secs(20);
    config.timeouts.end_of_data = Duration::from_secs(20);
    config
}

/// The same with time-outs short enough to wait for.
fn impatient(addr: SocketAddr) -> RelayConfig {
    let mut config = relay(addr);
    config.timeouts.command = Duration::from_millis(300);
    config.timeouts.end_of_data = Duration::from_millis(400);
    config
}

fn mail<K>(key: K, to: &str, body: &[u8]) -> Outgoing<K> {
    let (from, to) = ("bounce@news.example".to_owned(), to.to_owned());
    Outgoing { key, from, to, body: body.to_vec(), eight_bit: false, utf8: false }
}

/// Sends all messages through one pool; outcomes in the order of the messages.
async fn send_all(config: RelayConfig, messages: Vec<Outgoing<usize>>) -> Vec<Outcome> {
    let count = messages.len();
    let (pool, mut reports) = Pool::start(config).expect("config");
    let pool = Arc::new(pool);
    let sender = Arc::clone(&pool);
    let sending = tokio::spawn(async move {
        for message in messages {
            assert!(sender.send(message).await.is_ok());
        }
    });
    let mut outcomes: Vec<Option<Outcome>> = (0..count).map(|_| None).collect();
    for _ in 0..count {
        let report = tokio::time::timeout(Duration::from_secs(60), reports.recv()).await;
        let report = report.expect("a report in time").expect("a report");
        assert!(outcomes[report.key].replace(report.outcome).is_none(), "two reports for one message");
    }
    sending.await.expect("sending");
    assert_eq!(pool.in_flight(), 0);
    pool.close(Duration::from_secs(5)).await;
    assert!(reports.recv().await.is_none(), "a report too many");
    outcomes.into_iter().map(|outcome| outcome.expect("an outcome")).collect()
}

async fn send_one(config: RelayConfig, message: Outgoing<usize>) -> Outcome {
    send_all(config, vec![message]).await.remove(0)
}

async fn sink(config: SinkConfig) -> Sink {
    Sink::start(config).await.expect("sink")
}

/// Short form of an outcome, e.g. `refused Rcpt 550`.
fn brief(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { .. } => "accepted".to_owned(),
        Outcome::Refused { stage, reply } => format!("refused {stage:?} {}", reply.code),
        Outcome::NotSent { stage, .. } => format!("not sent {stage:?}"),
        Outcome::Unknown { .. } => "unknown".to_owned(),
        Outcome::Unsupported { what } => format!("unsupported {what:?}"),
        Outcome::Malformed { what } => format!("malformed {what:?}"),
    }
}

fn reply(code: u16) -> Reply {
    Reply::new(code, Some(((code / 100) as u8, 7, 1)), "scripted")
}

type Caught = Vec<(Envelope, Vec<u8>)>;

/// A mailroom that keeps what it takes; it knows nobody whose address begins with `nobody`.
#[derive(Clone, Default)]
struct Catcher(Arc<Mutex<Caught>>);

impl Catcher {
    fn mails(&self) -> Caught {
        self.0.lock().expect("lock").clone()
    }
}

impl Mailroom for Catcher {
    async fn recipient(&self, _from: &str, to: &str) -> Verdict {
        if to.starts_with("nobody") {
            let text = "No such person".to_owned();
            Verdict::Refuse { code: 550, enhanced: (5, 1, 1), text }
        } else {
            Verdict::Accept
        }
    }

    async fn message(&self, envelope: Envelope, bytes: Vec<u8>) -> Verdict {
        self.0.lock().expect("lock").push((envelope, bytes));
        Verdict::Accept
    }
}

#[test]
fn stages_before_mail_say_nothing_of_the_message() {
    assert!(Stage::Queue.is_session() && Stage::Connect.is_session() && Stage::Auth.is_session());
    assert!(!Stage::Mail.is_session() && !Stage::Rcpt.is_session() && !Stage::End.is_session());
}
