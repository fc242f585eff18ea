//! What Volens says to readers, in six languages: Fluent messages, with the dates and times in them.
//!
//! The words of the mails and of dates come with the crate (`locales/mail/`); pages add their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use minijinja::value::{Kwargs, ValueKind};
use volens_core::{Locale, Micros};

use crate::zone::Zone;

/// The files that come with this crate.
const OWN: [(Locale, &str); 6] = [
    (Locale::En, include_str!("../../../locales/mail/en.ftl")),
    (Locale::Es, include_str!("../../../locales/mail/es.ftl")),
    (Locale::It, include_str!("../../../locales/mail/it.ftl")),
    (Locale::Pt, include_str!("../../../locales/mail/pt.ftl")),
    (Locale::Fr, include_str!("../../../locales/mail/fr.ftl")),
    (Locale::De, include_str!("../../../locales/mail/de.ftl")),
];

/// A file of words that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// The file is not Fluent.
    #[error("the {locale} words cannot be read: {reason}. Mend the .ftl file: https://projectfluent.org/fluent/guide/")]
    Syntax {
        /// Whose file.
        locale: Locale,
        /// What the parser said.
        reason: String,
    },
    /// Two messages of one name, or a tag that Fluent does not know.
    #[error("the {locale} words clash: {reason}. Give one of the two messages another name")]
    Clash {
        /// Whose file.
        locale: Locale,
        /// What the bundle said.
        reason: String,
    },
}

/// A value inside a sentence.
#[derive(Clone, Debug)]
pub enum Arg<'a> {
    /// Words, put in as they are.
    Text(&'a str),
    /// A whole number: it chooses the plural form.
    Number(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(s: &'a str) -> Self {
        Self::Text(s)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(s: &'a String) -> Self {
        Self::Text(s)
    }
}

impl From<i64> for Arg<'_> {
    fn from(n: i64) -> Self {
        Self::Number(n)
    }
}

/// All words of all languages. One per process, shared.
pub struct Words {
    bundles: [FluentBundle<FluentResource>; 6],
    /// Each message's name with the variables that it uses.
    keys: [BTreeMap<String, BTreeSet<String>>; 6],
    months: [[String; 12]; 6],
    weekdays: [[String; 7]; 6],
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("messages", &self.keys[0].len()).finish_non_exhaustive()
    }
}

impl Words {
    /// The crate's own words and `more`, any number of files a language.
    ///
    /// # Errors
    /// A file that is not Fluent, or two messages of one name.
    pub fn new(more: &[(Locale, &'static str)]) -> Result<Self, WordsError> {
        let mut bundles = Vec::with_capacity(6);
        let mut keys = Vec::with_capacity(6);
        for locale in Locale::ALL {
            let sources: Vec<&str> =
                OWN.iter().chain(more).filter(|(of, _)| *of == locale).map(|(_, source)| *source).collect();
            bundles.push(bundle(locale, &sources)?);
            keys.push(sources.iter().flat_map(|s| messages(s)).collect());
        }
        let full = |_| WordsError::Clash { locale: Locale::En, reason: "there are six languages".to_owned() };
        let mut words = Self {
            bundles: bundles.try_into().map_err(|_| full(()))?,
            keys: <[_; 6]>::try_from(keys).map_err(|_| full(()))?,
            months: Default::default(),
            weekdays: Default::default(),
        };
        for locale in Locale::ALL {
            words.months[at(locale)] = std::array::from_fn(|i| words.say(locale, &format!("month-{}", i + 1), &[]));
            words.weekdays[at(locale)] = std::array::from_fn(|i| words.say(locale, &format!("weekday-{}", i + 1), &[]));
        }
        Ok(words)
    }

    /// The message `key` in `locale`; in English when the language lacks it; the key itself when nobody has it.
    #[must_use]
    pub fn say(&self, locale: Locale, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        let args = args
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Arg::Text(s) => FluentValue::from(*s),
                    Arg::Number(n) => FluentValue::from(*n),
                };
                (*name, value)
            })
            .collect();
        self.format(locale, key, &args).unwrap_or_else(|_| key.to_owned())
    }

    /// Whether any language has a message of this name.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys[at(Locale::En)].contains_key(key)
    }

    /// The template function `t("key", name=value)` for one language. A key or variable that is missing is an error,
    /// so that a test which renders each page finds it. The result is plain text: HTML templates escape it.
    pub fn function(
        self: &Arc<Self>,
        locale: Locale,
    ) -> impl Fn(&str, Kwargs) -> Result<String, minijinja::Error> + Send + Sync + 'static {
        let words = Arc::clone(self);
        move |key, kwargs| {
            let mut args = FluentArgs::new();
            for name in kwargs.args() {
                let value: minijinja::Value = kwargs.get(name)?;
                match (value.kind(), i64::try_from(value.clone())) {
                    (ValueKind::Number, Ok(n)) => args.set(name, n),
                    (ValueKind::Undefined, _) => {
                        return Err(template_error(format!("t({key:?}): the value of {name} is undefined")));
                    }
                    _ => args.set(name, value.to_string()),
                }
            }
            words.format(locale, key, &args).map_err(|e| template_error(format!("t({key:?}): {e}")))
        }
    }

    fn format(&self, locale: Locale, key: &str, args: &FluentArgs<'_>) -> Result<String, String> {
        let found = [locale, Locale::En].into_iter().find_map(|l| {
            let bundle = &self.bundles[at(l)];
            Some((bundle, bundle.get_message(key)?.value()?))
        });
        let Some((bundle, pattern)) = found else { return Err("no language has this message".to_owned()) };
        let mut errors: Vec<FluentError> = Vec::new();
        let said = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        match errors.first() {
            None => Ok(said),
            Some(e) => Err(format!("{e}")),
        }
    }

    /// Messages that one language has and another lacks: (who lacks it, its name). Empty in a release.
    #[must_use]
    pub fn missing(&self) -> Vec<(Locale, String)> {
        let all: BTreeSet<&String> = self.keys.iter().flat_map(BTreeMap::keys).collect();
        Locale::ALL
            .into_iter()
            .flat_map(|l| {
                all.iter().filter(move |k| !self.keys[at(l)].contains_key(**k)).map(move |k| (l, (*k).clone()))
            })
            .collect()
    }

    /// Messages whose variables are not those of the English one: (where, its name). Empty in a release.
    #[must_use]
    pub fn uneven(&self) -> Vec<(Locale, String)> {
        let english = &self.keys[at(Locale::En)];
        Locale::ALL
            .into_iter()
            .flat_map(|l| {
                let differs =
                    move |(k, vars): &(&String, &BTreeSet<String>)| english.get(*k).is_some_and(|e| e != *vars);
                self.keys[at(l)].iter().filter(differs).map(move |(k, _)| (l, k.clone()))
            })
            .collect()
    }

    /// A date as one writes it in a letter: `3 May 2026`, `3. Mai 2026`, `3 de mayo de 2026`.
    #[must_use]
    pub fn date(&self, locale: Locale, when: Micros, zone: &Zone) -> String {
        let day = zone.civil(when).date();
        self.date_of(locale, day, "date")
    }

    /// A date with its weekday: `Thursday 26 November 2026`.
    #[must_use]
    pub fn weekday_date(&self, locale: Locale, when: Micros, zone: &Zone) -> String {
        let day = zone.civil(when).date();
        self.date_of(locale, day, "date-weekday")
    }

    /// A date as it stands in a sentence that tells when: `on 3 May 2026`, `il 3 maggio 2026`, `l’8 maggio 2026`.
    #[must_use]
    pub fn on_date(&self, locale: Locale, when: Micros, zone: &Zone) -> String {
        let date = self.date(locale, when, zone);
        let day = i64::from(zone.civil(when).date().day());
        self.say(locale, "on-date", &[("date", Arg::from(&date)), ("day", Arg::Number(day))])
    }

    /// The same with the time: `on 3 May 2026 at 10:42`.
    #[must_use]
    pub fn on_date_at(&self, locale: Locale, when: Micros, zone: &Zone) -> String {
        let on = self.on_date(locale, when, zone);
        let time = clock_minute(when, zone);
        self.say(locale, "at-time", &[("on", Arg::from(&on)), ("time", Arg::from(&time))])
    }

    fn date_of(&self, locale: Locale, day: jiff::civil::Date, key: &str) -> String {
        let month = &self.months[at(locale)][usize::from(day.month().unsigned_abs()) - 1];
        let weekday = &self.weekdays[at(locale)][usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())];
        let args = [
            ("weekday", Arg::from(weekday)),
            ("day", Arg::Number(i64::from(day.day()))),
            ("month", Arg::from(month)),
            ("year", Arg::Number(i64::from(day.year()))),
        ];
        self.say(locale, key, &args)
    }
}

/// The time of day with its second, the same in all six languages: `10:43:07`.
#[must_use]
pub fn clock_time(when: Micros, zone: &Zone) -> String {
    let t = zone.civil(when).time();
    format!("{}:{:02}:{:02}", t.hour(), t.minute(), t.second())
}

/// The time of day without its second: `10:43`.
#[must_use]
pub fn clock_minute(when: Micros, zone: &Zone) -> String {
    let t = zone.civil(when).time();
    format!("{}:{:02}", t.hour(), t.minute())
}

/// The place of a language in the arrays.
pub(crate) fn at(locale: Locale) -> usize {
    locale as usize
}

fn template_error(detail: String) -> minijinja::Error {
    minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, detail)
}

fn bundle(locale: Locale, sources: &[&str]) -> Result<FluentBundle<FluentResource>, WordsError> {
    let syntax = |reason: String| WordsError::Syntax { locale, reason };
    let tag = locale.tag().parse().map_err(|e| syntax(format!("{e:?}")))?;
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Fluent would wrap each value in U+2068 and U+2069, which subjects and plain text must not hold.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned()).map_err(|(_, errors)| {
            let whys: Vec<String> =
                errors.iter().map(|e| format!("line {}: {e}", line_of(source, e.pos.start))).collect();
            syntax(whys.join("; "))
        })?;
        bundle.add_resource(resource).map_err(|errors| {
            let whys: Vec<String> = errors.iter().map(ToString::to_string).collect();
            WordsError::Clash { locale, reason: whys.join("; ") }
        })?;
    }
    Ok(bundle)
}

fn line_of(source: &str, offset: usize) -> usize {
    source.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

/// The names of a file's messages, each with the variables in it: what the parity tests compare.
fn messages(source: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut out: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in source.lines() {
        if line.starts_with('#') {
            continue;
        }
        let opens = line.starts_with(|c: char| c.is_ascii_alphabetic());
        if let (true, Some((name, _))) = (opens, line.split_once('=')) {
            out.push((name.trim().to_owned(), BTreeSet::new()));
        }
        if let Some((_, vars)) = out.last_mut() {
            let names = line.split('$').skip(1).map(|s| {
                s.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
            });
            vars.extend(names);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAY: Micros = Micros(1_777_798_987_000_000);

    fn rome() -> Zone {
        Zone::named("Europe/Rome").unwrap()
    }

    #[test]
    fn every_language_has_every_message_with_the_same_variables() {
        let words = Words::new(&[]).unwrap();
        assert_eq!(words.missing(), []);
        assert_eq!(words.uneven(), []);
    }

    #[test]
    fn a_missing_message_is_english_and_is_reported() {
        let words = Words::new(&[(Locale::En, "only-here = Hello { $name }\n"), (Locale::De, "odd = x\n")]).unwrap();
        assert_eq!(words.say(Locale::De, "only-here", &[("name", "Ada".into())]), "Hello Ada");
        assert!(words.missing().contains(&(Locale::De, "only-here".to_owned())));
        assert!(words.missing().contains(&(Locale::En, "odd".to_owned())));
        assert_eq!(words.say(Locale::De, "nowhere", &[]), "nowhere");
    }

    #[test]
    fn different_variables_are_reported() {
        let words = Words::new(&[(Locale::En, "k = { $a }\n"), (Locale::Fr, "k = { $b }\n")]).unwrap();
        assert_eq!(words.uneven(), [(Locale::Fr, "k".to_owned())]);
    }

    #[test]
    fn broken_files_say_where() {
        let e = Words::new(&[(Locale::It, "ok = yes\nbad = { $\n")]).unwrap_err().to_string();
        assert!(e.contains("the it words") && e.contains("line 2"), "{e}");
        let e = Words::new(&[(Locale::It, "month-1 = gennaio\n")]).unwrap_err().to_string();
        assert!(e.contains("month-1"), "{e}");
    }

    #[test]
    fn dates_as_people_write_them() {
        let words = Words::new(&[]).unwrap();
        let all: Vec<String> = Locale::ALL.into_iter().map(|l| words.date(l, MAY, &rome())).collect();
        let expected =
            ["3 May 2026", "3 de mayo de 2026", "3 maggio 2026", "3 de maio de 2026", "3 mai 2026", "3. Mai 2026"];
        assert_eq!(all, expected);
        assert_eq!(words.date(Locale::Fr, Micros(MAY.0 - 2 * 86_400_000_000), &rome()), "1er mai 2026");
        assert_eq!(words.weekday_date(Locale::De, MAY, &rome()), "Sonntag, 3. Mai 2026");
        assert_eq!(words.on_date_at(Locale::De, MAY, &rome()), "am 3. Mai 2026 um 11:03 Uhr");
        let eighth = Micros(MAY.0 + 5 * 86_400_000_000);
        assert_eq!(words.on_date(Locale::It, eighth, &rome()), "l’8 maggio 2026");
        assert_eq!(clock_time(MAY, &rome()), "11:03:07");
        assert_eq!(clock_minute(MAY, &rome()), "11:03");
    }

    #[test]
    fn no_invisible_marks_and_no_markup_surprises() {
        let words = Words::new(&[(Locale::En, "k = <{ $a }>\n")]).unwrap();
        assert_eq!(words.say(Locale::En, "k", &[("a", "\u{5d0}".into())]), "<\u{5d0}>");
    }

    #[test]
    fn templates_say_t() {
        let words = Arc::new(
            Words::new(&[(Locale::En, "n = { $count ->\n    [one] one letter\n   *[other] { $count } letters\n }\n")])
                .unwrap(),
        );
        let mut env = minijinja::Environment::new();
        env.add_function("t", words.function(Locale::En));
        assert_eq!(
            env.render_str("{{ t('n', count=1) }}, {{ t('n', count=3) }}", ()).unwrap(),
            "one letter, 3 letters"
        );
        assert!(env.render_str("{{ t('nope') }}", ()).unwrap_err().to_string().contains("no language"));
        assert!(env.render_str("{{ t('n') }}", ()).is_err());
    }
}
