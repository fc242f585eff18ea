//! Wake-ups: "there may be work on this topic". A hint only: it can be missed by a node that is down or behind a
//! transaction pooler, so everybody who waits also looks again after a time of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::poll_fn;
use tokio::sync::{Notify, watch};
use tokio_postgres::{AsyncMessage, NoTls};

use crate::dialect;
use crate::postgres::{Pooler, Postgres};
use crate::sqlite_lock as lock;

/// What one can wait for, by a short name without spaces: `Topic("act")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(pub &'static str);

/// Who waits in this process, and what the other nodes are still to hear.
#[derive(Default)]
pub(crate) struct Wakes {
    topics: Mutex<BTreeMap<String, watch::Sender<u64>>>,
    outbox: Mutex<BTreeSet<&'static str>>,
    bell: Notify,
}

impl Wakes {
    /// Wakes this process, and puts the topic out for the others.
    pub(crate) fn wake(&self, topic: Topic) {
        self.here(topic.0);
        lock(&self.outbox).insert(topic.0);
        self.bell.notify_one();
    }

    fn here(&self, topic: &str) {
        if let Some(sender) = lock(&self.topics).get(topic) {
            sender.send_modify(|n| *n += 1);
        }
    }

    fn everybody(&self) {
        lock(&self.topics).values().for_each(|sender| sender.send_modify(|n| *n += 1));
    }

    pub(crate) fn waiter(&self, topic: Topic) -> Waiter {
        let mut topics = lock(&self.topics);
        let sender = topics.entry(topic.0.to_owned()).or_insert_with(|| watch::channel(0).0);
        Waiter { receiver: sender.subscribe() }
    }
}

/// Waits for one topic. It remembers: a wake-up that came after the last [`Waiter::woken`] began to look is not lost, so
/// the loop "look for work; none; wait" is safe.
pub struct Waiter {
    receiver: watch::Receiver<u64>,
}

impl Waiter {
    /// Waits until the topic is woken, `true`, or `at_most` has passed, `false`. Returns at once if it was woken since
    /// this waiter last returned (or was made).
    pub async fn woken(&mut self, at_most: Duration) -> bool {
        match tokio::time::timeout(at_most, self.receiver.changed()).await {
            Ok(Ok(())) => true,
            Ok(Err(_)) => {
                // The database is gone: nobody will wake us, and a busy loop would help no one.
                tokio::time::sleep(at_most).await;
                false
            }
            Err(_) => false,
        }
    }
}

/// The task that speaks with the other nodes; ends with the database.
pub(crate) fn connect_nodes(wakes: &Arc<Wakes>, postgres: &Arc<Postgres>) -> Option<tokio::task::JoinHandle<()>> {
    if postgres.pooler != Pooler::None {
        return None;
    }
    let (wakes, config) = (wakes.clone(), postgres.config.clone());
    Some(tokio::spawn(async move {
        let mut pause = Duration::from_millis(100);
        loop {
            match converse(&wakes, &config, &mut pause).await {
                Ok(()) => tracing::warn!("the connection for wake-ups ended; connecting again"),
                Err(e) => tracing::warn!(%e, "no wake-ups from other nodes for now; connecting again"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
    }))
}

/// One connection's life: LISTEN, then notifications both ways. Our own come back and are dropped by their backend id.
async fn converse(
    wakes: &Wakes,
    config: &tokio_postgres::Config,
    pause: &mut Duration,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let mine = std::sync::OnceLock::<String>::new();
    let hear = async {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            if let AsyncMessage::Notification(note) = message?
                && note.channel() == dialect::WAKE_CHANNEL
                && let Some((from, topic)) = note.payload().split_once(' ')
                && mine.get().is_none_or(|mine| mine != from)
            {
                wakes.here(topic);
            }
        }
        Ok(())
    };
    let speak = async {
        let row = client.query_one("SELECT pg_backend_pid()::text", &[]).await?;
        let mine = mine.get_or_init(|| row.get(0));
        client.batch_execute(&format!("LISTEN {}", dialect::WAKE_CHANNEL)).await?;
        *pause = Duration::from_millis(100);
        // What was said while we did not listen is unknown: everybody looks once.
        wakes.everybody();
        loop {
            wakes.bell.notified().await;
            let topics = std::mem::take(&mut *lock(&wakes.outbox));
            for topic in topics {
                client.execute(dialect::NOTIFY, &[&format!("{mine} {topic}")]).await?;
            }
            // NOTIFY takes one lock for the whole server at commit: many wake-ups in a moment become one.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        ended = hear => ended,
        failed = speak => failed,
    }
}
