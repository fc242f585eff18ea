//! One file an endpoint: what is looked at (`look`) and what a press does (`press`).

pub mod asset;
pub mod choices;
pub mod confirm;
pub mod health;
pub mod leave;
pub mod not_me;
pub mod notice;
pub mod signup;

use volens_app::Workspace;
use volens_app::consent::Reader;
use volens_app::links::Links;
use volens_core::id::PointId;
use volens_core::locale::Locale;
use volens_core::purpose::{PurposeNo, Scope};
use volens_core::token::{ChoicesToken, LeaveToken, NotMeToken};

use crate::pages::{Promise, Stoppable};
use crate::visit::Visit;

/// What a scope promises. A topic without a frequency of its own has its purpose's.
pub(crate) fn promise(workspace: &Workspace, scope: Scope, locale: Locale) -> Promise {
    let words = workspace.words(scope, locale);
    let whole = || workspace.words(Scope::whole(scope.purpose), locale).frequency;
    let frequency = if words.frequency.is_empty() { whole() } else { words.frequency };
    Promise { name: words.name, frequency }
}

/// The names of scopes.
pub(crate) fn names(workspace: &Workspace, scopes: &[Scope], locale: Locale) -> Vec<String> {
    scopes.iter().map(|scope| workspace.words(*scope, locale).name).collect()
}

/// The short name of a purpose: what its buttons and boxes send.
pub(crate) fn key(workspace: &Workspace, no: PurposeNo) -> String {
    workspace.offer.purpose(no).map_or_else(|| no.to_string(), |p| p.slug.clone())
}

/// A purpose with its button.
pub(crate) fn stoppable(workspace: &Workspace, scope: Scope, locale: Locale) -> Stoppable {
    let Promise { name, frequency } = promise(workspace, scope, locale);
    Stoppable { key: key(workspace, scope.purpose), name, frequency }
}

/// Paths of a person's other links.
pub(crate) struct Paths<'a> {
    visit: &'a Visit,
    reader: &'a Reader,
}

impl<'a> Paths<'a> {
    pub(crate) fn of(visit: &'a Visit, reader: &'a Reader) -> Self {
        Self { visit, reader }
    }

    fn links(&self) -> Links<'_> {
        self.visit.site.app.links(self.reader.workspace.tenant.no)
    }

    fn point(&self) -> PointId {
        self.reader.place.point
    }

    /// The choices page.
    pub(crate) fn choices(&self) -> String {
        let Links { ring, workspace, .. } = self.links();
        format!("/p/{}", ChoicesToken::new(workspace, self.point(), self.visit.now()).mint(ring))
    }

    /// The leave page of a purpose.
    pub(crate) fn leave(&self, purpose: PurposeNo) -> String {
        let Links { ring, workspace, .. } = self.links();
        format!("/u/{}", LeaveToken::new(workspace, self.point(), purpose).mint(ring))
    }

    /// "It was not me" for a request, as of when it was made.
    pub(crate) fn not_me(&self, asked: &volens_app::consent::Asked) -> String {
        let Links { ring, workspace, .. } = self.links();
        format!("/n/{}", NotMeToken::new(workspace, asked.event, self.point(), asked.at).mint(ring))
    }
}
