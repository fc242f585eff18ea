//! The transactional queue: order, patience, payloads.

use tokio::task::JoinSet;
use volens_core::Micros;
use volens_core::id::{DeliveryKey, StreamNo};
use volens_core::locale::Locale;
use volens_store::MIGRATIONS;
use volens_store::consent::Place;
use volens_store::delivery::{DeliveryState, Mail, Payload};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{MINUTE, NEWS, World, marks, outcome};

fn payload(w: &World, mail: Mail) -> Payload {
    Payload { schema: 1, queued_at: w.now(), locale: Locale::De, mail }
}

/// Queues a welcome, due after so long.
async fn queue(w: &World, to: Place, ordinal: i64, after: i64) -> DeliveryKey {
    let key = DeliveryKey { stream: w.queue, ordinal };
    let mail = Mail::Welcome { event: w.id(), scopes: vec![NEWS] };
    let not_before = Micros(w.now().0 + after);
    w.store.queue_mail(w.tenant, key, to.point, payload(w, mail), not_before).await.unwrap();
    key
}

#[both_engines(migrations = MIGRATIONS)]
async fn mails_come_out_in_their_order_and_not_before_their_time(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    for (ordinal, after) in [(30, 0), (10, MINUTE), (20, 0)] {
        queue(&w, ada, ordinal, after).await;
    }
    let slice = w.lease_queue(1).await;
    let ordinals = async |n| w.waiting(slice, n).await.iter().map(|r| r.key.ordinal).collect::<Vec<_>>();
    assert_eq!(ordinals(10).await, [20, 30]);
    assert_eq!(ordinals(1).await, [20]);
    w.wait(MINUTE);
    assert_eq!(ordinals(10).await, [20, 30, 10], "in the order in which they became due");
    assert!(
        w.store
            .queue_mail(
                w.tenant,
                DeliveryKey { stream: w.queue, ordinal: 10 },
                ada.point,
                payload(&w, Mail::Already { form: w.id() }),
                w.now()
            )
            .await
            .is_err(),
        "a key is used once"
    );
}

#[both_engines(migrations = MIGRATIONS)]
async fn payloads_come_back_as_they_went(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let mails = [
        Mail::Confirm { event: w.id(), form: Some(w.id()) },
        Mail::Confirm { event: w.id(), form: None },
        Mail::Already { form: w.id() },
        Mail::Welcome { event: w.id(), scopes: vec![NEWS] },
    ];
    for (mail, ordinal) in mails.iter().zip(1..) {
        let key = DeliveryKey { stream: w.queue, ordinal };
        w.store.queue_mail(w.tenant, key, ada.point, payload(&w, mail.clone()), w.now()).await.unwrap();
    }
    let slice = w.lease_queue(1).await;
    let rows = w.waiting(slice, 10).await;
    let log = w.store.log(w.tenant, ada.point).await.unwrap().unwrap();
    for (row, mail) in rows.iter().zip(&mails) {
        assert_eq!(row.payload.as_ref(), Some(&payload(&w, mail.clone())));
        assert_eq!((row.point, row.seq, row.attempt), (ada.point, 2, 0));
        assert_eq!((row.address.as_str(), &row.standing), ("ada@example.org", &log.standing));
    }
    assert_eq!(rows.len(), 4);
}

#[both_engines(migrations = MIGRATIONS)]
async fn the_queue_keeps_its_books_and_mails_wait_for_their_time(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let first = queue(&w, ada, 1, 0).await;
    queue(&w, ada, 2, 0).await;
    queue(&w, ada, 3, MINUTE).await;
    assert_eq!(w.books(w.queue).await.of(DeliveryState::Planned), 3);
    let slice = w.lease_queue(1).await;
    let rows = w.waiting(slice, 10).await;
    let marked = w.wave(1, marks(slice, &rows), vec![]).await.marked;
    assert_eq!(marked.len(), 2);
    assert_eq!(w.books(w.queue).await.of(DeliveryState::Sending), 2);
    let mut again = outcome(slice, first, 1, DeliveryState::Planned);
    again.not_before = Micros(w.now().0 + 5 * MINUTE);
    let second = DeliveryKey { ordinal: 2, ..first };
    w.wave(1, vec![], vec![again, outcome(slice, second, 1, DeliveryState::Sent)]).await;
    let books = w.books(w.queue).await;
    assert_eq!((books.of(DeliveryState::Planned), books.of(DeliveryState::Sent), books.rows()), (2, 1, 3));
    assert!(w.store.lease_slice(2, Micros(w.now().0 + 90 * MINUTE), w.lease_end()).await.unwrap().is_none());
    assert!(w.waiting(slice, 10).await.is_empty());
    w.wait(MINUTE);
    assert_eq!(w.waiting(slice, 10).await.len(), 1);
    w.wait(4 * MINUTE);
    let slice = w.lease_queue(2).await;
    let rows = w.waiting(slice, 10).await;
    assert_eq!(rows.iter().map(|r| (r.key.ordinal, r.attempt)).collect::<Vec<_>>(), [(3, 0), (1, 1)]);
    let marked = w.wave(2, marks(slice, &rows), vec![]).await.marked;
    assert_eq!(marked[&first], 2, "the second hand-over");
}

#[both_engines(migrations = MIGRATIONS)]
async fn one_node_at_a_time_works_on_the_queue(db: TestDb) {
    let w = World::of(db).await;
    let lease = async |holder| {
        let (now, until) = (w.now(), w.lease_end());
        w.store.lease_queue(w.tenant, w.queue, holder, now, until).await.unwrap()
    };
    assert!(lease(1).await && lease(1).await);
    assert!(!lease(2).await);
    w.wait(MINUTE);
    assert!(lease(2).await, "an expired lease is taken over");
    assert!(!lease(1).await);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_workspace_has_one_queue_whoever_opens_it(db: TestDb) {
    let w = World::of(db).await;
    let new = volens_store::account::NewWorkspace {
        id: w.id(),
        slug: "second".into(),
        name: "Second".into(),
        settings: "{}".into(),
    };
    let tenant = w.store.create_workspace(new, w.now()).await.unwrap();
    let mut tasks = JoinSet::new();
    for no in 100..116 {
        let (store, now) = (w.store.clone(), w.now());
        tasks.spawn(async move { store.open_queue(tenant, StreamNo(no), now).await.unwrap() });
    }
    let streams: std::collections::HashSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(streams.len(), 1);
    assert!(!streams.contains(&w.queue), "another workspace's is another one");
    let stream = *streams.iter().next().unwrap();
    assert_eq!(w.store.workspace_of_stream(stream).await.unwrap(), Some(tenant));
    assert_eq!(w.store.workspace_of_stream(StreamNo(999)).await.unwrap(), None);
}
