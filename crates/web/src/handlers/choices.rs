//! `/p/{token}`: purposes and topics. What is taken away stops at once, what is added waits for one press in a mail.

use axum::response::Response;
use volens_app::consent::{Chosen, Reader, State};
use volens_core::purpose::{PurposeNo, Scope};
use volens_core::token::{CHOICES_FOR, ChoicesToken};

use crate::body::Sent;
use crate::handlers::names;
use crate::pages::Choices;
use crate::pages::choices::{
    FIELD_PURPOSE, FIELD_SAVE, FIELD_SHOWN, FIELD_STOP, FIELD_TOPIC, Row, Saved, Standing, TopicRow,
};
use crate::pages::leave::STOP_ALL;
use crate::pages::trouble::What;
use crate::visit::{Answer, Refusal, Visit};

/// What one gets.
pub async fn look(mut visit: Visit) -> Answer {
    let token = read(&visit)?;
    let reader = find(&mut visit, &token).await?;
    Ok(visit.page(&page(&visit, &reader, None)))
}

/// Save, or stop everything.
pub async fn press(Sent(mut visit): Sent) -> Answer {
    let token = read(&visit)?;
    let reader = find(&mut visit, &token).await?;
    let chosen = if visit.fields.one(FIELD_STOP) == Some(STOP_ALL) {
        visit.site.app.leave_all(&token, &visit.press()).await
    } else if visit.fields.one(FIELD_SAVE).is_some() {
        let (ticked, shown) = (sent(&visit, &reader, FIELD_TOPIC), sent(&visit, &reader, FIELD_SHOWN));
        visit.site.app.choose(&token, &ticked, &shown, &visit.press()).await
    } else {
        return Err(visit.trouble(What::Unreadable));
    };
    Ok(saved(&visit, &chosen.map_err(|e| visit.failed(&e))?))
}

fn read(visit: &Visit) -> Result<ChoicesToken, Refusal> {
    let read = ChoicesToken::verify(visit.tail(), &visit.site.app.ring, visit.now());
    read.map_err(|error| visit.powerless(&error, CHOICES_FOR))
}

async fn find(visit: &mut Visit, token: &ChoicesToken) -> Result<Reader, Refusal> {
    visit.enter(token.workspace);
    let reader = visit.site.app.reader(token.workspace, token.point).await.map_err(|e| visit.failed(&e))?;
    visit.reader_speaks(reader.standing.locale);
    Ok(reader)
}

fn saved(visit: &Visit, chosen: &Chosen) -> Response {
    let named = |scopes| names(&chosen.reader.workspace, scopes, visit.locale());
    let (stopped, asked, held) = (named(&chosen.stopped), named(&chosen.asked), named(&chosen.held));
    visit.page(&page(visit, &chosen.reader, Some(Saved { at: chosen.at, stopped, asked, held })))
}

/// What a topic's box sends: `purpose/topic`.
fn topic_key(purpose: &str, topic: &str) -> String {
    format!("{purpose}/{topic}")
}

/// The purposes that are ticked, and the topics that `field` names.
fn sent(visit: &Visit, reader: &Reader, field: &str) -> Vec<Scope> {
    let offer = &reader.workspace.offer;
    let sent = |field: &str, key: &str| visit.fields.all(field).any(|k| k == key);
    let mut out = Vec::new();
    for purpose in &offer.purposes {
        if sent(FIELD_PURPOSE, &purpose.slug) {
            out.push(Scope::whole(purpose.no));
        }
        let own = offer.topics.iter().filter(|t| t.purpose == purpose.no);
        let own = own.filter(|t| sent(field, &topic_key(&purpose.slug, &t.slug)));
        out.extend(own.map(|t| Scope { purpose: purpose.no, topic: Some(t.no) }));
    }
    out
}

fn page(visit: &Visit, reader: &Reader, saved: Option<Saved>) -> Choices {
    let offer = &reader.workspace.offer;
    let rows = offer.purposes.iter().map(|p| row(visit, reader, p.no, &p.slug)).collect();
    Choices { action: visit.path().to_owned(), masked: reader.masked(), rows, saved }
}

fn row(visit: &Visit, reader: &Reader, no: PurposeNo, slug: &str) -> Row {
    let (workspace, locale) = (&reader.workspace, visit.locale());
    let words = workspace.words(Scope::whole(no), locale);
    let topics = workspace.offer.topics.iter().filter(|t| t.purpose == no).map(|t| {
        let scope = Scope { purpose: no, topic: Some(t.no) };
        TopicRow {
            key: topic_key(slug, &t.slug),
            name: workspace.words(scope, locale).name,
            state: standing(visit, reader, scope),
        }
    });
    Row {
        key: slug.to_owned(),
        name: words.name,
        benefit: words.body,
        frequency: words.frequency,
        state: standing(visit, reader, Scope::whole(no)),
        topics: topics.collect(),
    }
}

fn standing(visit: &Visit, reader: &Reader, scope: Scope) -> Standing {
    match reader.state(scope, visit.now()) {
        State::Granted => Standing::Granted,
        State::Requested => Standing::Requested,
        State::Refused => Standing::Refused,
        State::Withdrawn => Standing::Withdrawn,
        State::Suppressed => Standing::Suppressed,
        State::Expired => Standing::Expired,
        State::Unknown => Standing::Unknown,
    }
}
