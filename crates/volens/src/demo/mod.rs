//! `volens demo`: a bakery with ten thousand readers on this machine, and a mail catcher that delivers nothing.
//!
//! Two processes: the parent has the catcher, the inbox and the home page; its child has pages, sending and intake, and
//! may be killed at any instant. Nothing here is reachable but from this machine.

mod api;
mod catcher;
mod client;
mod figures;
mod folder;
mod history;
mod home;
mod inbox;
mod names;
mod parent;
mod people;
mod script;
mod seed;
mod seen;
mod server;
mod texts;
mod view;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use volens_core::clock::Randomness;
use volens_web::WebSettings;
use volens_wire::Listener;

pub use server::{ServerArgs, serve};

use self::catcher::Catcher;
use self::client::Ask;
use self::folder::DemoFolder;
use self::parent::{Plan, Server};
use crate::clock::SystemChance;
use crate::folder::FolderError;
use crate::master::KeyFileError;
use crate::output::Output;
use crate::request::{Failure, Kind};
use crate::runtime::StartError;

/// The domain of the demo's mails.
pub const MAIL_HOST: &str = "mail.nordicbakery.example";
/// The domain that takes withdrawals by mail.
pub const INTAKE_HOST: &str = "leave.nordicbakery.example";
/// How the secret of a run comes to the server.
pub const SECRET_VARIABLE: &str = "VOLENS_DEMO_SECRET";
/// The port of the home page; pages and catcher follow.
const HOME_PORT: u16 = 7700;
/// How long a first start may take.
const START: Duration = Duration::from_secs(180);

/// `volens demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Where the demo lives; a second start goes on from there
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Start over: empty the demo's folder first
    #[arg(long)]
    fresh: bool,
    /// The port of the home page and the inbox; 0 = any
    #[arg(long, value_name = "PORT", default_value_t = HOME_PORT)]
    home_port: u16,
    /// The port of the bakery's pages (default: one above the home page's); 0 = any
    #[arg(long, value_name = "PORT")]
    pages_port: Option<u16>,
    /// The port of the mail catcher (default: two above the home page's); 0 = any
    #[arg(long, value_name = "PORT")]
    smtp_port: Option<u16>,
    /// How many people to make
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    people: usize,
    /// Play the story without a browser and check every figure; without --folder in one that is taken away afterwards
    #[arg(long)]
    script: bool,
    /// Write the addresses into this file as JSON once everything serves
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// A fault that the script must notice
    #[arg(long, hide = true, requires = "script", value_enum)]
    plant: Option<Plant>,
}

/// Faults for the tests of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Plant {
    /// The catcher loses a letter that it has accepted.
    SwallowedMail,
    /// The catcher gets a letter twice.
    DoubledMail,
    /// The one click of the inbox never arrives.
    LostOneClick,
}

/// The demo cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A port is taken.
    #[error(
        "{what} cannot use port {port}: {error}; end the program that has it, or name another one with {flag} (0 = any)"
    )]
    Port {
        /// Who.
        what: &'static str,
        /// Which.
        port: u16,
        /// What changes it.
        flag: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
    /// The folder cannot be used.
    #[error("the demo's folder {} could not be {what}: {error}; name another one with --folder", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What failed.
        what: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
    /// The folder holds something else.
    #[error("{} holds something that is no demo of ours and is left as it is: name an empty folder with --folder", .0.display())]
    Stranger(PathBuf),
    /// The folder is in use.
    #[error("{0}; another demo may be running there")]
    InUse(#[from] FolderError),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The server could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A use case.
    #[error(transparent)]
    App(#[from] volens_app::AppError),
    /// The server's process.
    #[error("the demo's server could not be started: {0}")]
    Spawn(std::io::Error),
    /// The server dies at once.
    #[error("the demo's server ended five times before it served; its words are above. --fresh starts over")]
    Server,
    /// The server was called by hand.
    #[error("this command is started by `volens demo` and does nothing by itself")]
    Alone,
    /// Somebody ended the script before its end.
    #[error("the story was interrupted, so nobody knows whether it would have gone well. Its folder is {}", .0.display())]
    Interrupted(PathBuf),
    /// A page cannot be drawn.
    #[error("a page of the demo cannot be drawn: {0}")]
    Page(#[from] minijinja::Error),
    /// The rest.
    #[error("{0}")]
    Other(String),
}

impl From<DemoError> for Failure {
    fn from(e: DemoError) -> Self {
        let kind = match &e {
            DemoError::Port { .. } | DemoError::InUse(_) => Kind::Busy,
            DemoError::Stranger(_) | DemoError::Folder { .. } | DemoError::Alone => Kind::Usage,
            _ => Kind::Failed,
        };
        Self::new(kind, e.to_string())
    }
}

/// Everything that the parent holds.
pub struct Demo {
    /// The folder.
    pub folder: DemoFolder,
    /// The mails.
    pub catcher: Arc<Catcher>,
    /// The server.
    pub server: Arc<Server>,
    /// Where the home page is.
    pub home: SocketAddr,
    /// A fault that was planted.
    pub plant: Option<Plant>,
    /// How it speaks to whoever started it.
    pub out: Arc<Output>,
}

/// Runs a demo until a signal, or plays the script.
///
/// # Errors
/// When it cannot start, or a step of the script was wrong.
pub async fn run(args: &DemoArgs, out: &Arc<Output>) -> Result<ExitCode, Failure> {
    let _telemetry = crate::telemetry::start("warn");
    let (args, passing) = args.settled();
    let signals = Signals::new().map_err(|e| DemoError::Other(format!("signals: {e}")))?;
    let started = std::time::Instant::now();
    let stage = Stage::open(&args, out).await?;
    let outcome = stage.play(&args, signals, started).await;
    if let (Some(folder), Ok(ExitCode::SUCCESS)) = (&passing, &outcome) {
        let _ = std::fs::remove_dir_all(folder);
    }
    outcome
}

impl DemoArgs {
    /// With what a script needs filled in: a folder of its own that passes, ports that nobody has. The second value is
    /// that folder.
    #[expect(clippy::disallowed_methods, reason = "the script's folder is one of the system's passing ones")]
    fn settled(&self) -> (Self, Option<PathBuf>) {
        let mut args = self.clone();
        if args.script && args.home_port == HOME_PORT {
            args.home_port = 0;
        }
        let passing = (args.script && args.folder.is_none())
            .then(|| std::env::temp_dir().join(format!("volens-demo-{}", std::process::id())));
        if let Some(folder) = &passing {
            args.folder = Some(folder.clone());
        }
        (args, passing)
    }

    fn port(&self, given: Option<u16>, above: u16) -> u16 {
        given.unwrap_or(if self.home_port == 0 { 0 } else { self.home_port.saturating_add(above) })
    }
}

/// The demo with its sockets open.
struct Stage {
    demo: Arc<Demo>,
    smtp: Listener,
    home: TcpListener,
    stop: watch::Sender<bool>,
}

impl Stage {
    async fn open(args: &DemoArgs, out: &Arc<Output>) -> Result<Self, DemoError> {
        let root = args.folder.clone().unwrap_or_else(|| "volens-demo".into());
        let taken = |what, flag, port| move |error| DemoError::Port { what, port, flag, error };
        let home_port = args.home_port;
        let home = TcpListener::bind(("127.0.0.1", home_port)).await.map_err(taken(
            "the home page",
            "--home-port",
            home_port,
        ))?;
        let pages_port = args.port(args.pages_port, 1);
        let pages = std::net::TcpListener::bind(("127.0.0.1", pages_port));
        let pages = pages.map_err(taken("the bakery's site", "--pages-port", pages_port))?;
        let other = |e: std::io::Error| DemoError::Other(e.to_string());
        let addr = pages.local_addr().map_err(other)?;
        let folder = DemoFolder::open(&root, args.fresh, args.people)?;
        let unusable = |error| DemoError::Folder { folder: root.clone(), what: "read", error };
        let catcher = Arc::new(Catcher::open(&folder.mails()).map_err(unusable)?);
        let smtp_port = args.port(args.smtp_port, 2);
        let smtp = catcher::listen(smtp_port, catcher.clone()).await;
        let smtp = smtp.map_err(taken("the mail catcher", "--smtp-port", smtp_port))?;
        folder.configure(&format!("http://{addr}"))?;
        let people = folder.marker.people;
        let teller = out.clone();
        let server = Server::new(Plan {
            root: folder.root().to_owned(),
            pages,
            addr,
            smtp_port: smtp.local_addr().port(),
            people,
            secret: volens_app::contact::hex(&SystemChance.bytes::<16>()),
            told: Box::new(move |n| {
                teller.say(&format!("  {} of {} people", figures::count(n as u64), figures::count(people as u64)));
            }),
        });
        let home_addr = home.local_addr().map_err(other)?;
        let (server, out) = (Arc::new(server), out.clone());
        let demo = Demo { folder, catcher, server, home: home_addr, plant: args.plant, out };
        let (stop, _) = watch::channel(false);
        Ok(Self { demo: Arc::new(demo), smtp, home, stop })
    }

    /// Server, home page, then what was asked for; in the end everything stops, the server first.
    async fn play(
        self,
        args: &DemoArgs,
        mut signals: Signals,
        started: std::time::Instant,
    ) -> Result<ExitCode, Failure> {
        let Self { demo, smtp, home, stop } = self;
        let router = view::router(demo.clone())?;
        let (close_home, home_closed) = watch::channel(false);
        let settings = WebSettings { grace: Duration::from_secs(2), ..WebSettings::default() };
        let pages = tokio::spawn(volens_web::serve(home, router, settings, home_closed));
        if demo.folder.is_new {
            demo.out.say(&format!("Making the bakery in {}", demo.folder.root().display()));
        }
        let mut keeper = tokio::spawn(demo.server.clone().keep(stop.subscribe()));
        let outcome = tokio::select! {
            early = &mut keeper => Err(ended(early)),
            () = signals.any() => match args.script {
                true => Err(DemoError::Interrupted(demo.folder.root().to_owned()).into()),
                false => Ok(ExitCode::SUCCESS),
            },
            outcome = perform(&demo, args, started) => outcome,
        };
        let outcome = match outcome {
            Ok(_) if !args.script && !keeper.is_finished() => wait(&demo.out, &mut keeper, &mut signals).await,
            other => other,
        };
        let _ = stop.send(true);
        if !keeper.is_finished() {
            let _ = keeper.await;
        }
        let _ = close_home.send(true);
        let _ = pages.await;
        let _ = tokio::time::timeout(Duration::from_secs(2), smtp.close()).await;
        outcome
    }
}

/// Until the server cannot be kept alive, or a signal.
async fn wait(
    out: &Output,
    keeper: &mut JoinHandle<Result<(), DemoError>>,
    signals: &mut Signals,
) -> Result<ExitCode, Failure> {
    if signals.came {
        return Ok(ExitCode::SUCCESS);
    }
    tokio::select! {
        early = keeper => Err(ended(early)),
        () = signals.any() => {
            out.say("Stopping. The next start goes on from here.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn ended(early: Result<Result<(), DemoError>, tokio::task::JoinError>) -> Failure {
    match early {
        Ok(Err(e)) => e.into(),
        _ => DemoError::Server.into(),
    }
}

/// Waits until the server serves, says where everything is, plays the script if there is one.
async fn perform(demo: &Arc<Demo>, args: &DemoArgs, started: std::time::Instant) -> Result<ExitCode, Failure> {
    let until = tokio::time::Instant::now() + START;
    while demo.server.intake().is_none() {
        if tokio::time::Instant::now() > until {
            return Err(DemoError::Other("the demo's server does not serve after three minutes".into()).into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if args.script {
        return Ok(script::play(demo).await);
    }
    welcome(demo, started.elapsed());
    if let Some(file) = &args.ready_file {
        ready(demo, file).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn welcome(demo: &Demo, took: Duration) {
    let (home, pages) = (demo.home, demo.server.addr());
    let root = demo.folder.root();
    let config = root.join(crate::config::FILE);
    let places = [
        ("home", "Home page", format!("http://{home}/")),
        ("form", "Sign-up form", format!("http://{pages}/f/{}", seed::FORM)),
        ("inbox", "Inbox", format!("http://{home}/inbox")),
        ("folder", "Folder", root.display().to_string()),
        ("config", "Commands", config.display().to_string()),
    ];
    let mut answer: serde_json::Map<String, Value> = places.iter().map(|p| (p.0.into(), p.2.as_str().into())).collect();
    answer.insert("seconds".into(), took.as_secs_f64().into());
    demo.out.answer(&Value::Object(answer), |out| {
        out.say(&format!("Nordic Bakery is open ({:.1} s).\n", took.as_secs_f64()));
        for (key, what, place) in &places {
            let place = match *key {
                "config" => format!("volens --config {place} campaign status"),
                _ => place.clone(),
            };
            out.say(&format!("  {what:<13} {place}"));
        }
        out.say("\nNo mail leaves this machine. Ctrl-C stops; the next start goes on from there; --fresh starts over.");
    });
}

/// Writes the addresses down, for browser tests: under another name first, so that nobody reads half of it.
async fn ready(demo: &Demo, file: &std::path::Path) -> Result<(), Failure> {
    let home = format!("http://{}", demo.home);
    let mut pages: Vec<serde_json::Value> =
        demo.server.api(Ask::get("/demo/api/pages")).await.map_err(DemoError::Other)?;
    let number = script::one_mail(demo).await.map_err(DemoError::Other)?;
    for (name, path) in [("demo-home", "?still=1"), ("demo-live", "live?still=1"), ("demo-inbox", "inbox")] {
        pages.push(json!({ "name": name, "url": format!("{home}/{path}") }));
    }
    pages.push(json!({ "name": "demo-mail", "url": format!("{home}/inbox/{number}") }));
    let person = format!("{home}/people?address={}", client::encode(people::READER.1));
    pages.push(json!({ "name": "demo-person", "url": person }));
    let text = json!({ "url": home, "pages": pages }).to_string();
    let draft = file.with_extension("part");
    let written = std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, file));
    written.map_err(|e| DemoError::Other(format!("{} could not be written: {e}", file.display())).into())
}

/// Ctrl-C and the polite end.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    came: bool,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, came: false })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        self.came = true;
    }
}
