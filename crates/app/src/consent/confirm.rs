//! Confirming a request, disowning it, asking again after its link ran out.

use std::collections::BTreeMap;

use volens_core::Micros;
use volens_core::consent::{Actor, Body, Box_, Context, Draft, Event, Item, Profile};
use volens_core::id::{EventId, FormId};
use volens_core::locale::Locale;
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
    /// The language of the page that it was made on.
    pub locale: Option<Locale>,
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

impl Asked {
    /// The request itself.
    #[must_use]
    pub fn request(&self) -> Option<&Event> {
        self.reader.events.iter().map(|e| &e.event).find(|e| e.id == self.event)
    }
}

/// What a page that knows the person asks for, and as what it is recorded.
pub(crate) struct Asking {
    items: Vec<Item>,
    boxes: Vec<Box_>,
    button: String,
    source: SourceNo,
    form: Option<FormId>,
    profile: Option<Profile>,
    contexts: BTreeMap<Context, String>,
}

/// Something that was asked for on a page of the person's own.
pub(crate) fn asking(items: Vec<Item>, button: &str) -> Asking {
    let (source, contexts) = (SourceNo::OWN_PAGE, BTreeMap::new());
    Asking { items, boxes: Vec::new(), button: button.to_owned(), source, form: None, profile: None, contexts }
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
            locale: request.locale,
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
        let profile = asked.from_form.then(|| Profile { locale: asked.locale, ..Profile::default() });
        let name = asked.request().and_then(|e| e.profile.as_ref()?.name.clone());
        let confirmation = Confirmation {
            place: asked.reader.place,
            draft: Draft { profile, ..self.draft(actor, body, press) },
            delivery: self.minted_in(asked.reader.workspace.queue),
            locale: press.locale.unwrap_or(asked.reader.locale()),
            name: name.clone(),
        };
        match self.store.confirm(tenant, confirmation, self.now()).await? {
            Confirmed::Done { event, standing } => {
                self.store.db().wake(QUEUED);
                let at = event.happened_at;
                let name = asked.reader.name.clone().or(name);
                let reader = Reader { standing, name, ..asked.reader };
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

    /// "It was not me": voids the request, and no confirmation mail goes to the address for 30 days. Of a request that
    /// was confirmed nothing changes: what helps then is leaving.
    ///
    /// # Errors
    /// When the person is gone or the database fails.
    pub async fn disown(&self, token: &NotMeToken, press: &Press) -> Result<(Asked, Micros), AppError> {
        let asked = self.asked(token.workspace, token.point, token.event).await?;
        if asked.confirmed_at.is_some() {
            let now = self.now();
            return Ok((asked, now));
        }
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
        let Some(request) = asked.request() else { return Ok(Renewed::Nothing(asked.reader)) };
        let Body::Requested { items, boxes, button, source } = request.body.clone() else {
            return Ok(Renewed::Nothing(asked.reader));
        };
        let forms = &asked.reader.workspace.forms;
        let form = forms.iter().find(|f| f.source == source).or(forms.first()).map(|f| f.id);
        let asking = Asking {
            items,
            boxes,
            button: if asked.from_form { "renew".to_owned() } else { button },
            source,
            form: form.filter(|_| asked.from_form),
            profile: request.profile.clone(),
            contexts: request.contexts.clone(),
        };
        self.ask_again(asked.reader, asking, press).await
    }

    /// Asks for something by a mail with a confirming link.
    pub(crate) async fn ask_again(&self, reader: Reader, asking: Asking, press: &Press) -> Result<Renewed, AppError> {
        let open = asking.items.iter().all(|i| reader.standing.is_open(i.scope, i.sender));
        if open {
            return Ok(Renewed::Nothing(reader));
        }
        let ask = self.ask(&reader, asking, press);
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
    pub(crate) fn ask(&self, reader: &Reader, asking: Asking, press: &Press) -> Ask {
        let Asking { items, boxes, button, source, form, profile, contexts } = asking;
        let body = Body::Requested { items, boxes, button, source };
        Ask {
            draft: Draft { profile, contexts, ..self.draft(Actor::Person, body, press) },
            delivery: self.minted_in(reader.workspace.queue),
            locale: press.locale.unwrap_or(reader.locale()),
            form,
            keys: self.address_keys(&reader.workspace, &reader.address),
            day: self.today(),
            budget: self.settings.confirmations_a_day,
        }
    }
}
