//! The reason line: which act, when, how often, and where to change it, made from the record.

use volens_core::{Locale, Micros};

use crate::words::{Arg, Words};
use crate::zone::Zone;

/// How an address came to a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// A box was ticked on a form of ours.
    Form {
        /// Where it stands, as people know it: `nordicbakery.example`.
        place: &'a str,
    },
    /// A page that knows the reader already: choices, or the way back after leaving.
    OwnPage,
    /// A paper card at the till.
    CounterCard,
    /// A fair, a tasting, a raffle.
    Event {
        /// What it was.
        name: &'a str,
    },
    /// A list that another system kept.
    Import {
        /// The list's or file's name.
        name: &'a str,
    },
    /// A partner asked for us.
    Partner {
        /// Its name.
        name: &'a str,
    },
    /// A sale, with the right to write about similar things (soft opt-in).
    Customer,
    /// A relationship from which some laws infer permission for a time.
    Implied,
    /// Told, and did not object (opt-out).
    Told,
    /// Written to at work, on legitimate interest.
    LegitimateInterest,
}

/// What the record says about one reader and one purpose.
#[derive(Clone, Copy, Debug)]
pub struct Reason<'a> {
    /// When the act was.
    pub joined_at: Micros,
    /// What act it was.
    pub source: Source<'a>,
    /// The purpose's name in the reader's language.
    pub purpose: &'a str,
    /// The promised frequency in the reader's language, as the form said it: `Every Thursday`.
    pub frequency: &'a str,
    /// The workspace's zone, in which the date is told.
    pub zone: &'a Zone,
}

/// One line of plain text for the reader: `You joined on 3 May 2026 through the counter card. The Bread letter: every
/// Thursday. Change or leave below.`
#[must_use]
pub fn reason_line(words: &Words, locale: Locale, reason: &Reason<'_>) -> String {
    let mut line = act(words, locale, reason);
    // A name that ends with a stop, such as `S.r.l.`, ends the sentence too.
    if line.ends_with("..") {
        line.pop();
    }
    line.push(' ');
    line.push_str(&promise(words, locale, reason.purpose, reason.frequency));
    line.push(' ');
    line.push_str(&words.say(locale, "reason-ways", &[]));
    line
}

fn act(words: &Words, locale: Locale, reason: &Reason<'_>) -> String {
    let on = words.on_date(locale, reason.joined_at, reason.zone);
    let on = ("on", Arg::from(&on));
    let named = |key, name: &'static str, value| words.say(locale, key, &[on.clone(), (name, Arg::Text(value))]);
    let plain = |key| words.say(locale, key, std::slice::from_ref(&on));
    match reason.source {
        Source::Form { place } => named("reason-form", "place", place),
        Source::OwnPage => plain("reason-page"),
        Source::CounterCard => plain("reason-counter"),
        Source::Event { name } => named("reason-event", "name", name),
        Source::Import { name } => named("reason-import", "name", name),
        Source::Partner { name } => named("reason-partner", "name", name),
        Source::Customer => plain("reason-customer"),
        Source::Implied => plain("reason-implied"),
        Source::Told => plain("reason-told"),
        Source::LegitimateInterest => plain("reason-interest"),
    }
}

fn promise(words: &Words, locale: Locale, purpose: &str, frequency: &str) -> String {
    let frequency = frequency.trim().trim_end_matches('.');
    let small = small(words, locale, frequency);
    words.say(locale, "reason-promise", &[("purpose", purpose.into()), ("frequency", Arg::from(&small))])
}

/// A frequency as it stands inside a sentence: `Every Thursday` begins small, `Thursdays` and `Montags` stay.
fn small(words: &Words, locale: Locale, text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let lower = first.to_lowercase();
    let known = words.say(locale, "small-words", &[]);
    match known.split(", ").any(|w| w == lower) {
        true => format!("{lower}{}", &text[first.len()..]),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sources_in_all_languages() {
        let words = Words::new(&[]).unwrap();
        let zone = Zone::named("Europe/Rome").unwrap();
        let names = [
            "The Bread letter",
            "La carta del pan",
            "La lettera del pane",
            "A carta do pão",
            "La lettre du pain",
            "Der Brotbrief",
        ];
        let often = [
            "Every Thursday",
            "Cada jueves",
            "Ogni giovedì",
            "Todas as quintas-feiras",
            "Chaque jeudi",
            "Jeden Donnerstag",
        ];
        let sources = [
            Source::Form { place: "nordicbakery.example" },
            Source::OwnPage,
            Source::CounterCard,
            Source::Event { name: "Salone del Gusto" },
            Source::Import { name: "mailchimp-2025.csv" },
            Source::Partner { name: "Mulino Rosso S.r.l." },
            Source::Customer,
            Source::Implied,
            Source::Told,
            Source::LegitimateInterest,
        ];
        let mut all = String::new();
        for (i, locale) in Locale::ALL.into_iter().enumerate() {
            for source in sources {
                let reason = Reason {
                    joined_at: Micros(1_777_798_987_000_000),
                    source,
                    purpose: names[i],
                    frequency: often[i],
                    zone: &zone,
                };
                all.push_str(&format!("{locale}: {}\n", reason_line(&words, locale, &reason)));
            }
        }
        insta::assert_snapshot!("reason_lines", all);
    }

    #[test]
    fn only_known_first_words_begin_small() {
        let words = Words::new(&[]).unwrap();
        assert_eq!(small(&words, Locale::En, "At most twice a month"), "at most twice a month");
        assert_eq!(small(&words, Locale::En, "Thursdays at 7"), "Thursdays at 7");
        assert_eq!(small(&words, Locale::De, "Höchstens zweimal im Monat"), "höchstens zweimal im Monat");
        assert_eq!(small(&words, Locale::De, "Montag und Mittwoch"), "Montag und Mittwoch");
        assert_eq!(small(&words, Locale::En, ""), "");
    }
}
