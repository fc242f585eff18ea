//! The decision: may this message go to this contact point, on what ground, and why.
//!
//! Invariants: no I/O, no clock; the same facts give the same decision everywhere. What stands here today is the
//! first gate, a small rule chain of our own strictness; the packs of the countries come beside it.

mod decision;
mod gate;

pub use decision::{Decision, Effect, Reason, Step, Stored, StoredError};
pub use gate::decide;
