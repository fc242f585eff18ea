//! A letter as its author writes it: a few lines of front matter, then Markdown or HTML.

/// The keys that front matter may hold.
pub const KEYS: [&str; 6] = ["purpose", "topic", "subject", "preview", "useful_for", "on_unknown"];

/// A letter, read and checked for its form; [`crate::Compiled`] checks what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The name of the purpose that it is sent for.
    pub purpose: String,
    /// A finer choice inside the purpose.
    pub topic: Option<String>,
    /// The subject, a template.
    pub subject: String,
    /// The line that mail programs show beside the subject, a template.
    pub preview: Option<String>,
    /// How long the letter is worth sending after its start; what waited longer is skipped.
    pub useful_for: Option<std::time::Duration>,
    /// What becomes of a message of which nobody knows whether it arrived.
    pub on_unknown: OnUnknown,
    /// The text below the front matter, a template.
    pub body: String,
    /// What the body is written in.
    pub format: Format,
    /// The line of the file that the body begins on.
    pub body_line: usize,
    /// The line of the file that the subject stands on.
    pub subject_line: usize,
}

/// What becomes of a message that the relay took and never answered for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnknown {
    /// It stays unknown: nobody gets the letter twice.
    #[default]
    Hold,
    /// It is sent again, a few times at most: somebody may get it twice, under the same Message-ID.
    Resend,
}

/// What a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CommonMark with tables; HTML inside it passes.
    Markdown,
    /// HTML: the body begins with `<`.
    Html,
}

/// What is wrong with a letter, on which line of the file, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// No `---` on the first line.
    #[error(
        "line 1: a letter begins with a line of three dashes, then `purpose: ...` and `subject: ...`, then three dashes again. Put `---` on the first line"
    )]
    NoFrontMatter,
    /// The second `---` is missing.
    #[error("line {line}: the front matter never ends. Put a line of three dashes after its last key")]
    Unclosed {
        /// The last line that was looked at.
        line: usize,
    },
    /// A line that is no `key: value`.
    #[error("line {line}: {found:?} is not of the form `key: value`. The keys are {}", KEYS.join(", "))]
    NotAPair {
        /// Where.
        line: usize,
        /// The line, cut short.
        found: String,
    },
    /// A policy that there is not.
    #[error(
        "line {line}: on_unknown is {found:?}. Write `hold` (a message of which nobody knows whether it arrived is not sent again) or `resend` (it is, and somebody may get it twice)"
    )]
    NotAPolicy {
        /// Where.
        line: usize,
        /// The value, cut short.
        found: String,
    },
    /// A key that nothing reads.
    #[error("line {line}: nothing reads the key {key:?}{}. The keys are {}", hint(near), KEYS.join(", "))]
    UnknownKey {
        /// Where.
        line: usize,
        /// As it is written.
        key: String,
        /// The known key that looks like it.
        near: Option<&'static str>,
    },
    /// A key twice.
    #[error("line {line}: {key} stands here a second time. Keep one of the two lines")]
    Twice {
        /// Where the second one is.
        line: usize,
        /// Which.
        key: &'static str,
    },
    /// A key without which no letter can go.
    #[error("line {line}: the front matter has no {key}. Add a line `{key}: ...` above the second line of dashes")]
    Lacks {
        /// The line of the closing dashes.
        line: usize,
        /// Which.
        key: &'static str,
    },
    /// No length of time.
    #[error(
        "line {line}: {found:?} is not a length of time. Write a whole number and minutes, hours, days or weeks, such as `3 days`"
    )]
    NotADuration {
        /// Where.
        line: usize,
        /// As it is written.
        found: String,
    },
    /// Nothing to send.
    #[error("line {line}: the letter has no text. Write it below the second line of dashes")]
    Empty {
        /// Where the text should begin.
        line: usize,
    },
    /// The template engine refuses it.
    #[error("line {line}: {reason}")]
    Template {
        /// Where.
        line: usize,
        /// What it said, with the remedy where there is one.
        reason: String,
    },
    /// A variable that is not `person`.
    #[error(
        "line {line}: a letter knows only the person it goes to, and {name:?} is something else. Write {{{{ person.{name} }}}} or define it in the letter with {{% set {name} = ... %}}"
    )]
    UnknownName {
        /// Where it first stands.
        line: usize,
        /// The variable.
        name: String,
    },
    /// Template code where mail cannot carry it.
    #[error("line {line}: template code cannot stand here: {reason}")]
    Misplaced {
        /// Where.
        line: usize,
        /// Why, and where to put it.
        reason: &'static str,
    },
    /// Something that mail programs drop or that watches the reader.
    #[error("line {line}: {what}. {remedy}")]
    Unfit {
        /// Where it stands in the file; the body's first line when it cannot be told.
        line: usize,
        /// What was found.
        what: String,
        /// What to do.
        remedy: String,
    },
}

fn hint(near: &Option<&'static str>) -> String {
    near.map(|n| format!(" (did you mean {n}?)")).unwrap_or_default()
}

impl Letter {
    /// Reads a `letter.md`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and what to do.
    pub fn parse(source: &str) -> Result<Self, LetterError> {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source).replace("\r\n", "\n");
        let mut lines = source.split('\n').enumerate().map(|(i, l)| (i + 1, l));
        if lines.next().is_none_or(|(_, l)| l.trim_end() != "---") {
            return Err(LetterError::NoFrontMatter);
        }
        let mut found: [Option<(usize, String)>; 6] = Default::default();
        let mut last = 1;
        let close = loop {
            let Some((line, text)) = lines.next() else { return Err(LetterError::Unclosed { line: last }) };
            last = line;
            match text.trim() {
                "---" => break line,
                t if t.is_empty() || t.starts_with('#') => {}
                t => pair(line, t, &mut found)?,
            }
        };
        let body: Vec<&str> = lines.map(|(_, l)| l).collect();
        let blank = body.iter().take_while(|l| l.trim().is_empty()).count();
        let body_line = close + 1 + blank;
        let body = body[blank..].join("\n").trim_end().to_owned();
        if body.is_empty() {
            return Err(LetterError::Empty { line: close + 1 });
        }
        let [purpose, topic, subject, preview, useful_for, on_unknown] = found;
        let lacks = |key| LetterError::Lacks { line: close, key };
        let (subject_line, subject) = subject.ok_or(lacks("subject"))?;
        Ok(Self {
            purpose: purpose.ok_or(lacks("purpose"))?.1,
            topic: topic.map(|(_, t)| t),
            subject,
            preview: preview.map(|(_, t)| t),
            useful_for: useful_for.map(|(line, t)| duration(line, &t)).transpose()?,
            on_unknown: on_unknown.map(|(line, t)| policy(line, &t)).transpose()?.unwrap_or_default(),
            format: if body.starts_with('<') { Format::Html } else { Format::Markdown },
            body,
            body_line,
            subject_line,
        })
    }
}

fn pair(line: usize, text: &str, found: &mut [Option<(usize, String)>; 6]) -> Result<(), LetterError> {
    let short = || text.chars().take(40).collect::<String>();
    let (key, value) = text.split_once(':').ok_or_else(|| LetterError::NotAPair { line, found: short() })?;
    let key = key.trim();
    let Some(i) = KEYS.iter().position(|k| *k == key) else {
        let key: String = key.chars().take(40).collect();
        return Err(LetterError::UnknownKey { line, near: near(&key), key });
    };
    if found[i].is_some() {
        return Err(LetterError::Twice { line, key: KEYS[i] });
    }
    let value = unquoted(value.trim());
    if value.is_empty() {
        return Err(LetterError::Lacks { line, key: KEYS[i] });
    }
    found[i] = Some((line, value.to_owned()));
    Ok(())
}

/// People who know YAML put quotes around a value that holds a colon.
fn unquoted(value: &str) -> &str {
    ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q)).unwrap_or(value)
}

fn policy(line: usize, text: &str) -> Result<OnUnknown, LetterError> {
    match text {
        "hold" => Ok(OnUnknown::Hold),
        "resend" => Ok(OnUnknown::Resend),
        _ => Err(LetterError::NotAPolicy { line, found: text.chars().take(40).collect() }),
    }
}

fn duration(line: usize, text: &str) -> Result<std::time::Duration, LetterError> {
    let bad = || LetterError::NotADuration { line, found: text.chars().take(40).collect() };
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| bad())?;
    let seconds = match unit.trim() {
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return Err(bad()),
    };
    // A year is beyond every letter, and keeps sums of instants far from their end.
    let all = number.checked_mul(seconds).filter(|s| (1..=31_536_000).contains(s)).ok_or_else(bad)?;
    Ok(std::time::Duration::from_secs(all))
}

/// The known key that is at most two slips of the finger away.
fn near(key: &str) -> Option<&'static str> {
    let plain = key.to_lowercase().replace(['-', ' '], "_");
    KEYS.into_iter().map(|k| (distance(k, &plain), k)).filter(|(d, _)| *d <= 2).min().map(|(_, k)| k)
}

/// Levenshtein's distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let swap = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str) -> String {
        Letter::parse(source).unwrap_err().to_string()
    }

    #[test]
    fn reads_all_keys_and_the_body() {
        let letter = Letter::parse(
            "---\r\npurpose: bread\ntopic: rye\n# a note\nsubject: \"Rye: three ways\"\npreview: One dough\nuseful_for: 3 days\non_unknown: resend\n---\n\nHello\n",
        )
        .unwrap();
        assert_eq!(letter.subject, "Rye: three ways");
        assert_eq!(letter.topic.as_deref(), Some("rye"));
        assert_eq!(letter.useful_for, Some(std::time::Duration::from_secs(3 * 86_400)));
        assert_eq!((letter.body.as_str(), letter.body_line, letter.format), ("Hello", 11, Format::Markdown));
        assert_eq!(letter.on_unknown, OnUnknown::Resend);
        let short = Letter::parse("---\npurpose: b\nsubject: s\n---\n<p>x</p>").unwrap();
        assert_eq!((short.format, short.on_unknown), (Format::Html, OnUnknown::Hold));
    }

    #[test]
    fn an_unknown_key_names_the_known_ones_and_a_near_one() {
        let e = error("---\npurpose: b\nsubjet: s\n---\nx");
        assert!(e.starts_with("line 3:") && e.contains("did you mean subject?") && e.contains("useful_for"), "{e}");
        let e = error("---\npurpose: b\nUseful-For: s\n---\nx");
        assert!(e.contains("did you mean useful_for?"), "{e}");
        let e = error("---\nlayout: b\n---\nx");
        assert!(!e.contains("did you mean"), "{e}");
    }

    #[test]
    fn each_mistake_names_its_line_and_the_way_out() {
        for (source, line, says) in [
            ("Hello", 1, "three dashes"),
            ("---\npurpose: x\n", 3, "never ends"),
            ("---\npurpose\n---\nx", 2, "key: value"),
            ("---\npurpose: a\npurpose: b\n---\nx", 3, "second time"),
            ("---\npurpose: a\n---\nx", 3, "no subject"),
            ("---\npurpose: a\nsubject:\n---\nx", 3, "no subject"),
            ("---\npurpose: a\nsubject: s\nuseful_for: soon\n---\nx", 4, "3 days"),
            ("---\npurpose: a\nsubject: s\nuseful_for: 99999999999999999999 days\n---\nx", 4, "3 days"),
            ("---\npurpose: a\nsubject: s\non_unknown: drop\n---\nx", 4, "`hold`"),
            ("---\npurpose: a\nsubject: s\n---\n\n  \n", 5, "no text"),
        ] {
            let e = error(source);
            assert!(e.starts_with(&format!("line {line}:")) && e.contains(says), "{source:?}: {e}");
        }
    }
}
