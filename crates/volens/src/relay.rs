//! The relay: from the configuration to the table, and from either to the client. The password is sealed in the table.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use volens_app::{App, AppError};
use volens_core::keys::INSTANCE;
use volens_core::seal::{self, Place};
use volens_store::account::RelayRow;
use volens_wire::{Credentials, Protocol, RelayConfig, Roots, Secret, Timeouts, Tls};

use crate::config::Reader;

/// How to reach a relay, as configured. Without the password it is also the stored document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelaySettings {
    /// The version of this document.
    pub schema: u8,
    /// Its name.
    #[serde(skip)]
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `smtp` or `lmtp`.
    pub protocol: String,
    /// `none`, `starttls`, `if_offered` or `implicit`.
    pub tls: String,
    /// Certificate authorities to trust beside the system's, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Login name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Password.
    #[serde(skip)]
    pub password: Option<String>,
    /// Log in without TLS.
    #[serde(default)]
    pub login_without_tls: bool,
    /// Name given in EHLO.
    pub hello_name: String,
    /// Connections at most.
    pub sessions: usize,
    /// Messages written before the first reply.
    pub window: usize,
    /// Messages a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
    /// Messages in one connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_per_connection: Option<u32>,
    /// Time-outs: connect, command, reply, idle.
    pub timeouts: [Duration; 4],
}

impl std::fmt::Debug for RelaySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RelaySettings({} {}:{})", self.name, self.host, self.port)
    }
}

/// Reads the relay out of the configuration; `home` is the folder of the file.
pub fn read(r: &mut Reader, home: &Path, mail_host: &str, environment: &[(String, String)]) -> Option<RelaySettings> {
    match r.relays() {
        0 => return None,
        1 => {}
        _ => r.wrong("relay[2]", "this version sends through one relay: keep one [[relay]] and take the others out"),
    }
    let default = Timeouts::default();
    let second = Duration::from_secs(1);
    let host = r.text("relay.host");
    if host.is_none() {
        r.wrong("relay.host", "is missing: name the host of the relay, or take [[relay]] out");
    }
    let tls = word(r, "relay.tls", &["if_offered", "starttls", "implicit", "none"]);
    let port = r.number("relay.port", 1..=65_535).unwrap_or(if tls == "implicit" { 465 } else { 587 });
    let user = r.text("relay.user");
    let password = password(r, home, environment);
    if user.is_some() != password.is_some() {
        let missing = if user.is_some() { "relay.password" } else { "relay.user" };
        r.wrong(missing, "is missing: a login has a user and a password (password, password_file or password_env)");
    }
    let ca = r.text("relay.ca_file").and_then(|file| {
        let read = std::fs::read_to_string(home.join(&file)).map_err(|e| format!("{file} cannot be read: {e}"));
        r.check("relay.ca_file", read)
    });
    Some(RelaySettings {
        schema: 1,
        name: r.text("relay.name").unwrap_or_else(|| "relay".into()),
        host: host?,
        port: u16::try_from(port).ok()?,
        protocol: word(r, "relay.protocol", &["smtp", "lmtp"]),
        tls,
        ca,
        user,
        password,
        login_without_tls: r.switch("relay.login_without_tls").unwrap_or(false),
        hello_name: r.text("relay.hello_name").unwrap_or_else(|| mail_host.to_owned()),
        sessions: r.number("relay.sessions", 1..=100).unwrap_or(4) as usize,
        window: r.number("relay.window", 1..=100).unwrap_or(1) as usize,
        rate: r.number("relay.rate", 1..=1_000_000).map(|n| n as u32),
        messages_per_connection: r.number("relay.messages_per_connection", 1..=1_000_000).map(|n| n as u32),
        timeouts: [
            r.duration("relay.connect_timeout", second).unwrap_or(default.connect),
            r.duration("relay.command_timeout", second).unwrap_or(default.command),
            r.duration("relay.reply_timeout", second).unwrap_or(default.end_of_data),
            r.duration("relay.idle_timeout", second).unwrap_or(default.idle),
        ],
    })
}

fn word(r: &mut Reader, key: &str, allowed: &[&str]) -> String {
    let found = r.text(key).unwrap_or_else(|| allowed[0].to_owned());
    if !allowed.contains(&found.as_str()) {
        r.wrong(key, format!("{found:?} is unknown: write one of {}", allowed.join(", ")));
        return allowed[0].to_owned();
    }
    found
}

fn password(r: &mut Reader, home: &Path, environment: &[(String, String)]) -> Option<String> {
    let plain = r.text("relay.password");
    let file = r.text("relay.password_file");
    let env = r.text("relay.password_env");
    if usize::from(plain.is_some()) + usize::from(file.is_some()) + usize::from(env.is_some()) > 1 {
        r.wrong("relay.password", "give one of password, password_file and password_env");
    }
    if let Some(file) = file {
        let read = std::fs::read_to_string(home.join(&file)).map(|t| t.trim_end_matches(['\r', '\n']).to_owned());
        return r.check("relay.password_file", read.map_err(|e| format!("{file} cannot be read: {e}")));
    }
    if let Some(name) = env {
        let found = environment.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        return r.check("relay.password_env", found.ok_or(format!("the environment variable {name} is not set")));
    }
    plain
}

impl RelaySettings {
    /// What the client needs.
    #[must_use]
    pub fn config(&self) -> RelayConfig {
        let mut out = RelayConfig::new(&self.host, self.port, &self.hello_name);
        out.protocol = if self.protocol == "lmtp" { Protocol::Lmtp } else { Protocol::Smtp };
        out.tls = match self.tls.as_str() {
            "none" => Tls::None,
            "starttls" => Tls::StartTls,
            "implicit" => Tls::Implicit,
            _ => Tls::StartTlsIfOffered,
        };
        if let Some(pem) = &self.ca {
            out.roots = Roots::SystemAndPem(pem.clone().into_bytes());
        }
        out.auth = self
            .user
            .as_ref()
            .zip(self.password.as_ref())
            .map(|(user, password)| Credentials { user: user.clone(), password: Secret::new(password.as_str()) });
        out.auth_without_tls = self.login_without_tls;
        out.sessions = self.sessions;
        out.window = self.window;
        out.messages_per_connection = self.messages_per_connection;
        let [connect, command, end_of_data, idle] = self.timeouts;
        out.timeouts = Timeouts { connect, command, end_of_data, idle };
        out
    }
}

fn place(name: &str) -> Place<'_> {
    Place { workspace: INSTANCE, table: "relay", row: name.as_bytes() }
}

/// Writes the configured relay into the table, if it says something else there; the configuration then owns the row.
///
/// # Errors
/// When the database fails.
pub async fn seed(app: &App, relay: &RelaySettings) -> Result<(), AppError> {
    let doc = serde_json::to_string(relay).map_err(|e| AppError::Refused(e.to_string()))?;
    let rows = app.store.relays().await?;
    if let Some(row) = rows.iter().find(|r| r.name == relay.name) {
        let same = row.managed && row.doc == doc && secret(app, row).ok() == Some(relay.password.clone());
        if same {
            return Ok(());
        }
    }
    let sealed = |p: &String| seal::seal(&app.ring, place(&relay.name), p.as_bytes(), &*app.chance);
    let secret = relay.password.as_ref().map(sealed).transpose().map_err(|e| AppError::Refused(e.to_string()))?;
    let row = RelayRow { name: relay.name.clone(), doc, secret, managed: true };
    Ok(app.store.put_relay(row).await?)
}

fn secret(app: &App, row: &RelayRow) -> Result<Option<String>, AppError> {
    let Some(sealed) = &row.secret else { return Ok(None) };
    let open = seal::open(&app.ring, place(&row.name), sealed);
    let open = open.map_err(|e| AppError::Refused(format!("the password of relay {}: {e}", row.name)))?;
    Ok(Some(String::from_utf8_lossy(&open).into_owned()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use volens_app::AppSettings;
    use volens_core::keys::MasterKey;
    use volens_testkit::{Engine, TestDb};

    use super::*;
    use crate::clock::{SystemChance, SystemClock};
    use crate::config::Config;

    fn settings(password: &str) -> RelaySettings {
        let text = format!(
            "base_url = \"https://x.example\"\n[[relay]]\nname = \"main\"\nhost = \"h\"\nuser = \"u\"\npassword = {password:?}"
        );
        Config::parse(Path::new("/x/volens.toml"), &text, []).unwrap().relay.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_table_holds_the_password_sealed() {
        let db = TestDb::new(Engine::Sqlite, volens_store::MIGRATIONS).await;
        let store = volens_store::Store::of(db.db().clone());
        let master = MasterKey::generate(&SystemChance);
        let settings_ = AppSettings::new("https://x.example", "x.example");
        let app = App::open(store, &master, settings_, Arc::new(SystemClock), Arc::new(SystemChance)).await.unwrap();
        seed(&app, &settings("hunter2")).await.unwrap();
        let first = app.store.relays().await.unwrap();
        assert_eq!(first.len(), 1);
        assert!(first[0].managed && !first[0].doc.contains("hunter2"));
        assert_eq!(secret(&app, &first[0]).unwrap().as_deref(), Some("hunter2"));
        seed(&app, &settings("hunter2")).await.unwrap();
        assert_eq!(app.store.relays().await.unwrap(), first, "nothing new is not written again");
        seed(&app, &settings("hunter3")).await.unwrap();
        let row = app.store.relays().await.unwrap().remove(0);
        assert_eq!(secret(&app, &row).unwrap().as_deref(), Some("hunter3"));
    }

    #[test]
    fn a_login_is_whole_or_wrong() {
        let text = "base_url = \"https://x.example\"\n[[relay]]\nhost = \"h\"\nuser = \"u\"\ntls = \"maybe\"";
        let error = Config::parse(Path::new("/x/volens.toml"), text, []).unwrap_err().to_string();
        assert!(error.contains("relay.password: is missing") && error.contains("relay.tls: \"maybe\""), "{error}");
    }
}
