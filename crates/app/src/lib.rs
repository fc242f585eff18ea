//! Use cases, job loops, the sending pipeline. No HTTP types, no SQL.
//!
//! Invariants: what a person does goes through one function here, whichever way it came (page, one-click, mail, CLI);
//! nothing leaves that the law was not asked about in the transaction that marked it; the clock and chance are passed
//! in.

pub mod account;
pub mod campaign;
pub mod consent;
pub mod contact;
pub mod delivery;
mod error;
pub mod import;
pub mod intake;
pub mod links;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub use account::settings::{AppSettings, WorkspaceSettings, host_of};
pub use account::workspace::Workspace;
pub use error::AppError;
use volens_core::Micros;
use volens_core::clock::{Clock, Randomness};
use volens_core::id::{DeliveryKey, Id, Kind, StreamNo};
use volens_core::keys::KeyRing;
use volens_mail::Words;
use volens_store::{Store, Topic};

/// A mail was queued in a transactional stream.
pub const QUEUED: Topic = Topic("queued");
/// An act was stored.
pub const ACTS: Topic = Topic("acts");
/// Slices may have become due.
pub const SLICES: Topic = Topic("slices");

/// Everything that a use case stands on.
pub struct App {
    /// The tables.
    pub store: Store,
    /// The keys.
    pub ring: Arc<KeyRing>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Randomness>,
    /// What the configuration says.
    pub settings: AppSettings,
    /// The words of mails.
    pub words: Words,
    workspaces: account::workspace::Cache,
    last_minted: AtomicI64,
}

impl App {
    /// Now.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// A new id.
    #[must_use]
    pub fn id<K: Kind>(&self) -> Id<K> {
        Id::new(&*self.clock, &*self.chance)
    }

    /// 32 unpredictable bytes for an event.
    #[must_use]
    pub fn salt(&self) -> [u8; 32] {
        let mut out = [0; 32];
        self.chance.fill(&mut out);
        out
    }

    /// A number that sorts by time: microseconds and ten bits of chance. This process draws none twice, whatever its
    /// clock does, and another node hardly ever the same.
    #[must_use]
    pub fn minted(&self) -> i64 {
        let mut bits = [0; 2];
        self.chance.fill(&mut bits);
        let drawn = (self.now().0 << 10) | i64::from(u16::from_be_bytes(bits) & 0x3ff);
        let next = |last: i64| Some(drawn.max(last + 1));
        let last = self.last_minted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        drawn.max(last.unwrap_or(0) + 1)
    }

    /// A place in a transactional stream.
    #[must_use]
    pub fn minted_in(&self, stream: StreamNo) -> DeliveryKey {
        DeliveryKey { stream, ordinal: self.minted() }
    }
}

/// When a minted number was drawn.
#[must_use]
pub fn minted_at(number: i64) -> Micros {
    Micros(number >> 10)
}
