//! Confirming a request, disowning it, asking again after its link ran out.

use volens_core::Micros;
use volens_core::consent::{Actor, Body, Item};
use volens_core::id::EventId;
use volens_core::permission::Client;
use volens_core::purpose::{Scope, SourceNo};
use volens_core::token::{ConfirmToken, NOT_ME_FOR, NotMeToken};
use volens_store::consent::{Ask, Change, Confirmation, Confirmed};

use super::{Press, Reader, waits};
use crate::contact::hex;
use crate::error::AppError;
use crate::{App, QUEUED};

/// A request, as its mail named it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The person.
    pub reader: Reader,
    /// The request.
    pub event: EventId,
    /// When it was made.
    pub at: Micros,
    /// What it is about.
    pub scopes: Vec<Scope>,
    /// It came from a form; otherwise from the choices page or the way back.
    pub from_form: bool,
    /// It still waits.
    pub waits: bool,
    /// When it was confirmed, if it was.
    pub confirmed_at: Option<Micros>,
}

/// What a press on "yes" did.
#[derive(Clone, Debug)]
pub enum ConfirmOutcome {
    /// The permission stands since that instant.
    Done(Asked, Micros),
    /// It was confirmed before, at that instant.
    Earlier(Asked, Micros),
    /// It was left or disowned meanwhile: nothing to confirm.
    Void(Asked),
}

/// What asking for a new link did.
#[derive(Clone, Debug)]
pub enum Renewed {
    /// A mail with a new link is queued.
    Sent(Reader),
    /// The day's budget is used up, or the owner of the address wants no such mails for a while.
    Held(Reader),
    /// All of it is granted already.
    Nothing(Reader),
}

impl App {
    /// The request that a confirming or disowning link names.
    ///
    /// # Errors
    /// When the person or the request are gone.
    pub async fn asked(
        &self,
        workspace: volens_core::id::WorkspaceNo,
        point: volens_core::id::PointId,
        event: EventId,
    ) -> Result<Asked, AppError> {
        let reader = self.reader(workspace, point).await?;
        let request = reader.events.iter().find(|e| e.event.id == event).map(|e| &e.event);
        let request = request.ok_or_else(|| AppError::NotFound("this request does not exist any more".into()))?;
        let Body::Requested { items, boxes, .. } = &request.body else {
            return Err(AppError::NotFound("this link names no request".into()));
        };
        let confirmed =
            reader.events.iter().find(|e| matches!(e.event.body, Body::Confirmed { of, .. } if of == event));
        Ok(Asked {
            event,
            at: request.happened_at,
            scopes: items.iter().map(|i| i.scope).collect(),
            from_form: !boxes.is_empty(),
            waits: reader.standing.request(event).is_some_and(|p| waits(p.at, self.now())),
            confirmed_at: confirmed.map(|e| e.event.happened_at),
            reader,
        })
    }

    /// A press on "yes".
    ///
    /// # Errors
    /// When the person is gone, or the database cannot take it: then nothing was confirmed.
    pub async fn confirm(
        &self,
        token: &ConfirmToken,
        text: &str,
        press: &Press,
        client: Client,
    ) -> Result<ConfirmOutcome, AppError> {
        let asked = self.asked(token.workspace, token.point, token.event).await?;
        let tenant = asked.reader.workspace.tenant;
        let actor = if client == Client::Human { Actor::Person } else { Actor::MachineSuspected };
        let fingerprint = hex(&volens_store::consent::evidence::sha256(text.as_bytes()));
        let body = Body::Confirmed { of: token.event, client, token: fingerprint };
        let confirmation = Confirmation {
            place: asked.reader.place,
            draft: self.draft(actor, body, press),
            delivery: self.minted_in(asked.reader.workspace.queue),
            locale: press.locale.unwrap_or(asked.reader.locale()),
        };
        match self.store.confirm(tenant, confirmation, self.now()).await? {
            Confirmed::Done { event, standing } => {
                self.store.db().wake(QUEUED);
                let at = event.happened_at;
                let reader = Reader { standing, ..asked.reader };
                Ok(ConfirmOutcome::Done(Asked { reader, waits: false, confirmed_at: Some(at), ..asked }, at))
            }
            Confirmed::NotWaiting { standing } => {
                let asked = Asked { reader: Reader { standing, ..asked.reader }, ..asked };
                // Two presses at once: the other one's event may be newer than what was read.
                let asked = self.asked(token.workspace, token.point, asked.event).await?;
                Ok(match asked.confirmed_at {
                    Some(at) => ConfirmOutcome::Earlier(asked, at),
                    None => ConfirmOutcome::Void(asked),
                })
            }
        }
    }

    /// "It was not me": voids the request, and no confirmation mail goes to the address for 30 days.
    ///
    /// # Errors
    /// When the person is gone or the database fails.
    pub async fn disown(&self, token: &NotMeToken, press: &Press) -> Result<(Asked, Micros), AppError> {
        let asked = self.asked(token.workspace, token.point, token.event).await?;
        let workspace = &asked.reader.workspace;
        let until = self.now().after(NOT_ME_FOR);
        let draft = self.draft(Actor::Person, Body::Refused { of: token.event }, press);
        let keys = self.address_keys(workspace, &asked.reader.address);
        self.store.disown(workspace.tenant, keys, draft, until, self.now()).await?;
        Ok((asked, until))
    }

    /// "Send me a new one", after a confirming link ran out: the same ticks, a new request, a new mail.
    ///
    /// # Errors
    /// When the person is gone or the database fails.
    pub async fn renew(&self, expired: &ConfirmToken, press: &Press) -> Result<Renewed, AppError> {
        let asked = self.asked(expired.workspace, expired.point, expired.event).await?;
        let request = asked.reader.events.iter().find(|e| e.event.id == asked.event);
        let Some(Body::Requested { items, source, .. }) = request.map(|e| &e.event.body) else {
            return Ok(Renewed::Nothing(asked.reader));
        };
        let (items, source) = (items.clone(), *source);
        self.ask_again(asked.reader, items, source, "renew", press).await
    }

    /// Asks for something by a mail with a confirming link.
    pub(crate) async fn ask_again(
        &self,
        reader: Reader,
        items: Vec<Item>,
        source: SourceNo,
        button: &str,
        press: &Press,
    ) -> Result<Renewed, AppError> {
        let open = items.iter().all(|i| reader.standing.is_open(i.scope, i.sender));
        if open {
            return Ok(Renewed::Nothing(reader));
        }
        let ask = self.ask(&reader, items, source, button, press);
        let change = Change { place: reader.place, withdraw: None, ask: Some(ask) };
        let changed = self.store.change(reader.workspace.tenant, change, self.now()).await?;
        let reader = Reader { standing: changed.standing, ..reader };
        if changed.asked.is_some() {
            self.store.db().wake(QUEUED);
            return Ok(Renewed::Sent(reader));
        }
        Ok(Renewed::Held(reader))
    }

    /// A request from a page that knows the person.
    pub(crate) fn ask(&self, reader: &Reader, items: Vec<Item>, source: SourceNo, button: &str, press: &Press) -> Ask {
        let body = Body::Requested { items, boxes: Vec::new(), button: button.to_owned(), source };
        Ask {
            draft: self.draft(Actor::Person, body, press),
            delivery: self.minted_in(reader.workspace.queue),
            locale: press.locale.unwrap_or(reader.locale()),
            keys: self.address_keys(&reader.workspace, &reader.address),
            day: self.today(),
            budget: self.settings.confirmations_a_day,
        }
    }
}
