//! Readers: each job sees one snapshot, and lets it go within the limit.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::tx::{Inner, Tx};

use super::error;
use super::work::{Queue, lock};

/// SQLite asks the deadline once in so many instructions of its virtual machine: about 0.1 ms.
const OPS: i32 = 10_000;

/// Serves the queue until it is closed and empty.
pub(super) fn run(mut conn: Connection, queue: &Queue, limit: Duration) {
    let deadline = Arc::new(Mutex::new(Instant::now()));
    let watched = deadline.clone();
    if let Err(e) = conn.progress_handler(OPS, Some(move || Instant::now() > *lock(&watched))) {
        tracing::warn!(%e, "long reads will not be ended");
    }
    while let Some(mut work) = queue.one() {
        *lock(&deadline) = Instant::now() + limit;
        if let Err(e) = conn.prepare_cached("BEGIN").and_then(|mut s| s.raw_execute()) {
            work.refuse(error("BEGIN", &e));
            continue;
        }
        let mut tx = Tx::new(Inner::Sqlite(&mut conn));
        tx.limit = Some(limit);
        work.attempt(&mut tx);
        *lock(&deadline) = Instant::now() + limit;
        if !conn.is_autocommit()
            && let Err(e) = conn.prepare_cached("COMMIT").and_then(|mut s| s.raw_execute())
        {
            tracing::warn!(%e, "a read transaction did not end");
            let _ = conn.execute_batch("ROLLBACK");
        }
        work.settle();
    }
}
