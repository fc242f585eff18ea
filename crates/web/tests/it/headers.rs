//! What every answer carries, whatever it says.

use axum::http::{Method, header};
use volens_testkit::{TestDb, both_engines};
use volens_web::ROUTES;

use crate::fixture::{ask, bare, form, house};

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn no_cookie_no_redirect_no_script_and_a_strict_policy_everywhere(db: TestDb) {
    let house = house(db.db().clone()).await;
    let point = house.reader("giulia.rossi@example.it").await;
    let event = house.request_of("giulia.rossi@example.it").await;
    let own = |path: &str| match path {
        "/c/{token}" => house.confirm(point, event),
        "/n/{token}" => house.not_me(point, event),
        "/u/{token}" => house.leave(point),
        "/p/{token}" => house.choices(point),
        other => other.replace("{slug}", "letters").replace("{file}", "x.css"),
    };
    let mut requests =
        vec![bare(Method::GET, "/nothing/here"), bare(Method::PUT, "/f/letters"), bare(Method::DELETE, "/")];
    for route in ROUTES {
        for path in [own(route.path), route.path.replace(['{', '}'], "")] {
            requests.push(if route.method == Method::GET {
                bare(Method::GET, &path)
            } else {
                form(&path, &[("stop", "this"), ("save", "1"), ("lang", "de")])
            });
        }
    }
    for request in requests {
        let name = format!("{} {}", request.method(), request.uri());
        let got = ask(&house.router, request).await;
        let header = |n: &str| got.headers.get(n).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        assert!(header("content-security-policy").contains("default-src 'none'"), "{name}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{name}");
        assert_eq!(header("x-frame-options"), "DENY", "{name}");
        assert!(!header("cache-control").is_empty(), "{name}");
        assert!(!got.headers.contains_key(header::SET_COOKIE) && !got.headers.contains_key(header::LOCATION), "{name}");
        assert!(!(300..400).contains(&got.status), "{name}: {}", got.status);
        assert!(!got.body.contains("<script") && !got.body.contains("giulia.rossi"), "{name}: {}", got.body);
        if got.body.contains("<html") && !["/f/letters", "/privacy/letters"].iter().any(|p| name.ends_with(p)) {
            assert_eq!(header("x-robots-tag"), "noindex, nofollow", "{name}");
            assert_eq!(header("cache-control"), "no-store", "{name}");
        }
    }
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn every_page_speaks_the_language_that_was_chosen(db: TestDb) {
    let house = house(db.db().clone()).await;
    let point = house.reader("giulia.rossi@example.it").await;
    for tag in ["en", "es", "it", "pt", "fr", "de"] {
        for path in ["/f/letters".to_owned(), "/nothing".into(), house.leave(point), house.choices(point)] {
            let got = house.get(&format!("{path}?lang={tag}")).await;
            assert!(got.body.contains(&format!("<html lang=\"{tag}\"")), "{path} {tag}");
        }
        let got = house
            .post(&house.choices(point), &[("save", "1"), ("purpose", "news"), ("purpose", "offers"), ("lang", tag)])
            .await;
        assert!(got.body.contains(&format!("<html lang=\"{tag}\"")), "{tag}");
    }
    let mut request = bare(Method::GET, "/f/letters");
    request.headers_mut().insert(header::ACCEPT_LANGUAGE, "nl, fr-CH;q=0.8".parse().unwrap());
    assert!(ask(&house.router, request).await.body.contains("<html lang=\"fr\""));
    let mut request = bare(Method::GET, &house.leave(point));
    request.headers_mut().insert(header::ACCEPT_LANGUAGE, "fr".parse().unwrap());
    assert!(
        ask(&house.router, request).await.body.contains("<html lang=\"en\""),
        "the reader's own language comes first"
    );
}

#[both_engines(migrations = volens_store::MIGRATIONS)]
async fn the_house_is_watched_and_its_notice_can_be_read(db: TestDb) {
    let house = house(db.db().clone()).await;
    house.get("/healthz").await.says(200, "ok");
    house.get("/readyz").await.says(200, "ready");
    let notice = house.get("/privacy/letters").await;
    notice.says(200, "How we use your address");
    notice.says(200, "24 November 2026");
    house.get("/privacy/none").await.says(404, "There is nothing here");
    db.close().await;
    house.get("/readyz").await.says(503, "not ready");
    house.get("/healthz").await.says(200, "ok");
}
