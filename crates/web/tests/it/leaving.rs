//! Leaving by page and by one click, and the way back.

use std::time::Duration;

use axum::http::header;
use volens_core::consent::Actor;
use volens_core::id::PointId;
use volens_core::purpose::Scope;
use volens_core::token::LeaveToken;
use volens_testkit::{TestDb, both_engines};

use crate::dump::{dump, gained};
use crate::fixture::{DAY, NEWS, OFFERS, RYE, ask, form, house, multipart};

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn one_press_and_it_stops(db: TestDb) {
    let house = house(db.db().clone()).await;
    let point = house.reader("giulia.rossi@example.it").await;
    let path = house.leave(point);
    let page = house.get(&path).await;
    page.says(200, "Stop the Bread letter");
    page.says(200, "g…i@example.it");
    assert_eq!(house.why("giulia.rossi@example.it", NEWS).await, "CONSENT_DOI", "opening the link stops nothing");
    let left = house.post(&path, &[("stop", "this")]).await;
    left.says(200, "Stopped: the Bread letter");
    left.says(200, "Stop Offers too");
    assert_eq!(house.why("giulia.rossi@example.it", NEWS).await, "WITHDRAWN");
    assert_eq!(house.why("giulia.rossi@example.it", OFFERS).await, "CONSENT_DOI", "what was not named goes on");
    let after = dump(&db).await;
    house.clock.step(Duration::from_secs(90));
    house.post(&path, &[("stop", "this")]).await.says(200, "You had left already");
    house.get(&path).await.says(200, "You had left already. It took effect at 11:00:10");
    assert_eq!(gained(&after, &dump(&db).await), [].into(), "twice pressed is once recorded");

    house.post(&path, &[("stop", "offers")]).await.says(200, "Stopped: Offers");
    assert_eq!(house.why("giulia.rossi@example.it", OFFERS).await, "WITHDRAWN");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn everything_stops_with_one_press_and_comes_back_by_mail(db: TestDb) {
    let house = house(db.db().clone()).await;
    let point = house.reader("giulia.rossi@example.it").await;
    let path = house.leave(point);
    house.post(&path, &[("stop", "all")]).await.says(200, "Stopped: everything from Nordic Bakery");
    house.get(&path).await.says(200, "Stopped: everything from Nordic Bakery");
    assert_eq!(house.why("giulia.rossi@example.it", OFFERS).await, "SUPPRESSED");
    let mails = house.show("giulia.rossi@example.it").await.messages.len();
    house.post(&path, &[("back", "all")]).await.says(200, "A way back is in the mail");
    assert_eq!(house.why("giulia.rossi@example.it", NEWS).await, "SUPPRESSED", "the link itself opens nothing");
    assert_eq!(house.show("giulia.rossi@example.it").await.messages.len(), mails + 1);
    // A yes counts against a stop only when it is later.
    house.clock.step(Duration::from_secs(30));
    let back = house.confirm(point, house.request_of("giulia.rossi@example.it").await);
    let question = house.get(&back).await;
    question.says(200, "You asked for a way back");
    question.says(200, "The Bread letter");
    house.post(&back, &[]).await.says(200, "You are in");
    assert_eq!(house.why("giulia.rossi@example.it", NEWS).await, "CONSENT_DOI");
    assert_eq!(house.why("giulia.rossi@example.it", OFFERS).await, "CONSENT_DOI");
    house.get(&path).await.says(200, "Stop the Bread letter");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn what_comes_back_is_what_was_left_and_no_more(db: TestDb) {
    let house = house(db.db().clone()).await;
    let giulia = "giulia.rossi@example.it";
    let event = house.join_for(giulia, &["offers"]).await;
    let point = house.point(giulia).await;
    house.post(&house.confirm(point, event), &[]).await.says(200, "You are in");
    let rye = [("save", "1"), ("purpose", "offers"), ("topic", "news/rye")];
    house.post(&house.choices(point), &rye).await.says(200, "Waiting for your click");
    house.clock.step(Duration::from_secs(30));
    house.post(&house.confirm(point, house.request_of(giulia).await), &[]).await.says(200, "You are in");
    let path = house.leave(point);
    for (what, wanted) in [("this", vec![RYE]), ("all", vec![RYE, Scope::whole(OFFERS)])] {
        house.clock.step(DAY);
        house.post(&path, &[("stop", what)]).await.says(200, "Stopped");
        house.post(&path, &[("back", what)]).await.says(200, "A way back is in the mail");
        let back = house.request_of(giulia).await;
        let asked = house.app.asked(house.ws.tenant.no, point, back).await.unwrap();
        assert_eq!(asked.scopes, wanted, "the purpose of the topic was never asked for");
        house.clock.step(Duration::from_secs(30));
        house.post(&house.confirm(point, back), &[]).await.says(200, "You are in");
        house.clock.step(Duration::from_secs(5));
        assert_eq!(house.why_about(giulia, RYE).await, "CONSENT_DOI");
        assert_ne!(house.why(giulia, NEWS).await, "CONSENT_DOI");
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_way_back_says_the_same_whatever_became_of_it(db: TestDb) {
    let house = house(db.db().clone()).await;
    let point = house.reader("giulia.rossi@example.it").await;
    let path = house.leave(point);
    let granted = house.post(&path, &[("back", "this")]).await;
    house.post(&path, &[("stop", "this")]).await.says(200, "Stopped");
    let mut bodies = Vec::new();
    for _ in 0..4 {
        bodies.push(house.post(&path, &[("back", "this")]).await.body);
    }
    assert!(bodies.iter().all(|b| *b == granted.body), "granted, sent and held back alike");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn one_click_urlencoded_and_multipart_closes_the_purpose_of_the_link(db: TestDb) {
    let house = house(db.db().clone()).await;
    let fields = [("List-Unsubscribe", "One-Click")];
    for (address, shape) in [("a@example.org", "urlencoded"), ("b@example.org", "multipart")] {
        let path = house.leave(house.reader(address).await);
        let mut seen = None;
        for press in 0..2 {
            let request = if shape == "multipart" { multipart(&path, &fields) } else { form(&path, &fields) };
            let got = ask(&house.router, request).await;
            assert_eq!((got.status, got.body.as_str()), (200, "Stopped.\n"), "{shape} {press}");
            assert!(!got.headers.contains_key(header::SET_COOKIE) && !got.headers.contains_key(header::LOCATION));
            let now = dump(&db).await;
            if let Some(first) = seen.replace(now.clone()) {
                assert_eq!(gained(&first, &now), [].into(), "{shape}: twice is once");
            }
        }
        assert_eq!(house.why(address, NEWS).await, "WITHDRAWN");
        assert_eq!(house.why(address, OFFERS).await, "CONSENT_DOI", "the purpose that List-Id names, no other");
        let show = house.show(address).await;
        assert_eq!(show.events.last().unwrap().event.actor, Actor::Provider);
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn one_click_for_somebody_who_is_gone_is_fulfilled(db: TestDb) {
    let house = house(db.db().clone()).await;
    let gone: PointId = house.app.id();
    let path = format!("/u/{}", LeaveToken::new(house.ws.tenant.no, gone, NEWS).mint(&house.app.ring));
    house.post(&path, &[("List-Unsubscribe", "One-Click")]).await.says(200, "Stopped.");
    house.get(&path).await.says(404, "There is nothing here");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_press_that_names_nothing_stops_nothing(db: TestDb) {
    let house = house(db.db().clone()).await;
    let path = house.leave(house.reader("giulia.rossi@example.it").await);
    let before = dump(&db).await;
    for fields in [&[][..], &[("stop", "nonsense")], &[("List-Unsubscribe", "two clicks")], &[("Stop", "all")]] {
        house.post(&path, fields).await.says(400, "We could not read that");
    }
    assert_eq!(gained(&before, &dump(&db).await), [].into());
}
