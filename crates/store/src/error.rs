//! What can go wrong in the store.

use volens_core::consent::EventError;
use volens_core::standing::StandingError;
use volens_db::DbError;

/// A store method failed; nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not do it.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A stored event cannot be read.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A stored standing cannot be read.
    #[error(transparent)]
    Standing(#[from] StandingError),
    /// A stored document cannot be read.
    #[error("the stored {what} cannot be read: {why}")]
    Document {
        /// Which.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// What the caller named is not there.
    #[error("there is no {0} of that name")]
    Missing(&'static str),
    /// The state does not allow it.
    #[error("{0}")]
    State(String),
}

impl StoreError {
    /// A document that does not parse.
    pub(crate) fn document(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Document { what, why: why.to_string() }
    }
}
