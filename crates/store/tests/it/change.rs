//! Confirming, leaving and choosing by a link.

use volens_core::consent::{Body, Left};
use volens_core::id::{DeliveryKey, EventId};
use volens_core::locale::Locale;
use volens_core::purpose::{PurposeNo, Scope, TopicNo};
use volens_store::MIGRATIONS;
use volens_store::consent::Place;
use volens_store::consent::change::{Ask, Change, Changed, Confirmation, Confirmed, Gone};
use volens_store::contact::NewPoint;
use volens_store::delivery::Mail;
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{DAY, NEWS, US, World, confirmed, keys, left, left_everything, requested};

const OFFERS: Scope = Scope { purpose: PurposeNo(2), topic: None };
const RYE: Scope = Scope { purpose: PurposeNo(1), topic: Some(TopicNo(1)) };

fn delivery(w: &World) -> DeliveryKey {
    DeliveryKey { stream: w.queue, ordinal: w.number() }
}

async fn confirm(w: &World, place: Place, of: EventId) -> Confirmed {
    confirm_as(w, place, of, None).await
}

async fn confirm_as(w: &World, place: Place, of: EventId, name: Option<&str>) -> Confirmed {
    let (draft, name) = (w.draft(confirmed(of)), name.map(Into::into));
    let c = Confirmation { place, draft, delivery: delivery(w), locale: Locale::Fr, name };
    w.store.confirm(w.tenant, c, w.now()).await.unwrap()
}

async fn change(w: &World, place: Place, withdraw: Option<Body>, ask: &[Scope]) -> Changed {
    let ask = (!ask.is_empty()).then(|| Ask {
        draft: w.draft(requested(ask)),
        delivery: delivery(w),
        locale: Locale::Fr,
        form: None,
        keys: keys("ada@example.org", &[1]),
        day: w.now().0 / DAY,
        budget: 3,
    });
    let change = Change { place, withdraw: withdraw.map(|body| w.draft(body)), ask };
    w.store.change(w.tenant, change, w.now()).await.unwrap()
}

async fn mails(w: &World) -> Vec<Mail> {
    w.wait(1_000_000);
    let slice = w.lease_queue(1).await;
    w.waiting(slice, 100).await.into_iter().map(|row| row.payload.unwrap().mail).collect()
}

#[both_engines(migrations = MIGRATIONS)]
async fn yes_counts_once_and_brings_one_welcome(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.person("ada@example.org").await;
    let of = w.record(ada, requested(&[NEWS, OFFERS])).await.event.id;
    w.wait(300_000);
    let Confirmed::Done { event, standing } = confirm(&w, ada, of).await else { panic!("it waited") };
    assert!(standing.is_open(NEWS, US) && standing.is_open(OFFERS, US));
    let Confirmed::NotWaiting { standing: again } = confirm(&w, ada, of).await else { panic!("pressed twice") };
    assert_eq!(again, standing);
    assert_eq!(w.store.log(w.tenant, ada.point).await.unwrap().unwrap().seq, 2);
    let slice = w.lease_queue(1).await;
    assert!(w.waiting(slice, 10).await.is_empty(), "not before the next whole second");
    w.clock.set(event.happened_at.next_second());
    let rows = w.waiting(slice, 10).await;
    assert_eq!(rows.len(), 1);
    let payload = rows[0].payload.clone().unwrap();
    assert_eq!(payload.mail, Mail::Welcome { event: event.id, scopes: vec![NEWS, OFFERS] });
    assert!(payload.queued_at.seconds() > event.happened_at.seconds(), "the permission is older than the message");
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_name_comes_with_the_yes_where_there_was_none(db: TestDb) {
    let w = World::of(db).await;
    let nameless = NewPoint { name: None, ..w.stranger("ada@example.org") };
    let ada = w.store.make_point(w.tenant, nameless, w.now()).await.unwrap().place;
    let name = async || w.store.point(w.tenant, ada.point).await.unwrap().unwrap().name;
    for (scope, typed, known) in [(NEWS, "Ada", "Ada"), (OFFERS, "Somebody else", "Ada")] {
        let of = w.record(ada, requested(&[scope])).await.event.id;
        assert!(matches!(confirm_as(&w, ada, of, Some(typed)).await, Confirmed::Done { .. }));
        assert_eq!(name().await.as_deref(), Some(known));
        assert!(matches!(confirm_as(&w, ada, of, Some("Late")).await, Confirmed::NotWaiting { .. }));
    }
}

/// A topic that was left inside a purpose is left anew after the purpose had reopened it.
#[both_engines(migrations = MIGRATIONS)]
async fn a_topic_that_a_later_yes_reopened_can_be_left_again(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    for _ in 0..2 {
        w.wait(1_000_000);
        let out = change(&w, ada, Some(left(RYE)), &[]).await;
        assert!(out.withdrawn.is_some() && !out.standing.is_open(RYE, US) && out.standing.is_open(NEWS, US));
        assert!(change(&w, ada, Some(left(RYE)), &[]).await.withdrawn.is_none(), "twice is once");
        w.wait(1_000_000);
        let of = w.record(ada, requested(&[NEWS])).await.event.id;
        w.wait(1_000_000);
        let Confirmed::Done { standing, .. } = confirm(&w, ada, of).await else { panic!("it waited") };
        assert!(standing.is_open(RYE, US), "a later yes to the purpose covers its topics");
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn presses_at_once_confirm_once(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.person("ada@example.org").await;
    let of = w.record(ada, requested(&[NEWS])).await.event.id;
    let mut presses = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let c = Confirmation {
            place: ada,
            draft: w.draft(confirmed(of)),
            delivery: delivery(&w),
            locale: Locale::En,
            name: None,
        };
        let (store, tenant, now) = (w.store.clone(), w.tenant, w.now());
        presses.spawn(async move { store.confirm(tenant, c, now).await.unwrap() });
    }
    let done = presses.join_all().await.into_iter().filter(|c| matches!(c, Confirmed::Done { .. })).count();
    assert_eq!(done, 1);
    assert_eq!(mails(&w).await.len(), 1);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_request_that_was_left_or_disowned_no_longer_waits(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.person("ada@example.org").await;
    for closing in [left(NEWS), left_everything()] {
        let of = w.record(ada, requested(&[NEWS])).await.event.id;
        w.record(ada, closing).await;
        assert!(matches!(confirm(&w, ada, of).await, Confirmed::NotWaiting { .. }));
    }
    let of = w.record(ada, requested(&[NEWS])).await.event.id;
    w.record(ada, Body::Refused { of }).await;
    assert!(matches!(confirm(&w, ada, of).await, Confirmed::NotWaiting { .. }));
    assert_eq!(mails(&w).await, []);
}

#[both_engines(migrations = MIGRATIONS)]
async fn leaving_twice_is_recorded_once(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let first = change(&w, ada, Some(left(NEWS)), &[]).await;
    assert!(first.withdrawn.is_some() && !first.standing.is_open(NEWS, US));
    let again = change(&w, ada, Some(left(NEWS)), &[]).await;
    assert_eq!((again.withdrawn, &again.standing), (None, &first.standing));
    let never_had = change(&w, ada, Some(left(OFFERS)), &[]).await;
    assert!(never_had.withdrawn.is_some(), "leaving what one never had closes it too");
    let all = change(&w, ada, Some(left_everything()), &[]).await;
    assert!(all.withdrawn.is_some());
    assert!(change(&w, ada, Some(left_everything()), &[]).await.withdrawn.is_none());
    assert_eq!(w.store.log(w.tenant, ada.point).await.unwrap().unwrap().seq, 5);
    let rye =
        Body::Withdrawn { scopes: vec![Left { scope: RYE, sender: US }], everything: false, way: "choices".into() };
    assert!(change(&w, ada, Some(rye), &[]).await.withdrawn.is_some());
    assert_eq!(w.store.rebuild(w.tenant, None, false).await.unwrap().differing, []);
}

#[both_engines(migrations = MIGRATIONS)]
async fn choosing_takes_away_at_once_and_asks_for_the_rest(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let changed = change(&w, ada, Some(left(NEWS)), &[OFFERS]).await;
    let asked = changed.asked.unwrap();
    assert!(changed.withdrawn.is_some() && !changed.held);
    assert!(!changed.standing.is_open(NEWS, US) && !changed.standing.is_open(OFFERS, US), "nothing is added yet");
    assert_eq!(mails(&w).await, [Mail::Confirm { event: asked.id, form: None }]);
    assert!(matches!(confirm(&w, ada, asked.id).await, Confirmed::Done { .. }));
    let nothing_new = change(&w, ada, None, &[OFFERS]).await;
    assert!(nothing_new.asked.is_none() && !nothing_new.held, "what one has is not asked, and costs no budget");
    for turn in 2..=5 {
        let changed = change(&w, ada, None, &[NEWS]).await;
        assert_eq!((changed.asked.is_none(), changed.held), (turn > 3, turn > 3), "turn {turn}");
    }
    let leaving_is_free = change(&w, ada, Some(left(OFFERS)), &[NEWS]).await;
    assert!(leaving_is_free.withdrawn.is_some() && leaving_is_free.held);
    assert_eq!(w.store.rebuild(w.tenant, None, false).await.unwrap().differing, []);
}

#[both_engines(migrations = MIGRATIONS)]
async fn leaving_needs_no_more_than_the_point(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let leave = async |point| w.store.leave(w.tenant, point, w.draft(left(NEWS)), w.now()).await.unwrap();
    let Gone::Now(at) = leave(ada.point).await else { panic!("it was on") };
    let log = w.store.log(w.tenant, ada.point).await.unwrap().unwrap();
    let last = &log.events.last().unwrap().event;
    assert_eq!((last.happened_at, last.contact), (at, ada.contact));
    assert!(!log.standing.is_open(NEWS, US));
    assert_eq!(leave(ada.point).await, Gone::Before);
    assert_eq!(w.store.log(w.tenant, ada.point).await.unwrap().unwrap().seq, log.seq, "twice is once");
    assert_eq!(leave(w.id()).await, Gone::Nobody);
}
