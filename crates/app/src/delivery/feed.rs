//! Feeding: lease a slice, read what waits, decide, render, put it into the channel.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use volens_core::Micros;
use volens_store::account::Node;
use volens_store::delivery::LeasedSlice;

use crate::account::workspace::Workspace;
use crate::delivery::hold::{Health, Hold};
use crate::delivery::letter::Letters;
use crate::delivery::prepare::{Ready, campaign_row};
use crate::delivery::system::queue_row;
use crate::delivery::{end, finish_those_of};
use crate::error::AppError;
use crate::{App, QUEUED, SLICES};

/// How long a feeder waits when there is nothing to do, unless it is woken.
const IDLE: Duration = Duration::from_millis(500);

/// Reads for one node.
#[derive(Clone)]
pub struct Feeder {
    pub(crate) app: Arc<App>,
    pub(crate) node: Node,
    pub(crate) hold: Arc<Hold>,
    pub(crate) stopped: watch::Receiver<bool>,
}

type Channel = mpsc::Sender<Ready>;

impl Feeder {
    fn stopping(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Waits for a wake-up, a time-out, or the end.
    async fn rest(&mut self, waiter: &mut volens_store::Waiter, at_most: Duration) {
        tokio::select! {
            _ = waiter.woken(at_most) => {}
            () = end(&mut self.stopped) => {}
        }
    }

    /// Works on campaign slices until the end.
    pub async fn campaigns(mut self, channel: Channel) {
        let letters = Letters::default();
        let mut waiter = self.app.store.db().waiter(SLICES);
        while !self.stopping() {
            let now = self.app.now();
            let until = now.after(self.app.settings.sending.lease);
            match self.app.store.lease_slice(self.node.holder(), now, until).await {
                Ok(Some(slice)) => self.work(&letters, slice, &channel).await,
                Ok(None) => self.rest(&mut waiter, IDLE).await,
                Err(e) => {
                    tracing::warn!(error = %e, "no slice could be leased");
                    self.rest(&mut waiter, IDLE).await;
                }
            }
        }
    }

    async fn work(&mut self, letters: &Letters, slice: LeasedSlice, channel: &Channel) {
        let result = self.pass(letters, slice, channel).await;
        if let Err(e) = &result {
            self.cannot_send(slice, e).await;
        }
        // What was put into the channel is marked or dropped before the lease goes: nobody else reads it again.
        let (done, flushed) = oneshot::channel();
        if channel.send(Ready::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
        let released = self.app.store.release_slice(slice, self.node.holder()).await;
        if let Err(e) = self.app.store.finish_campaign(slice.tenant, slice.stream).await {
            tracing::warn!(error = %e, "a campaign could not be looked at");
        }
        let due_now = matches!(&released, Ok(Some(due)) if *due <= self.app.now());
        if due_now && !self.stopping() {
            // Rows whose people changed meanwhile are read again; a moment, so that nothing spins.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One pass over a slice.
    async fn pass(&mut self, letters: &Letters, slice: LeasedSlice, channel: &Channel) -> Result<(), AppError> {
        let app = self.app.clone();
        let workspace = app.workspace(slice.tenant.no)?;
        let letter = letters.get(&app, &workspace, slice.tenant, slice.stream).await?;
        let sending = &app.settings.sending;
        let mut renewed = Instant::now();
        let mut from = slice.first;
        while from < slice.until && !self.stopping() {
            if renewed.elapsed() > sending.lease / 3 {
                let until = app.now().after(sending.lease);
                if !app.store.renew_slice(slice, self.node.holder(), until).await? {
                    return Ok(());
                }
                renewed = Instant::now();
            }
            let until = (from + sending.page).min(slice.until);
            for row in app.store.planned(slice, from, until, app.now()).await? {
                let prepared = campaign_row(&app, &workspace, &letter, &slice, &row, app.now());
                if !self.put(channel, Ready::Row(Box::new(prepared)), slice, &mut renewed).await? {
                    return Ok(());
                }
            }
            from = until;
        }
        Ok(())
    }

    /// Puts a row into the channel; a slow relay may make it wait longer than the lease, which is kept meanwhile.
    async fn put(
        &mut self,
        channel: &Channel,
        mut ready: Ready,
        slice: LeasedSlice,
        renewed: &mut Instant,
    ) -> Result<bool, AppError> {
        ready = match channel.try_send(ready) {
            Ok(()) => return Ok(true),
            Err(mpsc::error::TrySendError::Closed(_)) => return Ok(false),
            Err(mpsc::error::TrySendError::Full(ready)) => ready,
        };
        let lease = self.app.settings.sending.lease;
        loop {
            tokio::select! {
                permit = channel.reserve() => {
                    return Ok(permit.map(|p| p.send(ready)).is_ok());
                }
                _ = tokio::time::sleep_until(*renewed + lease / 3) => {
                    let until = self.app.now().after(lease);
                    if !self.app.store.renew_slice(slice, self.node.holder(), until).await? {
                        return Ok(false);
                    }
                    *renewed = Instant::now();
                }
                () = end(&mut self.stopped) => return Ok(false),
            }
        }
    }

    /// A letter that cannot be made pauses its campaign: it would fail for everybody.
    async fn cannot_send(&self, slice: LeasedSlice, error: &AppError) {
        tracing::warn!(stream = slice.stream.0, error = %error, "a slice could not be worked on");
        if error.is_busy() {
            return;
        }
        let paused = self.app.store.pause_campaign(slice.tenant, slice.stream, error.to_string()).await;
        if let Err(e) = paused {
            tracing::warn!(stream = slice.stream.0, error = %e, "the campaign could not be paused");
        }
    }

    /// Works on the transactional streams of all workspaces until the end.
    pub async fn queues(mut self, channel: Channel) {
        let mut waiter = self.app.store.db().waiter(QUEUED);
        while !self.stopping() {
            let mut next = IDLE;
            let held = self.hold.queue_left();
            if !held.is_zero() {
                self.rest(&mut waiter, held.min(IDLE)).await;
                continue;
            }
            for workspace in self.app.workspaces() {
                match self.queue(&workspace, &channel).await {
                    Ok(wait) => next = next.min(wait),
                    Err(e) => tracing::warn!(error = %e, "a queue could not be worked on"),
                }
            }
            self.rest(&mut waiter, next).await;
        }
    }

    /// One look at a queue; gives how long nothing is due in it.
    async fn queue(&mut self, workspace: &Arc<Workspace>, channel: &Channel) -> Result<Duration, AppError> {
        let app = self.app.clone();
        let (tenant, stream) = (workspace.tenant, workspace.queue);
        let slice = LeasedSlice { tenant, stream, no: 0, first: 0, until: i64::MAX, transactional: true };
        let page = app.settings.sending.page;
        let rows = app.store.planned(slice, 0, page, app.now()).await?;
        if rows.is_empty() {
            return Ok(IDLE);
        }
        let now = app.now();
        let until = now.after(app.settings.sending.lease);
        if !app.store.lease_queue(tenant, stream, self.node.holder(), now, until).await? {
            return Ok(IDLE);
        }
        let full = rows.len() as i64 == page;
        for row in &rows {
            let prepared = queue_row(&app, workspace, &slice, row, app.now());
            if channel.send(Ready::Row(Box::new(prepared))).await.is_err() {
                return Ok(IDLE);
            }
        }
        let (done, flushed) = oneshot::channel();
        if channel.send(Ready::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
        Ok(if full { Duration::ZERO } else { Duration::from_millis(100) })
    }

    /// Signs of life, and whether the relay lets it send; what silent nodes were sending is given up.
    pub async fn housekeeping(mut self) {
        let every = (self.app.settings.sending.silent / 30).clamp(Duration::from_secs(1), Duration::from_secs(20));
        let mut health = self.hold.watch();
        let mut told = Health::Up;
        while !self.stopping() {
            if let Err(e) = self.keep_house(&mut told).await {
                tracing::warn!(error = %e, "the housekeeping failed");
            }
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                Ok(()) = health.changed() => {}
                () = end(&mut self.stopped) => {}
            }
        }
        if told != Health::Up
            && let Err(e) = self.app.store.set_trouble(self.node, None).await
        {
            tracing::warn!(error = %e, "the end could not be noted");
        }
    }

    async fn keep_house(&self, told: &mut Health) -> Result<(), AppError> {
        let app = &self.app;
        let now = app.now();
        let health = self.hold.health();
        if health != *told {
            let trouble = if let Health::Down(why) = &health { Some(why.clone()) } else { None };
            app.store.set_trouble(self.node, trouble).await?;
            *told = health;
        }
        if !app.store.heartbeat(self.node, now).await? {
            tracing::error!(node = self.node.no, "another process runs under this node's name: give each its own");
        }
        let cut = now.before(app.settings.sending.silent);
        for silent in app.store.silent_nodes(cut).await? {
            let lives = silent.lives();
            // The leases first: without one it marks nothing more that would have to be given up.
            app.store.free_leases(lives.start, lives.end).await?;
            let unknown = app.store.give_up(lives.start, lives.end, now).await?;
            app.store.settle_node(silent, cut).await?;
            if !unknown.is_empty() {
                tracing::warn!(node = silent.no, unknown = unknown.len(), "a silent node's messages are unknown now");
            }
            finish_those_of(app, &unknown).await?;
        }
        Ok(())
    }
}

/// The time of a row that is tried again.
#[must_use]
pub(crate) fn again(now: Micros, wait: Duration) -> Micros {
    now.after(wait)
}
