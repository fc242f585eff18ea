//! The house dialect: every statement is prepared on both engines, linted, and binds its workspace. That each ran on
//! both is asked in `zz_coverage`.

use volens_store::{MIGRATIONS, statements};
use volens_testkit::statements::{binds_workspace, lint, prepare_all};
use volens_testkit::{TestDb, both_engines};

/// Tables without a workspace.
const INSTANCE: &[&str] = &["instance", "node", "relay"];

#[both_engines(migrations = MIGRATIONS)]
async fn all_are_prepared(db: TestDb) {
    assert_eq!(prepare_all(&db, &statements()).await, [""; 0]);
}

#[test]
fn none_uses_what_runs_on_one_engine_only() {
    assert_eq!(lint(&statements()), [""; 0]);
}

#[test]
fn those_of_a_tenant_bind_its_workspace() {
    assert_eq!(binds_workspace(&statements(), INSTANCE), [""; 0]);
}

#[test]
fn names_are_given_once() {
    let mut names: Vec<_> = statements().iter().map(|s| s.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
