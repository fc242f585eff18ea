//! GET and HEAD change nothing: every route, with tokens of every power, against a dump of every table.

use axum::http::{Method, header};
use volens_core::clock::Clock;
use volens_core::id::{DeliveryKey, PointId, StreamNo};
use volens_core::keys::{KeyRing, MasterKey};
use volens_core::token::{BounceToken, ChoicesToken, ConfirmToken, LeaveToken, NotMeToken, Power};
use volens_testkit::{TestDb, both_engines};
use volens_web::ROUTES;

use crate::dump::{dump, gained};
use crate::fixture::{DAY, House, NEWS, ask, bare, furnish, house};

/// A token, what it is, and the power that it gives; `None` = none.
type Token = (String, String, Option<Power>);

/// Tokens of every power: right, expired, forged, of another workspace, of another key, of somebody who is gone, cut; and
/// those that join the request of one reader to the point of another.
async fn tokens(house: &House) -> Vec<Token> {
    let event = house.join("giulia.rossi@example.it").await;
    let point = house.point("giulia.rossi@example.it").await;
    let theirs = house.join("luca.ferrero@example.it").await;
    let neighbour = house.point("luca.ferrero@example.it").await;
    let other = furnish(&house.app, "other", "Other House", "other").await.no;
    let (ws, now, ring) = (house.ws.tenant.no, house.now(), &*house.app.ring);
    let foreign = KeyRing::new(&MasterKey::from_bytes([8; 32]), &[]).unwrap();
    let gone: PointId = house.app.id();
    let old = now.before(31 * DAY);
    let mut out = Vec::new();
    let mut add = |name: &str, power: Power, text: String, gives: bool| {
        let middle = text.len() - 5;
        let flip = if &text[middle..=middle] == "A" { "B" } else { "A" };
        let forged = format!("{}{flip}{}", &text[..middle], &text[middle + 1..]);
        out.push((format!("{name} {power:?}, forged"), forged, None));
        out.push((format!("{name} {power:?}, cut"), text[..text.len() - 9].to_owned(), None));
        out.push((format!("{name} {power:?}"), text, gives.then_some(power)));
    };
    for (name, ws, point, at, ring) in [
        ("right", ws, point, now, ring),
        ("expired", ws, point, old, ring),
        ("of another workspace", other, point, now, ring),
        ("of another key", ws, point, now, &foreign),
        ("of somebody gone", ws, gone, now, ring),
    ] {
        let right = name == "right";
        add(name, Power::Confirm, ConfirmToken::new(ws, event, point, at).mint(ring), right);
        add(name, Power::NotMe, NotMeToken::new(ws, event, point, at).mint(ring), right);
        add(name, Power::Choices, ChoicesToken::new(ws, point, at).mint(ring), right);
        // A leave link never runs out.
        add(name, Power::Leave, LeaveToken::new(ws, point, NEWS).mint(ring), right || name == "expired");
    }
    for (name, event, point) in [("to another person", event, neighbour), ("of another person", theirs, point)] {
        add(name, Power::Confirm, ConfirmToken::new(ws, event, point, now).mint(ring), false);
        add(name, Power::NotMe, NotMeToken::new(ws, event, point, now).mint(ring), false);
    }
    let bounce = BounceToken::new(DeliveryKey { stream: StreamNo(1), ordinal: 1 }, now).mint(ring);
    add("right", Power::Bounce, bounce, false);
    out.push(("empty".into(), String::new(), None));
    out.push(("nonsense".into(), "%00%ff..%2f".into(), None));
    out.push(("long".into(), "A".repeat(5_000), None));
    out
}

/// The paths of a line of the table, each with whether it should open.
fn paths(route: &volens_web::Route, tokens: &[Token], css: &str) -> Vec<(String, Option<bool>)> {
    let own = ["letters", "other", "no-such-form", "%2e%2e", "letters/more"];
    match route.power {
        Some(power) => {
            let path = |text: &str| route.path.replace("{token}", text);
            tokens.iter().map(|(_, text, gives)| (path(text), Some(*gives == Some(power)))).collect()
        }
        None if route.path.contains("{slug}") => {
            own.iter().map(|slug| (route.path.replace("{slug}", slug), None)).collect()
        }
        None if route.path.contains("{file}") => vec![(css.to_owned(), Some(true)), ("/t/x.css".into(), Some(false))],
        None => vec![(route.path.to_owned(), Some(true))],
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn looking_changes_nothing(db: TestDb) {
    let house = house(db.db().clone()).await;
    let tokens = tokens(&house).await;
    let form = house.get("/f/letters").await.body;
    let css = form.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let before = dump(&db).await;
    assert!(before.values().map(Vec::len).sum::<usize>() > 20);
    let (mut asked, mut opened) = (0, 0);
    for route in ROUTES.iter().filter(|r| r.method == Method::GET) {
        for (path, opens) in paths(route, &tokens, &css) {
            for path in [path.clone(), format!("{path}?lang=it&stop=all&renew=1&List-Unsubscribe=One-Click")] {
                let got = ask(&house.router, bare(Method::GET, &path)).await;
                let head = ask(&house.router, bare(Method::HEAD, &path)).await;
                assert_eq!((head.status, head.body.as_str()), (got.status, ""), "HEAD {path}");
                assert!(got.status < 500, "{path}: {}", got.body);
                assert!(opens.is_none_or(|opens| opens == (got.status == 200)), "{path}: {}", got.status);
                for answer in [&got, &head] {
                    assert!(
                        !answer.headers.contains_key(header::SET_COOKIE) && !answer.headers.contains_key("location")
                    );
                }
                asked += 1;
                opened += usize::from(got.status == 200);
            }
        }
        let after = dump(&db).await;
        assert_eq!(gained(&before, &after), [].into(), "GET {} changed something", route.path);
    }
    assert!(asked > 500 && opened > 15, "{asked} {opened}");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn a_press_with_a_token_that_gives_no_power_changes_nothing(db: TestDb) {
    let house = house(db.db().clone()).await;
    let tokens = tokens(&house).await;
    let before = dump(&db).await;
    let fields = [("stop", "all"), ("save", "1"), ("back", "all")];
    for route in ROUTES.iter().filter(|r| r.method == Method::POST) {
        let Some(power) = route.power else { continue };
        for (name, text, gives) in &tokens {
            // One-click for somebody who is gone is fulfilled; these are buttons.
            if *gives == Some(power) {
                continue;
            }
            let path = route.path.replace("{token}", text);
            let got = house.post(&path, &fields).await;
            assert!([404, 410].contains(&got.status), "{name} at {}: {}", route.path, got.status);
            assert!(got.body.contains("hello@nordicbakery.example") || got.body.contains("postmaster@"), "who helps");
        }
    }
    assert_eq!(gained(&before, &dump(&db).await), [].into());
    assert_eq!(house.clock.now(), house.now());
}
