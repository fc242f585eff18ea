//! Everything that a database holds, read past the store: what changed is seen whatever wrote it.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use volens_store::DbConfig;
use volens_testkit::TestDb;

/// Rows as text, by table, in a fixed order.
pub type Dump = BTreeMap<String, Vec<String>>;

/// All rows of all tables.
pub async fn dump(db: &TestDb) -> Dump {
    match db.config() {
        DbConfig::Sqlite(config) => sqlite(&config.path),
        DbConfig::Postgres(config) => postgres(&config.url).await,
    }
}

/// How many rows each table gained; tables whose rows changed otherwise are there with 0.
pub fn gained(before: &Dump, after: &Dump) -> BTreeMap<String, i64> {
    let changed = after.iter().filter(|(table, rows)| before.get(*table) != Some(*rows));
    changed.map(|(t, rows)| (t.clone(), rows.len() as i64 - before.get(t).map_or(0, Vec::len) as i64)).collect()
}

fn sqlite(path: &std::path::Path) -> Dump {
    let conn = rusqlite::Connection::open(path).unwrap();
    let mut names = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = names.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(names.len() > 15, "{names:?}");
    let table = |name: String| {
        let mut stmt = conn.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = stmt.column_count();
        let text =
            |r: &rusqlite::Row<'_>| Ok((0..columns).map(|i| cell(r.get_ref(i).unwrap()) + "|").collect::<String>());
        let mut rows: Vec<String> = stmt.query_map([], text).unwrap().map(Result::unwrap).collect();
        rows.sort_unstable();
        (name, rows)
    };
    names.into_iter().map(table).collect()
}

/// A value as text whose length says nothing about its bytes.
fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "-".into(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
    }
}

async fn postgres(url: &str) -> Dump {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let names = client.query("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()", &[]).await;
    let names: Vec<String> = names.unwrap().iter().map(|r| r.get(0)).collect();
    assert!(names.len() > 15, "{names:?}");
    let mut out = Dump::new();
    for name in names {
        let rows = client.query(&format!("SELECT row_to_json(t)::text FROM \"{name}\" t ORDER BY 1"), &[]).await;
        out.insert(name, rows.unwrap().iter().map(|r| r.get(0)).collect());
    }
    connection.abort();
    out
}
