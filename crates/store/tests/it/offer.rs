//! What a workspace offers, and its forms in versions.

use std::collections::{BTreeMap, HashSet};

use volens_core::id::{FormId, TextId};
use volens_core::locale::Locale;
use volens_core::permission::SourceKind;
use volens_core::purpose::{Class, PurposeNo, Scope, SenderNo, SourceNo, TopicNo};
use volens_store::MIGRATIONS;
use volens_store::form::{FormDoc, FormRow};
use volens_store::purpose::{Addition, NewText, PurposeRow, SenderRow, SourceRow, TextKey, TopicRow, Words};
use volens_testkit::{TestDb, both_engines};

use crate::fixture::World;

async fn add(w: &World, new: Addition) -> u32 {
    w.store.add_to_offer(w.tenant, new, w.now()).await.unwrap()
}

fn words(name: &str) -> Words {
    Words { name: name.into(), ..Words::default() }
}

async fn text(w: &World, all: &[(Locale, &str)]) -> TextKey {
    let id: TextId = w.id();
    let words: BTreeMap<_, _> = all.iter().map(|(l, name)| (*l, words(name))).collect();
    let version = add(w, Addition::Text(NewText { id, version: 1, words })).await;
    TextKey { id, version }
}

fn purpose(w: &World, slug: &str, text: TextKey) -> PurposeRow {
    let (id, slug, class) = (w.id(), slug.into(), Class::Newsletter);
    PurposeRow { no: PurposeNo(0), id, slug, class, sender: SenderNo(1), text }
}

#[both_engines(migrations = MIGRATIONS)]
async fn an_offer_comes_back_as_it_was_added(db: TestDb) {
    let w = World::of(db).await;
    let sender = SenderRow {
        no: SenderNo(0),
        id: w.id(),
        slug: "bakery-as".into(),
        name: "Nordic Bakery AS".into(),
        country: "NO".into(),
        postal_address: "Storgata 1, Oslo".into(),
        email: "letters@bakery.example".into(),
    };
    assert_eq!(add(&w, Addition::Sender(sender.clone())).await, 1);
    let news = text(&w, &[(Locale::En, "News"), (Locale::De, "Neues")]).await;
    assert_eq!(add(&w, Addition::Purpose(purpose(&w, "news", news))).await, 1);
    assert_eq!(add(&w, Addition::Purpose(purpose(&w, "offers", news))).await, 2);
    let rye = text(&w, &[(Locale::Fr, "Seigle")]).await;
    let topic = TopicRow { no: TopicNo(0), id: w.id(), purpose: PurposeNo(1), slug: "rye".into(), text: rye };
    assert_eq!(add(&w, Addition::Topic(topic)).await, 1);
    for (text, name) in [(None, "counter"), (Some(news), "form")] {
        let source = SourceRow { no: SourceNo(0), kind: SourceKind::Website, name: name.into(), text };
        add(&w, Addition::Source(source)).await;
    }
    let offer = w.store.offer(w.tenant).await.unwrap();
    assert_eq!(offer.senders, [SenderRow { no: SenderNo(1), ..sender }]);
    assert_eq!(offer.purposes.iter().map(|p| p.slug.as_str()).collect::<Vec<_>>(), ["news", "offers"]);
    assert_eq!(offer.purpose(PurposeNo(2)).unwrap().class, Class::Newsletter);
    assert_eq!((offer.topics[0].purpose, offer.topics[0].text), (PurposeNo(1), rye));
    assert_eq!(offer.sources.iter().map(|s| s.text).collect::<Vec<_>>(), [None, Some(news)]);
    assert_eq!(offer.source(SourceNo(2)).unwrap().name, "form");
    let name = |key, locale| offer.words(key, locale).map(|(l, w)| (l, w.name.clone()));
    assert_eq!(name(news, Locale::De), Some((Locale::De, "Neues".into())));
    assert_eq!(name(news, Locale::It), Some((Locale::En, "News".into())), "English is the fallback");
    assert_eq!(name(rye, Locale::It), Some((Locale::Fr, "Seigle".into())));
    assert_eq!(name(TextKey { version: 2, ..news }, Locale::En), None);
    let rye = Scope { purpose: PurposeNo(1), topic: Some(TopicNo(1)) };
    assert_eq!(&*offer.catalogue().topic_string(rye), "news/rye");
    let twice = w.store.add_to_offer(w.tenant, Addition::Purpose(purpose(&w, "news", news)), w.now()).await;
    assert!(twice.is_err(), "a short name is taken once");
}

#[both_engines(migrations = MIGRATIONS)]
async fn additions_at_once_get_numbers_of_their_own(db: TestDb) {
    let w = World::of(db).await;
    let text = text(&w, &[(Locale::En, "News")]).await;
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..16 {
        let new = Addition::Purpose(purpose(&w, &format!("purpose{i}"), text));
        let (store, tenant, now) = (w.store.clone(), w.tenant, w.now());
        tasks.spawn(async move { store.add_to_offer(tenant, new, now).await.unwrap() });
    }
    assert_eq!(tasks.join_all().await.into_iter().collect::<HashSet<_>>(), (1..=16).collect());
}

#[both_engines(migrations = MIGRATIONS)]
async fn a_form_is_shown_in_its_newest_version_and_kept_in_each(db: TestDb) {
    let w = World::of(db).await;
    let id: FormId = w.id();
    let doc = FormDoc {
        schema: 1,
        text: w.id(),
        text_version: 1,
        notice: w.id(),
        notice_version: 1,
        purposes: vec![PurposeNo(1), PurposeNo(2)],
        locale: Locale::En,
    };
    let version = |version, purposes: &[u32]| FormRow {
        id,
        version,
        slug: "join".into(),
        source: SourceNo(1),
        doc: FormDoc { purposes: purposes.iter().map(|p| PurposeNo(*p)).collect(), ..doc.clone() },
    };
    let (first, second) = (version(1, &[1, 2]), version(2, &[1]));
    for form in [&first, &second] {
        w.store.publish_form(w.tenant, form.clone(), w.now()).await.unwrap();
        assert_eq!(w.store.form(w.tenant, "join").await.unwrap().as_ref(), Some(form));
    }
    assert_eq!(w.store.form_version(w.tenant, id, 1).await.unwrap(), Some(first));
    assert_eq!(w.store.form_version(w.tenant, id, 3).await.unwrap(), None);
    assert_eq!(w.store.forms(w.tenant).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(w.store.form(w.tenant, "leave").await.unwrap(), None);
    assert!(w.store.publish_form(w.tenant, second.clone(), w.now()).await.is_err(), "a version is published once");
    let rival = FormRow { id: w.id(), version: 1, ..second };
    assert!(w.store.publish_form(w.tenant, rival, w.now()).await.is_err(), "a short name shows one form");
    assert_eq!(w.store.forms(w.tenant).await.unwrap().len(), 1, "what failed changed nothing");
}
