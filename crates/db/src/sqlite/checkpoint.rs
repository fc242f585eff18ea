//! Checkpoints on a connection and thread of their own, so that no job pays for one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::work::lock;

/// Pages in the log from which a checkpoint runs: 32 MB.
const PAGES: u64 = 8192;
/// How long the writer is held while the last pages are copied and old readers leave.
const HOLD: Duration = Duration::from_millis(50);
/// Before the next try when a reader held the log open.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Default)]
struct State {
    writing: bool,
    holding: bool,
    asked: u64,
    done: u64,
    closed: bool,
}

/// The gate between the writer and the checkpointer. A passive checkpoint never catches up with a busy writer and the
/// log would grow for ever, so its last step holds the writer back for some milliseconds.
#[derive(Default)]
pub(super) struct Checkpoints {
    state: Mutex<State>,
    bell: Condvar,
    pages: Arc<AtomicU64>,
}

/// The writer's right to write; given back when dropped.
pub(super) struct Pass<'a>(&'a Checkpoints);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let full = self.0.pages.load(Ordering::Relaxed) >= PAGES;
        let mut state = lock(&self.0.state);
        state.writing = false;
        if full || state.holding {
            self.0.bell.notify_all();
        }
    }
}

impl Checkpoints {
    /// Follows the size of the log by the writer's commits.
    pub(super) fn watch(&self, conn: &mut Connection) -> rusqlite::Result<()> {
        let pages = self.pages.clone();
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, n: std::ffi::c_int| {
            pages.store(u64::try_from(n).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))
    }

    /// Waits until the checkpointer lets the writer write.
    pub(super) fn enter(&self) -> Pass<'_> {
        let mut state = lock(&self.state);
        while state.holding {
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.writing = true;
        Pass(self)
    }

    /// Asks for a checkpoint and waits for its end.
    pub(super) fn now(&self) {
        let mut state = lock(&self.state);
        state.asked += 1;
        let ticket = state.asked;
        self.bell.notify_all();
        while state.done < ticket && !state.closed {
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the thread.
    pub(super) fn close(&self) {
        lock(&self.state).closed = true;
        self.bell.notify_all();
    }

    /// The checkpointer's thread.
    pub(super) fn run(&self, conn: &Connection) {
        let mut failed = false;
        while let Some(ticket) = self.wait_for_work(failed) {
            failed = !self.checkpoint(conn);
            let mut state = lock(&self.state);
            state.done = state.done.max(ticket);
            drop(state);
            self.bell.notify_all();
        }
        let _ = pragma(conn, "TRUNCATE");
    }

    fn wait_for_work(&self, failed: bool) -> Option<u64> {
        let mut state = lock(&self.state);
        if failed {
            let wait = self.bell.wait_timeout_while(state, PAUSE, |s| !s.closed && s.asked == s.done);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        loop {
            if state.closed {
                return None;
            }
            if state.asked > state.done || self.pages.load(Ordering::Relaxed) >= PAGES {
                return Some(state.asked);
            }
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Most of the work beside the writer, the rest while it waits; `true` when the log starts over.
    fn checkpoint(&self, conn: &Connection) -> bool {
        if let Err(e) = pragma(conn, "PASSIVE") {
            tracing::warn!(%e, "a checkpoint failed; the log grows until one succeeds");
            return false;
        }
        let mut state = lock(&self.state);
        state.holding = true;
        while state.writing {
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        let restarted = conn.busy_timeout(HOLD).and_then(|()| pragma(conn, "RESTART"));
        lock(&self.state).holding = false;
        self.bell.notify_all();
        match restarted {
            Ok(true) => {
                self.pages.store(0, Ordering::Relaxed);
                true
            }
            Ok(false) => false,
            Err(e) => {
                tracing::warn!(%e, "a checkpoint failed; the log grows until one succeeds");
                false
            }
        }
    }
}

/// Runs a checkpoint; `true` when nobody stood in its way.
fn pragma(conn: &Connection, mode: &str) -> rusqlite::Result<bool> {
    conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get::<_, i64>(0)).map(|busy| busy == 0)
}
