//! Campaigns: one letter to an audience.

pub mod plan;

use volens_core::Micros;
use volens_core::id::{CampaignId, StreamNo};
use volens_core::purpose::{PurposeNo, Scope, SenderNo, TopicNo};
use volens_db::{Job, Lane, Row, Tx, params, statements};

use crate::delivery::queue::{StreamKind, insert_stream};
use crate::delivery::wave::{Deltas, LOCK_SLICE};
use crate::delivery::{DeliveryState, SliceKey, SliceState};
use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// A new campaign.
    INSERT_CAMPAIGN: Tenant [Int, Blob, Int, Text, Text, Int, Int, Int, Int, Int, Int] => []
        "INSERT INTO campaign (ws, id, stream, name, source, purpose, topic, sender, useful_for, on_unknown, why,
                               problem, holes, queued_at, useful_until, plan_cursor, planned, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, NULL, 0, 0, 0, NULL, 0, $11)";
    /// All campaigns, newest first.
    CAMPAIGNS: Tenant [Int] => [Blob, Int, Text, Text, Int, Int, Int, Int, Text, Text, Int, Int, Int, Int, Int, Int]
        "SELECT c.id, c.stream, c.name, c.source, c.purpose, c.topic, c.sender, c.useful_for, c.why, c.problem,
                c.queued_at, c.useful_until, c.planned, c.created_at, t.state, c.holes
         FROM campaign c JOIN stream t ON t.ws = c.ws AND t.no = c.stream
         WHERE c.ws = $1 ORDER BY c.id DESC";
    /// The campaign of a stream.
    CAMPAIGN_OF: Tenant hot [Int, Int] => [Blob, Int, Text, Text, Int, Int, Int, Int, Text, Text, Int, Int, Int, Int, Int, Int]
        "SELECT c.id, c.stream, c.name, c.source, c.purpose, c.topic, c.sender, c.useful_for, c.why, c.problem,
                c.queued_at, c.useful_until, c.planned, c.created_at, t.state, c.holes
         FROM campaign c JOIN stream t ON t.ws = c.ws AND t.no = c.stream
         WHERE c.ws = $1 AND c.stream = $2";
    /// Locks a campaign's state; a transactional stream has none that could change.
    LOCK_STREAM: Tenant [Int, Int] => [Int]
        "SELECT state FROM stream WHERE ws = $1 AND no = $2 AND kind = 1 {lock}";
    /// Sets it.
    SET_STREAM: Tenant [Int, Int, Int] => [] "UPDATE stream SET state = $3 WHERE ws = $1 AND no = $2";
    /// Sets the state of all the stream's slices: also of those that are done, for what is taken back later falls under
    /// it too.
    SET_SLICES: Tenant [Int, Int, Int] => [] "UPDATE slice SET state = $3 WHERE ws = $1 AND stream = $2";
    /// Why a campaign stands still.
    SET_WHY: Tenant [Int, Int, Text] => [] "UPDATE campaign SET why = $3 WHERE ws = $1 AND stream = $2";
    /// Nothing keeps a campaign from being sent, as far as is known.
    NO_PROBLEM: Tenant [Int, Int] => []
        "UPDATE campaign SET problem = NULL, holes = 0 WHERE ws = $1 AND stream = $2";
    /// When it was queued, and until when it is worth reading.
    SET_TIMES: Tenant [Int, Int, Int, Int] => []
        "UPDATE campaign SET queued_at = $3, useful_until = $4 WHERE ws = $1 AND stream = $2";
    /// The slices of a stream, in order.
    SLICES: Tenant [Int, Int] => [Int, Int, Int, Int]
        "SELECT no, first, until, state FROM slice WHERE ws = $1 AND stream = $2 ORDER BY no";
    /// What waits in a slice is cancelled.
    CANCEL_ROWS: Tenant [Int, Int, Int, Int, Int] => []
        "UPDATE delivery SET state = 5, changed_at = $5
         WHERE ws = $1 AND stream = $2 AND ordinal >= $3 AND ordinal < $4 AND state = 0";
    /// A running stream with nothing left is done.
    FINISH: Tenant [Int, Int] => []
        "UPDATE stream SET state = 4 WHERE ws = $1 AND no = $2 AND state = 2
         AND NOT EXISTS (SELECT 1 FROM slice s WHERE s.ws = $1 AND s.stream = $2 AND s.planned + s.sending > 0)";
    /// How many people were left out of a plan, by reason.
    LEFT_OUT: Tenant [Int, Int] => [Int, Int]
        "SELECT reason, n FROM left_out WHERE ws = $1 AND stream = $2 ORDER BY reason";
    /// All campaigns that a restart must go on planning.
    UNPLANNED: Instance [] => [Int, Blob, Int]
        "SELECT t.ws, w.id, t.no FROM stream t JOIN workspace w ON w.ws = t.ws WHERE t.kind = 1 AND t.state = 1
         ORDER BY t.ws, t.no";
}

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignState {
    /// Written, not sent.
    Draft,
    /// Its rows are being made.
    Planning,
    /// Being sent.
    Running,
    /// Stands still; `why` says why.
    Paused,
    /// Everything has its final state.
    Done,
    /// Stopped for good.
    Cancelled,
}

impl CampaignState {
    const ALL: [Self; 6] = [Self::Draft, Self::Planning, Self::Running, Self::Paused, Self::Done, Self::Cancelled];

    /// The stored number.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }

    fn read(number: i64) -> Result<Self, StoreError> {
        let found = usize::try_from(number).ok().and_then(|n| Self::ALL.get(n).copied());
        found.ok_or_else(|| StoreError::document("campaign state", number))
    }

    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Planning => "planning",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A campaign to make.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    /// Its id.
    pub id: CampaignId,
    /// Its stream.
    pub stream: StreamNo,
    /// What operators call it.
    pub name: String,
    /// The letter as written, front matter and all.
    pub source: String,
    /// What it is about.
    pub scope: Scope,
    /// Who sends it.
    pub sender: SenderNo,
    /// "Useful until", counted from the start, in microseconds.
    pub useful_for: i64,
    /// What nobody knows to have arrived is sent again, instead of staying unknown.
    pub resend: bool,
}

/// A campaign as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRow {
    /// Its id.
    pub id: CampaignId,
    /// Its stream.
    pub stream: StreamNo,
    /// What operators call it.
    pub name: String,
    /// The letter as written.
    pub source: String,
    /// What it is about.
    pub scope: Scope,
    /// Who sends it.
    pub sender: SenderNo,
    /// "Useful until", counted from the start, in microseconds.
    pub useful_for: i64,
    /// Why it stands still.
    pub why: Option<String>,
    /// What kept it from being sent; while it is planned: of one of its holes, what is missing and to whom.
    pub problem: Option<String>,
    /// People found by the plan for whom the letter cannot be made.
    pub holes: i64,
    /// When it was queued; 0 = not yet.
    pub queued_at: Micros,
    /// Until when it is worth reading.
    pub useful_until: Micros,
    /// Rows planned so far.
    pub planned: i64,
    /// When it was made.
    pub created_at: Micros,
    /// Where it stands.
    pub state: CampaignState,
}

fn campaign(r: &Row) -> Result<CampaignRow, StoreError> {
    let topic = r.get::<Option<i64>>(5)?.map(|t| TopicNo(u32::try_from(t).unwrap_or(0)));
    Ok(CampaignRow {
        id: row::id(r, 0)?,
        stream: StreamNo(r.int(1)?),
        name: r.get(2)?,
        source: r.get(3)?,
        scope: Scope { purpose: PurposeNo(row::number(r, 4)?), topic },
        sender: SenderNo(row::number(r, 6)?),
        useful_for: r.int(7)?,
        why: r.get(8)?,
        problem: r.get(9)?,
        queued_at: row::micros(r, 10)?,
        useful_until: row::micros(r, 11)?,
        planned: r.int(12)?,
        created_at: row::micros(r, 13)?,
        state: CampaignState::read(r.int(14)?)?,
        holes: r.int(15)?,
    })
}

struct Create(Tenant, NewCampaign, Micros);

impl Job for Create {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self(tenant, c, now) = self;
        insert_stream(tx, *tenant, c.stream, StreamKind::Campaign, 0, *now).await?;
        let topic = c.scope.topic.map(|t| i64::from(t.0));
        let (purpose, sender) = (i64::from(c.scope.purpose.0), i64::from(c.sender.0));
        let row = params![
            tenant.no.0,
            c.id.bytes(),
            c.stream.0,
            c.name.as_str(),
            c.source.as_str(),
            purpose,
            topic,
            sender,
            c.useful_for,
            i64::from(c.resend),
            now.0,
        ];
        tx.execute(&INSERT_CAMPAIGN, &row).await?;
        Ok(())
    }
}

struct All(Tenant);

impl Job for All {
    type Out = Vec<CampaignRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        tx.query(&CAMPAIGNS, &params![self.0.no.0]).await?.iter().map(campaign).collect()
    }
}

struct OfStream(Tenant, StreamNo);

impl Job for OfStream {
    type Out = Option<CampaignRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        tx.query_opt(&CAMPAIGN_OF, &params![self.0.no.0, self.1.0]).await?.as_ref().map(campaign).transpose()
    }
}

pub(crate) async fn lock_state(tx: &mut Tx<'_>, tenant: Tenant, stream: StreamNo) -> Result<CampaignState, StoreError> {
    let row = tx.query_opt(&LOCK_STREAM, &params![tenant.no.0, stream.0]).await?;
    CampaignState::read(row.ok_or(StoreError::Missing("campaign"))?.int(0)?)
}

/// One step of a campaign from state to state; refused when it stands elsewhere.
struct Step {
    tenant: Tenant,
    stream: StreamNo,
    from: &'static [CampaignState],
    to: CampaignState,
    slices: Option<SliceState>,
    why: Option<String>,
}

impl Job for Step {
    type Out = CampaignState;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<CampaignState, StoreError> {
        let (ws, stream) = (self.tenant.no.0, self.stream.0);
        let state = lock_state(tx, self.tenant, self.stream).await?;
        if !self.from.contains(&state) {
            let (is, to) = (state.word(), self.to.word());
            return Err(StoreError::State(format!("the campaign is {is}, so it cannot become {to}")));
        }
        tx.execute(&SET_STREAM, &params![ws, stream, self.to.number()]).await?;
        tx.execute(&SET_WHY, &params![ws, stream, self.why.clone()]).await?;
        if let Some(slices) = self.slices {
            tx.execute(&SET_SLICES, &params![ws, stream, slices.number()]).await?;
        }
        Ok(state)
    }
}

struct Begin {
    tenant: Tenant,
    stream: StreamNo,
    now: Micros,
}

impl Job for Begin {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let (ws, stream) = (self.tenant.no.0, self.stream.0);
        let state = lock_state(tx, self.tenant, self.stream).await?;
        if state != CampaignState::Draft {
            return Err(StoreError::State(format!("the campaign is {} already; it is sent once", state.word())));
        }
        let row = tx.query_opt(&CAMPAIGN_OF, &params![ws, stream]).await?;
        let campaign = campaign(&row.ok_or(StoreError::Missing("campaign"))?)?;
        let until = self.now.0.saturating_add(campaign.useful_for);
        tx.execute(&SET_TIMES, &params![ws, stream, self.now.0, until]).await?;
        tx.execute(&NO_PROBLEM, &params![ws, stream]).await?;
        tx.execute(&SET_STREAM, &params![ws, stream, CampaignState::Planning.number()]).await?;
        Ok(())
    }
}

struct CancelSlice(SliceKey, i64, i64, Micros);

impl Job for CancelSlice {
    type Out = u64;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let Self(slice, first, until, now) = self;
        // Locked first, as a wave does.
        tx.query_opt(&LOCK_SLICE, &params![slice.ws, slice.stream.0, slice.no]).await?;
        let n = tx.execute(&CANCEL_ROWS, &params![slice.ws, slice.stream.0, *first, *until, now.0]).await?;
        let mut deltas = Deltas::default();
        let rows = i64::try_from(n).unwrap_or(i64::MAX);
        deltas.moved(*slice, DeliveryState::Planned, DeliveryState::Cancelled, rows);
        deltas.write(tx).await?;
        Ok(n)
    }
}

struct Slices(Tenant, StreamNo);

impl Job for Slices {
    type Out = Vec<(SliceKey, i64, i64)>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let (ws, stream) = (self.0.no.0, self.1);
        let rows = tx.query(&SLICES, &params![ws, stream.0]).await?;
        rows.iter().map(|r| Ok((SliceKey { ws, stream, no: r.int(0)? }, r.int(1)?, r.int(2)?))).collect()
    }
}

struct Finish(Tenant, StreamNo);

impl Job for Finish {
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        Ok(tx.execute(&FINISH, &params![self.0.no.0, self.1.0]).await? == 1)
    }
}

struct LeftOut(Tenant, StreamNo);

impl Job for LeftOut {
    type Out = Vec<(u8, u64)>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let rows = tx.query(&LEFT_OUT, &params![self.0.no.0, self.1.0]).await?;
        rows.iter().map(|r| Ok((u8::try_from(r.int(0)?).unwrap_or(0), row::count(r, 1)?))).collect()
    }
}

struct Unplanned;

impl Job for Unplanned {
    type Out = Vec<(Tenant, StreamNo)>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let read = |r: &Row| {
            let tenant = Tenant { no: volens_core::id::WorkspaceNo(r.int(0)?), id: row::id(r, 1)? };
            Ok((tenant, StreamNo(r.int(2)?)))
        };
        tx.query(&UNPLANNED, &[]).await?.iter().map(read).collect()
    }
}

impl Store {
    /// Makes a campaign as a draft.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_campaign(&self, tenant: Tenant, new: NewCampaign, now: Micros) -> Result<(), StoreError> {
        self.db.write(Lane::Interactive, Create(tenant, new, now)).await
    }

    /// All campaigns, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn campaigns(&self, tenant: Tenant) -> Result<Vec<CampaignRow>, StoreError> {
        self.db.read(All(tenant)).await
    }

    /// The campaign of a stream.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn campaign(&self, tenant: Tenant, stream: StreamNo) -> Result<Option<CampaignRow>, StoreError> {
        self.db.read(OfStream(tenant, stream)).await
    }

    /// A draft begins to be planned.
    ///
    /// # Errors
    /// [`StoreError::State`] when it is no draft any more.
    pub async fn begin_campaign(&self, tenant: Tenant, stream: StreamNo, now: Micros) -> Result<(), StoreError> {
        self.db.write(Lane::Interactive, Begin { tenant, stream, now }).await
    }

    /// A planned campaign starts to be sent: its slices open.
    ///
    /// # Errors
    /// [`StoreError::State`] when it is not planned.
    pub async fn start_campaign(&self, tenant: Tenant, stream: StreamNo) -> Result<(), StoreError> {
        use CampaignState::{Planning, Running};
        let slices = Some(SliceState::Open);
        let step = Step { tenant, stream, from: &[Planning], to: Running, slices, why: None };
        self.db.write(Lane::Interactive, step).await.map(drop)
    }

    /// Pauses a campaign: no further message of it leaves once this returns.
    ///
    /// # Errors
    /// [`StoreError::State`] when it is not running.
    pub async fn pause_campaign(&self, tenant: Tenant, stream: StreamNo, why: String) -> Result<(), StoreError> {
        use CampaignState::{Paused, Running};
        let slices = Some(SliceState::Paused);
        let step = Step { tenant, stream, from: &[Running], to: Paused, slices, why: Some(why) };
        self.db.write(Lane::Interactive, step).await.map(drop)
    }

    /// Resumes a paused campaign.
    ///
    /// # Errors
    /// [`StoreError::State`] when it is not paused.
    pub async fn resume_campaign(&self, tenant: Tenant, stream: StreamNo) -> Result<(), StoreError> {
        use CampaignState::{Paused, Running};
        let slices = Some(SliceState::Open);
        let step = Step { tenant, stream, from: &[Paused], to: Running, slices, why: None };
        self.db.write(Lane::Interactive, step).await.map(drop)
    }

    /// Stops a campaign for good; what waits is cancelled. Gives how many. Calling it again goes on where a crash cut it
    /// off.
    ///
    /// # Errors
    /// [`StoreError::State`] when it is done already.
    pub async fn cancel_campaign(&self, tenant: Tenant, stream: StreamNo, now: Micros) -> Result<u64, StoreError> {
        use CampaignState::{Cancelled, Paused, Planning, Running};
        let slices = Some(SliceState::Cancelled);
        let from = &[Planning, Running, Paused, Cancelled];
        let step = Step { tenant, stream, from, to: Cancelled, slices, why: None };
        self.db.write(Lane::Interactive, step).await?;
        let mut n = 0;
        for (slice, first, until) in self.db.read(Slices(tenant, stream)).await? {
            n += self.db.write(Lane::Bulk, CancelSlice(slice, first, until, now)).await?;
        }
        Ok(n)
    }

    /// A campaign that cannot be sent becomes a draft again, with the reason; its rows are gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reject_campaign(&self, tenant: Tenant, stream: StreamNo, problem: String) -> Result<(), StoreError> {
        self.db.write(Lane::Bulk, plan::Unplan { tenant, stream, problem }).await
    }

    /// A running campaign with nothing left is done; says whether it became so now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish_campaign(&self, tenant: Tenant, stream: StreamNo) -> Result<bool, StoreError> {
        self.db.write(Lane::Interactive, Finish(tenant, stream)).await
    }

    /// How many people the plan left out, by the number of the reason (FACTS 5).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn left_out(&self, tenant: Tenant, stream: StreamNo) -> Result<Vec<(u8, u64)>, StoreError> {
        self.db.read(LeftOut(tenant, stream)).await
    }

    /// Campaigns whose planning was begun and not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unplanned(&self) -> Result<Vec<(Tenant, StreamNo)>, StoreError> {
        self.db.read(Unplanned).await
    }
}
