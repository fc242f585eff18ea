//! Sender entities, purposes, topics, sources and the versioned texts that they are described by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use volens_core::Micros;
use volens_core::id::{PurposeId, SenderId, TextId, TopicId};
use volens_core::locale::Locale;
use volens_core::permission::SourceKind;
use volens_core::purpose::{Catalogue, Class, PurposeEntry, PurposeNo, SenderNo, SourceNo, TopicNo};
use volens_db::{Job, Lane, Row, Tx, params, statements};

use crate::account::workspace::lock_workspace;
use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// A new sender entity.
    INSERT_SENDER: Tenant [Int, Blob, Text, Text, Text, Text, Text, Int] => [Int]
        "INSERT INTO sender (ws, no, id, slug, name, country, postal_address, email, created_at)
         VALUES ($1, (SELECT COALESCE(MAX(no), 0) + 1 FROM sender WHERE ws = $1), $2, $3, $4, $5, $6, $7, $8)
         RETURNING no";
    /// All sender entities.
    SENDERS: Tenant [Int] => [Int, Blob, Text, Text, Text, Text, Text]
        "SELECT no, id, slug, name, country, postal_address, email FROM sender WHERE ws = $1 ORDER BY no";
    /// One version of a text in one language; texts are never changed.
    INSERT_TEXT: Tenant [Int, Blob, Int, Text, Text, Int] => []
        "INSERT INTO text (ws, id, version, locale, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    /// All texts.
    TEXTS: Tenant [Int] => [Blob, Int, Text, Text, Int]
        "SELECT id, version, locale, body, created_at FROM text WHERE ws = $1 ORDER BY id, version, locale";
    /// A new purpose.
    INSERT_PURPOSE: Tenant [Int, Blob, Text, Text, Int, Blob, Int, Int] => [Int]
        "INSERT INTO purpose (ws, no, id, slug, class, sender, text_id, text_version, position, created_at)
         VALUES ($1, (SELECT COALESCE(MAX(no), 0) + 1 FROM purpose WHERE ws = $1), $2, $3, $4, $5, $6, $7,
                 (SELECT COUNT(*) FROM purpose WHERE ws = $1), $8)
         RETURNING no";
    /// All purposes.
    PURPOSES: Tenant [Int] => [Int, Blob, Text, Text, Int, Blob, Int]
        "SELECT no, id, slug, class, sender, text_id, text_version FROM purpose WHERE ws = $1 ORDER BY position, no";
    /// A new topic.
    INSERT_TOPIC: Tenant [Int, Blob, Int, Text, Blob, Int, Int] => [Int]
        "INSERT INTO topic (ws, no, id, purpose, slug, text_id, text_version, position, created_at)
         VALUES ($1, (SELECT COALESCE(MAX(no), 0) + 1 FROM topic WHERE ws = $1), $2, $3, $4, $5, $6,
                 (SELECT COUNT(*) FROM topic WHERE ws = $1), $7)
         RETURNING no";
    /// All topics.
    TOPICS: Tenant [Int] => [Int, Blob, Int, Text, Blob, Int]
        "SELECT no, id, purpose, slug, text_id, text_version FROM topic WHERE ws = $1 ORDER BY position, no";
    /// A new source of permissions.
    INSERT_SOURCE: Tenant [Int, Text, Text, Blob, Int, Int] => [Int]
        "INSERT INTO source (ws, no, kind, name, text_id, text_version, created_at)
         VALUES ($1, (SELECT COALESCE(MAX(no), 0) + 1 FROM source WHERE ws = $1), $2, $3, $4, $5, $6)
         RETURNING no";
    /// All sources.
    SOURCES: Tenant [Int] => [Int, Text, Text, Blob, Int]
        "SELECT no, kind, name, text_id, text_version FROM source WHERE ws = $1 ORDER BY no";
}

/// The words of something, in one language: the fields that its kind needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The name, or the title.
    pub name: String,
    /// The benefit of a purpose; the lead of a form; the body of a notice.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The promised frequency of a purpose.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub frequency: String,
}

/// A text to store in all its languages.
#[derive(Clone, Debug)]
pub struct NewText {
    /// Its id.
    pub id: TextId,
    /// From 1.
    pub version: u32,
    /// By language; English is the fallback.
    pub words: BTreeMap<Locale, Words>,
}

/// Which text, in which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextKey {
    /// The text.
    pub id: TextId,
    /// Its version.
    pub version: u32,
}

/// A sender entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderRow {
    /// Its number; 0 in what is new.
    pub no: SenderNo,
    /// Its id.
    pub id: SenderId,
    /// Its short name, the entity of FACTS.
    pub slug: String,
    /// The legal name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// As it stands at the foot of each letter.
    pub postal_address: String,
    /// Where letters come from.
    pub email: String,
}

/// A purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurposeRow {
    /// Its number; 0 in what is new.
    pub no: PurposeNo,
    /// Its id.
    pub id: PurposeId,
    /// Its short name.
    pub slug: String,
    /// Its class.
    pub class: Class,
    /// The entity that it belongs to.
    pub sender: SenderNo,
    /// Name, benefit, frequency.
    pub text: TextKey,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRow {
    /// Its number; 0 in what is new.
    pub no: TopicNo,
    /// Its id.
    pub id: TopicId,
    /// Its purpose.
    pub purpose: PurposeNo,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub text: TextKey,
}

/// Where permissions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// Its number; 0 in what is new.
    pub no: SourceNo,
    /// The kind of FACTS 2.6.
    pub kind: SourceKind,
    /// What operators call it.
    pub name: String,
    /// How the reason line names it.
    pub text: Option<TextKey>,
}

/// Everything a workspace says and asks for, in one read.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// Sender entities.
    pub senders: Vec<SenderRow>,
    /// Purposes in their order.
    pub purposes: Vec<PurposeRow>,
    /// Topics in their order.
    pub topics: Vec<TopicRow>,
    /// Sources.
    pub sources: Vec<SourceRow>,
    texts: BTreeMap<([u8; 16], u32), BTreeMap<Locale, Words>>,
    since: BTreeMap<([u8; 16], u32), Micros>,
}

impl Offer {
    /// The words of a text: in that language, else in English, else in whichever there is.
    #[must_use]
    pub fn words(&self, key: TextKey, locale: Locale) -> Option<(Locale, &Words)> {
        let by_locale = self.texts.get(&(key.id.bytes(), key.version))?;
        [locale, Locale::En]
            .iter()
            .find_map(|l| by_locale.get_key_value(l))
            .or_else(|| by_locale.iter().next())
            .map(|(l, w)| (*l, w))
    }

    /// Since when a text stands in that version: since its first language was stored.
    #[must_use]
    pub fn text_since(&self, key: TextKey) -> Option<Micros> {
        self.since.get(&(key.id.bytes(), key.version)).copied()
    }

    /// The tree in which facts are assembled.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        let mut out = Catalogue::default();
        for s in &self.senders {
            out.add_sender(s.no, &s.slug);
        }
        for p in &self.purposes {
            out.add_purpose(PurposeEntry { no: p.no, slug: p.slug.as_str().into(), class: p.class, sender: p.sender });
        }
        for t in &self.topics {
            out.add_topic(t.no, t.purpose, &t.slug);
        }
        out
    }

    /// The purpose of that number.
    #[must_use]
    pub fn purpose(&self, no: PurposeNo) -> Option<&PurposeRow> {
        self.purposes.iter().find(|p| p.no == no)
    }

    /// The sender entity of that number.
    #[must_use]
    pub fn sender(&self, no: SenderNo) -> Option<&SenderRow> {
        self.senders.iter().find(|s| s.no == no)
    }

    /// The source of that number.
    #[must_use]
    pub fn source(&self, no: SourceNo) -> Option<&SourceRow> {
        self.sources.iter().find(|s| s.no == no)
    }
}

fn text_key(row: &Row, id: usize) -> Result<TextKey, StoreError> {
    Ok(TextKey { id: row::id(row, id)?, version: row::number(row, id + 1)? })
}

fn sender(r: &Row) -> Result<SenderRow, StoreError> {
    Ok(SenderRow {
        no: SenderNo(row::number(r, 0)?),
        id: row::id(r, 1)?,
        slug: r.get(2)?,
        name: r.get(3)?,
        country: r.get(4)?,
        postal_address: r.get(5)?,
        email: r.get(6)?,
    })
}

fn purpose(r: &Row) -> Result<PurposeRow, StoreError> {
    Ok(PurposeRow {
        no: PurposeNo(row::number(r, 0)?),
        id: row::id(r, 1)?,
        slug: r.get(2)?,
        class: Class::read(r.text(3)?).ok_or_else(|| StoreError::document("class", "unknown word"))?,
        sender: SenderNo(row::number(r, 4)?),
        text: text_key(r, 5)?,
    })
}

fn topic(r: &Row) -> Result<TopicRow, StoreError> {
    Ok(TopicRow {
        no: TopicNo(row::number(r, 0)?),
        id: row::id(r, 1)?,
        purpose: PurposeNo(row::number(r, 2)?),
        slug: r.get(3)?,
        text: text_key(r, 4)?,
    })
}

fn source(r: &Row) -> Result<SourceRow, StoreError> {
    let text = if r.get::<Option<Vec<u8>>>(3)?.is_some() { Some(text_key(r, 3)?) } else { None };
    Ok(SourceRow {
        no: SourceNo(row::number(r, 0)?),
        kind: SourceKind::read(r.text(1)?).ok_or_else(|| StoreError::document("source kind", "unknown word"))?,
        name: r.get(2)?,
        text,
    })
}

struct ReadOffer(Tenant);

impl Job for ReadOffer {
    type Out = Offer;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Offer, StoreError> {
        let ws = params![self.0.no.0];
        let mut out = Offer {
            senders: tx.query(&SENDERS, &ws).await?.iter().map(sender).collect::<Result<_, _>>()?,
            purposes: tx.query(&PURPOSES, &ws).await?.iter().map(purpose).collect::<Result<_, _>>()?,
            topics: tx.query(&TOPICS, &ws).await?.iter().map(topic).collect::<Result<_, _>>()?,
            sources: tx.query(&SOURCES, &ws).await?.iter().map(source).collect::<Result<_, _>>()?,
            texts: BTreeMap::new(),
            since: BTreeMap::new(),
        };
        for r in tx.query(&TEXTS, &ws).await? {
            let key = (r.get::<[u8; 16]>(0)?, row::number(&r, 1)?);
            let locale = r.text(2)?.parse().map_err(|e| StoreError::document("locale", e))?;
            out.texts.entry(key).or_default().insert(locale, row::document(&r, 3, "text")?);
            let at = row::micros(&r, 4)?;
            out.since.entry(key).and_modify(|first| *first = at.min(*first)).or_insert(at);
        }
        Ok(out)
    }
}

/// One thing to add to what a workspace offers.
#[derive(Clone, Debug)]
pub enum Addition {
    /// A text in all its languages.
    Text(NewText),
    /// A sender entity.
    Sender(SenderRow),
    /// A purpose.
    Purpose(PurposeRow),
    /// A topic.
    Topic(TopicRow),
    /// A source.
    Source(SourceRow),
}

struct Add(Tenant, Addition, Micros);

impl Job for Add {
    type Out = u32;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u32, StoreError> {
        let (ws, now) = (self.0.no.0, self.2.0);
        lock_workspace(tx, self.0).await?;
        let row = match &self.1 {
            Addition::Text(t) => {
                for (locale, words) in &t.words {
                    let body = row::to_document(words, "text")?;
                    let row = params![ws, t.id.bytes(), i64::from(t.version), locale.tag(), body, now];
                    tx.execute(&INSERT_TEXT, &row).await?;
                }
                return Ok(t.version);
            }
            Addition::Sender(s) => {
                let (slug, name) = (s.slug.as_str(), s.name.as_str());
                let (address, email) = (s.postal_address.as_str(), s.email.as_str());
                let row = params![ws, s.id.bytes(), slug, name, s.country.as_str(), address, email, now];
                tx.query_opt(&INSERT_SENDER, &row).await?
            }
            Addition::Purpose(p) => {
                let (class, sender) = (p.class.word(), i64::from(p.sender.0));
                let (text, version) = (p.text.id.bytes(), i64::from(p.text.version));
                let row = params![ws, p.id.bytes(), p.slug.as_str(), class, sender, text, version, now];
                tx.query_opt(&INSERT_PURPOSE, &row).await?
            }
            Addition::Topic(t) => {
                let purpose = i64::from(t.purpose.0);
                let (text, version) = (t.text.id.bytes(), i64::from(t.text.version));
                let row = params![ws, t.id.bytes(), purpose, t.slug.as_str(), text, version, now];
                tx.query_opt(&INSERT_TOPIC, &row).await?
            }
            Addition::Source(s) => {
                let (id, version) = (s.text.map(|t| t.id.bytes()), s.text.map(|t| i64::from(t.version)));
                let row = params![ws, s.kind.word(), s.name.as_str(), id, version, now];
                tx.query_opt(&INSERT_SOURCE, &row).await?
            }
        };
        row::number(&row.ok_or(StoreError::Missing("row"))?, 0)
    }
}

impl Store {
    /// Everything that a workspace offers and says.
    ///
    /// # Errors
    /// When the database fails or a text cannot be read.
    pub async fn offer(&self, tenant: Tenant) -> Result<Offer, StoreError> {
        self.db.read(ReadOffer(tenant)).await
    }

    /// Adds to the offer; gives the number of what was added (of a text: its version).
    ///
    /// # Errors
    /// When the name is taken or the database fails.
    pub async fn add_to_offer(&self, tenant: Tenant, new: Addition, now: Micros) -> Result<u32, StoreError> {
        self.db.write(Lane::Interactive, Add(tenant, new, now)).await
    }
}
