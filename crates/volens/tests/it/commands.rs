//! Every command, alone and beside a running process, gives the same answers.

use serde_json::{Value, json};
use volens_core::id::{ActId, FormId};
use volens_core::{Locale, Micros};
use volens_store::intake::{ActDoc, ActRow};

use crate::house::House;

const LETTER: &str =
    "---\npurpose: newsletter\nsubject: Hi {{ person.first_name }}\n---\nBread, {{ person.first_name }}.\n";

/// The whole list of commands; what they answer is checked and given, without what differs from run to run.
fn all_commands(house: &House, serving: bool) -> Vec<Value> {
    let mut told = Vec::new();
    house.people(3);
    house.write("few.csv", "email,country\nnew@people.example,DE\nbad@@x\n,IT\nreader1@people.example,XYZ\n");
    let import = house.run(&["--json", "import", "few.csv"]);
    assert_eq!(import.code, 6, "{import:?}");
    let import = import.any_json();
    assert_eq!((&import["new"], &import["rejected"], &import["quarantined"]), (&json!(1), &json!(3), &json!(true)));
    told.push(import);

    let person = house.json(&["contact", "show", "READER1@people.example"]);
    assert_eq!((&person["name"], &person["permissions"][0]["effect"]), (&json!("Reader 1"), &json!("allow")));
    assert_eq!(person["events"].as_array().unwrap().len(), 1);
    told.push(person["permissions"][0]["sentence"].clone());
    let why = house.json(&["contact", "why", "new@people.example", "newsletter"]);
    assert_eq!(why[0]["reason"], "NO_CONSENT");
    told.push(why);
    let human = house.run(&["contact", "show", "reader1@people.example"]);
    assert!(human.out.contains("We may send") && human.out.contains("What happened"), "{human:?}");

    house.write("may.md", LETTER);
    assert_eq!(house.json(&["campaign", "create", "may.md"])["state"], "draft");
    assert!(house.run(&["campaign", "create", "may.md"]).failed(4).contains("--name"));
    house.write("bad.md", "---\npurpose: bread\nsubject: x\n---\ny");
    let bad = house.run(&["campaign", "create", "bad.md"]);
    assert!(bad.failed(4).contains("bad.md: the letter names the purpose \"bread\"; there are newsletter"), "{bad:?}");
    let preview = house.json(&["campaign", "preview", "may", "--to", "reader2@people.example"]);
    assert_eq!(preview["subject"], "Hi Reader");
    told.push(preview["sentence"].clone());
    assert!(house.run(&["campaign", "preview"]).out.contains("Bread, Ada"));

    assert!(house.run(&["campaign", "pause", "may"]).failed(4).contains("draft"));
    let sent = house.json(&["campaign", "send", "may"]);
    assert!(matches!(sent["state"].as_str(), Some("planning" | "running")), "{sent}");
    assert!(house.run(&["campaign", "send", "may"]).failed(4).contains("sent once"));
    if serving {
        crate::house::until(
            || house.json(&["campaign", "status"])["state"] == "running",
            || house.json(&["campaign", "status"]).to_string(),
        );
        assert_eq!(house.json(&["campaign", "pause"])["why"], "An operator paused it.");
        assert_eq!(house.json(&["campaign", "resume"])["state"], "running");
    }
    let cancelled = house.json(&["campaign", "cancel", "may"]);
    assert_eq!((&cancelled["state"], &cancelled["balances"]), (&json!("cancelled"), &json!(true)));
    assert_eq!(house.json(&["campaign", "list"]).as_array().unwrap().len(), 1);
    assert!(house.run(&["campaign", "list"]).out.contains("cancelled"));
    assert!(house.run(&["campaign", "status", "june"]).failed(3).contains("there are may"));

    let rebuilt = house.json(&["consent", "rebuild", "--check"]);
    assert_eq!((&rebuilt["points"], &rebuilt["differing"]), (&json!(4), &json!([])));
    told.push(rebuilt);
    told.push(house.json(&["consent", "rebuild"]));
    let doctor = house.run(&["--json", "doctor"]);
    assert_eq!(doctor.code, 6, "there is no relay: {doctor:?}");
    let serve = doctor.any_json()["checks"].as_array().unwrap().iter().find(|c| c["name"] == "serve").cloned().unwrap();
    assert_eq!(serve["state"] == "ok", serving, "{serve}");
    told
}

/// A sign-up that was put aside, as the intake leaves it.
async fn bury_a_signup(house: &House) -> (volens_store::Store, volens_store::Tenant) {
    let config = volens_store::SqliteConfig::new(house.path("data/volens.db"));
    let db = volens_store::Db::open(volens_store::DbConfig::Sqlite(config)).await.unwrap();
    let store = volens_store::Store::of(db);
    let tenant = store.workspaces().await.unwrap()[0].tenant;
    let doc = ActDoc {
        schema: 1,
        address: "ada@people.example".into(),
        name: None,
        boxes: Vec::new(),
        button: "Join".into(),
        locale: Locale::En,
        network: None,
        agent: None,
        form_render: String::new(),
        form_texts: String::new(),
    };
    let form = FormId::from_bytes([1; 16]);
    let act = ActRow { id: ActId::from_bytes([2; 16]), form, form_version: 1, doc, happened_at: Micros(1) };
    store.store_act(tenant, &act).await.unwrap();
    store.bury_act(tenant, act.id, "the form is gone".into(), Micros(2)).await.unwrap();
    (store, tenant)
}

#[tokio::test]
async fn doctor_tells_of_signups_that_were_put_aside_and_takes_them_up_once_more() {
    let house = House::new();
    let (store, tenant) = bury_a_signup(&house).await;
    let doctor = house.run(&["doctor"]);
    assert!(doctor.out.contains("1 of Nordic Bakery could not be taken up"), "{doctor:?}");
    assert!(doctor.out.contains("the form is gone") && doctor.out.contains("--retry-signups"), "{doctor:?}");
    let doctor = house.run(&["doctor", "--retry-signups"]);
    assert!(!doctor.out.contains("put aside"), "{doctor:?}");
    assert_eq!(store.buried_acts(tenant).await.unwrap(), None);
    assert_eq!(store.count_acts(tenant).await.unwrap(), 1, "it waits for `volens serve`");
}

#[test]
fn alone_and_beside_give_the_same_answers() {
    let alone = House::new();
    let by_itself = all_commands(&alone, false);
    let beside = House::new();
    let served = beside.serve();
    let by_other = all_commands(&beside, true);
    assert_eq!(by_itself, by_other);
    served.stop();
    assert!(!beside.path("data/volens.sock").exists());
    // What the other process did is on disk.
    assert_eq!(beside.json(&["campaign", "status"])["state"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_a_command_is_one_more_node() {
    let house = House::postgres().await;
    tokio::task::block_in_place(|| {
        let served = house.serve();
        all_commands(&house, true);
        served.stop();
        assert!(house.run(&["consent", "rebuild", "--check"]).out.contains("all stand as their logs say"));
    });
}

#[test]
fn two_commands_at_once_wait_for_each_other() {
    let house = House::new();
    house.people(5);
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| assert_eq!(house.json(&["consent", "rebuild", "--check"])["points"], 5));
        }
    });
}

#[test]
fn failures_are_json_too() {
    let house = House::new();
    let ran = house.run(&["--json", "contact", "show", "a@b.example"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.any_json()["error"]["kind"], "not_found");
    assert_eq!(house.run(&["contact"]).code, 2);
}

#[test]
fn colour_only_on_a_terminal() {
    let house = House::new();
    house.people(1);
    let show = ["contact", "show", "reader0@people.example"];
    assert!(!house.run(&show).out.contains('\u{1b}'), "into a pipe");
    // `script` gives a command a terminal.
    let seen = house.shell("script -qec \"$0 $*\" /dev/null", &show).out;
    assert!(seen.contains("\u{1b}[1m") && seen.contains("What happened"), "{seen}");
    let plain = house.shell("NO_COLOR=1 script -qec \"$0 $*\" /dev/null", &show).out;
    assert!(!plain.contains("\u{1b}[1m") && plain.contains("What happened"), "{plain}");
}

#[test]
fn a_preview_as_html_is_html_alone() {
    let house = House::new();
    house.write("may.md", LETTER);
    house.json(&["campaign", "create", "may.md"]);
    let html = house.run(&["campaign", "preview", "--html"]).out;
    assert!(html.starts_with("<!") && html.trim_end().ends_with("</html>"), "{html}");
}
