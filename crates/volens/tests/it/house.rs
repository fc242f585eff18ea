//! A folder with an instance in it, and the binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use volens_testkit::{Engine, TestDb};

/// Everything that a test waits for comes within this.
const SOON: Duration = Duration::from_secs(30);
/// What the processes of a house log, one after the other.
const LOG: &str = "serve.log";

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The answer of a command with `--json` that went well.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        self.any_json()
    }

    /// The answer, whatever the exit code.
    #[track_caller]
    pub fn any_json(&self) -> Value {
        serde_json::from_str(self.out.trim()).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The message of a failure with that exit code, for people.
    #[track_caller]
    pub fn failed(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        self.err.trim()
    }
}

/// An instance in a folder.
pub struct House {
    folder: TempDir,
    pub env: Vec<(String, String)>,
    // Dropped last: the processes of the test are gone then.
    _db: Option<TestDb>,
}

impl House {
    /// A folder where nothing is.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("volens-it-").tempdir().unwrap();
        let env = vec![
            ("VOLENS_HTTP_LISTEN".into(), "127.0.0.1:0".into()),
            ("VOLENS_NODE".into(), "it".into()),
            ("VOLENS_LOG_LEVEL".into(), "trace".into()),
            ("XDG_RUNTIME_DIR".into(), folder.path().display().to_string()),
        ];
        Self { folder, env, _db: None }
    }

    /// After `volens init`, on SQLite.
    pub fn new() -> Self {
        Self::named("Nordic Bakery")
    }

    /// The same, of a workspace with that name.
    pub fn named(name: &str) -> Self {
        let house = Self::empty();
        house.init(name, &[]);
        house
    }

    /// After `volens init`, on a PostgreSQL database of its own. Must be called inside a runtime.
    pub async fn postgres() -> Self {
        let db = TestDb::new(Engine::Postgres, &[]).await;
        let volens_store::DbConfig::Postgres(config) = db.config() else { panic!("no PostgreSQL") };
        let url = config.url.clone();
        let mut house = Self::empty();
        house.init("Nordic Bakery", &["--database", &url]);
        house._db = Some(db);
        house
    }

    fn init(&self, name: &str, more: &[&str]) {
        let mut args = vec!["--json", "init", ".", "--base-url", "https://letters.bakery.example"];
        args.extend(["--workspace", name, "--postal-address", "Via del Forno 12, 10122 Torino"]);
        args.extend(["--email", "hello@bakery.example", "--country", "IT"]);
        args.extend(more);
        self.run(&args).json();
    }

    /// Sends go there.
    pub fn relay(&mut self, addr: SocketAddr) {
        for (key, value) in [("HOST", addr.ip().to_string()), ("PORT", addr.port().to_string()), ("TLS", "none".into())]
        {
            self.env.push((format!("VOLENS_RELAY_{key}"), value));
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_volens"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_clear().envs(self.env.iter().map(|(k, v)| (k, v))).env("PATH", "/usr/bin:/bin");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args))
    }

    /// Runs a command to its end inside a line of the shell, where it is `"$0" "$@"`.
    pub fn shell(&self, line: &str, args: &[&str]) -> Ran {
        let mut shell = Command::new("sh");
        shell.args(["-c", line, env!("CARGO_BIN_EXE_volens")]).args(args);
        shell.current_dir(self.folder.path()).stdin(Stdio::null());
        shell.env_clear().envs(self.env.iter().map(|(k, v)| (k, v))).env("PATH", "/usr/bin:/bin");
        ran(shell)
    }

    /// The answer of a command.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(args);
        self.run(&all).json()
    }

    /// Starts `volens serve` and waits until it listens.
    pub fn serve(&self) -> Served {
        let log = self.path(LOG);
        let err = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut child = self.command(&["--json", "serve"]).stdout(Stdio::piped()).stderr(err).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|e| {
            let _ = child.kill();
            panic!("{e}: {line:?} {}", std::fs::read_to_string(&log).unwrap_or_default())
        });
        Served { child, said, log }
    }

    /// Brings people in who said yes and confirmed it.
    pub fn people(&self, n: usize) {
        let mut csv = "email,name,language\n".to_owned();
        for i in 0..n {
            csv.push_str(&format!("reader{i}@people.example,Reader {i},it\n"));
        }
        self.write("people.csv", csv);
        let args = ["import", "people.csv", "--obtained", "form", "--mode", "active", "--evidence", "doi"];
        let more =
            ["--purpose", "newsletter", "--date", "2025-05-03", "--statement", "Signed by Greta", "--source-name"];
        let answer = self.json(&[args.as_slice(), &more, &["the old system"]].concat());
        assert_eq!(answer["new"], n, "{answer}");
    }
}

fn ran(mut command: Command) -> Ran {
    let out = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: out.status.code().unwrap_or(-1), out: text(out.stdout), err: text(out.stderr) }
}

/// Whatever else a test is about: what its processes logged names nobody and gives no power (DESIGN 10).
impl Drop for House {
    fn drop(&mut self) {
        let log = std::fs::read_to_string(self.path(LOG)).unwrap_or_default();
        let found = leaks(&log);
        assert!(found.is_empty() || std::thread::panicking(), "the log holds what it must not: {found:?}\n{log}");
    }
}

/// Addresses and tokens in a log. The operator's own address may stand there.
pub fn leaks(log: &str) -> Vec<&str> {
    let ends = |c: char| c.is_whitespace() || "<>\"'`(),;:/=[]{}".contains(c);
    let address = |w: &&str| {
        let (local, host) = w.split_once('@').unwrap_or_default();
        !local.is_empty() && host.trim_end_matches('.').contains('.') && *w != "hello@bakery.example"
    };
    // Tokens are long and of letters and figures; hashes are long, too, but of few letters.
    let token = |w: &&str| {
        let any = |fits: fn(&u8) -> bool| w.as_bytes().iter().any(fits);
        w.len() >= 40 && any(u8::is_ascii_digit) && any(|b| b.is_ascii_alphabetic() && !b.is_ascii_hexdigit())
    };
    let runs = log.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c));
    log.split(ends).filter(address).chain(runs.filter(token)).collect()
}

/// A running `volens serve`; killed when dropped.
pub struct Served {
    child: Child,
    pub said: Value,
    log: PathBuf,
}

impl Served {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn addr(&self, key: &str) -> SocketAddr {
        self.said[key].as_str().unwrap().parse().unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Its exit code.
    pub fn wait(&mut self) -> i32 {
        let until = Instant::now() + SOON;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < until, "it does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGTERM, and its end.
    #[track_caller]
    pub fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.wait(), 0, "{}", self.log());
    }

    /// The answer to a GET, head and body.
    pub fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"), "")
    }

    /// The answer to a form, head and body.
    pub fn post(&self, path: &str, form: &str) -> String {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        self.ask(&format!("POST {path} HTTP/1.1\r\n{kind}\r\nContent-Length: {}\r\n", form.len()), form)
    }

    fn ask(&self, head: &str, body: &str) -> String {
        let mut tcp = TcpStream::connect(self.addr("listen")).unwrap();
        tcp.set_read_timeout(Some(SOON)).unwrap();
        write!(tcp, "{head}Host: x\r\nConnection: close\r\n\r\n{body}").unwrap();
        let mut out = String::new();
        tcp.read_to_string(&mut out).unwrap();
        out
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The token of a link in a mail: `/u/` leaves, `/c/` confirms.
#[track_caller]
pub fn token(mail: &str, path: &str) -> String {
    let rest = mail.split(&format!("https://letters.bakery.example{path}")).nth(1).unwrap_or_else(|| panic!("{mail}"));
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

/// Waits until `what` holds.
#[track_caller]
pub fn until(what: impl Fn() -> bool, or: impl Fn() -> String) {
    let end = Instant::now() + SOON;
    while !what() {
        assert!(Instant::now() < end, "{}", or());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a file can be read by others.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
