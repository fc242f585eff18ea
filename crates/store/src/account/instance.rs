//! What belongs to the whole instance: the check of the master key, nodes, relays, key states.

use volens_core::Micros;
use volens_db::{Job, Lane, Tx, params, statements};

use crate::Store;
use crate::error::StoreError;

statements! {
    /// A value of the instance.
    VALUE: Instance [Text] => [Blob] "SELECT value FROM instance WHERE name = $1";
    /// Sets a value that is not there yet.
    SET_VALUE: Instance [Text, Blob] => []
        "INSERT INTO instance (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    /// Locks the numbers of nodes and workspaces until the transaction ends: two that take the highest plus one at once
    /// would take the same.
    LOCK_NUMBERS: Instance [Blob] => []
        "INSERT INTO instance (name, value) VALUES ('numbers', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    /// Starts a node once more: its incarnation grows.
    START_NODE: Instance [Text, Text, Int] => [Int, Int]
        "INSERT INTO node (no, name, incarnation, version, heartbeat, settled)
         VALUES ((SELECT COALESCE(MAX(no), 0) + 1 FROM node), $1, 1, $2, $3, 0)
         ON CONFLICT (name) DO UPDATE SET incarnation = node.incarnation + 1, version = excluded.version,
             heartbeat = excluded.heartbeat, settled = 0, trouble = NULL
         RETURNING no, incarnation";
    /// A sign of life; no row = another process has taken the name.
    HEARTBEAT: Instance [Int, Int, Int] => []
        "UPDATE node SET heartbeat = $3, settled = 0 WHERE no = $1 AND incarnation = $2";
    /// Nodes without a sign of life since, that may still hold something.
    SILENT_NODES: Instance [Int] => [Int, Int]
        "SELECT no, incarnation FROM node WHERE settled = 0 AND heartbeat < $1 ORDER BY no";
    /// A silent node holds nothing any more. Its row stays: no other node may ever get its number, which rows that it
    /// handed over carry.
    SETTLE_NODE: Instance [Int, Int, Int, Int, Int] => []
        "UPDATE node SET settled = 1 WHERE no = $1 AND incarnation = $2 AND heartbeat < $3
         AND NOT EXISTS (SELECT 1 FROM slice WHERE lease_holder >= $4 AND lease_holder < $5)";
    /// What keeps a node from sending; NULL = nothing.
    SET_TROUBLE: Instance [Int, Int, Text] => []
        "UPDATE node SET trouble = $3 WHERE no = $1 AND incarnation = $2";
    /// What keeps nodes from sending that gave a sign of life since.
    TROUBLES: Instance [Int] => [Text, Text]
        "SELECT name, trouble FROM node WHERE trouble IS NOT NULL AND heartbeat >= $1 ORDER BY name";
    /// All relays.
    RELAYS: Instance [] => [Text, Text, Blob, Int] "SELECT name, doc, secret, managed FROM relay ORDER BY name";
    /// Adds or changes a relay.
    PUT_RELAY: Instance [Text, Text, Blob, Int] => []
        "INSERT INTO relay (name, doc, secret, managed) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET doc = excluded.doc, secret = excluded.secret, managed = excluded.managed";
    /// Which keys of a workspace sign and which only verify.
    KEY_STATES: Tenant [Int] => [Text, Int, Int]
        "SELECT use, key_id, active FROM key_state WHERE ws = $1 ORDER BY use, key_id";
}

/// A running process: rows that it is sending carry [`Node::holder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which node.
    pub no: i64,
    /// How often it has been started.
    pub incarnation: i64,
}

impl Node {
    /// Node and incarnation as one number.
    #[must_use]
    pub fn holder(self) -> i64 {
        (self.no << 32) | (self.incarnation & 0xffff_ffff)
    }

    /// The holders of this node's former lives: `from..below`.
    #[must_use]
    pub fn former(self) -> std::ops::Range<i64> {
        (self.no << 32)..self.holder()
    }

    /// The holders of all its lives, this one too.
    #[must_use]
    pub fn lives(self) -> std::ops::Range<i64> {
        (self.no << 32)..self.holder() + 1
    }
}

/// A relay as stored; the password is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayRow {
    /// Its name.
    pub name: String,
    /// Its settings, JSON.
    pub doc: String,
    /// The sealed password.
    pub secret: Option<Vec<u8>>,
    /// Written by the configuration file, which then owns it.
    pub managed: bool,
}

/// Holds other transactions that give out numbers of the instance until this one ends.
pub(crate) async fn lock_numbers(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(&LOCK_NUMBERS, &params![[0_u8]]).await?;
    Ok(())
}

struct SetOnce(&'static str, Vec<u8>);

impl Job for SetOnce {
    type Out = Vec<u8>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<u8>, StoreError> {
        tx.execute(&SET_VALUE, &params![self.0, self.1.as_slice()]).await?;
        let row = tx.query_opt(&VALUE, &params![self.0]).await?.ok_or(StoreError::Missing("instance value"))?;
        Ok(row.get(0)?)
    }
}

struct StartNode {
    name: String,
    version: String,
    now: Micros,
}

impl Job for StartNode {
    type Out = Node;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Node, StoreError> {
        lock_numbers(tx).await?;
        let row = params![self.name.as_str(), self.version.as_str(), self.now.0];
        let row = tx.query_opt(&START_NODE, &row).await?.ok_or(StoreError::Missing("node"))?;
        Ok(Node { no: row.int(0)?, incarnation: row.int(1)? })
    }
}

struct Heartbeat(Node, Micros);

impl Job for Heartbeat {
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let row = params![self.0.no, self.0.incarnation, self.1.0];
        Ok(tx.execute(&HEARTBEAT, &row).await? == 1)
    }
}

struct Silent(Micros);

impl Job for Silent {
    type Out = Vec<Node>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Node>, StoreError> {
        let rows = tx.query(&SILENT_NODES, &params![self.0.0]).await?;
        rows.iter().map(|r| Ok(Node { no: r.int(0)?, incarnation: r.int(1)? })).collect()
    }
}

struct Settle(Node, Micros);

impl Job for Settle {
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Self(node, before) = self;
        let lives = node.lives();
        let row = params![node.no, node.incarnation, before.0, lives.start, lives.end];
        Ok(tx.execute(&SETTLE_NODE, &row).await? == 1)
    }
}

struct SetTrouble(Node, Option<String>);

impl Job for SetTrouble {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.execute(&SET_TROUBLE, &params![self.0.no, self.0.incarnation, self.1.clone()]).await?;
        Ok(())
    }
}

struct Troubles(Micros);

impl Job for Troubles {
    type Out = Vec<(String, String)>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let rows = tx.query(&TROUBLES, &params![self.0.0]).await?;
        rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
    }
}

struct Relays;

impl Job for Relays {
    type Out = Vec<RelayRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<RelayRow>, StoreError> {
        let rows = tx.query(&RELAYS, &[]).await?;
        let read = |r: &volens_db::Row| {
            Ok(RelayRow { name: r.get(0)?, doc: r.get(1)?, secret: r.get(2)?, managed: r.int(3)? == 1 })
        };
        rows.iter().map(read).collect()
    }
}

struct PutRelay(RelayRow);

impl Job for PutRelay {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let RelayRow { name, doc, secret, managed } = &self.0;
        let row = params![name.as_str(), doc.as_str(), secret.clone(), i64::from(*managed)];
        tx.execute(&PUT_RELAY, &row).await?;
        Ok(())
    }
}

struct KeyStates(i64);

impl Job for KeyStates {
    type Out = Vec<(String, i64, bool)>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let rows = tx.query(&KEY_STATES, &params![self.0]).await?;
        rows.iter().map(|r| Ok((r.get(0)?, r.int(1)?, r.int(2)? == 1))).collect()
    }
}

impl Store {
    /// Sets a value of the instance if it has none yet, and gives the one that stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_once(&self, name: &'static str, value: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        self.db.write(Lane::Interactive, SetOnce(name, value)).await
    }

    /// Registers this process as the newest life of the node of that name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_node(&self, name: &str, version: &str, now: Micros) -> Result<Node, StoreError> {
        let job = StartNode { name: name.to_owned(), version: version.to_owned(), now };
        self.db.write(Lane::Interactive, job).await
    }

    /// A sign of life; `false` when another process has taken the node's name since.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn heartbeat(&self, node: Node, now: Micros) -> Result<bool, StoreError> {
        self.db.write(Lane::Interactive, Heartbeat(node, now)).await
    }

    /// Nodes whose last sign of life is older than `before`, and that may still hold something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn silent_nodes(&self, before: Micros) -> Result<Vec<Node>, StoreError> {
        self.db.read(Silent(before)).await
    }

    /// A silent node whose messages were given up and whose leases are free is not asked about again, until it gives a
    /// sign of life; `false` = it gave one since `before`, or holds a slice once more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_node(&self, node: Node, before: Micros) -> Result<bool, StoreError> {
        self.db.write(Lane::Interactive, Settle(node, before)).await
    }

    /// Notes what keeps a node from sending, or that nothing does.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_trouble(&self, node: Node, trouble: Option<String>) -> Result<(), StoreError> {
        self.db.write(Lane::Interactive, SetTrouble(node, trouble)).await
    }

    /// What keeps nodes from sending: name and trouble of those that gave a sign of life since.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn troubles(&self, since: Micros) -> Result<Vec<(String, String)>, StoreError> {
        self.db.read(Troubles(since)).await
    }

    /// All relays by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn relays(&self) -> Result<Vec<RelayRow>, StoreError> {
        self.db.read(Relays).await
    }

    /// Adds or changes a relay.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_relay(&self, relay: RelayRow) -> Result<(), StoreError> {
        self.db.write(Lane::Interactive, PutRelay(relay)).await
    }

    /// The keys of a workspace: use, key id, whether it signs (all verify).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_states(&self, ws: i64) -> Result<Vec<(String, i64, bool)>, StoreError> {
        self.db.read(KeyStates(ws)).await
    }
}
