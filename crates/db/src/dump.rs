//! The schema in one form for both engines, so that a test can compare the two migration folders.

use std::collections::BTreeMap;

use crate::Db;
use crate::dialect::Engine;
use crate::error::DbError;
use crate::tx::{Job, Tx};

/// A table as both engines describe it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchemaTable {
    /// Its name.
    pub name: String,
    /// `name type [not null]`, in the order of the table. A PostgreSQL text column without COLLATE "C" says so.
    pub columns: Vec<String>,
    /// `unique? (columns) where ..`, sorted; the primary key first. Expressions and conditions are brought to one
    /// spelling: lower case, no casts, no brackets, no spaces.
    pub indexes: Vec<String>,
}

mod sql {
    crate::statements! {
        /// table, column, type, not null
        pub PG_COLUMNS: Instance [] => [Text, Text, Text, Int]
            "SELECT c.relname::text, a.attname::text,
                    (format_type(a.atttypid, a.atttypmod) ||
                     CASE WHEN a.attcollation <> 0 AND l.collname <> 'C' THEN ' without COLLATE \"C\"' ELSE '' END)::text,
                    CASE WHEN a.attnotnull THEN 1 ELSE 0 END::bigint
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             LEFT JOIN pg_collation l ON l.oid = a.attcollation
             WHERE c.relkind IN ('r', 'p') AND c.relname <> 'schema_version' ORDER BY c.relname, a.attnum";
        /// table, primary, unique, columns, condition
        pub PG_INDEXES: Instance [] => [Text, Int, Int, Text, Text]
            "SELECT t.relname::text, CASE WHEN i.indisprimary THEN 1 ELSE 0 END::bigint,
                    CASE WHEN i.indisunique THEN 1 ELSE 0 END::bigint,
                    (SELECT string_agg(pg_get_indexdef(i.indexrelid, k::int, false)
                            || CASE WHEN i.indoption[k - 1] & 1 = 1 THEN ' DESC' ELSE '' END, ',' ORDER BY k)
                     FROM generate_series(1, i.indnkeyatts) k)::text,
                    coalesce(pg_get_expr(i.indpred, i.indrelid), '')::text
             FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
             JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
             WHERE t.relname <> 'schema_version'";
        /// table, column, type, not null
        pub SQLITE_COLUMNS: Instance [] => [Text, Text, Text, Int]
            "SELECT t.name, c.name, c.type, max(c.\"notnull\", c.pk > 0)
             FROM pragma_table_list t, pragma_table_info(t.name) c
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'schema_version'
             ORDER BY t.name, c.cid";
        /// table, index, primary, unique, text
        pub SQLITE_INDEXES: Instance [] => [Text, Text, Int, Int, Text]
            "SELECT t.name, i.name, i.origin = 'pk', i.\"unique\", coalesce(m.sql, '')
             FROM pragma_table_list t, pragma_index_list(t.name) i LEFT JOIN sqlite_master m ON m.name = i.name
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name <> 'schema_version'";
        /// columns of a primary key, or of the index $1 when $2 = 1
        pub SQLITE_KEY: Instance [Text, Int] => [Text]
            "SELECT name FROM (SELECT c.name AS name, c.pk AS n FROM pragma_table_info($1) c WHERE c.pk > 0 AND $2 = 0
             UNION ALL SELECT x.name, x.seqno FROM pragma_index_info($1) x WHERE $2 = 1) ORDER BY n";
    }
}

struct Dump;

type Tables = BTreeMap<String, SchemaTable>;

impl Job for Dump {
    type Out = Vec<SchemaTable>;
    type Err = DbError;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<SchemaTable>, DbError> {
        let mut tables = Tables::new();
        match tx.engine() {
            Engine::Sqlite => sqlite(tx, &mut tables).await?,
            Engine::Postgres => postgres(tx, &mut tables).await?,
        }
        tables.values_mut().for_each(|t| {
            t.indexes.sort_by_key(|i| (!i.starts_with("primary"), i.clone()));
            t.indexes.dedup();
        });
        Ok(tables.into_values().collect())
    }
}

/// All tables but the migrator's own, sorted by name: equal on both engines when the migrations agree.
pub async fn schema_dump(db: &Db) -> Result<Vec<SchemaTable>, DbError> {
    db.read(Dump).await
}

fn table<'t>(tables: &'t mut Tables, name: &str) -> &'t mut SchemaTable {
    let empty = || SchemaTable { name: name.to_owned(), columns: Vec::new(), indexes: Vec::new() };
    tables.entry(name.to_owned()).or_insert_with(empty)
}

fn column(name: &str, kind: &str, not_null: i64) -> String {
    let kind = kind.to_lowercase();
    let kind = match kind.as_str() {
        "integer" | "int" | "bigint" => "int",
        "bytea" | "blob" => "blob",
        other => other,
    };
    format!("{name} {kind}{}", if not_null == 1 { " not null" } else { "" })
}

fn index(primary: bool, unique: bool, columns: &str, condition: &str) -> String {
    let kind = match (primary, unique) {
        (true, _) => "primary key",
        (_, true) => "unique index",
        _ => "index",
    };
    let condition = if condition.is_empty() { String::new() } else { format!(" where {}", one_spelling(condition)) };
    format!("{kind} ({}){condition}", one_spelling(columns))
}

/// `((state = 'planned'::text) AND (kind = ANY (ARRAY[1, 2])))` and `state = 'planned' AND kind IN (1, 2)` become one.
fn one_spelling(text: &str) -> String {
    let mut out = text.to_lowercase().replace("= any (array[", "in (").replace(['(', ')', '[', ']', '"'], " ");
    for cast in ["::text", "::bigint", "::bytea", "::integer"] {
        out = out.replace(cast, "");
    }
    out.replace("!=", "<>").split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",").replace(", ", ",")
}

async fn postgres(tx: &mut Tx<'_>, tables: &mut Tables) -> Result<(), DbError> {
    for row in tx.query(&sql::PG_COLUMNS, &[]).await? {
        let text = column(row.text(1)?, row.text(2)?, row.int(3)?);
        table(tables, row.text(0)?).columns.push(text);
    }
    for row in tx.query(&sql::PG_INDEXES, &[]).await? {
        let text = index(row.int(1)? == 1, row.int(2)? == 1, row.text(3)?, row.text(4)?);
        table(tables, row.text(0)?).indexes.push(text);
    }
    Ok(())
}

async fn key(tx: &mut Tx<'_>, name: &str, is_index: i64) -> Result<String, DbError> {
    let rows = tx.query(&sql::SQLITE_KEY, &crate::params![name, is_index]).await?;
    Ok(rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?.join(","))
}

async fn sqlite(tx: &mut Tx<'_>, tables: &mut Tables) -> Result<(), DbError> {
    for row in tx.query(&sql::SQLITE_COLUMNS, &[]).await? {
        let text = column(row.text(1)?, row.text(2)?, row.int(3)?);
        table(tables, row.text(0)?).columns.push(text);
    }
    for name in tables.keys().cloned().collect::<Vec<_>>() {
        // A rowid table's INTEGER PRIMARY KEY has no index in SQLite's list: ask the table.
        let columns = key(tx, &name, 0).await?;
        if !columns.is_empty() {
            table(tables, &name).indexes.push(index(true, true, &columns, ""));
        }
    }
    for row in tx.query(&sql::SQLITE_INDEXES, &[]).await? {
        if row.int(2)? == 1 {
            continue;
        }
        let text = row.text(4)?;
        let (columns, condition) =
            if text.is_empty() { (key(tx, row.text(1)?, 1).await?, "") } else { columns_and_condition(text) };
        let text = index(false, row.int(3)? == 1, &columns, condition);
        table(tables, row.text(0)?).indexes.push(text);
    }
    Ok(())
}

/// Takes `CREATE INDEX n ON t (a, b DESC) WHERE c` apart.
fn columns_and_condition(sql: &str) -> (String, &str) {
    let open = sql.find('(').unwrap_or(0);
    let mut depth = 0;
    for (i, c) in sql[open..].char_indices() {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            let rest = sql[open + i + 1..].trim();
            let condition = if rest.to_lowercase().starts_with("where") { rest[5..].trim() } else { "" };
            return (sql[open + 1..open + i].to_owned(), condition);
        }
    }
    (String::new(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_meet() {
        let pg = "((state = 'planned'::text) AND (kind = ANY (ARRAY[(1)::bigint, (2)::bigint])))";
        assert_eq!(one_spelling(pg), one_spelling("state = 'planned' AND kind IN (1, 2)"));
    }

    #[test]
    fn an_index_is_taken_apart() {
        let (columns, condition) = columns_and_condition("CREATE INDEX i ON t (ws, lower(x)) WHERE (a = 1)");
        assert_eq!((columns.as_str(), condition), ("ws, lower(x)", "(a = 1)"));
    }
}
