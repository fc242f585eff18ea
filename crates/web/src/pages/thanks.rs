//! After the form: the click in the mail is missing. The same words for every address.

use serde::Serialize;

use super::{Page, Repeat, hidden};

/// Field of the "Send it again" button that says that it is a repetition.
pub const FIELD_AGAIN: &str = "again";

/// The page that answers a sign-up, and "Send it again" too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Thanks {
    /// The address as typed; cut when it is longer than an address can be.
    pub email: String,
    /// Path of the form, for "Wrong address?".
    pub form: String,
    /// The subject to look for in the spam folder.
    pub subject: String,
    /// The address that the mail comes from.
    pub from: String,
    /// What "Send it again" posts; `None` when today's budget is spent, and then the page says so.
    pub again: Option<Repeat>,
    /// How many more times today, where that is known; shown only beside `again`.
    pub left_today: Option<u32>,
    /// Whether this answers a repetition.
    pub repeated: bool,
}

impl Page for Thanks {
    const TEMPLATE: &'static str = "thanks.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let fields = vec![
            hidden("email", "luca.ferrero@example.it"),
            hidden("first_name", "Luca"),
            hidden("purpose", "bread-letter"),
            hidden("t", "AQAAAGnG8mAA-sample-sample"),
            hidden(FIELD_AGAIN, "1"),
        ];
        let first = Self {
            email: "luca.ferrero@example.it".into(),
            form: "/f/letters".into(),
            subject: "Please confirm: letters from Nordic Bakery".into(),
            from: "hello@news.nordicbakery.example".into(),
            again: Some(Repeat { action: "/f/letters".into(), fields }),
            left_today: Some(2),
            repeated: false,
        };
        vec![
            ("again", Self { repeated: true, left_today: None, ..first.clone() }),
            ("spent", Self { repeated: true, again: None, left_today: None, ..first.clone() }),
            ("", first),
        ]
    }
}
