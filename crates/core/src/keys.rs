//! One master key, and a sub-key for each use, workspace and key id, derived by HKDF-SHA-256 (RFC 5869).
//!
//! Nothing derived is stored: master key and key ids are all that a node needs. The master key is never in the database.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::address::NormalisedAddress;
use crate::base32;
use crate::clock::Randomness;
use crate::id::WorkspaceNo;
use crate::permission::Channel;

/// The workspace number of keys that belong to the whole instance. Workspaces count from 1.
pub const INSTANCE: WorkspaceNo = WorkspaceNo(0);

/// The key id of a use that was never rotated.
pub const FIRST_KEY: u8 = 1;

/// Sub-keys that a ring keeps ready; the rest are derived anew each time (about a microsecond).
const CACHE_MAX: usize = 4096;
/// Hashed into every derivation, so that this key can serve nothing but Volens.
const SALT: &[u8] = b"volens master key 1";

/// The key that all others come from: 32 bytes, wiped from memory when dropped, never printed but as recovery line.
pub struct MasterKey(Box<Zeroizing<[u8; 32]>>);

/// Why a recovery line is no master key. Never repeats what it read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Too short or too long.
    #[error("a master key has 56 characters in 14 groups of 4 and this one has {found}: copy the whole line")]
    Length {
        /// Characters found, without spaces and hyphens.
        found: usize,
    },
    /// A character that is not in the alphabet.
    #[error("group {group} of the master key contains a character that no such key has: compare it with the original")]
    Character {
        /// The group of four that it stands in, counted from 1.
        group: usize,
    },
    /// All characters are possible, but one or more is not the right one.
    #[error("the master key does not fit its own checksum: at least one character is wrong; compare group by group")]
    Checksum,
}

impl MasterKey {
    /// A new one, for `volens init`.
    pub fn generate(chance: &dyn Randomness) -> Self {
        let mut key = Box::new(Zeroizing::new([0; 32]));
        chance.fill(key.as_mut_slice());
        Self(key)
    }

    /// The key of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Box::new(Zeroizing::new(bytes)))
    }

    /// The line to keep: key and checksum, 14 groups of 4 with hyphens between. Whoever has it can forge every token.
    #[must_use]
    pub fn recovery_line(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 35]);
        bytes[..32].copy_from_slice(self.0.as_slice());
        bytes[32..].copy_from_slice(&self.checksum());
        let text = Zeroizing::new(base32::encode(bytes.as_slice(), base32::CROCKFORD));
        let mut line = Zeroizing::new(String::with_capacity(70));
        for (i, c) in text.chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                line.push('-');
            }
            line.push(c);
        }
        line
    }

    fn checksum(&self) -> [u8; 3] {
        let hash = Sha256::new().chain_update(b"volens recovery line 1").chain_update(self.0.as_slice()).finalize();
        [hash[0], hash[1], hash[2]]
    }

    fn extract(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(Hkdf::<Sha256>::extract(Some(SALT), self.0.as_slice()).0.into())
    }
}

/// Reads a recovery line: any case, spaces and hyphens as you like, O as 0, I and L as 1.
impl FromStr for MasterKey {
    type Err = MasterKeyError;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let mut text = Zeroizing::new(Vec::with_capacity(56));
        let mut found = 0;
        for c in line.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '–')) {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            // What no key holds is kept as a byte that the alphabet does not have, so that its group can be named.
            let byte = u8::try_from(c).ok().filter(u8::is_ascii_alphanumeric).unwrap_or(b'?');
            found += 1;
            if found <= 56 {
                text.push(byte);
            }
        }
        if found != 56 {
            return Err(MasterKeyError::Length { found });
        }
        if let Some(at) = text.iter().position(|c| !base32::CROCKFORD.contains(c)) {
            return Err(MasterKeyError::Character { group: at / 4 + 1 });
        }
        let bytes = Zeroizing::new(base32::decode(&text, base32::CROCKFORD).ok_or(MasterKeyError::Checksum)?);
        let (key, sum) = bytes.split_first_chunk::<32>().ok_or(MasterKeyError::Checksum)?;
        let key = Self::from_bytes(*key);
        if key.checksum() == sum { Ok(key) } else { Err(MasterKeyError::Checksum) }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// What the database keeps to refuse another master key than the one that it was made with: says nothing about the key.
#[must_use]
pub fn check_value(master: &MasterKey) -> [u8; 16] {
    let mut out = [0; 16];
    expand(&master.extract(), b"volens check value 1", &mut out);
    out
}

fn expand(prk: &[u8; 32], info: &[u8], out: &mut [u8]) {
    Hkdf::<Sha256>::from_prk(prk)
        .expect("32 bytes are a pseudo-random key of SHA-256")
        .expand(info, out)
        .expect("at most 32 bytes are asked for");
}

/// What a sub-key is for. One key, one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Links that confirm.
    Confirm,
    /// "It was not me" links.
    NotMe,
    /// Leave links, web and mail.
    Leave,
    /// Links to the choices page.
    Choices,
    /// Return paths. Of the instance: they name a delivery, whose stream number is unique in the instance.
    Bounce,
    /// Hashes of addresses.
    AddressKey,
    /// Sealed secrets.
    Seal,
    /// Times of form renders.
    Form,
}

impl Use {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Confirm,
        Self::NotMe,
        Self::Leave,
        Self::Choices,
        Self::Bounce,
        Self::AddressKey,
        Self::Seal,
        Self::Form,
    ];

    /// Its name in the database, in `volens keys rotate`, and in the derivation: never changed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::NotMe => "not_me",
            Self::Leave => "leave",
            Self::Choices => "choices",
            Self::Bounce => "bounce",
            Self::AddressKey => "address_key",
            Self::Seal => "seal",
            Self::Form => "form",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|u| u.word() == word)
    }

    /// Whether its keys verify for ever: a leave link in an old mail must still work (DESIGN 9).
    #[must_use]
    pub fn verifies_for_ever(self) -> bool {
        self == Self::Leave
    }
}

/// What a key id still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPhase {
    /// Makes new tokens and hashes. Of several, the highest key id does.
    Mints,
    /// Rotated out: still verifies and is still looked up.
    Verifies,
    /// Verifies no more, except where [`Use::verifies_for_ever`].
    Retired,
}

/// One key id of one use in one workspace, as the database lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// The workspace, or [`INSTANCE`].
    pub workspace: WorkspaceNo,
    /// The use.
    pub usage: Use,
    /// The key id.
    pub key_id: u8,
    /// What it still does.
    pub phase: KeyPhase,
}

/// The list of key ids cannot be worked with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// Key ids are listed and none of them mints.
    #[error("workspace {} has keys for {:?} and none that makes new ones: run `volens keys rotate {}`", workspace.0, usage.word(), usage.word())]
    NoneMints {
        /// The workspace.
        workspace: WorkspaceNo,
        /// The use.
        usage: Use,
    },
    /// A key id is listed twice.
    #[error("workspace {} lists key {key_id} for {:?} twice: the table of keys is damaged", workspace.0, usage.word())]
    Twice {
        /// The workspace.
        workspace: WorkspaceNo,
        /// The use.
        usage: Use,
        /// The key id.
        key_id: u8,
    },
}

/// A derived key. Wiped from memory when dropped, never printed.
pub struct SubKey(Zeroizing<[u8; 32]>);

impl SubKey {
    /// HMAC-SHA-256 under this key over `context`, a zero byte, and `parts` one after the other. The context keeps
    /// what is authenticated in one place from meaning something in another.
    #[must_use]
    pub fn mac(&self, context: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes keys of any length");
        mac.update(context.as_bytes());
        mac.update(&[0]);
        for part in parts {
            mac.update(part);
        }
        mac
    }

    /// The same, cut to its first `N` bytes (RFC 2104 5); `N` is at most 32.
    #[must_use]
    pub fn tag<const N: usize>(&self, context: &str, parts: &[&[u8]]) -> [u8; N] {
        let whole = self.mac(context, parts).finalize().into_bytes();
        let mut out = [0; N];
        out.copy_from_slice(&whole[..N]);
        out
    }

    /// Whether `tag` is the left part of that MAC, in constant time.
    #[must_use]
    pub fn is_tag(&self, context: &str, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.mac(context, parts).verify_truncated_left(tag).is_ok()
    }

    /// The key itself, for AES-256.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubKey(…)")
    }
}

/// All sub-keys of an instance, derived when asked for. Shared between threads; a rotation makes a new ring.
pub struct KeyRing {
    prk: Zeroizing<[u8; 32]>,
    states: HashMap<(Use, i64), Vec<(u8, KeyPhase)>>,
    cache: RwLock<HashMap<(Use, i64, u8), Arc<SubKey>>>,
}

impl KeyRing {
    /// The ring of `master`. A use of a workspace that `states` does not list has [`FIRST_KEY`] alone.
    ///
    /// # Errors
    /// [`KeyRingError`] when the list contradicts itself.
    pub fn new(master: &MasterKey, states: &[KeyState]) -> Result<Self, KeyRingError> {
        let mut ring = Self::fresh(master);
        for s in states {
            let ids = ring.states.entry((s.usage, s.workspace.0)).or_default();
            if ids.iter().any(|(id, _)| *id == s.key_id) {
                return Err(KeyRingError::Twice { workspace: s.workspace, usage: s.usage, key_id: s.key_id });
            }
            ids.push((s.key_id, s.phase));
        }
        for ((usage, workspace), ids) in &mut ring.states {
            ids.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
            if !ids.iter().any(|(_, phase)| *phase == KeyPhase::Mints) {
                return Err(KeyRingError::NoneMints { workspace: WorkspaceNo(*workspace), usage: *usage });
            }
        }
        Ok(ring)
    }

    /// The ring of an instance that never rotated a key.
    #[must_use]
    pub fn fresh(master: &MasterKey) -> Self {
        Self { prk: master.extract(), states: HashMap::new(), cache: RwLock::default() }
    }

    fn ids(&self, usage: Use, workspace: WorkspaceNo) -> &[(u8, KeyPhase)] {
        self.states.get(&(usage, workspace.0)).map_or(&[(FIRST_KEY, KeyPhase::Mints)], Vec::as_slice)
    }

    /// The key id that makes new tokens and hashes.
    #[must_use]
    pub fn minting_id(&self, usage: Use, workspace: WorkspaceNo) -> u8 {
        let ids = self.ids(usage, workspace);
        ids.iter().find(|(_, phase)| *phase == KeyPhase::Mints).map_or(FIRST_KEY, |(id, _)| *id)
    }

    /// The key ids under which something may have been made and still counts, newest first: what a look-up by
    /// [`address_key`] tries one after the other.
    #[must_use]
    pub fn active_ids(&self, usage: Use, workspace: WorkspaceNo) -> Vec<u8> {
        let counts = |phase: KeyPhase| phase != KeyPhase::Retired || usage.verifies_for_ever();
        self.ids(usage, workspace).iter().filter(|(_, phase)| counts(*phase)).map(|(id, _)| *id).collect()
    }

    /// The key that makes new tokens, with its id. It is kept ready for the next one.
    #[must_use]
    pub fn minting(&self, usage: Use, workspace: WorkspaceNo) -> (u8, Arc<SubKey>) {
        let id = self.minting_id(usage, workspace);
        let at = (usage, workspace.0, id);
        if let Some(key) = self.cached(at) {
            return (id, key);
        }
        let key = self.derive(at);
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.len() < CACHE_MAX {
            cache.insert(at, Arc::clone(&key));
        }
        (id, key)
    }

    /// The key that a token names; `None` when that id was never one of this workspace, or is retired. What it derives
    /// is not kept: a stranger chooses the numbers in a token.
    #[must_use]
    pub fn verifying(&self, usage: Use, workspace: WorkspaceNo, key_id: u8) -> Option<Arc<SubKey>> {
        self.active_ids(usage, workspace).contains(&key_id).then(|| self.hmac(usage, workspace, key_id))
    }

    /// The key of any id, listed or not: for stored hashes that carry their key id, suppressions above all.
    #[must_use]
    pub fn hmac(&self, usage: Use, workspace: WorkspaceNo, key_id: u8) -> Arc<SubKey> {
        let at = (usage, workspace.0, key_id);
        self.cached(at).unwrap_or_else(|| self.derive(at))
    }

    fn cached(&self, at: (Use, i64, u8)) -> Option<Arc<SubKey>> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner).get(&at).map(Arc::clone)
    }

    fn derive(&self, (usage, workspace, key_id): (Use, i64, u8)) -> Arc<SubKey> {
        let mut info = b"volens sub-key 1\0".to_vec();
        info.extend_from_slice(usage.word().as_bytes());
        info.push(0);
        info.extend_from_slice(&workspace.to_be_bytes());
        info.push(key_id);
        let mut key = SubKey(Zeroizing::new([0; 32]));
        expand(&self.prk, &info, key.0.as_mut_slice());
        Arc::new(key)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(…)")
    }
}

/// What an address is found by: HMAC-SHA-256 over (normalisation version, channel, normalised address), cut to 16
/// bytes, under the key `key_id` of the workspace (DESIGN 10). Stored with its key id; look-ups try every id of
/// [`KeyRing::active_ids`].
#[must_use]
pub fn address_key(
    ring: &KeyRing,
    workspace: WorkspaceNo,
    key_id: u8,
    channel: Channel,
    address: &NormalisedAddress,
) -> [u8; 16] {
    let parts: [&[u8]; 4] =
        [&[NormalisedAddress::VERSION], channel.word().as_bytes(), &[0], address.as_str().as_bytes()];
    ring.hmac(Use::AddressKey, workspace, key_id).tag("volens address key", &parts)
}
