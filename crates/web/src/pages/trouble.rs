//! When a link or a form does not work: what happened, why, and what to do next.

use serde::Serialize;
use volens_core::clock::Micros;

use super::{Page, Repeat, ago, hidden};

/// What went wrong, from the reader's side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// Which trouble.
    pub what: What,
    /// Path of the sign-up form, as the way on; `None` leaves the link out.
    pub signup: Option<String>,
}

/// The kinds of trouble, each with its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// 410: a link that has run out.
    Expired {
        /// When it was made.
        made: Micros,
        /// For how many days such links work.
        days: u32,
        /// "Send me a new one", where that is allowed.
        renew: Option<Renew>,
    },
    /// 410: a link that works once, and has.
    Used,
    /// 410: what the link would confirm was taken back meanwhile, or newer requests took its place.
    Void,
    /// 404: the link is cut short, changed, or not of our making.
    Garbled,
    /// 404: there is no such page or form.
    NotFound,
    /// 400: the form cannot be read.
    Unreadable,
    /// 405: the page is not asked in this way.
    Method,
    /// 408: the form took too long to arrive.
    Slow,
    /// 413: more than such a form can hold.
    TooLarge,
    /// 415: not sent as a form.
    Unsupported,
    /// 429: too many at once from one place.
    TooMany {
        /// Seconds to wait.
        seconds: u32,
    },
    /// 503: could not be stored just now (disk full, database locked); nothing is half-written.
    Busy {
        /// The same act once more, by a button; `None` leaves the button out.
        again: Option<Repeat>,
    },
    /// 500: our fault.
    Fault,
}

/// The button that mails a fresh link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Renew {
    /// The path that is posted to.
    pub action: String,
    /// The address, masked.
    pub masked: String,
    /// The names of what was ticked; may be empty.
    pub names: Vec<String>,
}

/// Field that only "Send me a new one" sends.
pub const FIELD_RENEW: &str = "renew";

impl What {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Unreadable => 400,
            Self::Garbled | Self::NotFound => 404,
            Self::Method => 405,
            Self::Slow => 408,
            Self::Expired { .. } | Self::Used | Self::Void => 410,
            Self::TooLarge => 413,
            Self::Unsupported => 415,
            Self::TooMany { .. } => 429,
            Self::Fault => 500,
            Self::Busy { .. } => 503,
        }
    }
}

impl Page for Trouble {
    const TEMPLATE: &'static str = "trouble.html";

    fn status(&self) -> u16 {
        self.what.status()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let form = Some("/f/letters".to_owned());
        let at = |what| Self { what, signup: form.clone() };
        let renew = Renew {
            action: "/c/sample-token".into(),
            masked: "p…a@example.it".into(),
            names: vec!["The Bread letter".into(), "Offers".into()],
        };
        let made = ago(14 * 1440);
        let again = Repeat { action: "/f/letters".into(), fields: vec![hidden("email", "luca.ferrero@example.it")] };
        vec![
            ("expired", at(What::Expired { made, days: 7, renew: Some(renew) })),
            ("expired-plain", at(What::Expired { made, days: 1, renew: None })),
            ("used", at(What::Used)),
            ("void", at(What::Void)),
            ("garbled", at(What::Garbled)),
            ("not-found", Self { what: What::NotFound, signup: None }),
            ("unreadable", at(What::Unreadable)),
            ("method", at(What::Method)),
            ("slow", at(What::Slow)),
            ("too-large", at(What::TooLarge)),
            ("unsupported", at(What::Unsupported)),
            ("too-many", at(What::TooMany { seconds: 60 })),
            ("busy", at(What::Busy { again: Some(again) })),
            ("busy-plain", at(What::Busy { again: None })),
            ("fault", at(What::Fault)),
        ]
    }
}
