//! The instance: nodes and their lives, workspaces, relays, keys.

use std::collections::HashSet;

use tokio::task::JoinSet;
use volens_core::Micros;
use volens_db::{Lane, params, statements};
use volens_store::account::{NewWorkspace, Node, RelayRow};
use volens_store::{MIGRATIONS, Store};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{MINUTE, World, marks};

statements! {
    /// Notes a key.
    ADD_KEY_STATE: Tenant [Int, Text, Int, Int] => []
        "INSERT INTO key_state (ws, use, key_id, active, created_at) VALUES ($1, $2, $3, $4, 0)";
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_nodes_lives_are_counted(db: TestDb) {
    let w = World::of(db).await;
    let first = w.store.start_node("oven", "0.1.0", w.now()).await.unwrap();
    let second = w.store.start_node("oven", "0.1.1", w.now()).await.unwrap();
    assert_eq!((second.no, second.incarnation), (first.no, first.incarnation + 1));
    assert!(second.former().contains(&first.holder()) && !second.former().contains(&second.holder()));
    assert!(!w.store.heartbeat(first, w.now()).await.unwrap(), "another process has taken the name");
    let other = w.store.start_node("shop", "0.1.1", w.now()).await.unwrap();
    assert!(!second.former().contains(&other.holder()));
    w.wait(MINUTE);
    assert!(w.store.heartbeat(second, w.now()).await.unwrap());
    assert_eq!(w.store.silent_nodes(w.now()).await.unwrap(), [other]);
    assert_eq!(w.store.silent_nodes(Micros(w.now().0 - MINUTE)).await.unwrap(), [] as [Node; 0]);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_silent_node_is_forgotten_once_it_holds_nothing(db: TestDb) {
    let w = World::of(db).await;
    w.readers(2).await;
    w.running_campaign().await;
    let gone = w.store.start_node("pod-1", "1", w.now()).await.unwrap();
    let slice = w.lease(gone.holder()).await;
    let rows = w.waiting(slice, 2).await;
    w.wave(gone.holder(), marks(slice, &rows), vec![]).await;
    w.wait(MINUTE);
    assert!(!w.store.settle_node(gone, Micros(w.now().0 - MINUTE)).await.unwrap(), "it is not silent");
    assert!(!w.store.settle_node(gone, w.now()).await.unwrap(), "it holds a slice");
    assert_eq!(w.store.silent_nodes(w.now()).await.unwrap(), [gone]);
    let lives = gone.lives();
    w.store.free_leases(lives.start, lives.end).await.unwrap();
    assert_eq!(w.store.give_up(lives.start, lives.end, w.now()).await.unwrap().len(), 2);
    assert!(w.store.settle_node(gone, w.now()).await.unwrap());
    assert_eq!(w.store.silent_nodes(w.now()).await.unwrap(), [], "it costs nothing any more");
    // Its number is not given out again: rows that it handed over may still be answered.
    let next = w.store.start_node("pod-2", "1", w.now()).await.unwrap();
    assert!(next.no > gone.no);
    // Should it have slept only, it is watched again.
    assert!(w.store.heartbeat(gone, w.now()).await.unwrap());
    w.wait(MINUTE);
    assert_eq!(w.store.silent_nodes(w.now()).await.unwrap(), [gone, next]);
    assert!(w.store.settle_node(gone, w.now()).await.unwrap());
    let risen = w.store.start_node("pod-1", "1", w.now()).await.unwrap();
    w.wait(MINUTE);
    assert!(w.store.silent_nodes(w.now()).await.unwrap().contains(&risen));
}

#[both_engines(migrations = MIGRATIONS)]
async fn what_keeps_a_node_from_sending_is_told_while_it_lives(db: TestDb) {
    let w = World::of(db).await;
    let dead = w.store.start_node("oven", "1", w.now()).await.unwrap();
    let told = async |since| w.store.troubles(since).await.unwrap();
    w.store.set_trouble(dead, Some("The relay is away.".into())).await.unwrap();
    assert_eq!(told(w.now()).await, [("oven".into(), "The relay is away.".into())]);
    assert_eq!(told(Micros(w.now().0 + 1)).await, []);
    let risen = w.store.start_node("oven", "1", w.now()).await.unwrap();
    assert_eq!(told(Micros(0)).await, [], "another life begins without");
    w.store.set_trouble(dead, Some("The relay is away.".into())).await.unwrap();
    assert_eq!(told(Micros(0)).await, [], "the former one has nothing to say any more");
    w.store.set_trouble(risen, Some("It refused our login.".into())).await.unwrap();
    w.store.set_trouble(risen, None).await.unwrap();
    assert_eq!(told(Micros(0)).await, []);
}

#[both_engines(migrations = MIGRATIONS)]
async fn nodes_and_workspaces_that_come_at_once_get_numbers_of_their_own(db: TestDb) {
    let w = World::of(db).await;
    let other = Store::of(w.db.another_node().await);
    let mut tasks = JoinSet::new();
    for i in 0..16 {
        let store = if i % 2 == 0 { w.store.clone() } else { other.clone() };
        let (now, id) = (w.now(), w.id());
        tasks.spawn(async move {
            let node = store.start_node(&format!("node{i}"), "1", now).await.unwrap();
            let (slug, name, settings) = (format!("ws{i}"), "Name".into(), "{}".into());
            let tenant = store.create_workspace(NewWorkspace { id, slug, name, settings }, now).await.unwrap();
            (node.no, tenant.no)
        });
    }
    let numbers = tasks.join_all().await;
    assert_eq!(numbers.iter().map(|n| n.0).collect::<HashSet<_>>().len(), 16);
    assert_eq!(numbers.iter().map(|n| n.1).collect::<HashSet<_>>().len(), 16);
    let all = w.store.workspaces().await.unwrap();
    assert_eq!(all.len(), 17);
    assert_eq!((all[0].tenant, all[0].slug.as_str(), all[0].settings.as_str()), (w.tenant, "bakery", "{}"));
    let taken = NewWorkspace { id: w.id(), slug: "bakery".into(), name: "Two".into(), settings: "{}".into() };
    assert!(w.store.create_workspace(taken, w.now()).await.is_err());
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_value_is_set_once(db: TestDb) {
    let w = World::of(db).await;
    assert_eq!(w.store.set_once("check", vec![1]).await.unwrap(), [1]);
    assert_eq!(w.store.set_once("check", vec![2]).await.unwrap(), [1]);
}

#[both_engines(migrations = MIGRATIONS)]
async fn relays_and_keys_are_added_and_changed(db: TestDb) {
    let w = World::of(db).await;
    let relay = |name: &str, secret, managed| RelayRow { name: name.into(), doc: "{}".into(), secret, managed };
    w.store.put_relay(relay("main", Some(vec![7]), true)).await.unwrap();
    w.store.put_relay(relay("backup", None, false)).await.unwrap();
    w.store.put_relay(relay("main", None, false)).await.unwrap();
    assert_eq!(w.store.relays().await.unwrap(), [relay("backup", None, false), relay("main", None, false)]);
    let ws = w.tenant.no.0;
    for (key_id, active) in [(1, 0), (2, 1)] {
        w.db.execute(Lane::Interactive, &ADD_KEY_STATE, &params![ws, "address", key_id, active]).await.unwrap();
    }
    let states = w.store.key_states(ws).await.unwrap();
    assert_eq!(states, [("address".into(), 1, false), ("address".into(), 2, true)]);
    assert_eq!(w.store.key_states(ws + 1).await.unwrap(), []);
}
