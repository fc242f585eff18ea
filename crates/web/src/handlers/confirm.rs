//! `/c/{token}`: the one deliberate press that makes a sign-up a permission.
//!
//! Opening the link only asks. The press counts as a person's unless the client names itself a scanner of links
//! ([`crate::agent::is_scanner`]): then the question is shown once more and the request keeps waiting, because a
//! confirmation that proves nothing would use the link up for the person who was asked.

use axum::response::Response;
use volens_app::AppError;
use volens_app::consent::{Asked, ConfirmOutcome, Reader, Renewed, State};
use volens_core::Micros;
use volens_core::consent::Body;
use volens_core::permission::Client;
use volens_core::purpose::SourceNo;
use volens_core::token::{CONFIRM_FOR, ConfirmToken, TokenError};
use volens_mail::Arg;

use crate::body::Sent;
use crate::handlers::{Paths, names, promise};
use crate::pages::confirm::Occasion;
use crate::pages::trouble::{FIELD_RENEW, Renew, What};
use crate::pages::{Confirm, Hidden, Message, Repeat, Thanks, Welcome};
use crate::visit::{Answer, Refusal, Visit, ran_out};

/// The question, or what became of it.
pub async fn look(mut visit: Visit) -> Answer {
    let asked = open(&mut visit).await?;
    Ok(match asked.confirmed_at {
        _ if asked.waits => visit.page(&question(&visit, &asked)),
        Some(at) => welcome(&visit, &asked, at, true),
        None => return Err(visit.trouble(What::Void)),
    })
}

/// "Yes, write to me"; or "send me a new one", when the link ran out.
pub async fn press(Sent(mut visit): Sent) -> Answer {
    let token = match read(&visit) {
        Ok(token) => token,
        Err(TokenError::Expired { payload, .. }) if visit.fields.one(FIELD_RENEW).is_some() => {
            return renew(visit, payload).await;
        }
        Err(_) => return Err(open(&mut visit).await.err().unwrap_or_else(|| visit.trouble(What::Garbled))),
    };
    let asked = find(&mut visit, &token).await?;
    if visit.scanner && asked.waits {
        return Ok(visit.page(&question(&visit, &asked)));
    }
    let outcome = visit.site.app.confirm(&token, visit.tail(), &visit.press(), Client::Human).await;
    Ok(match outcome.map_err(|e| visit.failed(&e))? {
        ConfirmOutcome::Done(asked, at) => welcome(&visit, &asked, at, false),
        ConfirmOutcome::Earlier(asked, at) => welcome(&visit, &asked, at, true),
        ConfirmOutcome::Void(_) => return Err(visit.trouble(What::Void)),
    })
}

fn read(visit: &Visit) -> Result<ConfirmToken, TokenError<ConfirmToken>> {
    ConfirmToken::verify(visit.tail(), &visit.site.app.ring, visit.now())
}

/// The request behind the link; a link that ran out offers a new one.
async fn open(visit: &mut Visit) -> Result<Asked, Refusal> {
    match read(visit) {
        Ok(token) => find(visit, &token).await,
        Err(TokenError::Expired { payload, since }) => {
            let asked = find(visit, &payload).await?;
            if asked.confirmed_at.is_some() {
                return Err(visit.trouble(What::Used));
            }
            let names = names(&asked.reader.workspace, &asked.scopes, visit.locale());
            let again = Renew { action: visit.path().to_owned(), masked: asked.reader.masked(), names };
            Err(visit.trouble(match ran_out(since, CONFIRM_FOR) {
                What::Expired { made, days, .. } => What::Expired { made, days, renew: Some(again) },
                other => other,
            }))
        }
        Err(error) => Err(visit.powerless(&error, CONFIRM_FOR)),
    }
}

async fn find(visit: &mut Visit, token: &ConfirmToken) -> Result<Asked, Refusal> {
    visit.enter(token.workspace);
    let asked = visit.site.app.asked(token.workspace, token.point, token.event).await;
    let asked = asked.map_err(|e| visit.failed(&e))?;
    visit.reader_speaks(asked.locale.or(asked.reader.standing.locale));
    Ok(asked)
}

fn question(visit: &Visit, asked: &Asked) -> Confirm {
    let (workspace, locale) = (&asked.reader.workspace, visit.locale());
    Confirm {
        action: visit.path().to_owned(),
        not_me: asked.from_form.then(|| Paths::of(visit, &asked.reader).not_me(asked)),
        asked: asked.scopes.iter().map(|s| promise(workspace, *s, locale)).collect(),
        at: asked.at,
        occasion: occasion(visit, asked),
        masked: asked.reader.masked(),
    }
}

/// Where the question was asked.
fn occasion(visit: &Visit, asked: &Asked) -> Occasion {
    let (source, button) = match asked.request().map(|e| &e.body) {
        Some(Body::Requested { source, button, .. }) => (*source, button.as_str()),
        _ => (SourceNo::OWN_PAGE, ""),
    };
    match button {
        "choices" => Occasion::Choices,
        "way_back" => Occasion::WayBack,
        _ => Occasion::Form { name: asked.reader.workspace.source_label(source, visit.locale()).to_owned() },
    }
}

fn welcome(visit: &Visit, asked: &Asked, at: Micros, earlier: bool) -> Response {
    let reader = &asked.reader;
    let on = asked.scopes.iter().filter(|s| reader.state(**s, visit.now()) == State::Granted);
    let granted: Vec<_> = on.map(|s| promise(&reader.workspace, *s, visit.locale())).collect();
    let name = reader.name.as_deref().unwrap_or_default();
    visit.page(&Welcome {
        first_name: name.split_whitespace().next().unwrap_or_default().to_owned(),
        choices: (!granted.is_empty()).then(|| Paths::of(visit, reader).choices()),
        granted,
        at,
        mail_follows: !earlier,
        masked: reader.masked(),
        earlier,
    })
}

/// A new request and a new mail, as the day's budget allows. The link that ran out gives no other power.
async fn renew(mut visit: Visit, token: ConfirmToken) -> Answer {
    let asked = find(&mut visit, &token).await?;
    let renewed: Result<Renewed, AppError> = visit.site.app.renew(&token, &visit.press()).await;
    match renewed.map_err(|e| visit.failed(&e))? {
        Renewed::Sent(reader) => Ok(visit.page(&sent(&visit, &reader, &asked))),
        Renewed::Held(_) => Ok(visit.page(&held(&visit))),
        Renewed::Nothing(_) => Ok(visit.page(&Message {
            heading: visit.site.app.words.say(visit.locale(), "already-title", &[]),
            sentences: vec![visit.say("web-welcome-stop")],
        })),
    }
}

fn sent(visit: &Visit, reader: &Reader, asked: &Asked) -> Thanks {
    let workspace = &reader.workspace;
    let home = visit.site.dress(Some(workspace)).brand.home.clone();
    let sender = asked.scopes.first().and_then(|s| workspace.offer.sender(reader.sender_of(*s)));
    let brand = [("brand", Arg::from(&workspace.name))];
    let subject = match occasion(visit, asked) {
        Occasion::Form { .. } => "confirm-subject",
        Occasion::Choices => "added-subject",
        Occasion::WayBack => "back-subject",
    };
    let fields = vec![Hidden { name: FIELD_RENEW.to_owned(), value: "1".to_owned() }];
    Thanks {
        email: reader.masked(),
        form: home.unwrap_or_else(|| visit.path().to_owned()),
        subject: visit.site.app.words.say(visit.locale(), subject, &brand),
        from: sender.map_or_else(|| workspace.settings.contact_email.clone(), |s| s.email.clone()),
        again: Some(Repeat { action: visit.path().to_owned(), fields }),
        left_today: None,
        repeated: false,
    }
}

/// The day's mails to an address are used up.
pub(crate) fn held(visit: &Visit) -> Message {
    Message { heading: visit.say("web-trouble-too_many"), sentences: vec![visit.say("web-thanks-spent")] }
}
