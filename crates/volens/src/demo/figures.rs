//! What the demo's server tells the home page: figures of campaigns, who was spared, who is unknown.

use serde::{Deserialize, Serialize};
use volens_store::delivery::{Books, DeliveryState};

/// The books of a campaign as one equation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Rows that the plan made.
    pub rows: u64,
    /// Taken by the relay.
    pub sent: u64,
    /// The law said no.
    pub denied: u64,
    /// Refused for good.
    pub failed: u64,
    /// The campaign was stopped.
    pub cancelled: u64,
    /// Past "useful until".
    pub skipped: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// On a connection.
    pub sending: u64,
    /// Waits for its turn.
    pub planned: u64,
}

impl Figures {
    /// Of a campaign with so many rows.
    #[must_use]
    pub fn of(rows: u64, books: &Books) -> Self {
        Self {
            rows,
            sent: books.of(DeliveryState::Sent),
            denied: books.of(DeliveryState::Denied),
            failed: books.of(DeliveryState::Failed),
            cancelled: books.of(DeliveryState::Cancelled),
            skipped: books.of(DeliveryState::Skipped),
            unknown: books.of(DeliveryState::Unknown),
            sending: books.of(DeliveryState::Sending),
            planned: books.of(DeliveryState::Planned),
        }
    }

    /// The right-hand side, the words with their figures.
    #[must_use]
    pub fn terms(&self) -> [(&'static str, u64); 8] {
        [
            ("sent", self.sent),
            ("denied", self.denied),
            ("failed", self.failed),
            ("cancelled", self.cancelled),
            ("skipped", self.skipped),
            ("unknown", self.unknown),
            ("sending", self.sending),
            ("planned", self.planned),
        ]
    }

    /// Whether the equation holds.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.rows == self.terms().iter().map(|t| t.1).sum::<u64>()
    }

    /// Nothing waits and nothing is under way.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.planned == 0 && self.sending == 0
    }

    /// `9,214 rows = 7,871 sent + 1,133 denied`: what is nought is left out.
    #[must_use]
    pub fn equation(&self) -> String {
        let terms: Vec<String> =
            self.terms().iter().filter(|t| t.1 > 0).map(|(word, n)| format!("{} {word}", count(*n))).collect();
        let right = if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") };
        let sign = if self.balances() { "=" } else { "≠" };
        format!("{} {} {sign} {right}", count(self.rows), if self.rows == 1 { "row" } else { "rows" })
    }
}

/// Somebody, by name and address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Somebody {
    /// The name.
    pub name: String,
    /// The address.
    pub address: String,
}

/// Somebody who left before the turn came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SparedFigure {
    /// Who.
    pub who: Somebody,
    /// Microseconds between leaving and the turn.
    pub before: i64,
}

/// What a row is called that belongs to no campaign: it answers an act, and goes again after a death.
pub const ANSWER: &str = "a confirmation or welcome mail";

/// A row that was on its way when a server died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The campaign, or what the mail was.
    pub what: String,
    /// Whom it was for.
    pub who: Somebody,
}

/// A campaign on the home page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignFigures {
    /// Its name.
    pub name: String,
    /// Its stream.
    pub stream: i64,
    /// draft, planning, running, paused, done, cancelled.
    pub state: String,
    /// Why it stands still, or could not be sent.
    pub why: Option<String>,
    /// When it was sent, microseconds since 1970; 0 = not yet.
    pub queued_at: i64,
    /// The books as the slices keep them.
    pub books: Figures,
    /// The same, counted from the rows, where it was asked for.
    pub counted: Option<Figures>,
    /// Why the denied were: sentence and how many, most first.
    pub denied: Vec<(String, u64)>,
    /// People whom the plan left out: sentence and how many.
    pub left_out: Vec<(String, u64)>,
    /// Who left in time, newest first.
    pub spared: Vec<SparedFigure>,
    /// Who is unknown, newest first.
    pub unknown: Vec<Somebody>,
}

/// Everything that the home page shows of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    /// Campaigns, newest first.
    pub campaigns: Vec<CampaignFigures>,
    /// The sign-up form.
    pub form: String,
    /// Somebody near the end of every run, and the link by which she leaves.
    pub greta: Option<(Somebody, String)>,
    /// What is wrong with the relay, if something is.
    pub relay: Option<String>,
    /// The process.
    pub pid: u32,
}

/// What the server says when it serves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// So many people are in.
    Seeded(usize),
    /// It serves: the port of the intake, and what was on its way when its former life ended.
    Serving {
        /// The port that takes withdrawals by mail.
        intake: u16,
        /// Rows in `sending`.
        found: Vec<Found>,
    },
}

/// A whole number with commas: `9,214`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// How long somebody left before the turn: `3.2 s`, `2 min 5 s`.
#[must_use]
pub fn span(micros: i64) -> String {
    let tenths = micros.max(0) / 100_000;
    if tenths >= 600 {
        return format!("{} min {} s", tenths / 600, tenths % 600 / 10);
    }
    format!("{}.{} s", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_books_are_one_equation() {
        let books = Figures { rows: 9_214, sent: 7_871, denied: 1_133, planned: 210, ..Figures::default() };
        assert_eq!(books.equation(), "9,214 rows = 7,871 sent + 1,133 denied + 210 planned");
        assert!(!Figures { sent: 7_870, ..books }.balances());
        assert!(Figures { sent: 7_870, ..books }.equation().contains("rows ≠ 7,870"));
        assert_eq!(Figures::default().equation(), "0 rows = 0");
        assert_eq!((count(1_234_567), count(12)), ("1,234,567".into(), "12".into()));
        assert_eq!((span(3_249_000), span(125_000_000)), ("3.2 s".into(), "2 min 5 s".into()));
    }
}
