//! Acts in their order, whatever the clock says, and the rebuild that proves the projection.

use std::time::Duration;

use tokio::task::JoinSet;
use volens_core::consent::Body;
use volens_core::permission::{StopReason, StopScope};
use volens_db::{Lane, Stmt, Value, params, statements};
use volens_store::consent::read::last_at;
use volens_store::consent::{Log, Place, Rebuilt};
use volens_store::{MIGRATIONS, StoreError};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{MINUTE, NEWS, World, confirmed, granted, left, left_everything, requested};

statements! {
    /// Damages a standing's record, as a fault of ours might.
    DAMAGE_FACTS: Tenant [Int, Blob, Blob] => [] "UPDATE standing SET facts = $3 WHERE ws = $1 AND point = $2";
    /// Damages its gate.
    DAMAGE_GATE: Tenant [Int, Blob, Int] => [] "UPDATE standing SET gate = $3 WHERE ws = $1 AND point = $2";
    /// Damages its counter.
    DAMAGE_SEQ: Tenant [Int, Blob, Int] => [] "UPDATE standing SET seq = $3 WHERE ws = $1 AND point = $2";
    /// Damages the time of its last event.
    DAMAGE_LAST_AT: Tenant [Int, Blob, Int] => [] "UPDATE standing SET last_at = $3 WHERE ws = $1 AND point = $2";
    /// Loses a standing.
    DROP_STANDING: Tenant [Int, Blob] => [] "DELETE FROM standing WHERE ws = $1 AND point = $2";
}

async fn log(w: &World, place: Place) -> Log {
    w.store.log(w.tenant, place.point).await.unwrap().unwrap()
}

async fn check(w: &World) -> Rebuilt {
    w.store.rebuild(w.tenant, None, false).await.unwrap()
}

#[both_engines(migrations = MIGRATIONS)]
async fn acts_at_once_with_the_clock_stepping_back_keep_their_order(db: TestDb) {
    let w = World::of(db).await;
    let place = w.person("ada@example.org").await;
    let mut acts = JoinSet::new();
    for i in 0..64 {
        if i == 32 {
            w.clock.step_back(Duration::from_secs(5));
        }
        w.wait(1_000);
        let body = if i % 2 == 0 { granted(&[NEWS]) } else { left(NEWS) };
        let (store, draft, tenant, now) = (w.store.clone(), w.draft(body), w.tenant, w.now());
        acts.spawn(async move { store.record(tenant, place, draft, now).await.unwrap() });
    }
    let recorded = acts.join_all().await;
    let log = log(&w, place).await;
    assert_eq!(log.events.len(), 64);
    assert_eq!(log.seq, 64);
    for (i, logged) in log.events.iter().enumerate() {
        assert_eq!(logged.event.seq, i as i64 + 1, "no number is left out");
        assert_eq!(logged.event.canonical().unwrap(), logged.canonical, "read and written again it is the same");
        assert_eq!(logged.salt.len(), 32);
    }
    assert!(log.events.is_sorted_by(|a, b| a.event.happened_at < b.event.happened_at), "time never stands still");
    assert!(log.events.iter().any(|l| l.event.recorded_at < l.event.happened_at), "the clock did step back");
    assert_eq!(last_at(&log.events), log.events.last().map(|l| l.event.happened_at));
    let last = &log.events[63].event;
    let open = matches!(last.body, Body::Granted { .. });
    let grant = &log.standing.grants[0];
    assert_eq!(grant.withdrawn_at.is_none(), open, "the last act wins");
    assert_eq!(log.standing.is_open(NEWS, crate::fixture::US), open);
    assert_eq!(grant.seq, if open { 64 } else { grant.seq });
    let told = recorded.iter().find(|r| r.event.seq == 64).unwrap();
    assert_eq!((&told.event, &told.standing), (last, &log.standing), "the caller was told what was written");
    assert_eq!(check(&w).await, Rebuilt { points: 1, differing: vec![], next: None });
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_act_that_brings_its_time_keeps_it_unless_a_later_one_is_there(db: TestDb) {
    let w = World::of(db).await;
    let place = w.person("ada@example.org").await;
    let earlier = w.now().before(Duration::from_secs(60));
    let mut draft = w.draft(requested(&[NEWS]));
    draft.at = Some(earlier);
    let first = w.store.record(w.tenant, place, draft.clone(), w.now()).await.unwrap().event;
    assert_eq!((first.happened_at, first.recorded_at), (earlier, w.now()));
    draft.id = w.id();
    let second = w.store.record(w.tenant, place, draft, w.now()).await.unwrap().event;
    assert_eq!(second.happened_at.0, earlier.0 + 1);
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_event_is_found_by_its_id_and_recorded_once(db: TestDb) {
    let w = World::of(db).await;
    let place = w.person("ada@example.org").await;
    let draft = w.draft(requested(&[NEWS]));
    let event = w.store.record(w.tenant, place, draft.clone(), w.now()).await.unwrap().event;
    let found = w.store.event(w.tenant, event.id).await.unwrap().unwrap();
    assert_eq!((found.event, found.salt), (event.clone(), draft.salt.to_vec()));
    assert!(w.store.event(w.tenant, w.id()).await.unwrap().is_none());
    assert!(w.store.record(w.tenant, place, draft, w.now()).await.is_err(), "an id is used once");
    assert_eq!(log(&w, place).await.seq, 1, "the failed act left nothing");
    let nobody = Place { point: w.id(), ..place };
    let missing = w.store.record(w.tenant, nobody, w.draft(left(NEWS)), w.now()).await;
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
    assert!(w.store.log(w.tenant, nobody.point).await.unwrap().is_none());
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_damaged_standing_is_found_and_repaired(db: TestDb) {
    let w = World::of(db).await;
    let mut places = Vec::new();
    for name in ["ada", "bea", "cleo", "dora", "eva"] {
        places.push(w.reader(&format!("{name}@example.org")).await);
    }
    w.record(places[4], left_everything()).await;
    let before = log(&w, places[0]).await;
    let ws = w.tenant.no.0;
    let damage = async |stmt, i: usize, value: volens_db::Value| {
        let row = [ws.into(), places[i].point.bytes().into(), value];
        assert_eq!(w.db.execute(Lane::Interactive, stmt, &row).await, Ok(1));
    };
    damage(&DAMAGE_FACTS, 0, volens_core::standing::Standing::default().pack().into()).await;
    damage(&DAMAGE_FACTS, 1, vec![1_u8, 255, 255].into()).await;
    damage(&DAMAGE_SEQ, 2, 1.into()).await;
    damage(&DAMAGE_LAST_AT, 2, 0.into()).await;
    damage(&DAMAGE_GATE, 4, 0.into()).await;
    let mut wrong: Vec<_> = [0, 1, 2, 4].iter().map(|i| places[*i].point).collect();
    wrong.sort();
    let found = check(&w).await;
    assert_eq!(found, Rebuilt { points: 5, differing: wrong.clone(), next: None });
    assert_eq!(check(&w).await, found, "a check changes nothing");
    let repaired = w.store.rebuild(w.tenant, None, true).await.unwrap();
    assert_eq!(repaired.differing, wrong);
    assert_eq!(check(&w).await.differing, []);
    let after = log(&w, places[0]).await;
    assert_eq!((after.standing, after.seq), (before.standing, before.seq));
    let next = w.record(places[2], left(NEWS)).await.event;
    assert_eq!(next.seq, 3, "the counter goes on where the log ends");
    assert!(next.happened_at > last_at(&log(&w, places[2]).await.events[..2]).unwrap());
}

#[both_engines(migrations = MIGRATIONS)]
async fn each_fault_alone_is_found_and_repaired(db: TestDb) {
    let w = World::of(db).await;
    let readers = [w.reader("ada@example.org").await, w.reader("bea@example.org").await];
    let silent = w.person("cleo@example.org").await;
    let now = w.now().0;
    let faults: [(&Stmt, Place, Vec<Value>); 7] = [
        (&DAMAGE_FACTS, readers[0], vec![volens_core::standing::Standing::default().pack().into()]),
        (&DAMAGE_SEQ, readers[0], vec![1.into()]),
        (&DAMAGE_GATE, readers[0], vec![7.into()]),
        (&DAMAGE_LAST_AT, readers[0], vec![(now - MINUTE).into()]),
        (&DROP_STANDING, readers[0], vec![]),
        (&DROP_STANDING, readers[1], vec![]),
        (&DROP_STANDING, silent, vec![]),
    ];
    for (stmt, place, value) in faults {
        let before = log(&w, place).await;
        let mut row = vec![w.tenant.no.0.into(), place.point.bytes().into()];
        row.extend(value);
        assert_eq!(w.db.execute(Lane::Interactive, stmt, &row).await, Ok(1));
        let wrong = Rebuilt { points: 3, differing: vec![place.point], next: None };
        assert_eq!(check(&w).await, wrong, "{}", stmt.name);
        assert_eq!(w.store.rebuild(w.tenant, None, true).await.unwrap(), wrong, "{}", stmt.name);
        assert_eq!(check(&w).await.differing, [], "{}", stmt.name);
        let after = log(&w, place).await;
        assert_eq!((after.standing, after.seq), (before.standing, before.seq));
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_rebuild_walks_over_everybody(db: TestDb) {
    let w = World::of(db).await;
    let places = w.readers(1_203).await;
    // Of two acts the order counts.
    w.store.record(w.tenant, places[100], w.draft(left(NEWS)), w.now()).await.unwrap();
    let row = params![w.tenant.no.0, places[700].point.bytes(), 7];
    w.db.execute(Lane::Interactive, &DAMAGE_GATE, &row).await.unwrap();
    let (mut after, mut points, mut differing) = (None, 0, Vec::new());
    loop {
        let stretch = w.store.rebuild(w.tenant, after, false).await.unwrap();
        points += stretch.points;
        differing.extend(stretch.differing);
        after = stretch.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((points, differing), (1_203, vec![places[700].point]));
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_rebuild_beside_acts_finds_no_fault(db: TestDb) {
    let w = World::of(db).await;
    let places = w.readers(300).await;
    let mut acts = JoinSet::new();
    for place in places {
        let (store, draft, tenant, now) = (w.store.clone(), w.draft(left(NEWS)), w.tenant, w.now());
        acts.spawn(async move { store.record(tenant, place, draft, now).await.unwrap() });
    }
    for repair in [true, false, true] {
        assert_eq!(w.store.rebuild(w.tenant, None, repair).await.unwrap().differing, []);
    }
    assert_eq!(acts.join_all().await.len(), 300);
    assert_eq!(w.store.rebuild(w.tenant, None, true).await.unwrap().differing, []);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_confirmation_counts_only_with_its_request(db: TestDb) {
    let w = World::of(db).await;
    let place = w.person("ada@example.org").await;
    let of = w.record(place, requested(&[NEWS])).await;
    assert!(of.standing.request(of.event.id).is_some() && of.standing.grants.is_empty());
    assert!(w.record(place, confirmed(w.id())).await.standing.grants.is_empty());
    assert_eq!(w.record(place, confirmed(of.event.id)).await.standing.grants.len(), 1);
    let stop = Body::Suppressed { scope: StopScope::Everything, reason: StopReason::Complaint };
    assert_eq!(w.record(place, stop).await.standing.gate().number(), 7);
    assert_eq!(check(&w).await.differing, []);
}
