//! One serving process: database, application, loops, sending, intake, pages, socket; started and stopped in order.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use volens_app::delivery::{Health, Sending};
use volens_app::{App, AppError, AppSettings};
use volens_core::keys::MasterKey;
use volens_store::account::Node;
use volens_store::{Db, DbConfig, Store, StoreError};
use volens_wire::{Listener, RelayConfig};

use crate::clock::{SystemChance, SystemClock};
use crate::dispatch;
use crate::environment::runtime_folder;
use crate::folder::{FolderError, FolderLock};
use crate::http::Http;
pub use crate::http::HttpSetup;
use crate::intake::{self, IntakeSetup};
use crate::socket::Socket;

/// How often workspaces, forms and texts are read again, for what other processes added.
const RELOAD: Duration = Duration::from_secs(5);
/// How long clients of the intake may hold up the end.
const INTAKE_GRACE: Duration = Duration::from_secs(30);

/// How far clocks of nodes may be apart (DESIGN 5).
const MAX_SKEW: Duration = Duration::from_secs(2);
/// How long to wait for a command that has the data folder for a moment.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a process serves.
pub struct Setup {
    /// The database.
    pub db: DbConfig,
    /// The key that the database was made with.
    pub master: MasterKey,
    /// What use cases need to know.
    pub settings: AppSettings,
    /// The name of this node: one running process a name.
    pub node: String,
    /// The data folder that this process owns while it runs (SQLite); commands find it over the socket in there.
    pub folder: Option<PathBuf>,
    /// Where mail is handed over; without it nothing is sent and everything waits.
    pub relay: Option<RelayConfig>,
    /// Takes withdrawals by mail.
    pub intake: Option<IntakeSetup>,
    /// Serves pages.
    pub http: Option<HttpSetup>,
}

/// A process could not be started; nothing runs.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Database, key or settings.
    #[error(transparent)]
    App(#[from] AppError),
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A port.
    #[error(
        "{what} cannot listen on {addr}: {error}; end the program that uses this port, or set another one with {remedy}"
    )]
    Listen {
        /// Who.
        what: &'static str,
        /// Where.
        addr: SocketAddr,
        /// Flag or key that changes it.
        remedy: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
    /// This machine's clock is not that of the database server: leases of several nodes would not agree.
    #[error(
        "this machine's clock differs from the database server's by {seconds:.1} s and leases allow {max} s: let both \
         keep time (chrony, systemd-timesyncd), then start again", max = MAX_SKEW.as_secs()
    )]
    Skew {
        /// How much it is ahead.
        seconds: f64,
    },
    /// The socket for commands.
    #[error("the socket for commands cannot be opened: {0}")]
    Socket(std::io::Error),
}

impl From<StoreError> for StartError {
    fn from(e: StoreError) -> Self {
        Self::App(e.into())
    }
}

/// Binds a port for pages; `remedy` is the flag or key that names another.
///
/// # Errors
/// [`StartError::Listen`] with that remedy.
pub async fn bind(addr: SocketAddr, remedy: &'static str) -> Result<TcpListener, StartError> {
    let listen = |error| StartError::Listen { what: "the web server", addr, remedy, error };
    TcpListener::bind(addr).await.map_err(listen)
}

/// Opens database and application, without loops: what a command beside nothing works with.
///
/// # Errors
/// When the database cannot be reached or is newer, or the key is not its own.
pub async fn open(db: DbConfig, master: &MasterKey, settings: AppSettings) -> Result<Arc<App>, StartError> {
    let db = Db::open(db).await.map_err(AppError::from)?;
    let store = Store::open(db).await?;
    Ok(App::open(store, master, settings, Arc::new(SystemClock), Arc::new(SystemChance)).await?)
}

/// A running process.
pub struct Running {
    app: Arc<App>,
    node: Node,
    stop: watch::Sender<bool>,
    loops: Vec<JoinHandle<()>>,
    sending: Option<Sending>,
    intake: Option<Listener>,
    http: Option<Http>,
    socket: Option<Socket>,
    lock: Option<FolderLock>,
}

impl Running {
    /// Starts everything. What an earlier life of this node was sending when it died is accounted for first.
    ///
    /// # Errors
    /// [`StartError`], each with its remedy; nothing runs then.
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let mut lock = match &setup.folder {
            Some(folder) => Some(FolderLock::take_patiently(folder, PATIENCE).await?),
            None => None,
        };
        let app = open(setup.db, &setup.master, setup.settings).await?;
        check_clock(&app).await?;
        let node = app.store.start_node(&setup.node, env!("CARGO_PKG_VERSION"), app.now()).await?;
        let (stop, _) = watch::channel(false);
        let sends = if setup.relay.is_some() { dispatch::Sending::Yes } else { dispatch::Sending::No };
        let socket = match &mut lock {
            Some(lock) => {
                let opened = Socket::open(lock, &runtime_folder(), app.clone(), sends, stop.subscribe());
                Some(opened.map_err(StartError::Socket)?)
            }
            None => None,
        };
        let loops = Vec::new();
        let mut this = Self { app, node, stop, loops, sending: None, intake: None, http: None, socket, lock };
        let started = this.start_parts(setup.relay, setup.intake, setup.http).await;
        match started {
            Ok(()) => Ok(this),
            Err(e) => {
                this.stop().await;
                Err(e)
            }
        }
    }

    async fn start_parts(
        &mut self,
        relay: Option<RelayConfig>,
        intake: Option<IntakeSetup>,
        http: Option<HttpSetup>,
    ) -> Result<(), StartError> {
        if let Some(setup) = intake {
            let listen =
                |error| StartError::Listen { what: "the intake", addr: setup.listen, remedy: "intake.listen", error };
            self.intake = Some(intake::listen(&setup, self.app.clone()).await.map_err(listen)?);
        }
        if let Some(relay) = relay {
            self.sending = Some(Sending::start(self.app.clone(), self.node, relay).await?);
        }
        let app = self.app.clone();
        self.spawn(app.clone().take_up_loop(self.stop.subscribe()));
        self.spawn(app.clone().plan_loop(self.stop.subscribe()));
        self.spawn(reload_loop(app.clone(), self.stop.subscribe()));
        if let Some(http) = http {
            self.http = Some(Http::start(app, http, self.stop.subscribe())?);
        }
        Ok(())
    }

    fn spawn(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.loops.push(tokio::spawn(work));
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// This process as the database knows it.
    #[must_use]
    pub fn node(&self) -> Node {
        self.node
    }

    /// Where pages are served.
    #[must_use]
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(Http::addr)
    }

    /// Where withdrawals by mail are taken.
    #[must_use]
    pub fn intake_addr(&self) -> Option<SocketAddr> {
        self.intake.as_ref().map(Listener::local_addr)
    }

    /// How the relay fares; `None` when nothing is sent.
    #[must_use]
    pub fn relay_health(&self) -> Option<Health> {
        self.sending.as_ref().map(Sending::health)
    }

    /// Takes no new requests and marks no new mail, waits up to 30 s for open SMTP replies, writes the results, gives
    /// the leases back, closes the database. Drop the future to end at once: what is on its way is then unknown.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let http = async {
            if let Some(http) = self.http {
                http.ended().await;
            }
        };
        let intake = async {
            if let Some(intake) = self.intake {
                let _ = tokio::time::timeout(INTAKE_GRACE, intake.close()).await;
            }
        };
        let sending = async {
            if let Some(sending) = self.sending {
                sending.stop().await;
            }
        };
        let loops = async {
            for task in self.loops {
                let _ = task.await;
            }
        };
        let socket = async {
            if let Some(socket) = self.socket {
                socket.ended().await;
            }
        };
        tokio::join!(http, intake, sending, loops, socket);
        self.app.store.db().close().await;
        drop(self.lock);
    }
}

/// Refuses to run on a clock that leases of other nodes would not agree with.
async fn check_clock(app: &App) -> Result<(), StartError> {
    let about = app.store.db().about().await.map_err(AppError::from)?;
    let Some(server) = about.now else { return Ok(()) };
    let ahead = app.now().0 - server;
    if ahead.unsigned_abs() > MAX_SKEW.as_micros() as u64 {
        return Err(StartError::Skew { seconds: ahead as f64 / 1e6 });
    }
    Ok(())
}

/// Reads again what other processes may have added.
async fn reload_loop(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(RELOAD) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        if let Err(e) = app.reload().await {
            tracing::warn!(error = %e, "workspaces could not be read again");
        }
    }
}
