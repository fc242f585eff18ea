//! Routes that only the demo's server has, for its parent alone: each asks for the secret of this run, which no page
//! and no reader knows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Notify;
use volens_app::delivery::Health;
use volens_app::{App, AppError, Workspace};
use volens_core::consent::Body;
use volens_core::id::StreamNo;
use volens_core::token::{CONFIRM_FOR, ConfirmToken};
use volens_law::{Reason, Stored};
use volens_store::campaign::CampaignRow;
use volens_store::delivery::{DeliveryState, Named};

use super::figures::{ANSWER, CampaignFigures, Figures, Found, Scene, Somebody, SparedFigure};
use super::people::{GRETA, PENDING, READER};
use super::seed::{FORM, NEWS, SECOND_LETTER};

/// The header of the secret.
pub const SECRET: &str = "x-volens-demo";
/// Names that a page lists.
const LISTED: u32 = 200;
/// More are not counted.
const ALL: u32 = 1_000_000;

/// How many rows were denied when they were counted, and for which reasons.
type Reasons = (u64, Vec<(String, u64)>);

/// What the routes work on; the application is there once the server has started.
#[derive(Default)]
pub struct Desk {
    /// The application.
    pub app: OnceLock<Arc<App>>,
    /// How the relay fares.
    pub health: OnceLock<Box<dyn Fn() -> Option<Health> + Send + Sync>>,
    /// The parent wants an end.
    pub stop: Notify,
    /// The secret.
    pub secret: String,
    /// Why rows were denied, counted anew only when more were.
    reasons: Mutex<HashMap<StreamNo, Reasons>>,
}

impl Desk {
    /// A desk whose routes answer to that secret.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self { secret, ..Self::default() }
    }
}

type Shared = Arc<Desk>;

/// The routes.
pub fn router(desk: Shared) -> Router {
    Router::new()
        .route("/demo/api/scene", get(scene))
        .route("/demo/api/person", get(person))
        .route("/demo/api/pages", get(pages))
        .route("/demo/api/campaign", post(campaign))
        .route("/demo/api/second", post(second))
        .route("/demo/api/stop", post(stop))
        .route_layer(from_fn_with_state(desk.clone(), guard))
        .with_state(desk)
}

async fn guard(State(desk): State<Shared>, request: Request, next: Next) -> Response {
    let given = request.headers().get(SECRET).and_then(|v| v.to_str().ok());
    if given != Some(desk.secret.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// What went wrong, in words.
struct Trouble(StatusCode, String);

impl From<AppError> for Trouble {
    fn from(e: AppError) -> Self {
        let status = match e {
            AppError::NotFound(_) => StatusCode::NOT_FOUND,
            AppError::Address(_) => StatusCode::BAD_REQUEST,
            _ if e.is_busy() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::CONFLICT,
        };
        Self(status, e.to_string())
    }
}

impl From<volens_store::StoreError> for Trouble {
    fn from(e: volens_store::StoreError) -> Self {
        AppError::from(e).into()
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

type Answer<T> = Result<Json<T>, Trouble>;

impl Desk {
    fn open(&self) -> Result<(&Arc<App>, Arc<Workspace>), Trouble> {
        let starting = || Trouble(StatusCode::SERVICE_UNAVAILABLE, "the server is starting".into());
        let app = self.app.get().ok_or_else(starting)?;
        Ok((app, app.workspace_named(None)?))
    }
}

#[derive(Deserialize)]
struct SceneQuery {
    #[serde(default)]
    counted: bool,
}

async fn scene(State(desk): State<Shared>, Query(query): Query<SceneQuery>) -> Answer<Scene> {
    let (app, ws) = desk.open()?;
    let mut campaigns = Vec::new();
    for row in app.store.campaigns(ws.tenant).await? {
        campaigns.push(figures(&desk, app, &ws, &row, query.counted).await?);
    }
    let relay = match desk.health.get().and_then(|ask| ask()) {
        Some(Health::Down(why)) => Some(why),
        _ => None,
    };
    let links = app.links(ws.tenant.no);
    let greta = app.find(&ws, GRETA.1).await.ok();
    let greta = greta.map(|g| (somebody(g.name, g.address), links.leave(g.place.point, NEWS)));
    Ok(Json(Scene { campaigns, form: links.form(FORM), greta, relay, pid: std::process::id() }))
}

async fn figures(
    desk: &Desk,
    app: &App,
    ws: &Workspace,
    row: &CampaignRow,
    counted: bool,
) -> Result<CampaignFigures, Trouble> {
    let (store, tenant, stream) = (&app.store, ws.tenant, row.stream);
    let (rows, books) = store.campaign_books(tenant, stream).await?;
    let books = Figures::of(rows, &books);
    let spared = store.spared(tenant, stream, row.queued_at, LISTED).await?;
    let spared = spared
        .into_iter()
        .map(|s| SparedFigure { who: somebody(s.name, s.address), before: s.turn_at.0 - s.left_at.0 });
    let unknown =
        if books.unknown > 0 { store.rows_in(tenant, stream, DeliveryState::Unknown, LISTED).await? } else { vec![] };
    let sentence = |no| Reason::read(no).map_or("for another reason", Reason::sentence).to_owned();
    let left_out = store.left_out(tenant, stream).await?;
    Ok(CampaignFigures {
        name: row.name.clone(),
        stream: stream.0,
        state: row.state.word().to_owned(),
        why: row.problem.clone().or_else(|| row.why.clone()),
        queued_at: row.queued_at.0,
        counted: match counted {
            true => Some(Figures::of(rows, &store.count_rows(tenant, stream).await?)),
            false => None,
        },
        denied: reasons(desk, app, ws, stream, books.denied).await?,
        left_out: left_out.into_iter().map(|(no, n)| (sentence(no), n)).collect(),
        spared: spared.collect(),
        unknown: unknown.into_iter().map(|n| somebody(n.name, n.address)).collect(),
        books,
    })
}

fn somebody(name: Option<String>, address: String) -> Somebody {
    Somebody { name: name.unwrap_or_else(|| address.clone()), address }
}

/// The reasons of the denied, most first.
async fn reasons(
    desk: &Desk,
    app: &App,
    ws: &Workspace,
    stream: StreamNo,
    denied: u64,
) -> Result<Vec<(String, u64)>, Trouble> {
    if let Some((then, reasons)) = desk.reasons.lock().unwrap_or_else(PoisonError::into_inner).get(&stream)
        && *then == denied
    {
        return Ok(reasons.clone());
    }
    let mut counts: HashMap<&'static str, u64> = HashMap::new();
    for row in app.store.rows_in(ws.tenant, stream, DeliveryState::Denied, ALL).await? {
        let stored = row.decision.as_deref().and_then(|d| Stored::unpack(d).ok());
        *counts.entry(stored.map_or("it was not decided", |s| s.sentence())).or_default() += 1;
    }
    let mut out: Vec<(String, u64)> = counts.into_iter().map(|(s, n)| (s.to_owned(), n)).collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut all = desk.reasons.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(stream, (denied, out.clone()));
    Ok(out)
}

/// What was on its way when the former life of this server ended: asked before anything is sent again.
///
/// # Errors
/// When the database fails.
pub async fn found(app: &App) -> Result<Vec<Found>, AppError> {
    let Ok(ws) = app.workspace_named(None) else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    let named = |what: &str, n: Named| Found { what: what.to_owned(), who: somebody(n.name, n.address) };
    for row in app.store.campaigns(ws.tenant).await? {
        let rows = app.store.rows_in(ws.tenant, row.stream, DeliveryState::Sending, LISTED).await?;
        out.extend(rows.into_iter().map(|n| named(&row.name, n)));
    }
    let rows = app.store.rows_in(ws.tenant, ws.queue, DeliveryState::Sending, LISTED).await?;
    out.extend(rows.into_iter().map(|n| named(ANSWER, n)));
    Ok(out)
}

#[derive(Deserialize)]
struct PersonQuery {
    address: String,
}

async fn person(State(desk): State<Shared>, Query(query): Query<PersonQuery>) -> Answer<Value> {
    let (app, ws) = desk.open()?;
    let show = app.show(&ws, &query.address).await?;
    serde_json::to_value(show).map(Json).map_err(|e| Trouble(StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))
}

#[derive(Deserialize)]
struct CampaignQuery {
    name: String,
    step: String,
}

async fn campaign(State(desk): State<Shared>, Query(query): Query<CampaignQuery>) -> Answer<Value> {
    let (app, ws) = desk.open()?;
    let row = app.campaign_named(&ws, Some(&query.name)).await?;
    match query.step.as_str() {
        "send" => app.send_campaign(&ws, row.stream).await?,
        "pause" => app.store.pause_campaign(ws.tenant, row.stream, "You paused it on the home page.".into()).await?,
        "resume" => {
            app.store.resume_campaign(ws.tenant, row.stream).await?;
            app.store.db().wake(volens_app::SLICES);
        }
        other => return Err(Trouble(StatusCode::BAD_REQUEST, format!("{other:?} is no step of a campaign"))),
    }
    Ok(Json(json!({})))
}

async fn second(State(desk): State<Shared>) -> Answer<Value> {
    let (app, ws) = desk.open()?;
    let n = app.store.campaigns(ws.tenant).await?.len();
    let name =
        if n == 1 { "The cardamom buns are back".to_owned() } else { format!("The cardamom buns, letter {}", n + 1) };
    app.create_campaign(&ws, &name, SECOND_LETTER).await?;
    Ok(Json(json!({ "name": name })))
}

async fn stop(State(desk): State<Shared>) -> Json<Value> {
    desk.stop.notify_one();
    Json(json!({}))
}

/// Public pages with links that work, and links that do not: for browser tests.
async fn pages(State(desk): State<Shared>) -> Answer<Vec<Value>> {
    let (app, ws) = desk.open()?;
    let links = app.links(ws.tenant.no);
    let form = links.form(FORM);
    let mut out = vec![json!({ "name": "signup", "url": form })];
    for lang in ["es", "it", "pt", "fr", "de"] {
        out.push(json!({ "name": format!("signup-{lang}"), "url": format!("{form}?lang={lang}") }));
    }
    let base = app.settings.base_url.trim_end_matches('/');
    out.push(json!({ "name": "privacy", "url": format!("{base}/privacy/{FORM}") }));
    out.push(json!({ "name": "nowhere", "url": format!("{base}/nowhere") }));

    let reader = app.find(&ws, READER.1).await?.place.point;
    let leave = links.leave(reader, NEWS);
    out.push(json!({ "name": "unsubscribe", "url": leave }));
    out.push(json!({ "name": "unsubscribe-de", "url": format!("{leave}?lang=de") }));
    out.push(json!({ "name": "choices", "url": links.choices(reader, app.now()) }));
    out.push(json!({ "name": "forged", "url": forged(&leave) }));

    let pending = app.find(&ws, PENDING.1).await?.place.point;
    let log = app.store.log(ws.tenant, pending).await?;
    let events = log.map(|l| l.events).unwrap_or_default();
    let asked = events.iter().find(|e| matches!(e.event.body, Body::Requested { .. })).map(|e| &e.event);
    if let Some(asked) = asked {
        out.push(json!({ "name": "confirm", "url": links.confirm(asked.id, pending, app.now()) }));
        out.push(json!({ "name": "not-me", "url": links.not_me(asked.id, pending, app.now()) }));
        let long_ago = app.now().before(CONFIRM_FOR + Duration::from_secs(86_400));
        let old = ConfirmToken::new(ws.tenant.no, asked.id, pending, long_ago).mint(&app.ring);
        out.push(json!({ "name": "expired", "url": format!("{base}/c/{old}") }));
    }
    Ok(Json(out))
}

/// The same link with one character changed.
fn forged(link: &str) -> String {
    let mut out = link.to_owned();
    let last = out.pop();
    out.push(if last == Some('A') { 'Q' } else { 'A' });
    out
}
