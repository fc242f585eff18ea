//! What a person does by a link: confirm, disown, leave, choose, come back. Opening a link only looks.

mod choose;
mod confirm;
mod leave;

use std::sync::Arc;

use volens_core::Micros;
use volens_core::address::EmailAddress;
use volens_core::consent::{Actor, Body, Draft};
use volens_core::id::{PointId, WorkspaceNo};
use volens_core::locale::Locale;
use volens_core::permission::{Grant, StopScope};
use volens_core::purpose::{Scope, SenderNo};
use volens_core::standing::Standing;
use volens_store::consent::{LoggedEvent, Place};

pub use choose::Chosen;
pub use confirm::{Asked, ConfirmOutcome, Renewed};
pub use leave::{LeaveOutcome, What, left_at};

use crate::App;
use crate::account::workspace::Workspace;
use crate::error::AppError;

/// The person that a link leads to, as found when it was opened.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The workspace.
    pub workspace: Arc<Workspace>,
    /// Whose log.
    pub place: Place,
    /// The address.
    pub address: EmailAddress,
    /// The person's name.
    pub name: Option<String>,
    /// Where the person stands.
    pub standing: Standing,
    /// The log, oldest first.
    pub events: Vec<LoggedEvent>,
}

/// How a purpose or topic stands for a person, in the words of the choices page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A confirmed permission.
    Granted,
    /// Asked for, not confirmed yet.
    Requested,
    /// Said no.
    Refused,
    /// Left.
    Withdrawn,
    /// A stop stands.
    Suppressed,
    /// Past its agreed end.
    Expired,
    /// Never asked, or nothing that proves a yes.
    Unknown,
}

/// Who pressed, and from where: what little is kept of it.
#[derive(Clone, Debug, Default)]
pub struct Press {
    /// The language of the page.
    pub locale: Option<Locale>,
    /// Truncated network address.
    pub network: Option<String>,
    /// Coarse client string.
    pub agent: Option<String>,
}

impl Reader {
    /// The address as pages show it.
    #[must_use]
    pub fn masked(&self) -> String {
        self.address.masked()
    }

    /// The language to speak in.
    #[must_use]
    pub fn locale(&self) -> Locale {
        self.standing.locale.unwrap_or_default()
    }

    /// The entity that a purpose belongs to.
    #[must_use]
    pub fn sender_of(&self, scope: Scope) -> SenderNo {
        sender_of(&self.workspace, scope)
    }

    /// How something stands now.
    #[must_use]
    pub fn state(&self, scope: Scope, now: Micros) -> State {
        let sender = self.sender_of(scope);
        if self.standing.is_open(scope, sender) {
            return State::Granted;
        }
        if self.standing.pending.iter().any(|p| waits(p.at, now) && p.items.iter().any(|i| i.scope.covers(&scope))) {
            return State::Requested;
        }
        // A topic that was left inside a purpose that goes on has two records; the one that closes it tells.
        let any = |tells: &dyn Fn(&Grant) -> bool| {
            self.standing.grants.iter().any(|g| g.scope.covers(&scope) && g.sender == sender && tells(g))
        };
        let stops = &self.standing.stops;
        if any(&|g| g.withdrawn_at.is_some()) {
            State::Withdrawn
        } else if any(&|g| g.state == volens_core::permission::State::Refused) {
            State::Refused
        } else if any(&|g| g.valid_until.is_some_and(|end| end < now)) {
            State::Expired
        } else if stops.iter().any(|s| matches!(s.scope, StopScope::All | StopScope::Everything)) {
            State::Suppressed
        } else {
            State::Unknown
        }
    }

    /// The purposes that are on: granted, or held by any other permission that leaving would end.
    #[must_use]
    pub fn on(&self, now: Micros) -> Vec<Scope> {
        let whole = self.workspace.catalogue.purposes().iter().map(|p| Scope::whole(p.no));
        whole.filter(|scope| self.is_on(*scope, now)).collect()
    }

    fn is_on(&self, scope: Scope, now: Micros) -> bool {
        if self.standing.gate().number() != 0 {
            return false;
        }
        let granted = |scope| matches!(self.state(scope, now), State::Granted | State::Requested);
        let held = self.standing.grants.iter().any(|g| {
            g.scope.purpose == scope.purpose
                && g.withdrawn_at.is_none()
                && g.state == volens_core::permission::State::Given
        });
        granted(scope) || held
    }
}

/// The entity that a purpose belongs to.
fn sender_of(workspace: &Workspace, scope: Scope) -> SenderNo {
    workspace.catalogue.purpose(scope.purpose).map_or(SenderNo(1), |p| p.sender)
}

/// The person of a link was erased.
fn nobody() -> AppError {
    AppError::NotFound("this link leads to nobody any more".into())
}

/// Whether a request of that instant can still be confirmed.
fn waits(at: Micros, now: Micros) -> bool {
    at.after(volens_core::token::CONFIRM_FOR) > now
}

impl App {
    /// The person behind a point.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when workspace or person are gone.
    pub async fn reader(&self, workspace: WorkspaceNo, point: PointId) -> Result<Reader, AppError> {
        let workspace = self.workspace(workspace)?;
        let row = self.store.point(workspace.tenant, point).await?.ok_or_else(nobody)?;
        let log = self.store.log(workspace.tenant, point).await?.ok_or_else(nobody)?;
        Ok(Reader {
            workspace,
            place: row.place,
            address: EmailAddress::parse(&row.address)?,
            name: row.name,
            standing: log.standing,
            events: log.events,
        })
    }

    /// An act that happens now.
    pub(crate) fn draft(&self, actor: Actor, body: Body, press: &Press) -> Draft {
        Draft {
            id: self.id(),
            salt: self.salt(),
            at: None,
            actor,
            body,
            locale: press.locale,
            network: press.network.clone(),
            agent: press.agent.clone(),
            profile: None,
            contexts: std::collections::BTreeMap::new(),
        }
    }
}
