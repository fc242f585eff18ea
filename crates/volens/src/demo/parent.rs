//! Keeps the demo's server alive, kills it when somebody pulls the plug, and remembers what was found afterwards.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Notify, watch};
use volens_core::Micros;
use volens_core::clock::Clock;

use super::api::SECRET;
use super::client::{Answer, Ask, ClientError, ask};
use super::figures::{Found, Scene, Word};
use super::{DemoError, SECRET_VARIABLE};
use crate::clock::SystemClock;

/// How long the server may take to end.
const GRACE: Duration = Duration::from_secs(35);
/// How long a figure may take: the page comes every two seconds.
const FIGURE: Duration = Duration::from_millis(1_500);
/// How long a press may take: it waits for a server that is being restarted.
const PRESS: Duration = Duration::from_secs(15);
/// Starts in a row that end before the server serves.
const TRIES: u32 = 5;

/// How to start the server.
pub struct Plan {
    /// The demo's folder.
    pub root: PathBuf,
    /// The socket of the pages.
    pub pages: std::net::TcpListener,
    /// Where the pages are.
    pub addr: SocketAddr,
    /// The port of the catcher.
    pub smtp_port: u16,
    /// How many people to make.
    pub people: usize,
    /// Opens the server's own routes.
    pub secret: String,
    /// Told how many people are in.
    pub told: Box<dyn Fn(usize) + Send + Sync>,
}

/// The server died and came back.
#[derive(Clone, Debug)]
pub struct Plug {
    /// When it died.
    pub at: Micros,
    /// Somebody pulled the plug; otherwise it died by itself.
    pub pulled: bool,
    /// How long it was away.
    pub away: Duration,
    /// What was on its way.
    pub found: Vec<Found>,
}

/// The server did not do what it was asked.
#[derive(Clone, Debug)]
pub struct No {
    /// What it answered with; `None` = nobody answered.
    pub status: Option<u16>,
    /// Why.
    pub words: String,
}

#[derive(Default)]
struct State {
    intake: Option<u16>,
    plugs: Vec<Plug>,
    died: Option<(Micros, Instant, bool)>,
    scene: Scene,
}

/// The server as the parent sees it.
pub struct Server {
    plan: Plan,
    state: Mutex<State>,
    pull: Notify,
}

impl Server {
    /// Not started yet.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self { plan, state: Mutex::default(), pull: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the pages are.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.plan.addr
    }

    /// The port that takes withdrawals by mail, while the server is up.
    #[must_use]
    pub fn intake(&self) -> Option<u16> {
        self.state().intake
    }

    /// Every death so far, oldest first.
    #[must_use]
    pub fn plugs(&self) -> Vec<Plug> {
        self.state().plugs.clone()
    }

    /// Kills the server with SIGKILL; `false` when it is down already.
    pub fn pull_the_plug(&self) -> bool {
        let up = self.intake().is_some();
        if up {
            self.pull.notify_one();
        }
        up
    }

    /// Keeps a server running until `stopped`, then ends it in order.
    ///
    /// # Errors
    /// When it cannot be started, or dies again and again before it serves.
    pub async fn keep(self: Arc<Self>, mut stopped: watch::Receiver<bool>) -> Result<(), DemoError> {
        let mut failures = 0;
        while !*stopped.borrow() {
            let (mut child, mut lines) = self.spawn()?;
            let served = self.live(&mut child, &mut lines, &mut stopped).await;
            if *stopped.borrow() {
                return Ok(());
            }
            failures = if served { 0 } else { failures + 1 };
            if failures == TRIES {
                return Err(DemoError::Server);
            }
            tokio::time::sleep(Duration::from_millis(if served { 100 } else { 1_000 })).await;
        }
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the demo's server is this same program")]
    fn spawn(&self) -> Result<(Child, BufReader<ChildStdout>), DemoError> {
        let failed = DemoError::Spawn;
        let socket: OwnedFd = self.plan.pages.try_clone().map_err(failed)?.into();
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.arg("demo-server").arg("--folder").arg(&self.plan.root);
        command.arg("--smtp-port").arg(self.plan.smtp_port.to_string());
        command.arg("--people").arg(self.plan.people.to_string());
        command.env(SECRET_VARIABLE, &self.plan.secret);
        // A group of its own: Ctrl-C is for the parent, who ends it in order.
        command.stdin(Stdio::from(socket)).stdout(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut child = command.spawn().map_err(failed)?;
        let out = child.stdout.take().ok_or_else(|| failed(std::io::Error::other("it has no output")))?;
        Ok((child, BufReader::new(out)))
    }

    /// One life of the server. Whether it served.
    async fn live(
        &self,
        child: &mut Child,
        lines: &mut BufReader<ChildStdout>,
        stopped: &mut watch::Receiver<bool>,
    ) -> bool {
        let mut served = false;
        loop {
            let mut line = String::new();
            tokio::select! {
                read = lines.read_line(&mut line) => match read {
                    Ok(n) if n > 0 => served |= self.heard(&line),
                    _ => {
                        let _ = child.wait().await;
                        self.down(false);
                        return served;
                    }
                },
                () = self.pull.notified() => {
                    let _ = child.start_kill();
                    let _ = child.wait().await;
                    self.down(true);
                    return served;
                }
                () = ended(stopped) => {
                    self.end(child, served).await;
                    return served;
                }
            }
        }
    }

    /// A line from the server: `true` when it serves now.
    fn heard(&self, line: &str) -> bool {
        match serde_json::from_str(line) {
            Ok(Word::Seeded(n)) => (self.plan.told)(n),
            Ok(Word::Serving { intake, found }) => {
                let mut state = self.state();
                state.intake = Some(intake);
                if let Some((at, since, pulled)) = state.died.take() {
                    state.plugs.push(Plug { at, pulled, away: since.elapsed(), found });
                }
                return true;
            }
            Err(_) => tracing::debug!("the server said something else"),
        }
        false
    }

    fn down(&self, pulled: bool) {
        let mut state = self.state();
        state.intake = None;
        state.died.get_or_insert((SystemClock.now(), Instant::now(), pulled));
    }

    async fn end(&self, child: &mut Child, served: bool) {
        if served {
            let _ = self.call(Ask::post("/demo/api/stop", ""), FIGURE).await;
            let _ = tokio::time::timeout(GRACE, child.wait()).await;
        }
        let _ = child.start_kill();
        let _ = child.wait().await;
    }

    async fn call(&self, request: Ask<'_>, limit: Duration) -> Result<Answer, ClientError> {
        ask(self.plan.addr, request.with(SECRET, self.plan.secret.as_str()), limit).await
    }

    /// Asks the server's own routes.
    ///
    /// # Errors
    /// What the server said, in words.
    pub async fn api<T: DeserializeOwned>(&self, request: Ask<'_>) -> Result<T, String> {
        self.asked(request).await.map_err(|no| no.words)
    }

    /// The same, for whoever wants to know what kind of no it was.
    ///
    /// # Errors
    /// What the server said, and its status.
    pub async fn asked<T: DeserializeOwned>(&self, request: Ask<'_>) -> Result<T, No> {
        let answer = self.call(request, PRESS).await.map_err(|e| No { status: None, words: e.to_string() })?;
        let no = |words| No { status: Some(answer.status), words };
        if answer.status == 200 {
            return serde_json::from_slice(&answer.body).map_err(|e| no(e.to_string()));
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Err(no(said["error"].as_str().map_or_else(|| format!("status {}", answer.status), str::to_owned)))
    }

    /// The figures: those of now, or the last ones and `false` while the server is down.
    pub async fn scene(&self) -> (Scene, bool) {
        if self.intake().is_some()
            && let Ok(answer) = self.call(Ask::get("/demo/api/scene"), FIGURE).await
            && let Ok(scene) = serde_json::from_slice::<Scene>(&answer.body)
        {
            self.state().scene = scene.clone();
            return (scene, true);
        }
        (self.state().scene.clone(), false)
    }
}

/// Waits until the demo is told to end.
async fn ended(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await.is_ok();
}
