//! A page with a sentence and a way on, for whatever has no page of its own. The caller brings the words.

use serde::Serialize;

use super::Page;

/// A heading, sentences, and at most one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// What it is about; also the title.
    pub heading: String,
    /// What happened, why, and what to do next.
    pub sentences: Vec<String>,
    /// The way on.
    pub link: Option<Link>,
}

/// A link inside the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its words.
    pub label: String,
    /// Its path.
    pub path: String,
}

impl Page for Message {
    const TEMPLATE: &'static str = "message.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            heading: "This form is closed".into(),
            sentences: vec!["Nordic Bakery took it down on 24 November.".into(), "The letters still come.".into()],
            link: Some(Link { label: "Sign up here instead".into(), path: "/f/letters".into() }),
        };
        vec![("plain", Self { sentences: vec![], link: None, ..full.clone() }), ("", full)]
    }
}
