//! A workspace with many readers, for measuring.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use volens_app::{App, AppSettings, Workspace, WorkspaceSettings};
use volens_core::address::EmailAddress;
use volens_core::clock::{Clock, Micros, Randomness};
use volens_core::consent::{Actor, Body, Draft, Item, Profile, TextRef};
use volens_core::keys::MasterKey;
use volens_core::locale::Locale;
use volens_core::permission::{Evidence, Mode, SourceKind};
use volens_core::purpose::{Class, PurposeNo, Scope, SenderNo, SourceNo};
use volens_mail::Brand;
use volens_store::contact::bulk::Arrival;
use volens_store::purpose::{Addition, NewText, PurposeRow, SenderRow, SourceRow, TextKey, Words};
use volens_store::{Db, DbConfig, Store};

pub type Error = Box<dyn std::error::Error + Send + Sync>;

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Measurements need ids that differ, not secrets.
struct Drawn;

impl Randomness for Drawn {
    fn fill(&self, out: &mut [u8]) {
        use std::hash::{BuildHasher, Hasher};
        for chunk in out.chunks_mut(8) {
            let n = std::collections::hash_map::RandomState::new().build_hasher().finish();
            chunk.copy_from_slice(&n.to_le_bytes()[..chunk.len()]);
        }
    }
}

pub struct House {
    pub app: Arc<App>,
    pub ws: Arc<Workspace>,
}

const NEWS: PurposeNo = PurposeNo(1);

/// The application on a SQLite file; furnished the first time.
pub async fn open(path: &str) -> Result<House, Error> {
    let db = Db::open(DbConfig::sqlite(path)).await?;
    let settings = AppSettings::new("https://letters.nordicbakery.example", "mail.nordicbakery.example");
    let master = MasterKey::from_bytes([7; 32]);
    let app = App::open(Store::open(db).await?, &master, settings, Arc::new(Wall), Arc::new(Drawn)).await?;
    if app.workspaces().is_empty() {
        furnish(&app).await?;
    }
    let ws = app.workspace_named(None)?;
    Ok(House { app, ws })
}

async fn furnish(app: &App) -> Result<(), Error> {
    let settings = WorkspaceSettings {
        schema: 1,
        zone: "Europe/Rome".into(),
        contact_email: "hello@nordicbakery.example".into(),
        feedback_sender: "nordicbakery".into(),
        brand: Brand::plain("Nordic Bakery"),
        theme: serde_json::Value::Null,
        home_form: None,
    };
    let tenant = app.create_workspace("bakery", "Nordic Bakery", &settings).await?;
    let words =
        Words { name: "The Bread letter".into(), body: "What we bake.".into(), frequency: "Every Thursday".into() };
    let text = TextKey { id: app.id(), version: 1 };
    let new = NewText { id: text.id, version: 1, words: BTreeMap::from([(Locale::En, words)]) };
    let sender = SenderRow {
        no: SenderNo(1),
        id: app.id(),
        slug: "bakery".into(),
        name: "Nordic Bakery S.r.l.".into(),
        country: "IT".into(),
        postal_address: "Via del Forno 12, 10122 Torino, Italy".into(),
        email: "hello@nordicbakery.example".into(),
    };
    let (class, sender_no) = (Class::Newsletter, SenderNo(1));
    let purpose = PurposeRow { no: NEWS, id: app.id(), slug: "news".into(), class, sender: sender_no, text };
    let (kind, name) = (SourceKind::Website, "nordicbakery.example".into());
    let source = SourceRow { no: SourceNo(1), kind, name, text: None };
    for new in [Addition::Text(new), Addition::Sender(sender), Addition::Purpose(purpose), Addition::Source(source)] {
        app.add_to_offer(tenant, new).await?;
    }
    Ok(app.reload().await?)
}

impl House {
    /// `n` confirmed readers.
    pub async fn readers(&self, n: usize) -> Result<(), Error> {
        let mut chunk = Vec::with_capacity(5_000);
        for i in 0..n {
            chunk.push(self.reader(i)?);
            if chunk.len() == 5_000 || i + 1 == n {
                self.app.store.bring_in(self.ws.tenant, std::mem::take(&mut chunk), self.app.now()).await?;
            }
        }
        Ok(())
    }

    fn reader(&self, i: usize) -> Result<Arrival, Error> {
        let address = EmailAddress::parse(&format!("reader{i}@mail{}.example", i % 50))?;
        let point = self.app.new_point(&self.ws, &address, Some(format!("Reader{i} Example")), "{}".into());
        let text = TextRef { id: self.ws.offer.purposes[0].text.id, version: 1, locale: Locale::En };
        let item = Item {
            scope: Scope::whole(NEWS),
            sender: SenderNo(1),
            mode: Mode::Active,
            evidence: Evidence::Doi,
            text: Some(text),
            given_at: None,
            valid_until: None,
        };
        let act = Draft {
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
        };
        Ok(Arrival { point, acts: vec![act] })
    }
}
