//! What the commands need from the machine, and how it is had: Debian's packages when we are root there, one line to run
//! when we are not.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome, Tried};
use crate::shell;

/// What needs something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum For {
    /// Building the program at all.
    Build,
    /// The Rust tests: a PostgreSQL server, Postfix and Dovecot's login service.
    Rust,
    /// The browser tests: node, npm, Chromium.
    Browser,
}

/// One thing that must be on the machine.
struct Need {
    what: &'static str,
    whose: For,
    packages: &'static [&'static str],
    here: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need {
        what: "a C compiler with the headers of the C library",
        whose: For::Build,
        packages: &["gcc", "libc6-dev"],
        here: || compiles(&std::env::var("CC").unwrap_or_else(|_| "cc".into())),
    },
    Need {
        what: "PostgreSQL's server binaries (initdb, postgres)",
        whose: For::Rust,
        packages: &["postgresql"],
        here: postgresql,
    },
    Need {
        what: "Postfix with smtp-sink and smtp-source",
        whose: For::Rust,
        packages: &["postfix"],
        here: || ["postfix", "smtp-sink", "smtp-source"].iter().all(|p| shell::find_program(&[p]).is_some()),
    },
    Need {
        what: "Dovecot, by which Postfix checks passwords",
        whose: For::Rust,
        packages: &["dovecot-core"],
        here: || shell::find_program(&["dovecot"]).is_some(),
    },
    Need {
        what: "Chromium",
        whose: For::Browser,
        packages: &["chromium", "fonts-dejavu-core"],
        here: || chromium().is_some(),
    },
];

/// Debian's own node is older than the tests need, so it is asked for and not installed.
const NODE: u32 = 20;

/// The browser for the tests: `CHROMIUM`, or what the path has.
pub fn chromium() -> Option<std::path::PathBuf> {
    match std::env::var_os("CHROMIUM") {
        Some(path) => Some(path.into()).filter(|p: &std::path::PathBuf| p.is_file()),
        None => shell::find_program(&["chromium", "chromium-browser", "google-chrome"]),
    }
}

/// SQLite, the cryptography and the allocator are in C.
fn compiles(compiler: &str) -> bool {
    let line = "printf '#include <stdlib.h>\\n' | $0 -E -x c - >/dev/null 2>&1";
    Command::new("sh").args(["-c", line, compiler]).stdin(Stdio::null()).status().is_ok_and(|s| s.success())
}

fn postgresql() -> bool {
    let Ok(versions) = fs::read_dir("/usr/lib/postgresql") else { return false };
    versions.flatten().any(|v| ["initdb", "postgres"].iter().all(|p| v.path().join("bin").join(p).is_file()))
}

/// Makes sure that the steps' needs are met, installing what is missing where that is ours to do.
pub fn run(steps: &[For]) -> Outcome {
    if steps.contains(&For::Browser) {
        node()?;
    }
    let missing: Vec<&Need> = NEEDS.iter().filter(|n| steps.contains(&n.whose) && !(n.here)()).collect();
    if missing.is_empty() {
        println!("Everything that this needs is here.");
        return Ok(());
    }
    let what: Vec<&str> = missing.iter().map(|n| n.what).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|n| n.packages.iter().copied()).collect();
    if !(is_root() && Path::new("/etc/debian_version").exists() && shell::find_program(&["apt-get"]).is_some()) {
        return Err(Failure::new(format!("missing: {}", what.join(", ")), by_hand(&packages)));
    }
    println!("Missing: {}. Installing from Debian: {}.", what.join(", "), packages.join(" "));
    install(&packages)?;
    match missing.iter().find(|n| !(n.here)()) {
        None => Ok(()),
        Some(need) => Err(Failure::new(
            format!("{} is still missing after installing {}", need.what, need.packages.join(" ")),
            "install it by hand, then run this again",
        )),
    }
}

fn node() -> Outcome {
    let found = shell::find_program(&["node"])
        .and_then(|node| Command::new(node).arg("--version").output().ok())
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let version = found.as_deref().and_then(major);
    if version.is_some_and(|v| v >= NODE) && shell::find_program(&["npm"]).is_some() {
        return Ok(());
    }
    Err(Failure::new(
        format!(
            "the browser tests need npm and node {NODE} or newer; found node {}",
            found.as_deref().unwrap_or("none")
        ),
        "install Node.js from your distribution or nodejs.org (Debian 12's own package is too old), then run this again; \
         `cargo xtask test rust` needs neither",
    ))
}

/// `v20.11.1` is 20.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn by_hand(packages: &[&str]) -> String {
    format!(
        "run as root on Debian: apt-get update && apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    effective_user(&status) == Some(0)
}

/// The second figure of the line `Uid:`.
fn effective_user(status: &str) -> Option<u32> {
    status.lines().find_map(|l| l.strip_prefix("Uid:"))?.split_whitespace().nth(1)?.parse().ok()
}

fn install(packages: &[&str]) -> Outcome {
    let remedy = by_hand(packages);
    let _quiet = NoServices::hold(Path::new("/usr/sbin/policy-rc.d"))?;
    if packages.contains(&"postfix") {
        let mut sh = Command::new("sh");
        sh.args(["-c", "echo 'postfix postfix/main_mailer_type select Local only' | debconf-set-selections"]);
        shell::run(&mut sh, &remedy)?;
    }
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-o", "DPkg::Lock::Timeout=120"]).args(args);
        shell::run(command.stdin(Stdio::null()), &remedy)
    };
    apt(&["update"])?;
    let mut args = vec!["install", "-y", "--no-install-recommends"];
    args.extend(packages);
    apt(&args)
}

/// While it lives, Debian starts no service that it installs: the tests start their own, elsewhere. A policy that the
/// machine has already is left alone.
struct NoServices<'a>(Option<&'a Path>);

impl<'a> NoServices<'a> {
    fn hold(policy: &'a Path) -> Outcome<Self> {
        use std::os::unix::fs::PermissionsExt;
        let remedy = "look at /usr/sbin/policy-rc.d";
        if policy.exists() {
            return Ok(Self(None));
        }
        fs::write(policy, "#!/bin/sh\nexit 101\n").tried("writing policy-rc.d", remedy)?;
        let held = Self(Some(policy));
        fs::set_permissions(policy, fs::Permissions::from_mode(0o755)).tried("writing policy-rc.d", remedy)?;
        Ok(held)
    }
}

impl Drop for NoServices<'_> {
    fn drop(&mut self) {
        if let Some(policy) = self.0
            && let Err(e) = fs::remove_file(policy)
        {
            eprintln!("xtask: {} could not be removed ({e}): remove it, or no service will start", policy.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nodes_version() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20"), None);
    }

    #[test]
    fn a_compiler_is_one_that_compiles() {
        assert!(compiles("cc"), "this very test was linked by it");
        assert!(!compiles("/no/such/cc") && !compiles("false"));
    }

    #[test]
    fn knows_root_by_the_effective_user() {
        assert_eq!(effective_user("Name:\tx\nUid:\t1000\t0\t0\t0\n"), Some(0));
        assert_eq!(effective_user("Name:\tx\nUid:\t0\t1000\t0\t0\n"), Some(1000));
        assert_eq!(effective_user("nonsense"), None);
    }

    #[test]
    fn a_policy_of_ours_goes_and_one_of_theirs_stays() {
        let dir = std::env::temp_dir().join(format!("xtask-policy-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let policy = dir.join("policy-rc.d");
        let held = NoServices::hold(&policy).unwrap();
        assert!(policy.exists());
        drop(held);
        assert!(!policy.exists());

        fs::write(&policy, "theirs").unwrap();
        drop(NoServices::hold(&policy).unwrap());
        assert_eq!(fs::read_to_string(&policy).unwrap(), "theirs");
        fs::remove_dir_all(&dir).unwrap();
    }
}
