//! Nobody is lost: kill -9 at random instants, with a wave in flight, and every book still balances.
//!
//! The sender is this test binary once more, in a process of its own (`child`), so that it can be killed.

use std::collections::HashSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use volens_app::delivery::{Sending, in_flight_max};
use volens_core::clock::Randomness;
use volens_mail::message_id;
use volens_store::delivery::Books;
use volens_store::delivery::DeliveryState::{
    self, Cancelled, Denied, Failed, Planned, Sending as Under, Sent, Skipped, Unknown,
};
use volens_store::{Db, DbConfig, PostgresConfig, SqliteConfig};
use volens_testkit::cluster::Durability;
use volens_testkit::sink::{Sink, SinkConfig};
use volens_testkit::{Engine, FakeChance, TestDb};

use crate::fixture::{House, LETTER, house, relay_at};

const KILLS: usize = 20;
const SESSIONS: usize = 50;
const PEOPLE: usize = 12_000;

fn config_of(url: &str) -> DbConfig {
    if url.ends_with("volens.db") {
        DbConfig::Sqlite(SqliteConfig::new(url))
    } else {
        DbConfig::Postgres(PostgresConfig::new(url))
    }
}

/// The process that is killed: it sends whatever is planned.
#[test]
#[ignore = "started by the kill tests, in a process of its own"]
fn child() {
    let (Ok(url), Ok(port)) = (std::env::var("VOLENS_KILL_DB"), std::env::var("VOLENS_KILL_PORT")) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let house = house(Db::open(config_of(&url)).await.unwrap()).await;
        let node = house.node("killed").await;
        let relay = relay_at(port.parse().unwrap(), SESSIONS);
        let _sending = Sending::start(house.app.clone(), node, relay).await.unwrap();
        eprintln!("ready");
        std::future::pending::<()>().await;
    });
}

fn start(url: &str, port: u16) -> Child {
    let me = std::env::current_exe().unwrap();
    Command::new(me)
        .args(["kill::child", "--exact", "--ignored", "--nocapture"])
        .env("VOLENS_KILL_DB", url)
        .env("VOLENS_KILL_PORT", port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Kills the child when it has handed something over and not everything was answered.
async fn kill_in_flight(child: &mut Child, house: &House, sink: &Sink, stream: volens_core::id::StreamNo, wait: u64) {
    let before = sink.count();
    let end = Instant::now() + Duration::from_secs(60);
    while sink.count() < before + 20 {
        assert!(Instant::now() < end, "the child sends nothing");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(Duration::from_micros(wait)).await;
    for _ in 0..2_000 {
        let books = house.app.store.books(house.ws.tenant, stream).await.unwrap();
        if books.of(Under) > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn nobody_is_lost(db: TestDb, url: String) {
    let house = house(db.db().clone()).await;
    house.people(PEOPLE).await;
    let sink = Sink::start(SinkConfig { delay_ms: Some(5..=50), withhold: 0.02, seed: 11, ..SinkConfig::default() });
    let sink = sink.await.unwrap();
    let stream = house.campaign(LETTER).await;
    let chance = FakeChance::seeded(5);
    let max = in_flight_max(&relay_at(sink.addr().port(), SESSIONS)) as u64;
    let (mut kills, mut in_sending) = (0, 0);
    while kills < KILLS {
        let mut child = start(&url, sink.addr().port());
        let [a, b] = chance.bytes::<2>();
        kill_in_flight(&mut child, &house, &sink, stream, u64::from(u16::from_be_bytes([a, b])) * 3).await;
        let found = at_rest(&house, stream).await.of(Under);
        assert!(found <= max, "{found} rows in sending after a kill, at most {max} may be");
        verify(&house, &sink, stream, in_sending).await;
        if found > 0 {
            kills += 1;
            in_sending += found;
        }
        let waits = at_rest(&house, stream).await.of(Planned);
        assert!(waits > 0, "the campaign was over after {kills} kills: more people are needed");
    }
    let mut last = start(&url, sink.addr().port());
    let books = house.settled(stream, Duration::from_secs(120)).await;
    last.kill().unwrap();
    last.wait().unwrap();
    verify(&house, &sink, stream, in_sending).await;
    assert_eq!(books.of(Under), 0);
    eprintln!("{kills} kills, {in_sending} rows found in sending, {books:?}");
}

/// The rows once they stand still: PostgreSQL may still commit what a killed process had handed to it.
async fn at_rest(house: &House, stream: volens_core::id::StreamNo) -> Books {
    let mut before = house.app.store.count_rows(house.ws.tenant, stream).await.unwrap();
    let mut still = 0;
    while still < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = house.app.store.count_rows(house.ws.tenant, stream).await.unwrap();
        still = if now == before { still + 1 } else { 0 };
        before = now;
    }
    before
}

/// What must hold after each kill and at the end; `in_sending` rows were found in sending by those who were started
/// since.
async fn verify(house: &House, sink: &Sink, stream: volens_core::id::StreamNo, in_sending: u64) {
    let books = house.balanced(stream).await;
    let all = [Sent, Denied, Failed, Cancelled, Skipped, Unknown, Planned, Under];
    assert_eq!(books.rows(), all.iter().map(|s| books.of(*s)).sum::<u64>());
    assert_eq!(books.rows() as usize, PEOPLE);
    let accepted = sink.accepted();
    let past = |at: Instant| at.elapsed() >= relay_at(0, SESSIONS).timeouts.end_of_data;
    let withheld = accepted.iter().filter(|a| a.withheld && past(a.at)).count() as u64;
    let in_sink: HashSet<String> = accepted.iter().map(|a| a.message_id.clone()).collect();
    assert_eq!(in_sink.len(), accepted.len(), "no Message-ID twice");
    let sent = ids(house, stream, Sent).await;
    let unknown = ids(house, stream, Unknown).await;
    let under = ids(house, stream, Under).await;
    assert!(sent.is_subset(&in_sink), "what is sent is in the sink");
    let lost = in_sink.iter().find(|id| !sent.contains(*id) && !unknown.contains(*id) && !under.contains(*id));
    assert_eq!(lost, None, "what is in the sink is sent, unknown or was under way");
    let bound = in_sending + withheld;
    assert!(books.of(Unknown) <= bound, "{} unknown, at most {bound} may be", books.of(Unknown));
}

async fn ids(house: &House, stream: volens_core::id::StreamNo, state: DeliveryState) -> HashSet<String> {
    let rows = house.app.store.rows_in(house.ws.tenant, stream, state, 1_000_000).await.unwrap();
    let made = volens_app::minted_at(stream.0);
    let id = |key| format!("<{}>", message_id(key, made, &house.app.settings.mail_host).as_str());
    rows.into_iter().map(|r| id(r.key)).collect()
}

fn run(engine: Engine) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (db, url) = match engine {
            Engine::Sqlite => {
                let db = TestDb::sqlite_with(volens_store::MIGRATIONS, |_| ()).await;
                let url = db.folder().join("volens.db").to_string_lossy().into_owned();
                (db, url)
            }
            Engine::Postgres => {
                let db = TestDb::postgres_with(volens_store::MIGRATIONS, Durability::Durable, |_| ()).await;
                let DbConfig::Postgres(config) = db.config() else { unreachable!() };
                let url = config.url.clone();
                (db, url)
            }
        };
        nobody_is_lost(db, url).await;
    });
}

#[test]
fn nobody_is_lost_on_sqlite() {
    run(Engine::Sqlite);
}

#[test]
fn nobody_is_lost_on_postgres() {
    run(Engine::Postgres);
}
