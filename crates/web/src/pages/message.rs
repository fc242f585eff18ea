//! A page with a sentence, for whatever has no page of its own. The caller brings the words.

use serde::Serialize;

use super::Page;

/// A heading and sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// What it is about; also the title.
    pub heading: String,
    /// What happened, why, and what to do next.
    pub sentences: Vec<String>,
}

impl Page for Message {
    const TEMPLATE: &'static str = "message.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            heading: "This form is closed".into(),
            sentences: vec!["Nordic Bakery took it down on 24 November.".into(), "The letters still come.".into()],
        };
        vec![("plain", Self { sentences: vec![], ..full.clone() }), ("", full)]
    }
}
