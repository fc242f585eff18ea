//! Workspaces: the tenants.

use volens_core::Micros;
use volens_core::id::{WorkspaceId, WorkspaceNo};
use volens_db::{Job, Lane, Row, Tx, params, statements};

use crate::account::instance::lock_numbers;
use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// A new tenant.
    INSERT_WORKSPACE: Instance [Blob, Text, Text, Text, Int] => [Int]
        "INSERT INTO workspace (ws, id, slug, name, settings, created_at)
         VALUES ((SELECT COALESCE(MAX(ws), 0) + 1 FROM workspace), $1, $2, $3, $4, $5) RETURNING ws";
    /// Locks a tenant while something of it gets its number.
    LOCK_WORKSPACE: Tenant [Int] => [Int] "SELECT ws FROM workspace WHERE ws = $1 {lock}";
    /// All tenants.
    WORKSPACES: Instance [] => [Int, Blob, Text, Text, Text]
        "SELECT ws, id, slug, name, settings FROM workspace ORDER BY ws";
}

/// A workspace to make.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its short name.
    pub slug: String,
    /// Its name as people see it.
    pub name: String,
    /// Brand and sender settings, JSON.
    pub settings: String,
}

/// A workspace as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRow {
    /// Number and id.
    pub tenant: Tenant,
    /// Its short name.
    pub slug: String,
    /// Its name as people see it.
    pub name: String,
    /// Brand and sender settings, JSON.
    pub settings: String,
}

/// Holds other transactions of this workspace that give out numbers until this one ends.
pub(crate) async fn lock_workspace(tx: &mut Tx<'_>, tenant: Tenant) -> Result<(), StoreError> {
    tx.query_opt(&LOCK_WORKSPACE, &params![tenant.no.0]).await?.ok_or(StoreError::Missing("workspace"))?;
    Ok(())
}

struct Create(NewWorkspace, Micros);

impl Job for Create {
    type Out = Tenant;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Tenant, StoreError> {
        let NewWorkspace { id, slug, name, settings } = &self.0;
        lock_numbers(tx).await?;
        let row = params![id.bytes(), slug.as_str(), name.as_str(), settings.as_str(), self.1.0];
        let row = tx.query_opt(&INSERT_WORKSPACE, &row).await?.ok_or(StoreError::Missing("workspace"))?;
        Ok(Tenant { no: WorkspaceNo(row.int(0)?), id: *id })
    }
}

struct All;

impl Job for All {
    type Out = Vec<WorkspaceRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<WorkspaceRow>, StoreError> {
        let read = |r: &Row| {
            let tenant = Tenant { no: WorkspaceNo(r.int(0)?), id: row::id(r, 1)? };
            Ok(WorkspaceRow { tenant, slug: r.get(2)?, name: r.get(3)?, settings: r.get(4)? })
        };
        tx.query(&WORKSPACES, &[]).await?.iter().map(read).collect()
    }
}

impl Store {
    /// Makes a workspace.
    ///
    /// # Errors
    /// When the slug is taken or the database fails.
    pub async fn create_workspace(&self, new: NewWorkspace, now: Micros) -> Result<Tenant, StoreError> {
        self.db.write(Lane::Interactive, Create(new, now)).await
    }

    /// All workspaces, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workspaces(&self) -> Result<Vec<WorkspaceRow>, StoreError> {
        self.db.read(All).await
    }
}
