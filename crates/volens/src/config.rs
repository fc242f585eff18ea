//! The configuration: one TOML file, overridden by the environment, every mistake named with its key.

mod keys;
mod read;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use volens_app::AppSettings;
use volens_store::{DbConfig, Pooler, PostgresConfig, SqliteConfig};
use volens_web::Cidr;

#[cfg(test)]
pub use keys::KEYS;
pub use read::Reader;

use crate::intake::IntakeSetup;
use crate::master::KeySource;
use crate::relay::{self, RelaySettings};

/// The name of the file.
pub const FILE: &str = "volens.toml";
/// The name of the database inside the data folder.
pub const DATABASE: &str = "volens.db";

/// Everything that the file and the environment say.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that was read.
    pub file: PathBuf,
    /// Where database, lock and socket lie.
    pub folder: PathBuf,
    /// The database.
    pub db: DbConfig,
    /// Where the master key is.
    pub key: KeySource,
    /// Name of this node.
    pub node: String,
    /// What use cases need to know.
    pub settings: AppSettings,
    /// Where pages are served.
    pub listen: SocketAddr,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Sign-ups a minute from one network.
    pub signups_a_minute: u32,
    /// Withdrawals by mail.
    pub intake: Option<IntakeSetup>,
    /// The relay.
    pub relay: Option<RelaySettings>,
    /// What is logged.
    pub log: String,
}

/// One mistake in the configuration, or several.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// There is no file.
    #[error("there is no {}: `volens init FOLDER` makes one, or name yours with --config", .0.display())]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("{} cannot be read: {why}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        why: String,
    },
    /// It is no TOML.
    #[error("{} is not TOML: {why}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Line, column, and what is wrong.
        why: String,
    },
    /// Keys are wrong.
    #[error("{}", list(.0))]
    Keys(Vec<Wrong>),
}

/// What is wrong with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// `http.listen`, `relay[1].port`, or the environment variable.
    pub key: String,
    /// What is wrong and how to mend it.
    pub what: String,
}

fn list(all: &[Wrong]) -> String {
    let lines: Vec<String> = all.iter().map(|w| format!("{}: {}", w.key, w.what)).collect();
    format!(
        "the configuration has {}:\n  {}",
        if all.len() == 1 { "a mistake" } else { "mistakes" },
        lines.join("\n  ")
    )
}

impl Config {
    /// Whether the database is a file here.
    #[must_use]
    pub fn db_is_sqlite(&self) -> bool {
        matches!(self.db, DbConfig::Sqlite(_))
    }

    /// Reads the file and applies `environment`.
    ///
    /// # Errors
    /// All mistakes at once, each with its key and a remedy.
    pub fn read(file: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => ConfigError::Missing(file.to_owned()),
            _ => ConfigError::Unreadable { file: file.to_owned(), why: e.to_string() },
        })?;
        Self::parse(file, &text, environment)
    }

    /// The same of a text; paths in it are relative to the folder of `file`.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(
        file: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let table = text.parse::<toml::Table>();
        let table =
            table.map_err(|e| ConfigError::Syntax { file: file.to_owned(), why: e.to_string().trim().to_owned() })?;
        let environment: Vec<(String, String)> = environment.into_iter().collect();
        let mut reader = Reader::new(table, &environment);
        let config = build(&mut reader, file, &environment);
        match (reader.wrong.is_empty(), config) {
            (true, Some(config)) => Ok(config),
            _ => Err(ConfigError::Keys(reader.wrong)),
        }
    }
}

fn build(r: &mut Reader, file: &Path, environment: &[(String, String)]) -> Option<Config> {
    let home = file.parent().unwrap_or(Path::new(""));
    let folder = home.join(r.text("data.folder").unwrap_or_else(|| "data".into()));
    let base_url = r.text("base_url");
    let base_url = base_url.and_then(|url| checked_url(r, &url));
    let host = base_url.as_deref().map(volens_app::host_of).unwrap_or_default().to_owned();
    let mail_host = r.text("mail_host").unwrap_or(host);
    let relay = relay::read(r, home, &mail_host, environment);
    let mut settings = AppSettings::new(base_url.unwrap_or_default(), mail_host);
    sending(r, &mut settings);
    settings.sending.rate = relay.as_ref().and_then(|relay| relay.rate);
    let intake = intake(r);
    settings.intake_host = intake.as_ref().map(|i| i.host.clone());
    let proxies = r.list("http.trusted_proxies").unwrap_or_default();
    let trusted_proxies = proxies.iter().filter_map(|p| r.check("http.trusted_proxies", p.parse::<Cidr>())).collect();
    Some(Config {
        db: database(r, &folder),
        key: key(r, home, &folder),
        node: r.text("node").unwrap_or_else(machine),
        listen: r.parsed("http.listen").unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        trusted_proxies,
        signups_a_minute: r.number("http.signups_a_minute", 0..=1_000_000).unwrap_or(60) as u32,
        log: level(r),
        file: file.to_owned(),
        folder,
        settings,
        intake,
        relay,
    })
}

/// A base URL that links can be built on.
fn checked_url(r: &mut Reader, url: &str) -> Option<String> {
    let url = url.trim_end_matches('/').to_owned();
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let fine = rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(|c: char| "?#@ \"<>".contains(c) || c.is_control())
    });
    if !fine {
        r.wrong("base_url", format!("{url:?} is not where pages can be; write it like https://letters.example.org"));
        return None;
    }
    Some(url)
}

fn sending(r: &mut Reader, settings: &mut AppSettings) {
    if let Some(n) = r.number("sending.confirmations_a_day", 1..=100) {
        settings.confirmations_a_day = n;
    }
    let s = &mut settings.sending;
    for (key, place) in [
        ("sending.lease", &mut s.lease),
        ("sending.silent", &mut s.silent),
        ("sending.retry_first", &mut s.retry_first),
        ("sending.hold_first", &mut s.hold_first),
    ] {
        if let Some(d) = r.duration(key, Duration::from_millis(10)) {
            *place = d;
        }
    }
    if s.silent < s.lease {
        r.wrong("sending.silent", "a node that is silent for less than sending.lease is not gone yet: set it higher");
    }
}

fn intake(r: &mut Reader) -> Option<IntakeSetup> {
    let (listen, host) = (r.parsed("intake.listen"), r.text("intake.host"));
    match (listen, host) {
        (Some(listen), Some(host)) => Some(IntakeSetup { listen, host }),
        (None, None) => None,
        (Some(_), None) => {
            r.wrong("intake.host", "is missing: name the domain whose mail arrives at intake.listen");
            None
        }
        (None, Some(_)) => {
            r.wrong("intake.listen", "is missing: name address and port, like 0.0.0.0:25");
            None
        }
    }
}

fn database(r: &mut Reader, folder: &Path) -> DbConfig {
    let pooler = match r.text("database.pooler").as_deref() {
        None | Some("none") => Pooler::None,
        Some("transaction") => Pooler::Transaction,
        Some(other) => {
            r.wrong("database.pooler", format!("{other:?} is unknown: write \"none\" or \"transaction\""));
            Pooler::None
        }
    };
    let connections = r.number("database.connections", 2..=1000);
    match r.text("database.url").as_deref() {
        None | Some("sqlite") => DbConfig::Sqlite(SqliteConfig::new(folder.join(DATABASE))),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") || url.contains("dbname=") => {
            let mut config = PostgresConfig::new(url);
            config.pooler = pooler;
            config.connections = connections.map_or(config.connections, |n| n as usize);
            DbConfig::Postgres(config)
        }
        Some(_) => {
            let what = "is neither \"sqlite\" nor a PostgreSQL URL like postgresql://user:password@host/volens";
            r.wrong("database.url", what);
            DbConfig::Sqlite(SqliteConfig::new(folder.join(DATABASE)))
        }
    }
}

fn key(r: &mut Reader, home: &Path, folder: &Path) -> KeySource {
    let file = r.text("key.file");
    let all = [("key.file", file.clone()), ("key.env", r.text("key.env")), ("key.command", r.text("key.command"))];
    let given: Vec<&str> = all.iter().filter(|(_, v)| v.is_some()).map(|(k, _)| *k).collect();
    if let [_, second, ..] = given.as_slice() {
        r.wrong(*second, format!("the key can come from one place only: take out {} or this", given[0]));
    }
    let [_, (_, env), (_, command)] = all;
    let default = || folder.parent().unwrap_or(home).join("volens.key");
    match (env, command) {
        (Some(name), _) => KeySource::Env(name),
        (_, Some(command)) => KeySource::Command(command),
        _ => KeySource::File(file.map_or_else(default, |f| home.join(f))),
    }
}

fn level(r: &mut Reader) -> String {
    let level = r.text("log.level").unwrap_or_else(|| "info".into());
    if let Err(e) = level.parse::<tracing_subscriber::filter::Targets>() {
        r.wrong("log.level", format!("{e}; write one of error, warn, info, debug, trace"));
    }
    level
}

/// The name of this machine, as its kernel tells it.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "volens".into() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::parse(Path::new("/srv/volens/volens.toml"), text, env)
    }

    fn wrong(text: &str, env: &[(&str, &str)]) -> String {
        parse(text, env).unwrap_err().to_string()
    }

    #[test]
    fn the_least_that_is_enough() {
        let c = parse("base_url = \"https://letters.example.org:8443/x/\"", &[]).unwrap();
        assert_eq!(c.settings.base_url, "https://letters.example.org:8443/x");
        assert_eq!(c.settings.mail_host, "letters.example.org");
        assert_eq!(c.folder, Path::new("/srv/volens/data"));
        assert!(matches!(&c.db, DbConfig::Sqlite(s) if s.path == Path::new("/srv/volens/data/volens.db")));
        assert!(matches!(&c.key, KeySource::File(f) if f == Path::new("/srv/volens/volens.key")));
        assert!(c.relay.is_none() && c.intake.is_none());
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let text =
            "base_url = \"https://x.example\"\n[http]\nlistne = \"1.2.3.4:5\"\n[[relay]]\nhost = \"h\"\nprot = 2";
        let error = wrong(text, &[]);
        assert!(error.contains("http.listne: no such key; did you mean http.listen?"), "{error}");
        assert!(error.contains("relay[1].prot: no such key; did you mean relay.port?"), "{error}");
    }

    #[test]
    fn wrong_types_and_values_are_named_all_at_once() {
        let text = "base_url = \"letters\"\nnode = 3\n[http]\nlisten = \"80\"\n[sending]\nlease = \"soon\"\n[log]\nlevel = \"loud=x\"";
        let error = wrong(text, &[]);
        for part in ["base_url: ", "node: ", "http.listen: ", "sending.lease: ", "log.level: "] {
            assert!(error.contains(part), "{part} in {error}");
        }
        assert!(wrong("node = \"a\"", &[]).contains("base_url: is missing"));
        assert!(matches!(parse("a = ", &[]), Err(ConfigError::Syntax { .. })));
    }

    #[test]
    fn the_environment_goes_first() {
        let text = "base_url = \"https://x.example\"\n[[relay]]\nname = \"m\"\nhost = \"h\"";
        let env = [
            ("VOLENS_HTTP_LISTEN", "0.0.0.0:9"),
            ("VOLENS_RELAY_PORT", "2525"),
            ("VOLENS_HTTP_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
            ("VOLENS_SENDING_LEASE", "2m"),
            ("VOLENS_UNRELATED", "x"),
        ];
        let c = parse(text, &env).unwrap();
        assert_eq!(c.listen.to_string(), "0.0.0.0:9");
        assert_eq!(c.relay.unwrap().port, 2525);
        assert_eq!(c.trusted_proxies.len(), 2);
        assert_eq!(c.settings.sending.lease, Duration::from_secs(120));
        let error = wrong(text, &[("VOLENS_RELAY_PORT", "many"), ("VOLENS_HTTP_LISTENS", "x")]);
        assert!(error.contains("VOLENS_RELAY_PORT: ") && error.contains("VOLENS_HTTP_LISTENS: "), "{error}");
        assert!(error.contains("VOLENS_HTTP_LISTEN?"), "{error}");
    }

    #[test]
    fn postgres_and_the_key_elsewhere() {
        let text = "base_url = \"https://x.example\"\n[database]\nurl = \"postgresql://u@h/volens\"\npooler = \
                    \"transaction\"\n[key]\nenv = \"MY_KEY\"";
        let c = parse(text, &[]).unwrap();
        assert!(matches!(&c.db, DbConfig::Postgres(p) if p.pooler == Pooler::Transaction));
        assert!(matches!(&c.key, KeySource::Env(n) if n == "MY_KEY"));
        let both = text.replace("env =", "file = \"k\"\nenv =");
        assert!(wrong(&both, &[]).contains("key.env: the key can come from one place only"));
        assert!(wrong("base_url=\"https://x.example\"\ndatabase.url = \"mysql://x\"", &[]).contains("PostgreSQL URL"));
    }
}
