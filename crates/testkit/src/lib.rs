//! What tests replace and what they stand on (dev only): fake clock and chance, a database per test on both engines,
//! the private PostgreSQL cluster, the five kinds of statement test.
//!
//! Invariant: a test that is killed leaves nothing behind that the next run cannot clear away.

pub mod cluster;
mod coverage;
mod database;
mod fakes;
pub mod postfix;
pub mod sink;
pub mod statements;

pub use coverage::uncovered;
pub use database::{TestDb, run};
pub use fakes::{FakeChance, FakeClock};
pub use volens_db::Engine;
pub use volens_testkit_macros::both_engines;
