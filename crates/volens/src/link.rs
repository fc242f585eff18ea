//! From a command to whoever carries it out: the process that owns the data folder, or this one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::Instant;
use volens_app::App;
use volens_store::DbConfig;

use crate::config::Config;
use crate::dispatch::{self, Sending, Told};
use crate::folder::{self, FolderError, FolderLock};
use crate::request::{Failure, Kind, Line, Request};
use crate::runtime;

/// How long a command waits for another command that has the folder.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who carries requests out.
pub enum Link {
    /// This process, with the folder's lock on SQLite.
    Here(Arc<App>, Option<FolderLock>),
    /// The process that owns the folder.
    There(BufReader<OwnedReadHalf>, OwnedWriteHalf),
}

impl Link {
    /// Finds out who does it. On PostgreSQL always this process: one more node, without loops.
    ///
    /// # Errors
    /// When folder, key or database cannot be had.
    pub async fn open(config: &Config) -> Result<Self, Failure> {
        let DbConfig::Sqlite(_) = &config.db else { return Ok(Self::Here(here(config).await?, None)) };
        if !config.folder.is_dir() {
            let folder = config.folder.display();
            let message = format!("there is no data folder at {folder}: `volens init` makes one, or mend data.folder");
            return Err(Failure::new(Kind::Usage, message));
        }
        let until = Instant::now() + PATIENCE;
        loop {
            match FolderLock::take(&config.folder) {
                Ok(mut lock) => {
                    lock.say_nothing().map_err(|e| Failure::new(Kind::Failed, e.to_string()))?;
                    return Ok(Self::Here(here(config).await?, Some(lock)));
                }
                Err(e @ FolderError::Io { .. }) => return Err(Failure::new(Kind::Usage, e.to_string())),
                Err(e @ FolderError::Owned { .. }) => {
                    if let Some(stream) = there(&config.folder).await {
                        let (reader, writer) = stream.into_split();
                        return Ok(Self::There(BufReader::new(reader), writer));
                    }
                    // Another command, or a process that is starting or stopping: a moment.
                    if Instant::now() > until {
                        return Err(Failure::new(Kind::Busy, e.to_string()));
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Whether a running process carries it out.
    #[must_use]
    pub fn is_there(&self) -> bool {
        matches!(self, Self::There(..))
    }

    /// Has one request carried out.
    ///
    /// # Errors
    /// What happened, why, and what to do.
    pub async fn ask(&mut self, request: Request, told: Told<'_>) -> Result<Value, Failure> {
        match self {
            // With the folder in hand nobody else sends.
            Self::Here(app, Some(_)) => dispatch::run(app, Sending::No, request, told).await,
            Self::Here(app, None) => dispatch::run(app, Sending::Elsewhere, request, told).await,
            Self::There(reader, writer) => over(reader, writer, &request, told).await,
        }
    }

    /// Ends it; what was written is on disk.
    pub async fn close(self) {
        if let Self::Here(app, lock) = self {
            app.store.db().close().await;
            drop(lock);
        }
    }
}

async fn here(config: &Config) -> Result<Arc<App>, Failure> {
    let master = config.key.read()?;
    Ok(runtime::open(config.db.clone(), &master, config.settings.clone()).await?)
}

async fn there(folder: &Path) -> Option<UnixStream> {
    UnixStream::connect(folder::owner(folder)?.socket).await.ok()
}

async fn over(
    reader: &mut BufReader<OwnedReadHalf>,
    writer: &mut OwnedWriteHalf,
    request: &Request,
    told: Told<'_>,
) -> Result<Value, Failure> {
    let gone = || Failure::new(Kind::Busy, "the running Volens has stopped meanwhile: ask again");
    let mut text = serde_json::to_vec(request).map_err(|e| Failure::new(Kind::Failed, e.to_string()))?;
    text.push(b'\n');
    writer.write_all(&text).await.map_err(|_| gone())?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await.map_err(|_| gone())? == 0 {
            return Err(gone());
        }
        match serde_json::from_str(&line) {
            Ok(Line::Progress(p)) => told(p),
            Ok(Line::Done(answer)) => return Ok(answer),
            Ok(Line::Failed(failure)) => return Err(failure),
            Err(e) => {
                let message = format!("the running Volens answered what this one cannot read ({e}): restart it");
                return Err(Failure::new(Kind::Failed, message));
            }
        }
    }
}
