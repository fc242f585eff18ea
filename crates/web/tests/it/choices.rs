//! The choices page: taking away counts at once, adding after one more press.

use std::time::Duration;

use volens_testkit::{TestDb, both_engines};

use crate::dump::{dump, gained};
use crate::fixture::{DAY, NEWS, OFFERS, RYE, house};

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn what_is_taken_away_stops_and_what_is_added_waits(db: TestDb) {
    let house = house(db.db().clone()).await;
    let event = house.join("giulia.rossi@example.it").await;
    let point = house.point("giulia.rossi@example.it").await;
    house.post(&house.confirm(point, event), &[]).await.says(200, "You are in");
    let path = house.choices(point);
    let page = house.get(&path).await;
    page.says(200, "value=\"news\" checked");
    assert!(page.body.contains("value=\"offers\">") && page.body.contains("value=\"news/rye\" checked"));

    let saved = house.post(&path, &[("save", "1"), ("purpose", "offers")]).await;
    saved.says(200, "Stopped at once: the Bread letter.");
    saved.says(200, "Waiting for your click in the mail to g…i@example.it: Offers.");
    assert_eq!(house.why("giulia.rossi@example.it", NEWS).await, "WITHDRAWN");
    assert_ne!(house.why("giulia.rossi@example.it", OFFERS).await, "CONSENT_DOI", "the page gives no permission");
    let added = house.confirm(point, house.request_of("giulia.rossi@example.it").await);
    house.get(&added).await.says(200, "You added this to what you get");
    house.post(&added, &[]).await.says(200, "Offers");
    assert_eq!(house.why("giulia.rossi@example.it", OFFERS).await, "CONSENT_DOI");
    let after = dump(&db).await;
    house.post(&path, &[("save", "1"), ("purpose", "offers")]).await.says(200, "Nothing was different");
    assert_eq!(gained(&after, &dump(&db).await), [].into());
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn leave_all_is_one_press(db: TestDb) {
    let house = house(db.db().clone()).await;
    let path = house.choices(house.reader("giulia.rossi@example.it").await);
    let left = house.post(&path, &[("stop", "all")]).await;
    left.says(200, "Stopped at once: the Bread letter and Offers.");
    assert!(!left.body.contains("checked"));
    assert_eq!(house.why("giulia.rossi@example.it", NEWS).await, "SUPPRESSED");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_days_mails_are_counted_here_too(db: TestDb) {
    let house = house(db.db().clone()).await;
    let event = house.join("giulia.rossi@example.it").await;
    let point = house.point("giulia.rossi@example.it").await;
    house.post(&house.confirm(point, event), &[]).await.says(200, "You are in");
    house.join_for("giulia.rossi@example.it", &["offers"]).await;
    house.join_for("giulia.rossi@example.it", &["offers"]).await;
    let path = house.choices(point);
    house.post(&path, &[("save", "1")]).await.says(200, "Stopped at once");
    let held = house.post(&path, &[("save", "1"), ("purpose", "offers")]).await;
    held.says(200, "Not added yet: Offers. We have sent g…i@example.it as many mails as we may today");
    assert!(!held.body.contains("Nothing was different") && !held.body.contains("Waiting for your click"));
}

/// Everything that the page's own form sends as it came, but for the boxes of that key.
fn boxes<'a>(page: &'a str, without: &str) -> Vec<(&'a str, &'a str)> {
    let mut out = vec![("save", "1")];
    for input in page.split("<input ").skip(1) {
        let tag = input.split('>').next().unwrap();
        let part = |name: &str| tag.split(&format!("{name}=\"")).nth(1)?.split('"').next();
        let (kind, name, value) = (part("type").unwrap(), part("name").unwrap(), part("value").unwrap());
        if kind == "hidden" || (tag.contains(" checked") && value != without) {
            out.push((name, value));
        }
    }
    out
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn one_topic_is_left_inside_a_purpose_that_goes_on(db: TestDb) {
    let house = house(db.db().clone()).await;
    let giulia = "giulia.rossi@example.it";
    let point = house.reader(giulia).await;
    let path = house.choices(point);
    let page = house.get(&path).await.body;
    let saved = house.post(&path, &boxes(&page, "news/rye")).await;
    saved.says(200, "Stopped at once: Rye.");
    saved.says(200, "value=\"news\" checked");
    assert!(!saved.body.contains("value=\"news/rye\" checked") && !saved.body.contains("Waiting for your click in"));
    assert_eq!(house.why_about(giulia, RYE).await, "WITHDRAWN");
    assert_eq!(house.why(giulia, NEWS).await, "CONSENT_DOI", "the purpose goes on");
    let after = dump(&db).await;
    house.post(&path, &boxes(&saved.body, "")).await.says(200, "Nothing was different");
    assert_eq!(gained(&after, &dump(&db).await), [].into());

    // Ticking it again is a yes, and waits for the press in the mail.
    let ticked = [boxes(&saved.body, ""), vec![("topic", "news/rye")]].concat();
    let asked = house.post(&path, &ticked).await;
    asked.says(200, "Waiting for your click in the mail to g…i@example.it: Rye.");
    assert_eq!(house.why_about(giulia, RYE).await, "WITHDRAWN", "the page gives no permission");
    house.clock.step(Duration::from_secs(30));
    house.post(&house.confirm(point, house.request_of(giulia).await), &[]).await.says(200, "You are in");
    house.clock.step(Duration::from_secs(5));
    assert_eq!(house.why_about(giulia, RYE).await, "CONSENT_DOI");
    // And it can be left once more: a topic with a yes of its own.
    let page = house.get(&path).await.body;
    house.post(&path, &boxes(&page, "news/rye")).await.says(200, "Stopped at once: Rye.");
    assert_eq!(house.why_about(giulia, RYE).await, "WITHDRAWN");
    assert_eq!(house.app.store.rebuild(house.ws.tenant, None, false).await.unwrap().differing, []);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_purpose_that_is_added_brings_its_topics_until_one_is_unticked(db: TestDb) {
    let house = house(db.db().clone()).await;
    let giulia = "giulia.rossi@example.it";
    let event = house.join_for(giulia, &["offers"]).await;
    let point = house.point(giulia).await;
    house.post(&house.confirm(point, event), &[]).await.says(200, "You are in");
    let path = house.choices(point);
    let page = house.get(&path).await.body;
    let added = [boxes(&page, ""), vec![("purpose", "news")]].concat();
    let asked = house.post(&path, &added).await;
    asked.says(200, "Waiting for your click in the mail to g…i@example.it: the Bread letter.");
    house.post(&path, &added).await.says(200, "Nothing was different, so nothing has changed");
    asked.says(200, "value=\"news/rye\" checked");
    // The no to the topic is newer than what the mail asks for, and stays.
    house.post(&path, &boxes(&asked.body, "news/rye")).await.says(200, "Stopped at once: Rye.");
    house.clock.step(Duration::from_secs(30));
    house.post(&house.confirm(point, house.request_of(giulia).await), &[]).await.says(200, "You are in");
    house.clock.step(Duration::from_secs(5));
    assert_eq!(house.why(giulia, NEWS).await, "CONSENT_DOI");
    assert_eq!(house.why_about(giulia, RYE).await, "WITHDRAWN");
    let page = house.get(&path).await;
    assert!(page.body.contains("value=\"news\" checked") && !page.body.contains("value=\"news/rye\" checked"));
    // Leaving the purpose and saying yes to it again covers the topic (FACTS 4); then it can be left anew.
    house.post(&path, &boxes(&page.body, "news")).await.says(200, "Stopped at once: the Bread letter.");
    house.post(&path, &[boxes(&page.body, "news"), vec![("purpose", "news")]].concat()).await.says(200, "Waiting");
    house.clock.step(Duration::from_secs(30));
    house.post(&house.confirm(point, house.request_of(giulia).await), &[]).await.says(200, "You are in");
    house.clock.step(Duration::from_secs(5));
    assert_eq!(house.why_about(giulia, RYE).await, "CONSENT_DOI");
    let page = house.get(&path).await.body;
    house.post(&path, &boxes(&page, "news/rye")).await.says(200, "Stopped at once: Rye.");
    assert_eq!(house.why_about(giulia, RYE).await, "WITHDRAWN");
    assert_eq!(house.app.store.rebuild(house.ws.tenant, None, false).await.unwrap().differing, []);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_press_without_a_button_and_a_link_that_ran_out_change_nothing(db: TestDb) {
    let house = house(db.db().clone()).await;
    let path = house.choices(house.reader("giulia.rossi@example.it").await);
    let before = dump(&db).await;
    house.post(&path, &[("purpose", "news")]).await.says(400, "We could not read that");
    house.clock.step(30 * DAY);
    house.post(&path, &[("stop", "all")]).await.says(410, "Links like this one work for 30 days");
    house.get(&path).await.says(410, "24 November 2026");
    assert_eq!(gained(&before, &dump(&db).await), [].into());
}
