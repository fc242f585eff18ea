//! The instance: nodes and their lives, workspaces, relays, keys.

use std::collections::HashSet;

use tokio::task::JoinSet;
use volens_core::Micros;
use volens_store::account::{NewWorkspace, Node, RelayRow};
use volens_store::{MIGRATIONS, Store};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{MINUTE, World};

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
    assert_eq!(w.store.instance_value("check").await.unwrap(), None);
    assert_eq!(w.store.set_once("check", vec![1]).await.unwrap(), [1]);
    assert_eq!(w.store.set_once("check", vec![2]).await.unwrap(), [1]);
    assert_eq!(w.store.instance_value("check").await.unwrap(), Some(vec![1]));
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
    for (key_id, active) in [(1, true), (2, true), (1, false)] {
        w.store.put_key_state(ws, "address", key_id, active, w.now()).await.unwrap();
    }
    let states = w.store.key_states(ws).await.unwrap();
    assert_eq!(states, [("address".into(), 1, false), ("address".into(), 2, true)]);
    assert_eq!(w.store.key_states(ws + 1).await.unwrap(), []);
}
