//! Numbers that name rows.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use volens_testkit::{Engine, FakeClock, TestDb};

use crate::fixture::house_at;

#[tokio::test(flavor = "multi_thread")]
async fn no_number_is_drawn_twice_though_the_clock_stands_or_steps_back() {
    let db = TestDb::new(Engine::Sqlite, volens_store::MIGRATIONS).await;
    let clock = FakeClock::default();
    let house = house_at(db.db().clone(), Arc::new(clock.clone()), |_| ()).await;
    let mut drawn: HashSet<i64> = (0..5_000).map(|_| house.app.minted()).collect();
    clock.step_back(Duration::from_secs(5));
    drawn.extend((0..5_000).map(|_| house.app.minted()));
    assert_eq!(drawn.len(), 10_000);
}
