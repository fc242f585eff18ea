//! The data folder has one owner: whoever holds the lock on `volens.lock` (DESIGN 10).

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The file that is locked; it names the owner and its socket.
pub const LOCK: &str = "volens.lock";

/// What the owner has written into the lock file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its process.
    pub pid: u32,
    /// Where it takes requests.
    pub socket: PathBuf,
}

/// The lock of a data folder; given back when dropped, and by the system when the process dies.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
    folder: PathBuf,
}

/// The folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process owns it.
    #[error(
        "the data folder {} is in use by another process{}: stop that one first, or give this one a folder of its own",
        folder.display(), pid.map(|p| format!(" (number {p})")).unwrap_or_default()
    )]
    Owned {
        /// The folder.
        folder: PathBuf,
        /// The owner, if it has said so.
        pid: Option<u32>,
    },
    /// The file system says no.
    #[error("the data folder {} cannot be used: {error}; check that it exists and that this user may write in it", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What it says.
        error: std::io::Error,
    },
}

impl FolderLock {
    /// Takes the folder, or says who has it.
    ///
    /// # Errors
    /// [`FolderError::Owned`] when another process holds it.
    pub fn take(folder: &Path) -> Result<Self, FolderError> {
        let io = |error| FolderError::Io { folder: folder.to_owned(), error };
        let path = folder.join(LOCK);
        let file = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = file.map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, folder: folder.to_owned() }),
            Err(TryLockError::WouldBlock) => {
                let pid = owner(folder).map(|o| o.pid);
                Err(FolderError::Owned { folder: folder.to_owned(), pid })
            }
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }

    /// The same, but waits for a command that has the folder for a moment. A process that takes requests is not waited
    /// for.
    ///
    /// # Errors
    /// [`FolderError::Owned`] when another process holds it.
    pub async fn take_patiently(folder: &Path, patience: Duration) -> Result<Self, FolderError> {
        let until = tokio::time::Instant::now() + patience;
        loop {
            match Self::take(folder) {
                Err(FolderError::Owned { .. }) if owner(folder).is_none() && tokio::time::Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                result => return result,
            }
        }
    }

    /// Takes out what an earlier owner wrote: a command takes no requests.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn say_nothing(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes down who owns the folder and where it takes requests.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn say(&mut self, owner: &Owner) -> std::io::Result<()> {
        let text = serde_json::to_string(owner)?;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

/// Closing the file alone would not do at once: a child that is just being started may hold it for a moment.
impl Drop for FolderLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// What the lock file of a folder says. It may be left over from a process that is gone: only the lock counts.
#[must_use]
pub fn owner(folder: &Path) -> Option<Owner> {
    let mut text = String::new();
    File::open(folder.join(LOCK)).ok()?.take(64 * 1024).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_owner_at_a_time_and_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = FolderLock::take(folder.path()).unwrap();
        lock.say(&Owner { pid: 4711, socket: "/tmp/a-long-name-of-a-socket".into() }).unwrap();
        lock.say(&Owner { pid: 42, socket: "/s".into() }).unwrap();
        assert_eq!(owner(folder.path()), Some(Owner { pid: 42, socket: "/s".into() }));
        let error = FolderLock::take(folder.path()).unwrap_err();
        assert!(matches!(error, FolderError::Owned { pid: Some(42), .. }), "{error}");
        drop(lock);
        FolderLock::take(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = FolderLock::take(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
