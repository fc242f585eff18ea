//! A relay that takes messages and breaks off, ends connections, or goes away: nobody's letter is lost for it, and
//! somebody is told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use volens_app::delivery::Health;
use volens_core::id::StreamNo;
use volens_store::campaign::CampaignState;
use volens_store::delivery::DeliveryState::{Denied, Failed, Planned, Sending, Sent, Unknown};
use volens_testkit::sink::{At, Fault, Sink, SinkConfig, refuse_first};
use volens_testkit::{TestDb, both_engines};
use volens_wire::Reply;

use crate::fixture::{House, LETTER, house, house_with};

/// Waits until the campaign is paused and nothing of it is under way; gives why.
async fn paused(house: &House, stream: StreamNo) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let campaign = house.app.store.campaign(house.ws.tenant, stream).await.unwrap().unwrap();
        let books = house.app.store.books(house.ws.tenant, stream).await.unwrap();
        if campaign.state == CampaignState::Paused && books.of(Sending) == 0 {
            return campaign.why.unwrap();
        }
        assert!(Instant::now() < end, "not paused: {:?} {books:?}", campaign.state);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

async fn breaks_off(db: TestDb, at: At, fault: Fault, word: &str) {
    let house = house(db.db().clone()).await;
    house.people(200).await;
    let faults = vec![(at, fault)];
    let sink = Sink::start(SinkConfig { faults, ..SinkConfig::default() }).await.unwrap();
    let addr = sink.addr();
    let sending = house.sending("one", &sink, 4).await;
    let stream = house.campaign(LETTER).await;
    let why = paused(&house, stream).await;
    assert!(why.contains("broke off") && why.contains("relay's log") && why.contains(word), "{why}");
    assert!(matches!(sending.health(), Health::Down(why) if why.contains("breaks off")));
    let books = house.balanced(stream).await;
    assert!((11..=70).contains(&books.of(Unknown)), "those and what was under way: {books:?}");
    assert_eq!((books.of(Sent), books.of(Failed)), (0, 0));
    let taken: std::collections::HashSet<_> = sink.message_ids().into_iter().collect();
    drop(sink);
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Mended, it goes on where it was; what may have arrived does not go again.
    let mended = Sink::start_on(addr, SinkConfig::default()).await.unwrap();
    house.app.store.resume_campaign(house.ws.tenant, stream).await.unwrap();
    let after = house.settled(stream, Duration::from_secs(30)).await;
    assert_eq!((after.of(Unknown), after.of(Sent) + after.of(Unknown)), (books.of(Unknown), 180));
    assert_eq!(mended.count() as u64, after.of(Sent));
    assert!(mended.message_ids().iter().all(|id| !taken.contains(id)), "nobody got it twice");
    assert_eq!(sending.health(), Health::Up);
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_relay_that_drops_at_the_end_pauses_the_campaign(db: TestDb) {
    breaks_off(db, At::End, Fault::Drop, "closed the connection").await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_relay_that_takes_and_then_babbles_pauses_the_campaign(db: TestDb) {
    breaks_off(db, At::Accepted, Fault::Raw(b"HTTP/1.1 200 OK\r\n".to_vec()), "broke off").await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_relay_that_falls_silent_at_the_end_pauses_the_campaign(db: TestDb) {
    breaks_off(db, At::End, Fault::Hang, "no answer within").await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_relay_that_drops_before_the_body_holds_everything_and_loses_nothing(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(100).await;
    let mut config = SinkConfig { faults: vec![(At::Data, Fault::Drop)], ..SinkConfig::default() };
    config.offers.chunking = false;
    let sink = Sink::start(config).await.unwrap();
    let addr = sink.addr();
    let sending = house.sending("one", &sink, 4).await;
    let stream = house.campaign(LETTER).await;
    let end = Instant::now() + Duration::from_secs(20);
    while !matches!(sending.health(), Health::Down(_)) {
        assert!(Instant::now() < end, "nobody is told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = sink.connections();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(sink.connections() - before < 20, "it is not hammered");
    drop(sink);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mended = Sink::start_on(addr, SinkConfig::default()).await.unwrap();
    let books = house.settled(stream, Duration::from_secs(60)).await;
    assert_eq!((books.of(Sent), books.of(Denied), mended.count()), (90, 10, 90), "{books:?}");
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_letter_may_ask_that_what_broke_off_goes_again(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(100).await;
    let faults = vec![(At::End, Fault::Drop)];
    let sink = Sink::start(SinkConfig { faults, faults_last: Some(8), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 8).await;
    let stream = house.campaign(&LETTER.replace("preview:", "on_unknown: resend\npreview:")).await;
    let books = house.settled(stream, Duration::from_secs(30)).await;
    assert_eq!((books.of(Sent), books.of(Denied), books.of(Unknown)), (90, 10, 0), "{books:?}");
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_restart_of_the_relay_pauses_nobody(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(300).await;
    // The first 15 connections are cut when a letter is under way on each: fewer than are opened at once, so that none
    // of them is a later try.
    let faults = vec![(At::End, Fault::Drop)];
    let sink = Sink::start(SinkConfig { faults, faults_last: Some(15), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 30).await;
    let stream = house.campaign(LETTER).await;
    let books = house.settled(stream, Duration::from_secs(30)).await;
    assert_eq!((books.of(Unknown), books.of(Sent)), (15, 255), "{books:?}");
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_421_ends_a_connection_and_the_letter_goes_with_the_next(db: TestDb) {
    let house = house_with(db.db().clone(), |s| s.sending.retry_first = Duration::from_secs(600)).await;
    house.people(100).await;
    let asked = AtomicUsize::new(0);
    let limit = move |_: &str| {
        let last = asked.fetch_add(1, Ordering::Relaxed) % 7 == 6;
        last.then(|| Reply::new(421, Some((4, 7, 0)), "too many messages in this connection"))
    };
    let sink = Sink::start(SinkConfig { rcpt: Some(Arc::new(limit)), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 1).await;
    let stream = house.campaign(LETTER).await;
    // Who meets the end of a connection twice waits a while.
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let books = house.app.store.books(house.ws.tenant, stream).await.unwrap();
        if books.of(Sent) >= 85 && books.of(Sending) == 0 {
            break;
        }
        assert!(Instant::now() < end, "{books:?}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let campaign = house.app.store.campaign(house.ws.tenant, stream).await.unwrap().unwrap();
    assert_eq!((campaign.state, campaign.why), (CampaignState::Running, None));
    assert_eq!(house.balanced(stream).await.of(Failed), 0);
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn what_is_put_off_waits_twice_as_long_each_time(db: TestDb) {
    let first = Duration::from_millis(150);
    let house = house_with(db.db().clone(), |s| s.sending.retry_first = first).await;
    house.people(5).await;
    let times: Arc<Mutex<HashMap<String, Vec<Instant>>>> = Arc::default();
    let (seen, grey) = (times.clone(), refuse_first(3, Reply::new(451, Some((4, 7, 1)), "Greylisted")));
    let rcpt = move |to: &str| {
        seen.lock().unwrap().entry(to.to_owned()).or_default().push(Instant::now());
        grey(to)
    };
    let sink = Sink::start(SinkConfig { rcpt: Some(Arc::new(rcpt)), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 2).await;
    let stream = house.campaign(LETTER).await;
    let books = house.done(stream, Duration::from_secs(30)).await;
    sending.stop().await;
    assert_eq!(books.of(Sent), 5);
    let times = times.lock().unwrap();
    for (to, at) in times.iter() {
        let gaps: Vec<Duration> = at.windows(2).map(|w| w[1] - w[0]).collect();
        assert_eq!(gaps.len(), 3, "{to}");
        for (n, gap) in gaps.iter().enumerate() {
            assert!(*gap >= first * (1 << n), "{to}: {gaps:?}");
        }
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_campaign_ends_while_another_one_goes_on(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(400).await;
    let sink = Sink::start(SinkConfig { delay_ms: Some(20..=40), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 4).await;
    let one = house.campaign(LETTER).await;
    let two = house.campaign(LETTER).await;
    house.done(one, Duration::from_secs(30)).await;
    let running = house.app.store.campaign(house.ws.tenant, two).await.unwrap().unwrap();
    assert_eq!(running.state, CampaignState::Running, "the first one's end does not wait for the second one's");
    let books = house.done(two, Duration::from_secs(30)).await;
    assert_eq!((books.of(Sent), books.of(Planned), sink.count()), (360, 0, 720));
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_relay_that_is_held_to_a_rate_still_gets_its_replies_read(db: TestDb) {
    let house = house_with(db.db().clone(), |s| s.sending.rate = Some(2)).await;
    house.people(300).await;
    let sink = Sink::start(SinkConfig { delay_ms: Some(50..=50), ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 4).await;
    let stream = house.campaign(LETTER).await;
    let begun = Instant::now();
    while sink.count() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (accepted, worked) = (Instant::now(), relay_thread_work());
    loop {
        let books = house.app.store.books(house.ws.tenant, stream).await.unwrap();
        if books.of(Sent) > 0 {
            break;
        }
        assert!(accepted.elapsed() < Duration::from_secs(2), "its reply was not read: {books:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(accepted.elapsed() < Duration::from_millis(400), "its reply was read after {:?}", accepted.elapsed());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let busy = relay_thread_work().saturating_sub(worked);
    assert!(busy < 100, "a thread that waits for its turn worked for {busy} of 200 ticks");
    sending.stop().await;
}

/// The ticks that the busiest thread named "relay" has worked. Under nextest and in this test's own process it is ours.
fn relay_thread_work() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let stat = tasks.filter_map(|t| std::fs::read_to_string(t.path().join("stat")).ok());
    let ours = stat.filter(|s| s.contains("(relay)"));
    let ticks = ours.map(|s| {
        let fields: Vec<&str> = s.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    });
    ticks.max().unwrap_or(0)
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn what_keeps_a_node_from_sending_is_written_where_others_look(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(20).await;
    let gone = Sink::start(SinkConfig::default()).await.unwrap();
    let addr = gone.addr();
    let config = crate::fixture::relay(&gone, 2);
    drop(gone);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let node = house.node("one").await;
    let sending = volens_app::delivery::Sending::start(house.app.clone(), node, config).await.unwrap();
    let stream = house.campaign(LETTER).await;
    let told = async || house.app.store.troubles(house.app.now().before(Duration::from_secs(60))).await.unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while told().await.is_empty() {
        assert!(Instant::now() < end, "nobody is told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (name, why) = &told().await[0];
    assert!(name == "one" && why.contains("volens doctor") && why.contains("could not be reached"), "{name}: {why}");
    let back = Sink::start_on(addr, SinkConfig::default()).await.unwrap();
    house.done(stream, Duration::from_secs(30)).await;
    while !told().await.is_empty() {
        assert!(Instant::now() < end + Duration::from_secs(20), "the end of it is not told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(back.count(), 18);
    sending.stop().await;
}
