//! The note of which statements ran, handed from the test processes to `cargo xtask test` through a file.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use volens_db::{Engine, Stmt};

/// The file's name comes in this variable; without it nothing is written.
const FILE: &str = "VOLENS_STATEMENTS";

static WRITTEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Appends the lines that this process has not written yet; each write is one line, so processes do not mix.
fn append(lines: impl Iterator<Item = String>) {
    #[expect(clippy::disallowed_methods, reason = "the one road from xtask through cargo test to here")]
    let Some(path) = std::env::var_os(FILE) else { return };
    let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(&path) else {
        panic!("the file named by {FILE} cannot be written: {}", path.display());
    };
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    for line in lines {
        if written.insert(line.clone())
            && let Err(e) = file.write_all(format!("{line}\n").as_bytes())
        {
            panic!("the file named by {FILE} cannot be written: {e}");
        }
    }
}

/// Notes what has run so far.
pub(crate) fn note_ran() {
    append(volens_db::ran().into_iter().map(|(name, engine)| format!("{engine} {name}")));
}

/// Notes that these statements exist.
pub(crate) fn note_declared(stmts: &[&Stmt]) {
    append(stmts.iter().map(|stmt| format!("declared {}", stmt.name)));
}

/// What the notes of a whole test run lack: a line per declared statement of the crate `krate` (`volens_store`) that did
/// not run on both engines. Other crates' tests may declare bad statements on purpose.
#[must_use]
pub fn uncovered(notes: &str, krate: &str) -> Vec<String> {
    let lines: BTreeSet<_> = notes.lines().collect();
    let declared = lines.iter().filter_map(|line| line.strip_prefix("declared "));
    let missing = |name: &&str, engine: Engine| !lines.contains(format!("{engine} {name}").as_str());
    declared
        .filter(|name| name.split("::").next() == Some(krate))
        .filter_map(|name| {
            let never: Vec<_> = [Engine::Sqlite, Engine::Postgres].into_iter().filter(|e| missing(&name, *e)).collect();
            let never: Vec<_> = never.iter().map(ToString::to_string).collect();
            (!never.is_empty()).then(|| format!("{name} was run by no test on {}", never.join(" and ")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_statement_must_run_on_both() {
        let notes =
            "declared s::a\ndeclared s::b\ndeclared s::c\ndeclared t::d\nsqlite s::a\npostgres s::a\nsqlite s::b\n";
        let found = super::uncovered(notes, "s");
        assert_eq!(found, ["s::b was run by no test on postgres", "s::c was run by no test on sqlite and postgres"]);
    }
}
