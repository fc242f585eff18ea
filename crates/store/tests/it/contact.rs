//! One address, one person, whoever comes at once and under whichever key.

use std::collections::HashSet;

use tokio::task::JoinSet;
use volens_core::consent::{Body, Draft, Item};
use volens_core::permission::{Evidence, StopReason, StopScope};
use volens_core::purpose::{PurposeNo, Scope};
use volens_db::{params, statements};
use volens_store::MIGRATIONS;
use volens_store::contact::bulk::{Arrival, Arrived};
use volens_store::contact::{AddressKeys, NewPoint};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{FORM, NEWS, US, World, item, keys, left, left_everything};

const OFFERS: Scope = Scope { purpose: PurposeNo(2), topic: None };

statements! {
    /// Which point the keys of a workspace lead to.
    KEYS: Tenant [Int] => [Int, Blob] "SELECT key_id, point FROM address_key WHERE ws = $1 ORDER BY key_id, hash";
}

/// Key ids with their points.
async fn stored_keys(w: &World) -> Vec<(i64, [u8; 16])> {
    let rows = w.db.query(&KEYS, &params![w.tenant.no.0]).await.unwrap();
    rows.iter().map(|r| (r.int(0).unwrap(), r.get(1).unwrap())).collect()
}

fn with_keys(w: &World, address: &str, ids: &[u8]) -> NewPoint {
    NewPoint { keys: keys(address, ids), ..w.stranger(address) }
}

fn imported(w: &World, scope: Scope, evidence: Evidence) -> Draft {
    let items = vec![Item { evidence, ..item(scope) }];
    w.draft(Body::Imported { items, source: FORM, file: None, line: 2 })
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_address_makes_one_contact_however_many_come(db: TestDb) {
    let w = World::of(db).await;
    let mut tasks = JoinSet::new();
    for _ in 0..32 {
        let (store, new, tenant, now) = (w.store.clone(), w.stranger("ada@example.org"), w.tenant, w.now());
        tasks.spawn(async move { store.make_point(tenant, new, now).await.unwrap().place });
    }
    let places: HashSet<_> = tasks.join_all().await.into_iter().map(|p| (p.contact, p.point)).collect();
    assert_eq!(places.len(), 1);
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 1);
    assert_eq!(stored_keys(&w).await.len(), 1);
}

#[both_engines(migrations = MIGRATIONS)]
async fn nodes_with_other_keys_make_one_contact_too(db: TestDb) {
    let w = World::of(db).await;
    let mut tasks = JoinSet::new();
    for i in 0..32 {
        let ids: &[u8] = if i % 2 == 0 { &[2, 1] } else { &[1] };
        let (store, tenant, now) = (w.store.clone(), w.tenant, w.now());
        let new = with_keys(&w, "ada@example.org", ids);
        tasks.spawn(async move { store.make_point(tenant, new, now).await.unwrap().place.point });
    }
    let points: HashSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(points.len(), 1);
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 1);
    for (key, point) in stored_keys(&w).await {
        assert!(points.iter().any(|p| p.bytes() == point), "key {key} leads to the one point");
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn somebody_is_found_under_each_key_and_by_id(db: TestDb) {
    let w = World::of(db).await;
    let new = with_keys(&w, "ada@example.org", &[3, 2]);
    let made = w.store.make_point(w.tenant, new.clone(), w.now()).await.unwrap();
    assert_eq!((made.place, made.address.as_str()), (new.place, "ada@example.org"));
    for ids in [&[3][..], &[2], &[4, 3], &[5, 2]] {
        let found = w.store.find_point(w.tenant, keys("ada@example.org", ids)).await.unwrap();
        assert_eq!(found.as_ref(), Some(&made), "{ids:?}");
    }
    assert_eq!(w.store.find_point(w.tenant, keys("ada@example.org", &[1])).await.unwrap(), None);
    assert_eq!(w.store.find_point(w.tenant, AddressKeys(vec![])).await.unwrap(), None);
    assert_eq!(w.store.point(w.tenant, made.place.point).await.unwrap(), Some(made));
    assert_eq!(w.store.point(w.tenant, w.id()).await.unwrap(), None);
}

#[both_engines(migrations = MIGRATIONS)]
async fn whoever_comes_with_another_name_does_not_give_it_to_somebody_known(db: TestDb) {
    let w = World::of(db).await;
    let nameless = NewPoint { name: None, ..w.stranger("ada@example.org") };
    assert_eq!(w.store.make_point(w.tenant, nameless.clone(), w.now()).await.unwrap().name, None);
    let named = NewPoint { name: Some("Ada".into()), ..w.stranger("ada@example.org") };
    assert_eq!(w.store.make_point(w.tenant, named, w.now()).await.unwrap().name, None);
}

#[both_engines(migrations = MIGRATIONS)]
async fn the_bulk_writer_tells_new_people_from_known_ones(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let arrive = |address: &str| Arrival {
        point: w.stranger(address),
        acts: vec![imported(&w, OFFERS, Evidence::Claimed), imported(&w, NEWS, Evidence::Claimed)],
    };
    let people = ["new@example.org", "ada@example.org", "other@example.org", "new@example.org"].map(arrive);
    let arrived = w.store.bring_in(w.tenant, people.to_vec(), w.now()).await.unwrap();
    assert_eq!(arrived, Arrived { new: 2, known: 2, events: 8 });
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 3);
    let log = w.store.log(w.tenant, ada.point).await.unwrap().unwrap();
    assert_eq!((log.seq, log.standing.grants.len()), (4, 2));
    let strongest = log.standing.grants.iter().find(|g| g.scope == NEWS).unwrap();
    assert_eq!(strongest.evidence, Evidence::Doi, "a bare list does not weaken a confirmed permission");
    let new = w.store.find_point(w.tenant, keys("new@example.org", &[1])).await.unwrap().unwrap();
    assert_eq!(w.store.log(w.tenant, new.place.point).await.unwrap().unwrap().seq, 4, "the second line of one file");
    assert_eq!(w.store.rebuild(w.tenant, None, false).await.unwrap().differing, []);
    let nobody = w.store.bring_in(w.tenant, vec![], w.now()).await.unwrap();
    assert_eq!(nobody, Arrived::default());
}

#[both_engines(migrations = MIGRATIONS)]
async fn the_bulk_writer_knows_people_under_an_older_key(db: TestDb) {
    let w = World::of(db).await;
    let old = w.person("ada@example.org").await;
    let arrive = |address| Arrival { point: with_keys(&w, address, &[2, 1]), acts: vec![w.draft(left(NEWS))] };
    let people = vec![arrive("ada@example.org"), arrive("new@example.org")];
    let arrived = w.store.bring_in(w.tenant, people, w.now()).await.unwrap();
    assert_eq!(arrived, Arrived { new: 1, known: 1, events: 2 });
    assert_eq!(w.store.log(w.tenant, old.point).await.unwrap().unwrap().seq, 1);
    for ids in [[1], [2]] {
        assert!(w.store.find_point(w.tenant, keys("new@example.org", &ids)).await.unwrap().is_some());
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn imports_at_once_of_the_same_people_make_each_once(db: TestDb) {
    let w = World::of(db).await;
    let mut tasks = JoinSet::new();
    for turn in 0..6_i64 {
        let people = (0..200).map(|i| {
            let i = if turn % 2 == 0 { i } else { 199 - i };
            let address = format!("reader{i}@example.org");
            Arrival { point: w.stranger(&address), acts: vec![imported(&w, NEWS, Evidence::Single)] }
        });
        let (store, people, tenant, now) = (w.store.clone(), people.collect::<Vec<_>>(), w.tenant, w.now());
        tasks.spawn(async move { store.bring_in(tenant, people, now).await.unwrap() });
    }
    let arrived = tasks.join_all().await;
    assert_eq!(arrived.iter().map(|a| a.new).sum::<u64>(), 200);
    assert_eq!(arrived.iter().map(|a| a.known).sum::<u64>(), 1_000);
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 200);
    assert_eq!(
        w.store.rebuild(w.tenant, None, false).await.unwrap(),
        volens_store::consent::Rebuilt { points: 200, ..Default::default() }
    );
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_import_never_overwrites_a_withdrawal_nor_reopens_a_stop(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    w.record(ada, left(NEWS)).await;
    let bea = w.reader("bea@example.org").await;
    w.record(bea, left_everything()).await;
    let cleo = w.person("cleo@example.org").await;
    w.record(cleo, Body::Suppressed { scope: StopScope::Everything, reason: StopReason::Complaint }).await;
    w.wait(1_000_000);
    let arrive = |address| Arrival { point: w.stranger(address), acts: vec![imported(&w, NEWS, Evidence::Doi)] };
    let people = ["ada@example.org", "bea@example.org", "cleo@example.org"].map(arrive).to_vec();
    assert_eq!(w.store.bring_in(w.tenant, people, w.now()).await.unwrap().known, 3);
    for (place, gate) in [(ada, 0), (bea, 7), (cleo, 7)] {
        let standing = w.store.log(w.tenant, place.point).await.unwrap().unwrap().standing;
        assert!(!standing.is_open(NEWS, US));
        assert_eq!(standing.gate().number(), gate);
    }
    let ada = w.store.log(w.tenant, ada.point).await.unwrap().unwrap().standing;
    assert!(ada.grants[0].withdrawn_at.is_some());
    let cleo = w.store.log(w.tenant, cleo.point).await.unwrap().unwrap().standing;
    assert_eq!(cleo.grants[0].evidence, Evidence::ImportedWithFile, "beside a stop it counts as a line in a file");
}
