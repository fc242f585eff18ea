//! Where the master key is kept: a file of mode 0600, the environment, or a command.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use volens_core::keys::{MasterKey, MasterKeyError};

use crate::environment;

/// Beside the key file: somebody has said that a copy of the key is kept elsewhere.
const CONFIRMED: &str = "copied";

/// Where the master key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file that only its owner may read.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// What a command prints.
    Command(String),
}

/// The master key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is no file.
    #[error(
        "there is no master key at {}: put the file back, or write the recovery line that `volens init` printed into it",
        .0.display()
    )]
    Missing(PathBuf),
    /// It cannot be read or written.
    #[error("the master key at {} cannot be used: {error}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Others may read it.
    #[error("others may read the master key: run `chmod 600 {}`", .0.display())]
    Open(PathBuf),
    /// A key is there already and is never overwritten.
    #[error("there is a master key at {} already, and without it no link in any letter works: it is left as it is", .0.display())]
    There(PathBuf),
    /// The variable is not set.
    #[error("key.env: the environment variable {0} is not set; put the recovery line into it")]
    NoVariable(String),
    /// The command failed.
    #[error("key.command: {0:?} did not print a key; run it by hand to see why")]
    Command(String),
    /// It is no key.
    #[error("the master key from {from}: {error}")]
    Garbled {
        /// The place.
        from: String,
        /// What is wrong.
        error: MasterKeyError,
    },
}

impl KeySource {
    /// Reads the key.
    ///
    /// # Errors
    /// [`KeyFileError`]: what is wrong and what to do.
    pub fn read(&self) -> Result<MasterKey, KeyFileError> {
        let (from, text) = match self {
            Self::File(file) => (file.display().to_string(), read_file(file)?),
            Self::Env(name) => {
                (name.clone(), environment::variable(name).ok_or_else(|| KeyFileError::NoVariable(name.clone()))?)
            }
            Self::Command(command) => (command.clone(), run(command)?),
        };
        let line: String = text.lines().filter(|l| !l.trim_start().starts_with('#')).collect();
        line.parse().map_err(|error| KeyFileError::Garbled { from, error })
    }

    /// Whether somebody has said that a copy is kept elsewhere; a key that does not lie here is not ours to nag about.
    #[must_use]
    pub fn is_copied(&self) -> bool {
        match self {
            Self::File(file) => beside(file).exists(),
            Self::Env(_) | Self::Command(_) => true,
        }
    }

    /// Notes that a copy is kept elsewhere.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn confirm_copied(&self) -> Result<(), KeyFileError> {
        let Self::File(file) = self else { return Ok(()) };
        let note = beside(file);
        std::fs::write(&note, "A copy of the master key is kept elsewhere.\n")
            .map_err(|error| KeyFileError::Io { file: note, error })
    }
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(CONFIRMED);
    name.into()
}

fn run(command: &str) -> Result<String, KeyFileError> {
    let failed = || KeyFileError::Command(command.to_owned());
    let out = std::process::Command::new("sh").arg("-c").arg(command).output().map_err(|_| failed())?;
    if !out.status.success() {
        return Err(failed());
    }
    String::from_utf8(out.stdout).map_err(|_| failed())
}

fn read_file(file: &Path) -> Result<String, KeyFileError> {
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => KeyFileError::Missing(file.to_owned()),
        _ => KeyFileError::Io { file: file.to_owned(), error },
    };
    let mode = std::fs::metadata(file).map_err(io)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open(file.to_owned()));
    }
    std::fs::read_to_string(file).map_err(io)
}

/// Writes a key where none is, for its owner alone, and makes sure that it is on disk.
///
/// # Errors
/// [`KeyFileError::There`]: a key is never overwritten.
pub fn write(file: &Path, key: &MasterKey) -> Result<(), KeyFileError> {
    let io = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => KeyFileError::There(file.to_owned()),
        _ => KeyFileError::Io { file: file.to_owned(), error },
    };
    let mut out = std::fs::File::options().write(true).create_new(true).mode(0o600).open(file).map_err(io)?;
    let line = key.recovery_line();
    let head = "# The master key of a Volens instance. Whoever has it can sign every link; without it none works.\n";
    out.write_all(head.as_bytes())
        .and_then(|()| out.write_all(line.as_bytes()))
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.sync_all())
        .map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[test]
    fn a_key_is_written_once_and_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("volens.key");
        let source = KeySource::File(file.clone());
        assert!(matches!(source.read(), Err(KeyFileError::Missing(_))));
        let key = MasterKey::generate(&SystemChance);
        write(&file, &key).unwrap();
        assert_eq!(*source.read().unwrap().recovery_line(), *key.recovery_line());
        assert!(matches!(write(&file, &MasterKey::generate(&SystemChance)), Err(KeyFileError::There(_))));
        assert_eq!(*source.read().unwrap().recovery_line(), *key.recovery_line());
        assert!(!source.is_copied());
        source.confirm_copied().unwrap();
        assert!(source.is_copied());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(source.read().unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_command_may_hold_the_key() {
        let line = MasterKey::generate(&SystemChance).recovery_line().to_string();
        let source = KeySource::Command(format!("echo {line}"));
        assert_eq!(*source.read().unwrap().recovery_line(), line);
        assert!(matches!(KeySource::Command("exit 3".into()).read(), Err(KeyFileError::Command(_))));
        assert!(matches!(KeySource::Command("echo x".into()).read(), Err(KeyFileError::Garbled { .. })));
        assert!(matches!(KeySource::Env("VOLENS_NO_SUCH".into()).read(), Err(KeyFileError::NoVariable(_))));
    }
}
