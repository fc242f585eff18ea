//! How a task fails: what happened, and what to do about it.

use std::fmt;

/// What a task returns.
pub type Outcome<T = ()> = Result<T, Failure>;

/// A task that could not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    what: String,
    remedy: String,
}

impl Failure {
    /// A failure with its remedy: both are sentences without a full stop.
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }

    /// A failure that the task has told in full already.
    pub fn told() -> Self {
        Self::new("", "")
    }

    /// Whether there is nothing left to say.
    pub fn is_told(&self) -> bool {
        self.what.is_empty()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  what to do: {}", self.what, self.remedy)
    }
}

/// Turns an error of the system into a failure that says what was tried.
pub trait Tried<T> {
    /// `what` was being done, to which `remedy` applies.
    fn tried(self, what: &str, remedy: &str) -> Outcome<T>;
}

impl<T, E: fmt::Display> Tried<T> for Result<T, E> {
    fn tried(self, what: &str, remedy: &str) -> Outcome<T> {
        self.map_err(|e| Failure::new(format!("{what}: {e}"), remedy))
    }
}
