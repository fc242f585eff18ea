//! Deliveries: one row for each recipient of a stream, accounted exactly (DESIGN 8).
//!
//! Work is leased by slices; a delivery row has no lease. The wave's statement is the durable mark, the fence, and the
//! last look at every change of the person, over all nodes.

pub mod books;
pub mod lease;
pub mod queue;
pub mod wave;

pub use books::{Books, Named, Told};
pub use lease::{LeasedSlice, Planned};
pub use queue::{Mail, Payload};
pub use wave::{Mark, Outcome, RESENDS, SliceKey, WaveOrder, WaveResult};

/// Ordinals of one slice.
pub const SLICE: i64 = 10_000;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// Waits for its turn.
    Planned,
    /// Handed to a connection, not answered yet.
    Sending,
    /// Accepted by the relay.
    Sent,
    /// The law says no.
    Denied,
    /// Refused for good.
    Failed,
    /// The campaign was stopped.
    Cancelled,
    /// Past "useful until".
    Skipped,
    /// Nobody knows whether the relay took it.
    Unknown,
}

impl DeliveryState {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::Sending,
        Self::Sent,
        Self::Denied,
        Self::Failed,
        Self::Cancelled,
        Self::Skipped,
        Self::Unknown,
    ];

    /// The stored number.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }

    /// Reads the number.
    #[must_use]
    pub fn read(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|n| Self::ALL.get(n).copied())
    }

    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a slice may be worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceState {
    /// It may.
    Open,
    /// Its campaign is being planned, or paused.
    Paused,
    /// Nothing waits in it any more.
    Done,
    /// Its campaign was stopped.
    Cancelled,
}

impl SliceState {
    /// The stored number.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }
}
