//! Dispatching: waves, sessions, results.
//!
//! A wave is no barrier: while one is being committed the sessions go on, and the next one takes what has come in
//! since. At most `in_flight_max` rows are in state sending; a silent session holds up only its own. What a person waits
//! for (a confirmation, a welcome) goes before campaigns.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use volens_core::Micros;
use volens_core::id::StreamNo;
use volens_store::account::Node;
use volens_store::delivery::{DeliveryState, Outcome, WaveOrder, WaveResult};
use volens_store::{DbError, StoreError};
use volens_wire::{Pool, Report};

use crate::App;
use crate::delivery::hold::Hold;
use crate::delivery::outcomes::{Judge, Pause, Under, outcome};
use crate::delivery::prepare::{Prepared, Ready};
use crate::delivery::{Handed, back_off, end};

/// At most so many marks in one transaction, those of decisions against included.
const WAVE: usize = 250;
/// How long a wave waits at most for more results.
const GATHER: Duration = Duration::from_millis(3);
/// How long a stopping node waits for open replies.
const GRACE: Duration = Duration::from_secs(30);
/// How long the dispatcher rests at most.
const REST: Duration = Duration::from_millis(200);

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

    fn earn(&mut self) {
        let now = Instant::now();
        let earned = now.duration_since(self.at).as_secs_f64() * self.per_second;
        self.at = now;
        self.tokens = (self.tokens + earned).min((self.per_second / 10.0).max(1.0));
    }

    fn take(&mut self, wanted: usize) -> usize {
        self.earn();
        let n = (self.tokens.floor() as usize).min(wanted);
        self.tokens -= n as f64;
        n
    }

    /// How long until a message may go.
    fn wait(&mut self) -> Duration {
        self.earn();
        Duration::from_secs_f64((1.0 - self.tokens).max(0.0) / self.per_second)
    }
}

/// What one feeder has put in and no wave has taken yet.
#[derive(Default)]
struct Waiting {
    rows: Vec<Prepared>,
    flushes: Vec<oneshot::Sender<()>>,
}

impl Waiting {
    fn take(&mut self, ready: Ready) {
        match ready {
            Ready::Row(row) => self.rows.push(*row),
            Ready::Flush(done) => self.flushes.push(done),
        }
        self.answer();
    }

    /// Answers the feeder when everything of it has been marked or dropped.
    fn answer(&mut self) {
        if self.rows.is_empty() {
            for flush in self.flushes.drain(..) {
                let _ = flush.send(());
            }
        }
    }

    fn messages(&self) -> usize {
        self.rows.iter().filter(|p| p.message.is_some()).count()
    }

    /// The first `most` rows, with no more than `allowed` messages among them.
    fn first(&mut self, most: usize, allowed: &mut usize) -> std::vec::Drain<'_, Prepared> {
        let mut n = 0;
        for p in self.rows.iter().take(most) {
            if p.message.is_some() {
                if *allowed == 0 {
                    break;
                }
                *allowed -= 1;
            }
            n += 1;
        }
        self.rows.drain(..n)
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
    queues: Waiting,
    campaigns: Waiting,
    results: Vec<Report<Handed>>,
    judge: Judge,
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
        let judge = Judge::new(app.settings.sending.clone(), hold.clone());
        Self {
            app,
            node,
            pool,
            hold,
            max,
            under: HashMap::new(),
            queues: Waiting::default(),
            campaigns: Waiting::default(),
            results: Vec::new(),
            judge,
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
            if matches!(found, Found::Stop) {
                break;
            }
            self.turn().await;
        }
        // Nothing more is marked, and feeders that wait for a flush get their answer.
        self.drop_waiting();
        self.turn().await;
        for mut channel in [queues, campaigns] {
            channel.close();
            while let Some(ready) = channel.recv().await {
                if let Ready::Flush(done) = ready {
                    let _ = done.send(());
                }
            }
        }
        self.finish(reports).await;
    }

    fn drop_waiting(&mut self) {
        for waiting in [&mut self.queues, &mut self.campaigns] {
            waiting.rows.clear();
            waiting.answer();
        }
    }

    /// Waits until there is something to do and takes all of it.
    async fn look(
        &mut self,
        reports: &mut mpsc::Receiver<Report<Handed>>,
        queues: &mut mpsc::Receiver<Ready>,
        campaigns: &mut mpsc::Receiver<Ready>,
        stopped: &mut watch::Receiver<bool>,
    ) -> Found {
        let (room, pause) = (self.room(), self.pause());
        if pause.is_zero() {
            while let Ok(report) = reports.try_recv() {
                self.results.push(report);
            }
        } else {
            let wants = |waiting: &Waiting| room > 0 && waiting.rows.len() < WAVE;
            let (queue_wants, campaign_wants) = (wants(&self.queues), wants(&self.campaigns));
            tokio::select! {
                biased;
                () = end(stopped) => return Found::Stop,
                _ = reports.recv_many(&mut self.results, 512) => self.gather(reports).await,
                Some(ready) = queues.recv(), if queue_wants => self.queues.take(ready),
                Some(ready) = campaigns.recv(), if campaign_wants => self.campaigns.take(ready),
                () = tokio::time::sleep(pause) => {}
            }
        }
        for (channel, waiting) in [(queues, &mut self.queues), (campaigns, &mut self.campaigns)] {
            while waiting.rows.len() < WAVE {
                let Ok(ready) = channel.try_recv() else { break };
                waiting.take(ready);
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

    /// How many more messages may be handed over now.
    fn room(&self) -> usize {
        if !self.hold.left().is_zero() {
            return 0;
        }
        let most = if self.judge.probing() { 1 } else { self.max };
        most.saturating_sub(self.under.len())
    }

    /// How long to wait at most for something to do; zero when there is something now.
    fn pause(&mut self) -> Duration {
        let held = self.hold.left();
        let left_over = !self.queues.rows.is_empty() || !self.campaigns.rows.is_empty();
        let room = self.room();
        let wait = match &mut self.rate {
            _ if !held.is_zero() => held,
            _ if !left_over || room == 0 => REST,
            Some(rate) => rate.wait(),
            None => Duration::ZERO,
        };
        wait.min(REST)
    }

    /// One wave, if there is anything for it.
    async fn turn(&mut self) {
        let now = self.app.now();
        let reports = std::mem::take(&mut self.results);
        let mut came = self.judge.outcomes(&reports, &self.under, now);
        // What would only be broken off too comes back before a session takes it.
        let broken = self.judge.probing() && !self.hold.left().is_zero();
        let recalled = if broken { self.pool.recall() } else { Vec::new() };
        came.results.extend(recalled.iter().map(|m| outcome(&m.key, DeliveryState::Planned, now, None)));
        let room = self.room();
        let mut batch = self.batch(room);
        if !batch.is_empty() || !came.results.is_empty() {
            let order = WaveOrder {
                holder: self.node.holder(),
                now,
                results: came.results,
                taken_back: came.taken_back,
                marks: batch.iter_mut().map(Prepared::take_mark).collect(),
                kept: batch.iter().filter_map(|p| Some((p.mark.ws, p.keep.clone()?))).collect(),
            };
            let done = self.commit(order, &batch).await;
            for key in reports.iter().map(|r| &r.key).chain(recalled.iter().map(|m| &m.key)) {
                self.under.remove(key);
            }
            self.hand_over(batch, &done).await;
            for pause in came.pauses {
                self.pause_campaign(pause).await;
            }
            self.settle(&reports).await;
        }
        self.queues.answer();
        self.campaigns.answer();
    }

    /// Nobody looks at a slice again in which nothing waits: the last reply may be the end of its campaign.
    async fn settle(&self, reports: &[Report<Handed>]) {
        let mut ended: Vec<(i64, StreamNo)> =
            reports.iter().filter(|r| r.key.campaign).map(|r| (r.key.ws, r.key.key.stream)).collect();
        ended.sort_unstable();
        ended.dedup();
        ended.retain(|(ws, stream)| {
            let open = |at: i64, key: volens_core::id::DeliveryKey| at == *ws && key.stream == *stream;
            let waits = self.campaigns.rows.iter().any(|p| open(p.mark.ws, p.mark.key));
            !waits && !self.under.keys().any(|u| open(u.ws, u.key))
        });
        for (ws, stream) in ended {
            let Ok(workspace) = self.app.workspace(volens_core::id::WorkspaceNo(ws)) else { continue };
            if let Err(e) = self.app.store.finish_campaign(workspace.tenant, stream).await {
                tracing::warn!(stream = stream.0, error = %e, "a campaign could not be looked at");
            }
        }
    }

    /// What fits: at most `room` messages, those of queues first, and decisions against that come before them.
    fn batch(&mut self, room: usize) -> Vec<Prepared> {
        let now = self.app.now();
        for waiting in [&mut self.queues, &mut self.campaigns] {
            waiting.rows.iter_mut().for_each(|p| p.outlived(now));
        }
        let wanted = (self.queues.messages() + self.campaigns.messages()).min(room);
        let mut allowed = match &mut self.rate {
            Some(rate) if wanted > 0 => rate.take(wanted),
            _ => wanted,
        };
        let mut out: Vec<Prepared> = self.queues.first(WAVE, &mut allowed).collect();
        let rest = WAVE - out.len();
        out.extend(self.campaigns.first(rest, &mut allowed));
        out
    }

    /// Writes a wave; a database that cannot take it just now is asked again, because results must not be lost.
    async fn commit(&mut self, order: WaveOrder, batch: &[Prepared]) -> WaveResult {
        let mut failures = 0;
        let mut order = Arc::new(order);
        loop {
            match self.app.store.wave(order.clone()).await {
                Ok(done) => return done,
                Err(e) => {
                    failures += 1;
                    tracing::warn!(error = %e, failures, "a wave could not be written");
                    let rest = Arc::make_mut(&mut order);
                    // Without their mark the messages do not go; they are read again later. If they were marked after
                    // all, nobody has them, and the mark is taken off again.
                    if matches!(&e, StoreError::Db(DbError::Undecided)) && !rest.marks.is_empty() {
                        rest.results.extend(unmarked(batch, &self.under, rest.now));
                    }
                    rest.marks.clear();
                    rest.kept.clear();
                    let closed = matches!(&e, StoreError::Db(DbError::Closed));
                    if closed || (rest.results.is_empty() && rest.taken_back.is_empty()) {
                        return WaveResult::default();
                    }
                    let wait = back_off(Duration::from_millis(50), failures, Duration::from_secs(5));
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn hand_over(&mut self, batch: Vec<Prepared>, done: &WaveResult) {
        let probe = self.judge.probing();
        for prepared in batch {
            let Some(mut message) = prepared.message else { continue };
            let Some(attempt) = done.marked.get(&prepared.mark.key) else { continue };
            message.key.attempt = *attempt;
            let handed = message.key;
            self.under.insert(handed, Under { domain: prepared.domain, probe });
            let sent =
                if handed.campaign { self.pool.send(message).await } else { self.pool.send_first(message).await };
            if let Err(back) = sent {
                self.under.remove(&back.key);
                let key = back.key.key;
                tracing::error!(stream = key.stream.0, ordinal = key.ordinal, "the relay's sessions have ended");
            }
        }
    }

    async fn pause_campaign(&self, Pause { ws, stream, why }: Pause) {
        let Ok(workspace) = self.app.workspace(volens_core::id::WorkspaceNo(ws)) else { return };
        // It may have been paused by the refusal before this one.
        if let Err(e) = self.app.store.pause_campaign(workspace.tenant, stream, why).await {
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
    }
}

/// The results that take marks off again: those of messages that were never handed over.
fn unmarked(batch: &[Prepared], under: &HashMap<Handed, Under>, now: Micros) -> Vec<Outcome> {
    let on_its_way = |h: &Handed| under.keys().any(|u| u.ws == h.ws && u.key == h.key);
    let handed = batch.iter().filter_map(|p| p.message.as_ref().map(|m| m.key));
    handed.filter(|h| !on_its_way(h)).map(|h| outcome(&h, DeliveryState::Planned, now, None)).collect()
}
