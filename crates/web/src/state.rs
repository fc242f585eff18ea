//! What every answer stands on: the application, the pages, how each workspace dresses them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use volens_app::intake::Contexts;
use volens_app::{App, AppSettings, Workspace};
use volens_core::Locale;
use volens_core::id::WorkspaceNo;
use volens_mail::Words;

use crate::limits::{Gate, WebSettings};
use crate::pages::Thanks;
use crate::render::{Brand, Pages, RenderError, Stencil, WORDS};
use crate::theme::{Asset, Look, Theme};

/// What the handlers share.
pub struct WebState {
    /// The use cases.
    pub app: Arc<App>,
    /// The pages.
    pub pages: Pages,
    /// The words of the pages, for [`crate::pages::Message`].
    pub words: Words,
    /// Forms that were stored as evidence already.
    pub contexts: Contexts,
    /// How clients are treated.
    pub settings: WebSettings,
    /// Sign-ups by network.
    pub gate: Gate,
    nobody: Arc<Dress>,
    dresses: RwLock<HashMap<WorkspaceNo, Dressed>>,
}

/// A workspace as it was read, and how it dresses: read anew when the workspace is.
type Dressed = (Arc<Workspace>, Arc<Dress>);

/// How the pages of a workspace look and who stands behind them.
#[derive(Debug)]
pub struct Dress {
    /// Who writes.
    pub brand: Brand,
    /// Style sheet, icon, mark.
    pub look: Look,
    /// The zone of times.
    pub zone: String,
    thanks: Stencils,
}

/// Pages of thanks that were drawn already, by their language and by all that does not differ between people.
#[derive(Debug, Default)]
struct Stencils(RwLock<HashMap<(Locale, Thanks), Arc<Stencil>>>);

/// More than the forms of a workspace can need.
const STENCILS: usize = 1_000;

impl std::fmt::Debug for WebState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebState").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl WebState {
    /// Reads templates and words.
    ///
    /// # Errors
    /// When a template or a file of words cannot be used.
    pub fn new(app: Arc<App>, settings: WebSettings) -> Result<Self, RenderError> {
        let nobody = Dress::nobody(&app.settings);
        Ok(Self {
            app,
            pages: Pages::new()?,
            words: Words::new(&WORDS)?,
            contexts: Contexts::default(),
            settings,
            gate: Gate::default(),
            nobody: Arc::new(nobody),
            dresses: RwLock::default(),
        })
    }

    /// The workspace of a page that names none: the only one there is.
    #[must_use]
    pub fn only_workspace(&self) -> Option<Arc<Workspace>> {
        let mut all = self.app.workspaces();
        if all.len() == 1 { all.pop() } else { None }
    }

    /// How pages look: those of that workspace, or of nobody in particular.
    #[must_use]
    pub fn dress(&self, workspace: Option<&Arc<Workspace>>) -> Arc<Dress> {
        let Some(workspace) = workspace else { return self.nobody.clone() };
        let no = workspace.tenant.no;
        if let Some((of, dress)) = self.dresses.read().unwrap_or_else(PoisonError::into_inner).get(&no)
            && Arc::ptr_eq(of, workspace)
        {
            return dress.clone();
        }
        let dress = Arc::new(Dress::of(workspace));
        let mut dresses = self.dresses.write().unwrap_or_else(PoisonError::into_inner);
        dresses.insert(no, (workspace.clone(), dress.clone()));
        dress
    }

    /// The file of that path, whichever workspace uses it.
    #[must_use]
    pub fn asset(&self, path: &str) -> Option<Asset> {
        let own = self.app.workspaces().into_iter().map(Some).chain([None]);
        own.map(|w| self.dress(w.as_ref())).find_map(|d| d.look.assets().find(|a| a.path == path).cloned())
    }
}

impl Dress {
    /// The page of thanks as `draw` draws it, which is asked once for each shape that the page has.
    pub fn thanks(&self, locale: Locale, page: Thanks, draw: impl FnOnce(&Thanks) -> String) -> String {
        let (shape, values) = page.apart();
        let key = (locale, shape);
        if let Some(known) = self.thanks.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.fill(&values);
        }
        let stencil = Arc::new(Stencil::cut(&draw(&key.1)));
        let page = stencil.fill(&values);
        let mut known = self.thanks.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < STENCILS {
            known.insert(key, stencil);
        }
        page
    }

    fn of(workspace: &Workspace) -> Self {
        let settings = &workspace.settings;
        let home = settings.home_form.as_deref().and_then(|slug| workspace.form(slug));
        let home = home.or(workspace.forms.first()).map(|f| f.slug.as_str());
        let sender = workspace.offer.senders.first();
        let brand = Brand {
            name: workspace.name.clone(),
            legal_name: sender.map_or_else(|| workspace.name.clone(), |s| s.name.clone()),
            postal_address: sender.map_or_else(String::new, |s| s.postal_address.clone()),
            contact: settings.contact_email.clone(),
            home: home.map(|slug| format!("/f/{slug}")),
            notice: home.map(|slug| format!("/privacy/{slug}")),
        };
        let (theme, mark) = theme(workspace);
        Self {
            brand,
            look: Look::new(&theme, mark.as_deref()),
            zone: settings.zone.clone(),
            thanks: Stencils::default(),
        }
    }

    /// Pages that belong to no workspace: wrong addresses on an instance that has several.
    fn nobody(settings: &AppSettings) -> Self {
        let brand = Brand {
            name: "Volens".into(),
            legal_name: "Volens".into(),
            postal_address: settings.base_url.clone(),
            // The one address that every mail domain has (RFC 2142 5).
            contact: format!("postmaster@{}", settings.mail_host),
            home: None,
            notice: None,
        };
        Self { brand, look: Look::new(&Theme::volens(), None), zone: "UTC".into(), thanks: Stencils::default() }
    }
}

/// The theme of a workspace and its mark: the theme's JSON, beside whose own keys `mark` may hold a whole SVG.
fn theme(workspace: &Workspace) -> (Theme, Option<String>) {
    let mut json = workspace.settings.theme.clone();
    let mark = json.as_object_mut().and_then(|o| o.remove("mark"));
    let mark = mark.and_then(|m| m.as_str().map(str::to_owned));
    let empty = json.is_null() || json.as_object().is_some_and(serde_json::Map::is_empty);
    if empty {
        return (Theme::volens(), mark);
    }
    let read = Theme::from_json(&json.to_string()).unwrap_or_else(|error| {
        tracing::warn!(workspace = %workspace.slug, %error, "the theme cannot be used; the pages wear Volens' own");
        Theme::volens()
    });
    (read, mark)
}
