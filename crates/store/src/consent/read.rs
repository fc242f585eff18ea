//! Reading the log back, and rebuilding where people stand from it alone.

use volens_core::Micros;
use volens_core::consent::{Event, refold};
use volens_core::id::{EventId, PointId};
use volens_core::standing::Standing;
use volens_db::{Job, Lane, Row, Tx, params, statements};

use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// The whole log of a point, in the order in which it folds.
    LOG: Tenant hot [Int, Blob] => [Blob, Blob]
        "SELECT canonical, salt FROM event WHERE ws = $1 AND point = $2 ORDER BY seq";
    /// One event by its id.
    EVENT: Tenant hot [Int, Blob] => [Blob, Blob]
        "SELECT canonical, salt FROM event WHERE ws = $1 AND id = $2";
    /// Where a point stands.
    STANDING: Tenant hot [Int, Blob] => [Int, Blob]
        "SELECT seq, facts FROM standing WHERE ws = $1 AND point = $2";
    /// The next points after one, with where they stand, for walking over all.
    STANDINGS_AFTER: Tenant [Int, Blob, Int] => [Blob, Int, Int, Int, Blob]
        "SELECT p.id, s.seq, s.gate, s.last_at, s.facts
         FROM point p LEFT JOIN standing s ON s.ws = p.ws AND s.point = p.id
         WHERE p.ws = $1 AND p.id > $2 ORDER BY p.id LIMIT $3";
    /// Locks where a point stands, to look at all of it.
    LOCK_WHOLE_STANDING: Tenant [Int, Blob] => [Blob, Int, Int, Int, Blob]
        "SELECT point, seq, gate, last_at, facts FROM standing WHERE ws = $1 AND point = $2 {lock}";
    /// The events of a range of points, in the order in which they fold.
    LOGS_BETWEEN: Tenant [Int, Blob, Blob] => [Blob, Blob]
        "SELECT point, canonical FROM event WHERE ws = $1 AND point >= $2 AND point <= $3 ORDER BY point, seq";
    /// Puts a rebuilt standing in the place of a wrong or missing one.
    REPAIR: Tenant [Int, Blob, Int, Int, Int, Blob] => []
        "INSERT INTO standing (ws, point, seq, gate, last_at, facts) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (ws, point) DO UPDATE SET seq = excluded.seq, gate = excluded.gate, last_at = excluded.last_at,
             facts = excluded.facts";
}

/// An event with the salt of its leaf.
#[derive(Clone, Debug)]
pub struct LoggedEvent {
    /// The event.
    pub event: Event,
    /// The bytes that are proven.
    pub canonical: Vec<u8>,
    /// 32 bytes; without them the leaf of the event is meaningless.
    pub salt: Vec<u8>,
}

/// A point's events, in order, and where it stands.
#[derive(Clone, Debug)]
pub struct Log {
    /// Oldest first.
    pub events: Vec<LoggedEvent>,
    /// As stored.
    pub standing: Standing,
    /// The `seq` of the stored standing.
    pub seq: i64,
}

/// What a rebuild found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Points looked at.
    pub points: u64,
    /// Points whose stored standing is not the fold of their log, or is missing.
    pub differing: Vec<PointId>,
    /// Where to go on; `None` at the end.
    pub next: Option<PointId>,
}

fn logged(row: &Row) -> Result<LoggedEvent, StoreError> {
    let canonical: Vec<u8> = row.get(0)?;
    Ok(LoggedEvent { event: Event::read(&canonical)?, canonical, salt: row.get(1)? })
}

pub(crate) async fn log(tx: &mut Tx<'_>, tenant: Tenant, point: PointId) -> Result<Vec<LoggedEvent>, StoreError> {
    tx.query(&LOG, &params![tenant.no.0, point.bytes()]).await?.iter().map(logged).collect()
}

struct ReadLog(Tenant, PointId);

impl Job for ReadLog {
    type Out = Option<Log>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Log>, StoreError> {
        let Some(row) = tx.query_opt(&STANDING, &params![self.0.no.0, self.1.bytes()]).await? else {
            return Ok(None);
        };
        let events = log(tx, self.0, self.1).await?;
        Ok(Some(Log { events, standing: Standing::unpack(row.blob(1)?)?, seq: row.int(0)? }))
    }
}

struct ReadEvent(Tenant, EventId);

impl Job for ReadEvent {
    type Out = Option<LoggedEvent>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<LoggedEvent>, StoreError> {
        let found = tx.query_opt(&EVENT, &params![self.0.no.0, self.1.bytes()]).await?;
        found.as_ref().map(logged).transpose()
    }
}

/// One stretch of a rebuild: about so many points at once.
const STRETCH: i64 = 500;

struct Rebuild {
    tenant: Tenant,
    after: PointId,
    repair: bool,
}

/// A row of `standing`, as it is or as it should be.
#[derive(PartialEq)]
struct Projection {
    seq: i64,
    gate: i64,
    last_at: i64,
    standing: Standing,
}

impl Projection {
    /// What the log says.
    fn of<'a>(events: impl DoubleEndedIterator<Item = &'a Event> + Clone) -> Self {
        let (seq, last_at) = events.clone().next_back().map_or((0, 0), |e| (e.seq, e.happened_at.0));
        let standing = refold(events);
        Self { seq, gate: standing.gate().number(), last_at, standing }
    }

    /// What is stored; nothing when there is none, or none that can be read.
    fn stored(r: &Row) -> Result<Option<Self>, StoreError> {
        let (seq, gate, last_at) = (r.get::<Option<i64>>(1)?, r.get::<Option<i64>>(2)?, r.get::<Option<i64>>(3)?);
        let (Some(seq), Some(gate), Some(last_at)) = (seq, gate, last_at) else { return Ok(None) };
        let standing = Standing::unpack(r.blob(4)?).ok();
        Ok(standing.map(|standing| Self { seq, gate, last_at, standing }))
    }
}

impl Rebuild {
    /// Looks once more at a point that seemed wrong, behind its lock, so that an act in between is no fault; writes the
    /// fold if it still is.
    async fn repair(&self, tx: &mut Tx<'_>, point: PointId) -> Result<bool, StoreError> {
        let ws = self.tenant.no.0;
        let row = tx.query_opt(&LOCK_WHOLE_STANDING, &params![ws, point.bytes()]).await?;
        let stored = row.as_ref().map(Projection::stored).transpose()?.flatten();
        let log = log(tx, self.tenant, point).await?;
        let right = Projection::of(log.iter().map(|l| &l.event));
        if stored.is_some_and(|stored| stored == right) {
            return Ok(false);
        }
        let Projection { seq, gate, last_at, standing } = right;
        tx.execute(&REPAIR, &params![ws, point.bytes(), seq, gate, last_at, standing.pack()]).await?;
        Ok(true)
    }
}

impl Job for Rebuild {
    type Out = Rebuilt;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Rebuilt, StoreError> {
        let ws = self.tenant.no.0;
        let points = tx.query(&STANDINGS_AFTER, &params![ws, self.after.bytes(), STRETCH]).await?;
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(Rebuilt::default()) };
        let last: PointId = row::id(last, 0)?;
        let logs = tx.query(&LOGS_BETWEEN, &params![ws, first.blob(0)?, last.bytes()]).await?;
        let mut out = Rebuilt { points: points.len() as u64, ..Rebuilt::default() };
        let mut logs = logs.iter().peekable();
        for point in &points {
            let mut events = Vec::new();
            while let Some(row) = logs.next_if(|l| l.blob(0).ok() == point.blob(0).ok()) {
                events.push(Event::read(row.blob(1)?)?);
            }
            if Projection::stored(point)?.is_some_and(|stored| stored == Projection::of(events.iter())) {
                continue;
            }
            let id: PointId = row::id(point, 0)?;
            if !self.repair || self.repair(tx, id).await? {
                out.differing.push(id);
            }
        }
        out.next = (points.len() as i64 == STRETCH).then_some(last);
        Ok(out)
    }
}

impl Store {
    /// The whole log of a point and where it stands.
    ///
    /// # Errors
    /// When the database fails or a record cannot be read.
    pub async fn log(&self, tenant: Tenant, point: PointId) -> Result<Option<Log>, StoreError> {
        self.db.read(ReadLog(tenant, point)).await
    }

    /// One event.
    ///
    /// # Errors
    /// When the database fails or the record cannot be read.
    pub async fn event(&self, tenant: Tenant, event: EventId) -> Result<Option<LoggedEvent>, StoreError> {
        self.db.read(ReadEvent(tenant, event)).await
    }

    /// Compares one stretch of standings with the fold of their logs, and repairs them if asked; go on from
    /// [`Rebuilt::next`].
    ///
    /// # Errors
    /// When the database fails or an event cannot be read.
    pub async fn rebuild(&self, tenant: Tenant, after: Option<PointId>, repair: bool) -> Result<Rebuilt, StoreError> {
        let after = after.unwrap_or(PointId::from_bytes([0; 16]));
        let job = Rebuild { tenant, after, repair };
        if repair { self.db.write(Lane::Bulk, job).await } else { self.db.read(job).await }
    }
}

/// The time of the newest event in a log; nothing is before it.
#[must_use]
pub fn last_at(events: &[LoggedEvent]) -> Option<Micros> {
    events.last().map(|e| e.event.happened_at)
}
