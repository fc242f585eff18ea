//! What can go wrong in a database, in words that say what to do; the same for both engines.

/// An error of either engine. Texts carry no parameter values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DbError {
    /// SQLITE_FULL, or PostgreSQL 53100.
    #[error(
        "the disk that holds the database is full; free some space: nothing was half-written, and writing goes on by \
         itself as soon as there is room"
    )]
    Full,
    /// Another process holds the lock of the SQLite file, or PostgreSQL's lock time-out passed.
    #[error(
        "the database is locked by another process; stop the other program that has this file open, or wait until it \
         has ended"
    )]
    Locked,
    /// The database was written by a newer program.
    #[error(
        "the database has schema version {found} and this program knows versions up to {known}; install the newer \
         program again, or restore a backup made before the upgrade"
    )]
    NewerSchema {
        /// Version found in the database.
        found: i64,
        /// Highest version that this program knows.
        known: i64,
    },
    /// A row with this key is there already.
    #[error("a row with the same key exists already in {table} ({detail})")]
    Unique {
        /// The table; the index where SQLite names only that (a unique index on an expression).
        table: String,
        /// The columns (SQLite) or the constraint (PostgreSQL), for logs.
        detail: String,
    },
    /// Another rule of the schema was broken: NOT NULL, CHECK, a strict type.
    #[error("the data breaks a rule of the database: {0}; this is a fault of Volens, please report it")]
    Constraint(String),
    /// Concurrent transactions kept colliding (40001, 40P01) after every retry.
    #[error("other transactions kept changing the same rows; try again")]
    Conflict,
    /// PostgreSQL cannot be reached, or no connection of the pool came free in time.
    #[error("the database server cannot be reached: {0}; check that it runs and that the database URL is right")]
    Unreachable(String),
    /// The connection broke during COMMIT: the work is either all there or not at all, nobody knows which.
    #[error("the connection broke while a transaction was being committed: it counts either whole or not at all")]
    Undecided,
    /// The file cannot be read or written, is damaged, or is no database.
    #[error(
        "the database file cannot be used: {0}; check the disk and the file, and restore a backup if it is damaged"
    )]
    Damaged(String),
    /// A read took longer than it may (2 s on SQLite), or was interrupted.
    #[error("the database took too long to answer and the request was ended; ask for less at a time")]
    TooSlow,
    /// This handle was closed.
    #[error("the database is closed because the program is stopping; send the request again")]
    Closed,
    /// Text with U+0000, which PostgreSQL cannot hold and SQLite cuts.
    #[error("text holds the character U+0000, which cannot be stored; remove it")]
    NulInText,
    /// A column was read as something that it is not.
    #[error("column {index} was expected to be {wanted} and is {found}; this is a fault of Volens, please report it")]
    Column {
        /// From 0.
        index: usize,
        /// What was asked for.
        wanted: &'static str,
        /// What is there.
        found: String,
    },
    /// A statement that must answer with exactly one row answered with another number.
    #[error("{statement} should find one row and found {found}")]
    RowCount {
        /// The statement's name.
        statement: &'static str,
        /// How many there were.
        found: usize,
    },
    /// The statement and its use do not fit together, or an engine refuses its text.
    #[error("statement {statement}: {message}; this is a fault of Volens, please report it")]
    Statement {
        /// The statement's name.
        statement: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A migration failed; the database is as it was before it.
    #[error("migration {version} ({name}) failed and was rolled back: {message}")]
    Migration {
        /// Its version.
        version: i64,
        /// Its name.
        name: &'static str,
        /// What the engine said.
        message: String,
    },
    /// A job panicked; its transaction was rolled back.
    #[error("a database job stopped on a fault of Volens and was rolled back; please report it: {0}")]
    Panicked(String),
    /// A job on SQLite waited for something else than its transaction.
    #[error("a database job waited for something outside its transaction; this is a fault of Volens, please report it")]
    Waited,
}

impl DbError {
    /// Whether the same request may succeed later without a change: full, locked, unreachable, conflicts, slow.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Full
                | Self::Locked
                | Self::Conflict
                | Self::Unreachable(_)
                | Self::Undecided
                | Self::TooSlow
                | Self::Closed
        )
    }
}
