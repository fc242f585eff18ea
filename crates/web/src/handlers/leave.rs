//! `/u/{token}`: out in one press. The same URL takes the page's buttons and the one-click POST of RFC 8058.

use std::time::Duration;

use axum::response::IntoResponse;
use volens_app::AppError;
use volens_app::consent::{LeaveOutcome, Reader, Renewed, What, left_at};
use volens_core::Micros;
use volens_core::consent::Actor;
use volens_core::purpose::{PurposeNo, Scope};
use volens_core::token::LeaveToken;

use crate::body::Sent;
use crate::handlers::{Paths, names, stoppable};
use crate::pages::leave::{FIELD_BACK, FIELD_STOP, STOP_ALL, STOP_THIS};
use crate::pages::trouble;
use crate::pages::{Leave, Left, WayBack};
use crate::visit::{Answer, Refusal, Visit};

/// The question, or what was done already.
pub async fn look(mut visit: Visit) -> Answer {
    let token = read(&visit)?;
    let reader = find(&mut visit, &token).await?;
    let on = reader.on(visit.now());
    let left =
        if on.contains(&Scope::whole(token.purpose)) { None } else { last(&reader, token.purpose, on.is_empty()) };
    Ok(match left {
        Some((what, at)) => visit.page(&answer(&visit, &reader, &token, what, at, true)),
        None => visit.page(&question(&visit, &reader, token.purpose)),
    })
}

/// A button of the page, or one click.
pub async fn press(Sent(mut visit): Sent) -> Answer {
    let token = read(&visit)?;
    if visit.fields.says("List-Unsubscribe", "One-Click") {
        return one_click(&visit, &token).await;
    }
    let reader = find(&mut visit, &token).await?;
    let chosen = |field| visit.fields.one(field).and_then(|word| what(&reader, &token, word));
    let (stop, back) = (chosen(FIELD_STOP), chosen(FIELD_BACK));
    match (stop, back) {
        (Some(what), _) => {
            let done = visit.site.app.leave(&token, what, "page", Actor::Person, &visit.press()).await;
            let LeaveOutcome { reader, at, earlier } = done.map_err(|e| visit.failed(&e))?;
            Ok(visit.page(&answer(&visit, &reader, &token, what, at, earlier)))
        }
        (None, Some(what)) => way_back(&visit, &token, what).await,
        (None, None) => Err(visit.trouble(trouble::What::Unreadable)),
    }
}

/// RFC 8058: no cookie, no redirect, nothing to look at. Twice is once. Somebody who is gone gets no more mail either,
/// so the wish is fulfilled and is told so.
async fn one_click(visit: &Visit, token: &LeaveToken) -> Answer {
    let what = What::Purpose(token.purpose);
    match visit.site.app.leave_unseen(token, what, "one_click", Actor::Provider, &visit.press()).await {
        Ok(_) | Err(AppError::NotFound(_)) => Ok("Stopped.\n".into_response()),
        Err(error) => Err(visit.failed(&error)),
    }
}

async fn way_back(visit: &Visit, token: &LeaveToken, what: What) -> Answer {
    let back = visit.site.app.way_back(token, what, &visit.press()).await.map_err(|e| visit.failed(&e))?;
    // The same words whatever became of it: whoever was forwarded a letter may press this.
    let (Renewed::Sent(reader) | Renewed::Held(reader) | Renewed::Nothing(reader)) = back;
    Ok(visit.page(&WayBack { name: name(visit, &reader, what), masked: reader.masked() }))
}

fn read(visit: &Visit) -> Result<LeaveToken, Refusal> {
    let read = LeaveToken::verify(visit.tail(), &visit.site.app.ring, visit.now());
    read.map_err(|error| visit.powerless(&error, Duration::ZERO))
}

async fn find(visit: &mut Visit, token: &LeaveToken) -> Result<Reader, Refusal> {
    visit.enter(token.workspace);
    let reader = visit.site.app.reader(token.workspace, token.point).await.map_err(|e| visit.failed(&e))?;
    visit.reader_speaks(reader.standing.locale);
    Ok(reader)
}

/// What a button names.
fn what(reader: &Reader, token: &LeaveToken, word: &str) -> Option<What> {
    match word {
        STOP_THIS => Some(What::Purpose(token.purpose)),
        STOP_ALL => Some(What::Everything),
        key => reader.workspace.purpose_named(key).map(What::Purpose),
    }
}

/// What ended the purpose of the link, and when. With nothing left on, everything did.
fn last(reader: &Reader, purpose: PurposeNo, all_off: bool) -> Option<(What, Micros)> {
    let all = left_at(reader, What::Everything).filter(|_| all_off);
    let this = left_at(reader, What::Purpose(purpose));
    all.map(|at| (What::Everything, at)).or_else(|| this.map(|at| (What::Purpose(purpose), at)))
}

fn name(visit: &Visit, reader: &Reader, what: What) -> Option<String> {
    match what {
        What::Everything => None,
        What::Purpose(no) => Some(reader.workspace.words(Scope::whole(no), visit.locale()).name),
    }
}

/// The leave page for a purpose.
pub(crate) fn question(visit: &Visit, reader: &Reader, purpose: PurposeNo) -> Leave {
    let paths = Paths::of(visit, reader);
    Leave {
        action: paths.leave(purpose),
        this: reader.workspace.offer.purpose(purpose).and_then(|_| name(visit, reader, What::Purpose(purpose))),
        everything: names(&reader.workspace, &reader.on(visit.now()), visit.locale()),
        masked: reader.masked(),
        choices: Some(paths.choices()),
    }
}

fn answer(visit: &Visit, reader: &Reader, token: &LeaveToken, what: What, at: Micros, earlier: bool) -> Left {
    let on = reader.on(visit.now());
    Left {
        action: visit.path().to_owned(),
        stopped: name(visit, reader, what),
        at,
        earlier,
        still_on: on.iter().map(|scope| stoppable(&reader.workspace, *scope, visit.locale())).collect(),
        // Its button can only name what the link names, or everything.
        way_back: matches!(what, What::Everything) || what == What::Purpose(token.purpose),
        masked: reader.masked(),
    }
}
