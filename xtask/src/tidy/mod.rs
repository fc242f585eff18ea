//! `cargo xtask tidy`: the rules of the house that no compiler checks. What is allowed stands in tables at the top of
//! `layers.rs`, `words.rs`, `lengths.rs`, `tree.rs` and in `deny.toml`; each breach is told as path:line: rule: remedy.

mod layers;
mod lengths;
mod licences;
mod metadata;
mod source;
mod spdx;
mod tree;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;

use crate::failure::{Failure, Outcome, Tried};
use crate::shell;
use source::Source;

/// One breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    path: String,
    line: usize,
    rule: &'static str,
    remedy: String,
}

impl Breach {
    fn new(path: &str, line: usize, rule: &'static str, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, remedy: remedy.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.remedy)
    }
}

/// Checks the checkout as it lies on disk, committed or not.
pub fn run() -> Outcome {
    let tracked = shell::git_files(&["--cached"])?;
    let mut files = shell::git_files(&["--cached", "--others", "--exclude-standard"])?;
    // In the index but deleted on disk.
    files.retain(|f| shell::root().join(f).is_file());

    let metadata = metadata::read()?;
    let mut breaches = layers::check(&metadata);
    breaches.extend(licences::check_cargo(&metadata, &read("deny.toml")?)?);
    if files.iter().any(|f| f == tree::NPM_LOCK) {
        breaches.extend(licences::check_npm(tree::NPM_LOCK, &read(tree::NPM_LOCK)?, &read("deny.toml")?)?);
    }
    breaches.extend(tree::check(&files, &tracked, tree::size_on_disk));
    for manifest in files.iter().filter(|f| tree::is_manifest(f)) {
        breaches.extend(tree::check_manifest(manifest, &read(manifest)?));
    }
    let (sources, unread) = sources(&files)?;
    breaches.extend(unread);
    breaches.extend(sources.iter().flat_map(words::check));
    breaches.extend(lengths::check(&sources));
    report(breaches, files.len(), sources.len())
}

fn report(mut breaches: Vec<Breach>, files: usize, sources: usize) -> Outcome {
    breaches.sort();
    breaches.dedup();
    for breach in &breaches {
        println!("{breach}");
    }
    if breaches.is_empty() {
        println!("Tidy: {files} files, {sources} of them Rust.");
        return Ok(());
    }
    Err(Failure::new(
        format!("{} breaches of the house rules", breaches.len()),
        "each line above ends with its remedy; the tables of what is allowed stand in xtask/src/tidy",
    ))
}

/// Every Rust file, read; those that cannot be read as Rust are breaches.
fn sources(files: &[String]) -> Outcome<(Vec<Source>, Vec<Breach>)> {
    let mut sources = Vec::new();
    let mut unread = Vec::new();
    for path in files.iter().filter(|f| f.ends_with(".rs")) {
        match Source::parse(path, &read(path)?) {
            Ok(source) => sources.push(source),
            Err(e) => unread.push(Breach::new(path, e.span().start().line, "syntax", format!("mend it: {e}"))),
        }
    }
    // A module that its parent declares under cfg(test) is a test, and so is what lies below it.
    let tests: BTreeSet<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod").to_owned();
        if tests.iter().any(|t| stem == *t || stem.starts_with(&format!("{t}/"))) {
            source.all_test();
        }
    }
    Ok((sources, unread))
}

fn read(path: &str) -> Outcome<String> {
    fs::read_to_string(shell::root().join(path)).tried(&format!("reading {path}"), "restore the file")
}
