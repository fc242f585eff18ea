//! Jobs without their type, and the queues that they wait in.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::error::DbError;
use crate::tx::{Job, Tx, verdict};

/// Locks even after a panic elsewhere: what these mutexes guard is never half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A job whose types are forgotten.
pub(super) trait Work: Send {
    /// Runs it once; `true` when it may be committed. The outcome waits inside.
    fn attempt(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Tells the caller the outcome of the last attempt.
    fn settle(self: Box<Self>);
    /// Tells the caller that it failed, whatever the job said.
    fn refuse(self: Box<Self>, error: DbError);
}

type Outcome<J> = Result<<J as Job>::Out, <J as Job>::Err>;

pub(super) struct Task<J: Job> {
    job: J,
    outcome: Option<Outcome<J>>,
    answer: oneshot::Sender<Outcome<J>>,
}

impl<J: Job> Task<J> {
    pub(super) fn new(job: J) -> (Self, oneshot::Receiver<Outcome<J>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { job, outcome: None, answer }, receiver)
    }
}

impl<J: Job> Work for Task<J> {
    fn attempt(&mut self, tx: &mut Tx<'_>) -> bool {
        let job = &self.job;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let mut future = pin!(job.run(tx));
            future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        }));
        let outcome = match polled {
            Ok(Poll::Ready(result)) => verdict::<J>(tx, result),
            Ok(Poll::Pending) => Err(DbError::Waited.into()),
            Err(panic) => Err(DbError::Panicked(panic_text(&*panic)).into()),
        };
        let good = outcome.is_ok();
        self.outcome = Some(outcome);
        good
    }

    fn settle(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(DbError::Closed.into()));
        // The caller may have gone away; the job counts all the same.
        let _ = self.answer.send(outcome);
    }

    fn refuse(self: Box<Self>, error: DbError) {
        let _ = self.answer.send(Err(error.into()));
    }
}

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
}

/// How busy the writer is, read without its lock.
pub(crate) struct Pressure {
    waiting: AtomicUsize,
    started: OnceLock<Instant>,
    last_interactive_ms: AtomicU64,
    pub(super) bulk_rows_per_ms: AtomicU64,
}

impl Default for Pressure {
    fn default() -> Self {
        // A first guess of 60 rows a millisecond; the writer measures its own.
        Self {
            waiting: AtomicUsize::new(0),
            started: OnceLock::new(),
            last_interactive_ms: AtomicU64::new(0),
            bulk_rows_per_ms: AtomicU64::new(60),
        }
    }
}

impl Pressure {
    /// Whether an interactive job stands in the queue.
    pub(crate) fn interactive_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Whether one came within the last second: then the next will come soon, too.
    pub(crate) fn busy_lately(&self) -> bool {
        let last = self.last_interactive_ms.load(Ordering::Relaxed);
        last > 0 && self.millis().saturating_sub(last) < 1000
    }

    fn millis(&self) -> u64 {
        let started = self.started.get_or_init(Instant::now);
        u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX) + 1
    }

    /// Learns from a bulk job how many rows a millisecond takes; a moving average over about four jobs.
    pub(super) fn learn(&self, rows: u64, took: Duration) {
        if rows < 10 {
            return;
        }
        let now = (rows * 1000 / u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1)).max(1);
        let before = self.bulk_rows_per_ms.load(Ordering::Relaxed);
        self.bulk_rows_per_ms.store((before * 3 + now).div_ceil(4), Ordering::Relaxed);
    }
}

/// What the writer does next.
pub(super) enum Turn {
    /// These together.
    Interactive(Vec<Box<dyn Work>>),
    /// This one alone.
    Bulk(Box<dyn Work>),
    /// No more work will come.
    End,
}

#[derive(Default)]
struct Lanes {
    interactive: VecDeque<Box<dyn Work>>,
    bulk: VecDeque<Box<dyn Work>>,
    bulk_turn: bool,
    closed: bool,
}

/// Two lanes in front of one or more threads.
#[derive(Default)]
pub(crate) struct Queue {
    lanes: Mutex<Lanes>,
    bell: Condvar,
    pub(super) pressure: Pressure,
}

/// At most so many jobs share a commit: the first of them waits for the last.
const BATCH: usize = 512;

impl Queue {
    /// Puts work in its lane; `false` when the queue is closed.
    pub(super) fn push(&self, bulk: bool, work: Box<dyn Work>) -> bool {
        let mut lanes = lock(&self.lanes);
        if lanes.closed {
            return false;
        }
        if bulk {
            lanes.bulk.push_back(work);
        } else {
            lanes.interactive.push_back(work);
            self.pressure.waiting.fetch_add(1, Ordering::Relaxed);
            self.pressure.last_interactive_ms.store(self.pressure.millis(), Ordering::Relaxed);
        }
        drop(lanes);
        self.bell.notify_one();
        true
    }

    /// Waits for work. Interactive jobs go first, all that stand there at once; after them one bulk job has its turn,
    /// alone, so that nobody's acknowledgement waits for it and it starves neither.
    pub(super) fn next(&self) -> Turn {
        let mut lanes = lock(&self.lanes);
        loop {
            if lanes.bulk_turn || lanes.interactive.is_empty() {
                lanes.bulk_turn = false;
                if let Some(work) = lanes.bulk.pop_front() {
                    return Turn::Bulk(work);
                }
            }
            if !lanes.interactive.is_empty() {
                let many = lanes.interactive.len().min(BATCH);
                self.pressure.waiting.fetch_sub(many, Ordering::Relaxed);
                lanes.bulk_turn = true;
                return Turn::Interactive(lanes.interactive.drain(..many).collect());
            }
            if lanes.closed {
                return Turn::End;
            }
            lanes = self.bell.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for one job; for the readers.
    pub(super) fn one(&self) -> Option<Box<dyn Work>> {
        let mut lanes = lock(&self.lanes);
        loop {
            if let Some(work) = lanes.interactive.pop_front() {
                self.pressure.waiting.fetch_sub(1, Ordering::Relaxed);
                return Some(work);
            }
            if lanes.closed {
                return None;
            }
            lanes = self.bell.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes no more work; threads end when the queue is empty.
    pub(super) fn close(&self) {
        lock(&self.lanes).closed = true;
        self.bell.notify_all();
    }
}
