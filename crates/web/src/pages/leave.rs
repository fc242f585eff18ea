//! Leaving: out in one press, and what followed from it.

use serde::Serialize;
use volens_core::clock::Micros;

use super::{Page, Stoppable, ago, bread, offers, stoppable};

/// Field of every button here: [`STOP_THIS`], [`STOP_ALL`] or the key of a purpose.
pub const FIELD_STOP: &str = "stop";
/// Stops the purpose that the link names.
pub const STOP_THIS: &str = "this";
/// Stops every purpose of the workspace.
pub const STOP_ALL: &str = "all";
/// Field of "mail me a way back": [`STOP_THIS`] or [`STOP_ALL`], whatever was stopped.
pub const FIELD_BACK: &str = "back";

/// What GET of a leave link shows. Opening it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leave {
    /// The link's own path, which both buttons post to (the same URL takes the RFC 8058 POST).
    pub action: String,
    /// The purpose that the link names; `None` when the letter had none, and then only "everything" is drawn.
    pub this: Option<String>,
    /// The names of all purposes that are on, `this` among them.
    pub everything: Vec<String>,
    /// The address, masked.
    pub masked: String,
    /// Path of the choices page; `None` leaves the hint out.
    pub choices: Option<String>,
}

impl Page for Leave {
    const TEMPLATE: &'static str = "leave.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let both = Self {
            action: "/u/sample-token".into(),
            this: Some("The Bread letter".into()),
            everything: vec!["The Bread letter".into(), "Offers".into(), "Courses and openings".into()],
            masked: "g…i@example.it".into(),
            choices: Some("/p/sample-token".into()),
        };
        vec![
            ("all", Self { this: None, choices: None, ..both.clone() }),
            ("one", Self { everything: both.everything[..1].to_vec(), ..both.clone() }),
            ("", both),
        ]
    }
}

/// After the press, and for every later look at the same link while what it names is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The link's own path, which the buttons post to.
    pub action: String,
    /// The name of the purpose that was stopped; `None` = everything.
    pub stopped: Option<String>,
    /// When it took effect.
    pub at: Micros,
    /// Whether it was stopped before this press ("You had left already").
    pub earlier: bool,
    /// What is still on, each with its own button.
    pub still_on: Vec<Stoppable>,
    /// Whether "mail me a way back" is drawn (it posts [`FIELD_BACK`] to `action`).
    pub way_back: bool,
    /// The address, masked.
    pub masked: String,
}

impl Page for Left {
    const TEMPLATE: &'static str = "left.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let one = Self {
            action: "/u/sample-token".into(),
            stopped: Some(bread().name),
            at: ago(0),
            earlier: false,
            still_on: vec![stoppable("offers", offers())],
            way_back: true,
            masked: "g…i@example.it".into(),
        };
        let all = Self { stopped: None, still_on: vec![], ..one.clone() };
        let courses = super::Promise { name: "Courses and openings".into(), frequency: "At most once a month".into() };
        let many = vec![stoppable("offers", offers()), stoppable("courses", courses)];
        vec![
            ("many", Self { still_on: many, ..one.clone() }),
            ("earlier", Self { earlier: true, at: ago(3000), ..one.clone() }),
            ("all", all.clone()),
            ("all-earlier", Self { earlier: true, at: ago(3000), way_back: false, ..all }),
            ("", one),
        ]
    }
}

/// After "mail me a way back": a mail is on its way. The same words whatever the mailbox gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WayBack {
    /// What would come back; `None` = everything that was on.
    pub name: Option<String>,
    /// The address, masked.
    pub masked: String,
}

impl Page for WayBack {
    const TEMPLATE: &'static str = "way_back.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let one = Self { name: Some(bread().name), masked: "g…i@example.it".into() };
        vec![("all", Self { name: None, ..one.clone() }), ("", one)]
    }
}
