//! Planning: an audience becomes rows, a stretch of people at a time, so that a restart goes on where it was.

use volens_core::id::{PointId, StreamNo};
use volens_core::standing::Standing;
use volens_db::{Job, Lane, Rows, Tx, Value, params, statements};

use crate::campaign::{CampaignState, lock_state};
use crate::delivery::{SLICE, SliceState};
use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// How far the plan has come.
    PLAN_CURSOR: Tenant [Int, Int] => [Blob, Int]
        "SELECT plan_cursor, planned FROM campaign WHERE ws = $1 AND stream = $2";
    /// The next people after the cursor, with what a check of the letter needs.
    STRETCH: Tenant [Int, Blob, Int] => [Blob, Int, Int, Blob, Text, Text, Text]
        "SELECT s.point, s.gate, s.seq, s.facts, p.address, c.name, c.profile
         FROM standing s
         JOIN point p ON p.ws = s.ws AND p.id = s.point
         JOIN contact c ON c.ws = p.ws AND c.id = p.contact
         WHERE s.ws = $1 AND s.point > $2 ORDER BY s.point LIMIT $3";
    /// Rows for the people of a stretch for whom the law must look.
    PLAN_ROWS: Tenant [Int, Int, Int, Blob, Blob, Int] => []
        "INSERT INTO delivery (ws, stream, ordinal, point, state, attempt, holder, not_before, changed_at,
                               decision, reply, payload)
         SELECT s.ws, $2, $3 - 1 + ROW_NUMBER() OVER (ORDER BY s.point), s.point, 0, 0, 0, 0, $6, NULL, NULL, NULL
         FROM standing s WHERE s.ws = $1 AND s.point > $4 AND s.point <= $5 AND s.gate = 0 ORDER BY s.point";
    /// The people of a stretch who are left out, by reason.
    STRETCH_LEFT_OUT: Tenant [Int, Blob, Blob] => [Int, Int]
        "SELECT gate, COUNT(*) FROM standing WHERE ws = $1 AND point > $2 AND point <= $3 AND gate <> 0
         GROUP BY gate ORDER BY gate";
    /// Adds to the left out.
    ADD_LEFT_OUT: Tenant [Int, Int, Int, Int] => []
        "INSERT INTO left_out (ws, stream, reason, n) VALUES ($1, $2, $3, $4)
         ON CONFLICT (ws, stream, reason) DO UPDATE SET n = left_out.n + excluded.n";
    /// Makes or fills slices.
    FILL_SLICES: Tenant rows(ws: Int, s: Int, n: Int, f: Int, u: Int, c: Int) [Int] => []
        "INSERT INTO slice (ws, stream, no, first, until, state, due_at, lease_holder, lease_until,
                            planned, sending, sent, denied, failed, cancelled, skipped, unknown)
         SELECT u.ws, u.s, u.n, u.f, u.u, $7, 0, 0, 0, u.c, 0, 0, 0, 0, 0, 0, 0 FROM {rows} WHERE true
         ON CONFLICT (ws, stream, no) DO UPDATE SET planned = slice.planned + excluded.planned";
    /// Moves the cursor.
    MOVE_CURSOR: Tenant [Int, Int, Blob, Int] => []
        "UPDATE campaign SET plan_cursor = $3, planned = $4 WHERE ws = $1 AND stream = $2";
    /// Notes for whom the letter cannot be made; the first example stays.
    ADD_HOLES: Tenant [Int, Int, Int, Text] => []
        "UPDATE campaign SET holes = holes + $3, problem = COALESCE(problem, $4) WHERE ws = $1 AND stream = $2";
    /// Takes the rows of a rejected plan away.
    DROP_ROWS: Tenant [Int, Int] => [] "DELETE FROM delivery WHERE ws = $1 AND stream = $2 AND state = 0";
    /// And its slices.
    DROP_SLICES: Tenant [Int, Int] => [] "DELETE FROM slice WHERE ws = $1 AND stream = $2";
    /// And its count of the left out.
    DROP_LEFT_OUT: Tenant [Int, Int] => [] "DELETE FROM left_out WHERE ws = $1 AND stream = $2";
    /// The campaign is a draft again.
    RESET_PLAN: Tenant [Int, Int, Text] => []
        "UPDATE campaign SET plan_cursor = NULL, planned = 0, queued_at = 0, useful_until = 0, problem = $3, holes = 0
         WHERE ws = $1 AND stream = $2";
}

/// A person in a stretch of the plan.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The point.
    pub point: PointId,
    /// A row is planned for it: no stop closes everything.
    pub open: bool,
    /// Where it stands.
    pub standing: Standing,
    /// The address.
    pub address: String,
    /// The person's name.
    pub name: Option<String>,
    /// Typed profile fields, JSON.
    pub profile: String,
}

/// One stretch of a plan.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The people after the cursor, in order.
    pub people: Vec<Candidate>,
    /// Where the stretch begins.
    pub after: PointId,
    /// Rows planned before it.
    pub planned: i64,
}

/// People of a stretch for whom the letter cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holes {
    /// How many.
    pub people: i64,
    /// What is missing, and to whom.
    pub example: String,
}

struct ReadStretch(Tenant, StreamNo, i64);

impl Job for ReadStretch {
    type Out = Stretch;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Stretch, StoreError> {
        let ws = self.0.no.0;
        let row = tx.query_opt(&PLAN_CURSOR, &params![ws, self.1.0]).await?;
        let row = row.ok_or(StoreError::Missing("campaign"))?;
        let after = PointId::from_bytes(row.get::<Option<[u8; 16]>>(0)?.unwrap_or([0; 16]));
        let mut people = Vec::new();
        for r in tx.query(&STRETCH, &params![ws, after.bytes(), self.2]).await? {
            people.push(Candidate {
                point: row::id(&r, 0)?,
                open: r.int(1)? == 0,
                standing: Standing::unpack(r.blob(3)?)?,
                address: r.get(4)?,
                name: r.get(5)?,
                profile: r.get(6)?,
            });
        }
        Ok(Stretch { people, after, planned: row.int(1)? })
    }
}

struct Plan {
    tenant: Tenant,
    stream: StreamNo,
    after: PointId,
    upto: PointId,
    holes: Option<Holes>,
    now: volens_core::Micros,
}

impl Plan {
    async fn slices(&self, tx: &mut Tx<'_>, first: i64, n: i64) -> Result<(), StoreError> {
        let mut rows = Rows::new(&FILL_SLICES);
        let mut at = first;
        while at < first + n {
            let no = at / SLICE;
            let end = ((no + 1) * SLICE).min(first + n);
            let row = [self.tenant.no.0, self.stream.0, no, no * SLICE, (no + 1) * SLICE, end - at];
            rows.push(row.map(Value::from))?;
            at = end;
        }
        if !rows.is_empty() {
            tx.bulk_execute(&FILL_SLICES, &rows, &params![SliceState::Paused.number()]).await?;
        }
        Ok(())
    }
}

impl Job for Plan {
    type Out = i64;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
        let (ws, stream) = (self.tenant.no.0, self.stream.0);
        let state = lock_state(tx, self.tenant, self.stream).await?;
        let row = tx.query_opt(&PLAN_CURSOR, &params![ws, stream]).await?.ok_or(StoreError::Missing("campaign"))?;
        let cursor = row.get::<Option<[u8; 16]>>(0)?.unwrap_or([0; 16]);
        let planned = row.int(1)?;
        if state != CampaignState::Planning || cursor != self.after.bytes() {
            return Ok(planned);
        }
        let (after, upto) = (self.after.bytes(), self.upto.bytes());
        let key = params![ws, stream, planned, after, upto, self.now.0];
        let n = i64::try_from(tx.execute(&PLAN_ROWS, &key).await?).unwrap_or(0);
        for row in tx.query(&STRETCH_LEFT_OUT, &params![ws, after, upto]).await? {
            tx.execute(&ADD_LEFT_OUT, &params![ws, stream, row.int(0)?, row.int(1)?]).await?;
        }
        self.slices(tx, planned, n).await?;
        // With the cursor: who goes on from there does not look at these people again.
        if let Some(holes) = &self.holes {
            tx.execute(&ADD_HOLES, &params![ws, stream, holes.people, holes.example.as_str()]).await?;
        }
        tx.execute(&MOVE_CURSOR, &params![ws, stream, upto, planned + n]).await?;
        Ok(planned + n)
    }
}

pub(crate) struct Unplan {
    pub(crate) tenant: Tenant,
    pub(crate) stream: StreamNo,
    pub(crate) problem: String,
}

impl Job for Unplan {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let (ws, stream) = (self.tenant.no.0, self.stream.0);
        let state = lock_state(tx, self.tenant, self.stream).await?;
        if state != CampaignState::Planning {
            return Err(StoreError::State(format!("the campaign is {}, it can no longer be taken back", state.word())));
        }
        tx.execute(&DROP_ROWS, &params![ws, stream]).await?;
        tx.execute(&DROP_SLICES, &params![ws, stream]).await?;
        tx.execute(&DROP_LEFT_OUT, &params![ws, stream]).await?;
        tx.execute(&RESET_PLAN, &params![ws, stream, self.problem.as_str()]).await?;
        tx.execute(&super::SET_STREAM, &params![ws, stream, CampaignState::Draft.number()]).await?;
        Ok(())
    }
}

impl Store {
    /// The next people that a plan must look at, at most `limit`; none = the plan is complete.
    ///
    /// # Errors
    /// When the database fails or a record cannot be read.
    pub async fn plan_stretch(&self, tenant: Tenant, stream: StreamNo, limit: u32) -> Result<Stretch, StoreError> {
        self.db.read(ReadStretch(tenant, stream, i64::from(limit))).await
    }

    /// Plans the people between `after` and `upto`, and notes for whom of them the letter cannot be made; does nothing
    /// when another node was faster. Gives all planned.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plan(
        &self,
        tenant: Tenant,
        stream: StreamNo,
        after: PointId,
        upto: PointId,
        holes: Option<Holes>,
        now: volens_core::Micros,
    ) -> Result<i64, StoreError> {
        self.db.write(Lane::Bulk, Plan { tenant, stream, after, upto, holes, now }).await
    }
}
