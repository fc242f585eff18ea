//! From a context to HTML: one environment of templates, six languages, and the headers that every page is sent with.
//!
//! What a template writes is escaped, cleaned of control and direction-changing characters, and undefined values are
//! errors. Words come from `locales/web/` by `t("key", name=value)`: the sentence is escaped as a whole and values that
//! are HTML already (a link, an address in bold) are put in afterwards.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Kwargs, Object, Serde, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, context};
use serde::Serialize;
use volens_core::{Locale, Micros};
use volens_mail::{Arg, Words, WordsError, Zone, words};

use crate::pages::Page;
use crate::theme::Look;

/// Words of the pages, for [`Words::new`].
pub const WORDS: [(Locale, &str); 6] = [
    (Locale::En, include_str!("../../../locales/web/en.ftl")),
    (Locale::Es, include_str!("../../../locales/web/es.ftl")),
    (Locale::It, include_str!("../../../locales/web/it.ftl")),
    (Locale::Pt, include_str!("../../../locales/web/pt.ftl")),
    (Locale::Fr, include_str!("../../../locales/web/fr.ftl")),
    (Locale::De, include_str!("../../../locales/web/de.ftl")),
];

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        const TEMPLATES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../themes/pages/", $name)))),*];
    };
}

templates![
    "frame.html",
    "icons.html",
    "choices.html",
    "confirm.html",
    "leave.html",
    "left.html",
    "message.html",
    "not_me.html",
    "notice.html",
    "signup.html",
    "thanks.html",
    "trouble.html",
    "way_back.html",
    "welcome.html",
];

/// What a page may load and where it may post: nothing but our own style sheet, pictures and forms.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                                           base-uri 'none'; frame-ancestors 'none'";

/// The headers of a page, by [`Page::INDEXABLE`].
#[must_use]
pub fn headers(indexable: bool) -> &'static [(&'static str, &'static str)] {
    const ALL: [(&str, &str); 6] = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex, nofollow"),
    ];
    if indexable { &ALL[..5] } else { &ALL }
}

/// The headers of an [`crate::theme::Asset`], besides its content type: its path changes with its bytes.
/// An SVG opened by itself must not run anything either.
pub const ASSET_HEADERS: [(&str, &str); 4] = [
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "public, max-age=31536000, immutable"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Who writes to people: the customer's name leads, ours is one grey line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brand {
    /// The name that readers know ("Nordic Bakery").
    pub name: String,
    /// The legal person ("Nordic Bakery S.r.l.").
    pub legal_name: String,
    /// Its postal address on one line.
    pub postal_address: String,
    /// Where people can write to.
    pub contact: String,
    /// Path of the sign-up form behind the name; `None` leaves the name plain.
    pub home: Option<String>,
    /// Path of the privacy notice in the footer; `None` leaves it out.
    pub notice: Option<String>,
}

impl Brand {
    /// The demo's workspace, for samples and the gallery.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            name: "Nordic Bakery".into(),
            legal_name: "Nordic Bakery S.r.l.".into(),
            postal_address: "Via del Forno 12, 10122 Torino, Italy".into(),
            contact: "hello@nordicbakery.example".into(),
            home: Some("/f/letters".into()),
            notice: Some("/privacy".into()),
        }
    }
}

/// What stands around every page.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The reader's language.
    pub locale: Locale,
    /// Who writes.
    pub brand: &'a Brand,
    /// The workspace's style sheet, icon and mark.
    pub look: &'a Look,
    /// The path that language links add `?lang=` to. `None` leaves them out: give none where following one would lose
    /// what was typed, or would show another page (answers to a POST).
    pub here: Option<&'a str>,
    /// The present, for "today at".
    pub now: Micros,
    /// The workspace's time zone by its IANA name; an unknown one is read as UTC.
    pub zone: &'a str,
}

/// A page that could not be drawn: always a mistake in this crate, or in a template of the operator.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The words cannot be used.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// A template is wrong, or asks for a word or value that is not there.
    #[error("the page {template} could not be drawn: {source:#}. Mend themes/pages/{template} or its words")]
    Template {
        /// Which one.
        template: &'static str,
        /// What the engine says.
        source: Error,
    },
}

/// All pages in all languages. One per process, shared.
#[derive(Debug)]
pub struct Pages {
    environment: Environment<'static>,
    words: Arc<Words>,
    say: [Value; 6],
    languages: [Value; 6],
}

impl Pages {
    /// Reads the templates and words that come with the binary.
    ///
    /// # Errors
    /// A template or a file of words that cannot be read.
    pub fn new() -> Result<Self, RenderError> {
        let words = Arc::new(Words::new(&WORDS)?);
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let lines = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(lines.map_err(|source| RenderError::Template { template: "frame.html", source })?);
        environment.set_fuel(Some(200_000));
        environment.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if !value.is_safe() && harmless(text) => Ok(out.write_str(text)?),
            Some(text) if !value.is_safe() => Ok(out.write_str(&escape(&clean(text)))?),
            _ if value.is_none() => Err(Error::new(ErrorKind::UndefinedError, "nothing to write here")),
            _ => minijinja::escape_formatter(out, state, value),
        });
        environment.add_filter("cut", |text: &str, most: usize| text.chars().take(most).collect::<String>());
        environment.add_filter("short", |text: &str, most: usize| short(text, most));
        for (template, source) in TEMPLATES {
            environment.add_template(template, source).map_err(|source| RenderError::Template { template, source })?;
        }
        let say = Locale::ALL.map(|locale| say(&words, locale));
        Ok(Self { environment, words, say, languages: Locale::ALL.map(languages) })
    }

    /// The page as HTML. Should it fail, the failure goes to the log and the reader gets a plain page that says so.
    #[must_use]
    pub fn render<P: Page>(&self, page: &P, frame: &Frame<'_>) -> String {
        self.try_render(page, frame).unwrap_or_else(|error| {
            tracing::error!(%error, "a page could not be drawn");
            plain(frame)
        })
    }

    /// The page as HTML.
    ///
    /// # Errors
    /// A word or a value that a template asks for and does not get.
    pub fn try_render<P: Page>(&self, page: &P, frame: &Frame<'_>) -> Result<String, RenderError> {
        let wrong = |source| RenderError::Template { template: P::TEMPLATE, source };
        let template = self.environment.get_template(P::TEMPLATE).map_err(wrong)?;
        let reading = Reading {
            words: Arc::clone(&self.words),
            locale: frame.locale,
            zone_name: frame.zone.to_owned(),
            zone: OnceLock::new(),
            now: frame.now,
        };
        let context = context! {
            p => Value::from(Serde(page)),
            t => self.say[frame.locale as usize].clone(),
            fmt => Value::from_object(reading),
            lang => frame.locale.tag(),
            languages => self.languages[frame.locale as usize].clone(),
            here => frame.here,
            brand => Value::from(Serde(frame.brand)),
            css => frame.look.css.path.as_str(),
            icon_path => frame.look.icon.path.as_str(),
            mark => frame.look.mark.as_ref().map(|m| m.path.as_str()),
        };
        template.render(context).map_err(wrong)
    }
}

/// What stands in a page that is drawn once, where the `i`-th of the values goes that differ: see [`Stencil`].
#[must_use]
pub fn mark(i: usize) -> String {
    char::from_u32(MARKS + u32::try_from(i).unwrap_or(0xFF).min(0xFF)).unwrap_or_default().to_string()
}

/// The first of 256 characters for private use that no text of ours has.
const MARKS: u32 = 0x10_FE00;

/// A page that was drawn once with marks in the place of what differs from one reader to the next.
#[derive(Debug)]
pub struct Stencil {
    /// What stands before each hole, and which value goes there.
    holes: Vec<(String, usize)>,
    rest: String,
}

impl Stencil {
    /// Cuts a drawn page at its marks.
    #[must_use]
    pub fn cut(page: &str) -> Self {
        let (mut holes, mut before) = (Vec::new(), String::new());
        for c in page.chars() {
            match u32::from(c).checked_sub(MARKS) {
                Some(i @ 0..=0xFF) => holes.push((std::mem::take(&mut before), i as usize)),
                _ => before.push(c),
            }
        }
        Self { holes, rest: before }
    }

    /// The page with these values, escaped as a template would.
    #[must_use]
    pub fn fill(&self, values: &[String]) -> String {
        let room =
            self.holes.iter().map(|(before, i)| before.len() + values.get(*i).map_or(0, String::len)).sum::<usize>();
        let mut out = String::with_capacity(room + self.rest.len() + 64);
        for (before, i) in &self.holes {
            out.push_str(before);
            match values.get(*i) {
                Some(value) if harmless(value) => out.push_str(value),
                Some(value) => out.push_str(&escape(&clean(value))),
                None => {}
            }
        }
        out + &self.rest
    }
}

/// The languages that a page is offered in, seen from one of them.
fn languages(from: Locale) -> Value {
    let one = |l: Locale| context! { tag => l.tag(), name => l.name(), here => l == from };
    Locale::ALL.map(one).into_iter().collect()
}

/// `t("key", name=value)` in one language: the sentence `web-key`, escaped, with its values in it.
fn say(words: &Arc<Words>, locale: Locale) -> Value {
    let plain = words.function(locale);
    // Most sentences have no values: they are put together once.
    let fixed = RwLock::new(HashMap::<String, Value>::new());
    Value::from_function(move |key: &str, values: Kwargs| -> Result<Value, Error> {
        let known = |key| fixed.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some(said) = known(key) {
            return Ok(said);
        }
        let mut held = Vec::new();
        let mut passed = Vec::new();
        for name in values.args() {
            let value: Value = values.get(name)?;
            let value = match value.kind() {
                ValueKind::Number => value,
                ValueKind::Undefined | ValueKind::None => {
                    return Err(Error::new(ErrorKind::UndefinedError, format!("t({key:?}): {name} has no value")));
                }
                _ => {
                    held.push(html_of(&value));
                    Value::from(place(held.len() - 1).to_string())
                }
            };
            passed.push((name, value));
        }
        let alone = passed.is_empty();
        let said = plain(&format!("web-{key}"), passed.into_iter().collect())?;
        let mut out = String::with_capacity(said.len() + 64);
        for c in said.chars() {
            match (0..held.len()).find(|i| place(*i) == c) {
                Some(i) => out.push_str(&held[i]),
                None => push_escaped(&mut out, c),
            }
        }
        let said = Value::from_safe_string(out);
        if alone {
            fixed.write().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), said.clone());
        }
        Ok(said)
    })
}

/// A character of the private use area that stands for a value until the sentence around it is escaped.
fn place(i: usize) -> char {
    char::from_u32(0xE000 + u32::try_from(i).unwrap_or(0xFF)).unwrap_or('\u{E0FF}')
}

fn html_of(value: &Value) -> String {
    let text = value.to_string();
    if value.is_safe() { text } else { escape(&clean(&text)) }
}

/// Whether neither [`clean`] nor [`escape`] would change the text.
fn harmless(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'&' | b'<' | b'>' | b'"' | b'\''))
}

/// The text for element content and quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_escaped(&mut out, c));
    out
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        c => out.push(c),
    }
}

/// The text without control characters and without marks that turn the direction of what follows (CVE-2021-42574).
fn clean(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !turns(*c) && (!c.is_control() || matches!(c, '\n' | '\t'))).collect()
}

/// At most `most` characters, with an ellipsis where some are left out.
pub(crate) fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Times, counts and lists as the reader's language and the workspace's zone have them: `fmt.date(p.at)`.
#[derive(Debug)]
struct Reading {
    words: Arc<Words>,
    locale: Locale,
    zone_name: String,
    /// Looked up when the first time is written: most pages have none.
    zone: OnceLock<Zone>,
    now: Micros,
}

impl Reading {
    fn zone(&self) -> &Zone {
        self.zone.get_or_init(|| Zone::named(&self.zone_name).unwrap_or_else(|_| Zone::utc()))
    }

    fn say(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.words.say(self.locale, key, args)
    }

    /// "today at 10:43", "on 12 November 2026 at 10:43".
    fn moment(&self, at: Micros) -> String {
        let time = words::clock_minute(at, self.zone());
        let date = self.words.date(self.locale, at, self.zone());
        if date == self.words.date(self.locale, self.now, self.zone()) {
            self.say("web-today-at", &[("time", Arg::from(&time))])
        } else {
            self.say("web-date-at", &[("date", Arg::from(&date)), ("time", Arg::from(&time))])
        }
    }

    /// "10:43:07 CET": the second at which something took effect. The date stands before it when it is not today's.
    fn second(&self, at: Micros) -> String {
        let time = words::clock_time(at, self.zone());
        let offset = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
        let tz = jiff::tz::TimeZone::get(&self.zone_name).unwrap_or(jiff::tz::TimeZone::UTC);
        let zone = tz.to_offset_info(offset).abbreviation().to_owned();
        let zone = if zone.starts_with(['+', '-']) { format!("UTC{zone}") } else { zone };
        let date = self.words.date(self.locale, at, self.zone());
        let args = [("date", Arg::from(&date)), ("time", Arg::from(&time)), ("zone", Arg::from(&zone))];
        if date == self.words.date(self.locale, self.now, self.zone()) {
            self.say("web-second-today", &args[1..])
        } else {
            self.say("web-second", &args)
        }
    }

    /// "the Bread letter, Offers and Courses".
    fn list(&self, names: &[String]) -> String {
        let names: Vec<String> = names.iter().map(|n| within(self.locale, &short(n, 200))).collect();
        match names.split_last() {
            None => String::new(),
            Some((only, [])) => only.clone(),
            Some((last, front)) => {
                let front = front.join(", ");
                self.say("web-and", &[("front", Arg::from(&front)), ("last", Arg::from(last))])
            }
        }
    }
}

impl Object for Reading {
    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let wrong = |detail: String| Error::new(ErrorKind::UnknownMethod, detail);
        let [value] = args else { return Err(wrong(format!("fmt.{method} takes one value"))) };
        let number = || i64::try_from(value.clone()).map_err(|_| wrong(format!("fmt.{method}: {value} is no number")));
        let text = match method {
            "date" => self.words.date(self.locale, Micros(number()?), self.zone()),
            "moment" => self.moment(Micros(number()?)),
            "second" => self.second(Micros(number()?)),
            "within" => within(self.locale, &short(value.as_str().unwrap_or_default(), 200)),
            "list" => self.list(&value.try_iter()?.map(|v| v.to_string()).collect::<Vec<_>>()),
            _ => return Err(wrong(format!("there is no fmt.{method}"))),
        };
        Ok(Value::from(text))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

/// A purpose's name as it stands inside a sentence: its article, if it begins with one, loses the capital.
/// German keeps it and puts the name in quotation marks, since its articles would change with the case.
fn within(locale: Locale, name: &str) -> String {
    let articles: &[&str] = match locale {
        Locale::En => &["The ", "Our "],
        Locale::Es => &["El ", "La ", "Los ", "Las "],
        Locale::It => &["Il ", "Lo ", "La ", "I ", "Gli ", "Le ", "L’", "L'"],
        Locale::Pt => &["O ", "A ", "Os ", "As "],
        Locale::Fr => &["Le ", "La ", "Les ", "L’", "L'"],
        Locale::De => return format!("„{name}“"),
    };
    match articles.iter().find(|a| name.starts_with(**a)) {
        Some(article) => format!("{}{}", article.to_lowercase(), &name[article.len()..]),
        None => name.to_owned(),
    }
}

/// What is left when a template fails: no words file, no style, one sentence.
fn plain(frame: &Frame<'_>) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Something broke on our side</title>\
         <h1>Something broke on our side</h1><p>This page could not be drawn. What you did before it still counts. \
         Please try again, or write to {}.</p>",
        escape(&frame.brand.contact)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_lose_their_capital_inside_a_sentence() {
        assert_eq!(within(Locale::En, "The Bread letter"), "the Bread letter");
        assert_eq!(within(Locale::En, "Theatre"), "Theatre");
        assert_eq!(within(Locale::Fr, "L’offre du mois"), "l’offre du mois");
        assert_eq!(within(Locale::De, "Der Brotbrief"), "„Der Brotbrief“");
    }

    #[test]
    fn marks_that_turn_text_round_are_dropped() {
        assert_eq!(clean("a\u{202E}gnp\u{0}\u{7}.exe\u{2066}\n"), "agnp.exe\n");
        assert_eq!(short("äöü", 2), "äö…");
        assert_eq!(short("äöü", 3), "äöü");
    }

    #[test]
    fn sentences_are_escaped_and_values_of_html_are_not() {
        let words = Arc::new(Words::new(&[(Locale::En, "web-x = <i> { $a } & { $b } { $n }\n")]).unwrap());
        let mut env = Environment::new();
        env.add_global("t", say(&words, Locale::En));
        let out = env.render_named_str("x.html", "{{ t('x', a='<b>'|safe, b='<\u{E000}>', n=3) }}", ()).unwrap();
        assert_eq!(out, "&lt;i&gt; <b> &amp; &lt;\u{E000}&gt; 3");
        assert!(env.render_named_str("x.html", "{{ t('x', a='', b='') }}", ()).is_err());
        assert!(env.render_named_str("x.html", "{{ t('y') }}", ()).is_err());
    }
}
