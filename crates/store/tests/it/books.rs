//! Who is behind a row, and what a person was told.

use volens_core::Micros;
use volens_core::id::DeliveryKey;
use volens_core::locale::Locale;
use volens_store::MIGRATIONS;
use volens_store::delivery::{DeliveryState, Mail, Outcome, Payload};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{NEWS, World, marks, outcome};

use DeliveryState::{Failed, Planned, Sent};

#[both_engines(migrations = MIGRATIONS)]
async fn rows_in_a_state_are_named_newest_first(db: TestDb) {
    let w = World::of(db).await;
    w.readers(4).await;
    let stream = w.running_campaign().await;
    let slice = w.lease(1).await;
    let rows = w.waiting(slice, 4).await;
    w.wave(1, marks(slice, &rows), vec![]).await;
    for i in [2, 0, 1] {
        w.wait(1_000_000);
        let refused = Outcome { reply: Some(format!("550 no {i}")), ..outcome(slice, rows[i].key, 1, Failed) };
        w.wave(1, vec![], vec![refused]).await;
    }
    let failed = w.store.rows_in(w.tenant, stream, Failed, 10).await.unwrap();
    assert_eq!(failed.iter().map(|n| n.key).collect::<Vec<_>>(), [1, 0, 2].map(|i: usize| rows[i].key));
    assert_eq!((failed[0].point, &failed[0].address), (rows[1].point, &rows[1].address));
    assert_eq!((failed[0].name.as_ref(), failed[0].attempt), (rows[1].name.as_ref(), 1));
    assert_eq!((failed[0].reply.as_deref(), failed[0].changed_at), (Some("550 no 1"), w.now()));
    assert_eq!(failed[0].decision, Some(vec![1, 2, 3]));
    assert_eq!(w.store.rows_in(w.tenant, stream, Failed, 2).await.unwrap().len(), 2);
    assert_eq!(w.store.rows_in(w.tenant, stream, Sent, 2).await.unwrap().len(), 0);
}

#[both_engines(migrations = MIGRATIONS)]
async fn what_a_person_was_told_comes_newest_first(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let bea = w.reader("bea@example.org").await;
    let key = DeliveryKey { stream: w.queue, ordinal: 5 };
    let payload = Payload {
        schema: 1,
        queued_at: w.now(),
        locale: Locale::En,
        mail: Mail::Welcome { event: w.id(), scopes: vec![NEWS] },
    };
    w.store.queue_mail(w.tenant, key, ada.point, payload.clone(), w.now()).await.unwrap();
    w.wait(1_000_000);
    let stream = w.running_campaign().await;
    let told = w.store.told(w.tenant, ada.point, 10).await.unwrap();
    assert_eq!(told.iter().map(|t| t.key.stream).collect::<Vec<_>>(), [stream, w.queue]);
    let welcome: Payload = serde_json::from_str(told[1].payload.as_deref().unwrap()).unwrap();
    assert_eq!((welcome, told[1].key, told[0].state), (payload, key, Planned));
    assert_eq!((&told[0].payload, told[0].changed_at), (&None, w.now()));
    assert_eq!(w.store.told(w.tenant, ada.point, 1).await.unwrap().len(), 1);
    assert_eq!(w.store.told(w.tenant, bea.point, 10).await.unwrap().len(), 1);
    let one = w.store.delivery(w.tenant, key).await.unwrap().unwrap();
    assert_eq!((one.key, one.state, one.attempt), (key, Planned, 0));
    assert!(w.store.delivery(w.tenant, DeliveryKey { ordinal: 6, ..key }).await.unwrap().is_none());
    assert_eq!(w.books(stream).await.of(Planned), 2);
    assert_eq!(one.changed_at, Micros(w.now().0 - 1_000_000));
}
