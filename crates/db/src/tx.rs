//! Jobs and the transaction that they run in.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::dialect::Engine;
use crate::error::DbError;
use crate::postgres;
use crate::sqlite::{self, Pressure};
use crate::stmt::Stmt;
use crate::value::{Row, Rows, Value};

/// A piece of work in one transaction.
///
/// It may run more than once (a batch that died, a PostgreSQL conflict), so it changes nothing outside of `tx`, and it
/// awaits nothing but `tx`. It counts only when [`Db::write`](crate::Db::write) has answered `Ok`.
pub trait Job: Send + Sync + 'static {
    /// What it finds out.
    type Out: Send + 'static;
    /// Why it may fail; an `Err` rolls the job back, alone.
    type Err: From<DbError> + Send + 'static;

    /// Runs the job. Write it as `async fn run(&self, tx: &mut Tx<'_>) -> Result<..>`.
    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Out, Self::Err>> + Send;
}

pub(crate) enum Inner<'a> {
    Sqlite(&'a mut rusqlite::Connection),
    Postgres(postgres::Session<'a>),
}

/// An open transaction. After the first error it answers nothing but that error and cannot be committed: this is what
/// PostgreSQL does, and both engines shall behave alike.
pub struct Tx<'a> {
    pub(crate) inner: Inner<'a>,
    pub(crate) failed: Option<DbError>,
    pub(crate) bulk_rows: u64,
    pub(crate) pressure: Option<&'a Pressure>,
    pub(crate) started: Instant,
    pub(crate) limit: Option<Duration>,
}

/// A bulk job that shares the writer stops at the next chance after this time while somebody waits.
const BULK_TURN: Duration = Duration::from_millis(5);

impl<'a> Tx<'a> {
    pub(crate) fn new(inner: Inner<'a>) -> Self {
        Self { inner, failed: None, bulk_rows: 0, pressure: None, started: Instant::now(), limit: None }
    }

    /// Which engine this runs on; code that asks is rare and says why.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// For bulk jobs, between two of their steps: whether to stop here and leave the rest to the next job, because
    /// interactive work waits and 5 ms have passed. A job that heeds it returns how far it came.
    #[must_use]
    pub fn should_stop(&self) -> bool {
        self.pressure.is_some_and(|p| p.interactive_waiting() && self.started.elapsed() >= BULK_TURN)
    }

    /// Runs a statement and returns all its rows; `params` are checked against the declared types on both engines.
    pub async fn query(&mut self, stmt: &'static Stmt, params: &[Value]) -> Result<Vec<Row>, DbError> {
        self.ask(stmt, None, params).await
    }

    /// The same for at most one row; more than one is an error.
    pub async fn query_opt(&mut self, stmt: &'static Stmt, params: &[Value]) -> Result<Option<Row>, DbError> {
        let mut rows = self.ask(stmt, None, params).await?;
        if rows.len() > 1 {
            return Err(DbError::RowCount { statement: stmt.name, found: rows.len() });
        }
        Ok(rows.pop())
    }

    /// The same for exactly one row; none or several are an error.
    pub async fn query_one(&mut self, stmt: &'static Stmt, params: &[Value]) -> Result<Row, DbError> {
        self.query_opt(stmt, params).await?.ok_or(DbError::RowCount { statement: stmt.name, found: 0 })
    }

    /// Runs a statement without an answer; returns how many rows it changed.
    pub async fn execute(&mut self, stmt: &'static Stmt, params: &[Value]) -> Result<u64, DbError> {
        self.tell(stmt, None, params).await
    }

    /// Runs a `{rows}` statement for all `rows` and returns what it answers, in no particular order.
    ///
    /// Rows must differ in the key that they write (PostgreSQL refuses to update one row twice) and be sorted by it
    /// (else concurrent writers deadlock). On SQLite the statement runs once per row; PostgreSQL gets one array a column.
    pub async fn bulk(&mut self, stmt: &'static Stmt, rows: &Rows, params: &[Value]) -> Result<Vec<Row>, DbError> {
        self.ask(stmt, Some(rows), params).await
    }

    /// The same for a statement without an answer; returns how many rows it changed.
    pub async fn bulk_execute(&mut self, stmt: &'static Stmt, rows: &Rows, params: &[Value]) -> Result<u64, DbError> {
        self.tell(stmt, Some(rows), params).await
    }

    /// Prepares a statement without running it, and compares what the engine says of it with what it declares.
    pub async fn prepare(&mut self, stmt: &'static Stmt) -> Result<(), DbError> {
        self.ready()?;
        let result = match &mut self.inner {
            Inner::Sqlite(conn) => sqlite::prepare(conn, stmt),
            Inner::Postgres(session) => session.prepare(stmt).await,
        };
        self.keep(result)
    }

    /// Several statements of one engine, without parameters: for migrations.
    pub(crate) async fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        self.ready()?;
        let result = match &mut self.inner {
            Inner::Sqlite(conn) => conn.execute_batch(sql).map_err(|e| sqlite::error("migration", &e)),
            Inner::Postgres(session) => session.batch(sql).await,
        };
        self.keep(result)
    }

    async fn ask(&mut self, stmt: &'static Stmt, rows: Option<&Rows>, params: &[Value]) -> Result<Vec<Row>, DbError> {
        self.before(stmt, rows, params)?;
        let result = match &mut self.inner {
            _ if rows.is_some_and(Rows::is_empty) => Ok(Vec::new()),
            Inner::Sqlite(conn) => sqlite::query(conn, stmt, rows, params),
            Inner::Postgres(session) => session.query(stmt, rows, params).await,
        };
        self.keep(result)
    }

    async fn tell(&mut self, stmt: &'static Stmt, rows: Option<&Rows>, params: &[Value]) -> Result<u64, DbError> {
        self.before(stmt, rows, params)?;
        let result = match &mut self.inner {
            _ if !stmt.columns.is_empty() => Err(stmt.misuse("it answers with rows: use query or bulk")),
            _ if rows.is_some_and(Rows::is_empty) => Ok(0),
            Inner::Sqlite(conn) => sqlite::execute(conn, stmt, rows, params),
            Inner::Postgres(session) => session.execute(stmt, rows, params).await,
        };
        self.keep(result)
    }

    fn before(&mut self, stmt: &'static Stmt, rows: Option<&Rows>, params: &[Value]) -> Result<(), DbError> {
        self.ready()?;
        let checked = match rows {
            Some(rows) => rows.check(stmt).and_then(|()| stmt.check(params)),
            None if !stmt.rows.is_empty() => Err(stmt.misuse("it declares rows: use bulk")),
            None => stmt.check(params),
        };
        self.keep(checked)?;
        self.bulk_rows += rows.map_or(0, |r| r.len() as u64);
        stmt.note(self.engine());
        Ok(())
    }

    fn ready(&mut self) -> Result<(), DbError> {
        if self.limit.is_some_and(|limit| self.started.elapsed() > limit) {
            self.failed.get_or_insert(DbError::TooSlow);
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn keep<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(error) = &result {
            self.failed.get_or_insert_with(|| error.clone());
        }
        result
    }
}

/// A job's own verdict, unless a statement failed and the job went on as if nothing had happened.
pub(crate) fn verdict<J: Job>(tx: &Tx<'_>, result: Result<J::Out, J::Err>) -> Result<J::Out, J::Err> {
    match (&tx.failed, result) {
        (Some(error), Ok(_)) => Err(error.clone().into()),
        (_, result) => result,
    }
}

/// One statement as a job: what [`Db::query`](crate::Db::query) and [`Db::execute`](crate::Db::execute) run.
pub(crate) struct One {
    pub stmt: &'static Stmt,
    pub params: Vec<Value>,
}

/// Answers with its rows.
pub(crate) struct Ask(pub One);

impl Job for Ask {
    type Out = Vec<Row>;
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Row>, DbError> {
        tx.query(self.0.stmt, &self.0.params).await
    }
}

/// Answers with the number of changed rows.
pub(crate) struct Tell(pub One);

impl Job for Tell {
    type Out = u64;
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, DbError> {
        tx.execute(self.0.stmt, &self.0.params).await
    }
}
