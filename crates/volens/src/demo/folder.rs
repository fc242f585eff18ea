//! The demo's folder: database, key, mails, and a configuration by which commands find the running demo.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use volens_core::keys::MasterKey;

use super::DemoError;
use crate::clock::SystemChance;
use crate::folder::{FolderLock, LOCK};
use crate::master;

/// Says that a folder is a demo's: only such a one is ever emptied.
const MARKER: &str = "volens-demo.json";

/// What the marker says.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Marker {
    /// The version of this document.
    pub schema: u8,
    /// How many people live in it.
    pub people: usize,
}

/// A demo's folder, held by this process.
#[derive(Debug)]
pub struct DemoFolder {
    root: PathBuf,
    _lock: FolderLock,
    /// What its marker says.
    pub marker: Marker,
    /// It was made or emptied just now.
    pub is_new: bool,
}

impl DemoFolder {
    /// Opens or makes the folder; `fresh` empties it first.
    ///
    /// # Errors
    /// When it holds something else, is in use, or cannot be written.
    pub fn open(root: &Path, fresh: bool, people: usize) -> Result<Self, DemoError> {
        let io = |what| move |error| DemoError::Folder { folder: root.to_owned(), what, error };
        std::fs::create_dir_all(root).map_err(io("made"))?;
        let marker = root.join(MARKER);
        let stranger = !marker.exists() && holds_something(root).map_err(io("read"))?;
        if stranger {
            return Err(DemoError::Stranger(root.to_owned()));
        }
        let root = root.canonicalize().map_err(io("found"))?;
        let lock = FolderLock::take(&root)?;
        let io = |what| {
            let folder = root.clone();
            move |error| DemoError::Folder { folder, what, error }
        };
        if fresh {
            empty(&root).map_err(io("emptied"))?;
        }
        let known = std::fs::read(root.join(MARKER)).ok().and_then(|m| serde_json::from_slice(&m).ok());
        let is_new = known.is_none();
        let marker = known.unwrap_or(Marker { schema: 1, people });
        if is_new {
            let text = serde_json::to_vec(&marker).unwrap_or_default();
            std::fs::write(root.join(MARKER), text).map_err(io("written"))?;
        }
        let this = Self { root, _lock: lock, marker, is_new };
        if !this.key_file().exists() {
            master::write(&this.key_file(), &MasterKey::generate(&SystemChance))?;
        }
        Ok(this)
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything that was mailed.
    #[must_use]
    pub fn mails(&self) -> PathBuf {
        self.root.join("mails")
    }

    fn key_file(&self) -> PathBuf {
        key_file(&self.root)
    }

    /// Writes the configuration by which `volens --config FILE` finds this demo.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn configure(&self, pages: &str) -> Result<PathBuf, DemoError> {
        let file = self.root.join(crate::config::FILE);
        let text = format!(
            "# Written by `volens demo` at each start, for commands beside it: volens --config {} contact show ...\n\
             base_url = \"{pages}\"\nmail_host = \"{}\"\n\n[data]\nfolder = \"data\"\n\n[key]\nfile = \"volens.key\"\n",
            file.display(),
            super::MAIL_HOST,
        );
        let failed = |error| DemoError::Folder { folder: self.root.clone(), what: "written", error };
        std::fs::write(&file, text).map_err(failed)?;
        Ok(file)
    }
}

/// The data folder of a demo, which its server owns.
#[must_use]
pub fn data(root: &Path) -> PathBuf {
    root.join("data")
}

/// Where the people are made before they count: a start that was cut off begins anew.
#[must_use]
pub fn half_made(root: &Path) -> PathBuf {
    root.join("data.new")
}

/// The master key.
#[must_use]
pub fn key_file(root: &Path) -> PathBuf {
    root.join("volens.key")
}

fn holds_something(root: &Path) -> std::io::Result<bool> {
    Ok(std::fs::read_dir(root)?.next().is_some())
}

/// Takes out everything but the lock that is held.
fn empty(root: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_demos_folder_is_emptied_and_only_when_asked() {
        let home = tempfile::tempdir().unwrap();
        let mine = home.path().join("mine");
        std::fs::create_dir(&mine).unwrap();
        std::fs::write(mine.join("thesis.txt"), "years of work").unwrap();
        let error = DemoFolder::open(&mine, true, 10).unwrap_err().to_string();
        assert!(error.contains("--folder") && mine.join("thesis.txt").exists(), "{error}");

        let root = home.path().join("demo");
        let first = DemoFolder::open(&root, false, 10).unwrap();
        assert!(first.is_new);
        let key = std::fs::read(key_file(&root)).unwrap();
        assert!(DemoFolder::open(&root, true, 10).unwrap_err().to_string().contains("in use"));
        drop(first);
        let again = DemoFolder::open(&root, false, 99).unwrap();
        assert!(!again.is_new && again.marker.people == 10, "it goes on with who is there");
        assert_eq!(std::fs::read(key_file(&root)).unwrap(), key);
        drop(again);
        std::fs::write(root.join("mails"), "x").unwrap();
        let fresh = DemoFolder::open(&root, true, 99).unwrap();
        assert!(fresh.is_new && fresh.marker.people == 99 && !root.join("mails").exists());
        assert_ne!(std::fs::read(key_file(&root)).unwrap(), key);
    }

    #[test]
    fn commands_can_read_the_configuration() {
        let home = tempfile::tempdir().unwrap();
        let folder = DemoFolder::open(&home.path().join("demo"), false, 10).unwrap();
        let file = folder.configure("http://127.0.0.1:7701").unwrap();
        let config = crate::config::Config::read(&file, []).unwrap();
        assert_eq!(config.folder, data(folder.root()));
    }
}
