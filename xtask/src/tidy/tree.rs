//! What may lie in the repository, and what each crate's manifest says.

use super::Breach;
use crate::shell;

/// The lock file of the browser tests.
pub const NPM_LOCK: &str = "web/package-lock.json";

const LOCKS: &[&str] = &["Cargo.lock", NPM_LOCK];
const MOST_BYTES: u64 = 1024 * 1024;

/// Made by a command, so never committed: parts of a path, and how to get it.
const GENERATED: &[&str] =
    &["node_modules/", "target/", "web/dist/", "test-results/", "playwright-report/", "volens-demo/", ".cache/"];
const GENERATED_ENDS: &[&str] = &[
    ".pending-snap",
    ".snap.new",
    ".sqlite",
    ".sqlite-wal",
    ".sqlite-shm",
    ".db",
    ".tsbuildinfo",
    ".log",
    ".orig",
    ".rej",
];

/// SQL in files of its own, too, only where the tables are.
const SQL_FOLDERS: &[&str] = &["crates/store/", "crates/db/", "crates/testkit/"];

/// Bytes of a file of the checkout; 0 when it is gone.
pub fn size_on_disk(path: &str) -> u64 {
    std::fs::metadata(shell::root().join(path)).map_or(0, |m| m.len())
}

/// Checks the files that lie in the checkout, `tracked` those that git has.
pub fn check(files: &[String], tracked: &[String], size: impl Fn(&str) -> u64) -> Vec<Breach> {
    let mut found = Vec::new();
    for lock in LOCKS {
        if !tracked.iter().any(|f| f == lock) {
            found.push(Breach::new(lock, 1, "lock file", format!("commit it: git add {lock}")));
        }
    }
    for file in files {
        let bytes = size(file);
        if bytes > MOST_BYTES {
            let remedy = format!("{bytes} bytes: make it in a test or by a command; {MOST_BYTES} is the most");
            found.push(Breach::new(file, 1, "large file", remedy));
        }
        let generated = GENERATED.iter().any(|part| file.starts_with(part) || file.contains(&format!("/{part}")));
        if generated || GENERATED_ENDS.iter().any(|end| file.ends_with(end)) {
            found.push(Breach::new(file, 1, "generated file", "git rm --cached it and name it in .gitignore"));
        }
        if file.ends_with(".sql") && !SQL_FOLDERS.iter().any(|dir| file.starts_with(dir)) {
            found.push(Breach::new(file, 1, "SQL", "move it to crates/store"));
        }
    }
    found
}

/// The manifest of a crate, not the workspace's.
pub fn is_manifest(file: &str) -> bool {
    // The fuzz targets are a workspace of their own: they need a nightly compiler.
    file.ends_with("/Cargo.toml") && !file.starts_with("fuzz/")
}

/// A crate takes the workspace's lints, licence and edition.
pub fn check_manifest(path: &str, text: &str) -> Vec<Breach> {
    let manifest: toml::Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(e) => return vec![Breach::new(path, 1, "manifest", format!("mend it: {e}"))],
    };
    let inherits = |keys: [&str; 2]| {
        let table = manifest.get(keys[0]);
        let value = if keys[1].is_empty() { table } else { table.and_then(|t| t.get(keys[1])) };
        value.and_then(|v| v.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
    };
    [(["lints", ""], "[lints]"), (["package", "license"], "license"), (["package", "edition"], "edition")]
        .into_iter()
        .filter(|(keys, _)| !inherits(*keys))
        .map(|(_, what)| Breach::new(path, 1, "manifest", format!("take {what} from the workspace: workspace = true")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(files: &[&str], tracked: &[&str], size: u64) -> Vec<(String, &'static str)> {
        let owned = |list: &[&str]| list.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>();
        check(&owned(files), &owned(tracked), |_| size).into_iter().map(|b| (b.path, b.rule)).collect()
    }

    #[test]
    fn lock_files_are_committed() {
        assert_eq!(rules(&[], &["Cargo.lock", NPM_LOCK], 0), []);
        assert_eq!(rules(&["Cargo.lock"], &[NPM_LOCK], 0), [("Cargo.lock".to_owned(), "lock file")]);
    }

    #[test]
    fn what_a_command_makes_stays_out() {
        for path in ["web/node_modules/a.js", "target/x", "crates/a/snapshots/b.snap.new", "demo.sqlite", "a/x.log"] {
            assert_eq!(rules(&[path], LOCKS, 1), [(path.to_owned(), "generated file")]);
        }
        assert_eq!(rules(&["crates/core/src/target.rs", "crates/a/snapshots/b.snap"], LOCKS, 1), []);
    }

    #[test]
    fn files_are_small_and_sql_lies_in_the_store() {
        assert_eq!(rules(&["a.png"], LOCKS, MOST_BYTES), []);
        assert_eq!(rules(&["a.png"], LOCKS, MOST_BYTES + 1), [("a.png".to_owned(), "large file")]);
        assert_eq!(rules(&["crates/store/migrations/1.sql"], LOCKS, 1), []);
        assert_eq!(rules(&["crates/app/src/1.sql"], LOCKS, 1), [("crates/app/src/1.sql".to_owned(), "SQL")]);
    }

    #[test]
    fn crates_take_after_the_workspace() {
        let good = "[package]\nlicense.workspace = true\nedition.workspace = true\n[lints]\nworkspace = true";
        assert_eq!(check_manifest("c/Cargo.toml", good), []);
        for (from, to) in [
            ("[lints]\nworkspace = true", ""),
            ("license.workspace = true", "license = \"MIT\""),
            ("edition.workspace = true", ""),
        ] {
            let bad = good.replace(from, to);
            assert_eq!(check_manifest("c/Cargo.toml", &bad).len(), 1, "{bad}");
        }
        assert_eq!(check_manifest("c/Cargo.toml", "[").len(), 1);
    }
}
