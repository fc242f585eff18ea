//! `volens demo-server`: the process that can be killed. Pages, sending and intake on embedded SQLite; its parent
//! hands it the socket of the pages as standard input, so that the port is never free while it is restarted.

use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use volens_app::{App, AppSettings};
use volens_core::keys::MasterKey;
use volens_store::DbConfig;
use volens_web::WebSettings;
use volens_wire::{RelayConfig, Tls};

use super::api::{self, Desk};
use super::figures::Word;
use super::{DemoError, INTAKE_HOST, MAIL_HOST, SECRET_VARIABLE, folder, seed};
use crate::intake::IntakeSetup;
use crate::master::KeySource;
use crate::runtime::{HttpSetup, Running, Setup, open};
use crate::{config, environment, telemetry};

/// The relay of a demo takes so many mails a second.
pub const RATE: u32 = 200;
/// How often the parent is looked for.
const LOOK: Duration = Duration::from_millis(300);
/// How often the number of people who are in is told.
const TELL: usize = 2_000;

/// `volens demo-server`.
#[derive(Clone, Debug, clap::Args)]
pub struct ServerArgs {
    /// The demo's folder
    #[arg(long)]
    folder: PathBuf,
    /// Where the mail catcher listens
    #[arg(long)]
    smtp_port: u16,
    /// How many people to make
    #[arg(long)]
    people: usize,
}

/// Serves until the parent says so or is gone.
///
/// # Errors
/// When it cannot start.
pub async fn serve(args: &ServerArgs) -> Result<(), DemoError> {
    let _telemetry = telemetry::start("warn");
    let secret = environment::variable(SECRET_VARIABLE).ok_or(DemoError::Alone)?;
    let parent = parent_id();
    let listener = pages_socket().map_err(|_| DemoError::Alone)?;
    let addr = listener.local_addr().map_err(|_| DemoError::Alone)?;
    let master = KeySource::File(folder::key_file(&args.folder)).read()?;
    let settings = settings(addr);
    make_people(&args.folder, &master, &settings, args.people).await?;
    let found = look_back(&args.folder, &master, &settings).await?;

    let desk = Arc::new(Desk::new(secret));
    let http = HttpSetup { listener, web: web(), more: Some(api::router(desk.clone())) };
    let running = Running::start(Setup {
        db: database(&folder::data(&args.folder)),
        master,
        settings,
        node: "demo".into(),
        folder: Some(folder::data(&args.folder)),
        relay: Some(relay(args.smtp_port)),
        intake: Some(IntakeSetup { listen: SocketAddr::from(([127, 0, 0, 1], 0)), host: INTAKE_HOST.into() }),
        http: Some(http),
    })
    .await?;
    let _ = desk.app.set(running.app().clone());
    let running = Arc::new(running);
    let seen = Arc::downgrade(&running);
    let _ = desk.health.set(Box::new(move || seen.upgrade().and_then(|r| r.relay_health())));
    let intake = running.intake_addr().map_or(0, |a| a.port());
    say(&Word::Serving { intake, found });
    tokio::select! {
        () = desk.stop.notified() => {}
        () = orphaned(parent) => {}
    }
    let mut running = running;
    // The closure above may be asking at this very moment.
    for _ in 0..200 {
        match Arc::try_unwrap(running) {
            Ok(last) => {
                last.stop().await;
                return Ok(());
            }
            Err(shared) => running = shared,
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// The listening socket that the parent gave us.
fn pages_socket() -> std::io::Result<TcpListener> {
    let fd = std::io::stdin().as_fd().try_clone_to_owned()?;
    let socket = std::net::TcpListener::from(fd);
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

fn settings(pages: SocketAddr) -> AppSettings {
    let mut settings = AppSettings::new(format!("http://{pages}"), MAIL_HOST);
    settings.demo = true;
    settings.intake_host = Some(INTAKE_HOST.into());
    // Who plays with a form sends it more than three times.
    settings.confirmations_a_day = 20;
    settings.sending.rate = Some(RATE);
    settings.sending.retry_first = Duration::from_secs(5);
    settings
}

fn web() -> WebSettings {
    WebSettings { signups_a_minute: 600, grace: Duration::from_secs(3), ..WebSettings::default() }
}

fn relay(port: u16) -> RelayConfig {
    RelayConfig { tls: Tls::None, sessions: 4, ..RelayConfig::new("127.0.0.1", port, MAIL_HOST) }
}

fn database(data: &Path) -> DbConfig {
    DbConfig::sqlite(data.join(config::DATABASE))
}

/// Makes the people, unless they are there. They count once all of them are: what a cut-off start left is made anew.
async fn make_people(root: &Path, master: &MasterKey, settings: &AppSettings, people: usize) -> Result<(), DemoError> {
    let (data, half) = (folder::data(root), folder::half_made(root));
    if data.exists() {
        return Ok(());
    }
    let failed = |error| DemoError::Folder { folder: root.to_owned(), what: "filled", error };
    if half.exists() {
        std::fs::remove_dir_all(&half).map_err(failed)?;
    }
    std::fs::create_dir(&half).map_err(failed)?;
    let app = open(database(&half), master, settings.clone()).await?;
    let told = |n: usize| {
        if n.is_multiple_of(TELL) || n == people {
            say(&Word::Seeded(n));
        }
    };
    let made = seed::seed(&app, people, told).await;
    close(app).await;
    made?;
    std::fs::rename(&half, &data).map_err(failed)
}

/// What was on its way when the former life ended, before anything is sent again.
async fn look_back(
    root: &Path,
    master: &MasterKey,
    settings: &AppSettings,
) -> Result<Vec<super::figures::Found>, DemoError> {
    let app = open(database(&folder::data(root)), master, settings.clone()).await?;
    let found = api::found(&app).await;
    close(app).await;
    Ok(found?)
}

async fn close(app: Arc<App>) {
    app.store.db().close().await;
}

/// Ends when the parent is no longer there: whoever killed it left this process to somebody else.
async fn orphaned(parent: u32) {
    while parent_id() == parent {
        tokio::time::sleep(LOOK).await;
    }
}

/// One line to the parent. A parent that is gone hears nothing, which is noticed elsewhere.
fn say(word: &Word) {
    let mut out = std::io::stdout().lock();
    let line = serde_json::to_string(word).unwrap_or_default();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
