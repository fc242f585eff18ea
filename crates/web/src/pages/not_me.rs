//! "It was not me": somebody else typed the address.

use serde::Serialize;
use volens_core::clock::Micros;

use super::{Page, SAMPLE_NOW};

/// The question (GET) or its answer (POST).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotMe {
    /// The link's own path, which the button posts to.
    pub action: String,
    /// The address, masked.
    pub masked: String,
    /// For how many days no more of these mails come.
    pub days: u32,
    /// Set when it is done: until when they stay away.
    pub until: Option<Micros>,
}

impl Page for NotMe {
    const TEMPLATE: &'static str = "not_me.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let asked = Self { action: "/n/sample-token".into(), masked: "l…o@example.it".into(), days: 30, until: None };
        let until = SAMPLE_NOW.after(std::time::Duration::from_secs(30 * 86400));
        vec![("done", Self { until: Some(until), ..asked.clone() }), ("", asked)]
    }
}
