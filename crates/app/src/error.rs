//! What can go wrong in a use case, in words for the person who asked.

use volens_core::address::AddressError;
use volens_mail::{BadHeader, LetterError, RenderError};
use volens_store::{DbError, StoreError};

/// A use case failed; nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An address cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A letter cannot be read.
    #[error(transparent)]
    Letter(#[from] LetterError),
    /// A letter cannot be made for somebody.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A header cannot be written.
    #[error(transparent)]
    Header(#[from] BadHeader),
    /// What was named is not there; the message says what there is.
    #[error("{0}")]
    NotFound(String),
    /// The request makes no sense as it stands; the message says how to mend it.
    #[error("{0}")]
    Refused(String),
    /// The master key is not the one that this database was made with.
    #[error(
        "this master key does not belong to this database: use the key file that `volens init` wrote beside it, or \
         restore the key from the recovery line"
    )]
    WrongKey,
}

impl From<DbError> for AppError {
    fn from(e: DbError) -> Self {
        Self::Store(StoreError::Db(e))
    }
}

impl AppError {
    /// Whether the database could not take a write just now (full, locked, away): try again, nothing is lost.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Store(StoreError::Db(e)) if e.is_temporary())
    }
}
