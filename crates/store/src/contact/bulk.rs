//! The bulk writer: many people at once, each with the acts that are known of them.

use std::collections::HashSet;

use volens_core::Micros;
use volens_core::consent::{Draft, Event, Stamp, fold};
use volens_core::standing::Standing;
use volens_db::{DbError, Job, Lane, Row, Rows, Stmt, Tx, Value, params, statements};

use super::NewPoint;
use crate::consent::record::lock;
use crate::error::StoreError;
use crate::{Store, Tenant};

statements! {
    /// Claims addresses; the points that come back are new.
    CLAIM_ADDRESSES: Tenant rows(ws: Int, k: Int, h: Blob, p: Blob) [] => [Blob]
        "INSERT INTO address_key (ws, key_id, hash, point) SELECT u.ws, u.k, u.h, u.p FROM {rows} WHERE true
         ON CONFLICT (ws, key_id, hash) DO NOTHING RETURNING point";
    /// Those whose address is known under one of its keys.
    KNOWN_ADDRESSES: Tenant rows(ws: Int, k: Int, h: Blob, p: Blob) [] => [Blob]
        "SELECT u.p FROM {rows} JOIN address_key k ON k.ws = u.ws AND k.key_id = u.k AND k.hash = u.h";
    /// New people.
    INSERT_CONTACTS: Tenant rows(ws: Int, i: Blob, n: Text, f: Text) [Int] => []
        "INSERT INTO contact (ws, id, name, profile, created_at) SELECT u.ws, u.i, u.n, u.f, $5 FROM {rows}";
    /// New points.
    INSERT_POINTS: Tenant rows(ws: Int, i: Blob, c: Blob, h: Text, a: Text) [Int] => []
        "INSERT INTO point (ws, id, contact, channel, address, created_at)
         SELECT u.ws, u.i, u.c, u.h, u.a, $6 FROM {rows}";
    /// New standings.
    INSERT_STANDINGS: Tenant rows(ws: Int, p: Blob, s: Int, g: Int, l: Int, f: Blob) [] => []
        "INSERT INTO standing (ws, point, seq, gate, last_at, facts)
         SELECT u.ws, u.p, u.s, u.g, u.l, u.f FROM {rows}";
    /// New events.
    INSERT_EVENTS: Tenant rows(ws: Int, p: Blob, s: Int, i: Blob, k: Text, h: Int, c: Blob, t: Blob) [Int] => []
        "INSERT INTO event (ws, point, seq, id, kind, happened_at, recorded_at, canonical, salt)
         SELECT u.ws, u.p, u.s, u.i, u.k, u.h, $9, u.c, u.t FROM {rows}";
}

/// A person to bring in, and what is known to have happened, oldest first.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The person; the ids count only when the address is new.
    pub point: NewPoint,
    /// Acts to record, in order.
    pub acts: Vec<Draft>,
}

/// What the bulk writer did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// People who were not known.
    pub new: u64,
    /// People who were: the acts were added to their logs.
    pub known: u64,
    /// Acts recorded.
    pub events: u64,
}

struct BringIn {
    tenant: Tenant,
    people: Vec<Arrival>,
    now: Micros,
}

/// Rows for the tables that a new person takes.
struct Tables {
    contacts: Rows,
    points: Rows,
    standings: Rows,
    events: Rows,
}

/// The points in the first column.
fn points(rows: &[Row]) -> Result<HashSet<[u8; 16]>, StoreError> {
    Ok(rows.iter().map(|r| r.get(0)).collect::<Result<_, _>>()?)
}

impl BringIn {
    /// Keys of these people as rows of `stmt`. Sorted, so that the index is written in its own order (DESIGN 10).
    fn keys<'a>(
        &'a self,
        stmt: &'static Stmt,
        of: impl Fn(&'a Arrival) -> Vec<&'a (u8, [u8; 16])>,
    ) -> Result<Rows, StoreError> {
        let mut sorted: Vec<_> = self.people.iter().flat_map(|p| of(p).into_iter().map(move |key| (key, p))).collect();
        sorted.sort_by_key(|(key, _)| *key);
        let mut rows = Rows::with_capacity(stmt, sorted.len());
        for ((key_id, hash), person) in sorted {
            let point = person.point.place.point.bytes();
            rows.push([self.ws(), Value::from(i64::from(*key_id)), Value::from(hash), Value::from(point)])?;
        }
        Ok(rows)
    }

    /// The points whose address was free.
    async fn claim(&self, tx: &mut Tx<'_>) -> Result<HashSet<[u8; 16]>, StoreError> {
        let id = |p: &Arrival| p.point.place.point.bytes();
        let several = self.people.iter().any(|p| p.point.keys.0.len() > 1);
        let mut known = HashSet::new();
        // With one key the claim itself says who is known; with several, any of them may be stored.
        if several {
            let every = self.keys(&KNOWN_ADDRESSES, |p| p.point.keys.0.iter().collect())?;
            known = points(&tx.bulk(&KNOWN_ADDRESSES, &every, &[]).await?)?;
        }
        // The oldest key first, as in `find_or_make`: whoever is slower loses here and claims nothing.
        let oldest = |p: &'_ Arrival| p.point.keys.0.iter().min().filter(|_| !known.contains(&id(p))).copied();
        let first =
            self.keys(&CLAIM_ADDRESSES, |p| p.point.keys.0.iter().filter(|key| oldest(p) == Some(**key)).collect())?;
        let free = points(&tx.bulk(&CLAIM_ADDRESSES, &first, &[]).await?)?;
        if several {
            let others = self.keys(&CLAIM_ADDRESSES, |p| {
                let mine = free.contains(&id(p));
                p.point.keys.0.iter().filter(|key| mine && oldest(p) != Some(**key)).collect()
            })?;
            if tx.bulk(&CLAIM_ADDRESSES, &others, &[]).await?.len() != others.len() {
                return Err(DbError::Conflict.into());
            }
        }
        Ok(free)
    }

    fn ws(&self) -> Value {
        Value::from(self.tenant.no.0)
    }

    fn rows_of(&self, person: &Arrival, t: &mut Tables) -> Result<u64, StoreError> {
        let p = &person.point;
        let (contact, point) = (p.place.contact.bytes(), p.place.point.bytes());
        let (channel, address) = (p.place.channel.word(), p.address.as_str());
        let (name, profile) = (Value::from(p.name.clone()), Value::from(p.profile.as_str()));
        t.contacts.push([self.ws(), Value::from(contact), name, profile])?;
        t.points.push([
            self.ws(),
            Value::from(point),
            Value::from(contact),
            Value::from(channel),
            Value::from(address),
        ])?;
        let mut standing = Standing::default();
        let mut last_at = Micros(0);
        for (seq, draft) in (1_i64..).zip(&person.acts) {
            last_at = draft.at.unwrap_or(self.now).max(Micros(last_at.0 + 1));
            let stamp = Stamp {
                workspace: self.tenant.id,
                contact: p.place.contact,
                point: p.place.point,
                channel: p.place.channel,
                seq,
                happened_at: last_at,
                recorded_at: self.now,
            };
            let event = Event::new(draft, &stamp);
            fold(&mut standing, &event);
            t.events.push([
                self.ws(),
                Value::from(point),
                Value::from(seq),
                Value::from(event.id.bytes()),
                Value::from(event.body.kind()),
                Value::from(last_at.0),
                Value::from(event.canonical()?),
                Value::from(draft.salt),
            ])?;
        }
        let seq = person.acts.len() as i64;
        t.standings.push([
            self.ws(),
            Value::from(point),
            Value::from(seq),
            Value::from(standing.gate().number()),
            Value::from(last_at.0),
            Value::from(standing.pack()),
        ])?;
        Ok(person.acts.len() as u64)
    }

    /// The address was known: its acts go to the end of that log.
    async fn add_to_known(&self, tx: &mut Tx<'_>, person: &Arrival) -> Result<u64, StoreError> {
        let found = super::find(tx, self.tenant, &person.point.keys).await?;
        let place = found.ok_or(StoreError::Missing("contact point"))?.place;
        let mut locked = lock(tx, self.tenant, place).await?.ok_or(StoreError::Missing("standing"))?;
        for act in &person.acts {
            locked.append(tx, act, self.now).await?;
        }
        locked.save(tx).await?;
        Ok(person.acts.len() as u64)
    }
}

impl Job for BringIn {
    type Out = Arrived;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Arrived, StoreError> {
        let free = self.claim(tx).await?;
        let mut out = Arrived::default();
        let n = free.len();
        let mut tables = Tables {
            contacts: Rows::with_capacity(&INSERT_CONTACTS, n),
            points: Rows::with_capacity(&INSERT_POINTS, n),
            standings: Rows::with_capacity(&INSERT_STANDINGS, n),
            events: Rows::with_capacity(&INSERT_EVENTS, n),
        };
        let is_new = |p: &&Arrival| free.contains(&p.point.place.point.bytes());
        for person in self.people.iter().filter(is_new) {
            out.new += 1;
            out.events += self.rows_of(person, &mut tables)?;
        }
        let now = params![self.now.0];
        tx.bulk_execute(&INSERT_CONTACTS, &tables.contacts, &now).await?;
        tx.bulk_execute(&INSERT_POINTS, &tables.points, &now).await?;
        tx.bulk_execute(&INSERT_STANDINGS, &tables.standings, &[]).await?;
        tx.bulk_execute(&INSERT_EVENTS, &tables.events, &now).await?;
        let mut known: Vec<&Arrival> = self.people.iter().filter(|p| !is_new(p)).collect();
        known.sort_by_key(|p| p.point.keys.0.first().map(|k| k.1));
        for person in known {
            out.known += 1;
            out.events += self.add_to_known(tx, person).await?;
        }
        Ok(out)
    }
}

impl Store {
    /// Brings people in: new ones with their acts, known ones get the acts at the end of their logs.
    ///
    /// # Errors
    /// When the database fails; then none of these people was written.
    pub async fn bring_in(&self, tenant: Tenant, people: Vec<Arrival>, now: Micros) -> Result<Arrived, StoreError> {
        self.db.write(Lane::Bulk, BringIn { tenant, people, now }).await
    }
}
