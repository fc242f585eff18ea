//! Contacts and their points: found by keyed hash, never by the address itself.

pub mod bulk;

use volens_core::Micros;
use volens_core::id::{ContactId, PointId};
use volens_core::permission::Channel;
use volens_core::standing::Standing;
use volens_db::{DbError, Job, Row, Tx, params, statements};

use crate::consent::Place;
use crate::error::StoreError;
use crate::row;
use crate::{Store, Tenant};

statements! {
    /// The point of an address, by one of its hashes.
    FIND_POINT: Tenant hot [Int, Int, Blob] => [Blob, Blob, Text, Text, Text, Text]
        "SELECT p.id, p.contact, p.channel, p.address, c.name, c.profile
         FROM address_key k
         JOIN point p ON p.ws = k.ws AND p.id = k.point
         JOIN contact c ON c.ws = p.ws AND c.id = p.contact
         WHERE k.ws = $1 AND k.key_id = $2 AND k.hash = $3";
    /// A point by its id.
    POINT: Tenant hot [Int, Blob] => [Blob, Blob, Text, Text, Text, Text]
        "SELECT p.id, p.contact, p.channel, p.address, c.name, c.profile
         FROM point p JOIN contact c ON c.ws = p.ws AND c.id = p.contact
         WHERE p.ws = $1 AND p.id = $2";
    /// Whose point it is.
    PLACE: Tenant hot [Int, Blob] => [Blob, Text] "SELECT contact, channel FROM point WHERE ws = $1 AND id = $2";
    /// Claims an address for a point; no row = it is taken.
    CLAIM_ADDRESS: Tenant hot [Int, Int, Blob, Blob] => []
        "INSERT INTO address_key (ws, key_id, hash, point) VALUES ($1, $2, $3, $4)
         ON CONFLICT (ws, key_id, hash) DO NOTHING";
    /// A new person.
    INSERT_CONTACT: Tenant hot [Int, Blob, Text, Text, Int] => []
        "INSERT INTO contact (ws, id, name, profile, created_at) VALUES ($1, $2, $3, $4, $5)";
    /// A new contact point.
    INSERT_POINT: Tenant hot [Int, Blob, Blob, Text, Text, Int] => []
        "INSERT INTO point (ws, id, contact, channel, address, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    /// A point of which nothing is known yet.
    INSERT_STANDING: Tenant hot [Int, Blob, Blob] => []
        "INSERT INTO standing (ws, point, seq, gate, last_at, facts) VALUES ($1, $2, 0, 0, 0, $3)";
    /// A name that was left open until now.
    NAME_CONTACT: Tenant [Int, Blob, Text] => []
        "UPDATE contact SET name = $3 WHERE ws = $1 AND id = $2 AND name IS NULL";
    /// How many people there are.
    COUNT_CONTACTS: Tenant [Int] => [Int] "SELECT COUNT(*) FROM contact WHERE ws = $1";
}

/// A contact point with the person behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointRow {
    /// Whose log it is.
    pub place: Place,
    /// The address as given.
    pub address: String,
    /// The person's name.
    pub name: Option<String>,
    /// Typed profile fields, JSON.
    pub profile: String,
}

/// The hashes of one address, one for each key id that is in use; the first one is the active one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressKeys(pub Vec<(u8, [u8; 16])>);

/// A person to add, with ids that were drawn before the transaction.
#[derive(Clone, Debug)]
pub struct NewPoint {
    /// Contact and point ids, and the channel.
    pub place: Place,
    /// The address as given.
    pub address: String,
    /// Its hashes.
    pub keys: AddressKeys,
    /// The person's name.
    pub name: Option<String>,
    /// Typed profile fields, JSON.
    pub profile: String,
}

/// Whose point that is.
pub(crate) async fn place_of(tx: &mut Tx<'_>, tenant: Tenant, point: PointId) -> Result<Option<Place>, StoreError> {
    let Some(row) = tx.query_opt(&PLACE, &params![tenant.no.0, point.bytes()]).await? else { return Ok(None) };
    let channel = Channel::read(row.text(1)?).ok_or_else(|| StoreError::document("channel", "unknown word"))?;
    Ok(Some(Place { point, contact: row::id(&row, 0)?, channel }))
}

pub(crate) fn point(r: &Row) -> Result<PointRow, StoreError> {
    let channel = Channel::read(r.text(2)?).ok_or_else(|| StoreError::document("channel", "unknown word"))?;
    let place = Place { point: row::id(r, 0)?, contact: row::id(r, 1)?, channel };
    Ok(PointRow { place, address: r.get(3)?, name: r.get(4)?, profile: r.get(5)? })
}

pub(crate) async fn find(tx: &mut Tx<'_>, tenant: Tenant, keys: &AddressKeys) -> Result<Option<PointRow>, StoreError> {
    for (key_id, hash) in &keys.0 {
        let key = params![tenant.no.0, i64::from(*key_id), hash];
        if let Some(row) = tx.query_opt(&FIND_POINT, &key).await? {
            return point(&row).map(Some);
        }
    }
    Ok(None)
}

/// The point of an address, made if it is new. Two transactions that make it at once end with one.
pub(crate) async fn find_or_make(
    tx: &mut Tx<'_>,
    tenant: Tenant,
    new: &NewPoint,
    now: Micros,
) -> Result<PointRow, StoreError> {
    if let Some(found) = find(tx, tenant, &new.keys).await? {
        return Ok(found);
    }
    let ws = tenant.no.0;
    let (contact, id) = (new.place.contact.bytes(), new.place.point.bytes());
    // The oldest key first: it is the one that nodes share while a new key comes in, so that whoever is slower loses here.
    let mut keys: Vec<_> = new.keys.0.iter().collect();
    keys.sort();
    for (turn, (key_id, hash)) in keys.into_iter().enumerate() {
        if tx.execute(&CLAIM_ADDRESS, &params![ws, i64::from(*key_id), hash, id]).await? == 0 {
            let found = if turn == 0 { find(tx, tenant, &new.keys).await? } else { None };
            return found.ok_or(StoreError::Db(DbError::Conflict));
        }
    }
    let row = params![ws, contact, new.name.clone(), new.profile.as_str(), now.0];
    tx.execute(&INSERT_CONTACT, &row).await?;
    let row = params![ws, id, contact, new.place.channel.word(), new.address.as_str(), now.0];
    tx.execute(&INSERT_POINT, &row).await?;
    tx.execute(&INSERT_STANDING, &params![ws, id, Standing::default().pack()]).await?;
    let NewPoint { place, address, name, profile, .. } = new.clone();
    Ok(PointRow { place, address, name, profile })
}

/// Gives a person a name who has none yet.
pub(crate) async fn name(tx: &mut Tx<'_>, tenant: Tenant, contact: ContactId, name: &str) -> Result<(), StoreError> {
    tx.execute(&NAME_CONTACT, &params![tenant.no.0, contact.bytes(), name]).await?;
    Ok(())
}

struct Find(Tenant, AddressKeys);

impl Job for Find {
    type Out = Option<PointRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        find(tx, self.0, &self.1).await
    }
}

struct ById(Tenant, PointId);

impl Job for ById {
    type Out = Option<PointRow>;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        tx.query_opt(&POINT, &params![self.0.no.0, self.1.bytes()]).await?.as_ref().map(point).transpose()
    }
}

struct Make(Tenant, NewPoint, Micros);

impl Job for Make {
    type Out = PointRow;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PointRow, StoreError> {
        find_or_make(tx, self.0, &self.1, self.2).await
    }
}

struct Count(Tenant);

impl Job for Count {
    type Out = u64;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let row = tx.query_opt(&COUNT_CONTACTS, &params![self.0.no.0]).await?;
        Ok(row.map(|r| row::count(&r, 0)).transpose()?.unwrap_or(0))
    }
}

impl Store {
    /// The point of an address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_point(&self, tenant: Tenant, keys: AddressKeys) -> Result<Option<PointRow>, StoreError> {
        self.db.read(Find(tenant, keys)).await
    }

    /// A point by its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn point(&self, tenant: Tenant, point: PointId) -> Result<Option<PointRow>, StoreError> {
        self.db.read(ById(tenant, point)).await
    }

    /// The point of an address, made if it is new; of which nothing is recorded yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn make_point(&self, tenant: Tenant, new: NewPoint, now: Micros) -> Result<PointRow, StoreError> {
        self.db.write(volens_db::Lane::Interactive, Make(tenant, new, now)).await
    }

    /// How many people a workspace knows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_contacts(&self, tenant: Tenant) -> Result<u64, StoreError> {
        self.db.read(Count(tenant)).await
    }
}

/// Ids for somebody new.
#[must_use]
pub fn place(contact: ContactId, point: PointId, channel: Channel) -> Place {
    Place { contact, point, channel }
}
