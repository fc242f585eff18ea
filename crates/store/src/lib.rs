//! All tables, all SQL, migrations; coarse methods that are named after what the business asks.
//!
//! Invariants: no SQL text stands outside this crate (but for the engines' own in `db`); a method is one transaction;
//! an act is recorded in the transaction that changes what it changes; nothing here knows HTTP or SMTP.

pub mod account;
pub mod campaign;
pub mod consent;
pub mod contact;
pub mod delivery;
pub mod erasure;
mod error;
pub mod form;
pub mod intake;
pub mod purpose;
mod row;

pub use error::StoreError;
use volens_core::id::{WorkspaceId, WorkspaceNo};
pub use volens_db::{Db, DbConfig, DbError, Engine, Lane, Pooler, PostgresConfig, SqliteConfig, Topic, Waiter};
use volens_db::{Migration, Stmt};

/// The schema, in both engines' words. Migrations only grow; a test compares where both end.
pub const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "foundation",
    sqlite: include_str!("../migrations/sqlite/0001_foundation.sql"),
    postgres: include_str!("../migrations/postgres/0001_foundation.sql"),
}];

/// Every statement of this crate, for the tests that look at all of them.
#[must_use]
pub fn statements() -> Vec<&'static Stmt> {
    let modules: [&[&'static Stmt]; 16] = [
        account::instance::ALL,
        account::workspace::ALL,
        campaign::ALL,
        campaign::plan::ALL,
        consent::record::ALL,
        consent::read::ALL,
        consent::evidence::ALL,
        contact::ALL,
        contact::bulk::ALL,
        delivery::books::ALL,
        delivery::lease::ALL,
        delivery::queue::ALL,
        delivery::wave::ALL,
        form::ALL,
        intake::ALL,
        purpose::ALL,
    ];
    modules.into_iter().flatten().copied().collect()
}

/// The workspace in whose name something is done: its number for the keys of tables, its id for documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Inside the database.
    pub no: WorkspaceNo,
    /// Outside it.
    pub id: WorkspaceId,
}

/// The tables, behind coarse methods. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    db: Db,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.db.engine())
    }
}

impl Store {
    /// The tables in `db`, whose schema is brought up to date first.
    ///
    /// # Errors
    /// When the database cannot be reached, is newer than this Volens, or a migration fails.
    pub async fn open(db: Db) -> Result<Self, StoreError> {
        db.migrate(MIGRATIONS).await?;
        Ok(Self { db })
    }

    /// The tables in a database that is migrated already (tests clone a template).
    #[must_use]
    pub fn of(db: Db) -> Self {
        Self { db }
    }

    /// The engine underneath: for closing, wake-ups and its figures.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }
}
