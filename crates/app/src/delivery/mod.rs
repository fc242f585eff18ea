//! Sending, exactly accounted (DESIGN 8).
//!
//! `feed` leases slices, reads what waits, decides and renders ([`prepare`]); `dispatch` marks it in waves and hands it
//! to the relay's sessions, and writes what came of it. Both meet in a bounded channel, so that a slow relay slows the
//! reading and nothing piles up.

pub mod dispatch;
pub mod feed;
pub mod hold;
pub mod letter;
mod outcomes;
pub mod prepare;
pub mod system;
pub mod verdict;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use volens_core::id::DeliveryKey;
use volens_store::account::Node;
use volens_wire::{Pool, RelayConfig};

use crate::App;
use crate::delivery::dispatch::Dispatcher;
use crate::delivery::feed::Feeder;
pub use crate::delivery::hold::Health;
use crate::delivery::hold::Hold;
use crate::delivery::prepare::Ready;
use crate::error::AppError;

/// What comes back with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handed {
    /// The workspace.
    pub ws: i64,
    /// The delivery.
    pub key: DeliveryKey,
    /// The slice that counts it.
    pub slice: i64,
    /// Which hand-over.
    pub attempt: i64,
    /// A campaign's, not a transactional stream's.
    pub campaign: bool,
    /// It is sent again when nobody knows whether it arrived.
    pub resend: bool,
}

/// At most so many rows of a node are in state sending: twice the sessions and their window, between 50 and 200.
#[must_use]
pub fn in_flight_max(relay: &RelayConfig) -> usize {
    (2 * relay.sessions * relay.window).clamp(50, 200)
}

/// A running node's sending.
pub struct Sending {
    stop: watch::Sender<bool>,
    hold: Arc<Hold>,
    tasks: Vec<JoinHandle<()>>,
    dispatcher: oneshot::Receiver<()>,
}

impl Sending {
    /// Starts to send in the name of `node`. What its former lives were sending is accounted for first.
    ///
    /// # Errors
    /// When the relay's settings make no sense or the database fails.
    pub async fn start(app: Arc<App>, node: Node, relay: RelayConfig) -> Result<Self, AppError> {
        recover(&app, node).await?;
        let max = in_flight_max(&relay);
        let (stop, stopped) = watch::channel(false);
        let hold = Arc::new(Hold::default());
        // Small enough that a changed mind is seen soon, large enough that the sessions never starve.
        let (campaigns, from_campaigns) = mpsc::channel::<Ready>(2 * max);
        let (queues, from_queues) = mpsc::channel::<Ready>(max);
        let (one, two) = (hold.clone(), stopped.clone());
        let work = Dispatch { app: app.clone(), node, hold: one, max, stopped: two };
        let dispatcher = work.start(relay, from_queues, from_campaigns).await?;
        let feeder = Feeder { app: app.clone(), node, hold: hold.clone(), stopped: stopped.clone() };
        let tasks = vec![
            tokio::spawn(feeder.clone().campaigns(campaigns)),
            tokio::spawn(feeder.clone().queues(queues)),
            tokio::spawn(feeder.housekeeping()),
        ];
        Ok(Self { stop, hold, tasks, dispatcher })
    }

    /// How the relay fares.
    #[must_use]
    pub fn health(&self) -> Health {
        self.hold.health()
    }

    /// Marks nothing more, waits up to 30 s for open replies, writes the results, gives the slices back.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
        let _ = self.dispatcher.await;
    }
}

/// What the relay's thread needs.
struct Dispatch {
    app: Arc<App>,
    node: Node,
    hold: Arc<Hold>,
    max: usize,
    stopped: watch::Receiver<bool>,
}

impl Dispatch {
    /// Starts the dispatcher and the relay's sessions on a thread of their own: they wake each other thousands of times
    /// a second, which on one thread costs nothing (measured: 9 us a message less). Gives what ends with it.
    async fn start(
        self,
        relay: RelayConfig,
        queues: mpsc::Receiver<Ready>,
        campaigns: mpsc::Receiver<Ready>,
    ) -> Result<oneshot::Receiver<()>, AppError> {
        let (started, ready) = oneshot::channel();
        let (done, ended) = oneshot::channel();
        let work = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(e) => return drop(started.send(Err(e.to_string()))),
            };
            runtime.block_on(async {
                match Pool::start(relay) {
                    Ok((pool, reports)) => {
                        let _ = started.send(Ok(()));
                        let Self { app, node, hold, max, stopped } = self;
                        Dispatcher::new(app, node, pool, hold, max).run(reports, queues, campaigns, stopped).await;
                    }
                    Err(e) => drop(started.send(Err(e.to_string()))),
                }
            });
            let _ = done.send(());
        };
        let refused = |e: String| AppError::Refused(format!("sending cannot start: {e}"));
        std::thread::Builder::new().name("relay".into()).spawn(work).map_err(|e| refused(e.to_string()))?;
        ready.await.map_err(|e| refused(e.to_string()))?.map_err(refused)?;
        Ok(ended)
    }
}

/// What an earlier life of this node was sending when it ended is unknown now, and its leases are free.
async fn recover(app: &App, node: Node) -> Result<(), AppError> {
    let former = node.former();
    let unknown = app.store.give_up(former.start, former.end, app.now()).await?;
    app.store.free_leases(former.start, former.end).await?;
    if !unknown.is_empty() {
        tracing::warn!(node = node.no, unknown = unknown.len(), "messages were on their way when this node ended");
    }
    finish_those_of(app, &unknown).await
}

/// Rows that nobody will hear of any more may have been the last of their campaigns.
pub(crate) async fn finish_those_of(app: &App, rows: &[DeliveryKey]) -> Result<(), AppError> {
    let mut streams: Vec<_> = rows.iter().map(|key| key.stream).collect();
    streams.sort_unstable();
    streams.dedup();
    for stream in streams {
        if let Some(tenant) = app.store.workspace_of_stream(stream).await? {
            app.store.finish_campaign(tenant, stream).await?;
        }
    }
    Ok(())
}

/// Waits until the node is told to stop.
pub(crate) async fn end(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await.is_ok();
}

/// Back-off: `first`, doubled for each failure after the first, at most `most`.
#[must_use]
pub(crate) fn back_off(first: Duration, failures: u32, most: Duration) -> Duration {
    first.saturating_mul(1_u32 << failures.saturating_sub(1).min(20)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_its_limit() {
        let (first, day) = (Duration::from_secs(60), Duration::from_secs(86_400));
        let waits: Vec<u64> = (0..14).map(|failures| back_off(first, failures, day).as_secs()).collect();
        let hour = 3_600;
        assert_eq!(waits[..6], [60, 60, 120, 240, 480, 960]);
        assert_eq!(waits[11..], [16 * hour + 16 * 240, 24 * hour, 24 * hour].map(|s| s.min(24 * hour)));
        assert_eq!(back_off(first, u32::MAX, day), day);
    }
}
