//! Carries requests out, whether they came over the socket or are the process's own.

use serde::Serialize;
use serde_json::{Value, json};
use volens_app::campaign::CampaignStatus;
use volens_app::{App, SLICES, Workspace};
use volens_core::Micros;
use volens_core::purpose::Scope;
use volens_store::campaign::CampaignRow;
use volens_store::delivery::DeliveryState;

use crate::commands::init::is_unedited;
use crate::request::{Failure, Kind, Progress, Request, Step, What};

/// A node whose last sign of life is older does not send.
const ALIVE: std::time::Duration = std::time::Duration::from_secs(60);
/// Messages that nobody knows the end of, named in a status.
const NAMED: u32 = 100;

/// Told of progress.
pub type Told<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Whether mail is sent while a request is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// By this process.
    Yes,
    /// By nobody: this process owns the folder and has no relay, or no loops.
    No,
    /// Perhaps by another node: their signs of life tell.
    Elsewhere,
}

/// Carries one request out.
///
/// # Errors
/// What happened, why, and what to do.
pub async fn run(app: &App, sending: Sending, request: Request, told: Told<'_>) -> Result<Value, Failure> {
    let desk = Desk { app, sending };
    let named = request.workspace.as_deref();
    let ws = || app.workspace_named(named);
    match request.what {
        What::ImportBegin { order } => value(&app.begin_import(&*ws()?, order).await?),
        What::ImportRows { batch, rows } => value(&app.import(&*ws()?, &batch, rows).await?),
        What::ContactShow { address } => value(&app.show(&*ws()?, &address).await?),
        What::ContactWhy { address, purpose } => why(app, &*ws()?, &address, purpose.as_deref()).await,
        What::CampaignCreate { name, letter } => desk.create(&*ws()?, &name, &letter).await,
        What::CampaignList => list(app, &*ws()?).await,
        What::CampaignPreview { campaign, to } => {
            let ws = ws()?;
            let campaign = app.campaign_named(&ws, campaign.as_deref()).await?;
            value(&app.preview(&ws, &campaign, to.as_deref()).await?)
        }
        What::Campaign { campaign, step } => desk.step(&*ws()?, campaign.as_deref(), step).await,
        What::ConsentRebuild { check } => rebuild(app, named, check, told).await,
        What::Checks => desk.checks().await,
        What::RetrySignUps => retry_signups(app).await,
    }
}

async fn retry_signups(app: &App) -> Result<Value, Failure> {
    let mut all = serde_json::Map::new();
    for ws in app.workspaces() {
        all.insert(ws.name.clone(), app.retry_signups(&ws).await?.into());
    }
    Ok(all.into())
}

fn value<T: Serialize>(answer: &T) -> Result<Value, Failure> {
    serde_json::to_value(answer).map_err(|e| Failure::new(Kind::Failed, format!("the answer cannot be written: {e}")))
}

async fn why(app: &App, ws: &Workspace, address: &str, purpose: Option<&str>) -> Result<Value, Failure> {
    let named = |slug: &str| {
        let all = || ws.offer.purposes.iter().map(|p| p.slug.as_str()).collect::<Vec<_>>().join(", ");
        ws.purpose_named(slug)
            .ok_or_else(|| Failure::new(Kind::NotFound, format!("there is no purpose {slug:?}; there are {}", all())))
    };
    let purposes = match purpose {
        Some(slug) => vec![named(slug)?],
        None => ws.offer.purposes.iter().map(|p| p.no).collect(),
    };
    let mut out = Vec::new();
    for no in purposes {
        out.push(app.why(ws, address, Scope::whole(no)).await?);
    }
    value(&out)
}

/// Senders of whom nobody has said yet who they are.
fn unedited_senders(ws: &Workspace) -> Vec<&str> {
    ws.offer.senders.iter().filter(|s| is_unedited(s)).map(|s| s.slug.as_str()).collect()
}

/// Who carries out what depends on whether anybody sends.
struct Desk<'a> {
    app: &'a App,
    sending: Sending,
}

async fn list(app: &App, ws: &Workspace) -> Result<Value, Failure> {
    let mut out = Vec::new();
    for campaign in app.store.campaigns(ws.tenant).await.map_err(volens_app::AppError::from)? {
        out.push(app.campaign_status(ws, &campaign).await?);
    }
    value(&out)
}

/// Where a campaign stands, with what a person who looks needs to know beside it.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    status: CampaignStatus,
    /// The equation holds.
    balances: bool,
    /// A process sends at this moment.
    sending_now: bool,
    /// What keeps processes from sending, and what to do about it.
    relay_troubles: Vec<RelayTrouble>,
    /// Messages that nobody knows the end of.
    unknown: Vec<UnknownRow>,
}

#[derive(Serialize)]
struct RelayTrouble {
    node: String,
    why: String,
}

#[derive(Serialize)]
struct UnknownRow {
    delivery: String,
    address: String,
}

#[derive(Serialize)]
struct RebuildAnswer {
    checked_only: bool,
    points: u64,
    differing: Vec<String>,
}

async fn rebuild(app: &App, named: Option<&str>, check: bool, told: Told<'_>) -> Result<Value, Failure> {
    let app_error = volens_app::AppError::from;
    let workspaces = match named {
        Some(slug) => vec![app.workspace_named(Some(slug))?],
        None => app.workspaces(),
    };
    let mut total = 0;
    for ws in &workspaces {
        total += app.store.count_contacts(ws.tenant).await.map_err(app_error)?;
    }
    let mut out = RebuildAnswer { checked_only: check, points: 0, differing: Vec::new() };
    for ws in &workspaces {
        let mut after = None;
        loop {
            let stretch = app.store.rebuild(ws.tenant, after, !check).await.map_err(app_error)?;
            out.points += stretch.points;
            out.differing.extend(stretch.differing.iter().map(ToString::to_string));
            told(Progress { what: "Folding the log again".into(), done: out.points, total });
            after = stretch.next;
            if after.is_none() {
                break;
            }
        }
    }
    value(&out)
}

impl Desk<'_> {
    async fn create(&self, ws: &Workspace, name: &str, letter: &str) -> Result<Value, Failure> {
        let app = self.app;
        let all = app.store.campaigns(ws.tenant).await.map_err(volens_app::AppError::from)?;
        if all.iter().any(|c| c.name == name) {
            let message = format!("there is a campaign named {name:?} already: give this one another with --name");
            return Err(Failure::new(Kind::Refused, message));
        }
        let stream = app.create_campaign(ws, name, letter).await?;
        let campaign = app.campaign_named(ws, Some(&stream.0.to_string())).await?;
        self.status(ws, &campaign).await
    }

    async fn step(&self, ws: &Workspace, named: Option<&str>, step: Step) -> Result<Value, Failure> {
        let app = self.app;
        let campaign = app.campaign_named(ws, named).await?;
        let (tenant, stream) = (ws.tenant, campaign.stream);
        let app_error = volens_app::AppError::from;
        match step {
            Step::Look => {}
            Step::Send => {
                if let Some(sender) = unedited_senders(ws).first() {
                    let message = format!(
                        "No campaign leaves now: the letters of {sender} would have no real postal address, e-mail \
                         address or country. `volens doctor` says what to do."
                    );
                    return Err(Failure::new(Kind::Refused, message));
                }
                app.send_campaign(ws, stream).await?;
            }
            Step::Pause => {
                app.store.pause_campaign(tenant, stream, "An operator paused it.".into()).await.map_err(app_error)?;
            }
            Step::Resume => {
                app.store.resume_campaign(tenant, stream).await.map_err(app_error)?;
                // Its last reply may have come while it was paused.
                app.store.finish_campaign(tenant, stream).await.map_err(app_error)?;
                app.store.db().wake(SLICES);
            }
            Step::Cancel => {
                app.store.cancel_campaign(tenant, stream, app.now()).await.map_err(app_error)?;
            }
        }
        let campaign = app.campaign_named(ws, Some(&stream.0.to_string())).await?;
        self.status(ws, &campaign).await
    }

    async fn status(&self, ws: &Workspace, campaign: &CampaignRow) -> Result<Value, Failure> {
        let app = self.app;
        let status = app.campaign_status(ws, campaign).await?;
        let store = &app.store;
        let mut unknown = Vec::new();
        if status.books.unknown > 0 {
            let rows = store.rows_in(ws.tenant, campaign.stream, DeliveryState::Unknown, NAMED).await;
            for row in rows.map_err(volens_app::AppError::from)? {
                let delivery = format!("{}.{}", row.key.stream.0, row.key.ordinal);
                unknown.push(UnknownRow { delivery, address: row.address });
            }
        }
        let balances = status.books.balances();
        let (sending_now, relay_troubles) = (self.sending_now().await?, self.relay_troubles().await?);
        value(&Status { status, balances, sending_now, relay_troubles, unknown })
    }

    /// Nodes tell whether their relay lets them send.
    async fn relay_troubles(&self) -> Result<Vec<RelayTrouble>, Failure> {
        let app = self.app;
        let all = app.store.troubles(app.now().before(ALIVE)).await.map_err(volens_app::AppError::from)?;
        Ok(all.into_iter().map(|(node, why)| RelayTrouble { node, why }).collect())
    }

    /// Nodes that send give signs of life.
    async fn sending_now(&self) -> Result<bool, Failure> {
        match self.sending {
            Sending::Yes => return Ok(true),
            Sending::No => return Ok(false),
            Sending::Elsewhere => {}
        }
        let app = self.app;
        let app_error = volens_app::AppError::from;
        let all = app.store.silent_nodes(Micros(i64::MAX)).await.map_err(app_error)?;
        let silent = app.store.silent_nodes(app.now().before(ALIVE)).await.map_err(app_error)?;
        Ok(all.len() > silent.len())
    }

    async fn checks(&self) -> Result<Value, Failure> {
        let app = self.app;
        let app_error = volens_app::AppError::from;
        let about = app.store.db().about().await.map_err(volens_app::AppError::from)?;
        let now = app.now();
        let mut workspaces = Vec::new();
        for ws in app.workspaces() {
            let people = app.store.count_contacts(ws.tenant).await.map_err(app_error)?;
            let waiting = app.store.count_acts(ws.tenant).await.map_err(app_error)?;
            let unedited = unedited_senders(&ws);
            let buried = app.buried_signups(&ws).await?;
            workspaces.push(json!({
            "slug": ws.slug, "name": ws.name, "people": people, "acts_waiting": waiting, "unedited_senders": unedited,
            "buried": buried.map(|b| json!({ "acts": b.acts, "error": b.newest_error, "at": b.newest_at.to_string() })),
        }));
        }
        let relays: Vec<String> = app.store.relays().await.map_err(app_error)?.into_iter().map(|r| r.name).collect();
        Ok(json!({
            "engine": app.store.db().engine().to_string(),
            "version": about.version,
            "wal_bytes": app.store.db().wal_size(),
            "clock_ahead_us": about.now.map(|at| now.0 - at),
            "workspaces": workspaces,
            "relays": relays,
            "sending_now": self.sending_now().await?,
            "relay_troubles": self.relay_troubles().await?,
        }))
    }
}
