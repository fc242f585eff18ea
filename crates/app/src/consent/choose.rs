//! The choices page: what is taken away counts at once, what is added after one more press in a mail.

use volens_core::Micros;
use volens_core::consent::{Actor, Body, Left};
use volens_core::purpose::{Scope, SourceNo};
use volens_core::token::ChoicesToken;
use volens_store::consent::Change;

use super::{Press, Reader, State};
use crate::error::AppError;
use crate::intake::scoped_item;
use crate::{App, QUEUED};

/// What saving did.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The person, as it stands now.
    pub reader: Reader,
    /// When.
    pub at: Micros,
    /// What stopped, at once.
    pub stopped: Vec<Scope>,
    /// What waits for a press in the mail.
    pub asked: Vec<Scope>,
    /// The day's budget of confirmation mails is used up: what was added is not asked for.
    pub held: bool,
}

impl App {
    /// Saves what is ticked: everything that was on and is not ticked is left, everything ticked that was off is
    /// asked for. A topic counts with its purpose: ticking the purpose covers it.
    ///
    /// # Errors
    /// When the person is gone or the database fails; nothing was changed then.
    pub async fn choose(&self, token: &ChoicesToken, ticked: &[Scope], press: &Press) -> Result<Chosen, AppError> {
        let reader = self.reader(token.workspace, token.point).await?;
        let now = self.now();
        let (mut stopped, mut asked) = (Vec::new(), Vec::new());
        for scope in offered(&reader) {
            let on = matches!(reader.state(scope, now), State::Granted | State::Requested);
            let wanted = ticked.contains(&scope) || ticked.contains(&Scope::whole(scope.purpose));
            match (on, wanted) {
                (true, false) => stopped.push(scope),
                (false, true) if !ticked_above(scope, ticked) => asked.push(scope),
                _ => {}
            }
        }
        // Leaving a purpose leaves its topics: one line in the record says it.
        let whole: Vec<Scope> = stopped.iter().copied().filter(|s| s.topic.is_none()).collect();
        stopped.retain(|s| s.topic.is_none() || !whole.contains(&Scope::whole(s.purpose)));
        self.apply(reader, stopped, asked, press).await
    }

    /// "Leave all" on the choices page.
    ///
    /// # Errors
    /// When the person is gone or the database fails.
    pub async fn leave_all(&self, token: &ChoicesToken, press: &Press) -> Result<Chosen, AppError> {
        let reader = self.reader(token.workspace, token.point).await?;
        let stopped = reader.on(self.now());
        let body = Body::Withdrawn { scopes: Vec::new(), everything: true, way: "choices".into() };
        let withdraw = Some(self.draft(Actor::Person, body, press));
        let change = Change { place: reader.place, withdraw, ask: None };
        let changed = self.store.change(reader.workspace.tenant, change, self.now()).await?;
        let at = changed.withdrawn.map_or_else(|| self.now(), |e| e.happened_at);
        let reader = Reader { standing: changed.standing, ..reader };
        Ok(Chosen { reader, at, stopped, asked: Vec::new(), held: false })
    }

    async fn apply(
        &self,
        reader: Reader,
        stopped: Vec<Scope>,
        asked: Vec<Scope>,
        press: &Press,
    ) -> Result<Chosen, AppError> {
        let locale = press.locale.unwrap_or(reader.locale());
        let left = |scope: &Scope| Left { scope: *scope, sender: reader.sender_of(*scope) };
        let withdraw = (!stopped.is_empty()).then(|| {
            let scopes = stopped.iter().map(left).collect();
            self.draft(Actor::Person, Body::Withdrawn { scopes, everything: false, way: "choices".into() }, press)
        });
        let items: Vec<_> = asked.iter().filter_map(|s| scoped_item(&reader.workspace, *s, locale)).collect();
        let source = reader.standing.grants.first().map_or(SourceNo(0), |g| g.source);
        let ask = (!items.is_empty()).then(|| self.ask(&reader, items, source, "choices", press));
        let change = Change { place: reader.place, withdraw, ask };
        let changed = self.store.change(reader.workspace.tenant, change, self.now()).await?;
        if changed.asked.is_some() {
            self.store.db().wake(QUEUED);
        }
        let at = changed.withdrawn.as_ref().or(changed.asked.as_ref()).map_or_else(|| self.now(), |e| e.happened_at);
        let asked = if changed.asked.is_some() { asked } else { Vec::new() };
        let reader = Reader { standing: changed.standing, ..reader };
        Ok(Chosen { reader, at, stopped, asked, held: changed.held })
    }
}

/// Everything that the page offers: purposes, each followed by its topics.
#[must_use]
pub fn offered(reader: &Reader) -> Vec<Scope> {
    let catalogue = &reader.workspace.catalogue;
    let with_topics = |no| {
        let topics = catalogue.topics_of(no).map(move |t| Scope { purpose: no, topic: Some(t) });
        std::iter::once(Scope::whole(no)).chain(topics)
    };
    catalogue.purposes().iter().flat_map(|p| with_topics(p.no)).collect()
}

/// Whether ticking its purpose asks for the topic already.
fn ticked_above(scope: Scope, ticked: &[Scope]) -> bool {
    scope.topic.is_some() && ticked.contains(&Scope::whole(scope.purpose))
}
