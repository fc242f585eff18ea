//! What a person waits for: confirmations and welcomes, whatever else is being sent and whatever the relay says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use volens_app::delivery::Health;
use volens_core::clock::{Clock, Micros};
use volens_core::permission::Client;
use volens_core::token::ConfirmToken;
use volens_store::delivery::DeliveryState::{Failed, Planned, Sending, Sent, Skipped};
use volens_testkit::sink::{At, Fault, Sink, SinkConfig};
use volens_testkit::{TestDb, both_engines};
use volens_wire::{Credentials, Reply, Secret};

use crate::consent::{sign_up, token};
use crate::fixture::{House, LETTER, NEWS, Running, house, house_at, house_with, relay};

/// Waits for the n-th mail to somebody.
async fn mail_to(sink: &Sink, address: &str, n: usize, at_most: Duration) -> String {
    let end = Instant::now() + at_most;
    loop {
        let mail = sink.accepted().into_iter().filter(|m| m.to.iter().any(|to| to == address)).nth(n);
        if let Some(mail) = mail {
            return String::from_utf8_lossy(&mail.bytes.unwrap()).replace("=\r\n", "").replace("=3D", "=");
        }
        assert!(Instant::now() < end, "mail {n} to {address} did not come within {at_most:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn comes_soon(db: TestDb, rate: Option<u32>, delay_ms: u64, sessions: usize) {
    let house = house_with(db.db().clone(), |s| s.sending.rate = rate).await;
    house.people(900).await;
    let config = SinkConfig { keep_bytes: true, delay_ms: Some(delay_ms..=delay_ms), ..SinkConfig::default() };
    let sink = Sink::start(config).await.unwrap();
    let sending = house.sending("one", &sink, sessions).await;
    let stream = house.campaign(LETTER).await;
    while sink.count() < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for address in ["giulia@example.it", "marta@example.it"] {
        sign_up(&house, address, &[NEWS]).await;
        let confirmation = mail_to(&sink, address, 0, Duration::from_secs(3)).await;
        let text = token(&confirmation, "c");
        let link = ConfirmToken::verify(&text, &house.app.ring, house.app.now()).unwrap();
        house.app.confirm(&link, &text, &Default::default(), Client::Human).await.unwrap();
        mail_to(&sink, address, 1, Duration::from_secs(3)).await;
    }
    let books = house.app.store.books(house.ws.tenant, stream).await.unwrap();
    assert!(books.of(Planned) > 300, "the campaign is not over: {books:?}");
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_confirmation_overtakes_a_campaign_that_is_held_to_a_rate(db: TestDb) {
    comes_soon(db, Some(5), 1, 5).await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_confirmation_overtakes_a_campaign_at_a_slow_relay(db: TestDb) {
    comes_soon(db, None, 200, 1).await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn one_refusal_of_all_confirmations_loses_none(db: TestDb) {
    let house = house(db.db().clone()).await;
    let refusing = Arc::new(AtomicBool::new(true));
    let refuses = refusing.clone();
    let no = move |_: &str| {
        refuses.load(Ordering::Relaxed).then(|| Reply::new(550, Some((5, 1, 1)), "Recipient not accepted here"))
    };
    let sink = Sink::start(SinkConfig { rcpt: Some(Arc::new(no)), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 5).await;
    for n in 0..30 {
        sign_up(&house, &format!("reader{n}@d{}.example", n % 5), &[NEWS]).await;
    }
    let end = Instant::now() + Duration::from_secs(20);
    while !matches!(sending.health(), Health::Down(why) if why.contains("several domains")) {
        assert!(Instant::now() < end, "nobody is told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    refusing.store(false, Ordering::Relaxed);
    while sink.count() < 30 {
        let books = house.app.store.count_rows(house.ws.tenant, house.ws.queue).await.unwrap();
        assert!(Instant::now() < end + Duration::from_secs(20), "{} arrived: {books:?}", sink.count());
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(sending.health(), Health::Up);
    sending.stop().await;
    let books = house.app.store.count_rows(house.ws.tenant, house.ws.queue).await.unwrap();
    assert_eq!((books.of(Sent), books.of(Failed)), (30, 0));
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_refused_confirmation_holds_nobody_else(db: TestDb) {
    let change = |s: &mut volens_app::AppSettings| s.sending.hold_first = Duration::from_secs(20);
    let house = house_with(db.db().clone(), change).await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    let end = move |to: &str| {
        (to == "odd@example.org").then(|| {
            counted.fetch_add(1, Ordering::Relaxed);
            Reply::new(550, Some((5, 7, 1)), "Message rejected by policy")
        })
    };
    let config = SinkConfig { keep_bytes: true, end: Some(Arc::new(end)), ..SinkConfig::default() };
    let sink = Sink::start(config).await.unwrap();
    let sending = house.sending("one", &sink, 5).await;
    sign_up(&house, "odd@example.org", &[NEWS]).await;
    while tries.load(Ordering::Relaxed) < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(matches!(sending.health(), Health::Down(why) if why.contains("what or how")));
    sign_up(&house, "even@example.org", &[NEWS]).await;
    mail_to(&sink, "even@example.org", 0, Duration::from_secs(3)).await;
    sending.stop().await;
    let tries = tries.load(Ordering::Relaxed);
    assert!(tries < 12, "it was tried {tries} times");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_refused_login_holds_confirmations_and_tells(db: TestDb) {
    let house = house(db.db().clone()).await;
    let mut config = SinkConfig { login: Some(("u".into(), "right".into())), ..SinkConfig::default() };
    config.offers.auth_plain = true;
    let sink = Sink::start(config).await.unwrap();
    let mut wrong = relay(&sink, 2);
    wrong.auth = Some(Credentials { user: "u".into(), password: Secret::new("wrong") });
    let node = house.node("one").await;
    let sending = volens_app::delivery::Sending::start(house.app.clone(), node, wrong).await.unwrap();
    sign_up(&house, "giulia@example.it", &[NEWS]).await;
    let end = Instant::now() + Duration::from_secs(10);
    let why = loop {
        let told = house.app.store.troubles(Micros(0)).await.unwrap();
        if let Some((_, why)) = told.into_iter().next() {
            break why;
        }
        assert!(Instant::now() < end, "nobody is told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(why.contains("`password` in [[relay]]") && why.contains("535"), "{why}");
    sending.stop().await;
    assert_eq!(house.app.store.troubles(Micros(0)).await.unwrap(), [], "a node that has ended tells nothing");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_confirmation_that_was_broken_off_goes_again(db: TestDb) {
    let house = house(db.db().clone()).await;
    let faults = vec![(At::End, Fault::Drop)];
    let config = SinkConfig { keep_bytes: true, faults, faults_last: Some(2), ..SinkConfig::default() };
    let sink = Sink::start(config).await.unwrap();
    let sending = house.sending("one", &sink, 1).await;
    sign_up(&house, "giulia@example.it", &[NEWS]).await;
    mail_to(&sink, "giulia@example.it", 0, Duration::from_secs(10)).await;
    sending.stop().await;
    let books = house.app.store.count_rows(house.ws.tenant, house.ws.queue).await.unwrap();
    assert_eq!((books.of(Sent), books.rows()), (1, 1));
}

/// A clock that leaps.
struct Leaping(Running, AtomicI64);

impl Clock for Leaping {
    fn now(&self) -> Micros {
        Micros(self.0.now().0 + self.1.load(Ordering::Relaxed))
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_confirmation_is_not_tried_longer_than_its_link_works(db: TestDb) {
    let clock = Arc::new(Leaping(Running::times(1), AtomicI64::new(0)));
    let house: House = house_at(db.db().clone(), clock.clone(), |_| ()).await;
    let later = |_: &str| Some(Reply::new(451, Some((4, 3, 0)), "Try again later"));
    let sink = Sink::start(SinkConfig { rcpt: Some(Arc::new(later)), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 1).await;
    sign_up(&house, "giulia@example.it", &[NEWS]).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let rows = async || house.app.store.count_rows(house.ws.tenant, house.ws.queue).await.unwrap();
    assert_eq!(rows().await.of(Planned) + rows().await.of(Sending), 1);
    clock.1.store(7 * 86_400_000_000, Ordering::Relaxed);
    let end = Instant::now() + Duration::from_secs(10);
    while rows().await.of(Skipped) == 0 {
        assert!(Instant::now() < end, "{:?}", rows().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sending.stop().await;
}
