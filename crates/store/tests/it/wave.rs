//! The wave: what it marks, what it holds back, and books that balance after every step.

use std::collections::HashSet;

use volens_core::Micros;
use volens_core::id::StreamNo;
use volens_store::delivery::wave::slice_of;
use volens_store::delivery::{DeliveryState, Outcome, Planned as Row, SLICE, WaveOrder};
use volens_store::{MIGRATIONS, Store};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{MINUTE, NEWS, World, left, mark, marks, outcome, slice_key};

use DeliveryState::{Cancelled, Denied, Failed, Planned, Sending, Sent, Skipped, Unknown};

#[both_engines(migrations = MIGRATIONS)]
async fn who_leaves_between_decision_and_wave_is_not_marked(db: TestDb) {
    let w = World::of(db).await;
    w.readers(10).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 10).await;
    assert_eq!(rows.len(), 10);
    let leaver = w.store.point(w.tenant, rows[4].point).await.unwrap().unwrap().place;
    w.record(leaver, left(NEWS)).await;
    let wave = w.wave(1, marks(slice, &rows), vec![]).await;
    let marked: HashSet<i64> = wave.marked.keys().map(|k| k.ordinal).collect();
    assert_eq!(marked, (0..10).filter(|o| *o != rows[4].key.ordinal).collect());
    assert!(wave.marked.values().all(|attempt| *attempt == 1));
    assert_eq!((wave.lost.len(), wave.unmatched), (0, 0));
    let books = w.books(stream).await;
    assert_eq!((books.of(Sending), books.of(Planned)), (9, 1));
    let again = w.waiting(slice, 10).await;
    assert_eq!(again.len(), 1, "it is read and decided again");
    assert!(!again[0].standing.is_open(NEWS, crate::fixture::US));
    let denied = vec![mark(slice, &again[0], Denied)];
    assert_eq!(w.wave(1, denied, vec![]).await.marked[&again[0].key], 0, "no hand-over");
    assert_eq!(w.books(stream).await.of(Denied), 1);
    let told = w.store.delivery(w.tenant, again[0].key).await.unwrap().unwrap();
    assert_eq!((told.state, told.decision), (Denied, Some(vec![1, 2, 3])));
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_row_is_marked_once(db: TestDb) {
    let w = World::of(db).await;
    w.readers(5).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 5).await;
    assert_eq!(w.wave(1, marks(slice, &rows), vec![]).await.marked.len(), 5);
    assert_eq!(w.wave(1, marks(slice, &rows), vec![]).await.marked.len(), 0);
    assert_eq!(w.books(stream).await.of(Sending), 5);
    assert!(w.waiting(slice, 5).await.is_empty());
}

#[both_engines(migrations = MIGRATIONS)]
async fn only_the_holder_of_an_open_slice_marks(db: TestDb) {
    let w = World::of(db).await;
    w.readers(5).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 5).await;
    let stranger = w.wave(2, marks(slice, &rows), vec![]).await;
    assert_eq!((stranger.marked.len(), stranger.lost), (0, vec![slice_key(slice)]));
    w.wave(1, marks(slice, &rows[..1]), vec![]).await;
    w.store.pause_campaign(w.tenant, stream, "the operator".into()).await.unwrap();
    let results = vec![outcome(slice, rows[0].key, 1, Sent)];
    let paused = w.wave(1, marks(slice, &rows[1..]), results).await;
    assert_eq!((paused.marked.len(), paused.lost, paused.unmatched), (0, vec![slice_key(slice)], 0));
    let books = w.books(stream).await;
    assert_eq!((books.of(Sent), books.of(Planned)), (1, 4), "results count all the same");
}

#[both_engines(migrations = MIGRATIONS)]
async fn results_are_written_and_the_books_balance(db: TestDb) {
    let w = World::of(db).await;
    w.readers(40).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 40).await;
    w.wave(1, marks(slice, &rows[..30]), vec![]).await;
    let later = Micros(w.now().0 + 15 * MINUTE);
    let result = |i: usize| {
        let state = [Sent, Failed, Planned, Unknown][i % 4];
        Outcome { not_before: later, reply: Some(format!("reply {i}")), ..outcome(slice, rows[i].key, 1, state) }
    };
    w.wait(2_000);
    // Results come in while the next ones leave.
    let mut next = marks(slice, &rows[30..38]);
    next.extend([mark(slice, &rows[38], Skipped), mark(slice, &rows[39], Denied)]);
    let wave = w.wave(1, next, (0..30).map(result).collect()).await;
    assert_eq!((wave.marked.len(), wave.unmatched), (10, 0));
    let books = w.books(stream).await;
    let all = [Sent, Failed, Planned, Unknown, Sending, Skipped, Denied].map(|s| books.of(s));
    assert_eq!(all, [8, 8, 7, 7, 8, 1, 1]);
    assert_eq!(books.rows(), 40);
    assert!(!books.settled());
    let told = w.store.delivery(w.tenant, rows[1].key).await.unwrap().unwrap();
    assert_eq!((told.reply.as_deref(), told.attempt, told.changed_at), (Some("reply 1"), 1, w.now()));
    assert!(w.waiting(slice, 40).await.is_empty(), "not before its time");
    w.wait(15 * MINUTE);
    let again = w.waiting(slice, 40).await;
    assert_eq!(again.iter().map(|r| r.attempt).collect::<Vec<_>>(), [1; 7]);
    let wave = w.wave(1, marks(slice, &again), vec![]).await;
    assert!(wave.marked.values().all(|attempt| *attempt == 2));
    assert_eq!(w.books(stream).await.of(Sending), 15);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_result_of_another_attempt_changes_nothing(db: TestDb) {
    let w = World::of(db).await;
    w.readers(3).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 3).await;
    w.wave(1, marks(slice, &rows), vec![]).await;
    let before = w.books(stream).await;
    for (attempt, state) in [(0, Sent), (2, Sent), (0, Failed), (2, Planned)] {
        assert_eq!(w.wave(1, vec![], vec![outcome(slice, rows[0].key, attempt, state)]).await.unmatched, 1);
        assert_eq!(w.books(stream).await, before);
    }
    assert_eq!(w.wave(1, vec![], vec![outcome(slice, rows[0].key, 1, Sent)]).await.unmatched, 0);
    let twice = w.wave(1, vec![], vec![outcome(slice, rows[0].key, 1, Failed)]).await;
    assert_eq!((twice.unmatched, w.state(rows[0].key).await), (1, Sent));
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_definite_answer_counts_however_late(db: TestDb) {
    let w = World::of(db).await;
    w.readers(4).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 4).await;
    w.wave(1, marks(slice, &rows), vec![]).await;
    w.store.give_up(1, 2, w.now()).await.unwrap();
    assert_eq!(w.books(stream).await.of(Unknown), 4);
    let late = |i: usize, attempt, state| outcome(slice, rows[i].key, attempt, state);
    let results = vec![late(0, 1, Sent), late(1, 1, Failed), late(2, 1, Planned), late(3, 2, Sent)];
    assert_eq!(w.wave(9, vec![], results).await.unmatched, 1);
    let books = w.books(stream).await;
    assert_eq!([Sent, Failed, Unknown, Planned].map(|s| books.of(s)), [1, 2, 1, 0], "a late 4xx is a refusal");
    assert_eq!(w.wave(9, vec![], vec![late(3, 1, Unknown)]).await.unmatched, 1);
}

/// A wave that nobody knows the end of is taken back by its own node only: another one may have marked the row since.
#[both_engines(migrations = MIGRATIONS)]
async fn a_result_counts_from_the_node_that_marked(db: TestDb) {
    let w = World::of(db).await;
    w.readers(2).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 2).await;
    w.wave(1, marks(slice, &rows), vec![]).await;
    let back = |i: usize| outcome(slice, rows[i].key, 1, Planned);
    assert_eq!(w.wave(2, vec![], vec![back(0)]).await.unmatched, 1);
    assert_eq!(w.wave(1, vec![], vec![back(1)]).await.unmatched, 0);
    let books = w.books(stream).await;
    assert_eq!((books.of(Sending), books.of(Planned)), (1, 1));
}

/// A transactional stream has no state that anybody could change: it would never be opened again.
#[both_engines(migrations = MIGRATIONS)]
async fn a_queue_cannot_be_paused(db: TestDb) {
    let w = World::of(db).await;
    w.readers(1).await;
    let refused = w.store.pause_campaign(w.tenant, w.queue, "The same refusal came from several domains".into()).await;
    assert!(matches!(refused, Err(volens_store::StoreError::Missing(_))), "{refused:?}");
    let refused = w.store.cancel_campaign(w.tenant, w.queue, w.now()).await;
    assert!(matches!(refused, Err(volens_store::StoreError::Missing(_))), "{refused:?}");
}

#[both_engines(migrations = MIGRATIONS)]
async fn refusals_about_us_are_taken_back_and_a_finished_campaign_goes_on(db: TestDb) {
    let w = World::of(db).await;
    w.readers(3).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 3).await;
    w.wave(1, marks(slice, &rows), vec![]).await;
    let refused = rows.iter().map(|r| outcome(slice, r.key, 1, Failed)).collect();
    w.wave(1, vec![], refused).await;
    w.store.release_slice(slice, 1).await.unwrap();
    assert!(w.store.finish_campaign(w.tenant, stream).await.unwrap());
    let later = Micros(w.now().0 + MINUTE);
    let back = |i: usize| Outcome { not_before: later, ..outcome(slice, rows[i].key, 1, Planned) };
    let taken_back = vec![back(0), back(1), Outcome { attempt: 2, ..back(2) }];
    w.store.wave(WaveOrder { holder: 1, now: w.now(), taken_back, ..WaveOrder::default() }).await.unwrap();
    let books = w.books(stream).await;
    assert_eq!((books.of(Planned), books.of(Failed)), (2, 1));
    assert!(!w.store.finish_campaign(w.tenant, stream).await.unwrap());
    w.store.pause_campaign(w.tenant, stream, "the relay refuses us".into()).await.unwrap();
    w.store.resume_campaign(w.tenant, stream).await.unwrap();
    w.wait(MINUTE);
    let slice = w.lease(2).await;
    let again = w.waiting(slice, 3).await;
    assert_eq!(again.len(), 2);
    assert_eq!(w.wave(2, marks(slice, &again), vec![]).await.marked[&rows[0].key], 2);
}

/// A campaign of two slices: the second is done, with two rows refused, while the first still waits.
async fn refused_in_a_finished_slice(w: &World) -> (StreamNo, Vec<Outcome>) {
    w.readers(SLICE as usize + 2).await;
    let stream = w.running_campaign().await;
    let (first, last) = (w.lease(1).await, w.lease(1).await);
    assert_eq!((first.no, last.no), (0, 1));
    let rows = w.waiting(last, 2).await;
    w.wave(1, marks(last, &rows), vec![]).await;
    w.wave(1, vec![], rows.iter().map(|r| outcome(last, r.key, 1, Failed)).collect()).await;
    w.store.release_slice(last, 1).await.unwrap();
    w.store.release_slice(first, 1).await.unwrap();
    let back = |r: &Row| Outcome { not_before: w.now(), ..outcome(last, r.key, 1, Planned) };
    (stream, rows.iter().map(back).collect())
}

#[both_engines(migrations = MIGRATIONS)]
async fn what_is_taken_back_after_a_pause_waits_with_the_rest(db: TestDb) {
    let w = World::of(db).await;
    let (stream, taken_back) = refused_in_a_finished_slice(&w).await;
    w.store.pause_campaign(w.tenant, stream, "the relay refuses us".into()).await.unwrap();
    w.store.wave(WaveOrder { holder: 1, now: w.now(), taken_back, ..WaveOrder::default() }).await.unwrap();
    assert_eq!(w.books(stream).await.of(Planned), SLICE as u64 + 2);
    assert!(w.store.lease_slice(2, w.now(), w.lease_end()).await.unwrap().is_none(), "nothing of it leaves");
    w.store.resume_campaign(w.tenant, stream).await.unwrap();
    let resumed = [w.lease(3).await, w.lease(3).await].map(|s| s.no);
    assert_eq!(resumed, [0, 1], "once resumed they have their turn");
}

#[both_engines(migrations = MIGRATIONS)]
async fn what_is_taken_back_after_a_stop_is_cancelled(db: TestDb) {
    let w = World::of(db).await;
    let (stream, taken_back) = refused_in_a_finished_slice(&w).await;
    w.store.cancel_campaign(w.tenant, stream, w.now()).await.unwrap();
    w.store.wave(WaveOrder { holder: 1, now: w.now(), taken_back, ..WaveOrder::default() }).await.unwrap();
    let books = w.books(stream).await;
    assert_eq!((books.of(Cancelled), books.of(Planned)), (SLICE as u64 + 2, 0));
    assert!(w.store.lease_slice(2, w.now(), w.lease_end()).await.unwrap().is_none(), "nothing of it leaves");
}

#[both_engines(migrations = MIGRATIONS)]
async fn one_wave_serves_several_slices(db: TestDb) {
    let w = World::of(db).await;
    w.readers(6).await;
    let streams = [w.running_campaign().await, w.running_campaign().await];
    let slices = [w.lease(1).await, w.lease(1).await];
    let mut next = Vec::new();
    for slice in slices {
        next.extend(marks(slice, &w.waiting(slice, 6).await));
        assert_eq!(slice_of(slice.first), slice.no);
    }
    assert_eq!(w.wave(1, next.clone(), vec![]).await.marked.len(), 12);
    w.store.pause_campaign(w.tenant, streams[0], "why".into()).await.unwrap();
    let results = next.iter().map(|m| Outcome {
        ws: m.ws,
        key: m.key,
        slice: m.slice,
        attempt: 1,
        state: Sent,
        not_before: Micros(0),
        reply: None,
    });
    w.wave(1, vec![], results.collect()).await;
    for stream in streams {
        assert_eq!(w.books(stream).await.of(Sent), 6);
        assert!(w.books(stream).await.settled());
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn waves_of_three_nodes_at_once_mark_each_row_once(db: TestDb) {
    let w = World::of(db).await;
    w.readers(300).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 300).await;
    let nodes = [w.store.clone(), Store::of(w.db.another_node().await), Store::of(w.db.another_node().await)];
    let mut tasks = tokio::task::JoinSet::new();
    for (i, chunk) in rows.chunks(20).enumerate() {
        for node in &nodes {
            // The same lease in three hands: what a fault of ours might do.
            let order = WaveOrder { holder: 1, now: w.now(), marks: marks(slice, chunk), ..WaveOrder::default() };
            let (node, leaver) = (node.clone(), chunk[i % 20].point);
            let place = w.store.point(w.tenant, leaver).await.unwrap().unwrap().place;
            let (leave, tenant, now) = (w.draft(left(NEWS)), w.tenant, w.now());
            tasks.spawn(async move {
                node.record(tenant, place, leave, now).await.unwrap();
                let marked = node.wave(order).await.unwrap().marked;
                assert!(marked.keys().all(|k| k.ordinal >= 0));
                marked.len()
            });
        }
    }
    let marked: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(marked, 300 - 15, "everybody once, but for those who left before");
    assert_eq!(w.books(stream).await.of(Sending), 285);
}
