//! Campaigns: write, check, plan, send, pause, resume, count.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use volens_core::Micros;
use volens_core::facts::Intended;
use volens_core::id::{CampaignId, DeliveryKey, StreamNo};
use volens_core::permission::{Client, Evidence, Grant, Mode, State};
use volens_core::purpose::{Scope, SourceNo};
use volens_core::standing::Standing;
use volens_law::{Effect, Reason};
use volens_mail::{Letter, OnUnknown, Rendered};
use volens_store::campaign::plan::{Candidate, Holes};
use volens_store::campaign::{CampaignRow, CampaignState, NewCampaign};
use volens_store::delivery::{Books, DeliveryState, Planned};

use crate::account::workspace::Workspace;
use crate::delivery::end;
use crate::delivery::letter::CampaignLetter;
use crate::delivery::prepare::{decide, intended, letter_to, person, reason_of};
use crate::error::AppError;
use crate::{App, SLICES};

/// People that one stretch of a plan looks at.
const STRETCH: u32 = 2_000;
/// "Useful until" when a letter says nothing.
const USEFUL_FOR: Duration = Duration::from_secs(3 * 86_400);

/// Where a campaign stands, in figures.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignStatus {
    /// Its id.
    pub id: CampaignId,
    /// Its stream number; text, because it is larger than what JSON numbers keep (2^53).
    pub stream: String,
    /// What operators call it.
    pub name: String,
    /// draft, planning, running, paused, done, cancelled.
    pub state: &'static str,
    /// Why it stands still.
    pub why: Option<String>,
    /// What kept it from being sent.
    pub problem: Option<String>,
    /// When it was queued, RFC 3339.
    pub queued_at: Option<String>,
    /// Rows in each state.
    pub books: BooksShow,
    /// People whom the plan left out, because a stop closes everything: by code of FACTS.
    pub left_out: Vec<(String, u64)>,
}

/// The books as one equation: rows = sent + denied + failed + cancelled + skipped + unknown + sending + planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BooksShow {
    /// All rows.
    pub rows: u64,
    /// Accepted by the relay.
    pub sent: u64,
    /// The law said no.
    pub denied: u64,
    /// Refused for good.
    pub failed: u64,
    /// The campaign was stopped.
    pub cancelled: u64,
    /// Past "useful until".
    pub skipped: u64,
    /// Nobody knows.
    pub unknown: u64,
    /// Handed to a connection, not answered yet.
    pub sending: u64,
    /// Waits for its turn.
    pub planned: u64,
}

impl BooksShow {
    /// As shown.
    #[must_use]
    pub fn of(rows: u64, books: &Books) -> Self {
        Self {
            rows,
            sent: books.of(DeliveryState::Sent),
            denied: books.of(DeliveryState::Denied),
            failed: books.of(DeliveryState::Failed),
            cancelled: books.of(DeliveryState::Cancelled),
            skipped: books.of(DeliveryState::Skipped),
            unknown: books.of(DeliveryState::Unknown),
            sending: books.of(DeliveryState::Sending),
            planned: books.of(DeliveryState::Planned),
        }
    }

    /// The right-hand side.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sent
            + self.denied
            + self.failed
            + self.cancelled
            + self.skipped
            + self.unknown
            + self.sending
            + self.planned
    }

    /// Whether the equation holds.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.rows == self.sum()
    }
}

/// A letter as one reader would get it.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// The subject.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The text part.
    pub text: String,
    /// May this reader get it?
    pub sentence: String,
}

impl App {
    /// Reads a letter and makes a campaign of it, as a draft.
    ///
    /// # Errors
    /// What is wrong with the letter, with the line; or an unknown purpose or topic, with those there are.
    pub async fn create_campaign(&self, workspace: &Workspace, name: &str, source: &str) -> Result<StreamNo, AppError> {
        let letter = Letter::parse(source)?;
        let scope = scope_of(workspace, &letter)?;
        let message = intended(workspace, scope, None, self.now());
        // Made once, so that what is wrong with it is said now.
        CampaignLetter::new(self, workspace, source, message, Micros(i64::MAX), name)?;
        let useful_for = letter.useful_for.unwrap_or(USEFUL_FOR);
        let new = NewCampaign {
            id: self.id(),
            stream: StreamNo(self.minted()),
            name: name.to_owned(),
            source: source.to_owned(),
            scope,
            sender: message.sender,
            useful_for: i64::try_from(useful_for.as_micros()).unwrap_or(i64::MAX / 2),
            resend: letter.on_unknown == OnUnknown::Resend,
        };
        let stream = new.stream;
        self.store.create_campaign(workspace.tenant, new, self.now()).await?;
        Ok(stream)
    }

    /// The campaign of that name or id; the newest when nothing is named.
    ///
    /// # Errors
    /// When there is none, with the names there are.
    pub async fn campaign_named(&self, workspace: &Workspace, name: Option<&str>) -> Result<CampaignRow, AppError> {
        let all = self.store.campaigns(workspace.tenant).await?;
        let found = match name {
            None => all.first(),
            Some(n) => all.iter().find(|c| c.name == n || c.id.to_string() == n || c.stream.0.to_string() == n),
        };
        found.cloned().ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|c| c.name.as_str()).collect();
            AppError::NotFound(match (name, names.is_empty()) {
                (_, true) => "there is no campaign yet: `volens campaign create letter.md` makes one".into(),
                (Some(n), _) => format!("there is no campaign {n:?}; there are {}", names.join(", ")),
                (None, _) => "name a campaign".into(),
            })
        })
    }

    /// Sends a draft: its rows are planned and its letter is checked against everybody who may get it, then it starts.
    ///
    /// # Errors
    /// When links would lead nowhere, or it is no draft any more.
    pub async fn send_campaign(&self, workspace: &Workspace, stream: StreamNo) -> Result<(), AppError> {
        if let Some(trouble) = self.settings.link_trouble() {
            return Err(AppError::Refused(format!("No campaign leaves now: {trouble}.")));
        }
        self.store.begin_campaign(workspace.tenant, stream, self.now()).await?;
        self.store.db().wake(SLICES);
        Ok(())
    }

    /// Plans a campaign to its end and starts it. Safe to call again after a stop, and on several nodes at once.
    ///
    /// # Errors
    /// When the database fails; the plan goes on from where it is.
    pub async fn plan_campaign(&self, workspace: &Workspace, stream: StreamNo) -> Result<(), AppError> {
        let tenant = workspace.tenant;
        let campaign = self.store.campaign(tenant, stream).await?;
        let campaign = campaign.ok_or_else(|| AppError::NotFound("the campaign does not exist any more".into()))?;
        let message = intended(workspace, campaign.scope, None, campaign.queued_at);
        let until = campaign.useful_until;
        let letter = CampaignLetter::new(self, workspace, &campaign.source, message, until, &campaign.name)?;
        let mut check = LetterCheck::new(&letter);
        loop {
            let stretch = self.store.plan_stretch(tenant, stream, STRETCH).await?;
            let Some(last) = stretch.people.last() else { break };
            let mut holes = None;
            for some in stretch.people.chunks(100) {
                for candidate in some.iter().filter(|c| c.open) {
                    check.look(workspace, candidate, &message, self.now(), &mut holes);
                }
                tokio::task::yield_now().await;
            }
            self.store.plan(tenant, stream, stretch.after, last.point, holes, self.now()).await?;
            if self.store.campaign(tenant, stream).await?.is_none_or(|c| c.state != CampaignState::Planning) {
                return Ok(());
            }
        }
        // Read after the plan's end was seen: it holds what every node, and every life of this one, has found.
        if let Some(campaign) = self.store.campaign(tenant, stream).await?.filter(|c| c.holes > 0) {
            self.store.reject_campaign(tenant, stream, holes_found(&campaign)).await?;
            return Ok(());
        }
        self.store.start_campaign(tenant, stream).await?;
        self.store.finish_campaign(tenant, stream).await?;
        self.store.db().wake(SLICES);
        Ok(())
    }

    /// The loop that plans what was begun, until the node stops.
    pub async fn plan_loop(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut waiter = self.store.db().waiter(SLICES);
        while !*stopped.borrow() {
            match self.store.unplanned().await {
                Ok(all) => {
                    for (tenant, stream) in all {
                        self.plan_one(tenant.no, stream).await;
                    }
                }
                Err(e) => tracing::warn!(error = %e, "campaigns could not be looked at"),
            }
            tokio::select! {
                _ = waiter.woken(Duration::from_secs(1)) => {}
                () = end(&mut stopped) => {}
            }
        }
    }

    async fn plan_one(&self, ws: volens_core::id::WorkspaceNo, stream: StreamNo) {
        let Ok(workspace) = self.workspace(ws) else { return };
        let Err(e) = self.plan_campaign(&workspace, stream).await else { return };
        if e.is_busy() {
            tracing::warn!(stream = stream.0, error = %e, "a campaign could not be planned yet");
            return;
        }
        // What is wrong with it will be wrong the next time too: back to the author, with the reason.
        if let Err(e) = self.store.reject_campaign(workspace.tenant, stream, e.to_string()).await {
            tracing::debug!(stream = stream.0, error = %e, "another node has planned the campaign");
        }
    }

    /// The letter as it would go to that address, or to a made-up reader.
    ///
    /// # Errors
    /// When nobody has the address, or the letter lacks a field of this person.
    pub async fn preview(
        &self,
        workspace: &Workspace,
        campaign: &CampaignRow,
        address: Option<&str>,
    ) -> Result<Preview, AppError> {
        let now = self.now().next_second();
        let message = intended(workspace, campaign.scope, None, now);
        let until = Micros(i64::MAX);
        let letter = CampaignLetter::new(self, workspace, &campaign.source, message, until, &campaign.name)?;
        let made_up = made_up(workspace, &message, self.now());
        let (view, standing, sentence, ground) = match address {
            Some(address) => {
                let point = self.find(workspace, address).await?;
                let log = self.store.log(workspace.tenant, point.place.point).await?;
                let log = log.ok_or_else(|| AppError::NotFound("the record of this person is gone".into()))?;
                let (decision, _) = decide(workspace, &log.standing, log.seq, &message, now);
                let name = workspace.words(campaign.scope, volens_core::Locale::En).name;
                let view = person(point.name.as_deref(), &point.profile, &log.standing);
                (view, log.standing, crate::contact::verdict(&decision, &name), decision.ground)
            }
            None => (person(Some("Ada Example"), "{}", &made_up), made_up, "A made-up reader.".to_owned(), Some(0)),
        };
        let reason = reason_of(self, workspace, &standing, campaign.scope, ground);
        let base = self.settings.base_url.trim_end_matches('/');
        let (leave, choices) = (format!("{base}/u/preview"), format!("{base}/p/preview"));
        let under = letter.furniture(&reason, &leave, &choices, standing.locale.unwrap_or_default());
        let Rendered { subject, html, text } = letter.compiled.render(&view, &under)?;
        Ok(Preview { subject: subject.as_str().to_owned(), html, text, sentence })
    }

    /// The mail that would go to that address now, headers and all.
    ///
    /// # Errors
    /// When nobody has the address, or the letter lacks a field of this person.
    pub async fn sample_mail(
        &self,
        workspace: &Workspace,
        campaign: &CampaignRow,
        address: &str,
    ) -> Result<Vec<u8>, AppError> {
        let point = self.find(workspace, address).await?;
        let log = self.store.log(workspace.tenant, point.place.point).await?;
        let log = log.ok_or_else(|| AppError::NotFound("the record of this person is gone".into()))?;
        let now = self.now().next_second();
        let message = intended(workspace, campaign.scope, None, now);
        let letter = CampaignLetter::new(self, workspace, &campaign.source, message, Micros(i64::MAX), &campaign.name)?;
        let row = Planned {
            key: DeliveryKey { stream: campaign.stream, ordinal: 0 },
            point: point.place.point,
            attempt: 0,
            seq: log.seq,
            standing: log.standing,
            address: point.address,
            name: point.name,
            profile: point.profile,
            payload: None,
        };
        let (decision, _) = decide(workspace, &row.standing, row.seq, &message, now);
        Ok(letter_to(self, workspace, &letter, &row, &decision, now)?.0.body)
    }

    /// Where a campaign stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn campaign_status(
        &self,
        workspace: &Workspace,
        campaign: &CampaignRow,
    ) -> Result<CampaignStatus, AppError> {
        let (rows, books) = self.store.campaign_books(workspace.tenant, campaign.stream).await?;
        let left_out = self.store.left_out(workspace.tenant, campaign.stream).await?;
        let code = |no| Reason::read(no).map_or_else(|| format!("reason {no}"), |r| r.code().to_owned());
        Ok(CampaignStatus {
            id: campaign.id,
            stream: campaign.stream.0.to_string(),
            name: campaign.name.clone(),
            state: campaign.state.word(),
            why: campaign.why.clone(),
            problem: campaign.problem.clone(),
            queued_at: (campaign.queued_at.0 > 0).then(|| campaign.queued_at.to_string()),
            books: BooksShow::of(rows, &books),
            left_out: left_out.into_iter().map(|(no, n)| (code(no), n)).collect(),
        })
    }
}

/// A reader who said yes today, for a letter that is looked at without anybody in mind.
fn made_up(workspace: &Workspace, message: &Intended, now: Micros) -> Standing {
    let source = workspace.offer.sources.first().map_or(SourceNo(0), |s| s.no);
    let grant = Grant {
        scope: message.scope,
        sender: message.sender,
        mode: Mode::Active,
        state: State::Given,
        evidence: Evidence::Doi,
        client: Client::Human,
        given_at: now,
        withdrawn_at: None,
        valid_until: None,
        source,
        seq: 0,
    };
    Standing { grants: vec![grant], ..Standing::default() }
}

/// The purpose and topic that a letter names.
fn scope_of(workspace: &Workspace, letter: &Letter) -> Result<Scope, AppError> {
    let purposes = || workspace.offer.purposes.iter().map(|p| p.slug.as_str()).collect::<Vec<_>>().join(", ");
    let purpose = workspace.purpose_named(&letter.purpose).ok_or_else(|| {
        AppError::Refused(format!("the letter names the purpose {:?}; there are {}", letter.purpose, purposes()))
    })?;
    let Some(slug) = &letter.topic else { return Ok(Scope::whole(purpose)) };
    let topics: Vec<_> = workspace.offer.topics.iter().filter(|t| t.purpose == purpose).collect();
    let found = topics.iter().find(|t| t.slug == *slug).map(|t| t.no);
    let names = || topics.iter().map(|t| t.slug.as_str()).collect::<Vec<_>>().join(", ");
    let topic = found.ok_or_else(|| {
        AppError::Refused(format!("the letter names the topic {slug:?}; {} has {}", letter.purpose, names()))
    })?;
    Ok(Scope { purpose, topic: Some(topic) })
}

/// Checks a letter against everybody who may get it, before the first mail. Where nothing depends on values, each set of
/// fields is looked at once.
struct LetterCheck<'a> {
    letter: &'a CampaignLetter,
    fields: Vec<String>,
    fine: std::collections::HashSet<Vec<bool>>,
}

impl<'a> LetterCheck<'a> {
    fn new(letter: &'a CampaignLetter) -> Self {
        let fields = letter.compiled.fields().iter().cloned().collect();
        Self { letter, fields, fine: std::collections::HashSet::new() }
    }

    fn look(
        &mut self,
        workspace: &Workspace,
        candidate: &Candidate,
        message: &Intended,
        now: Micros,
        holes: &mut Option<Holes>,
    ) {
        let by_fields = !self.letter.compiled.depends_on_values();
        if by_fields && self.fields.is_empty() {
            return;
        }
        let view = person(candidate.name.as_deref(), &candidate.profile, &candidate.standing);
        let shape: Vec<bool> = self.fields.iter().map(|f| view.has(f)).collect();
        if by_fields && self.fine.contains(&shape) {
            return;
        }
        let Err(e) = self.letter.compiled.check(&view) else {
            self.fine.insert(shape);
            return;
        };
        let (decision, _) = decide(workspace, &candidate.standing, 0, message, now.next_second());
        if decision.effect == Effect::Allow {
            let example = || Holes { people: 0, example: format!("For {}: {e}", mask(&candidate.address)) };
            holes.get_or_insert_with(example).people += 1;
        }
    }
}

fn holes_found(campaign: &CampaignRow) -> String {
    let people = if campaign.holes == 1 { "1 person".to_owned() } else { format!("{} people", campaign.holes) };
    let example = campaign.problem.as_deref().unwrap_or_default();
    format!("Nothing was sent: {people} would get a letter with a hole. {example}")
}

fn mask(address: &str) -> String {
    volens_core::address::EmailAddress::parse(address).map_or_else(|_| "somebody".to_owned(), |a| a.masked())
}
