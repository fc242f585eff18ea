//! What commands print: the answer for people on standard output, or as JSON; progress and troubles on standard error.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::environment;
use crate::request::{Failure, Progress};

/// Where and how to print.
pub struct Output {
    json: bool,
    colour: bool,
    bar: Mutex<Option<ProgressBar>>,
}

/// Colours for words that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// Fine.
    Green,
    /// Look at it.
    Yellow,
    /// Wrong.
    Red,
    /// A heading.
    Bold,
    /// Beside the point.
    Dim,
}

impl Output {
    /// For people or for programs. Colour only on a terminal, and not where NO_COLOR is set.
    #[must_use]
    pub fn new(json: bool) -> Self {
        let colour = !json && std::io::stdout().is_terminal() && environment::variable("NO_COLOR").is_none();
        Self { json, colour, bar: Mutex::new(None) }
    }

    /// The answer: as JSON, or as `human` writes it.
    pub fn answer(&self, answer: &Value, human: impl FnOnce(&Self)) {
        self.clear();
        if self.json {
            line(&answer.to_string());
        } else {
            human(self);
        }
    }

    /// One line for people.
    pub fn say(&self, text: &str) {
        if !self.json {
            line(text);
        }
    }

    /// A failure.
    pub fn failure(&self, failure: &Failure) {
        self.clear();
        if self.json {
            line(&json!({ "error": failure }).to_string());
        } else {
            eprintln!("volens: {}", failure.message);
        }
    }

    /// A word in colour.
    #[must_use]
    pub fn tint(&self, tint: Tint, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match tint {
            Tint::Green => "32",
            Tint::Yellow => "33",
            Tint::Red => "31",
            Tint::Bold => "1",
            Tint::Dim => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A heading.
    pub fn heading(&self, text: &str) {
        self.say(&format!("\n{}", self.tint(Tint::Bold, text)));
    }

    /// A table.
    pub fn table(&self, head: &[&str], rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
        table.add_rows(rows);
        self.say(&table.to_string());
    }

    /// How far it is: a bar on a terminal.
    pub fn progress(&self, p: &Progress) {
        if self.json {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
            ProgressBar::new(p.total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_length(p.total);
        bar.set_position(p.done);
        bar.set_message(p.what.clone());
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

/// A reader that is gone (`| head`) ends nothing.
fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
