//! The pool: sessions that share one queue and one channel of reports.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::config::{ConfigError, RelayConfig, Tls};
use super::outcome::{Outcome, Outgoing, Report, Stage};
use super::queue::Queue;
use super::session::Session;
use crate::tls;

/// First and longest pause before a relay that could not be opened is tried again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// What all sessions share.
pub(crate) struct Shared<K> {
    pub config: RelayConfig,
    pub tls: Option<TlsConnector>,
    pub queue: Queue<K>,
    trouble: Mutex<Trouble>,
}

/// Failures to open a session, in a row, over all sessions.
#[derive(Default)]
struct Trouble {
    failures: u32,
    until: Option<Instant>,
}

/// Where reports go. Every session has one of its own; when the last is gone, the receiver ends.
pub(crate) struct Reporter<K> {
    reports: mpsc::Sender<Report<K>>,
    in_flight: Arc<AtomicUsize>,
}

impl<K> Clone for Reporter<K> {
    fn clone(&self) -> Self {
        Self { reports: self.reports.clone(), in_flight: Arc::clone(&self.in_flight) }
    }
}

impl<K> Reporter<K> {
    fn report_now(&self, key: K, outcome: Outcome, took: Duration) -> Result<(), TrySendError<Report<K>>> {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.reports.try_send(Report { key, outcome, took })
    }
}

impl<K: Send + 'static> Reporter<K> {
    /// Hands a report over. No report is lost if the future is dropped half-way: a task of its own does the waiting.
    pub async fn report(&self, key: K, outcome: Outcome, took: Duration) {
        if let Err(TrySendError::Full(report)) = self.report_now(key, outcome, took) {
            let reports = self.reports.clone();
            let _ = tokio::spawn(async move { reports.send(report).await.is_ok() }).await;
        }
    }
}

fn give_back() -> Outcome {
    Outcome::NotSent { stage: Stage::Queue, why: "this server is shutting down".to_owned() }
}

impl<K> Shared<K> {
    /// Notes that a session was opened.
    pub fn relay_is_up(&self) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Trouble::default();
    }

    /// Notes that a session could not be opened: none is tried for a while. Sessions that failed together count once.
    pub fn relay_is_down(&self) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if trouble.until.is_none_or(|until| until <= now) {
            trouble.until = Some(now + (PAUSE.0 * (1 << trouble.failures.min(10))).min(PAUSE.1));
            trouble.failures += 1;
        }
    }

    /// Waits until the relay may be tried again, or the queue is closed.
    pub async fn rest(&self, session: usize) {
        loop {
            let until = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).until;
            let Some(until) = until.filter(|&until| until > Instant::now()) else { return };
            if self.queue.is_closed() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = self.queue.bell(session) => {}
            }
        }
    }
}

/// A running session and the way to cut it short.
struct Running {
    task: JoinHandle<()>,
    cut: oneshot::Sender<()>,
}

/// Sessions to one relay. For every message sent and not [recalled](Pool::recall) there is exactly one [`Report`].
///
/// The channel of reports is bounded: whoever sends must also receive, from another task or by keeping
/// [`in_flight`](Pool::in_flight) below [`RelayConfig::capacity`]. Dropping the pool cuts every session short.
pub struct Pool<K> {
    shared: Arc<Shared<K>>,
    in_flight: Arc<AtomicUsize>,
    reporter: Mutex<Option<Reporter<K>>>,
    running: Mutex<Vec<Running>>,
}

impl<K: Send + 'static> Pool<K> {
    /// Starts the sessions; each connects when it has its first message. Must be called inside a tokio runtime.
    /// The receiver ends after [`close`](Pool::close).
    pub fn start(config: RelayConfig) -> Result<(Self, mpsc::Receiver<Report<K>>), ConfigError> {
        config.check()?;
        let tls = if config.tls == Tls::None { None } else { Some(tls::connector(&config.roots)?) };
        let under_way = config.sessions * config.window;
        let (reports, receiver) = mpsc::channel(config.capacity() + under_way + config.sessions);
        let queue = Queue::new(config.sessions, config.capacity());
        let sessions = config.sessions;
        let shared = Arc::new(Shared { config, tls, queue, trouble: Mutex::default() });
        let in_flight = Arc::new(AtomicUsize::new(0));
        let reporter = Reporter { reports, in_flight: Arc::clone(&in_flight) };
        let start = |id| run(Session::new(id, Arc::clone(&shared), reporter.clone()));
        let running = Mutex::new((0..sessions).map(start).collect());
        Ok((Self { shared, in_flight, reporter: Mutex::new(Some(reporter)), running }, receiver))
    }

    /// Hands a message over; waits while the queue is full. Gives it back if the pool is closed.
    pub async fn send(&self, message: Outgoing<K>) -> Result<(), Outgoing<K>> {
        self.count_in();
        self.shared.queue.push(message, false).await.inspect_err(|_| self.count_out())
    }

    /// The same, before all messages that still wait for a session.
    pub async fn send_first(&self, message: Outgoing<K>) -> Result<(), Outgoing<K>> {
        self.count_in();
        self.shared.queue.push(message, true).await.inspect_err(|_| self.count_out())
    }

    /// Hands a message over if the queue has room and the pool is open; gives it back otherwise.
    pub fn try_send(&self, message: Outgoing<K>) -> Result<(), Outgoing<K>> {
        self.count_in();
        self.shared.queue.try_push(message).inspect_err(|_| self.count_out())
    }

    /// Gives back all messages that no session has taken yet: there is no report for them.
    pub fn recall(&self) -> Vec<Outgoing<K>> {
        let waiting: Vec<_> = self.shared.queue.take_all().into();
        waiting.iter().for_each(|_| self.count_out());
        waiting
    }

    /// Messages handed over and not yet reported.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// The settings the pool was started with.
    pub fn config(&self) -> &RelayConfig {
        &self.shared.config
    }

    /// Takes no new work, gives back what waits (`NotSent` at [`Stage::Queue`]), waits for open replies up to `grace`
    /// and reports what is left by its position. Reports must be received meanwhile. A second call returns at once.
    pub async fn close(&self, grace: Duration) {
        let reporter = self.take_reporter();
        for message in self.shared.queue.close() {
            if let Some(reporter) = &reporter {
                reporter.report(message.key, give_back(), Duration::ZERO).await;
            }
        }
        drop(reporter);
        let running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        let until = Instant::now() + grace;
        for Running { mut task, cut } in running {
            if tokio::time::timeout_at(until, &mut task).await.is_err() {
                let _ = cut.send(());
                let _ = task.await;
            }
        }
    }

    fn count_in(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    fn count_out(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<K> Pool<K> {
    fn take_reporter(&self) -> Option<Reporter<K>> {
        self.reporter.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<K> Drop for Pool<K> {
    fn drop(&mut self) {
        if let Some(reporter) = self.take_reporter() {
            for message in self.shared.queue.close() {
                let _ = reporter.report_now(message.key, give_back(), Duration::ZERO);
            }
        }
    }
}

fn run<K: Send + 'static>(mut session: Session<K>) -> Running {
    let (cut, is_cut) = oneshot::channel();
    let task = tokio::spawn(async move {
        tokio::select! {
            biased;
            () = session.run() => return,
            _ = is_cut => {}
        }
        session.abandon().await;
    });
    Running { task, cut }
}
