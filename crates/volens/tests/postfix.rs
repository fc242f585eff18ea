//! The binary, configured by `volens.toml`, sends through a real Postfix whose passwords Dovecot checks.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

#[expect(dead_code, reason = "the other test binary uses the rest")]
#[path = "it/house.rs"]
mod house;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use volens_testkit::postfix::{PASSWORD, Postfix, USER};

use crate::house::{House, Served, until};

const LETTER: &str =
    "---\npurpose: newsletter\nsubject: SUBJECT for {{ person.first_name }}\n---\nBread.\n\n    .\n    ..dots\n";

/// How the configuration reaches the relay.
struct Way<'a> {
    port: u16,
    tls: &'a str,
    password: &'a str,
}

/// Serves with `way` in the file that `volens init` wrote.
fn serve(house: &House, postfix: &Postfix, way: &Way<'_>) -> Served {
    let toml = house.read("volens.toml");
    let before = toml.split("\n[[relay]]").next().unwrap();
    house.write("relay.password", format!("{}\n", way.password));
    let relay = format!(
        "[[relay]]\nname = \"postfix\"\nhost = \"localhost\"\nport = {}\ntls = \"{}\"\nca_file = {:?}\nuser = {USER:?}\n\
         password_file = \"relay.password\"\nidle_timeout = \"1s\"\n",
        way.port,
        way.tls,
        postfix.certificate()
    );
    house.write("volens.toml", format!("{before}\n{relay}"));
    house.serve()
}

fn house() -> House {
    let mut house = House::new();
    house.env.push(("VOLENS_SENDING_RETRY_FIRST".into(), "2s".into()));
    house
}

fn send(house: &House, name: &str, letter: &str) -> Value {
    let file = format!("{name}.md");
    house.write(&file, letter.replace("SUBJECT", name));
    house.json(&["campaign", "create", &file]);
    house.json(&["campaign", "send", name])
}

/// Waits until the books say that, and gives the status.
#[track_caller]
fn books(house: &House, name: &str, wanted: &[(&str, u64)]) -> Value {
    let status = || house.json(&["campaign", "status", name]);
    let fits = |s: &Value| wanted.iter().all(|(key, n)| s["books"][key] == *n);
    until(|| fits(&status()), || status().to_string());
    let status = status();
    assert_eq!(status["balances"], true, "{status}");
    status
}

#[track_caller]
fn paused(house: &House, name: &str, why: &str) -> Value {
    let status = || house.json(&["campaign", "status", name]);
    // The replies that were open at the pause are in the books, too.
    until(|| status()["state"] == "paused" && status()["books"]["sending"] == 0, || status().to_string());
    let status = status();
    assert!(status["why"].as_str().is_some_and(|w| w.contains(why)), "{status}");
    assert_eq!(status["balances"], true, "{status}");
    status
}

/// What happened to the last message of a person.
fn message(house: &House, address: &str) -> Value {
    let shown = house.json(&["contact", "show", address]);
    shown["messages"].as_array().unwrap().first().cloned().unwrap_or(Value::Null)
}

#[test]
fn a_campaign_goes_out_with_starttls_and_a_login_and_each_recipient_gets_the_relays_own_answer() {
    let postfix = Postfix::start(&[""]).unwrap();
    postfix
        .answer("reader3@people.example 450 4.2.0 busy, come back\nreader7@people.example 550 5.1.1 no such mailbox\n")
        .unwrap();
    let house = house();
    house.people(20);
    let served = serve(&house, &postfix, &Way { port: postfix.port(0), tls: "starttls", password: PASSWORD });
    let doctor = house.json(&["doctor"]).to_string();
    assert!(doctor.contains("takes mail, we could log in, letters up to 10000 kB"), "{doctor}");
    send(&house, "may", LETTER);
    let status = books(&house, "may", &[("sent", 18), ("failed", 1), ("planned", 1)]);
    assert_eq!(status["state"], "running", "{status}");
    let (later, never) = (message(&house, "reader3@people.example"), message(&house, "reader7@people.example"));
    assert!(later["state"] == "planned" && later["reply"].as_str().unwrap().starts_with("450 4.2.0"), "{later}");
    assert!(never["state"] == "failed" && never["reply"].as_str().unwrap().starts_with("550 5.1.1"), "{never}");
    let sent = message(&house, "reader4@people.example");
    assert!(sent["state"] == "sent" && sent["reply"].as_str().unwrap().contains("queued as"), "{sent}");

    postfix.answer("").unwrap();
    let status = books(&house, "may", &[("sent", 19), ("failed", 1), ("planned", 0)]);
    until(|| house.json(&["campaign", "status", "may"])["state"] == "done", || status.to_string());
    until(|| postfix.mails().len() == 19, || postfix.log());
    served.stop();

    let log = postfix.log();
    assert!(log.contains("TLS connection established from") && log.contains("TLSv1.3"), "{log}");
    let logins = log.matches(&format!("sasl_method=PLAIN, sasl_username={USER}")).count();
    assert_eq!(logins, 19, "every message under our login: {log}");
    let mut to: Vec<String> = postfix.mails().iter().map(|mail| head(mail, "X-Original-To")).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 19, "nobody twice");
    for mail in postfix.mails() {
        assert!(head(&mail, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click", "{mail}");
        assert!(head(&mail, "Return-Path").contains("@letters.bakery.example"), "{mail}");
    }
}

fn head(mail: &str, name: &str) -> String {
    let line = mail.lines().take_while(|l| !l.is_empty()).find_map(|l| l.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_default().to_owned()
}

#[test]
fn whatever_postfix_offers_the_same_letters_arrive() {
    let ways = [
        ("chunks", "", "starttls"),
        ("if-offered", "", "if_offered"),
        ("data", "smtpd_discard_ehlo_keywords=chunking", "starttls"),
        ("one-by-one", "smtpd_discard_ehlo_keywords=chunking,pipelining", "starttls"),
        (
            "bare",
            "smtpd_discard_ehlo_keywords=chunking,pipelining,size,8bitmime,smtputf8,enhancedstatuscodes",
            "starttls",
        ),
        ("implicit", "smtpd_tls_wrappermode=yes", "implicit"),
    ];
    let postfix = Postfix::start(&ways.map(|(_, settings, _)| settings)).unwrap();
    let house = house();
    house.people(6);
    for (n, (name, _, tls)) in ways.iter().enumerate() {
        let served = serve(&house, &postfix, &Way { port: postfix.port(n), tls, password: PASSWORD });
        send(&house, name, LETTER);
        books(&house, name, &[("sent", 6), ("planned", 0), ("failed", 0)]);
        served.stop();
    }
    let all = ways.len() * 6;
    until(|| postfix.mails().len() == all, || format!("{} {}", postfix.mails().len(), postfix.log()));
    let mut bodies: Vec<Vec<String>> = ways.iter().map(|(name, ..)| texts(&postfix.mails(), name)).collect();
    assert!(bodies[0].iter().all(|text| text.contains("\n.\n..dots\n") || text.contains("\n    .\n    ..dots\n")));
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "BDAT, DATA and DATA one by one carry the same text");
    let log = postfix.log();
    assert!(!log.contains("improper command pipelining"), "{log}");
}

/// The plain text of the messages of one campaign up to the first link, sorted.
fn texts(mails: &[String], campaign: &str) -> Vec<String> {
    let subject = format!("{campaign} for Reader");
    let mine = mails.iter().filter(|mail| head(mail, "Subject") == subject);
    let text = |mail: &String| {
        let from = mail.find("\n\n").unwrap() + mail[mail.find("\n\n").unwrap()..].find("Bread").unwrap();
        mail[from..].split("https://").next().unwrap().to_owned()
    };
    let mut all: Vec<String> = mine.map(text).collect();
    all.sort();
    assert_eq!(all.len(), 6, "{campaign}");
    all
}

#[test]
fn a_wrong_password_pauses_and_counts_against_nobody() {
    let postfix = Postfix::start(&[""]).unwrap();
    let house = house();
    house.people(12);
    let mut way = Way { port: postfix.port(0), tls: "starttls", password: "not-this-one" };
    let served = serve(&house, &postfix, &way);
    let doctor = house.run(&["--json", "doctor"]).any_json().to_string();
    assert!(doctor.contains("refused at logging in: 535 5.7.8"), "{doctor}");
    send(&house, "may", LETTER);
    let status = paused(&house, "may", "The relay refused our login. Mend `user` and `password` in [[relay]]");
    assert_eq!((&status["books"]["planned"], &status["books"]["failed"]), (&json!(12), &json!(0)), "{status}");
    served.stop();
    assert!(postfix.mails().is_empty());
    assert!(!house.read("serve.log").contains("not-this-one"), "the password is in no log");

    way.password = PASSWORD;
    let served = serve(&house, &postfix, &way);
    house.json(&["campaign", "resume", "may"]);
    books(&house, "may", &[("sent", 12), ("planned", 0), ("failed", 0)]);
    served.stop();
    let log = postfix.log();
    assert!(log.contains("SASL PLAIN authentication failed"), "{log}");
}

#[test]
fn a_relay_without_starttls_or_with_a_foreign_certificate_gets_no_mail() {
    let postfix = Postfix::start(&["smtpd_tls_security_level=none smtpd_tls_auth_only=no"]).unwrap();
    let other = Postfix::start(&[""]).unwrap();
    let house = house();
    for (port, said) in [
        (postfix.port(0), "does not offer STARTTLS, which its configuration requires"),
        (other.port(0), "TLS with localhost failed: invalid peer certificate"),
    ] {
        let served = serve(&house, &postfix, &Way { port, tls: "starttls", password: PASSWORD });
        let doctor = house.run(&["--json", "doctor"]).any_json().to_string();
        assert!(doctor.contains(said), "{doctor}");
        served.stop();
    }
    assert!(!postfix.log().contains("sasl_username") && !other.log().contains("sasl_username"));
}

#[test]
fn a_letter_over_the_size_limit_pauses_and_says_so() {
    let ways = [
        ("told", "message_size_limit=9000"),
        ("untold-chunks", "message_size_limit=9000 smtpd_discard_ehlo_keywords=size"),
        ("untold-data", "message_size_limit=9000 smtpd_discard_ehlo_keywords=size,chunking"),
    ];
    let mut services: Vec<&str> = ways.iter().map(|(_, settings)| *settings).collect();
    services.push("");
    let postfix = Postfix::start(&services).unwrap();
    let house = house();
    house.people(5);
    let letter = format!("{LETTER}\n{}", "More about flour, water, salt and time.\n\n".repeat(300));
    for (n, (name, _)) in ways.iter().enumerate() {
        let served = serve(&house, &postfix, &Way { port: postfix.port(n), tls: "starttls", password: PASSWORD });
        send(&house, name, &letter);
        let status = paused(&house, name, "The letter is larger than the relay takes.");
        assert_eq!((&status["books"]["planned"], &status["books"]["failed"]), (&json!(5), &json!(0)), "{status}");
        served.stop();
    }
    // With a higher limit everybody gets each of them.
    let served = serve(&house, &postfix, &Way { port: postfix.port(3), tls: "starttls", password: PASSWORD });
    for (name, _) in ways {
        house.json(&["campaign", "resume", name]);
        books(&house, name, &[("sent", 5), ("planned", 0), ("failed", 0)]);
    }
    served.stop();
}

#[test]
fn a_message_leaves_in_one_write() {
    let clear = "smtpd_tls_security_level=none smtpd_tls_auth_only=no";
    let postfix = Postfix::start(&[clear, &format!("{clear} smtpd_discard_ehlo_keywords=chunking")]).unwrap();
    let house = house();
    house.people(8);
    for (n, name) in ["chunks", "data"].into_iter().enumerate() {
        let (port, written) = eavesdrop(postfix.port(n));
        let served = serve(&house, &postfix, &Way { port, tls: "none", password: PASSWORD });
        send(&house, name, LETTER);
        books(&house, name, &[("sent", 8), ("planned", 0)]);
        served.stop();
        let written = written.lock().unwrap();
        let commands = if name == "chunks" { "MAIL RCPT BDAT" } else { "MAIL RCPT DATA" };
        let starts = |text: &str| text.lines().filter_map(|l| l.get(..4)).map(str::to_owned).collect::<Vec<_>>();
        let together = written.iter().filter(|text| starts(text).join(" ").starts_with(commands)).count();
        // The first message of a connection may be more careful.
        assert!(together >= 4, "{together} of 8: {written:?}");
    }
}

/// A port that leads to `port`, and what is written into it, read by read.
fn eavesdrop(port: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (own, written) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
    let notes = written.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || carry(server, client, |_| {}));
            let notes = notes.clone();
            let note = move |part: &[u8]| notes.lock().unwrap().push(String::from_utf8_lossy(part).into_owned());
            std::thread::spawn(move || carry(from, to, note));
        }
    });
    (own, written)
}

fn carry(mut from: TcpStream, mut to: TcpStream, note: impl Fn(&[u8])) {
    let mut part = vec![0; 1 << 16];
    while let Ok(n) = from.read(&mut part) {
        if n == 0 || to.write_all(&part[..n]).is_err() {
            break;
        }
        note(&part[..n]);
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
