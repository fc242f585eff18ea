//! Joining, confirming, leaving, choosing: from the act to the mail in the sink.

use std::time::Duration;

use volens_app::consent::{ConfirmOutcome, Press, Renewed, State, What};
use volens_app::intake::{Contexts, SignUp};
use volens_core::address::EmailAddress;
use volens_core::consent::Actor;
use volens_core::locale::Locale;
use volens_core::permission::Client;
use volens_core::purpose::Scope;
use volens_core::token::{ChoicesToken, ConfirmToken, LeaveToken, NotMeToken};
use volens_testkit::sink::{Sink, SinkConfig};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::{House, NEWS, OFFERS, house};

pub async fn sign_up(house: &House, address: &str, ticked: &[volens_core::purpose::PurposeNo]) {
    let form = house.ws.form("letters").unwrap();
    let contexts = Contexts::default();
    let contexts =
        house.app.form_contexts(&contexts, &house.ws, form, Locale::It, || "<form>".to_owned()).await.unwrap();
    let sign_up = SignUp {
        address: EmailAddress::parse(address).unwrap(),
        name: Some("Giulia Rossi".into()),
        ticked: ticked.to_vec(),
        button: "send".into(),
        locale: Locale::It,
        network: Some("203.0.113.0/24".into()),
        agent: Some("Firefox on Linux".into()),
    };
    house.app.sign_up(&house.ws, form, sign_up, contexts).await.unwrap();
    house.app.take_up(&house.ws).await.unwrap();
}

/// Waits for the n-th mail in the sink, as text with quoted-printable soft breaks taken out.
async fn mail(sink: &Sink, n: usize) -> String {
    for _ in 0..200 {
        if let Some(mail) = sink.accepted().get(n) {
            let bytes = mail.bytes.clone().unwrap();
            return String::from_utf8_lossy(&bytes).replace("=\r\n", "").replace("=3D", "=");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("mail {n} did not come");
}

pub fn token(mail: &str, path: &str) -> String {
    let start = mail.find(&format!("/{path}/")).unwrap_or_else(|| panic!("no /{path}/ in {mail}")) + path.len() + 2;
    mail[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_whole_story_of_one_reader(db: TestDb) {
    let house = house(db.db().clone()).await;
    let (app, ws) = (&house.app, &house.ws);
    let sink = Sink::start(SinkConfig { keep_bytes: true, ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 5).await;

    sign_up(&house, "giulia.rossi@example.it", &[NEWS, OFFERS]).await;
    let confirmation = mail(&sink, 0).await;
    assert!(!confirmation.contains("List-Unsubscribe"), "nobody has subscribed yet");
    assert!(!confirmation.contains("Giulia Rossi"), "whoever typed the name may be a stranger");
    let text = token(&confirmation, "c");
    let token_ = ConfirmToken::verify(&text, &app.ring, app.now()).unwrap();
    let asked = app.asked(token_.workspace, token_.point, token_.event).await.unwrap();
    assert!(asked.waits && asked.from_form);
    assert_eq!(asked.scopes, [Scope::whole(NEWS), Scope::whole(OFFERS)]);
    let kept = app.store.kept_mails(ws.tenant, token_.event).await.unwrap();
    assert_eq!(kept[0].1, sink.accepted()[0].bytes.clone().unwrap(), "the confirmation mail is kept whole");

    let done = app.confirm(&token_, &text, &Default::default(), Client::Human).await.unwrap();
    assert!(matches!(done, ConfirmOutcome::Done(..)));
    let again = app.confirm(&token_, &text, &Default::default(), Client::Human).await.unwrap();
    assert!(matches!(again, ConfirmOutcome::Earlier(..)));
    let welcome = mail(&sink, 1).await;
    assert!(welcome.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
    let show = app.show(ws, "Giulia.Rossi@example.it").await.unwrap();
    assert!(show.permissions.iter().all(|p| p.reason == "CONSENT_DOI"), "{:?}", show.permissions);
    assert_eq!(show.events.len(), 2);
    assert!(show.events[0].shown.as_ref().unwrap()["boxes"][0]["label"] == "The Bread letter");
    assert_eq!(show.messages.len(), 2);

    let leave = LeaveToken::verify(&token(&welcome, "u"), &app.ring, app.now()).unwrap();
    assert_eq!(leave.purpose, NEWS);
    let left = app.leave(&leave, What::Purpose(NEWS), "one_click", Actor::Provider, &Default::default()).await.unwrap();
    assert!(!left.earlier);
    assert_eq!(left.reader.on(app.now()), [Scope::whole(OFFERS)]);
    let twice = app.leave(&leave, What::Purpose(NEWS), "page", Actor::Person, &Default::default()).await.unwrap();
    assert!(twice.earlier && twice.at == left.at);
    assert_eq!(app.why(ws, "giulia.rossi@example.it", Scope::whole(NEWS)).await.unwrap().reason, "WITHDRAWN");

    // The way back is a mail; the link itself opens nothing.
    let back = app.way_back(&leave, What::Purpose(NEWS), &Default::default()).await.unwrap();
    assert!(matches!(back, Renewed::Sent(_)));
    assert_eq!(app.why(ws, "giulia.rossi@example.it", Scope::whole(NEWS)).await.unwrap().reason, "WITHDRAWN");
    let back = mail(&sink, 2).await;
    let text = token(&back, "c");
    let back = ConfirmToken::verify(&text, &app.ring, app.now()).unwrap();
    app.confirm(&back, &text, &Default::default(), Client::Human).await.unwrap();
    assert_eq!(app.why(ws, "giulia.rossi@example.it", Scope::whole(NEWS)).await.unwrap().reason, "CONSENT_DOI");
    let welcome = mail(&sink, 3).await;
    assert!(welcome.contains("nella pagina del tuo indirizzo"), "not through the form: {welcome}");

    // Who signs up again gets a link to the choices.
    sign_up(&house, "giulia.rossi@example.it", &[NEWS]).await;
    let already = mail(&sink, 4).await;
    let choices = ChoicesToken::verify(&token(&already, "p"), &app.ring, app.now()).unwrap();
    let chosen = app.choose(&choices, &[Scope::whole(OFFERS)], &[], &Default::default()).await.unwrap();
    assert_eq!(chosen.stopped, [Scope::whole(NEWS)]);
    assert!(chosen.asked.is_empty());
    let all = app.leave_all(&choices, &Default::default()).await.unwrap();
    assert!(all.reader.on(app.now()).is_empty());
    assert_eq!(app.why(ws, "giulia.rossi@example.it", Scope::whole(OFFERS)).await.unwrap().reason, "SUPPRESSED");
    let rebuilt = app.store.rebuild(ws.tenant, None, false).await.unwrap();
    assert_eq!((rebuilt.points, rebuilt.differing.len()), (1, 0));
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_mail_for_a_link_that_ran_out_is_that_of_the_form(db: TestDb) {
    let house = house(db.db().clone()).await;
    let (app, ws) = (&house.app, &house.ws);
    let sink = Sink::start(SinkConfig { keep_bytes: true, ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 5).await;
    sign_up(&house, "giulia.rossi@example.it", &[NEWS]).await;
    let first = mail(&sink, 0).await;
    let old = ConfirmToken::verify(&token(&first, "c"), &app.ring, app.now()).unwrap();
    let press = Press { locale: Some(Locale::It), ..Press::default() };
    assert!(matches!(app.renew(&old, &press).await.unwrap(), Renewed::Sent(_)));
    let second = mail(&sink, 1).await;
    let subject = |mail: &str| mail.lines().find(|l| l.starts_with("Subject:")).unwrap().to_owned();
    assert_eq!(subject(&second), subject(&first));
    let not_me = NotMeToken::verify(&token(&second, "n"), &app.ring, app.now()).unwrap();
    let events = app.show(ws, "giulia.rossi@example.it").await.unwrap().events;
    assert_eq!(events[1].shown, events[0].shown, "the same ticks on the same form");
    app.disown(&not_me, &press).await.unwrap();
    let fresh = app.asked(not_me.workspace, not_me.point, not_me.event).await.unwrap();
    assert!(fresh.from_form && !fresh.waits);
    sending.stop().await;
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn what_is_added_waits_for_a_press_and_what_is_taken_away_does_not(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.people(1).await;
    let (app, ws) = (&house.app, &house.ws);
    let point = app.find(ws, "p0@d0.example").await.unwrap().place.point;
    let choices = ChoicesToken::new(ws.tenant.no, point, app.now());
    let chosen = app.choose(&choices, &[Scope::whole(OFFERS)], &[], &Default::default()).await.unwrap();
    assert_eq!(
        (chosen.stopped.as_slice(), chosen.asked.as_slice()),
        (&[Scope::whole(NEWS)][..], &[Scope::whole(OFFERS)][..])
    );
    assert_eq!(chosen.reader.state(Scope::whole(OFFERS), app.now()), State::Requested);
    assert_eq!(app.why(ws, "p0@d0.example", Scope::whole(OFFERS)).await.unwrap().effect, volens_law::Effect::Deny);
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn it_was_not_me_voids_the_link_and_holds_for_thirty_days(db: TestDb) {
    let house = house(db.db().clone()).await;
    let (app, ws) = (&house.app, &house.ws);
    let sink = Sink::start(SinkConfig { keep_bytes: true, ..SinkConfig::default() }).await.unwrap();
    let sending = house.sending("one", &sink, 5).await;
    sign_up(&house, "victim@example.org", &[NEWS]).await;
    let first = mail(&sink, 0).await;
    let not_me = NotMeToken::verify(&token(&first, "n"), &app.ring, app.now()).unwrap();
    app.disown(&not_me, &Default::default()).await.unwrap();
    let text = token(&first, "c");
    let confirm = ConfirmToken::verify(&text, &app.ring, app.now()).unwrap();
    let void = app.confirm(&confirm, &text, &Default::default(), Client::Human).await.unwrap();
    assert!(matches!(void, ConfirmOutcome::Void(_)));
    sign_up(&house, "victim@example.org", &[NEWS]).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(sink.count(), 1, "no further confirmation mail");
    assert_eq!(app.why(ws, "victim@example.org", Scope::whole(NEWS)).await.unwrap().effect, volens_law::Effect::Deny);
    sending.stop().await;
}
