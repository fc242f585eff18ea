//! The books: what became of every row, counted twice, and who is behind a row.

use volens_core::Micros;
use volens_core::id::{DeliveryKey, PointId, StreamNo};
use volens_db::{Job, Row, Tx, params, statements};

use crate::delivery::DeliveryState;
use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// The books of a stream, as its slices keep them; what waits in a transactional one is counted from its rows, which
    /// come in without touching the slice. Last, how many rows the campaign of that stream has planned.
    SLICE_BOOKS: Tenant [Int, Int] => [Int, Int, Int, Int, Int, Int, Int, Int, Int]
        "SELECT COALESCE(CAST(SUM(planned) AS bigint), 0)
                + (SELECT COUNT(*) FROM delivery d
                   WHERE d.ws = $1 AND d.stream = $2 AND d.payload IS NOT NULL AND d.state < 2 AND d.state = 0
                     AND d.not_before >= 0),
                COALESCE(CAST(SUM(sending) AS bigint), 0),
                COALESCE(CAST(SUM(sent) AS bigint), 0), COALESCE(CAST(SUM(denied) AS bigint), 0),
                COALESCE(CAST(SUM(failed) AS bigint), 0), COALESCE(CAST(SUM(cancelled) AS bigint), 0),
                COALESCE(CAST(SUM(skipped) AS bigint), 0), COALESCE(CAST(SUM(unknown) AS bigint), 0),
                COALESCE((SELECT c.planned FROM campaign c WHERE c.ws = $1 AND c.stream = $2), 0)
         FROM slice WHERE ws = $1 AND stream = $2";
    /// The same, counted from the rows.
    ROW_BOOKS: Tenant [Int, Int] => [Int, Int]
        "SELECT state, COUNT(*) FROM delivery WHERE ws = $1 AND stream = $2 GROUP BY state ORDER BY state";
    /// The rows of a stream in one state, with whom they are for.
    ROWS_IN_STATE: Tenant [Int, Int, Int, Int] => [Int, Blob, Text, Text, Blob, Text, Int, Int]
        "SELECT d.ordinal, d.point, p.address, c.name, d.decision, d.reply, d.changed_at, d.attempt
         FROM delivery d
         JOIN point p ON p.ws = d.ws AND p.id = d.point
         JOIN contact c ON c.ws = p.ws AND c.id = p.contact
         WHERE d.ws = $1 AND d.stream = $2 AND d.state = $3 ORDER BY d.changed_at DESC, d.ordinal LIMIT $4";
    /// People who left while their row waited: when they left, and when their turn came.
    SPARED: Tenant [Int, Int, Int, Int] => [Text, Text, Int, Int]
        "SELECT p.address, c.name, e.happened_at, d.changed_at
         FROM delivery d
         JOIN event e ON e.ws = d.ws AND e.point = d.point
         JOIN point p ON p.ws = d.ws AND p.id = d.point
         JOIN contact c ON c.ws = p.ws AND c.id = p.contact
         WHERE d.ws = $1 AND d.stream = $2 AND d.state = 3 AND e.kind = 'withdrawn'
           AND e.happened_at > $3 AND e.happened_at <= d.changed_at
         ORDER BY d.changed_at DESC LIMIT $4";
    /// What was sent, or not, to a point: campaigns and transactional mails, newest first. CROSS JOIN keeps SQLite from
    /// walking all deliveries of the workspace.
    TOLD: Tenant [Int, Blob, Int] => [Int, Int, Int, Int, Blob, Text, Int, Text]
        "SELECT x.stream, x.ordinal, x.state, x.changed_at, x.decision, x.payload, x.attempt, x.reply FROM (
             SELECT d.stream, d.ordinal, d.state, d.changed_at, d.decision, d.payload, d.attempt, d.reply
             FROM stream t CROSS JOIN delivery d
             WHERE t.ws = $1 AND d.ws = t.ws AND d.stream = t.no AND d.point = $2 AND d.payload IS NULL
             UNION ALL
             SELECT d.stream, d.ordinal, d.state, d.changed_at, d.decision, d.payload, d.attempt, d.reply
             FROM delivery d WHERE d.ws = $1 AND d.point = $2 AND d.payload IS NOT NULL) x
         ORDER BY x.changed_at DESC LIMIT $3";
    /// One row.
    DELIVERY: Tenant hot [Int, Int, Int] => [Int, Int, Int, Int, Blob, Text, Int, Text]
        "SELECT stream, ordinal, state, changed_at, decision, payload, attempt, reply
         FROM delivery WHERE ws = $1 AND stream = $2 AND ordinal = $3";
    /// The workspace that a stream belongs to.
    STREAM_WORKSPACE: Instance [Int] => [Int, Blob]
        "SELECT w.ws, w.id FROM stream t JOIN workspace w ON w.ws = t.ws WHERE t.no = $1";
}

/// How many rows stand in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books([u64; 8]);

impl Books {
    /// The rows in that state.
    #[must_use]
    pub fn of(&self, state: DeliveryState) -> u64 {
        self.0[state.number() as usize]
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Nothing waits and nothing is under way.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.of(DeliveryState::Planned) == 0 && self.of(DeliveryState::Sending) == 0
    }
}

/// A row with the person behind it.
#[derive(Clone, Debug)]
pub struct Named {
    /// The delivery.
    pub key: DeliveryKey,
    /// The point.
    pub point: PointId,
    /// The address.
    pub address: String,
    /// The person's name.
    pub name: Option<String>,
    /// The stored decision.
    pub decision: Option<Vec<u8>>,
    /// The relay's words.
    pub reply: Option<String>,
    /// Since when it stands so.
    pub changed_at: Micros,
    /// How often it was handed over.
    pub attempt: i64,
}

/// Somebody who left in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spared {
    /// The address.
    pub address: String,
    /// The name.
    pub name: Option<String>,
    /// When the person left.
    pub left_at: Micros,
    /// When the turn came.
    pub turn_at: Micros,
}

/// One message to a point, or one that did not go.
#[derive(Clone, Debug)]
pub struct Told {
    /// The delivery.
    pub key: DeliveryKey,
    /// Where it stands.
    pub state: DeliveryState,
    /// Since when.
    pub changed_at: Micros,
    /// The stored decision.
    pub decision: Option<Vec<u8>>,
    /// What it was, in a transactional stream, JSON.
    pub payload: Option<String>,
    /// How often it was handed over.
    pub attempt: i64,
    /// The relay's words.
    pub reply: Option<String>,
}

fn told(r: &Row) -> Result<Told, StoreError> {
    Ok(Told {
        key: DeliveryKey { stream: StreamNo(r.int(0)?), ordinal: r.int(1)? },
        state: DeliveryState::read(r.int(2)?).ok_or_else(|| StoreError::document("state", "unknown number"))?,
        changed_at: row::micros(r, 3)?,
        decision: r.get(4)?,
        payload: r.get(5)?,
        attempt: r.int(6)?,
        reply: r.get(7)?,
    })
}

struct SliceBooks(Tenant, StreamNo);

impl Job for SliceBooks {
    type Out = (u64, Books);
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(u64, Books), StoreError> {
        let mut out = Books::default();
        let Some(row) = tx.query_opt(&SLICE_BOOKS, &params![self.0.no.0, self.1.0]).await? else { return Ok((0, out)) };
        for (i, n) in out.0.iter_mut().enumerate() {
            *n = row::count(&row, i)?;
        }
        Ok((row::count(&row, out.0.len())?, out))
    }
}

struct RowBooks(Tenant, StreamNo);

impl Job for RowBooks {
    type Out = Books;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Books, StoreError> {
        let mut out = Books::default();
        for row in tx.query(&ROW_BOOKS, &params![self.0.no.0, self.1.0]).await? {
            let state = DeliveryState::read(row.int(0)?).ok_or_else(|| StoreError::document("state", "unknown"))?;
            out.0[state.number() as usize] = row::count(&row, 1)?;
        }
        Ok(out)
    }
}

struct InState(Tenant, StreamNo, DeliveryState, i64);

impl Job for InState {
    type Out = Vec<Named>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Named>, StoreError> {
        let key = params![self.0.no.0, self.1.0, self.2.number(), self.3];
        let read = |r: &Row| {
            Ok(Named {
                key: DeliveryKey { stream: self.1, ordinal: r.int(0)? },
                point: row::id(r, 1)?,
                address: r.get(2)?,
                name: r.get(3)?,
                decision: r.get(4)?,
                reply: r.get(5)?,
                changed_at: row::micros(r, 6)?,
                attempt: r.int(7)?,
            })
        };
        tx.query(&ROWS_IN_STATE, &key).await?.iter().map(read).collect()
    }
}

struct ListSpared(Tenant, StreamNo, Micros, i64);

impl Job for ListSpared {
    type Out = Vec<Spared>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Spared>, StoreError> {
        let key = params![self.0.no.0, self.1.0, self.2.0, self.3];
        let read = |r: &Row| {
            let (left_at, turn_at) = (row::micros(r, 2)?, row::micros(r, 3)?);
            Ok(Spared { address: r.get(0)?, name: r.get(1)?, left_at, turn_at })
        };
        tx.query(&SPARED, &key).await?.iter().map(read).collect()
    }
}

struct ListTold(Tenant, PointId, i64);

impl Job for ListTold {
    type Out = Vec<Told>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Told>, StoreError> {
        tx.query(&TOLD, &params![self.0.no.0, self.1.bytes(), self.2]).await?.iter().map(told).collect()
    }
}

struct One(Tenant, DeliveryKey);

impl Job for One {
    type Out = Option<Told>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Told>, StoreError> {
        let key = params![self.0.no.0, self.1.stream.0, self.1.ordinal];
        tx.query_opt(&DELIVERY, &key).await?.as_ref().map(told).transpose()
    }
}

struct StreamWorkspace(StreamNo);

impl Job for StreamWorkspace {
    type Out = Option<Tenant>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Tenant>, StoreError> {
        let found = tx.query_opt(&STREAM_WORKSPACE, &params![self.0.0]).await?;
        let read = |r: Row| Ok(Tenant { no: volens_core::id::WorkspaceNo(r.int(0)?), id: row::id(&r, 1)? });
        found.map(read).transpose()
    }
}

impl Store {
    /// The books of a stream, as its slices keep them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn books(&self, tenant: Tenant, stream: StreamNo) -> Result<Books, StoreError> {
        Ok(self.campaign_books(tenant, stream).await?.1)
    }

    /// How many rows a campaign has planned, and what became of them, as of one instant: the two sides of the equation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn campaign_books(&self, tenant: Tenant, stream: StreamNo) -> Result<(u64, Books), StoreError> {
        self.db.read(SliceBooks(tenant, stream)).await
    }

    /// The books of a stream, counted from its rows: what [`Store::books`] must agree with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_rows(&self, tenant: Tenant, stream: StreamNo) -> Result<Books, StoreError> {
        self.db.read(RowBooks(tenant, stream)).await
    }

    /// The newest rows of a stream in that state, with whom they are for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rows_in(
        &self,
        tenant: Tenant,
        stream: StreamNo,
        state: DeliveryState,
        limit: u32,
    ) -> Result<Vec<Named>, StoreError> {
        self.db.read(InState(tenant, stream, state, i64::from(limit))).await
    }

    /// Who left after `since` and before the turn came, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spared(
        &self,
        tenant: Tenant,
        stream: StreamNo,
        since: Micros,
        limit: u32,
    ) -> Result<Vec<Spared>, StoreError> {
        self.db.read(ListSpared(tenant, stream, since, i64::from(limit))).await
    }

    /// What was sent to a point, or decided against, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn told(&self, tenant: Tenant, point: PointId, limit: u32) -> Result<Vec<Told>, StoreError> {
        self.db.read(ListTold(tenant, point, i64::from(limit))).await
    }

    /// One delivery.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delivery(&self, tenant: Tenant, key: DeliveryKey) -> Result<Option<Told>, StoreError> {
        self.db.read(One(tenant, key)).await
    }

    /// The workspace that a stream belongs to: for tokens that name a delivery alone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workspace_of_stream(&self, stream: StreamNo) -> Result<Option<Tenant>, StoreError> {
        self.db.read(StreamWorkspace(stream)).await
    }
}
