//! Dispatching: waves, sessions, results.
//!
//! A wave is no barrier: while one is being committed the sessions go on, and the next one takes what has come in
//! since. At most `in_flight_max` rows are in state sending; a silent session holds up only its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use volens_core::Micros;
use volens_core::id::StreamNo;
use volens_store::account::Node;
use volens_store::delivery::{DeliveryState, Outcome, WaveOrder, WaveResult};
use volens_store::{DbError, StoreError, Tenant};
use volens_wire::{Pool, Report};

use crate::App;
use crate::delivery::feed::again;
use crate::delivery::prepare::{Prepared, Ready};
use crate::delivery::verdict::{AboutUs, Verdict, Watch, judge};
use crate::delivery::{Handed, Health, back_off, end};

/// At most so many marks in one transaction, those of decisions against included.
const WAVE: usize = 250;
/// How long a wave waits at most for more results.
const GATHER: Duration = Duration::from_millis(3);
/// How long a stopping node waits for open replies.
const GRACE: Duration = Duration::from_secs(30);

/// Why nothing is handed over for a while.
#[derive(Default)]
pub struct Hold(Mutex<HoldState>);

#[derive(Default)]
struct HoldState {
    until: Option<Instant>,
    failures: u32,
    why: Option<String>,
}

impl Hold {
    fn with<T>(&self, f: impl FnOnce(&mut HoldState) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn up(&self) {
        self.with(|s| *s = HoldState::default());
    }

    /// Another failure; gives how long to hold.
    fn down(&self, first: Duration, why: String) -> Duration {
        self.with(|s| {
            let running = s.until.is_some_and(|u| u > Instant::now());
            if !running {
                s.failures += 1;
            }
            let wait = back_off(first, s.failures, Duration::from_secs(60));
            if !running {
                s.until = Some(Instant::now() + wait);
            }
            s.why = Some(why);
            wait
        })
    }

    /// How long still.
    fn left(&self) -> Duration {
        self.with(|s| s.until.map_or(Duration::ZERO, |u| u.saturating_duration_since(Instant::now())))
    }

    pub(crate) fn health(&self) -> Health {
        self.with(|s| s.why.clone().map_or(Health::Up, Health::Down))
    }
}

/// A message on its way.
struct Under {
    domain: String,
}

/// A limit of messages a second: what is not used is not saved beyond a tenth of a second.
struct Rate {
    per_second: f64,
    tokens: f64,
    at: Instant,
}

impl Rate {
    fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), tokens: 0.0, at: Instant::now() }
    }

    fn take(&mut self, wanted: usize) -> usize {
        let now = Instant::now();
        let earned = now.duration_since(self.at).as_secs_f64() * self.per_second;
        self.at = now;
        self.tokens = (self.tokens + earned).min((self.per_second / 10.0).max(1.0));
        let n = (self.tokens.floor() as usize).min(wanted);
        self.tokens -= n as f64;
        n
    }
}

/// The one task of a node that marks and hands over.
pub struct Dispatcher {
    app: Arc<App>,
    node: Node,
    pool: Pool<Handed>,
    hold: Arc<Hold>,
    max: usize,
    under: HashMap<Handed, Under>,
    waiting: Vec<Prepared>,
    results: Vec<Report<Handed>>,
    flushes: Vec<oneshot::Sender<()>>,
    watch: Watch<Handed>,
    rate: Option<Rate>,
}

/// What one look at the channels found.
enum Found {
    Work,
    Stop,
}

impl Dispatcher {
    pub(crate) fn new(app: Arc<App>, node: Node, pool: Pool<Handed>, hold: Arc<Hold>, max: usize) -> Self {
        let rate = app.settings.sending.rate.map(Rate::new);
        Self {
            app,
            node,
            pool,
            hold,
            max,
            under: HashMap::new(),
            waiting: Vec::new(),
            results: Vec::new(),
            flushes: Vec::new(),
            watch: Watch::default(),
            rate,
        }
    }

    pub(crate) async fn run(
        mut self,
        mut reports: mpsc::Receiver<Report<Handed>>,
        mut queues: mpsc::Receiver<Ready>,
        mut campaigns: mpsc::Receiver<Ready>,
        mut stopped: watch::Receiver<bool>,
    ) {
        loop {
            let found = self.look(&mut reports, &mut queues, &mut campaigns, &mut stopped).await;
            self.turn().await;
            if matches!(found, Found::Stop) {
                break;
            }
        }
        // Feeders that wait for a flush get their answer, and nothing more is marked.
        queues.close();
        campaigns.close();
        while let Some(Ready::Flush(done)) = queues.recv().await {
            let _ = done.send(());
        }
        while let Some(ready) = campaigns.recv().await {
            if let Ready::Flush(done) = ready {
                let _ = done.send(());
            }
        }
        self.waiting.clear();
        self.finish(reports).await;
    }

    /// Waits until there is something to do and takes all of it.
    async fn look(
        &mut self,
        reports: &mut mpsc::Receiver<Report<Handed>>,
        queues: &mut mpsc::Receiver<Ready>,
        campaigns: &mut mpsc::Receiver<Ready>,
        stopped: &mut watch::Receiver<bool>,
    ) -> Found {
        let (room, pause) = self.room();
        if room > 0 && !self.waiting.is_empty() {
            // Something was left over: no need to wait.
            while let Ok(report) = reports.try_recv() {
                self.results.push(report);
            }
        } else {
            let wanting = self.waiting.len() < WAVE;
            tokio::select! {
                biased;
                _ = reports.recv_many(&mut self.results, 512) => self.gather(reports).await,
                Some(ready) = queues.recv(), if wanting && room > 0 => self.take(ready),
                Some(ready) = campaigns.recv(), if wanting && room > 0 => self.take(ready),
                () = tokio::time::sleep(pause) => {}
                () = end(stopped) => return Found::Stop,
            }
        }
        for channel in [queues, campaigns] {
            while self.waiting.len() < WAVE {
                let Ok(ready) = channel.try_recv() else { break };
                self.take(ready);
            }
        }
        if *stopped.borrow() { Found::Stop } else { Found::Work }
    }

    /// Waits a moment for more results while the sessions still have enough to do: a wave costs one fsync, however many
    /// rows it writes.
    async fn gather(&mut self, reports: &mut mpsc::Receiver<Report<Handed>>) {
        let until = tokio::time::Instant::now() + GATHER;
        // One and a half messages a session are still to be answered while the wave is written.
        let busy = (self.max / 2).min(self.pool.config().sessions * self.pool.config().window * 3 / 2);
        while self.under.len() > self.results.len() + busy {
            let more = reports.recv_many(&mut self.results, 512);
            if tokio::time::timeout_at(until, more).await.is_err() {
                break;
            }
        }
    }

    fn take(&mut self, ready: Ready) {
        match ready {
            Ready::Row(row) => self.waiting.push(*row),
            Ready::Flush(done) if self.waiting.is_empty() => drop(done.send(())),
            Ready::Flush(done) => self.flushes.push(done),
        }
    }

    /// How many more messages may be handed over now, and how long to wait at most before asking again.
    fn room(&self) -> (usize, Duration) {
        let held = self.hold.left();
        if !held.is_zero() {
            return (0, held.min(Duration::from_millis(200)));
        }
        let room = self.max.saturating_sub(self.under.len());
        let pause = if self.rate.is_some() { Duration::from_millis(20) } else { Duration::from_millis(200) };
        (room, pause)
    }

    /// One wave, if there is anything for it.
    async fn turn(&mut self) {
        let (room, _) = self.room();
        let mut batch = self.batch(room);
        if batch.is_empty() && self.results.is_empty() {
            return;
        }
        let now = self.app.now();
        let reports = std::mem::take(&mut self.results);
        let (results, taken_back, pauses) = self.outcomes(&reports, now);
        let order = WaveOrder {
            holder: self.node.holder(),
            now,
            results,
            taken_back,
            marks: batch.iter_mut().map(Prepared::take_mark).collect(),
            kept: batch.iter().filter_map(|p| Some((p.mark.ws, p.keep.clone()?))).collect(),
        };
        let done = self.commit(order).await;
        for report in &reports {
            self.under.remove(&report.key);
        }
        self.hand_over(batch, &done).await;
        for (stream, ws, why) in pauses {
            self.pause(ws, stream, why).await;
        }
        if self.waiting.is_empty() {
            for flush in self.flushes.drain(..) {
                let _ = flush.send(());
            }
            self.settle(&reports).await;
        }
    }

    /// Nobody looks at a slice again in which nothing waits: the last reply may be the end of its campaign.
    async fn settle(&self, reports: &[Report<Handed>]) {
        let mut ended: Vec<(i64, StreamNo)> =
            reports.iter().filter(|r| r.key.campaign).map(|r| (r.key.ws, r.key.key.stream)).collect();
        ended.sort_unstable();
        ended.dedup();
        ended.retain(|(ws, stream)| !self.under.keys().any(|u| u.ws == *ws && u.key.stream == *stream));
        for (ws, stream) in ended {
            let Ok(workspace) = self.app.workspace(volens_core::id::WorkspaceNo(ws)) else { continue };
            if let Err(e) = self.app.store.finish_campaign(workspace.tenant, stream).await {
                tracing::warn!(stream = stream.0, error = %e, "a campaign could not be looked at");
            }
        }
    }

    /// What fits: at most `room` messages, and decisions against that come before them.
    fn batch(&mut self, room: usize) -> Vec<Prepared> {
        let now = self.app.now();
        self.waiting.iter_mut().for_each(|p| p.outlived(now));
        let wanted = self.waiting.iter().filter(|p| p.message.is_some()).count().min(room);
        let mut allowed = match &mut self.rate {
            Some(rate) if wanted > 0 => rate.take(wanted),
            _ => wanted,
        };
        let mut n = 0;
        for p in self.waiting.iter().take(WAVE) {
            if p.message.is_some() {
                if allowed == 0 {
                    break;
                }
                allowed -= 1;
            }
            n += 1;
        }
        self.waiting.drain(..n).collect()
    }

    /// Writes a wave; a database that cannot take it just now is asked again, because results must not be lost.
    async fn commit(&mut self, order: WaveOrder) -> WaveResult {
        let mut failures = 0;
        let mut order = Arc::new(order);
        loop {
            match self.app.store.wave(order.clone()).await {
                Ok(done) => return done,
                Err(e) => {
                    failures += 1;
                    tracing::warn!(error = %e, failures, "a wave could not be written");
                    // Without their mark the messages do not go; they are read again later.
                    let rest = Arc::make_mut(&mut order);
                    rest.marks.clear();
                    rest.kept.clear();
                    let closed = matches!(&e, StoreError::Db(DbError::Closed));
                    if closed || (order.results.is_empty() && order.taken_back.is_empty()) {
                        return WaveResult::default();
                    }
                    let wait = back_off(Duration::from_millis(50), failures, Duration::from_secs(5));
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn hand_over(&mut self, batch: Vec<Prepared>, done: &WaveResult) {
        for prepared in batch {
            let Some(mut message) = prepared.message else { continue };
            let Some(attempt) = done.marked.get(&prepared.mark.key) else { continue };
            message.key.attempt = *attempt;
            self.under.insert(message.key, Under { domain: prepared.domain });
            if let Err(back) = self.pool.send(message).await {
                self.under.remove(&back.key);
                let key = back.key.key;
                tracing::error!(stream = key.stream.0, ordinal = key.ordinal, "the relay's sessions have ended");
            }
        }
    }

    /// Results as rows, refusals to take back, and campaigns to pause.
    #[expect(clippy::type_complexity, reason = "three lists that are made together")]
    fn outcomes(
        &mut self,
        reports: &[Report<Handed>],
        now: Micros,
    ) -> (Vec<Outcome>, Vec<Outcome>, Vec<(StreamNo, i64, String)>) {
        let sending = self.app.settings.sending.clone();
        let (mut results, mut taken_back, mut pauses) = (Vec::with_capacity(reports.len()), Vec::new(), Vec::new());
        for report in reports {
            let handed = report.key;
            let retry = || {
                again(
                    now,
                    back_off(
                        sending.retry_first,
                        u32::try_from(handed.attempt).unwrap_or(1),
                        Duration::from_secs(86_400),
                    ),
                )
            };
            let row = |state, not_before, reply| outcome(&handed, state, not_before, reply);
            results.push(match judge(&report.outcome) {
                Verdict::Sent(reply) => {
                    self.hold.up();
                    row(DeliveryState::Sent, now, Some(reply))
                }
                Verdict::Later(reply) => row(DeliveryState::Planned, retry(), Some(reply)),
                Verdict::Unknown(why) => row(DeliveryState::Unknown, now, Some(why)),
                Verdict::RelayDown(why) => {
                    let wait = self.hold.down(sending.hold_first, why.clone());
                    row(DeliveryState::Planned, again(now, wait), Some(why))
                }
                Verdict::AboutUs(about, reply) => {
                    self.about_us(&handed, about, &reply, &mut pauses);
                    row(DeliveryState::Planned, now, Some(reply))
                }
                Verdict::Failed(reply) => {
                    let domain = self.under.get(&handed).map(|u| u.domain.clone()).unwrap_or_default();
                    // What the relay cannot carry at all is no refusal: a pause would come back with every resume.
                    let lacking = matches!(report.outcome, volens_wire::Outcome::Unsupported { .. });
                    let noted = if lacking { None } else { self.watch.note(Instant::now(), &reply, &domain, handed) };
                    match noted {
                        Some(all) => {
                            let why = format!("The same refusal came from several domains: {reply}");
                            pauses.push((handed.key.stream, handed.ws, why));
                            let back = all.iter().filter(|h| **h != handed);
                            taken_back
                                .extend(back.map(|h| outcome(h, DeliveryState::Planned, now, Some(reply.clone()))));
                            row(DeliveryState::Planned, now, Some(reply))
                        }
                        None => row(DeliveryState::Failed, now, Some(reply)),
                    }
                }
            });
        }
        (results, taken_back, pauses)
    }

    /// A refusal of us: the campaign is paused; a transactional stream holds for a while.
    fn about_us(&mut self, handed: &Handed, about: AboutUs, reply: &str, pauses: &mut Vec<(StreamNo, i64, String)>) {
        let why = format!("{} It said: {reply}", about.sentence());
        if handed.campaign {
            if !pauses.iter().any(|(stream, ..)| *stream == handed.key.stream) {
                pauses.push((handed.key.stream, handed.ws, why.clone()));
            }
            if about != AboutUs::Login {
                return;
            }
        }
        self.hold.down(self.app.settings.sending.hold_first.max(Duration::from_secs(1)), why);
    }

    async fn pause(&self, ws: i64, stream: StreamNo, why: String) {
        let Ok(workspace) = self.app.workspace(volens_core::id::WorkspaceNo(ws)) else { return };
        let tenant: Tenant = workspace.tenant;
        // It may have been paused by the refusal before this one.
        if let Err(e) = self.app.store.pause_campaign(tenant, stream, why).await {
            tracing::debug!(stream = stream.0, error = %e, "the campaign was not paused");
        }
    }

    /// The end: open replies are waited for and written.
    async fn finish(mut self, mut reports: mpsc::Receiver<Report<Handed>>) {
        let mut gathered = Vec::new();
        {
            let closing = self.pool.close(GRACE);
            tokio::pin!(closing);
            let mut closed = false;
            loop {
                tokio::select! {
                    () = &mut closing, if !closed => closed = true,
                    n = reports.recv_many(&mut gathered, 512) => if n == 0 { break },
                    () = tokio::time::sleep(Duration::from_millis(50)), if closed => break,
                }
            }
        }
        self.results.append(&mut gathered);
        self.turn().await;
        for flush in self.flushes.drain(..) {
            let _ = flush.send(());
        }
    }
}

fn outcome(handed: &Handed, state: DeliveryState, not_before: Micros, reply: Option<String>) -> Outcome {
    let Handed { ws, key, slice, attempt, .. } = *handed;
    Outcome { ws, key, slice, attempt, state, not_before, reply }
}
