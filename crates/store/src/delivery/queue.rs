//! Transactional streams: confirmations, welcomes and answers, one row each, minted by time.

use serde::{Deserialize, Serialize};
use volens_core::Micros;
use volens_core::id::{DeliveryKey, EventId, FormId, PointId, StreamNo};
use volens_core::locale::Locale;
use volens_core::purpose::Scope;
use volens_db::{Job, Lane, Tx, params, statements};

use crate::account::workspace::lock_workspace;
use crate::delivery::SliceState;
use crate::error::StoreError;
use crate::{Store, Tenant};

statements! {
    /// Queues one mail.
    QUEUE_MAIL: Tenant hot [Int, Int, Int, Blob, Int, Text] => []
        "INSERT INTO delivery (ws, stream, ordinal, point, state, attempt, holder, not_before, changed_at,
                               decision, reply, payload)
         VALUES ($1, $2, $3, $4, 0, 0, 0, $5, $5, NULL, NULL, $6)";
    /// The transactional stream of a workspace.
    QUEUE_STREAM: Tenant [Int] => [Int] "SELECT no FROM stream WHERE ws = $1 AND kind = 2 ORDER BY no";
    /// A new stream.
    INSERT_STREAM: Tenant [Int, Int, Int, Int, Int] => []
        "INSERT INTO stream (ws, no, kind, state, created_at) VALUES ($1, $2, $3, $4, $5)";
    /// Its one slice, open for ever and never due: it is leased by its name.
    INSERT_QUEUE_SLICE: Tenant [Int, Int, Int, Int] => []
        "INSERT INTO slice (ws, stream, no, first, until, state, due_at, lease_holder, lease_until,
                            planned, sending, sent, denied, failed, cancelled, skipped, unknown)
         VALUES ($1, $2, 0, 0, $3, $4, $3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)";
}

/// What kind of stream it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// One message to an audience.
    Campaign,
    /// Confirmations, welcomes, answers.
    Transactional,
}

impl StreamKind {
    /// The stored number.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Campaign => 1,
            Self::Transactional => 2,
        }
    }
}

/// What to write, for a row of a transactional stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// The version of this document.
    pub schema: u8,
    /// When it was queued: a permission must be older (FACTS).
    pub queued_at: Micros,
    /// The language.
    pub locale: Locale,
    /// Which mail.
    pub mail: Mail,
}

/// The mails that we write by ourselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
pub enum Mail {
    /// Asks to confirm a request; without a form it came from the choices page or the way back.
    Confirm {
        /// The request.
        event: EventId,
        /// The form.
        form: Option<FormId>,
    },
    /// A confirmed reader signed up again: here is how to choose.
    Already {
        /// The form.
        form: FormId,
    },
    /// The first letter after the yes.
    Welcome {
        /// The confirming act.
        event: EventId,
        /// What was joined.
        scopes: Vec<Scope>,
    },
}

pub(crate) async fn queue(
    tx: &mut Tx<'_>,
    tenant: Tenant,
    key: DeliveryKey,
    point: PointId,
    payload: &Payload,
    not_before: Micros,
) -> Result<(), StoreError> {
    let doc = crate::row::to_document(payload, "payload")?;
    let row = params![tenant.no.0, key.stream.0, key.ordinal, point.bytes(), not_before.0, doc];
    tx.execute(&QUEUE_MAIL, &row).await?;
    Ok(())
}

pub(crate) async fn insert_stream(
    tx: &mut Tx<'_>,
    tenant: Tenant,
    no: StreamNo,
    kind: StreamKind,
    state: i64,
    now: Micros,
) -> Result<(), StoreError> {
    let row = params![tenant.no.0, no.0, kind.number(), state, now.0];
    tx.execute(&INSERT_STREAM, &row).await?;
    Ok(())
}

struct OpenQueue(Tenant, StreamNo, Micros);

impl Job for OpenQueue {
    type Out = StreamNo;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<StreamNo, StoreError> {
        let Self(tenant, no, now) = *self;
        // One node at a time: two would make two streams.
        lock_workspace(tx, tenant).await?;
        if let Some(row) = tx.query_opt(&QUEUE_STREAM, &params![tenant.no.0]).await? {
            return Ok(StreamNo(row.int(0)?));
        }
        insert_stream(tx, tenant, no, StreamKind::Transactional, 2, now).await?;
        let slice = params![tenant.no.0, no.0, i64::MAX, SliceState::Open.number()];
        tx.execute(&INSERT_QUEUE_SLICE, &slice).await?;
        Ok(no)
    }
}

struct QueueOne(Tenant, DeliveryKey, PointId, Payload, Micros);

impl Job for QueueOne {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        queue(tx, self.0, self.1, self.2, &self.3, self.4).await
    }
}

impl Store {
    /// The workspace's transactional stream; made under the number `no` if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_queue(&self, tenant: Tenant, no: StreamNo, now: Micros) -> Result<StreamNo, StoreError> {
        self.db.write(Lane::Interactive, OpenQueue(tenant, no, now)).await
    }

    /// Queues one mail to a point, not before that instant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_mail(
        &self,
        tenant: Tenant,
        key: DeliveryKey,
        point: PointId,
        payload: Payload,
        not_before: Micros,
    ) -> Result<(), StoreError> {
        self.db.write(Lane::Interactive, QueueOne(tenant, key, point, payload, not_before)).await
    }
}
