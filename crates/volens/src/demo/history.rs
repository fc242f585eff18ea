//! What is recorded of somebody: acts in order, each with what was shown, dated over the last two years.

use std::collections::BTreeMap;
use std::time::Duration;

use volens_app::App;
use volens_core::consent::{Actor, Body, Box_, Context, Draft, Item, Left, Profile, Relation, TextRef};
use volens_core::id::{EventId, Id};
use volens_core::permission::{Client, CountryBasis, Evidence, Mode, RelationKind, SourceKind, StopReason, StopScope};
use volens_core::purpose::{PurposeNo, Scope, SourceNo};
use volens_core::{Locale, Micros};
use volens_store::purpose::TextKey;

use super::people::{Kind, Origin, Person, Rolls};
use super::seed::{COUNTER, COURSES, NEWS, OFFERS, OLD_SHOP, RYE, SENDER, TASTING, WEBSITE};

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
/// How long a question about an offer counts as a yes, where it does (CASL 10(10)(e): six months).
const IMPLIED_FOR: Duration = Duration::from_secs(182 * DAY);

const NETWORKS: [&str; 4] = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8:7::/48"];
const AGENTS: [&str; 5] =
    ["Safari on iOS", "Chrome on Android", "Firefox on Windows", "Chrome on Windows", "Safari on macOS"];

/// Context objects and texts that events name.
pub struct Known {
    /// The form as rendered and its texts, by language.
    pub forms: BTreeMap<Locale, (String, String)>,
    /// The card on the counter.
    pub counter: String,
    /// The card at the tasting.
    pub tasting: String,
    /// The order of the import.
    pub import: String,
    /// SHA-256 of its file.
    pub file: String,
    /// The text of each purpose.
    pub texts: BTreeMap<PurposeNo, TextKey>,
    /// The text of the topic.
    pub rye: Option<TextKey>,
}

/// The acts of somebody, oldest first; `line` = where an imported one stood in its file.
pub fn acts(app: &App, known: &Known, person: &Person, line: u64) -> Vec<Draft> {
    let now = app.now();
    let mut story = Story {
        app,
        known,
        person,
        line,
        now,
        at: now.before(person.ago),
        rolls: Rolls::new(person.roll),
        out: Vec::new(),
    };
    story.tell();
    story.out
}

struct Story<'a> {
    app: &'a App,
    known: &'a Known,
    person: &'a Person,
    line: u64,
    now: Micros,
    at: Micros,
    rolls: Rolls,
    out: Vec<Draft>,
}

impl Story<'_> {
    fn tell(&mut self) {
        match self.person.kind {
            Kind::Doi => self.said_yes(),
            Kind::DoiTopic => {
                let items = vec![self.item(Scope { purpose: NEWS, topic: Some(RYE) }, Mode::Active, Evidence::Single)];
                let of = self.ask(items, Vec::new(), "choices");
                self.confirm(of);
            }
            Kind::Single => {
                let items = self.ticked(Mode::Active, Evidence::Single);
                let source = self.source();
                self.act(Actor::Person, Body::Granted { items, source });
            }
            Kind::File => self.imported(Some((Mode::Active, Evidence::ImportedWithFile))),
            Kind::Claimed => self.imported(Some((Mode::Active, Evidence::Claimed))),
            Kind::Passive => self.imported(Some((Mode::Passive, Evidence::ImportedWithFile))),
            Kind::Silence => self.imported(Some((Mode::Silence, Evidence::ImportedWithFile))),
            Kind::NeverAsked => self.imported(None),
            Kind::SoftOptIn => self.customer(),
            Kind::Implied => self.asked_for_an_offer(),
            Kind::LegitimateInterest => self.at_work(),
            Kind::Pending => drop(self.ask_all()),
            Kind::Refused => {
                let of = self.ask_all();
                self.later(20 * MINUTE, 2 * DAY);
                self.act(Actor::Person, Body::Refused { of });
            }
            Kind::Withdrawn | Kind::LeftAll | Kind::Complaint | Kind::Bounce => {
                self.said_yes();
                self.later(2 * DAY, 200 * DAY);
                self.stop();
            }
            Kind::Objection => {
                self.imported(Some((Mode::Active, Evidence::ImportedWithFile)));
                self.later(2 * DAY, 200 * DAY);
                self.stop();
            }
        }
    }

    fn said_yes(&mut self) {
        let of = self.ask_all();
        self.confirm(of);
    }

    fn ask_all(&mut self) -> EventId {
        let items = self.ticked(Mode::Active, Evidence::Single);
        let ticked: Vec<PurposeNo> = items.iter().map(|i| i.scope.purpose).collect();
        let slugs = [(NEWS, "news"), (OFFERS, "offers"), (COURSES, "courses")];
        let boxes = slugs.map(|(no, slug)| Box_ {
            name: format!("purpose:{slug}"),
            initial: false,
            last: ticked.contains(&no),
        });
        self.ask(items, boxes.into(), "send")
    }

    fn ask(&mut self, items: Vec<Item>, boxes: Vec<Box_>, button: &str) -> EventId {
        let source = self.source();
        self.act(Actor::Person, Body::Requested { items, boxes, button: button.into(), source })
    }

    fn confirm(&mut self, of: EventId) {
        let at_most = if self.rolls.below(4) == 0 { 30 * HOUR } else { HOUR };
        self.later(MINUTE, at_most);
        let token = volens_app::contact::hex(&self.app.salt());
        self.act(Actor::Person, Body::Confirmed { of, client: Client::Human, token });
    }

    fn imported(&mut self, claim: Option<(Mode, Evidence)>) {
        let given_at = self.at;
        // The list came in a year and a half ago, or when its people had joined.
        let items = claim.map(|(mode, evidence)| {
            let mut items = self.ticked(mode, evidence);
            items.iter_mut().for_each(|i| (i.given_at, i.text) = (Some(given_at), None));
            items
        });
        self.later(HOUR, 5 * DAY);
        let (file, line) = (Some(self.known.file.clone()), self.line);
        let items = items.unwrap_or_default();
        self.act(Actor::Operator, Body::Imported { items, source: OLD_SHOP, file, line });
    }

    fn customer(&mut self) {
        self.related(RelationKind::Purchase);
        let items = vec![self.item(Scope::whole(OFFERS), Mode::SoftOptIn, Evidence::Single)];
        self.act(Actor::Operator, Body::Granted { items, source: COUNTER });
    }

    fn asked_for_an_offer(&mut self) {
        self.related(RelationKind::QuoteRequest);
        let item = self.item(Scope::whole(OFFERS), Mode::Implied, Evidence::Single);
        let items = vec![Item { valid_until: Some(self.at.after(IMPLIED_FOR)), ..item }];
        self.act(Actor::Operator, Body::Granted { items, source: COUNTER });
    }

    fn related(&mut self, kind: RelationKind) {
        let since = self.at.to_string().chars().take(10).collect();
        let relation = Relation { kind, sender: SENDER, since, refusal_offered: true };
        self.act(Actor::Operator, Body::Related { relation });
    }

    fn at_work(&mut self) {
        let collected_at = Some(self.at.to_string().chars().take(10).collect());
        self.act(Actor::Operator, Body::Sourced { source_kind: SourceKind::HandedOver, collected_at });
        let items = vec![self.item(Scope::whole(NEWS), Mode::LegitimateInterest, Evidence::Claimed)];
        self.act(Actor::Operator, Body::Granted { items, source: TASTING });
    }

    fn stop(&mut self) {
        let stopped = |scope, reason| Body::Suppressed { scope, reason };
        let (actor, body) = match self.person.kind {
            Kind::Complaint => (Actor::Provider, stopped(StopScope::All, StopReason::Complaint)),
            Kind::Bounce => (Actor::Provider, stopped(StopScope::Everything, StopReason::Bounce)),
            Kind::Objection => (Actor::Person, stopped(StopScope::All, StopReason::Objection)),
            Kind::LeftAll => {
                (Actor::Person, Body::Withdrawn { scopes: Vec::new(), everything: true, way: "page".into() })
            }
            _ => {
                let (actor, way) = match self.rolls.below(3) {
                    0 => (Actor::Person, "page"),
                    1 => (Actor::Provider, "one_click"),
                    _ => (Actor::Person, "mailto"),
                };
                let scopes = vec![Left { scope: Scope::whole(NEWS), sender: SENDER }];
                (actor, Body::Withdrawn { scopes, everything: false, way: way.into() })
            }
        };
        self.act(actor, body);
    }

    fn ticked(&self, mode: Mode, evidence: Evidence) -> Vec<Item> {
        let wanted = [(NEWS, true), (OFFERS, self.person.offers), (COURSES, self.person.courses)];
        let wanted = wanted.into_iter().filter(|w| w.1);
        wanted.map(|(no, _)| self.item(Scope::whole(no), mode, evidence)).collect()
    }

    fn item(&self, scope: Scope, mode: Mode, evidence: Evidence) -> Item {
        let key = if scope.topic.is_some() { self.known.rye } else { self.known.texts.get(&scope.purpose).copied() };
        let text = key.map(|k| TextRef { id: k.id, version: k.version, locale: self.person.locale });
        Item { scope, sender: SENDER, mode, evidence, text, given_at: None, valid_until: None }
    }

    fn source(&self) -> SourceNo {
        match self.person.origin {
            Origin::Website => WEBSITE,
            Origin::Counter => COUNTER,
            Origin::Event => TASTING,
            Origin::OldShop => OLD_SHOP,
        }
    }

    /// Some time passes, but never past the present.
    fn later(&mut self, least: u64, most: u64) {
        let seconds = least + self.rolls.below(most - least);
        let then = self.at.after(Duration::from_secs(seconds));
        let latest = self.now.before(Duration::from_secs(MINUTE));
        self.at = then.min(latest).max(Micros(self.at.0 + 1));
    }

    fn act(&mut self, actor: Actor, body: Body) -> EventId {
        let here = self.person.origin == Origin::Website && !matches!(actor, Actor::Operator | Actor::Provider);
        let (network, agent) = (*pick(&mut self.rolls, &NETWORKS), *pick(&mut self.rolls, &AGENTS));
        let draft = Draft {
            id: Id::at(self.at, &*self.app.chance),
            salt: self.app.salt(),
            at: Some(self.at),
            actor,
            locale: here.then_some(self.person.locale),
            network: here.then(|| network.to_owned()),
            agent: here.then(|| agent.to_owned()),
            profile: self.out.is_empty().then(|| self.profile()),
            contexts: self.contexts(&body),
            body,
        };
        let id = draft.id;
        self.out.push(draft);
        id
    }

    fn profile(&self) -> Profile {
        let basis = if self.person.origin == Origin::Website { CountryBasis::Ip } else { CountryBasis::Declared };
        Profile {
            country: Some(self.person.country.into()),
            country_basis: Some(basis),
            locale: Some(self.person.locale),
            name: None,
        }
    }

    /// What was shown when it was asked for.
    fn contexts(&self, body: &Body) -> BTreeMap<Context, String> {
        let shown = |hash: &String| BTreeMap::from([(Context::Texts, hash.clone())]);
        match (body, self.person.origin) {
            (Body::Imported { .. }, _) => BTreeMap::from([(Context::Import, self.known.import.clone())]),
            (Body::Requested { .. } | Body::Granted { .. }, Origin::Counter) => shown(&self.known.counter),
            (Body::Requested { .. } | Body::Granted { .. }, Origin::Event) => shown(&self.known.tasting),
            (Body::Requested { boxes, .. }, Origin::Website) if !boxes.is_empty() => {
                let forms = self.known.forms.get(&self.person.locale);
                let hashes = |(form, texts): &(String, String)| {
                    BTreeMap::from([(Context::Form, form.clone()), (Context::Texts, texts.clone())])
                };
                forms.map(hashes).unwrap_or_default()
            }
            _ => BTreeMap::new(),
        }
    }
}

fn pick<'a, T>(rolls: &mut Rolls, all: &'a [T]) -> &'a T {
    &all[rolls.below(all.len() as u64) as usize]
}
