//! `cargo xtask test`: the steps in their order, the time of each, and the closing line that CI reads.

use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome, Tried};
use crate::preflight::{self, For};
use crate::{browser, shell, tidy};

/// The file to which the testkit appends the name of each statement a test ran. The store's own test reads it.
const STATEMENTS: &str = "VOLENS_STATEMENTS";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Preflight,
    Fmt,
    Lint,
    Tidy,
    Rust,
    Browser,
}

impl Step {
    /// What needs a machine's parts comes after them; what is quick and often red comes before what is slow.
    const ALL: [Self; 6] = [Self::Preflight, Self::Fmt, Self::Lint, Self::Tidy, Self::Rust, Self::Browser];

    fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Fmt => "fmt",
            Self::Lint => "lint",
            Self::Tidy => "tidy",
            Self::Rust => "rust",
            Self::Browser => "browser",
        }
    }

    fn needs(self) -> &'static [For] {
        match self {
            Self::Preflight => &[For::Build, For::Rust, For::Browser],
            Self::Rust => &[For::Build, For::Rust],
            Self::Browser => &[For::Build, For::Browser],
            Self::Fmt | Self::Lint | Self::Tidy => &[],
        }
    }

    fn run(self, tally: &mut Tally) -> Outcome {
        match self {
            // Alone it looks after everybody's needs; before other steps it has looked after theirs already.
            Self::Preflight => preflight::run(self.needs()),
            Self::Fmt => fmt(),
            Self::Lint => lint(),
            Self::Tidy => tidy::run(),
            Self::Rust => rust(tally),
            Self::Browser => browser::run(tally),
        }
    }
}

/// Tests counted over all runners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, and a step that failed without a test of its own to blame.
    pub failed: u64,
    /// Tests that did not run because they said so.
    pub skipped: u64,
}

impl Tally {
    /// Adds another runner's count.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// The count in a line of cargo test: `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    fn of_libtest(line: &str) -> Option<Self> {
        let figures = line.strip_prefix("test result: ")?.split_once(". ")?.1;
        let figure =
            |word: &str| figures.split("; ").find_map(|part| part.strip_suffix(word)?.trim_end().parse::<u64>().ok());
        Some(Self { passed: figure("passed")?, failed: figure("failed")?, skipped: figure("ignored")? })
    }

    /// `N passed, N failed`, and the skipped when there are any.
    fn line(self) -> String {
        let skipped = if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        format!("{} passed, {} failed{skipped}", self.passed, self.failed)
    }
}

/// `cargo xtask test`.
pub fn run(args: &[String]) -> Outcome {
    steps_and_count(&plan(args)?)
}

/// `cargo xtask fmt`, `lint`, `tidy`: the step without the count of tests.
pub fn alone(step: &str, args: &[String]) -> Outcome {
    if let Some(arg) = args.first() {
        return Err(Failure::new(format!("{step} takes no argument {arg:?}"), format!("run `cargo xtask {step}`")));
    }
    let mut tally = Tally::default();
    plan(&[step.to_owned()])?.iter().try_for_each(|step| step.run(&mut tally))
}

/// The steps asked for, or all, in the order in which they make sense.
fn plan(args: &[String]) -> Outcome<Vec<Step>> {
    let unknown = args.iter().find(|a| Step::ALL.iter().all(|s| s.name() != a.as_str()));
    if let Some(arg) = unknown {
        let names: Vec<&str> = Step::ALL.iter().map(|s| s.name()).collect();
        return Err(Failure::new(format!("there is no step {arg:?}"), format!("take some of: {}", names.join(" "))));
    }
    let asked = |s: &Step| args.is_empty() || args.iter().any(|a| a == s.name());
    let mut steps: Vec<Step> = Step::ALL.into_iter().filter(asked).collect();
    if steps.iter().any(|s| !s.needs().is_empty()) && !steps.contains(&Step::Preflight) {
        steps.insert(0, Step::Preflight);
    }
    Ok(steps)
}

fn steps_and_count(steps: &[Step]) -> Outcome {
    let needs: Vec<For> = steps.iter().filter(|s| **s != Step::Preflight).flat_map(|s| s.needs()).copied().collect();
    let mut tally = Tally::default();
    let mut times: Vec<(Step, Duration)> = Vec::new();
    let mut outcome = Ok(());
    for step in steps {
        println!("\n== {} ==", step.name());
        let start = Instant::now();
        outcome = match step {
            Step::Preflight if !needs.is_empty() => preflight::run(&needs),
            _ => step.run(&mut tally),
        };
        times.push((*step, start.elapsed()));
        if outcome.is_err() {
            tally.failed = tally.failed.max(1);
            break;
        }
    }
    println!();
    for (step, time) in &times {
        println!("{:>10} {:7.1} s", step.name(), time.as_secs_f64());
    }
    // The failure is told before the closing line, which must be the last.
    if let Err(failure) = &outcome {
        println!("\n{failure}");
    }
    println!("\n{}", tally.line());
    outcome.map_err(|_| Failure::told())
}

fn fmt() -> Outcome {
    shell::run(
        &mut shell::cargo(&["fmt", "--all", "--", "--check"]),
        "run `cargo fmt --all`, then look at what it changed",
    )
}

fn lint() -> Outcome {
    let args = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    shell::run(
        &mut shell::cargo(&args),
        "mend what clippy names; where a lint is wrong, write #[expect(lint, reason = \"...\")] (clippy.toml has the bans)",
    )
}

/// All Rust tests, on both engines. Goes on after a failing test binary, so that one run shows every failure.
fn rust(tally: &mut Tally) -> Outcome {
    let remedy = "read the failures above; run one again with `cargo test -p PACKAGE NAME`";
    let statements = shell::target_dir().join(format!("volens-statements-{}", std::process::id()));
    std::fs::create_dir_all(shell::target_dir()).tried("making the build folder", "look at CARGO_TARGET_DIR")?;
    std::fs::write(&statements, "").tried("making the list of statements", "look at the build folder's free space")?;

    let mut command = shell::cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    command.env(STATEMENTS, &statements);
    let mut here = Tally::default();
    let passed = shell::watch(&mut command, remedy, |line| here.add(Tally::of_libtest(line).unwrap_or_default()));
    std::fs::remove_file(&statements).tried("removing the list of statements", "look at the build folder")?;
    tally.add(here);
    match passed? {
        false => Err(Failure::new(format!("cargo test failed ({} tests)", here.failed), remedy)),
        true if here.passed == 0 => Err(Failure::new("cargo test ran no test", "look at the output above")),
        true => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn counts_what_cargo_test_prints() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s";
        assert_eq!(Tally::of_libtest(line), Some(Tally { passed: 12, failed: 2, skipped: 1 }));
        assert_eq!(Tally::of_libtest("test a::b ... ok"), None);
    }

    #[test]
    fn the_closing_line_is_what_ci_reads() {
        let mut tally = Tally { passed: 3, failed: 0, skipped: 0 };
        assert_eq!(tally.line(), "3 passed, 0 failed");
        tally.add(Tally { passed: 1, failed: 1, skipped: 2 });
        assert_eq!(tally.line(), "4 passed, 1 failed, 2 skipped");
    }

    #[test]
    fn steps_come_in_their_order_with_their_needs_first() {
        assert_eq!(plan(&[]).unwrap(), Step::ALL);
        assert_eq!(plan(&words("tidy fmt")).unwrap(), [Step::Fmt, Step::Tidy]);
        assert_eq!(plan(&words("browser")).unwrap(), [Step::Preflight, Step::Browser]);
        assert!(plan(&words("brwoser")).is_err());
    }
}
