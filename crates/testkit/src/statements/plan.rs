//! Plans of hot statements on tables that are full and were never analysed.

use serde_json::Value as Json;
use volens_db::{Db, DbError, Engine, Job, Row, Rows, Stmt, Tx, Type, Value};

/// PostgreSQL may visit so many rows for each that it returns or changes ...
const VISITS_PER_ROW: f64 = 3.0;
/// ... and so many besides: the descent, a look that finds nothing.
const VISITS_BESIDES: f64 = 20.0;

/// (3) Checks the plan of one statement; the error says what is wrong with it and shows the plan.
///
/// Fill the tables with thousands of rows first, do not ANALYZE, and give parameters (and `rows`) that hit some.
/// PostgreSQL: EXPLAIN (ANALYZE) visits at most 3 rows for each one returned; the statement really runs and is rolled
/// back. SQLite: EXPLAIN QUERY PLAN has no SCAN and no TEMP B-TREE.
pub async fn explain_hot(db: &Db, stmt: &'static Stmt, rows: Option<Rows>, params: &[Value]) -> Result<(), String> {
    let explain = explaining(stmt, db.engine());
    let rows = rows.map(|rows| rows.moved_to(explain)).transpose().map_err(|e| e.to_string())?;
    let job = Explain { stmt: explain, rows, params: params.to_vec() };
    let found = match db.write(volens_db::Lane::Interactive, job).await {
        Err(Told::Plan(found)) => found,
        Err(Told::Failed(e)) => return Err(format!("{}: {e}", stmt.name)),
        Ok(()) => return Err(format!("{}: nothing was explained", stmt.name)),
    };
    let problem = match db.engine() {
        Engine::Sqlite => sqlite(&found),
        Engine::Postgres => postgres(&found),
    };
    problem.map_or(Ok(()), |why| Err(format!("{} on {}: {why}", stmt.name, db.engine())))
}

/// A statement that explains another; made once per test and never freed, since statements are static.
fn explaining(stmt: &'static Stmt, engine: Engine) -> &'static Stmt {
    let (prefix, columns): (_, &[Type]) = match engine {
        Engine::Sqlite => ("EXPLAIN QUERY PLAN", &[Type::Int, Type::Int, Type::Int, Type::Text]),
        Engine::Postgres => ("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)", &[Type::Text]),
    };
    let sql = Box::leak(format!("{prefix} {}", stmt.sql).into_boxed_str());
    let name = Box::leak(format!("explain {}", stmt.name).into_boxed_str());
    Box::leak(Box::new(Stmt::new(name, stmt.scope, false, stmt.rows, stmt.params, columns, sql)))
}

struct Explain {
    stmt: &'static Stmt,
    rows: Option<Rows>,
    params: Vec<Value>,
}

/// The plan comes back as an "error", so that what ANALYZE did is rolled back.
enum Told {
    Plan(Vec<Row>),
    Failed(DbError),
}

impl From<DbError> for Told {
    fn from(e: DbError) -> Self {
        Self::Failed(e)
    }
}

impl Job for Explain {
    type Out = ();
    type Err = Told;
    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Told> {
        let found = match &self.rows {
            Some(rows) => tx.bulk(self.stmt, rows, &self.params).await?,
            None => tx.query(self.stmt, &self.params).await?,
        };
        Err(Told::Plan(found))
    }
}

fn sqlite(plan: &[Row]) -> Option<String> {
    let lines: Vec<_> = plan.iter().filter_map(|row| row.text(3).ok()).collect();
    let bad = lines.iter().find(|line| {
        // `u` is the one row of {rows}.
        let scan = line.starts_with("SCAN") && **line != "SCAN u" && **line != "SCAN CONSTANT ROW";
        scan || line.contains("TEMP B-TREE")
    });
    bad.map(|bad| format!("{bad}\n{}", lines.join("\n")))
}

fn postgres(plan: &[Row]) -> Option<String> {
    let text = plan.first().and_then(|row| row.text(0).ok()).unwrap_or_default();
    let root = match serde_json::from_str::<Json>(text) {
        Ok(json) => json[0]["Plan"].clone(),
        Err(e) => return Some(format!("the plan cannot be read: {e}")),
    };
    let visited = visited(&root);
    let returned = returned(&root);
    (visited > VISITS_PER_ROW * returned + VISITS_BESIDES)
        .then(|| format!("{visited} rows were visited for {returned}\n{}", pretty(&root, 0)))
}

fn number(node: &Json, key: &str) -> f64 {
    node[key].as_f64().unwrap_or(0.0)
}

fn children(node: &Json) -> &[Json] {
    node["Plans"].as_array().map_or(&[], Vec::as_slice)
}

/// Rows that the scans of tables looked at, kept or not.
fn visited(node: &Json) -> f64 {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let own = if kind.contains("Scan") && node.get("Relation Name").is_some() {
        let kept = number(node, "Actual Rows");
        let removed = number(node, "Rows Removed by Filter") + number(node, "Rows Removed by Index Recheck");
        (kept + removed) * number(node, "Actual Loops")
    } else {
        0.0
    };
    own + children(node).iter().map(visited).sum::<f64>()
}

/// Rows returned, or changed where nothing is returned.
fn returned(root: &Json) -> f64 {
    let own = number(root, "Actual Rows") * number(root, "Actual Loops");
    if root["Node Type"] == "ModifyTable" {
        return children(root).iter().map(returned).sum::<f64>().max(own);
    }
    own
}

/// The plan as an indented list.
fn pretty(node: &Json, depth: usize) -> String {
    let text = |key: &str| node[key].as_str().unwrap_or_default().to_owned();
    let mut out = format!(
        "{:indent$}{} {} {} rows={} removed={} loops={}",
        "",
        text("Node Type"),
        text("Relation Name"),
        text("Index Name"),
        number(node, "Actual Rows"),
        number(node, "Rows Removed by Filter"),
        number(node, "Actual Loops"),
        indent = depth * 2
    );
    for child in children(node) {
        out.push('\n');
        out.push_str(&pretty(child, depth + 1));
    }
    out
}
