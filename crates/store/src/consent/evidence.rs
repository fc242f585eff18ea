//! What events point to: context objects by hash, blobs in chunks, and the mails that are kept whole.

use sha2::{Digest, Sha256};
use volens_core::Micros;
use volens_core::id::{DeliveryKey, EventId, StreamNo};
use volens_db::{Job, Lane, Rows, Tx, Value, params, statements};

use crate::error::StoreError;
use crate::{Store, Tenant};

/// A blob lies in pieces of this many bytes.
const CHUNK: usize = 256 * 1024;

statements! {
    /// Stores a context object once.
    PUT_CONTEXT: Tenant hot [Int, Blob, Text, Blob, Int] => []
        "INSERT INTO context (ws, hash, kind, body, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (ws, hash) DO NOTHING";
    /// A context object.
    CONTEXT: Tenant hot [Int, Blob] => [Text, Blob]
        "SELECT kind, body FROM context WHERE ws = $1 AND hash = $2";
    /// Stores one piece of a blob once.
    PUT_BLOB: Tenant rows(ws: Int, h: Blob, c: Int, n: Int, b: Blob) [] => []
        "INSERT INTO blob (ws, hash, chunk, chunks, bytes) SELECT u.ws, u.h, u.c, u.n, u.b FROM {rows} WHERE true
         ON CONFLICT (ws, hash, chunk) DO NOTHING";
    /// A blob, piece by piece.
    BLOB: Tenant hot [Int, Blob] => [Int, Blob]
        "SELECT chunks, bytes FROM blob WHERE ws = $1 AND hash = $2 ORDER BY chunk";
    /// Notes which event a kept mail belongs to.
    KEEP_MAIL: Tenant rows(ws: Int, e: Blob, s: Int, o: Int, h: Blob) [] => []
        "INSERT INTO kept_mail (ws, event, stream, ordinal, hash)
         SELECT u.ws, u.e, u.s, u.o, u.h FROM {rows} WHERE true
         ON CONFLICT (ws, event, stream, ordinal) DO UPDATE SET hash = excluded.hash";
    /// The mails that were kept for an event.
    KEPT_MAILS: Tenant hot [Int, Blob] => [Int, Int, Blob]
        "SELECT stream, ordinal, hash FROM kept_mail WHERE ws = $1 AND event = $2 ORDER BY stream, ordinal";
}

/// A mail to keep whole: the event that it belongs to, the delivery that carries it, its bytes compressed.
#[derive(Clone, Debug)]
pub struct KeptMail {
    /// The request that it asks to confirm.
    pub event: EventId,
    /// The delivery.
    pub delivery: DeliveryKey,
    /// SHA-256 of the mail as sent.
    pub hash: [u8; 32],
    /// The mail, DEFLATE-compressed.
    pub packed: Vec<u8>,
}

impl KeptMail {
    /// Hashes and compresses a mail.
    ///
    /// # Errors
    /// Never for bytes in memory; typed because compression writes to an `io::Write`.
    pub fn pack(event: EventId, delivery: DeliveryKey, mail: &[u8]) -> Result<Self, StoreError> {
        use std::io::Write;
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(mail).map_err(|e| StoreError::document("mail", e))?;
        let packed = packer.finish().map_err(|e| StoreError::document("mail", e))?;
        Ok(Self { event, delivery, hash: sha256(mail), packed })
    }
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) async fn keep(tx: &mut Tx<'_>, kept: &[(i64, KeptMail)]) -> Result<(), StoreError> {
    if kept.is_empty() {
        return Ok(());
    }
    let mut blobs = Rows::new(&PUT_BLOB);
    let mut mails = Rows::new(&KEEP_MAIL);
    for (ws, mail) in kept {
        let pieces: Vec<&[u8]> = mail.packed.chunks(CHUNK).collect();
        for (no, piece) in pieces.iter().enumerate() {
            blobs.push([
                Value::from(*ws),
                Value::from(mail.hash),
                Value::from(no as i64),
                Value::from(pieces.len() as i64),
                Value::from(*piece),
            ])?;
        }
        mails.push([
            Value::from(*ws),
            Value::from(mail.event.bytes()),
            Value::from(mail.delivery.stream.0),
            Value::from(mail.delivery.ordinal),
            Value::from(mail.hash),
        ])?;
    }
    tx.bulk_execute(&PUT_BLOB, &blobs, &[]).await?;
    tx.bulk_execute(&KEEP_MAIL, &mails, &[]).await?;
    Ok(())
}

struct PutContext {
    tenant: Tenant,
    kind: &'static str,
    body: Vec<u8>,
    now: Micros,
}

impl Job for PutContext {
    type Out = [u8; 32];
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<[u8; 32], StoreError> {
        let hash = sha256(&self.body);
        let row = params![self.tenant.no.0, hash, self.kind, self.body.as_slice(), self.now.0];
        tx.execute(&PUT_CONTEXT, &row).await?;
        Ok(hash)
    }
}

struct GetContext(Tenant, [u8; 32]);

impl Job for GetContext {
    type Out = Option<(String, Vec<u8>)>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let found = tx.query_opt(&CONTEXT, &params![self.0.no.0, self.1]).await?;
        found.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
    }
}

struct MailsOf(Tenant, EventId);

impl Job for MailsOf {
    type Out = Vec<(DeliveryKey, Vec<u8>)>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let ws = self.0.no.0;
        let mut out = Vec::new();
        for row in tx.query(&KEPT_MAILS, &params![ws, self.1.bytes()]).await? {
            let mut packed = Vec::new();
            for piece in tx.query(&BLOB, &params![ws, row.blob(2)?]).await? {
                packed.extend_from_slice(piece.blob(1)?);
            }
            let mut mail = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(&packed[..]), &mut mail)
                .map_err(|e| StoreError::document("kept mail", e))?;
            if sha256(&mail)[..] != *row.blob(2)? {
                return Err(StoreError::document("kept mail", "its bytes are not those that were sent"));
            }
            out.push((DeliveryKey { stream: StreamNo(row.int(0)?), ordinal: row.int(1)? }, mail));
        }
        Ok(out)
    }
}

impl Store {
    /// Stores a context object once and names it by its SHA-256.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_context(
        &self,
        tenant: Tenant,
        kind: &'static str,
        body: Vec<u8>,
        now: Micros,
    ) -> Result<[u8; 32], StoreError> {
        self.db.write(Lane::Interactive, PutContext { tenant, kind, body, now }).await
    }

    /// Kind and bytes of a context object.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn context(&self, tenant: Tenant, hash: [u8; 32]) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        self.db.read(GetContext(tenant, hash)).await
    }

    /// The confirmation mails that were kept whole for a request, as they were sent.
    ///
    /// # Errors
    /// When the database fails or a blob is damaged.
    pub async fn kept_mails(&self, tenant: Tenant, event: EventId) -> Result<Vec<(DeliveryKey, Vec<u8>)>, StoreError> {
        self.db.read(MailsOf(tenant, event)).await
    }
}
