//! Refusals that are about us pause the campaign and count against nobody.

use std::sync::Arc;
use std::time::Duration;

use volens_core::permission::Evidence;
use volens_store::campaign::CampaignState;
use volens_store::delivery::DeliveryState::{Denied, Failed, Planned, Sending, Sent, Skipped};
use volens_testkit::sink::{At, Fault, Sink, SinkConfig};
use volens_testkit::{TestDb, both_engines};
use volens_wire::{Credentials, Reply, Secret};

use crate::fixture::{House, LETTER, Running, house, house_at, relay};

async fn paused(house: &House, stream: volens_core::id::StreamNo) -> String {
    for _ in 0..300 {
        let campaign = house.app.store.campaign(house.ws.tenant, stream).await.unwrap().unwrap();
        if campaign.state == CampaignState::Paused {
            let books = house.app.store.books(house.ws.tenant, stream).await.unwrap();
            if books.of(Sending) == 0 {
                return campaign.why.unwrap();
            }
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    panic!("the campaign was not paused");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_wrong_password_pauses_and_counts_against_nobody(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(300).await;
    let mut config = SinkConfig { login: Some(("u".into(), "right".into())), ..SinkConfig::default() };
    config.offers.auth_plain = true;
    let sink = Sink::start(config).await.unwrap();
    let mut wrong = relay(&sink, 10);
    wrong.auth = Some(Credentials { user: "u".into(), password: Secret::new("wrong") });
    let node = house.node("one").await;
    let sending = volens_app::delivery::Sending::start(house.app.clone(), node, wrong).await.unwrap();
    let stream = house.campaign(LETTER).await;
    let why = paused(&house, stream).await;
    assert!(why.contains("login"), "{why}");
    assert_eq!(sink.count(), 0);
    let books = house.balanced(stream).await;
    assert_eq!((books.of(Failed), books.of(Sent)), (0, 0));
    sending.stop().await;
    // With the right one, all of them get it.
    let mut right = relay(&sink, 10);
    right.auth = Some(Credentials { user: "u".into(), password: Secret::new("right") });
    let node = house.node("one").await;
    let sending = volens_app::delivery::Sending::start(house.app.clone(), node, right).await.unwrap();
    house.app.store.resume_campaign(house.ws.tenant, stream).await.unwrap();
    let books = house.settled(stream, Duration::from_secs(30)).await;
    assert_eq!(books.of(Sent), 270);
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn quota_and_sender_refusals_pause(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(100).await;
    for (at, reply, word) in [
        (At::End, Reply::new(454, None, "Throttling failure: Daily message quota exceeded your limit"), "limit"),
        (At::Mail, Reply::new(553, Some((5, 1, 8)), "Sender address rejected: domain not found"), "sender"),
        (At::End, Reply::new(550, Some((5, 7, 26)), "Unauthenticated mail is prohibited: DMARC"), "what or how"),
    ] {
        let faults = vec![(at, Fault::Reply(reply))];
        let sink = Sink::start(SinkConfig { faults, ..SinkConfig::default() }).await.unwrap();
        let sending = house.sending("one", &sink, 5).await;
        let stream = house.campaign(LETTER).await;
        let why = paused(&house, stream).await;
        assert!(why.contains(word), "{why}");
        let books = house.balanced(stream).await;
        assert_eq!(books.of(Failed), 0);
        assert_eq!(books.of(Planned) + books.of(Denied), 100, "all who may get it wait: {books:?}");
        assert!(books.of(Denied) <= 10);
        sending.stop().await;
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_same_refusal_in_several_domains_is_taken_back(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(500).await;
    let no = |_: &str| Some(Reply::new(550, Some((5, 1, 1)), "No such user here"));
    let sink = Sink::start(SinkConfig { rcpt: Some(Arc::new(no)), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 10).await;
    let stream = house.campaign(LETTER).await;
    let why = paused(&house, stream).await;
    assert!(why.contains("several domains"), "{why}");
    sending.stop().await;
    let books = house.balanced(stream).await;
    assert!(books.of(Failed) < 20, "{books:?}: at most the last few, not enough to be suspected");
    assert_eq!(books.of(Failed) + books.of(Planned) + books.of(Denied), 500);
    assert!(books.of(Denied) <= 50);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn addresses_that_the_relay_cannot_carry_fail_and_pause_nobody(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(10).await;
    let odd = |i: usize| house.arrival(&format!("jürgen{i}@d{}.example", i % 4), "Jürgen", Evidence::Doi);
    house.app.store.bring_in(house.ws.tenant, (0..40).map(odd).collect(), house.app.now()).await.unwrap();
    let mut config = SinkConfig::default();
    config.offers.smtputf8 = false;
    let sink = Sink::start(config).await.unwrap();
    let sending = house.sending("one", &sink, 4).await;
    let stream = house.campaign(LETTER).await;
    let books = house.settled(stream, Duration::from_secs(30)).await;
    assert_eq!((books.of(Sent), books.of(Denied), books.of(Failed)), (9, 1, 40), "{books:?}");
    assert_eq!(sink.count(), 9);
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_relay_that_is_away_holds_everything_and_loses_nothing(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(200).await;
    let gone = Sink::start(SinkConfig::default()).await.unwrap();
    let addr = gone.addr();
    let config = relay(&gone, 10);
    drop(gone);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let node = house.node("one").await;
    let sending = volens_app::delivery::Sending::start(house.app.clone(), node, config).await.unwrap();
    let stream = house.campaign(LETTER).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(matches!(sending.health(), volens_app::delivery::Health::Down(_)));
    let books = house.balanced(stream).await;
    assert_eq!((books.of(Failed), books.of(Sent)), (0, 0));
    let back = Sink::start_on(addr, SinkConfig::default()).await.unwrap();
    let books = house.settled(stream, Duration::from_secs(30)).await;
    assert_eq!(books.of(Sent), 180);
    assert_eq!(back.count(), 180);
    assert!(matches!(sending.health(), volens_app::delivery::Health::Up));
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn what_waited_too_long_is_skipped(db: TestDb) {
    // A minute of this clock lasts two seconds.
    let change = |s: &mut volens_app::AppSettings| {
        s.sending.rate = Some(50);
        s.sending.lease = Duration::from_secs(1_800);
    };
    let house = house_at(db.db().clone(), Arc::new(Running::times(30)), change).await;
    house.people(300).await;
    let sink = Sink::start(SinkConfig::default()).await.unwrap();
    let letter = LETTER.replace("preview:", "useful_for: 1 minute\npreview:");
    let sending = house.sending("one", &sink, 5).await;
    let stream = house.campaign(&letter).await;
    let books = house.settled(stream, Duration::from_secs(30)).await;
    sending.stop().await;
    assert!(books.of(Skipped) > 0 && books.of(Sent) > 0, "{books:?}");
    assert_eq!(books.of(Skipped) + books.of(Sent), 270);
    assert_eq!(sink.count() as u64, books.of(Sent));
}
