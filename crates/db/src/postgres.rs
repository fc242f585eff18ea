//! PostgreSQL: a pool, one transaction a job, retries when transactions collide.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use deadpool_postgres::{
    Client, ClientWrapper, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio::sync::Semaphore;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as PgType, private::BytesMut};

use crate::dialect::Engine;
use crate::error::DbError;
use crate::stmt::Stmt;
use crate::tx::{Inner, Job, Tx, verdict};
use crate::value::{Row, Rows, Type, Value};

/// What stands between us and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or a pooler in session mode: statements are prepared once a connection, LISTEN works.
    None,
    /// PgBouncer in transaction mode (any version): unnamed statements with declared types; wake-ups stay in the process.
    Transaction,
}

/// How to reach PostgreSQL 15 or newer.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// `postgresql://user:password@host:port/database`, or a libpq string such as `host=/run/postgresql dbname=volens`.
    pub url: String,
    /// Connections at most.
    pub connections: usize,
    /// What stands between.
    pub pooler: Pooler,
    /// How long a job waits for a free connection before [`DbError::Unreachable`].
    pub wait: Duration,
}

impl PostgresConfig {
    /// The usual settings for `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections: 16, pooler: Pooler::None, wait: Duration::from_secs(10) }
    }
}

/// How often a job runs again after 40001, 40P01 or a connection that had died in the pool.
const ATTEMPTS: u32 = 8;

/// An open pool.
pub(crate) struct Postgres {
    pub(crate) pool: Pool,
    pub(crate) pooler: Pooler,
    pub(crate) config: tokio_postgres::Config,
    bulk: Semaphore,
    last_interactive: AtomicU64,
    opened: std::time::Instant,
}

impl Postgres {
    pub(crate) async fn open(config: &PostgresConfig) -> Result<Self, DbError> {
        let mut target: tokio_postgres::Config =
            config.url.parse().map_err(|_| DbError::Unreachable("the database URL cannot be read".into()))?;
        if target.get_application_name().is_none() {
            target.application_name("volens");
        }
        if target.get_connect_timeout().is_none() {
            target.connect_timeout(Duration::from_secs(10));
        }
        let manager =
            Manager::from_config(target.clone(), NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let size = config.connections.max(2);
        let pool = Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(config.wait))
            .create_timeout(Some(config.wait))
            .build()
            .map_err(|e| DbError::Unreachable(e.to_string()))?;
        let this = Self {
            pool,
            pooler: config.pooler,
            config: target,
            bulk: Semaphore::new((size / 4).max(1)),
            last_interactive: AtomicU64::new(0),
            opened: std::time::Instant::now(),
        };
        drop(this.client().await?);
        Ok(this)
    }

    pub(crate) async fn client(&self) -> Result<Client, DbError> {
        self.pool.get().await.map_err(|e| match e {
            PoolError::Backend(e) => error("connect", &e),
            PoolError::Closed => DbError::Closed,
            PoolError::Timeout(_) => DbError::Unreachable("no connection came free in time".into()),
            other => DbError::Unreachable(other.to_string()),
        })
    }

    pub(crate) fn interactive_waiting(&self) -> bool {
        self.pool.status().waiting > 0
    }

    /// See [`Db::bulk_rows`](crate::Db::bulk_rows): bulk work has connections of its own here, but holds row locks.
    pub(crate) fn bulk_rows(&self) -> usize {
        if self.busy_lately() { 500 } else { 50_000 }
    }

    pub(crate) fn busy_lately(&self) -> bool {
        let last = self.last_interactive.load(Ordering::Relaxed);
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        last > 0 && now.saturating_sub(last) < 1000
    }

    pub(crate) async fn write<J: Job>(&self, bulk: bool, job: &J) -> Result<J::Out, J::Err> {
        let _permit = if bulk {
            Some(self.bulk.acquire().await.map_err(|_| J::Err::from(DbError::Closed))?)
        } else {
            let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(0).max(1);
            self.last_interactive.store(now, Ordering::Relaxed);
            None
        };
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.attempt(job, "BEGIN").await {
                ControlFlow::Break(result) => return result,
                ControlFlow::Continue(why) if attempt >= ATTEMPTS => return Err(why.into()),
                ControlFlow::Continue(_) => tokio::time::sleep(back_off(attempt)).await,
            }
        }
    }

    /// REPEATABLE READ gives a read the one snapshot that it has on SQLite. It costs no round trip: BEGIN travels with
    /// the first statement and nobody waits for COMMIT.
    pub(crate) async fn read<J: Job>(&self, job: &J) -> Result<J::Out, J::Err> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.attempt(job, READ).await {
                ControlFlow::Break(result) => return result,
                ControlFlow::Continue(why) if attempt >= ATTEMPTS => return Err(why.into()),
                ControlFlow::Continue(_) => tokio::time::sleep(back_off(attempt)).await,
            }
        }
    }

    /// One run of the job in one transaction. `Continue` = it should run again.
    async fn attempt<J: Job>(&self, job: &J, begin: &'static str) -> ControlFlow<Result<J::Out, J::Err>, DbError> {
        let client = match self.client().await {
            Ok(client) => client,
            Err(e) => return ControlFlow::Break(Err(e.into())),
        };
        let mut lease = Lease { client: Some(client), clean: false };
        let Some(client) = lease.client.as_ref() else { return ControlFlow::Break(Err(DbError::Closed.into())) };
        let session = Session { client, pooler: self.pooler, begin, begun: false };
        let mut tx = Tx::new(Inner::Postgres(session));
        let result = job.run(&mut tx).await;
        let result = verdict::<J>(&tx, result);
        let failed = tx.failed.take();
        let Inner::Postgres(session) = &tx.inner else { return ControlFlow::Break(result) };
        let begun = session.begun;
        if matches!(failed, Some(DbError::Unreachable(_))) {
            // Nothing was committed, and the next connection may be a living one.
            return failed.map_or(ControlFlow::Break(result), ControlFlow::Continue);
        }
        let ended = match (&result, begun) {
            (_, false) => Ok(()),
            (_, true) if begin == READ => end_unheard(client),
            (Ok(_), true) => client.batch_execute("COMMIT").await,
            (Err(_), true) => client.batch_execute("ROLLBACK").await,
        };
        lease.clean = ended.is_ok();
        match (ended, failed) {
            (_, Some(DbError::Conflict)) => ControlFlow::Continue(DbError::Conflict),
            (Err(e), _) if result.is_ok() => match error("COMMIT", &e) {
                DbError::Conflict => ControlFlow::Continue(DbError::Conflict),
                DbError::Unreachable(_) => ControlFlow::Break(Err(DbError::Undecided.into())),
                other => ControlFlow::Break(Err(other.into())),
            },
            _ => ControlFlow::Break(result),
        }
    }
}

const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Sends COMMIT and leaves the answer to the connection: whoever borrows it next queues behind.
fn end_unheard(client: &ClientWrapper) -> Result<(), tokio_postgres::Error> {
    let end = pin!(client.batch_execute("COMMIT"));
    match end.poll(&mut Context::from_waker(Waker::noop())) {
        std::task::Poll::Ready(result) => result,
        std::task::Poll::Pending => Ok(()),
    }
}

/// 2, 4, 8 ... 128 ms and a share that differs from one caller to the next, so that two do not collide again.
fn back_off(attempt: u32) -> Duration {
    static TURN: AtomicU64 = AtomicU64::new(0);
    let base = 1000_u64 << attempt.min(7);
    let turn = TURN.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    Duration::from_micros(base + (turn >> 32) % base)
}

/// A borrowed connection. Left in an unknown state (a panic, a lost future) it does not go back to the pool.
struct Lease {
    client: Option<Client>,
    clean: bool,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(client) = self.client.take()
            && !self.clean
        {
            drop(Object::take(client));
        }
    }
}

/// A connection inside a transaction that begins with its first statement.
pub(crate) struct Session<'a> {
    client: &'a ClientWrapper,
    pooler: Pooler,
    begin: &'static str,
    begun: bool,
}

impl Session<'_> {
    /// Runs `work`, with BEGIN in front of it in the same flight if this is the first statement. The order on the wire is
    /// the order in which the two are polled first.
    async fn flight<T, E: From<tokio_postgres::Error>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        if self.begun {
            return work.await;
        }
        self.begun = true;
        let (begun, done) = futures::future::join(self.client.batch_execute(self.begin), work).await;
        begun?;
        done
    }

    pub(crate) async fn query(
        &mut self,
        stmt: &'static Stmt,
        rows: Option<&Rows>,
        params: &[Value],
    ) -> Result<Vec<Row>, DbError> {
        let (client, pooler) = (self.client, self.pooler);
        let found = self.flight(async move {
            let (values, types) = (values(rows, params), types(stmt));
            let sql = stmt.text(Engine::Postgres);
            match pooler {
                Pooler::None => client.query(&client.prepare_typed_cached(sql, &types).await?, &values).await,
                Pooler::Transaction => client.query_typed(sql, &pairs(values, types)).await,
            }
        });
        let found = found.await.map_err(|e: tokio_postgres::Error| error(stmt.name, &e))?;
        found.iter().map(|row| convert(stmt, row)).collect()
    }

    pub(crate) async fn execute(
        &mut self,
        stmt: &'static Stmt,
        rows: Option<&Rows>,
        params: &[Value],
    ) -> Result<u64, DbError> {
        let (client, pooler) = (self.client, self.pooler);
        let done = self.flight(async move {
            let (values, types) = (values(rows, params), types(stmt));
            let sql = stmt.text(Engine::Postgres);
            match pooler {
                Pooler::None => client.execute(&client.prepare_typed_cached(sql, &types).await?, &values).await,
                Pooler::Transaction => client.execute_typed(sql, &pairs(values, types)).await,
            }
        });
        done.await.map_err(|e: tokio_postgres::Error| error(stmt.name, &e))
    }

    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        let client = self.client;
        self.flight(client.batch_execute(sql)).await.map_err(|e| error("migration", &e))
    }

    pub(crate) async fn prepare(&mut self, stmt: &'static Stmt) -> Result<(), DbError> {
        let client = self.client;
        let prepared = self.flight(client.prepare_typed(stmt.text(Engine::Postgres), &types(stmt))).await;
        let prepared = prepared.map_err(|e| error(stmt.name, &e))?;
        let found: Vec<_> = prepared.columns().iter().map(tokio_postgres::Column::type_).collect();
        let fits = found.len() == stmt.columns.len()
            && found.iter().zip(stmt.columns).all(|(found, wanted)| kind_of(found) == Some(*wanted));
        if !fits {
            return Err(stmt.misuse(&format!("columns {:?} are declared, PostgreSQL has {found:?}", stmt.columns)));
        }
        let (params, declared) = (prepared.params().len(), stmt.rows.len() + stmt.params.len());
        if params != declared {
            return Err(stmt.misuse(&format!("{declared} parameters are declared, PostgreSQL has {params}")));
        }
        Ok(())
    }
}

fn values<'v>(rows: Option<&'v Rows>, params: &'v [Value]) -> Vec<&'v (dyn ToSql + Sync)> {
    let columns = rows.into_iter().flat_map(|r| &r.columns).map(|c| c as &(dyn ToSql + Sync));
    columns.chain(params.iter().map(|p| p as &(dyn ToSql + Sync))).collect()
}

fn types(stmt: &Stmt) -> Vec<PgType> {
    let arrays = stmt.rows.iter().map(|(_, kind)| match kind {
        Type::Int => PgType::INT8_ARRAY,
        Type::Text => PgType::TEXT_ARRAY,
        Type::Blob => PgType::BYTEA_ARRAY,
    });
    let scalars = stmt.params.iter().map(|kind| match kind {
        Type::Int => PgType::INT8,
        Type::Text => PgType::TEXT,
        Type::Blob => PgType::BYTEA,
    });
    arrays.chain(scalars).collect()
}

fn pairs(values: Vec<&(dyn ToSql + Sync)>, types: Vec<PgType>) -> Vec<(&(dyn ToSql + Sync), PgType)> {
    values.into_iter().zip(types).collect()
}

/// Which of our types a column has. `numeric` (what sum(bigint) gives) and `boolean` are none: cast them.
fn kind_of(found: &PgType) -> Option<Type> {
    match *found {
        PgType::INT8 | PgType::INT4 | PgType::INT2 => Some(Type::Int),
        PgType::TEXT | PgType::VARCHAR | PgType::NAME | PgType::JSON | PgType::UNKNOWN => Some(Type::Text),
        PgType::BYTEA => Some(Type::Blob),
        _ => None,
    }
}

fn convert(stmt: &Stmt, row: &tokio_postgres::Row) -> Result<Row, DbError> {
    if row.len() != stmt.columns.len() {
        return Err(stmt.misuse(&format!("{} columns are declared, it has {}", stmt.columns.len(), row.len())));
    }
    let mut out = Vec::with_capacity(row.len());
    for (i, (column, wanted)) in row.columns().iter().zip(stmt.columns).enumerate() {
        let value = if kind_of(column.type_()) == Some(*wanted) { row.try_get::<_, Value>(i).ok() } else { None };
        let Some(value) = value else {
            let found = column.type_();
            return Err(stmt.misuse(&format!("column {} is declared {wanted:?} and is {found}", i + 1)));
        };
        out.push(value);
    }
    Ok(Row(out))
}

impl ToSql for Value {
    fn to_sql(&self, kind: &PgType, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(n) => n.to_sql(kind, out),
            Self::Text(t) => t.to_sql(kind, out),
            Self::Blob(b) => b.to_sql(kind, out),
        }
    }

    fn accepts(_: &PgType) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &PgType, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            PgType::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            PgType::INT4 => Self::Int(i32::from_sql(kind, raw)?.into()),
            PgType::INT2 => Self::Int(i16::from_sql(kind, raw)?.into()),
            PgType::BYTEA => Self::Blob(raw.to_vec()),
            _ => Self::Text(std::str::from_utf8(raw)?.to_owned()),
        })
    }

    fn from_sql_null(_: &PgType) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &PgType) -> bool {
        kind_of(kind).is_some()
    }
}

/// What a PostgreSQL error means to the caller.
pub(crate) fn error(statement: &'static str, e: &tokio_postgres::Error) -> DbError {
    let Some(db) = e.as_db_error() else {
        use std::error::Error;
        let cause = e.source().map_or_else(|| e.to_string(), |source| format!("{e}: {source}"));
        let ours = ["error serializing", "error deserializing", "invalid"].iter().any(|p| cause.starts_with(p));
        return if ours { DbError::Statement { statement, message: cause } } else { DbError::Unreachable(cause) };
    };
    let code = db.code();
    let message = db.message().to_owned();
    match *code {
        SqlState::DISK_FULL => DbError::Full,
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => DbError::Conflict,
        SqlState::LOCK_NOT_AVAILABLE => DbError::Locked,
        SqlState::QUERY_CANCELED => DbError::TooSlow,
        SqlState::UNIQUE_VIOLATION => DbError::Unique {
            table: db.table().unwrap_or_default().to_owned(),
            detail: db.constraint().unwrap_or_default().to_owned(),
        },
        SqlState::CHARACTER_NOT_IN_REPERTOIRE => DbError::NulInText,
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED | SqlState::IO_ERROR => DbError::Damaged(message),
        SqlState::TOO_MANY_CONNECTIONS
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::INVALID_PASSWORD
        | SqlState::INVALID_CATALOG_NAME
        | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => DbError::Unreachable(message),
        _ if code.code().starts_with("23") => DbError::Constraint(message),
        _ if code.code().starts_with("08") => DbError::Unreachable(message),
        _ => DbError::Statement { statement, message },
    }
}
