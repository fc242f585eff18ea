//! Sign-up acts: one row each, taken up once, within the address's budget.

use volens_core::Micros;
use volens_core::consent::{Body, Box_, Draft};
use volens_core::id::{ActId, DeliveryKey, FormId};
use volens_core::locale::Locale;
use volens_core::permission::{StopReason, StopScope};
use volens_core::purpose::{PurposeNo, Scope};
use volens_db::{params, statements};
use volens_store::contact::NewPoint;
use volens_store::delivery::{Mail, Planned};
use volens_store::intake::{ActDoc, ActRow, Buried, PreparedAct, TakenUp};
use volens_store::{MIGRATIONS, Store};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{DAY, NEWS, US, World, keys, left_everything, requested};

const OFFERS: Scope = Scope { purpose: PurposeNo(2), topic: None };

statements! {
    /// The acts that were put aside.
    BURIED: Tenant [Int] => [Blob, Text] "SELECT id, error FROM dead_act WHERE ws = $1 ORDER BY id";
}

fn form() -> FormId {
    FormId::from_bytes([9; 16])
}

fn act(w: &World, address: &str) -> ActRow {
    let doc = ActDoc {
        schema: 1,
        address: address.into(),
        name: Some("Ada".into()),
        boxes: vec![Box_ { name: "news".into(), initial: false, last: true }],
        button: "Join".into(),
        locale: Locale::En,
        network: Some("203.0.113.0/24".into()),
        agent: None,
        form_render: "aa".into(),
        form_texts: "bb".into(),
    };
    ActRow { id: w.id(), form: form(), form_version: 1, doc, happened_at: w.now() }
}

fn prepared(w: &World, act: &ActRow, scopes: &[Scope]) -> PreparedAct {
    PreparedAct {
        id: act.id,
        person: w.stranger(&act.doc.address),
        request: Draft { at: Some(act.happened_at), ..w.draft(requested(scopes)) },
        delivery: DeliveryKey { stream: w.queue, ordinal: w.number() },
        form: act.form,
        locale: Locale::En,
        day: w.now().0 / DAY,
        budget: 3,
    }
}

/// Stores an act and takes it up.
async fn sign_up(w: &World, address: &str, scopes: &[Scope]) -> TakenUp {
    let act = act(w, address);
    w.store.store_act(w.tenant, &act).await.unwrap();
    let taken = w.store.take_up(w.tenant, vec![prepared(w, &act, scopes)], w.now()).await.unwrap();
    assert_eq!(w.store.count_acts(w.tenant).await.unwrap(), 0, "the row goes");
    taken[0]
}

/// The mails that wait.
async fn mails(w: &World) -> Vec<Planned> {
    let slice = w.lease_queue(1).await;
    w.waiting(slice, 100).await
}

fn mail(row: &Planned) -> Mail {
    row.payload.clone().unwrap().mail
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_act_is_stored_as_it_came(db: TestDb) {
    let w = World::of(db).await;
    let first = act(&w, "ada@example.org");
    w.wait(2_000);
    let second = act(&w, "bea@example.org");
    for act in [&second, &first] {
        w.store.store_act(w.tenant, act).await.unwrap();
    }
    assert_eq!(w.store.waiting_acts(w.tenant, 10).await.unwrap(), [first.clone(), second]);
    assert_eq!(w.store.waiting_acts(w.tenant, 1).await.unwrap(), [first]);
    assert_eq!(w.store.count_acts(w.tenant).await.unwrap(), 2);
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 0);
}

#[both_engines(migrations = MIGRATIONS)]
async fn somebody_unknown_is_asked_to_confirm(db: TestDb) {
    let w = World::of(db).await;
    let happened_at = w.now();
    let act = act(&w, "ada@example.org");
    w.store.store_act(w.tenant, &act).await.unwrap();
    w.wait(30_000_000);
    let prepared = prepared(&w, &act, &[NEWS, OFFERS]);
    let taken = w.store.take_up(w.tenant, vec![prepared.clone()], w.now()).await.unwrap();
    let TakenUp::Asked(event) = taken[0] else { panic!("{taken:?}") };
    let place = prepared.person.place;
    let log = w.store.log(w.tenant, place.point).await.unwrap().unwrap();
    assert_eq!(log.events[0].event.happened_at, happened_at, "the act's time is the POST's");
    assert_eq!(log.events[0].event.recorded_at, w.now());
    assert_eq!(log.standing.request(event).unwrap().items.len(), 2);
    assert!(log.standing.grants.is_empty(), "nothing is permitted yet");
    let mails = mails(&w).await;
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].point, mails[0].key), (place.point, prepared.delivery));
    assert_eq!(mail(&mails[0]), Mail::Confirm { event, form: Some(form()) });
    assert_eq!(mails[0].payload.as_ref().unwrap().queued_at, w.now());
}

#[both_engines(migrations = MIGRATIONS)]
async fn what_somebody_has_is_not_asked_again(db: TestDb) {
    let w = World::of(db).await;
    let known = w.person("known@example.org").await;
    assert!(matches!(sign_up(&w, "known@example.org", &[NEWS]).await, TakenUp::Asked(_)));
    assert_eq!(w.store.log(w.tenant, known.point).await.unwrap().unwrap().seq, 1);
    let ada = w.reader("ada@example.org").await;
    assert_eq!(sign_up(&w, "ada@example.org", &[NEWS]).await, TakenUp::Already);
    assert_eq!(w.store.log(w.tenant, ada.point).await.unwrap().unwrap().seq, 2, "nothing was recorded");
    let TakenUp::Asked(event) = sign_up(&w, "ada@example.org", &[NEWS, OFFERS]).await else { panic!("asked") };
    let standing = w.store.log(w.tenant, ada.point).await.unwrap().unwrap().standing;
    let asked: Vec<_> = standing.request(event).unwrap().items.iter().map(|i| i.scope).collect();
    assert_eq!(asked, [OFFERS], "only what is missing");
    let mails = mails(&w).await;
    assert_eq!(mails.len(), 3);
    assert_eq!(mail(&mails[1]), Mail::Already { form: form() });
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 2);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_stopped_address_is_asked_like_any_other(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    w.record(ada, Body::Suppressed { scope: StopScope::Everything, reason: StopReason::Complaint }).await;
    let bea = w.reader("bea@example.org").await;
    w.record(bea, left_everything()).await;
    for (address, place) in [("ada@example.org", ada), ("bea@example.org", bea)] {
        let TakenUp::Asked(event) = sign_up(&w, address, &[NEWS]).await else { panic!("{address}") };
        let standing = w.store.log(w.tenant, place.point).await.unwrap().unwrap().standing;
        assert!(standing.request(event).is_some());
        assert_eq!(standing.gate().number(), 7, "asking opens nothing");
    }
    assert_eq!(mails(&w).await.len(), 2);
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_address_has_a_budget_a_day(db: TestDb) {
    let w = World::of(db).await;
    for turn in 1..=5 {
        let taken = sign_up(&w, "ada@example.org", &[NEWS]).await;
        assert_eq!(taken == TakenUp::Held, turn > 3, "turn {turn}: {taken:?}");
    }
    assert!(matches!(sign_up(&w, "bea@example.org", &[NEWS]).await, TakenUp::Asked(_)), "each address its own");
    assert_eq!(mails(&w).await.len(), 4);
    w.wait(DAY);
    assert!(matches!(sign_up(&w, "ada@example.org", &[NEWS]).await, TakenUp::Asked(_)), "a new day");
    assert_eq!(mails(&w).await.len(), 5);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_new_key_does_not_double_the_budget(db: TestDb) {
    let w = World::of(db).await;
    for ids in [&[1][..], &[1], &[2, 1], &[2, 1]].iter().zip(1..) {
        let act = act(&w, "ada@example.org");
        w.store.store_act(w.tenant, &act).await.unwrap();
        let mut prepared = prepared(&w, &act, &[NEWS]);
        prepared.person = NewPoint { keys: keys("ada@example.org", ids.0), ..prepared.person };
        let taken = w.store.take_up(w.tenant, vec![prepared], w.now()).await.unwrap();
        assert_eq!(taken[0] == TakenUp::Held, ids.1 > 3, "turn {}", ids.1);
    }
}

#[both_engines(migrations = MIGRATIONS)]
async fn it_was_not_me_holds_for_its_time(db: TestDb) {
    let w = World::of(db).await;
    let TakenUp::Asked(of) = sign_up(&w, "ada@example.org", &[NEWS]).await else { panic!("asked") };
    let until = Micros(w.now().0 + 30 * DAY);
    let disown = async || {
        let refusal = w.draft(Body::Refused { of });
        w.store.disown(w.tenant, keys("ada@example.org", &[1]), refusal, until, w.now()).await.unwrap()
    };
    assert!(disown().await);
    assert!(!disown().await, "the second press finds nothing that waits");
    let place = w.store.find_point(w.tenant, keys("ada@example.org", &[1])).await.unwrap().unwrap().place;
    let log = w.store.log(w.tenant, place.point).await.unwrap().unwrap();
    assert_eq!((log.seq, log.standing.pending.len()), (2, 0));
    assert_eq!(sign_up(&w, "ada@example.org", &[NEWS]).await, TakenUp::Held);
    w.wait(29 * DAY);
    assert_eq!(sign_up(&w, "ada@example.org", &[NEWS]).await, TakenUp::Held);
    w.wait(DAY);
    assert!(matches!(sign_up(&w, "ada@example.org", &[NEWS]).await, TakenUp::Asked(_)));
    let stranger = keys("nobody@example.org", &[1]);
    assert!(!w.store.disown(w.tenant, stranger, w.draft(Body::Refused { of }), until, w.now()).await.unwrap());
}

#[both_engines(migrations = MIGRATIONS)]
async fn acts_are_answered_in_the_order_given(db: TestDb) {
    let w = World::of(db).await;
    let mut acts = Vec::new();
    for i in 0..20 {
        let act = act(&w, &format!("reader{i}@example.org"));
        if i % 2 == 0 {
            w.store.store_act(w.tenant, &act).await.unwrap();
        }
        acts.push(prepared(&w, &act, &[NEWS]));
    }
    let taken = w.store.take_up(w.tenant, acts, w.now()).await.unwrap();
    for (i, taken) in taken.iter().enumerate() {
        assert_eq!(*taken == TakenUp::Gone, i % 2 == 1, "{i}");
    }
    assert_eq!(mails(&w).await.len(), 10);
}

#[both_engines(migrations = MIGRATIONS)]
async fn two_nodes_take_an_act_up_once(db: TestDb) {
    let w = World::of(db).await;
    let other = Store::of(w.db.another_node().await);
    for round in 0..8 {
        let act = act(&w, &format!("reader{round}@example.org"));
        w.store.store_act(w.tenant, &act).await.unwrap();
        let (a, b) = (prepared(&w, &act, &[NEWS]), prepared(&w, &act, &[NEWS]));
        let both = tokio::join!(w.store.take_up(w.tenant, vec![a], w.now()), other.take_up(w.tenant, vec![b], w.now()));
        let taken = [both.0.unwrap()[0], both.1.unwrap()[0]];
        assert_eq!(taken.iter().filter(|t| **t == TakenUp::Gone).count(), 1, "{taken:?}");
    }
    assert_eq!(mails(&w).await.len(), 8);
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 8);
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_act_that_fails_takes_none_along_and_is_put_aside(db: TestDb) {
    let w = World::of(db).await;
    let (good, bad) = (act(&w, "ada@example.org"), act(&w, "bea@example.org"));
    for act in [&good, &bad] {
        w.store.store_act(w.tenant, act).await.unwrap();
    }
    let (good_one, mut bad_one) = (prepared(&w, &good, &[NEWS]), prepared(&w, &bad, &[NEWS]));
    bad_one.request.id = good_one.request.id;
    let both = w.store.take_up(w.tenant, vec![good_one.clone(), bad_one], w.now()).await;
    assert!(both.is_err());
    assert_eq!(w.store.count_acts(w.tenant).await.unwrap(), 2, "neither was taken");
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 0);
    w.store.take_up(w.tenant, vec![good_one], w.now()).await.unwrap();
    for id in [bad.id, good.id, w.id::<volens_core::id::Act>() as ActId] {
        w.store.bury_act(w.tenant, id, "the id is taken".into(), w.now()).await.unwrap();
    }
    assert_eq!(w.store.count_acts(w.tenant).await.unwrap(), 0);
    let buried = w.db.query(&BURIED, &params![w.tenant.no.0]).await.unwrap();
    assert_eq!(buried.len(), 1, "what was taken up is not put aside");
    assert_eq!((buried[0].get(0), buried[0].text(1)), (Ok(bad.id.bytes()), Ok("the id is taken")));
    let told = w.store.buried_acts(w.tenant).await.unwrap();
    assert_eq!(told, Some(Buried { acts: 1, newest_error: "the id is taken".into(), newest_at: w.now() }));
    assert_eq!(w.store.dig_up_acts(w.tenant).await.unwrap(), 1);
    assert_eq!(w.store.buried_acts(w.tenant).await.unwrap(), None);
    let waits = w.store.waiting_acts(w.tenant, 10).await.unwrap();
    assert_eq!(waits.iter().map(|a| (a.id, &a.doc)).collect::<Vec<_>>(), [(bad.id, &bad.doc)]);
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_permission_of_another_sender_is_no_answer(db: TestDb) {
    let w = World::of(db).await;
    let ada = w.reader("ada@example.org").await;
    let log = w.store.log(w.tenant, ada.point).await.unwrap().unwrap();
    assert!(log.standing.is_open(NEWS, US));
    let act = act(&w, "ada@example.org");
    w.store.store_act(w.tenant, &act).await.unwrap();
    let mut prepared = prepared(&w, &act, &[NEWS]);
    if let Body::Requested { items, .. } = &mut prepared.request.body {
        items[0].sender = volens_core::purpose::SenderNo(2);
    }
    let taken = w.store.take_up(w.tenant, vec![prepared], w.now()).await.unwrap();
    assert!(matches!(taken[0], TakenUp::Asked(_)));
}

#[both_engines(migrations = MIGRATIONS)]
async fn what_gave_way_to_people_waits_and_is_taken_up_later(db: TestDb) {
    let w = World::of(db).await;
    let acts: Vec<_> = (0..150).map(|i| act(&w, &format!("reader{i}@example.org"))).collect();
    for act in &acts {
        w.store.store_act(w.tenant, act).await.unwrap();
    }
    let late: Vec<_> = (0..150).map(|i| act(&w, &format!("late{i}@example.org"))).collect();
    let people = async {
        for act in &late {
            w.store.store_act(w.tenant, act).await.unwrap();
        }
    };
    let job = async {
        let mut waiting: Vec<_> = acts.iter().map(|act| prepared(&w, act, &[NEWS])).collect();
        while !waiting.is_empty() {
            let taken = w.store.take_up(w.tenant, waiting.clone(), w.now()).await.unwrap();
            assert!(taken.iter().any(|t| *t != TakenUp::Waits), "it goes on, however many people there are");
            assert!(taken.iter().all(|t| matches!(t, TakenUp::Waits | TakenUp::Asked(_))), "{taken:?}");
            let mut of = taken.iter();
            waiting.retain(|_| of.next() == Some(&TakenUp::Waits));
        }
    };
    tokio::join!(people, job);
    assert_eq!(w.store.count_acts(w.tenant).await.unwrap(), 150, "those of the people");
    assert_eq!(w.store.count_contacts(w.tenant).await.unwrap(), 150, "each of the others once");
}
