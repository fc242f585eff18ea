//! The choices page: taking away counts at once, adding after one more press.

use volens_testkit::{TestDb, both_engines};

use crate::dump::{dump, gained};
use crate::fixture::{DAY, NEWS, OFFERS, house};

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
    house.post(&path, &[("save", "1"), ("purpose", "offers")]).await.says(200, "Tomorrow you can ask for it again");
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
