//! Context objects once, mails whole.

use volens_core::Randomness;
use volens_db::{Lane, params, statements};
use volens_store::MIGRATIONS;
use volens_store::consent::evidence::{KeptMail, sha256};
use volens_store::delivery::{DeliveryState, Mail, Payload, WaveOrder};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{NEWS, World, mark, requested};

statements! {
    /// How many context objects there are.
    CONTEXTS: Tenant [Int] => [Int] "SELECT COUNT(*) FROM context WHERE ws = $1";
    /// The pieces of all blobs.
    PIECES: Tenant [Int] => [Int, Int] "SELECT chunk, chunks FROM blob WHERE ws = $1 ORDER BY hash, chunk";
    /// Damages a blob.
    DAMAGE: Tenant [Int, Blob] => [] "UPDATE blob SET bytes = $2 WHERE ws = $1 AND chunk = 0";
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_context_object_is_stored_once(db: TestDb) {
    let w = World::of(db).await;
    let body = b"{\"boxes\":[]}".to_vec();
    let first = w.store.put_context(w.tenant, "texts", body.clone(), w.now()).await.unwrap();
    let again = w.store.put_context(w.tenant, "texts", body.clone(), w.now()).await.unwrap();
    assert_eq!((first, again), (sha256(&body), first));
    let n = w.db.query(&CONTEXTS, &params![w.tenant.no.0]).await.unwrap();
    assert_eq!(n[0].int(0), Ok(1));
    assert_eq!(w.store.context(w.tenant, first).await.unwrap(), Some(("texts".into(), body)));
    assert_eq!(w.store.context(w.tenant, [0; 32]).await.unwrap(), None);
}

/// Queues a confirmation, marks it in a wave and keeps these bytes with it.
async fn keep(w: &World, address: &str, bytes: &[u8], state: DeliveryState) -> volens_core::id::EventId {
    let place = w.person(address).await;
    let event = w.record(place, requested(&[NEWS])).await.event.id;
    let key = volens_core::id::DeliveryKey { stream: w.queue, ordinal: w.number() };
    let mail = Mail::Confirm { event, form: None };
    let payload = Payload { schema: 1, queued_at: w.now(), locale: Default::default(), mail };
    w.store.queue_mail(w.tenant, key, place.point, payload, w.now()).await.unwrap();
    let slice = w.lease_queue(1).await;
    let rows = w.waiting(slice, 100).await;
    let row = rows.iter().find(|r| r.key == key).unwrap();
    let mut one = mark(slice, row, state);
    if state == DeliveryState::Denied {
        one.seq += 1;
    }
    let kept = vec![(w.tenant.no.0, KeptMail::pack(event, key, bytes).unwrap())];
    let order = WaveOrder { holder: 1, now: w.now(), marks: vec![one], kept, ..WaveOrder::default() };
    w.store.wave(order).await.unwrap();
    event
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_kept_mail_comes_back_as_it_was_sent(db: TestDb) {
    let w = World::of(db).await;
    let bytes = b"Subject: Please confirm\r\n\r\nOne press.\r\n".repeat(200);
    let event = keep(&w, "ada@example.org", &bytes, DeliveryState::Sending).await;
    let kept = w.store.kept_mails(w.tenant, event).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].0.stream, &kept[0].1), (w.queue, &bytes));
    let pieces = w.db.query(&PIECES, &params![w.tenant.no.0]).await.unwrap();
    assert_eq!(pieces.len(), 1);
    let same = keep(&w, "bea@example.org", &bytes, DeliveryState::Sending).await;
    assert_eq!(w.store.kept_mails(w.tenant, same).await.unwrap()[0].1, bytes);
    assert_eq!(w.db.query(&PIECES, &params![w.tenant.no.0]).await.unwrap().len(), 1, "equal bytes lie there once");
    assert_eq!(w.store.kept_mails(w.tenant, w.id()).await.unwrap(), []);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_large_mail_lies_in_pieces(db: TestDb) {
    let w = World::of(db).await;
    let mut bytes = vec![0; 700_000];
    w.chance.fill(&mut bytes);
    let event = keep(&w, "ada@example.org", &bytes, DeliveryState::Sending).await;
    assert!(w.store.kept_mails(w.tenant, event).await.unwrap()[0].1 == bytes);
    let pieces = w.db.query(&PIECES, &params![w.tenant.no.0]).await.unwrap();
    let pieces: Vec<_> = pieces.iter().map(|r| (r.int(0).unwrap(), r.int(1).unwrap())).collect();
    assert_eq!(pieces, [(0, 3), (1, 3), (2, 3)]);
    let damage = params![w.tenant.no.0, [1_u8, 2, 3]];
    w.db.execute(Lane::Interactive, &DAMAGE, &damage).await.unwrap();
    assert!(w.store.kept_mails(w.tenant, event).await.is_err(), "a damaged mail is not shown as what was sent");
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_mail_that_was_not_marked_is_not_kept(db: TestDb) {
    let w = World::of(db).await;
    // The mark's `seq` is wrong: the fence holds it back.
    let event = keep(&w, "ada@example.org", b"never sent", DeliveryState::Denied).await;
    assert_eq!(w.store.kept_mails(w.tenant, event).await.unwrap(), []);
    assert_eq!(w.db.query(&PIECES, &params![w.tenant.no.0]).await.unwrap().len(), 0);
}
