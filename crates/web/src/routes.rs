//! Every public address in one table, from which the router is made, and the test that looking changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use tracing::Instrument;
use volens_core::token::Power;

use crate::handlers::{asset, choices, confirm, health, leave, not_me, notice, signup};
use crate::pages::trouble::What;
use crate::render::CONTENT_SECURITY_POLICY;
use crate::state::WebState;
use crate::visit::{Refusal, Site, Visit};

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Route {
    /// GET (which answers HEAD too) or POST.
    pub method: Method,
    /// The path; `{token}`, `{slug}` and `{file}` stand for its last part.
    pub path: &'static str,
    /// What a token in the path gives; `None` = there is no token.
    pub power: Option<Power>,
    /// Who answers.
    pub endpoint: Endpoint,
}

/// Who answers: `Look` shows and changes nothing, `Press` acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The sign-up form.
    SignupLook,
    /// Signing up.
    SignupPress,
    /// The question of a confirming link.
    ConfirmLook,
    /// Confirming, or asking for a new link.
    ConfirmPress,
    /// The question of "it was not me".
    NotMeLook,
    /// Disowning.
    NotMePress,
    /// The leave page.
    LeaveLook,
    /// Leaving: page button, RFC 8058, way back.
    LeavePress,
    /// The choices page.
    ChoicesLook,
    /// Saving choices, leaving all.
    ChoicesPress,
    /// The privacy notice of a form.
    NoticeLook,
    /// Style sheets, icons, marks.
    AssetLook,
    /// The icon that browsers ask for by themselves.
    IconLook,
    /// The process lives.
    Alive,
    /// The process can work.
    Ready,
}

const fn look(path: &'static str, power: Option<Power>, endpoint: Endpoint) -> Route {
    Route { method: Method::GET, path, power, endpoint }
}

const fn press(path: &'static str, power: Option<Power>, endpoint: Endpoint) -> Route {
    Route { method: Method::POST, path, power, endpoint }
}

/// All of them.
pub const ROUTES: &[Route] = &[
    look("/f/{slug}", None, Endpoint::SignupLook),
    press("/f/{slug}", None, Endpoint::SignupPress),
    look("/c/{token}", Some(Power::Confirm), Endpoint::ConfirmLook),
    press("/c/{token}", Some(Power::Confirm), Endpoint::ConfirmPress),
    look("/n/{token}", Some(Power::NotMe), Endpoint::NotMeLook),
    press("/n/{token}", Some(Power::NotMe), Endpoint::NotMePress),
    look("/u/{token}", Some(Power::Leave), Endpoint::LeaveLook),
    press("/u/{token}", Some(Power::Leave), Endpoint::LeavePress),
    look("/p/{token}", Some(Power::Choices), Endpoint::ChoicesLook),
    press("/p/{token}", Some(Power::Choices), Endpoint::ChoicesPress),
    look("/privacy/{slug}", None, Endpoint::NoticeLook),
    look("/t/{file}", None, Endpoint::AssetLook),
    look("/favicon.ico", None, Endpoint::IconLook),
    look("/healthz", None, Endpoint::Alive),
    look("/readyz", None, Endpoint::Ready),
];

impl Endpoint {
    fn service(self) -> MethodRouter<Site> {
        match self {
            Self::SignupLook => get(signup::look),
            Self::SignupPress => post(signup::press),
            Self::ConfirmLook => get(confirm::look),
            Self::ConfirmPress => post(confirm::press),
            Self::NotMeLook => get(not_me::look),
            Self::NotMePress => post(not_me::press),
            Self::LeaveLook => get(leave::look),
            Self::LeavePress => post(leave::press),
            Self::ChoicesLook => get(choices::look),
            Self::ChoicesPress => post(choices::press),
            Self::NoticeLook => get(notice::look),
            Self::AssetLook => get(asset::look),
            Self::IconLook => get(asset::icon),
            Self::Alive => get(health::alive),
            Self::Ready => get(health::ready),
        }
    }
}

/// The public pages. Other routers may be merged in; requests should carry `ConnectInfo<SocketAddr>`, without which
/// neither network nor rate limit is known.
pub fn router(state: WebState) -> Router {
    let site: Site = Arc::new(state);
    let table = ROUTES.iter().fold(Router::new(), |router, r| router.route(r.path, r.endpoint.service()));
    let pages = table.fallback(nothing_here).method_not_allowed_fallback(not_so);
    pages.layer(from_fn(harden)).with_state(site)
}

async fn nothing_here(visit: Visit) -> Refusal {
    visit.trouble(What::NotFound)
}

async fn not_so(visit: Visit) -> Refusal {
    visit.trouble(What::Method)
}

/// What every answer carries unless its page says otherwise.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Requests of this process so far.
static REQUESTS: AtomicU64 = AtomicU64::new(1);

/// Every log line of a request carries its number, at every level: hence a span of the highest.
async fn harden(request: Request, next: Next) -> Response {
    let span = tracing::error_span!("request", id = REQUESTS.fetch_add(1, Ordering::Relaxed));
    let mut response = next.run(request).instrument(span.clone()).await;
    // Never the path: it may hold a token.
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    for (name, value) in ALWAYS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
