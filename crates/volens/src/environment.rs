//! The environment: read here and nowhere else.
#![expect(clippy::disallowed_methods, reason = "the binary reads the environment, and hands on what others need of it")]

use std::path::PathBuf;

/// A variable that holds text.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// All variables that hold text.
#[must_use]
pub fn all() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
}

/// Where sockets of this user go: `$XDG_RUNTIME_DIR`, or `/tmp`.
#[must_use]
pub fn runtime_folder() -> PathBuf {
    variable("XDG_RUNTIME_DIR").filter(|f| !f.is_empty()).map_or_else(|| "/tmp".into(), PathBuf::from)
}
