//! The house dialect and the workspace, checked on the text of the statements.

use std::collections::BTreeSet;

use volens_db::{Scope, Stmt};

use super::tokens::{closing, has_comma, tokens};

/// (4) What runs on one engine only, or on both and differs.
#[must_use]
pub fn lint(stmts: &[&Stmt]) -> Vec<String> {
    let mut out = Vec::new();
    for stmt in stmts {
        let tokens = tokens(stmt.sql);
        out.extend(complaints(&tokens).into_iter().map(|text| format!("{}: {text}", stmt.name)));
        if !stmt.rows.is_empty() && !tokens.iter().any(|t| t == "{rows}") {
            out.push(format!("{}: it declares rows and has no {{rows}}", stmt.name));
        }
    }
    out
}

/// Words that are out, and why.
const WORDS: &[(&str, &str)] = &[
    ("like", "LIKE: SQLite ignores the case of ASCII letters, PostgreSQL does not"),
    ("ilike", "ILIKE: PostgreSQL only"),
    ("glob", "GLOB: SQLite only"),
    ("lateral", "LATERAL: PostgreSQL only"),
    ("nulls", "NULLS FIRST/LAST: keep NULL out of what is sorted"),
    ("offset", "OFFSET: it reads what it skips; page by key"),
    ("unnest", "unnest: write {rows}"),
    ("json_each", "json_each: SQLite only; write {rows}"),
    ("generate_series", "generate_series: PostgreSQL only"),
    ("greatest", "greatest: PostgreSQL only; write CASE"),
    ("least", "least: PostgreSQL only; write CASE"),
    ("upper", "upper: SQLite knows ASCII only; fold the case in Rust"),
    ("lower", "lower: SQLite knows ASCII only; fold the case in Rust"),
    ("false", "false: no booleans; write 0"),
    ("now", "now: the time comes in as a parameter"),
    ("current_timestamp", "CURRENT_TIMESTAMP: the time comes in as a parameter"),
    ("random", "random: chance comes in as a parameter"),
    ("rowid", "rowid: SQLite only"),
    ("::", "::: PostgreSQL only; write CAST"),
    (";", ";: one statement at a time"),
    ("/", "/: 1/0 is NULL on SQLite and an error on PostgreSQL; divide in Rust"),
    ("%", "%: 1%0 is NULL on SQLite and an error on PostgreSQL; divide in Rust"),
];

fn complaints(tokens: &[String]) -> Vec<String> {
    let mut out: BTreeSet<String> = BTreeSet::new();
    for (i, token) in tokens.iter().enumerate() {
        let at = |n: usize| tokens.get(i + n).map_or("", String::as_str);
        let before = |n: usize| i.checked_sub(n).map_or("", |j| tokens[j].as_str());
        if let Some((_, why)) = WORDS.iter().find(|(word, _)| word == token) {
            out.insert((*why).to_owned());
        }
        match token.as_str() {
            "true" if before(1) != "where" => {
                out.insert("true: no booleans; write 1 (WHERE true before ON CONFLICT is fine)".into());
            }
            "max" | "min" if at(1) == "(" && has_comma(tokens, i + 1) => {
                out.insert(format!("{token} of two: a scalar on SQLite only; write CASE"));
            }
            "sum" if at(1) == "(" && !(before(1) == "(" && before(2) == "cast") => {
                out.insert("sum: numeric on PostgreSQL; write CAST(sum(..) AS bigint)".into());
            }
            "x" if at(1).starts_with('\'') => {
                out.insert("x'..': bytes on SQLite, bits on PostgreSQL; use a parameter".into());
            }
            "is" if before(1).starts_with('$') && ["null", "not"].contains(&at(1)) => {
                out.insert("$n IS NULL: PostgreSQL cannot tell its type; use two statements".into());
            }
            "set" if at(2) == "." => {
                out.insert("SET a.b: no alias before a column in SET".into());
            }
            "returning" => out.extend(returning(tokens, i)),
            "{rows}" if before(1) == "join" || before(1) == "," => {
                out.insert("{rows} stands after FROM".into());
            }
            _ => {}
        }
    }
    out.extend(conflict_without_where(tokens));
    out.into_iter().collect()
}

/// SQLite's RETURNING sees the changed table alone; other tables come in by scalar subqueries.
fn returning(tokens: &[String], at: usize) -> Option<String> {
    let target = target(tokens);
    let mut depth = 0_i32;
    for i in at + 1..tokens.len() {
        match tokens[i].as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            "." if depth == 0 && !target.contains(&tokens[i - 1]) => {
                return Some(format!("RETURNING {}.{}: only the changed table", tokens[i - 1], tokens[i + 1]));
            }
            _ => {}
        }
    }
    None
}

/// The changed table and its alias.
fn target(tokens: &[String]) -> Vec<String> {
    let after = |word: &str| tokens.iter().position(|t| t == word).map(|i| i + 1);
    let Some(at) = after("update").or_else(|| after("into")).or_else(|| after("from")) else { return Vec::new() };
    let alias = if tokens.get(at + 1).is_some_and(|t| t == "as") { at + 2 } else { at };
    [at, alias].iter().filter_map(|i| tokens.get(*i).cloned()).collect()
}

/// `INSERT .. SELECT .. FROM x ON CONFLICT`: SQLite reads ON as a join's.
fn conflict_without_where(tokens: &[String]) -> Option<String> {
    let conflict = tokens.windows(2).position(|w| w[0] == "on" && w[1] == "conflict")?;
    let head = &tokens[..conflict];
    let selects = head.iter().any(|t| t == "select") && !head.iter().any(|t| t == "values");
    let has_where = head.iter().any(|t| t == "where");
    (selects && !has_where).then(|| "INSERT .. SELECT .. ON CONFLICT: SQLite needs WHERE true before ON".into())
}

/// (5) Statements of scope Tenant bind `ws`, once for each table that they name: to a parameter, to a column `ws` of
/// `{rows}` or to another table's. `instance` names the tables that have no workspace.
#[must_use]
pub fn binds_workspace(stmts: &[&Stmt], instance: &[&str]) -> Vec<String> {
    let tenants = stmts.iter().filter(|stmt| stmt.scope == Scope::Tenant);
    tenants.filter_map(|stmt| unbound(&tokens(stmt.sql), instance).map(|why| format!("{}: {why}", stmt.name))).collect()
}

fn unbound(tokens: &[String], instance: &[&str]) -> Option<String> {
    let tables = tables(tokens, instance);
    let bound = bindings(tokens);
    if tables.is_empty() && bound == 0 {
        return Some("it names no table of a tenant; give it the scope Instance".into());
    }
    (bound < tables.len())
        .then(|| format!("{} tables ({}) and {bound} bindings of ws", tables.len(), tables.join(", ")))
}

/// Each mention of a tenant's table.
fn tables(tokens: &[String], instance: &[&str]) -> Vec<String> {
    let named: BTreeSet<&str> = ctes(tokens);
    let mut out = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let before = i.checked_sub(1).map_or("", |j| tokens[j].as_str());
        let names = match token.as_str() {
            // IS DISTINCT FROM $1, FOR UPDATE, DO UPDATE
            "from" => before != "distinct",
            "join" | "into" => true,
            "update" => !["for", "do"].contains(&before),
            _ => false,
        };
        let Some(name) = tokens.get(i + 1).filter(|_| names) else { continue };
        let is_table = name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name != "select";
        if is_table && !named.contains(name.as_str()) && !instance.contains(&name.as_str()) {
            out.push(name.clone());
        }
    }
    out
}

/// Names given by WITH.
fn ctes(tokens: &[String]) -> BTreeSet<&str> {
    let mut out = BTreeSet::new();
    if tokens.first().is_none_or(|t| t != "with") {
        return out;
    }
    let mut i = 1;
    while let Some(name) = tokens.get(i) {
        out.insert(name.as_str());
        let Some(open) = (i..tokens.len()).find(|j| tokens[*j] == "as").map(|j| j + 1) else { break };
        let end = closing(tokens, open);
        if tokens.get(end + 1).is_none_or(|t| t != ",") {
            break;
        }
        i = end + 2;
    }
    out
}

/// Comparisons of a column `ws` with a parameter or another `ws`, and lists of inserted columns that hold it.
fn bindings(tokens: &[String]) -> usize {
    let mut count = 0;
    for (i, token) in tokens.iter().enumerate() {
        let at = |n: usize| tokens.get(i + n).map_or("", String::as_str);
        if token == "ws" && at(1) == "=" {
            let right_is_ws = at(3) == "." && at(4) == "ws";
            count += usize::from(at(2).starts_with('$') || right_is_ws || at(2) == "ws");
        }
        if token == "into" && at(2) == "(" {
            count += usize::from(tokens[i + 2..closing(tokens, i + 2)].iter().any(|t| t == "ws"));
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str) -> String {
        complaints(&tokens(sql)).join(" | ")
    }

    #[test]
    fn the_dialect_is_kept() {
        for (sql, word) in [
            ("SELECT a FROM t WHERE a LIKE 'x'", "LIKE"),
            ("SELECT max(a, 1) FROM t", "max of two"),
            ("SELECT greatest(a, 1) FROM t", "greatest"),
            ("SELECT a FROM unnest($1)", "unnest"),
            ("SELECT x'01'", "x'..'"),
            ("SELECT a FROM t ORDER BY a NULLS LAST", "NULLS"),
            ("UPDATE t AS d SET d.a = 1", "SET a.b"),
            ("SELECT a FROM t WHERE $1 IS NULL", "$n IS NULL"),
            ("SELECT a FROM t WHERE b = true", "no booleans"),
            ("SELECT sum(a) FROM t", "sum"),
            ("SELECT a FROM t LIMIT 1 OFFSET 5", "OFFSET"),
            ("UPDATE t SET a = u.a FROM {rows} WHERE t.id = u.id RETURNING u.a", "RETURNING u.a"),
            ("INSERT INTO t (a) SELECT u.a FROM {rows} ON CONFLICT DO NOTHING", "WHERE true"),
            ("SELECT a / b FROM t", "1/0"),
            ("SELECT a::text FROM t", "CAST"),
        ] {
            assert!(found(sql).contains(word), "{sql}: {}", found(sql));
        }
    }

    #[test]
    fn good_statements_pass() {
        for sql in [
            "SELECT max(a), min(b), CAST(sum(c) AS bigint) FROM t WHERE ws = $1 AND a IS NOT DISTINCT FROM $2",
            "INSERT INTO t (a) SELECT u.a FROM {rows} WHERE true ON CONFLICT (a) DO UPDATE SET a = excluded.a",
            "UPDATE t SET a = u.a FROM {rows} WHERE t.id = u.id RETURNING t.id, (SELECT x.n FROM x WHERE x.id = t.id)",
            "INSERT INTO t (a) VALUES ('like true; / now') ON CONFLICT DO NOTHING",
            "SELECT b FROM t WHERE b IS NULL {lock}",
        ] {
            assert_eq!(found(sql), "", "{sql}");
        }
    }

    #[test]
    fn the_workspace_is_bound_for_each_table() {
        let check = |sql: &str| unbound(&tokens(sql), &["node"]);
        for good in [
            "SELECT a FROM t WHERE ws = $1 FOR UPDATE",
            "SELECT a FROM t JOIN s ON s.ws = t.ws AND s.id = t.id JOIN node ON node.id = t.node WHERE t.ws = $1",
            "INSERT INTO t (ws, a) VALUES ($1, $2) ON CONFLICT (ws, a) DO UPDATE SET a = 1",
            "UPDATE t SET a = u.a FROM {rows} WHERE t.ws = u.ws AND t.id = u.id",
            "WITH x AS (SELECT a FROM t WHERE ws = $1), y AS (SELECT a FROM x) SELECT a FROM x WHERE a IS NOT DISTINCT FROM $2",
        ] {
            assert_eq!(check(good), None, "{good}");
        }
        for bad in [
            "SELECT a FROM t WHERE id = $1",
            "SELECT a FROM t JOIN s ON s.id = t.id WHERE t.ws = $1",
            "INSERT INTO t (a) VALUES ($1)",
            "UPDATE t SET a = 1 WHERE id = (SELECT id FROM s WHERE s.ws = $1)",
            "SELECT $1",
        ] {
            assert!(check(bad).is_some(), "{bad}");
        }
    }
}
