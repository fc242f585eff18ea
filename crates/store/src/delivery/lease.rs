//! Leasing slices and reading what waits in them.

use volens_core::Micros;
use volens_core::id::{DeliveryKey, PointId, StreamNo, WorkspaceId, WorkspaceNo};
use volens_core::standing::Standing;
use volens_db::{Job, Lane, Row, Tx, params, statements};

use crate::delivery::queue::Payload;
use crate::delivery::wave::LOCK_SLICE;
use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// Leases the slice that has waited longest: a campaign's, for a queue is never due.
    LEASE_SLICE: Instance [Int, Int, Int] => [Int, Int, Int, Int, Int]
        "UPDATE slice SET lease_holder = $1, lease_until = $3
         WHERE (ws, stream, no) = (
             SELECT s.ws, s.stream, s.no FROM slice s
             WHERE s.state = 0 AND s.due_at <= $2 AND s.lease_until <= $2
             ORDER BY s.due_at, s.ws, s.stream, s.no LIMIT 1 {skip_locked})
         RETURNING ws, stream, no, first, until";
    /// Leases the one slice of a transactional stream, or keeps it.
    LEASE_QUEUE: Tenant hot [Int, Int, Int, Int, Int] => []
        "UPDATE slice SET lease_holder = $3, lease_until = $5
         WHERE ws = $1 AND stream = $2 AND no = 0 AND (lease_holder = $3 OR lease_until <= $4)";
    /// The workspace of a slice.
    WORKSPACE_OF: Tenant hot [Int] => [Blob] "SELECT id FROM workspace WHERE ws = $1";
    /// Keeps a lease; no row = it was lost, paused or stopped.
    RENEW: Tenant hot [Int, Int, Int, Int, Int] => []
        "UPDATE slice SET lease_until = $5
         WHERE ws = $1 AND stream = $2 AND no = $3 AND lease_holder = $4 AND state = 0";
    /// Gives a slice back; due again at $5.
    RELEASE: Tenant hot [Int, Int, Int, Int, Int] => []
        "UPDATE slice SET lease_holder = 0, lease_until = 0, due_at = $5,
             state = CASE WHEN state = 0 AND planned = 0 AND sending = 0 THEN 2 ELSE state END
         WHERE ws = $1 AND stream = $2 AND no = $3 AND lease_holder = $4";
    /// The leases of former lives of a node end.
    FREE_LEASES: Instance [Int, Int] => []
        "UPDATE slice SET lease_holder = 0, lease_until = 0 WHERE lease_holder >= $1 AND lease_holder < $2";
    /// What waits in a stretch of a campaign's slice, with everything that deciding and rendering needs.
    PLANNED_IN: Tenant hot [Int, Int, Int, Int, Int] => [Int, Blob, Int, Int, Blob, Text, Text, Text, Blob]
        "SELECT d.ordinal, d.point, d.attempt, s.seq, s.facts, p.address, c.name, c.profile, c.id
         FROM delivery d
         JOIN standing s ON s.ws = d.ws AND s.point = d.point
         JOIN point p ON p.ws = d.ws AND p.id = d.point
         JOIN contact c ON c.ws = p.ws AND c.id = p.contact
         WHERE d.ws = $1 AND d.stream = $2 AND d.ordinal >= $3 AND d.ordinal < $4
           AND d.state = 0 AND d.not_before <= $5
         ORDER BY d.ordinal";
    /// What waits in a transactional stream.
    QUEUED: Tenant hot [Int, Int, Int, Int] => [Int, Blob, Int, Int, Blob, Text, Text, Text, Blob, Text]
        "SELECT d.ordinal, d.point, d.attempt, s.seq, s.facts, p.address, c.name, c.profile, c.id, d.payload
         FROM delivery d
         JOIN standing s ON s.ws = d.ws AND s.point = d.point
         JOIN point p ON p.ws = d.ws AND p.id = d.point
         JOIN contact c ON c.ws = p.ws AND c.id = p.contact
         WHERE d.ws = $1 AND d.stream = $2 AND d.payload IS NOT NULL AND d.state < 2 AND d.state = 0
           AND d.not_before <= $3
         ORDER BY d.not_before, d.ordinal LIMIT $4";
    /// When the next row of a slice is due.
    SLICE_DUE: Tenant [Int, Int, Int, Int] => [Int]
        "SELECT MIN(not_before) FROM delivery
         WHERE ws = $1 AND stream = $2 AND ordinal >= $3 AND ordinal < $4 AND state = 0";
}

/// A slice that this node works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeasedSlice {
    /// Its workspace.
    pub tenant: Tenant,
    /// Its stream.
    pub stream: StreamNo,
    /// Its number in the stream.
    pub no: i64,
    /// Its first ordinal.
    pub first: i64,
    /// The ordinal after its last.
    pub until: i64,
    /// It is the slice of a transactional stream.
    pub transactional: bool,
}

/// A planned row, with what deciding and rendering it needs.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The delivery.
    pub key: DeliveryKey,
    /// To whom.
    pub point: PointId,
    /// How often it was handed over before.
    pub attempt: i64,
    /// The `seq` of the standing that was read.
    pub seq: i64,
    /// Where the person stands.
    pub standing: Standing,
    /// The address as given.
    pub address: String,
    /// The person's name.
    pub name: Option<String>,
    /// Typed profile fields, JSON.
    pub profile: String,
    /// What to write, in a transactional stream.
    pub payload: Option<Payload>,
}

fn planned(r: &Row, stream: StreamNo) -> Result<Planned, StoreError> {
    Ok(Planned {
        key: DeliveryKey { stream, ordinal: r.int(0)? },
        point: row::id(r, 1)?,
        attempt: r.int(2)?,
        seq: r.int(3)?,
        standing: Standing::unpack(r.blob(4)?)?,
        address: r.get(5)?,
        name: r.get(6)?,
        profile: r.get(7)?,
        payload: if r.values().len() > 9 { Some(row::document(r, 9, "payload")?) } else { None },
    })
}

struct Lease {
    holder: i64,
    now: Micros,
    until: Micros,
}

impl Job for Lease {
    type Out = Option<LeasedSlice>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let found = tx.query_opt(&LEASE_SLICE, &params![self.holder, self.now.0, self.until.0]).await?;
        let Some(slice) = found else { return Ok(None) };
        let (ws, stream) = (slice.int(0)?, slice.int(1)?);
        let id = tx.query_opt(&WORKSPACE_OF, &params![ws]).await?.ok_or(StoreError::Missing("workspace"))?;
        let id: WorkspaceId = row::id(&id, 0)?;
        Ok(Some(LeasedSlice {
            tenant: Tenant { no: WorkspaceNo(ws), id },
            stream: StreamNo(stream),
            no: slice.int(2)?,
            first: slice.int(3)?,
            until: slice.int(4)?,
            transactional: false,
        }))
    }
}

struct LeaseQueue {
    tenant: Tenant,
    stream: StreamNo,
    holder: i64,
    now: Micros,
    until: Micros,
}

impl Job for LeaseQueue {
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let row = params![self.tenant.no.0, self.stream.0, self.holder, self.now.0, self.until.0];
        Ok(tx.execute(&LEASE_QUEUE, &row).await? == 1)
    }
}

struct Renew(LeasedSlice, i64, Micros);

impl Job for Renew {
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Self(s, holder, until) = self;
        let row = params![s.tenant.no.0, s.stream.0, s.no, *holder, until.0];
        Ok(tx.execute(&RENEW, &row).await? == 1)
    }
}

struct Release(LeasedSlice, i64);

impl Job for Release {
    type Out = Option<Micros>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let Self(s, holder) = self;
        let (ws, stream) = (s.tenant.no.0, s.stream.0);
        // Locked first: a late result of another holder may put a row back in between.
        tx.query_opt(&LOCK_SLICE, &params![ws, stream, s.no]).await?;
        let due = tx.query_opt(&SLICE_DUE, &params![ws, stream, s.first, s.until]).await?;
        let due = due.map(|r| r.get::<Option<i64>>(0)).transpose()?.flatten();
        // A slice in which nothing waits but replies is not due: a result that puts a row back makes it so.
        let at = due.unwrap_or(i64::MAX);
        tx.execute(&RELEASE, &params![ws, stream, s.no, *holder, at]).await?;
        Ok(due.map(Micros))
    }
}

struct FreeLeases(i64, i64);

impl Job for FreeLeases {
    type Out = u64;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        Ok(tx.execute(&FREE_LEASES, &params![self.0, self.1]).await?)
    }
}

struct ReadPlanned {
    slice: LeasedSlice,
    from: i64,
    until: i64,
    now: Micros,
}

impl Job for ReadPlanned {
    type Out = Vec<Planned>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Planned>, StoreError> {
        let (ws, stream) = (self.slice.tenant.no.0, self.slice.stream);
        let rows = if self.slice.transactional {
            tx.query(&QUEUED, &params![ws, stream.0, self.now.0, self.until]).await?
        } else {
            tx.query(&PLANNED_IN, &params![ws, stream.0, self.from, self.until, self.now.0]).await?
        };
        rows.iter().map(|r| planned(r, stream)).collect()
    }
}

impl Store {
    /// Leases the open slice that has been due longest, until that instant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_slice(
        &self,
        holder: i64,
        now: Micros,
        until: Micros,
    ) -> Result<Option<LeasedSlice>, StoreError> {
        self.db.write(Lane::Interactive, Lease { holder, now, until }).await
    }

    /// Leases the transactional stream of a workspace, or keeps it; `false` = another node holds it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_queue(
        &self,
        tenant: Tenant,
        stream: StreamNo,
        holder: i64,
        now: Micros,
        until: Micros,
    ) -> Result<bool, StoreError> {
        self.db.write(Lane::Interactive, LeaseQueue { tenant, stream, holder, now, until }).await
    }

    /// Keeps a lease; `false` = it was lost, paused or stopped.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_slice(&self, slice: LeasedSlice, holder: i64, until: Micros) -> Result<bool, StoreError> {
        self.db.write(Lane::Interactive, Renew(slice, holder, until)).await
    }

    /// Gives a campaign's slice back and says when its next row is due; a slice in which nothing waits is done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_slice(&self, slice: LeasedSlice, holder: i64) -> Result<Option<Micros>, StoreError> {
        self.db.write(Lane::Interactive, Release(slice, holder)).await
    }

    /// Ends the leases of holders `from..below`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn free_leases(&self, from: i64, below: i64) -> Result<u64, StoreError> {
        self.db.write(Lane::Interactive, FreeLeases(from, below)).await
    }

    /// What waits in the ordinals `from..until` of a campaign's slice; in a transactional one, the `until` oldest.
    ///
    /// # Errors
    /// When the database fails or a record cannot be read.
    pub async fn planned(
        &self,
        slice: LeasedSlice,
        from: i64,
        until: i64,
        now: Micros,
    ) -> Result<Vec<Planned>, StoreError> {
        self.db.read(ReadPlanned { slice, from, until, now }).await
    }
}
