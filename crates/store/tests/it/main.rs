//! The store's tests, on both engines: one binary, so that the statements that ran can be told together.
#![expect(clippy::unwrap_used, reason = "tests")]

mod account;
mod books;
mod campaign;
mod change;
mod consent;
mod contact;
mod evidence;
mod fixture;
mod intake;
mod lease;
mod left_in_time;
mod measure;
mod offer;
mod plan;
mod plans;
mod queue;
mod schema;
mod statements;
mod wave;
mod zz_coverage;
