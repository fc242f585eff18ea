//! What a person changes by a link: confirming, leaving, choosing. Each is one transaction, and may be pressed twice.

use volens_core::Micros;
use volens_core::consent::{Body, Draft, Event};
use volens_core::id::{DeliveryKey, FormId, PointId};
use volens_core::locale::Locale;
use volens_core::standing::Standing;
use volens_db::{Job, Lane, Tx};

use crate::consent::record::{Place, lock};
use crate::contact::{AddressKeys, name, place_of};
use crate::delivery::queue::{Mail, Payload, queue};
use crate::error::StoreError;
use crate::intake::spend;
use crate::{Store, Tenant};

/// A press on "yes".
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// Whose.
    pub place: Place,
    /// The confirming act.
    pub draft: Draft,
    /// Where the welcome will stand.
    pub delivery: DeliveryKey,
    /// The language of the welcome.
    pub locale: Locale,
    /// The name that was typed with the request.
    pub name: Option<String>,
}

/// What it did.
#[derive(Clone, Debug)]
pub enum Confirmed {
    /// The permission stands; a welcome is queued for the next whole second.
    Done {
        /// The confirming act.
        event: Box<Event>,
        /// Where the point stands now.
        standing: Standing,
    },
    /// The request no longer waited: confirmed before, left, or disowned.
    NotWaiting {
        /// Where the point stands.
        standing: Standing,
    },
}

struct Confirm(Tenant, Confirmation, Micros);

impl Job for Confirm {
    type Out = Confirmed;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Confirmed, StoreError> {
        let Self(tenant, c, now) = self;
        let mut locked = lock(tx, *tenant, c.place).await?.ok_or(StoreError::Missing("contact point"))?;
        let of = if let Body::Confirmed { of, .. } = c.draft.body { Some(of) } else { None };
        let scopes = of.and_then(|of| locked.standing.request(of)).map(|p| p.items.iter().map(|i| i.scope).collect());
        let Some(scopes) = scopes else { return Ok(Confirmed::NotWaiting { standing: locked.standing }) };
        let event = locked.append(tx, &c.draft, *now).await?;
        let standing = locked.save(tx).await?;
        if let Some(typed) = &c.name {
            name(tx, *tenant, c.place.contact, typed).await?;
        }
        // A permission must be older than the message, and the law counts in seconds (FACTS 4, CONSENT_AFTER_SEND).
        let queued_at = event.happened_at.next_second();
        let mail = Mail::Welcome { event: event.id, scopes };
        let payload = Payload { schema: 1, queued_at, locale: c.locale, mail };
        queue(tx, *tenant, c.delivery, c.place.point, &payload, queued_at).await?;
        Ok(Confirmed::Done { event: Box::new(event), standing })
    }
}

/// What a person asks for by a page; it counts after one more press in a mail.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The request.
    pub draft: Draft,
    /// Where its mail will stand.
    pub delivery: DeliveryKey,
    /// The language of the mail.
    pub locale: Locale,
    /// The form that was ticked first, where a link of its mail ran out.
    pub form: Option<FormId>,
    /// The address, for its budget.
    pub keys: AddressKeys,
    /// The calendar day.
    pub day: i64,
    /// So many mails an address and a day.
    pub budget: i64,
}

/// A press on a page that takes away, adds, or both.
#[derive(Clone, Debug)]
pub struct Change {
    /// Whose.
    pub place: Place,
    /// What is taken away, at once.
    pub withdraw: Option<Draft>,
    /// What is asked for.
    pub ask: Option<Ask>,
}

/// What it did.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The withdrawal, if it changed anything: pressing twice records once.
    pub withdrawn: Option<Event>,
    /// The request, if anything had to be asked for and the budget allowed it.
    pub asked: Option<Event>,
    /// The day's budget of confirmation mails is used up.
    pub held: bool,
    /// Where the point stands now.
    pub standing: Standing,
}

struct Apply(Tenant, Change, Micros);

/// What of an [`Ask`] the person does not have yet; `None` when that is nothing.
fn missing(ask: &Ask, standing: &Standing) -> Option<Draft> {
    let mut draft = ask.draft.clone();
    let Body::Requested { items, .. } = &mut draft.body else { return None };
    items.retain(|i| !standing.is_open(i.scope, i.sender));
    (!items.is_empty()).then_some(draft)
}

impl Job for Apply {
    type Out = Changed;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Changed, StoreError> {
        let Self(tenant, change, now) = self;
        let mut locked = lock(tx, *tenant, change.place).await?.ok_or(StoreError::Missing("contact point"))?;
        let mut out = Changed { withdrawn: None, asked: None, held: false, standing: Standing::default() };
        if let Some(draft) = &change.withdraw
            && !has_left(&locked.standing, &draft.body)
        {
            out.withdrawn = Some(locked.append(tx, draft, *now).await?);
        }
        if let Some(ask) = &change.ask
            && let Some(draft) = missing(ask, &locked.standing)
        {
            out.held = !spend(tx, *tenant, &ask.keys, ask.day, ask.budget, *now).await?;
            if !out.held {
                let event = locked.append(tx, &draft, *now).await?;
                let mail = Mail::Confirm { event: event.id, form: ask.form };
                let payload = Payload { schema: 1, queued_at: *now, locale: ask.locale, mail };
                queue(tx, *tenant, ask.delivery, change.place.point, &payload, *now).await?;
                out.asked = Some(event);
            }
        }
        out.standing =
            if out.withdrawn.is_some() || out.asked.is_some() { locked.save(tx).await? } else { locked.standing };
        Ok(out)
    }
}

/// What leaving did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// It took effect at that instant.
    Now(Micros),
    /// It had been left before: nothing was written.
    Before,
    /// There is nobody behind the point any more.
    Nobody,
}

struct Leave(Tenant, PointId, Draft, Micros);

impl Job for Leave {
    type Out = Gone;
    type Err = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Gone, StoreError> {
        let Self(tenant, point, draft, now) = self;
        let Some(place) = place_of(tx, *tenant, *point).await? else { return Ok(Gone::Nobody) };
        let Some(mut locked) = lock(tx, *tenant, place).await? else { return Ok(Gone::Nobody) };
        if has_left(&locked.standing, &draft.body) {
            return Ok(Gone::Before);
        }
        let event = locked.append(tx, draft, *now).await?;
        locked.save(tx).await?;
        Ok(Gone::Now(event.happened_at))
    }
}

/// Whether a withdrawal would change nothing.
fn has_left(standing: &Standing, body: &Body) -> bool {
    let Body::Withdrawn { scopes, everything, .. } = body else { return false };
    let covered = |scope| *everything || scopes.iter().any(|l| l.scope.covers(&scope));
    let open = scopes.iter().any(|l| standing.is_open(l.scope, l.sender))
        || standing.grants.iter().any(|g| g.withdrawn_at.is_none() && covered(g.scope))
        || standing.pending.iter().any(|p| p.items.iter().any(|i| covered(i.scope)));
    let recorded = if *everything {
        standing.gate().number() != 0
    } else {
        scopes.iter().all(|l| standing.grants.iter().any(|g| g.scope == l.scope && g.sender == l.sender))
    };
    recorded && !open
}

impl Store {
    /// Confirms a request and queues the welcome, in one transaction. Pressing twice records once.
    ///
    /// # Errors
    /// When the point is gone or the database fails.
    pub async fn confirm(&self, tenant: Tenant, c: Confirmation, now: Micros) -> Result<Confirmed, StoreError> {
        self.db.write(Lane::Interactive, Confirm(tenant, c, now)).await
    }

    /// Takes away at once, of somebody of whom no more is known than the point: one transaction and no reading before
    /// it. Pressing twice records once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leave(&self, tenant: Tenant, point: PointId, draft: Draft, now: Micros) -> Result<Gone, StoreError> {
        self.db.write(Lane::Interactive, Leave(tenant, point, draft, now)).await
    }

    /// Takes away at once, asks for what is added, in one transaction. Pressing twice records once.
    ///
    /// # Errors
    /// When the point is gone or the database fails.
    pub async fn change(&self, tenant: Tenant, change: Change, now: Micros) -> Result<Changed, StoreError> {
        self.db.write(Lane::Interactive, Apply(tenant, change, now)).await
    }
}
