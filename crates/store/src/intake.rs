//! Sign-up acts: stored as they came, taken up by a job.

use serde::{Deserialize, Serialize};
use volens_core::Micros;
use volens_core::consent::{Body, Box_, Draft};
use volens_core::id::{ActId, DeliveryKey, EventId, FormId};
use volens_core::locale::Locale;
use volens_db::{Job, Lane, Row, Tx, params, statements};

use crate::consent::record::lock;
use crate::contact::{NewPoint, find, find_or_make};
use crate::delivery::queue::{Mail, Payload, queue};
use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// Stores an act: the one row that a sign-up costs before its answer.
    INSERT_ACT: Tenant hot [Int, Blob, Blob, Int, Text, Int] => []
        "INSERT INTO act (ws, id, form, form_version, doc, happened_at) VALUES ($1, $2, $3, $4, $5, $6)";
    /// The oldest acts that wait.
    ACTS: Tenant [Int, Int] => [Blob, Blob, Int, Text, Int]
        "SELECT id, form, form_version, doc, happened_at FROM act WHERE ws = $1 ORDER BY id LIMIT $2";
    /// Takes an act; no row = another node took it.
    TAKE_ACT: Tenant hot [Int, Blob] => [] "DELETE FROM act WHERE ws = $1 AND id = $2";
    /// Locks an act; no row = another node took it.
    LOCK_ACT: Tenant [Int, Blob] => [Int] "SELECT happened_at FROM act WHERE ws = $1 AND id = $2 {lock}";
    /// Puts an act aside that could not be taken up.
    BURY_ACT: Tenant [Int, Blob, Text, Int] => []
        "INSERT INTO dead_act (ws, id, form, form_version, doc, happened_at, error, failed_at)
         SELECT ws, id, form, form_version, doc, happened_at, $3, $4 FROM act WHERE ws = $1 AND id = $2
         ON CONFLICT (ws, id) DO NOTHING";
    /// The newest act that was put aside.
    NEWEST_BURIED: Tenant [Int] => [Text, Int]
        "SELECT error, failed_at FROM dead_act WHERE ws = $1 ORDER BY failed_at DESC, id DESC LIMIT 1";
    /// How many were put aside.
    COUNT_BURIED: Tenant [Int] => [Int] "SELECT COUNT(*) FROM dead_act WHERE ws = $1";
    /// They wait once more.
    DIG_UP: Tenant [Int] => []
        "INSERT INTO act (ws, id, form, form_version, doc, happened_at)
         SELECT ws, id, form, form_version, doc, happened_at FROM dead_act WHERE ws = $1
         ON CONFLICT (ws, id) DO NOTHING";
    /// And are put aside no longer: those that wait, and none that another node put aside in between.
    FORGET_BURIED: Tenant [Int] => []
        "DELETE FROM dead_act
         WHERE ws = $1 AND EXISTS (SELECT 1 FROM act a WHERE a.ws = dead_act.ws AND a.id = dead_act.id)";
    /// One more mail to an address today; what stands now comes back.
    SPEND: Tenant hot [Int, Int, Blob, Int] => [Int, Int]
        "INSERT INTO address_budget (ws, key_id, hash, day, sent, held_until) VALUES ($1, $2, $3, $4, 1, 0)
         ON CONFLICT (ws, key_id, hash) DO UPDATE SET
             sent = CASE WHEN address_budget.day = excluded.day THEN address_budget.sent + 1 ELSE 1 END,
             day = excluded.day
         RETURNING sent, held_until";
    /// No confirmation mails to an address until then.
    HOLD: Tenant [Int, Int, Blob, Int] => []
        "INSERT INTO address_budget (ws, key_id, hash, day, sent, held_until) VALUES ($1, $2, $3, 0, 0, $4)
         ON CONFLICT (ws, key_id, hash) DO UPDATE SET held_until = excluded.held_until";
    /// How many acts wait.
    COUNT_ACTS: Tenant [Int] => [Int] "SELECT COUNT(*) FROM act WHERE ws = $1";
}

/// What came with a sign-up POST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActDoc {
    /// The version of this document.
    pub schema: u8,
    /// The address as typed; it parses.
    pub address: String,
    /// The name as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Every box, as it came and as it was left.
    pub boxes: Vec<Box_>,
    /// The button.
    pub button: String,
    /// The language of the page.
    pub locale: Locale,
    /// Truncated network address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Coarse client string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// SHA-256 of the form as rendered, hexadecimal.
    pub form_render: String,
    /// SHA-256 of the texts and boxes, hexadecimal.
    pub form_texts: String,
}

/// An act that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRow {
    /// Its id.
    pub id: ActId,
    /// The form.
    pub form: FormId,
    /// The version that was shown.
    pub form_version: u32,
    /// What came.
    pub doc: ActDoc,
    /// When the POST came.
    pub happened_at: Micros,
}

/// An act ready to be taken up: everything that is drawn or computed, computed.
#[derive(Clone, Debug)]
pub struct PreparedAct {
    /// The act.
    pub id: ActId,
    /// The person, if new.
    pub person: NewPoint,
    /// The request; its items may shrink to what the person does not have yet.
    pub request: Draft,
    /// Where its mail will stand.
    pub delivery: DeliveryKey,
    /// The form, for links in the mail.
    pub form: FormId,
    /// The language of the mail.
    pub locale: Locale,
    /// The calendar day for the budget.
    pub day: i64,
    /// So many mails an address and a day.
    pub budget: i64,
}

/// What became of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenUp {
    /// A confirmation mail is queued.
    Asked(EventId),
    /// All of it was granted before: a mail with the choices link is queued.
    Already,
    /// The day's budget of the address is used up, or its owner said "it was not me": nothing is sent.
    Held,
    /// Another node took it.
    Gone,
    /// It still waits: people stood in the queue behind this job.
    Waits,
}

fn act(r: &Row) -> Result<ActRow, StoreError> {
    Ok(ActRow {
        id: row::id(r, 0)?,
        form: row::id(r, 1)?,
        form_version: row::number(r, 2)?,
        doc: row::document(r, 3, "act")?,
        happened_at: row::micros(r, 4)?,
    })
}

struct Insert {
    tenant: Tenant,
    id: ActId,
    form: FormId,
    form_version: u32,
    doc: String,
    at: Micros,
}

impl Job for Insert {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let (version, doc) = (i64::from(self.form_version), self.doc.as_str());
        let row = params![self.tenant.no.0, self.id.bytes(), self.form.bytes(), version, doc, self.at.0];
        tx.execute(&INSERT_ACT, &row).await?;
        Ok(())
    }
}

struct Waiting(Tenant, i64);

impl Job for Waiting {
    type Out = Vec<ActRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        tx.query(&ACTS, &params![self.0.no.0, self.1]).await?.iter().map(act).collect()
    }
}

struct TakeUp {
    tenant: Tenant,
    acts: Vec<PreparedAct>,
    now: Micros,
}

/// Whether the budget of an address allows one more mail today, and nobody said "it was not me" of late.
pub(crate) async fn spend(
    tx: &mut Tx<'_>,
    tenant: Tenant,
    keys: &crate::contact::AddressKeys,
    day: i64,
    budget: i64,
    now: Micros,
) -> Result<bool, StoreError> {
    let mut allowed = !keys.0.is_empty();
    // Every key counts, so that a new one neither doubles the budget nor forgets who said "it was not me".
    for (key_id, hash) in &keys.0 {
        let key = params![tenant.no.0, i64::from(*key_id), hash, day];
        let row = tx.query_opt(&SPEND, &key).await?.ok_or(StoreError::Missing("address budget"))?;
        allowed &= row.int(0)? <= budget && row.int(1)? <= now.0;
    }
    Ok(allowed)
}

impl TakeUp {
    async fn take(&self, tx: &mut Tx<'_>, act: &PreparedAct) -> Result<TakenUp, StoreError> {
        if tx.execute(&TAKE_ACT, &params![self.tenant.no.0, act.id.bytes()]).await? == 0 {
            return Ok(TakenUp::Gone);
        }
        if !spend(tx, self.tenant, &act.person.keys, act.day, act.budget, self.now).await? {
            return Ok(TakenUp::Held);
        }
        let point = find_or_make(tx, self.tenant, &act.person, self.now).await?;
        let mut locked = lock(tx, self.tenant, point.place).await?.ok_or(StoreError::Missing("standing"))?;
        let mut request = act.request.clone();
        if let Body::Requested { items, .. } = &mut request.body {
            items.retain(|i| !locked.standing.is_open(i.scope, i.sender));
            if items.is_empty() {
                self.mail(tx, act, point.place.point, Mail::Already { form: act.form }).await?;
                return Ok(TakenUp::Already);
            }
        }
        let event = locked.append(tx, &request, self.now).await?;
        locked.save(tx).await?;
        self.mail(tx, act, point.place.point, Mail::Confirm { event: event.id, form: Some(act.form) }).await?;
        Ok(TakenUp::Asked(event.id))
    }

    async fn mail(
        &self,
        tx: &mut Tx<'_>,
        act: &PreparedAct,
        point: volens_core::id::PointId,
        mail: Mail,
    ) -> Result<(), StoreError> {
        let payload = Payload { schema: 1, queued_at: self.now, locale: act.locale, mail };
        queue(tx, self.tenant, act.delivery, point, &payload, self.now).await
    }
}

impl Job for TakeUp {
    type Out = Vec<TakenUp>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<TakenUp>, StoreError> {
        // In the order of the addresses, so that two nodes do not wait for each other; answered in the order given.
        let mut order: Vec<usize> = (0..self.acts.len()).collect();
        order.sort_by_key(|i| self.acts[*i].person.keys.0.first().map(|k| k.1));
        let mut out = vec![TakenUp::Waits; self.acts.len()];
        for i in order {
            out[i] = self.take(tx, &self.acts[i]).await?;
            if tx.should_stop() {
                break;
            }
        }
        Ok(out)
    }
}

struct Bury(Tenant, ActId, String, Micros);

impl Job for Bury {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let (ws, id) = (self.0.no.0, self.1.bytes());
        if tx.query_opt(&LOCK_ACT, &params![ws, id]).await?.is_none() {
            return Ok(());
        }
        tx.execute(&BURY_ACT, &params![ws, id, self.2.as_str(), self.3.0]).await?;
        tx.execute(&TAKE_ACT, &params![ws, id]).await?;
        Ok(())
    }
}

pub(crate) struct Disown {
    pub(crate) tenant: Tenant,
    pub(crate) keys: crate::contact::AddressKeys,
    pub(crate) refusal: Draft,
    pub(crate) until: Micros,
    pub(crate) now: Micros,
}

impl Job for Disown {
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Some(point) = find(tx, self.tenant, &self.keys).await? else { return Ok(false) };
        let Body::Refused { of } = self.refusal.body else { return Ok(false) };
        // Before the standing, as in taking up: the other way round the two could wait for each other.
        for (key_id, hash) in &self.keys.0 {
            let row = params![self.tenant.no.0, i64::from(*key_id), hash, self.until.0];
            tx.execute(&HOLD, &row).await?;
        }
        let mut locked = lock(tx, self.tenant, point.place).await?.ok_or(StoreError::Missing("standing"))?;
        let waits = locked.standing.request(of).is_some();
        if waits {
            locked.append(tx, &self.refusal, self.now).await?;
            locked.save(tx).await?;
        }
        Ok(waits)
    }
}

impl Store {
    /// Stores an act as it came: one durable row, the same for everybody.
    ///
    /// # Errors
    /// When the database fails: the act did not happen.
    pub async fn store_act(&self, tenant: Tenant, act: &ActRow) -> Result<(), StoreError> {
        let doc = row::to_document(&act.doc, "act")?;
        let (id, form, form_version, at) = (act.id, act.form, act.form_version, act.happened_at);
        self.db.write(Lane::Interactive, Insert { tenant, id, form, form_version, doc, at }).await
    }

    /// The oldest acts that wait to be taken up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_acts(&self, tenant: Tenant, limit: u32) -> Result<Vec<ActRow>, StoreError> {
        self.db.read(Waiting(tenant, i64::from(limit))).await
    }

    /// Takes acts up, all in one transaction: budget, address, contact, requested event, mail; then the row goes. Says
    /// of each, in the order given, what became of it. People who wait for an answer go first: when some do, the job
    /// stops after a few milliseconds and leaves the rest waiting.
    ///
    /// # Errors
    /// When one of them cannot be taken up; then none was. Try them one by one, and bury the one that fails.
    pub async fn take_up(
        &self,
        tenant: Tenant,
        acts: Vec<PreparedAct>,
        now: Micros,
    ) -> Result<Vec<TakenUp>, StoreError> {
        self.db.write(Lane::Bulk, TakeUp { tenant, acts, now }).await
    }

    /// Puts an act aside that cannot be taken up, with the reason.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bury_act(&self, tenant: Tenant, act: ActId, error: String, now: Micros) -> Result<(), StoreError> {
        self.db.write(Lane::Interactive, Bury(tenant, act, error, now)).await
    }

    /// Acts that were put aside, if there are any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn buried_acts(&self, tenant: Tenant) -> Result<Option<Buried>, StoreError> {
        self.db.read(CountBuried(tenant)).await
    }

    /// Lets the acts that were put aside wait once more; gives how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dig_up_acts(&self, tenant: Tenant) -> Result<u64, StoreError> {
        self.db.write(Lane::Bulk, DigUp(tenant)).await
    }

    /// "It was not me": voids the request and holds back further confirmation mails. `false` = it no longer waited.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disown(
        &self,
        tenant: Tenant,
        keys: crate::contact::AddressKeys,
        refusal: Draft,
        until: Micros,
        now: Micros,
    ) -> Result<bool, StoreError> {
        self.db.write(Lane::Interactive, Disown { tenant, keys, refusal, until, now }).await
    }

    /// How many acts wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_acts(&self, tenant: Tenant) -> Result<u64, StoreError> {
        self.db.read(CountActs(tenant)).await
    }
}

/// Acts that were put aside because they could not be taken up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Buried {
    /// How many.
    pub acts: u64,
    /// Why the newest one was.
    pub newest_error: String,
    /// And when.
    pub newest_at: Micros,
}

struct CountBuried(Tenant);

impl Job for CountBuried {
    type Out = Option<Buried>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let ws = params![self.0.no.0];
        let Some(newest) = tx.query_opt(&NEWEST_BURIED, &ws).await? else { return Ok(None) };
        let count = tx.query_opt(&COUNT_BURIED, &ws).await?;
        let acts = count.map(|r| row::count(&r, 0)).transpose()?.unwrap_or(0);
        Ok(Some(Buried { acts, newest_error: newest.get(0)?, newest_at: row::micros(&newest, 1)? }))
    }
}

struct DigUp(Tenant);

impl Job for DigUp {
    type Out = u64;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let ws = params![self.0.no.0];
        tx.execute(&DIG_UP, &ws).await?;
        Ok(tx.execute(&FORGET_BURIED, &ws).await?)
    }
}

struct CountActs(Tenant);

impl Job for CountActs {
    type Out = u64;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let row = tx.query_opt(&COUNT_ACTS, &params![self.0.no.0]).await?;
        Ok(row.map(|r| row::count(&r, 0)).transpose()?.unwrap_or(0))
    }
}
