//! Templates, MIME, headers, reason line, and the words of six languages.
//!
//! Invariant: this crate does no I/O, reads no clock, and renders the same bytes for the same arguments.

pub mod words;
pub mod zone;

pub use words::{Arg, Words, WordsError};
pub use zone::{UnknownZone, Zone};
