//! What each public page needs to know: one module a page, a context type with samples, no rule and no look-up.
//!
//! Whoever answers a request fills a type from here and hands it to [`crate::render::Pages`]. Texts that a workspace
//! wrote itself (names, benefits, frequencies, titles) come in the reader's language already; all other words are in
//! `locales/web/`. Times are instants: the page's zone is in [`crate::render::Frame`].

pub mod choices;
pub mod confirm;
pub mod leave;
pub mod message;
pub mod not_me;
pub mod notice;
pub mod signup;
pub mod thanks;
pub mod trouble;

use serde::Serialize;
use volens_core::clock::Micros;

pub use choices::Choices;
pub use confirm::{Confirm, Welcome};
pub use leave::{Leave, Left, WayBack};
pub use message::Message;
pub use not_me::NotMe;
pub use notice::Notice;
pub use signup::Signup;
pub use thanks::Thanks;
pub use trouble::Trouble;

/// A page: a context type, the template that draws it and the status it is sent with.
pub trait Page: Serialize + Sized {
    /// The template's file name below `themes/pages/`.
    const TEMPLATE: &'static str;
    /// Whether search engines may list it: only pages that hold nothing about a person.
    const INDEXABLE: bool = false;

    /// The HTTP status that goes with it.
    fn status(&self) -> u16 {
        200
    }

    /// One value for every shape that the page can take, each with a short name for file names.
    fn samples() -> Vec<(&'static str, Self)>;
}

/// A form field that travels unseen: the values of a first act that is repeated by a button.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Hidden {
    /// The field's name.
    pub name: String,
    /// The field's value, sent as it is.
    pub value: String,
}

/// A POST that a button makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Repeat {
    /// The path that is posted to.
    pub action: String,
    /// What goes with it.
    pub fields: Vec<Hidden>,
}

/// A purpose as a promise: what comes, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// The purpose's name in the reader's language ("The Bread letter").
    pub name: String,
    /// How often, in the reader's language ("Every Thursday, 7:30").
    pub frequency: String,
}

/// A purpose that can be stopped by a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stoppable {
    /// What the button sends as `stop`.
    pub key: String,
    /// The purpose's name in the reader's language.
    pub name: String,
    /// How often, in the reader's language.
    pub frequency: String,
}

/// A privacy notice in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeLink {
    /// Where it is shown.
    pub path: String,
    /// Since when this version is in force.
    pub since: Micros,
}

/// The name of the field that carries the page's language with every form ("it").
pub const FIELD_LANG: &str = "lang";

/// Thursday 26 November 2026, 10:43:07 in Torino: when the samples happen.
pub const SAMPLE_NOW: Micros = Micros(1_795_686_187_000_000);

/// `minutes` before [`SAMPLE_NOW`].
pub(crate) fn ago(minutes: u64) -> Micros {
    SAMPLE_NOW.before(std::time::Duration::from_secs(60 * minutes))
}

pub(crate) fn bread() -> Promise {
    Promise { name: "The Bread letter".into(), frequency: "Every Thursday, 7:30".into() }
}

pub(crate) fn offers() -> Promise {
    Promise { name: "Offers".into(), frequency: "At most twice a month".into() }
}

pub(crate) fn stoppable(key: &str, promise: Promise) -> Stoppable {
    Stoppable { key: key.into(), name: promise.name, frequency: promise.frequency }
}

pub(crate) fn hidden(name: &str, value: &str) -> Hidden {
    Hidden { name: name.into(), value: value.into() }
}
