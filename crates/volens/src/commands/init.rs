//! `volens init`: from nothing to `volens serve` in one command.

mod furnish;
mod words;

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use volens_core::keys::MasterKey;
use volens_store::DbConfig;
use volens_store::purpose::SenderRow;

use super::Desk;
use crate::cli::InitArgs;
use crate::clock::SystemChance;
use crate::config::{self, Config};
use crate::environment;
use crate::folder::FolderLock;
use crate::master::{self, KeySource};
use crate::output::Tint;
use crate::request::{Failure, Kind};
use crate::runtime;

/// The key's file.
const KEY: &str = "volens.key";
/// The example letter.
const LETTER: &str = "letter.md";
/// What `init` writes where nothing was said.
const UNEDITED: &str = "EDIT ME";
const UNEDITED_EMAIL: &str = "edit-me@";

/// The code of ISO 3166-1 that is nobody's.
const UNKNOWN_COUNTRY: &str = "XX";

/// Whether a sender still has what `init` wrote because nothing was said.
#[must_use]
pub fn is_unedited(sender: &SenderRow) -> bool {
    sender.postal_address.starts_with(UNEDITED)
        || sender.email.starts_with(UNEDITED_EMAIL)
        || sender.country == UNKNOWN_COUNTRY
}

/// Makes everything.
///
/// # Errors
/// When something is there already: it is named, and nothing is touched.
pub async fn run(args: &InitArgs, desk: &Desk) -> Result<ExitCode, Failure> {
    if args.confirm_key_copied {
        return confirm(args, desk);
    }
    let failed = |path: &Path, e: std::io::Error| {
        Failure::new(Kind::Failed, format!("{} cannot be written: {e}", path.display()))
    };
    let folder = &args.folder;
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let (toml, key, letter) = (folder.join(config::FILE), folder.join(KEY), folder.join(LETTER));
    let text = template(args);
    // Read back before anything is written: what was given by flags may be wrong.
    let config = Config::parse(&toml, &text, environment::all())?;
    refuse_what_is_there(args, &[&toml, &letter])?;
    let recovery = make_key(&key)?;
    // People's addresses go into the folder, a password may go into the file: neither is for others to read.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.folder)
        .map_err(|e| failed(&config.folder, e))?;
    let form = first_workspace(args, desk, &config).await?;
    write_private(&toml, &text).map_err(|e| failed(&toml, e))?;
    std::fs::write(&letter, words::LETTER).map_err(|e| failed(&letter, e))?;
    say(desk, &[toml, key, letter, config.folder], recovery.as_deref().map(String::as_str), &form);
    Ok(ExitCode::SUCCESS)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn confirm(args: &InitArgs, desk: &Desk) -> Result<ExitCode, Failure> {
    let config = desk.config().or_else(|e| {
        let file = args.folder.join(config::FILE);
        if file.exists() { Ok(Config::read(&file, environment::all())?) } else { Err(e) }
    })?;
    config.key.read()?;
    config.key.confirm_copied()?;
    let answer = json!({ "confirmed": true });
    desk.out.answer(&answer, |out| out.say("Noted: a copy of the master key is kept elsewhere."));
    Ok(ExitCode::SUCCESS)
}

fn refuse_what_is_there(args: &InitArgs, files: &[&PathBuf]) -> Result<(), Failure> {
    let there: Vec<String> = files.iter().filter(|f| f.exists()).map(|f| f.display().to_string()).collect();
    if there.is_empty() || args.force {
        return Ok(());
    }
    let message = format!(
        "there is {} already: choose another folder, or --force writes it anew (never the master key)",
        there.join(" and ")
    );
    Err(Failure::new(Kind::Refused, message))
}

/// Makes the key where there is none; gives its recovery line then. A key that is there is used.
fn make_key(file: &Path) -> Result<Option<zeroize::Zeroizing<String>>, Failure> {
    if file.exists() {
        KeySource::File(file.to_owned()).read()?;
        return Ok(None);
    }
    let key = MasterKey::generate(&SystemChance);
    master::write(file, &key)?;
    Ok(Some(key.recovery_line()))
}

/// Opens the database and furnishes it; gives the address of the form.
async fn first_workspace(args: &InitArgs, desk: &Desk, config: &Config) -> Result<String, Failure> {
    let sqlite = match &config.db {
        DbConfig::Sqlite(sqlite) => Some(sqlite.path.clone()),
        DbConfig::Postgres(_) => None,
    };
    let lock = sqlite.as_ref().map(|_| FolderLock::take(&config.folder)).transpose();
    let _lock = lock.map_err(|e| Failure::new(Kind::Busy, e.to_string()))?;
    let master = config.key.read()?;
    let settings = config.settings.clone();
    if sqlite.as_ref().is_none_or(|path| path.exists()) {
        let app = runtime::open(config.db.clone(), &master, settings.clone()).await?;
        let used = in_use(&app).await?;
        app.store.db().close().await;
        match (used, sqlite.as_ref().filter(|_| args.force)) {
            (Some(used), _) => return Err(Failure::new(Kind::Refused, used)),
            (None, Some(path)) => remove_database(path)?,
            (None, None) => {}
        }
    }
    let app = runtime::open(config.db.clone(), &master, settings).await?;
    let form = match app.workspaces().first() {
        Some(_) => Err(Failure::new(
            Kind::Refused,
            "the database has a workspace already: `volens init --force` makes it anew as long as nobody is in it (on \
             PostgreSQL make an empty database)",
        )),
        None => furnish::furnish(&app, args, desk.workspace.as_deref()).await,
    };
    app.store.db().close().await;
    form
}

/// Why a database is not made anew: somebody is in it.
async fn in_use(app: &volens_app::App) -> Result<Option<String>, Failure> {
    for ws in app.workspaces() {
        let people = app.store.count_contacts(ws.tenant).await?;
        let acts = app.store.count_acts(ws.tenant).await?;
        let campaigns = app.store.campaigns(ws.tenant).await?.len();
        if people + acts > 0 || campaigns > 0 {
            return Ok(Some(format!(
                "the database holds {people} people and {campaigns} campaigns of {}: it is not made anew. Choose another \
                 folder",
                ws.name
            )));
        }
    }
    Ok(None)
}

fn remove_database(path: &Path) -> Result<(), Failure> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match std::fs::remove_file(&name) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::new(Kind::Failed, format!("{} cannot be removed: {e}", path.display())));
            }
            _ => {}
        }
    }
    Ok(())
}

fn say(desk: &Desk, made: &[PathBuf], recovery: Option<&str>, form: &str) {
    let answer = json!({ "made": made, "recovery_line": recovery, "form": form });
    desk.out.answer(&answer, |out| {
        for path in made {
            out.say(&format!("  {}", path.display()));
        }
        match recovery {
            Some(line) => {
                out.heading("The recovery line of your master key. It is shown this once:");
                out.say(&format!("\n    {}\n", out.tint(Tint::Yellow, line)));
                out.say(
                    "Without this key no link in any letter works, and whoever has it can forge them all.\nWrite it down \
                     and keep it away from this machine and its backups. Then run:\n\n    volens init --confirm-key-copied",
                );
            }
            None => out.say("The master key that was there is used and was not changed."),
        }
        out.heading("Next");
        out.say(&format!(
            "Edit volens.toml (base_url, [[relay]]), see `volens doctor`, start `volens serve`.\nYour sign-up form: {form}"
        ));
    });
}

/// The commented configuration.
fn template(args: &InitArgs) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let database = match &args.database {
        Some(url) => format!("url = {}", quoted(url)),
        None => "# url = \"postgresql://user:password@host/volens\"".to_owned(),
    };
    words::CONFIG.replace("{base_url}", &quoted(&args.base_url)).replace("{database}", &database)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn args(line: &[&str]) -> InitArgs {
        let line = ["volens", "init"].iter().chain(line);
        match Cli::parse_from(line).command {
            Command::Init(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_template_names_every_key_and_is_in_order() {
        let plain = template(&args(&[]));
        Config::parse(Path::new("/x/volens.toml"), &plain, []).unwrap();
        let postgres = template(&args(&["--database", "postgresql://u:p\"x@h/db", "--base-url", "https://a.example"]));
        let config = Config::parse(Path::new("/x/volens.toml"), &postgres, []).unwrap();
        assert!(matches!(config.db, DbConfig::Postgres(p) if p.url.contains('"')));
        // Everything that is commented out, taken in: every key is there and has a value that is right.
        let all: String = plain
            .lines()
            .map(|l| {
                format!("{}\n", l.strip_prefix("# ").filter(|r| r.contains(" = ") || r.starts_with("[")).unwrap_or(l))
            })
            .collect();
        let table: toml::Table = all.parse().unwrap_or_else(|e| panic!("{e}\n{all}"));
        for key in config::KEYS {
            let found = match key.path.split_once('.') {
                None => table.contains_key(key.path),
                Some(("relay", name)) => table["relay"][0].get(name).is_some(),
                Some((section, name)) => table[section].get(name).is_some(),
            };
            assert!(found, "{} is not in the template", key.path);
        }
        assert_eq!(table["relay"][0]["tls"].as_str(), Some("if_offered"), "the default, as the others that are shown");
    }
}
