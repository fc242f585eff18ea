//! The order plan open, withdrawal open, read, both commit, wave (DESIGN 8): on PostgreSQL with transactions that are
//! really open side by side, on SQLite in the only order that one writer allows.

use std::time::Duration;

use tokio_postgres::{Client, NoTls};
use volens_core::Micros;
use volens_core::consent::{Event, Stamp, fold};
use volens_core::permission::Channel;
use volens_core::standing::Standing;
use volens_store::consent::Place;
use volens_store::delivery::DeliveryState;
use volens_store::{DbConfig, MIGRATIONS};
use volens_testkit::{Engine, TestDb, both_engines};

use crate::fixture::{NEWS, US, World, left, mark, marks};

/// A connection of the test's own.
async fn raw(w: &World) -> Client {
    let DbConfig::Postgres(config) = w.db.config() else { panic!("PostgreSQL") };
    let (client, connection) = tokio_postgres::connect(&config.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A withdrawal as the store writes it, in a transaction that stays open.
async fn leave_open(w: &World, client: &Client, place: Place) {
    client.batch_execute("BEGIN").await.unwrap();
    let (ws, point) = (w.tenant.no.0, place.point.bytes().to_vec());
    let lock = "SELECT seq, facts FROM standing WHERE ws = $1 AND point = $2 FOR UPDATE";
    let row = client.query_one(lock, &[&ws, &point]).await.unwrap();
    let (seq, mut standing) = (row.get::<_, i64>(0) + 1, Standing::unpack(row.get(1)).unwrap());
    let draft = w.draft(left(NEWS));
    let stamp = Stamp {
        workspace: w.tenant.id,
        contact: place.contact,
        point: place.point,
        channel: Channel::Email,
        seq,
        happened_at: Micros(w.now().0 + 1),
        recorded_at: w.now(),
    };
    let event = Event::new(&draft, &stamp);
    fold(&mut standing, &event);
    let insert = "INSERT INTO event (ws, point, seq, id, kind, happened_at, recorded_at, canonical, salt)
                  VALUES ($1, $2, $3, $4, 'withdrawn', $5, $6, $7, $8)";
    let (id, at, now) = (event.id.bytes().to_vec(), stamp.happened_at.0, w.now().0);
    let (canonical, salt) = (event.canonical().unwrap(), draft.salt.to_vec());
    client.execute(insert, &[&ws, &point, &seq, &id, &at, &now, &canonical, &salt]).await.unwrap();
    let update = "UPDATE standing SET seq = $3, last_at = $4, facts = $5 WHERE ws = $1 AND point = $2";
    client.execute(update, &[&ws, &point, &seq, &at, &standing.pack()]).await.unwrap();
}

#[both_engines(migrations = MIGRATIONS)]
async fn who_leaves_while_the_plan_is_open_is_not_written_to(db: TestDb) {
    let w = World::of(db).await;
    let people = w.readers(40).await;
    let leaver = people[17];
    if w.db.engine() == Engine::Sqlite {
        return on_one_writer(&w, leaver).await;
    }
    let stream = w.draft_campaign().await;
    w.store.begin_campaign(w.tenant, stream, w.now()).await.unwrap();
    let client = raw(&w).await;
    // Withdrawal open; the plan runs and commits beside it and does not wait.
    leave_open(&w, &client, leaver).await;
    let planning = async { while w.plan_stretch(stream, 7).await {} };
    tokio::time::timeout(Duration::from_secs(20), planning).await.expect("a plan waits for nobody's withdrawal");
    w.store.start_campaign(w.tenant, stream).await.unwrap();
    // Read: the open withdrawal is not seen.
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 40).await;
    let hers = rows.iter().find(|r| r.point == leaver.point).unwrap();
    assert!(hers.standing.is_open(NEWS, US));
    // Both commit, then the wave.
    client.batch_execute("COMMIT").await.unwrap();
    let marked = w.wave(1, marks(slice, &rows), vec![]).await.marked;
    assert!(!marked.contains_key(&hers.key), "she left before her turn");
    assert_eq!(marked.len(), 39);
    denied_at_her_turn(&w, slice, leaver).await;
}

#[test]
fn a_wave_does_not_wait_for_a_withdrawal_that_is_open() {
    volens_testkit::run(Engine::Postgres, MIGRATIONS, async |db| {
        let w = World::of(db).await;
        let people = w.readers(5).await;
        let stream = w.running_campaign().await;
        let slice = w.lease(1).await;
        let client = raw(&w).await;
        leave_open(&w, &client, people[2]).await;
        let rows = w.waiting(slice, 5).await;
        // Not committed: she has not left yet, and nobody was told that she has.
        let wave = tokio::time::timeout(Duration::from_secs(20), w.wave(1, marks(slice, &rows), vec![])).await;
        assert_eq!(wave.expect("no wait").marked.len(), 5);
        client.batch_execute("COMMIT").await.unwrap();
        assert_eq!(w.books(stream).await.of(DeliveryState::Sending), 5);
    });
}

/// With one writer nothing is open beside the plan: the withdrawal commits between the read and the wave.
async fn on_one_writer(w: &World, leaver: Place) {
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 40).await;
    w.record(leaver, left(NEWS)).await;
    let marked = w.wave(1, marks(slice, &rows), vec![]).await.marked;
    assert!(marked.keys().all(|k| rows.iter().any(|r| r.key == *k && r.point != leaver.point)));
    assert_eq!(marked.len(), 39);
    denied_at_her_turn(w, slice, leaver).await;
    assert_eq!(w.books(stream).await.rows(), 40);
}

async fn denied_at_her_turn(w: &World, slice: volens_store::delivery::LeasedSlice, leaver: Place) {
    w.wait(3_200_000);
    let rows = w.waiting(slice, 40).await;
    assert_eq!(rows.iter().map(|r| r.point).collect::<Vec<_>>(), [leaver.point]);
    assert!(!rows[0].standing.is_open(NEWS, US));
    w.wave(1, vec![mark(slice, &rows[0], DeliveryState::Denied)], vec![]).await;
    let books = w.books(slice.stream).await;
    assert_eq!((books.of(DeliveryState::Denied), books.of(DeliveryState::Sending)), (1, 39));
    let since = Micros(w.now().0 - 60_000_000);
    let spared = w.store.spared(w.tenant, slice.stream, since, 10).await.unwrap();
    assert_eq!(spared.len(), 1, "she left in time, and that can be told");
    assert!(spared[0].left_at < spared[0].turn_at && spared[0].turn_at == w.now());
    let log = w.store.log(w.tenant, leaver.point).await.unwrap().unwrap();
    assert_eq!(spared[0].left_at, log.events.last().unwrap().event.happened_at);
    assert!(w.store.spared(w.tenant, slice.stream, w.now(), 10).await.unwrap().is_empty());
}
