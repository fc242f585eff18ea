//! The public pages over HTTP, on both engines.
#![expect(clippy::unwrap_used, reason = "tests")]

mod alike;
mod bad_input;
mod choices;
mod dump;
mod fixture;
mod headers;
mod leaving;
mod looking;
mod overload;
mod signing_up;
mod slow;
