//! What an engine says about itself: for `doctor`, and for the look at the clock before a node starts.

use tokio_postgres::SimpleQueryMessage;

use crate::error::DbError;
use crate::postgres::Postgres;
use crate::{Backend, Db};

/// An engine's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// `SQLite 3.50.1`, `PostgreSQL 15.13`.
    pub version: String,
    /// The server's clock, microseconds since 1970; `None` where there is no server.
    pub now: Option<i64>,
}

/// One row, in the simple protocol, which every pooler passes on.
const ASK: &str = "SELECT current_setting('server_version'), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

impl Db {
    /// Asks the engine.
    pub async fn about(&self) -> Result<About, DbError> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(About { version: format!("SQLite {}", rusqlite::version()), now: None }),
            Backend::Postgres(postgres) => of_server(postgres).await,
        }
    }
}

async fn of_server(postgres: &Postgres) -> Result<About, DbError> {
    let client = postgres.client().await?;
    let answer = client.simple_query(ASK).await.map_err(|e| DbError::Unreachable(e.to_string()))?;
    let row = answer.iter().find_map(|m| if let SimpleQueryMessage::Row(row) = m { Some(row) } else { None });
    let version = row.and_then(|r| r.get(0)).unwrap_or("of an unknown version");
    Ok(About {
        version: format!("PostgreSQL {}", version.split_whitespace().next().unwrap_or(version)),
        now: row.and_then(|r| r.get(1)).and_then(|t| t.parse().ok()),
    })
}
