//! Values, rows, transactions, SQLite writer and readers, PostgreSQL pool, migrator, wake-ups: engines, not tables.
//!
//! One SQL text runs on both engines (DESIGN 10). A caller declares [`statements!`], writes a [`Job`] that runs them in
//! a [`Tx`], and hands it to [`Db::write`] or [`Db::read`].
//!
//! Invariants: `Ok` from a write means committed and on disk. A job may run more than once, so it has no effect outside
//! its transaction. Errors and log lines carry no parameter values.

mod about;
mod dialect;
mod dump;
mod error;
mod migrate;
mod postgres;
mod sqlite;
mod stmt;
mod tx;
mod value;
mod wake;

use std::sync::Arc;

pub use about::About;
pub use dialect::{Engine, render};
pub use dump::{SchemaTable, schema_dump};
pub use error::DbError;
pub use migrate::Migration;
pub use postgres::{Pooler, PostgresConfig};
pub use sqlite::SqliteConfig;
pub use stmt::{Scope, Stmt, ran};
pub use tx::{Job, Tx};
pub use value::{FromValue, Row, Rows, Type, Value};
pub use wake::{Topic, Waiter};

use postgres::Postgres;
use sqlite::Sqlite;
pub(crate) use sqlite::sqlite_lock;
use wake::Wakes;

/// Which database to open.
#[derive(Clone, Debug)]
pub enum DbConfig {
    /// One file.
    Sqlite(SqliteConfig),
    /// A server.
    Postgres(PostgresConfig),
}

impl DbConfig {
    /// The SQLite file at `path`, with the usual settings.
    #[must_use]
    pub fn sqlite(path: impl Into<std::path::PathBuf>) -> Self {
        Self::Sqlite(SqliteConfig::new(path))
    }

    /// The PostgreSQL database at `url`, with the usual settings.
    #[must_use]
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::Postgres(PostgresConfig::new(url))
    }
}

/// Who waits for the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// A person, or the sending pipeline: goes first, many share one commit.
    Interactive,
    /// An import or another long work, cut into jobs of [`Db::bulk_rows`] rows.
    Bulk,
}

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

/// An open database; clones share it. The last clone's end closes it.
#[derive(Clone)]
pub struct Db {
    backend: Backend,
    wakes: Arc<Wakes>,
    // Last, so that it is dropped after the others.
    _nodes: Arc<Nodes>,
}

/// The wake-up task; ends with the last clone of [`Db`].
struct Nodes(Option<tokio::task::JoinHandle<()>>);

impl Drop for Nodes {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Db {
    /// Opens the database, creating a SQLite file that is not there; checks that a server answers.
    pub async fn open(config: DbConfig) -> Result<Self, DbError> {
        let wakes = Arc::new(Wakes::default());
        let (backend, nodes) = match config {
            DbConfig::Sqlite(config) => {
                let opened = tokio::task::spawn_blocking(move || Sqlite::open(&config)).await;
                let opened = opened.map_err(|e| DbError::Panicked(e.to_string()))??;
                (Backend::Sqlite(Arc::new(opened)), None)
            }
            DbConfig::Postgres(config) => {
                let opened = Arc::new(Postgres::open(&config).await?);
                let nodes = wake::connect_nodes(&wakes, &opened);
                (Backend::Postgres(opened), nodes)
            }
        };
        Ok(Self { backend, wakes, _nodes: Arc::new(Nodes(nodes)) })
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `job` in a transaction and answers once it is on disk. An `Err` changed nothing.
    ///
    /// SQLite: one writer thread; what is queued shares one commit. PostgreSQL: READ COMMITTED, run again when it
    /// collides. On both the job runs to its end even if the caller stops waiting.
    pub async fn write<J: Job>(&self, lane: Lane, job: J) -> Result<J::Out, J::Err> {
        let bulk = lane == Lane::Bulk;
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.write(bulk, job).await,
            Backend::Postgres(postgres) => {
                let postgres = postgres.clone();
                to_the_end::<J>(async move { postgres.write(bulk, &job).await }).await
            }
        }
    }

    /// Runs `job` on one snapshot that it cannot change. SQLite: a reader thread, at most 2 s. PostgreSQL: REPEATABLE
    /// READ READ ONLY, which costs no round trip of its own.
    pub async fn read<J: Job>(&self, job: J) -> Result<J::Out, J::Err> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(job).await,
            Backend::Postgres(postgres) => {
                let postgres = postgres.clone();
                to_the_end::<J>(async move { postgres.read(&job).await }).await
            }
        }
    }

    /// One statement as a read.
    pub async fn query(&self, stmt: &'static Stmt, params: &[Value]) -> Result<Vec<Row>, DbError> {
        self.read(tx::Ask(tx::One { stmt, params: params.to_vec() })).await
    }

    /// One statement as a write; answers how many rows it changed.
    pub async fn execute(&self, lane: Lane, stmt: &'static Stmt, params: &[Value]) -> Result<u64, DbError> {
        self.write(lane, tx::Tell(tx::One { stmt, params: params.to_vec() })).await
    }

    /// Applies the migrations that are missing, each in a transaction; several nodes may do so at once. Refuses a
    /// database that is newer than the last of them with [`DbError::NewerSchema`].
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), DbError> {
        migrate::migrate(self, migrations).await
    }

    /// Whether interactive work stands in the queue right now.
    #[must_use]
    pub fn interactive_waiting(&self) -> bool {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.pressure().interactive_waiting(),
            Backend::Postgres(postgres) => postgres.interactive_waiting(),
        }
    }

    /// Whether interactive work has come within the last second: then more will come soon.
    #[must_use]
    pub fn interactive_lately(&self) -> bool {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.pressure().busy_lately(),
            Backend::Postgres(postgres) => postgres.busy_lately(),
        }
    }

    /// How many rows the next bulk job should hold: what takes about 5 ms (measured on the jobs before) while
    /// interactive work has come within the last second, else 50,000.
    #[must_use]
    pub fn bulk_rows(&self) -> usize {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.bulk_rows(),
            Backend::Postgres(postgres) => postgres.bulk_rows(),
        }
    }

    /// Copies SQLite's write-ahead log into the file, as far as readers allow; nothing on PostgreSQL.
    pub async fn checkpoint(&self) {
        if let Backend::Sqlite(sqlite) = &self.backend {
            let sqlite = sqlite.clone();
            let _ = tokio::task::spawn_blocking(move || sqlite.checkpoint()).await;
        }
    }

    /// Bytes of SQLite's write-ahead log file; 0 on PostgreSQL.
    #[must_use]
    pub fn wal_size(&self) -> u64 {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.wal_size(),
            Backend::Postgres(_) => 0,
        }
    }

    /// Wakes those who wait for `topic`: in this process at once; on other nodes of a PostgreSQL within some
    /// milliseconds, unless a transaction pooler stands between. Call it after the commit.
    pub fn wake(&self, topic: Topic) {
        self.wakes.wake(topic);
    }

    /// A waiter for `topic`. Make it before the first look for work; see [`Waiter::woken`].
    #[must_use]
    pub fn waiter(&self, topic: Topic) -> Waiter {
        self.wakes.waiter(topic)
    }

    /// Takes no more work, ends what was accepted, closes files and connections. Later calls answer
    /// [`DbError::Closed`].
    pub async fn close(&self) {
        if let Some(task) = &self._nodes.0 {
            task.abort();
        }
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let sqlite = sqlite.clone();
                let _ = tokio::task::spawn_blocking(move || sqlite.close()).await;
            }
            Backend::Postgres(postgres) => postgres.pool.close(),
        }
    }
}

/// Runs a job in a task of its own, so that a caller who goes away (a closed HTTP connection) does not cut it in two.
async fn to_the_end<J: Job>(
    run: impl Future<Output = Result<J::Out, J::Err>> + Send + 'static,
) -> Result<J::Out, J::Err> {
    match tokio::spawn(run).await {
        Ok(result) => result,
        Err(e) if e.is_panic() => Err(DbError::Panicked(sqlite::panic_text(&*e.into_panic())).into()),
        Err(_) => Err(DbError::Closed.into()),
    }
}
