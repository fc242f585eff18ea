//! A private PostgreSQL cluster from Debian's server binaries: one a machine and user, shared by all test processes,
//! on a socket only, stopped by a watchdog when nobody has used it for three minutes.
//!
//! Folder `/tmp/volens-pg-UID`: `lock` (held while the cluster is started or a template built), `users` (held shared by
//! each test process for its life: the kernel lets go of it even after kill -9), `data`, `socket`, `log`.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Which cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// fsync off: for nearly all tests.
    Fast,
    /// fsync and synchronous_commit on, on a cluster of its own: for tests that kill or measure.
    Durable,
}

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    root: bool,
    /// Held for the life of the process.
    users: File,
}

const INSTALL: &str = "tests on PostgreSQL need its server programs: run `apt-get install postgresql-15` (any version \
                       from 15 on will do), or `cargo xtask test`, which installs what is missing";

/// The cluster of this machine and user, started if it does not run; the error says what to do.
pub fn cluster(durability: Durability) -> Result<&'static Cluster, String> {
    static FAST: OnceLock<Result<Cluster, String>> = OnceLock::new();
    static DURABLE: OnceLock<Result<Cluster, String>> = OnceLock::new();
    let cell = if durability == Durability::Fast { &FAST } else { &DURABLE };
    cell.get_or_init(|| Cluster::start(durability)).as_ref().map_err(Clone::clone)
}

/// Stops both clusters of this user, if they run and nobody else uses them; `true` when none runs any more.
pub fn stop() -> bool {
    [Durability::Fast, Durability::Durable].into_iter().all(|durability| {
        let folder = folder(durability, uid());
        let Ok(users) = open(&folder.join("users")) else { return true };
        if users.try_lock().is_err() {
            return false;
        }
        bin_folder().is_ok_and(|bin| stop_server(&bin, &folder, uid() == 0))
    })
}

fn uid() -> u32 {
    std::fs::metadata("/proc/self").map_or(0, |m| m.uid())
}

fn folder(durability: Durability, uid: u32) -> PathBuf {
    let suffix = if durability == Durability::Fast { "" } else { "-durable" };
    PathBuf::from(format!("/tmp/volens-pg-{uid}{suffix}"))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path)
}

/// `/usr/lib/postgresql/NN/bin` of the highest version from 15 on.
fn bin_folder() -> Result<PathBuf, String> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").map_err(|_| INSTALL.to_owned())?;
    let best = versions
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()))
        .filter(|version| *version >= 15)
        .map(|version| (version, PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max();
    best.map(|(_, bin)| bin).ok_or_else(|| INSTALL.to_owned())
}

/// PostgreSQL refuses root: there its programs run as Debian's `postgres`.
fn command(bin: &Path, root: bool, program: &str) -> Command {
    let program = bin.join(program);
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/tmp").stdin(Stdio::null());
    command
}

fn stop_server(bin: &Path, folder: &Path, root: bool) -> bool {
    let mut stop = command(bin, root, "pg_ctl");
    stop.arg("-D").arg(folder.join("data")).args(["-m", "immediate", "-w", "stop"]);
    let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    !answers(bin, folder)
}

fn answers(bin: &Path, folder: &Path) -> bool {
    let mut ask = Command::new(bin.join("pg_isready"));
    ask.arg("-q").arg("-h").arg(folder.join("socket"));
    ask.status().is_ok_and(|status| status.success())
}

/// Runs a step of the start; its output is the error.
fn step(what: &str, command: &mut Command) -> Result<(), String> {
    let out = command.output().map_err(|e| format!("{what}: {e}"))?;
    if out.status.success() {
        return Ok(());
    }
    Err(format!("{what}: {}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
}

impl Cluster {
    fn start(durability: Durability) -> Result<Self, String> {
        let bin = bin_folder()?;
        let uid = uid();
        let folder = folder(durability, uid);
        let io = |e: io::Error| format!("{}: {e}", folder.display());
        std::fs::create_dir_all(&folder).map_err(io)?;
        if std::fs::metadata(&folder).map_err(io)?.uid() != uid {
            return Err(format!("{} belongs to another user: remove it", folder.display()));
        }
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).map_err(io)?;
        // Waits here while the watchdog stops an idle cluster.
        let users = open(&folder.join("users")).map_err(io)?;
        users.lock_shared().map_err(io)?;
        let cluster = Self { bin, root: uid == 0, folder: folder.clone(), users };
        cluster.touch();
        let _lock = cluster.lock().map_err(io)?;
        if !answers(&cluster.bin, &folder) {
            cluster.make(durability)?;
        }
        Ok(cluster)
    }

    /// Tells the watchdog that somebody was here: its three minutes begin again.
    pub(crate) fn touch(&self) {
        let _ = self.users.write_at(b"1", 0);
    }

    /// Exclusive among all test processes until dropped.
    pub(crate) fn lock(&self) -> io::Result<File> {
        let lock = open(&self.folder.join("lock"))?;
        lock.lock()?;
        Ok(lock)
    }

    /// A new cluster each time: whatever a crash left of the old one is thrown away.
    fn make(&self, durability: Durability) -> Result<(), String> {
        stop_server(&self.bin, &self.folder, self.root);
        for name in ["data", "socket"] {
            let path = self.folder.join(name);
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        let log = self.folder.join("log");
        std::fs::write(&log, "").map_err(|e| format!("{}: {e}", log.display()))?;
        if self.root {
            let mut chown = Command::new("chown");
            chown.arg("postgres").args(["data", "socket", "log"].map(|name| self.folder.join(name)));
            step("chown to the user postgres", &mut chown).map_err(|e| format!("{INSTALL} ({e})"))?;
        }
        let mut initdb = command(&self.bin, self.root, "initdb");
        // Not C, so that a text column without COLLATE "C" shows.
        initdb.args(["-U", "volens", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        step("initdb", initdb.arg("-D").arg(self.folder.join("data")))?;
        let mut start = command(&self.bin, self.root, "pg_ctl");
        start.arg("-D").arg(self.folder.join("data")).arg("-l").arg(&log).args(["-w", "-t", "60", "-o"]);
        start.arg(self.settings(durability)).arg("start");
        // pg_ctl's child keeps our pipes open: output goes nowhere, the server's own to `log`.
        let status = start.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("the PostgreSQL cluster for tests did not start:\n{log}"));
        }
        self.watch().map_err(|e| format!("the watchdog of the test cluster did not start: {e}"))
    }

    fn settings(&self, durability: Durability) -> String {
        let socket = self.folder.join("socket");
        let mut out = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c max_connections=400 -c shared_buffers=128MB \
             -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=2GB -c autovacuum=off -c deadlock_timeout=200ms \
             -c log_min_messages=warning -c log_checkpoints=off",
            socket.display()
        );
        if durability == Durability::Fast {
            out.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
        }
        out
    }

    /// A shell that outlives us. It stops the server when for three minutes nobody has held `users`, holding it itself
    /// meanwhile, so that a newcomer waits and then starts a new cluster.
    fn watch(&self) -> io::Result<()> {
        const SCRIPT: &str = r#"
            users="$1/users"; shift
            while sleep 15; do
                [ -e "$users" ] || exec "$@"
                if [ -z "$(find "$users" -mmin -3)" ] && flock -xn "$users" "$@"; then exit 0; fi
            done"#;
        let mut stop = command(&self.bin, self.root, "pg_ctl");
        stop.arg("-D").arg(self.folder.join("data")).args(["-m", "immediate", "-w", "stop"]);
        let mut watchdog = Command::new("setsid");
        watchdog.args(["sh", "-c", SCRIPT, "volens-pg-watchdog"]).arg(&self.folder);
        watchdog.arg(stop.get_program()).args(stop.get_args()).current_dir("/");
        watchdog.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        watchdog.spawn().map(|_| ())
    }

    /// A URL of `database` in this cluster.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("host={} user=volens dbname={database}", self.folder.join("socket").display())
    }

    /// The folder with Debian's server programs, for tests that need more of them.
    #[must_use]
    pub fn bin(&self) -> &Path {
        &self.bin
    }
}
