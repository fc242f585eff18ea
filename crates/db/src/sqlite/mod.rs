//! SQLite: connections and statements. The writer, the readers and the checkpointer have a thread each.

mod checkpoint;
mod reader;
mod work;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig as Switch;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::dialect::Engine;
use crate::error::DbError;
use crate::stmt::Stmt;
use crate::tx::Job;
use crate::value::{Row, Rows, Type, Value};

use checkpoint::Checkpoints;
pub(crate) use work::{Pressure, lock as sqlite_lock, panic_text};
use work::{Queue, Task};

/// How to open a SQLite database.
#[derive(Clone, Debug)]
pub struct SqliteConfig {
    /// The database file; `-wal` and `-shm` lie beside it.
    pub path: PathBuf,
    /// Reader threads, 1 to 16; 2 to 4 are sensible.
    pub readers: usize,
    /// How long to wait for another process's lock before [`DbError::Locked`].
    pub busy: Duration,
    /// How long one read transaction may last: an older snapshot holds up checkpoints and lets the WAL grow.
    pub read_limit: Duration,
    /// A ceiling on the file in pages of 4,096 bytes: how tests fill a disk.
    pub max_page_count: Option<u32>,
}

impl SqliteConfig {
    /// The usual settings for the file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 3,
            busy: Duration::from_secs(5),
            read_limit: Duration::from_secs(2),
            max_page_count: None,
        }
    }
}

/// An open SQLite database: its threads and the queues in front of them.
pub(crate) struct Sqlite {
    path: PathBuf,
    writes: Arc<Queue>,
    reads: Arc<Queue>,
    checkpoints: Arc<Checkpoints>,
    threads: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Sqlite {
    pub(crate) fn open(config: &SqliteConfig) -> Result<Self, DbError> {
        let writes = Arc::new(Queue::default());
        let reads = Arc::new(Queue::default());
        let checkpoints = Arc::new(Checkpoints::default());
        let mut conn = connect(config, Role::Writer)?;
        checkpoints.watch(&mut conn).map_err(|e| error("open", &e))?;
        let keeper = connect(config, Role::Keeper)?;
        let readers = (0..config.readers.clamp(1, 16)).map(|_| connect(config, Role::Reader));
        let readers = readers.collect::<Result<Vec<_>, _>>()?;

        let mut threads = Vec::new();
        let (queue, gate) = (writes.clone(), checkpoints.clone());
        threads.push(spawn("db-writer", move || writer::run(conn, &queue, &gate))?);
        let shared = checkpoints.clone();
        threads.push(spawn("db-checkpoint", move || shared.run(&keeper))?);
        for reader in readers {
            let (queue, limit) = (reads.clone(), config.read_limit);
            threads.push(spawn("db-reader", move || reader::run(reader, &queue, limit))?);
        }
        Ok(Self { path: config.path.clone(), writes, reads, checkpoints, threads: threads.into() })
    }

    pub(crate) async fn write<J: Job>(&self, bulk: bool, job: J) -> Result<J::Out, J::Err> {
        let (task, answer) = Task::new(job);
        if !self.writes.push(bulk, Box::new(task)) {
            return Err(DbError::Closed.into());
        }
        answer.await.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    pub(crate) async fn read<J: Job>(&self, job: J) -> Result<J::Out, J::Err> {
        let (task, answer) = Task::new(job);
        if !self.reads.push(false, Box::new(task)) {
            return Err(DbError::Closed.into());
        }
        answer.await.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    pub(crate) fn pressure(&self) -> &Pressure {
        &self.writes.pressure
    }

    pub(crate) fn wal_size(&self) -> u64 {
        std::fs::metadata(beside(&self.path, "-wal")).map_or(0, |m| m.len())
    }

    /// Asks for a checkpoint and waits for the end of one that began after this call.
    pub(crate) fn checkpoint(&self) {
        self.checkpoints.now();
    }

    /// Takes no more work, ends what is queued, joins the threads.
    pub(crate) fn close(&self) {
        self.writes.close();
        self.reads.close();
        let threads = std::mem::take(&mut *work::lock(&self.threads));
        let (me, mut keepers) = (std::thread::current().id(), Vec::new());
        for thread in threads {
            if thread.thread().name() == Some("db-checkpoint") {
                keepers.push(thread);
            } else if thread.thread().id() != me {
                let _ = thread.join();
            }
        }
        self.checkpoints.close();
        for thread in keepers {
            let _ = thread.join();
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close();
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, DbError> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .map_err(|e| DbError::Damaged(format!("no thread could be started: {e}")))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
    Keeper,
}

/// Opens one connection and sets it up. WAL, synchronous FULL: an acknowledged job survives a power cut.
fn connect(config: &SqliteConfig, role: Role) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(&config.path, flags).map_err(|e| error("open", &e))?;
    set_up(&conn, config, role).map_err(|e| error("open", &e))?;
    if role == Role::Writer {
        let mode: String =
            conn.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0)).map_err(|e| error("open", &e))?;
        if mode != "wal" {
            return Err(DbError::Damaged(format!("its file system allows no write-ahead log (mode {mode})")));
        }
    }
    Ok(conn)
}

fn set_up(conn: &Connection, config: &SqliteConfig, role: Role) -> rusqlite::Result<()> {
    conn.busy_timeout(config.busy)?;
    conn.set_db_config(Switch::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(Switch::SQLITE_DBCONFIG_DQS_DDL, false)?;
    conn.set_db_config(Switch::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // One plan a statement: without it a statement that could use a partial index is prepared anew at each run.
    conn.set_db_config(Switch::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // rusqlite's own build turns foreign keys on; the checks cost a look-up per row and PostgreSQL has none either.
    conn.execute_batch(
        "PRAGMA page_size = 4096; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON; \
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0;",
    )?;
    match role {
        Role::Writer => {
            // Statements are kept for the life of the connection: there are a few hundred at most.
            conn.set_prepared_statement_cache_capacity(1024);
            conn.execute_batch("PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864;")?;
            if let Some(pages) = config.max_page_count {
                conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            }
        }
        Role::Reader => {
            conn.set_prepared_statement_cache_capacity(1024);
            conn.execute_batch("PRAGMA cache_size = -8000; PRAGMA query_only = ON;")?;
        }
        Role::Keeper => conn.execute_batch("PRAGMA cache_size = -100;")?,
    }
    Ok(())
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
            Self::Blob(b) => ValueRef::Blob(b),
        }))
    }
}

fn value(stmt: &Stmt, index: usize, wanted: Type, raw: ValueRef<'_>) -> Result<Value, DbError> {
    Ok(match (raw, wanted) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(n), Type::Int) => Value::Int(n),
        (ValueRef::Text(t), Type::Text) => Value::Text(String::from_utf8_lossy(t).into_owned()),
        (ValueRef::Blob(b), Type::Blob) => Value::Blob(b.to_vec()),
        (other, _) => {
            let found = other.data_type();
            return Err(stmt.misuse(&format!("column {} is declared {wanted:?} and is {found:?}", index + 1)));
        }
    })
}

fn bind(prepared: &mut rusqlite::Statement<'_>, first: usize, values: &[Value]) -> rusqlite::Result<()> {
    values.iter().enumerate().try_for_each(|(i, value)| prepared.raw_bind_parameter(first + i, value))
}

/// Binds row `at` of `rows`, then the scalars, which keep their binding from row to row.
fn bind_row(prepared: &mut rusqlite::Statement<'_>, rows: &Rows, at: usize) -> rusqlite::Result<()> {
    rows.columns.iter().enumerate().try_for_each(|(i, column)| prepared.raw_bind_parameter(i + 1, &column[at]))
}

fn each(
    conn: &Connection,
    stmt: &'static Stmt,
    rows: Option<&Rows>,
    params: &[Value],
    mut step: impl FnMut(&mut rusqlite::Statement<'_>) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let failed = |e: rusqlite::Error| error(stmt.name, &e);
    let mut prepared = conn.prepare_cached(stmt.text(Engine::Sqlite)).map_err(failed)?;
    if prepared.column_count() != stmt.columns.len() {
        let found = prepared.column_count();
        return Err(stmt.misuse(&format!("{} columns are declared, it has {found}", stmt.columns.len())));
    }
    bind(&mut prepared, stmt.rows.len() + 1, params).map_err(failed)?;
    let Some(rows) = rows else { return step(&mut prepared) };
    for at in 0..rows.len() {
        bind_row(&mut prepared, rows, at).map_err(failed)?;
        step(&mut prepared)?;
    }
    Ok(())
}

pub(crate) fn query(
    conn: &Connection,
    stmt: &'static Stmt,
    rows: Option<&Rows>,
    params: &[Value],
) -> Result<Vec<Row>, DbError> {
    let mut out = Vec::new();
    each(conn, stmt, rows, params, |prepared| {
        let mut found = prepared.raw_query();
        while let Some(row) = found.next().map_err(|e| error(stmt.name, &e))? {
            let mut values = Vec::with_capacity(stmt.columns.len());
            for (i, wanted) in stmt.columns.iter().enumerate() {
                let raw = row.get_ref(i).map_err(|e| error(stmt.name, &e))?;
                values.push(value(stmt, i, *wanted, raw)?);
            }
            out.push(Row(values));
        }
        Ok(())
    })?;
    Ok(out)
}

pub(crate) fn execute(
    conn: &Connection,
    stmt: &'static Stmt,
    rows: Option<&Rows>,
    params: &[Value],
) -> Result<u64, DbError> {
    let mut changed = 0;
    each(conn, stmt, rows, params, |prepared| {
        changed += prepared.raw_execute().map_err(|e| error(stmt.name, &e))? as u64;
        Ok(())
    })?;
    Ok(changed)
}

pub(crate) fn prepare(conn: &Connection, stmt: &'static Stmt) -> Result<(), DbError> {
    let prepared = conn.prepare_cached(stmt.text(Engine::Sqlite)).map_err(|e| error(stmt.name, &e))?;
    let (columns, params) = (prepared.column_count(), prepared.parameter_count());
    let declared = stmt.rows.len() + stmt.params.len();
    if columns != stmt.columns.len() {
        return Err(stmt.misuse(&format!("{} columns are declared, it has {columns}", stmt.columns.len())));
    }
    if params != declared {
        return Err(stmt.misuse(&format!("{declared} parameters are declared, it has {params}")));
    }
    Ok(())
}

/// What a SQLite error means to the caller.
pub(crate) fn error(statement: &'static str, e: &rusqlite::Error) -> DbError {
    use rusqlite::Error::{SqlInputError, SqliteFailure};
    let (code, message) = match e {
        SqliteFailure(code, message) => (code, message.clone().unwrap_or_else(|| code.to_string())),
        SqlInputError { error: code, msg, .. } => (code, msg.clone()),
        other => return DbError::Statement { statement, message: other.to_string() },
    };
    match code.code {
        ErrorCode::DiskFull => DbError::Full,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => DbError::Locked,
        ErrorCode::OperationInterrupted => DbError::TooSlow,
        ErrorCode::ConstraintViolation => constraint(code.extended_code, message),
        ErrorCode::SystemIoFailure
        | ErrorCode::DatabaseCorrupt
        | ErrorCode::CannotOpen
        | ErrorCode::NotADatabase
        | ErrorCode::OutOfMemory
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly
        | ErrorCode::FileLockingProtocolFailed => DbError::Damaged(message),
        _ => DbError::Statement { statement, message },
    }
}

/// `UNIQUE constraint failed: contact.ws, contact.id`, or `.. index 'name'` where the index is on an expression.
fn constraint(extended: i32, message: String) -> DbError {
    let unique = [rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE, rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY];
    match message.strip_prefix("UNIQUE constraint failed: ") {
        Some(detail) if unique.contains(&extended) => {
            let table = detail
                .strip_prefix("index '")
                .map_or_else(|| detail.split('.').next().unwrap_or_default(), |rest| rest.trim_end_matches('\''));
            DbError::Unique { table: table.to_owned(), detail: detail.to_owned() }
        }
        _ => DbError::Constraint(message),
    }
}

impl Sqlite {
    /// Bulk rows per call so that it lasts about 5 ms while others wait; see [`Db::bulk_rows`](crate::Db::bulk_rows).
    pub(crate) fn bulk_rows(&self) -> usize {
        let pressure = self.pressure();
        if !pressure.busy_lately() {
            return 50_000;
        }
        let per_ms = pressure.bulk_rows_per_ms.load(Ordering::Relaxed);
        usize::try_from(per_ms.saturating_mul(5)).unwrap_or(50_000).clamp(50, 50_000)
    }
}
