//! Reading keys out of the table, and collecting what is wrong with them.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use toml::{Table, Value};

use super::Wrong;
use super::keys::{KEYS, Key, Kind, nearest};

/// The tables that hold keys; `relay` comes in several.
const SECTIONS: &[&str] = &["data", "key", "database", "http", "relay", "intake", "sending", "log"];

/// The values, once file and environment are one, and what is wrong with them.
pub struct Reader {
    table: Table,
    /// Mistakes found so far.
    pub wrong: Vec<Wrong>,
}

impl Reader {
    pub(super) fn new(table: Table, environment: &[(String, String)]) -> Self {
        let mut this = Self { table, wrong: Vec::new() };
        this.unknown();
        this.override_by(environment);
        if !this.table.contains_key("base_url") {
            this.wrong(
                "base_url",
                "is missing: set it to the public address of the pages, like https://letters.example.org",
            );
        }
        this
    }

    /// Notes a mistake.
    pub fn wrong(&mut self, key: impl Into<String>, what: impl Into<String>) {
        self.wrong.push(Wrong { key: key.into(), what: what.into() });
    }

    /// The value, or its error noted.
    pub fn check<T, E: Display>(&mut self, key: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|e| self.wrong(key, e.to_string())).ok()
    }

    fn unknown(&mut self) {
        let mut found = Vec::new();
        for (name, value) in &self.table {
            match (SECTIONS.contains(&name.as_str()), value) {
                (true, Value::Table(t)) if name != "relay" => note(&mut found, name, name, t),
                (true, Value::Array(all)) if name == "relay" => {
                    for (i, one) in all.iter().enumerate() {
                        match one {
                            Value::Table(t) => note(&mut found, name, &format!("relay[{}]", i + 1), t),
                            _ => found.push(("relay".into(), "write it as [[relay]] with keys below it".into())),
                        }
                    }
                }
                (true, _) if name == "relay" => {
                    found.push(("relay".into(), "write it as [[relay]], with two brackets".into()));
                }
                (true, _) => {
                    found.push((name.clone(), format!("is a section: write it as [{name}] with keys below it")));
                }
                (false, _) if KEYS.iter().any(|k| k.path == name) => {}
                (false, _) => {
                    let all = KEYS.iter().map(|k| k.path).filter(|p| !p.contains('.')).chain(SECTIONS.iter().copied());
                    found.push((name.clone(), no_such(name, all)));
                }
            }
        }
        self.wrong.extend(found.into_iter().map(|(key, what)| Wrong { key, what }));
    }

    /// Takes the environment's values into the table; those of the relay go to the first one.
    fn override_by(&mut self, environment: &[(String, String)]) {
        for (name, text) in environment {
            let Some(key) = KEYS.iter().find(|k| k.variable() == *name) else {
                self.unknown_variable(name);
                continue;
            };
            match from_text(key, text) {
                Ok(value) => self.put(key, value),
                Err(what) => self.wrong(name.clone(), what),
            }
        }
    }

    fn unknown_variable(&mut self, name: &str) {
        let Some(rest) = name.strip_prefix("VOLENS_") else { return };
        if SECTIONS.iter().any(|s| rest.to_ascii_lowercase().starts_with(&format!("{s}_"))) {
            let all: Vec<String> = KEYS.iter().map(Key::variable).collect();
            self.wrong(name, no_such(name, all.iter().map(String::as_str)));
        }
    }

    fn put(&mut self, key: &Key, value: Value) {
        let Some((section, name)) = key.path.split_once('.') else {
            self.table.insert(key.path.into(), value);
            return;
        };
        let empty = || Value::Table(Table::new());
        let place = self
            .table
            .entry(section)
            .or_insert_with(|| if section == "relay" { Value::Array(vec![empty()]) } else { empty() });
        let place = match place {
            Value::Array(all) => all.first_mut(),
            other => Some(other),
        };
        if let Some(Value::Table(t)) = place {
            t.insert(name.into(), value);
        }
    }

    /// How many relays there are.
    pub fn relays(&self) -> usize {
        self.table.get("relay").and_then(Value::as_array).map_or(0, Vec::len)
    }

    fn get(&self, path: &str) -> Option<Value> {
        let value = match path.split_once('.') {
            None => self.table.get(path)?,
            Some(("relay", name)) => self.table.get("relay")?.as_array()?.first()?.get(name)?,
            Some((section, name)) => self.table.get(section)?.get(name)?,
        };
        Some(value.clone())
    }

    /// A text; an empty one counts as not there.
    pub fn text(&mut self, path: &str) -> Option<String> {
        match self.get(path)? {
            Value::String(s) if s.trim().is_empty() => None,
            Value::String(s) => Some(s),
            other => self.mismatch(path, &other, "a text in quotation marks"),
        }
    }

    /// A text that is read further.
    pub fn parsed<T: FromStr<Err: Display>>(&mut self, path: &str) -> Option<T> {
        let text = self.text(path)?;
        let read = text.parse::<T>().map_err(|e| format!("{text:?}: {e}{}", example(path)));
        self.check(path, read)
    }

    /// A whole number within bounds.
    pub fn number(&mut self, path: &str, range: RangeInclusive<i64>) -> Option<i64> {
        match self.get(path)? {
            Value::Integer(n) if range.contains(&n) => Some(n),
            Value::Integer(n) => {
                self.wrong(path, format!("{n} is out of bounds: from {} to {}", range.start(), range.end()));
                None
            }
            other => self.mismatch(path, &other, "a whole number"),
        }
    }

    /// true or false.
    pub fn switch(&mut self, path: &str) -> Option<bool> {
        match self.get(path)? {
            Value::Boolean(b) => Some(b),
            other => self.mismatch(path, &other, "true or false"),
        }
    }

    /// A time of at least `least`.
    pub fn duration(&mut self, path: &str, least: Duration) -> Option<Duration> {
        let text = self.text(path)?;
        let read = read_duration(&text).filter(|d| *d >= least);
        if read.is_none() {
            self.wrong(
                path,
                format!("{text:?} is not a time that can be used here: write it like \"30s\", \"5m\" or \"2h\""),
            );
        }
        read
    }

    /// Several texts.
    pub fn list(&mut self, path: &str) -> Option<Vec<String>> {
        let value = self.get(path)?;
        let all = value.as_array().map(|a| a.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>());
        match all {
            Some(Some(list)) => Some(list),
            _ => self.mismatch(path, &value, "a list of texts, like [\"127.0.0.1\"]"),
        }
    }

    fn mismatch<T>(&mut self, path: &str, found: &Value, wanted: &str) -> Option<T> {
        self.wrong(path, format!("is {} and must be {wanted}", found.type_str()));
        None
    }
}

fn note(found: &mut Vec<(String, String)>, section: &str, shown: &str, table: &Table) {
    for name in table.keys() {
        let path = format!("{section}.{name}");
        if !KEYS.iter().any(|k| k.path == path) {
            found.push((format!("{shown}.{name}"), no_such(&path, KEYS.iter().map(|k| k.path))));
        }
    }
}

fn no_such<'a>(word: &str, all: impl Iterator<Item = &'a str>) -> String {
    match nearest(word, all) {
        Some(known) => format!("no such key; did you mean {known}?"),
        None => "no such key: take it out; `volens init` writes a file with all there are".into(),
    }
}

fn from_text(key: &Key, text: &str) -> Result<Value, String> {
    let read = match key.kind {
        Kind::Text | Kind::Duration => Some(Value::String(text.to_owned())),
        Kind::Number => text.trim().parse().ok().map(Value::Integer),
        Kind::Switch => text.trim().parse().ok().map(Value::Boolean),
        Kind::List => {
            let items = text.split(',').map(str::trim).filter(|t| !t.is_empty());
            Some(Value::Array(items.map(|t| Value::String(t.to_owned())).collect()))
        }
    };
    read.ok_or_else(|| match key.kind {
        Kind::Number => format!("{text:?} is not a whole number"),
        _ => format!("{text:?} is neither true nor false"),
    })
}

fn example(path: &str) -> &'static str {
    if path.ends_with("listen") { "; write address and port, like 127.0.0.1:8080" } else { "" }
}

/// "500ms", "30s", "5m", "2h", "3d".
fn read_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let n: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(n.checked_mul(millis)?))
}
