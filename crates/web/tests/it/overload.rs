//! Too much at once, a full disk, a locked database: the person hears what to do, and nothing is half-written.

use std::time::Duration;

use axum::http::header;
use volens_testkit::TestDb;
use volens_testkit::both_engines;
use volens_web::WebSettings;

use crate::fixture::{House, NEWS, ask, form, from_peer, house, house_with};

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_network_signs_up_so_many_times_a_minute_and_leaves_without_limit(db: TestDb) {
    let settings = WebSettings {
        signups_a_minute: 3,
        trusted_proxies: vec!["10.0.0.1".parse().unwrap()],
        ..WebSettings::default()
    };
    let house = house_with(db.db().clone(), settings).await;
    let time = house.time().await;
    let fields = [("email", "a@example.org"), ("purpose", "news"), ("t", time.as_str())];
    let sign_up = |peer: &'static str| ask(&house.router, from_peer(form("/f/letters", &fields), peer));
    for _ in 0..3 {
        sign_up("203.0.113.7:1").await.says(200, "One click is missing");
    }
    let refused = sign_up("203.0.113.99:1").await;
    refused.says(429, "One moment, please");
    assert_eq!(refused.headers[header::RETRY_AFTER], "20");
    sign_up("198.51.100.1:1").await.says(200, "One click is missing");
    let mut proxied = from_peer(form("/f/letters", &fields), "10.0.0.1:1");
    proxied.headers_mut().insert("x-forwarded-for", "198.51.100.1, 203.0.113.7".parse().unwrap());
    ask(&house.router, proxied).await.says(429, "One moment, please");
    assert_eq!(house.acts().await, 4);
    let leave = form("/u/AAAA", &[("List-Unsubscribe", "One-Click")]);
    ask(&house.router, from_peer(leave, "203.0.113.7:1")).await.says(404, "This link is not whole");
    house.clock.step(Duration::from_secs(20));
    sign_up("203.0.113.7:1").await.says(200, "One click is missing");
}

async fn sign_up(house: &House, time: &str, i: usize) -> crate::fixture::Got {
    let address = format!("reader{i}@example.org");
    let name = "n".repeat(100);
    house.post("/f/letters", &[("email", &address), ("first_name", &name), ("purpose", "news"), ("t", time)]).await
}

fn raw(db: &TestDb) -> rusqlite::Connection {
    rusqlite::Connection::open(db.folder().join("volens.db")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_no_act_and_recovers_by_itself() {
    let db = TestDb::sqlite_with(volens_store::MIGRATIONS, |c| c.max_page_count = Some(150)).await;
    let house = house(db.db().clone()).await;
    let time = house.time().await;
    let mut taken = 0;
    let full = loop {
        let got = sign_up(&house, &time, taken).await;
        if got.status != 200 {
            break got;
        }
        taken += 1;
        assert!(taken < 5_000, "the disk never filled");
    };
    full.says(503, "Nothing was lost and nothing is half done");
    full.says(503, "Try again");
    assert!(full.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(full.field("email"), format!("reader{taken}@example.org"), "the button repeats the act");
    assert_eq!(house.acts().await, taken as u64, "every act that was thanked for, and no other");
    house.get("/f/letters").await.says(200, "Letters from the oven");
    raw(&db).execute("DELETE FROM act", []).unwrap();
    sign_up(&house, &time, taken).await.says(200, "One click is missing");
    assert_eq!(house.acts().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_says_so_to_who_leaves() {
    let db = TestDb::sqlite_with(volens_store::MIGRATIONS, |c| c.max_page_count = Some(250)).await;
    let house = house(db.db().clone()).await;
    let mut readers = Vec::new();
    for i in 0..40 {
        let address = format!("reader{i}@example.org");
        readers.push((house.leave(house.reader(&address).await), address));
    }
    let conn = raw(&db);
    conn.execute_batch("CREATE TABLE fill (x BLOB); INSERT INTO fill VALUES (zeroblob(1000000))").unwrap();
    let mut refused = Vec::new();
    for (path, address) in &readers {
        let got = house.post(path, &[("List-Unsubscribe", "One-Click")]).await;
        let reason = house.why(address, NEWS).await;
        match got.status {
            200 => assert_eq!(reason, "WITHDRAWN"),
            503 => {
                assert_eq!(reason, "CONSENT_DOI", "nothing is half done");
                assert!(got.headers.contains_key(header::RETRY_AFTER));
                refused.push((path, address));
            }
            other => panic!("{other}: {}", got.body),
        }
    }
    assert!(!refused.is_empty());
    conn.execute_batch("DROP TABLE fill; VACUUM").unwrap();
    for (path, address) in refused {
        house.post(path, &[("List-Unsubscribe", "One-Click")]).await.says(200, "Stopped.");
        assert_eq!(house.why(address, NEWS).await, "WITHDRAWN");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_asks_for_another_try() {
    let db = TestDb::sqlite_with(volens_store::MIGRATIONS, |c| c.busy = Duration::from_millis(100)).await;
    let house = house(db.db().clone()).await;
    let time = house.time().await;
    sign_up(&house, &time, 1).await.says(200, "One click is missing");
    let conn = raw(&db);
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = sign_up(&house, &time, 2).await;
    busy.says(503, "We could not store this just now");
    house.get("/f/letters").await.says(200, "Letters from the oven");
    conn.execute_batch("ROLLBACK").unwrap();
    sign_up(&house, &time, 2).await.says(200, "One click is missing");
    assert_eq!(house.acts().await, 2);
}
