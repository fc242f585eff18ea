//! Sign-up forms, in versions: what was shown stays what was shown.

use serde::{Deserialize, Serialize};
use volens_core::Micros;
use volens_core::id::{FormId, TextId};
use volens_core::locale::Locale;
use volens_core::purpose::{PurposeNo, SourceNo};
use volens_db::{Job, Lane, Row, Tx, params, statements};

use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// The version of a form that is shown now.
    CURRENT_FORM: Tenant hot [Int, Text] => [Blob, Int, Text, Int, Text]
        "SELECT id, version, slug, source, doc FROM form WHERE ws = $1 AND slug = $2 AND current = 1";
    /// One version of a form.
    FORM_VERSION: Tenant hot [Int, Blob, Int] => [Blob, Int, Text, Int, Text]
        "SELECT id, version, slug, source, doc FROM form WHERE ws = $1 AND id = $2 AND version = $3";
    /// The forms that are shown now.
    CURRENT_FORMS: Tenant [Int] => [Blob, Int, Text, Int, Text]
        "SELECT id, version, slug, source, doc FROM form WHERE ws = $1 AND current = 1 ORDER BY slug";
    /// The former version steps back.
    RETIRE_FORM: Tenant [Int, Blob] => [] "UPDATE form SET current = 0 WHERE ws = $1 AND id = $2 AND current = 1";
    /// A new version.
    INSERT_FORM: Tenant [Int, Blob, Int, Text, Int, Text, Int] => []
        "INSERT INTO form (ws, id, version, slug, current, source, doc, created_at)
         VALUES ($1, $2, $3, $4, 1, $5, $6, $7)";
}

/// What stands on a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormDoc {
    /// The version of this document.
    pub schema: u8,
    /// Title and lead.
    pub text: TextId,
    /// Their version.
    pub text_version: u32,
    /// The privacy notice.
    pub notice: TextId,
    /// Its version.
    pub notice_version: u32,
    /// One unticked box for each, in this order.
    pub purposes: Vec<PurposeNo>,
    /// The language when the reader's is not among ours.
    pub locale: Locale,
}

/// A version of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormRow {
    /// The form.
    pub id: FormId,
    /// Its version, from 1.
    pub version: u32,
    /// Its short name, in its URL.
    pub slug: String,
    /// What its permissions name as their source.
    pub source: SourceNo,
    /// What stands on it.
    pub doc: FormDoc,
}

fn form(r: &Row) -> Result<FormRow, StoreError> {
    Ok(FormRow {
        id: row::id(r, 0)?,
        version: row::number(r, 1)?,
        slug: r.get(2)?,
        source: SourceNo(row::number(r, 3)?),
        doc: row::document(r, 4, "form")?,
    })
}

struct BySlug(Tenant, String);

impl Job for BySlug {
    type Out = Option<FormRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let found = tx.query_opt(&CURRENT_FORM, &params![self.0.no.0, self.1.as_str()]).await?;
        found.as_ref().map(form).transpose()
    }
}

struct ByVersion(Tenant, FormId, u32);

impl Job for ByVersion {
    type Out = Option<FormRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let key = params![self.0.no.0, self.1.bytes(), i64::from(self.2)];
        tx.query_opt(&FORM_VERSION, &key).await?.as_ref().map(form).transpose()
    }
}

struct Current(Tenant);

impl Job for Current {
    type Out = Vec<FormRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        tx.query(&CURRENT_FORMS, &params![self.0.no.0]).await?.iter().map(form).collect()
    }
}

struct Publish(Tenant, FormRow, Micros);

impl Job for Publish {
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let (ws, f) = (self.0.no.0, &self.1);
        tx.execute(&RETIRE_FORM, &params![ws, f.id.bytes()]).await?;
        let doc = row::to_document(&f.doc, "form")?;
        let (version, source) = (i64::from(f.version), i64::from(f.source.0));
        let row = params![ws, f.id.bytes(), version, f.slug.as_str(), source, doc, self.2.0];
        tx.execute(&INSERT_FORM, &row).await?;
        Ok(())
    }
}

impl Store {
    /// The form of that short name, as it is shown now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn form(&self, tenant: Tenant, slug: &str) -> Result<Option<FormRow>, StoreError> {
        self.db.read(BySlug(tenant, slug.to_owned())).await
    }

    /// One version of a form.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn form_version(&self, tenant: Tenant, id: FormId, version: u32) -> Result<Option<FormRow>, StoreError> {
        self.db.read(ByVersion(tenant, id, version)).await
    }

    /// All forms, as they are shown now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forms(&self, tenant: Tenant) -> Result<Vec<FormRow>, StoreError> {
        self.db.read(Current(tenant)).await
    }

    /// Publishes a version of a form; the one before is kept, not shown.
    ///
    /// # Errors
    /// When the version exists or the database fails.
    pub async fn publish_form(&self, tenant: Tenant, form: FormRow, now: Micros) -> Result<(), StoreError> {
        self.db.write(Lane::Interactive, Publish(tenant, form, now)).await
    }
}
