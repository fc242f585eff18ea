//! The few true differences between the engines, each under one name: parameters, `{rows}`, lock clauses, wake-up.
//! Everything else is one SQL text (DESIGN 10).

use std::fmt::Write;

use crate::value::Type;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// Embedded, one file.
    Sqlite,
    /// PostgreSQL 15 or newer.
    Postgres,
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// PostgreSQL's name of an array of this type.
fn array(kind: Type) -> &'static str {
    match kind {
        Type::Int => "bigint[]",
        Type::Text => "text[]",
        Type::Blob => "bytea[]",
    }
}

/// `{rows}`: `unnest($1::bigint[], ..) AS u(o, ..)` on PostgreSQL; on SQLite one row, the statement running per row.
fn rows(engine: Engine, columns: &[(&str, Type)]) -> String {
    let mut out = String::from(if engine == Engine::Postgres { "unnest(" } else { "(SELECT " });
    for (i, (name, kind)) in columns.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let _ = match engine {
            Engine::Postgres => write!(out, "{comma}${}::{}", i + 1, array(*kind)),
            Engine::Sqlite => write!(out, "{comma}?{} AS {name}", i + 1),
        };
    }
    match engine {
        Engine::Postgres => {
            let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
            let _ = write!(out, ") AS u({})", names.join(", "));
        }
        Engine::Sqlite => out.push_str(") u"),
    }
    out
}

/// The text of a placeholder in braces; `None` for an unknown one.
fn placeholder(engine: Engine, name: &str, columns: &[(&str, Type)]) -> Option<String> {
    match (name, engine) {
        ("rows", _) if !columns.is_empty() => Some(rows(engine, columns)),
        ("lock", Engine::Postgres) => Some(" FOR UPDATE".into()),
        ("skip_locked", Engine::Postgres) => Some(" FOR UPDATE SKIP LOCKED".into()),
        ("lock" | "skip_locked", Engine::Sqlite) => Some(String::new()),
        _ => None,
    }
}

/// On SQLite, where a bulk statement runs per row, an UPDATE whose FROM is `{rows}` alone needs no FROM: each `u.column`
/// is a parameter. SQLite then updates in one pass, at about a third of the cost (measured).
fn without_from(sql: &str, columns: &[(&str, Type)]) -> Option<String> {
    let (set, rest) = sql.trim_start().strip_prefix("UPDATE ")?.split_once("FROM {rows}")?;
    rest.trim_start().starts_with("WHERE").then_some(())?;
    let mut out = format!("UPDATE {set}{rest}");
    // The longest names first, so that `u.ab` is not read as `u.a`.
    let mut names: Vec<(usize, &str)> = columns.iter().map(|c| c.0).enumerate().collect();
    names.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
    for (i, name) in names {
        out = replace_word(&out, &format!("u.{name}"), &format!("${}", i + 1));
    }
    Some(out)
}

/// Replaces `word` where it is no part of a longer one.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, tail) = rest.split_at(at);
        let after = &tail[word.len()..];
        let whole = !before.ends_with(part) && !after.starts_with(part);
        out.push_str(before);
        out.push_str(if whole { by } else { word });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The house dialect's text as `engine` takes it. Unknown placeholders stay, so that preparing the statement fails.
#[must_use]
pub fn render(engine: Engine, sql: &str, columns: &[(&str, Type)]) -> String {
    let plain = if engine == Engine::Sqlite { without_from(sql, columns) } else { None };
    let sql = plain.as_deref().unwrap_or(sql);
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '$', '{']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let used = match tail.as_bytes()[0] {
            b'\'' => {
                let end = tail[1..].find('\'').map_or(tail.len(), |i| i + 2);
                out.push_str(&tail[..end]);
                end
            }
            b'$' => {
                out.push(if engine == Engine::Sqlite { '?' } else { '$' });
                1
            }
            _ => {
                let name = tail[1..].split('}').next().unwrap_or_default();
                match placeholder(engine, name, columns) {
                    Some(text) => {
                        // The lock clauses bring their own space: `WHERE x {lock}` and `WHERE x{lock}` both work.
                        if text.starts_with(' ') && out.ends_with(' ') {
                            out.pop();
                        }
                        out.push_str(&text);
                        name.len() + 2
                    }
                    None => {
                        out.push('{');
                        1
                    }
                }
            }
        };
        rest = &tail[used.min(tail.len())..];
    }
    out.push_str(rest);
    out
}

/// PostgreSQL's channel for wake-ups between nodes.
pub(crate) const WAKE_CHANNEL: &str = "volens_wake";

/// Sends a wake-up to the other nodes; $1 is `backend topic`.
pub(crate) const NOTIFY: &str = "SELECT pg_notify('volens_wake', $1)";

/// Held by the node that migrates, until its transaction ends ("volens" in ASCII, times 2^16).
pub(crate) const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(8534159001790906368)";

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[(&str, Type)] = &[("o", Type::Int), ("q", Type::Blob), ("t", Type::Text)];

    #[test]
    fn rows_take_the_first_numbers() {
        let sql = "UPDATE d SET q = u.q FROM {rows} WHERE d.o = u.o AND d.ws = $4";
        assert_eq!(
            render(Engine::Postgres, sql, COLUMNS),
            "UPDATE d SET q = u.q FROM unnest($1::bigint[], $2::bytea[], $3::text[]) AS u(o, q, t) WHERE d.o = u.o AND \
             d.ws = $4"
        );
        assert_eq!(render(Engine::Sqlite, sql, COLUMNS), "UPDATE d SET q = ?2  WHERE d.o = ?1 AND d.ws = ?4");
        let insert = "INSERT INTO d (o) SELECT u.o FROM {rows} WHERE true";
        let rows = "INSERT INTO d (o) SELECT u.o FROM (SELECT ?1 AS o, ?2 AS q, ?3 AS t) u WHERE true";
        assert_eq!(render(Engine::Sqlite, insert, COLUMNS), rows);
    }

    #[test]
    fn lock_clauses_are_postgres_only() {
        for sql in ["SELECT 1 FROM s WHERE ws = $1 {lock}", "SELECT 1 FROM s WHERE ws = $1{lock}"] {
            assert_eq!(render(Engine::Postgres, sql, &[]), "SELECT 1 FROM s WHERE ws = $1 FOR UPDATE");
            assert_eq!(render(Engine::Sqlite, sql, &[]).trim_end(), "SELECT 1 FROM s WHERE ws = ?1");
        }
        let skip = render(Engine::Postgres, "SELECT 1 FROM s LIMIT 1 {skip_locked}", &[]);
        assert_eq!(skip, "SELECT 1 FROM s LIMIT 1 FOR UPDATE SKIP LOCKED");
    }

    #[test]
    fn literals_and_unknown_placeholders_stay() {
        let sql = "SELECT '$1 {lock} it''s', $1, {other}, é";
        assert_eq!(render(Engine::Sqlite, sql, &[]), "SELECT '$1 {lock} it''s', ?1, {other}, é");
        assert_eq!(render(Engine::Sqlite, "SELECT 'open $1", &[]), "SELECT 'open $1");
        assert_eq!(render(Engine::Sqlite, "SELECT {rows}", &[]), "SELECT {rows}");
    }
}
