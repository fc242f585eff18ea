//! STARTTLS, implicit TLS and AUTH.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use volens_testkit::sink::{Offers, SinkConfig};
use volens_wire::{
    Credentials, Listener, ListenerConfig, Outcome, Pool, RelayConfig, Roots, Secret, ServerTls, Stage, Tls,
};

use super::{Catcher, brief, mail, relay, send_one, sink};

const BODY: &[u8] = b"Subject: x\r\n\r\nhello\r\n";

/// A self-signed certificate for `name`: the settings of a server, and the PEM text that a client must trust.
fn certificate(name: &str) -> (ServerTls, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("certificate");
    let (pem, key) = (made.cert.pem().into_bytes(), made.signing_key.serialize_pem());
    (ServerTls::from_pem(&pem, key.as_bytes()).expect("server TLS"), pem)
}

async fn server(name: &str, implicit: bool) -> (Listener, Catcher, Vec<u8>) {
    let (tls, pem) = certificate(name);
    let mut config = ListenerConfig::new("mx.example");
    if implicit {
        config.implicit_tls = Some(tls);
    } else {
        config.offer.starttls = Some(tls);
    }
    let catcher = Catcher::default();
    let listener = Listener::bind("127.0.0.1:0", config, catcher.clone()).await.expect("listener");
    (listener, catcher, pem)
}

fn trusting(listener: &Listener, tls: Tls, pem: Vec<u8>) -> RelayConfig {
    let mut config = relay(listener.local_addr());
    config.host = "localhost".to_owned();
    config.tls = tls;
    config.roots = Roots::Pem(pem);
    config
}

#[tokio::test]
async fn starttls_and_implicit_tls_carry_mail() {
    for (implicit, tls) in [(true, Tls::Implicit), (false, Tls::StartTls), (false, Tls::StartTlsIfOffered)] {
        let (listener, catcher, pem) = server("localhost", implicit).await;
        let big = b"0123456789abcdefghijklmnopqrstuvwxyz\r\n".repeat(20_000);
        for body in [BODY, &big] {
            let outcome = send_one(trusting(&listener, tls, pem.clone()), mail(0, "a@example.org", body)).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{tls:?} {outcome:?}");
        }
        let mails = catcher.mails();
        assert!(mails.len() == 2 && mails.iter().all(|(envelope, _)| envelope.tls));
        assert_eq!(mails[1].1, big);
        listener.close().await;
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_or_by_another_authority_is_refused() {
    for (implicit, tls) in [(true, Tls::Implicit), (false, Tls::StartTls), (false, Tls::StartTlsIfOffered)] {
        let (listener, catcher, pem) = server("other.example", implicit).await;
        let outcome = send_one(trusting(&listener, tls, pem), mail(0, "a@example.org", BODY)).await;
        let Outcome::NotSent { stage: Stage::Tls, why } = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("localhost") && why.contains("not valid for name"), "{why}");
        let (_, foreign) = certificate("localhost");
        let outcome = send_one(trusting(&listener, tls, foreign), mail(0, "a@example.org", BODY)).await;
        assert_eq!(brief(&outcome), "not sent Tls");
        assert!(catcher.mails().is_empty());
        listener.close().await;
    }
}

#[tokio::test]
async fn required_starttls_that_is_not_offered_sends_nothing() {
    let sink = sink(SinkConfig::default()).await;
    let mut config = relay(sink.addr());
    config.tls = Tls::StartTls;
    config.roots = Roots::Pem(certificate("localhost").1);
    let outcome = send_one(config, mail(0, "a@example.org", BODY)).await;
    let Outcome::NotSent { stage: Stage::Tls, why } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("does not offer STARTTLS"));
    assert!(!sink.commands().iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn bytes_in_clear_after_starttls_are_an_attack() {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let mut config = relay(socket.local_addr().expect("address"));
    config.tls = Tls::StartTls;
    config.roots = Roots::Pem(certificate("localhost").1);
    let server = tokio::spawn(async move {
        let (mut stream, _) = socket.accept().await.expect("accept");
        let mut buffer = [0; 512];
        stream.write_all(b"220 x\r\n").await.expect("write");
        let _ = stream.read(&mut buffer).await;
        stream.write_all(b"250-x\r\n250 STARTTLS\r\n").await.expect("write");
        let _ = stream.read(&mut buffer).await;
        stream.write_all(b"220 go\r\n250-injected\r\n250 AUTH PLAIN\r\n").await.expect("write");
        let _ = stream.read(&mut buffer).await;
    });
    let outcome = send_one(config, mail(0, "a@example.org", BODY)).await;
    let Outcome::NotSent { stage: Stage::Tls, why } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("unencrypted bytes"), "{why}");
    server.await.expect("server");
}

#[tokio::test]
async fn the_listener_forgets_what_came_in_clear_after_starttls() {
    let (listener, _, _) = server("localhost", false).await;
    let mut stream = tokio::net::TcpStream::connect(listener.local_addr()).await.expect("connect");
    stream.write_all(b"EHLO me\r\nSTARTTLS\r\nNOOP\r\nNOOP\r\n").await.expect("write");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let mut buffer = vec![0; 4096];
    let read = stream.read(&mut buffer).await.expect("read");
    let heard = String::from_utf8_lossy(&buffer[..read]).into_owned();
    assert!(heard.ends_with("220 2.0.0 Go ahead\r\n"), "{heard}");
}

fn login(config: RelayConfig, user: &str, password: &str) -> RelayConfig {
    RelayConfig { auth: Some(Credentials { user: user.to_owned(), password: Secret::new(password) }), ..config }
}

#[tokio::test]
async fn the_right_password_opens_and_the_wrong_one_does_not() {
    let ways = [
        Offers { auth_plain: true, ..Offers::default() },
        Offers { auth_login: true, ..Offers::default() },
        Offers { auth_plain: true, auth_login: true, ..Offers::default() },
    ];
    for offers in ways {
        let account = Some(("jörg".to_owned(), "s3cret !".to_owned()));
        let sink = sink(SinkConfig { offers, login: account, ..SinkConfig::default() }).await;
        let right = login(relay(sink.addr()), "jörg", "s3cret !");
        assert_eq!(brief(&send_one(right, mail(0, "a@example.org", BODY)).await), "accepted");
        let wrong = login(relay(sink.addr()), "jörg", "guess");
        assert_eq!(brief(&send_one(wrong, mail(0, "a@example.org", BODY)).await), "refused Auth 535");
        let none = relay(sink.addr());
        assert_eq!(brief(&send_one(none, mail(0, "a@example.org", BODY)).await), "refused Mail 530");
        assert_eq!(sink.count(), 1);
    }
    let sink = sink(SinkConfig::default()).await;
    let outcome = send_one(login(relay(sink.addr()), "u", "p"), mail(0, "a@example.org", BODY)).await;
    assert!(matches!(&outcome, Outcome::NotSent { stage: Stage::Auth, why } if why.contains("does not offer AUTH")));
}

#[test]
fn a_password_is_never_shown() {
    let config = login(RelayConfig::new("h", 25, "me"), "u", "s3cret");
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[tokio::test]
async fn settings_that_can_not_work_are_named() {
    let start = |change: fn(&mut RelayConfig)| {
        let mut config = RelayConfig::new("localhost", 25, "me");
        config.tls = Tls::None;
        change(&mut config);
        Pool::<()>::start(config).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(start(|_| {}), Ok(()));
    assert!(start(|config| config.sessions = 0).is_err_and(|why| why.contains("at least 1")));
    assert!(start(|config| config.hello_name = "a\r\nb".into()).is_err_and(|why| why.contains("EHLO")));
    assert!(start(|config| config.host.clear()).is_err_and(|why| why.contains("host")));
    let bad_pem = start(|config| (config.tls, config.roots) = (Tls::StartTls, Roots::Pem(b"x".to_vec())));
    assert!(bad_pem.is_err_and(|why| why.contains("BEGIN CERTIFICATE")));
}
