//! Deciding and rendering: a planned row becomes a message that is ready to be marked, or a decision against it.

use tokio::sync::oneshot;
use volens_core::Micros;
use volens_core::address::EmailAddress;
use volens_core::facts::{Facts, Intended, Kind};
use volens_core::permission::{Channel, Grant, SourceKind};
use volens_core::purpose::{Scope, SourceNo};
use volens_core::standing::Standing;
use volens_law::{Decision, Effect};
use volens_mail::reason::{Reason, Source, reason_line};
use volens_mail::{PersonView, message_id};
use volens_store::consent::evidence::KeptMail;
use volens_store::delivery::{DeliveryState, LeasedSlice, Mark, Planned};
use volens_wire::Outgoing;

use crate::account::workspace::Workspace;
use crate::delivery::Handed;
use crate::delivery::letter::CampaignLetter;
use crate::error::AppError;
use crate::{App, minted_at};

/// What goes from the feeder to the dispatcher.
pub enum Ready {
    /// A row to mark, and its message unless it was decided against.
    Row(Box<Prepared>),
    /// Everything of this feeder before it has been marked or dropped: answer.
    Flush(oneshot::Sender<()>),
}

/// A row that was decided on.
pub struct Prepared {
    /// The mark.
    pub mark: Mark,
    /// The message; `None` when it does not go.
    pub message: Option<Outgoing<Handed>>,
    /// The mail to keep whole, in the wave that sends it.
    pub keep: Option<KeptMail>,
    /// The recipient's domain, to tell refusals of one domain from refusals of us.
    pub domain: String,
    /// Until when it is worth sending.
    pub useful_until: Micros,
}

impl Prepared {
    /// The mark with its decision; what stays serves to find the message again.
    pub(crate) fn take_mark(&mut self) -> Mark {
        let decision = std::mem::take(&mut self.mark.decision);
        Mark { decision, ..self.mark.clone() }
    }

    /// A message that waited too long for its turn does not go.
    pub(crate) fn outlived(&mut self, now: Micros) {
        if self.message.is_some() && now > self.useful_until {
            self.message = None;
            self.keep = None;
            self.mark.state = DeliveryState::Skipped;
        }
    }
}

/// Asks the law about one message to somebody.
#[must_use]
pub fn decide(
    workspace: &Workspace,
    standing: &Standing,
    seq: i64,
    message: &Intended,
    now: Micros,
) -> (Decision, Vec<u8>) {
    let facts = Facts::assemble(standing, message, &workspace.catalogue, now);
    let decision = volens_law::decide(&facts);
    let stored = decision.stored(&facts, seq).pack();
    (decision, stored)
}

/// What a letter may know of somebody.
#[must_use]
pub fn person(name: Option<&str>, profile: &str, standing: &Standing) -> PersonView {
    let mut view = PersonView::new();
    if let Some(name) = name {
        let mut words = name.split_whitespace();
        view = view.field("name", name).first_name(words.next().unwrap_or_default());
    }
    if let Some(locale) = standing.locale {
        view = view.language(locale.tag());
    }
    if let Some(country) = &standing.country {
        view = view.country(country);
    }
    if profile.len() > 2
        && let Ok(fields) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(profile)
    {
        for (name, value) in fields {
            view = match value {
                serde_json::Value::String(text) => view.field(name, &text),
                serde_json::Value::Number(n) if n.is_i64() => view.number(name, n.as_i64().unwrap_or_default()),
                other => view.field(name, &other.to_string()),
            };
        }
    }
    view
}

/// The permission that a letter about `scope` rests on.
pub(crate) fn grant_of(standing: &Standing, scope: Scope, ground: Option<i64>) -> Option<&Grant> {
    standing.grants.iter().find(|g| Some(g.seq) == ground && g.scope.covers(&scope))
}

/// The reason line of a letter about `scope`, from the permission that it rests on.
#[must_use]
pub fn reason_of(app: &App, workspace: &Workspace, standing: &Standing, scope: Scope, ground: Option<i64>) -> String {
    let locale = standing.locale.unwrap_or_default();
    let words = workspace.words(scope, locale);
    let grant = grant_of(standing, scope, ground);
    let row = grant.and_then(|g| workspace.offer.source(g.source));
    let label = grant.map_or("", |g| workspace.source_label(g.source, locale));
    let source = match row.map(|r| r.kind) {
        Some(SourceKind::Event) => Source::Event { name: label },
        Some(SourceKind::Manual | SourceKind::HandedOver) => Source::CounterCard,
        Some(SourceKind::Import | SourceKind::RentedFile) => Source::Import { name: label },
        Some(SourceKind::Partner) => Source::Partner { name: label },
        Some(SourceKind::Transaction) => Source::Customer,
        None if grant.is_some_and(|g| g.source == SourceNo::OWN_PAGE) => Source::OwnPage,
        _ => Source::Form { place: if label.is_empty() { &workspace.name } else { label } },
    };
    let joined_at = grant.map_or(Micros(0), |g| g.given_at);
    let (purpose, frequency) = (words.name.as_str(), words.frequency.as_str());
    reason_line(&app.words, locale, &Reason { joined_at, source, purpose, frequency, zone: &workspace.zone })
}

/// The envelope of an address.
pub(crate) struct To {
    pub(crate) envelope: String,
    pub(crate) domain: String,
    pub(crate) utf8: bool,
}

pub(crate) fn to(address: &str) -> Result<To, AppError> {
    let parsed = EmailAddress::parse(address)?;
    Ok(To { envelope: parsed.envelope(), domain: parsed.domain_ascii().to_owned(), utf8: parsed.needs_smtputf8() })
}

pub(crate) fn mark(slice: &LeasedSlice, row: &Planned, no: i64, state: DeliveryState, decision: Vec<u8>) -> Mark {
    Mark { ws: slice.tenant.no.0, key: row.key, slice: no, seq: row.seq, state, decision }
}

/// A row of a campaign, decided and rendered.
///
/// # Errors
/// Never for one person's data: such a row becomes a failed one. Only for what would fail for everybody.
pub fn campaign_row(
    app: &App,
    workspace: &Workspace,
    letter: &CampaignLetter,
    slice: &LeasedSlice,
    row: &Planned,
    now: Micros,
) -> Prepared {
    let intended = letter.intended;
    let (decision, stored) = decide(workspace, &row.standing, row.seq, &intended, now);
    let none = |state| Prepared {
        mark: mark(slice, row, slice.no, state, stored.clone()),
        message: None,
        keep: None,
        domain: String::new(),
        useful_until: letter.useful_until,
    };
    if decision.effect == Effect::Deny {
        return none(DeliveryState::Denied);
    }
    if now > letter.useful_until {
        return none(DeliveryState::Skipped);
    }
    match letter_to(app, workspace, letter, row, &decision, now) {
        Ok((message, domain)) => {
            let handed = Handed { resend: letter.resend, ..handed(slice, row, slice.no, true) };
            let mark = mark(slice, row, slice.no, DeliveryState::Sending, stored);
            let useful_until = letter.useful_until;
            Prepared { mark, message: Some(Outgoing { key: handed, ..message }), keep: None, domain, useful_until }
        }
        Err(e) => {
            tracing::warn!(stream = row.key.stream.0, ordinal = row.key.ordinal, error = %e, "a letter cannot be made");
            none(DeliveryState::Failed)
        }
    }
}

pub(crate) fn handed(slice: &LeasedSlice, row: &Planned, no: i64, campaign: bool) -> Handed {
    Handed { ws: slice.tenant.no.0, key: row.key, slice: no, attempt: row.attempt + 1, campaign, resend: !campaign }
}

pub(crate) fn letter_to(
    app: &App,
    workspace: &Workspace,
    letter: &CampaignLetter,
    row: &Planned,
    decision: &Decision,
    now: Micros,
) -> Result<(Outgoing<Handed>, String), AppError> {
    let to = to(&row.address)?;
    let links = app.links(workspace.tenant.no);
    let leave = links.leave(row.point, letter.intended.scope.purpose);
    let choices = links.choices(row.point, now);
    let reason = letter.reason(app, workspace, &row.standing, decision.ground);
    let view = person(row.name.as_deref(), &row.profile, &row.standing);
    let made = minted_at(row.key.stream.0);
    let id = message_id(row.key, made, &app.settings.mail_host);
    let mailto = links.leave_by_mail(row.point, letter.intended.scope.purpose);
    let under = letter.furniture(&reason, &leave, &choices, row.standing.locale.unwrap_or_default());
    let rendered = letter.compiled.render(&view, &under)?;
    let body = letter.message(&rendered, &to, row.name.as_deref(), &id, &leave, mailto.as_deref(), now)?;
    let from = links.return_path(row.key, now);
    let key = Handed { ws: 0, key: row.key, slice: 0, attempt: 0, campaign: true, resend: false };
    let domain = to.domain;
    Ok((Outgoing { key, from, to: to.envelope, body, eight_bit: false, utf8: to.utf8 }, domain))
}

/// A message for a scope, queued at that instant.
#[must_use]
pub fn intended(workspace: &Workspace, scope: Scope, kind: Option<Kind>, queued_at: Micros) -> Intended {
    let class = workspace.catalogue.class(scope.purpose);
    let sender = workspace.catalogue.purpose(scope.purpose).map_or(volens_core::purpose::SenderNo(1), |p| p.sender);
    Intended { channel: Channel::Email, kind: kind.unwrap_or(Kind::of(class)), scope, sender, queued_at }
}
