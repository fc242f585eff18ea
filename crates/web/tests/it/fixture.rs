//! A workspace with a form, an application on it, and its pages behind a router.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use volens_app::contact::ContactShow;
use volens_app::{App, AppSettings, Workspace, WorkspaceSettings};
use volens_core::consent::Body as Act;
use volens_core::id::{EventId, PointId};
use volens_core::keys::MasterKey;
use volens_core::locale::Locale;
use volens_core::permission::SourceKind;
use volens_core::purpose::{Class, PurposeNo, Scope, SenderNo, SourceNo, TopicNo};
use volens_core::token::{ChoicesToken, ConfirmToken, LeaveToken, NotMeToken};
use volens_core::{Clock, Micros};
use volens_mail::Brand;
use volens_store::form::{FormDoc, FormRow};
use volens_store::purpose::{Addition, NewText, PurposeRow, SenderRow, SourceRow, TextKey, TopicRow, Words};
use volens_store::{Db, Store, Tenant};
use volens_testkit::{FakeChance, FakeClock};
use volens_web::{WebSettings, WebState, router};

pub const NEWS: PurposeNo = PurposeNo(1);
pub const OFFERS: PurposeNo = PurposeNo(2);
/// A topic of the newsletter.
pub const RYE: Scope = Scope { purpose: NEWS, topic: Some(TopicNo(1)) };
pub const DAY: Duration = Duration::from_secs(86_400);

/// An application behind its pages, with a clock that stands still.
pub struct House {
    pub app: Arc<App>,
    pub ws: Arc<Workspace>,
    pub clock: FakeClock,
    pub router: Router,
}

/// An answer.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

pub async fn house(db: Db) -> House {
    house_with(db, WebSettings::default()).await
}

pub async fn house_with(db: Db, settings: WebSettings) -> House {
    let clock = FakeClock::default();
    let app = open(db, &clock, 1).await;
    if app.workspaces().is_empty() {
        furnish(&app, "bakery", "Nordic Bakery", "letters").await;
    }
    let ws = app.workspace_named(Some("bakery")).unwrap();
    let router = router(WebState::new(app.clone(), settings).unwrap());
    House { app, ws, clock, router }
}

/// An application on a database; `seed` tells the ids of several apart.
pub async fn open(db: Db, clock: &FakeClock, seed: u64) -> Arc<App> {
    let settings = AppSettings::new("https://letters.nordicbakery.example", "mail.nordicbakery.example");
    let master = MasterKey::from_bytes([7; 32]);
    let chance = Arc::new(FakeChance::seeded(seed));
    App::open(Store::of(db), &master, settings, Arc::new(clock.clone()), chance).await.unwrap()
}

/// A workspace with two purposes, a topic and a form.
pub async fn furnish(app: &App, slug: &str, name: &str, form: &str) -> Tenant {
    let settings = WorkspaceSettings {
        schema: 1,
        zone: "Europe/Rome".into(),
        contact_email: "hello@nordicbakery.example".into(),
        feedback_sender: "nordicbakery".into(),
        brand: Brand::plain(name),
        theme: serde_json::Value::Null,
        home_form: Some(form.into()),
    };
    let tenant = app.create_workspace(slug, name, &settings).await.unwrap();
    let sender = SenderRow {
        no: SenderNo(1),
        id: app.id(),
        slug: slug.into(),
        name: format!("{name} S.r.l."),
        country: "IT".into(),
        postal_address: "Via del Forno 12, 10122 Torino, Italy".into(),
        email: "hello@nordicbakery.example".into(),
    };
    app.add_to_offer(tenant, Addition::Sender(sender)).await.unwrap();
    let mut texts = Vec::new();
    for (name, body, frequency) in [
        ("The Bread letter", "What comes out of the oven this week.", "Every Thursday"),
        ("Offers", "Vouchers and last-loaf prices.", "At most twice a month"),
        ("Rye", "Only rye.", ""),
        ("Letters from the oven", "What we bake, and when it comes out.", ""),
        ("How we use your address", "We write only to people who said yes.\n\n## What we keep\n\n- your address", ""),
    ] {
        let words = Words { name: name.into(), body: body.into(), frequency: frequency.into() };
        let key = TextKey { id: app.id(), version: 1 };
        let text = NewText { id: key.id, version: 1, words: BTreeMap::from([(Locale::En, words)]) };
        app.add_to_offer(tenant, Addition::Text(text)).await.unwrap();
        texts.push(key);
    }
    for (slug, class, text) in [("news", Class::Newsletter, texts[0]), ("offers", Class::Marketing, texts[1])] {
        let row = PurposeRow { no: NEWS, id: app.id(), slug: slug.into(), class, sender: SenderNo(1), text };
        app.add_to_offer(tenant, Addition::Purpose(row)).await.unwrap();
    }
    let topic = TopicRow { no: TopicNo(1), id: app.id(), purpose: NEWS, slug: "rye".into(), text: texts[2] };
    app.add_to_offer(tenant, Addition::Topic(topic)).await.unwrap();
    let source =
        SourceRow { no: SourceNo(1), kind: SourceKind::Website, name: "nordicbakery.example".into(), text: None };
    app.add_to_offer(tenant, Addition::Source(source)).await.unwrap();
    let doc = FormDoc {
        schema: 1,
        text: texts[3].id,
        text_version: 1,
        notice: texts[4].id,
        notice_version: 1,
        purposes: vec![NEWS, OFFERS],
        locale: Locale::En,
    };
    let form = FormRow { id: app.id(), version: 1, slug: form.into(), source: SourceNo(1), doc };
    app.store.publish_form(tenant, form, app.now()).await.unwrap();
    app.reload().await.unwrap();
    tenant
}

/// Sends one request through a router.
pub async fn ask(router: &Router, request: Request<Body>) -> Got {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Got { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// A request without a body.
pub fn bare(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

/// A form as a browser sends it.
pub fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap()
}

/// The same form as multipart (RFC 7578).
pub fn multipart(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let part = |(n, v): &(&str, &str)| format!("--XX\r\nContent-Disposition: form-data; name=\"{n}\"\r\n\r\n{v}\r\n");
    let body = fields.iter().map(part).collect::<String>() + "--XX--\r\n";
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .body(Body::from(body))
        .unwrap()
}

/// Says where a request comes from.
pub fn from_peer(mut request: Request<Body>, peer: &str) -> Request<Body> {
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

impl Got {
    /// The value of a hidden field.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let at = self.body.find(&start).unwrap_or_else(|| panic!("no field {name} in {}", self.body)) + start.len();
        self.body[at..].split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub fn says(&self, status: u16, words: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.body.contains(words), "{words:?} is not in {}", self.body);
    }
}

impl House {
    pub async fn get(&self, path: &str) -> Got {
        ask(&self.router, bare(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        ask(&self.router, form(path, fields)).await
    }

    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// The time token of a form that was shown some seconds ago.
    pub async fn time(&self) -> String {
        let time = self.get("/f/letters").await.field("t");
        self.clock.step(Duration::from_secs(5));
        time
    }

    /// Signs up for the newsletter, and lets the job take it up.
    pub async fn join(&self, address: &str) -> EventId {
        self.join_for(address, &["news"]).await
    }

    pub async fn join_for(&self, address: &str, purposes: &[&str]) -> EventId {
        let time = self.time().await;
        let mut fields = vec![("email", address), ("first_name", "Giulia"), ("t", &time)];
        fields.extend(purposes.iter().map(|p| ("purpose", *p)));
        self.post("/f/letters", &fields).await.says(200, "One click is missing");
        self.app.take_up(&self.ws).await.unwrap();
        self.request_of(address).await
    }

    /// Somebody who said yes and confirmed it.
    pub async fn reader(&self, address: &str) -> PointId {
        let event = self.join_for(address, &["news", "offers"]).await;
        let point = self.point(address).await;
        self.post(&self.confirm(point, event), &[]).await.says(200, "You are in");
        self.clock.step(Duration::from_secs(5));
        point
    }

    pub async fn point(&self, address: &str) -> PointId {
        self.app.find(&self.ws, address).await.unwrap().place.point
    }

    pub async fn show(&self, address: &str) -> ContactShow {
        self.app.show(&self.ws, address).await.unwrap()
    }

    /// The newest request of an address.
    pub async fn request_of(&self, address: &str) -> EventId {
        let show = self.show(address).await;
        let mut newest = show.events.iter().rev();
        newest.find(|e| matches!(e.event.body, Act::Requested { .. })).unwrap().event.id
    }

    /// Whether mail may be sent for a purpose: the reason's code.
    pub async fn why(&self, address: &str, purpose: PurposeNo) -> &'static str {
        self.app.why(&self.ws, address, Scope::whole(purpose)).await.unwrap().reason
    }

    /// The same for a topic.
    pub async fn why_about(&self, address: &str, scope: Scope) -> &'static str {
        self.app.why(&self.ws, address, scope).await.unwrap().reason
    }

    pub fn confirm(&self, point: PointId, event: EventId) -> String {
        format!("/c/{}", ConfirmToken::new(self.ws.tenant.no, event, point, self.now()).mint(&self.app.ring))
    }

    pub fn not_me(&self, point: PointId, event: EventId) -> String {
        format!("/n/{}", NotMeToken::new(self.ws.tenant.no, event, point, self.now()).mint(&self.app.ring))
    }

    pub fn leave(&self, point: PointId) -> String {
        format!("/u/{}", LeaveToken::new(self.ws.tenant.no, point, NEWS).mint(&self.app.ring))
    }

    pub fn choices(&self, point: PointId) -> String {
        format!("/p/{}", ChoicesToken::new(self.ws.tenant.no, point, self.now()).mint(&self.app.ring))
    }

    pub async fn acts(&self) -> u64 {
        self.app.store.count_acts(self.ws.tenant).await.unwrap()
    }
}
