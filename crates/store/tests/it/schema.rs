//! Both migrations end in the same schema, and every table says how it erases.

use std::collections::BTreeSet;

use volens_db::schema_dump;
use volens_store::erasure::ERASURE;
use volens_store::{MIGRATIONS, Store};
use volens_testkit::{Engine, TestDb, both_engines};

#[test]
fn both_migrations_end_in_the_same_schema() {
    let dump = |engine| volens_testkit::run(engine, MIGRATIONS, async |db| schema_dump(&db).await.unwrap());
    let (sqlite, postgres) = (dump(Engine::Sqlite), dump(Engine::Postgres));
    for (s, p) in sqlite.iter().zip(&postgres) {
        assert_eq!(s, p);
    }
    assert_eq!(sqlite.len(), postgres.len());
}

/// Keys that do not begin with the workspace, and why.
const WITHOUT_WORKSPACE: [(&str, &str, &str); 7] = [
    ("instance", "primary key (name)", "settings of the instance"),
    ("node", "primary key (no)", "processes of the instance, which serve every workspace"),
    ("node", "unique index (name)", "the same"),
    ("relay", "primary key (name)", "the instance hands its mail over there"),
    ("stream", "unique index (no)", "return paths and Message-IDs name a delivery by stream and ordinal alone"),
    ("workspace", "unique index (id)", "it tells workspaces apart"),
    ("workspace", "unique index (slug)", "the same"),
];

#[both_engines(migrations = MIGRATIONS)]
async fn every_key_carries_the_workspace(db: TestDb) {
    let mut without = Vec::new();
    for table in schema_dump(&db).await.unwrap() {
        let bare = table.indexes.into_iter().filter(|key| !key.contains("(ws)") && !key.contains("(ws,"));
        without.extend(bare.map(|key| (table.name.clone(), key)));
    }
    let named = |(table, key): &(String, String)| WITHOUT_WORKSPACE.iter().any(|(t, k, _)| t == table && k == key);
    let unneeded = WITHOUT_WORKSPACE.iter().find(|(t, k, _)| !without.contains(&((*t).into(), (*k).into())));
    assert_eq!(unneeded, None, "there is no such key any more");
    without.retain(|one| !named(one));
    assert_eq!(without, [], "DESIGN 10, Many nodes: begin the key with ws, or give the reason above");
}

#[both_engines(migrations = MIGRATIONS)]
async fn every_table_says_how_it_erases(db: TestDb) {
    let mut tables: BTreeSet<String> = schema_dump(&db).await.unwrap().into_iter().map(|t| t.name).collect();
    // The migrator's own, which the dump leaves out.
    assert!(tables.insert("schema_version".into()));
    let declared: BTreeSet<String> = ERASURE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(tables, declared);
    assert_eq!(declared.len(), ERASURE.len(), "each table once");
    assert!(ERASURE.is_sorted_by_key(|(name, _)| *name));
}

#[both_engines]
async fn opening_migrates_and_opening_again_changes_nothing(db: TestDb) {
    Store::open(db.db().clone()).await.unwrap();
    let first = schema_dump(&db).await.unwrap();
    Store::open(db.another_node().await).await.unwrap();
    assert_eq!(schema_dump(&db).await.unwrap(), first);
    assert!(first.len() > 20);
}
