//! Every statement is run by some test of this binary on each engine. Tests start in the order of their names: this one
//! comes last and waits for those that still run.

use std::time::{Duration, Instant};

use volens_store::statements;
use volens_testkit::Engine;

/// How long no further statement may appear before the missing ones are reported.
const PATIENCE: Duration = Duration::from_secs(30);

fn missing() -> Vec<String> {
    let ran = volens_db::ran();
    let both = [Engine::Sqlite, Engine::Postgres];
    let all = statements().into_iter().flat_map(|stmt| both.map(|engine| (stmt.name, engine)));
    all.filter(|one| !ran.contains(one))
        .map(|(name, engine)| format!("{name} was run by no test on {engine}"))
        .collect()
}

#[test]
fn every_statement_ran_on_both_engines() {
    let (mut before, mut since) = (missing().len(), Instant::now());
    while before > 0 && since.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(100));
        let now = missing().len();
        if now < before {
            (before, since) = (now, Instant::now());
        }
    }
    assert_eq!(missing(), [""; 0], "run the whole binary: `cargo test -p volens-store --test it`");
}
