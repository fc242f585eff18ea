//! Statements, jobs and rows behave alike on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

use volens_db::{Db, DbError, Job, Lane, Migration, Row, Rows, Tx, params, statements};
use volens_testkit::{TestDb, both_engines};

static MIGRATIONS: [Migration; 1] = [Migration {
    version: 1,
    name: "first",
    sqlite: "CREATE TABLE item (ws INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, data BLOB, \
             PRIMARY KEY (ws, id)) STRICT, WITHOUT ROWID; CREATE UNIQUE INDEX item_name ON item (ws, name);",
    postgres: "CREATE TABLE item (ws bigint NOT NULL, id bigint NOT NULL, name text COLLATE \"C\" NOT NULL, data bytea, \
               PRIMARY KEY (ws, id)); CREATE UNIQUE INDEX item_name ON item (ws, name);",
}];

statements! {
    /// One item.
    INSERT: Tenant [Int, Int, Text, Blob] => [] "INSERT INTO item (ws, id, name, data) VALUES ($1, $2, $3, $4)";
    /// All items by id.
    LIST: Tenant [Int] => [Int, Text, Blob] "SELECT id, name, data FROM item WHERE ws = $1 ORDER BY id";
    /// One item, locked.
    LOCK: Tenant [Int, Int] => [Text] "SELECT name FROM item WHERE ws = $1 AND id = $2 {lock}";
    /// Renames.
    RENAME: Tenant [Int, Int, Text] => [Int] "UPDATE item SET name = $3 WHERE ws = $1 AND id = $2 RETURNING id";
    /// Inserts or renames many.
    UPSERT: Tenant rows(id: Int, name: Text, data: Blob) [Int] => [Int, Text]
        "INSERT INTO item (ws, id, name, data) SELECT $4, u.id, u.name, u.data FROM {rows} WHERE true
         ON CONFLICT (ws, id) DO UPDATE SET name = excluded.name RETURNING id, name";
    /// Changes many.
    CHANGE: Tenant rows(id: Int, data: Blob) [Int] => []
        "UPDATE item SET data = u.data FROM {rows} WHERE item.ws = $3 AND item.id = u.id";
    /// Changes many and tells.
    CHANGE_TELL: Tenant rows(id: Int, data: Blob) [Int] => [Int, Blob]
        "UPDATE item SET data = u.data FROM {rows} WHERE item.ws = $3 AND item.id = u.id RETURNING item.id, item.data";
}

async fn add(db: &Db, id: i64, name: &str) -> Result<u64, DbError> {
    db.execute(Lane::Interactive, &INSERT, &params![1, id, name, None::<Vec<u8>>]).await
}

fn names(rows: &[Row]) -> Vec<(i64, String)> {
    rows.iter().map(|row| (row.int(0).unwrap(), row.get(1).unwrap())).collect()
}

#[both_engines(migrations = MIGRATIONS)]
async fn values_come_back_as_they_went(db: TestDb) {
    let blob = [0_u8, 255, 7];
    db.execute(Lane::Interactive, &INSERT, &params![1, i64::MIN, "ünï ✓", blob]).await.unwrap();
    add(&db, 2, "").await.unwrap();
    let rows = db.query(&LIST, &params![1]).await.unwrap();
    assert_eq!(names(&rows), [(i64::MIN, "ünï ✓".to_owned()), (2, String::new())]);
    assert_eq!(rows[0].get::<[u8; 3]>(2), Ok(blob));
    assert_eq!(rows[1].get::<Option<Vec<u8>>>(2), Ok(None));
    assert!(matches!(rows[0].get::<[u8; 16]>(2), Err(DbError::Column { index: 2, .. })));
    assert!(matches!(rows[1].blob(2), Err(DbError::Column { .. })));
}

#[both_engines(migrations = MIGRATIONS)]
async fn misuse_and_nul_are_refused_alike(db: TestDb) {
    assert_eq!(add(&db, 1, "a\0b").await, Err(DbError::NulInText));
    let wrong_type = db.execute(Lane::Interactive, &INSERT, &params![1, "1", "x", None::<i64>]).await;
    assert!(matches!(wrong_type, Err(DbError::Statement { .. })));
    let too_few = db.query(&LIST, &[]).await;
    assert!(matches!(too_few, Err(DbError::Statement { .. })));
    let no_rows = db.execute(Lane::Interactive, &CHANGE, &params![1]).await;
    assert!(matches!(no_rows, Err(DbError::Statement { .. })));
    assert_eq!(db.query(&LIST, &params![1]).await.unwrap().len(), 0);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_second_key_is_named(db: TestDb) {
    add(&db, 1, "a").await.unwrap();
    for (id, name) in [(1, "b"), (2, "a")] {
        let error = add(&db, id, name).await.unwrap_err();
        assert!(matches!(&error, DbError::Unique { table, .. } if table == "item"), "{error:?}");
    }
}

struct ManyRows;

impl Job for ManyRows {
    type Out = (Vec<Row>, u64, Vec<Row>);
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, DbError> {
        let mut rows = Rows::new(&UPSERT);
        rows.push(params![1, "one again", None::<Vec<u8>>])?;
        rows.push(params![2, "two", [2_u8]])?;
        rows.push(params![3, "three", [3_u8]])?;
        let upserted = tx.bulk(&UPSERT, &rows, &params![1]).await?;
        let mut rows = Rows::new(&CHANGE);
        for id in [1, 3, 99] {
            rows.push(params![id, [9_u8]])?;
        }
        let changed = tx.bulk_execute(&CHANGE, &rows, &params![1]).await?;
        let mut rows = Rows::new(&CHANGE_TELL);
        rows.push(params![2, None::<Vec<u8>>])?;
        rows.push(params![3, [8_u8]])?;
        let told = tx.bulk(&CHANGE_TELL, &rows, &params![1]).await?;
        Ok((upserted, changed, told))
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn bulk_statements_take_rows(db: TestDb) {
    add(&db, 1, "one").await.unwrap();
    let (mut upserted, changed, mut told) = db.write(Lane::Bulk, ManyRows).await.unwrap();
    upserted.sort_by_key(|row| row.int(0).unwrap());
    told.sort_by_key(|row| row.int(0).unwrap());
    assert_eq!(names(&upserted), [(1, "one again".to_owned()), (2, "two".to_owned()), (3, "three".to_owned())]);
    assert_eq!(changed, 2);
    assert_eq!(told.iter().map(|r| r.get::<Option<Vec<u8>>>(1)).collect::<Vec<_>>(), [Ok(None), Ok(Some(vec![8]))]);
    let rows = db.query(&LIST, &params![1]).await.unwrap();
    assert_eq!(rows[0].blob(2), Ok(&[9_u8][..]));
}

/// Renames an item, then fails or not.
struct Rename {
    fail: bool,
}

#[derive(Debug, PartialEq)]
enum Oops {
    Db(DbError),
    OnPurpose,
}

impl From<DbError> for Oops {
    fn from(e: DbError) -> Self {
        Self::Db(e)
    }
}

impl Job for Rename {
    type Out = String;
    type Err = Oops;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<String, Oops> {
        tx.query_one(&LOCK, &params![1, 1]).await?;
        let id = tx.query_one(&RENAME, &params![1, 1, "renamed"]).await?.int(0)?;
        if self.fail {
            return Err(Oops::OnPurpose);
        }
        Ok(tx.query_one(&LOCK, &params![1, id]).await?.get(0)?)
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_failing_job_changes_nothing(db: TestDb) {
    add(&db, 1, "one").await.unwrap();
    assert_eq!(db.write(Lane::Interactive, Rename { fail: true }).await, Err(Oops::OnPurpose));
    assert_eq!(names(&db.query(&LIST, &params![1]).await.unwrap()), [(1, "one".to_owned())]);
    assert_eq!(db.write(Lane::Interactive, Rename { fail: false }).await, Ok("renamed".to_owned()));
}

/// Goes on as if nothing had happened after a statement failed.
struct Careless;

impl Job for Careless {
    type Out = ();
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.execute(&INSERT, &params![1, 5, "five", None::<Vec<u8>>]).await?;
        let _ = tx.execute(&INSERT, &params![1, 1, "taken", None::<Vec<u8>>]).await;
        let _ = tx.execute(&INSERT, &params![1, 6, "six", None::<Vec<u8>>]).await;
        Ok(())
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_job_that_ignores_an_error_fails_all_the_same(db: TestDb) {
    add(&db, 1, "one").await.unwrap();
    let error = db.write(Lane::Interactive, Careless).await.unwrap_err();
    assert!(matches!(error, DbError::Unique { .. }), "{error:?}");
    assert_eq!(db.query(&LIST, &params![1]).await.unwrap().len(), 1);
}

/// A fault in a job.
struct Panics;

impl Job for Panics {
    type Out = ();
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.execute(&INSERT, &params![1, 5, "five", None::<Vec<u8>>]).await?;
        panic!("on purpose");
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_panic_is_rolled_back_and_the_next_job_runs(db: TestDb) {
    assert_eq!(db.write(Lane::Interactive, Panics).await, Err(DbError::Panicked("on purpose".into())));
    add(&db, 6, "six").await.unwrap();
    assert_eq!(db.query(&LIST, &params![1]).await.unwrap().len(), 1);
}

/// A read that writes.
struct Sneaky;

impl Job for Sneaky {
    type Out = u64;
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, DbError> {
        tx.execute(&INSERT, &params![1, 5, "five", None::<Vec<u8>>]).await
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn reads_cannot_write(db: TestDb) {
    assert!(db.read(Sneaky).await.is_err());
    assert_eq!(db.query(&LIST, &params![1]).await.unwrap().len(), 0);
}

#[both_engines(migrations = MIGRATIONS)]
async fn what_ran_is_noted(db: TestDb) {
    add(&db, 1, "one").await.unwrap();
    assert!(volens_db::ran().contains(&(INSERT.name, db.engine())));
    assert!(INSERT.name.ends_with("basics::INSERT"));
    assert_eq!(ALL.len(), 7);
}

#[both_engines(migrations = MIGRATIONS)]
async fn after_close_everything_answers_closed(db: TestDb) {
    add(&db, 1, "one").await.unwrap();
    db.close().await;
    assert_eq!(add(&db, 2, "two").await, Err(DbError::Closed));
    assert_eq!(db.query(&LIST, &params![1]).await, Err(DbError::Closed));
}
