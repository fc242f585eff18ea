//! Microseconds a message, for people: `cargo test --release -p volens-store --test it measure -- --ignored --nocapture`.

use std::time::Instant;

use volens_store::MIGRATIONS;
use volens_store::delivery::{DeliveryState, Outcome};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{World, marks, outcome};

const PEOPLE: usize = 20_000;
const WAVE: usize = 100;

#[both_engines(migrations = MIGRATIONS)]
#[ignore = "a measurement"]
async fn a_message_costs(db: TestDb) {
    let w = World::of(db).await;
    let begun = Instant::now();
    w.readers(PEOPLE).await;
    let brought_in = begun.elapsed();
    let begun = Instant::now();
    let stream = w.running_campaign().await;
    let planned = begun.elapsed();
    let (mut read, mut waves) = (std::time::Duration::ZERO, std::time::Duration::ZERO);
    for _ in 0..2 {
        let slice = w.lease(1).await;
        let mut results: Vec<Outcome> = Vec::new();
        for from in (slice.first..slice.until).step_by(500) {
            let begun = Instant::now();
            let rows = w.store.planned(slice, from, from + 500, w.now()).await.unwrap();
            read += begun.elapsed();
            for chunk in rows.chunks(WAVE) {
                let next = marks(slice, chunk);
                let begun = Instant::now();
                let marked = w.wave(1, next, std::mem::take(&mut results)).await.marked;
                waves += begun.elapsed();
                assert_eq!(marked.len(), chunk.len());
                results = chunk.iter().map(|r| outcome(slice, r.key, 1, DeliveryState::Sent)).collect();
            }
        }
        w.wave(1, vec![], results).await;
        w.store.release_slice(slice, 1).await.unwrap();
    }
    assert_eq!(w.books(stream).await.of(DeliveryState::Sent), PEOPLE as u64);
    let each = |d: std::time::Duration| d.as_secs_f64() * 1e6 / PEOPLE as f64;
    let engine = w.db.engine();
    let (arrive, plan, read, waves) = (each(brought_in), each(planned), each(read), each(waves));
    #[expect(clippy::disallowed_macros, reason = "a measurement speaks to people")]
    {
        println!("{engine}: us a person: bring in {arrive:.1}, plan {plan:.1}, read {read:.1}, waves {waves:.1}");
    }
}
