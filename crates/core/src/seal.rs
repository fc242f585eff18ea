//! Stored secrets, sealed: AES-256-GCM (NIST SP 800-38D) under the workspace's key, bound to the row they stand in.
//!
//! Layout: version 1, key id, nonce (12), ciphertext, tag (16). A sealed value that is copied to another row, table or
//! workspace does not open.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use crate::clock::Randomness;
use crate::id::WorkspaceNo;
use crate::keys::{KeyRing, Use};

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Why a secret could not be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Shorter than a sealed value can be.
    #[error("the stored secret is cut short: enter it again")]
    Garbled,
    /// Sealed by a newer release.
    #[error("the stored secret was sealed by a newer Volens (format {version}): start that release")]
    Newer {
        /// Its version byte.
        version: u8,
    },
    /// The key id is unknown to this ring, or retired.
    #[error("the stored secret was sealed with key {key_id}, which is not in use: enter the secret again")]
    NoKey {
        /// The key id.
        key_id: u8,
    },
    /// The bytes were changed, or stand in another row, or the master key is another.
    #[error(
        "the stored secret does not open here: it was changed or moved, or the master key is not the one it was sealed with; enter it again"
    )]
    NotOurs,
    /// More than AES-GCM seals at once (64 GiB).
    #[error("the secret is too large to seal")]
    TooLarge,
}

/// The row that a secret stands in.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The workspace, or [`crate::keys::INSTANCE`].
    pub workspace: WorkspaceNo,
    /// The table.
    pub table: &'a str,
    /// The row's id in bytes.
    pub row: &'a [u8],
}

impl Place<'_> {
    /// Everything that must not change: no two places and heads have the same text.
    fn aad(&self, head: [u8; 2]) -> Vec<u8> {
        let mut aad = b"volens seal\0".to_vec();
        aad.extend_from_slice(&head);
        aad.extend_from_slice(&(self.table.len() as u64).to_be_bytes());
        aad.extend_from_slice(self.table.as_bytes());
        aad.extend_from_slice(self.row);
        aad
    }
}

/// Seals `secret` for `place`: 30 bytes longer, and different each time.
///
/// # Errors
/// [`SealError::TooLarge`].
pub fn seal(ring: &KeyRing, place: Place<'_>, secret: &[u8], chance: &dyn Randomness) -> Result<Vec<u8>, SealError> {
    let (key_id, key) = ring.minting(Use::Seal, place.workspace);
    let mut nonce = [0; NONCE];
    chance.fill(&mut nonce);
    let payload = Payload { msg: secret, aad: &place.aad([VERSION, key_id]) };
    let sealed =
        Aes256Gcm::new(key.bytes().into()).encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::TooLarge)?;
    let mut out = Vec::with_capacity(2 + NONCE + sealed.len());
    out.extend_from_slice(&[VERSION, key_id]);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// Opens what [`seal`] made for the same place; wiped from memory when dropped.
///
/// # Errors
/// [`SealError`]: every one ends in entering the secret again or starting the right binary with the right key.
pub fn open(ring: &KeyRing, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let ([version, key_id], rest) = sealed.split_first_chunk::<2>().ok_or(SealError::Garbled)?;
    if *version != VERSION {
        return Err(SealError::Newer { version: *version });
    }
    let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Garbled)?;
    if body.len() < TAG {
        return Err(SealError::Garbled);
    }
    let key = ring.verifying(Use::Seal, place.workspace, *key_id).ok_or(SealError::NoKey { key_id: *key_id })?;
    Aes256Gcm::new(key.bytes().into())
        .decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: &place.aad([*version, *key_id]) })
        .map(Zeroizing::new)
        .map_err(|_| SealError::NotOurs)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use proptest::prelude::*;

    use super::*;
    use crate::keys::{INSTANCE, KeyPhase, KeyState, MasterKey};

    /// Counts: never the same bytes twice.
    struct Counting(AtomicU8);
    impl Randomness for Counting {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn chance() -> Counting {
        Counting(AtomicU8::new(0))
    }

    fn ring(byte: u8) -> KeyRing {
        KeyRing::fresh(&MasterKey::from_bytes([byte; 32]))
    }

    const HERE: Place<'_> = Place { workspace: WorkspaceNo(1), table: "relay", row: b"row" };

    #[test]
    fn opens_only_where_it_was_sealed() {
        let sealed = seal(&ring(1), HERE, b"hunter2", &chance()).unwrap();
        assert_eq!(open(&ring(1), HERE, &sealed).unwrap().as_slice(), b"hunter2");
        for elsewhere in [
            Place { workspace: WorkspaceNo(2), ..HERE },
            Place { workspace: INSTANCE, ..HERE },
            Place { table: "sender", ..HERE },
            Place { row: b"ro", ..HERE },
            Place { table: "rela", row: b"yrow", ..HERE },
        ] {
            assert_eq!(open(&ring(1), elsewhere, &sealed), Err(SealError::NotOurs), "{elsewhere:?}");
        }
        assert_eq!(open(&ring(2), HERE, &sealed), Err(SealError::NotOurs));
    }

    #[test]
    fn the_same_secret_looks_different_each_time() {
        let chance = chance();
        let (a, b) = (seal(&ring(1), HERE, b"x", &chance).unwrap(), seal(&ring(1), HERE, b"x", &chance).unwrap());
        assert_ne!(a[14..], b[14..]);
        assert_eq!(a.len(), 31);
    }

    #[test]
    fn rotated_keys_open_and_retired_ones_do_not() {
        let master = MasterKey::from_bytes([1; 32]);
        let sealed = seal(&ring(1), HERE, b"old", &chance()).unwrap();
        let state = |key_id, phase| KeyState { workspace: WorkspaceNo(1), usage: Use::Seal, key_id, phase };
        let rotated = KeyRing::new(&master, &[state(1, KeyPhase::Verifies), state(2, KeyPhase::Mints)]).unwrap();
        assert_eq!(open(&rotated, HERE, &sealed).unwrap().as_slice(), b"old");
        assert_eq!(seal(&rotated, HERE, b"new", &chance()).unwrap()[1], 2);
        let retired = KeyRing::new(&master, &[state(1, KeyPhase::Retired), state(2, KeyPhase::Mints)]).unwrap();
        assert_eq!(open(&retired, HERE, &sealed), Err(SealError::NoKey { key_id: 1 }));
        assert_eq!(open(&ring(1), HERE, &[9; 40]), Err(SealError::Newer { version: 9 }));
    }

    proptest! {
        #[test]
        fn every_change_is_noticed(secret in prop::collection::vec(any::<u8>(), 0..40), at: prop::sample::Index, bit in 0..8) {
            let sealed = seal(&ring(1), HERE, &secret, &chance()).unwrap();
            let opened = open(&ring(1), HERE, &sealed).unwrap();
            prop_assert_eq!(&*opened, &secret);
            let mut flipped = sealed.clone();
            flipped[at.index(sealed.len())] ^= 1_u8 << bit;
            prop_assert!(open(&ring(1), HERE, &flipped).is_err());
            prop_assert!(open(&ring(1), HERE, &sealed[..at.index(sealed.len())]).is_err());
            let mut longer = sealed;
            longer.push(0);
            prop_assert!(open(&ring(1), HERE, &longer).is_err());
        }

        #[test]
        fn any_bytes_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(open(&ring(1), HERE, &bytes).is_err());
            if bytes.len() > 1 {
                bytes[..2].copy_from_slice(&[1, 1]);
                prop_assert!(open(&ring(1), HERE, &bytes).is_err());
            }
        }
    }
}
