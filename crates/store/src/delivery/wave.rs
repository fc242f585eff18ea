//! The wave: results in, next messages marked, counts kept, all in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use volens_core::Micros;
use volens_core::id::{DeliveryKey, StreamNo};
use volens_db::{Job, Lane, Rows, Tx, Value, params, statements};

use crate::Store;
use crate::consent::evidence::{KeptMail, keep};
use crate::delivery::{DeliveryState, SLICE, SliceState};
use crate::error::StoreError;

/// What is sent again when nobody knows whether it arrived is handed over so many times more at most.
pub const RESENDS: i64 = 3;

// `u.o = u.o + 0` is always true. Without statistics PostgreSQL takes it for rare and looks each row up by its key; it
// would otherwise read all of a table that is not yet large (22,000 rows for a wave of 100).
statements! {
    /// Locks a slice and says whether its holder may go on: pause, stop and other nodes wait here for the wave, and it
    /// for them.
    pub(crate) LOCK_SLICE: Tenant hot [Int, Int, Int] => [Int, Int]
        "SELECT state, lease_holder FROM slice WHERE ws = $1 AND stream = $2 AND no = $3 {lock}";
    /// The results of what this node is sending.
    WRITE_RESULTS: Tenant hot rows(ws: Int, s: Int, o: Int, a: Int, n: Int, b: Int, r: Text) [Int, Int] => [Int, Int]
        "UPDATE delivery SET state = u.n, not_before = u.b, reply = u.r, changed_at = $8
         FROM {rows}
         WHERE delivery.ws = u.ws AND delivery.stream = u.s AND delivery.ordinal = u.o AND delivery.attempt = u.a
           AND u.o = u.o + 0
           AND delivery.state = 1 AND delivery.holder = $9
         RETURNING delivery.stream, delivery.ordinal";
    /// Results that came after the row had been given up: they still count.
    WRITE_LATE_RESULTS: Tenant rows(ws: Int, s: Int, o: Int, a: Int, n: Int, b: Int, r: Text) [Int] => [Int, Int]
        "UPDATE delivery SET state = u.n, not_before = u.b, reply = u.r, changed_at = $8
         FROM {rows}
         WHERE delivery.ws = u.ws AND delivery.stream = u.s AND delivery.ordinal = u.o AND delivery.attempt = u.a
           AND u.o = u.o + 0
           AND delivery.state = 7
         RETURNING delivery.stream, delivery.ordinal";
    /// Refusals that turned out to be about us are taken back: the rows wait again.
    TAKE_BACK: Tenant rows(ws: Int, s: Int, o: Int, a: Int, n: Int, b: Int, r: Text) [Int] => [Int, Int]
        "UPDATE delivery SET state = u.n, not_before = u.b, reply = u.r, changed_at = $8
         FROM {rows}
         WHERE delivery.ws = u.ws AND delivery.stream = u.s AND delivery.ordinal = u.o AND delivery.attempt = u.a
           AND u.o = u.o + 0
           AND delivery.state = 4
         RETURNING delivery.stream, delivery.ordinal";
    /// The mark, the fence and the last look: only where the person stands as when it was decided.
    MARK: Tenant hot rows(ws: Int, s: Int, o: Int, q: Int, n: Int, i: Int, d: Blob) [Int, Int] => [Int, Int, Int]
        "UPDATE delivery SET state = u.n, attempt = delivery.attempt + u.i, decision = u.d, holder = $8,
             changed_at = $9
         FROM {rows}
         WHERE delivery.ws = u.ws AND delivery.stream = u.s AND delivery.ordinal = u.o AND delivery.state = 0
           AND u.o = u.o + 0
           AND (SELECT st.seq FROM standing st WHERE st.ws = u.ws AND st.point = delivery.point) = u.q
         RETURNING delivery.stream, delivery.ordinal, delivery.attempt";
    /// What the wave changed, added to the books of its slices. A row that waits again may call a slice back that was
    /// given up as done, or that nobody would look at before.
    COUNT: Tenant hot rows(ws: Int, s: Int, n: Int, p: Int, g: Int, t: Int, d: Int, f: Int, c: Int, k: Int, x: Int,
                           b: Int) [] => []
        "UPDATE slice SET planned = planned + u.p, sending = sending + u.g, sent = sent + u.t, denied = denied + u.d,
             failed = failed + u.f, cancelled = cancelled + u.c, skipped = skipped + u.k, unknown = unknown + u.x,
             due_at = CASE WHEN u.b < due_at THEN u.b ELSE due_at END,
             state = CASE WHEN state = 2 AND planned + u.p > 0 THEN 0 ELSE state END
         FROM {rows} WHERE slice.ws = u.ws AND slice.stream = u.s AND slice.no = u.n";
    /// A campaign that had ended runs again when rows of it wait once more.
    REOPEN_STREAM: Tenant [Int, Int] => [] "UPDATE stream SET state = 2 WHERE ws = $1 AND no = $2 AND state = 4";
    /// Rows that a node was sending when it went away: unknown, or planned once more where they were handed over at most
    /// $8 times.
    GIVE_UP: Tenant [Int, Int, Int, Int, Int, Int, Int, Int] => [Int, Int]
        "UPDATE delivery SET state = CASE WHEN attempt <= $8 THEN 0 ELSE 7 END, changed_at = $7
         WHERE ws = $1 AND stream = $2 AND ordinal >= $3 AND ordinal < $4 AND state = 1
           AND holder >= $5 AND holder < $6
         RETURNING ordinal, state";
    /// The same in a transactional stream, whose mails are sent again.
    REQUEUE: Tenant [Int, Int, Int, Int, Int] => [Int]
        "UPDATE delivery SET state = 0, changed_at = $5
         WHERE ws = $1 AND stream = $2 AND payload IS NOT NULL AND state < 2 AND state = 1 AND not_before >= 0
           AND holder >= $3 AND holder < $4
         RETURNING ordinal";
    /// Slices in which something is being sent.
    SENDING_SLICES: Instance [] => [Int, Int, Int, Int, Int, Int, Int]
        "SELECT s.ws, s.stream, s.no, s.first, s.until, t.kind, COALESCE(c.on_unknown, 0) FROM slice s
         JOIN stream t ON t.ws = s.ws AND t.no = s.stream
         LEFT JOIN campaign c ON c.ws = s.ws AND c.stream = s.stream
         WHERE s.sending > 0 ORDER BY s.ws, s.stream, s.no";
}

/// What came of handing one message over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The workspace.
    pub ws: i64,
    /// The delivery.
    pub key: DeliveryKey,
    /// The slice that counts it.
    pub slice: i64,
    /// Which hand-over.
    pub attempt: i64,
    /// Where it stands now: sent, failed, unknown, or planned once more.
    pub state: DeliveryState,
    /// Not before, when planned once more.
    pub not_before: Micros,
    /// The relay's words, cut.
    pub reply: Option<String>,
}

/// A message that was decided on and is ready to be marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The workspace.
    pub ws: i64,
    /// The delivery.
    pub key: DeliveryKey,
    /// The slice that counts it.
    pub slice: i64,
    /// The `seq` that it was decided on.
    pub seq: i64,
    /// Sending, denied, or skipped.
    pub state: DeliveryState,
    /// The decision, packed.
    pub decision: Vec<u8>,
}

/// One transaction's work.
#[derive(Clone, Debug, Default)]
pub struct WaveOrder {
    /// Who holds the slices.
    pub holder: i64,
    /// Now.
    pub now: Micros,
    /// Results that are in.
    pub results: Vec<Outcome>,
    /// Rows written as failed that wait again after all: the refusal was not about the recipient.
    pub taken_back: Vec<Outcome>,
    /// What goes next.
    pub marks: Vec<Mark>,
    /// Mails to keep whole, with their workspace: those among the marks that must be proven.
    pub kept: Vec<(i64, KeptMail)>,
}

/// What the wave did.
#[derive(Clone, Debug, Default)]
pub struct WaveResult {
    /// Marked: those in state sending may leave now, under this attempt.
    pub marked: std::collections::HashMap<DeliveryKey, i64>,
    /// Slices that this node no longer holds, or that were paused or stopped.
    pub lost: Vec<SliceKey>,
    /// Results that matched nothing: the row had changed hands.
    pub unmatched: usize,
}

/// Workspace, stream and number of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceKey {
    /// The workspace.
    pub ws: i64,
    /// The stream.
    pub stream: StreamNo,
    /// The slice.
    pub no: i64,
}

/// What changes in the books of one slice: rows by state, and when the first that waits again is due.
struct Delta {
    rows: [i64; 8],
    due: i64,
}

/// Changes to the books of slices.
#[derive(Default)]
pub(crate) struct Deltas(BTreeMap<SliceKey, Delta>);

impl Deltas {
    pub(crate) fn moved(&mut self, slice: SliceKey, from: DeliveryState, to: DeliveryState, n: i64) {
        let delta = self.0.entry(slice).or_insert(Delta { rows: [0; 8], due: i64::MAX });
        delta.rows[from.number() as usize] -= n;
        delta.rows[to.number() as usize] += n;
    }

    /// A row of that slice waits again; a queue is never due, it is leased by its name.
    fn waits(&mut self, slice: SliceKey, not_before: Micros) {
        if let Some(delta) = self.0.get_mut(&slice).filter(|_| slice.no != QUEUE_SLICE) {
            delta.due = delta.due.min(not_before.0);
        }
    }

    pub(crate) async fn write(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let mut rows = Rows::with_capacity(&COUNT, self.0.len());
        for (slice, Delta { rows: [planned, sending, sent, denied, failed, cancelled, skipped, unknown], due }) in
            self.0
        {
            // The rows of a transactional stream come in without touching the slice: what waits there is counted from
            // the rows themselves.
            let planned = if slice.no == QUEUE_SLICE { 0 } else { planned };
            let (ws, stream, no) = (slice.ws, slice.stream.0, slice.no.max(0));
            let row = [ws, stream, no, planned, sending, sent, denied, failed, cancelled, skipped, unknown, due];
            rows.push(row.map(Value::from))?;
        }
        if !rows.is_empty() {
            tx.bulk_execute(&COUNT, &rows, &[]).await?;
        }
        Ok(())
    }
}

/// The number by which a wave names the one slice of a transactional stream.
pub const QUEUE_SLICE: i64 = -1;

/// The slice of an ordinal in a campaign.
#[must_use]
pub fn slice_of(ordinal: i64) -> i64 {
    ordinal / SLICE
}

struct Wave(Arc<WaveOrder>);

/// The slices that a wave has locked.
#[derive(Default)]
struct Locked {
    /// Still this node's to send from.
    held: HashSet<SliceKey>,
    /// Stopped for good: nothing waits in them again.
    cancelled: HashSet<SliceKey>,
}

impl Locked {
    /// Where a row of that slice comes to stand.
    fn lands(&self, slice: &SliceKey, state: DeliveryState) -> DeliveryState {
        let stopped = state == DeliveryState::Planned && self.cancelled.contains(slice);
        if stopped { DeliveryState::Cancelled } else { state }
    }
}

impl Wave {
    /// Locks all slices that the wave touches, in their order, and says which still are this node's to send from.
    async fn lock(&self, tx: &mut Tx<'_>) -> Result<Locked, StoreError> {
        let order = &self.0;
        let slices: BTreeSet<SliceKey> = order
            .results
            .iter()
            .chain(&order.taken_back)
            .map(slice_of_result)
            .chain(order.marks.iter().map(slice_of_mark))
            .collect();
        let mut out = Locked::default();
        for slice in slices {
            let key = params![slice.ws, slice.stream.0, slice.no.max(0)];
            let Some(row) = tx.query_opt(&LOCK_SLICE, &key).await? else { continue };
            let (state, holder) = (row.int(0)?, row.int(1)?);
            if state == SliceState::Open.number() && holder == order.holder {
                out.held.insert(slice);
            } else if state == SliceState::Cancelled.number() {
                out.cancelled.insert(slice);
            }
        }
        Ok(out)
    }

    async fn results(&self, tx: &mut Tx<'_>, locked: &Locked, deltas: &mut Deltas) -> Result<usize, StoreError> {
        let all: Vec<&Outcome> = self.0.results.iter().collect();
        let rest = self.write(tx, &WRITE_RESULTS, &all, DeliveryState::Sending, locked, deltas).await?;
        if rest.is_empty() {
            return Ok(0);
        }
        let results = rest.len();
        // Only a definite answer changes a row that was given up, and none lets it wait again: it has had its time.
        let late: Vec<Outcome> = rest.into_iter().filter(|o| o.state != DeliveryState::Unknown).map(late).collect();
        let given: Vec<&Outcome> = late.iter().collect();
        let still = self.write(tx, &WRITE_LATE_RESULTS, &given, DeliveryState::Unknown, locked, deltas).await?;
        Ok(results - late.len() + still.len())
    }

    /// Refusals that were about us are taken back; a campaign that had ended over them runs again.
    async fn take_back(&self, tx: &mut Tx<'_>, locked: &Locked, deltas: &mut Deltas) -> Result<(), StoreError> {
        let all: Vec<&Outcome> = self.0.taken_back.iter().collect();
        self.write(tx, &TAKE_BACK, &all, DeliveryState::Failed, locked, deltas).await?;
        let streams: BTreeSet<(i64, i64)> = all.iter().map(|o| (o.ws, o.key.stream.0)).collect();
        for (ws, stream) in streams {
            tx.execute(&REOPEN_STREAM, &params![ws, stream]).await?;
        }
        Ok(())
    }

    /// Writes outcomes of rows in state `from`; gives those that matched no row.
    async fn write<'o>(
        &self,
        tx: &mut Tx<'_>,
        stmt: &'static volens_db::Stmt,
        outcomes: &[&'o Outcome],
        from: DeliveryState,
        locked: &Locked,
        deltas: &mut Deltas,
    ) -> Result<Vec<&'o Outcome>, StoreError> {
        if outcomes.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = Rows::with_capacity(stmt, outcomes.len());
        for o in outcomes {
            rows.push([
                Value::from(o.ws),
                Value::from(o.key.stream.0),
                Value::from(o.key.ordinal),
                Value::from(o.attempt),
                Value::from(locked.lands(&slice_of_result(o), o.state).number()),
                Value::from(o.not_before.0),
                Value::from(o.reply.clone()),
            ])?;
        }
        let mut written = HashSet::with_capacity(outcomes.len());
        let holder = from == DeliveryState::Sending;
        let with = if holder { params![self.0.now.0, self.0.holder].to_vec() } else { params![self.0.now.0].to_vec() };
        for row in tx.bulk(stmt, &rows, &with).await? {
            written.insert((row.int(0)?, row.int(1)?));
        }
        let is_written = |o: &&&'o Outcome| written.contains(&(o.key.stream.0, o.key.ordinal));
        for o in outcomes.iter().filter(is_written) {
            let (slice, to) = (slice_of_result(o), locked.lands(&slice_of_result(o), o.state));
            deltas.moved(slice, from, to, 1);
            if to == DeliveryState::Planned {
                deltas.waits(slice, o.not_before);
            }
        }
        Ok(outcomes.iter().filter(|o| !is_written(o)).copied().collect())
    }

    async fn marks(
        &self,
        tx: &mut Tx<'_>,
        held: &HashSet<SliceKey>,
        deltas: &mut Deltas,
        out: &mut WaveResult,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::with_capacity(&MARK, self.0.marks.len());
        for m in self.0.marks.iter().filter(|m| held.contains(&slice_of_mark(m))) {
            rows.push([
                Value::from(m.ws),
                Value::from(m.key.stream.0),
                Value::from(m.key.ordinal),
                Value::from(m.seq),
                Value::from(m.state.number()),
                Value::from(i64::from(m.state == DeliveryState::Sending)),
                Value::from(m.decision.as_slice()),
            ])?;
        }
        if rows.is_empty() {
            return Ok(());
        }
        for row in tx.bulk(&MARK, &rows, &params![self.0.holder, self.0.now.0]).await? {
            let key = DeliveryKey { stream: StreamNo(row.int(0)?), ordinal: row.int(1)? };
            out.marked.insert(key, row.int(2)?);
        }
        for m in self.0.marks.iter().filter(|m| out.marked.contains_key(&m.key)) {
            deltas.moved(slice_of_mark(m), DeliveryState::Planned, m.state, 1);
        }
        Ok(())
    }
}

/// What a result says of a row that had been given up: refused for a while is refused (DESIGN 8).
fn late(o: &Outcome) -> Outcome {
    match o.state {
        DeliveryState::Planned => Outcome { state: DeliveryState::Failed, not_before: Micros(0), ..o.clone() },
        _ => o.clone(),
    }
}

fn slice_of_result(o: &Outcome) -> SliceKey {
    SliceKey { ws: o.ws, stream: o.key.stream, no: o.slice }
}

fn slice_of_mark(m: &Mark) -> SliceKey {
    SliceKey { ws: m.ws, stream: m.key.stream, no: m.slice }
}

impl Job for Wave {
    type Out = WaveResult;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<WaveResult, StoreError> {
        let locked = self.lock(tx).await?;
        let mut out = WaveResult::default();
        let mut deltas = Deltas::default();
        out.unmatched = self.results(tx, &locked, &mut deltas).await?;
        if !self.0.taken_back.is_empty() {
            self.take_back(tx, &locked, &mut deltas).await?;
        }
        self.marks(tx, &locked.held, &mut deltas, &mut out).await?;
        let is_marked = |(_, mail): &&(i64, KeptMail)| out.marked.contains_key(&mail.delivery);
        let kept: Vec<_> = self.0.kept.iter().filter(is_marked).cloned().collect();
        keep(tx, &kept).await?;
        deltas.write(tx).await?;
        let wanted: BTreeSet<SliceKey> = self.0.marks.iter().map(slice_of_mark).collect();
        out.lost = wanted.into_iter().filter(|s| !locked.held.contains(s)).collect();
        Ok(out)
    }
}

/// A slice in which something is being sent, and whether its stream is a transactional one.
#[derive(Clone, Copy, Debug)]
struct Sending {
    slice: SliceKey,
    first: i64,
    until: i64,
    transactional: bool,
    /// A campaign whose unknown messages are sent again.
    resend: bool,
}

struct ListSending;

impl Job for ListSending {
    type Out = Vec<Sending>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Sending>, StoreError> {
        let rows = tx.query(&SENDING_SLICES, &[]).await?;
        let read = |r: &volens_db::Row| {
            Ok(Sending {
                slice: SliceKey { ws: r.int(0)?, stream: StreamNo(r.int(1)?), no: r.int(2)? },
                first: r.int(3)?,
                until: r.int(4)?,
                transactional: r.int(5)? == 2,
                resend: r.int(6)? == 1,
            })
        };
        rows.iter().map(read).collect()
    }
}

struct GiveUp {
    at: Sending,
    from: i64,
    below: i64,
    now: Micros,
}

impl Job for GiveUp {
    type Out = Vec<DeliveryKey>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<DeliveryKey>, StoreError> {
        let SliceKey { ws, stream, no } = self.at.slice;
        let locked = tx.query_opt(&LOCK_SLICE, &params![ws, stream.0, no]).await?;
        let stopped = locked.map(|r| r.int(0)).transpose()? == Some(SliceState::Cancelled.number());
        let mut deltas = Deltas::default();
        if self.at.transactional {
            let row = params![ws, stream.0, self.from, self.below, self.now.0];
            for _ in tx.query(&REQUEUE, &row).await? {
                let slice = SliceKey { ws, stream, no: QUEUE_SLICE };
                deltas.moved(slice, DeliveryState::Sending, DeliveryState::Planned, 1);
            }
            deltas.write(tx).await?;
            return Ok(Vec::new());
        }
        let again = if self.at.resend && !stopped { RESENDS } else { 0 };
        let row = params![ws, stream.0, self.at.first, self.at.until, self.from, self.below, self.now.0, again];
        let mut unknown = Vec::new();
        for row in tx.query(&GIVE_UP, &row).await? {
            let to = DeliveryState::read(row.int(1)?).ok_or_else(|| StoreError::document("state", "unknown number"))?;
            deltas.moved(self.at.slice, DeliveryState::Sending, to, 1);
            if to == DeliveryState::Planned {
                deltas.waits(self.at.slice, self.now);
            } else {
                unknown.push(DeliveryKey { stream, ordinal: row.int(0)? });
            }
        }
        deltas.write(tx).await?;
        Ok(unknown)
    }
}

impl Store {
    /// Writes results and marks what goes next.
    ///
    /// # Errors
    /// When the database fails; then neither was done, and nothing may leave.
    pub async fn wave(&self, order: impl Into<Arc<WaveOrder>>) -> Result<WaveResult, StoreError> {
        self.db.write(Lane::Interactive, Wave(order.into())).await
    }

    /// Rows that holders `from..below` were sending are unknown from now on (in a transactional stream, and where the
    /// campaign says so: planned once more). Gives the unknown ones.
    ///
    /// # Errors
    /// When the database fails; calling again goes on.
    pub async fn give_up(&self, from: i64, below: i64, now: Micros) -> Result<Vec<DeliveryKey>, StoreError> {
        let mut out = Vec::new();
        for at in self.db.read(ListSending).await? {
            out.extend(self.db.write(Lane::Interactive, GiveUp { at, from, below, now }).await?);
        }
        Ok(out)
    }
}
