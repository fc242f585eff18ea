//! One request as handlers see it: who asks, in which language, for which workspace; and how it is answered.

use std::convert::Infallible;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use volens_app::consent::Press;
use volens_app::{AppError, Workspace};
use volens_core::Micros;
use volens_core::id::WorkspaceNo;
use volens_core::locale::Locale;
use volens_core::token::TokenError;

use crate::agent;
use crate::body::Fields;
use crate::limits::{Network, client};
use crate::pages::trouble::What;
use crate::pages::{FIELD_LANG, Page, Repeat, Thanks, Trouble};
use crate::render::{Frame, headers};
use crate::state::WebState;

/// What the handlers share.
pub type Site = Arc<WebState>;
/// An answer; both sides are pages.
pub type Answer = Result<Response, Refusal>;

fn header_map(indexable: bool) -> HeaderMap {
    let headers = headers(indexable).iter().copied();
    headers.map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
}

/// A page that says why not.
#[derive(Debug)]
pub struct Refusal(Box<Response>);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

/// How long a client waits before the next try when the database takes nothing.
const BUSY_SECONDS: u32 = 30;

/// A request.
pub struct Visit {
    /// What the handlers share.
    pub site: Site,
    /// Whose page it is, as far as is known.
    pub workspace: Option<Arc<Workspace>>,
    /// What was sent, on a POST.
    pub fields: Fields,
    /// The network that it comes from.
    pub network: Option<Network>,
    /// Whether the client says that it is a scanner of links.
    pub scanner: bool,
    agent: Option<String>,
    path: String,
    looks: bool,
    wanted: Option<Locale>,
    accepts: Option<Locale>,
    locale: Locale,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        Ok(Self::new(parts, site))
    }
}

impl Visit {
    /// Reads what a request says about itself.
    #[must_use]
    pub fn new(parts: &Parts, site: &Site) -> Self {
        let text = |name: HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let lang = query.take(50).find(|(name, _)| name == FIELD_LANG);
        let wanted = lang.and_then(|(_, tag)| tag.parse().ok());
        let accepts = Locale::negotiate(text(header::ACCEPT_LANGUAGE));
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        let trusted = &site.settings.trusted_proxies;
        let client = peer.map(|peer| client(peer, &forwarded(&parts.headers), trusted));
        let agent = text(header::USER_AGENT);
        Self {
            site: site.clone(),
            workspace: site.only_workspace(),
            fields: Fields::default(),
            network: client.map(Network::of),
            scanner: agent::is_scanner(agent),
            agent: agent::coarse(agent),
            path: parts.uri.path().to_owned(),
            looks: parts.method == Method::GET || parts.method == Method::HEAD,
            wanted,
            accepts,
            locale: wanted.or(accepts).unwrap_or_default(),
        }
    }

    /// Takes what was sent; its language field counts unless the address names one.
    pub fn take(&mut self, fields: Fields) {
        self.wanted = self.wanted.or_else(|| fields.one(FIELD_LANG)?.parse().ok());
        self.locale = self.wanted.or(self.accepts).unwrap_or_default();
        self.fields = fields;
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.site.app.now()
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path: a token, a form's short name, a file.
    #[must_use]
    pub fn tail(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The language of the answer.
    #[must_use]
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// The page belongs to that workspace.
    pub fn enter(&mut self, no: WorkspaceNo) {
        self.workspace = self.site.app.workspace(no).ok().or(self.workspace.take());
    }

    /// The person behind the link has a language: it counts unless another one was chosen.
    pub fn reader_speaks(&mut self, reader: Option<Locale>) {
        self.locale = self.wanted.or(reader).or(self.accepts).unwrap_or_default();
    }

    /// The form has a language for those who speak none of ours.
    pub fn form_speaks(&mut self, form: Locale) {
        self.locale = self.wanted.or(self.accepts).unwrap_or(form);
    }

    /// What little is kept of who pressed.
    #[must_use]
    pub fn press(&self) -> Press {
        Press { locale: Some(self.locale), network: self.network.map(|n| n.to_string()), agent: self.agent.clone() }
    }

    /// Draws a page as it is kept or sent; `here` = with links to its other languages.
    #[must_use]
    pub fn draw<P: Page>(&self, page: &P, here: bool) -> String {
        let dress = self.site.dress(self.workspace.as_ref());
        let frame = Frame {
            locale: self.locale,
            brand: &dress.brand,
            look: &dress.look,
            here: here.then_some(self.path.as_str()),
            now: self.now(),
            zone: &dress.zone,
        };
        self.site.pages.render(page, &frame)
    }

    /// Answers with a page. Only what one looks at links to its other languages: following such a link loses nothing.
    #[must_use]
    pub fn page<P: Page>(&self, page: &P) -> Response {
        let status = StatusCode::from_u16(page.status()).unwrap_or(StatusCode::OK);
        Self::answer::<P>(status, self.draw(page, self.looks && status == StatusCode::OK))
    }

    /// Answers a sign-up: the same page for everybody but for what was typed, so it is drawn once.
    #[must_use]
    pub fn thanks(&self, page: Thanks) -> Response {
        // There are not that many marks.
        if page.again.as_ref().is_some_and(|again| again.fields.len() > 200) {
            return self.page(&page);
        }
        let dress = self.site.dress(self.workspace.as_ref());
        Self::answer::<Thanks>(StatusCode::OK, dress.thanks(self.locale, page, |shape| self.draw(shape, false)))
    }

    fn answer<P: Page>(status: StatusCode, body: String) -> Response {
        static MADE: LazyLock<[HeaderMap; 2]> = LazyLock::new(|| [false, true].map(header_map));
        (status, MADE[usize::from(P::INDEXABLE)].clone(), body).into_response()
    }

    /// Answers that it does not work, and why.
    #[must_use]
    pub fn trouble(&self, what: What) -> Refusal {
        let dress = self.site.dress(self.workspace.as_ref());
        let wait = match what {
            What::TooMany { seconds } => Some(seconds),
            What::Busy { .. } => Some(BUSY_SECONDS),
            _ => None,
        };
        let close = matches!(what, What::Slow | What::TooLarge);
        let mut response = self.page(&Trouble { what, signup: dress.brand.home.clone() });
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if close {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.into()
    }

    /// Answers a link that gives no power. `life` = how long such links work.
    #[must_use]
    pub fn powerless<T: Debug>(&self, error: &TokenError<T>, life: Duration) -> Refusal {
        self.trouble(match error {
            TokenError::Expired { since, .. } => ran_out(*since, life),
            TokenError::Garbled | TokenError::Forged | TokenError::WrongPower { .. } => What::Garbled,
        })
    }

    /// Answers what a use case could not do. A database that cannot take it: the same act once more, by a button.
    #[must_use]
    pub fn failed(&self, error: &AppError) -> Refusal {
        if error.is_busy() {
            tracing::warn!(%error, "an act could not be stored; the person is asked to try again");
            let again = (!self.looks).then(|| Repeat { action: self.path.clone(), fields: self.fields.again() });
            return self.trouble(What::Busy { again });
        }
        if matches!(error, AppError::NotFound(_)) {
            return self.trouble(What::NotFound);
        }
        tracing::error!(%error, "a page failed");
        self.trouble(What::Fault)
    }

    /// The sentence of that name in the language of the answer.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.site.words.say(self.locale, key, &[])
    }
}

/// A link that ran out at `since` after working for `life`.
#[must_use]
pub fn ran_out(since: Micros, life: Duration) -> What {
    let days = u32::try_from(life.as_secs() / 86_400).unwrap_or(0);
    What::Expired { made: since.before(life), days, renew: None }
}

/// All `X-Forwarded-For` fields as one list (RFC 9110 5.3).
fn forwarded(headers: &HeaderMap) -> String {
    let fields = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
    fields.collect::<Vec<_>>().join(",")
}
