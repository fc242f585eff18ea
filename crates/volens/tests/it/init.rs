//! `volens init`.

use std::time::Duration;

use volens_testkit::sink::{Sink, SinkConfig};

use crate::house::{House, mode, token, until};

#[test]
fn one_command_makes_everything_and_the_key_is_never_touched() {
    let house = House::empty();
    let said = house.json(&["init", "here"]);
    let line = said["recovery_line"].as_str().unwrap();
    assert!(house.read("here/volens.key").contains(line));
    assert_eq!(mode(&house.path("here/volens.key")), 0o600);
    assert_eq!(mode(&house.path("here/volens.toml")), 0o600);
    assert_eq!(mode(&house.path("here/data")), 0o700);
    let key = house.read("here/volens.key");

    let again = house.run(&["init", "here"]);
    let message = again.failed(4);
    assert!(message.contains("here/volens.toml and here/letter.md"), "{message}");

    house.write("here/letter.md", "mine");
    let forced = house.json(&["--workspace", "Bakery", "init", "here", "--force", "--email", "a@bakery.example"]);
    assert!(forced["recovery_line"].is_null());
    assert_eq!(house.read("here/volens.key"), key);
    assert!(house.read("here/letter.md").contains("purpose: newsletter"));
    let config = house.path("here/volens.toml").display().to_string();
    let why = house.run(&["--config", &config, "contact", "why", "a@b.example"]);
    assert!(why.failed(3).contains("nobody here has the address"));
}

#[test]
fn people_are_never_thrown_away() {
    let house = House::new();
    house.people(2);
    let forced = house.run(&["init", ".", "--force"]);
    assert!(forced.failed(4).contains("holds 2 people"), "{forced:?}");
    assert_eq!(house.json(&["contact", "show", "reader1@people.example"])["name"], "Reader 1");
}

#[test]
fn a_flag_that_makes_no_sense_leaves_nothing_behind() {
    let house = House::empty();
    let bad = house.run(&["init", "x", "--base-url", "letters"]);
    assert!(bad.failed(2).contains("base_url"), "{bad:?}");
    assert!(!house.path("x/volens.key").exists());
    let bad = house.run(&["init", "x", "--email", "nobody"]);
    assert!(bad.failed(2).contains("--email: the @ is missing"), "{bad:?}");
    assert!(!house.path("x/volens.toml").exists());
    // Nothing stands in the way of doing it right.
    house.json(&["init", "x", "--email", "me@bakery.example"]);
}

#[test]
fn doctor_nags_until_a_copy_is_confirmed() {
    let house = House::new();
    let state = |name: &str| {
        let ran = house.run(&["--json", "doctor"]);
        let answer = ran.any_json();
        let checks = answer["checks"].as_array().unwrap().clone();
        checks.iter().find(|c| c["name"] == name).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("key"), "warn");
    house.json(&["init", "--confirm-key-copied"]);
    assert_eq!(state("key"), "ok");
    assert_eq!(state("sender"), "ok");
}

#[test]
fn nothing_leaves_while_nobody_has_said_who_writes() {
    let house = House::empty();
    house.json(&["init", ".", "--base-url", "https://letters.bakery.example"]);
    house.json(&["campaign", "create", "letter.md"]);
    let ran = house.run(&["campaign", "send"]);
    assert!(ran.failed(4).contains("no real postal address"), "{ran:?}");
    assert_eq!(house.json(&["campaign", "status"])["state"], "draft");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_name_and_a_japanese_one_write_to_people_all_the_same() {
    for name in ["Eis", "\u{65e5}\u{672c}"] {
        let sink = Sink::start(SinkConfig { keep_bytes: true, ..SinkConfig::default() }).await.unwrap();
        tokio::task::block_in_place(|| {
            let mut house = House::named(name);
            house.relay(sink.addr());
            let served = house.serve();
            let form = served.get("/f/newsletter");
            let time = form.split("name=\"t\" value=\"").nth(1).unwrap().split('"').next().unwrap();
            // A form that comes back sooner was filled in by a program.
            std::thread::sleep(Duration::from_millis(2_200));
            let typed = format!("email=ada%40people.example&purpose=newsletter&lang=en&t={time}");
            assert!(served.post("/f/newsletter", &typed).starts_with("HTTP/1.1 200"));
            until(|| sink.count() == 1, || served.log());
            let mail = || String::from_utf8(sink.accepted().last().unwrap().bytes.clone().unwrap()).unwrap();
            let plain = mail().replace("=\r\n", "");
            assert!(served.post(&format!("/c/{}", token(&plain, "/c/")), "lang=en").starts_with("HTTP/1.1 200"));
            until(|| sink.count() == 2, || served.log());
            house.json(&["campaign", "create", "letter.md"]);
            let done = house.json(&["campaign", "send", "--wait"]);
            assert_eq!(done["books"]["sent"], 1, "{done}");
            assert!(mail().contains("Feedback-ID: "), "{}", mail());
            served.stop();
        });
    }
}
