//! The real binary, in folders of its own: every command alone and beside a running process.

mod bad;
mod commands;
mod house;
mod import;
mod init;
mod mailto;
mod serve;
