//! Figures, not checks: `cargo test --release -p volens-db --test throughput -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicI64, Ordering};
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

/// User and system time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = after_name[11].parse::<u64>().unwrap() + after_name[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// `callers` tasks write `each` notes, with ids that grow as time-ordered ones do.
async fn callers(db: &Db, callers: i64, each: i64) {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let (started, used) = (Instant::now(), cpu());
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for _ in 0..each {
                    let begun = Instant::now();
                    db.write(Lane::Interactive, Add(NEXT.fetch_add(1, Ordering::Relaxed))).await.unwrap();
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
    let cpu = (cpu() - used).as_micros() as i64 / (callers * each);
    eprintln!("{}: {callers} callers: {rate:.0} jobs/s, median {median:?}, p99 {p99:?}, {cpu} us CPU", db.engine());
}

async fn measure(engine: Engine) {
    let db = match engine {
        Engine::Sqlite => TestDb::new(engine, &MIGRATIONS).await,
        Engine::Postgres => TestDb::postgres_with(&MIGRATIONS, Durability::Durable, |_| ()).await,
    };
    callers(&db, 1, 1000).await;
    callers(&db, 16, 1000).await;
    callers(&db, 64, 1000).await;
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
