//! Joining and confirming, as a browser does it.

use std::time::Duration;

use axum::http::header;
use volens_core::consent::Body;
use volens_core::locale::Locale;
use volens_testkit::{TestDb, both_engines};

use crate::dump::{dump, gained};
use crate::fixture::{DAY, NEWS, OFFERS, ask, form, from_peer, house};

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_form_a_mail_and_one_press_make_a_permission(db: TestDb) {
    let house = house(db.db().clone()).await;
    let page = house.get("/f/letters").await;
    page.says(200, "Letters from the oven");
    assert!(!page.body.contains("checked"), "nothing is ticked");
    let time = page.field("t");
    house.clock.step(Duration::from_secs(20));
    let mut request = form(
        "/f/letters",
        &[("email", " Giulia.Rossi@example.it "), ("first_name", "Giulia"), ("purpose", "news"), ("t", &time)],
    );
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".parse().unwrap();
    request.headers_mut().insert(header::USER_AGENT, agent);
    let before = dump(&db).await;
    let thanks = ask(&house.router, from_peer(request, "203.0.113.77:4711")).await;
    thanks.says(200, "Giulia.Rossi@example.it");
    thanks.says(200, "Please confirm: letters from Nordic Bakery");
    thanks.says(200, "Twice more today at most");
    let stored = gained(&before, &dump(&db).await);
    assert_eq!(stored, [("act".into(), 1), ("context".into(), 2)].into(), "the act, and once the form as it was shown");
    let at = house.now();

    house.clock.step(Duration::from_secs(60));
    house.app.take_up(&house.ws).await.unwrap();
    assert_eq!(house.acts().await, 0);
    let show = house.show("giulia.rossi@example.it").await;
    assert_eq!(show.messages.len(), 1, "the confirmation mail is queued");
    let event = &show.events[0].event;
    assert_eq!(event.happened_at, at, "the act happened when the form was sent");
    assert_eq!(event.network.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(event.agent.as_deref(), Some("Firefox on Linux"));
    let Body::Requested { boxes, .. } = &event.body else { panic!("{event:?}") };
    assert_eq!(boxes.iter().map(|b| (b.initial, b.last)).collect::<Vec<_>>(), [(false, true), (false, false)]);
    assert_eq!(show.events[0].shown.as_ref().unwrap()["boxes"][0]["label"], "The Bread letter");

    let path = house.confirm(show.point, event.id);
    for _ in 0..2 {
        house.get(&path).await.says(200, "Yes, write to me");
        assert_ne!(house.why("giulia.rossi@example.it", NEWS).await, "CONSENT_DOI", "opening the link only asks");
    }
    let welcome = house.post(&path, &[]).await;
    welcome.says(200, "You are in, Giulia");
    welcome.says(200, "A welcome mail is on its way to G…i@example.it");
    assert_eq!(house.why("giulia.rossi@example.it", NEWS).await, "CONSENT_DOI");
    assert_ne!(house.why("giulia.rossi@example.it", OFFERS).await, "CONSENT_DOI", "what was not ticked is not asked");
    let after = dump(&db).await;
    house.post(&path, &[]).await.says(200, "You said yes already");
    house.get(&path).await.says(200, "You said yes already");
    assert_eq!(gained(&after, &dump(&db).await), [].into(), "twice pressed is once recorded");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_slip_is_asked_about_and_everything_typed_stays(db: TestDb) {
    let house = house(db.db().clone()).await;
    let time = house.time().await;
    let typed = [("email", "luca@gmial.com"), ("first_name", "Luca <b>"), ("purpose", "offers"), ("t", time.as_str())];
    let asked = house.post("/f/letters", &typed).await;
    asked.says(422, "Use luca@gmail.com");
    asked.says(422, "value=\"Luca &lt;b&gt;\"");
    asked.says(422, "value=\"offers\" checked");
    assert_eq!(asked.field("t"), time, "the token stays good, so that a quick press counts");
    assert!(asked.body.contains("Error:") && house.acts().await == 0);
    let kept = house.post("/f/letters", &[&typed[..], &[("email_keep", "luca@gmial.com")]].concat()).await;
    kept.says(200, "luca@gmial.com");
    assert_eq!(kept.field("email_keep"), "luca@gmial.com", "sending again does not ask again");
    let fixed = house.post("/f/letters", &[&typed[..], &[("email_fix", "luca@gmail.com")]].concat()).await;
    fixed.says(200, "luca@gmail.com");
    let other = [("email", "x@gmial.com"), ("email_keep", "luca@gmial.com"), ("t", time.as_str())];
    house.post("/f/letters", &other).await.says(422, "Use x@gmail.com");
    assert_eq!(house.acts().await, 2);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_mail_is_sent_again_within_the_days_budget(db: TestDb) {
    let house = house(db.db().clone()).await;
    let time = house.time().await;
    let mut page = house.post("/f/letters", &[("email", "a@example.org"), ("purpose", "news"), ("t", &time)]).await;
    for left in ["Once more today", "We have sent it as often as we may today"] {
        let (again, time) = (page.field("again"), page.field("t"));
        let fields = [("email", "a@example.org"), ("purpose", "news"), ("t", &time), ("again", &again)];
        page = house.post("/f/letters", &fields).await;
        page.says(200, left);
        page.says(200, "once more");
    }
    // Whoever goes on all the same gets the same page, and the job holds back.
    for _ in 0..3 {
        let fields = [("email", "a@example.org"), ("purpose", "news"), ("t", time.as_str()), ("again", "7")];
        house.post("/f/letters", &fields).await.says(200, "as often as we may");
    }
    house.app.take_up(&house.ws).await.unwrap();
    assert_eq!(house.show("a@example.org").await.messages.len(), 3, "three mails a day");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_machine_that_fills_the_hidden_field_is_thanked_and_not_stored(db: TestDb) {
    let house = house(db.db().clone()).await;
    let time = house.time().await;
    let fields = [("email", "bot@example.org"), ("purpose", "news"), ("t", &time), ("website", "http://spam.example")];
    let before = dump(&db).await;
    house.post("/f/letters", &fields).await.says(200, "One click is missing");
    assert_eq!(gained(&before, &dump(&db).await), [].into());
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_form_without_a_good_time_comes_again_with_everything_typed(db: TestDb) {
    let house = house(db.db().clone()).await;
    let time = house.get("/f/letters").await.field("t");
    let send = |time: String, lang: &'static str| {
        let house = &house;
        async move {
            let fields =
                [("email", "a@example.org"), ("first_name", "Ana"), ("purpose", "news"), ("t", &time), ("lang", lang)];
            house.post("/f/letters", &fields).await
        }
    };
    let young = send(time.clone(), "en").await;
    young.says(422, "Press the button once more");
    young.says(422, "value=\"a@example.org\"");
    young.says(422, "value=\"news\" checked");
    assert_eq!(young.field("t"), time);
    house.clock.step(Duration::from_secs(2));
    for bad in [String::new(), "x".repeat(35), time.to_lowercase()] {
        let got = send(bad, "en").await;
        got.says(422, "Press the button once more");
        assert_ne!(got.field("t"), time, "a fresh one");
    }
    send(time.clone(), "it").await.says(422, "lang=\"it\"");
    house.clock.step(DAY);
    send(time.clone(), "en").await.says(422, "Press the button once more");
    house.clock.step_back(2 * DAY);
    let early = send(time.clone(), "en").await;
    early.says(422, "Press the button once more");
    house.clock.step(Duration::from_secs(3));
    assert_eq!(house.acts().await, 0);
    send(early.field("t"), "en").await.says(200, "One click is missing");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_link_that_ran_out_sends_a_new_one(db: TestDb) {
    let house = house(db.db().clone()).await;
    let event = house.join("giulia.rossi@example.it").await;
    let point = house.point("giulia.rossi@example.it").await;
    let old = house.confirm(point, event);
    house.clock.step(7 * DAY);
    let before = dump(&db).await;
    house.get(&old).await.says(410, "Send me a new one");
    house.post(&old, &[]).await.says(410, "This link has run out");
    assert_eq!(gained(&before, &dump(&db).await), [].into(), "what ran out confirms nothing");
    let sent = house.post(&old, &[("renew", "1")]).await;
    sent.says(200, "g…i@example.it");
    sent.says(200, "Please confirm: letters from Nordic Bakery");
    let fresh = house.request_of("giulia.rossi@example.it").await;
    assert_ne!(fresh, event);
    let path = house.confirm(point, fresh);
    let question = house.get(&path).await;
    question.says(200, "You ticked this on nordicbakery.example");
    question.says(200, "Did somebody else type your address?");
    house.post(&path, &[]).await.says(200, "You are in");
    house.post(&old, &[("renew", "1")]).await.says(200, "You get our letters already");
    assert_eq!(house.why("giulia.rossi@example.it", NEWS).await, "CONSENT_DOI");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_new_link_is_held_to_the_days_budget(db: TestDb) {
    let house = house(db.db().clone()).await;
    let event = house.join("giulia.rossi@example.it").await;
    let old = house.confirm(house.point("giulia.rossi@example.it").await, event);
    house.clock.step(7 * DAY);
    for _ in 0..3 {
        house.post(&old, &[("renew", "1")]).await.says(200, "One click is missing");
    }
    house.post(&old, &[("renew", "1")]).await.says(200, "Tomorrow you can ask for it again");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn it_was_not_me_drops_the_request_for_thirty_days(db: TestDb) {
    let house = house(db.db().clone()).await;
    let event = house.join("victim@example.org").await;
    let point = house.point("victim@example.org").await;
    let (confirm, not_me) = (house.confirm(point, event), house.not_me(point, event));
    let question = house.get(&confirm).await;
    assert!(question.body.contains(&format!("action=\"{not_me}\"")), "one press from the confirming page");
    house.get(&not_me).await.says(200, "Was it somebody else?");
    house.get(&confirm).await.says(200, "Yes, write to me");
    let done = house.post(&not_me, &[]).await;
    done.says(200, "Noted: it was not you");
    done.says(200, "24 December 2026");
    for got in [house.post(&confirm, &[]).await, house.get(&confirm).await] {
        got.says(410, "There is nothing to confirm any more");
        assert!(!got.body.contains("pressed before"), "nobody pressed it");
    }
    house.clock.step(29 * DAY);
    let mails = house.show("victim@example.org").await.messages.len();
    house.join("victim@example.org").await;
    assert_eq!(house.show("victim@example.org").await.messages.len(), mails, "no mail for 30 days");
    house.clock.step(2 * DAY);
    house.join("victim@example.org").await;
    assert_eq!(house.show("victim@example.org").await.messages.len(), mails + 1);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn it_was_not_me_after_a_confirmation_offers_to_leave(db: TestDb) {
    let house = house(db.db().clone()).await;
    let point = house.reader("giulia.rossi@example.it").await;
    let event = house.request_of("giulia.rossi@example.it").await;
    let not_me = house.not_me(point, event);
    let page = house.get(&not_me).await;
    page.says(200, "What shall we stop?");
    assert!(page.body.contains(&format!("action=\"{}\"", house.leave(point))));
    let before = dump(&db).await;
    house.post(&not_me, &[]).await.says(200, "What shall we stop?");
    assert_eq!(gained(&before, &dump(&db).await), [].into(), "no mail is held back for it");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_link_whose_request_is_gone_was_not_pressed_before(db: TestDb) {
    let house = house(db.db().clone()).await;
    let left = house.join("left@example.org").await;
    let point = house.point("left@example.org").await;
    house.post(&house.leave(point), &[("stop", "this")]).await.says(200, "Stopped");
    house.post(&house.confirm(point, left), &[]).await.says(410, "There is nothing to confirm any more");
    // So many later ones that the first no longer waits.
    let first = house.join("many@example.org").await;
    for _ in 0..volens_core::consent::PENDING_MAX {
        house.clock.step(DAY);
        house.join("many@example.org").await;
    }
    let path = house.confirm(house.point("many@example.org").await, first);
    house.get(&path).await.says(410, "a newer mail took its place");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn what_a_stranger_types_counts_once_the_mailbox_says_yes(db: TestDb) {
    let house = house(db.db().clone()).await;
    let (reader, newcomer) = ("reader@example.org", "newcomer@example.org");
    let type_in = async |address: &str, name: &str, purpose: &str, lang: &str| {
        let time = house.get(&format!("/f/letters?lang={lang}")).await.field("t");
        house.clock.step(Duration::from_secs(5));
        let fields =
            [("email", address), ("first_name", name), ("purpose", purpose), ("lang", lang), ("t", time.as_str())];
        assert_eq!(house.post("/f/letters", &fields).await.status, 200);
        house.app.take_up(&house.ws).await.unwrap();
        house.request_of(address).await
    };
    let known = async |address: &str| {
        let point = house.point(address).await;
        let found = house.app.reader(house.ws.tenant.no, point).await.unwrap();
        (found.name, found.standing.locale)
    };
    // A reader without a name, who reads Italian.
    let event = type_in(reader, "", "news", "it").await;
    let point = house.point(reader).await;
    house.post(&house.confirm(point, event), &[]).await.says(200, "lang=\"it\"");
    assert_eq!(known(reader).await, (None, Some(Locale::It)));
    // Somebody types that address, with other words and in another language: it changes nothing until it is confirmed.
    let event = type_in(reader, "BUY NOW at evil.example", "offers", "de").await;
    assert_eq!(known(reader).await, (None, Some(Locale::It)));
    house.get(&house.confirm(point, event)).await.says(200, "lang=\"de\"");
    house.post(&house.confirm(point, event), &[]).await.says(200, "lang=\"de\"");
    assert_eq!(known(reader).await, (Some("BUY NOW at evil.example".into()), Some(Locale::De)));
    // A name that stands is kept.
    house.post(&house.leave(point), &[("stop", "all")]).await;
    house.clock.step(DAY);
    let event = type_in(reader, "Somebody else", "offers", "de").await;
    house.post(&house.confirm(point, event), &[]).await.says(200, "lang=\"de\"");
    assert_eq!(known(reader).await.0.as_deref(), Some("BUY NOW at evil.example"));
    // The same for an address that is new; the new mail for a link that ran out carries it on.
    let event = type_in(newcomer, "Ana", "news", "es").await;
    assert_eq!(known(newcomer).await, (None, None));
    let old = house.confirm(house.point(newcomer).await, event);
    house.clock.step(7 * DAY);
    house.post(&old, &[("renew", "1")]).await.says(200, "lang=\"es\"");
    assert_eq!(known(newcomer).await, (None, None));
    let fresh = house.confirm(house.point(newcomer).await, house.request_of(newcomer).await);
    house.post(&fresh, &[]).await.says(200, "Ana");
    assert_eq!(known(newcomer).await, (Some("Ana".into()), Some(Locale::Es)));
    assert_eq!(house.app.store.rebuild(house.ws.tenant, None, false).await.unwrap().differing, []);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_scanner_that_presses_uses_nothing_up(db: TestDb) {
    let house = house(db.db().clone()).await;
    let event = house.join("giulia.rossi@example.it").await;
    let path = house.confirm(house.point("giulia.rossi@example.it").await, event);
    let mut press = form(&path, &[]);
    press.headers_mut().insert(header::USER_AGENT, "Barracuda Link Protect".parse().unwrap());
    let before = dump(&db).await;
    ask(&house.router, press).await.says(200, "Yes, write to me");
    assert_eq!(gained(&before, &dump(&db).await), [].into());
    house.post(&path, &[]).await.says(200, "You are in");
}
