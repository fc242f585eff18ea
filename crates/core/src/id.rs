//! Ids: 16 bytes that sort by time, typed by what they name, printed with a prefix that says it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use crate::clock::{Clock, Micros, Randomness};

/// What an id names: its prefix in print.
pub trait Kind: 'static {
    /// Three or four lower-case letters.
    const PREFIX: &'static str;
}

/// An id of kind `K`: 48 bits of milliseconds, then the rest as in RFC 9562 version 7.
pub struct Id<K> {
    bytes: [u8; 16],
    kind: PhantomData<fn() -> K>,
}

/// Crockford's base32, lower case: no letters that are mistaken for figures.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl<K> Id<K> {
    /// An id of this millisecond.
    pub fn new(clock: &dyn Clock, chance: &dyn Randomness) -> Self {
        Self::at(clock.now(), chance)
    }

    /// An id that sorts among those of the instant `at`.
    pub fn at(at: Micros, chance: &dyn Randomness) -> Self {
        let mut bytes = [0; 16];
        chance.fill(&mut bytes);
        let millis = u64::try_from(at.0.div_euclid(1000)).unwrap_or(0);
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self::from_bytes(bytes)
    }

    /// The id that a database or a token holds.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The same from a slice; `None` when it is not 16 bytes long.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }

    /// The stored form.
    #[must_use]
    pub const fn bytes(&self) -> [u8; 16] {
        self.bytes
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes.cmp(&other.bytes)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = u128::from_be_bytes(self.bytes);
        write!(f, "{}_", K::PREFIX)?;
        for i in (0..26).rev() {
            let digit = (n >> (5 * i)) & 31;
            write!(f, "{}", ALPHABET[digit as usize] as char)?;
        }
        Ok(())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Not an id of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_ and 26 characters")]
pub struct BadId {
    /// The prefix that such an id has.
    pub prefix: &'static str,
}

impl<K: Kind> FromStr for Id<K> {
    type Err = BadId;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = BadId { prefix: K::PREFIX };
        let digits = s.strip_prefix(K::PREFIX).and_then(|r| r.strip_prefix('_')).ok_or(bad.clone())?;
        if digits.len() != 26 || digits.as_bytes()[0] > b'7' {
            return Err(bad);
        }
        let mut n: u128 = 0;
        for c in digits.bytes() {
            let digit = ALPHABET.iter().position(|a| *a == c).ok_or(bad.clone())?;
            n = (n << 5) | digit as u128;
        }
        Ok(Self::from_bytes(n.to_be_bytes()))
    }
}

impl<K: Kind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_bytes(&self.bytes) }
    }
}

impl<'de, K: Kind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if d.is_human_readable() {
            String::deserialize(d)?.parse().map_err(D::Error::custom)
        } else {
            Self::from_slice(<&[u8]>::deserialize(d)?).ok_or_else(|| D::Error::custom("an id has 16 bytes"))
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $alias:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        #[doc = concat!("Printed as `", $prefix, "_...`.")]
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// One brand or client: the tenant.
    Workspace WorkspaceId "ws";
    /// A person or mailbox owner.
    Contact ContactId "con";
    /// One address of a contact on one channel.
    Point PointId "pt";
    /// A consent event.
    Event EventId "evt";
    /// A legal person that sends.
    Sender SenderId "ent";
    /// Why we write.
    Purpose PurposeId "pur";
    /// A finer choice inside a purpose.
    Topic TopicId "top";
    /// A sign-up form.
    Form FormId "frm";
    /// A text in its versions and locales.
    Text TextId "txt";
    /// A campaign.
    Campaign CampaignId "cmp";
    /// A sign-up act as it came, before the job took it up.
    Act ActId "act";
    /// A running process of this instance.
    Node NodeId "nod";
    /// A way to hand mail over.
    Relay RelayId "rly";
}

/// The small number by which a workspace is keyed inside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct WorkspaceNo(pub i64);

/// The number of a stream (a campaign, or a transactional queue), unique in the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct StreamNo(pub i64);

/// One recipient's row in a stream: 16 bytes in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct DeliveryKey {
    /// The stream that it belongs to.
    pub stream: StreamNo,
    /// Its row number in the plan of a campaign; minted by time in a transactional stream.
    pub ordinal: i64,
}

impl DeliveryKey {
    /// Stream and ordinal, big-endian: what tokens and Message-IDs carry.
    #[must_use]
    pub fn bytes(&self) -> [u8; 16] {
        let mut out = [0; 16];
        out[..8].copy_from_slice(&self.stream.0.to_be_bytes());
        out[8..].copy_from_slice(&self.ordinal.to_be_bytes());
        out
    }

    /// The reverse of [`DeliveryKey::bytes`].
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let n = u128::from_be_bytes(bytes);
        Self { stream: StreamNo((n >> 64) as i64), ordinal: n as i64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Still(i64);
    impl Clock for Still {
        fn now(&self) -> Micros {
            Micros(self.0)
        }
    }
    struct Noise;
    impl Randomness for Noise {
        fn fill(&self, out: &mut [u8]) {
            out.fill(0xa5);
        }
    }

    #[test]
    fn later_ids_sort_later() {
        let a = PointId::new(&Still(1_795_514_400_000_000), &Noise);
        let b = PointId::new(&Still(1_795_514_400_001_000), &Noise);
        assert!(a < b && a.to_string() < b.to_string());
        assert!(a.to_string().starts_with("pt_"));
    }

    proptest! {
        #[test]
        fn prints_and_reads_back(bytes: [u8; 16]) {
            let id = ContactId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<ContactId>(), Ok(id));
            prop_assert!(id.to_string().parse::<PointId>().is_err());
        }

        #[test]
        fn any_text_is_read_or_refused(s in ".{0,40}") {
            if let Ok(id) = s.parse::<ContactId>() {
                prop_assert_eq!(id.to_string(), s);
            }
        }

        #[test]
        fn delivery_keys_travel_as_16_bytes(stream: i64, ordinal: i64) {
            let key = DeliveryKey { stream: StreamNo(stream), ordinal };
            prop_assert_eq!(DeliveryKey::from_bytes(key.bytes()), key);
        }
    }
}
