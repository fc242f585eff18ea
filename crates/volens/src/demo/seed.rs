//! Furnishes the demo: a bakery with its texts, a form, a letter ready to send, and people with two years of history.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use volens_app::contact::hex;
use volens_app::intake::Contexts;
use volens_app::{App, AppError, Workspace, WorkspaceSettings};
use volens_core::Locale;
use volens_core::Micros;
use volens_core::address::EmailAddress;
use volens_core::permission::SourceKind;
use volens_core::purpose::{Class, PurposeNo, Scope, SenderNo, SourceNo, TopicNo};
use volens_mail::Brand;
use volens_mail::layout::Colours;
use volens_store::Tenant;
use volens_store::contact::bulk::Arrival;
use volens_store::form::{FormDoc, FormRow};
use volens_store::purpose::{Addition, NewText, PurposeRow, SenderRow, SourceRow, TextKey, TopicRow};
use volens_web::pages::signup::PurposeBox;
use volens_web::pages::{NoticeLink, Signup};
use volens_web::render::Frame;
use volens_web::theme::{NORDIC_BAKERY_MARK, Theme};
use volens_web::{WebSettings, WebState};

use super::history::{Known, acts};
use super::people::people;
use super::texts;

/// The seed of the people.
pub const SEED: u64 = 7;
/// The short name of the form.
pub const FORM: &str = "letters";
/// The campaign that is ready.
pub const FIRST: &str = "Rye, three ways";
/// The letter of that campaign.
pub const FIRST_LETTER: &str = include_str!("letters/rye.md");
/// The letter that can be written afterwards.
pub const SECOND_LETTER: &str = include_str!("letters/second.md");

/// The newsletter.
pub const NEWS: PurposeNo = PurposeNo(1);
/// Offers.
pub const OFFERS: PurposeNo = PurposeNo(2);
/// Courses and openings.
pub const COURSES: PurposeNo = PurposeNo(3);
/// A topic of the newsletter.
pub const RYE: TopicNo = TopicNo(1);
/// Who writes.
pub const SENDER: SenderNo = SenderNo(1);
/// The form on the website.
pub const WEBSITE: SourceNo = SourceNo(1);
/// The card on the counter.
pub const COUNTER: SourceNo = SourceNo(2);
/// The tasting.
pub const TASTING: SourceNo = SourceNo(3);
/// The list of the old shop system.
pub const OLD_SHOP: SourceNo = SourceNo(4);

/// The texts stand since then.
const SINCE: Duration = Duration::from_secs(800 * 86_400);

/// Furnishes an empty database; `told` hears how many people are in.
///
/// # Errors
/// When the database fails.
pub async fn seed(app: &std::sync::Arc<App>, count: usize, told: impl Fn(usize)) -> Result<(), AppError> {
    let since = app.now().before(SINCE);
    let tenant = app.create_workspace("bakery", "Nordic Bakery", &settings()).await?;
    let house = House { app, tenant, since };
    house.offer().await?;
    app.reload().await?;
    let workspace = app.workspace_named(None)?;
    let known = house.known(&workspace).await?;
    let mut done = 0;
    for chunk in people(SEED, count).chunks(app.store.db().bulk_rows().clamp(1, 2_000)) {
        let mut arrivals = Vec::with_capacity(chunk.len());
        for (i, p) in chunk.iter().enumerate() {
            let address = EmailAddress::parse(&p.address)?;
            let point = app.new_point(&workspace, &address, Some(p.name.clone()), "{}".into());
            let line = (done + i + 2) as u64;
            arrivals.push(Arrival { point, acts: acts(app, &known, p, line) });
        }
        app.store.bring_in(tenant, arrivals, app.now()).await?;
        done += chunk.len();
        told(done);
    }
    app.create_campaign(&workspace, FIRST, FIRST_LETTER).await?;
    Ok(())
}

fn settings() -> WorkspaceSettings {
    let mut theme = serde_json::to_value(Theme::nordic_bakery()).unwrap_or_default();
    if let Some(theme) = theme.as_object_mut() {
        theme.insert("mark".into(), NORDIC_BAKERY_MARK.into());
    }
    let light =
        [0xF6_F1_EA, 0xFF_FD_FA, 0x2A_1D_12, 0x57_46_36, 0x6C_5A_49, 0xE4_D9_CB, 0x8A_4A_14, 0x80_43_0F, 0xD9_B5_8D];
    let dark =
        [0x15_10_0B, 0x1F_18_12, 0xF3_EA_E0, 0xD3_C4_B4, 0xB5_A3_91, 0x3A_2E_23, 0xA8_62_1F, 0xF2_B9_7A, 0x7A_4F_22];
    WorkspaceSettings {
        schema: 1,
        zone: "Europe/Rome".into(),
        contact_email: "hello@nordicbakery.example".into(),
        feedback_sender: "nordicbakery".into(),
        brand: Brand { light: Colours::of(light), dark: Colours::of(dark), ..Brand::plain("Nordic Bakery") },
        theme,
        home_form: Some(FORM.into()),
    }
}

/// The bakery while it is furnished.
struct House<'a> {
    app: &'a std::sync::Arc<App>,
    tenant: Tenant,
    since: Micros,
}

impl House<'_> {
    async fn add(&self, new: Addition) -> Result<(), AppError> {
        self.app.store.add_to_offer(self.tenant, new, self.since).await?;
        Ok(())
    }

    async fn text(&self, six: &[(&'static str, &'static str, &'static str); 6]) -> Result<TextKey, AppError> {
        let key = TextKey { id: self.app.id(), version: 1 };
        self.add(Addition::Text(NewText { id: key.id, version: 1, words: texts::words(six) })).await?;
        Ok(key)
    }

    /// Sender, purposes, topics, sources, form: in the order of their numbers.
    async fn offer(&self) -> Result<(), AppError> {
        self.add(Addition::Sender(SenderRow {
            no: SENDER,
            id: self.app.id(),
            slug: "bakery".into(),
            name: "Nordic Bakery S.r.l.".into(),
            country: "IT".into(),
            postal_address: "Via del Forno 12, 10122 Torino, Italy".into(),
            email: "hello@nordicbakery.example".into(),
        }))
        .await?;
        let purposes = [
            (NEWS, "news", Class::Newsletter, &texts::BREAD),
            (OFFERS, "offers", Class::Marketing, &texts::OFFERS),
            (COURSES, "courses", Class::Marketing, &texts::COURSES),
        ];
        for (no, slug, class, six) in purposes {
            let text = self.text(six).await?;
            let row = PurposeRow { no, id: self.app.id(), slug: slug.into(), class, sender: SENDER, text };
            self.add(Addition::Purpose(row)).await?;
        }
        for (no, slug, six) in [(RYE, "rye", &texts::RYE), (TopicNo(2), "buns", &texts::BUNS)] {
            let text = self.text(six).await?;
            let row = TopicRow { no, id: self.app.id(), purpose: NEWS, slug: slug.into(), text };
            self.add(Addition::Topic(row)).await?;
        }
        let (card, tasting) = (self.text(&texts::CARD).await?, self.text(&texts::TASTING).await?);
        let sources = [
            (WEBSITE, SourceKind::Website, "nordicbakery.example", None),
            (COUNTER, SourceKind::HandedOver, "Card on the counter", Some(card)),
            (TASTING, SourceKind::Event, "Bread tasting in Torino", Some(tasting)),
            (OLD_SHOP, SourceKind::Import, "Old shop system", None),
        ];
        for (no, kind, name, text) in sources {
            self.add(Addition::Source(SourceRow { no, kind, name: name.into(), text })).await?;
        }
        self.form().await
    }

    async fn form(&self) -> Result<(), AppError> {
        let (text, notice) = (self.text(&texts::FORM).await?, self.text(&texts::NOTICE).await?);
        let doc = FormDoc {
            schema: 1,
            text: text.id,
            text_version: text.version,
            notice: notice.id,
            notice_version: notice.version,
            purposes: vec![NEWS, OFFERS, COURSES],
            locale: Locale::En,
        };
        let form = FormRow { id: self.app.id(), version: 1, slug: FORM.into(), source: WEBSITE, doc };
        Ok(self.app.store.publish_form(self.tenant, form, self.since).await?)
    }

    /// What the events of people name: the form and the cards as they were shown, the file that came in.
    async fn known(&self, workspace: &std::sync::Arc<Workspace>) -> Result<Known, AppError> {
        let form = workspace.form(FORM).ok_or_else(|| AppError::NotFound("the form is gone".into()))?;
        let web = WebState::new(self.app.clone(), WebSettings::default());
        let web = web.map_err(|e| AppError::Refused(e.to_string()))?;
        let mut forms = BTreeMap::new();
        for locale in Locale::ALL {
            let blank = || drawn(&web, workspace, form, locale, self.since);
            let hashes = self.app.form_contexts(&Contexts::default(), workspace, form, locale, blank).await?;
            forms.insert(locale, hashes);
        }
        let texts: BTreeMap<PurposeNo, TextKey> = workspace.offer.purposes.iter().map(|p| (p.no, p.text)).collect();
        let rye = workspace.offer.topics.iter().find(|t| t.no == RYE).map(|t| t.text);
        Ok(Known {
            forms,
            counter: self.card(workspace, "Card on the counter").await?,
            tasting: self.card(workspace, "Card at the bread tasting").await?,
            import: self.import().await?,
            file: hex(&volens_store::consent::evidence::sha256(b"shop-export-2025-03.csv")),
            texts,
            rye,
        })
    }

    /// A card of paper, as it was printed.
    async fn card(&self, workspace: &Workspace, title: &str) -> Result<String, AppError> {
        let boxes: Vec<_> = [NEWS, OFFERS, COURSES]
            .into_iter()
            .map(|no| {
                let words = workspace.words(Scope::whole(no), Locale::It);
                let name = volens_app::intake::box_name(workspace, no);
                json!({"name": name, "label": words.name, "benefit": words.body, "frequency": words.frequency,
                       "initial": false})
            })
            .collect();
        let lead = "Scrivo il mio indirizzo e faccio una croce su ciò che voglio ricevere.";
        self.put("texts", &json!({"schema": 1, "title": title, "lead": lead, "locale": "it", "boxes": boxes})).await
    }

    async fn import(&self) -> Result<String, AppError> {
        let order = json!({
            "schema": 1, "source_name": "Old shop system", "file_name": "shop-export-2025-03.csv",
            "statement": "Exported by Nils Lund, 3 March 2025. The old shop had a box that was ticked from the start.",
        });
        self.put("import", &order).await
    }

    async fn put(&self, kind: &'static str, body: &serde_json::Value) -> Result<String, AppError> {
        let body = serde_json::to_vec(body).map_err(|e| AppError::Refused(e.to_string()))?;
        Ok(hex(&self.app.store.put_context(self.tenant, kind, body, self.since).await?))
    }
}

/// The form as it was shown, nothing typed.
fn drawn(web: &WebState, workspace: &std::sync::Arc<Workspace>, form: &FormRow, locale: Locale, now: Micros) -> String {
    let heading = workspace.text(form.doc.text, form.doc.text_version, locale).map(|(w, _)| w.clone());
    let heading = heading.unwrap_or_default();
    let since = workspace.text(form.doc.notice, form.doc.notice_version, locale).map_or(now, |(_, since)| since);
    let boxes = form.doc.purposes.iter().map(|no| {
        let words = workspace.words(Scope::whole(*no), locale);
        let key = workspace.offer.purpose(*no).map_or_else(String::new, |p| p.slug.clone());
        let (name, benefit, frequency) = (words.name, words.body, words.frequency);
        PurposeBox { key, name, benefit, frequency, ticked: false }
    });
    let page = Signup {
        action: format!("/f/{}", form.slug),
        heading: heading.name,
        lead: heading.body,
        purposes: boxes.collect(),
        email: String::new(),
        first_name: String::new(),
        time_token: String::new(),
        errors: Vec::new(),
        notice: NoticeLink { path: format!("/privacy/{}", form.slug), since },
    };
    let dress = web.dress(Some(workspace));
    let here = Some(page.action.as_str());
    let frame = Frame { locale, brand: &dress.brand, look: &dress.look, here, now, zone: &dress.zone };
    web.pages.render(&page, &frame)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use volens_app::AppSettings;
    use volens_core::keys::MasterKey;
    use volens_core::permission::Mode;
    use volens_store::DbConfig;

    use super::*;
    use crate::clock::SystemChance;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_people_hold_permissions_of_every_mode() {
        let folder = tempfile::tempdir().unwrap();
        let database = DbConfig::sqlite(folder.path().join("demo.db"));
        let settings = AppSettings::new("http://127.0.0.1:1", "mail.x.example");
        let app = crate::runtime::open(database, &MasterKey::generate(&SystemChance), settings).await.unwrap();
        seed(&app, 600, |_| ()).await.unwrap();
        let workspace = app.workspace_named(None).unwrap();
        let mut held = BTreeSet::new();
        for person in people(SEED, 600) {
            let point = app.find(&workspace, &person.address).await.unwrap().place.point;
            let log = app.store.log(workspace.tenant, point).await.unwrap().unwrap();
            held.extend(log.standing.grants.iter().map(|g| g.mode));
        }
        app.store.db().close().await;
        for mode in Mode::ALL {
            assert!(held.contains(mode), "nobody of 600 has a permission of the mode {}", mode.word());
        }
    }
}
