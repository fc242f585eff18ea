//! The five kinds of statement test (DESIGN 10): prepared on both engines; every one run on both; hot plans on tables
//! that were never analysed; the house dialect; the workspace bound.
//!
//! Each function returns complaints, one a line; a test asserts that there are none.

mod lint;
mod plan;
mod tokens;

use volens_db::{Db, DbError, Job, Stmt, Tx};

pub use lint::{binds_workspace, lint};
pub use plan::explain_hot;

use crate::coverage;

struct Prepare(&'static Stmt);

impl Job for Prepare {
    type Out = ();
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.prepare(self.0).await
    }
}

/// (1) Prepares every statement on `db` and compares its parameters and columns with the declaration. Also tells the
/// coverage file (2) that they exist.
pub async fn prepare_all(db: &Db, stmts: &[&'static Stmt]) -> Vec<String> {
    coverage::note_declared(stmts);
    let mut out = Vec::new();
    for stmt in stmts {
        if let Err(e) = db.read(Prepare(stmt)).await {
            out.push(format!("{} on {}: {e}", stmt.name, db.engine()));
        }
    }
    out
}
