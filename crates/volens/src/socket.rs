//! The socket of the data folder: commands beside a running process are carried out by it (DESIGN 10).
//!
//! A line of JSON for a request, lines of JSON back: progress, and at last the answer or the failure. Only the user that
//! the process runs as, and root, are answered.

use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use volens_app::App;
use volens_core::Randomness;

use crate::clock::SystemChance;
use crate::dispatch::{self, Sending};
use crate::folder::{FolderLock, Owner};
use crate::request::{Failure, Kind, Line, Request};

/// The socket's name in the data folder.
const NAME: &str = "volens.sock";
/// A longer path does not fit into the address of a Unix socket.
const PATH_MAX: usize = 107;
/// Bytes of one request.
const REQUEST_MAX: u64 = 32 * 1024 * 1024;
/// Lines of progress that may wait for a slow reader; further ones are left out.
const PROGRESS: usize = 16;

/// A listening socket.
pub struct Socket {
    path: PathBuf,
    /// A folder made for the socket alone.
    made: Option<PathBuf>,
    task: JoinHandle<()>,
}

impl Socket {
    /// Listens in the folder that `lock` owns, or elsewhere when its path is too long, and says where in the lock file.
    /// `runtime` is where such a socket goes.
    ///
    /// # Errors
    /// When the file system says no.
    pub fn open(
        lock: &mut FolderLock,
        runtime: &Path,
        app: Arc<App>,
        sending: Sending,
        stopped: watch::Receiver<bool>,
    ) -> io::Result<Self> {
        let (path, made) = place(&lock.folder().canonicalize()?, runtime)?;
        // We own the folder: what lies there was left by a process that is gone.
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let own = UnixStream::pair()?.0.peer_cred()?.uid();
        lock.say(&Owner { pid: std::process::id(), socket: path.clone() })?;
        let task = tokio::spawn(accept(listener, own, (app, sending), stopped));
        Ok(Self { path, made, task })
    }

    /// Waits until the requests under way are answered; the process has been told to stop.
    pub async fn ended(self) {
        let _ = self.task.await;
        let _ = std::fs::remove_file(&self.path);
        if let Some(folder) = &self.made {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Where the socket goes, and the folder that was made for it.
fn place(folder: &Path, runtime: &Path) -> io::Result<(PathBuf, Option<PathBuf>)> {
    let path = folder.join(NAME);
    if path.as_os_str().len() <= PATH_MAX {
        return Ok((path, None));
    }
    let chance = u64::from_be_bytes(SystemChance.bytes());
    for base in [runtime, Path::new("/tmp")] {
        let made = base.join(format!("volens-{chance:016x}"));
        let path = made.join(NAME);
        if path.as_os_str().len() > PATH_MAX {
            continue;
        }
        // Fails if it is there already: nobody can have put it there for us.
        if std::fs::DirBuilder::new().mode(0o700).create(&made).is_ok() {
            return Ok((path, Some(made)));
        }
    }
    Err(io::Error::other("no place with a short enough path was found for the socket"))
}

/// Whether a peer may ask: our own user, or root.
fn may_ask(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

/// What requests are carried out with.
type Desk = (Arc<App>, Sending);

async fn accept(listener: UnixListener, own: u32, desk: Desk, mut stopped: watch::Receiver<bool>) {
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let peer = stream.peer_cred().map(|c| c.uid());
        if !peer.as_ref().is_ok_and(|uid| may_ask(*uid, own)) {
            tracing::warn!(uid = peer.ok(), "a user who may not was at the socket");
            continue;
        }
        open.spawn(serve(stream, desk.clone(), stopped.clone()));
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// Answers one client, request by request, until it goes or the process stops.
async fn serve(stream: UnixStream, desk: Desk, mut stopped: watch::Receiver<bool>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut reader).take(REQUEST_MAX);
        let read = tokio::select! {
            read = limited.read_until(b'\n', &mut line) => read,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        if !matches!(read, Ok(n) if n > 0) || line.last() != Some(&b'\n') {
            return;
        }
        let last = match serde_json::from_slice::<Request>(&line) {
            Ok(request) => carry_out(&desk, request, &mut reader, &mut writer).await,
            Err(e) => {
                let version = env!("CARGO_PKG_VERSION");
                let message = format!("the running Volens {version} does not know this request ({e}): restart it");
                Some(Line::Failed(Failure::new(Kind::Failed, message)))
            }
        };
        let Some(last) = last else { return };
        if say(&mut writer, &last).await.is_err() {
            return;
        }
    }
}

/// `None` when the client went away: then the work is left, which harms nothing.
async fn carry_out(
    (app, sending): &Desk,
    request: Request,
    reader: &mut BufReader<OwnedReadHalf>,
    writer: &mut OwnedWriteHalf,
) -> Option<Line> {
    let (progress, mut told) = mpsc::channel(PROGRESS);
    let tell = move |p| drop(progress.try_send(p));
    let work = dispatch::run(app, *sending, request, &tell);
    let mut work = std::pin::pin!(work);
    let mut watching = true;
    loop {
        tokio::select! {
            biased;
            answer = &mut work => {
                return Some(answer.map_or_else(Line::Failed, Line::Done));
            }
            Some(p) = told.recv() => say(writer, &Line::Progress(p)).await.ok()?,
            seen = reader.fill_buf(), if watching => match seen {
                Ok([]) | Err(_) => return None,
                Ok(_) => watching = false,
            },
        }
    }
}

async fn say(writer: &mut OwnedWriteHalf, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    writer.write_all(&text).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_and_root_may_ask() {
        assert!(may_ask(1000, 1000) && may_ask(0, 1000) && may_ask(0, 0));
        assert!(!may_ask(1001, 1000) && !may_ask(1000, 0));
    }

    #[test]
    fn a_long_path_finds_a_short_one() {
        let runtime = tempfile::tempdir().unwrap();
        let (path, made) = place(Path::new("/srv/volens/data"), runtime.path()).unwrap();
        assert_eq!((path.as_path(), made), (Path::new("/srv/volens/data/volens.sock"), None));
        let long = Path::new("/srv").join("x".repeat(120));
        let (path, made) = place(&long, runtime.path()).unwrap();
        let made = made.unwrap();
        assert!(path.starts_with(runtime.path()) && path.as_os_str().len() <= PATH_MAX);
        assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
        // Even the runtime folder may be too long: then /tmp.
        let (path, made) = place(&long, &long).unwrap();
        assert!(path.starts_with("/tmp"));
        std::fs::remove_dir(made.unwrap()).unwrap();
    }
}
