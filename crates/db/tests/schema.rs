//! Migrations, the schema's dump, wake-ups between nodes, poolers.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use volens_db::{DbError, Engine, Lane, Migration, Pooler, Topic, params, schema_dump, statements};
use volens_testkit::cluster::Durability;
use volens_testkit::{TestDb, both_engines};

static FIRST: Migration = Migration {
    version: 1,
    name: "first",
    sqlite: "CREATE TABLE t (ws INTEGER NOT NULL, id BLOB NOT NULL, state TEXT NOT NULL, n INTEGER, PRIMARY KEY (ws, id)) \
             STRICT, WITHOUT ROWID; CREATE INDEX t_due ON t (ws, n) WHERE state = 'planned' AND n IN (1, 2); \
             CREATE UNIQUE INDEX t_n ON t (ws, n, state DESC); CREATE TABLE k (k INTEGER PRIMARY KEY, v TEXT UNIQUE) STRICT;",
    postgres: "CREATE TABLE t (ws bigint NOT NULL, id bytea NOT NULL, state text COLLATE \"C\" NOT NULL, n bigint, \
               PRIMARY KEY (ws, id)); CREATE INDEX t_due ON t (ws, n) WHERE state = 'planned' AND n IN (1, 2); \
               CREATE UNIQUE INDEX t_n ON t (ws, n, state DESC); \
               CREATE TABLE k (k bigint PRIMARY KEY, v text COLLATE \"C\" UNIQUE);",
};

static SECOND: Migration = Migration {
    version: 2,
    name: "second",
    sqlite: "ALTER TABLE k ADD COLUMN extra TEXT;",
    postgres: "ALTER TABLE k ADD COLUMN extra text;",
};

static BROKEN: Migration = Migration {
    version: 2,
    name: "broken",
    sqlite: "CREATE TABLE half (a INTEGER) STRICT; CREATE TABLE half (a INTEGER) STRICT;",
    postgres: "CREATE TABLE half (a bigint); CREATE TABLE half (a bigint);",
};

static MIGRATIONS: [Migration; 1] = [FIRST];

#[tokio::test]
async fn both_folders_end_in_the_same_schema() {
    let sqlite = TestDb::new(Engine::Sqlite, &MIGRATIONS).await;
    let postgres = TestDb::new(Engine::Postgres, &MIGRATIONS).await;
    let dump = schema_dump(&sqlite).await.unwrap();
    assert_eq!(dump, schema_dump(&postgres).await.unwrap());
    assert_eq!(dump.len(), 2);
    assert_eq!(dump[1].columns, ["ws int not null", "id blob not null", "state text not null", "n int"]);
    let wanted =
        ["primary key (ws,id)", "index (ws,n) where state = 'planned' and n in 1,2", "unique index (ws,n,state desc)"];
    assert_eq!(dump[1].indexes, wanted);

    for db in [&sqlite, &postgres] {
        db.migrate(&[FIRST, SECOND]).await.unwrap();
    }
    // The second forgot COLLATE "C", and the comparison sees it.
    let (a, b) = (schema_dump(&sqlite).await.unwrap(), schema_dump(&postgres).await.unwrap());
    assert_ne!(a, b);
    assert_eq!(b[0].columns[2], "extra text without collate \"c\"");
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_newer_schema_is_refused(db: TestDb) {
    db.migrate(&[FIRST, SECOND]).await.unwrap();
    let error = db.migrate(&[FIRST]).await.unwrap_err();
    assert_eq!(error, DbError::NewerSchema { found: 2, known: 1 });
    assert!(error.to_string().contains("install the newer program"));
    db.migrate(&[FIRST, SECOND]).await.unwrap();
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_broken_migration_leaves_no_half(db: TestDb) {
    let before = schema_dump(&db).await.unwrap();
    let error = db.migrate(&[FIRST, BROKEN]).await.unwrap_err();
    assert!(matches!(error, DbError::Migration { version: 2, name: "broken", .. }), "{error:?}");
    assert_eq!(schema_dump(&db).await.unwrap(), before);
    db.migrate(&[FIRST, SECOND]).await.unwrap();
    let disorder = db.migrate(&[SECOND, FIRST]).await;
    assert!(matches!(disorder, Err(DbError::Migration { version: 1, .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_migrate_once() {
    let db = TestDb::new(Engine::Postgres, &[]).await;
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(db.another_node().await);
    }
    let starts: Vec<_> =
        nodes.iter().cloned().map(|node| tokio::spawn(async move { node.migrate(&[FIRST, SECOND]).await })).collect();
    for start in starts {
        assert_eq!(start.await.unwrap(), Ok(()));
    }
    assert_eq!(schema_dump(&db).await.unwrap().len(), 2);
}

const TOPIC: Topic = Topic("act");
const SOON: Duration = Duration::from_millis(30);

#[both_engines]
async fn a_wake_up_between_look_and_wait_is_not_lost(db: TestDb) {
    let mut waiter = db.waiter(TOPIC);
    // On PostgreSQL the listener wakes everybody once when it begins to listen.
    while waiter.woken(Duration::from_millis(300)).await {}
    db.wake(TOPIC);
    assert!(waiter.woken(SOON).await, "it came before the wait");
    assert!(!waiter.woken(SOON).await, "and counts once");
    db.wake(Topic("other"));
    assert!(!waiter.woken(SOON).await);
    let (woken, ()) = tokio::join!(waiter.woken(Duration::from_secs(5)), async {
        tokio::time::sleep(SOON).await;
        db.wake(TOPIC);
        db.wake(TOPIC);
    });
    assert!(woken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wake_up_reaches_the_other_node_and_does_not_come_back() {
    let here = TestDb::new(Engine::Postgres, &[]).await;
    let there = here.another_node().await;
    let (mut mine, mut theirs) = (here.waiter(TOPIC), there.waiter(TOPIC));
    while mine.woken(Duration::from_millis(300)).await {}
    while theirs.woken(Duration::from_millis(300)).await {}
    here.wake(TOPIC);
    assert!(theirs.woken(Duration::from_secs(5)).await);
    assert!(mine.woken(SOON).await);
    assert!(!mine.woken(Duration::from_millis(200)).await, "its own echo wakes nobody");
    there.close().await;
}

statements! {
    /// Adds.
    ADD: Instance [Int, Text] => [] "INSERT INTO k (k, v) VALUES ($1, $2)";
    /// Adds many.
    ADD_MANY: Instance rows(k: Int, v: Text) [] => [Int] "INSERT INTO k (k, v) SELECT u.k, u.v FROM {rows} RETURNING k";
    /// Lists.
    LIST: Instance [] => [Int, Text] "SELECT k, v FROM k ORDER BY k";
}

struct AddMany;

impl volens_db::Job for AddMany {
    type Out = usize;
    type Err = DbError;
    async fn run(&self, tx: &mut volens_db::Tx<'_>) -> Result<usize, DbError> {
        let mut rows = volens_db::Rows::new(&ADD_MANY);
        rows.push(params![2, "two"])?;
        rows.push(params![3, None::<&str>])?;
        Ok(tx.bulk(&ADD_MANY, &rows, &[]).await?.len())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_pooler_needs_no_named_statements() {
    let pooled = |config: &mut volens_db::PostgresConfig| config.pooler = Pooler::Transaction;
    let db = TestDb::postgres_with(&MIGRATIONS, Durability::Fast, pooled).await;
    db.execute(Lane::Interactive, &ADD, &params![1, "one"]).await.unwrap();
    assert_eq!(db.write(Lane::Bulk, AddMany).await, Ok(2));
    let error = db.execute(Lane::Interactive, &ADD, &params![1, "again"]).await;
    assert!(matches!(error, Err(DbError::Unique { .. })));
    let rows = db.query(&LIST, &[]).await.unwrap();
    assert_eq!(rows.len(), 3);
    let prepared = db.query(&NAMED, &[]).await.unwrap()[0].int(0).unwrap();
    assert_eq!(prepared, 0, "no statement has a name");
}

mod named {
    volens_db::statements! {
        /// How many named statements this connection has.
        pub NAMED: Instance [] => [Int] "SELECT count(*) FROM pg_prepared_statements";
    }
}
use named::NAMED;

#[tokio::test]
async fn an_unreachable_server_says_so_without_the_password() {
    let url = "postgresql://volens:secret@127.0.0.1:1/volens";
    let error = volens_db::Db::open(volens_db::DbConfig::postgres(url)).await.err().unwrap();
    assert!(matches!(error, DbError::Unreachable(_)), "{error:?}");
    assert!(!error.to_string().contains("secret") && error.to_string().contains("check that it runs"));
}
