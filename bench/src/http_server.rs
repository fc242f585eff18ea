//! The measured side of `bench http`: one server in a process of its own, told what to do by lines on its standard
//! input ("start", "stop") and telling by lines of JSON what it took.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use volens_core::keys::Use;
use volens_db::{Db, DbConfig, DbError, Job, Lane, Migration, Tx, params, statements};
use volens_web::{WebSettings, WebState};

use crate::house::{Error, House, open};
use crate::proc::{cpu_us, threads_us};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The public pages.
    Volens,
    /// One 400-byte row, durably.
    Reference,
    /// Nothing but an answer.
    Empty,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Volens => "volens",
            Self::Reference => "reference",
            Self::Empty => "empty",
        }
    }
}

/// What the process says of the time between "start" and "stop".
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Spent {
    pub cpu_us: u64,
    pub threads_us: std::collections::BTreeMap<String, u64>,
    /// Acts that were not taken up yet at "stop".
    pub waiting: u64,
    /// How long it took after "stop" until none waited.
    pub drained_ms: u64,
    /// People that the workspace knows after that.
    pub contacts: u64,
}

static MIGRATIONS: [Migration; 1] = [Migration {
    version: 1,
    name: "first",
    sqlite: "CREATE TABLE note (ws INTEGER NOT NULL, id INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (ws, id)) \
             STRICT, WITHOUT ROWID;",
    postgres: "CREATE TABLE note (ws bigint NOT NULL, id bigint NOT NULL, body bytea NOT NULL, PRIMARY KEY (ws, id));",
}];

statements! {
    /// Adds a note.
    ADD: Tenant hot [Int, Int, Blob] => [] "INSERT INTO note (ws, id, body) VALUES ($1, $2, $3)";
    /// The newest note.
    LAST: Tenant [Int] => [Int] "SELECT COALESCE(MAX(id), 0) FROM note WHERE ws = $1";
}

struct Add(i64);

impl Job for Add {
    type Out = ();
    type Err = DbError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.execute(&ADD, &params![1, self.0, [7_u8; 400]]).await.map(|_| ())
    }
}

struct Notes {
    db: Db,
    last: AtomicI64,
}

async fn add(State(notes): State<Arc<Notes>>, _: Bytes) -> Result<&'static str, StatusCode> {
    let id = notes.last.fetch_add(1, Ordering::Relaxed) + 1;
    let added = notes.db.write(Lane::Interactive, Add(id)).await;
    added.map(|()| "Stored.\n").map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

struct Served {
    house: Option<House>,
    db: Option<Db>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    port: u16,
}

/// The measured process.
pub fn child(kind: &str, database: &str) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let served = runtime.block_on(start(kind, database))?;
    println!("{}", served.port);
    let (mut cpu, mut threads) = (0, std::collections::BTreeMap::new());
    for line in std::io::stdin().lock().lines() {
        match line?.as_str() {
            "start" => (cpu, threads) = (cpu_us(), threads_us()),
            _ => break,
        }
    }
    let mut spent = Spent { cpu_us: cpu_us() - cpu, ..Spent::default() };
    spent.threads_us = threads_us();
    spent.threads_us.iter_mut().for_each(|(name, us)| *us -= threads.get(name).copied().unwrap_or(0).min(*us));
    finish(&runtime, served, &mut spent)?;
    println!("{}", serde_json::to_string(&spent)?);
    Ok(())
}

async fn start(kind: &str, database: &str) -> Result<Served, Error> {
    let (stop, stopped) = watch::channel(false);
    let (mut tasks, mut house, mut notes) = (Vec::new(), None, None);
    // The bound on sign-ups a network is off: all of them come from here.
    let settings = WebSettings { signups_a_minute: 0, ..WebSettings::default() };
    let router = match kind {
        "volens" => {
            let opened = open(database).await?;
            // As in the process that shows the form and writes the letters.
            for usage in [Use::Form, Use::Leave] {
                let _ = opened.app.ring.minting(usage, opened.ws.tenant.no);
            }
            tasks.push(tokio::spawn(opened.app.clone().take_up_loop(stopped.clone())));
            let router = volens_web::router(WebState::new(opened.app.clone(), settings.clone())?);
            house = Some(opened);
            router
        }
        "reference" => {
            let db = Db::open(DbConfig::sqlite(database)).await?;
            db.migrate(&MIGRATIONS).await?;
            let rows = db.query(&LAST, &params![1]).await?;
            let last = AtomicI64::new(rows.first().map(|r| r.int(0)).transpose()?.unwrap_or(0));
            notes = Some(db.clone());
            Router::new().route("/note", post(add)).with_state(Arc::new(Notes { db, last }))
        }
        _ => Router::new().route("/note", post(async |_: Bytes| "Nothing.\n")),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tasks.push(tokio::spawn(volens_web::serve(listener, router, settings, stopped)));
    Ok(Served { house, db: notes, stop, tasks, port })
}

fn finish(runtime: &Runtime, served: Served, spent: &mut Spent) -> Result<(), Error> {
    runtime.block_on(async {
        if let Some(House { app, ws }) = &served.house {
            let clock = Instant::now();
            spent.waiting = app.store.count_acts(ws.tenant).await?;
            while app.store.count_acts(ws.tenant).await? > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            spent.drained_ms = u64::try_from(clock.elapsed().as_millis())?;
            spent.contacts = app.store.count_contacts(ws.tenant).await?;
        }
        let _ = served.stop.send(true);
        for task in served.tasks {
            task.await?;
        }
        for db in served.house.iter().map(|h| h.app.store.db()).chain(&served.db) {
            db.checkpoint().await;
            db.close().await;
        }
        Ok(())
    })
}
