//! The statement tests themselves: good statements pass on both engines, bad ones are seen.

#![expect(clippy::unwrap_used, reason = "tests")]

use volens_db::{Db, DbError, Job, Lane, Migration, Rows, Tx, params, statements};
use volens_testkit::statements::{binds_workspace, explain_hot, lint, prepare_all};
use volens_testkit::{TestDb, both_engines};

static MIGRATIONS: [Migration; 1] = [Migration {
    version: 1,
    name: "first",
    sqlite: "CREATE TABLE d (ws INTEGER NOT NULL, o INTEGER NOT NULL, state TEXT NOT NULL, seq INTEGER NOT NULL, \
             PRIMARY KEY (ws, o)) STRICT, WITHOUT ROWID; CREATE TABLE s (ws INTEGER NOT NULL, o INTEGER NOT NULL, \
             seq INTEGER NOT NULL, PRIMARY KEY (ws, o)) STRICT, WITHOUT ROWID;",
    postgres: "CREATE TABLE d (ws bigint NOT NULL, o bigint NOT NULL, state text COLLATE \"C\" NOT NULL, seq bigint NOT \
               NULL, PRIMARY KEY (ws, o)); CREATE TABLE s (ws bigint NOT NULL, o bigint NOT NULL, seq bigint NOT NULL, \
               PRIMARY KEY (ws, o));",
}];

mod good {
    volens_db::statements! {
        /// Fills.
        pub FILL: Tenant rows(o: Int) [Int] => []
            "INSERT INTO d (ws, o, state, seq) SELECT $2, u.o, 'planned', 1 FROM {rows}";
        /// Fills the other.
        pub FILL_S: Tenant rows(o: Int) [Int] => [] "INSERT INTO s (ws, o, seq) SELECT $2, u.o, 1 FROM {rows}";
        /// A range.
        pub RANGE: Tenant hot [Int, Int, Int] => [Int, Int]
            "SELECT d.o, s.seq FROM d JOIN s ON s.ws = d.ws AND s.o = d.o
             WHERE d.ws = $1 AND d.o >= $2 AND d.o < $3 AND d.state = 'planned' ORDER BY d.o";
        /// A wave. It names the range that its rows span: without it PostgreSQL, which knows nothing of a table never
        /// analysed, hashes the rows and reads the whole workspace.
        pub WAVE: Tenant hot rows(o: Int, q: Int) [Int, Int, Int] => [Int]
            "UPDATE d SET state = 'sending' FROM {rows} WHERE d.ws = $3 AND d.o >= $4 AND d.o <= $5 AND d.o = u.o
             AND d.state = 'planned' AND (SELECT s.seq FROM s WHERE s.ws = d.ws AND s.o = d.o) = u.q RETURNING d.o";
    }
}

mod bad {
    volens_db::statements! {
        /// Reads all.
        pub OPEN_RANGE: Tenant hot [Int] => [Int] "SELECT o FROM d WHERE ws = $1 AND seq = 7 AND state = 'planned'";
        /// Sorts.
        pub SORT: Tenant hot [Int] => [Int] "SELECT o FROM d WHERE ws = $1 ORDER BY seq, o LIMIT 10";
        /// Declares two columns of three.
        pub COLUMNS: Tenant [Int] => [Int, Text] "SELECT o, state, seq FROM d WHERE ws = $1";
        /// Has a type that is none of ours on PostgreSQL.
        pub NUMERIC: Tenant [Int] => [Int] "SELECT sum(o) FROM d WHERE ws = $1";
        /// Names no range.
        pub NO_RANGE: Tenant hot rows(o: Int) [Int] => []
            "UPDATE d SET state = 'sending' FROM {rows} WHERE d.ws = $2 AND d.o = u.o";
        /// Forgets the workspace.
        pub NO_WS: Tenant [Int] => [Int] "SELECT o FROM d WHERE o = $1";
    }
}

statements! {
    /// Here for ALL.
    NOTHING: Instance [] => [Int] "SELECT 1";
}

struct Fill;

impl Job for Fill {
    type Out = ();
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        for stmt in [&good::FILL, &good::FILL_S] {
            let mut rows = Rows::new(stmt);
            (0..10_000_i64).try_for_each(|o| rows.push(params![o]))?;
            tx.bulk_execute(stmt, &rows, &params![1]).await?;
        }
        Ok(())
    }
}

async fn fill(db: &Db) {
    db.write(Lane::Bulk, Fill).await.unwrap();
}

#[both_engines(migrations = MIGRATIONS)]
async fn good_statements_have_nothing_to_complain_about(db: TestDb) {
    assert_eq!(prepare_all(&db, good::ALL).await, [""; 0]);
    assert_eq!(prepare_all(&db, ALL).await, [""; 0]);
    assert_eq!(lint(good::ALL), [""; 0]);
    assert_eq!(binds_workspace(good::ALL, &[]), [""; 0]);
    fill(&db).await;
    assert_eq!(explain_hot(&db, &good::RANGE, None, &params![1, 500, 1000]).await, Ok(()));
    let mut rows = Rows::new(&good::WAVE);
    (2000..2100).try_for_each(|o| rows.push(params![o, 1])).unwrap();
    assert_eq!(explain_hot(&db, &good::WAVE, Some(rows), &params![1, 2000, 2099]).await, Ok(()));
    let planned = db.query(&good::RANGE, &params![1, 2000, 2100]).await.unwrap();
    assert_eq!(planned.len(), 100, "the explained update was rolled back");
}

#[both_engines(migrations = MIGRATIONS)]
async fn bad_statements_are_seen(db: TestDb) {
    fill(&db).await;
    let complaints = prepare_all(&db, bad::ALL).await.join("\n");
    assert!(complaints.contains("COLUMNS"), "{complaints}");
    assert_eq!(complaints.contains("NUMERIC"), db.engine() == volens_testkit::Engine::Postgres, "{complaints}");
    assert!(explain_hot(&db, &bad::SORT, None, &params![1]).await.is_err());
    let open = explain_hot(&db, &bad::OPEN_RANGE, None, &params![1]).await;
    // SQLite searches by the key's first column: only PostgreSQL counts what is looked at.
    assert_eq!(open.is_err(), db.engine() == volens_testkit::Engine::Postgres, "{open:?}");
    let mut rows = Rows::new(&bad::NO_RANGE);
    (2000..2100).try_for_each(|o| rows.push(params![o])).unwrap();
    let hashed = explain_hot(&db, &bad::NO_RANGE, Some(rows), &params![1]).await;
    assert_eq!(hashed.is_err(), db.engine() == volens_testkit::Engine::Postgres, "{hashed:?}");
    assert_eq!(lint(bad::ALL).len(), 1);
    assert_eq!(binds_workspace(bad::ALL, &[]).len(), 1);
}
