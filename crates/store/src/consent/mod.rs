//! Consent: recording acts, reading them back, rebuilding where people stand.

pub mod change;
pub mod evidence;
pub mod read;
pub mod record;

pub use change::{Ask, Change, Changed, Confirmation, Confirmed, Gone};
pub use read::{Log, LoggedEvent, Rebuilt};
pub use record::{Place, Recorded};
