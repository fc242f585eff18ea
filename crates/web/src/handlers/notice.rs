//! `/privacy/{slug}`: the privacy notice that a form shows.

use volens_app::Workspace;

use crate::handlers::signup::Shown;
use crate::pages::Notice;
use crate::pages::trouble::What;
use crate::visit::{Answer, Visit};

/// The notice in the version that the form names now.
pub async fn look(mut visit: Visit) -> Answer {
    let shown = Shown::find(&mut visit)?;
    let doc = &shown.form().doc;
    let workspace: &Workspace = &shown.workspace;
    let found = workspace.text(doc.notice, doc.notice_version, visit.locale());
    let (words, since) = found.ok_or_else(|| visit.trouble(What::NotFound))?;
    let blocks = Notice::blocks(&words.body);
    let notice = Notice { heading: words.name.clone(), since, version: doc.notice_version.to_string(), blocks };
    Ok(visit.page(&notice))
}
