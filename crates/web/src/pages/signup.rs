//! The sign-up form at `/f/{slug}`. Its job: a yes that is meant.

use serde::Serialize;

use super::{NoticeLink, Page, SAMPLE_NOW};

/// Field: the address, as typed.
pub const FIELD_EMAIL: &str = "email";
/// Field: the first name, may be empty.
pub const FIELD_NAME: &str = "first_name";
/// Field, once per ticked box: the purpose's key.
pub const FIELD_PURPOSE: &str = "purpose";
/// Field that people do not see and machines fill in: anything in it means "no person".
pub const FIELD_TRAP: &str = "website";
/// Field: the time token of the page as it was shown.
pub const FIELD_TIME: &str = "t";
/// Button: take the suggested address (its value) instead of the typed one.
pub const FIELD_FIX: &str = "email_fix";
/// Button: the typed address is right (its value is that address).
pub const FIELD_KEEP: &str = "email_keep";

/// The form, fresh or with what was typed and why it was not taken.
///
/// A fresh form (no `errors`) never shows a ticked box, whatever `ticked` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signup {
    /// The form's own path, which it posts to.
    pub action: String,
    /// The workspace's heading ("Letters from the oven").
    pub heading: String,
    /// One or two sentences of the workspace below it.
    pub lead: String,
    /// The boxes, at least one.
    pub purposes: Vec<PurposeBox>,
    /// The address as typed; empty on a fresh form.
    pub email: String,
    /// The first name as typed.
    pub first_name: String,
    /// The value of [`FIELD_TIME`]. Blank it (with `email` and `first_name`) for the render hash.
    pub time_token: String,
    /// What stands in the way; empty on a fresh form.
    pub errors: Vec<SignupError>,
    /// The privacy notice that this form shows.
    pub notice: NoticeLink,
}

/// One consent box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PurposeBox {
    /// What a tick sends as [`FIELD_PURPOSE`]: letters, digits, hyphens.
    pub key: String,
    /// The purpose's name.
    pub name: String,
    /// What the reader has from it.
    pub benefit: String,
    /// The promise ("Every Thursday, 7:30").
    pub frequency: String,
    /// Whether the reader ticked it; drawn only beside `errors`.
    pub ticked: bool,
}

/// Why a form was not taken. At most one of the `Email*` kinds at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignupError {
    /// The address is empty.
    EmailMissing,
    /// It is no address (no @, spaces, control characters ...).
    EmailMalformed,
    /// Longer than an address can be (254 bytes, RFC 5321 4.5.3.1.3).
    EmailTooLong,
    /// Its domain looks like a slip of the finger for a well-known one.
    EmailSlip {
        /// The domain as typed ("gmial.com").
        typed_domain: String,
        /// The whole address that is suggested.
        suggestion: String,
    },
    /// The first name is too long or holds control characters.
    NameUnusable,
    /// No box is ticked.
    NothingTicked,
    /// The time token is missing, forged, too young or too old: the page must be sent once more.
    Stale,
}

impl Page for Signup {
    const TEMPLATE: &'static str = "signup.html";
    const INDEXABLE: bool = true;

    fn status(&self) -> u16 {
        if self.errors.is_empty() { 200 } else { 422 }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let fresh = fresh();
        let slip =
            SignupError::EmailSlip { typed_domain: "gmial.com".into(), suggestion: "luca.ferrero@gmail.com".into() };
        let typed = Self { email: "luca.ferrero@gmial.com".into(), first_name: "Luca".into(), ..fresh.clone() };
        let mut kept = Self { email: "luca".into(), errors: vec![SignupError::EmailMalformed], ..typed.clone() };
        kept.purposes[1].ticked = true;
        vec![
            ("new", Self { purposes: fresh.purposes[..1].to_vec(), ..fresh.clone() }),
            ("error", Self { errors: vec![slip.clone(), SignupError::NothingTicked], ..typed.clone() }),
            ("slip", Self { errors: vec![slip], purposes: kept.purposes.clone(), ..typed.clone() }),
            ("kept", kept),
            ("empty", Self { errors: vec![SignupError::EmailMissing, SignupError::NothingTicked], ..fresh.clone() }),
            (
                "long",
                Self {
                    errors: vec![SignupError::EmailTooLong, SignupError::NameUnusable, SignupError::Stale],
                    ..typed
                },
            ),
            ("", fresh),
        ]
    }
}

fn fresh() -> Signup {
    let purpose = |key: &str, name: &str, benefit: &str, frequency: &str| PurposeBox {
        key: key.into(),
        name: name.into(),
        benefit: benefit.into(),
        frequency: frequency.into(),
        ticked: false,
    };
    Signup {
        action: "/f/letters".into(),
        heading: "Letters from the oven".into(),
        lead: "What we bake this week, and when it comes out.".into(),
        purposes: vec![
            purpose(
                "bread-letter",
                "The Bread letter",
                "What comes out of the oven this week, one recipe, and the Sunday opening hours.",
                "Every Thursday, 7:30",
            ),
            purpose(
                "offers",
                "Offers",
                "Vouchers and last-loaf prices, before they hang in the window.",
                "At most twice a month",
            ),
            purpose(
                "courses",
                "Courses and openings",
                "Eight places a course. Readers may book a day earlier.",
                "At most once a month",
            ),
        ],
        email: String::new(),
        first_name: String::new(),
        time_token: "AQAAAGnG8mAA-sample-sample".into(),
        errors: Vec::new(),
        notice: NoticeLink {
            path: "/privacy".into(),
            since: SAMPLE_NOW.before(std::time::Duration::from_secs(86400 * 23)),
        },
    }
}
