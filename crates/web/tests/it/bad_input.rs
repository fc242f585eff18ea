//! Wrong, over-long, duplicate and hostile values: a clear answer each, and nothing half-written.

use axum::body::Body;
use axum::http::{Method, Request, header};
use volens_testkit::{TestDb, both_engines};

use crate::dump::{dump, gained};
use crate::fixture::{ask, form, house, multipart};

fn typed(path: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(Method::POST).uri(path).header(header::CONTENT_TYPE, kind);
    request.body(body.into()).unwrap()
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn hostile_addresses_are_refused_with_words(db: TestDb) {
    let house = house(db.db().clone()).await;
    let time = house.time().await;
    let before = dump(&db).await;
    let long = format!("{}@example.org", "x".repeat(10_000));
    for (address, words) in [
        ("", "We need an address to write to"),
        ("   ", "We need an address to write to"),
        ("luca", "An address looks like"),
        ("a@example.org\r\nBcc: b@example.org", "An address looks like"),
        ("a@example.org%0d%0aBcc: b@example.org", "An address looks like"),
        ("a\u{0}b@example.org", "An address looks like"),
        ("\u{202E}gro.elpmaxe@a", "An address looks like"),
        ("a@exam\u{200B}ple.org", "An address looks like"),
        ("a@example.org, b@example.org", "An address looks like"),
        ("Luca <a@example.org>", "An address looks like"),
        ("\"a b\"@example.org", "An address looks like"),
        ("a@[127.0.0.1]", "An address looks like"),
        (&long, "No address is longer than 254"),
    ] {
        for request in [
            form("/f/letters", &[("email", address), ("purpose", "news"), ("t", &time)]),
            multipart("/f/letters", &[("email", address), ("purpose", "news"), ("t", &time)]),
        ] {
            let got = ask(&house.router, request).await;
            got.says(422, words);
            assert!(!got.body.contains('\u{202E}') && !got.body.contains('\u{0}') && got.body.len() < 12_000);
        }
    }
    assert_eq!(gained(&before, &dump(&db).await), [].into());
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn hostile_names_are_refused_with_words(db: TestDb) {
    let house = house(db.db().clone()).await;
    let time = house.time().await;
    let long = "n".repeat(10_000);
    for name in ["x\r\nBcc: b@example.org", "a\u{0}b", "\u{202E}live", "a\u{2028}b", "\u{1b}[31m", &long] {
        let fields = [("email", "a@example.org"), ("first_name", name), ("purpose", "news"), ("t", time.as_str())];
        house.post("/f/letters", &fields).await.says(422, "A first name has at most 100 characters, all on one line");
    }
    assert_eq!(house.acts().await, 0);
    let markup = "<script>alert(1)</script>{{ 7 * 7 }}";
    house
        .post("/f/letters", &[("email", "luca"), ("first_name", markup), ("purpose", "news"), ("t", &time)])
        .await
        .says(422, "&lt;script&gt;");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn nothing_ticked_unknown_and_repeated_fields(db: TestDb) {
    let house = house(db.db().clone()).await;
    let time = house.time().await;
    for purposes in [&[][..], &["no-such"], &["news\r\n"], &["", "x"]] {
        let mut fields = vec![("email", "a@example.org"), ("t", time.as_str())];
        fields.extend(purposes.iter().map(|p| ("purpose", *p)));
        house.post("/f/letters", &fields).await.says(422, "Nothing is ticked yet");
    }
    assert_eq!(house.acts().await, 0);
    let twice =
        [("email", "first@example.org"), ("email", "second@example.org"), ("purpose", "news"), ("purpose", "news")];
    house.post("/f/letters", &[&twice[..], &[("t", &time)]].concat()).await.says(200, "first@example.org");
    house.app.take_up(&house.ws).await.unwrap();
    assert_eq!(house.show("first@example.org").await.events.len(), 1);
    assert!(house.app.find(&house.ws, "second@example.org").await.is_err(), "one form, one address");
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn what_is_not_a_form_is_refused(db: TestDb) {
    let house = house(db.db().clone()).await;
    let before = dump(&db).await;
    for kind in
        ["application/json", "text/plain", "", "application/x-www-form-urlencodedx", "multipart/mixed; boundary=x"]
    {
        for path in ["/f/letters", "/u/x", "/c/x"] {
            ask(&house.router, typed(path, kind, "{}")).await.says(415, "That was not our form");
        }
    }
    for kind in ["multipart/form-data", "multipart/form-data; boundary=x"] {
        ask(&house.router, typed("/f/letters", kind, "garbage")).await.says(400, "We could not read that");
    }
    let many = "x=1&".repeat(1_000);
    ask(&house.router, typed("/f/letters", "application/x-www-form-urlencoded", many))
        .await
        .says(400, "could not read");
    let latin =
        typed("/f/letters", "application/x-www-form-urlencoded", &b"email=a%ff%fe@example.org&purpose=news"[..]);
    ask(&house.router, latin).await.says(422, "An address looks like");
    assert_eq!(gained(&before, &dump(&db).await), [].into());
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn unknown_forms_and_other_methods_have_a_page(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.get("/f/none").await.says(404, "There is nothing here");
    house.post("/f/none", &[("email", "a@example.org")]).await.says(404, "There is nothing here");
    house.get("/").await.says(404, "There is nothing here");
    house.get("/f/letters/../../etc/passwd").await.says(404, "There is nothing here");
    let got = ask(&house.router, typed("/privacy/letters", "text/plain", "")).await;
    got.says(405, "That does not work here");
    assert_eq!(got.headers[header::ALLOW], "GET,HEAD");
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let got =
            ask(&house.router, Request::builder().method(method).uri("/f/letters").body(Body::empty()).unwrap()).await;
        got.says(405, "That does not work here");
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn more_than_a_form_can_hold_is_refused_with_words(db: TestDb) {
    let house = house(db.db().clone()).await;
    let before = dump(&db).await;
    for (size, status) in [(64 * 1024, 422), (64 * 1024 + 1, 413), (10 * 1024 * 1024, 413)] {
        let head = "email=a@example.org&first_name=";
        let body = head.to_owned() + &"n".repeat(size - head.len());
        let got = ask(&house.router, typed("/f/letters", "application/x-www-form-urlencoded", body)).await;
        assert_eq!(got.status, status, "{size}");
    }
    assert_eq!(gained(&before, &dump(&db).await), [].into());
}
