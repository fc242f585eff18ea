//! A letter made ready: everything that is the same for all readers is done once, here; a reader costs microseconds.

use std::collections::BTreeSet;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value};
use volens_core::Locale;

use crate::body::{self, Body};
use crate::header::HeaderText;
use crate::holes::only_prints_fields;
use crate::layout::{Brand, Footer, Frame, ascii};
use crate::letter::{Letter, LetterError};
use crate::person::{Missed, PersonView, Root};
use crate::words::{Words, at};

/// Instructions that one part of a letter may use up: far more than any letter needs, far less than a stuck loop.
const FUEL: u64 = 100_000;

/// Octets that one part may grow to.
const LARGEST: usize = 1_000_000;

/// The three texts of a mail, ready for [`crate::Message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: HeaderText,
    /// The HTML part, in ASCII.
    pub html: String,
    /// The plain text part.
    pub text: String,
}

/// What stands under a letter.
#[derive(Clone, Copy, Debug)]
pub struct Furniture<'a> {
    /// Why the reader gets it, from [`crate::reason_line`]; plain text.
    pub reason: &'a str,
    /// The leave page of this reader.
    pub leave_url: &'a str,
    /// The choices page of this reader.
    pub choices_url: &'a str,
    /// The legal person that sends.
    pub sender: &'a str,
    /// Its postal address, in one line.
    pub postal_address: &'a str,
    /// The reader's language: that of the labels here.
    pub locale: Locale,
}

/// A letter that cannot be made for this person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The letter prints a field that the person does not have.
    #[error(transparent)]
    Missing(#[from] MissingField),
    /// Anything else that the template engine refuses.
    #[error("the letter cannot be made for this person: {reason}")]
    Template {
        /// What it said.
        reason: String,
    },
    /// A part grew beyond 1 MB.
    #[error("the letter grows beyond 1 MB for this person. Look for a loop or a field that is far too long")]
    TooLarge,
}

/// A field that a letter prints and a person lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the letter prints person.{field}, which this person does not have: {}", self.remedy())]
pub struct MissingField {
    /// Its name without `person.`.
    pub field: String,
}

impl MissingField {
    /// What the author can write instead.
    #[must_use]
    pub fn remedy(&self) -> String {
        format!("write {{{{ person.{} | default('friend') }}}}", self.field)
    }
}

/// A letter ready to be rendered for one person after the other, from any thread.
#[derive(Debug)]
pub struct Compiled {
    engine: Environment<'static>,
    /// Parts without code, which need no engine.
    fixed: [Option<String>; 4],
    fields: BTreeSet<String>,
    depends_on_values: bool,
    frame: Frame,
    locale: Locale,
    /// The labels of the links under the letter, for readers of each language.
    change: [String; 6],
    leave: [String; 6],
}

const NAMES: [&str; 4] = ["subject", "preview", "body.html", "body.txt"];
const SUBJECT: usize = 0;
const PREVIEW: usize = 1;
const HTML: usize = 2;
const TEXT: usize = 3;

impl Compiled {
    /// Makes a letter ready. `locale` is the language that the letter is written in.
    ///
    /// # Errors
    /// Template code that does not work, names other than `person`, links that lead nowhere, pictures that would tell
    /// a third party who opened the mail, markup that mail programs drop.
    pub fn new(letter: &Letter, brand: &Brand, words: &Words, locale: Locale) -> Result<Self, LetterError> {
        let Body { html, text, holes } = body::make(letter, brand)?;
        let preview = letter.preview.clone().unwrap_or_default();
        let parts = [letter.subject.clone(), preview, html, text];
        let depends_on_values = !parts.iter().all(|part| only_prints_fields(part));
        let mut engine = engine();
        let mut fixed = [const { None }; 4];
        let mut fields = BTreeSet::new();
        for ((name, part), fixed) in NAMES.into_iter().zip(parts).zip(&mut fixed) {
            if !["{{", "{%", "{#"].iter().any(|open| part.contains(open)) {
                *fixed = Some(part);
                continue;
            }
            let source = part.clone();
            let line = |e: &minijinja::Error| match name {
                "subject" | "preview" => letter.subject_line,
                _ => line_of(letter, &holes, &source, e),
            };
            engine.add_template_owned(name, part).map_err(|e| template_error(line(&e), &e))?;
            let template = engine.get_template(name).map_err(|e| template_error(line(&e), &e))?;
            for path in template.undeclared_variables(true) {
                fields.extend(field_of(&path, letter, &holes)?);
            }
            template.render(Root::anybody()).map_err(|e| template_error(line(&e), &e))?;
        }
        let label = |key: &str| Locale::ALL.map(|l| words.say(l, key, &[]));
        let (change, leave) = (label("footer-change"), label("footer-leave"));
        Ok(Self { engine, fixed, fields, depends_on_values, frame: Frame::new(brand, locale), locale, change, leave })
    }

    /// The fields of a person that the letter uses, without `person.`; also those with a default or inside a
    /// condition. The languages of a plan need no others.
    #[must_use]
    pub fn fields(&self) -> &BTreeSet<String> {
        &self.fields
    }

    /// Whether what a person's fields hold may decide if the letter can be made, not only which there are: it has
    /// conditions, loops or calculations.
    #[must_use]
    pub fn depends_on_values(&self) -> bool {
        self.depends_on_values
    }

    /// Whether the letter can be made for this person.
    ///
    /// # Errors
    /// As [`Compiled::render`].
    pub fn check(&self, person: &PersonView) -> Result<(), RenderError> {
        let mut session = Session::new(self, person);
        NAMES.iter().enumerate().try_for_each(|(i, _)| session.part(i).map(drop))
    }

    /// The letter for this person.
    ///
    /// # Errors
    /// A field that is printed and missing; a template that loops too long or grows too large.
    pub fn render(&self, person: &PersonView, under: &Furniture<'_>) -> Result<Rendered, RenderError> {
        let mut session = Session::new(self, person);
        let subject = HeaderText::owned(session.part(SUBJECT)?.into_owned());
        let preview = session.part(PREVIEW)?;
        let body = ascii(session.part(HTML)?);
        let mut text = session.part(TEXT)?.into_owned();
        text.truncate(text.trim_end().len());
        let links = [
            (self.change[at(under.locale)].as_str(), under.choices_url),
            (self.leave[at(under.locale)].as_str(), under.leave_url),
        ];
        let footer = Footer {
            lang: (under.locale != self.locale).then_some(under.locale),
            line: under.reason,
            links: &links,
            sender: under.sender,
            address: under.postal_address,
            notices: &[],
        };
        let html = self.frame.html(subject.as_str(), &preview, &body, &footer);
        footer.text(&mut text);
        Ok(Rendered { subject, html, text })
    }
}

/// One person's turn: the context is made once for all parts, and not at all for a letter without code.
struct Session<'a> {
    of: &'a Compiled,
    person: &'a PersonView,
    context: Option<(Value, Arc<Missed>)>,
}

impl<'a> Session<'a> {
    fn new(of: &'a Compiled, person: &'a PersonView) -> Self {
        Self { of, person, context: None }
    }

    fn part(&mut self, i: usize) -> Result<std::borrow::Cow<'a, str>, RenderError> {
        if let Some(fixed) = &self.of.fixed[i] {
            return Ok(fixed.as_str().into());
        }
        let (root, missed) = self.context.get_or_insert_with(|| {
            let missed = Arc::default();
            (Root::of(&Arc::new(self.person.clone()), &missed), missed)
        });
        let done = self.of.engine.get_template(NAMES[i]).and_then(|t| t.render(root.clone()));
        match done {
            Ok(text) if text.len() > LARGEST => Err(RenderError::TooLarge),
            Ok(text) => Ok(text.into()),
            Err(e) => Err(match missed.take().filter(|_| e.kind() == ErrorKind::UndefinedError) {
                Some(field) => MissingField { field }.into(),
                None => RenderError::Template { reason: plain(&e) },
            }),
        }
    }
}

/// Templates of a letter: strict, bounded, and without a single function.
fn engine() -> Environment<'static> {
    let mut engine = Environment::new();
    let globals: Vec<String> = engine.globals().map(|(name, _)| name.to_owned()).collect();
    for name in globals {
        engine.remove_global(&name);
    }
    // A missing field may be asked about (`if person.city`), but neither printed nor passed on.
    engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    engine.set_fuel(Some(FUEL));
    engine.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    engine
}

fn field_of(path: &str, letter: &Letter, holes: &crate::holes::Holes) -> Result<Option<String>, LetterError> {
    let (root, rest) = path.split_once('.').unwrap_or((path, ""));
    if root == "person" {
        return Ok(rest.split('.').next().filter(|f| !f.is_empty()).map(str::to_owned));
    }
    let line = holes.codes().find(|(_, code)| code.contains(root)).map_or(letter.subject_line, |(line, _)| line);
    Err(LetterError::UnknownName { line, name: root.to_owned() })
}

/// The engine counts the lines of the part; the author wants those of the file. The code's order is the same in both.
fn line_of(letter: &Letter, holes: &crate::holes::Holes, source: &str, e: &minijinja::Error) -> usize {
    let end: usize = source.split_inclusive('\n').take(e.line().unwrap_or(1)).map(str::len).sum();
    let before = holes.codes().filter(|(_, code)| source.find(code).is_some_and(|i| i < end));
    before.last().map_or(letter.body_line, |(line, _)| line)
}

fn template_error(line: usize, e: &minijinja::Error) -> LetterError {
    LetterError::Template { line, reason: plain(e) }
}

/// What the engine says, without the name and line of a template that nobody wrote.
fn plain(e: &minijinja::Error) -> String {
    match e.kind() {
        ErrorKind::OutOfFuel => "the template runs too long. Look for a loop within a loop".to_owned(),
        kind => e.detail().map_or_else(|| kind.to_string(), |d| format!("{kind}: {d}")),
    }
}
