//! Consent: recording acts, reading them back, rebuilding where people stand.

pub mod evidence;
pub mod read;
pub mod record;

pub use read::{Log, LoggedEvent, Rebuilt};
pub use record::{Place, Recorded};
