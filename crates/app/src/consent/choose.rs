//! The choices page: what is taken away counts at once, what is added after one more press in a mail.

use volens_core::Micros;
use volens_core::consent::{Actor, Body, Left};
use volens_core::purpose::Scope;
use volens_core::token::ChoicesToken;
use volens_store::consent::Change;

use super::confirm::asking;
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
    /// What was added and is not asked for: the day's budget of mails to the address is used up.
    pub held: Vec<Scope>,
}

impl App {
    /// Saves what is ticked: everything that was on and is not ticked is left, everything ticked that was off is
    /// asked for. A topic whose box came unticked counts with its purpose: ticking the purpose covers it. One that came
    /// ticked (`shown`) counts for itself: unticking it leaves it, whatever becomes of its purpose.
    ///
    /// # Errors
    /// When the person is gone or the database fails; nothing was changed then.
    pub async fn choose(
        &self,
        token: &ChoicesToken,
        ticked: &[Scope],
        shown: &[Scope],
        press: &Press,
    ) -> Result<Chosen, AppError> {
        let reader = self.reader(token.workspace, token.point).await?;
        let now = self.now();
        let (mut stopped, mut asked) = (Vec::new(), Vec::new());
        for scope in offered(&reader) {
            let is_on = |scope| matches!(reader.state(scope, now), State::Granted | State::Requested);
            let whole = Scope::whole(scope.purpose);
            let with_purpose = ticked.contains(&whole) && !shown.contains(&scope);
            match (is_on(scope), ticked.contains(&scope) || with_purpose) {
                (true, false) => stopped.push(scope),
                // Asking for the purpose asks for its topics.
                (false, true) if scope == whole || !ticked.contains(&whole) => asked.push(scope),
                (false, true) if is_on(whole) && ticked.contains(&scope) => asked.push(scope),
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
        Ok(Chosen { reader, at, stopped, asked: Vec::new(), held: Vec::new() })
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
        let ask = (!items.is_empty()).then(|| self.ask(&reader, asking(items, "choices"), press));
        let change = Change { place: reader.place, withdraw, ask };
        let changed = self.store.change(reader.workspace.tenant, change, self.now()).await?;
        if changed.asked.is_some() {
            self.store.db().wake(QUEUED);
        }
        let at = changed.withdrawn.as_ref().or(changed.asked.as_ref()).map_or_else(|| self.now(), |e| e.happened_at);
        let (asked, held) = match (changed.asked.is_some(), changed.held) {
            (true, _) => (asked, Vec::new()),
            (false, true) => (Vec::new(), asked),
            (false, false) => (Vec::new(), Vec::new()),
        };
        let reader = Reader { standing: changed.standing, ..reader };
        Ok(Chosen { reader, at, stopped, asked, held })
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
