//! The mails that Volens writes by itself: confirmation, welcome, answer to somebody who reads already.

use volens_core::Micros;
use volens_core::facts::{Intended, Kind};
use volens_core::id::EventId;
use volens_core::locale::Locale;
use volens_core::purpose::Scope;
use volens_core::standing::Pending;
use volens_core::token::CONFIRM_FOR;
use volens_law::{Decision, Effect};
use volens_mail::{
    AddedChoice, AddrSpec, AlreadyReader, Choice, Confirmation, FeedbackId, Headers, List, Mailbox, Message, Sender,
    SystemMail, WebUrl, Welcome, message_id,
};
use volens_store::consent::evidence::KeptMail;
use volens_store::delivery::wave::QUEUE_SLICE;
use volens_store::delivery::{DeliveryState, LeasedSlice, Mail, Payload, Planned};
use volens_wire::Outgoing;

use crate::account::workspace::Workspace;
use crate::delivery::letter::{from, list};
use crate::delivery::prepare::{Prepared, decide, handed, intended, mark, reason_of, to};
use crate::error::AppError;
use crate::{App, minted_at};

/// An answer to an act is worth sending as long as a link to confirm it works.
fn useful_until(payload: &Payload) -> Micros {
    payload.queued_at.after(CONFIRM_FOR)
}

/// A row of a transactional stream, decided and rendered.
pub fn queue_row(app: &App, workspace: &Workspace, slice: &LeasedSlice, row: &Planned, now: Micros) -> Prepared {
    let writer = Writer { app, workspace, row, now };
    let Some(payload) = &row.payload else { return writer.nothing(slice, DeliveryState::Failed, Vec::new()) };
    let Some(intended) = writer.intended(payload) else {
        // The request was confirmed, left or disowned meanwhile: there is nothing to ask any more.
        return writer.nothing(slice, DeliveryState::Skipped, Vec::new());
    };
    if now > useful_until(payload) {
        return writer.nothing(slice, DeliveryState::Skipped, Vec::new());
    }
    let (decision, stored) = decide(workspace, &row.standing, row.seq, &intended, now);
    if decision.effect == Effect::Deny {
        return writer.nothing(slice, DeliveryState::Denied, stored);
    }
    match writer.mail(payload, &intended, &decision) {
        Ok(made) => {
            let keep = made.keep.and_then(|event| KeptMail::pack(event, row.key, &made.body).ok());
            let key = handed(slice, row, QUEUE_SLICE, false);
            let message =
                Outgoing { key, from: made.from, to: made.to, body: made.body, eight_bit: false, utf8: made.utf8 };
            let mark = mark(slice, row, QUEUE_SLICE, DeliveryState::Sending, stored);
            let useful_until = useful_until(payload);
            Prepared { mark, message: Some(message), keep, domain: made.domain, useful_until }
        }
        Err(e) => {
            tracing::warn!(stream = row.key.stream.0, ordinal = row.key.ordinal, error = %e, "a mail cannot be made");
            writer.nothing(slice, DeliveryState::Failed, stored)
        }
    }
}

struct Made {
    from: String,
    to: String,
    domain: String,
    body: Vec<u8>,
    utf8: bool,
    /// The request that the mail is evidence for.
    keep: Option<EventId>,
}

struct Writer<'a> {
    app: &'a App,
    workspace: &'a Workspace,
    row: &'a Planned,
    now: Micros,
}

/// Words that a mail borrows from, kept while it is rendered.
struct Named {
    name: String,
    wording: String,
    frequency: String,
}

impl Writer<'_> {
    fn nothing(&self, slice: &LeasedSlice, state: DeliveryState, decision: Vec<u8>) -> Prepared {
        let mark = mark(slice, self.row, QUEUE_SLICE, state, decision);
        Prepared { mark, message: None, keep: None, domain: String::new(), useful_until: Micros(i64::MAX) }
    }

    fn pending(&self, event: EventId) -> Option<&Pending> {
        self.row.standing.request(event)
    }

    /// What the law is asked about; `None` when the reason for the mail is gone.
    fn intended(&self, payload: &Payload) -> Option<Intended> {
        let (scope, kind) = match &payload.mail {
            Mail::Confirm { event, .. } => (self.pending(*event)?.items.first()?.scope, Some(Kind::Confirmation)),
            Mail::Already { .. } => (Scope::whole(self.workspace.offer.purposes.first()?.no), Some(Kind::Reply)),
            Mail::Welcome { scopes, .. } => (*scopes.first()?, None),
        };
        Some(intended(self.workspace, scope, kind, payload.queued_at))
    }

    fn named(&self, scopes: impl Iterator<Item = Scope>, locale: Locale) -> Vec<Named> {
        let words = scopes.map(|scope| self.workspace.words(scope, locale));
        words.map(|w| Named { name: w.name, wording: w.body, frequency: w.frequency }).collect()
    }

    fn mail(&self, payload: &Payload, intended: &Intended, decision: &Decision) -> Result<Made, AppError> {
        match &payload.mail {
            Mail::Confirm { event, form } => self.confirmation(payload.locale, *event, form.is_some(), intended),
            Mail::Already { .. } => self.already(payload, intended),
            Mail::Welcome { scopes, .. } => self.welcome(payload.locale, scopes, intended, decision),
        }
    }

    fn confirmation(
        &self,
        locale: Locale,
        event: EventId,
        from_form: bool,
        intended: &Intended,
    ) -> Result<Made, AppError> {
        let gone = || AppError::NotFound("the request is gone".into());
        let pending = self.pending(event).ok_or_else(gone)?;
        let named = self.named(pending.items.iter().map(|i| i.scope), locale);
        let choices = choices(&named);
        let links = self.app.links(self.workspace.tenant.no);
        // The links are made as of the request, so that a second try of this mail carries the same ones.
        let confirm_url = links.confirm(event, self.row.point, pending.at);
        let not_me_url = links.not_me(event, self.row.point, pending.at);
        let place = self.workspace.source_label(pending.source, locale).to_owned();
        let (asked_at, until) = (pending.at, pending.at.after(CONFIRM_FOR));
        let left =
            |scope: Scope| self.row.standing.grants.iter().any(|g| g.scope.covers(&scope) && g.withdrawn_at.is_some());
        let brought_back = pending.items.iter().any(|i| left(i.scope));
        let (choices, confirm_url, not_me_url) = (&choices[..], &confirm_url[..], &not_me_url[..]);
        let mail = if from_form {
            let place = &place;
            SystemMail::Confirmation(Confirmation { choices, place, asked_at, until, confirm_url, not_me_url })
        } else {
            SystemMail::AddedChoice(AddedChoice { choices, brought_back, asked_at, until, confirm_url })
        };
        self.build(&mail, locale, intended, None, Some(event))
    }

    fn already(&self, payload: &Payload, intended: &Intended) -> Result<Made, AppError> {
        let links = self.app.links(self.workspace.tenant.no);
        let choices_url = links.choices(self.row.point, payload.queued_at);
        let place = match &payload.mail {
            Mail::Already { form } => self.workspace.forms.iter().find(|f| f.id == *form).map(|f| f.source),
            _ => None,
        };
        let place =
            place.map_or(self.workspace.name.as_str(), |s| self.workspace.source_label(s, payload.locale)).to_owned();
        let asked_at = payload.queued_at;
        let mail = SystemMail::AlreadyReader(AlreadyReader { place: &place, asked_at, choices_url: &choices_url });
        self.build(&mail, payload.locale, intended, None, None)
    }

    fn welcome(
        &self,
        locale: Locale,
        scopes: &[Scope],
        intended: &Intended,
        decision: &Decision,
    ) -> Result<Made, AppError> {
        let named = self.named(scopes.iter().copied(), locale);
        let choices = choices(&named);
        let links = self.app.links(self.workspace.tenant.no);
        let leave_url = links.leave(self.row.point, intended.scope.purpose);
        let choices_url = links.choices(self.row.point, self.now);
        let reason = reason_of(self.app, self.workspace, &self.row.standing, intended.scope, decision.ground);
        let mail = SystemMail::Welcome(Welcome {
            choices: &choices,
            reason: &reason,
            choices_url: &choices_url,
            leave_url: &leave_url,
        });
        self.build(&mail, locale, intended, Some(&leave_url), None)
    }

    fn build(
        &self,
        mail: &SystemMail<'_>,
        locale: Locale,
        intended: &Intended,
        leave: Option<&str>,
        keep: Option<EventId>,
    ) -> Result<Made, AppError> {
        let (app, workspace, row) = (self.app, self.workspace, self.row);
        let (from, sender, postal_address) = from(workspace, intended.sender)?;
        let contact = Some(workspace.settings.contact_email.as_str());
        let sender = Sender { name: &sender, postal_address: &postal_address, contact, privacy_url: None };
        let rendered = mail.render(&app.words, &workspace.settings.brand, &sender, locale, &workspace.zone);
        let envelope = to(&row.address)?;
        let links = app.links(workspace.tenant.no);
        let id = message_id(row.key, minted_at(row.key.stream.0), &app.settings.mail_host);
        let list_id = list(app, workspace, intended)?;
        let one_click = leave.map(WebUrl::parse).transpose()?;
        let mailto = links.leave_by_mail(row.point, intended.scope.purpose);
        let mailto = mailto.as_deref().map(AddrSpec::parse).transpose()?;
        let list = one_click.as_ref().map(|one_click| List { id: &list_id, one_click, mailto: mailto.as_ref() });
        let feedback = FeedbackId::new("system", "service", "transactional", &workspace.settings.feedback_sender)?;
        let headers = Headers {
            from: &from,
            to: &Mailbox::bare(AddrSpec::parse(&envelope.envelope)?),
            reply_to: None,
            date: self.now,
            message_id: &id,
            list,
            feedback_id: Some(&feedback),
            auto_generated: true,
        };
        Ok(Made {
            body: Message::build(&rendered, &headers),
            from: links.return_path(row.key, self.now),
            to: envelope.envelope,
            domain: envelope.domain,
            utf8: envelope.utf8,
            keep,
        })
    }
}

fn choices(named: &[Named]) -> Vec<Choice<'_>> {
    named.iter().map(|n| Choice { name: &n.name, wording: &n.wording, frequency: &n.frequency }).collect()
}
