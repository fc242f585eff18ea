//! Figures, not checks: `cargo test --release -p volens-db --test throughput -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use volens_db::{Db, DbError, Engine, Job, Lane, Migration, Rows, Tx, params, statements};
use volens_testkit::TestDb;
use volens_testkit::cluster::Durability;

static MIGRATIONS: [Migration; 1] = [Migration {
    version: 1,
    name: "first",
    sqlite: "CREATE TABLE note (ws INTEGER NOT NULL, id INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (ws, id)) \
             STRICT, WITHOUT ROWID;",
    postgres: "CREATE TABLE note (ws bigint NOT NULL, id bigint NOT NULL, body bytea NOT NULL, PRIMARY KEY (ws, id));",
}];

statements! {
    /// Adds a note.
    ADD: Tenant [Int, Int, Blob] => [] "INSERT INTO note (ws, id, body) VALUES ($1, $2, $3)";
    /// Adds many.
    ADD_MANY: Tenant rows(id: Int, body: Blob) [Int] => []
        "INSERT INTO note (ws, id, body) SELECT $3, u.id, u.body FROM {rows}";
    /// Reads a range.
    RANGE: Tenant [Int, Int, Int] => [Int, Blob] "SELECT id, body FROM note WHERE ws = $1 AND id >= $2 AND id < $3";
}

struct Add(i64);

impl Job for Add {
    type Out = ();
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.execute(&ADD, &params![1, self.0, [7_u8; 400]]).await.map(|_| ())
    }
}

struct AddMany(i64);

impl Job for AddMany {
    type Out = ();
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let mut rows = Rows::with_capacity(&ADD_MANY, 5000);
        (0..5000).try_for_each(|i| rows.push(params![self.0 + i, [7_u8; 100]]))?;
        tx.bulk_execute(&ADD_MANY, &rows, &params![1]).await.map(|_| ())
    }
}

async fn callers(db: &Db, callers: i64, each: i64, base: i64) {
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|c| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for i in 0..each {
                    let begun = Instant::now();
                    db.write(Lane::Interactive, Add(base + c * each + i)).await.unwrap();
                    times.push(begun.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times: Vec<Duration> = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort();
    let rate = (callers * each) as f64 / started.elapsed().as_secs_f64();
    let (median, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    eprintln!("{}: {callers} callers: {rate:.0} jobs/s, median {median:?}, p99 {p99:?}", db.engine());
}

async fn measure(engine: Engine) {
    let db = match engine {
        Engine::Sqlite => TestDb::new(engine, &MIGRATIONS).await,
        Engine::Postgres => TestDb::postgres_with(&MIGRATIONS, Durability::Durable, |_| ()).await,
    };
    callers(&db, 1, 1000, 0).await;
    callers(&db, 16, 1000, 1_000_000).await;
    callers(&db, 64, 1000, 2_000_000).await;
    let started = Instant::now();
    for i in 0..40 {
        db.write(Lane::Bulk, AddMany(10_000_000 + i * 5000)).await.unwrap();
    }
    eprintln!("{engine}: bulk {:.0} rows/s", 200_000.0 / started.elapsed().as_secs_f64());
    let (started, mut found) = (Instant::now(), 0);
    for i in 0..400 {
        let from = 10_000_000 + i * 500;
        found += db.query(&RANGE, &params![1, from, from + 500]).await.unwrap().len();
    }
    eprintln!("{engine}: ranges of 500: {:.0} rows/s", found as f64 / started.elapsed().as_secs_f64());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn figures() {
    measure(Engine::Sqlite).await;
    measure(Engine::Postgres).await;
}
