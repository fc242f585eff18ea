//! Where a contact point stands: everything the law needs of a person, folded from the log.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::consent::Relation;
use crate::id::EventId;
use crate::locale::Locale;
use crate::permission::{CountryBasis, Evidence, Grant, Mode, SourceKind, State, Stop, StopScope};
use crate::purpose::{Scope, SenderNo, SourceNo};

/// The version byte in front of the stored record.
const VERSION: u8 = 1;

/// One permission that is asked for: an [`crate::consent::Item`] without what only the event needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Purpose or topic.
    pub scope: Scope,
    /// The sender entity.
    pub sender: SenderNo,
    /// How permission comes.
    pub mode: Mode,
    /// How well the request alone proves it.
    pub evidence: Evidence,
    /// Agreed end.
    pub valid_until: Option<Micros>,
}

/// Something asked for and not yet confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The request.
    pub event: EventId,
    /// When it was made.
    pub at: Micros,
    /// What it is about.
    pub items: Vec<Wish>,
    /// The form's source.
    pub source: SourceNo,
    /// The `seq` of the request.
    pub seq: i64,
}

/// Why no message of any purpose can leave: what a plan may leave out without looking further.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// Something may be possible: the law must look.
    #[default]
    Open,
    /// An objection closes every purpose (FACTS 5, number 6).
    Objected,
    /// A stop closes every purpose (FACTS 5, number 7).
    Suppressed,
}

impl Gate {
    /// The number in the `gate` column: 0, or that of the reason in FACTS 5.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Objected => 6,
            Self::Suppressed => 7,
        }
    }
}

/// The folded record. Stored as a version byte and postcard in `standing.facts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// ISO 3166-1 alpha-2 country of the person.
    pub country: Option<String>,
    /// How it is known.
    pub country_basis: Option<CountryBasis>,
    /// The language to write in.
    pub locale: Option<Locale>,
    /// Permissions and refusals, one for each scope and sender.
    pub grants: Vec<Grant>,
    /// Requests that wait for their confirmation, oldest first.
    pub pending: Vec<Pending>,
    /// Stops, one for each scope and reason.
    pub stops: Vec<Stop>,
    /// Relationships.
    pub relations: Vec<Relation>,
    /// How the address came, and the day.
    pub source: Option<(SourceKind, Option<String>)>,
}

/// The stored record is damaged or newer.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// Written by a newer Volens.
    #[error("the standing record has version {found}, this Volens reads up to {VERSION}: update Volens")]
    Newer {
        /// The version found.
        found: u8,
    },
    /// No record of ours.
    #[error("the standing record cannot be read; `volens consent rebuild` makes it again from the log")]
    Unreadable,
}

impl Standing {
    /// The stored form.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(192);
        out.push(VERSION);
        // Writing plain data into a growing vector cannot fail.
        postcard::to_extend(self, out).unwrap_or_default()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`StandingError`]; the log can always make the record again.
    pub fn unpack(bytes: &[u8]) -> Result<Self, StandingError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|_| StandingError::Unreadable),
            Some((&found, _)) if found > VERSION => Err(StandingError::Newer { found }),
            _ => Err(StandingError::Unreadable),
        }
    }

    /// Whether a stop closes every purpose, so that no plan needs a row for this point.
    #[must_use]
    pub fn gate(&self) -> Gate {
        let closing = |s: &&Stop| match s.scope {
            StopScope::Everything => true,
            StopScope::All => !self.grants.iter().any(|g| reopens(g) && g.given_at > s.since),
            _ => false,
        };
        let mut gate = Gate::Open;
        for stop in self.stops.iter().filter(closing) {
            if stop.reason == crate::permission::StopReason::Objection {
                return Gate::Objected;
            }
            gate = Gate::Suppressed;
        }
        gate
    }

    /// Whether the person holds a confirmed permission for that scope which no stop closes: then nothing needs asking.
    #[must_use]
    pub fn is_open(&self, scope: Scope, sender: SenderNo) -> bool {
        let held = self.grants.iter().filter(|g| g.sender == sender && g.scope.covers(&scope) && reopens(g));
        let Some(since) = held.map(|g| g.given_at).max() else { return false };
        let stopped = self.stops.iter().any(|s| {
            let closes = match s.scope {
                StopScope::All | StopScope::Everything => true,
                StopScope::About(closed) => closed.covers(&scope),
                StopScope::Sender(no) => no == sender,
            };
            closes && (s.since >= since || s.scope == StopScope::Everything)
        });
        let left = self
            .grants
            .iter()
            .any(|g| g.sender == sender && g.scope.covers(&scope) && g.withdrawn_at.is_some_and(|at| at >= since));
        !stopped && !left
    }

    /// The request of that id, if it still waits.
    #[must_use]
    pub fn request(&self, event: EventId) -> Option<&Pending> {
        self.pending.iter().find(|p| p.event == event)
    }
}

/// Whether a grant can lift an earlier stop for what it covers (FACTS 4, "Reopened").
fn reopens(g: &Grant) -> bool {
    g.state == State::Given
        && g.withdrawn_at.is_none()
        && g.mode == Mode::Active
        && g.evidence >= Evidence::Doi
        && g.client == crate::permission::Client::Human
}
