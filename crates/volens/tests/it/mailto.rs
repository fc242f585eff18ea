//! Withdrawals by mail.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use volens_testkit::sink::{Sink, SinkConfig};

use crate::house::House;

/// Speaks these lines and gives the replies, the greeting first.
fn speak(addr: SocketAddr, lines: &[&str]) -> Vec<String> {
    let mut tcp = TcpStream::connect(addr).unwrap();
    tcp.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let mut reader = BufReader::new(tcp.try_clone().unwrap());
    let mut reply = || loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.as_bytes().get(3) != Some(&b'-') {
            return line.trim().to_owned();
        }
    };
    let mut out = vec![reply()];
    for line in lines {
        tcp.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        out.push(reply());
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_to_the_token_leaves_and_any_other_is_refused() {
    let sink = Sink::start(SinkConfig { keep_bytes: true, ..SinkConfig::default() }).await.unwrap();
    tokio::task::block_in_place(|| {
        let mut house = House::new();
        house.relay(sink.addr());
        for (key, value) in [("LISTEN", "127.0.0.1:0"), ("HOST", "leave.bakery.example")] {
            house.env.push((format!("VOLENS_INTAKE_{key}"), value.into()));
        }
        house.people(1);
        let served = house.serve();
        house.write("may.md", "---\npurpose: newsletter\nsubject: Hi\n---\nBread.\n");
        house.json(&["campaign", "create", "may.md"]);
        house.json(&["campaign", "send", "--wait"]);
        let mail = String::from_utf8(sink.accepted()[0].bytes.clone().unwrap()).unwrap().replace("\r\n ", " ");
        let address = mail.split("mailto:").nth(1).unwrap().split(['>', '?']).next().unwrap().to_owned();
        assert!(address.ends_with("@leave.bakery.example"), "{address}");
        let effect = || house.json(&["contact", "why", "reader0@people.example"])[0]["reason"].clone();
        let intake = served.addr("intake");
        let rcpt = |to: &str| format!("RCPT TO:<{to}>");

        let forged = address.replace(&address[5..7], if &address[5..7] == "aa" { "bb" } else { "aa" });
        let elsewhere = address.replace("leave.", "other.");
        for bad in ["hello@leave.bakery.example", "reader0@people.example", &forged, &elsewhere] {
            let said = speak(intake, &["EHLO x", "MAIL FROM:<a@b.example>", &rcpt(bad), "DATA"]);
            assert!(said[3].starts_with("550") && said[4].starts_with('5'), "{bad}: {said:?}");
        }
        // A server that only asks whether the address exists takes nobody off.
        let said = speak(intake, &["EHLO x", "MAIL FROM:<>", &rcpt(&address), "QUIT"]);
        assert!(said[3].starts_with("250"), "{said:?}");
        assert_eq!(effect(), "CONSENT_DOI");

        let body = "Subject: unsubscribe\r\n\r\nbye\r\n.";
        // While the database takes nothing, the other server keeps the mail and tries again.
        let outsider = rusqlite::Connection::open(house.path("data/volens.db")).unwrap();
        outsider.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        outsider.execute_batch("BEGIN IMMEDIATE").unwrap();
        let said = speak(intake, &["EHLO x", "MAIL FROM:<>", &rcpt(&address), "DATA", body, "QUIT"]);
        assert!(said[5].starts_with("451") && said[5].contains("send it again later"), "{said:?}");
        outsider.execute_batch("ROLLBACK").unwrap();
        assert_eq!(effect(), "CONSENT_DOI");

        let said = speak(intake, &["EHLO x", "MAIL FROM:<>", &rcpt(&address.to_uppercase()), "DATA", body, "QUIT"]);
        assert!(said[5].starts_with("250"), "{said:?}");
        assert_eq!(effect(), "WITHDRAWN");
        let person = house.json(&["contact", "show", "reader0@people.example"]);
        let last = person["events"].as_array().unwrap().last().unwrap();
        assert_eq!(last["event"]["way"], "mailto", "{last}");
        served.stop();
    });
}
