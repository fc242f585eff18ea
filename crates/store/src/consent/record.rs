//! Appending events: lock the standing, give the act its place, fold it in, write both.

use volens_core::Micros;
use volens_core::consent::{Draft, Event, Stamp, fold};
use volens_core::id::{ContactId, PointId};
use volens_core::permission::Channel;
use volens_core::standing::Standing;
use volens_db::{Tx, params, statements};

use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// Where a point stands, locked until the transaction ends: without it two acts at once lose one (DESIGN 5).
    pub(crate) LOCK_STANDING: Tenant hot [Int, Blob] => [Int, Int, Blob]
        "SELECT seq, last_at, facts FROM standing WHERE ws = $1 AND point = $2 {lock}";
    /// Appends one event.
    INSERT_EVENT: Tenant hot [Int, Blob, Int, Blob, Text, Int, Int, Blob, Blob] => []
        "INSERT INTO event (ws, point, seq, id, kind, happened_at, recorded_at, canonical, salt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// Writes the fold.
    UPDATE_STANDING: Tenant hot [Int, Blob, Int, Int, Int, Blob] => []
        "UPDATE standing SET seq = $3, gate = $4, last_at = $5, facts = $6 WHERE ws = $1 AND point = $2";
}

/// Whose log an event goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The person.
    pub contact: ContactId,
    /// The contact point.
    pub point: PointId,
    /// Its channel.
    pub channel: Channel,
}

/// What recording did.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The event as it was written.
    pub event: Event,
    /// Where the point stands after it.
    pub standing: Standing,
}

/// A standing that this transaction has locked.
pub(crate) struct Locked {
    pub(crate) standing: Standing,
    seq: i64,
    last_at: Micros,
    place: Place,
    tenant: Tenant,
}

/// Locks the standing of a point. Who locks several takes them in the order of their ids.
pub(crate) async fn lock(tx: &mut Tx<'_>, tenant: Tenant, place: Place) -> Result<Option<Locked>, StoreError> {
    let found = tx.query_opt(&LOCK_STANDING, &params![tenant.no.0, place.point.bytes()]).await?;
    let Some(row) = found else { return Ok(None) };
    let standing = Standing::unpack(row.blob(2)?)?;
    Ok(Some(Locked { standing, seq: row.int(0)?, last_at: row::micros(&row, 1)?, place, tenant }))
}

impl Locked {
    /// Gives the act its place after all earlier ones and folds it in.
    ///
    /// The time of an act done here is never before that of the point's last event, whatever the clock says; an act
    /// that brings its own time keeps it as evidence.
    pub(crate) async fn append(&mut self, tx: &mut Tx<'_>, draft: &Draft, now: Micros) -> Result<Event, StoreError> {
        let happened_at = draft.at.unwrap_or(now).max(Micros(self.last_at.0 + 1));
        self.seq += 1;
        self.last_at = happened_at;
        let stamp = Stamp {
            workspace: self.tenant.id,
            contact: self.place.contact,
            point: self.place.point,
            channel: self.place.channel,
            seq: self.seq,
            happened_at,
            recorded_at: now,
        };
        let event = Event::new(draft, &stamp);
        fold(&mut self.standing, &event);
        let row = params![
            self.tenant.no.0,
            self.place.point.bytes(),
            self.seq,
            event.id.bytes(),
            event.body.kind(),
            happened_at.0,
            now.0,
            event.canonical()?,
            draft.salt,
        ];
        tx.execute(&INSERT_EVENT, &row).await?;
        Ok(event)
    }

    /// Writes the fold and gives the standing back.
    pub(crate) async fn save(self, tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
        let gate = self.standing.gate().number();
        let row =
            params![self.tenant.no.0, self.place.point.bytes(), self.seq, gate, self.last_at.0, self.standing.pack(),];
        tx.execute(&UPDATE_STANDING, &row).await?;
        Ok(self.standing)
    }
}

struct Record {
    tenant: Tenant,
    place: Place,
    draft: Draft,
    now: Micros,
}

impl volens_db::Job for Record {
    type Out = Recorded;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Recorded, StoreError> {
        let mut locked = lock(tx, self.tenant, self.place).await?.ok_or(StoreError::Missing("contact point"))?;
        let event = locked.append(tx, &self.draft, self.now).await?;
        Ok(Recorded { event, standing: locked.save(tx).await? })
    }
}

impl Store {
    /// Records one act of a known point.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the point is not there; nothing is written on an error.
    pub async fn record(
        &self,
        tenant: Tenant,
        place: Place,
        draft: Draft,
        now: Micros,
    ) -> Result<Recorded, StoreError> {
        self.db.write(volens_db::Lane::Interactive, Record { tenant, place, draft, now }).await
    }
}
