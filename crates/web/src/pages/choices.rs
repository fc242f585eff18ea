//! What you get: purposes and topics to turn on and off at `/p/{token}`.

use serde::Serialize;
use volens_core::clock::Micros;

use super::{Page, ago};

/// Field, once per ticked purpose: its key.
pub const FIELD_PURPOSE: &str = "purpose";
/// Field, once per ticked topic: its key.
pub const FIELD_TOPIC: &str = "topic";
/// Field, once per topic whose box came ticked: its key. Only such a topic is left by coming back unticked; the others
/// count with their purpose.
pub const FIELD_SHOWN: &str = "shown";
/// Field that only the Save button sends, so that "nothing ticked" differs from "not this form".
pub const FIELD_SAVE: &str = "save";
/// Field of "Stop everything": `all`.
pub const FIELD_STOP: &str = "stop";

/// The choices page, fresh or saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choices {
    /// The link's own path, which both forms post to.
    pub action: String,
    /// The address, masked.
    pub masked: String,
    /// One row a purpose.
    pub rows: Vec<Row>,
    /// What the last press on Save did; `None` on GET.
    pub saved: Option<Saved>,
}

/// One purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What a tick sends as [`FIELD_PURPOSE`].
    pub key: String,
    /// The purpose's name.
    pub name: String,
    /// What the reader has from it.
    pub benefit: String,
    /// The promise.
    pub frequency: String,
    /// How it stands; a box is ticked when it is granted or requested.
    pub state: Standing,
    /// Its finer choices.
    pub topics: Vec<TopicRow>,
}

/// One topic of a purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopicRow {
    /// What a tick sends as [`FIELD_TOPIC`]; unique on the page.
    pub key: String,
    /// The topic's name.
    pub name: String,
    /// How it stands.
    pub state: Standing,
}

/// A consent state, in the reader's words (BRAND 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// You said yes.
    Granted,
    /// Waiting for your click.
    Requested,
    /// You said no.
    Refused,
    /// You left.
    Withdrawn,
    /// Stopped.
    Suppressed,
    /// Run out.
    Expired,
    /// Never asked.
    Unknown,
}

/// What Save did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saved {
    /// When.
    pub at: Micros,
    /// The names of what stopped, at once.
    pub stopped: Vec<String>,
    /// The names of what was added and waits for a press in the mail.
    pub asked: Vec<String>,
    /// The names of what was added and not asked for: the day's mails to the address are used up.
    pub held: Vec<String>,
}

impl Standing {
    /// Whether its box is ticked.
    #[must_use]
    pub fn ticked(self) -> bool {
        matches!(self, Self::Granted | Self::Requested)
    }
}

impl Page for Choices {
    const TEMPLATE: &'static str = "choices.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let fresh =
            Self { action: "/p/sample-token".into(), masked: "g…i@example.it".into(), rows: rows(), saved: None };
        let mut saved = Self {
            saved: Some(Saved {
                at: ago(0),
                stopped: vec!["Offers".into()],
                asked: vec!["Courses and openings".into(), "Openings".into()],
                held: vec![],
            }),
            ..fresh.clone()
        };
        saved.rows[1].state = Standing::Withdrawn;
        saved.rows[2].state = Standing::Requested;
        saved.rows[2].topics[1].state = Standing::Requested;
        let same = Saved { at: ago(0), stopped: vec![], asked: vec![], held: vec![] };
        let mut none = Self { saved: Some(same.clone()), ..fresh.clone() };
        for row in &mut none.rows {
            row.topics.clear();
        }
        none.rows[0].state = Standing::Suppressed;
        none.rows[1].state = Standing::Expired;
        none.rows[2].state = Standing::Refused;
        let one = Self { rows: fresh.rows[..1].to_vec(), saved: Some(same.clone()), ..fresh.clone() };
        let held = Self { saved: Some(Saved { held: vec!["Offers".into()], ..same }), ..fresh.clone() };
        vec![("saved", saved), ("one", one), ("none", none), ("held", held), ("", fresh)]
    }
}

fn rows() -> Vec<Row> {
    let row = |key: &str, name: &str, benefit: &str, frequency: &str, state| Row {
        key: key.into(),
        name: name.into(),
        benefit: benefit.into(),
        frequency: frequency.into(),
        state,
        topics: Vec::new(),
    };
    let topic = |key: &str, name: &str| TopicRow { key: key.into(), name: name.into(), state: Standing::Unknown };
    let mut courses = row(
        "courses",
        "Courses and openings",
        "Readers may book a day earlier.",
        "At most once a month",
        Standing::Unknown,
    );
    courses.topics = vec![topic("courses/baking", "Baking courses"), topic("courses/openings", "Openings")];
    vec![
        row(
            "bread-letter",
            "The Bread letter",
            "This week’s oven, one recipe, Sunday hours.",
            "Every Thursday, 7:30",
            Standing::Granted,
        ),
        row("offers", "Offers", "Vouchers and last-loaf prices.", "At most twice a month", Standing::Granted),
        courses,
    ]
}
