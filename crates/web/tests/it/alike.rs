//! The pages answer known, unknown and suppressed addresses alike: in words, in what is written, in what is read, in
//! time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use volens_store::DbConfig;
use volens_testkit::{Engine, TestDb, both_engines};
use volens_web::{WebSettings, WebState, router};

use crate::dump::{dump, gained};
use crate::fixture::{House, ask, form, house, open};

/// Addresses of one length: confirmed, waiting, unknown, stopped, disowned, left.
const KINDS: [&str; 6] = [
    "confirmed@example.org",
    "waiting-0@example.org",
    "unknown-0@example.org",
    "stopped-0@example.org",
    "disowned0@example.org",
    "purpose-0@example.org",
];

async fn kinds(house: &House) {
    house.reader(KINDS[0]).await;
    house.join(KINDS[1]).await;
    let stopped = house.reader(KINDS[3]).await;
    house.post(&house.choices(stopped), &[("stop", "all")]).await.says(200, "Stopped");
    let disowned = house.join(KINDS[4]).await;
    house.post(&house.not_me(house.point(KINDS[4]).await, disowned), &[]).await.says(200, "Noted");
    let left = house.reader(KINDS[5]).await;
    house.post(&house.leave(left), &[("stop", "this")]).await.says(200, "Stopped");
}

fn fields<'a>(address: &'a str, time: &'a str) -> [(&'a str, &'a str); 4] {
    [("email", address), ("first_name", "Giulia"), ("purpose", "news"), ("t", time)]
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_same_words_and_one_row_of_the_same_size_for_everybody(db: TestDb) {
    let house = house(db.db().clone()).await;
    kinds(&house).await;
    let time = house.time().await;
    let mut seen = Vec::new();
    for address in KINDS {
        let before = dump(&db).await;
        let got = house.post("/f/letters", &fields(address, &time)).await;
        let after = dump(&db).await;
        assert_eq!(gained(&before, &after), [("act".into(), 1)].into(), "{address}: one act, and nothing else touched");
        let act = after["act"].iter().find(|row| !before["act"].contains(row)).unwrap();
        let body = got.body.replace(address, "ADDRESS");
        seen.push((got.status, format!("{:?}", got.headers), body, act.len()));
    }
    for (i, one) in seen.iter().enumerate() {
        assert_eq!(*one, seen[0], "{}", KINDS[i]);
    }
    assert_eq!(seen[0].0, 200);
}

/// How often each table was read and written in this database, once the sessions that did it have ended.
async fn work(url: &str) -> BTreeMap<String, [i64; 5]> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                  AND application_name LIKE 'counted%'";
    for _ in 0..500 {
        if client.query_one(others, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let counts = "SELECT relname::text, seq_scan, COALESCE(idx_scan, 0), n_tup_ins, n_tup_upd, n_tup_del
                  FROM pg_stat_user_tables";
    let rows = client.query(counts, &[]).await.unwrap();
    let out = rows.iter().map(|r| (r.get(0), std::array::from_fn(|i| r.get(i + 1)))).collect();
    connection.abort();
    out
}

/// A session that has ended has told the server's statistics all that it did: so each kind signs up in sessions of its
/// own, and what the tables were asked for is compared, reads too. On PostgreSQL alone, because SQLite keeps no such
/// count; it runs the same statements, each of which has one text for both engines.
#[test]
fn the_same_statements_run_for_everybody() {
    volens_testkit::run(Engine::Postgres, volens_store::MIGRATIONS, same_statements);
}

async fn same_statements(db: TestDb) {
    let house = house(db.db().clone()).await;
    kinds(&house).await;
    let time = house.time().await;
    house.post("/f/letters", &fields("first-one@example.org", &time)).await.says(200, "One click is missing");
    let DbConfig::Postgres(config) = db.config().clone() else { panic!("this test is for PostgreSQL") };
    let mut seen: Vec<BTreeMap<String, [i64; 5]>> = Vec::new();
    for (i, address) in KINDS.iter().enumerate() {
        let before = work(&config.url).await;
        let mut counted = config.clone();
        counted.url = with_name(&config.url, &format!("counted{i}"));
        let node = volens_store::Db::open(DbConfig::Postgres(counted)).await.unwrap();
        let app = open(node.clone(), &house.clock, 100 + i as u64).await;
        let pages = router(WebState::new(app, WebSettings::default()).unwrap());
        ask(&pages, form("/f/letters", &fields(address, &time))).await.says(200, "One click is missing");
        drop(pages);
        node.close().await;
        drop(node);
        let after = work(&config.url).await;
        let done = after.iter().map(|(table, n)| (table.clone(), std::array::from_fn(|k| n[k] - before[table][k])));
        seen.push(done.filter(|(_, n): &(String, [i64; 5])| *n != [0; 5]).collect());
    }
    assert_eq!(seen[0]["act"], [0, 0, 1, 0, 0], "one act is inserted, none is looked for");
    for table in ["point", "address_key", "standing", "contact", "event", "address_budget", "delivery"] {
        assert!(!seen[0].contains_key(table), "{table} is not touched: {:?}", seen[0]);
    }
    for (i, one) in seen.iter().enumerate() {
        assert_eq!(*one, seen[0], "{}", KINDS[i]);
    }
}

/// The same database under another application name.
fn with_name(url: &str, name: &str) -> String {
    if url.contains("://") {
        let glue = if url.contains('?') { '&' } else { '?' };
        format!("{url}{glue}application_name={name}")
    } else {
        format!("{url} application_name={name}")
    }
}

/// 3,000 interleaved pairs: neither kind is the slower one in more than 55 %. On SQLite, where the work is all ours.
fn neither_is_slower(one: &'static str, other: &'static str) {
    volens_testkit::run(Engine::Sqlite, volens_store::MIGRATIONS, move |db| async move {
        let house = house(db.db().clone()).await;
        kinds(&house).await;
        let time = house.time().await;
        let mut slower = [0; 2];
        for pair in 0..3_000 {
            let mut took = [Duration::ZERO; 2];
            // Who goes first changes, so that what the first leaves behind in caches helps both.
            for kind in [pair % 2, 1 - pair % 2] {
                let request = form("/f/letters", &fields([one, other][kind], &time));
                let start = Instant::now();
                let got = ask(&house.router, request).await;
                took[kind] = start.elapsed();
                assert_eq!(got.status, 200);
            }
            slower[usize::from(took[1] > took[0])] += 1;
            house.clock.step(Duration::from_millis(1));
        }
        let most = 3_000 * 55 / 100;
        assert!(slower.iter().all(|n| *n <= most), "{one} {}, {other} {}", slower[0], slower[1]);
    });
}

#[test]
fn neither_known_nor_unknown_is_the_slower_one() {
    neither_is_slower(KINDS[0], KINDS[2]);
}

#[test]
fn neither_stopped_nor_unknown_is_the_slower_one() {
    neither_is_slower(KINDS[3], KINDS[2]);
}
