//! A campaign's letter made ready once: for all its rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use volens_core::Micros;
use volens_core::facts::Intended;
use volens_core::id::StreamNo;
use volens_core::locale::Locale;
use volens_core::purpose::{SenderNo, SourceNo};
use volens_core::standing::Standing;
use volens_mail::{
    AddrSpec, Compiled, FeedbackId, Furniture, Headers, Letter, List, ListId, Mailbox, Message, MessageId, OnUnknown,
    Rendered, WebUrl,
};
use volens_store::Tenant;

use crate::App;
use crate::account::workspace::Workspace;
use crate::delivery::prepare::{To, grant_of, intended, reason_of};
use crate::error::AppError;

/// A letter and everything about it that is the same for all readers.
pub struct CampaignLetter {
    /// The letter.
    pub compiled: Compiled,
    /// What the law is asked about.
    pub intended: Intended,
    /// Until when it is worth reading.
    pub useful_until: Micros,
    /// What nobody knows to have arrived is sent again.
    pub resend: bool,
    from: Mailbox,
    list: ListId,
    feedback: FeedbackId,
    sender_name: String,
    postal_address: String,
    /// Finished reason lines: those of one day, source and language are the same.
    reasons: Mutex<HashMap<ReasonKey, Arc<str>>>,
}

/// Language, source and day of an act.
type ReasonKey = (Locale, Option<SourceNo>, i32);

/// Reason lines that a letter keeps at most.
const REASONS: usize = 10_000;

/// Who a mail is from, for a sender entity.
pub(crate) fn from(workspace: &Workspace, sender: SenderNo) -> Result<(Mailbox, String, String), AppError> {
    let row = workspace.offer.sender(sender);
    let row = row.ok_or_else(|| AppError::NotFound("the sender of this purpose does not exist any more".into()))?;
    let from = Mailbox::named(&workspace.name, AddrSpec::parse(&row.email)?);
    Ok((from, row.name.clone(), row.postal_address.clone()))
}

/// The list of a purpose: what one leaves with one click.
pub(crate) fn list(app: &App, workspace: &Workspace, intended: &Intended) -> Result<ListId, AppError> {
    let purpose = workspace.offer.purpose(intended.scope.purpose);
    let slug = purpose.map_or_else(|| intended.scope.purpose.to_string(), |p| p.slug.clone());
    let words = workspace.words(volens_core::purpose::Scope::whole(intended.scope.purpose), Locale::En);
    Ok(ListId::new(&words.name, &format!("{slug}.{}", workspace.slug), &app.settings.mail_host)?)
}

impl CampaignLetter {
    /// Makes a letter ready that is sent for `message` as campaign `label`.
    ///
    /// # Errors
    /// What is wrong with the letter or the workspace's sender.
    pub fn new(
        app: &App,
        workspace: &Workspace,
        source: &str,
        message: Intended,
        useful_until: Micros,
        label: &str,
    ) -> Result<Self, AppError> {
        let letter = Letter::parse(source)?;
        let compiled = Compiled::new(&letter, &workspace.settings.brand, &app.words, Locale::En)?;
        let (from, sender_name, postal_address) = from(workspace, message.sender)?;
        let purpose = workspace.offer.purpose(message.scope.purpose).map_or("purpose", |p| p.slug.as_str());
        let feedback = FeedbackId::new(label, purpose, "campaign", &workspace.settings.feedback_sender)?;
        let list = list(app, workspace, &message)?;
        let reasons = Mutex::default();
        Ok(Self {
            compiled,
            intended: message,
            useful_until,
            resend: letter.on_unknown == OnUnknown::Resend,
            from,
            list,
            feedback,
            sender_name,
            postal_address,
            reasons,
        })
    }

    /// The reason line for one reader, from the permission that the letter rests on.
    pub(crate) fn reason(
        &self,
        app: &App,
        workspace: &Workspace,
        standing: &Standing,
        ground: Option<i64>,
    ) -> Arc<str> {
        let scope = self.intended.scope;
        let grant = grant_of(standing, scope, ground);
        let day = workspace.zone.day(grant.map_or(Micros(0), |g| g.given_at));
        let key = (standing.locale.unwrap_or_default(), grant.map(|g| g.source), day);
        let lines = || self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines().get(&key) {
            return line.clone();
        }
        let line: Arc<str> = reason_of(app, workspace, standing, scope, ground).into();
        let mut lines = lines();
        if lines.len() >= REASONS {
            lines.clear();
        }
        lines.insert(key, line.clone());
        line
    }

    /// What stands under the letter of one reader.
    #[must_use]
    pub fn furniture<'a>(
        &'a self,
        reason: &'a str,
        leave_url: &'a str,
        choices_url: &'a str,
        locale: Locale,
    ) -> Furniture<'a> {
        let (sender, postal_address) = (self.sender_name.as_str(), self.postal_address.as_str());
        Furniture { reason, leave_url, choices_url, sender, postal_address, locale }
    }

    /// The mail as it goes over the wire.
    #[expect(clippy::too_many_arguments, reason = "the parts of one mail, each of its own type")]
    pub(crate) fn message(
        &self,
        rendered: &Rendered,
        to: &To,
        name: Option<&str>,
        id: &MessageId,
        leave: &str,
        mailto: Option<&str>,
        date: Micros,
    ) -> Result<Vec<u8>, AppError> {
        let address = AddrSpec::parse(&to.envelope)?;
        let to = match name {
            Some(name) => Mailbox::named(name, address),
            None => Mailbox::bare(address),
        };
        let one_click = WebUrl::parse(leave)?;
        let mailto = mailto.map(AddrSpec::parse).transpose()?;
        let headers = Headers {
            from: &self.from,
            to: &to,
            reply_to: None,
            date,
            message_id: id,
            list: Some(List { id: &self.list, one_click: &one_click, mailto: mailto.as_ref() }),
            feedback_id: Some(&self.feedback),
            auto_generated: false,
        };
        Ok(Message::build(rendered, &headers))
    }
}

/// Letters of running campaigns, made ready once a stream.
#[derive(Default)]
pub struct Letters(Mutex<HashMap<StreamNo, Arc<CampaignLetter>>>);

impl Letters {
    /// The letter of a stream.
    ///
    /// # Errors
    /// When the campaign is gone, or its letter cannot be made any more.
    pub async fn get(
        &self,
        app: &App,
        workspace: &Workspace,
        tenant: Tenant,
        stream: StreamNo,
    ) -> Result<Arc<CampaignLetter>, AppError> {
        if let Some(found) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&stream) {
            return Ok(found.clone());
        }
        let campaign = app.store.campaign(tenant, stream).await?;
        let campaign = campaign.ok_or_else(|| AppError::NotFound("the campaign does not exist any more".into()))?;
        let message = intended(workspace, campaign.scope, None, campaign.queued_at);
        let until = campaign.useful_until;
        let letter = CampaignLetter::new(app, workspace, &campaign.source, message, until, &campaign.name)?;
        let letter = Arc::new(letter);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= 64 {
            all.clear();
        }
        all.insert(stream, letter.clone());
        Ok(letter)
    }
}
