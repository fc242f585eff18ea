//! A workspace with people, an application on it, and a clock that runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use volens_app::delivery::Sending;
use volens_app::{App, AppSettings, Workspace, WorkspaceSettings};
use volens_core::address::EmailAddress;
use volens_core::clock::{Clock, Micros};
use volens_core::consent::{Actor, Body, Draft, Item, Profile, TextRef};
use volens_core::id::StreamNo;
use volens_core::keys::MasterKey;
use volens_core::locale::Locale;
use volens_core::permission::{Evidence, Mode, SourceKind};
use volens_core::purpose::{Class, PurposeNo, Scope, SenderNo, SourceNo, TopicNo};
use volens_mail::Brand;
use volens_store::account::Node;
use volens_store::campaign::CampaignState;
use volens_store::contact::bulk::Arrival;
use volens_store::delivery::Books;
use volens_store::form::{FormDoc, FormRow};
use volens_store::purpose::{Addition, NewText, PurposeRow, SenderRow, SourceRow, TextKey, TopicRow, Words};
use volens_store::{Db, Store};
use volens_testkit::FakeChance;
use volens_testkit::sink::Sink;
use volens_wire::{RelayConfig, Timeouts, Tls};

/// A clock that runs from 24 November 2026, 10:00 UTC.
pub struct Running(Instant, u32);

impl Running {
    /// One that runs so many times faster.
    pub fn times(faster: u32) -> Self {
        Self(Instant::now(), faster)
    }
}

impl Clock for Running {
    fn now(&self) -> Micros {
        Micros(1_795_514_400_000_000).after(self.0.elapsed() * self.1)
    }
}

pub const NEWS: PurposeNo = PurposeNo(1);
pub const OFFERS: PurposeNo = PurposeNo(2);
pub const RYE: TopicNo = TopicNo(1);
pub const SENDER: SenderNo = SenderNo(1);

pub struct House {
    pub app: Arc<App>,
    pub ws: Arc<Workspace>,
}

/// An application on a database, with a clock that runs.
pub async fn house(db: Db) -> House {
    house_with(db, |_| ()).await
}

pub async fn house_with(db: Db, change: impl FnOnce(&mut AppSettings)) -> House {
    house_at(db, Arc::new(Running::times(1)), change).await
}

pub async fn house_at(db: Db, clock: Arc<dyn Clock>, change: impl FnOnce(&mut AppSettings)) -> House {
    let mut settings = AppSettings::new("https://letters.nordicbakery.example", "mail.nordicbakery.example");
    settings.sending.retry_first = Duration::from_millis(50);
    settings.sending.hold_first = Duration::from_millis(50);
    change(&mut settings);
    let master = MasterKey::from_bytes([7; 32]);
    let chance = Arc::new(FakeChance::seeded(seed()));
    let app = App::open(Store::of(db), &master, settings, clock, chance).await.unwrap();
    if app.workspaces().is_empty() {
        furnish(&app).await;
    }
    let ws = app.workspace_named(None).unwrap();
    House { app, ws }
}

async fn furnish(app: &App) {
    let settings = WorkspaceSettings {
        schema: 1,
        zone: "Europe/Rome".into(),
        contact_email: "hello@nordicbakery.example".into(),
        feedback_sender: "nordicbakery".into(),
        brand: Brand::plain("Nordic Bakery"),
        theme: serde_json::Value::Null,
        home_form: Some("letters".into()),
    };
    let tenant = app.create_workspace("bakery", "Nordic Bakery", &settings).await.unwrap();
    let sender = SenderRow {
        no: SENDER,
        id: app.id(),
        slug: "bakery".into(),
        name: "Nordic Bakery S.r.l.".into(),
        country: "IT".into(),
        postal_address: "Via del Forno 12, 10122 Torino, Italy".into(),
        email: "hello@nordicbakery.example".into(),
    };
    app.add_to_offer(tenant, Addition::Sender(sender)).await.unwrap();
    let mut texts = Vec::new();
    for (name, body, frequency) in [
        ("The Bread letter", "What comes out of the oven this week.", "Every Thursday"),
        ("Offers", "Vouchers and last-leaf prices.", "At most twice a month"),
        ("Rye", "Only rye.", "Now and then"),
        ("Letters from the oven", "What we bake, and when it comes out.", ""),
        ("Privacy notice", "We keep your address to write to you.", ""),
    ] {
        let words = Words { name: name.into(), body: body.into(), frequency: frequency.into() };
        let key = TextKey { id: app.id(), version: 1 };
        let text = NewText { id: key.id, version: 1, words: BTreeMap::from([(Locale::En, words)]) };
        app.add_to_offer(tenant, Addition::Text(text)).await.unwrap();
        texts.push(key);
    }
    for (slug, class, text) in [("news", Class::Newsletter, texts[0]), ("offers", Class::Marketing, texts[1])] {
        let row = PurposeRow { no: NEWS, id: app.id(), slug: slug.into(), class, sender: SENDER, text };
        app.add_to_offer(tenant, Addition::Purpose(row)).await.unwrap();
    }
    let topic = TopicRow { no: RYE, id: app.id(), purpose: NEWS, slug: "rye".into(), text: texts[2] };
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
    let form = FormRow { id: app.id(), version: 1, slug: "letters".into(), source: SourceNo(1), doc };
    app.store.publish_form(tenant, form, app.now()).await.unwrap();
    app.reload().await.unwrap();
}

impl House {
    /// People `p0@d0.example` ... who all said yes and confirmed it, but every tenth, who only stands in a file.
    pub async fn people(&self, n: usize) {
        let mut chunk = Vec::new();
        for i in 0..n {
            let evidence = if i % 10 == 9 { Evidence::ImportedWithFile } else { Evidence::Doi };
            chunk.push(self.arrival(&address(i), &format!("Person {i}"), evidence));
            if chunk.len() == 2_000 || i + 1 == n {
                let people = std::mem::take(&mut chunk);
                self.app.store.bring_in(self.ws.tenant, people, self.app.now()).await.unwrap();
            }
        }
    }

    pub fn arrival(&self, address: &str, name: &str, evidence: Evidence) -> Arrival {
        let address = EmailAddress::parse(address).unwrap();
        let point = self.app.new_point(&self.ws, &address, Some(name.to_owned()), "{}".into());
        Arrival { point, acts: vec![self.granted(Scope::whole(NEWS), evidence)] }
    }

    pub fn granted(&self, scope: Scope, evidence: Evidence) -> Draft {
        let text = TextRef { id: self.ws.offer.purposes[0].text.id, version: 1, locale: Locale::En };
        let item = Item {
            scope,
            sender: SENDER,
            mode: Mode::Active,
            evidence,
            text: Some(text),
            given_at: None,
            valid_until: None,
        };
        Draft {
            id: self.app.id(),
            salt: self.app.salt(),
            at: Some(self.app.now().before(Duration::from_secs(86_400))),
            actor: Actor::Person,
            body: Body::Granted { items: vec![item], source: SourceNo(1) },
            locale: Some(Locale::En),
            network: None,
            agent: None,
            profile: Some(Profile { locale: Some(Locale::En), country: Some("IT".into()), ..Profile::default() }),
            contexts: BTreeMap::new(),
        }
    }

    /// A campaign that is planned and running.
    pub async fn campaign(&self, letter: &str) -> StreamNo {
        let stream = self.app.create_campaign(&self.ws, "Rye, three ways", letter).await.unwrap();
        self.app.send_campaign(&self.ws, stream).await.unwrap();
        self.app.plan_campaign(&self.ws, stream).await.unwrap();
        stream
    }

    pub async fn node(&self, name: &str) -> Node {
        self.app.store.start_node(name, "test", self.app.now()).await.unwrap()
    }

    pub async fn sending(&self, name: &str, sink: &Sink, sessions: usize) -> Sending {
        let node = self.node(name).await;
        Sending::start(self.app.clone(), node, relay(sink, sessions)).await.unwrap()
    }

    /// Waits until nothing of the stream waits or is under way.
    pub async fn settled(&self, stream: StreamNo, at_most: Duration) -> Books {
        let end = Instant::now() + at_most;
        loop {
            let books = self.app.store.books(self.ws.tenant, stream).await.unwrap();
            let planned = self.app.store.campaign(self.ws.tenant, stream).await.unwrap();
            if books.settled() && planned.is_some_and(|c| c.planned as u64 == books.rows()) {
                return books;
            }
            assert!(Instant::now() < end, "not settled after {at_most:?}: {books:?}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits until the campaign is done.
    pub async fn done(&self, stream: StreamNo, at_most: Duration) -> Books {
        let end = Instant::now() + at_most;
        loop {
            let campaign = self.app.store.campaign(self.ws.tenant, stream).await.unwrap().unwrap();
            let books = self.app.store.books(self.ws.tenant, stream).await.unwrap();
            if campaign.state == CampaignState::Done {
                assert!(books.settled(), "{books:?}");
                return books;
            }
            assert!(Instant::now() < end, "{:?} after {at_most:?}: {books:?}", campaign.state);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The books of the slices are those of the rows.
    pub async fn balanced(&self, stream: StreamNo) -> Books {
        let slices = self.app.store.books(self.ws.tenant, stream).await.unwrap();
        let rows = self.app.store.count_rows(self.ws.tenant, stream).await.unwrap();
        assert_eq!(slices, rows, "the books of the slices are those of the rows");
        rows
    }
}

pub fn address(i: usize) -> String {
    format!("p{i}@d{}.example", i % 7)
}

pub fn relay(sink: &Sink, sessions: usize) -> RelayConfig {
    relay_at(sink.addr().port(), sessions)
}

pub fn relay_at(port: u16, sessions: usize) -> RelayConfig {
    RelayConfig {
        tls: Tls::None,
        sessions,
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            command: Duration::from_secs(5),
            end_of_data: Duration::from_secs(2),
            idle: Duration::from_secs(5),
        },
        ..RelayConfig::new("127.0.0.1", port, "mail.nordicbakery.example")
    }
}

pub const LETTER: &str = "---
purpose: news
subject: Rye for {{ person.first_name }}
preview: Three loaves
---
# Rye, three ways

Dear {{ person.first_name }}, rye does not like to be hurried. We start one dough on Monday evening.
";

/// Processes on one database must not draw the same ids.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
