//! The use cases and the sending pipeline against real databases and a real SMTP sink.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod breaking;
mod consent;
mod fixture;
mod kill;
mod numbers;
mod queue;
mod refusals;
mod sending;
