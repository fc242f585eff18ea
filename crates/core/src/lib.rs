//! The words of Volens as types: ids, addresses, channels, purposes, permissions, consent events and their fold,
//! the facts the law reads, tokens and keys, and the two seams that tests replace: clock and randomness.
//!
//! Invariant: this crate does no I/O and is not async. What it computes depends on its arguments alone.

pub mod address;
mod base32;
pub mod clock;
pub mod consent;
pub mod facts;
pub mod id;
pub mod keys;
pub mod locale;
pub mod permission;
pub mod purpose;
pub mod seal;
pub mod standing;
pub mod text;
pub mod token;

pub use clock::{Clock, Micros, Randomness};
pub use locale::Locale;
