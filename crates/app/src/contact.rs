//! People: finding them, showing what we know, saying why or why not.

use serde::Serialize;
use volens_core::address::EmailAddress;
use volens_core::consent::Event;
use volens_core::facts::Facts;
use volens_core::id::{ContactId, EventId, PointId};
use volens_core::keys::{Use, address_key};
use volens_core::permission::Channel;
use volens_core::purpose::{Scope, SourceNo};
use volens_core::standing::Standing;
use volens_law::{Decision, Effect, Stored};
use volens_store::consent::Place;
use volens_store::contact::{AddressKeys, NewPoint, PointRow};

use crate::App;
use crate::account::workspace::Workspace;
use crate::delivery::prepare::{decide, intended};
use crate::error::AppError;

/// Everything about one contact point: `volens contact show`.
#[derive(Debug, Serialize)]
pub struct ContactShow {
    /// The contact.
    pub contact: ContactId,
    /// The contact point.
    pub point: PointId,
    /// The address.
    pub address: String,
    /// The person's name.
    pub name: Option<String>,
    /// Typed profile fields.
    pub profile: serde_json::Value,
    /// One sentence for each purpose.
    pub permissions: Vec<PermissionShow>,
    /// Every act, oldest first.
    pub events: Vec<EventShow>,
    /// Every message, newest first.
    pub messages: Vec<MessageShow>,
    /// What the law would be asked, for each purpose, in the shape of FACTS.
    pub facts: Vec<Facts>,
}

/// May we write to this person for this purpose?
#[derive(Debug, Serialize)]
pub struct PermissionShow {
    /// The purpose, or purpose and topic.
    pub topic: String,
    /// Its name.
    pub name: String,
    /// `allow` or `deny`.
    pub effect: Effect,
    /// The code of FACTS.
    pub reason: &'static str,
    /// The same in one sentence.
    pub sentence: String,
    /// The event that it rests on.
    pub ground: Option<EventId>,
}

/// One act.
#[derive(Debug, Serialize)]
pub struct EventShow {
    /// In one sentence.
    pub sentence: String,
    /// What was shown: the texts and boxes, as they stood on the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<serde_json::Value>,
    /// The confirmation mails that were kept for it: SHA-256 and size.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mails: Vec<KeptShow>,
    /// SHA-256 of the salt and the canonical bytes: what the log will prove.
    pub leaf_content: String,
    /// The event itself.
    pub event: Event,
}

/// A mail that was kept whole.
#[derive(Debug, Serialize)]
pub struct KeptShow {
    /// SHA-256 of the mail as sent, hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: usize,
    /// Its Message-ID.
    pub message_id: String,
}

/// One message, or one that did not go.
#[derive(Debug, Serialize)]
pub struct MessageShow {
    /// When its state last changed, RFC 3339.
    pub at: String,
    /// Stream and ordinal.
    pub delivery: String,
    /// Where it stands.
    pub state: &'static str,
    /// The stored decision in one sentence.
    pub sentence: String,
    /// The code of FACTS.
    pub reason: Option<String>,
    /// The event that the decision rests on.
    pub ground: Option<EventId>,
    /// The relay's words.
    pub reply: Option<String>,
}

impl App {
    /// The hashes of an address, the active one first.
    #[must_use]
    pub fn address_keys(&self, workspace: &Workspace, address: &EmailAddress) -> AddressKeys {
        let no = workspace.tenant.no;
        let normalised = address.normalised();
        let first = self.ring.minting_id(Use::AddressKey, no);
        let mut ids = vec![first];
        ids.extend(self.ring.active_ids(Use::AddressKey, no).into_iter().filter(|id| *id != first));
        let hash = |id| (id, address_key(&self.ring, no, id, Channel::Email, &normalised));
        AddressKeys(ids.into_iter().map(hash).collect())
    }

    /// Somebody new at that address, with ids drawn now.
    #[must_use]
    pub fn new_point(
        &self,
        workspace: &Workspace,
        address: &EmailAddress,
        name: Option<String>,
        profile: String,
    ) -> NewPoint {
        NewPoint {
            place: Place { contact: self.id(), point: self.id(), channel: Channel::Email },
            address: address.as_str().to_owned(),
            keys: self.address_keys(workspace, address),
            name,
            profile,
        }
    }

    /// The point of an address.
    ///
    /// # Errors
    /// When the text is no address, or nobody has it.
    pub async fn find(&self, workspace: &Workspace, address: &str) -> Result<PointRow, AppError> {
        let address = EmailAddress::parse(address)?;
        let keys = self.address_keys(workspace, &address);
        let found = self.store.find_point(workspace.tenant, keys).await?;
        found.ok_or_else(|| AppError::NotFound(format!("nobody here has the address {}", address.as_str())))
    }

    /// Everything about the point of an address.
    ///
    /// # Errors
    /// When nobody has it, or a record cannot be read.
    pub async fn show(&self, workspace: &Workspace, address: &str) -> Result<ContactShow, AppError> {
        let point = self.find(workspace, address).await?;
        let log = self.store.log(workspace.tenant, point.place.point).await?;
        let log = log.ok_or_else(|| AppError::NotFound("the record of this person is gone".into()))?;
        let mut events = Vec::new();
        for logged in &log.events {
            events.push(self.event_show(workspace, logged).await?);
        }
        let ids: Vec<EventId> = log.events.iter().map(|e| e.event.id).collect();
        let mut permissions = Vec::new();
        let mut facts = Vec::new();
        for scope in scopes(workspace, &log.standing) {
            permissions.push(self.permission(workspace, &log.standing, log.seq, scope, &ids));
            let message = intended(workspace, scope, None, self.now());
            facts.push(Facts::assemble(&log.standing, &message, &workspace.catalogue, self.now()));
        }
        Ok(ContactShow {
            contact: point.place.contact,
            point: point.place.point,
            address: point.address,
            name: point.name,
            profile: serde_json::from_str(&point.profile).unwrap_or_default(),
            permissions,
            events,
            messages: self.messages(workspace, point.place.point, &ids).await?,
            facts,
        })
    }

    async fn event_show(
        &self,
        workspace: &Workspace,
        logged: &volens_store::consent::LoggedEvent,
    ) -> Result<EventShow, AppError> {
        let event = logged.event.clone();
        let mut shown = None;
        if let Some(hash) = event.contexts.get(&volens_core::consent::Context::Texts).and_then(|h| unhex(h)) {
            let context = self.store.context(workspace.tenant, hash).await?;
            shown = context.and_then(|(_, body)| serde_json::from_slice(&body).ok());
        }
        let mut mails = Vec::new();
        for (_, mail) in self.store.kept_mails(workspace.tenant, event.id).await? {
            mails.push(KeptShow {
                sha256: hex(&volens_store::consent::evidence::sha256(&mail)),
                size: mail.len(),
                message_id: header(&mail, "message-id").unwrap_or_default(),
            });
        }
        let leaf = [logged.salt.as_slice(), &logged.canonical].concat();
        Ok(EventShow {
            sentence: sentence(workspace, &event),
            shown,
            mails,
            leaf_content: hex(&volens_store::consent::evidence::sha256(&leaf)),
            event,
        })
    }

    /// May we write to somebody who stands so, about that?
    #[must_use]
    pub fn permission(
        &self,
        workspace: &Workspace,
        standing: &Standing,
        seq: i64,
        scope: Scope,
        events: &[EventId],
    ) -> PermissionShow {
        // A permission must be older than the message, to the second: ask for the next one.
        let now = self.now().next_second();
        let message = intended(workspace, scope, None, now);
        let (decision, _) = decide(workspace, standing, seq, &message, now);
        let name = workspace.words(scope, volens_core::Locale::En).name;
        PermissionShow {
            topic: workspace.catalogue.topic_string(scope).to_string(),
            sentence: verdict(&decision, &name),
            name,
            effect: decision.effect,
            reason: decision.reason.code(),
            ground: decision.ground.and_then(|seq| event_of(events, seq)),
        }
    }

    async fn messages(
        &self,
        workspace: &Workspace,
        point: PointId,
        events: &[EventId],
    ) -> Result<Vec<MessageShow>, AppError> {
        let mut out = Vec::new();
        for told in self.store.told(workspace.tenant, point, 100).await? {
            let stored = told.decision.as_deref().filter(|d| !d.is_empty()).and_then(|d| Stored::unpack(d).ok());
            let reason = stored.and_then(|s| volens_law::Reason::read(s.reason)).map(|r| r.code().to_owned());
            out.push(MessageShow {
                at: told.changed_at.to_string(),
                delivery: format!("{}.{}", told.key.stream.0, told.key.ordinal),
                state: told.state.word(),
                sentence: stored.map_or_else(|| "not decided yet".to_owned(), |s| stored_sentence(&s)),
                reason,
                ground: stored.and_then(|s| event_of(events, s.ground)),
                reply: told.reply,
            });
        }
        Ok(out)
    }

    /// One sentence: may we write to this address about that, and why. What a person who asks is told first.
    ///
    /// # Errors
    /// When nobody has the address.
    pub async fn why(&self, workspace: &Workspace, address: &str, scope: Scope) -> Result<PermissionShow, AppError> {
        let point = self.find(workspace, address).await?;
        let log = self.store.log(workspace.tenant, point.place.point).await?;
        let log = log.ok_or_else(|| AppError::NotFound("the record of this person is gone".into()))?;
        let ids: Vec<EventId> = log.events.iter().map(|e| e.event.id).collect();
        Ok(self.permission(workspace, &log.standing, log.seq, scope, &ids))
    }
}

/// Events count from 1 at each point.
fn event_of(events: &[EventId], seq: i64) -> Option<EventId> {
    usize::try_from(seq).ok()?.checked_sub(1).and_then(|i| events.get(i)).copied()
}

/// All purposes, and the topics about which something is recorded.
fn scopes(workspace: &Workspace, standing: &Standing) -> Vec<Scope> {
    let mut out: Vec<Scope> = workspace.catalogue.purposes().iter().map(|p| Scope::whole(p.no)).collect();
    for g in standing.grants.iter().filter(|g| g.scope.topic.is_some()) {
        if !out.contains(&g.scope) {
            out.push(g.scope);
        }
    }
    out
}

/// The decision in one sentence, for anyone.
#[must_use]
pub fn verdict(decision: &Decision, name: &str) -> String {
    let may = if decision.effect == Effect::Allow { "may" } else { "may not" };
    format!("We {may} send {name}: {}.", decision.reason.sentence())
}

/// A stored decision in one sentence.
#[must_use]
pub fn stored_sentence(stored: &Stored) -> String {
    let may = if stored.effect == Effect::Allow { "Allowed" } else { "Not allowed" };
    format!("{may}: {}.", stored.sentence())
}

fn sentence(workspace: &Workspace, event: &Event) -> String {
    use volens_core::consent::Body;
    let names = |items: &[volens_core::consent::Item]| {
        let names: Vec<_> = items.iter().map(|i| workspace.words(i.scope, volens_core::Locale::En).name).collect();
        names.join(", ")
    };
    let source = |no| match workspace.offer.source(no) {
        Some(source) => source.name.clone(),
        None if no == SourceNo::OWN_PAGE => "the page that belongs to this address".to_owned(),
        None => "an unknown source".to_owned(),
    };
    match &event.body {
        Body::Requested { items, source: no, .. } => format!("Asked for {} at {}.", names(items), source(*no)),
        Body::Confirmed { client: volens_core::permission::Client::Human, .. } => {
            "Confirmed it from the mailbox.".to_owned()
        }
        Body::Confirmed { .. } => "A machine opened and pressed the link: it proves nothing.".to_owned(),
        Body::Granted { items, source: no } => format!("Gave {} at {}.", names(items), source(*no)),
        Body::Refused { .. } => "Said: it was not me.".to_owned(),
        Body::Withdrawn { everything: true, way, .. } => format!("Left everything {}.", by_way(way)),
        Body::Withdrawn { scopes, way, .. } => {
            let names: Vec<_> = scopes.iter().map(|l| workspace.words(l.scope, volens_core::Locale::En).name).collect();
            format!("Left {} {}.", names.join(", "), by_way(way))
        }
        Body::Suppressed { reason, .. } => format!("A stop was entered: {}.", reason.word()),
        Body::Imported { items, source: no, line, .. } if items.is_empty() => {
            format!("Came in with line {line} of {}, without a permission.", source(*no))
        }
        Body::Imported { items, source: no, line, .. } => {
            format!("Came in with line {line} of {}, which claims {}.", source(*no), names(items))
        }
        Body::Related { relation } => format!("A relationship was recorded: {}.", relation.kind.word()),
        Body::Sourced { source_kind, .. } => format!("The address came by {}.", source_kind.word()),
    }
}

/// The way in which somebody left, in words; one that we do not know was claimed by another system.
fn by_way(way: &str) -> String {
    match way {
        "page" => "on the leave page".to_owned(),
        "one_click" => "with one click in the mail program".to_owned(),
        "mailto" => "by mail".to_owned(),
        "choices" => "on the choices page".to_owned(),
        other => format!("({other})"),
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        let _ = write!(out, "{b:02x}");
    }
    out
}

/// A SHA-256 from its hexadecimal form.
#[must_use]
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}

/// A header of a mail that we built ourselves: one line, once.
fn header(mail: &[u8], name: &str) -> Option<String> {
    let head = mail.split(|b| *b == b'\n').take_while(|l| !l.is_empty() && *l != b"\r");
    head.filter_map(|l| std::str::from_utf8(l).ok()).find_map(|l| {
        let (key, value) = l.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}
