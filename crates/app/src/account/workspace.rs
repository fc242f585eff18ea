//! A workspace as use cases see it: what it offers, how it looks, where its own mails are queued. Read once, kept, and
//! read again when something is added.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use volens_core::Micros;
use volens_core::id::{StreamNo, TextId, WorkspaceNo};
use volens_core::locale::Locale;
use volens_core::purpose::{Catalogue, PurposeNo, Scope, SourceNo};
use volens_mail::Zone;
use volens_store::Tenant;
use volens_store::account::NewWorkspace;
use volens_store::form::FormRow;
use volens_store::purpose::{Addition, Offer, TextKey, Words};

use crate::account::settings::WorkspaceSettings;
use crate::error::AppError;
use crate::links::Links;
use crate::{App, account};

/// A workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Number and id.
    pub tenant: Tenant,
    /// Its short name.
    pub slug: String,
    /// Its name as people see it.
    pub name: String,
    /// What it has set.
    pub settings: WorkspaceSettings,
    /// Senders, purposes, topics, sources and their words.
    pub offer: Offer,
    /// The same as the tree in which facts are assembled.
    pub catalogue: Catalogue,
    /// The forms that are shown now.
    pub forms: Vec<FormRow>,
    /// Where its own mails are queued.
    pub queue: StreamNo,
    /// Its zone.
    pub zone: Zone,
}

impl Workspace {
    /// The words of a scope: those of the topic, or of the purpose.
    #[must_use]
    pub fn words(&self, scope: Scope, locale: Locale) -> Words {
        let topic = scope.topic.and_then(|no| self.offer.topics.iter().find(|t| t.no == no));
        let key = topic.map(|t| t.text).or_else(|| self.offer.purpose(scope.purpose).map(|p| p.text));
        let found = key.and_then(|k| self.offer.words(k, locale)).map(|(_, w)| w.clone());
        found.unwrap_or_else(|| Words { name: format!("#{}", scope.purpose), ..Words::default() })
    }

    /// How people know a source: "the counter card"; the workspace's name for one that is not known.
    #[must_use]
    pub fn source_label(&self, source: SourceNo, locale: Locale) -> &str {
        let row = self.offer.source(source);
        let words = row.and_then(|r| r.text).and_then(|t| self.offer.words(t, locale));
        words.map(|(_, w)| w.name.as_str()).or(row.map(|r| r.name.as_str())).unwrap_or(&self.name)
    }

    /// The words of a text in one version, and since when they stand: a form's title and lead, a notice.
    #[must_use]
    pub fn text(&self, id: TextId, version: u32, locale: Locale) -> Option<(&Words, Micros)> {
        let key = TextKey { id, version };
        self.offer.words(key, locale).map(|(_, words)| words).zip(self.offer.text_since(key))
    }

    /// The purpose of that short name.
    #[must_use]
    pub fn purpose_named(&self, slug: &str) -> Option<PurposeNo> {
        self.offer.purposes.iter().find(|p| p.slug == slug).map(|p| p.no)
    }

    /// The form of that short name.
    #[must_use]
    pub fn form(&self, slug: &str) -> Option<&FormRow> {
        self.forms.iter().find(|f| f.slug == slug)
    }
}

/// The workspaces that were read.
#[derive(Default)]
pub(crate) struct Cache(RwLock<BTreeMap<WorkspaceNo, Arc<Workspace>>>);

impl App {
    /// Reads all workspaces again.
    ///
    /// # Errors
    /// When the database fails or a document cannot be read.
    pub async fn reload(&self) -> Result<(), AppError> {
        let mut all = BTreeMap::new();
        for row in self.store.workspaces().await? {
            let settings: WorkspaceSettings = serde_json::from_str(&row.settings)
                .map_err(|e| AppError::Refused(format!("the settings of workspace {}: {e}", row.slug)))?;
            let offer = self.store.offer(row.tenant).await?;
            let queue = self.store.open_queue(row.tenant, StreamNo(self.minted()), self.now()).await?;
            let workspace = Workspace {
                tenant: row.tenant,
                slug: row.slug,
                name: row.name,
                catalogue: offer.catalogue(),
                forms: self.store.forms(row.tenant).await?,
                zone: Zone::named(&settings.zone).unwrap_or_else(|_| Zone::utc()),
                settings,
                offer,
                queue,
            };
            all.insert(row.tenant.no, Arc::new(workspace));
        }
        *self.workspaces.0.write().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(())
    }

    /// The workspace of that number.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none.
    pub fn workspace(&self, no: WorkspaceNo) -> Result<Arc<Workspace>, AppError> {
        let all = self.workspaces.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&no).cloned().ok_or_else(|| AppError::NotFound("this workspace does not exist any more".into()))
    }

    /// All workspaces.
    #[must_use]
    pub fn workspaces(&self) -> Vec<Arc<Workspace>> {
        self.workspaces.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The only workspace, or the one of that short name.
    ///
    /// # Errors
    /// When there is none, or several and no name.
    pub fn workspace_named(&self, slug: Option<&str>) -> Result<Arc<Workspace>, AppError> {
        let all = self.workspaces();
        match (slug, all.as_slice()) {
            (_, []) => Err(AppError::NotFound("there is no workspace yet: `volens init` makes the first one".into())),
            (None, [only]) => Ok(only.clone()),
            (None, several) => {
                let names: Vec<_> = several.iter().map(|w| w.slug.as_str()).collect();
                Err(AppError::NotFound(format!("name one of the workspaces: {}", names.join(", "))))
            }
            (Some(slug), all) => all.iter().find(|w| w.slug == slug).cloned().ok_or_else(|| {
                let names: Vec<_> = all.iter().map(|w| w.slug.as_str()).collect();
                AppError::NotFound(format!("there is no workspace {slug:?}; there are {}", names.join(", ")))
            }),
        }
    }

    /// Makes a workspace.
    ///
    /// # Errors
    /// When its short name is taken or the database fails.
    pub async fn create_workspace(
        &self,
        slug: &str,
        name: &str,
        settings: &WorkspaceSettings,
    ) -> Result<Tenant, AppError> {
        let settings = serde_json::to_string(settings).map_err(|e| AppError::Refused(e.to_string()))?;
        let new = NewWorkspace { id: self.id(), slug: slug.to_owned(), name: name.to_owned(), settings };
        let tenant = self.store.create_workspace(new, self.now()).await?;
        self.reload().await?;
        Ok(tenant)
    }

    /// Adds to what a workspace offers and gives the number of what was added. Call [`App::reload`] after the last.
    ///
    /// # Errors
    /// When the name is taken or the database fails.
    pub async fn add_to_offer(&self, tenant: Tenant, new: Addition) -> Result<u32, AppError> {
        Ok(self.store.add_to_offer(tenant, new, self.now()).await?)
    }

    /// The links of people of that workspace.
    #[must_use]
    pub fn links(&self, workspace: WorkspaceNo) -> Links<'_> {
        Links { ring: &self.ring, settings: &self.settings, workspace }
    }

    /// The calendar day, for budgets.
    #[must_use]
    pub fn today(&self) -> i64 {
        account::day(self.now())
    }
}
