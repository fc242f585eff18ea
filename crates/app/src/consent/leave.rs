//! Leaving: one function for the page's button, the one-click POST and the mail.

use volens_core::Micros;
use volens_core::consent::{Actor, Body, Left};
use volens_core::purpose::{PurposeNo, Scope};
use volens_core::token::LeaveToken;
use volens_store::consent::Gone;

use super::confirm::asking;
use super::{Press, Reader, Renewed, nobody, sender_of};
use crate::App;
use crate::error::AppError;
use crate::intake::scoped_item;

/// What a person leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A purpose with all its topics.
    Purpose(PurposeNo),
    /// Everything that is marketing.
    Everything,
}

/// What leaving did.
#[derive(Clone, Debug)]
pub struct LeaveOutcome {
    /// The person, as it stands now.
    pub reader: Reader,
    /// When it took effect.
    pub at: Micros,
    /// It had been left before.
    pub earlier: bool,
}

impl App {
    /// Leaves, and says where the person stands after it. Pressing twice records once; the waiting letters end as denied
    /// at their turn.
    ///
    /// # Errors
    /// When the person is gone, or the database cannot take it: then say so, nothing was changed.
    pub async fn leave(
        &self,
        token: &LeaveToken,
        what: What,
        way: &str,
        actor: Actor,
        press: &Press,
    ) -> Result<LeaveOutcome, AppError> {
        let now = self.leave_unseen(token, what, way, actor, press).await?;
        let reader = self.reader(token.workspace, token.point).await?;
        let at = now.or_else(|| left_at(&reader, what)).unwrap_or_else(|| self.now());
        Ok(LeaveOutcome { reader, at, earlier: now.is_none() })
    }

    /// The same for machines, which look at nothing: one transaction. Says when it took effect; `None` = it had been left
    /// before.
    ///
    /// # Errors
    /// Those of [`App::leave`].
    pub async fn leave_unseen(
        &self,
        token: &LeaveToken,
        what: What,
        way: &str,
        actor: Actor,
        press: &Press,
    ) -> Result<Option<Micros>, AppError> {
        let workspace = self.workspace(token.workspace)?;
        let (scopes, everything) = match what {
            What::Everything => (Vec::new(), true),
            What::Purpose(no) => {
                let scope = Scope::whole(no);
                (vec![Left { scope, sender: sender_of(&workspace, scope) }], false)
            }
        };
        let body = Body::Withdrawn { scopes, everything, way: way.to_owned() };
        let draft = self.draft(actor, body, press);
        match self.store.leave(workspace.tenant, token.point, draft, self.now()).await? {
            Gone::Now(at) => Ok(Some(at)),
            Gone::Before => Ok(None),
            Gone::Nobody => Err(nobody()),
        }
    }

    /// "That was a mistake: mail me a way back": a confirmation for just that. The leaving stays until it is pressed.
    ///
    /// # Errors
    /// When the person is gone or the database fails.
    pub async fn way_back(&self, token: &LeaveToken, what: What, press: &Press) -> Result<Renewed, AppError> {
        let reader = self.reader(token.workspace, token.point).await?;
        let locale = press.locale.unwrap_or(reader.locale());
        let mut wanted = ended(&reader, what);
        if wanted.is_empty() {
            wanted.push(Scope::whole(if let What::Purpose(no) = what { no } else { token.purpose }));
        }
        let items: Vec<_> = wanted.iter().filter_map(|s| scoped_item(&reader.workspace, *s, locale)).collect();
        self.ask_again(reader, asking(items, "way_back"), press).await
    }
}

/// When a person left that, last.
#[must_use]
pub fn left_at(reader: &Reader, what: What) -> Option<Micros> {
    let names = |body: &Body| match (body, what) {
        (Body::Withdrawn { everything: true, .. }, _) => true,
        (Body::Withdrawn { scopes, .. }, What::Purpose(no)) => scopes.iter().any(|l| l.scope == Scope::whole(no)),
        _ => false,
    };
    reader.events.iter().rev().find(|e| names(&e.event.body)).map(|e| e.event.happened_at)
}

/// The purposes and topics that the last such leaving ended; a topic is not named beside its purpose.
fn ended(reader: &Reader, what: What) -> Vec<Scope> {
    let last = left_at(reader, what);
    let named = |scope: &Scope| matches!(what, What::Everything) || what == What::Purpose(scope.purpose);
    let ended = reader.standing.grants.iter().filter(|g| g.withdrawn_at.is_some() && g.withdrawn_at == last);
    // What nobody ever had is recorded as given and left at one instant.
    let held = ended.filter(|g| Some(g.given_at) != g.withdrawn_at && named(&g.scope));
    let mut out: Vec<Scope> = held.map(|g| g.scope).collect();
    out.sort_unstable();
    let whole: Vec<Scope> = out.iter().copied().filter(|s| s.topic.is_none()).collect();
    out.retain(|s| s.topic.is_none() || !whole.contains(&Scope::whole(s.purpose)));
    out.dedup();
    out
}
