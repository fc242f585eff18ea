//! `cargo xtask mutants-known`: faults that somebody might make, planted one by one in a copy of the tree, each to be
//! caught by the test that it names. The code itself stays clean: a fault is a find-and-replace pair in `mutants.toml`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::failure::{Failure, Outcome, Tried};
use crate::shell;

const LIST: &str = "xtask/mutants.toml";
/// A mutant may wait for ever; a test that it makes hang has not caught it.
const PATIENCE_SECONDS: &str = "900";
const NEEDS: &str = "cargo and coreutils' `timeout` are needed";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    mutant: Vec<Mutant>,
}

/// A planted fault.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    name: String,
    /// What would happen to somebody if this fault were made.
    harm: String,
    file: String,
    find: String,
    replace: String,
    test: Named,
}

/// The test that catches it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    package: String,
    /// A part of the test's path, as `cargo test` takes it.
    filter: String,
    /// A part of the path besides, where only the test of one engine catches it.
    engine: Option<String>,
}

/// What became of a planted fault.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Caught,
    Survived,
    /// The list is wrong, not the code: why.
    Red(String),
}

/// `cargo xtask mutants-known [--list] [NAME]`.
pub fn run(args: &[String]) -> Outcome {
    let (flags, names): (Vec<&String>, Vec<&String>) = args.iter().partition(|a| a.starts_with('-'));
    let list_only = match flags.as_slice() {
        [] => false,
        [flag] if *flag == "--list" => true,
        _ => return Err(Failure::new("that is not an option", "run `cargo xtask mutants-known [--list] [NAME]`")),
    };
    let mutants = read(&names)?;
    if list_only {
        for m in &mutants {
            println!("{:32} {} -> {} {}\n{:32} {}", m.name, m.file, m.test.package, m.test.filter, "", m.harm);
        }
        return Ok(());
    }
    let copy = Copy::of_the_tree()?;
    let mut bad = Vec::new();
    for (i, mutant) in mutants.iter().enumerate() {
        let start = Instant::now();
        let sound = mutants[..i].iter().any(|m| m.test == mutant.test);
        let fate = copy.try_out(mutant, !sound)?;
        let time = start.elapsed();
        println!("{}", told(mutant, &fate, time));
        if fate != Fate::Caught {
            bad.push(mutant.name.as_str());
        }
    }
    println!("\n{} of {} planted faults caught", mutants.len() - bad.len(), mutants.len());
    if bad.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("not caught: {}", bad.join(", ")),
        format!("sharpen the test that {LIST} names, or mend the pair; one alone: `cargo xtask mutants-known NAME`"),
    ))
}

fn told(mutant: &Mutant, fate: &Fate, time: Duration) -> String {
    let verdict = match fate {
        Fate::Caught => format!("caught by {}", mutant.test.filter),
        Fate::Survived => format!("SURVIVED: {} passes all the same", mutant.test.filter),
        Fate::Red(why) => format!("RED: {why}"),
    };
    format!("{:32} {verdict} ({:.0} s)", mutant.name, time.as_secs_f64())
}

fn read(names: &[&String]) -> Outcome<Vec<Mutant>> {
    let text = fs::read_to_string(shell::root().join(LIST)).tried(&format!("reading {LIST}"), "restore the file")?;
    let book: Book = toml::from_str(&text).tried(&format!("reading {LIST}"), "mend the line it names")?;
    for (i, m) in book.mutant.iter().enumerate() {
        if book.mutant[..i].iter().any(|other| other.name == m.name) {
            return Err(Failure::new(format!("{LIST} has two faults called {}", m.name), "rename one"));
        }
    }
    let wanted = |m: &Mutant| names.is_empty() || names.iter().any(|n| m.name.contains(n.as_str()));
    let mutants: Vec<Mutant> = book.mutant.into_iter().filter(wanted).collect();
    if mutants.is_empty() {
        return Err(Failure::new("no planted fault has such a name", "`cargo xtask mutants-known --list` shows them"));
    }
    Ok(mutants)
}

/// The text with the fault in it; the pair must fit exactly once.
fn planted(text: &str, mutant: &Mutant) -> Result<String, String> {
    match text.matches(&mutant.find).count() {
        1 if mutant.find != mutant.replace => Ok(text.replacen(&mutant.find, &mutant.replace, 1)),
        1 => Err("the pair changes nothing".into()),
        n => Err(format!("the text to find stands {n} times in {}, not once", mutant.file)),
    }
}

/// The tests that ran, from what cargo test printed: path and whether it passed.
fn tests_run(output: &str) -> Vec<(&str, bool)> {
    output
        .lines()
        .filter_map(|line| {
            let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
            let name = name.split(" - should panic").next().unwrap_or(name);
            match result {
                "ok" => Some((name, true)),
                "FAILED" => Some((name, false)),
                _ => None,
            }
        })
        .collect()
}

/// Those of the tests that the mutant names.
fn named<'a>(output: &'a str, test: &Named) -> Vec<(&'a str, bool)> {
    let engine = test.engine.as_deref().unwrap_or_default();
    tests_run(output).into_iter().filter(|(name, _)| name.contains(&test.filter) && name.contains(engine)).collect()
}

/// The copy in which faults are planted. It stays, with its build, so that the next run is quick.
struct Copy {
    tree: PathBuf,
    target: PathBuf,
}

impl Copy {
    fn of_the_tree() -> Outcome<Self> {
        let home = shell::target_dir().join("mutants");
        let copy = Self { tree: home.join("tree"), target: home.join("target") };
        let files = shell::git_files(&["--cached", "--others", "--exclude-standard"])?;
        copy.drop_others(&copy.tree, &files)?;
        for file in &files {
            let from = shell::root().join(file);
            // In the index but deleted on disk.
            if from.is_file() {
                let bytes = fs::read(&from).tried(&format!("reading {file}"), "look at the file")?;
                copy.write(file, &bytes)?;
            }
        }
        Ok(copy)
    }

    /// Removes what an earlier copy had and the tree no longer has.
    fn drop_others(&self, dir: &Path, keep: &[String]) -> Outcome {
        let Ok(entries) = fs::read_dir(dir) else { return Ok(()) };
        for path in entries.flatten().map(|e| e.path()) {
            let relative = path.strip_prefix(&self.tree).unwrap_or(&path).to_string_lossy().into_owned();
            if path.is_dir() {
                self.drop_others(&path, keep)?;
            } else if keep.binary_search(&relative).is_err() {
                fs::remove_file(&path)
                    .tried(&format!("removing {relative} from the copy"), "look at the build folder")?;
            }
        }
        Ok(())
    }

    /// Writes only what differs: file times tell cargo what to build again.
    fn write(&self, file: &str, bytes: &[u8]) -> Outcome {
        let to = self.tree.join(file);
        let remedy = "look at the build folder's free space";
        if fs::read(&to).is_ok_and(|old| old == bytes) {
            return Ok(());
        }
        if let Some(dir) = to.parent() {
            fs::create_dir_all(dir).tried("making the copy", remedy)?;
        }
        fs::write(&to, bytes).tried("making the copy", remedy)
    }

    /// Plants the fault, runs its test, takes it out again. `first` also sees the test pass on the clean tree.
    fn try_out(&self, mutant: &Mutant, first: bool) -> Outcome<Fate> {
        let file = self.tree.join(&mutant.file);
        let Ok(clean) = fs::read_to_string(&file) else {
            return Ok(Fate::Red(format!("there is no file {}", mutant.file)));
        };
        let faulty = match planted(&clean, mutant) {
            Ok(text) => text,
            Err(why) => return Ok(Fate::Red(why)),
        };
        if first && let Some(why) = self.unsound(&mutant.test)? {
            return Ok(Fate::Red(why));
        }
        self.write(&mutant.file, faulty.as_bytes())?;
        let fate = self.judge(&mutant.test);
        self.write(&mutant.file, clean.as_bytes())?;
        fate
    }

    /// Why the test could not tell a fault: it does not run, or fails without one.
    fn unsound(&self, test: &Named) -> Outcome<Option<String>> {
        if let Some(errors) = self.build(test)? {
            return Ok(Some(format!("the clean tree does not compile\n{errors}")));
        }
        let output = self.test(test)?;
        let tests = named(&output, test);
        Ok(match tests.iter().find(|(_, passed)| !passed) {
            Some((name, _)) => Some(format!("{name} fails without any fault")),
            None if tests.is_empty() => Some(format!("{} has no test called {}", test.package, test.filter)),
            None => None,
        })
    }

    fn judge(&self, test: &Named) -> Outcome<Fate> {
        if let Some(errors) = self.build(test)? {
            return Ok(Fate::Red(format!("does not compile\n{errors}")));
        }
        let output = self.test(test)?;
        let tests = named(&output, test);
        Ok(if tests.iter().any(|(_, passed)| !passed) {
            Fate::Caught
        } else if tests.is_empty() {
            Fate::Red(format!("the test ended without a verdict within {PATIENCE_SECONDS} s"))
        } else {
            Fate::Survived
        })
    }

    /// Builds the test; `Some` are the compiler's errors.
    fn build(&self, test: &Named) -> Outcome<Option<String>> {
        let out = self.cargo(test).arg("--no-run").output().tried("cargo test did not start", NEEDS)?;
        let text = String::from_utf8_lossy(&out.stderr);
        let errors = text.lines().filter(|l| l.starts_with("error")).take(5).map(|l| format!("    {l}"));
        Ok((!out.status.success()).then(|| errors.collect::<Vec<_>>().join("\n")))
    }

    /// Runs the test and returns what it printed.
    fn test(&self, test: &Named) -> Outcome<String> {
        let mut command = self.cargo(test);
        command.args([&test.filter, "--", "--format=pretty", "--color=never"]);
        let out = command.output().tried("cargo test did not start", NEEDS)?;
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }

    fn cargo(&self, test: &Named) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10", PATIENCE_SECONDS]).arg(cargo).args(["test", "--package", &test.package]);
        command.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target).stdin(std::process::Stdio::null());
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(find: &str, replace: &str) -> Mutant {
        Mutant {
            name: "m".into(),
            harm: "h".into(),
            file: "f.rs".into(),
            find: find.into(),
            replace: replace.into(),
            test: Named { package: "p".into(), filter: "tests::a".into(), engine: None },
        }
    }

    #[test]
    fn a_pair_fits_exactly_once() {
        assert_eq!(planted("a < b", &mutant("<", ">")), Ok("a > b".into()));
        assert!(planted("a < b < c", &mutant("<", ">")).unwrap_err().contains("2 times"));
        assert!(planted("a b", &mutant("<", ">")).unwrap_err().contains("0 times"));
        assert!(planted("a < b", &mutant("<", "<")).unwrap_err().contains("changes nothing"));
    }

    #[test]
    fn only_the_named_test_counts() {
        let output = "test tests::a::sqlite ... ok\ntest tests::b ... FAILED\ntest tests::a::postgres ... FAILED\n";
        let mut test = mutant("", "").test;
        assert_eq!(named(output, &test), [("tests::a::sqlite", true), ("tests::a::postgres", false)]);
        test.engine = Some("sqlite".into());
        assert_eq!(named(output, &test), [("tests::a::sqlite", true)]);
        test.filter = "tests::c".into();
        assert_eq!(named(output, &test), []);
    }

    #[test]
    fn the_list_reads_and_every_pair_fits_the_tree() {
        for m in read(&[]).unwrap() {
            let text = fs::read_to_string(shell::root().join(&m.file)).unwrap();
            assert!(planted(&text, &m).is_ok(), "{}: {:?}", m.name, planted(&text, &m));
        }
    }
}
