//! The demo's own pages: templates, routes, and who may press.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value};
use volens_core::Micros;
use volens_core::clock::Clock;
use volens_mail::Zone;

use super::figures::{count, span};
use super::{Demo, DemoError, home, inbox};
use crate::clock::SystemClock;

const TEMPLATES: [(&str, &str); 6] = [
    ("frame.html", include_str!("../../../../themes/demo/frame.html")),
    ("home.html", include_str!("../../../../themes/demo/home.html")),
    ("live.html", include_str!("../../../../themes/demo/live.html")),
    ("people.html", include_str!("../../../../themes/demo/people.html")),
    ("inbox.html", include_str!("../../../../themes/demo/inbox.html")),
    ("mail.html", include_str!("../../../../themes/demo/mail.html")),
];
const CSS: &str = include_str!("../../../../themes/demo/demo.css");
const LOGO_LIGHT: &str = include_str!("../../../../themes/volens-wordmark-light.svg");
const LOGO_DARK: &str = include_str!("../../../../themes/volens-wordmark-dark.svg");
const FAVICON: &str = include_str!("../../../../themes/volens-favicon.svg");

/// No script, nothing from elsewhere; mails are shown in frames that have a policy of their own.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'self'";
/// `Referrer-Policy: no-referrer` would make browsers send `Origin: null` with our own forms.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// What the pages stand on.
pub struct Views {
    /// The demo.
    pub demo: Arc<Demo>,
    environment: Environment<'static>,
    said: Mutex<Option<String>>,
}

/// Shared by all requests.
pub type Shared = Arc<Views>;

impl Views {
    /// A page.
    ///
    /// # Errors
    /// Never for pages that a test has drawn once; the answer says so otherwise.
    pub fn page(&self, template: &str, context: Value) -> Response {
        let drawn = self.environment.get_template(template).and_then(|t| t.render(context));
        match drawn {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(template, %error, "a page of the demo could not be drawn");
                (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be drawn; the log says why.").into_response()
            }
        }
    }

    /// Leads back to a page, which says this once.
    pub fn back(&self, to: &str, said: impl Into<String>) -> Response {
        let said = said.into();
        if !said.is_empty() {
            *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        }
        Redirect::to(to).into_response()
    }

    /// What is to be said once.
    pub fn said(&self) -> Option<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Home page and inbox.
///
/// # Errors
/// A template that cannot be read.
pub fn router(demo: Arc<Demo>) -> Result<Router, DemoError> {
    let views: Shared = Arc::new(Views { demo, environment: environment()?, said: Mutex::default() });
    let router = Router::new()
        .route("/", get(home::look))
        .route("/live", get(home::live))
        .route("/people", get(home::people))
        .route("/campaign", post(home::campaign))
        .route("/second", post(home::second))
        .route("/plug", post(home::plug))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{number}", get(inbox::mail))
        .route("/inbox/{number}/html", get(inbox::html))
        .route("/inbox/{number}/raw", get(inbox::raw))
        .route("/inbox/{number}/one-click", post(inbox::one_click))
        .route("/inbox/{number}/mailto", post(inbox::mailto))
        .route("/demo.css", get(|| async { file("text/css; charset=utf-8", CSS) }))
        .route("/logo-light.svg", get(|| async { file("image/svg+xml", LOGO_LIGHT) }))
        .route("/logo-dark.svg", get(|| async { file("image/svg+xml", LOGO_DARK) }))
        .route("/favicon.svg", get(|| async { file("image/svg+xml", FAVICON) }))
        .route("/favicon.ico", get(|| async { file("image/svg+xml", FAVICON) }));
    Ok(router.layer(from_fn_with_state(views.clone(), guard)).with_state(views))
}

/// The templates and what they can do.
///
/// # Errors
/// A template that cannot be read.
pub fn environment() -> Result<Environment<'static>, DemoError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let lines = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(lines.map_err(DemoError::from)?);
    environment.add_filter("count", count);
    environment.add_filter("urlencode", super::client::encode);
    environment.add_filter("span", span);
    environment.add_filter("clock", |at: i64| clock(at));
    environment.add_filter("day", |at: i64| day(at));
    environment.add_filter("local", local);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// `10:43:07` in Torino.
fn clock(at: i64) -> String {
    volens_mail::words::clock_time(Micros(at), &torino())
}

/// `24 November 2026, 10:43:07`.
fn day(at: i64) -> String {
    let words = volens_mail::Words::new(&[]);
    let date = words.map_or_else(|_| String::new(), |w| w.date(volens_core::Locale::En, Micros(at), &torino()));
    format!("{date}, {}", clock(at))
}

/// A time of a record (RFC 3339) as the other pages tell times.
fn local(at: &str) -> String {
    at.parse::<jiff::Timestamp>().map_or_else(|_| at.to_owned(), |t| day(t.as_microsecond()))
}

fn torino() -> Zone {
    Zone::named("Europe/Rome").unwrap_or_else(|_| Zone::utc())
}

/// Anything that serde can write, for a page.
#[must_use]
pub fn shown(value: impl serde::Serialize) -> Value {
    Value::from(Serde(value))
}

/// Now, for pages.
#[must_use]
pub fn now() -> i64 {
    SystemClock.now().0
}

fn file(kind: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], Body::from(body)).into_response()
}

async fn guard(State(views): State<Shared>, request: Request, next: Next) -> Response {
    if let Some(why) = unwanted(&views, &request) {
        return refuse(&why);
    }
    let mut response = next.run(request).await;
    for (name, value) in ALWAYS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Only this machine asks, by our own name; only our own pages press. A page elsewhere that leads a browser here has
/// another name in Host (DNS rebinding) or another Origin.
fn unwanted(views: &Views, request: &Request) -> Option<String> {
    let port = views.demo.home.port();
    let names = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let text = |name| request.headers().get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    if !names.iter().any(|n| n == host) {
        return Some(format!("The demo answers to {} only.", names[0]));
    }
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let ours = text(header::ORIGIN).is_some_and(|o| o.strip_prefix("http://") == Some(host));
    (!looks && !ours).then(|| "Only the demo's own pages may press its buttons.".to_owned())
}

fn refuse(why: &str) -> Response {
    (StatusCode::FORBIDDEN, format!("{why}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_torino_on_every_page() {
        assert_eq!(local("2026-11-24T17:07:13.5Z"), "24 November 2026, 18:07:13");
        assert_eq!(local("2026-11-24T17:07:13.5Z"), day(1_795_540_033_500_000));
        assert_eq!(local("once"), "once");
    }
}
