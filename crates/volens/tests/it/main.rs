//! The real binary, in folders of its own: every command alone and beside a running process.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod bad;
mod commands;
mod house;
mod import;
mod init;
mod mailto;
mod serve;
