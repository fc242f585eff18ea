//! A database for each test: a file in a folder of its own, or a copy of a template in the private cluster.

use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio_postgres::NoTls;
use volens_db::{Db, DbConfig, Engine, Migration, Pooler, PostgresConfig, SqliteConfig};

use crate::cluster::{Cluster, Durability, cluster};
use crate::coverage;

/// An open database with a schema, thrown away when dropped. Derefs to [`Db`].
pub struct TestDb {
    db: Db,
    config: DbConfig,
    folder: tempfile::TempDir,
    database: Option<(&'static Cluster, String)>,
}

impl TestDb {
    /// A fresh database on `engine` with these migrations. Panics with what to do when the engine cannot be had.
    pub async fn new(engine: Engine, migrations: &[Migration]) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite_with(migrations, |_| ()).await,
            Engine::Postgres => Self::postgres_with(migrations, Durability::Fast, |_| ()).await,
        }
    }

    /// A fresh SQLite file; `change` may alter how it is opened (a page limit, a short lock time-out).
    pub async fn sqlite_with(migrations: &[Migration], change: impl FnOnce(&mut SqliteConfig)) -> Self {
        let folder = folder();
        let mut config = SqliteConfig::new(folder.path().join("volens.db"));
        change(&mut config);
        let config = DbConfig::Sqlite(config);
        let db = open(&config).await;
        orpanic(db.migrate(migrations).await, "the migrations failed");
        Self { db, config, folder, database: None }
    }

    /// A fresh PostgreSQL database; `change` may alter how it is opened (a pooler, fewer connections).
    pub async fn postgres_with(
        migrations: &[Migration],
        durability: Durability,
        change: impl FnOnce(&mut PostgresConfig),
    ) -> Self {
        let started = tokio::task::spawn_blocking(move || cluster(durability)).await;
        let cluster = orpanic(orpanic(started, "the PostgreSQL cluster"), "the PostgreSQL cluster");
        let name = orpanic(create(cluster, migrations).await, "a test database could not be made");
        let mut config = PostgresConfig::new(cluster.url(&name));
        change(&mut config);
        let config = DbConfig::Postgres(config);
        let db = open(&config).await;
        Self { db, config, folder: folder(), database: Some((cluster, name)) }
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// How it was opened: for a second node, or for a process that opens it itself.
    #[must_use]
    pub fn config(&self) -> &DbConfig {
        &self.config
    }

    /// Another node on the same database; on SQLite another process's view of the file.
    pub async fn another_node(&self) -> Db {
        open(&self.config).await
    }

    /// Closes it and opens it again: what is read then was on disk.
    pub async fn reopen(&mut self) {
        self.db.close().await;
        self.db = open(&self.config).await;
    }

    /// A folder that goes with the test; on SQLite the file `volens.db` lies in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Deref for TestDb {
    type Target = Db;
    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        coverage::note_ran();
        let (db, database) = (self.db.clone(), self.database.take());
        // A runtime of its own: this may run inside one that is going down, or that has a single thread.
        let clear = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async move {
                db.close().await;
                if let Some((cluster, name)) = database {
                    let _ = admin(cluster, &[format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")]).await;
                }
            });
        });
        let _ = clear.join();
    }
}

/// Runs one test body on `engine`; what [`both_engines`](crate::both_engines) calls.
pub fn run<F: Future>(engine: Engine, migrations: &[Migration], body: impl FnOnce(TestDb) -> F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    orpanic(runtime, "no tokio runtime").block_on(async { body(TestDb::new(engine, migrations).await).await })
}

#[track_caller]
fn orpanic<T, E: std::fmt::Display>(result: Result<T, E>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(e) => panic!("{what}: {e}"),
    }
}

fn folder() -> tempfile::TempDir {
    orpanic(tempfile::Builder::new().prefix("volens-test-").tempdir(), "no temporary folder")
}

async fn open(config: &DbConfig) -> Db {
    orpanic(Db::open(config.clone()).await, "the test database could not be opened")
}

type PgResult<T> = Result<T, tokio_postgres::Error>;

/// Runs statements outside of any transaction, as the cluster's owner.
async fn admin(cluster: &Cluster, statements: &[String]) -> PgResult<Vec<String>> {
    let (client, connection) = tokio_postgres::connect(&cluster.url("postgres"), NoTls).await?;
    let connection = tokio::spawn(connection);
    let mut out = Vec::new();
    for statement in statements {
        for message in client.simple_query(statement).await? {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                out.extend(row.get(0).map(str::to_owned));
            }
        }
    }
    connection.abort();
    Ok(out)
}

/// Makes a database of its own for one test: `t_PID_N`.
async fn create(cluster: &'static Cluster, migrations: &[Migration]) -> Result<String, String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    cluster.touch();
    if number == 0 {
        sweep(cluster).await.map_err(|e| describe(&e))?;
    }
    let template = if migrations.is_empty() { "template1".into() } else { template(cluster, migrations).await? };
    let name = format!("t_{}_{number}", std::process::id());
    let make = format!("CREATE DATABASE {name} TEMPLATE {template}");
    admin(cluster, &[make]).await.map_err(|e| describe(&e))?;
    Ok(name)
}

fn describe(e: &tokio_postgres::Error) -> String {
    use std::error::Error;
    e.source().map_or_else(|| e.to_string(), |source| format!("{e}: {source}"))
}

/// Drops the databases of test processes that were killed.
async fn sweep(cluster: &Cluster) -> PgResult<()> {
    let names = admin(cluster, &[r"SELECT datname FROM pg_database WHERE datname LIKE 't\_%'".into()]).await?;
    let dead = names.iter().filter(|name| {
        let pid = name.split('_').nth(1).unwrap_or_default();
        !Path::new("/proc").join(pid).exists()
    });
    let drops: Vec<_> = dead.map(|name| format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).collect();
    admin(cluster, &drops).await.map(|_| ())
}

/// FNV-1a over all texts: a changed migration is another template.
fn fingerprint(migrations: &[Migration]) -> u64 {
    let texts = migrations.iter().flat_map(|m| [m.name.as_bytes(), m.postgres.as_bytes(), &[0]]).flatten();
    texts.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The template with these migrations, built by whoever comes first.
async fn template(cluster: &'static Cluster, migrations: &[Migration]) -> Result<String, String> {
    let name = format!("base_{:016x}", fingerprint(migrations));
    let there = format!("SELECT datname FROM pg_database WHERE datname = '{name}'");
    if !admin(cluster, std::slice::from_ref(&there)).await.map_err(|e| describe(&e))?.is_empty() {
        return Ok(name);
    }
    let locked = tokio::task::spawn_blocking(|| cluster.lock()).await.map_err(|e| e.to_string())?;
    let _lock = locked.map_err(|e| e.to_string())?;
    if !admin(cluster, &[there]).await.map_err(|e| describe(&e))?.is_empty() {
        return Ok(name);
    }
    let raw = format!("raw_{name}");
    let make = [format!("DROP DATABASE IF EXISTS {raw} WITH (FORCE)"), format!("CREATE DATABASE {raw}")];
    admin(cluster, &make).await.map_err(|e| describe(&e))?;
    let config = PostgresConfig {
        connections: 2,
        // No LISTEN: a template may have no connections.
        pooler: Pooler::Transaction,
        ..PostgresConfig::new(cluster.url(&raw))
    };
    let db = Db::open(DbConfig::Postgres(config)).await.map_err(|e| e.to_string())?;
    db.migrate(migrations).await.map_err(|e| e.to_string())?;
    db.close().await;
    drop(db);
    let rename = format!("ALTER DATABASE {raw} RENAME TO {name}");
    for _ in 0..100 {
        // The server needs a moment to see that our connections are gone.
        match admin(cluster, std::slice::from_ref(&rename)).await {
            Ok(_) => {
                let lock = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false IS_TEMPLATE true");
                admin(cluster, &[lock]).await.map_err(|e| describe(&e))?;
                return Ok(name);
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    Err(format!("the template {name} stayed in use"))
}
