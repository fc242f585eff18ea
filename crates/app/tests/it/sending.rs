//! Sending, exactly accounted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use volens_core::consent::Actor;
use volens_core::purpose::Scope;
use volens_core::token::{ChoicesToken, LeaveToken};
use volens_store::campaign::CampaignState;
use volens_store::delivery::DeliveryState::{Denied, Failed, Sent, Unknown};
use volens_testkit::sink::{Sink, SinkConfig, refuse_first};
use volens_testkit::{FakeClock, TestDb, both_engines};
use volens_wire::Reply;

use crate::fixture::{House, LETTER, NEWS, RYE, Running, address, house, house_at, house_with};

fn number(to: &str) -> usize {
    to[1..].split('@').next().unwrap().parse().unwrap()
}

/// Every 50th is greylisted once, every 70th does not exist; 1 % of replies never come.
fn awkward() -> SinkConfig {
    let grey = refuse_first(1, Reply::new(450, Some((4, 2, 0)), "Greylisted, try again"));
    SinkConfig {
        withhold: 0.01,
        seed: 3,
        rcpt: Some(Arc::new(move |to| match number(to) {
            n if n % 70 == 0 => Some(Reply::new(550, Some((5, 1, 1)), format!("User {n} unknown in mailbox {to}"))),
            n if n % 50 == 0 => grey(to),
            _ => None,
        })),
        ..SinkConfig::default()
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_books_balance_for_ten_thousand(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(10_000).await;
    // Only a few may not exist, or the relay would be suspected of refusing us.
    let config = awkward();
    let few: volens_testkit::sink::Script = config.rcpt.clone().unwrap();
    let rcpt: volens_testkit::sink::Script = Arc::new(move |to| {
        let n = number(to);
        if n.is_multiple_of(70) && n > 1_000 { None } else { few(to) }
    });
    let sink = Sink::start(SinkConfig { rcpt: Some(rcpt), ..config }).await.unwrap();
    let sending = house.sending("one", &sink, 50).await;
    let stream = house.campaign(LETTER).await;
    let books = house.settled(stream, Duration::from_secs(120)).await;
    sending.stop().await;

    assert_eq!(books, house.balanced(stream).await);
    assert_eq!(books.rows(), 10_000);
    assert_eq!(books.of(Denied), 1_000, "those who only stand in a file");
    let refused = (0..=1_000).filter(|n| n % 70 == 0 && n % 10 != 9).count() as u64;
    assert_eq!(books.of(Failed), refused);
    let accepted = sink.accepted();
    let withheld = accepted.iter().filter(|a| a.withheld).count() as u64;
    assert!(withheld > 0, "some replies were withheld");
    assert_eq!(books.of(Unknown), withheld);
    assert_eq!(books.of(Sent), accepted.len() as u64 - withheld);
    let ids: HashSet<_> = accepted.iter().map(|a| &a.message_id).collect();
    assert_eq!(ids.len(), accepted.len(), "no Message-ID twice");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn who_leaves_during_a_run_is_spared_on_three_nodes(db: TestDb) {
    let one = house_with(db.db().clone(), |s| s.sending.rate = Some(400)).await;
    one.people(3_000).await;
    let sink = Sink::start(SinkConfig { keep_bytes: false, ..SinkConfig::default() }).await.unwrap();
    let mut nodes = vec![one.sending("one", &sink, 5).await];
    if db.engine() == volens_testkit::Engine::Postgres {
        for name in ["two", "three"] {
            let other = house_with(db.another_node().await, |s| s.sending.rate = Some(400)).await;
            nodes.push(other.sending(name, &sink, 5).await);
        }
    }
    let stream = one.campaign(LETTER).await;
    // The last 200 leave while the first are being sent.
    tokio::time::sleep(Duration::from_millis(700)).await;
    let mut left = HashSet::new();
    for n in (2_800..3_000).filter(|n| n % 10 != 9) {
        let point = one.app.find(&one.ws, &address(n)).await.unwrap();
        let token = LeaveToken::new(one.ws.tenant.no, point.place.point, NEWS);
        let what = volens_app::consent::What::Purpose(NEWS);
        let out = one.app.leave(&token, what, "page", Actor::Person, &Default::default()).await.unwrap();
        assert!(!out.earlier);
        left.insert(address(n));
    }
    let at_leaving: HashSet<String> = sink.accepted().into_iter().flat_map(|a| a.to).collect();
    assert!(at_leaving.len() < 2_000, "the run was not over");
    let books = one.settled(stream, Duration::from_secs(60)).await;
    for node in nodes {
        node.stop().await;
    }
    let reached: HashSet<String> = sink.accepted().into_iter().flat_map(|a| a.to).collect();
    assert_eq!(left.intersection(&reached).count(), 0, "nobody who left was written to");
    assert_eq!(books.of(Denied), 300 + left.len() as u64);
    assert_eq!(books, one.balanced(stream).await);
    let campaign = one.app.store.campaign(one.ws.tenant, stream).await.unwrap().unwrap();
    let spared = one.app.store.spared(one.ws.tenant, stream, campaign.queued_at, 1_000).await.unwrap();
    assert_eq!(spared.len(), left.len());
    assert!(spared.iter().all(|s| s.turn_at >= s.left_at && left.contains(&s.address)));
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn who_left_one_topic_is_spared_its_letters_and_gets_the_others(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(5).await;
    let point = house.app.find(&house.ws, &address(3)).await.unwrap().place.point;
    let (whole, rye) = (Scope::whole(NEWS), Scope { purpose: NEWS, topic: Some(RYE) });
    let token = ChoicesToken::new(house.ws.tenant.no, point, house.app.now());
    let chosen = house.app.choose(&token, &[whole], &[rye], &Default::default()).await.unwrap();
    assert_eq!(chosen.stopped, [rye]);
    let sink = Sink::start(SinkConfig::default()).await.unwrap();
    let sending = house.sending("one", &sink, 5).await;
    let about_rye = LETTER.replace("purpose: news", "purpose: news\ntopic: rye");
    for (letter, sent) in [(about_rye.as_str(), 4), (LETTER, 5)] {
        let before = sink.count();
        let stream = house.campaign(letter).await;
        let books = house.settled(stream, Duration::from_secs(20)).await;
        assert_eq!((books.of(Sent), books.of(Denied)), (sent, 5 - sent));
        let reached: HashSet<String> = sink.accepted().into_iter().skip(before).flat_map(|a| a.to).collect();
        assert_eq!(reached.contains(&address(3)), sent == 5);
    }
    sending.stop().await;
}

/// The field of that name, unfolded (RFC 5322 2.2.3).
fn field(mail: &[u8], name: &str) -> String {
    let mail = String::from_utf8_lossy(mail).replace("\r\n ", " ").replace("\r\n\t", " ");
    let head = mail.split("\r\n\r\n").next().unwrap();
    let line = head.lines().find(|l| l.starts_with(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_mail_address_for_leaving_is_named_only_where_one_is_read(db: TestDb) {
    for intake in [None, Some("leave.bakery.example")] {
        let house = house_with(db.db().clone(), |s| s.intake_host = intake.map(Into::into)).await;
        if intake.is_none() {
            house.people(1).await;
        }
        let sink = Sink::start(SinkConfig { keep_bytes: true, ..SinkConfig::default() }).await.unwrap();
        let sending = house.sending("one", &sink, 5).await;
        let stream = house.campaign(LETTER).await;
        house.settled(stream, Duration::from_secs(20)).await;
        sending.stop().await;
        let mail = sink.accepted()[0].bytes.clone().unwrap();
        let leave = field(&mail, "List-Unsubscribe");
        assert!(leave.contains("<https://letters.nordicbakery.example/u/"), "{leave}");
        assert_eq!(leave.contains("mailto:"), intake.is_some(), "{leave}");
        assert_eq!(leave.contains("@leave.bakery.example"), intake.is_some(), "{leave}");
        assert_eq!(field(&mail, "List-Unsubscribe-Post"), "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn who_left_is_spared_by_a_clock_that_stepped_back(db: TestDb) {
    let clock = FakeClock::default();
    let house = house_at(db.db().clone(), Arc::new(clock.clone()), |_| ()).await;
    house.people(20).await;
    let sink = Sink::start(SinkConfig::default()).await.unwrap();
    let stream = house.campaign(LETTER).await;
    let point = house.app.find(&house.ws, &address(3)).await.unwrap();
    let token = LeaveToken::new(house.ws.tenant.no, point.place.point, NEWS);
    let what = volens_app::consent::What::Purpose(NEWS);
    house.app.leave(&token, what, "page", Actor::Person, &Default::default()).await.unwrap();
    // As NTP may do it, or a second node whose clock is behind.
    clock.step_back(Duration::from_secs(5));
    let sending = house.sending("one", &sink, 5).await;
    let books = house.settled(stream, Duration::from_secs(30)).await;
    sending.stop().await;
    assert_eq!((books.of(Sent), books.of(Denied)), (17, 3), "two stand only in a file, one has left");
    assert!(sink.accepted().iter().all(|a| a.to != [address(3)]), "nobody who left was written to");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn pause_stops_at_once_and_resume_goes_on(db: TestDb) {
    let house = house_with(db.db().clone(), |s| s.sending.rate = Some(500)).await;
    house.people(1_000).await;
    let sink = Sink::start(SinkConfig::default()).await.unwrap();
    let sending = house.sending("one", &sink, 10).await;
    let stream = house.campaign(LETTER).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    house.app.store.pause_campaign(house.ws.tenant, stream, "Paused by Sofie.".into()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let at_pause = sink.count();
    assert!(at_pause > 0 && at_pause < 900, "{at_pause}");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(sink.count(), at_pause, "nothing leaves while it is paused");
    house.balanced(stream).await;
    house.app.store.resume_campaign(house.ws.tenant, stream).await.unwrap();
    let books = house.settled(stream, Duration::from_secs(30)).await;
    assert_eq!(books.of(Sent), 900);
    assert_eq!(sink.count(), 900);
    sending.stop().await;
    assert_eq!(house.balanced(stream).await, books);
}

/// Somebody without a name.
async fn nameless(house: &House, address: &str, country: &str) {
    let mut somebody = house.arrival(address, "x", volens_core::permission::Evidence::Doi);
    somebody.point.name = None;
    somebody.acts[0].profile.as_mut().unwrap().country = Some(country.into());
    house.app.store.bring_in(house.ws.tenant, vec![somebody], house.app.now()).await.unwrap();
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_hole_behind_a_condition_on_a_value_is_found(db: TestDb) {
    let house = house(db.db().clone()).await;
    for (address, country) in [("lisa@d1.example", "SE"), ("lena@d1.example", "SE"), ("ida@d2.example", "IT")] {
        nameless(&house, address, country).await;
    }
    let condition = "{% if person.country == 'IT' %}{{ person.first_name }}{% endif %}";
    let letter = format!("---\npurpose: news\nsubject: Rye\n---\nHi {condition}\n");
    let stream = house.campaign(&letter).await;
    let campaign = house.app.store.campaign(house.ws.tenant, stream).await.unwrap().unwrap();
    let problem = campaign.problem.unwrap();
    assert!(problem.contains("1 person") && problem.contains("first_name"), "{problem}");
    assert_eq!(campaign.state, CampaignState::Draft);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_hole_is_not_forgotten_when_the_planning_is_cut_off(db: TestDb) {
    let house = house(db.db().clone()).await;
    nameless(&house, "first@d1.example", "IT").await;
    house.people(8_000).await;
    let stream = house.app.create_campaign(&house.ws, "Rye", LETTER).await.unwrap();
    house.app.send_campaign(&house.ws, stream).await.unwrap();
    let tenant = house.ws.tenant;
    let begun = async { while house.app.store.campaign(tenant, stream).await.unwrap().unwrap().planned == 0 {} };
    tokio::select! {
        done = house.app.plan_campaign(&house.ws, stream) => panic!("the planning was not cut off: {done:?}"),
        () = begun => {}
    }
    let another = house_at(db.another_node().await, Arc::new(Running::times(1)), |_| ()).await;
    another.app.plan_campaign(&another.ws, stream).await.unwrap();
    let campaign = house.app.store.campaign(tenant, stream).await.unwrap().unwrap();
    assert_eq!(campaign.state, CampaignState::Draft);
    let problem = campaign.problem.unwrap();
    assert!(problem.contains("1 person") && problem.contains("first_name"), "{problem}");
    // Sent once more, it is looked at afresh.
    house.app.send_campaign(&house.ws, stream).await.unwrap();
    assert_eq!(house.app.store.campaign(tenant, stream).await.unwrap().unwrap().problem, None);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_letter_with_a_hole_is_not_sent_to_anybody(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(50).await;
    nameless(&house, "nameless@d1.example", "IT").await;
    let sink = Sink::start(SinkConfig::default()).await.unwrap();
    let sending = house.sending("one", &sink, 5).await;
    let stream = house.campaign(LETTER).await;
    let campaign = house.app.store.campaign(house.ws.tenant, stream).await.unwrap().unwrap();
    assert_eq!(campaign.state.word(), "draft");
    let problem = campaign.problem.unwrap();
    assert!(problem.contains("1 person") && problem.contains("first_name") && problem.contains("default"), "{problem}");
    assert!(!problem.contains("nameless@"), "the address is masked: {problem}");
    assert_eq!(house.balanced(stream).await.rows(), 0);
    let mended = LETTER.replace("person.first_name }}", "person.first_name | default('friend') }}");
    let stream = house.campaign(&mended).await;
    let books = house.settled(stream, Duration::from_secs(20)).await;
    assert_eq!(books.of(Sent), 46);
    assert_eq!(sink.count(), 46);
    sending.stop().await;
}
