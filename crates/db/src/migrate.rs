//! Migrations: numbered steps, each in one transaction, refused by an older program.

use crate::Db;
use crate::dialect::{Engine, MIGRATION_LOCK};
use crate::error::DbError;
use crate::tx::{Job, Tx};

/// One step of the schema, written for each engine; both must end in the same schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// 1, 2, 3 ...
    pub version: i64,
    /// For people.
    pub name: &'static str,
    /// Statements for SQLite.
    pub sqlite: &'static str,
    /// Statements for PostgreSQL.
    pub postgres: &'static str,
}

mod sql {
    crate::statements! {
        /// The version that the database has.
        pub VERSION: Instance [] => [Int]
            "SELECT coalesce((SELECT version FROM schema_version ORDER BY version DESC LIMIT 1), 0)";
        /// Notes a step as done.
        pub DONE: Instance [Int, Text] => [] "INSERT INTO schema_version (version, name) VALUES ($1, $2)";
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version bigint PRIMARY KEY, name text NOT NULL)";
const TABLE_SQLITE: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT";

/// Takes the lock that lets one node at a time migrate, and reads the version.
async fn version(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    match tx.engine() {
        Engine::Sqlite => tx.batch(TABLE_SQLITE).await?,
        Engine::Postgres => {
            tx.batch(MIGRATION_LOCK).await?;
            tx.batch(TABLE).await?;
        }
    }
    tx.query_one(&sql::VERSION, &[]).await?.int(0)
}

/// Refuses a newer database; answers with its version.
struct Check {
    known: i64,
}

impl Job for Check {
    type Out = i64;
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        let found = version(tx).await?;
        if found > self.known { Err(DbError::NewerSchema { found, known: self.known }) } else { Ok(found) }
    }
}

/// Applies one step, unless another node was faster.
struct Step(Migration);

impl Job for Step {
    type Out = bool;
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, DbError> {
        if version(tx).await? >= self.0.version {
            return Ok(false);
        }
        let text = if tx.engine() == Engine::Sqlite { self.0.sqlite } else { self.0.postgres };
        tx.batch(text).await?;
        tx.execute(&sql::DONE, &crate::params![self.0.version, self.0.name]).await?;
        Ok(true)
    }
}

pub(crate) async fn migrate(db: &Db, migrations: &[Migration]) -> Result<(), DbError> {
    let mut known = 0;
    for migration in migrations {
        if migration.version <= known {
            let message = "its version does not follow the one before it".into();
            return Err(DbError::Migration { version: migration.version, name: migration.name, message });
        }
        known = migration.version;
    }
    let found = db.write(crate::Lane::Bulk, Check { known }).await?;
    for migration in migrations.iter().filter(|m| m.version > found) {
        let applied = db.write(crate::Lane::Bulk, Step(*migration)).await.map_err(|e| match e {
            DbError::Statement { message, .. } | DbError::Constraint(message) => {
                DbError::Migration { version: migration.version, name: migration.name, message }
            }
            other => other,
        })?;
        if applied {
            tracing::info!(version = migration.version, name = migration.name, "schema migrated");
        }
    }
    Ok(())
}
