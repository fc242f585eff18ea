//! The link of the confirmation mail: one deliberate press, then the welcome.

use serde::Serialize;
use volens_core::clock::Micros;

use super::{Page, Promise, ago, bread, offers};

/// What GET of a confirmation link shows. Opening it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirm {
    /// The link's own path, which the button posts to.
    pub action: String,
    /// Path of the "It was not me" token; `None` leaves that part out.
    pub not_me: Option<String>,
    /// What was asked for.
    pub asked: Vec<Promise>,
    /// When it was asked for.
    pub at: Micros,
    /// Through what.
    pub occasion: Occasion,
    /// The address, masked.
    pub masked: String,
}

/// Where the question that a confirmation answers was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Occasion {
    /// A sign-up form, named as the reader knows it ("nordicbakery.example", "the counter card").
    Form {
        /// The form's name in the reader's language.
        name: String,
    },
    /// Something was added on the choices page.
    Choices,
    /// "That was a mistake: mail me a way back".
    WayBack,
}

impl Page for Confirm {
    const TEMPLATE: &'static str = "confirm.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let form = Self {
            action: "/c/sample-token".into(),
            not_me: Some("/n/sample-token".into()),
            asked: vec![bread(), offers()],
            at: ago(1),
            occasion: Occasion::Form { name: "nordicbakery.example".into() },
            masked: "l…o@example.it".into(),
        };
        let one = Self { asked: vec![bread()], at: ago(3000), ..form.clone() };
        vec![
            ("added", Self { occasion: Occasion::Choices, not_me: None, ..one.clone() }),
            ("back", Self { occasion: Occasion::WayBack, ..one }),
            ("", form),
        ]
    }
}

/// After the press, and for every later look at the same link: a used link is no error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Welcome {
    /// The first name; empty when we do not know it.
    pub first_name: String,
    /// What was granted by this link and is still on; may be empty when the reader has left since.
    pub granted: Vec<Promise>,
    /// When the press was.
    pub at: Micros,
    /// Whether a welcome mail follows.
    pub mail_follows: bool,
    /// Path of the choices page; `None` leaves the link out.
    pub choices: Option<String>,
    /// The address, masked.
    pub masked: String,
    /// Whether the press was an earlier one ("You had said yes already").
    pub earlier: bool,
}

impl Page for Welcome {
    const TEMPLATE: &'static str = "welcome.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            first_name: "Luca".into(),
            granted: vec![bread(), offers()],
            at: ago(0),
            mail_follows: true,
            choices: Some("/p/sample-token".into()),
            masked: "l…o@example.it".into(),
            earlier: false,
        };
        let plain = Self { first_name: String::new(), ..first.clone() };
        vec![
            ("plain", plain.clone()),
            ("used", Self { earlier: true, at: ago(3000), mail_follows: false, ..plain.clone() }),
            ("used-left", Self { earlier: true, mail_follows: false, granted: vec![], choices: None, ..plain }),
            ("", first),
        ]
    }
}
