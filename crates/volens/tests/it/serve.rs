//! `volens serve`: sends, stops in order, dies and comes back.

use std::time::{Duration, Instant};

use serde_json::json;
use volens_testkit::sink::{Sink, SinkConfig};

use crate::house::{House, leaks, token, until};

const LETTER: &str = "---\npurpose: newsletter\nsubject: Hi {{ person.first_name }}\n---\nBread.\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_goes_out_and_the_log_names_nobody() {
    // The slices are given back long before the last reply: the campaign must end all the same.
    let config = SinkConfig { keep_bytes: true, delay_ms: Some(300..=300), ..SinkConfig::default() };
    let sink = Sink::start(config).await.unwrap();
    tokio::task::block_in_place(|| {
        let mut house = House::new();
        house.relay(sink.addr());
        let served = house.serve();
        house.people(25);
        house.write("may.md", LETTER);
        house.json(&["campaign", "create", "may.md"]);
        let done = house.json(&["campaign", "send", "--wait"]);
        assert_eq!((&done["state"], &done["books"]["sent"]), (&json!("done"), &json!(25)), "{done}");
        assert_eq!(sink.count(), 25);
        let doctor = house.json(&["doctor"]);
        assert_eq!(doctor["failed"], false, "{doctor}");
        assert!(served.get("/healthz").starts_with("HTTP/1.1 200"));
        assert!(served.get("/f/newsletter").contains("Nordic Bakery"));
        let mail = String::from_utf8(sink.accepted()[0].bytes.clone().unwrap()).unwrap();
        let token = token(&mail, "/u/");
        assert!(served.get(&format!("/u/{token}")).starts_with("HTTP/1.1 200"));
        let log = served.log();
        for secret in ["people.example", &token, "Bread."] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
        let line = log.lines().find(|l| l.contains("answered")).unwrap_or_else(|| panic!("{log}"));
        assert!(line.contains("request{id=") && line.contains("status=200"), "{line}");
        served.stop();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_away_is_told_in_status_doctor_and_log() {
    let gone = Sink::start(SinkConfig::default()).await.unwrap();
    let addr = gone.addr();
    drop(gone);
    let (house, served) = tokio::task::block_in_place(|| {
        let mut house = House::new();
        house.relay(addr);
        let served = house.serve();
        house.people(3);
        house.write("may.md", LETTER);
        house.json(&["campaign", "create", "may.md"]);
        house.json(&["campaign", "send"]);
        let troubles = || house.json(&["campaign", "status"])["relay_troubles"].clone();
        until(|| troubles() != json!([]), || served.log());
        let why = troubles()[0]["why"].as_str().unwrap().to_owned();
        assert!(why.contains("volens doctor") && why.contains("could not be reached"), "{why}");
        let shown = house.run(&["campaign", "status"]).out;
        assert!(shown.contains("it cannot send: The relay cannot be used"), "{shown}");
        let doctor = house.run(&["--json", "doctor"]).any_json();
        let sending = doctor["checks"].as_array().unwrap().iter().find(|c| c["name"] == "sending").unwrap();
        assert_eq!(sending["state"], "fail", "{doctor}");
        (house, served)
    });
    let back = Sink::start_on(addr, SinkConfig::default()).await.unwrap();
    tokio::task::block_in_place(|| {
        let state = || house.json(&["campaign", "status"]);
        until(|| state()["state"] == "done" && state()["relay_troubles"] == json!([]), || served.log());
        let log = served.log();
        assert_eq!(log.matches("The relay cannot be used").count(), 1, "{log}");
        assert_eq!(log.matches("takes mail again").count(), 1, "{log}");
        served.stop();
    });
    assert_eq!(back.count(), 3);
}

#[test]
fn a_log_that_tells_too_much_is_seen() {
    let mail = "2026-11-24 WARN refused to=<reader0@people.example>";
    assert_eq!(leaks(mail), ["reader0@people.example"]);
    let token = "AQABAAEAAZ3K0dQ8cGOQ2y5mPFO2R8Yx7tqXbW1nM0_4Jg";
    assert_eq!(leaks(&format!("GET /u/{token}")), [token]);
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    assert_eq!(leaks(&format!("sender hello@bakery.example @ /tmp/x {hash}")), [""; 0]);
}

#[test]
fn hangup_reads_the_log_level_again() {
    let mut house = House::new();
    house.env.retain(|(key, _)| key != "VOLENS_LOG_LEVEL");
    let served = house.serve();
    served.get("/healthz");
    assert!(!served.log().contains("answered"), "{}", served.log());
    let toml = house.read("volens.toml");
    house.write("volens.toml", toml.replace("level = \"info\"", "level = \"debug\""));
    served.signal("HUP");
    until(|| served.log().contains("read again"), || served.log());
    served.get("/healthz");
    until(|| served.log().contains("answered"), || served.log());
    house.write("volens.toml", "nonsense = 1");
    served.signal("HUP");
    until(|| served.log().contains("stays as it is"), || served.log());
    served.stop();
}

#[test]
fn what_a_killed_process_leaves_behind_stops_nobody() {
    let house = House::new();
    let mut served = house.serve();
    let socket = house.path("data/volens.sock");
    assert_eq!(crate::house::mode(&socket), 0o600);
    served.signal("KILL");
    served.wait();
    assert!(socket.exists(), "nobody tidied up");
    assert_eq!(house.json(&["campaign", "list"]), json!([]));
    let served = house.serve();
    assert_eq!(served.said["node"], 1);
    assert_eq!(house.json(&["campaign", "list"]), json!([]));
    served.stop();
}

#[test]
fn a_path_that_is_too_long_for_a_socket_finds_a_short_one() {
    let house = House::new();
    let deep = format!("{}/{}", "d".repeat(100), "e".repeat(60));
    std::fs::create_dir_all(house.path(&deep)).unwrap();
    std::fs::rename(house.path("data"), house.path(&format!("{deep}/data"))).unwrap();
    let toml = house.read("volens.toml");
    house.write("volens.toml", toml.replace("folder = \"data\"", &format!("folder = \"{deep}/data\"")));
    let served = house.serve();
    let owner: serde_json::Value = serde_json::from_str(&house.read(&format!("{deep}/data/volens.lock"))).unwrap();
    let socket = std::path::PathBuf::from(owner["socket"].as_str().unwrap());
    assert!(socket.exists() && socket.as_os_str().len() <= 107 && !socket.starts_with(house.path("d")), "{owner}");
    assert_eq!(crate::house::mode(socket.parent().unwrap()), 0o700);
    let doctor = house.run(&["--json", "doctor"]).any_json();
    let serve = doctor["checks"].as_array().unwrap().iter().find(|c| c["name"] == "serve").cloned().unwrap();
    assert_eq!(serve["state"], "ok", "the command went over the socket");
    served.stop();
    assert!(!socket.exists() && !socket.parent().unwrap().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once_and_the_next_start_accounts_for_it() {
    let sink = Sink::start(SinkConfig { withhold: 1.0, ..SinkConfig::default() }).await.unwrap();
    tokio::task::block_in_place(|| {
        let mut house = House::new();
        house.relay(sink.addr());
        house.people(3);
        let mut served = house.serve();
        house.write("may.md", LETTER);
        house.json(&["campaign", "create", "may.md"]);
        house.json(&["campaign", "send"]);
        until(|| sink.count() == 3, || format!("{} {}", sink.count(), served.log()));
        served.signal("TERM");
        until(|| served.log().contains("stopping"), || served.log());
        std::thread::sleep(Duration::from_millis(200));
        let before = Instant::now();
        served.signal("TERM");
        assert_eq!(served.wait(), 1);
        assert!(before.elapsed() < Duration::from_secs(5));
        let served = house.serve();
        let status = house.json(&["campaign", "status"]);
        assert_eq!((&status["books"]["unknown"], &status["balances"]), (&json!(3), &json!(true)), "{status}");
        assert_eq!(status["unknown"].as_array().unwrap().len(), 3);
        served.stop();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn open_replies_are_waited_for() {
    let sink = Sink::start(SinkConfig { delay_ms: Some(1500..=1500), ..SinkConfig::default() }).await.unwrap();
    tokio::task::block_in_place(|| {
        let mut house = House::new();
        house.relay(sink.addr());
        house.people(4);
        let served = house.serve();
        house.write("may.md", LETTER);
        house.json(&["campaign", "create", "may.md"]);
        house.json(&["campaign", "send"]);
        let sending = || house.json(&["campaign", "status"])["books"]["sending"].as_u64().unwrap() > 0;
        until(sending, || served.log());
        served.stop();
        let books = house.json(&["campaign", "status"])["books"].clone();
        assert_eq!((&books["sending"], &books["unknown"]), (&json!(0), &json!(0)), "{books}");
        assert!(books["sent"].as_u64().unwrap() as usize == sink.count(), "{books} {}", sink.count());
    });
}
