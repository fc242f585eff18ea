//! Leases: one node a slice, taken over when they end, fenced by the wave; and what a crash leaves behind.

use std::collections::HashSet;

use tokio::task::JoinSet;
use volens_core::Micros;
use volens_core::id::DeliveryKey;
use volens_core::locale::Locale;
use volens_store::account::Node;
use volens_store::delivery::{DeliveryState, Mail, Outcome, Payload};
use volens_store::{MIGRATIONS, Store};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{MINUTE, NEWS, World, left, mark, marks, outcome, slice_key};

use DeliveryState::{Denied, Planned, Sending, Sent, Unknown};

#[both_engines(migrations = MIGRATIONS)]
async fn a_slice_is_leased_by_one_node(db: TestDb) {
    let w = World::of(db).await;
    w.readers(3).await;
    for _ in 0..12 {
        w.running_campaign().await;
    }
    let nodes = [w.store.clone(), Store::of(w.db.another_node().await), Store::of(w.db.another_node().await)];
    let mut tasks = JoinSet::new();
    for i in 0..15_usize {
        let (node, now, until) = (nodes[i % 3].clone(), w.now(), w.lease_end());
        // PostgreSQL skips what another one is just leasing: asking again finds what is left.
        tasks.spawn(async move {
            for _ in 0..50 {
                if let Some(slice) = node.lease_slice(1 + (i % 3) as i64, now, until).await.unwrap() {
                    return Some(slice.stream);
                }
            }
            None
        });
    }
    let leased: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(leased.len(), 12);
    assert_eq!(leased.iter().collect::<HashSet<_>>().len(), 12, "each once");
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_expired_lease_is_taken_over_and_the_old_holder_loses(db: TestDb) {
    let w = World::of(db).await;
    w.readers(4).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    assert!(!slice.transactional && slice.tenant == w.tenant);
    let rows = w.waiting(slice, 4).await;
    w.wave(1, marks(slice, &rows[..1]), vec![]).await;
    w.wait(MINUTE / 2);
    assert!(w.store.renew_slice(slice, 1, w.lease_end()).await.unwrap());
    assert!(!w.store.renew_slice(slice, 2, w.lease_end()).await.unwrap());
    w.wait(MINUTE / 2);
    assert!(w.store.lease_slice(2, w.now(), w.lease_end()).await.unwrap().is_none());
    w.wait(MINUTE / 2);
    let taken = w.lease(2).await;
    assert_eq!(taken, slice);
    assert!(!w.store.renew_slice(slice, 1, w.lease_end()).await.unwrap());
    let late = w.wave(1, marks(slice, &rows[1..]), vec![outcome(slice, rows[0].key, 1, Sent)]).await;
    assert_eq!((late.marked.len(), late.lost, late.unmatched), (0, vec![slice_key(slice)], 0));
    assert_eq!(w.wave(2, marks(taken, &rows[1..]), vec![]).await.marked.len(), 3);
    w.store.release_slice(slice, 1).await.unwrap();
    assert!(w.store.renew_slice(taken, 2, w.lease_end()).await.unwrap(), "who lost a lease cannot give it back");
    let books = w.books(stream).await;
    assert_eq!((books.of(Sent), books.of(Sending)), (1, 3));
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_slice_given_back_is_due_when_its_next_row_is(db: TestDb) {
    let w = World::of(db).await;
    w.readers(3).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 3).await;
    w.wave(1, marks(slice, &rows), vec![]).await;
    let later = Micros(w.now().0 + 20 * MINUTE);
    let again = |i: usize, at| Outcome { not_before: at, ..outcome(slice, rows[i].key, 1, Planned) };
    w.wave(1, vec![], vec![again(0, later)]).await;
    assert_eq!(w.store.release_slice(slice, 1).await.unwrap(), Some(later));
    w.wait(MINUTE);
    assert!(w.store.lease_slice(2, w.now(), w.lease_end()).await.unwrap().is_none());
    // A reply that comes after the slice was given back brings it forward.
    let sooner = Micros(w.now().0 + 5 * MINUTE);
    w.wave(1, vec![], vec![again(1, sooner)]).await;
    w.wait(5 * MINUTE);
    let slice = w.lease(2).await;
    assert_eq!(w.waiting(slice, 3).await.len(), 1);
    assert_eq!(w.store.release_slice(slice, 2).await.unwrap(), Some(sooner));
    w.books(stream).await;
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_slice_that_waits_for_replies_only_is_not_leased_over_and_over(db: TestDb) {
    let w = World::of(db).await;
    w.readers(2).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 2).await;
    w.wave(1, marks(slice, &rows), vec![]).await;
    assert_eq!(w.store.release_slice(slice, 1).await.unwrap(), None);
    w.wait(60 * MINUTE);
    assert!(w.store.lease_slice(2, w.now(), w.lease_end()).await.unwrap().is_none());
    let again = Outcome { not_before: w.now(), ..outcome(slice, rows[0].key, 1, Planned) };
    w.wave(1, vec![], vec![again, outcome(slice, rows[1].key, 1, Sent)]).await;
    let slice = w.lease(2).await;
    let rows = w.waiting(slice, 2).await;
    w.wave(2, vec![mark(slice, &rows[0], Denied)], vec![]).await;
    assert_eq!(w.store.release_slice(slice, 2).await.unwrap(), None);
    assert!(w.store.finish_campaign(w.tenant, stream).await.unwrap());
    w.wait(60 * MINUTE);
    assert!(w.store.lease_slice(2, w.now(), w.lease_end()).await.unwrap().is_none(), "a finished slice is done");
    assert!(!w.store.renew_slice(slice, 2, w.lease_end()).await.unwrap());
}

#[both_engines(migrations = MIGRATIONS)]
async fn after_a_crash_a_campaigns_rows_are_unknown_and_a_queues_wait_again(db: TestDb) {
    let w = World::of(db).await;
    let people = w.readers(6).await;
    let stream = w.running_campaign().await;
    let (dead, alive) = (Node { no: 1, incarnation: 3 }, Node { no: 2, incarnation: 1 });
    let slice = w.lease(dead.holder()).await;
    let rows = w.waiting(slice, 6).await;
    w.wave(dead.holder(), marks(slice, &rows[..4]), vec![outcome(slice, rows[0].key, 1, Sent)]).await;
    w.wave(dead.holder(), vec![], vec![outcome(slice, rows[0].key, 1, Sent)]).await;
    for (place, ordinal) in people.iter().zip(100..104) {
        let key = DeliveryKey { stream: w.queue, ordinal };
        let mail = Mail::Welcome { event: w.id(), scopes: vec![NEWS] };
        let payload = Payload { schema: 1, queued_at: w.now(), locale: Locale::En, mail };
        w.store.queue_mail(w.tenant, key, place.point, payload, w.now()).await.unwrap();
    }
    let queue = w.lease_queue(dead.holder()).await;
    let mails = w.waiting(queue, 10).await;
    w.wave(dead.holder(), marks(queue, &mails[..2]), vec![]).await;
    w.wait(2 * MINUTE);
    let queue = w.lease_queue(alive.holder()).await;
    w.wave(alive.holder(), marks(queue, &mails[2..3]), vec![]).await;
    // Another node's rows and this life's own are left alone.
    assert_eq!(w.store.give_up(5 << 32, 6 << 32, w.now()).await.unwrap(), []);
    assert_eq!(w.store.give_up(dead.former().start, dead.former().end, w.now()).await.unwrap(), []);
    assert_eq!(w.books(stream).await.of(Sending), 3);
    let risen = Node { incarnation: 4, ..dead };
    let mut unknown = w.store.give_up(risen.former().start, risen.former().end, w.now()).await.unwrap();
    unknown.sort();
    assert_eq!(unknown, rows[1..4].iter().map(|r| r.key).collect::<Vec<_>>());
    let books = w.books(stream).await;
    assert_eq!([Sent, Unknown, Planned, Sending].map(|s| books.of(s)), [1, 3, 2, 0]);
    let books = w.books(w.queue).await;
    assert_eq!([Planned, Sending].map(|s| books.of(s)), [3, 1]);
    assert_eq!(w.store.give_up(risen.former().start, risen.former().end, w.now()).await.unwrap(), []);
    let again = w.waiting(queue, 10).await;
    assert_eq!(again.iter().map(|r| r.attempt).collect::<Vec<_>>(), [1, 1, 0]);
    // The first life's reply comes after all: the mail waits for its second try, and is sent again.
    assert_eq!(w.wave(1, vec![], vec![outcome(queue, mails[0].key, 1, Sent)]).await.unmatched, 1);
    assert_eq!(w.wave(alive.holder(), marks(queue, &again[..1]), vec![]).await.marked[&mails[0].key], 2);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_campaign_may_send_again_what_nobody_knows_of_unless_it_was_stopped(db: TestDb) {
    let w = World::of(db).await;
    w.readers(3).await;
    for stopped in [false, true] {
        let stream = w.draft_campaign_that(true).await;
        w.start(stream).await;
        let node = Node { no: 1, incarnation: 3 };
        let slice = w.lease(node.holder()).await;
        let rows = w.waiting(slice, 3).await;
        w.wave(node.holder(), marks(slice, &rows[..2]), vec![]).await;
        if stopped {
            w.store.cancel_campaign(w.tenant, stream, w.now()).await.unwrap();
        }
        for life in 3..8 {
            w.wait(2 * MINUTE);
            let former = Node { no: 1, incarnation: life + 1 };
            let unknown = w.store.give_up(former.former().start, former.former().end, w.now()).await.unwrap();
            let books = w.books(stream).await;
            if stopped || life == 6 {
                assert_eq!((unknown.len(), books.of(Unknown), books.of(Sending)), (2, 2, 0));
                break;
            }
            assert_eq!((unknown.len(), books.of(Planned), books.of(Sending)), (0, 3, 0), "life {life}");
            let slice = w.lease(former.holder()).await;
            let rows = w.waiting(slice, 3).await;
            assert_eq!(rows.iter().map(|r| r.attempt).collect::<Vec<_>>(), [life - 2, life - 2, 0]);
            w.wave(former.holder(), marks(slice, &rows[..2]), vec![]).await;
        }
        // Out of the way of the next one.
        w.store.cancel_campaign(w.tenant, stream, w.now()).await.unwrap();
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_former_lifes_leases_end(db: TestDb) {
    let w = World::of(db).await;
    w.readers(2).await;
    w.running_campaign().await;
    w.running_campaign().await;
    let (old, other) = (Node { no: 1, incarnation: 1 }, Node { no: 2, incarnation: 1 });
    w.lease(old.holder()).await;
    w.lease(other.holder()).await;
    w.lease_queue(old.holder()).await;
    let risen = Node { incarnation: 2, ..old };
    assert_eq!(w.store.free_leases(risen.former().start, risen.former().end).await.unwrap(), 2);
    w.lease(risen.holder()).await;
    assert!(w.store.lease_slice(risen.holder(), w.now(), w.lease_end()).await.unwrap().is_none(), "the other's stays");
    w.lease_queue(risen.holder()).await;
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_withdrawal_beside_a_wave_is_either_seen_or_later(db: TestDb) {
    let w = World::of(db).await;
    let people = w.readers(60).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 60).await;
    let mut leaving = JoinSet::new();
    for place in people.iter().copied() {
        let (store, tenant, now, leave) = (w.store.clone(), w.tenant, w.now(), w.draft(left(NEWS)));
        leaving.spawn(async move { store.record(tenant, place, leave, now).await.unwrap() });
    }
    let marked = w.wave(1, marks(slice, &rows), vec![]).await.marked.len();
    assert_eq!(leaving.join_all().await.len(), 60);
    let books = w.books(stream).await;
    assert_eq!(books.of(Sending), marked as u64);
    let late = w.wave(1, marks(slice, &rows), vec![]).await.marked.len();
    assert_eq!(late, 0, "once they have left, nobody is marked on what was read before");
}
