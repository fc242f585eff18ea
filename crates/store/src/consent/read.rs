//! Reading the log back, and rebuilding where people stand from it alone.

use volens_core::Micros;
use volens_core::consent::{Event, refold};
use volens_core::id::{EventId, PointId};
use volens_core::standing::Standing;
use volens_db::{Job, Lane, Row, Tx, params, statements};

use crate::consent::record::LOCK_STANDING;
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
    /// The next standings after a point, for walking over all.
    STANDINGS_AFTER: Tenant [Int, Blob, Int] => [Blob, Int, Int, Blob]
        "SELECT point, seq, gate, facts FROM standing WHERE ws = $1 AND point > $2 ORDER BY point LIMIT $3";
    /// The events of a range of points, in the order in which they fold.
    LOGS_BETWEEN: Tenant [Int, Blob, Blob] => [Blob, Blob]
        "SELECT point, canonical FROM event WHERE ws = $1 AND point >= $2 AND point <= $3 ORDER BY point, seq";
    /// Puts a rebuilt standing in the place of a wrong one.
    REPAIR: Tenant [Int, Blob, Int, Int, Int, Blob] => []
        "UPDATE standing SET seq = $3, gate = $4, last_at = $5, facts = $6 WHERE ws = $1 AND point = $2";
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
    /// Points whose stored standing is not the fold of their log.
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

impl Rebuild {
    /// Looks once more at a point that seemed wrong, behind its lock, so that an act in between is no fault; writes the
    /// fold if it still is.
    async fn repair(&self, tx: &mut Tx<'_>, point: PointId) -> Result<bool, StoreError> {
        let key = params![self.tenant.no.0, point.bytes()];
        let Some(stored) = tx.query_opt(&LOCK_STANDING, &key).await? else { return Ok(false) };
        let log = log(tx, self.tenant, point).await?;
        let standing = refold(log.iter().map(|l| &l.event));
        let (seq, last_at) = log.last().map_or((0, 0), |l| (l.event.seq, l.event.happened_at.0));
        let (gate, facts) = (standing.gate().number(), standing.pack());
        let place = params![self.tenant.no.0, point.bytes(), seq, gate, last_at, facts];
        // The gate cannot be seen from here; writing an equal row costs nothing that matters.
        tx.execute(&REPAIR, &place).await?;
        Ok(stored.int(0)? != seq || !Standing::unpack(stored.blob(2)?).is_ok_and(|s| s == standing))
    }
}

impl Job for Rebuild {
    type Out = Rebuilt;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Rebuilt, StoreError> {
        let ws = self.tenant.no.0;
        let stored = tx.query(&STANDINGS_AFTER, &params![ws, self.after.bytes(), STRETCH]).await?;
        let (Some(first), Some(last)) = (stored.first(), stored.last()) else { return Ok(Rebuilt::default()) };
        let last: PointId = row::id(last, 0)?;
        let logs = tx.query(&LOGS_BETWEEN, &params![ws, first.blob(0)?, last.bytes()]).await?;
        let mut out = Rebuilt { points: stored.len() as u64, ..Rebuilt::default() };
        let mut logs = logs.iter().peekable();
        for point in &stored {
            let mut events = Vec::new();
            while let Some(row) = logs.next_if(|l| l.blob(0).ok() == point.blob(0).ok()) {
                events.push(Event::read(row.blob(1)?)?);
            }
            let standing = refold(&events);
            let seq = events.last().map_or(0, |e| e.seq);
            let gate = standing.gate().number();
            let same = Standing::unpack(point.blob(3)?).is_ok_and(|s| s == standing);
            if same && seq == point.int(1)? && gate == point.int(2)? {
                continue;
            }
            let id: PointId = row::id(point, 0)?;
            // A gate alone that differs is a fault too; nothing but a fold writes it.
            let facts_differ = !same || seq != point.int(1)?;
            if !self.repair || self.repair(tx, id).await? || !facts_differ {
                out.differing.push(id);
            }
        }
        out.next = (stored.len() as i64 == STRETCH).then_some(last);
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
