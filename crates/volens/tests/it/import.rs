//! `volens import`.

use volens_testkit::sink::{Sink, SinkConfig};

use crate::house::{House, mode, token};

const FLAGS: [&str; 8] = ["--obtained", "counter", "--mode", "active", "--evidence", "doi", "--purpose", "newsletter"];
const STATEMENT: [&str; 2] = ["--statement", "Signed by Greta Olsen"];

#[test]
fn what_is_wrong_goes_to_a_file_with_its_line_and_a_remedy() {
    let house = House::new();
    let long = "x".repeat(10_000);
    let rows = [
        "E-Mail;Name;Language;Country;Date".to_owned(),
        "ok@people.example;Ann;fr;FR;2025-05-03".into(),
        "not an address;Bob;;;2025-05-03".into(),
        "future@people.example;Cy;;;2999-01-01".into(),
        "undated@people.example;Di;;;".into(),
        "country@people.example;Ed;;Germany;2025-05-03".into(),
        "evil@people.example;\"Eve\r\nBcc: x@y.example\";;;2025-05-03".into(),
        "turn@people.example;\u{202e}Mallory;;;2025-05-03".into(),
        format!("long@people.example;{long};;;2025-05-03"),
        "short@people.example;Fay".into(),
        "OK@people.example;Ann again;it;;2025-05-03".into(),
        "klingon@people.example;Gus;tlh;;2025-05-03".into(),
    ];
    house.write("list.csv", rows.join("\n"));
    let args = [&["--json", "import", "list.csv"], FLAGS.as_slice(), &STATEMENT].concat();
    let ran = house.run(&args);
    assert_eq!(ran.code, 6, "{ran:?}");
    let answer = ran.any_json();
    assert_eq!((&answer["new"], &answer["rejected"]), (&2.into(), &8.into()), "{answer}");
    assert_eq!((&answer["merged"], &answer["other_language"]), (&1.into(), &1.into()), "{answer}");
    let rejects = house.read("list.rejects.csv");
    assert_eq!(mode(&house.path("list.rejects.csv")), 0o600);
    for (line, column, word) in [
        (3, "email", "space"),
        (4, "date", "future"),
        (5, "date", "--date"),
        (6, "country", "two letters"),
        (7, "name", "control"),
        (9, "name", "invisible"),
        (10, "name", "far too long"),
        (11, "line", "fields"),
    ] {
        let found = rejects.lines().find(|l| l.starts_with(&format!("{line},{column},")));
        assert!(found.is_some_and(|l| l.contains(word)), "{line} {column} {word} in {rejects}");
    }
    let ann = house.json(&["contact", "show", "ok@people.example"]);
    assert_eq!((&ann["name"], &ann["permissions"][0]["effect"]), (&"Ann".into(), &"allow".into()), "{ann}");
}

#[test]
fn without_provenance_nobody_is_written_to_and_with_it_later_they_are() {
    let house = House::new();
    house.write("list.csv", "email,name\nann@people.example,Ann\nbob@people.example,Bob\n");
    let answer = house.json(&["import", "list.csv"]);
    assert_eq!((&answer["new"], &answer["quarantined"]), (&2.into(), &true.into()));
    let human = house.run(&["import", "list.csv"]);
    assert!(human.out.contains("Without provenance nobody of them is written to"), "{human:?}");
    let effect = || house.json(&["contact", "why", "ann@people.example"])[0]["effect"].clone();
    assert_eq!(effect(), "deny");
    let person = house.json(&["contact", "show", "ann@people.example"]);
    assert_eq!(person["events"].as_array().unwrap().len(), 1, "the second run brought nothing in: {person}");

    let with = [["import", "list.csv"].as_slice(), &FLAGS, &STATEMENT, &["--date", "2025-05-03"]].concat();
    assert_eq!(house.json(&with)["known"], 2);
    assert_eq!(effect(), "allow");
    let again = house.json(&with);
    assert_eq!((&again["known"], &again["again"]), (&0.into(), &2.into()), "{again}");
}

#[test]
fn half_a_provenance_is_refused_and_so_is_an_unvouched_one() {
    let house = House::new();
    house.write("list.csv", "email\nann@people.example\n");
    let half = house.run(&["import", "list.csv", "--evidence", "doi"]);
    assert!(half.failed(2).contains("--obtained, --mode, --purpose must be given too"), "{half:?}");
    let args = [["import", "list.csv"].as_slice(), &FLAGS, &["--date", "2025-05-03"]].concat();
    assert!(house.run(&args).failed(4).contains("--statement"));
    let future = [["import", "list.csv"].as_slice(), &FLAGS, &STATEMENT, &["--date", "2999-01-01"]].concat();
    assert!(house.run(&future).failed(4).contains("future"));
    let mut odd = FLAGS;
    odd[1] = "stolen";
    assert!(house.run(&[["import", "list.csv"].as_slice(), &odd].concat()).failed(2).contains("--obtained"));
    assert_eq!(house.run(&["contact", "show", "ann@people.example"]).code, 3, "nothing came in");
    house.write("odd.csv", "nothing here\n");
    assert!(house.run(&["import", "odd.csv"]).failed(2).contains("one of them email"));
    assert!(house.run(&["import", "gone.csv"]).failed(2).contains("cannot be read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_never_undoes_a_stop() {
    let sink = Sink::start(SinkConfig { keep_bytes: true, ..SinkConfig::default() }).await.unwrap();
    tokio::task::block_in_place(|| {
        let mut house = House::new();
        house.relay(sink.addr());
        house.people(2);
        let served = house.serve();
        house.write("may.md", "---\npurpose: newsletter\nsubject: Hi\n---\nBread.\n");
        house.json(&["campaign", "create", "may.md"]);
        house.json(&["campaign", "send", "--wait"]);
        let (left, stays) = ("reader0@people.example", "reader1@people.example");
        let letter = sink.accepted().into_iter().find(|m| m.to == [left]).unwrap();
        let path = format!("/u/{}", token(&String::from_utf8(letter.bytes.unwrap()).unwrap(), "/u/"));
        assert!(served.post(&path, "List-Unsubscribe=One-Click").starts_with("HTTP/1.1 200"));
        let reason = |who: &str| house.json(&["contact", "why", who])[0]["reason"].clone();
        assert_eq!(reason(left), "WITHDRAWN");

        let with = [["import", "people.csv"].as_slice(), &FLAGS, &STATEMENT, &["--date", "2025-06-01"]].concat();
        assert_eq!(house.json(&with)["known"], 2);
        assert_eq!((reason(left), reason(stays)), ("WITHDRAWN".into(), "CONSENT_DOI".into()));
        // Known under another source: the same permission, not a second one.
        let person = house.json(&["contact", "show", left]);
        assert_eq!(person["permissions"].as_array().unwrap().len(), 1);
        assert_eq!(person["events"].as_array().unwrap().len(), 3, "the import is on record: {person}");
        house.json(&["campaign", "create", "may.md", "--name", "june"]);
        house.json(&["campaign", "send", "june", "--wait"]);
        let got = |who: &str| sink.accepted().iter().filter(|m| m.to == [who]).count();
        assert_eq!((got(left), got(stays)), (1, 2));
        served.stop();
    });
}

#[test]
fn an_import_on_a_full_disk_says_so_and_goes_on_where_it_was() {
    let house = House::new();
    let people = 4_000;
    let mut csv = "email,name,date\n".to_owned();
    for i in 0..people {
        csv.push_str(&format!("p{i}@people.example,Person {i},2025-05-03\n"));
    }
    house.write("many.csv", csv);
    let args = [["--json", "import", "many.csv"].as_slice(), &FLAGS, &STATEMENT].concat();
    // No file may become larger: what a full disk is to a database, without filling one.
    let full = house.shell("trap '' XFSZ; ulimit -f 4000; exec \"$0\" \"$@\"", &args);
    assert_ne!(full.code, 0, "{full:?}");
    assert!(full.out.contains("disk"), "{full:?}");
    let points = house.json(&["consent", "rebuild", "--check"])["points"].as_u64().unwrap();
    assert!(points > 0 && points < people, "{points}: {full:?}");
    let last = house.run(&args).json();
    assert_eq!((last["new"].as_u64(), last["again"].as_u64()), (Some(people - points), Some(points)), "{last}");
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    let house = House::new();
    let people = 4_000;
    let mut csv = "email,name,date\n".to_owned();
    for i in 0..people {
        csv.push_str(&format!("p{i}@people.example,Person {i},2025-05-03\n"));
    }
    house.write("many.csv", csv);
    let args = [["--json", "import", "many.csv"].as_slice(), &FLAGS, &STATEMENT].concat();
    let mut kills = 0;
    for wait in [60, 120, 180, 240] {
        let mut child = house.command(&args).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        kills += usize::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
    }
    let last = house.run(&args).json();
    assert_eq!(last["new"].as_u64().unwrap() + last["again"].as_u64().unwrap(), people, "{kills} kills: {last}");
    assert_eq!(house.json(&["consent", "rebuild", "--check"])["points"], people);
    for i in [0, 499, 500, 1_999, 3_999] {
        let person = house.json(&["contact", "show", &format!("p{i}@people.example")]);
        assert_eq!(person["events"].as_array().unwrap().len(), 1, "{kills} kills: {person}");
    }
}
