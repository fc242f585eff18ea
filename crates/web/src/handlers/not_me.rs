//! `/n/{token}`: somebody else typed the address.

use volens_app::consent::Asked;
use volens_core::Micros;
use volens_core::token::{NOT_ME_FOR, NotMeToken};

use crate::body::Sent;
use crate::handlers::leave;
use crate::pages::NotMe;
use crate::visit::{Answer, Refusal, Visit};

/// The question. Once the request was confirmed there is a permission: what helps then is leaving.
pub async fn look(mut visit: Visit) -> Answer {
    let token = read(&mut visit)?;
    let asked = find(&mut visit, &token).await?;
    Ok(match asked.scopes.first() {
        Some(scope) if asked.confirmed_at.is_some() => {
            visit.page(&leave::question(&visit, &asked.reader, scope.purpose))
        }
        _ => visit.page(&page(&visit, &asked, None)),
    })
}

/// The request is dropped, and no such mail comes for 30 days.
pub async fn press(Sent(mut visit): Sent) -> Answer {
    let token = read(&mut visit)?;
    find(&mut visit, &token).await?;
    let (asked, until) = visit.site.app.disown(&token, &visit.press()).await.map_err(|e| visit.failed(&e))?;
    Ok(match asked.scopes.first() {
        Some(scope) if asked.confirmed_at.is_some() => {
            visit.page(&leave::question(&visit, &asked.reader, scope.purpose))
        }
        _ => visit.page(&page(&visit, &asked, Some(until))),
    })
}

fn read(visit: &mut Visit) -> Result<NotMeToken, Refusal> {
    let read = NotMeToken::verify(visit.tail(), &visit.site.app.ring, visit.now());
    read.map_err(|error| visit.powerless(&error, NOT_ME_FOR))
}

async fn find(visit: &mut Visit, token: &NotMeToken) -> Result<Asked, Refusal> {
    visit.enter(token.workspace);
    let asked = visit.site.app.asked(token.workspace, token.point, token.event).await;
    let asked = asked.map_err(|e| visit.failed(&e))?;
    visit.reader_speaks(asked.locale.or(asked.reader.standing.locale));
    Ok(asked)
}

fn page(visit: &Visit, asked: &Asked, until: Option<Micros>) -> NotMe {
    let days = u32::try_from(NOT_ME_FOR.as_secs() / 86_400).unwrap_or(30);
    NotMe { action: visit.path().to_owned(), masked: asked.reader.masked(), days, until }
}
