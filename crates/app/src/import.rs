//! A small import: a list of people comes in, with what is known of their permission, or without it and then never
//! mailable. Safe to repeat: a line that is in already is not brought in again.

use std::collections::{BTreeMap, HashMap};

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use volens_core::Micros;
use volens_core::address::EmailAddress;
use volens_core::consent::{Actor, Body, Context, Draft, Item, Profile};
use volens_core::id::Id;
use volens_core::locale::Locale;
use volens_core::permission::{CountryBasis, Evidence, Mode, SourceKind};
use volens_core::purpose::{Scope, SourceNo};
use volens_core::text::is_unusable;
use volens_store::contact::AddressKeys;
use volens_store::contact::bulk::Arrival;
use volens_store::purpose::{Addition, SourceRow};

use crate::App;
use crate::account::workspace::Workspace;
use crate::contact::hex;
use crate::error::AppError;

/// Look-ups under way at once.
const LOOKUPS: usize = 8;
/// Characters of a name.
const NAME_MAX: usize = 100;

/// Where the permissions of a list come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// How the addresses were obtained.
    pub obtained: SourceKind,
    /// How permission came.
    pub mode: Mode,
    /// How well it is proven.
    pub evidence: Evidence,
    /// The short name of the purpose that it is for.
    pub purpose: String,
    /// When it was given, for lines that do not say it themselves: `YYYY-MM-DD` or RFC 3339.
    pub date: Option<String>,
    /// Who vouches for it, in their own words.
    pub statement: Option<String>,
}

/// A list to bring in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOrder {
    /// What operators call the source; the reason line of letters names it.
    pub source_name: String,
    /// The name of the file.
    pub file_name: String,
    /// SHA-256 of the file, hexadecimal.
    pub file: String,
    /// What is known of the permissions; without it nobody on the list may be written to.
    pub provenance: Option<Provenance>,
}

/// An import that has begun: the order and what was made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportBatch {
    /// What was asked for.
    pub order: ImportOrder,
    /// The source of its permissions.
    pub source: SourceNo,
    /// The purpose, when permissions are claimed.
    pub scope: Option<Scope>,
    /// SHA-256 of the context object that says all this, hexadecimal.
    pub context: String,
}

/// One line of the list, as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// The line in the file; the header is line 1.
    pub line: u64,
    /// The address.
    pub email: String,
    /// The name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A language tag.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// When permission was given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub date: String,
}

/// A line that was not brought in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What is wrong and how to mend it. Holds nothing of the address.
    pub why: String,
}

/// What became of some lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// People who were not known.
    pub new: u64,
    /// People who were; the record was added to theirs.
    pub known: u64,
    /// Lines with an address that an earlier line of the file has.
    pub merged: u64,
    /// Lines that an earlier run of the same file had brought in.
    pub again: u64,
    /// Lines whose language is none of ours: the person is written to in the language of the form.
    pub other_language: u64,
    /// Lines that were not brought in.
    pub rejected: Vec<Rejected>,
}

impl Imported {
    /// Adds what became of further lines.
    pub fn add(&mut self, more: Self) {
        self.new += more.new;
        self.known += more.known;
        self.merged += more.merged;
        self.again += more.again;
        self.other_language += more.other_language;
        self.rejected.extend(more.rejected);
    }
}

/// What the events of an import name by hash: no personal data of those on the list.
#[derive(Serialize)]
struct BatchText<'a> {
    schema: u8,
    #[serde(flatten)]
    order: &'a ImportOrder,
}

/// A line that can be brought in.
struct Fit {
    line: u64,
    address: EmailAddress,
    keys: AddressKeys,
    name: Option<String>,
    locale: Option<Locale>,
    country: Option<String>,
    given_at: Option<Micros>,
}

impl App {
    /// Begins an import: checks the order, finds or makes its source, stores what its events will name.
    ///
    /// # Errors
    /// [`AppError::Refused`] for an order that does not hold together, with what to change.
    pub async fn begin_import(&self, workspace: &Workspace, order: ImportOrder) -> Result<ImportBatch, AppError> {
        let scope = match &order.provenance {
            None => None,
            Some(p) => Some(self.check_provenance(workspace, p)?),
        };
        let source = self.import_source(workspace, &order).await?;
        let text = serde_json::to_vec(&BatchText { schema: 1, order: &order });
        let text = text.map_err(|e| AppError::Refused(e.to_string()))?;
        let context = hex(&self.store.put_context(workspace.tenant, "import", text, self.now()).await?);
        Ok(ImportBatch { order, source, scope, context })
    }

    fn check_provenance(&self, workspace: &Workspace, p: &Provenance) -> Result<Scope, AppError> {
        let purposes = || workspace.offer.purposes.iter().map(|p| p.slug.as_str()).collect::<Vec<_>>().join(", ");
        let purpose = workspace.purpose_named(&p.purpose).ok_or_else(|| {
            AppError::Refused(format!("there is no purpose {:?}; there are {}", p.purpose, purposes()))
        })?;
        let proven = p.evidence >= Evidence::Single;
        if proven && p.statement.as_deref().is_none_or(|s| s.trim().is_empty()) {
            let word = p.evidence.word();
            return Err(AppError::Refused(format!(
                "evidence {word} needs somebody who vouches for it: say who with --statement, or claim less"
            )));
        }
        if p.evidence > Evidence::Doi {
            return Err(AppError::Refused("an import can claim doi at most".into()));
        }
        if let Some(date) = &p.date {
            self.past(date).map_err(AppError::Refused)?;
        }
        Ok(Scope::whole(purpose))
    }

    /// A source of that name and kind, made if there is none.
    async fn import_source(&self, workspace: &Workspace, order: &ImportOrder) -> Result<SourceNo, AppError> {
        let kind = order.provenance.as_ref().map_or(SourceKind::Import, |p| p.obtained);
        let offer = self.store.offer(workspace.tenant).await?;
        if let Some(found) = offer.sources.iter().find(|s| s.kind == kind && s.name == order.source_name) {
            return Ok(found.no);
        }
        let row = SourceRow { no: SourceNo(0), kind, name: order.source_name.clone(), text: None };
        let no = self.add_to_offer(workspace.tenant, Addition::Source(row)).await?;
        self.reload().await?;
        Ok(SourceNo(no))
    }

    /// Brings lines of an import in. What is wrong with a line keeps that line out and no other.
    ///
    /// # Errors
    /// When the database fails; those lines can be sent again.
    pub async fn import(
        &self,
        workspace: &Workspace,
        batch: &ImportBatch,
        rows: Vec<ImportRow>,
    ) -> Result<Imported, AppError> {
        let mut out = Imported::default();
        let mut fit: Vec<Fit> = Vec::with_capacity(rows.len());
        let mut seen: HashMap<[u8; 16], usize> = HashMap::new();
        for row in rows {
            let line = self.fit(workspace, batch, &row, &mut out);
            let Some(line) = line else { continue };
            let Some((_, first)) = line.keys.0.first().copied() else { continue };
            match seen.get(&first) {
                Some(at) => {
                    out.merged += 1;
                    fit[*at].fill_from(line);
                }
                None => {
                    seen.insert(first, fit.len());
                    fit.push(line);
                }
            }
        }
        let fresh = self.without_known_lines(workspace, batch, fit, &mut out).await?;
        let people: Vec<Arrival> = fresh.into_iter().map(|line| self.arrival(workspace, batch, line)).collect();
        let mut people = people.into_iter().peekable();
        while people.peek().is_some() {
            let stretch: Vec<Arrival> = people.by_ref().take(self.store.db().bulk_rows().max(1)).collect();
            let arrived = self.store.bring_in(workspace.tenant, stretch, self.now()).await?;
            out.new += arrived.new;
            out.known += arrived.known;
        }
        Ok(out)
    }

    /// Reads one line, or notes why it cannot be used.
    fn fit(&self, workspace: &Workspace, batch: &ImportBatch, row: &ImportRow, out: &mut Imported) -> Option<Fit> {
        let line = row.line;
        let mut reject = |column: &str, why: String| {
            out.rejected.push(Rejected { line, column: column.to_owned(), why });
            None
        };
        let address = match EmailAddress::parse(&row.email) {
            Ok(address) => address,
            Err(e) => return reject("email", e.to_string()),
        };
        let name = row.name.trim();
        if name.chars().count() > NAME_MAX {
            return reject("name", format!("the name is longer than {NAME_MAX} characters: shorten it"));
        }
        if name.chars().any(is_unusable) {
            return reject("name", "the name holds a control or invisible character: type it anew".into());
        }
        let country = row.country.trim().to_ascii_uppercase();
        let is_code = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        if !(country.is_empty() || is_code) {
            return reject("country", "write the country as two letters, like DE or FR (ISO 3166-1)".into());
        }
        let given_at = match self.given_at(batch, row.date.trim()) {
            Ok(at) => at,
            Err(why) => return reject("date", why),
        };
        let language = row.language.trim();
        let locale = language.parse::<Locale>().ok();
        if locale.is_none() && !language.is_empty() {
            out.other_language += 1;
        }
        Some(Fit {
            line,
            keys: self.address_keys(workspace, &address),
            address,
            name: (!name.is_empty()).then(|| name.to_owned()),
            locale,
            country: (!country.is_empty()).then_some(country),
            given_at,
        })
    }

    fn given_at(&self, batch: &ImportBatch, own: &str) -> Result<Option<Micros>, String> {
        let Some(p) = &batch.order.provenance else { return Ok(None) };
        let date = if own.is_empty() { p.date.as_deref() } else { Some(own) };
        match date {
            Some(date) => self.past(date).map(Some),
            None if p.evidence >= Evidence::Single => {
                Err(format!("evidence {} needs the day: fill in the date, or give --date", p.evidence.word()))
            }
            None => Ok(None),
        }
    }

    /// An instant that is not in the future.
    fn past(&self, text: &str) -> Result<Micros, String> {
        let at = instant(text).ok_or_else(|| {
            format!("{:?} is no date: write it like 2026-05-03", text.chars().take(40).collect::<String>())
        })?;
        if at > self.now() {
            return Err("the date lies in the future: a permission cannot be given tomorrow; correct it".into());
        }
        Ok(at)
    }

    /// Takes out the lines that are in already.
    async fn without_known_lines(
        &self,
        workspace: &Workspace,
        batch: &ImportBatch,
        lines: Vec<Fit>,
        out: &mut Imported,
    ) -> Result<Vec<Fit>, AppError> {
        let looked = futures::stream::iter(lines).map(|line| async move {
            let earlier = self.earlier_line(workspace, batch, &line.keys).await?;
            Ok::<_, AppError>((line, earlier))
        });
        let mut looked = std::pin::pin!(looked.buffered(LOOKUPS));
        let mut fresh = Vec::new();
        while let Some(found) = looked.next().await {
            match found? {
                (line, None) => fresh.push(line),
                (line, Some(earlier)) if earlier == line.line => out.again += 1,
                (_, Some(_)) => out.merged += 1,
            }
        }
        Ok(fresh)
    }

    /// The line of this file that the person came in with, if any did.
    async fn earlier_line(
        &self,
        workspace: &Workspace,
        batch: &ImportBatch,
        keys: &AddressKeys,
    ) -> Result<Option<u64>, AppError> {
        let Some(point) = self.store.find_point(workspace.tenant, keys.clone()).await? else { return Ok(None) };
        let Some(log) = self.store.log(workspace.tenant, point.place.point).await? else { return Ok(None) };
        Ok(log.events.iter().find_map(|e| match &e.event.body {
            Body::Imported { file: Some(file), line, .. }
                if *file == batch.order.file && e.event.contexts.get(&Context::Import) == Some(&batch.context) =>
            {
                Some(*line)
            }
            _ => None,
        }))
    }

    fn arrival(&self, workspace: &Workspace, batch: &ImportBatch, line: Fit) -> Arrival {
        let claimed = batch.order.provenance.as_ref().zip(batch.scope).map(|(p, scope)| Item {
            scope,
            sender: workspace.catalogue.purpose(scope.purpose).map_or(volens_core::purpose::SenderNo(1), |e| e.sender),
            mode: p.mode,
            evidence: p.evidence,
            text: None,
            given_at: line.given_at,
            valid_until: None,
        });
        let basis = line.country.is_some().then_some(CountryBasis::Declared);
        let profile = Profile { country: line.country, country_basis: basis, locale: line.locale, name: None };
        let act = Draft {
            id: Id::new(&*self.clock, &*self.chance),
            salt: self.salt(),
            at: None,
            actor: Actor::Operator,
            body: Body::Imported {
                items: claimed.into_iter().collect(),
                source: batch.source,
                file: Some(batch.order.file.clone()),
                line: line.line,
            },
            locale: None,
            network: None,
            agent: None,
            profile: Some(profile),
            contexts: BTreeMap::from([(Context::Import, batch.context.clone())]),
        };
        Arrival { point: self.new_point(workspace, &line.address, line.name, "{}".to_owned()), acts: vec![act] }
    }
}

impl Fit {
    /// An address that stands twice: what the first line leaves open is taken from the later one.
    fn fill_from(&mut self, later: Self) {
        self.name = self.name.take().or(later.name);
        self.locale = self.locale.or(later.locale);
        self.country = self.country.take().or(later.country);
    }
}

/// A day (its first instant in UTC) or an RFC 3339 instant.
fn instant(text: &str) -> Option<Micros> {
    let text = text.trim();
    if let Ok(day) = text.parse::<jiff::civil::Date>()
        && text.len() == 10
    {
        let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        return Some(Micros(at.timestamp().as_microsecond()));
    }
    text.parse::<jiff::Timestamp>().ok().map(|t| Micros(t.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants_are_read() {
        assert_eq!(instant("2026-05-03"), Some(Micros(1_777_766_400_000_000)));
        assert_eq!(instant(" 2026-05-03T00:00:00Z "), instant("2026-05-03"));
        for bad in ["", "03.05.2026", "2026-13-01", "2026-5-3", "yesterday", "2026-05-03T10:00:00"] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }
}
